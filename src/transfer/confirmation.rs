//! Transfers whose confirmation was lost.

use crate::{
    error::{ArgumentError, Error, Result},
    protocol::ReplyCode,
    session::FtpStream,
};

impl FtpStream {
    /// Whether the server's file is as long as it must be after a transfer whose last reply was
    /// lost: what [`Error::Unconfirmed`] leaves open, to be asked on a new session.
    ///
    /// The length in bytes is that of `SIZE` under `TYPE I` (RFC 3659 section 4) or, where the
    /// server does not know that, of [`metadata`](Self::metadata). `path` is relative to the
    /// directory of this session, whatever that of the other one was.
    ///
    /// `true` speaks of the length alone; no bytes are compared. Behind an upload it proves nothing
    /// where the file was as long before: with an offset, or on a server that writes an upload
    /// under a hidden name until it ends (ProFTPD with `HiddenStores`, kin of wu-ftpd); and a
    /// listing of OpenVMS [counts blocks](crate::Entry::size). Behind a download it says that all
    /// bytes came over, not that whoever was given them has kept them:
    /// [`download`](Self::download) and [`download_to_file`](Self::download_to_file) have written
    /// all by then, [`read`](Self::read) keeps none. `false` is a file that is missing or has
    /// another length. It is then not known to be complete, and may become so: a server that is
    /// still writing names less for a while.
    ///
    /// # Errors
    /// [`Error::Argument`] for any other error than [`Error::Unconfirmed`];
    /// [`Error::Unsupported`] for one that does not say how long the file must be, and where the
    /// server does not tell how long it is; else as [`size`](Self::size) and
    /// [`metadata`](Self::metadata).
    ///
    /// # Cancel safety
    /// It only asks, and may be asked again.
    ///
    /// # Examples
    /// ```no_run
    /// use tokio_ftp::{Error, FtpStream, Result};
    ///
    /// # async fn run(mut ftp: FtpStream, file: &[u8]) -> Result<()> {
    /// match ftp.upload("large.iso", file).await {
    ///     Err(error @ Error::Unconfirmed { .. }) => {
    ///         let mut again = FtpStream::connect("ftp.example.org").await?;
    ///         again.login("joe", "secret").await?;
    ///         if !again.is_complete("large.iso", &error).await? {
    ///             again.upload("large.iso", file).await?;
    ///         }
    ///     }
    ///     done => drop(done?),
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn is_complete(
        &mut self,
        path: impl AsRef<[u8]> + Send,
        error: &Error,
    ) -> Result<bool> {
        let must_be = match error {
            Error::Unconfirmed { size, .. } => size.ok_or(Error::Unsupported(
                "telling whether a file is complete whose length nobody knows",
            ))?,
            _ => {
                return Err(Error::Argument(ArgumentError::Value(
                    "an error other than that of an unconfirmed transfer",
                )));
            }
        };
        match self.length(path).await {
            Ok(length) => Ok(length == must_be),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The length of a file in bytes, in whatever way the server tells it.
    async fn length(&mut self, path: impl AsRef<[u8]> + Send) -> Result<u64> {
        let path = self.path(path).await?;
        match self.size(&path).await {
            Ok(Some(size)) => return Ok(size),
            Ok(None) => {}
            Err(error) if error.is_not_found() => return Err(error),
            Err(error) if error.code().is_some_and(ReplyCode::is_unknown_command) => {}
            Err(error) => return Err(error),
        }
        let entry = self.metadata(path).await?;
        // That of a link is the length of its target's name.
        let size = entry.size().filter(|_| entry.is_file());
        size.ok_or(Error::Unsupported(
            "telling a length that the server does not tell",
        ))
    }
}

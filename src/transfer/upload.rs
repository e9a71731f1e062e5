//! A file on its way to the server.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncWrite, AsyncWriteExt};

use super::{
    chunks::ChunkSink,
    data::{Direction, Plan},
    options::{TransferOptions, Transferred},
    rejected::Rejected,
    sender::Sender,
    size::WholeSize,
};
use crate::{
    error::{Error, Result},
    protocol::{Argument, Command, Name},
    session::FtpStream,
};

/// An upload: an [`AsyncWrite`] that must be finished.
///
/// It holds the session in `S`, as [`Download`](crate::Download) does. [`finish`](Self::finish),
/// or [`shutdown`](AsyncWriteExt::shutdown), ends the file and waits for the server's word that it
/// has it. An upload that is dropped before is *reset*: the server sees a connection that broke,
/// and cannot take the part for the whole. [`tokio::io::copy`] alone does not finish an upload;
/// [`FtpStream::upload`] does.
///
/// A few servers (pyftpdlib) take even a reset for the end, and say 226 to it. Where that matters,
/// upload under another name and rename.
///
/// [`flush`](AsyncWriteExt::flush) hands all to the system, which may hold a last short piece until
/// the server has acknowledged the one before.
///
/// # Cancel safety
/// Dropping it, or any future that writes to it, leaves the session in step or broken.
pub struct Upload<S> {
    session: S,
    sender: Sender,
    /// Whether the file's length is still to be checked.
    checks_size: bool,
    name: Option<Name>,
}

impl FtpStream {
    /// Uploads a file (`STOR`, RFC 959 section 4.1.3), byte by byte.
    ///
    /// # Errors
    /// [`Error::Argument`]; the server's refusal; a data connection that cannot be made.
    ///
    /// # Examples
    /// ```no_run
    /// use tokio::io::AsyncWriteExt;
    ///
    /// # async fn run(mut ftp: tokio_ftp::FtpStream) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut upload = ftp.stor("greeting.txt").await?;
    /// upload.write_all(b"hello\n").await?;
    /// let done = upload.finish().await?;
    /// assert_eq!(done.bytes(), 6);
    /// # Ok(()) }
    /// ```
    #[doc(alias = "storbinary")]
    pub async fn stor(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Upload<&mut Self>> {
        self.stor_with(path, &TransferOptions::new()).await
    }

    /// As [`stor`](Self::stor), at an offset, as text, or appending.
    ///
    /// # Errors
    /// As [`stor`](Self::stor).
    pub async fn stor_with(
        &mut self,
        path: impl AsRef<[u8]> + Send,
        options: &TransferOptions,
    ) -> Result<Upload<&mut Self>> {
        Ok(Upload::open(self, path, options).await?)
    }

    /// Appends to a file, which is made where there is none (`APPE`).
    ///
    /// # Errors
    /// As [`stor`](Self::stor).
    pub async fn appe(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Upload<&mut Self>> {
        self.stor_with(path, &TransferOptions::new().append(true))
            .await
    }

    /// Uploads under a name that the server finds (`STOU`); [`Upload::name`] tells it when the
    /// server does.
    ///
    /// # Errors
    /// As [`stor`](Self::stor).
    pub async fn stou(&mut self) -> Result<Upload<&mut Self>> {
        let options = TransferOptions::new();
        let path = Argument::new("")?;
        let mut sender = start(self, Command::Stou(None), path, &options).await?;
        let opening = self
            .control
            .transfer()
            .and_then(|transfer| transfer.opening.as_ref());
        let name = opening.and_then(|reply| unique_name(reply.first_line()));
        if name.is_none() {
            sender.whole = WholeSize::Unknown;
        }
        let mut upload = Upload::new(self, sender, &options);
        upload.name = name;
        Ok(upload)
    }
}

impl<S> Upload<S>
where
    S: AsMut<FtpStream> + Send + Unpin,
{
    /// Uploads with a session that the upload holds; see [`Download::open`](crate::Download::open).
    ///
    /// # Errors
    /// As [`FtpStream::stor`]; the session comes back with the error.
    pub async fn open(
        mut session: S,
        path: impl AsRef<[u8]> + Send,
        options: &TransferOptions,
    ) -> Result<Self, Rejected<S>> {
        match prepare(session.as_mut(), path, options).await {
            Ok(sender) => Ok(Self::new(session, sender, options)),
            Err(error) => Err(Rejected { error, session }),
        }
    }

    pub(super) fn new(session: S, sender: Sender, options: &TransferOptions) -> Self {
        Self {
            session,
            sender,
            checks_size: options.size.is_some() || options.offset > 0,
            name: None,
        }
    }

    /// How many bytes were sent so far.
    pub fn sent(&self) -> u64 {
        self.sender.sent()
    }

    /// The name that the server found for a [`stou`](FtpStream::stou), if it told.
    pub fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }

    /// Completes the file: the rest is sent, the data connection ended in good order, and the
    /// server's confirmation awaited.
    ///
    /// An upload at an offset, or of a size that the caller named, is then checked against the
    /// file's length, where the server tells it (`SIZE`); [`shutdown`](AsyncWriteExt::shutdown)
    /// alone and closing a [sink](Self::into_sink) do not check that.
    ///
    /// # Errors
    /// The server's refusal; [`Error::Unfinished`] when it confirmed before the end, or the file
    /// has another length than it must; [`Error::Unconfirmed`] where all is sent, and the server's
    /// last reply, or the length that it was then asked for, was lost; what ended the data connection.
    pub async fn finish(&mut self) -> Result<Transferred> {
        self.shutdown().await?;
        let transferred = self
            .sender
            .transferred()
            .cloned()
            .ok_or(Error::Unfinished { sent: self.sent() })?;
        if self.checks_size
            && let Some(expected) = self.sender.whole_size()
        {
            let path = self.sender.path().clone();
            let size = match self.session.as_mut().size(path).await {
                Ok(size) => size,
                Err(Error::Permanent(_) | Error::Temporary(_)) => None,
                // It is for a new session to ask.
                Err(error) => return Err(error.unconfirmed(Some(expected))),
            };
            if size.is_some_and(|size| size != expected) {
                let error = Error::Unfinished {
                    sent: transferred.bytes(),
                };
                return Err(self.sender.fail(self.session.as_mut(), error));
            }
            self.checks_size = false;
        }
        Ok(transferred)
    }

    /// Stops the upload (`ABOR`), resets the data connection and gets the session back in step.
    /// What has arrived stays on most servers.
    ///
    /// # Errors
    /// [`Error::Broken`] when the session did not survive it.
    pub async fn abort(&mut self) -> Result<()> {
        let session = self.session.as_mut();
        if self.sender.transferred().is_none() {
            session.send_abort().await?;
            let error = io::Error::new(io::ErrorKind::ConnectionAborted, "the upload was aborted");
            self.sender.fail(session, error.into());
        }
        session.settle().await
    }

    /// The upload as a sink of pieces; closing that completes the file.
    pub fn into_sink(self) -> ChunkSink<S> {
        ChunkSink::new(self)
    }

    /// Gives the session back. An upload that was not finished is reset.
    pub fn into_session(self) -> S {
        self.session
    }
}

async fn prepare(
    session: &mut FtpStream,
    path: impl AsRef<[u8]> + Send,
    options: &TransferOptions,
) -> Result<Sender> {
    if options.append && options.offset > 0 {
        return Err(Error::Unsupported("appending at an offset"));
    }
    let path = session.path(path).await?;
    let command = if options.append {
        Command::Appe(path.clone())
    } else {
        Command::Stor(path.clone())
    };
    start(session, command, path, options).await
}

async fn start(
    session: &mut FtpStream,
    command: Command,
    path: Argument,
    options: &TransferOptions,
) -> Result<Sender> {
    let plan = Plan {
        command,
        representation: Some(options.representation()),
        offset: options.offset,
        direction: Direction::Up,
        inside: false,
    };
    let opened = session.start(&plan).await?;
    let whole = WholeSize::of_upload(options);
    Ok(Sender::new(session, &opened, path, whole))
}

/// The name in `FILE: name` (RFC 1123 section 4.1.2.9).
fn unique_name(text: &[u8]) -> Option<Name> {
    let at = text
        .windows(5)
        .position(|window| window.eq_ignore_ascii_case(b"FILE:"))?;
    let name = text.get(at + 5..)?.trim_ascii();
    (!name.is_empty()).then(|| Name::from(name))
}

impl<S> AsyncWrite for Upload<S>
where
    S: AsMut<FtpStream> + Unpin,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self {
            session, sender, ..
        } = self.get_mut();
        sender
            .poll_write(session.as_mut(), cx, pieces)
            .map_err(io::Error::from)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self {
            session, sender, ..
        } = self.get_mut();
        sender
            .poll_flush(session.as_mut(), cx)
            .map_err(io::Error::from)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self {
            session, sender, ..
        } = self.get_mut();
        sender
            .poll_shutdown(session.as_mut(), cx)
            .map_err(io::Error::from)
    }
}

impl<S> fmt::Debug for Upload<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

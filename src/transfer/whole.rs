//! Whole files in one call.

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::options::Transferred;
use crate::{
    error::{Error, ProtocolError, Result},
    session::FtpStream,
};

/// How much is moved at once, in bytes: more would leave the processor's cache.
const BLOCK: usize = 64 * 1024;

impl FtpStream {
    /// A file's content, in memory.
    ///
    /// # Errors
    /// [`Error::Protocol`] when the file is longer than [`Limits::read`](crate::Limits::read)
    /// allows; [`Error::Unconfirmed`] for a last reply that was lost; else as
    /// [`retr`](Self::retr) and what ends the download early.
    pub async fn read(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Bytes> {
        let limit = self.options.limits.read;
        let mut download = self.retr(path).await?;
        let mut content = BytesMut::new();
        while let Some(chunk) = download.chunk().await? {
            if download.received() > limit {
                let what = "a file";
                return Err(Error::Protocol(ProtocolError::TooLarge { what, limit }));
            }
            content.extend_from_slice(&chunk);
        }
        Ok(content.freeze())
    }

    /// Downloads a file into `writer`, which is flushed, also where the download fails, and not
    /// shut down.
    ///
    /// # Errors
    /// As [`retr`](Self::retr), what ends the download early, [`Error::Unconfirmed`] for a last
    /// reply that was lost, and [`Error::Local`] for what the writer says.
    pub async fn download<W>(
        &mut self,
        path: impl AsRef<[u8]> + Send,
        writer: &mut W,
    ) -> Result<Transferred>
    where
        W: AsyncWrite + Unpin + Send + ?Sized,
    {
        let mut download = self.retr(path).await?;
        let mut block = vec![0; BLOCK];
        let ended = loop {
            match download.read(&mut block).await {
                Ok(0) => break Ok(()),
                Ok(read) => {
                    let part = block.get(..read).unwrap_or_default();
                    writer.write_all(part).await.map_err(Error::local)?;
                }
                Err(error) => break Err(error),
            }
        };
        // What has come may be all, even where its confirmation has not.
        let flushed = writer.flush().await.map_err(Error::local);
        ended?;
        flushed?;
        download.finish().await
    }

    /// Uploads all that `reader` gives, and completes the file.
    ///
    /// # Errors
    /// As [`stor`](Self::stor), what ends the upload early, [`Error::Unconfirmed`] for a last reply
    /// that was lost, and [`Error::Local`] for what the reader says; the upload is then reset.
    pub async fn upload<R>(
        &mut self,
        path: impl AsRef<[u8]> + Send,
        mut reader: R,
    ) -> Result<Transferred>
    where
        R: AsyncRead + Unpin + Send,
    {
        let mut upload = self.stor(path).await?;
        let mut block = vec![0; BLOCK];
        loop {
            let read = reader.read(&mut block).await.map_err(Error::local)?;
            if read == 0 {
                break;
            }
            upload
                .write_all(block.get(..read).unwrap_or_default())
                .await?;
        }
        upload.finish().await
    }
}

//! A file on its way here.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, ReadBuf};
use tokio_util::io::poll_read_buf;

use super::{
    chunks::Chunks,
    data::{Direction, Plan},
    options::{TransferOptions, Transferred},
    receiver::{Attached, Receiver},
    rejected::Rejected,
};
use crate::{
    error::{Error, Result},
    protocol::Command,
    session::FtpStream,
};

/// How much [`Download::chunk`] reads at once at the most, in bytes.
const CHUNK: usize = 64 * 1024;

/// Pieces of less than this are copied out, in bytes.
const SMALL: usize = CHUNK / 4;

/// A download: an [`AsyncRead`] that ends only when the file did.
///
/// It holds the session in `S`: by `&mut FtpStream` as [`FtpStream::retr`] gives it, or by value
/// through [`Download::open`], and then it is `'static`.
///
/// End-of-file is earned: it is told only after the data connection has ended *and* the server
/// has confirmed the transfer. A file that is shorter than its known size, a connection that was
/// cut, a confirmation that was lost, a 4xx or 5xx are an [`io::Error`] that wraps our [`Error`],
/// and stay one.
/// [`tokio::io::copy`] can therefore not take a truncated file for a whole one.
///
/// # Cancel safety
/// Dropping it, or any future that reads from it, loses nothing but the download: the session's
/// next command aborts what is left and gets back in step.
pub struct Download<S> {
    session: S,
    receiver: Receiver,
    /// Where pieces are read to.
    buffer: BytesMut,
}

impl FtpStream {
    /// Downloads a file (`RETR`, RFC 959 section 4.1.3), byte by byte.
    ///
    /// # Errors
    /// [`Error::Argument`]; the server's refusal; a data connection that cannot be made.
    ///
    /// # Examples
    /// ```no_run
    /// use tokio::io::AsyncReadExt;
    ///
    /// # async fn run(mut ftp: tokio_ftp::FtpStream) -> Result<(), Box<dyn std::error::Error>> {
    /// let mut text = String::new();
    /// ftp.retr("motd").await?.read_to_string(&mut text).await?;
    /// # Ok(()) }
    /// ```
    #[doc(alias = "retrbinary")]
    pub async fn retr(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Download<&mut Self>> {
        self.retr_with(path, &TransferOptions::new()).await
    }

    /// As [`retr`](Self::retr), from an offset, as text, in part.
    ///
    /// # Errors
    /// As [`retr`](Self::retr).
    pub async fn retr_with(
        &mut self,
        path: impl AsRef<[u8]> + Send,
        options: &TransferOptions,
    ) -> Result<Download<&mut Self>> {
        Ok(Download::open(self, path, options).await?)
    }
}

impl<S> Download<S>
where
    S: AsMut<FtpStream> + Send + Unpin,
{
    /// Downloads with a session that the download holds: an `FtpStream`, a `&mut FtpStream`, or
    /// whatever else gives one.
    ///
    /// # Errors
    /// As [`FtpStream::retr`]; the session comes back with the error.
    pub async fn open(
        mut session: S,
        path: impl AsRef<[u8]> + Send,
        options: &TransferOptions,
    ) -> Result<Self, Rejected<S>> {
        match prepare(session.as_mut(), path, options).await {
            Ok(receiver) => Ok(Self::new(session, receiver)),
            Err(error) => Err(Rejected { error, session }),
        }
    }

    pub(super) fn new(session: S, receiver: Receiver) -> Self {
        Self {
            session,
            receiver,
            buffer: BytesMut::new(),
        }
    }

    /// How many bytes come in all, when the caller or the server has said so beyond doubt.
    #[doc(alias = "parse150")]
    pub fn size_hint(&self) -> Option<u64> {
        self.receiver.size_hint()
    }

    /// How many bytes have come so far.
    pub fn received(&self) -> u64 {
        self.receiver.received()
    }

    /// The next piece, of at most 64 KiB; `None` at the end.
    ///
    /// # Errors
    /// What ended the download early; [`Error::Unconfirmed`] for a last reply that was lost.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        std::future::poll_fn(|cx| self.poll_chunk(cx)).await
    }

    pub(super) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>>> {
        let Self {
            session,
            receiver,
            buffer,
        } = self;
        buffer.reserve(CHUNK);
        let mut data = Attached {
            receiver,
            session: session.as_mut(),
        };
        let read = ready!(poll_read_buf(Pin::new(&mut data), cx, buffer))?;
        Poll::Ready(Ok(match read {
            0 => None,
            // A small piece must not keep a large buffer alive.
            1..SMALL => {
                let piece = Bytes::copy_from_slice(buffer);
                buffer.clear();
                Some(piece)
            }
            _ => Some(buffer.split().freeze()),
        }))
    }

    /// Sees the download to its end: reads and discards what is left, and gives the summary.
    /// After [`TransferOptions::length`] it aborts what is left instead.
    ///
    /// # Errors
    /// What ended the download early; [`Error::Unconfirmed`] where it has all come, and only the
    /// server's last reply was lost.
    pub async fn finish(&mut self) -> Result<Transferred> {
        let mut rest = [0; 8 * 1024];
        while self.read(&mut rest).await? > 0 {}
        if self.receiver.is_satisfied() {
            let session = self.session.as_mut();
            session.settle().await?;
            let closing = session
                .control
                .transfer()
                .and_then(|transfer| transfer.closing.clone());
            if let Some(reply) = closing {
                return Ok(self.receiver.conclude(reply));
            }
        }
        self.receiver
            .transferred()
            .cloned()
            .ok_or(Error::Unsupported("finishing a download that did not end"))
    }

    /// Stops the download (`ABOR`, RFC 959 section 4.1.3) and gets the session back in step.
    ///
    /// # Errors
    /// [`Error::Broken`] when the session did not survive it.
    pub async fn abort(&mut self) -> Result<()> {
        let session = self.session.as_mut();
        if self.receiver.transferred().is_none() {
            let error =
                io::Error::new(io::ErrorKind::ConnectionAborted, "the download was aborted");
            self.receiver.fail(session, error.into());
        }
        session.settle().await
    }

    /// The download as a stream of pieces, each of at most 64 KiB.
    pub fn into_stream(self) -> Chunks<S> {
        Chunks::new(self)
    }

    /// Gives the session back. A download that has not ended is aborted by its next command.
    pub fn into_session(self) -> S {
        self.session
    }
}

async fn prepare(
    session: &mut FtpStream,
    path: impl AsRef<[u8]> + Send,
    options: &TransferOptions,
) -> Result<Receiver> {
    let path = session.path(path).await?;
    let mut options = options.clone();
    if memchr::memmem::find(path.as_bytes(), b" byte").is_some() {
        // The server repeats the name where it would tell the size.
        options = options.ignore_size_hint(true);
    }
    let plan = Plan {
        command: Command::Retr(path),
        representation: Some(options.representation()),
        offset: options.offset,
        direction: Direction::Down,
        inside: false,
    };
    let opened = session.start(&plan).await?;
    Ok(Receiver::new(session, &opened, &options))
}

impl<S> AsyncRead for Download<S>
where
    S: AsMut<FtpStream> + Unpin,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self {
            session, receiver, ..
        } = self.get_mut();
        receiver
            .poll_read(session.as_mut(), cx, buf)
            .map_err(io::Error::from)
    }
}

impl<S> fmt::Debug for Download<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("receiver", &self.receiver)
            .finish_non_exhaustive()
    }
}

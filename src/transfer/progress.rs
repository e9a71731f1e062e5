//! Watching a transfer.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A reader or writer that tells how many bytes have gone through it.
///
/// # Examples
/// ```no_run
/// # async fn run(mut ftp: tokio_ftp::FtpStream) -> tokio_ftp::Result<()> {
/// use tokio_ftp::Progress;
///
/// let mut file = Progress::new(tokio::io::sink(), |bytes| println!("{bytes} bytes"));
/// ftp.download("large.iso", &mut file).await?;
/// # Ok(()) }
/// ```
pub struct Progress<T, F> {
    inner: T,
    bytes: u64,
    report: F,
}

impl<T, F> Progress<T, F>
where
    F: FnMut(u64),
{
    /// Calls `report` with the number of bytes so far, whenever some have gone through.
    pub fn new(inner: T, report: F) -> Self {
        Self {
            inner,
            bytes: 0,
            report,
        }
    }

    /// How many bytes have gone through.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What was wrapped.
    pub fn into_inner(self) -> T {
        self.inner
    }

    fn count(&mut self, bytes: usize) {
        if bytes > 0 {
            self.bytes += bytes as u64;
            (self.report)(self.bytes);
        }
    }
}

impl<T, F> AsyncRead for Progress<T, F>
where
    T: AsyncRead + Unpin,
    F: FnMut(u64) + Unpin,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        this.count(buf.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl<T, F> AsyncWrite for Progress<T, F>
where
    T: AsyncWrite + Unpin,
    F: FnMut(u64) + Unpin,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.inner).poll_write(cx, bytes))?;
        this.count(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for Progress<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("inner", &self.inner)
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

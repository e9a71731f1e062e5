//! Transfers as streams and sinks of bytes.

use std::{
    fmt, io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use futures::{Sink, Stream, stream::FusedStream};
use tokio::io::AsyncWrite;

use super::{download::Download, upload::Upload};
use crate::{
    error::{Error, Result},
    session::FtpStream,
};

/// A download as a stream of pieces. It ends only when the file did; an error is its last item.
pub struct Chunks<S> {
    download: Download<S>,
    ended: bool,
}

impl<S> Chunks<S> {
    pub(super) fn new(download: Download<S>) -> Self {
        Self {
            download,
            ended: false,
        }
    }

    /// The download itself, to finish it or to get the session back.
    pub fn into_download(self) -> Download<S> {
        self.download
    }
}

impl<S> Stream for Chunks<S>
where
    S: AsMut<FtpStream> + Send + Unpin,
{
    type Item = Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { download, ended } = self.get_mut();
        if *ended {
            return Poll::Ready(None);
        }
        let chunk = ready!(download.poll_chunk(cx)).transpose();
        *ended = !matches!(chunk, Some(Ok(_)));
        Poll::Ready(chunk)
    }
}

impl<S> FusedStream for Chunks<S>
where
    S: AsMut<FtpStream> + Send + Unpin,
{
    fn is_terminated(&self) -> bool {
        self.ended
    }
}

impl<S> fmt::Debug for Chunks<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chunks")
            .field("download", &self.download)
            .finish_non_exhaustive()
    }
}

/// An upload as a sink of pieces. Closing it completes the file, as `SinkExt::close` does and
/// `StreamExt::forward`; dropping it resets the upload.
pub struct ChunkSink<S> {
    upload: Upload<S>,
    waiting: Bytes,
}

impl<S> ChunkSink<S> {
    pub(super) fn new(upload: Upload<S>) -> Self {
        Self {
            upload,
            waiting: Bytes::new(),
        }
    }

    /// The upload itself, to finish it or to get the session back. A piece that is still waiting
    /// to be sent is lost: flush the sink first.
    pub fn into_upload(self) -> Upload<S> {
        self.upload
    }
}

impl<S> Sink<Bytes> for ChunkSink<S>
where
    S: AsMut<FtpStream> + Send + Unpin,
{
    type Error = Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let Self { upload, waiting } = self.get_mut();
        while !waiting.is_empty() {
            let written = ready!(Pin::new(&mut *upload).poll_write(cx, waiting))?;
            if written == 0 {
                return Poll::Ready(Err(io::Error::from(io::ErrorKind::WriteZero).into()));
            }
            waiting.advance(written);
        }
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, chunk: Bytes) -> Result<()> {
        self.get_mut().waiting = chunk;
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.as_mut().poll_ready(cx))?;
        ready!(Pin::new(&mut self.upload).poll_flush(cx))?;
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.as_mut().poll_ready(cx))?;
        ready!(Pin::new(&mut self.upload).poll_shutdown(cx))?;
        Poll::Ready(Ok(()))
    }
}

impl<S> fmt::Debug for ChunkSink<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkSink")
            .field("upload", &self.upload)
            .finish_non_exhaustive()
    }
}

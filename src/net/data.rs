//! One data connection, from dialled to closed.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::{Connect, rustls::HandshakeKind};
use tokio_util::sync::ReusableBoxFuture;

use super::{
    stream::{Plain, Stream, unless_asserted},
    tls::TlsClient,
};

/// How many reads one call of [`DataConnection::poll_drain`] makes at the most.
const DRAIN_READS: usize = 16;

/// A data connection, and what becomes of it when it is dropped.
#[derive(Debug)]
pub(crate) struct DataConnection {
    link: Link,
    on_drop: OnDrop,
    resumed: Option<bool>,
    /// This side's end has been said.
    ended: bool,
}

/// What a peer sees of a data connection that is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnDrop {
    /// Its end; nobody mistakes the reader's end for the writer's.
    Close,
    /// A reset, because an end would make a part of an upload look like the whole.
    Reset,
}

enum Link {
    /// Of the many futures that can be boxed this one may be looked at from any thread.
    Dialing(ReusableBoxFuture<'static, io::Result<Plain>>),
    Plain(Plain),
    Handshake(Box<Connect<Plain>>),
    Open(Stream),
    Closed,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dialing(_) => "Dialing",
            Self::Plain(_) => "Plain",
            Self::Handshake(_) => "Handshake",
            Self::Open(_) => "Open",
            Self::Closed => "Closed",
        })
    }
}

impl DataConnection {
    pub(crate) fn new(mut plain: Plain, on_drop: OnDrop) -> Self {
        plain.reset_on_drop(on_drop == OnDrop::Reset);
        Self {
            link: Link::Plain(plain),
            on_drop,
            resumed: None,
            ended: false,
        }
    }

    /// One that does not exist before `dialing` is through.
    pub(crate) fn dialing(
        dialing: impl Future<Output = io::Result<Plain>> + Send + 'static,
        on_drop: OnDrop,
    ) -> Self {
        Self {
            link: Link::Dialing(ReusableBoxFuture::new(dialing)),
            on_drop,
            resumed: None,
            ended: false,
        }
    }

    /// Whether there is no connection yet.
    pub(crate) fn is_dialing(&self) -> bool {
        matches!(self.link, Link::Dialing(_))
    }

    /// Whether a part of a file may be on its way over it, which must not look like the whole.
    pub(crate) fn is_upload(&self) -> bool {
        self.on_drop == OnDrop::Reset
    }

    /// Gets as far as a connection.
    pub(crate) fn poll_connected(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Link::Dialing(dialing) = &mut self.link {
            let dialled = ready!(dialing.poll(cx));
            self.link = Link::Closed;
            let mut plain = dialled?;
            plain.reset_on_drop(self.on_drop == OnDrop::Reset);
            self.link = Link::Plain(plain);
        }
        Poll::Ready(Ok(()))
    }

    /// Starts the TLS handshake, which takes a ticket out of the store.
    pub(crate) fn start_tls(&mut self, client: &TlsClient) {
        self.link = match std::mem::replace(&mut self.link, Link::Closed) {
            Link::Plain(plain) => Link::Handshake(Box::new(client.handshake(plain))),
            other => other,
        };
    }

    /// Whether a handshake was started.
    pub(crate) fn tls_started(&self) -> bool {
        !matches!(self.link, Link::Plain(_) | Link::Dialing(_))
    }

    /// Whether the TLS session was resumed; `None` without TLS.
    pub(crate) fn resumed(&self) -> Option<bool> {
        self.resumed
    }

    /// Completes the handshake, where there is one.
    pub(crate) fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_connected(cx))?;
        self.link = match std::mem::replace(&mut self.link, Link::Closed) {
            Link::Plain(plain) => Link::Open(Stream::Plain(plain)),
            Link::Handshake(mut connect) => match Pin::new(&mut *connect).poll(cx) {
                Poll::Pending => {
                    self.link = Link::Handshake(connect);
                    return Poll::Pending;
                }
                Poll::Ready(Ok(tls)) => {
                    self.resumed =
                        Some(tls.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed));
                    Link::Open(Stream::Tls(Box::new(tls)))
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            },
            other => other,
        };
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?;
        match &mut self.link {
            Link::Open(stream) => Pin::new(stream).poll_read(cx, buf),
            _ => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Reads and discards: what the peer of an upload sends, which is TLS tickets and the end, or
    /// what is left of a download. `Ready` is the end or an error.
    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [0; 8 * 1024];
        // Bounded, so that a peer that never stops sending cannot keep the caller here.
        for _ in 0..DRAIN_READS {
            let mut buf = ReadBuf::new(&mut space);
            let Some(read) = unless_asserted(|| self.poll_read(cx, &mut buf)) else {
                self.link = Link::Closed;
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            };
            ready!(read)?;
            if buf.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    pub(crate) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(cx))?;
        match &mut self.link {
            Link::Open(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
            _ => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?;
        match &mut self.link {
            Link::Open(stream) => Pin::new(stream).poll_flush(cx),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Sends close_notify, where there is TLS, and the end.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?;
        if let Link::Open(stream) = &mut self.link {
            ready!(Pin::new(stream).poll_shutdown(cx))?;
            self.ended = true;
        }
        Poll::Ready(Ok(()))
    }

    pub(crate) fn is_tls(&self) -> bool {
        matches!(&self.link, Link::Open(stream) if stream.is_tls())
    }

    /// Closes in an orderly way as far as that goes without waiting.
    pub(crate) fn close(mut self) {
        // A socket that is closed says so by itself.
        let is_socket = matches!(&self.link, Link::Open(stream) if stream.is_socket());
        if !self.ended && !is_socket {
            let mut cx = Context::from_waker(Waker::noop());
            // What cannot be said at once is not said: the peer sees the end in any case.
            let _ = self.poll_shutdown(&mut cx);
        }
        let plain = match &mut self.link {
            Link::Plain(plain) => Some(plain),
            Link::Handshake(connect) => connect.get_mut(),
            Link::Open(stream) => Some(stream.plain_mut()),
            Link::Dialing(_) | Link::Closed => None,
        };
        if let Some(plain) = plain {
            plain.reset_on_drop(false);
        }
    }
}

impl Drop for DataConnection {
    fn drop(&mut self) {
        if let Link::Open(stream) = &mut self.link {
            // A ticket that has arrived is worth keeping; the connection is not.
            stream.take_in_tickets();
        }
    }
}

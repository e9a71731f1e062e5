//! One data connection, from dialled to closed.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::ReusableBoxFuture;

use super::{records::Records, stream::Plain, tls::TlsClient};

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
    Tls(Box<Records>),
    Closed,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Dialing(_) => "Dialing",
            Self::Plain(_) => "Plain",
            Self::Tls(_) => "Tls",
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
    pub(crate) fn start_tls(&mut self, client: &TlsClient) -> io::Result<()> {
        self.link = match std::mem::replace(&mut self.link, Link::Closed) {
            Link::Plain(plain) => {
                // Each message of the handshake has to have an answer.
                plain.set_nodelay(true);
                Link::Tls(Box::new(client.records(plain)?))
            }
            other => other,
        };
        Ok(())
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
        if let Link::Tls(records) = &mut self.link
            && !records.is_open()
        {
            if let Err(error) = ready!(records.poll_handshake(cx)) {
                self.link = Link::Closed;
                return Poll::Ready(Err(error));
            }
            self.resumed = Some(records.is_resumed());
            records.plain_mut().set_nodelay(false);
        }
        Poll::Ready(Ok(()))
    }

    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?;
        match &mut self.link {
            Link::Plain(plain) => Pin::new(plain).poll_read(cx, buf),
            Link::Tls(records) => records.poll_read(cx, buf),
            Link::Dialing(_) | Link::Closed => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Reads and discards: what the peer of an upload sends, which is TLS tickets and the end, or
    /// what is left of a download. `Ready` is the end or an error.
    pub(crate) fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = [0; 8 * 1024];
        // Bounded, so that a peer that never stops sending cannot keep the caller here.
        for _ in 0..DRAIN_READS {
            let mut buf = ReadBuf::new(&mut space);
            ready!(self.poll_read(cx, &mut buf))?;
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
            Link::Plain(plain) => Pin::new(plain).poll_write_vectored(cx, pieces),
            Link::Tls(records) => records.poll_write_vectored(cx, pieces),
            Link::Dialing(_) | Link::Closed => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?;
        match &mut self.link {
            Link::Plain(plain) => Pin::new(plain).poll_flush(cx),
            Link::Tls(records) => records.poll_flush(cx),
            Link::Dialing(_) | Link::Closed => Poll::Ready(Ok(())),
        }
    }

    /// Sends close_notify, where there is TLS, and the end.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?;
        match &mut self.link {
            Link::Plain(plain) => ready!(Pin::new(plain).poll_shutdown(cx))?,
            Link::Tls(records) => ready!(records.poll_shutdown(cx))?,
            Link::Dialing(_) | Link::Closed => return Poll::Ready(Ok(())),
        }
        self.ended = true;
        Poll::Ready(Ok(()))
    }

    /// Whether bytes flow under TLS.
    pub(crate) fn is_tls(&self) -> bool {
        matches!(&self.link, Link::Tls(records) if records.is_open())
    }

    /// Closes in an orderly way as far as that goes without waiting.
    pub(crate) fn close(mut self) {
        // A socket that is closed says so by itself.
        let is_socket = matches!(&self.link, Link::Plain(plain) if plain.is_socket());
        if !self.ended && !is_socket {
            let mut cx = Context::from_waker(Waker::noop());
            // What cannot be said at once is not said: the peer sees the end in any case.
            let _ = self.poll_shutdown(&mut cx);
        }
        let plain = match &mut self.link {
            Link::Plain(plain) => Some(plain),
            Link::Tls(records) => Some(records.plain_mut()),
            Link::Dialing(_) | Link::Closed => None,
        };
        if let Some(plain) = plain {
            plain.reset_on_drop(false);
        }
    }
}

impl Drop for DataConnection {
    fn drop(&mut self) {
        if let Link::Tls(records) = &mut self.link
            && records.is_open()
        {
            // A ticket that has arrived is worth keeping; the connection is not.
            records.take_in_tickets();
        }
    }
}

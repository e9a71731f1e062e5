//! One stream type for plain and encrypted connections.

use std::{
    io::{self, Read},
    net::SocketAddr,
    panic::AssertUnwindSafe,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

use super::connector::Connection;

/// A connection without TLS, and what its peer sees when it is dropped.
#[derive(Debug)]
pub(crate) struct Plain {
    socket: Socket,
    resets: bool,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Other(Box<dyn Connection>),
}

/// A connection, with or without TLS.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(Plain),
    Tls(Box<TlsStream<Plain>>),
}

impl Plain {
    pub(crate) fn tcp(stream: TcpStream) -> Self {
        Self {
            socket: Socket::Tcp(stream),
            resets: false,
        }
    }

    pub(crate) fn other(stream: Box<dyn Connection>) -> Self {
        Self {
            socket: Socket::Other(stream),
            resets: false,
        }
    }

    /// Whether dropping it resets the connection, or ends it in the ordinary way. It holds
    /// wherever it is dropped, in the middle of a handshake too.
    pub(super) fn reset_on_drop(&mut self, resets: bool) {
        self.resets = resets;
    }

    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(stream) => stream.local_addr().ok(),
            Socket::Other(_) => None,
        }
    }

    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(stream) => Connection::peer_addr(stream),
            Socket::Other(stream) => stream.peer_addr(),
        }
    }

    /// Whether it is a socket without anything between.
    pub(super) fn is_socket(&self) -> bool {
        matches!(self.socket, Socket::Tcp(_))
    }

    /// Whether a short write goes at once, and does not wait until the one before has arrived.
    pub(super) fn set_nodelay(&self, nodelay: bool) {
        if let Socket::Tcp(stream) = &self.socket {
            // A socket that cannot be told so is gone already.
            let _ = stream.set_nodelay(nodelay);
        }
    }

    /// Reads what the socket holds now. The runtime may not have noticed yet that there is
    /// something: it looks only when a task waits, and an upload that never had to wait has not
    /// let it.
    pub(super) fn read_now(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match &mut self.socket {
            Socket::Tcp(stream) => (&*SockRef::from(&*stream)).read(space),
            Socket::Other(stream) => {
                let mut buf = ReadBuf::new(space);
                let mut cx = Context::from_waker(Waker::noop());
                match Pin::new(stream).poll_read(&mut cx, &mut buf) {
                    Poll::Ready(result) => result.map(|()| buf.filled().len()),
                    Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
                }
            }
        }
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        if self.resets {
            match &mut self.socket {
                Socket::Tcp(stream) => Connection::reset(stream),
                Socket::Other(stream) => stream.reset(),
            }
        }
    }
}

impl Stream {
    /// Sends a few bytes, the last of them as urgent data, where the connection can do that.
    pub(crate) fn send_urgent(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(Plain {
                socket: Socket::Tcp(stream),
                ..
            }) => SockRef::from(stream).send_out_of_band(bytes).map(drop),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// What `read` says, unless rustls panics over it.
///
/// In builds with debug assertions rustls 0.23 asserts that no alert is sent behind close_notify,
/// and a peer that answers close_notify with garbage makes it send one. Nothing a peer does may
/// end in a panic; the connection is of no more use then.
pub(crate) fn unless_asserted<T>(read: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(AssertUnwindSafe(read)).ok()
}

/// Hands every call to what the type holds, in one of two shapes.
macro_rules! delegate {
    ($type:ident, $inner:ident: $first:pat, $second:pat) => {
        impl AsyncRead for $type {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $first => Pin::new($inner).poll_read(cx, buf),
                    $second => Pin::new($inner).poll_read(cx, buf),
                }
            }
        }

        impl AsyncWrite for $type {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $first => Pin::new($inner).poll_write(cx, buf),
                    $second => Pin::new($inner).poll_write(cx, buf),
                }
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match self.get_mut() {
                    $first => Pin::new($inner).poll_write_vectored(cx, bufs),
                    $second => Pin::new($inner).poll_write_vectored(cx, bufs),
                }
            }

            fn is_write_vectored(&self) -> bool {
                match self {
                    $first => $inner.is_write_vectored(),
                    $second => $inner.is_write_vectored(),
                }
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $first => Pin::new($inner).poll_flush(cx),
                    $second => Pin::new($inner).poll_flush(cx),
                }
            }

            fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match self.get_mut() {
                    $first => Pin::new($inner).poll_shutdown(cx),
                    $second => Pin::new($inner).poll_shutdown(cx),
                }
            }
        }
    };
}

delegate!(Plain, stream: Plain { socket: Socket::Tcp(stream), .. }, Plain { socket: Socket::Other(stream), .. });
delegate!(Stream, stream: Stream::Plain(stream), Stream::Tls(stream));

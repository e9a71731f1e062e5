//! How connections are made.

use std::{fmt, future::Future, io, net::SocketAddr, pin::Pin};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};

/// Makes the connections of sessions, control and data alike: the place for a proxy, a tunnel, or
/// an in-memory network under test.
///
/// # Examples
/// ```
/// use std::io;
/// use tokio::net::TcpStream;
/// use tokio_ftp::{Connection, Connector, Dialing, Endpoint};
///
/// /// Sends every connection through one fixed address.
/// #[derive(Debug)]
/// struct Tunnel(std::net::SocketAddr);
///
/// impl Connector for Tunnel {
///     fn connect<'a>(&'a self, _endpoint: &'a Endpoint) -> Dialing<'a> {
///         Box::pin(async move {
///             let stream = TcpStream::connect(self.0).await?;
///             Ok(Box::new(stream) as Box<dyn Connection>)
///         })
///     }
/// }
/// ```
pub trait Connector: fmt::Debug + Send + Sync {
    /// Connects to `endpoint`.
    ///
    /// The caller bounds the time; dropping the future must give the attempt up.
    fn connect<'a>(&'a self, endpoint: &'a Endpoint) -> Dialing<'a>;
}

/// The future of [`Connector::connect`].
pub type Dialing<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Connection>>> + Send + 'a>>;

/// A stream of bytes that a [`Connector`] made.
pub trait Connection: AsyncRead + AsyncWrite + fmt::Debug + Send + Sync + Unpin {
    /// Gives the connection up so that the peer sees a reset and not an orderly end, at the
    /// latest when it is dropped.
    ///
    /// An upload that is given up is ended by this: an orderly end would make the part that
    /// arrived look like the whole file.
    fn reset(&mut self);

    /// The address of the peer, when there is one. Data connections go to it.
    fn peer_addr(&self) -> Option<SocketAddr>;
}

impl Connection for TcpStream {
    fn reset(&mut self) {
        // A socket that cannot be told so is gone already.
        let _ = self.set_zero_linger();
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        Self::peer_addr(self).ok()
    }
}

/// Where a connection goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// A host name that is still to be resolved, and a port.
    Name(String, u16),
    /// An address.
    Address(SocketAddr),
}

impl Endpoint {
    /// The same host at another port.
    pub(crate) fn with_port(&self, port: u16) -> Self {
        match self {
            Self::Name(host, _) => Self::Name(host.clone(), port),
            Self::Address(address) => {
                let mut address = *address;
                address.set_port(port);
                Self::Address(address)
            }
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(host, port) => write!(f, "{host}:{port}"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}

//! A network in memory that keeps what went over each connection, and how it ended.

use std::{
    io, mem,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex},
    sync::mpsc,
    time::timeout,
};
use tokio_ftp::{Connection, Connector, Dialing, Endpoint};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));

/// How many bytes a connection holds before its writer waits.
const CAPACITY: usize = 16 * 1024;

/// How long a client may take for its part of a handshake.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// A host that has every port open, but for some.
#[derive(Debug)]
pub(crate) struct Network {
    private: bool,
    server: mpsc::UnboundedSender<ServerEnd>,
    links: Mutex<Vec<Link>>,
}

/// What went over a connection.
#[derive(Debug, Clone)]
pub(crate) struct Link(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    sent: Vec<u8>,
    heard: Vec<u8>,
    client_end: End,
    served: Vec<u8>,
    server_end: End,
}

/// How one side ended a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum End {
    #[default]
    Open,
    Orderly,
    /// Under TLS, without close_notify.
    Cut,
    Reset,
}

impl Network {
    /// The network, and what its host receives; `private` says that no data goes in the clear.
    pub(crate) fn new(private: bool) -> (Arc<Self>, mpsc::UnboundedReceiver<ServerEnd>) {
        let (server, accepted) = mpsc::unbounded_channel();
        let links = Mutex::default();
        let network = Self {
            private,
            server,
            links,
        };
        (Arc::new(network), accepted)
    }

    pub(crate) fn is_private(&self) -> bool {
        self.private
    }

    /// The connections that were made so far.
    pub(crate) fn links(&self) -> Vec<Link> {
        self.links.lock().unwrap().clone()
    }

    fn accept(&self, port: u16) -> io::Result<ClientEnd> {
        let (near, far) = duplex(CAPACITY);
        let link = Link(Arc::default());
        let mut links = self.links.lock().unwrap();
        let server = ServerEnd {
            wire: Wire::Plain(far),
            link: link.clone(),
            is_control: links.is_empty(),
        };
        if self.server.send(server).is_err() {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        links.push(link.clone());
        Ok(ClientEnd {
            io: near,
            link,
            peer: SocketAddr::new(HOST, port),
        })
    }
}

impl Connector for Network {
    fn connect<'a>(&'a self, endpoint: &'a Endpoint) -> Dialing<'a> {
        Box::pin(async move {
            let port = match endpoint {
                Endpoint::Name(_, port) => *port,
                Endpoint::Address(address) => address.port(),
                _ => 0,
            };
            assert_ne!(port, 0);
            match port % 8 {
                6 => std::future::pending().await,
                7 => Err(io::ErrorKind::ConnectionRefused.into()),
                _ => Ok(Box::new(self.accept(port)?) as Box<dyn Connection>),
            }
        })
    }
}

impl Link {
    /// What the client sent, TLS and all.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.record(|record| record.sent.clone())
    }

    /// What the server has read under TLS.
    pub(crate) fn heard(&self) -> Vec<u8> {
        self.record(|record| record.heard.clone())
    }

    /// What the server sent as data; replies are not kept, of which there may be many.
    pub(crate) fn served(&self) -> Vec<u8> {
        self.record(|record| record.served.clone())
    }

    /// How the client ended it.
    pub(crate) fn client_end(&self) -> End {
        self.record(|record| record.client_end)
    }

    /// How the server ended it.
    pub(crate) fn server_end(&self) -> End {
        self.record(|record| record.server_end)
    }

    fn record<T>(&self, with: impl FnOnce(&mut Record) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }
}

impl End {
    /// The first word counts.
    fn say(&mut self, end: Self) {
        if *self == Self::Open {
            *self = end;
        }
    }
}

/// The server's end of a connection. Dropped, it has ended in good order, but for TLS.
#[derive(Debug)]
pub(crate) struct ServerEnd {
    wire: Wire,
    link: Link,
    is_control: bool,
}

#[derive(Debug)]
enum Wire {
    Plain(DuplexStream),
    Tls(Box<TlsStream<DuplexStream>>),
    /// A handshake failed.
    Gone,
}

impl ServerEnd {
    pub(crate) async fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match &mut self.wire {
            Wire::Plain(io) => io.read(space).await,
            Wire::Tls(tls) => {
                let read = tls.read(space).await?;
                self.link
                    .record(|record| record.heard.extend(&space[..read]));
                Ok(read)
            }
            Wire::Gone => Ok(0),
        }
    }

    pub(crate) async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = match &mut self.wire {
                Wire::Plain(io) => io.write(bytes).await?,
                Wire::Tls(tls) => tls.write(bytes).await?,
                Wire::Gone => return Err(io::ErrorKind::NotConnected.into()),
            };
            let (done, rest) = bytes.split_at(written);
            if !self.is_control {
                self.link.record(|record| record.served.extend(done));
            }
            bytes = rest;
        }
        match &mut self.wire {
            Wire::Tls(tls) => tls.flush().await,
            _ => Ok(()),
        }
    }

    /// Sends bytes in place of TLS records.
    pub(crate) async fn write_below(&mut self, bytes: &[u8]) -> io::Result<()> {
        match &mut self.wire {
            Wire::Plain(_) => self.write(bytes).await,
            Wire::Tls(tls) => tls.get_mut().0.write_all(bytes).await,
            Wire::Gone => Ok(()),
        }
    }

    /// Puts TLS under the connection, where there is none.
    pub(crate) async fn encrypt(&mut self, tls: &TlsAcceptor) {
        self.wire = match mem::replace(&mut self.wire, Wire::Gone) {
            Wire::Plain(io) => match timeout(HANDSHAKE, tls.accept(io)).await {
                Ok(Ok(tls)) => Wire::Tls(Box::new(tls)),
                _ => {
                    // To a client that wants no TLS this is the end.
                    self.link
                        .record(|record| record.server_end.say(End::Orderly));
                    Wire::Gone
                }
            },
            wire => wire,
        };
    }

    /// Ends it in good order, and goes on reading.
    pub(crate) async fn finish(&mut self) {
        self.link
            .record(|record| record.server_end.say(End::Orderly));
        // A client that is gone has it its way.
        let _ = match &mut self.wire {
            Wire::Plain(io) => io.shutdown().await,
            Wire::Tls(tls) => tls.shutdown().await,
            Wire::Gone => Ok(()),
        };
    }

    pub(crate) fn reset(self) {
        self.link.record(|record| record.server_end.say(End::Reset));
    }
}

impl Drop for ServerEnd {
    fn drop(&mut self) {
        let end = match self.wire {
            Wire::Plain(_) => End::Orderly,
            Wire::Tls(_) | Wire::Gone => End::Cut,
        };
        self.link.record(|record| record.server_end.say(end));
    }
}

/// The client's end of a connection.
#[derive(Debug)]
struct ClientEnd {
    io: DuplexStream,
    link: Link,
    peer: SocketAddr,
}

impl Connection for ClientEnd {
    fn reset(&mut self) {
        self.link.record(|record| record.client_end.say(End::Reset));
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        Some(self.peer)
    }
}

impl Drop for ClientEnd {
    fn drop(&mut self) {
        self.link
            .record(|record| record.client_end.say(End::Orderly));
    }
}

impl AsyncRead for ClientEnd {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        let ended = buf.filled().len() == before && buf.remaining() > 0;
        if ended && self.link.server_end() == End::Reset {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ClientEnd {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, bytes))?;
        self.link
            .record(|record| record.sent.extend(&bytes[..written]));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.link
            .record(|record| record.client_end.say(End::Orderly));
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

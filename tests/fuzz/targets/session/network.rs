//! A network in memory that keeps what went over each connection, and how it ended.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex},
    sync::mpsc,
};
use tokio_ftp::{Connection, Connector, Dialing, Endpoint};

const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));

/// How many bytes a connection holds before its writer waits.
const CAPACITY: usize = 16 * 1024;

/// A host that has every port open, but for some.
#[derive(Debug)]
pub(crate) struct Network {
    server: mpsc::UnboundedSender<ServerEnd>,
    links: Mutex<Vec<Link>>,
}

/// What went over a connection.
#[derive(Debug, Clone)]
pub(crate) struct Link(Arc<Mutex<Record>>);

#[derive(Debug, Default)]
struct Record {
    sent: Vec<u8>,
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
    Reset,
}

impl Network {
    /// The network, and what its host receives.
    pub(crate) fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<ServerEnd>) {
        let (server, accepted) = mpsc::unbounded_channel();
        let links = Mutex::default();
        (Arc::new(Self { server, links }), accepted)
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
            io: far,
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
    /// What the client sent.
    pub(crate) fn sent(&self) -> Vec<u8> {
        self.record(|record| record.sent.clone())
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

/// The server's end of a connection. Dropped, it has ended in good order.
#[derive(Debug)]
pub(crate) struct ServerEnd {
    io: DuplexStream,
    link: Link,
    is_control: bool,
}

impl ServerEnd {
    pub(crate) async fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.io.read(space).await
    }

    pub(crate) async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let written = self.io.write(bytes).await?;
            let (done, rest) = bytes.split_at(written);
            if !self.is_control {
                self.link.record(|record| record.served.extend(done));
            }
            bytes = rest;
        }
        Ok(())
    }

    /// Ends it in good order, and goes on reading.
    pub(crate) async fn finish(&mut self) {
        self.link
            .record(|record| record.server_end.say(End::Orderly));
        // A client that is gone has it its way.
        let _ = self.io.shutdown().await;
    }

    pub(crate) fn reset(self) {
        self.link.record(|record| record.server_end.say(End::Reset));
    }
}

impl Drop for ServerEnd {
    fn drop(&mut self) {
        self.link
            .record(|record| record.server_end.say(End::Orderly));
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

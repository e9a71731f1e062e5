//! A network in memory, where a reset can be told from an orderly end.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex},
    sync::mpsc,
    time::sleep,
};
use tokio_ftp::{Connection, Connector, Dialing, Endpoint};

/// Where the only host of a network seems to be, unless it is moved.
pub(crate) const HOST: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10));

/// How many bytes a connection holds before its writer waits.
const CAPACITY: usize = 64 * 1024;

/// One host and its ports.
#[derive(Debug, Clone, Default)]
pub(crate) struct Network(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    host: IpAddr,
    ports: HashMap<u16, Port>,
    dialled: Vec<String>,
    latency: Duration,
}

impl Default for State {
    fn default() -> Self {
        Self {
            host: HOST,
            ports: HashMap::new(),
            dialled: Vec::new(),
            latency: Duration::ZERO,
        }
    }
}

#[derive(Debug)]
enum Port {
    Open(mpsc::UnboundedSender<Pipe>),
    /// Whoever dials hears nothing.
    Dark,
}

impl Network {
    /// Opens a port, whose connections are then received.
    pub(crate) fn listen(&self, port: u16) -> mpsc::UnboundedReceiver<Pipe> {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.state(|state| state.ports.insert(port, Port::Open(sender)));
        receiver
    }

    /// The same with a port that was never used, which comes first.
    pub(crate) fn listen_anywhere(&self) -> (u16, mpsc::UnboundedReceiver<Pipe>) {
        let port = self.state(|state| {
            let highest = state.ports.keys().max().copied().unwrap_or_default();
            highest.max(1999) + 1
        });
        (port, self.listen(port))
    }

    /// Where its host seems to be from now on.
    pub(crate) fn move_to(&self, host: IpAddr) {
        self.state(|state| state.host = host);
    }

    /// Makes a port swallow connections.
    pub(crate) fn darken(&self, port: u16) {
        self.state(|state| state.ports.insert(port, Port::Dark));
    }

    /// How long a connection takes to come about from now on.
    pub(crate) fn slow_down(&self, latency: Duration) {
        self.state(|state| state.latency = latency);
    }

    /// Where connections were asked to go, in order.
    pub(crate) fn dialled(&self) -> Vec<String> {
        self.state(|state| state.dialled.clone())
    }

    fn state<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }

    /// The near end of a connection to a port.
    pub(crate) async fn dial(&self, endpoint: &Endpoint) -> io::Result<Pipe> {
        let latency = self.state(|state| state.latency);
        if !latency.is_zero() {
            sleep(latency).await;
        }
        match self.dial_now(endpoint) {
            Some(dialled) => dialled,
            None => std::future::pending().await,
        }
    }

    fn dial_now(&self, endpoint: &Endpoint) -> Option<io::Result<Pipe>> {
        let port = match endpoint {
            Endpoint::Name(_, port) => *port,
            Endpoint::Address(address) => address.port(),
            _ => 0,
        };
        self.state(|state| {
            state.dialled.push(endpoint.to_string());
            match state.ports.get(&port) {
                Some(Port::Open(sender)) => {
                    let (near, far) = Pipe::pair(SocketAddr::new(state.host, port));
                    Some(match sender.send(far) {
                        Ok(()) => Ok(near),
                        Err(_) => Err(io::ErrorKind::ConnectionRefused.into()),
                    })
                }
                Some(Port::Dark) => None,
                None => Some(Err(io::ErrorKind::ConnectionRefused.into())),
            }
        })
    }
}

impl Connector for Network {
    fn connect<'a>(&'a self, endpoint: &'a Endpoint) -> Dialing<'a> {
        Box::pin(async move {
            let pipe = self.dial(endpoint).await?;
            Ok(Box::new(pipe) as Box<dyn Connection>)
        })
    }
}

/// One end of a connection.
#[derive(Debug)]
pub(crate) struct Pipe {
    io: DuplexStream,
    /// Which ends were given up with a reset: this one's, the other's.
    resets: [Arc<AtomicBool>; 2],
    reset: bool,
    peer: SocketAddr,
}

impl Pipe {
    fn pair(peer: SocketAddr) -> (Self, Self) {
        let (near, far) = duplex(CAPACITY);
        let [first, second] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let end = |io, resets| Self {
            io,
            resets,
            reset: false,
            peer,
        };
        (
            end(near, [Arc::clone(&first), Arc::clone(&second)]),
            end(far, [second, first]),
        )
    }

    fn was_reset(&self) -> bool {
        self.resets[1].load(Ordering::SeqCst)
    }
}

impl Connection for Pipe {
    fn reset(&mut self) {
        self.reset = true;
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        Some(self.peer)
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        // Said before the other end can see that this one is gone.
        self.resets[0].store(self.reset, Ordering::SeqCst);
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.io).poll_read(cx, buf))?;
        if buf.filled().len() == before && buf.remaining() > 0 && self.was_reset() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.io).poll_write(cx, bytes));
        if written.is_err() && self.was_reset() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

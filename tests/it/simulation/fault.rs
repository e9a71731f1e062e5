//! Links that fail at a byte.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_ftp::{Connection, Connector, Dialing, Endpoint};

use crate::support::network::Network;

/// What happens to a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Both ends see a reset.
    Reset,
    /// Both ends see an orderly end, and what is still sent goes nowhere.
    Close,
    /// Nothing arrives any more in this direction, and nobody is told.
    Stall,
    /// Every byte is another one from here on.
    Garbage,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Reset, Self::Close, Self::Stall, Self::Garbage];
}

/// As the client sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

/// Which link fails, where, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fault {
    /// 0 is the control connection, 1 the first data connection.
    pub(crate) link: usize,
    pub(crate) direction: Direction,
    /// How many bytes pass before.
    pub(crate) after: usize,
    pub(crate) kind: Kind,
}

/// How many bytes have gone over a link.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Traffic {
    pub(crate) up: usize,
    pub(crate) down: usize,
}

/// The faults of a network, one a link at the most, and what goes over the links.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    faults: Vec<Fault>,
    links: Arc<Mutex<Vec<Traffic>>>,
    /// Links on which nothing is sent any more, not even their end.
    silent: Arc<Mutex<Vec<Box<dyn Connection>>>>,
}

/// Whose end of a link fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Client,
    Server,
}

impl End {
    /// Where the bytes go that this end sends.
    fn sends(self) -> Direction {
        match self {
            Self::Client => Direction::Up,
            Self::Server => Direction::Down,
        }
    }

    fn receives(self) -> Direction {
        match self {
            Self::Client => Direction::Down,
            Self::Server => Direction::Up,
        }
    }
}

impl Faults {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self {
            faults,
            ..Self::default()
        }
    }

    /// What has gone over each link so far.
    pub(crate) fn traffic(&self) -> Vec<Traffic> {
        self.links().clone()
    }

    /// How many bytes have gone over them all.
    pub(crate) fn total(&self) -> usize {
        let links = self.links();
        links.iter().map(|link| link.up + link.down).sum()
    }

    /// One end of the next link.
    pub(crate) fn link(&self, connection: Box<dyn Connection>, end: End) -> Box<dyn Connection> {
        let mut links = self.links();
        let number = links.len();
        links.push(Traffic::default());
        Box::new(Link {
            peer: connection.peer_addr(),
            state: State::Whole(connection),
            end,
            fault: self
                .faults
                .iter()
                .find(|fault| fault.link == number)
                .copied(),
            number,
            links: Arc::clone(&self.links),
            silent: Arc::clone(&self.silent),
            counted: Traffic::default(),
        })
    }

    fn links(&self) -> MutexGuard<'_, Vec<Traffic>> {
        self.links.lock().unwrap()
    }
}

/// A network with faults in it, at the client's end of its links.
#[derive(Debug, Clone)]
pub(crate) struct FaultyNetwork {
    network: Network,
    faults: Faults,
}

impl FaultyNetwork {
    pub(crate) fn new(network: Network, faults: Faults) -> Self {
        Self { network, faults }
    }

    /// Whether no fault was meant for any link so far.
    pub(crate) fn is_harmless(&self) -> bool {
        let links = self.faults.links().len();
        let mut faults = self.faults.faults.iter();
        faults.all(|fault| fault.link >= links)
    }
}

impl Connector for FaultyNetwork {
    fn connect<'a>(&'a self, endpoint: &'a Endpoint) -> Dialing<'a> {
        Box::pin(async move {
            let pipe = self.network.dial(endpoint).await?;
            Ok(self.faults.link(Box::new(pipe), End::Client))
        })
    }
}

#[derive(Debug)]
struct Link {
    state: State,
    end: End,
    fault: Option<Fault>,
    number: usize,
    links: Arc<Mutex<Vec<Traffic>>>,
    silent: Arc<Mutex<Vec<Box<dyn Connection>>>>,
    counted: Traffic,
    peer: Option<SocketAddr>,
}

#[derive(Debug)]
enum State {
    Whole(Box<dyn Connection>),
    Stalled(Box<dyn Connection>, Direction),
    Reset,
    Closed,
}

impl Link {
    /// How many more bytes pass in this direction, and whether they are what they were.
    fn allowed(&self, direction: Direction) -> (usize, bool) {
        let passed = match direction {
            Direction::Up => self.counted.up,
            Direction::Down => self.counted.down,
        };
        match self.fault {
            Some(fault) if fault.direction == direction => match fault.after.checked_sub(passed) {
                Some(left) if left > 0 => (left, false),
                _ if fault.kind == Kind::Garbage => (usize::MAX, true),
                _ => (0, false),
            },
            _ => (usize::MAX, false),
        }
    }

    fn strike(&mut self, direction: Direction) {
        let Some(fault) = self.fault else { return };
        let state = std::mem::replace(&mut self.state, State::Closed);
        self.state = match (state, fault.kind) {
            (State::Whole(mut pipe), Kind::Reset) => {
                pipe.reset();
                State::Reset
            }
            (State::Whole(pipe), Kind::Stall) => State::Stalled(pipe, direction),
            (State::Whole(_), _) => State::Closed,
            (state, _) => state,
        };
    }

    fn count(&mut self, direction: Direction, bytes: usize) {
        match direction {
            Direction::Up => self.counted.up += bytes,
            Direction::Down => self.counted.down += bytes,
        }
        self.links.lock().unwrap()[self.number] = self.counted;
    }

    /// The pipe, where something may pass in this direction; else what is to be seen instead.
    fn passage(
        &mut self,
        direction: Direction,
    ) -> Result<(&mut Box<dyn Connection>, usize, bool), Blocked> {
        let (allowed, garbage) = self.allowed(direction);
        if allowed == 0 {
            self.strike(direction);
        }
        match &mut self.state {
            State::Whole(pipe) => Ok((pipe, allowed, garbage)),
            State::Stalled(_, stalled) if *stalled == direction => Err(Blocked::Silent),
            State::Stalled(pipe, _) => Ok((pipe, allowed, garbage)),
            State::Reset => Err(Blocked::Reset),
            State::Closed => Err(Blocked::Closed),
        }
    }
}

enum Blocked {
    Silent,
    Reset,
    Closed,
}

impl Connection for Link {
    fn reset(&mut self) {
        if let State::Whole(pipe) | State::Stalled(pipe, Direction::Down) = &mut self.state {
            pipe.reset();
        }
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        self.peer
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if let State::Stalled(pipe, direction) = std::mem::replace(&mut self.state, State::Closed)
            && direction == self.end.sends()
        {
            self.silent.lock().unwrap().push(pipe);
        }
    }
}

impl AsyncRead for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let wanted = buf.remaining();
        let direction = self.end.receives();
        let (bytes, garbage) = match self.passage(direction) {
            Ok((pipe, allowed, garbage)) => {
                let mut part = vec![0; wanted.min(allowed)];
                let mut filled = ReadBuf::new(&mut part);
                ready!(Pin::new(pipe).poll_read(cx, &mut filled))?;
                (filled.filled().to_vec(), garbage)
            }
            Err(Blocked::Silent) => return Poll::Pending,
            Err(Blocked::Reset) => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Err(Blocked::Closed) => return Poll::Ready(Ok(())),
        };
        self.count(direction, bytes.len());
        let flip = if garbage { 0xa5 } else { 0 };
        let bytes: Vec<_> = bytes.iter().map(|byte| byte ^ flip).collect();
        buf.put_slice(&bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let direction = self.end.sends();
        let written = match self.passage(direction) {
            Ok((pipe, allowed, garbage)) => {
                let flip = if garbage { 0xa5 } else { 0 };
                let part: Vec<_> = bytes.iter().take(allowed).map(|byte| byte ^ flip).collect();
                ready!(Pin::new(pipe).poll_write(cx, &part))?
            }
            // What a network takes and does not deliver.
            Err(Blocked::Silent | Blocked::Closed) => return Poll::Ready(Ok(bytes.len())),
            Err(Blocked::Reset) => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        };
        self.count(direction, written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state {
            State::Whole(pipe) => Pin::new(pipe).poll_flush(cx),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let direction = self.end.sends();
        match self.passage(direction) {
            Ok((pipe, ..)) => Pin::new(pipe).poll_shutdown(cx),
            Err(_) => Poll::Ready(Ok(())),
        }
    }
}

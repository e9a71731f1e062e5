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

use crate::support::network::{Network, Pipe};

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

/// A network with faults in it, one a link at the most.
#[derive(Debug, Clone)]
pub(crate) struct FaultyNetwork {
    network: Network,
    faults: Vec<Fault>,
    links: Arc<Mutex<Vec<Traffic>>>,
    /// Links on which nothing goes up any more, not even their end.
    silent: Arc<Mutex<Vec<Pipe>>>,
}

impl FaultyNetwork {
    pub(crate) fn new(network: Network, faults: Vec<Fault>) -> Self {
        Self {
            network,
            faults,
            links: Arc::default(),
            silent: Arc::default(),
        }
    }

    /// What has gone over each link so far.
    pub(crate) fn traffic(&self) -> Vec<Traffic> {
        self.links().clone()
    }

    /// Whether no fault was meant for any link so far.
    pub(crate) fn is_harmless(&self) -> bool {
        let links = self.links().len();
        self.faults.iter().all(|fault| fault.link >= links)
    }

    fn links(&self) -> MutexGuard<'_, Vec<Traffic>> {
        self.links.lock().unwrap()
    }
}

impl Connector for FaultyNetwork {
    fn connect<'a>(&'a self, endpoint: &'a Endpoint) -> Dialing<'a> {
        Box::pin(async move {
            let pipe = self.network.dial(endpoint).await?;
            let mut links = self.links();
            let number = links.len();
            links.push(Traffic::default());
            Ok(Box::new(Link {
                peer: pipe.peer_addr(),
                state: State::Whole(pipe),
                fault: self
                    .faults
                    .iter()
                    .find(|fault| fault.link == number)
                    .copied(),
                number,
                links: Arc::clone(&self.links),
                silent: Arc::clone(&self.silent),
                counted: Traffic::default(),
            }) as Box<dyn Connection>)
        })
    }
}

#[derive(Debug)]
struct Link {
    state: State,
    fault: Option<Fault>,
    number: usize,
    links: Arc<Mutex<Vec<Traffic>>>,
    silent: Arc<Mutex<Vec<Pipe>>>,
    counted: Traffic,
    peer: Option<SocketAddr>,
}

#[derive(Debug)]
enum State {
    Whole(Pipe),
    Stalled(Pipe, Direction),
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
    fn passage(&mut self, direction: Direction) -> Result<(&mut Pipe, usize, bool), Blocked> {
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
        if let State::Stalled(pipe, Direction::Up) =
            std::mem::replace(&mut self.state, State::Closed)
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
        let (bytes, garbage) = match self.passage(Direction::Down) {
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
        self.count(Direction::Down, bytes.len());
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
        let written = match self.passage(Direction::Up) {
            Ok((pipe, allowed, garbage)) => {
                let flip = if garbage { 0xa5 } else { 0 };
                let part: Vec<_> = bytes.iter().take(allowed).map(|byte| byte ^ flip).collect();
                ready!(Pin::new(pipe).poll_write(cx, &part))?
            }
            // What a network takes and does not deliver.
            Err(Blocked::Silent | Blocked::Closed) => return Poll::Ready(Ok(bytes.len())),
            Err(Blocked::Reset) => return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        };
        self.count(Direction::Up, written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.state {
            State::Whole(pipe) => Pin::new(pipe).poll_flush(cx),
            _ => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.passage(Direction::Up) {
            Ok((pipe, ..)) => Pin::new(pipe).poll_shutdown(cx),
            Err(_) => Poll::Ready(Ok(())),
        }
    }
}

//! Links that are slow, each at its own pace, and cut what they carry as they like.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};
use tokio_ftp::{Connection, Connector, Dialing, Endpoint};

use super::{chance::Chance, fault::FaultyNetwork};

/// What one read or write takes at the most, in milliseconds; now and then it is [`LONG`].
const SHORT: usize = 20;

const LONG: usize = 2_000;

/// How many bytes one read or write carries at the most.
const PIECE: usize = 200;

/// A network in which nothing arrives at once, nor in one piece.
#[derive(Debug)]
pub(crate) struct Weather {
    network: FaultyNetwork,
    chance: Arc<Mutex<Chance>>,
}

impl Weather {
    pub(crate) fn new(network: FaultyNetwork, chance: Chance) -> Self {
        Self {
            network,
            chance: Arc::new(Mutex::new(chance)),
        }
    }
}

impl Connector for Weather {
    fn connect<'a>(&'a self, endpoint: &'a Endpoint) -> Dialing<'a> {
        Box::pin(async move {
            let [down, up] = [(); 2].map(|()| self.chance.lock().unwrap().split());
            let mut slow = Slow {
                link: self.network.connect(endpoint).await?,
                down: Pace::new(down),
                up: Pace::new(up),
            };
            // The way there takes its time, too.
            std::future::poll_fn(|cx| slow.down.poll(cx)).await;
            Ok(Box::new(slow) as Box<dyn Connection>)
        })
    }
}

#[derive(Debug)]
struct Slow {
    link: Box<dyn Connection>,
    down: Pace,
    up: Pace,
}

/// How fast one direction is at the moment.
#[derive(Debug)]
struct Pace {
    chance: Chance,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    fn new(chance: Chance) -> Self {
        Self {
            chance,
            sleep: None,
        }
    }

    /// Waits a while, and says how many bytes may then pass.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        let chance = &mut self.chance;
        let sleep = self.sleep.get_or_insert_with(|| {
            let longest = if chance.one_in(50) { LONG } else { SHORT };
            Box::pin(sleep(chance.up_to_ms(longest)))
        });
        ready!(sleep.as_mut().poll(cx));
        self.sleep = None;
        Poll::Ready(1 + self.chance.below(PIECE))
    }
}

impl Connection for Slow {
    fn reset(&mut self) {
        self.link.reset();
    }

    fn peer_addr(&self) -> Option<SocketAddr> {
        self.link.peer_addr()
    }
}

impl AsyncRead for Slow {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let piece = ready!(self.down.poll(cx)).min(buf.remaining());
        let mut part = [0; PIECE];
        let mut part = ReadBuf::new(&mut part[..piece]);
        ready!(Pin::new(&mut self.link).poll_read(cx, &mut part))?;
        buf.put_slice(part.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Slow {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let piece = ready!(self.up.poll(cx)).min(bytes.len());
        Pin::new(&mut self.link).poll_write(cx, &bytes[..piece])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.link).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.link).poll_shutdown(cx)
    }
}

//! One session with a server, and the links between.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::{AbortHandle, yield_now},
    time::advance,
};
use tokio_ftp::{ConnectOptions, DataMode, FtpStream, Result, TlsMode};

use super::{
    fault::{Fault, Faults, FaultyNetwork},
    server::{Disk, Manner, Server},
};
use crate::support::{certs::certificate, network::Network};

/// How long the world keeps still before time goes on, in turns of the runtime, and how far it goes.
const TURNS: usize = 8;
const TICK: Duration = Duration::from_millis(250);

/// Lets time that is paused go on by [`TICK`]s, where there are sockets: left alone, the runtime
/// would go on to the next deadline while bytes are on their way through the kernel. All that
/// happens is in this one thread, so that turns without anything to do mean that there is nothing
/// to come, however busy the machine is.
struct Clock(AbortHandle);

impl Clock {
    fn start(faults: &Faults) -> Self {
        let faults = faults.clone();
        let ticking = async move {
            loop {
                let before = faults.total();
                for _ in 0..TURNS {
                    yield_now().await;
                }
                // What the kernel has put off, it does now.
                std::thread::yield_now();
                yield_now().await;
                if faults.total() == before {
                    advance(TICK).await;
                }
            }
        };
        Self(tokio::spawn(ticking).abort_handle())
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Who opens data connections, and over what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Data {
    Passive,
    Active,
    ActiveOverIpv6,
}

/// How a session is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) data: Data,
    pub(crate) mode: TlsMode,
    /// With a port that was asked for ahead.
    pub(crate) pipelining: bool,
}

/// How a point is reached, and how much is there.
enum Place {
    Memory(FaultyNetwork),
    Tcp(
        SocketAddr,
        #[expect(dead_code, reason = "ticks while it lives")] Clock,
    ),
}

/// A server that nobody has spoken to, and what fails on the way to it.
pub(crate) struct Point {
    place: Place,
    pub(crate) faults: Faults,
    pub(crate) disk: Disk,
    _server: Server,
}

impl Point {
    pub(crate) async fn new(setting: Setting, fault: Option<Fault>, disk: Disk) -> Self {
        let faults = Faults::new(fault.into_iter().collect());
        let host = match setting.data {
            Data::Passive => None,
            Data::Active => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            Data::ActiveOverIpv6 => Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        };
        let (place, server) = match host {
            Some(host) => {
                let started = Server::start_over_tcp(host, disk.clone(), faults.clone());
                let (server, address) = started.await;
                (Place::Tcp(address, Clock::start(&faults)), server)
            }
            None => {
                let network = Network::default();
                let manner = match setting.pipelining {
                    true => Manner::Orderly,
                    false => Manner::Hasty,
                };
                let server = Server::start(network.clone(), disk.clone(), manner);
                let network = FaultyNetwork::new(network, faults.clone());
                (Place::Memory(network), server)
            }
        };
        Self {
            place,
            faults,
            disk,
            _server: server,
        }
    }

    pub(crate) async fn connect(&self, setting: Setting) -> Result<FtpStream> {
        let options = options(setting);
        match &self.place {
            Place::Memory(network) => {
                let options = options.connector(Arc::new(network.clone()));
                let mut ftp = options.connect("localhost").await?;
                if setting.pipelining {
                    // The first shows that this server keeps the order, the second asks ahead.
                    for _ in 0..2 {
                        ftp.read("old").await?;
                    }
                }
                Ok(ftp)
            }
            Place::Tcp(address, _) => options.connect(*address).await,
        }
    }
}

fn options(setting: Setting) -> ConnectOptions {
    let mode = match setting.data {
        Data::Passive => DataMode::Passive,
        Data::Active | Data::ActiveOverIpv6 => DataMode::Active,
    };
    certificate()
        .trusted_by(ConnectOptions::new())
        .tls(setting.mode)
        .data_mode(mode)
        .pipelining(setting.pipelining)
        .credentials("joe", "pw")
        .connect_timeout(Duration::from_secs(20))
        .reply_timeout(Duration::from_secs(5))
        .idle_timeout(Duration::from_secs(5))
        .data_timeout(Duration::from_secs(3))
        .final_timeout(Duration::from_secs(8))
        .settle_timeout(Duration::from_secs(3))
}

//! Ports that nobody uses.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    ops::RangeInclusive,
    process,
    sync::atomic::{AtomicU16, Ordering},
};

/// Ports of one server: enough for a thousand transfers in TIME_WAIT, on servers that do not set
/// `SO_REUSEADDR`.
const BLOCK: u16 = 1000;

/// The blocks lie below the ports that the kernel gives to outgoing connections, which would
/// otherwise take one now and then.
const FIRST: u16 = 10_000;
const BLOCKS: u16 = 22;

/// The ports of one server, nobody else's for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Ports {
    first: u16,
    // Whoever listens on the first port has the block: only one can, in whatever process.
    _reservation: TcpListener,
}

impl Ports {
    /// A block that nobody has.
    pub(crate) fn reserve() -> io::Result<Self> {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // Test processes that run at the same time start at different blocks.
        let start = u16::try_from(process::id() % u32::from(BLOCKS)).unwrap_or(0);
        for _ in 0..BLOCKS {
            let block = (start + NEXT.fetch_add(1, Ordering::Relaxed) % BLOCKS) % BLOCKS;
            let first = FIRST + block * BLOCK;
            if let Ok(reservation) = TcpListener::bind((Ipv4Addr::LOCALHOST, first)) {
                return Ok(Self {
                    first,
                    _reservation: reservation,
                });
            }
        }
        Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            format!("servers run on all {BLOCKS} blocks of ports"),
        ))
    }

    pub(crate) fn control(&self) -> u16 {
        self.first + 1
    }

    /// Whatever the server may listen on: the control port and the passive ones.
    pub(crate) fn all(&self) -> RangeInclusive<u16> {
        self.control()..=*self.passive().end()
    }

    pub(crate) fn passive(&self) -> RangeInclusive<u16> {
        self.first + 2..=self.first + (BLOCK - 1)
    }
}

/// Whether a server could bind `address` at this moment.
pub(crate) fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

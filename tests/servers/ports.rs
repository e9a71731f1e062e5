//! Ports that nobody uses.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpListener},
    ops::RangeInclusive,
    process,
    sync::atomic::{AtomicU32, Ordering},
};

/// Ports of one server's passive range: enough for a thousand transfers in
/// TIME_WAIT, on servers that do not set `SO_REUSEADDR`.
const BLOCK: u16 = 1000;

/// The passive ranges lie below the ports that the kernel gives to outgoing
/// connections, which would otherwise take one now and then.
const FIRST: u16 = 10_000;
const BLOCKS: u32 = 22;

/// A loopback port that is free now. Another process may take it before the
/// server does, so a caller tries again when the server cannot bind.
pub(crate) fn control(ip: IpAddr) -> io::Result<u16> {
    Ok(TcpListener::bind((ip, 0))?.local_addr()?.port())
}

/// Whether a server could bind `address` at this moment.
pub(crate) fn is_free(address: SocketAddr) -> bool {
    TcpListener::bind(address).is_ok()
}

/// A passive range that no other server of this process uses, as long as
/// there are fewer than 22; servers that share one pass over taken ports.
pub(crate) fn passive() -> RangeInclusive<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Test processes that run at the same time start at different blocks.
    let block = process::id().wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % BLOCKS;
    let first = FIRST + u16::try_from(block).unwrap_or(0) * BLOCK;
    first..=first + (BLOCK - 1)
}

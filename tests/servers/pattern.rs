//! Files too large to be held in memory: made as they go up, compared as they come down.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::cell::content;

/// A prime, so that no buffer's size hides a block that is missing, doubled or out of its place.
const PERIOD: usize = 1_000_003;

/// The content at each offset.
struct Pattern {
    period: Vec<u8>,
    offset: u64,
}

impl Pattern {
    fn new() -> Self {
        Self {
            period: content(PERIOD, 11),
            offset: 0,
        }
    }

    /// What comes next, `wanted` bytes or fewer.
    fn next(&mut self, wanted: usize) -> &[u8] {
        let start = usize::try_from(self.offset % PERIOD as u64).expect("less than the period");
        let end = PERIOD.min(start + wanted);
        self.offset += (end - start) as u64;
        &self.period[start..end]
    }
}

/// Reads as a file of a given length.
pub(crate) struct Source {
    pattern: Pattern,
    length: u64,
}

impl Source {
    pub(crate) fn new(length: u64) -> Self {
        Self {
            pattern: Pattern::new(),
            length,
        }
    }
}

impl AsyncRead for Source {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let left = this.length - this.pattern.offset;
        let wanted = usize::try_from(left).unwrap_or(usize::MAX);
        buffer.put_slice(this.pattern.next(wanted.min(buffer.remaining())));
        Poll::Ready(Ok(()))
    }
}

/// Takes a file of that content, and nothing else.
pub(crate) struct Comparison(Pattern);

impl Comparison {
    pub(crate) fn new() -> Self {
        Self(Pattern::new())
    }

    /// How much was right.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.offset
    }
}

impl AsyncWrite for Comparison {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let pattern = &mut self.get_mut().0;
        let offset = pattern.offset;
        let mut rest = bytes;
        while !rest.is_empty() {
            let expected = pattern.next(rest.len());
            if rest[..expected.len()] != *expected {
                let what = format!("other bytes than were sent, at {offset} or soon after");
                return Poll::Ready(Err(io::Error::other(what)));
            }
            rest = &rest[expected.len()..];
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

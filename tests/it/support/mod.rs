//! Servers to test against, and the network between.

pub(crate) mod certs;
pub(crate) mod listings;
pub(crate) mod network;
pub(crate) mod script;
pub(crate) mod unftp;

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio_ftp::Error;

/// Polls a future a number of times at the most, each time after it was woken. `None` means that
/// it was not complete by then.
pub(crate) struct Polled<F> {
    future: Pin<Box<F>>,
    left: usize,
    late: bool,
}

impl<F: Future> Polled<F> {
    /// Gives up right after the last poll: what was asked for is still on its way.
    pub(crate) fn new(future: F, times: usize) -> Self {
        Self {
            future: Box::pin(future),
            left: times,
            late: false,
        }
    }

    /// Gives up when the future is woken once more: what was asked for has come, unseen.
    pub(crate) fn late(future: F, times: usize) -> Self {
        Self {
            late: true,
            ..Self::new(future, times)
        }
    }
}

impl<F: Future> Future for Polled<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        match self.future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.left == 0 && !self.late => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

/// Waits until nobody has anything left to do. Where time is paused, the clock moves only then.
pub(crate) async fn quiet() {
    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
}

/// The code of the reply that an error carries, or 0.
pub(crate) fn code(error: &Error) -> u16 {
    error.code().map_or(0, u16::from)
}

/// Bytes that no part of which looks like another.
pub(crate) fn pattern(length: usize) -> Vec<u8> {
    (0..length as u64)
        .map(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8)
        .collect()
}

//! A deadline for code that is polled.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

use crate::net::deadline_after;

/// How late a task that waits is woken at the most.
const SLACK: Duration = Duration::from_secs(1);

/// Measures how long one poll after the other found nothing. It does not run while nobody polls
/// between two finds, so a slow consumer is never taken for a slow peer.
///
/// Nobody says when a future that was pending is dropped. A task that waits is woken when the time
/// is up; one that comes much later was not waiting all the time, and gets the time once more.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    running: bool,
    extended: bool,
}

impl Timer {
    /// Starts when it is not running, and says whether `limit` has passed since then.
    pub(crate) fn poll_expired(&mut self, limit: Duration, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(limit)));
        if !self.running {
            self.running = true;
            self.extended = false;
            reset(sleep, limit);
        }
        ready!(sleep.as_mut().poll(cx));
        if !self.extended && sleep.deadline().elapsed() > SLACK {
            self.extended = true;
            reset(sleep, limit);
            ready!(sleep.as_mut().poll(cx));
        }
        self.running = false;
        Poll::Ready(())
    }

    /// Something came, or somebody else waits: the next wait starts anew.
    pub(crate) fn stop(&mut self) {
        self.running = false;
    }
}

fn reset(sleep: &mut Pin<Box<Sleep>>, limit: Duration) {
    sleep.as_mut().reset(deadline_after(limit));
}

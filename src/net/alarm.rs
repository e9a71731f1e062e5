//! Deadlines that cost nothing while nothing is late.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// Wakes whoever waits when a deadline has come.
///
/// A timer for each wait would be set and taken back with each command, and wakes the runtime's
/// driver every time that it is the next to go off. This one stays set for the earliest deadline
/// that it was asked for; most often that is past by then, and it is set for the current one.
#[derive(Debug, Default)]
pub(crate) struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Alarm {
    /// `Ready` from `deadline` on.
    pub(crate) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= deadline {
            return Poll::Ready(());
        }
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        }
        ready!(sleep.as_mut().poll(cx));
        if sleep.deadline() < deadline {
            sleep.as_mut().reset(deadline);
            ready!(sleep.as_mut().poll(cx));
        }
        Poll::Ready(())
    }
}

/// When `limit` will have passed.
pub(crate) fn deadline_after(limit: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(31_536_000);
    let now = Instant::now();
    // What is farther away than the clock goes is a year away.
    now.checked_add(limit).unwrap_or_else(|| now + YEAR)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_deadline_is_kept() {
        let mut alarm = Alarm::default();
        let started = Instant::now();
        // Later, earlier, later again, and with others in between that nobody waits for.
        for seconds in [10, 1, 60, 3, 15] {
            let deadline = deadline_after(Duration::from_secs(seconds));
            for other in [300, 5, 300] {
                let other = deadline_after(Duration::from_secs(seconds + other));
                poll_fn(|cx| Poll::Ready(alarm.poll(other, cx).is_ready())).await;
            }
            let before = Instant::now();
            poll_fn(|cx| alarm.poll(deadline, cx)).await;
            assert_eq!(before.elapsed(), Duration::from_secs(seconds));
        }
        assert_eq!(started.elapsed(), Duration::from_secs(89));
        // Both of two that one task waits for.
        let (first, second) = (Duration::from_secs(2), Duration::from_secs(4));
        let (first, second) = (deadline_after(first), deadline_after(second));
        for deadline in [first, second] {
            poll_fn(|cx| {
                let _ = alarm.poll(second, cx);
                alarm.poll(deadline, cx)
            })
            .await;
            assert!(Instant::now() - deadline < Duration::from_millis(2));
        }
        assert!(poll_fn(|cx| Poll::Ready(alarm.poll(first, cx).is_ready())).await);
    }

    #[tokio::test(start_paused = true)]
    async fn limit_without_end_is_a_deadline() {
        let month = Duration::from_secs(30 * 24 * 3600);
        assert!(deadline_after(Duration::MAX) > Instant::now() + month);
    }
}

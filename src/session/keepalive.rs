//! Signs of life on the control connection while a transfer takes its time.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::FtpStream;
use crate::{error::Result, protocol::Command};

/// How many may be unanswered at a time. Servers that answer only behind the transfer hold them in
/// the buffer of their socket until then; this many are some 30 kB of it under TLS, and at one a
/// minute last for sixteen hours.
const MOST_OWED: usize = 1_000;

/// When the next one is due, in the running transfer.
#[derive(Debug, Default)]
pub(crate) struct Keepalive {
    interval: Option<Interval>,
    /// The server has refused one inside a transfer.
    was_refused: bool,
}

impl Keepalive {
    /// A transfer begins.
    pub(crate) fn restart(&mut self) {
        self.interval = None;
    }

    fn is_due(&mut self, every: Duration, cx: &mut Context<'_>) -> bool {
        let interval = self.interval.get_or_insert_with(|| {
            let mut interval = interval_at(Instant::now() + every, every);
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        });
        let mut is_due = false;
        // The tick after has to wake this task.
        while interval.poll_tick(cx).is_ready() {
            is_due = true;
        }
        is_due
    }
}

impl FtpStream {
    /// Takes in what has arrived for the running transfer, and says `NOOP` where that is asked for
    /// and due. `Ready(Ok)` once the transfer's last reply is there.
    pub(crate) fn poll_transfer(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        if let Some(every) = self.options.noop_interval
            && !self.control.transfer_is_over()
            && self.keepalive.is_due(every, cx)
            && self.control.noops_owed() < self.most_owed()
        {
            self.control.send(&Command::Noop)?;
        }
        self.control.poll_transfer(cx)
    }

    /// Pure-FTPd refuses commands inside a transfer, all that it finds in its socket with one 500:
    /// of two that are owed it would answer one.
    fn most_owed(&mut self) -> usize {
        let last = self.control.last_reply();
        self.keepalive.was_refused |= last.is_some_and(|reply| reply.code().is_unknown_command());
        if self.keepalive.was_refused || self.welcome.mentions("Pure-FTPd") {
            1
        } else {
            MOST_OWED
        }
    }
}

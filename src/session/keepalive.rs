//! Signs of life on the control connection while a transfer takes its time.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::FtpStream;
use crate::{error::Result, protocol::Command};

/// When the next one is due, in the running transfer.
#[derive(Debug, Default)]
pub(crate) struct Keepalive {
    interval: Option<Interval>,
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
            // A server that answers only behind the transfer is not asked twice.
            && self.control.noops_owed() == 0
        {
            self.control.send(&Command::Noop)?;
        }
        self.control.poll_transfer(cx)
    }
}

//! The TLS tickets that data connections resume with, and what uploads do to them.

use std::{future::poll_fn, task::Poll};

use super::FtpStream;
use crate::net::deadline_after;

impl FtpStream {
    /// Whether the next data connection cannot resume the TLS session, where that may matter.
    pub(crate) fn is_out_of_tickets(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| {
            let tickets = tls.tickets();
            tickets.server_gives_tickets() && tickets.count() == 0 && !self.full_handshakes_pass
        })
    }

    /// Waits for the ticket that comes with an upload, when that has used the last one up.
    ///
    /// An upload that is dropped takes its ticket along if that is still on the way, and a server
    /// that demands resumption then ends the session.
    pub(crate) async fn await_ticket(&mut self) {
        if !self.is_out_of_tickets() || self.uploads_bring_no_tickets {
            return;
        }
        let deadline = deadline_after(self.grace());
        let Self {
            data, control, tls, ..
        } = self;
        let (Some(data), Some(tls)) = (data, tls) else {
            return;
        };
        let in_vain = poll_fn(|cx| {
            // Whatever else comes is told to whoever writes.
            if data.poll_drain(cx).is_ready()
                || tls.tickets().count() > 0
                || control.poll_transfer(cx).is_ready()
            {
                return Poll::Ready(false);
            }
            control.poll_deadline(deadline, cx).map(|()| true)
        });
        // Then nobody waits for it again.
        self.uploads_bring_no_tickets = in_vain.await;
    }
}

//! Keeping TLS tickets at hand.

use std::{future::poll_fn, task::Poll};

use tokio::time::timeout;
use tracing::debug;

use super::data::{Direction, Plan};
use crate::{
    error::{Error, Result},
    protocol::{Command, ReplyCode},
    session::FtpStream,
};

impl FtpStream {
    /// Sees to it that a data connection can resume the session of the control connection.
    ///
    /// A server that demands it refuses a data connection only after it has cut the target of an
    /// upload to nothing. A listing does no harm: its refusal is expected, and brings tickets.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for an upload that would start without a ticket all the same.
    pub(super) async fn refill_tickets(&mut self, direction: Direction) -> Result<()> {
        for listing in [Command::List(None), Command::Nlst(None)] {
            if !self.is_out_of_tickets() {
                return Ok(());
            }
            debug!("out of TLS tickets: listing to get new ones");
            self.list_for_tickets(listing).await?;
        }
        if direction == Direction::Up && self.is_out_of_tickets() {
            return Err(Error::Unsupported(
                "an upload without a TLS ticket: the server may empty the file and then refuse it",
            ));
        }
        Ok(())
    }

    async fn list_for_tickets(&mut self, command: Command) -> Result<()> {
        let plan = Plan {
            command,
            representation: None,
            offset: 0,
            direction: Direction::Down,
            inside: true,
        };
        match self.try_start(&plan).await {
            Ok(_) => {}
            Err(Error::Temporary(_) | Error::Permanent(_)) if !self.is_broken() => return Ok(()),
            Err(error) => return Err(error),
        }
        // The tickets come with the data, so it is read to its end; what it says is of no matter.
        let limit = self.options.data_timeout;
        let Self { data, control, .. } = self;
        if let Some(data) = data {
            let drained = poll_fn(|cx| {
                if let Poll::Ready(Err(error)) = control.poll_transfer(cx) {
                    return Poll::Ready(Err(error));
                }
                data.poll_drain(cx).map(|_| Ok(()))
            });
            match timeout(limit, drained).await {
                Ok(Err(error)) => return Err(error),
                // Whatever is left is settled as any download that nobody reads.
                Err(_) => return self.settle_replies().await,
                Ok(Ok(())) => {}
            }
        }
        if let Some(data) = self.data.take() {
            data.close();
        }
        self.settle_replies().await?;
        // Whoever lets a listing pass without a ticket lets an upload pass too.
        let transfer = self.control.transfer();
        let closing = transfer.and_then(|transfer| transfer.closing.as_ref());
        let passed = closing.is_some_and(|reply| reply.code().is_completion());
        self.full_handshakes_pass = passed && self.last_data_was_full_handshake;
        Ok(())
    }

    /// A refusal for want of a resumed TLS session, by a server that has given tickets with it, or
    /// for a port that was named ahead and is no more.
    pub(super) fn is_worth_a_second_try(&self, error: &Error) -> bool {
        let refused = error.code() == Some(ReplyCode::CANNOT_OPEN_DATA_CONNECTION);
        let tickets = self
            .tls
            .as_ref()
            .is_some_and(|tls| tls.tickets().count() > 0);
        let port_was_gone = self.port_was_ahead && !self.control.transfer_had_begun();
        refused && (port_was_gone || (tickets && self.last_data_was_full_handshake))
    }
}

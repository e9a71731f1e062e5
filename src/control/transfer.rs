//! Transfers, as the control connection sees them.

use std::task::{Context, Poll, ready};

use super::{Control, ledger::Ticket, pipeline};
use crate::{
    error::Result,
    protocol::{Command, Reply},
};

/// The replies of the current or last transfer.
#[derive(Debug)]
pub(crate) struct TransferReplies {
    pub(super) ticket: Ticket,
    pub(crate) opening: Option<Reply>,
    pub(crate) closing: Option<Reply>,
    /// Whether bytes have come or gone over the data connection.
    pub(super) had_data: bool,
}

impl TransferReplies {
    /// Of the transfer that `ticket` stands for, which has none yet.
    pub(super) fn to(ticket: Ticket) -> Self {
        Self {
            ticket,
            opening: None,
            closing: None,
            had_data: false,
        }
    }

    /// Whether the server has said that the transfer is complete.
    pub(crate) fn is_completed(&self) -> bool {
        let closing = self.closing.as_ref();
        closing.is_some_and(|reply| reply.code().is_completion())
    }
}

impl Control {
    /// As [`send`](Self::send) for a transfer command, with a follower in the same write: `port`,
    /// for the next transfer, where the server leaves that alone until this one is over, or else
    /// a `NOOP` to find out.
    pub(crate) fn send_ahead(&mut self, command: &Command, port: Command) -> Result<Ticket> {
        // While the transfer before this one is known.
        self.keeps_order();
        let ticket = self.send(command)?;
        let written = self
            .framed
            .as_ref()
            .map_or(0, |framed| framed.write_buffer().len());
        if let Some(follower) = self.pipeline.follower(port)
            && written + b"EPSV\r\n".len() <= pipeline::WRITE
        {
            let behind = self.send(&follower)?;
            self.pipeline.follows(&follower, behind);
        }
        Ok(ticket)
    }

    /// Whether the server leaves a command that comes behind a transfer alone until that is over.
    pub(crate) fn keeps_order(&mut self) -> bool {
        self.pipeline.keeps_order(self.transfer.as_ref())
    }

    /// The reply to an earlier `EPSV` or `PASV` whose port no transfer has used yet.
    pub(crate) fn take_port(&mut self) -> Option<Reply> {
        self.pipeline.take_port()
    }

    /// Notes that bytes have come or gone over the current transfer's data connection.
    pub(crate) fn note_data(&mut self) {
        if let Some(transfer) = &mut self.transfer {
            transfer.had_data = true;
        }
    }

    /// Takes in what has arrived for the running transfer. `Ready(Ok)` once its last reply is
    /// there; [`transfer`](Self::transfer) has the replies in any case.
    pub(crate) fn poll_transfer(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while !self.transfer_is_over() {
            ready!(self.poll_arrival(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Takes in what has arrived until the running transfer has begun or is over.
    pub(crate) fn poll_transfer_begun(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while self
            .transfer
            .as_ref()
            .is_some_and(|transfer| transfer.opening.is_none() && transfer.closing.is_none())
        {
            ready!(self.poll_arrival(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// The replies of the current or last transfer.
    pub(crate) fn transfer(&self) -> Option<&TransferReplies> {
        self.transfer.as_ref()
    }

    /// Whether `ticket` stands for the current or last transfer.
    pub(crate) fn is_at(&self, ticket: Ticket) -> bool {
        self.transfer
            .as_ref()
            .is_some_and(|transfer| transfer.ticket == ticket)
    }

    /// Whether the server has agreed to the current or last transfer.
    pub(crate) fn transfer_had_begun(&self) -> bool {
        let transfer = self.transfer.as_ref();
        transfer.is_some_and(|transfer| transfer.opening.is_some())
    }

    /// Whether nothing more is to come for the current transfer.
    pub(crate) fn transfer_is_over(&self) -> bool {
        self.transfer
            .as_ref()
            .is_none_or(|transfer| !self.ledger.owes(transfer.ticket))
    }

    /// Whether the server has refused the current transfer, or ended it for an error.
    pub(crate) fn transfer_failed(&self) -> bool {
        self.transfer
            .as_ref()
            .and_then(|transfer| transfer.closing.as_ref())
            .is_some_and(|reply| reply.code().is_failure())
    }

    pub(super) fn note_transfer(
        &mut self,
        ticket: Ticket,
        note: impl FnOnce(&mut TransferReplies),
    ) {
        if let Some(transfer) = self
            .transfer
            .as_mut()
            .filter(|transfer| transfer.ticket == ticket)
        {
            note(transfer);
        }
    }
}

//! One control connection: commands out, and each reply to the command that it answers.

mod codec;
mod ledger;
mod pipeline;
mod state;
mod transfer;
mod upgrade;

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use futures::{Sink, Stream as _};
use tokio::{
    io::AsyncWrite,
    time::{Instant, timeout},
};
use tokio_util::codec::Framed;
use tracing::{debug, warn};

pub(crate) use self::ledger::Ticket;
use self::{
    codec::{BUFFER, Codec},
    ledger::{Ledger, Route},
    pipeline::Pipeline,
    state::ServerState,
    transfer::TransferReplies,
};
use crate::{
    error::{Error, Phase, ProtocolError, Result},
    net::{Alarm, Stream, deadline_after, tls::TlsFacts},
    protocol::{Command, Reply, ReplyCode, ReplyLimits},
};

/// The control connection of a session.
#[derive(Debug)]
pub(crate) struct Control {
    /// `None` only while TLS is put under it: whoever cancels that has no connection left.
    framed: Option<Framed<Stream, Codec>>,
    limits: ReplyLimits,
    reply_timeout: Duration,
    ledger: Ledger,
    server: ServerState,
    transfer: Option<TransferReplies>,
    pipeline: Pipeline,
    broken: Option<Error>,
    last_reply: Option<Reply>,
    peer: Option<SocketAddr>,
    local: Option<SocketAddr>,
    tls: Option<TlsFacts>,
    round_trip: Option<Duration>,
    alarm: Alarm,
}

/// A reply that has found what it answers.
struct Arrival {
    ticket: Ticket,
    /// Nothing for a preliminary reply.
    answer: Option<Reply>,
}

impl Control {
    /// Takes a connection on which the greeting is still to come.
    pub(crate) fn new(
        stream: Stream,
        limits: ReplyLimits,
        reply_timeout: Duration,
    ) -> (Self, Ticket) {
        let (ledger, greeting) = Ledger::awaiting_greeting();
        let (plain, tls) = match &stream {
            Stream::Plain(plain) => (plain, None),
            Stream::Tls(tls) => (tls.get_ref().0, Some(TlsFacts::of(tls))),
        };
        let (peer, local) = (plain.peer_addr(), plain.local_addr());
        let control = Self {
            framed: Some(Framed::with_capacity(stream, Codec::new(limits), BUFFER)),
            limits,
            reply_timeout,
            ledger,
            server: ServerState::default(),
            transfer: None,
            pipeline: Pipeline::default(),
            broken: None,
            last_reply: None,
            peer,
            local,
            tls,
            round_trip: None,
            alarm: Alarm::default(),
        };
        (control, greeting)
    }

    /// Sends `command` and waits for its last reply.
    ///
    /// Whatever the reply says is `Ok`; an `Err` is a connection that failed, a peer that broke
    /// the protocol, or time that ran out.
    pub(crate) async fn exchange(&mut self, command: &Command) -> Result<Reply> {
        let started = Instant::now();
        let ticket = self.send(command)?;
        let reply = self.reply_to(ticket).await?;
        let elapsed = started.elapsed();
        self.round_trip = Some(self.round_trip.map_or(elapsed, |least| least.min(elapsed)));
        Ok(reply)
    }

    /// Enters `command` on the ledger and puts it into the write buffer; nothing is waited for.
    pub(crate) fn send(&mut self, command: &Command) -> Result<Ticket> {
        self.usable()?;
        let Some(framed) = &mut self.framed else {
            return Err(self.cancelled());
        };
        debug!(target: "tokio_ftp::control", %command, "sent");
        Pin::new(framed).start_send(command)?;
        let (ticket, effect) = self.ledger.enter(command, self.server.restart_dirty());
        self.server.sent(effect);
        self.pipeline.sent(command);
        if command.is_transfer() {
            self.transfer = Some(TransferReplies::to(ticket));
        }
        Ok(ticket)
    }

    /// Asks the server to look at what comes next before all else (RFC 854: interrupt process,
    /// and a data mark as urgent data). It is advice: where it cannot be given, it is not.
    pub(crate) fn interrupt(&mut self) {
        const INTERRUPT_AND_MARK: [u8; 4] = [255, 244, 255, 242];
        // Not into the middle of a command that is half sent.
        if let Some(framed) = self.framed.as_ref().filter(|f| f.write_buffer().is_empty()) {
            let _ = framed.get_ref().send_urgent(&INTERRUPT_AND_MARK);
        }
    }

    /// Waits for the last reply that `ticket` stands for.
    pub(crate) async fn reply_to(&mut self, ticket: Ticket) -> Result<Reply> {
        let deadline = deadline_after(self.reply_timeout);
        poll_fn(|cx| match self.poll_reply_to(ticket, cx) {
            Poll::Pending => {
                ready!(self.alarm.poll(deadline, cx));
                Poll::Ready(Err(Error::Timeout(Phase::Reply)))
            }
            answered => answered,
        })
        .await
    }

    /// `Ready` from `deadline` on.
    pub(crate) fn poll_deadline(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        self.alarm.poll(deadline, cx)
    }

    fn poll_reply_to(&mut self, ticket: Ticket, cx: &mut Context<'_>) -> Poll<Result<Reply>> {
        loop {
            let arrival = ready!(self.poll_arrival(cx))?;
            if let (true, Some(reply)) = (arrival.ticket == ticket, arrival.answer) {
                return Poll::Ready(Ok(reply));
            }
        }
    }

    /// Whether `ABOR` was sent and is not answered.
    pub(crate) fn owes_abort(&self) -> bool {
        self.ledger.owes_abort()
    }

    /// How many `NOOP`s were sent and are not answered.
    pub(crate) fn noops_owed(&self) -> usize {
        self.ledger.noops_owed()
    }

    /// Sends what is in the write buffer.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        self.usable()?;
        let Some(framed) = &mut self.framed else {
            return Poll::Ready(Err(self.cancelled()));
        };
        let flushed = ready!(Pin::new(framed).poll_flush(cx));
        Poll::Ready(flushed.map_err(|error| self.break_with(error)))
    }

    /// Takes in whatever has arrived, without waiting.
    pub(crate) async fn take_in(&mut self) -> Result<()> {
        poll_fn(|cx| {
            loop {
                match self.poll_arrival(cx) {
                    Poll::Ready(Ok(_)) => {}
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => return Poll::Ready(Ok(())),
                }
            }
        })
        .await
    }

    /// Waits, for at most `limit`, until no reply is owed; a session that cannot get there is
    /// broken.
    pub(crate) async fn settle(&mut self, limit: Duration) -> Result<()> {
        self.usable()?;
        if self.ledger.owes_critical() {
            let error = self.cancelled();
            return Err(self.break_with(error).broken());
        }
        self.take_in().await.map_err(|error| error.broken())?;
        if self.ledger.is_empty() {
            return Ok(());
        }
        let deadline = deadline_after(limit);
        let settled = poll_fn(|cx| match self.poll_settled(cx) {
            Poll::Pending => {
                ready!(self.alarm.poll(deadline, cx));
                Poll::Ready(Err(self.break_with(Error::Timeout(Phase::Settle))))
            }
            settled => settled,
        });
        settled.await.map_err(|error| error.broken())
    }

    /// Takes in what arrives until no reply is owed.
    pub(crate) fn poll_settled(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while !self.ledger.is_empty() {
            ready!(self.poll_arrival(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Says the last of this side, and closes.
    pub(crate) async fn close(&mut self) {
        if let Some(mut framed) = self.framed.take() {
            let closed = poll_fn(|cx| Pin::new(framed.get_mut()).poll_shutdown(cx));
            // The session is over; a peer that is gone already has it its way.
            let _ = timeout(self.reply_timeout, closed).await;
        }
    }

    /// The next reply, with what it answers taken off the ledger and its effects applied.
    fn poll_arrival(&mut self, cx: &mut Context<'_>) -> Poll<Result<Arrival>> {
        loop {
            self.usable()?;
            let Some(framed) = &mut self.framed else {
                return Poll::Ready(Err(self.cancelled()));
            };
            let mut framed = Pin::new(framed);
            let unsent = match framed.as_mut().poll_flush(cx) {
                Poll::Ready(Err(error)) => Some(error),
                _ => None,
            };
            let reply = match (framed.poll_next(cx), unsent) {
                (Poll::Ready(Some(Ok(reply))), _) => reply,
                // What the server said before it went away tells more than a broken pipe.
                (_, Some(error)) | (Poll::Ready(Some(Err(error))), None) => {
                    return Poll::Ready(Err(self.break_with(error)));
                }
                (Poll::Ready(None), None) => {
                    let error = io::Error::new(
                        io::ErrorKind::UnexpectedEof,
                        "the server closed the control connection",
                    );
                    return Poll::Ready(Err(self.break_with(error.into())));
                }
                (Poll::Pending, None) => {
                    if !self.transfer_is_over() {
                        self.pipeline.waits();
                    }
                    return Poll::Pending;
                }
            };
            if let Some(arrival) = self.take(reply)? {
                return Poll::Ready(Ok(arrival));
            }
        }
    }

    /// Finds what `reply` answers; nothing when it answers nothing and does no harm.
    fn take(&mut self, reply: Reply) -> Result<Option<Arrival>> {
        if reply.code() == ReplyCode::SERVICE_UNAVAILABLE {
            debug!(target: "tokio_ftp::control", %reply, "received");
            return Err(self.break_with(Error::Temporary(reply)));
        }
        let arrival = match self.ledger.route(&reply) {
            Route::Preliminary(ticket, verb) => {
                let reply = reply.answering(&verb);
                debug!(target: "tokio_ftp::control", %verb, %reply, "received");
                self.last_reply = Some(reply.clone());
                self.note_transfer(ticket, |transfer| transfer.opening = Some(reply));
                Arrival {
                    ticket,
                    answer: None,
                }
            }
            Route::Final(owed) => {
                let reply = reply.answering(&owed.verb);
                debug!(target: "tokio_ftp::control", verb = %owed.verb, %reply, "received");
                self.server.answered(&owed, &reply);
                let over = self.transfer.as_ref().filter(|_| self.transfer_is_over());
                self.pipeline.answered(owed.ticket, &reply, over);
                self.last_reply = Some(reply.clone());
                self.note_transfer(owed.ticket, |transfer| {
                    transfer.closing = Some(reply.clone())
                });
                Arrival {
                    ticket: owed.ticket,
                    answer: Some(reply),
                }
            }
            Route::Ignored => {
                debug!(target: "tokio_ftp::control", %reply, "ignored");
                return Ok(None);
            }
            // To a command that opens no data connection a 1xx is no answer, and nobody knows
            // whether another one follows.
            Route::OutOfStep if reply.code().is_preliminary() => {
                return Err(self.break_with(Error::Unexpected(reply)));
            }
            Route::OutOfStep => {
                let is_goodbye = u16::from(reply.code()) == 221;
                let error = self.break_with(ProtocolError::OutOfStep(reply).into());
                // The server has left in good order, so a new session is worth a try.
                return Err(if is_goodbye { error.broken() } else { error });
            }
        };
        Ok(Some(arrival))
    }

    /// Gives the session up for good, for the reason given.
    pub(crate) fn break_with(&mut self, error: Error) -> Error {
        if self.broken.is_none() {
            warn!(target: "tokio_ftp::control", %error, "session broken");
            self.broken = Some(error.broken());
        }
        error
    }

    fn usable(&self) -> Result<()> {
        match &self.broken {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// The error of a session whose login, TLS set-up or end was cancelled half-way.
    fn cancelled(&self) -> Error {
        self.broken.clone().unwrap_or_else(|| {
            let cause = io::Error::new(
                io::ErrorKind::NotConnected,
                "a login, a change of TLS or the end of the session was not seen through",
            );
            Error::from(cause).broken()
        })
    }

    /// Whether the session is of no further use.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken.is_some() || self.framed.is_none() || self.ledger.owes_critical()
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    pub(crate) fn tls(&self) -> Option<&TlsFacts> {
        self.tls.as_ref()
    }

    pub(crate) fn server(&self) -> &ServerState {
        &self.server
    }

    pub(crate) fn last_reply(&self) -> Option<&Reply> {
        self.last_reply.as_ref()
    }

    /// The address of this side; `None` where that means nothing to the server.
    pub(crate) fn local(&self) -> Option<SocketAddr> {
        self.local
    }

    pub(crate) fn peer(&self) -> Option<SocketAddr> {
        self.peer
    }

    /// The shortest time between a command and its reply so far.
    pub(crate) fn round_trip(&self) -> Duration {
        self.round_trip.unwrap_or_default()
    }
}

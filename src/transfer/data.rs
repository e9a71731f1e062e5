//! Opening a data connection and starting a transfer over it.

use std::{
    future::poll_fn,
    io,
    task::{Context, Poll, ready},
};

use tokio::time::{Instant, timeout};
use tracing::debug;

use crate::{
    control::Ticket,
    error::{Error, Phase, Result},
    net::{DataConnection, Listener, OnDrop, Plain, deadline_after},
    protocol::{Command, Protection, Reply, ReplyCode, RepresentationType},
    session::{DataMode, FtpStream},
};

/// A transfer to start.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) command: Command,
    /// `None` where it does not matter.
    pub(super) representation: Option<RepresentationType>,
    pub(super) offset: u64,
    pub(super) direction: Direction,
    /// Whether to stay in the directory that a listing went to.
    pub(super) inside: bool,
}

/// Which way the bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Down,
    Up,
}

/// A transfer that has begun. The data connection is the session's.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) ticket: Ticket,
    pub(super) started: Instant,
    pub(super) resumed: Option<bool>,
}

impl FtpStream {
    /// Opens a data connection and starts the transfer, in the order that RFC 3659 section 5 asks
    /// for: passive port, connection, `REST`, command, and only then the TLS handshake, because
    /// servers wait for it only after the command.
    pub(super) async fn start(&mut self, plan: &Plan) -> Result<Opened> {
        if plan.offset > 0 && plan.representation == Some(RepresentationType::Ascii) {
            // What an offset into a text in network form means is anybody's guess.
            return Err(Error::Unsupported("an offset into a transfer as text"));
        }
        if plan.inside {
            self.settle_replies().await?;
        } else {
            self.settle().await?;
        }
        if self.data_is_private()? {
            self.refill_tickets(plan.direction).await?;
        }
        match self.try_start(plan).await {
            Err(error) if self.is_worth_a_second_try(&error) => {
                debug!(%error, "again, with a new port and the tickets that have come");
                if self.data_is_private()? {
                    self.refill_tickets(plan.direction).await?;
                }
                self.try_start(plan).await
            }
            result => result,
        }
    }

    pub(super) async fn try_start(&mut self, plan: &Plan) -> Result<Opened> {
        self.last_data_was_full_handshake = false;
        self.port_was_ahead = false;
        let mut opening = Opening {
            session: self,
            direction: plan.direction,
            kept: false,
        };
        let opened = opening.run(plan).await?;
        opening.kept = true;
        Ok(opened)
    }

    /// The server has refused a transfer. vsftpd gives the session up when it misses a resumed
    /// TLS session, and its 522 behind the 150 may be the last that is heard of it. A 522 in place
    /// of the 150 is a refusal like others: data has to be encrypted.
    pub(super) fn refused(&mut self, reply: Reply) -> Error {
        let is_tls = self.control.is_tls();
        let code = reply.code();
        let error = Error::from_reply(reply);
        if is_tls && self.control.transfer_had_begun() && code == ReplyCode::PROTOCOL_NOT_SUPPORTED
        {
            self.control.break_with(error)
        } else {
            error
        }
    }
}

/// A transfer that is being opened; until it is, the data connection goes when this goes, unless
/// it is a download's, which is left to settle.
pub(super) struct Opening<'a> {
    pub(super) session: &'a mut FtpStream,
    direction: Direction,
    kept: bool,
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        // One that the server waits for stays, until the session settles or goes. vsftpd gives the
        // session up over a handshake that breaks, and over a ticket that is lost with it.
        let private = self.session.protection == Some(Protection::Private);
        let data = self.session.data.as_ref();
        let stays = data.is_some_and(|data| private || data.is_dialing());
        if !self.kept && !stays && self.direction == Direction::Up {
            // Drops it, which resets it: an end would make an empty file of the target.
            self.session.data = None;
        }
    }
}

impl Opening<'_> {
    async fn run(&mut self, plan: &Plan) -> Result<Opened> {
        if let Some(kind) = plan.representation {
            self.session.ensure_type(kind).await?;
        }
        if self.session.control.server().restart_dirty() {
            self.exchange(&Command::Rest(0)).await?;
            if self.session.control.server().restart_dirty() {
                let reply = self.session.control.last_reply().cloned();
                return Err(reply.map_or(
                    Error::Unsupported("a transfer from the beginning"),
                    Error::from_reply,
                ));
            }
        }
        let listener = match self.session.data_mode() {
            DataMode::Passive => {
                let data = self.passive(&plan.command).await?;
                self.session.data = Some(data);
                None
            }
            DataMode::Active => Some(self.active().await?),
        };
        if plan.offset > 0 {
            let reply = self.exchange(&Command::Rest(plan.offset)).await?;
            if !reply.code().is_intermediate() {
                self.session.data = None;
                return Err(Error::from_reply(reply));
            }
        }
        let started = Instant::now();
        // Until the server has connected, there is no connection that could be closed.
        self.session.unattended = listener.is_some();
        let early = self.sends_early(&plan.command);
        let ticket = self.send(&plan.command)?;
        let result = self.begin(listener, early).await;
        let data = self.session.data.as_ref();
        let resumed = data.and_then(DataConnection::resumed);
        self.session.last_data_was_full_handshake = resumed == Some(false);
        match result {
            Ok(()) => Ok(Opened {
                ticket,
                started,
                resumed,
            }),
            Err(error) => {
                if self.session.control.transfer_is_over() {
                    self.session.data = None;
                }
                Err(error)
            }
        }
    }

    /// What becomes of the data connection when nobody sees the transfer through.
    pub(super) fn on_drop(&self) -> OnDrop {
        match self.direction {
            Direction::Down => OnDrop::Close,
            Direction::Up => OnDrop::Reset,
        }
    }

    /// Whether bytes are sent before the server has agreed to take them. Nobody reads what goes to
    /// one that does not, and it is told with the next write. Under TLS the server speaks first.
    fn sends_early(&mut self, command: &Command) -> bool {
        let session = &mut *self.session;
        matches!(command, Command::Stor(_) | Command::Appe(_))
            && session.protection != Some(Protection::Private)
            && session.pipelines()
            && session.control.keeps_order()
    }

    fn send(&mut self, command: &Command) -> Result<Ticket> {
        let session = &mut *self.session;
        if !session.pipelines() {
            return session.control.send(command);
        }
        let port = if session.epsv {
            Command::Epsv
        } else {
            Command::Pasv
        };
        session.control.send_ahead(command, port)
    }

    pub(super) async fn exchange(&mut self, command: &Command) -> Result<Reply> {
        self.session.control.exchange(command).await
    }

    /// Waits for the server's go-ahead, takes in its connection in active mode, and makes the TLS
    /// handshake.
    async fn begin(&mut self, listener: Option<Listener>, early: bool) -> Result<()> {
        let reply_timeout = self.session.options.reply_timeout;
        let data_timeout = self.session.options.data_timeout;
        let deadline = deadline_after(reply_timeout);
        let on_drop = self.on_drop();
        let session = &mut *self.session;
        let mut approach = Approach::new(session, listener, on_drop)?;
        let mut outcome = None;
        let begun = poll_fn(|cx| {
            // On its own: what the server says of the command counts for more.
            if outcome.is_none()
                && let Poll::Ready(result) = approach.poll(session, false, cx)
            {
                outcome = Some(result);
            }
            match session.control.poll_transfer_begun(cx) {
                Poll::Pending if approach.unreachable => Poll::Ready(Ok(())),
                Poll::Pending if early && outcome.is_some() => Poll::Ready(Ok(())),
                Poll::Pending => {
                    ready!(session.control.poll_deadline(deadline, cx));
                    Poll::Ready(Err(Error::Timeout(Phase::Reply)))
                }
                begun => begun,
            }
        });
        begun.await?;
        self.check_refusal()?;
        let session = &mut *self.session;
        let outcome = match outcome {
            Some(result) => result,
            None => {
                let deadline = deadline_after(data_timeout);
                let ended = poll_fn(|cx| match approach.poll_to_the_end(session, cx) {
                    Poll::Pending => {
                        ready!(session.control.poll_deadline(deadline, cx));
                        Poll::Ready(Err(Error::Timeout(approach.phase())))
                    }
                    ended => ended,
                });
                ended.await?
            }
        };
        if let Err(error) = outcome {
            if approach.unreachable {
                return Err(self.give_up(error).await);
            }
            // The server's reason is better than the hole it left, and may come after it.
            drop(approach);
            self.session.data = None;
            let control = &mut self.session.control;
            let over = poll_fn(|cx| control.poll_transfer(cx));
            timeout(reply_timeout, over).await.unwrap_or(Ok(()))?;
            self.check_refusal()?;
            return Err(Error::tls(error));
        }
        if self.direction == Direction::Up {
            self.session.await_ticket().await;
        }
        Ok(())
    }

    /// The data connection cannot be made, and the command is with the server already. It waits
    /// for the connection, unless it had no wish for it and says so now.
    async fn give_up(&mut self, error: io::Error) -> Error {
        let session = &mut *self.session;
        session.data = None;
        session.unattended = true;
        let patience = session.grace();
        let over = poll_fn(|cx| session.control.poll_transfer(cx));
        match timeout(patience, over).await {
            Ok(Err(error)) => error,
            _ => self.check_refusal().err().unwrap_or_else(|| error.into()),
        }
    }

    fn check_refusal(&mut self) -> Result<()> {
        let transfer = self.session.control.transfer();
        match transfer.and_then(|transfer| transfer.closing.as_ref()) {
            Some(reply) if !reply.code().is_completion() => {
                let reply = reply.clone();
                Err(self.session.refused(reply))
            }
            _ => Ok(()),
        }
    }
}

/// What a transfer needs beside the server's go-ahead before bytes can flow.
struct Approach {
    /// Where the server's connection is awaited.
    listener: Option<Listener>,
    on_drop: OnDrop,
    private: bool,
    /// Whether the TLS handshake may start before the go-ahead: it saves a round trip, and costs
    /// a ticket when the server refuses.
    early: bool,
    /// When a connection that is on its way has to be there.
    connected_by: Instant,
    /// There was no answer where the server should listen.
    unreachable: bool,
}

impl Approach {
    fn new(session: &FtpStream, listener: Option<Listener>, on_drop: OnDrop) -> Result<Self> {
        let early = session.tls.as_ref().is_some_and(|tls| {
            let tickets = tls.tickets();
            !tickets.server_gives_tickets() || tickets.count() >= 2
        });
        Ok(Self {
            listener,
            on_drop,
            private: session.data_is_private()?,
            early,
            connected_by: deadline_after(session.options.data_timeout),
            unreachable: false,
        })
    }

    /// Gets on as far as it goes now.
    fn poll(
        &mut self,
        session: &mut FtpStream,
        begun: bool,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(listener) = &mut self.listener {
            let plain = Plain::tcp(ready!(listener.poll_accept(cx))?);
            session.data = Some(DataConnection::new(plain, self.on_drop));
            session.unattended = false;
            self.listener = None;
        }
        let FtpStream {
            data, tls, control, ..
        } = session;
        let connected = match data.as_mut().map(|data| data.poll_connected(cx)) {
            Some(Poll::Pending) => {
                ready!(control.poll_deadline(self.connected_by, cx));
                Err(Error::Timeout(Phase::DataConnect).into())
            }
            Some(Poll::Ready(connected)) => connected,
            None => Ok(()),
        };
        if let Err(error) = connected {
            self.unreachable = true;
            return Poll::Ready(Err(error));
        }
        match (data, tls) {
            _ if !self.private => Poll::Ready(Ok(())),
            (Some(_), Some(_)) if !begun && !self.early => Poll::Pending,
            (Some(data), Some(client)) => {
                data.start_tls(client)?;
                data.poll_open(cx)
            }
            // Never in the clear in place of it.
            _ => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }

    /// Gets on until bytes can flow, or the server says that they shall not.
    fn poll_to_the_end(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Result<io::Result<()>>> {
        if let Poll::Ready(result) = self.poll(session, true, cx) {
            return Poll::Ready(Ok(result));
        }
        match session.control.poll_transfer(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            // A refusal ends it; a 226 does not, for a short file may be in the socket already.
            Poll::Ready(Ok(())) if session.control.transfer_failed() => {
                Poll::Ready(Ok(Err(io::ErrorKind::ConnectionAborted.into())))
            }
            _ => Poll::Pending,
        }
    }

    fn phase(&self) -> Phase {
        if self.listener.is_some() {
            Phase::Accept
        } else {
            Phase::DataHandshake
        }
    }
}

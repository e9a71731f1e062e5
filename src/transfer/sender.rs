//! The sending end of an upload: data and replies brought together.

use std::{
    io,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::time::Instant;
use tracing::warn;

use super::{data::Opened, options::Transferred, size::WholeSize};
use crate::{
    control::Ticket,
    error::{Error, Phase, Result},
    net::DataConnection,
    protocol::{Argument, Reply},
    session::FtpStream,
};

/// How long the peer's end is awaited after this side's. It brings TLS tickets, and closing with
/// one unread would reset the connection under the server's last reads.
const DRAIN: Duration = Duration::from_secs(5);

/// The same once the server has confirmed the upload: its end is on the way, or never comes.
const DRAIN_CONFIRMED: Duration = Duration::from_millis(300);

/// Where an upload stands.
///
/// It owns the data connection, so that dropping it resets the connection at once: the part that
/// has arrived must not look like the whole file.
#[derive(Debug)]
pub(super) struct Sender {
    ticket: Ticket,
    path: Argument,
    started: Instant,
    resumed: Option<bool>,
    data: Option<DataConnection>,
    state: State,
    sent: u64,
    pub(super) whole: WholeSize,
    /// The peer sends nothing more; there may still be a reply that says why.
    peer_ended: bool,
    /// The last reply came before the peer's end.
    confirmed: bool,
}

#[derive(Debug)]
enum State {
    Writing,
    /// The data connection broke; the server may say why.
    Explaining(Option<io::Error>),
    /// close_notify and the end of data are on their way.
    Closing,
    /// The peer's own end is awaited.
    Draining,
    /// The last reply is awaited.
    Confirming,
    Done(Transferred),
    Failed(Error),
}

impl Sender {
    /// Takes the data connection over from the session.
    pub(super) fn new(
        session: &mut FtpStream,
        opened: &Opened,
        path: Argument,
        whole: WholeSize,
    ) -> Self {
        session.timer.stop();
        session.keepalive.restart();
        Self {
            ticket: opened.ticket,
            path,
            started: opened.started,
            resumed: opened.resumed,
            data: session.data.take(),
            state: State::Writing,
            sent: 0,
            whole,
            peer_ended: false,
            confirmed: false,
        }
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// How long the whole file must be when all is sent, where that is known.
    pub(super) fn whole_size(&self) -> Option<u64> {
        self.whole.bytes(self.sent)
    }

    pub(super) fn path(&self) -> &Argument {
        &self.path
    }

    pub(super) fn transferred(&self) -> Option<&Transferred> {
        match &self.state {
            State::Done(transferred) => Some(transferred),
            _ => None,
        }
    }

    /// Resets the data connection; nothing more will be sent.
    pub(super) fn fail(&mut self, session: &mut FtpStream, error: Error) -> Error {
        session.timer.stop();
        self.data = None;
        self.state = State::Failed(error.clone());
        error
    }

    pub(super) fn poll_write(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let written = ready!(self.poll_data(session, cx, |data, cx| {
            data.poll_write_vectored(cx, pieces)
        }))?;
        self.sent += written as u64;
        if written > 0 {
            session.control.note_data();
        }
        Poll::Ready(Ok(written))
    }

    pub(super) fn poll_flush(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        match self.state {
            State::Writing | State::Explaining(_) | State::Failed(_) => {
                self.poll_data(session, cx, DataConnection::poll_flush)
            }
            State::Closing | State::Draining | State::Confirming | State::Done(_) => {
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Does `work` on the data connection, as long as neither side has ended the upload.
    fn poll_data<T>(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
        mut work: impl FnMut(&mut DataConnection, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<Result<T>> {
        loop {
            match &self.state {
                State::Writing => {
                    if let Err(error) = self.check(session, cx) {
                        return Poll::Ready(Err(self.fail(session, error)));
                    }
                    let worked = match &mut self.data {
                        Some(data) => work(data, cx),
                        None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
                    };
                    match worked {
                        Poll::Ready(Ok(value)) => {
                            session.timer.stop();
                            return Poll::Ready(Ok(value));
                        }
                        Poll::Ready(Err(error)) => {
                            session.timer.stop();
                            self.state = State::Explaining(Some(error));
                        }
                        Poll::Pending => return self.poll_idle(session, cx).map(Err),
                    }
                }
                State::Explaining(_) => return self.poll_explained(session, cx).map(Err),
                State::Failed(error) => return Poll::Ready(Err(error.clone())),
                State::Closing | State::Draining | State::Confirming | State::Done(_) => {
                    let finished = "the upload was finished";
                    let error = io::Error::new(io::ErrorKind::BrokenPipe, finished);
                    return Poll::Ready(Err(error.into()));
                }
            }
        }
    }

    /// Ends the data in good order and waits for the server's word that it has the file.
    pub(super) fn poll_shutdown(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Result<()>> {
        loop {
            match &self.state {
                State::Writing => {
                    ready!(self.poll_flush(session, cx))?;
                    // A confirmation that came before the end was not for the whole file.
                    if let Err(error) = self.check(session, cx) {
                        return Poll::Ready(Err(self.fail(session, error)));
                    }
                    self.state = State::Closing;
                }
                State::Closing => {
                    let shut = self
                        .data
                        .as_mut()
                        .map_or(Poll::Ready(Ok(())), |data| data.poll_shutdown(cx));
                    match shut {
                        Poll::Ready(Ok(())) => {
                            session.timer.stop();
                            self.state = State::Draining;
                        }
                        Poll::Ready(Err(error)) => {
                            session.timer.stop();
                            self.state = State::Explaining(Some(error));
                        }
                        Poll::Pending => return self.poll_idle(session, cx).map(Err),
                    }
                }
                State::Draining => {
                    ready!(self.poll_drained(session, cx));
                    if let Some(data) = self.data.take() {
                        data.close();
                    }
                    self.state = State::Confirming;
                }
                State::Confirming => {
                    let result = ready!(self.poll_confirmed(session, cx));
                    session.timer.stop();
                    match result {
                        Ok(reply) => {
                            self.state = State::Done(Transferred {
                                bytes: self.sent,
                                reply,
                                elapsed: self.started.elapsed(),
                                resumed: self.resumed,
                            });
                        }
                        Err(mut error) => {
                            // What is sent ahead may be for a server that never takes it.
                            if session.control.transfer_had_begun() {
                                error = error.unconfirmed(self.whole_size());
                            }
                            return Poll::Ready(Err(self.fail(session, error)));
                        }
                    }
                }
                State::Explaining(_) => return self.poll_explained(session, cx).map(Err),
                State::Done(_) => return Poll::Ready(Ok(())),
                State::Failed(error) => return Poll::Ready(Err(error.clone())),
            }
        }
    }

    /// Looks at both connections while there is still something to send.
    fn check(&mut self, session: &mut FtpStream, cx: &mut Context<'_>) -> Result<()> {
        if !session.control.is_at(self.ticket) {
            return Err(io::Error::other("the session went on to something else").into());
        }
        if let Poll::Ready(over) = session.poll_transfer(cx) {
            over?;
            return Err(match closing(session)? {
                reply if reply.code().is_failure() => session.refused(reply),
                _ => Error::Unfinished { sent: self.sent },
            });
        }
        if let Some(data) = self
            .data
            .as_mut()
            .filter(|data| data.is_tls() && !self.peer_ended)
        {
            // For the tickets that the next transfers resume with.
            self.peer_ended = data.poll_drain(cx).is_ready();
        }
        Ok(())
    }

    /// Nothing can be written: for how long?
    fn poll_idle(&mut self, session: &mut FtpStream, cx: &mut Context<'_>) -> Poll<Error> {
        ready!(session.timer.poll_expired(session.options.idle_timeout, cx));
        Poll::Ready(self.fail(session, Error::Timeout(Phase::Idle)))
    }

    /// The server's words for a data connection that broke, or else the connection's own.
    fn poll_explained(&mut self, session: &mut FtpStream, cx: &mut Context<'_>) -> Poll<Error> {
        self.data = None;
        let words = match session.poll_transfer(cx) {
            Poll::Ready(Err(error)) => Some(error),
            Poll::Ready(Ok(())) => closing(session)
                .ok()
                .filter(|reply| reply.code().is_failure())
                .map(|reply| session.refused(reply)),
            Poll::Pending => {
                ready!(session.timer.poll_expired(session.options.data_timeout, cx));
                None
            }
        };
        let cause = match &mut self.state {
            State::Explaining(cause) => cause.take(),
            _ => None,
        };
        let error = words.or_else(|| cause.map(Error::tls));
        let error = error.unwrap_or(Error::Unfinished { sent: self.sent });
        Poll::Ready(self.fail(session, error))
    }

    fn poll_drained(&mut self, session: &mut FtpStream, cx: &mut Context<'_>) -> Poll<()> {
        let Some(data) = self
            .data
            .as_mut()
            .filter(|data| data.is_tls() && !self.peer_ended)
        else {
            return Poll::Ready(());
        };
        if data.poll_drain(cx).is_pending() {
            // A server that has confirmed has said all that matters.
            let over = session.poll_transfer(cx).is_ready();
            if over && !self.confirmed {
                self.confirmed = true;
                session.timer.stop();
            }
            let limit = if over { DRAIN_CONFIRMED } else { DRAIN };
            ready!(session.timer.poll_expired(limit, cx));
        }
        session.timer.stop();
        Poll::Ready(())
    }

    fn poll_confirmed(&self, session: &mut FtpStream, cx: &mut Context<'_>) -> Poll<Result<Reply>> {
        match session.poll_transfer(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => {
                ready!(
                    session
                        .timer
                        .poll_expired(session.options.final_timeout, cx)
                );
                return Poll::Ready(Err(Error::Timeout(Phase::FinalReply)));
            }
        }
        let reply = closing(session)?;
        Poll::Ready(if reply.code().is_completion() {
            Ok(reply)
        } else {
            Err(session.refused(reply))
        })
    }
}

/// The transfer's last reply, which has come.
fn closing(session: &FtpStream) -> Result<Reply> {
    let closing = session
        .control
        .transfer()
        .and_then(|transfer| transfer.closing.clone());
    closing.ok_or(Error::Timeout(Phase::FinalReply))
}

impl Drop for Sender {
    fn drop(&mut self) {
        let (path, sent) = (&self.path, self.sent);
        match self.state {
            State::Done(_) | State::Failed(_) => {}
            State::Draining | State::Confirming => {
                warn!(%path, sent, "an upload was dropped before the server had confirmed it");
            }
            State::Writing | State::Explaining(_) | State::Closing => warn!(
                %path,
                sent,
                "an upload was dropped before it was finished, and is reset; \
                 `finish()` or `shutdown()` completes one"
            ),
        }
    }
}

//! The receiving end of a download: data and replies brought together.

use std::{
    io,
    ops::ControlFlow,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, ReadBuf},
    time::Instant,
};

use super::{
    data::Opened,
    options::{TransferOptions, Transferred},
    size::{Size, WholeSize},
};
use crate::{
    control::Ticket,
    error::{Error, Phase, Result},
    net::tls::{TlsEof, is_missing_close_notify},
    protocol::Reply,
    session::FtpStream,
};

/// Where a download stands. The end is told only after the data has ended *and* the server has
/// said that the transfer is complete, in either order.
#[derive(Debug)]
pub(super) struct Receiver {
    ticket: Ticket,
    started: Instant,
    resumed: Option<bool>,
    state: State,
    received: u64,
    size: Size,
    pub(super) whole: WholeSize,
    /// How many bytes the caller wants.
    length: Option<u64>,
    /// How the data ended, when it did not end well.
    cut: Option<io::Error>,
    /// How the control connection was lost before the data ended.
    loss: Option<Error>,
}

#[derive(Debug)]
enum State {
    /// The data has not ended.
    Reading,
    /// The data has ended, the last reply has not come.
    Confirming,
    /// The caller has what it asked for; the rest is to be aborted.
    Satisfied,
    Done(Transferred),
    Failed(Error),
}

impl Receiver {
    pub(super) fn new(session: &mut FtpStream, opened: &Opened, options: &TransferOptions) -> Self {
        session.timer.stop();
        session.keepalive.restart();
        Self {
            ticket: opened.ticket,
            started: opened.started,
            resumed: opened.resumed,
            state: State::Reading,
            received: 0,
            size: Size::of(session, options),
            whole: WholeSize::of_download(options),
            length: options.length,
            cut: None,
            loss: None,
        }
    }

    /// A download that is over before it began: `reply` says that there is nothing.
    pub(super) fn empty(reply: Reply) -> Self {
        let now = Instant::now();
        Self {
            ticket: Ticket::NONE,
            started: now,
            resumed: None,
            state: State::Done(Transferred {
                bytes: 0,
                reply,
                elapsed: now.elapsed(),
                resumed: None,
            }),
            received: 0,
            size: Size::Unknown,
            whole: WholeSize::Unknown,
            length: None,
            cut: None,
            loss: None,
        }
    }

    /// How many bytes are to come in all, when that is known beyond doubt.
    pub(super) fn size_hint(&self) -> Option<u64> {
        match (self.size.hint(), self.length) {
            (Some(size), Some(length)) => Some(size.min(length)),
            (size, _) => size,
        }
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    pub(super) fn transferred(&self) -> Option<&Transferred> {
        match &self.state {
            State::Done(transferred) => Some(transferred),
            _ => None,
        }
    }

    pub(super) fn is_satisfied(&self) -> bool {
        matches!(self.state, State::Satisfied)
    }

    /// The rest was aborted after all that was asked for had come.
    pub(super) fn conclude(&mut self, reply: Reply) -> Transferred {
        let transferred = self.summary(reply);
        self.state = State::Done(transferred.clone());
        transferred
    }

    /// Nothing more will be read.
    pub(super) fn fail(&mut self, session: &mut FtpStream, error: Error) -> Error {
        session.timer.stop();
        self.state = State::Failed(error.clone());
        error
    }

    /// Reads on; nothing read is the end, and the end is earned.
    pub(super) fn poll_read(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            match &self.state {
                State::Reading => {
                    if !session.control.is_at(self.ticket) {
                        let error = io::Error::other("the session went on to something else");
                        return Poll::Ready(Err(self.fail(session, error.into())));
                    }
                    if self.length.is_some_and(|length| self.received >= length) {
                        session.timer.stop();
                        self.state = State::Satisfied;
                        continue;
                    }
                    if self.loss.is_none()
                        && let Err(error) = refused(session, cx)
                    {
                        if !(error.is_loss() && self.tells_its_end()) {
                            return Poll::Ready(Err(self.abandon(session, error)));
                        }
                        // All of it may come, or be here already.
                        session.timer.stop();
                        self.loss = Some(error);
                    }
                    let before = buf.filled().len();
                    if ready!(self.poll_data(session, cx, buf))?.is_continue() {
                        self.received += (buf.filled().len() - before) as u64;
                        return Poll::Ready(Ok(()));
                    }
                }
                State::Confirming => match session.poll_transfer(cx) {
                    Poll::Ready(Ok(())) => match self.judge(session) {
                        Ok(transferred) => {
                            session.timer.stop();
                            self.state = State::Done(transferred);
                        }
                        Err(error) => return Poll::Ready(Err(self.fail(session, error))),
                    },
                    Poll::Ready(Err(error)) => {
                        let error = self.unconfirmed(error);
                        return Poll::Ready(Err(self.fail(session, error)));
                    }
                    Poll::Pending => {
                        // A connection that broke tells enough when the server says nothing.
                        let limit = match self.cut {
                            Some(_) => session.options.data_timeout,
                            None => session.options.reply_timeout,
                        };
                        ready!(session.timer.poll_expired(limit, cx));
                        let error = match self.cut.take() {
                            Some(error) => Error::tls(error),
                            None => self.unconfirmed(Error::Timeout(Phase::FinalReply)),
                        };
                        return Poll::Ready(Err(self.fail(session, error)));
                    }
                },
                State::Satisfied | State::Done(_) => return Poll::Ready(Ok(())),
                State::Failed(error) => return Poll::Ready(Err(error.clone())),
            }
        }
    }

    /// Reads data. `Break` is its end, good or bad; the state has changed then.
    fn poll_data(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<ControlFlow<()>>> {
        let before = buf.filled().len();
        let result = match &mut session.data {
            Some(data) => match self.length {
                Some(length) => {
                    let wanted = length.saturating_sub(self.received);
                    let wanted = usize::try_from(wanted)
                        .unwrap_or(usize::MAX)
                        .min(buf.remaining());
                    let mut part = ReadBuf::new(buf.initialize_unfilled_to(wanted));
                    let result = data.poll_read(cx, &mut part);
                    let filled = part.filled().len();
                    buf.advance(filled);
                    result
                }
                None => data.poll_read(cx, buf),
            },
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        };
        match result {
            Poll::Ready(Ok(())) if buf.filled().len() > before => {
                session.timer.stop();
                session.control.note_data();
                return Poll::Ready(Ok(ControlFlow::Continue(())));
            }
            Poll::Ready(Ok(())) => {}
            // All of it came.
            Poll::Ready(Err(error))
                if is_missing_close_notify(&error) && self.size.is_reached(self.received) => {}
            Poll::Ready(Err(error)) => self.cut = Some(error),
            Poll::Pending if self.loss.is_some() => {
                let limit = session.options.data_timeout;
                let limit = limit.min(session.options.idle_timeout);
                ready!(session.timer.poll_expired(limit, cx));
                let mut error = self.loss.take().unwrap_or(Error::Timeout(Phase::Idle));
                // The end may have been lost with the control connection.
                if self.size.is_reached(self.received) {
                    error = self.unconfirmed(error);
                }
                return Poll::Ready(Err(self.abandon(session, error)));
            }
            Poll::Pending => {
                ready!(session.timer.poll_expired(session.options.idle_timeout, cx));
                let error = Error::Timeout(Phase::Idle);
                return Poll::Ready(Err(self.fail(session, error)));
            }
        }
        // This side closes first: some servers wait for it before they say 226.
        if let Some(data) = session.data.take() {
            data.close();
        }
        session.timer.stop();
        self.state = State::Confirming;
        Poll::Ready(Ok(ControlFlow::Break(())))
    }

    /// The server has ended the transfer for an error; the data connection is of no more use.
    fn abandon(&mut self, session: &mut FtpStream, error: Error) -> Error {
        session.data = None;
        self.fail(session, error)
    }

    /// Both the data and the replies have ended: was that the whole file?
    fn judge(&mut self, session: &mut FtpStream) -> Result<Transferred> {
        let closing = session
            .control
            .transfer()
            .and_then(|transfer| transfer.closing.clone());
        let Some(reply) = closing else {
            return Err(Error::Timeout(Phase::FinalReply));
        };
        if !reply.code().is_completion() {
            return Err(session.refused(reply));
        }
        if let Some(expected) = self.size.missing(self.received) {
            return Err(Error::Truncated {
                received: self.received,
                expected,
            });
        }
        let trusted = session.options.tls_eof == TlsEof::TrustReply;
        match self.cut.take() {
            Some(error) if !(trusted && is_missing_close_notify(&error)) => Err(Error::tls(error)),
            _ => Ok(self.summary(reply)),
        }
    }

    /// Whether the data tells without a reply that all of it came. In the clear it ends in good
    /// order when the server dies, too, and then only a size tells.
    fn tells_its_end(&self) -> bool {
        self.size != Size::Unknown || self.resumed.is_some()
    }

    /// What `error` is in place of the last reply, when the data has ended in good order.
    fn unconfirmed(&mut self, error: Error) -> Error {
        let error = self.loss.take().unwrap_or(error);
        let size = self.whole.bytes(self.received);
        let is_whole = self.cut.is_none() && self.size.missing(self.received).is_none();
        let can_be_told = error.is_timeout() && size.is_some();
        if is_whole && (can_be_told || self.tells_its_end()) {
            error.unconfirmed(size)
        } else {
            error
        }
    }

    fn summary(&self, reply: Reply) -> Transferred {
        Transferred {
            bytes: self.received,
            reply,
            elapsed: self.started.elapsed(),
            resumed: self.resumed,
        }
    }
}

/// Says what the server has said against the transfer, if anything.
fn refused(session: &mut FtpStream, cx: &mut Context<'_>) -> Result<()> {
    match session.poll_transfer(cx) {
        Poll::Ready(Err(error)) => Err(error),
        Poll::Ready(Ok(())) if session.control.transfer_failed() => {
            let closing = session
                .control
                .transfer()
                .and_then(|transfer| transfer.closing.clone());
            closing.map_or(Ok(()), |reply| Err(session.refused(reply)))
        }
        _ => Ok(()),
    }
}

/// A receiver at its session, for whoever wants an [`AsyncRead`].
pub(super) struct Attached<'a> {
    pub(super) receiver: &'a mut Receiver,
    pub(super) session: &'a mut FtpStream,
}

impl AsyncRead for Attached<'_> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { receiver, session } = self.get_mut();
        receiver
            .poll_read(session, cx, buf)
            .map_err(io::Error::from)
    }
}

//! Transfers of text, line by line.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, stream::FusedStream};
use memchr::memchr;
use tokio_util::io::poll_read_buf;

use super::{
    options::Transferred,
    receiver::{Attached, Receiver},
};
use crate::{
    error::{Error, ProtocolError, Result},
    protocol::{Name, Reply},
    session::FtpStream,
};

/// How much is read at once, in bytes.
const BLOCK: usize = 16 * 1024;

/// Cuts a download into lines, in constant memory.
#[derive(Debug)]
pub(super) struct LineReader {
    receiver: Receiver,
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line end.
    searched: usize,
    data_ended: bool,
    ended: bool,
    /// Whether there was a line.
    had_line: bool,
    /// What was read ahead.
    ahead: VecDeque<Result<Bytes>>,
}

impl LineReader {
    pub(super) fn new(receiver: Receiver) -> Self {
        Self {
            receiver,
            buffer: BytesMut::new(),
            searched: 0,
            data_ended: false,
            ended: false,
            had_line: false,
            ahead: VecDeque::new(),
        }
    }

    pub(super) fn transferred(&self) -> Option<&Transferred> {
        self.receiver
            .transferred()
            .filter(|transferred| !says_no(transferred.reply()))
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended && self.ahead.is_empty()
    }

    /// Whether it is over without a line, and the server has only said that it is.
    pub(super) fn was_silent(&self) -> bool {
        let reply = self.transferred().map(Transferred::reply);
        self.ended && !self.had_line && reply.is_some_and(|reply| reply.code().is_completion())
    }

    /// What was read ahead.
    pub(super) fn lines_ahead(&self) -> &VecDeque<Result<Bytes>> {
        &self.ahead
    }

    /// Reads one line ahead, or the error that comes in its place; `false` at the end.
    pub(super) fn poll_line_ahead(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
    ) -> Poll<bool> {
        let line = ready!(self.poll_new_line(session, cx));
        let has_more = line.is_some();
        self.ahead.extend(line);
        Poll::Ready(has_more)
    }

    /// The next line, without its CR LF or LF; a lone CR stays. An error is the last item.
    pub(super) fn poll_line(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes>>> {
        match self.ahead.pop_front() {
            Some(line) => Poll::Ready(Some(line)),
            None => self.poll_new_line(session, cx),
        }
    }

    fn poll_new_line(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let line = ready!(self.poll_within_limit(session, cx)).and_then(|line| match line {
            Some(line) => Ok(Some(line)),
            None => self.confirmed().map(|()| None),
        });
        let line = line.transpose();
        self.ended = !matches!(line, Some(Ok(_)));
        self.had_line |= !self.ended;
        Poll::Ready(line)
    }

    /// Fails where the success that the server reports is none.
    fn confirmed(&self) -> Result<()> {
        match self.receiver.transferred().map(Transferred::reply) {
            Some(reply) if says_no(reply) => Err(Error::Unexpected(reply.clone())),
            _ => Ok(()),
        }
    }

    fn poll_within_limit(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>>> {
        let limit = session.options.limits.listing_line;
        loop {
            let unseen = self.buffer.get(self.searched..).unwrap_or_default();
            let end = memchr(b'\n', unseen).map(|at| self.searched + at);
            // What ends a line does not count, and its CR may be here before its LF.
            let length = match end {
                Some(end) => without_cr(self.buffer.get(..end).unwrap_or_default()).len(),
                None if self.data_ended => without_cr(&self.buffer).len(),
                None => self.buffer.len().saturating_sub(1),
            };
            if length > limit {
                let error = ProtocolError::TooLarge {
                    what: "a line",
                    limit: limit as u64,
                };
                return Poll::Ready(Err(error.into()));
            }
            if let Some(end) = end {
                let mut line = self.buffer.split_to(end);
                self.buffer.advance(1);
                self.searched = 0;
                line.truncate(without_cr(&line).len());
                return Poll::Ready(Ok(Some(line.freeze())));
            }
            self.searched = self.buffer.len();
            if self.data_ended {
                self.searched = 0;
                let mut rest = self.buffer.split();
                let is_line = !rest.is_empty();
                rest.truncate(without_cr(&rest).len());
                return Poll::Ready(Ok(is_line.then(|| rest.freeze())));
            }
            self.buffer.reserve(BLOCK);
            let mut data = Attached {
                receiver: &mut self.receiver,
                session,
            };
            let read = ready!(poll_read_buf(Pin::new(&mut data), cx, &mut self.buffer))
                .map_err(Error::from)?;
            self.data_ended = read == 0;
        }
    }
}

/// vsftpd and Pure-FTPd say 226 to a listing and mean no.
fn says_no(reply: &Reply) -> bool {
    reply.verb() != Some("RETR")
        && ["failed to open directory", "sorry, we were unable to read"]
            .iter()
            .any(|text| reply.mentions(text))
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

macro_rules! line_stream {
    ($name:ident, $item:ty, $line:ident => $convert:expr) => {
        impl<S> $name<S>
        where
            S: AsMut<FtpStream>,
        {
            pub(super) fn new(session: S, reader: LineReader) -> Self {
                Self { session, reader }
            }

            /// The summary, once the stream has ended well.
            pub fn transferred(&self) -> Option<&Transferred> {
                self.reader.transferred()
            }

            /// Gives the session back. A transfer that has not ended is aborted by its next
            /// command.
            pub fn into_session(self) -> S {
                self.session
            }
        }

        impl<S> Stream for $name<S>
        where
            S: AsMut<FtpStream> + Unpin,
        {
            type Item = Result<$item>;

            fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                let Self { session, reader } = self.get_mut();
                let line = ready!(reader.poll_line(session.as_mut(), cx));
                Poll::Ready(line.map(|line| line.map(|$line| $convert)))
            }
        }

        impl<S> FusedStream for $name<S>
        where
            S: AsMut<FtpStream> + Unpin,
        {
            fn is_terminated(&self) -> bool {
                self.reader.is_ended()
            }
        }

        impl<S> fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    .field("reader", &self.reader)
                    .finish_non_exhaustive()
            }
        }
    };
}

/// The lines of a text or a listing, as they came, without their ends. An error is the last item,
/// and the stream ends without one only when the transfer was complete.
pub struct Lines<S> {
    session: S,
    reader: LineReader,
}

line_stream!(Lines, Bytes, line => line);

/// The names of a directory's entries. An error is the last item, and the stream ends without one
/// only when the listing was complete.
pub struct Names<S> {
    session: S,
    reader: LineReader,
}

line_stream!(Names, Name, line => Name::from(line));

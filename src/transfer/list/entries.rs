//! Entries as they come.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures::{Stream, stream::FusedStream};
use tracing::warn;

use super::doubt::Ahead;
use crate::{
    error::{Error, ProtocolError, Result},
    listing::{Entry, EntryKind, Line, Parser},
    protocol::Name,
    session::FtpStream,
    transfer::{lines::LineReader, options::Transferred},
};

/// How many lines that were not understood are kept.
const KEPT: usize = 64;

/// A directory's entries, one after the other, in constant memory.
///
/// An error is the last item, and the stream ends without one only when the listing was complete.
/// A line that no dialect knows is no entry; it is counted and kept in
/// [`unknown`](Self::unknown), or an error where
/// [`ListOptions::strict`](crate::ListOptions::strict) asks for that.
///
/// # Cancel safety
/// As [`Download`](crate::Download).
pub struct Entries<S> {
    session: S,
    listing: Listing,
}

/// The same without the session.
#[derive(Debug)]
pub(super) struct Listing {
    reader: LineReader,
    parser: Parser,
    strict: bool,
    /// Whether entries for the directory itself and its parent are passed on.
    with_dots: bool,
    /// Whether there was an entry for the directory itself.
    shows_itself: bool,
    /// What was read ahead.
    ahead: VecDeque<Result<Entry>>,
    /// How many entries have been passed on.
    count: u64,
    unknown: Vec<Name>,
    unknown_count: u64,
    ended: bool,
    failure: Option<Error>,
}

impl Listing {
    pub(super) fn new(reader: LineReader, parser: Parser, strict: bool) -> Self {
        Self {
            reader,
            parser,
            strict,
            with_dots: false,
            shows_itself: false,
            ahead: VecDeque::new(),
            count: 0,
            unknown: Vec::new(),
            unknown_count: 0,
            ended: false,
            failure: None,
        }
    }

    /// Passes on the entries for the directory itself and its parent, too.
    pub(super) fn with_dots(mut self) -> Self {
        self.with_dots = true;
        self
    }

    /// Whether there was an entry for the directory itself so far.
    pub(super) fn shows_itself(&self) -> bool {
        self.shows_itself
    }

    /// The same, unless it has failed already.
    pub(super) fn unless_failed(self) -> Result<Self> {
        match &self.failure {
            Some(error) => Err(error.clone()),
            None => Ok(self),
        }
    }

    pub(super) async fn next(&mut self, session: &mut FtpStream) -> Option<Result<Entry>> {
        poll_fn(|cx| self.poll_next(session, cx)).await
    }

    pub(super) fn poll_next(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Entry>>> {
        let next = match self.ahead.pop_front() {
            Some(entry) => Some(entry),
            None => ready!(self.poll_line(session, cx)),
        };
        self.count += u64::from(matches!(next, Some(Ok(_))));
        Poll::Ready(next)
    }

    fn poll_line(
        &mut self,
        session: &mut FtpStream,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Entry>>> {
        while !self.ended {
            let parsed = match ready!(self.reader.poll_line(session, cx)) {
                Some(Ok(line)) => self.parser.parse(line),
                Some(Err(error)) => return self.fail(error),
                None => {
                    self.ended = true;
                    // A line that waited for another one, as in OpenVMS's listings.
                    match self.parser.finish() {
                        Some(line) => line,
                        None => break,
                    }
                }
            };
            if let Line::Entry(entry) = &parsed {
                self.shows_itself |= entry.kind() == EntryKind::CurrentDirectory;
            }
            match parsed {
                Line::Entry(entry) if self.with_dots || !is_dot(&entry) => {
                    return Poll::Ready(Some(Ok(entry)));
                }
                Line::Unknown(line) => {
                    if let Err(error) = self.note_unknown(line) {
                        return self.fail(error);
                    }
                }
                _ => {}
            }
        }
        Poll::Ready(None)
    }

    /// Ends with this error, which is an item now and the answer later.
    fn fail(&mut self, error: Error) -> Poll<Option<Result<Entry>>> {
        self.ended = true;
        self.failure = Some(error.clone());
        Poll::Ready(Some(Err(error)))
    }

    /// What came of it, once it has ended.
    fn summary(&self) -> Result<Listed> {
        match (&self.failure, self.reader.transferred()) {
            (Some(error), _) => Err(error.clone()),
            (None, Some(transferred)) => Ok(Listed {
                entries: self.count,
                unknown: self.unknown_count,
                transferred: transferred.clone(),
            }),
            (None, None) => Err(Error::Unsupported("finishing a listing that did not end")),
        }
    }

    fn note_unknown(&mut self, line: Bytes) -> Result<()> {
        let line = Name::from(line);
        if self.strict {
            return Err(ProtocolError::Listing(line).into());
        }
        warn!(?line, "a listing line that no dialect knows");
        self.unknown_count += 1;
        if self.unknown.len() < KEPT {
            self.unknown.push(line);
        }
        Ok(())
    }
}

impl Ahead for Listing {
    fn count_ahead(&self) -> usize {
        self.ahead.len()
    }

    fn name_ahead(&self) -> Option<Name> {
        let first = self.ahead.front()?;
        first.as_ref().ok().map(Entry::name)
    }

    fn poll_ahead(&mut self, session: &mut FtpStream, cx: &mut Context<'_>) -> Poll<bool> {
        let entry = ready!(self.poll_line(session, cx));
        let has_more = entry.is_some();
        self.ahead.extend(entry);
        Poll::Ready(has_more)
    }

    fn was_silent(&self) -> bool {
        self.reader.was_silent()
    }
}

fn is_dot(entry: &Entry) -> bool {
    matches!(
        entry.kind(),
        EntryKind::CurrentDirectory | EntryKind::ParentDirectory
    )
}

impl<S> Entries<S>
where
    S: AsMut<FtpStream>,
{
    pub(super) fn new(session: S, listing: Listing) -> Self {
        Self { session, listing }
    }

    /// The lines that no dialect knew, the first 64 of them.
    pub fn unknown(&self) -> &[Name] {
        &self.listing.unknown
    }

    /// How many lines no dialect knew.
    pub fn unknown_count(&self) -> u64 {
        self.listing.unknown_count
    }

    /// The summary, once the stream has ended well.
    pub fn transferred(&self) -> Option<&Transferred> {
        self.listing.reader.transferred()
    }

    /// Reads what is left and says what came of the listing as a whole.
    ///
    /// # Errors
    /// What ended the listing early, also when that has been told before.
    ///
    /// # Cancel safety
    /// Dropping the future loses the entries that it has read, and not their count.
    pub async fn finish(&mut self) -> Result<Listed> {
        while let Some(entry) = self.listing.next(self.session.as_mut()).await {
            entry?;
        }
        self.listing.summary()
    }

    /// Gives the session back. A listing that has not ended is aborted by its next command.
    pub fn into_session(self) -> S {
        self.session
    }
}

/// A listing that is complete.
#[derive(Debug, Clone)]
pub struct Listed {
    entries: u64,
    unknown: u64,
    transferred: Transferred,
}

impl Listed {
    /// How many entries it had.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// How many of its lines no dialect knew; each may have been an entry.
    pub fn unknown(&self) -> u64 {
        self.unknown
    }

    /// What is known of the transfer of any kind.
    pub fn transferred(&self) -> &Transferred {
        &self.transferred
    }
}

impl<S> Stream for Entries<S>
where
    S: AsMut<FtpStream> + Unpin,
{
    type Item = Result<Entry>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { session, listing } = self.get_mut();
        listing.poll_next(session.as_mut(), cx)
    }
}

impl<S> FusedStream for Entries<S>
where
    S: AsMut<FtpStream> + Unpin,
{
    fn is_terminated(&self) -> bool {
        self.listing.ahead.is_empty() && self.listing.ended
    }
}

impl<S> fmt::Debug for Entries<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries")
            .field("listing", &self.listing)
            .finish_non_exhaustive()
    }
}

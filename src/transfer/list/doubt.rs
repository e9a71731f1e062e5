//! Listings that show nothing, and what may be behind that.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};

use super::options::ListOptions;
use crate::{
    error::{Error, Result},
    protocol::{Argument, Command, Name, ReplyCode},
    session::FtpStream,
    transfer::lines::LineReader,
};

/// How many lines are something, whatever follows.
const SOMETHING: usize = 64;

/// A listing that can be looked at before it is passed on.
pub(super) trait Ahead: Send {
    /// How much has been read ahead.
    fn count_ahead(&self) -> usize;

    /// The name that comes first there, if it is one.
    fn name_ahead(&self) -> Option<Name>;

    /// Reads one more ahead, or the error that comes in its place; `false` at the end.
    fn poll_ahead(&mut self, session: &mut FtpStream, cx: &mut Context<'_>) -> Poll<bool>;

    /// Whether it is over and the server has said nothing in it: neither a line nor, in place of
    /// all lines, that there are none.
    fn was_silent(&self) -> bool;
}

impl Ahead for LineReader {
    fn count_ahead(&self) -> usize {
        self.lines_ahead().len()
    }

    fn name_ahead(&self) -> Option<Name> {
        let first = self.lines_ahead().front();
        first.and_then(|line| line.clone().ok()).map(Name::from)
    }

    fn poll_ahead(&mut self, session: &mut FtpStream, cx: &mut Context<'_>) -> Poll<bool> {
        self.poll_line_ahead(session, cx)
    }

    fn was_silent(&self) -> bool {
        Self::was_silent(self)
    }
}

impl FtpStream {
    /// Reads as far ahead as it takes to tell whether this can be the content of `path`: servers
    /// say nothing, or name the path itself, of a directory that is missing or unreadable.
    pub(super) async fn is_believable(
        &mut self,
        listing: &mut impl Ahead,
        path: &Argument,
    ) -> bool {
        poll_fn(|cx| {
            loop {
                let itself = listing.name_ahead().filter(|name| is_itself(name, path));
                match (listing.count_ahead(), itself) {
                    (0, _) | (1, Some(_)) => {}
                    _ => return Poll::Ready(true),
                }
                if !ready!(listing.poll_ahead(self, cx)) {
                    return Poll::Ready(false);
                }
            }
        })
        .await
    }

    /// The listing of the directory that the session is in, unless it shows nothing because the
    /// directory cannot be read.
    pub(super) async fn unless_unreadable<L: Ahead>(&mut self, mut listing: L) -> Result<L> {
        let shows = poll_fn(|cx| listing.poll_ahead(self, cx)).await;
        if !shows && listing.was_silent() {
            self.confirm_empty().await?;
        }
        Ok(listing)
    }

    /// Fails where it can be told that the directory which the session is in, and of which the
    /// server lists nothing, cannot be read.
    ///
    /// `MLSD` says so by its refusal. Without it, a directory on Unix shows at least itself where
    /// `LIST -a` is known to do that. Any other failure of what is only asked to be sure proves
    /// nothing.
    async fn confirm_empty(&mut self) -> Result<()> {
        match self.ask_features().await {
            Ok(features) if features.has("MLST") => {
                match self.list_out(Command::Mlsd(None)).await {
                    Ok(_) => return Ok(()),
                    Err(error) if error.code() == Some(ReplyCode::FILE_UNAVAILABLE) => {
                        return Err(error);
                    }
                    Err(error) => self.let_pass(error)?,
                }
            }
            Ok(_) => {}
            Err(error) => self.let_pass(error)?,
        }
        if let Err(error) = self.ask_system().await {
            self.let_pass(error)?;
        }
        let learned = &self.learned;
        if !learned.may_be_unix()
            || learned.lists_all == Some(false)
            || learned.lists_itself == Some(false)
        {
            return Ok(());
        }
        let all = Command::List(Some(Argument::new("-a")?));
        let unreadable = match self.list_out(all).await {
            Ok(all) if all.was_silent() => Error::Unreadable,
            Ok(_) => return Ok(()),
            // Of the directory, or of the switch.
            Err(refusal @ Error::Permanent(_)) if !self.is_broken() => refusal,
            Err(error) => return self.let_pass(error),
        };
        if self.lists_itself().await? {
            Err(unreadable)
        } else {
            Ok(())
        }
    }

    /// Whether `LIST -a` shows a directory itself, and `LIST` does not: tried once in `/`.
    ///
    /// # Errors
    /// The server's refusal to come back to where the session is.
    async fn lists_itself(&mut self) -> Result<bool> {
        if self.learned.lists_itself.is_none() {
            match self.pwd().await {
                // Somebody may have removed it; then there is no way back.
                Ok(home) if !home.is_empty() => {
                    self.demand(&Command::Cwd(Argument::new(home)?)).await?;
                    let tried = match self.enter(Argument::new("/")?).await {
                        Ok(()) => self.lists_all(&ListOptions::new()).await.map(drop),
                        refused => refused,
                    };
                    if let Err(error) = tried {
                        // Not again for every directory, whatever was wrong.
                        self.learned.lists_itself.get_or_insert(false);
                        self.let_pass(error)?;
                    }
                }
                Ok(_) => {}
                Err(error) => self.let_pass(error)?,
            }
        }
        Ok(*self.learned.lists_itself.get_or_insert(false))
    }

    /// Lists to the end, or as far as it takes to see that there is something.
    async fn list_out(&mut self, command: Command) -> Result<LineReader> {
        let mut reader = self.open_lines_at(command, true).await?;
        for _ in 0..SOMETHING {
            match poll_fn(|cx| reader.poll_line(self, cx)).await {
                Some(line) => drop(line?),
                None => break,
            }
        }
        Ok(reader)
    }

    fn let_pass(&self, error: Error) -> Result<()> {
        match error {
            // A success that says no is an answer, and silence is for the caller to judge.
            Error::Unexpected(_) | Error::Timeout(_) | Error::Unconfirmed { .. } => Err(error),
            _ if self.is_broken() => Err(error),
            _ => Ok(()),
        }
    }
}

/// Whether a name in the listing of `path` is that path and not something in it.
fn is_itself(name: &Name, path: &Argument) -> bool {
    let path = path.as_bytes();
    let trimmed = path.strip_suffix(b"/").unwrap_or(path);
    let last = trimmed
        .rsplit(|&byte| byte == b'/')
        .next()
        .unwrap_or_default();
    [path, trimmed, last].contains(&name.as_bytes())
}

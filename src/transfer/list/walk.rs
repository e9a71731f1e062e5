//! Whole trees.

use std::{collections::VecDeque, fmt, future::poll_fn, iter, sync::Arc};

use bytes::Bytes;

use super::{entries::Listing, options::ListOptions};
use crate::{
    error::{Error, ProtocolError, Result},
    listing::Entry,
    protocol::{Argument, Name},
    session::FtpStream,
    transfer::metadata::join,
};

/// How a tree is walked.
#[derive(Debug, Clone)]
pub struct WalkOptions {
    list: ListOptions,
    depth: usize,
    waiting: usize,
}

impl Default for WalkOptions {
    fn default() -> Self {
        Self {
            list: ListOptions::default(),
            depth: 64,
            waiting: 100_000,
        }
    }
}

impl WalkOptions {
    /// The defaults: 64 levels, and up to 100,000 directories waiting to be listed.
    pub fn new() -> Self {
        Self::default()
    }

    /// How each directory is listed. Defaults to [`ListOptions::default`].
    pub fn list(mut self, options: ListOptions) -> Self {
        self.list = options;
        self
    }

    /// How many levels below the first directory are entered. What lies deeper is named and not
    /// entered. Defaults to 64.
    pub fn depth(mut self, levels: usize) -> Self {
        self.depth = levels;
        self
    }

    /// How many directories may wait to be listed, which is what a walk keeps in memory. More are
    /// an error. Defaults to 100,000.
    pub fn waiting(mut self, directories: usize) -> Self {
        self.waiting = directories;
        self
    }
}

/// What a walk has come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    path: Name,
    depth: usize,
    entry: Entry,
}

impl Found {
    /// The path, from where the walk began and with that in front.
    pub fn path(&self) -> &Name {
        &self.path
    }

    /// How many directories lie between; 0 in the first one.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// The entry.
    pub fn entry(&self) -> &Entry {
        &self.entry
    }
}

/// A walk through a tree, directory by directory, the upper ones first.
///
/// Symbolic links are named and not followed. Some servers list a link to a directory as the
/// directory: where `MLSD` tells which one it is (`unique`, RFC 3659 section 7.5.2), one that the
/// walk is inside of already is not entered again; elsewhere a loop ends at
/// [`WalkOptions::depth`].
pub struct Walk<S> {
    session: S,
    options: WalkOptions,
    waiting: VecDeque<Directory>,
    current: Option<(Directory, Listing)>,
}

#[derive(Debug, Clone)]
struct Directory {
    path: Argument,
    depth: usize,
    trail: Option<Arc<Trail>>,
}

/// Which directory this is and which it is in, for those of which the server says it.
#[derive(Debug)]
struct Trail {
    unique: Bytes,
    above: Option<Arc<Self>>,
}

impl Directory {
    /// Whether the walk is in this directory or in one below it.
    fn is_below(&self, unique: &[u8]) -> bool {
        iter::successors(self.trail.as_ref(), |trail| trail.above.as_ref())
            .any(|trail| trail.unique == unique)
    }

    /// A directory that is in this one.
    fn inner(&self, path: Argument, unique: Option<&[u8]>) -> Self {
        let trail = match unique {
            Some(unique) => Some(Arc::new(Trail {
                unique: Bytes::copy_from_slice(unique),
                above: self.trail.clone(),
            })),
            None => self.trail.clone(),
        };
        Self {
            path,
            depth: self.depth + 1,
            trail,
        }
    }
}

impl FtpStream {
    /// Walks through the tree below `path`; `""` is the working directory.
    ///
    /// # Errors
    /// [`Error::Argument`].
    ///
    /// # Examples
    /// ```no_run
    /// use tokio_ftp::WalkOptions;
    ///
    /// # async fn run(mut ftp: tokio_ftp::FtpStream) -> tokio_ftp::Result<()> {
    /// let mut walk = ftp.walk("pub", &WalkOptions::new())?;
    /// while let Some(found) = walk.next().await? {
    ///     println!("{}", found.path());
    /// }
    /// # Ok(()) }
    /// ```
    pub fn walk(
        &mut self,
        path: impl AsRef<[u8]>,
        options: &WalkOptions,
    ) -> Result<Walk<&mut Self>> {
        Walk::open(self, path, options)
    }
}

impl<S> Walk<S>
where
    S: AsMut<FtpStream> + Send + Unpin,
{
    /// Walks with a session that the walk holds; see [`Download::open`](crate::Download::open).
    ///
    /// # Errors
    /// [`Error::Argument`].
    pub fn open(session: S, path: impl AsRef<[u8]>, options: &WalkOptions) -> Result<Self> {
        let path = Argument::new(path)?;
        Ok(Self {
            session,
            options: options.clone(),
            waiting: VecDeque::from([Directory {
                path,
                depth: 0,
                trail: None,
            }]),
            current: None,
        })
    }

    /// The next entry; `None` at the end.
    ///
    /// # Errors
    /// What keeps a directory from being listed, or from being listed to its end. The next call
    /// goes on with the next directory, unless the session is broken. [`Error::Protocol`] for an
    /// entry that names something outside its directory, and for more directories than may wait.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing: the next call goes on.
    pub async fn next(&mut self) -> Result<Option<Found>> {
        loop {
            let Some((directory, listing)) = &mut self.current else {
                // Taken off only when it is open, for whoever drops this in between.
                let Some(directory) = self.waiting.front().cloned() else {
                    return Ok(None);
                };
                let session = self.session.as_mut();
                let opened = session
                    .open_listing_at(&directory.path, &self.options.list)
                    .await;
                self.waiting.pop_front();
                self.current = Some((directory, opened?));
                continue;
            };
            let session = self.session.as_mut();
            let entry = poll_fn(|cx| listing.poll_next(session, cx)).await;
            let entry = match entry.transpose() {
                Ok(Some(entry)) => entry,
                Ok(None) => {
                    self.current = None;
                    continue;
                }
                Err(error) => {
                    self.current = None;
                    return Err(error);
                }
            };
            let depth = directory.depth;
            let path = join(&directory.path, &entry.name())?;
            let unique = entry.fact("unique");
            let is_loop = unique.is_some_and(|unique| directory.is_below(unique));
            if entry.is_dir() && depth < self.options.depth && !is_loop {
                if self.waiting.len() >= self.options.waiting {
                    return Err(Error::Protocol(ProtocolError::TooLarge {
                        what: "a queue of directories",
                        limit: self.options.waiting as u64,
                    }));
                }
                self.waiting
                    .push_back(directory.inner(path.clone(), unique));
            }
            let path = Name::from(path.as_bytes());
            return Ok(Some(Found { path, depth, entry }));
        }
    }

    /// Gives the session back. A listing that has not ended is aborted by its next command.
    pub fn into_session(self) -> S {
        self.session
    }
}

impl<S> fmt::Debug for Walk<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk")
            .field("waiting", &self.waiting.len())
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}

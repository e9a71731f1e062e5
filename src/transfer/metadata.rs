//! What the server knows of one path, and what takes more than one command.

use futures::StreamExt;

use super::{Entries, ListOptions};
use crate::{
    error::{ArgumentError, Error, ProtocolError, Result},
    listing::Entry,
    protocol::{Argument, Command, Name, ReplyCode},
    session::FtpStream,
};

/// How many entries of a directory are removed at a time; no more of one are held in memory.
const BATCH: usize = 10_000;

/// How many levels of directories are removed.
const LEVELS: usize = 128;

/// A directory that is being removed.
struct Level {
    path: Argument,
    /// Directories in it.
    below: Vec<Argument>,
    /// What the last listing began with.
    first: Option<Argument>,
    /// Whether it has to be listed with what is hidden.
    hidden: bool,
    /// Why it could not be removed with what is not hidden.
    refusal: Option<Error>,
}

impl Level {
    fn new(path: Argument) -> Self {
        Self {
            path,
            below: Vec::new(),
            first: None,
            hidden: false,
            refusal: None,
        }
    }
}

impl FtpStream {
    /// What the server knows of one file or directory: by `MLST` where the server has it, else
    /// from the listing of the directory that it is in.
    ///
    /// # Errors
    /// The server's refusal, for a missing file among others; [`Error::Unsupported`], on a server
    /// without `MLST`, for `/` and the like, because they are in no directory, and for files that
    /// its listings do not show.
    pub async fn metadata(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Entry> {
        let path = self.path(path).await?;
        if self.features().await?.has("MLST") {
            return self.mlst(path).await;
        }
        let (parent, name) = split(path.as_bytes());
        if is_dots(name) {
            return Err(Error::Unsupported(
                "the facts of a directory that is in no other",
            ));
        }
        let mut entries = self.list(parent).await?;
        while let Some(entry) = entries.next().await {
            let entry = entry?;
            if entry.name().as_bytes() == name {
                return Ok(entry);
            }
        }
        match self.size(path).await {
            Ok(_) => Err(Error::Unsupported(
                "the facts of a file that listings do not show",
            )),
            Err(error) if error.code().is_some_and(ReplyCode::is_unknown_command) => {
                Err(Error::NotListed)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether there is a file or directory of this path.
    ///
    /// # Errors
    /// What keeps the server from telling.
    pub async fn exists(&mut self, path: impl AsRef<[u8]> + Send) -> Result<bool> {
        let path = self.path(path).await?;
        let found = if is_dots(split(path.as_bytes()).1) {
            Err(Error::Unsupported("asking for it as for a file"))
        } else if self.features().await?.has("MLST") {
            self.mlst(&path).await.map(drop)
        } else {
            self.size(&path).await.map(drop)
        };
        match found {
            Ok(()) => return Ok(true),
            // Not a file, or the server does not tell the size of one.
            Err(Error::Permanent(_) | Error::Unsupported(_)) => {}
            Err(error) => return Err(error),
        }
        match self.enter(path.clone()).await {
            Ok(()) => self.settle().await.map(|()| true),
            Err(refusal) if refusal.is_not_found() => match found {
                // What there is but a file and a directory shows in listings only.
                Err(error) if !error.is_not_found() => match self.metadata(path).await {
                    Err(error) if error.is_not_found() => Ok(false),
                    found => found.map(|_| true),
                },
                _ => Ok(false),
            },
            Err(error) => Err(error),
        }
    }

    /// Removes a directory with all that is in it.
    ///
    /// Symbolic links are removed, not followed: whatever a listing says, a directory is entered
    /// only after the server has refused to delete it as a file.
    ///
    /// # Errors
    /// [`Error::Argument`] for an empty path; the server's refusal of any part, at which it stops;
    /// [`Error::Protocol`] for an entry that names something outside its directory, a line of a
    /// listing that is not understood, and more than 128 levels.
    ///
    /// # Cancel safety
    /// What was removed before stays removed.
    pub async fn remove_dir_all(&mut self, path: impl AsRef<[u8]> + Send) -> Result<()> {
        let path = self.path(path).await?;
        if path.is_empty() {
            return Err(Error::Argument(ArgumentError::Value("an empty path")));
        }
        if self.unlink(&path).await? {
            return Ok(());
        }
        let mut open = vec![Level::new(path)];
        while let Some(level) = open.last_mut() {
            if let Some(inner) = level.below.pop() {
                if open.len() >= LEVELS {
                    return Err(Error::Protocol(ProtocolError::TooLarge {
                        what: "a tree of directories",
                        limit: LEVELS as u64,
                    }));
                }
                open.push(Level::new(inner));
                continue;
            }
            let batch = match self.batch(level).await {
                Ok(batch) => batch,
                Err(error) if self.is_broken() => return Err(error),
                Err(error) => return Err(level.refusal.take().unwrap_or(error)),
            };
            let refusal = level.refusal.take();
            let first = batch.first().map(|(path, _)| path.clone());
            // What was deleted and is still listed would be for ever.
            let is_stuck = level.first == first;
            level.first = first;
            if batch.is_empty() || is_stuck {
                if let Some(refusal) = refusal {
                    return Err(refusal);
                }
                match self.demand(&Command::Rmd(level.path.clone())).await {
                    Ok(_) => drop(open.pop()),
                    // It may hold what is not shown, but for servers with MLSD, which show all.
                    Err(error @ (Error::Permanent(_) | Error::Temporary(_)))
                        if !level.hidden && !self.is_broken() && !self.shows_all() =>
                    {
                        level.hidden = true;
                        level.refusal = Some(error);
                    }
                    Err(error) => return Err(error),
                }
                continue;
            }
            for (inner, is_dir) in batch {
                if !is_dir {
                    self.demand(&Command::Dele(inner)).await?;
                } else if !self.unlink(&inner).await? {
                    level.below.push(inner);
                }
            }
        }
        Ok(())
    }

    fn shows_all(&self) -> bool {
        self.known_features()
            .is_some_and(|features| features.has("MLST"))
    }

    /// Deletes what may be a link to a directory; `false` for a directory.
    async fn unlink(&mut self, path: &Argument) -> Result<bool> {
        match self.demand(&Command::Dele(path.clone())).await {
            Ok(_) => Ok(true),
            Err(Error::Permanent(_) | Error::Temporary(_)) if !self.is_broken() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Some of a directory's entries, and whether each seems to be a directory.
    async fn batch(&mut self, level: &Level) -> Result<Vec<(Argument, bool)>> {
        // RMD has the last word.
        let options = ListOptions::new()
            .strict(true)
            .hidden(level.hidden)
            .may_be_unread();
        let mut listing = Entries::open(self, &level.path, &options).await?;
        let mut batch = Vec::new();
        while let Some(entry) = listing.next().await {
            let entry = entry?;
            batch.push((join(&level.path, &entry.name())?, entry.is_dir()));
            if batch.len() >= BATCH {
                break;
            }
        }
        Ok(batch)
    }
}

fn is_dots(name: &[u8]) -> bool {
    matches!(name, b"" | b"." | b"..")
}

/// A path as the directory it is in and the name that it has there.
fn split(path: &[u8]) -> (&[u8], &[u8]) {
    let path = match path {
        [] | [b'/'] => return (path, b""),
        _ => path.strip_suffix(b"/").unwrap_or(path),
    };
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(0) => (b"/", path.get(1..).unwrap_or_default()),
        Some(at) => {
            let (parent, name) = path.split_at(at);
            (parent, name.get(1..).unwrap_or_default())
        }
        None => (b"", path),
    }
}

/// An entry's path, if the entry is in its directory.
pub(super) fn join(directory: &Argument, name: &Name) -> Result<Argument> {
    let bytes = name.as_bytes();
    if bytes.contains(&b'/') || matches!(bytes, b"" | b"." | b"..") {
        return Err(Error::Protocol(ProtocolError::Listing(name.clone())));
    }
    let directory = directory.as_bytes();
    let slash: &[u8] = if directory.is_empty() || directory.ends_with(b"/") {
        b""
    } else {
        b"/"
    };
    Ok(Argument::new([directory, slash, bytes].concat())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_split_at_their_last_slash() {
        for (path, parent, name) in [
            ("a", "", "a"),
            ("a/b", "a", "b"),
            ("/a", "/", "a"),
            ("/a/b/", "/a", "b"),
            ("/", "/", ""),
            ("", "", ""),
            ("a/..", "a", ".."),
        ] {
            assert_eq!(
                split(path.as_bytes()),
                (parent.as_bytes(), name.as_bytes()),
                "{path}"
            );
        }
    }

    #[test]
    fn an_entry_stays_in_its_directory() {
        let directory = Argument::new("d").unwrap();
        assert_eq!(join(&directory, &"a".into()).unwrap().as_bytes(), b"d/a");
        for name in ["../x", "/etc/x", "a/b", "", ".", ".."] {
            assert!(join(&directory, &name.into()).is_err(), "{name}");
        }
    }
}

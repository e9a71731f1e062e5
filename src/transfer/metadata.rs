//! What the server knows of one path, and what takes more than one command.

use std::future::poll_fn;

use futures::StreamExt;

use crate::{
    error::{Error, ProtocolError, Result},
    listing::Entry,
    protocol::{Argument, Command, Name},
    session::FtpStream,
};

impl FtpStream {
    /// What the server knows of one file or directory: by `MLST` where the server has it, else
    /// from the listing of the directory that it is in.
    ///
    /// # Errors
    /// The server's refusal, for a missing file among others; [`Error::Unsupported`] for `/` and
    /// the like on a server without `MLST`, because they are in no directory.
    pub async fn metadata(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Entry> {
        let path = self.path(path).await?;
        if self.features().await?.has("MLST") {
            return self.mlst(path).await;
        }
        let (parent, name) = split(path.as_bytes());
        if matches!(name, b"" | b"." | b"..") {
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
        // Not there; the server finds the words.
        let reply = self.call(&Command::Size(path)).await?;
        Err(Error::from_reply(reply))
    }

    /// Whether there is a file or directory of this path.
    ///
    /// # Errors
    /// What keeps the server from telling.
    pub async fn exists(&mut self, path: impl AsRef<[u8]> + Send) -> Result<bool> {
        let path = self.path(path).await?;
        if matches!(split(path.as_bytes()).1, b"" | b"." | b"..") {
            return match self.enter(path).await {
                Ok(()) => self.settle().await.map(|()| true),
                Err(error) if error.is_not_found() => Ok(false),
                Err(error) => Err(error),
            };
        }
        match self.metadata(path).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes a directory with all that is in it. Symbolic links are removed, not followed.
    ///
    /// # Errors
    /// The server's refusal of any part, at which it stops; [`Error::Protocol`] for an entry that
    /// names something outside its directory, or a line of a listing that is not understood.
    ///
    /// # Cancel safety
    /// What was removed before stays removed.
    pub async fn remove_dir_all(&mut self, path: impl AsRef<[u8]> + Send) -> Result<()> {
        let path = self.path(path).await?;
        // A directory is met twice: to be emptied, and when what is in it is gone.
        let mut waiting = vec![(path, false)];
        while let Some((path, is_empty)) = waiting.pop() {
            if is_empty {
                self.demand(&Command::Rmd(path)).await?;
                continue;
            }
            let entries = self.entries_of(&path).await?;
            waiting.push((path.clone(), true));
            for entry in entries {
                let inner = join(&path, &entry.name())?;
                if entry.is_dir() {
                    waiting.push((inner, false));
                } else {
                    self.demand(&Command::Dele(inner)).await?;
                }
            }
        }
        Ok(())
    }

    async fn entries_of(&mut self, path: &Argument) -> Result<Vec<Entry>> {
        let mut listing = self.list(path).await?;
        let mut entries = Vec::new();
        while let Some(entry) = poll_fn(|cx| listing.poll_next_unpin(cx)).await {
            entries.push(entry?);
        }
        match listing.unknown() {
            [] => Ok(entries),
            [line, ..] => Err(Error::Protocol(ProtocolError::Listing(line.clone()))),
        }
    }
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
fn join(directory: &Argument, name: &Name) -> Result<Argument> {
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

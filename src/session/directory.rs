//! Directories.

use super::FtpStream;
use crate::{
    error::{Error, ProtocolError, Result},
    protocol::{Argument, Command, Name, unquote},
};

impl FtpStream {
    /// Changes the working directory (`CWD`, RFC 959 section 4.1.1).
    ///
    /// `..` goes as `CDUP`, and as `CWD ..` where the server does not know that; an empty path
    /// goes as `CWD .`.
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    pub async fn cwd(&mut self, path: impl AsRef<[u8]> + Send) -> Result<()> {
        let path = self.path(path).await?;
        match path.as_bytes() {
            b".." => self.cdup().await,
            b"" => self
                .demand(&Command::Cwd(Argument::new(".")?))
                .await
                .map(drop),
            _ => self.demand(&Command::Cwd(path)).await.map(drop),
        }
    }

    /// Changes to the parent directory (`CDUP`; `CWD ..` where the server does not know that).
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn cdup(&mut self) -> Result<()> {
        let reply = self.call(&Command::Cdup).await?;
        if reply.code().is_completion() {
            Ok(())
        } else if matches!(u16::from(reply.code()), 500 | 502 | 504) {
            self.demand(&Command::Cwd(Argument::new("..")?))
                .await
                .map(drop)
        } else {
            Err(Error::from_reply(reply))
        }
    }

    /// The working directory (`PWD`).
    ///
    /// # Errors
    /// [`Error::Protocol`] when the reply holds no path; the server's refusal.
    pub async fn pwd(&mut self) -> Result<Name> {
        let reply = self.demand(&Command::Pwd).await?;
        unquote(reply.first_line()).ok_or(Error::Protocol(ProtocolError::Malformed(reply)))
    }

    /// Makes a directory (`MKD`), and gives back its path as the server names it, if it does.
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    pub async fn mkd(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Option<Name>> {
        let path = self.path(path).await?;
        let reply = self.demand(&Command::Mkd(path)).await?;
        Ok(unquote(reply.first_line()))
    }

    /// Makes a directory and those above it, as far as they are not there (`MKD`).
    ///
    /// # Errors
    /// [`Error::Argument`], or the server's refusal to make what is then not there.
    pub async fn create_dir_all(&mut self, path: impl AsRef<[u8]> + Send) -> Result<()> {
        let path = self.path(path).await?;
        if path.is_empty() || self.make(path.clone()).await.is_ok() {
            return Ok(());
        }
        for prefix in prefixes(path.as_bytes()) {
            // What is there already is refused too, in words that differ from server to server.
            match self.make(Argument::new(prefix)?).await {
                Ok(()) | Err(Error::Permanent(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let refusal = match self.make(path.clone()).await {
            Ok(()) => return Ok(()),
            Err(Error::Permanent(reply)) => Error::Permanent(reply),
            Err(error) => return Err(error),
        };
        match self.enter(path).await {
            Ok(()) => self.settle().await,
            Err(Error::Permanent(_)) => Err(refusal),
            Err(error) => Err(error),
        }
    }

    async fn make(&mut self, path: Argument) -> Result<()> {
        self.demand(&Command::Mkd(path)).await.map(drop)
    }

    /// Goes to a directory for as long as it takes: the next command comes back first, also when
    /// this one is cancelled.
    pub(crate) async fn enter(&mut self, path: Argument) -> Result<()> {
        let home = Argument::new(self.pwd().await?)?;
        let path = if path.is_empty() {
            Argument::new(".")?
        } else {
            path
        };
        self.away = Some(home);
        let reply = self.control.exchange(&Command::Cwd(path)).await?;
        if reply.code().is_completion() {
            Ok(())
        } else {
            self.away = None;
            Err(Error::from_reply(reply))
        }
    }

    /// Removes an empty directory (`RMD`).
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    pub async fn rmd(&mut self, path: impl AsRef<[u8]> + Send) -> Result<()> {
        let path = self.path(path).await?;
        self.demand(&Command::Rmd(path)).await.map(drop)
    }
}

/// The paths of the directories above `path`, the uppermost first.
fn prefixes(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = path
        .iter()
        .enumerate()
        .skip(1)
        .filter(|&(_, &byte)| byte == b'/');
    ends.filter_map(|(end, _)| path.get(..end))
        .filter(|prefix| !prefix.ends_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directories_above_a_path() {
        for (path, want) in [
            ("a/b/c", &["a", "a/b"][..]),
            ("/a/b", &["/a"]),
            ("a//b/", &["a", "a//b"]),
            ("a", &[]),
            ("/", &[]),
            ("", &[]),
        ] {
            let got: Vec<_> = prefixes(path.as_bytes()).collect();
            let want: Vec<_> = want.iter().map(|prefix| prefix.as_bytes()).collect();
            assert_eq!(got, want, "{path}");
        }
    }
}

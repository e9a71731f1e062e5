//! Names alone.

use super::{doubt::Ahead, open::list_argument};
use crate::{
    error::{Error, Result},
    protocol::{Argument, Command, ReplyCode},
    session::FtpStream,
    transfer::{Names, lines::LineReader},
};

impl FtpStream {
    /// The names of a directory's entries (`NLST`, RFC 959 section 4.1.3); of a file its own.
    ///
    /// Servers differ in whether the path stands before each name, in whether `.` and `..` are
    /// among them, and in whether they take a path for a pattern. As with [`list`](Self::list), no
    /// names are not believed: a directory that is missing or cannot be read is an error and not an
    /// empty one, and so is a pattern that nothing matches.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn nlst(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Names<&mut Self>> {
        let path = self.path(path).await?;
        let reader = self.open_names(path).await?;
        Ok(Names::new(self, reader))
    }

    async fn open_names(&mut self, path: Argument) -> Result<LineReader> {
        let argument = list_argument(path.clone())?.if_any();
        let mut names = self.open_lines(Command::Nlst(argument)).await?;
        if path.is_empty() {
            return self.unless_unreadable(names).await;
        }
        if self.is_believable(&mut names, &path).await {
            return Ok(names);
        }
        let names_itself = names.count_ahead() > 0;
        if names_itself && self.may_be_file(path.clone()).await? {
            return Ok(names);
        }
        self.enter(path).await?;
        let names = self.open_lines_at(Command::Nlst(None), true).await?;
        self.unless_unreadable(names).await
    }

    /// Whether `path` may be a file; it may for who cannot tell.
    async fn may_be_file(&mut self, path: Argument) -> Result<bool> {
        match self.size(path).await {
            Ok(_) => Ok(true),
            Err(error @ (Error::Temporary(_) | Error::Permanent(_))) if !self.is_broken() => {
                Ok(error.code().is_some_and(ReplyCode::is_unknown_command))
            }
            Err(error) => Err(error),
        }
    }
}

//! Asking for a listing.

use super::{
    entries::{Entries, Listing},
    options::ListOptions,
};
use crate::{
    error::{Error, ProtocolError, Result},
    listing::{Entry, Parser, parse_mlst},
    protocol::{Argument, Command, Reply, ReplyCode, RepresentationType},
    session::FtpStream,
    transfer::{
        Lines, Rejected, TransferOptions,
        data::{Direction, Plan},
        lines::LineReader,
        receiver::Receiver,
    },
};

/// What servers say, as a 450 or a 550, of a directory that is there and empty.
const EMPTY: [&str; 6] = [
    "no files found",
    "no files in",
    "directory is empty",
    "empty directory",
    "no data sets found",
    "no members found",
];

impl FtpStream {
    /// A directory's entries, by `MLSD` where the server has it, else by `LIST`; `""` is the
    /// working directory.
    ///
    /// Servers answer `LIST` of a missing or unreadable directory with success and nothing, or
    /// with the directory's own name. That is not believed: the directory is entered and listed
    /// from inside, and whether it can be entered is the answer. One that can be entered and not
    /// read is told from an empty one by what the server says (vsftpd, Pure-FTPd), or because
    /// `LIST -a` does not show the directory itself where it shows others. That costs one listing
    /// more for each directory which seems to be empty, where `MLSD` is not there, and once a
    /// session two of `/`.
    ///
    /// # Errors
    /// [`Error::Argument`]; the server's refusal; a data connection that cannot be made;
    /// [`Error::Unreadable`] where only silence tells.
    ///
    /// # Examples
    /// ```no_run
    /// use futures::TryStreamExt;
    ///
    /// # async fn run(mut ftp: tokio_ftp::FtpStream) -> tokio_ftp::Result<()> {
    /// let mut entries = ftp.list("pub").await?;
    /// while let Some(entry) = entries.try_next().await? {
    ///     println!("{:>12} {}", entry.size().unwrap_or(0), entry.name());
    /// }
    /// # Ok(()) }
    /// ```
    #[doc(alias = "dir")]
    pub async fn list(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Entries<&mut Self>> {
        Ok(Entries::open(self, path, &ListOptions::new()).await?)
    }

    /// A directory's entries by `MLSD` (RFC 3659 section 7), those for the directory itself and
    /// its parent included where the server sends them.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    pub async fn mlsd(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Entries<&mut Self>> {
        let path = self.path(path).await?.if_any();
        let reader = self.open_lines(Command::Mlsd(path)).await?;
        let listing = Listing::new(reader, Parser::mlsx(), false).with_dots();
        Ok(Entries::new(self, listing))
    }

    /// Chooses the facts that `MLSD` and `MLST` tell from now on (`OPTS MLST`, RFC 3659 section
    /// 7.9), as in `["type", "size", "modify"]`. Servers leave out those that they do not know.
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    pub async fn set_facts(&mut self, facts: &[&str]) -> Result<()> {
        let mut line = String::from("MLST ");
        for fact in facts {
            line.push_str(fact);
            line.push(';');
        }
        self.demand(&Command::Opts(Argument::new(line)?))
            .await
            .map(drop)
    }

    /// The lines of `LIST` as the server sends them.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    #[doc(alias = "print_line")]
    pub async fn list_raw(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Lines<&mut Self>> {
        let path = list_argument(self.path(path).await?)?.if_any();
        let reader = self.open_lines(Command::List(path)).await?;
        Ok(Lines::new(self, reader))
    }

    /// What the server knows of one file or directory (`MLST`, RFC 3659 section 7), over the
    /// control connection.
    ///
    /// # Errors
    /// [`Error::Argument`]; the server's refusal; [`Error::Protocol`] when the reply has no entry.
    pub async fn mlst(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Entry> {
        let path = self.path(path).await?.if_any();
        let reply = self.demand(&Command::Mlst(path)).await?;
        // The entry stands on the line between the first and the last.
        let line = reply.lines().nth(1).map(bytes::Bytes::copy_from_slice);
        line.and_then(parse_mlst)
            .ok_or(Error::Protocol(ProtocolError::Malformed(reply)))
    }

    pub(in crate::transfer) async fn open_lines(&mut self, command: Command) -> Result<LineReader> {
        self.open_lines_at(command, false).await
    }

    pub(super) async fn open_lines_at(
        &mut self,
        command: Command,
        inside: bool,
    ) -> Result<LineReader> {
        let is_listing = !matches!(command, Command::Retr(_));
        let plan = Plan {
            command,
            // RFC 959 has listings as text, and servers on other systems mean it.
            representation: Some(RepresentationType::Ascii),
            offset: 0,
            direction: Direction::Down,
            inside,
        };
        match self.start(&plan).await {
            Ok(opened) => {
                let options = TransferOptions::new().ascii(true);
                Ok(LineReader::new(Receiver::new(self, &opened, &options)))
            }
            Err(Error::Temporary(reply) | Error::Permanent(reply))
                if is_listing && is_empty(&reply) && !self.is_broken() =>
            {
                Ok(LineReader::new(Receiver::empty(reply)))
            }
            Err(error) => Err(error),
        }
    }

    /// A listing of a directory that has been named before.
    pub(super) async fn open_listing_at(
        &mut self,
        path: &Argument,
        options: &ListOptions,
    ) -> Result<Listing> {
        let path = self.path(path).await?;
        self.open_listing(path, options).await
    }

    async fn open_listing(&mut self, path: Argument, options: &ListOptions) -> Result<Listing> {
        if options.allows_mlsd() && self.features().await?.has("MLST") {
            match self.open_lines(Command::Mlsd(path.clone().if_any())).await {
                Ok(reader) => return Ok(Listing::new(reader, Parser::mlsx(), options.strict)),
                // Announced and not there.
                Err(error) if error.code().is_some_and(ReplyCode::is_unknown_command) => {}
                Err(error) => return Err(error),
            }
        }
        self.open_list(path, options).await
    }

    /// The same by `LIST`.
    pub(super) async fn open_list(
        &mut self,
        path: Argument,
        options: &ListOptions,
    ) -> Result<Listing> {
        self.settle().await?;
        if options.needs_hint() {
            self.ask_system().await?;
        }
        if path.is_empty() {
            return self.list_from_inside(options).await;
        }
        // Behind a switch, a path with blanks would be several.
        if !options.hidden && !is_pattern(&path) {
            let argument = list_argument(path.clone())?;
            let reader = self.open_lines(Command::List(Some(argument))).await?;
            let mut listing = self.listing(reader, options);
            if self.is_believable(&mut listing, &path).await {
                return listing.unless_failed();
            }
        }
        self.enter(path).await?;
        self.list_from_inside(options).await
    }

    /// The listing of where the session is now.
    async fn list_from_inside(&mut self, options: &ListOptions) -> Result<Listing> {
        let switch = self.list_switch(options).await?;
        let listing = self.list_here(switch, options).await?;
        if options.may_be_unread {
            Ok(listing)
        } else {
            self.unless_unreadable(listing).await
        }
    }

    /// The same with what is given to `LIST`.
    pub(super) async fn list_here(
        &mut self,
        switch: Option<Argument>,
        options: &ListOptions,
    ) -> Result<Listing> {
        let reader = self.open_lines_at(Command::List(switch), true).await?;
        Ok(self.listing(reader, options))
    }

    fn listing(&self, reader: LineReader, options: &ListOptions) -> Listing {
        Listing::new(reader, options.parser(&self.learned), options.strict)
    }
}

impl<S> Entries<S>
where
    S: AsMut<FtpStream> + Send + Unpin,
{
    /// Lists with a session that the stream holds; see [`Download::open`](crate::Download::open).
    ///
    /// # Errors
    /// As [`FtpStream::list`]; the session comes back with the error.
    pub async fn open(
        mut session: S,
        path: impl AsRef<[u8]> + Send,
        options: &ListOptions,
    ) -> Result<Self, Rejected<S>> {
        let ftp = session.as_mut();
        let opened = match ftp.path(path).await {
            Ok(path) => ftp.open_listing(path, options).await,
            Err(error) => Err(error),
        };
        match opened {
            Ok(listing) => Ok(Self::new(session, listing)),
            Err(error) => Err(Rejected { error, session }),
        }
    }
}

/// Whether servers would take the path for a pattern, and list whatever matches it.
fn is_pattern(path: &Argument) -> bool {
    path.as_bytes()
        .iter()
        .any(|byte| b"*?[]{}~\\".contains(byte))
}

fn is_empty(reply: &Reply) -> bool {
    (reply.code() == ReplyCode::FILE_UNAVAILABLE_NOW || reply.code() == ReplyCode::FILE_UNAVAILABLE)
        && EMPTY.iter().any(|text| reply.mentions(text))
}

/// A path that begins with `-` would be read as options for `ls`.
pub(super) fn list_argument(path: Argument) -> Result<Argument> {
    if path.as_bytes().first() == Some(&b'-') {
        Ok(Argument::new([b"./", path.as_bytes()].concat())?)
    } else {
        Ok(path)
    }
}

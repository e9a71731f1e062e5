//! How a listing is asked for and read.

use std::time::SystemTime;

use crate::{
    listing::{CustomDialect, DateOrder, Dialect, Parser},
    session::Learned,
};

/// How a listing is asked for and read.
///
/// All but [`strict`](Self::strict) is about `LIST`: what `MLSD` sends needs no guess.
#[derive(Debug, Clone, Default)]
pub struct ListOptions {
    pub(super) strict: bool,
    pub(super) hidden: bool,
    /// Whether what shows nothing may just as well be unreadable.
    pub(super) may_be_unread: bool,
    offset: Option<i32>,
    date_order: Option<DateOrder>,
    dialect: Option<Dialect>,
    custom: Option<CustomDialect>,
}

impl ListOptions {
    /// The defaults: unknown lines are kept aside, times are taken for UTC.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a line that no dialect knows is an error. Defaults to `false`.
    pub fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// Whether to ask for names that begin with a period, too (`LIST -a`). Defaults to `false`.
    ///
    /// Servers that show them only then are vsftpd and others without `MLSD`. To some servers `-a`
    /// is the name of a file; so before the first such listing of a session the directory is listed
    /// both ways and compared, to the end of both, and `LIST` alone is used where `LIST -a` does
    /// not show the same and more. Where that cannot be told, as in an empty directory, it is tried
    /// again the next time.
    pub fn hidden(mut self, hidden: bool) -> Self {
        self.hidden = hidden;
        self
    }

    /// How far the server's local time is ahead of UTC, in seconds (east is positive), for the
    /// times in `LIST`. Defaults to what [`learn_offset`](crate::FtpStream::learn_offset) has
    /// found out, and without it to 0.
    pub fn server_offset(mut self, seconds: i32) -> Self {
        self.offset = Some(seconds);
        self
    }

    /// The order of the numbers in dates such as `05-06-24`. Defaults to what is usual in the
    /// dialect; see [`Parser::date_order`].
    pub fn date_order(mut self, order: DateOrder) -> Self {
        self.date_order = Some(order);
        self
    }

    /// The dialect of `LIST`. Defaults to what the first lines look like, with the server's reply
    /// to `SYST` as a hint.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = Some(dialect);
        self
    }

    /// A dialect of the caller's own, which is asked about each line first. Defaults to none.
    ///
    /// With one, [`list`](crate::FtpStream::list) goes by `LIST` also where the server has `MLSD`.
    pub fn custom(mut self, dialect: CustomDialect) -> Self {
        self.custom = Some(dialect);
        self
    }

    /// Takes a directory that cannot be read for an empty one, where the server does.
    pub(in crate::transfer) fn may_be_unread(mut self) -> Self {
        self.may_be_unread = true;
        self
    }

    /// Whether `MLSD` says what is asked for.
    pub(super) fn allows_mlsd(&self) -> bool {
        self.custom.is_none()
    }

    /// Whether the lines themselves have to show the dialect.
    pub(super) fn needs_hint(&self) -> bool {
        self.dialect.is_none()
    }

    /// A parser for what `LIST` sends, of a server of which so much is known.
    pub(super) fn parser(&self, learned: &Learned) -> Parser {
        let offset = self.offset.or(learned.list_offset).unwrap_or_default();
        let mut parser = Parser::new(SystemTime::now()).offset(offset);
        if let Some(order) = self.date_order {
            parser = parser.date_order(order);
        }
        if let Some(custom) = &self.custom {
            parser = parser.custom(custom.clone());
        }
        match (self.dialect, &learned.system) {
            (Some(dialect), _) => parser.dialect(dialect),
            (None, Some(system)) => parser.hint(system.as_bytes()),
            (None, None) => parser,
        }
    }
}

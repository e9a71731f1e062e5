//! Finding out which dialect a listing is in.

use std::time::SystemTime;

use bytes::Bytes;

use super::{
    date::Clock,
    dos,
    entry::{Entry, Fields},
    mlsx, unix,
};

/// Turns the lines of one listing into entries.
///
/// The first line that names an entry settles the dialect. Later lines are read in that one, and
/// in the others only where it does not know them, so that one odd line does not end a listing.
///
/// Give every listing a parser of its own.
#[derive(Clone, Debug)]
pub struct Parser {
    now: Option<SystemTime>,
    offset: i32,
    context: Context,
    choice: Choice,
}

/// What one line of a listing is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Line {
    /// The line names an entry.
    Entry(Entry),
    /// The line belongs to the listing and names no entry: an empty line, `total 42`.
    Skip,
    /// No dialect knows the line, which is given back.
    Unknown(Bytes),
}

/// How the lines of a listing are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// The facts of MLSD and MLST (RFC 3659, section 7).
    Mlsx,
    /// Columns as `ls -l` writes them.
    Unix,
    /// Columns as Windows' `dir` writes them.
    Dos,
}

/// What a dialect may know beside the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context {
    pub(super) clock: Clock,
    /// Whether dates such as `05-06-24` begin with the day.
    pub(super) day_first: bool,
    /// Whether the listing is in this dialect for certain, so that a line which could be many
    /// things may be read as one of it.
    pub(super) certain: bool,
}

/// What a dialect makes of a line.
#[derive(Debug)]
pub(super) enum Parsed {
    Entry(Fields),
    Noise,
    Unknown,
}

#[derive(Clone, Copy, Debug)]
enum Choice {
    Open,
    Settled(Dialect),
    Forced(Dialect),
}

impl Dialect {
    /// The dialects in the order in which a line is tried. A new one is added here and below;
    /// what could be mistaken for another comes before it.
    const ALL: [Self; 3] = [Self::Unix, Self::Dos, Self::Mlsx];

    fn read(self, line: &[u8], context: &Context) -> Parsed {
        match self {
            Self::Unix => unix::read(line, context),
            Self::Dos => dos::read(line, context),
            Self::Mlsx => mlsx::read(line, context),
        }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self {
            clock: Clock::NONE,
            day_first: false,
            certain: false,
        }
    }
}

impl Parser {
    /// A parser for what LIST sends, in whatever dialect.
    ///
    /// `now` gives a year to dates without one: they are taken for the last such day that is not
    /// more than one day ahead.
    pub fn new(now: SystemTime) -> Self {
        Self {
            now: Some(now),
            offset: 0,
            context: Context {
                clock: Clock::new(now, 0),
                ..Context::default()
            },
            choice: Choice::Open,
        }
    }

    /// A parser for what MLSD sends.
    pub fn mlsx() -> Self {
        Self {
            now: None,
            offset: 0,
            context: Context::default(),
            choice: Choice::Forced(Dialect::Mlsx),
        }
    }

    /// Reads every line in this dialect and in no other.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.choice = Choice::Forced(dialect);
        self
    }

    /// How far the server's local time is ahead of UTC, in seconds (east is positive), for the
    /// dialects that write local times. Beyond ±26 hours it is cut off.
    ///
    /// Defaults to 0.
    pub fn offset(mut self, seconds: i32) -> Self {
        self.offset = seconds;
        if let Some(now) = self.now {
            self.context.clock = Clock::new(now, seconds);
        }
        self
    }

    /// Whether dates in the manner of `05-06-24` begin with the day. A first number above 12 is
    /// always a day, and a date with periods always begins with it.
    ///
    /// Defaults to `false`, as IIS writes them.
    pub fn day_first(mut self, day_first: bool) -> Self {
        self.context.day_first = day_first;
        self
    }

    /// Reads the next line, which comes without its line break.
    pub fn parse(&mut self, line: Bytes) -> Line {
        // Offsets into a line have 32 bits.
        if u32::try_from(line.len()).is_err() {
            return Line::Unknown(line);
        }
        match self.read(&line) {
            Parsed::Entry(fields) => Line::Entry(Entry::new(line, fields)),
            Parsed::Noise => Line::Skip,
            Parsed::Unknown => Line::Unknown(line),
        }
    }

    /// The dialect of the listing: the one that was asked for, or that the lines have shown.
    pub fn settled(&self) -> Option<Dialect> {
        match self.choice {
            Choice::Open => None,
            Choice::Settled(dialect) | Choice::Forced(dialect) => Some(dialect),
        }
    }

    fn read(&mut self, line: &[u8]) -> Parsed {
        let settled = self.settled();
        // A line of blanks is an entry in MLSD: no facts, and a name of blanks.
        if line.is_empty()
            || settled != Some(Dialect::Mlsx) && line.iter().all(u8::is_ascii_whitespace)
        {
            return Parsed::Noise;
        }
        if let Some(dialect) = settled {
            let context = Context {
                certain: true,
                ..self.context
            };
            let parsed = dialect.read(line, &context);
            if !matches!(parsed, Parsed::Unknown) || matches!(self.choice, Choice::Forced(_)) {
                return parsed;
            }
        }
        for dialect in Dialect::ALL {
            if settled == Some(dialect) {
                continue;
            }
            match dialect.read(line, &self.context) {
                Parsed::Unknown => {}
                Parsed::Noise => return Parsed::Noise,
                Parsed::Entry(fields) => {
                    if settled.is_none() {
                        self.choice = Choice::Settled(dialect);
                    }
                    return Parsed::Entry(fields);
                }
            }
        }
        Parsed::Unknown
    }
}

/// Reads the entry in a reply to MLST: its middle line, with or without the one blank that the
/// reply puts before it (RFC 3659, section 7.2). `None` when it is not one.
pub fn parse_mlst(line: Bytes) -> Option<Entry> {
    match Parser::mlsx().parse(line) {
        Line::Entry(entry) => Some(entry),
        Line::Skip | Line::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIX: &str = "-rw-r--r--   1 ftp ftp 12 Jan 22  2019 unix";
    const DOS: &str = "05-20-97  03:31PM                  681 dos";
    const MLSX: &str = "type=file;size=3; mlsx";

    fn names(parser: &mut Parser, lines: &[&'static str]) -> Vec<String> {
        let read = lines.iter().map(|line| parser.parse(Bytes::from(*line)));
        read.map(|line| match line {
            Line::Entry(entry) => entry.name().to_string(),
            Line::Skip => "(skip)".to_owned(),
            Line::Unknown(line) => format!("? {}", line.escape_ascii()),
        })
        .collect()
    }

    #[test]
    fn first_entry_settles_the_dialect_and_odd_lines_are_still_read() {
        for (line, dialect) in [
            (UNIX, Dialect::Unix),
            (DOS, Dialect::Dos),
            (MLSX, Dialect::Mlsx),
        ] {
            let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
            let noise = ["", "  ", "total 3", "ls: x", line];
            assert_eq!(
                names(&mut parser, &noise[..4]),
                ["(skip)", "(skip)", "(skip)", "? ls: x"]
            );
            assert_eq!(parser.settled(), None);
            names(&mut parser, &noise[4..]);
            assert_eq!(parser.settled(), Some(dialect));
            let all = names(&mut parser, &[UNIX, DOS, MLSX, "odd"]);
            assert_eq!(all, ["unix", "dos", "mlsx", "? odd"]);
            assert_eq!(parser.settled(), Some(dialect));
        }
    }

    #[test]
    fn a_forced_dialect_is_the_only_one() {
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH).dialect(Dialect::Dos);
        let all = names(&mut parser, &[DOS, MLSX, ""]);
        assert_eq!(all, ["dos", "? type=file;size=3; mlsx", "(skip)"]);
        let all = names(&mut Parser::mlsx(), &[MLSX, DOS, "total 3", "", " "]);
        assert_eq!(
            all,
            [
                "mlsx",
                "? 05-20-97  03:31PM                  681 dos",
                "? total 3",
                "(skip)",
                "?  ",
            ]
        );
    }

    #[test]
    fn names_without_facts_are_entries_only_where_the_dialect_is_certain() {
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
        assert_eq!(names(&mut parser, &[" odd"]), ["?  odd"]);
        assert_eq!(names(&mut parser, &[MLSX, " odd"]), ["mlsx", "odd"]);
    }

    #[test]
    fn mlst_entries_come_with_and_without_the_blank() {
        for line in ["type=dir; /a b", " type=dir; /a b"] {
            let entry = parse_mlst(Bytes::from(line)).unwrap();
            assert!(entry.is_dir());
            assert_eq!(entry.name(), "/a b");
        }
        assert_eq!(parse_mlst(Bytes::from("250 End")), None);
    }
}

//! Finding out which dialect a listing is in.

mod held;

use std::time::SystemTime;

use bytes::Bytes;

use self::held::Held;
use super::{
    custom::CustomDialect,
    date::Clock,
    dialect::{Context, Dialect, Parsed},
    entry::{Entry, Fields},
    numeric_date::DateOrder,
    system,
};

/// Turns the lines of one listing into entries.
///
/// The first line that names an entry, or that heads the columns of a dialect, settles which it
/// is. Later lines are read in that one, and in the others only where it does not know them, so
/// that one odd line does not end a listing.
///
/// Give every listing a parser of its own, and call [`finish`](Self::finish) behind its last line.
#[derive(Clone, Debug)]
pub struct Parser {
    now: Option<SystemTime>,
    offset: i32,
    context: Context,
    choice: Choice,
    /// What the server's system speaks for, tried first while nothing is settled.
    hint: Option<Dialect>,
    custom: Option<CustomDialect>,
    held: Option<Held>,
}

/// What one line of a listing is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Line {
    /// The line names an entry.
    Entry(Entry),
    /// The line belongs to the listing and names no entry: an empty line, `total 42`, the first
    /// of two lines that are an entry together.
    Skip,
    /// No dialect knows the line, which is given back.
    Unknown(Bytes),
}

#[derive(Clone, Copy, Debug)]
enum Choice {
    Open,
    Settled(Dialect),
    Forced(Dialect),
}

impl Parser {
    /// A parser for what LIST sends, in whatever dialect.
    ///
    /// `now` gives a year to dates without one: they are taken for the last such day that is not
    /// more than one day ahead, February 29 for the last leap day.
    pub fn new(now: SystemTime) -> Self {
        Self::with(Some(now), Clock::new(now, 0))
    }

    /// A parser for what MLSD sends.
    pub fn mlsx() -> Self {
        Self::with(None, Clock::NONE).dialect(Dialect::Mlsx)
    }

    /// Reads every line in this dialect and in no other, but for a [`custom`](Self::custom) one.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.choose(Choice::Forced(dialect));
        self
    }

    /// Has every line read by a dialect of the caller's own first, whatever else is set.
    pub fn custom(mut self, dialect: CustomDialect) -> Self {
        self.custom = Some(dialect);
        self
    }

    /// Tries the dialect of the system first that the text of the reply to SYST names, and takes
    /// lines for it that could be in it and in no other. It forces nothing: what the lines show
    /// counts more.
    pub fn hint(mut self, syst: &[u8]) -> Self {
        self.hint = system::dialect(syst);
        self
    }

    /// How far the server's local time is ahead of UTC, in seconds (east is positive), for the
    /// dialects that write local times ([`Modified::is_local`](super::Modified::is_local)), and for
    /// the lines that follow. Beyond ±26 hours it is cut off.
    ///
    /// Defaults to 0.
    pub fn offset(mut self, seconds: i32) -> Self {
        self.offset = seconds;
        if let Some(now) = self.now {
            self.context.clock = Clock::new(now, seconds);
        }
        self
    }

    /// The order of the numbers in dates such as `05-06-24`. Another one is taken where this
    /// gives no date, where periods stand between, and where a year of four digits comes first.
    ///
    /// Defaults to month first in the dialects of Windows, OS/2 and z/VM, whose servers write it so;
    /// a line that shows another order sets it for those behind. In that of IBM i, where it is a
    /// setting of the system, dates that could be several days are no times, until a line has shown
    /// the order.
    pub fn date_order(mut self, order: DateOrder) -> Self {
        self.context.date_order = Some(order);
        self
    }

    /// Reads the next line, which comes without its line break.
    ///
    /// Where an entry may have two lines (OpenVMS), what is returned may be about the line before.
    pub fn parse(&mut self, line: Bytes) -> Line {
        match self.held {
            None => self.parse_or_hold(line),
            Some(_) => self.parse_behind(line),
        }
    }

    /// The dialect of the listing: the one that was asked for, or that the lines have shown.
    pub fn settled(&self) -> Option<Dialect> {
        match self.choice {
            Choice::Open => None,
            Choice::Settled(dialect) | Choice::Forced(dialect) => Some(dialect),
        }
    }

    fn with(now: Option<SystemTime>, clock: Clock) -> Self {
        let context = Context {
            clock,
            ..Context::default()
        };
        Self {
            now,
            offset: 0,
            context,
            choice: Choice::Open,
            hint: None,
            custom: None,
            held: None,
        }
    }

    fn choose(&mut self, choice: Choice) {
        self.choice = choice;
        self.context = self.context.certain();
    }

    #[inline]
    fn parse_or_hold(&mut self, line: Bytes) -> Line {
        // Offsets into a line have 32 bits, and two lines may have to be joined.
        if i32::try_from(line.len()).is_err() {
            return Line::Unknown(line);
        }
        if let Some(custom) = &self.custom
            && let Some(line) = custom.read(&line)
        {
            return line;
        }
        let mut entry = Entry::new(line, Fields::default());
        match self.read(&entry.raw, &mut entry.fields) {
            Parsed::Entry(()) => Line::Entry(entry),
            Parsed::Noise | Parsed::Head => Line::Skip,
            Parsed::Half => self.hold(entry.raw),
            Parsed::Unknown => Line::Unknown(entry.raw),
        }
    }

    #[inline]
    fn read(&mut self, line: &[u8], fields: &mut Fields) -> Parsed<()> {
        let parsed = self.read_as_settled(line, fields);
        if let Some(dialect) = self.settled() {
            dialect.learn(line, &mut self.context);
        }
        parsed
    }

    #[inline]
    fn read_as_settled(&mut self, line: &[u8], fields: &mut Fields) -> Parsed<()> {
        let settled = self.settled();
        // A line of blanks is an entry in MLSD: no facts, and a name of blanks.
        if line.is_empty()
            || settled != Some(Dialect::Mlsx) && line.iter().all(u8::is_ascii_whitespace)
        {
            return Parsed::Noise;
        }
        if let Some(dialect) = settled {
            let parsed = dialect.read(line, &self.context, fields);
            if !matches!(parsed, Parsed::Unknown) || matches!(self.choice, Choice::Forced(_)) {
                return parsed;
            }
        }
        self.read_in_any(line, settled, fields)
    }

    /// Reads a line in all dialects but the one that is settled and does not know it.
    #[cold]
    fn read_in_any(
        &mut self,
        line: &[u8],
        settled: Option<Dialect>,
        fields: &mut Fields,
    ) -> Parsed<()> {
        let hint = self.hint.filter(|_| settled.is_none());
        let others = Dialect::ALL.iter().copied();
        let others = others.filter(|&dialect| settled != Some(dialect) && hint != Some(dialect));
        // Where lines are never one, the break between two would be a part of a name.
        let is_joined = line.contains(&b'\n');
        let all = hint.into_iter().chain(others);
        for dialect in all.filter(|dialect| dialect.joins_lines() || !is_joined) {
            let context = Context {
                certain: false,
                likely: hint == Some(dialect),
                ..self.context
            };
            *fields = Fields::default();
            match dialect.read(line, &context, fields) {
                Parsed::Unknown => {}
                // In another dialect's listing such a line is none.
                Parsed::Half | Parsed::Head if settled.is_some() => {}
                Parsed::Noise => return Parsed::Noise,
                found => {
                    let settles = !matches!(found, Parsed::Half) || dialect.is_settled_by_half();
                    if settled.is_none() && settles {
                        self.choose(Choice::Settled(dialect));
                    }
                    return found;
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

    pub(super) const UNIX: &str = "-rw-r--r--   1 ftp ftp 12 Jan 22  2019 unix";
    const DOS: &str = "05-20-97  03:31PM                  681 dos";
    const MLSX: &str = "type=file;size=3; mlsx";

    pub(super) fn names(parser: &mut Parser, lines: &[&'static str]) -> Vec<String> {
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
    fn names_without_facts_are_entries_only_where_none_has_any() {
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
        assert_eq!(names(&mut parser, &[" odd"]), ["?  odd"]);
        assert_eq!(names(&mut parser, &[MLSX, " odd"]), ["mlsx", "?  odd"]);
        let untyped = [" odd", "size=3; even", MLSX, " 226 no entry"];
        let found = names(&mut Parser::mlsx(), &untyped);
        assert_eq!(found, ["odd", "even", "mlsx", "?  226 no entry"]);
    }

    #[test]
    fn a_head_settles_the_dialect() {
        let table = [
            (
                "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
                Dialect::Mvs,
            ),
            ("Directory DISK:[A.B]", Dialect::Vms),
            (
                "  size          date       time       name",
                Dialect::VxWorks,
            ),
            (
                "File         Code             EOF  Last Modification    Owner  RWEP",
                Dialect::NonStop,
            ),
        ];
        for (head, dialect) in table {
            let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
            assert_eq!(names(&mut parser, &[head]), ["(skip)"]);
            assert_eq!(parser.settled(), Some(dialect));
        }
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
        assert_eq!(
            names(&mut parser, &[UNIX, table[1].0])[1],
            "? Directory DISK:[A.B]"
        );
    }

    #[test]
    fn a_job_above_the_head_of_its_spool_files_is_no_entry() {
        const JOB: &str = "USER1A   JOB01906 OUTPUT 1 Spool File";
        const HEAD: &str = "         ID  STEPNAME PROCSTEP C DDNAME   BYTE-COUNT";
        const FILE: &str = "         001 JES2              A JESMSGLG       978";
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
        let all = names(&mut parser, &[JOB, HEAD, FILE]);
        assert_eq!(all, ["(skip)", "(skip)", "001"]);
        assert_eq!(parser.settled(), Some(Dialect::Jes));
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
        assert_eq!(names(&mut parser, &[JOB, JOB]), ["(skip)", "JOB01906"]);
        let behind = names(&mut Parser::new(SystemTime::UNIX_EPOCH), &[UNIX, JOB]);
        assert_eq!(behind[0], "unix");
        assert!(behind[1].starts_with("? "));
    }

    #[test]
    fn an_offset_holds_for_the_lines_behind_it() {
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
        let mut time = |offset| {
            parser = parser.clone().offset(offset);
            match parser.parse(Bytes::from(DOS)) {
                Line::Entry(entry) => entry.modified().unwrap(),
                other => panic!("{other:?}"),
            }
        };
        let (first, second) = (time(0), time(3600));
        assert!(first.is_local() && second.is_local());
        let hour = first.time().duration_since(second.time()).unwrap();
        assert_eq!(hour.as_secs(), 3600);
    }

    #[test]
    fn an_order_that_a_line_shows_holds_for_what_comes_behind() {
        let months = |line: fn(&str) -> String| {
            let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
            ["05-06-24", "07-06-24", "13-06-24", "05-06-24"].map(|date| {
                match parser.parse(Bytes::from(line(date))) {
                    Line::Entry(entry) => {
                        let time = entry.modified().unwrap().time();
                        jiff::Timestamp::try_from(time).unwrap().to_string()[5..7].to_owned()
                    }
                    other => panic!("{other:?}"),
                }
            })
        };
        let dialects: [fn(&str) -> String; 3] = [
            |date| format!("{date}  10:59AM  1 name"),
            |date| format!(" 33280      A          {date}  13:49  name"),
            |date| {
                format!("NAME     EXEC     F         80          2          1 {date} 16:12:00 A")
            },
        ];
        for dialect in dialects {
            assert_eq!(
                months(dialect),
                ["05", "07", "06", "06"],
                "{}",
                dialect("?")
            );
        }
    }

    #[test]
    fn an_order_that_the_first_line_shows_holds_for_the_second() {
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
        let mut day = |line: &'static str| match parser.parse(Bytes::from(line)) {
            Line::Entry(entry) => entry.modified().unwrap().time(),
            other => panic!("{other:?}"),
        };
        let may = day("31-05-24  10:59AM  1 last of May");
        assert!(may < day("05-06-24  10:59AM  1 in June"));
    }

    #[test]
    fn a_date_order_that_one_line_shows_holds_for_the_next() {
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_710_072_000);
        let mut parser = Parser::new(now);
        let mut dated = |line: &'static str| match parser.parse(Bytes::from(line)) {
            Line::Entry(entry) => entry.modified().is_some(),
            other => panic!("{other:?}"),
        };
        assert!(!dated("PEP 1 04/03/18 18:58:16 *STMF n"));
        assert!(dated("PEP 1 04/23/18 18:58:16 *STMF n"));
        assert!(dated("PEP 1 04/03/18 18:58:16 *STMF n"));
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

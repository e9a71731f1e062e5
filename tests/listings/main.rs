//! Lines of listings as servers send them, and what each of them means.
//!
//! A file `<dialect>/<server>.txt` holds pairs of lines:
//!
//! ```text
//! > -rw-r--r--   1 ftp      ftp          1234 Jan 22  2024 notes.txt
//! = file size=1234 time=2024-01-22 mode=644 links=1 owner="ftp" group="ftp" name="notes.txt"
//! ```
//!
//! Behind `> ` stands the line as sent; `\x20` stands for a byte that an editor would lose.
//! Behind `= ` stand all fields that the entry has and no others (or `skip`, or `unknown`), so
//! that a fact which is made up fails the test. Times are UTC, as precise as the entry says, with a
//! `Z` where the line was no local time of the server.
//!
//! A file's lines are one listing. `now`, `offset` (seconds), `force` and `order` (of dates) are
//! set above it, and `settled` names the dialect that the parser must have found. What the end of
//! the listing still gives out stands below a line `end`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chunks;
mod noise;
mod properties;

use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use jiff::{Timestamp, civil, tz::TimeZone};
use tokio_ftp::listing::{DateOrder, Dialect, Entry, EntryKind, Line, Modified, Parser, Precision};

#[test]
fn every_line_means_what_the_corpus_says() {
    let mut wrong = String::new();
    let mut servers = 0;
    for path in corpus() {
        check(&path, &mut wrong);
        servers += 1;
    }
    assert!(servers > Dialect::ALL.len());
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn no_line_of_one_dialect_is_an_entry_in_another() {
    let mut wrong = String::new();
    for path in corpus() {
        let text = fs::read(&path).unwrap();
        let mut listing = Listing::default();
        for line in text.split(|&byte| byte == b'\n') {
            match line.strip_prefix(b"> ") {
                Some(raw) => check_alone(&unescape(raw), &listing, &path, &mut wrong),
                None if line.starts_with(b"settled") || line.starts_with(b"now") => {
                    listing.set(std::str::from_utf8(line).unwrap(), "");
                }
                None => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Reads a line in every dialect, whatever came before it; and without being told the dialect.
fn check_alone(raw: &Bytes, listing: &Listing, path: &Path, wrong: &mut String) {
    let own = listing.settled.unwrap();
    let open = Parser::new(listing.now.into());
    let mut found = Vec::new();
    for &dialect in Dialect::ALL {
        let mut parser = open.clone().dialect(dialect);
        let lines = [Some(parser.parse(raw.clone())), parser.finish()];
        let entries = lines.iter().flatten();
        let entries = entries
            .filter(|line| matches!(line, Line::Entry(_)))
            .count();
        assert!(entries <= 1, "{raw:?}");
        // Without facts a line of MLSD is a blank and a name, and one of members on z/OS a name:
        // only a caller who forces these dialects gets them from other listings.
        let by_force = matches!(dialect, Dialect::Mlsx | Dialect::Mvs | Dialect::Vms);
        if entries > 0 && dialect != own && !by_force {
            found.push(dialect);
        }
    }
    let mut parser = open;
    if let Line::Entry(_) = parser.parse(raw.clone())
        && parser.settled() != Some(own)
    {
        found.extend(parser.settled());
    }
    if !found.is_empty() {
        let _ = writeln!(wrong, "{}: {raw:?} is {found:?}", path.display());
    }
}

/// The files of all servers.
fn corpus() -> impl Iterator<Item = PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    let entries = |path: PathBuf| {
        fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
    };
    entries(root).filter(|path| path.is_dir()).flat_map(entries)
}

fn check(path: &Path, wrong: &mut String) {
    let text = fs::read(path).unwrap();
    let place = path.display();
    let mut listing = Listing::default();
    let mut parser = None;
    let mut found = None;
    let mut seen = Vec::new();
    let mut checked = 0;
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        if let Some(raw) = line.strip_prefix(b"> ") {
            let parser = parser.get_or_insert_with(|| listing.parser());
            let raw = unescape(raw);
            seen.extend_from_slice(&raw);
            let line = parser.parse(raw);
            seen.push(b'\n');
            assert!(
                found.is_none(),
                "{place}:{number}: the line above has no meaning"
            );
            found = Some(describe(&line, &seen));
        } else if let Some(meant) = line.strip_prefix(b"= ") {
            let meant = String::from_utf8_lossy(meant);
            let found = found.take().unwrap_or_default();
            if found != meant {
                let _ = writeln!(wrong, "{place}:{number}:\n  meant {meant}\n  found {found}");
            }
            checked += 1;
        } else if line == b"end" {
            let end = parser.as_mut().and_then(Parser::finish);
            found = end.map(|line| describe(&line, &seen));
        } else if !line.is_empty() && !line.starts_with(b"#") {
            listing.set(
                std::str::from_utf8(line).unwrap(),
                &format!("{place}:{number}"),
            );
        }
    }
    assert!(checked > 0, "{place} checks nothing");
    let mut parser = parser.unwrap();
    assert_eq!(parser.finish(), None, "{place}: the end says more");
    assert_eq!(parser.settled(), listing.settled, "{place}");
}

#[derive(Default)]
struct Listing {
    now: Timestamp,
    offset: i32,
    order: Option<DateOrder>,
    force: Option<Dialect>,
    settled: Option<Dialect>,
}

impl Listing {
    fn set(&mut self, line: &str, place: &str) {
        match line.split_once(" = ").unwrap_or((line, "")) {
            ("now", time) => self.now = time.parse().unwrap(),
            ("offset", seconds) => self.offset = seconds.parse().unwrap(),
            ("order", "month") => self.order = Some(DateOrder::MonthFirst),
            ("order", "day") => self.order = Some(DateOrder::DayFirst),
            ("order", "year") => self.order = Some(DateOrder::YearFirst),
            ("force", name) => self.force = Some(dialect(name)),
            ("settled", name) => self.settled = Some(dialect(name)),
            _ => panic!("{place}: {line}"),
        }
    }

    fn parser(&self) -> Parser {
        let mut parser = Parser::new(self.now.into()).offset(self.offset);
        if let Some(order) = self.order {
            parser = parser.date_order(order);
        }
        match self.force {
            Some(dialect) => parser.dialect(dialect),
            None => parser,
        }
    }
}

fn dialect(name: &str) -> Dialect {
    let named = |dialect: &&Dialect| format!("{dialect:?}").eq_ignore_ascii_case(name);
    match Dialect::ALL.iter().find(named) {
        Some(&dialect) => dialect,
        None => panic!("no dialect is called {name}"),
    }
}

/// What a line is said to be. It must be among those that were `seen`, each with a line break.
fn describe(line: &Line, seen: &[u8]) -> String {
    let check = |raw: &[u8]| {
        let whole = [raw, b"\n"].concat();
        assert!(seen.windows(whole.len()).any(|lines| lines == whole));
    };
    match line {
        Line::Entry(entry) => {
            check(entry.raw());
            describe_entry(entry)
        }
        Line::Skip => "skip".to_owned(),
        Line::Unknown(line) => {
            check(line);
            "unknown".to_owned()
        }
        other => panic!("{other:?}"),
    }
}

fn describe_entry(entry: &Entry) -> String {
    let mut text = match entry.kind() {
        EntryKind::File => "file",
        EntryKind::Directory => "directory",
        EntryKind::Symlink => "symlink",
        EntryKind::CurrentDirectory => "current",
        EntryKind::ParentDirectory => "parent",
        EntryKind::CharDevice => "char-device",
        EntryKind::BlockDevice => "block-device",
        EntryKind::Fifo => "fifo",
        EntryKind::Socket => "socket",
        EntryKind::Door => "door",
        EntryKind::Other => "other",
        EntryKind::Unknown => "untold",
        kind => panic!("{kind:?}"),
    }
    .to_owned();
    let mut put = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            let _ = write!(text, " {name}={value}");
        }
    };
    put("size", entry.size().map(|size| size.to_string()));
    put(
        "time",
        entry.modified().map(|modified| describe_time(&modified)),
    );
    put("mode", entry.permissions().map(|mode| format!("{mode:o}")));
    put("links", entry.links().map(|links| links.to_string()));
    put("owner", entry.owner().map(|owner| quote(owner.as_bytes())));
    put("group", entry.group().map(|group| quote(group.as_bytes())));
    for fact in ["perm", "unique"] {
        put(fact, entry.fact(fact).map(quote));
    }
    put("name", Some(quote(entry.name().as_bytes())));
    put(
        "target",
        entry.target().map(|target| quote(target.as_bytes())),
    );
    text
}

fn describe_time(modified: &Modified) -> String {
    let time = Timestamp::try_from(modified.time()).unwrap();
    let time: civil::DateTime = TimeZone::UTC.to_datetime(time);
    let mut text = match modified.precision() {
        // Midnight on the server is another time in UTC.
        Precision::Day if time.time() == civil::Time::midnight() => time.date().to_string(),
        Precision::Day => format!("{}(day)", time.strftime("%Y-%m-%dT%H:%M")),
        Precision::Minute => time.strftime("%Y-%m-%dT%H:%M").to_string(),
        Precision::Second => time.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        // One that is zero is a fraction nevertheless.
        Precision::Fraction if time.subsec_nanosecond() == 0 => {
            time.strftime("%Y-%m-%dT%H:%M:%S.0").to_string()
        }
        Precision::Fraction => time.strftime("%Y-%m-%dT%H:%M:%S%.f").to_string(),
        precision => panic!("{precision:?}"),
    };
    if !modified.is_local() {
        text.push('Z');
    }
    text
}

/// Text in quotes, every byte that is not UTF-8 as `\xHH`.
fn quote(bytes: &[u8]) -> String {
    let mut text = "\"".to_owned();
    for chunk in bytes.utf8_chunks() {
        text += chunk.valid();
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text + "\""
}

/// The bytes of a line, with `\xHH` put in place.
fn unescape(mut text: &[u8]) -> Bytes {
    let mut line = Vec::new();
    while let Some((&first, rest)) = text.split_first() {
        let escaped = text
            .strip_prefix(br"\x")
            .and_then(|code| code.get(..2))
            .and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        match escaped {
            Some(byte) => {
                line.push(byte);
                text = &text[4..];
            }
            None => {
                line.push(first);
                text = rest;
            }
        }
    }
    line.into()
}

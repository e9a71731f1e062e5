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
//! that a fact which is made up fails the test. Times are UTC, as precise as the entry says.
//!
//! A file's lines are one listing. `now`, `offset` (seconds), `force` and `day-first` are set
//! above it, and `settled` names the dialect that the parser must have found.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod properties;

use std::{fmt::Write, fs, path::Path};

use bytes::Bytes;
use jiff::{Timestamp, civil, tz::TimeZone};
use tokio_ftp::listing::{Dialect, Entry, EntryKind, Line, Modified, Parser, Precision};

#[test]
fn every_line_means_what_the_corpus_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings");
    let mut wrong = String::new();
    let mut servers = 0;
    for dialect in ["unix", "dos", "mlsx"] {
        let files = fs::read_dir(root.join(dialect)).unwrap();
        for path in files.map(|file| file.unwrap().path()) {
            check(&path, &mut wrong);
            servers += 1;
        }
    }
    assert!(servers > 0);
    assert!(wrong.is_empty(), "{wrong}");
}

fn check(path: &Path, wrong: &mut String) {
    let text = fs::read(path).unwrap();
    let place = path.display();
    let mut listing = Listing::default();
    let mut parser = None;
    let mut found = None;
    let mut checked = 0;
    for (number, line) in (1..).zip(text.split(|&byte| byte == b'\n')) {
        if let Some(raw) = line.strip_prefix(b"> ") {
            let parser = parser.get_or_insert_with(|| listing.parser());
            let raw = unescape(raw);
            let line = parser.parse(raw.clone());
            assert!(
                found.is_none(),
                "{place}:{number}: the line above has no meaning"
            );
            found = Some(describe(&line, &raw));
        } else if let Some(meant) = line.strip_prefix(b"= ") {
            let meant = String::from_utf8_lossy(meant);
            let found = found.take().unwrap_or_default();
            if found != meant {
                let _ = writeln!(wrong, "{place}:{number}:\n  meant {meant}\n  found {found}");
            }
            checked += 1;
        } else if !line.is_empty() && !line.starts_with(b"#") {
            listing.set(
                std::str::from_utf8(line).unwrap(),
                &format!("{place}:{number}"),
            );
        }
    }
    assert!(checked > 0, "{place} checks nothing");
    let settled = parser.and_then(|parser| parser.settled());
    assert_eq!(settled, listing.settled, "{place}");
}

#[derive(Default)]
struct Listing {
    now: Timestamp,
    offset: i32,
    day_first: bool,
    force: Option<Dialect>,
    settled: Option<Dialect>,
}

impl Listing {
    fn set(&mut self, line: &str, place: &str) {
        match line.split_once(" = ").unwrap_or((line, "")) {
            ("now", time) => self.now = time.parse().unwrap(),
            ("offset", seconds) => self.offset = seconds.parse().unwrap(),
            ("day-first", "") => self.day_first = true,
            ("force", name) => self.force = Some(dialect(name)),
            ("settled", name) => self.settled = Some(dialect(name)),
            _ => panic!("{place}: {line}"),
        }
    }

    fn parser(&self) -> Parser {
        let parser = Parser::new(self.now.into())
            .offset(self.offset)
            .day_first(self.day_first);
        match self.force {
            Some(dialect) => parser.dialect(dialect),
            None => parser,
        }
    }
}

fn dialect(name: &str) -> Dialect {
    match name {
        "unix" => Dialect::Unix,
        "dos" => Dialect::Dos,
        "mlsx" => Dialect::Mlsx,
        _ => panic!("no dialect is called {name}"),
    }
}

fn describe(line: &Line, raw: &[u8]) -> String {
    match line {
        Line::Entry(entry) => {
            assert_eq!(entry.raw(), raw);
            describe_entry(entry)
        }
        Line::Skip => "skip".to_owned(),
        Line::Unknown(line) => {
            assert_eq!(line, raw);
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
    match modified.precision() {
        Precision::Day => {
            // Midnight on the server is another time in UTC.
            match time.time() == civil::Time::midnight() {
                true => time.date().to_string(),
                false => format!("{}(day)", time.strftime("%Y-%m-%dT%H:%M")),
            }
        }
        Precision::Minute => time.strftime("%Y-%m-%dT%H:%M").to_string(),
        Precision::Second => time.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        Precision::Fraction => time.strftime("%Y-%m-%dT%H:%M:%S%.f").to_string(),
        precision => panic!("{precision:?}"),
    }
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

//! What holds of every listing, whatever its lines say.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio_ftp::listing::{DateOrder, Entry, Line, Parser};

/// What servers say to SYST.
const SYSTEMS: [&[u8]; 10] = [
    b"Windows_NT",
    b"VMS OpenVMS V8.4",
    b"NETWARE Type: L8",
    b"OS/400 is the remote operating system",
    b"MVS is the operating system of this server",
    b"VM is the operating system of this server",
    b"NONSTOP_OS",
    b"OS/2",
    b"OS-9",
    b"VxWorks",
];

/// How a listing is read, and its lines: 8 bytes of the time of day in seconds, 4 of the server's
/// offset, 1 of the order of dates and the system, and the rest.
pub(crate) fn split(input: &[u8]) -> Option<(Parser, Vec<Bytes>)> {
    let (now, input) = input.split_first_chunk()?;
    let (offset, input) = input.split_first_chunk()?;
    let (order, text) = input.split_first()?;
    let now = i64::from_le_bytes(*now);
    let distance = Duration::from_secs(now.unsigned_abs());
    let now = if now < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    };
    let parser = Parser::new(now?).offset(i32::from_le_bytes(*offset));
    let parser = match order & 3 {
        1 => parser.date_order(DateOrder::DayFirst),
        2 => parser.date_order(DateOrder::MonthFirst),
        3 => parser.date_order(DateOrder::YearFirst),
        _ => parser,
    };
    let parser = match SYSTEMS.get(usize::from(order >> 2)) {
        Some(system) => parser.hint(system),
        None => parser,
    };
    let lines = text.split(|&byte| byte == b'\n');
    Some((parser, lines.map(Bytes::copy_from_slice).collect()))
}

/// What comes out is what went in, each line at most once and in order; and the same comes out of
/// the same lines.
pub(crate) fn hold(mut parser: Parser, lines: &[Bytes]) {
    let again = parser.clone();
    let read = read(&mut parser, lines);
    assert_eq!(read, self::read(&mut again.clone(), lines));

    let mut left = lines.iter();
    let mut named = 0;
    let mut given = 0;
    for line in &read {
        match line {
            Line::Entry(entry) => {
                check(entry);
                named += entry.name().as_bytes().len();
                // An entry of two lines has the break between them.
                for part in entry.raw().split(|&byte| byte == b'\n') {
                    given += 1;
                    assert!(left.any(|line| line == part), "{entry:?} of {lines:?}");
                }
            }
            Line::Unknown(unknown) => {
                given += 1;
                assert!(left.any(|line| line == unknown), "{unknown:?} of {lines:?}");
            }
            _ => {}
        }
    }
    assert!(given <= lines.len());
    assert!(named <= lines.iter().map(Bytes::len).sum());
}

fn read(parser: &mut Parser, lines: &[Bytes]) -> Vec<Line> {
    let mut read = Vec::with_capacity(lines.len() + 1);
    for line in lines {
        let settled = parser.settled();
        read.push(parser.parse(line.clone()));
        assert!(settled.is_none() || settled == parser.settled());
    }
    read.extend(parser.finish());
    assert_eq!(parser.finish(), None);
    read
}

/// An entry says no more than its line.
pub(crate) fn check(entry: &Entry) {
    let raw = entry.raw();
    let name = entry.name();
    assert!(!name.is_empty(), "{entry:?}");
    assert!(!name.as_bytes().contains(&b'\n'), "{entry:?}");
    let joined = || {
        // z/VM writes a name in two columns.
        let bytes = name.as_bytes();
        let dots = (0..bytes.len()).filter(|&at| bytes[at] == b'.');
        dots.into_iter()
            .any(|at| is_in(raw, &bytes[..at]) && is_in(raw, &bytes[at + 1..]))
    };
    assert!(is_in(raw, name.as_bytes()) || joined(), "{entry:?}");
    for text in [entry.target(), entry.owner(), entry.group()] {
        let Some(text) = text else { continue };
        assert!(!text.is_empty() && is_in(raw, text.as_bytes()), "{entry:?}");
    }
    for fact in ["type", "size", "modify", "perm", "UNIX.mode"] {
        assert!(entry.fact(fact).is_none_or(|value| is_in(raw, value)));
    }
    assert!(entry.permissions().unwrap_or_default() <= 0o7777);
    let kinds = [entry.is_file(), entry.is_dir(), entry.is_symlink()];
    assert!(kinds.into_iter().filter(|&is| is).count() <= 1);
    assert!(entry.modified() == entry.clone().modified());
    assert!(!format!("{entry:?}").contains(char::is_control));
}

fn is_in(line: &[u8], part: &[u8]) -> bool {
    part.is_empty() || line.windows(part.len()).any(|window| window == part)
}

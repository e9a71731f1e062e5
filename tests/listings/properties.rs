//! What holds for every line, whatever a server sends.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use tokio_ftp::listing::{
    CustomDialect, DateOrder, Dialect, Entry, EntryBuilder, EntryKind, Line, Parser, parse_mlst,
};

/// Pieces that lead deep into the parsers when they are put together at random.
const PIECES: [&str; 101] = [
    "-rw-r--r--",
    "drwxr-xr-x",
    "lrwxrwxrwx",
    "crw-rw----+",
    " ",
    "  ",
    "\t",
    "1",
    "42",
    "18446744073709551615",
    "99999999999999999999",
    "0,",
    "8, 1",
    "1,234",
    "4.0K",
    "0x1f",
    "ftp",
    "Domain Users",
    "folder",
    "Jan",
    "Feb",
    "29",
    "31",
    "2.",
    "2023",
    "0000",
    "10:59",
    "23:59:60",
    "00:00:00.123456789",
    "+0100",
    "2024-02-30",
    "2024-01-22",
    "01-22",
    "name",
    " -> ",
    "/",
    ".",
    "..",
    "01-22-24",
    "22.01.2024",
    "10:59AM",
    "PM",
    "<DIR>",
    "<JUNCTION>",
    "[C:\\x]",
    "type=",
    "Type=OS.unix=slink:",
    "dir",
    ";",
    "=",
    "size=7;",
    "modify=20240122105900.5;",
    "UNIX.mode=0777;",
    "total ",
    "A.TXT;1",
    "B.DIR;12",
    "9/12",
    "2-JUN-1998",
    "[GROUP,OWNER]",
    "(RWED,RWE,R,)",
    "Directory A:[B]",
    "+r,s12,m1710072000,up644,/,",
    "d [R----F--]",
    "*STMF",
    "*FILE",
    "04/03/18",
    "Volume Unit Referred",
    "3390",
    "2004/06/23",
    "**NONE**",
    "PO",
    "FB",
    "Migrated",
    "01.03",
    "01A990",
    "ANY",
    "JOB01906",
    "OUTPUT",
    "EXEC",
    "V",
    "6-Apr-07",
    "255, 0",
    "\"oooo\"",
    "DIR",
    "RSA",
    "Jan-01-1980",
    "04,",
    "-C--E-----FTP",
    "2003年",
    "6月",
    "3日",
    "--------",
    "0100644",
    "040755",
    "20.20",
    "d-ewrewr",
    "1026",
    "JOBNAME JOBID OWNER",
    "001 JES2 A JESMSGLG",
    "Oct 08,",
    "2004.07.15",
];

/// A dialect that finds something in many lines, and takes ranges that need not be there.
fn by_ones(line: &Bytes) -> Option<Line> {
    let one = line.iter().position(|&byte| byte == b'1')?;
    let entry = EntryBuilder::new(line, EntryKind::File, 0..one)
        .target(one..usize::from(line[one / 2]))
        .permissions(line.len() as u32 * 64);
    Some(Line::Entry(entry.build()?))
}

fn parsers() -> impl Iterator<Item = Parser> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_710_072_000);
    let open = Parser::new(now).offset(-7200);
    let by_day = open.clone().date_order(DateOrder::DayFirst);
    let forced = Dialect::ALL
        .iter()
        .map(move |&dialect| by_day.clone().dialect(dialect));
    let hinted = [&b"OS/2"[..], b"VMS", b"MVS"].map(|system| open.clone().hint(system));
    let custom = open.clone().custom(CustomDialect::new(by_ones));
    [open, custom, Parser::mlsx()]
        .into_iter()
        .chain(hinted)
        .chain(forced)
}

/// Reads lines with every parser; nothing may panic, no line may give two entries, and no entry
/// may say more than its line.
fn hold(lines: &[Vec<u8>]) {
    for mut parser in parsers() {
        let mut read: Vec<Line> = Vec::new();
        for line in lines {
            read.push(parser.parse(Bytes::copy_from_slice(line)));
        }
        read.extend(parser.finish());
        // What comes out is what went in, each line at most once, and in order; and what does not
        // come out says nothing.
        let mut left = lines;
        for line in &read {
            let raw: &[u8] = match line {
                Line::Entry(entry) => {
                    check(entry);
                    entry.raw()
                }
                Line::Unknown(unknown) => unknown,
                _ => continue,
            };
            let found = left.iter().zip(0..).find_map(|(line, at)| {
                // A line without break was one line, and else it was two.
                match raw.strip_prefix(&line[..])? {
                    [] => Some((at, at + 1)),
                    [b'\n', rest @ ..] if left.get(at + 1)? == rest => Some((at, at + 2)),
                    _ => None,
                }
            });
            let (start, end) = found.unwrap_or_else(|| panic!("{line:?} of {lines:?}"));
            check_silent(&left[..start], left.get(start), lines);
            left = &left[end..];
        }
        check_silent(left, None, lines);
        let given: usize = read
            .iter()
            .map(|line| match line {
                Line::Entry(entry) => entry.raw().len(),
                Line::Unknown(line) => line.len(),
                _ => 0,
            })
            .sum();
        let taken: usize = lines.iter().map(|line| line.len() + 1).sum();
        assert!(given <= taken);
    }
    for line in lines {
        parse_mlst(Bytes::copy_from_slice(line));
    }
}

/// Checks that lines of which nothing came out are such as say nothing.
fn check_silent(silent: &[Vec<u8>], behind: Option<&Vec<u8>>, all: &[Vec<u8>]) {
    // Heads and sums.
    const STARTS: [&[u8]; 12] = [
        b"total",
        b"Total",
        b"Grand total",
        b"Directory",
        b"Volume",
        b"Name",
        b"JOBNAME",
        b"ID",
        b"File",
        b"size",
        b"Owner",
        b"--------",
    ];
    for (at, line) in silent.iter().enumerate() {
        let text = line.trim_ascii();
        let says_nothing = text.iter().all(|&byte| byte == b'-')
            || STARTS.iter().any(|start| text.starts_with(start))
            || text.ends_with(b"spool files")
            || text.starts_with(b"(") && text.ends_with(b")");
        // The job whose spool files are listed.
        let next = silent.get(at + 1).or(behind);
        let is_listed = next.is_some_and(|next| next.trim_ascii().starts_with(b"--------"));
        let is_job = text.windows(8).any(|word| word == b"JOB01906");
        assert!(
            says_nothing || is_job && is_listed,
            "nothing came of {:?} in {all:?}",
            line.escape_ascii().to_string()
        );
    }
}

fn check(entry: &Entry) {
    let name = entry.name();
    assert!(!name.is_empty());
    let parts = [Some(name), entry.target(), entry.owner(), entry.group()];
    let length: usize = parts.iter().flatten().map(|p| p.as_bytes().len()).sum();
    assert!(length <= entry.raw().len(), "{entry:?}");
    assert!(entry.permissions().unwrap_or_default() <= 0o7777);
    assert!(parts.iter().flatten().all(|part| !part.is_empty()));
}

/// Line breaks end a line, so that no name holds one.
fn within_line(byte: u8) -> u8 {
    if b"\r\n".contains(&byte) { b'_' } else { byte }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_without_panic(lines in vec(vec(any::<u8>(), 0..80), 1..6)) {
        hold(&lines);
    }

    #[test]
    fn lines_of_likely_pieces_are_read_without_panic(
        lines in vec(vec(prop::sample::select(&PIECES[..]), 0..16), 1..6),
    ) {
        let lines: Vec<_> = lines.iter().map(|pieces| pieces.concat().into_bytes()).collect();
        hold(&lines);
    }

    #[test]
    fn likely_pieces_in_columns_are_read_without_panic(
        lines in vec(vec(prop::sample::select(&PIECES[..]), 0..16), 1..6),
    ) {
        let lines: Vec<_> = lines.iter().map(|pieces| pieces.join(" ").into_bytes()).collect();
        hold(&lines);
    }

    #[test]
    fn names_and_sizes_come_back_exactly(
        name in vec(any::<u8>().prop_map(within_line), 1..40),
        size in any::<u64>(),
    ) {
        let heads = [
            (Dialect::Unix, format!("-rw-r--r--   1 ftp ftp {size} Jan 22 10:59 ")),
            (Dialect::Unix, format!("-rw-r--r--   1 ftp ftp {size} Jan 22  2024 ")),
            (Dialect::Unix, format!("-rw-r--r--   1 ftp ftp {size} 2024-01-22 10:59 ")),
            (Dialect::Dos, format!("01-22-24  10:59AM {size:20} ")),
            (Dialect::Mlsx, format!("type=file;size={size}; ")),
        ];
        for (dialect, head) in heads {
            let line = [head.as_bytes(), &name].concat();
            let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
            let Line::Entry(entry) = parser.parse(line.into()) else {
                panic!("{head}");
            };
            prop_assert_eq!(entry.name().into_bytes(), name.clone());
            prop_assert_eq!(entry.size(), Some(size));
            prop_assert!(entry.is_file());
            prop_assert_eq!(parser.settled(), Some(dialect));
        }
    }
}

//! Text around listings is no entry, whatever listing it stands in.

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use bytes::Bytes;
use tokio_ftp::listing::Line;

use super::{Listing, corpus, unescape};

/// Where lines of `noise.txt` are entries nevertheless, and which.
const EXCEPTIONS: [(&str, &[&str]); 4] = [
    // A line of MLSD without facts is a blank and a name (RFC 3659, section 7.2).
    ("/mlsx/untyped", &["  no such file", "   (see below)"]),
    // Members may have these names, and a member without statistics is a name only.
    ("/mvs/members", MEMBERS),
    ("/mvs/load-library", MEMBERS),
    // The last name stands alone; the line says why nothing more is known of it.
    ("/vms/multinet", &["  no such file"]),
];

const MEMBERS: &[&str] = &["NOTICE", "WARNING", "TOTAL", "NONE", "END"];

#[test]
fn no_noise_is_an_entry_as_the_first_line() {
    let mut wrong = String::new();
    let listing = Listing::default();
    for noise in lines() {
        check(&[], &noise, &listing, "first", &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn no_noise_is_an_entry_behind_the_lines_of_any_listing() {
    let mut wrong = String::new();
    for path in corpus() {
        let text = fs::read(&path).unwrap();
        let mut listing = Listing::default();
        let mut before: Vec<Bytes> = Vec::new();
        for line in text.split(|&byte| byte == b'\n') {
            if let Some(raw) = line.strip_prefix(b"> ") {
                before.push(unescape(raw));
            } else if !matches!(line, [] | [b'=' | b'#', ..] | b"end") {
                listing.set(std::str::from_utf8(line).unwrap(), "");
            }
        }
        // Behind the first line, which may be a head, and where all is known.
        for count in [1, 2, 4, before.len()] {
            let before = &before[..count.min(before.len())];
            let place = format!("{} {}", path.display(), before.len());
            for noise in lines() {
                check(before, &noise, &listing, &place, &mut wrong);
            }
        }
    }
    let wrong: BTreeSet<_> = wrong.lines().collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The lines of `noise.txt`, without what explains them.
fn lines() -> Vec<Bytes> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/listings/noise.txt");
    let text = fs::read(path).unwrap();
    let lines = text.split(|&byte| byte == b'\n');
    // A heading has a capital behind the number sign.
    let is_noise = |line: &&[u8]| !matches!(line, [] | [b'#', b' ', b'A'..=b'Z', ..]);
    lines.filter(is_noise).map(unescape).collect()
}

fn check(before: &[Bytes], noise: &Bytes, listing: &Listing, place: &str, wrong: &mut String) {
    let mut parser = listing.parser();
    for line in before {
        parser.parse(line.clone());
    }
    // The line before may wait for this one.
    let found = [
        Some(parser.parse(noise.clone())),
        Some(parser.parse(Bytes::new())),
        parser.finish(),
    ];
    let is_entry = found.iter().flatten().any(|line| match line {
        Line::Entry(entry) => entry.raw().ends_with(noise),
        _ => false,
    });
    let settled = parser.settled();
    let is_excepted = EXCEPTIONS
        .iter()
        .any(|(listing, lines)| place.contains(listing) && lines.iter().any(|line| noise == line));
    if is_entry && !is_excepted {
        let _ = writeln!(wrong, "{place} {settled:?}: {noise:?}");
    }
    if before.is_empty() && settled.is_some() {
        let _ = writeln!(wrong, "{place} settles {settled:?}: {noise:?}");
    }
}

//! The dialect of OpenVMS, in the manner of its `DIRECTORY` command.
//!
//! ```text
//! NOTES.TXT;3              9/12          2-JUN-1998 07:32:04  [GROUP,OWNER]    (RWED,RWED,RE,)
//! A_NAME_THAT_NEEDS_A_LINE_OF_ITS_OWN.TXT;12
//!                         14/15         24-JUL-2002 14:35:40  [OWNER]          (RWED,RWED,RE,)
//! PUB.DIR;1                1             8-SEP-1996 16:09     [SYSTEM]         (RWE,RWE,RE,RE)
//! ```
//!
//! Sizes are blocks of 512 bytes, in use and (behind a slash) allocated.

use memchr::{memchr, memmem, memrchr};

use super::{
    columns::{Columns, Span, is_blank, number},
    date::{Clock, TimeOfDay, time_of_day},
    dialect::{Context, Parsed},
    entry::{EntryKind, Fields},
    named_date::NamedDate,
};

const BLOCK: u64 = 512;

pub(super) fn read(line: &[u8], context: &Context) -> Parsed {
    if is_head(line) {
        return Parsed::Head;
    }
    if is_total(line) || context.certain && is_protection(line) {
        return Parsed::Noise;
    }
    let Some((fields, end)) = name(line) else {
        return Parsed::Unknown;
    };
    let rest = line[end..].trim_ascii();
    if rest.is_empty() {
        // Without a period it could be many things.
        let is_half = context.likely || memchr(b'.', line).is_some();
        return if is_half {
            Parsed::Half
        } else {
            Parsed::Unknown
        };
    }
    if is_message(rest, context) {
        return Parsed::Entry(fields);
    }
    facts(fields, end + 1, line, &context.clock).into()
}

/// What the first of two lines says alone.
pub(super) fn first_half(line: &[u8]) -> Option<Fields> {
    name(line).map(|(fields, _)| fields)
}

/// Whether a line could follow one that is a name only: most servers indent it.
pub(super) fn is_second_half(line: &[u8]) -> bool {
    let blocks = || Columns::new(line).word().and_then(size);
    line.first().copied().is_some_and(is_blank) || blocks().is_some()
}

/// The name that begins a line, and where it ends: `NAME.TYPE;VERSION`.
fn name(line: &[u8]) -> Option<(Fields, usize)> {
    let ends = |&byte: &u8| is_blank(byte) || byte == b'\n';
    let end = line.iter().position(ends).unwrap_or(line.len());
    let word = &line[..end];
    let border = memrchr(b';', word)?;
    let (name, version) = (&word[..border], number(&word[border + 1..]));
    // Other systems' names and facts may hold a semicolon, too.
    if version.is_none_or(|version| version > 32_767)
        || name.is_empty()
        || name.iter().any(|byte| b"=;:,/\\|<>\"".contains(byte))
    {
        return None;
    }
    let mut fields = Fields {
        kind: EntryKind::File,
        name: Span::new(0, end),
        ..Fields::default()
    };
    if let Some((directory @ [_, ..], kind)) = name.split_last_chunk::<4>()
        && kind.eq_ignore_ascii_case(b".DIR")
    {
        fields.kind = EntryKind::Directory;
        fields.name = Span::new(0, directory.len());
    }
    Some((fields, end))
}

fn facts(mut fields: Fields, at: usize, line: &[u8], clock: &Clock) -> Option<Fields> {
    let mut columns = Columns::behind(line, at);
    fields.size = size(columns.word()?)?;
    let date = NamedDate::day_first(columns.word()?)?;
    let mut behind = columns.clone();
    let time = match behind.word().and_then(time_of_day) {
        Some(time) => {
            columns = behind;
            time
        }
        None => TimeOfDay::UNSAID,
    };
    fields.modified = date.at(time, clock);

    let mut rest = Span::new(columns.at(), line.len()).trim(line);
    if let Some(text) = rest.of(line).strip_prefix(b"[") {
        // The server may cut a long owner off, with its bracket.
        let border = memchr(b']', text).or_else(|| memchr(b'(', text));
        let border = border.unwrap_or(text.len());
        let start = rest.start() + 1;
        let border = start + border;
        set_owners(&mut fields, Span::new(start, border).trim(line), line);
        let next = border + usize::from(line.get(border) == Some(&b']'));
        rest = Span::new(next, rest.end()).trim(line);
    }
    match rest.of(line) {
        [] => {}
        [b'(', protection @ .., b')'] => fields.permissions = permissions(protection),
        _ => return None,
    }
    Some(fields)
}

/// Blocks in use, or `None` where the server rounds to larger units (`4.5KB`).
fn size(word: &[u8]) -> Option<Option<u64>> {
    let (used, allocated) = match memchr(b'/', word) {
        Some(slash) => (&word[..slash], Some(&word[slash + 1..])),
        None => (word, None),
    };
    let is_rounded = |word: &[u8]| {
        let unit = word.strip_suffix(b"B").and_then(<[u8]>::split_last);
        unit.is_some_and(|(unit, digits)| {
            b"KMGT".contains(unit) && digits.first().is_some_and(u8::is_ascii_digit)
        })
    };
    if allocated.is_some_and(|word| number(word).is_none() && !is_rounded(word)) {
        return None;
    }
    match number(used) {
        Some(blocks) => Some(blocks.checked_mul(BLOCK)),
        None => is_rounded(used).then_some(None),
    }
}

/// `GROUP,OWNER` or `OWNER`.
fn set_owners(fields: &mut Fields, owners: Span, line: &[u8]) {
    match memrchr(b',', owners.of(line)) {
        Some(comma) => {
            let comma = owners.start() + comma;
            fields.group = Span::new(owners.start(), comma).trim(line);
            fields.owner = Span::new(comma + 1, owners.end()).trim(line);
        }
        None => fields.owner = owners,
    }
}

/// What owner, group and world may do, of `SYSTEM,OWNER,GROUP,WORLD`.
fn permissions(protection: &[u8]) -> Option<u16> {
    let mut permissions = 0;
    let mut classes = protection.split(|&byte| byte == b',');
    for class in 0..4 {
        let mut bits = 0;
        for right in classes.next()? {
            bits |= match right {
                b'R' => 4,
                b'W' => 2,
                b'E' => 1,
                b'D' | b' ' => 0,
                _ => return None,
            };
        }
        if class > 0 {
            permissions = permissions << 3 | bits;
        }
    }
    classes.next().is_none().then_some(permissions)
}

/// Whether the system says here why the user may not know more of a file that is listed.
fn is_message(rest: &[u8], context: &Context) -> bool {
    const NO_RIGHTS: [&[u8]; 3] = [
        b"no privilege for attempted operation",
        b"insufficient privilege or object protection violation",
        b"insufficient privilege or file protection violation",
    ];
    // In other listings these may be of a file that is not there.
    const NO_ACCESS: [&[u8]; 4] = [
        b"no such file",
        b"file not found",
        b"file access conflict",
        b"file currently locked by another user",
    ];
    // `%MULTINET-F-PRV, ` may come first.
    let text = match memmem::find(rest, b", ") {
        Some(comma) if rest.starts_with(b"%") => &rest[comma + 2..],
        _ => rest,
    };
    let is_in = |texts: &[&[u8]]| texts.iter().any(|known| text.eq_ignore_ascii_case(known));
    is_in(&NO_RIGHTS) || context.certain && is_in(&NO_ACCESS)
}

/// Whether the line is an entry's third, which has the protection alone.
fn is_protection(line: &[u8]) -> bool {
    line.first().copied().is_some_and(is_blank)
        && match line.trim_ascii() {
            [b'(', protection @ .., b')'] => permissions(protection).is_some(),
            _ => false,
        }
}

/// `Directory DISK:[PATH]`, or `DISK:<PATH>`, which is the same.
fn is_head(line: &[u8]) -> bool {
    line.strip_prefix(b"Directory ").is_some_and(|path| {
        let is_in = |open, close: &[u8]| {
            memchr(open, path).is_some_and(|at| path[at..].trim_ascii_end().ends_with(close))
        };
        is_in(b'[', b"]") || is_in(b'<', b">")
    })
}

/// `Total of 14 files, 128/240 blocks`, `Grand total of 2 directories, 5 files`.
fn is_total(line: &[u8]) -> bool {
    let rest = [&b"Total of "[..], b"Grand total of ", b"Total "]
        .iter()
        .find_map(|start| line.strip_prefix(*start));
    let mut columns = Columns::new(rest.unwrap_or_default());
    columns.word().and_then(number).is_some()
        && columns.word().is_some_and(|word| {
            [&b"file"[..], b"director"]
                .iter()
                .any(|things| word.starts_with(things))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str) -> String {
        let text = |span: Span| span.of(line.as_bytes()).escape_ascii().to_string();
        let fields = match read(line.as_bytes(), &Context::default()) {
            Parsed::Entry(fields) => fields,
            Parsed::Half => {
                let fields = first_half(line.as_bytes()).unwrap();
                return format!("Half {}", text(fields.name));
            }
            other => return format!("{other:?}"),
        };
        format!(
            "{:?} {:?} {} {:o} {}|{} {}",
            fields.kind,
            fields.size,
            fields.modified.is_some(),
            fields.permissions.unwrap_or_default(),
            text(fields.group),
            text(fields.owner),
            text(fields.name),
        )
    }

    #[test]
    fn entries() {
        let table = [
            (
                "A.LIS;12   9/12   2-JUN-1998 07:32:04  [GROUP,OWNER]    (RWED,RWED,RE,)",
                "File Some(4608) true 750 GROUP|OWNER A.LIS;12",
            ),
            (
                "A.;2    8  2-jun-1998 07:32  [SYSTEM] (RWED,RW,R,E)",
                "File Some(4096) true 641 |SYSTEM A.;2",
            ),
            (
                "PUB.DIR;1  1/9   12-JUN-1998 07:32:04.12",
                "Directory Some(512) true 0 | PUB",
            ),
            (
                "A.B.C;1\n   1/9   12-JUN-1998  [A, B C]",
                "File Some(512) true 0 A|B C A.B.C;1",
            ),
            (
                "A.B;1   1/9   12-JUN-1998 07:32 [AP_HTTPD,APACHE$WWW       (RWE,RWE,RE,RE)",
                "File Some(512) true 755 AP_HTTPD|APACHE$WWW A.B;1",
            ),
            (
                "A.B;1   4.5KB/9KB   31-JUN-1998 07:32 [1,2] (RWX,,,)",
                "File None false 0 1|2 A.B;1",
            ),
            (
                "A.B;1   no privilege for attempted operation",
                "File None false 0 | A.B;1",
            ),
            (
                ".DIR;1   1/9   12-JUN-1998",
                "File Some(512) true 0 | .DIR;1",
            ),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line), meant, "{line}");
        }
    }

    #[test]
    fn some_lines_are_known_only_where_the_dialect_is_certain() {
        let context = Context::default().certain();
        let read = |line: &str| read(line.as_bytes(), &context);
        for line in ["A.B;1  no such file", "A.B;1\n   %SYS-W-X, No such file"] {
            assert!(matches!(read(line), Parsed::Entry(_)), "{line}");
        }
        assert!(matches!(read("      (RWED,RWED,RE,)"), Parsed::Noise));
        for line in [
            "A.B;1  no such file in it",
            "   (RWED)",
            "(R,R,R,R)",
            "   (see below)",
        ] {
            assert!(matches!(read(line), Parsed::Unknown), "{line}");
        }
    }

    #[test]
    fn second_halves_are_indented_or_begin_with_blocks() {
        let table: [(&[u8], bool); 6] = [
            (b"    14/15  24-JUL-2002 14:35:40", true),
            (b"170774/170775  24-APR-2003 08:16:15", true),
            (b"4.5KB  24-APR-2003 08:16:15", true),
            (b"1-JUN.LIS;2  no privilege for attempted operation", false),
            (b"SHORT.TXT;1  1/9  2-JUN-1998", false),
            (b"", false),
        ];
        for (line, meant) in table {
            assert_eq!(is_second_half(line), meant, "{}", line.escape_ascii());
        }
    }

    #[test]
    fn lines_that_are_no_entry() {
        let table = [
            ("A_LONG_NAME.TXT;1", "Half A_LONG_NAME.TXT;1"),
            ("A_LONG_NAME.TXT;1  ", "Half A_LONG_NAME.TXT;1"),
            ("Directory USER1:[TEMP]", "Head"),
            ("Directory of x", "Unknown"),
            ("Total of 14 files, 128/240 blocks", "Noise"),
            ("Total 14 files", "Noise"),
            ("Grand total of 2 directories, 5 files.", "Noise"),
            ("Total of everything", "Unknown"),
            ("A.B;1   9/9  JUN-2-1998 07:32:04", "Unknown"),
            ("A.B;1   a/9  2-JUN-98 07:32:04", "Unknown"),
            (
                "A.B;1   9/9  2-JUN-1998 12:45:27 PM  [GROUP,OWNER]",
                "Unknown",
            ),
            ("file.txt;5 needs privilege now", "Unknown"),
            ("A.B;1  insufficient privilege to say so", "Unknown"),
            ("A.B;1  no such file", "Unknown"),
            ("      (RWED,RWED,RE,)", "Unknown"),
            ("A.B; 1  9/9  2-JUN-1998 07:32:04", "Unknown"),
            ("A.B;99999  9/9  2-JUN-1998 07:32:04", "Unknown"),
            ("type=file.x;1", "Unknown"),
            ("AB;1", "Unknown"),
            (" A.B;1", "Unknown"),
            ("", "Unknown"),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line), meant, "{line}");
        }
    }
}

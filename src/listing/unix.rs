//! The dialect of `ls -l`, which most servers speak, on whatever system.
//!
//! ```text
//! -rw-r--r--   1 ftp      users        1234 Jan 22 10:59 notes.txt
//! lrwxrwxrwx   1 ftp      users           9 Jan 22  2024 latest -> notes.txt
//! ```
//!
//! What stands between the permissions and the date differs: no group, no owner, names that hold
//! blanks, device numbers. So a line is read from its date, which is the first one that follows
//! a number.

use memchr::memchr_iter;

use super::{
    columns::{Columns, Span, number},
    dialect::{Context, Parsed},
    entry::{EntryKind, Fields},
    netpresenz, octal_mode,
    owners::Owners,
    permissions::kind_and_permissions,
    stamp::Stamp,
};

/// Words before the count of blocks that opens a listing, in the languages that `ls` knows.
const TOTALS: [&str; 18] = [
    "total",
    "insgesamt",
    "totale",
    "totaal",
    "totalt",
    "celkem",
    "razem",
    "celkom",
    "skupaj",
    "toplam",
    "összesen",
    "yhteensä",
    "합계",
    "итого",
    "合計",
    "总用量",
    "总计",
    "總計",
];

pub(super) fn read(line: &[u8], context: &Context, fields: &mut Fields) -> Parsed<()> {
    match set(line, context, fields) {
        Some(()) => Parsed::Entry(()),
        None => total_or_octal(line, fields),
    }
}

/// Reads what is no line of `ls -l`.
#[cold]
fn total_or_octal(line: &[u8], fields: &mut Fields) -> Parsed<()> {
    if is_total(line) {
        return Parsed::Noise;
    }
    Parsed::from(octal_mode::fields(line)).put(fields)
}

#[inline]
fn set(line: &[u8], context: &Context, fields: &mut Fields) -> Option<()> {
    let mut columns = Columns::new(line);
    let (kind, permissions) = leading(&mut columns)?;
    let mut owners = Owners::default();
    let mut column = columns.next()?;
    let (size, stamp) = loop {
        let next = columns.next()?;
        if let Some(size) = size(column.of(line))
            && let Some(stamp) = Stamp::read(next, &columns, line, &context.clock)
            && !(owners.is_empty() && is_owner_like_a_month(columns.clone(), line, context))
        {
            break (size, stamp);
        }
        owners.push(column);
        column = next;
    };

    fields.kind = kind;
    fields.name = stamp.name;
    fields.size = size;
    fields.modified = stamp.modified;
    fields.permissions = Some(permissions);
    if matches!(kind, EntryKind::CharDevice | EntryKind::BlockDevice)
        && owners.pop_major_number(line)
    {
        fields.size = None;
    }
    owners.set(fields, line);
    netpresenz::mend(fields, line);
    if kind == EntryKind::Symlink {
        set_target(fields, line);
    }
    fields.mark_dots(line);
    Some(())
}

/// Whether what seemed to be a size and a date are links, owner, group and size, and the date comes
/// behind them: `12 jan 20 4096 Mar  9 18:03 name`.
fn is_owner_like_a_month(mut columns: Columns<'_>, line: &[u8], context: &Context) -> bool {
    let (Some(_), Some(size), Some(next)) = (columns.next(), columns.word(), columns.next()) else {
        return false;
    };
    number(size).is_some() && Stamp::read(next, &columns, line, &context.clock).is_some()
}

/// Reads up to the permissions, over the inode and block numbers of `ls -is`, or what `-h` makes
/// of the latter.
fn leading(columns: &mut Columns<'_>) -> Option<(EntryKind, u16)> {
    let first = columns.word()?;
    if let Some(found) = kind_and_permissions(first) {
        return Some(found);
    }
    size(first)?;
    let mut behind = columns.clone();
    for _ in 0..2 {
        let word = behind.word()?;
        if let Some(found) = kind_and_permissions(word) {
            *columns = behind;
            return Some(found);
        }
        if size(word).is_none() {
            break;
        }
    }
    octal_mode::mode(first)
}

/// What stands before a date: a number of bytes in digits, or what only `is_other_size`.
fn size(word: &[u8]) -> Option<Option<u64>> {
    match number(word) {
        None if !is_other_size(word) => None,
        size => Some(size),
    }
}

/// A number as `ls -h` (`4.0K`, `12m`), device numbers (`109,767`) and hexadecimal device numbers
/// (`0x3000002`) are written.
fn is_other_size(word: &[u8]) -> bool {
    match word {
        [b'0', b'x', hex @ ..] => !hex.is_empty() && hex.iter().all(u8::is_ascii_hexdigit),
        [
            b'0'..=b'9',
            digits @ ..,
            b'K' | b'M' | b'G' | b'T' | b'P' | b'B' | b'k' | b'm' | b'g' | b't' | b'p' | b'b',
        ]
        | [b'0'..=b'9', digits @ ..] => digits
            .iter()
            .all(|&byte| byte.is_ascii_digit() || byte == b',' || byte == b'.'),
        _ => false,
    }
}

/// Splits `name -> target`.
///
/// When both could hold the arrow, the size decides, which is the target's length on most
/// systems; when it fits none or several, the first arrow does.
fn set_target(fields: &mut Fields, line: &[u8]) {
    let text = fields.name;
    let splits = || {
        arrows(text.of(line)).map(|(name, target)| {
            (
                Span::new(text.start(), text.start() + name),
                Span::new(text.start() + target, text.end()),
            )
        })
    };
    let mut all = splits();
    let Some(first) = all.next() else { return };
    let split = match all.next() {
        None => first,
        Some(_) => {
            let mut fitting = splits().filter(|(_, target)| {
                let length = target.end() - target.start();
                fields.size == Some(length as u64)
            });
            match (fitting.next(), fitting.next()) {
                (Some(split), None) => split,
                _ => first,
            }
        }
    };
    (fields.name, fields.target) = split;
}

/// Where ` -> ` begins and ends, behind a name that is not empty.
fn arrows(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    memchr_iter(b'>', text)
        .filter(|&tip| text[..tip].ends_with(b" -") && text[tip..].starts_with(b"> "))
        .map(|tip| (tip - 2, tip + 2))
        .filter(|&(start, _)| start > 0)
}

/// `total 42`, which opens the listing.
fn is_total(line: &[u8]) -> bool {
    let mut columns = Columns::new(line);
    let (Some(word), Some(count), None) = (columns.word(), columns.word(), columns.next()) else {
        return false;
    };
    let word = word.strip_suffix(b":").unwrap_or(word);
    size(count).is_some()
        && TOTALS
            .iter()
            .any(|total| total.as_bytes().eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind, permissions, links, owner, group, size, name and target.
    fn summary(line: &str) -> Option<String> {
        let mut fields = Fields::default();
        set(line.as_bytes(), &Context::default(), &mut fields)?;
        let text = |span: Span| span.of(line.as_bytes()).escape_ascii().to_string();
        Some(format!(
            "{:?} {:o} {:?} {}|{} {:?} {}|{}",
            fields.kind,
            fields.permissions.unwrap_or_default(),
            fields.links.get(),
            text(fields.owner),
            text(fields.group),
            fields.size,
            text(fields.name),
            text(fields.target),
        ))
    }

    fn check(table: &[(&str, &str)]) {
        for (line, meant) in table {
            assert_eq!(summary(line).as_deref(), Some(*meant), "{line}");
        }
    }

    #[test]
    fn owners_may_be_called_like_months() {
        check(&[
            (
                "drwxr-xr-x   12 jan      20           4096 Mar  9 18:03 htdocs",
                "Directory 755 Some(12) jan|20 Some(4096) htdocs|",
            ),
            (
                "-rw-r--r--    1 mar      10           2048 Mar  9  2023 report.pdf",
                "File 644 Some(1) mar|10 Some(2048) report.pdf|",
            ),
            (
                "-rw-r--r--    1 20 may 1024 Mar  9  2023 a",
                "File 644 Some(1) 20|may Some(1024) a|",
            ),
            (
                "-rw-r--r--    1 jan 0 1024 Mar  9  2023 a",
                "File 644 Some(1) jan|0 Some(1024) a|",
            ),
            // A date behind the size, and a name that begins as one.
            (
                "-rw-r--r--    1024 Jan 20 12:00 Mar  9  2023 a",
                "File 644 None | Some(1024) Mar  9  2023 a|",
            ),
        ]);
    }

    #[test]
    fn columns_before_the_date() {
        check(&[
            (
                "-rw-r--r--   1 ftp      users    5368709120 Jan 22  2019 n",
                "File 644 Some(1) ftp|users Some(5368709120) n|",
            ),
            (
                "-rw-r--r-- 1 1 3518644 May 25  2019 n",
                "File 644 Some(1) 1| Some(3518644) n|",
            ),
            (
                "-rw-r--r-- ftp users 12 May 25  2019 n",
                "File 644 None ftp|users Some(12) n|",
            ),
            (
                "-rw-r--r-- 12 May 25  2019 n",
                "File 644 None | Some(12) n|",
            ),
            (
                "-rw-r--r--   1ftp       nogroup    126552 Jan 22  2001 n",
                "File 644 None | Some(126552) n|",
            ),
            (
                " 131 8 -rw-r--r-- 1 ftp users 12 May 25  2019 n",
                "File 644 Some(1) ftp|users Some(12) n|",
            ),
            (
                "drwx------ 4 maxm Domain Users 512 Oct 2  2019 n",
                "Directory 700 Some(4) maxm|Domain Users Some(512) n|",
            ),
            (
                "drwx------ 4 Max Mustermann   Domain Users 512 Oct 2  2019 n",
                "Directory 700 Some(4) Max Mustermann|Domain Users Some(512) n|",
            ),
            (
                "-rw-r--r-- 1 ftp May 5 12 May 25  2019 n",
                "File 644 Some(1) ftp|May 5 Some(12) n|",
            ),
        ]);
    }

    #[test]
    fn sizes_for_people_are_no_sizes() {
        for size in ["4.0K", "1.5k", "12m", "1,5G", "3b", "2T", "0B", "7p"] {
            let line = format!("drwxr-xr-x 2 ftp users {size} May 25  2019 n");
            let meant = "Directory 755 Some(2) ftp|users None n|";
            assert_eq!(summary(&line).as_deref(), Some(meant), "{line}");
            let line = format!("{size} drwxr-xr-x 2 ftp users 7 May 25  2019 n");
            let meant = "Directory 755 Some(2) ftp|users Some(7) n|";
            assert_eq!(summary(&line).as_deref(), Some(meant), "{line}");
            let line = format!(" 42 {line}");
            assert_eq!(summary(&line).as_deref(), Some(meant), "{line}");
        }
        for size in ["m", ".5k", "4.0x", "4.0kk", "k4"] {
            let line = format!("drwxr-xr-x 2 ftp users {size} May 25  2019 n");
            assert_eq!(summary(&line), None, "{line}");
            let line = format!("{size} drwxr-xr-x 2 ftp users 7 May 25  2019 n");
            assert_eq!(summary(&line), None, "{line}");
        }
    }

    #[test]
    fn device_numbers_are_no_size() {
        check(&[
            (
                "crw-r----- 1 root kmem 0, 27 Jan 30  2019 n",
                "CharDevice 640 Some(1) root|kmem None n|",
            ),
            (
                "brw-------   1 root     sys      109,767 Jul  2  2004 n",
                "BlockDevice 600 Some(1) root|sys None n|",
            ),
            (
                "crw-rw-rw-  1 root  wheel  0x3000002 Jul  2  2004 n",
                "CharDevice 666 Some(1) root|wheel None n|",
            ),
        ]);
    }

    #[test]
    fn links_split_at_the_arrow_that_fits_the_size() {
        let line = |size: u32, text: &str| format!("lrwxrwxrwx 1 u g {size} May 25  2019 {text}");
        let table = [
            (1, "a -> b", "a|b"),
            (9, "a -> b", "a|b"),
            (1, "a -> b -> c", "a -> b|c"),
            (6, "a -> b -> c", "a|b -> c"),
            (0, "a -> b -> c", "a|b -> c"),
            (1, "plain", "plain|"),
            (1, " -> b", " -> b|"),
            (3, "  x  ->  y ", "  x | y "),
        ];
        for (size, text, meant) in table {
            let found = summary(&line(size, text)).unwrap();
            assert!(found.ends_with(&format!("Some({size}) {meant}")), "{found}");
        }
        check(&[(
            "-rw-r--r-- 1 u g 1 May 25  2019 a -> b",
            r"File 644 Some(1) u|g Some(1) a -> b|",
        )]);
    }

    #[test]
    fn totals_are_noise_and_the_rest_is_unknown() {
        let read = |line: &str| read(line.as_bytes(), &Context::default(), &mut Fields::default());
        for line in [
            "total 42",
            "total 1.2M",
            "Gesamt 1",
            "insgesamt 0",
            "总用量 8",
        ] {
            let noise = matches!(read(line), Parsed::Noise);
            assert_eq!(noise, line != "Gesamt 1", "{line}");
        }
        let unknown = [
            "",
            "total",
            "ls: cannot open directory",
            "-rw-r--r--   1 14       staff       80284 Aug 22  n",
            "-rw-r--r--   1 14       staff      119:26 Aug 22  2000 n",
            "drwxr-xr-x   2 root     99           4096Feb 23  2001 n",
            "-rw-r--r--   1 root     root         1 Apr 27  2001 ",
        ];
        for line in unknown {
            assert!(matches!(read(line), Parsed::Unknown), "{line}");
        }
    }
}

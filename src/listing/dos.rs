//! The dialect of Windows' `dir`, which IIS speaks by default.
//!
//! ```text
//! 01-22-24  10:59AM       <DIR>          reports
//! 01-22-2024  10:59                 1234 notes.txt
//! ```

use memchr::memmem;

use super::{
    columns::{Columns, Span, grouped_number, is_blank},
    date::{TimeOfDay, time_of_day},
    dialect::{Context, Parsed},
    entry::{EntryKind, Fields},
    modified::Precision,
    numeric_date::{DateOrder, NumericDate},
};

pub(super) fn read(line: &[u8], context: &Context) -> Parsed {
    match fields(line, context) {
        Some(fields) => Parsed::Entry(fields),
        None if is_frame(line) => Parsed::Noise,
        None => Parsed::Unknown,
    }
}

fn fields(line: &[u8], context: &Context) -> Option<Fields> {
    let mut columns = Columns::new(line);
    // Month first is what IIS writes.
    let order = context.date_order.unwrap_or(DateOrder::MonthFirst);
    let date = NumericDate::read(columns.word()?, order)?;
    let time = time(&mut columns)?;
    let mut fields = Fields {
        modified: date.at(time, &context.clock),
        ..Fields::default()
    };
    let column = columns.next()?.of(line);
    if let Some(kind) = tag(column) {
        fields.kind = kind;
        fields.name = behind_tag(column, &columns, line)?;
        if kind == EntryKind::Symlink {
            set_target(&mut fields, column, line);
        }
    } else {
        fields.kind = EntryKind::File;
        // Parentheses stand around the size of what is not on this disk (HSM, OneDrive).
        let digits = match column {
            [b'(', digits @ .., b')'] => digits,
            digits => digits,
        };
        fields.size = Some(grouped_number(digits)?);
        fields.name = columns.rest()?;
    }
    Some(fields.with_dots(line))
}

/// The order that the date of a line shows.
pub(super) fn date_order(line: &[u8], context: &Context) -> Option<DateOrder> {
    fields(line, context)?;
    NumericDate::shown_order(Columns::new(line).word()?)
}

/// Reads `10:59`, `10:59AM`, `10:59a` or `10:59 AM`.
fn time(columns: &mut Columns<'_>) -> Option<TimeOfDay> {
    let word = columns.word()?;
    let digits = word
        .iter()
        .take_while(|byte| !byte.is_ascii_alphabetic())
        .count();
    let (clock, mut half) = word.split_at(digits);
    if half.is_empty() {
        let mut behind = columns.clone();
        if let Some(next @ [_, b'M' | b'm']) = behind.word() {
            half = next;
            *columns = behind;
        }
    }
    let said = time_of_day(clock)?;
    let noon = match half {
        [] => return Some(said),
        [b'A' | b'a'] | [b'A' | b'a', b'M' | b'm'] => 0,
        [b'P' | b'p'] | [b'P' | b'p', b'M' | b'm'] => 12,
        _ => return None,
    };
    let hour = said.hour();
    if !(1..=12).contains(&hour) || said.precision == Precision::Fraction {
        return None;
    }
    Some(said.at_hour(hour % 12 + noon))
}

/// The kind of what is no file.
fn tag(column: &[u8]) -> Option<EntryKind> {
    const TAGS: [(&[u8], EntryKind); 4] = [
        (b"<DIR>", EntryKind::Directory),
        (b"<JUNCTION>", EntryKind::Symlink),
        (b"<SYMLINKD>", EntryKind::Symlink),
        (b"<SYMLINK>", EntryKind::Symlink),
    ];
    TAGS.into_iter()
        .find(|(tag, _)| tag.eq_ignore_ascii_case(column))
        .map(|(_, kind)| kind)
}

/// The name behind a tag, which is padded to 15 columns; blanks beyond them belong to the name.
fn behind_tag(tag: &[u8], columns: &Columns<'_>, line: &[u8]) -> Option<Span> {
    const WIDTH: usize = 15;
    let rest = columns.rest()?;
    let blanks = rest.of(line).iter().take_while(|&&byte| is_blank(byte));
    let padding = blanks.count().min(WIDTH.saturating_sub(tag.len() + 1));
    let name = Span::new(rest.start() + padding, rest.end());
    (!name.is_empty()).then_some(name)
}

/// Splits `name [target]`.
///
/// Only `dir` itself writes targets, and names may look the same; a junction's target is always
/// absolute, so that what is not belongs to the name.
fn set_target(fields: &mut Fields, tag: &[u8], line: &[u8]) {
    let Some(text) = fields.name.of(line).strip_suffix(b"]") else {
        return;
    };
    // Either may hold a bracket, but no name holds what stands between directories.
    let is_name = |name: &[u8]| !name.is_empty() && !name.iter().any(|byte| b"\\/:".contains(byte));
    let Some(at) = memmem::rfind_iter(text, b" [").find(|&at| is_name(&text[..at])) else {
        return;
    };
    let target = &text[at + 2..];
    let absolute = target.starts_with(b"\\") || target.get(1) == Some(&b':');
    if target.is_empty() || tag.eq_ignore_ascii_case(b"<JUNCTION>") && !absolute {
        return;
    }
    let start = fields.name.start();
    fields.name = Span::new(start, start + at);
    fields.target = Span::new(start + at + 2, start + text.len());
}

/// The lines that `dir` writes around a listing.
fn is_frame(line: &[u8]) -> bool {
    const HEADS: [&[u8]; 3] = [
        b" Volume in drive ",
        b" Volume Serial Number ",
        b" Directory of ",
    ];
    const SUMS: [&[u8]; 2] = [b"File(s)", b"Dir(s)"];
    let mut columns = Columns::new(line);
    let is_sum = columns.word().and_then(grouped_number).is_some()
        && columns.word().is_some_and(|word| SUMS.contains(&word));
    is_sum || HEADS.iter().any(|head| line.starts_with(head))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn seconds(text: &str, day_first: bool) -> Option<String> {
        let context = Context {
            date_order: day_first.then_some(DateOrder::DayFirst),
            ..Context::default()
        };
        let line = format!("{text} 1 n");
        let modified = fields(line.as_bytes(), &context)?.modified?;
        Some(Timestamp::try_from(modified.time()).unwrap().to_string())
    }

    #[test]
    fn dates_and_times() {
        let table = [
            ("05-20-97  03:31PM", false, Some("1997-05-20T15:31:00Z")),
            ("05-06-97  03:31PM", false, Some("1997-05-06T15:31:00Z")),
            ("05-06-97  03:31PM", true, Some("1997-06-05T15:31:00Z")),
            ("20-05-97  03:31PM", false, Some("1997-05-20T15:31:00Z")),
            ("05-20-97  03:31PM", true, Some("1997-05-20T15:31:00Z")),
            ("05-20-69  12:31AM", false, Some("2069-05-20T00:31:00Z")),
            ("05-20-2024  12:31PM", false, Some("2024-05-20T12:31:00Z")),
            ("05/20/2024  03:31 PM", false, Some("2024-05-20T15:31:00Z")),
            ("20.05.2024  13:31", false, Some("2024-05-20T13:31:00Z")),
            ("05.06.2024  13:31", false, Some("2024-06-05T13:31:00Z")),
            ("2024-05-20  3:31:09p", false, Some("2024-05-20T15:31:09Z")),
            ("02-30-24  03:31PM", false, None),
            ("13-13-24  03:31PM", false, None),
            ("05-20-97  13:31PM", false, None),
            ("05-20-97  00:31AM", false, None),
            ("05-20-97  03:31XM", false, None),
            ("05-20-197  03:31", false, None),
            ("05-20  03:31", false, None),
            ("05-20/97  03:31", false, None),
            ("05-20-97-1  03:31", false, None),
        ];
        for (text, day_first, meant) in table {
            assert_eq!(seconds(text, day_first).as_deref(), meant, "{text}");
        }
    }

    #[test]
    fn kinds_sizes_names_and_targets() {
        let table = [
            (
                "                  681 .bash_history",
                "File Some(681) .bash_history|",
            ),
            ("            1,234,567  n ", "File Some(1234567)  n |"),
            (
                "       <DIR>          My Documents",
                "Directory None My Documents|",
            ),
            ("       <DIR>            two", "Directory None   two|"),
            ("    <dir> n", "Directory None n|"),
            ("       <DIR>          ..", "ParentDirectory None ..|"),
            (
                "    <JUNCTION>     All Users [C:\\a b]",
                "Symlink None All Users|C:\\\\a b",
            ),
            ("    <JUNCTION>     a [b]", "Symlink None a [b]|"),
            ("    <SYMLINKD>     a [b]", "Symlink None a|b"),
            (
                "    <SYMLINK>      a [1] [..\\b]",
                "Symlink None a [1]|..\\\\b",
            ),
        ];
        for (text, meant) in table {
            let line = format!("05-20-97  03:31PM{text}");
            let fields = fields(line.as_bytes(), &Context::default()).unwrap();
            let text = |span: Span| span.of(line.as_bytes()).escape_ascii().to_string();
            let (name, target) = (text(fields.name), text(fields.target));
            let found = format!("{:?} {:?} {name}|{target}", fields.kind, fields.size);
            assert_eq!(found, meant, "{line}");
        }
    }

    #[test]
    fn the_frame_of_dir_is_noise_and_the_rest_is_unknown() {
        let read = |line: &str| read(line.as_bytes(), &Context::default());
        let noise = [
            " Volume in drive C is System",
            " Directory of C:\\Users",
            "               3 File(s)      1,234 bytes",
            "               2 Dir(s)  9,876,543 bytes free",
        ];
        for line in noise {
            assert!(matches!(read(line), Parsed::Noise), "{line}");
        }
        let unknown = [
            "",
            "05-20-97",
            "05-20-97  03:31PM",
            "05-20-97  03:31PM       <DIR>",
            "05-20-97  03:31PM       <DIR>          ",
            "05-20-97  03:31PM       <FOO>          n",
            "05-20-97  03:31PM                  681 ",
            "     0           DIR   05-19-97   12:56  local",
        ];
        for line in unknown {
            assert!(matches!(read(line), Parsed::Unknown), "{line}");
        }
    }
}

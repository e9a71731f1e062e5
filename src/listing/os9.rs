//! The dialect of OS-9: owner, date, time, attributes, first sector, size and name.
//!
//! ```text
//!                            Directory of . 14:52:05
//!  Owner    Last modified  Attributes Sector Bytecount Name
//! -------   -------------  ---------- ------ --------- ----
//!   20.20   07/03/29 1026   d-ewrewr    2650     85920 CMDS
//!    0.0    07/03/29 1026   ----r-wr     2F1       512 startup
//! ```
//!
//! The owner is a group and a user. Attributes stand for directory, exclusive use, and what others
//! and the owner may do, from right to left as in `rwe`.

use super::{
    columns::{Span, Words, number, short_number},
    date::TimeOfDay,
    dialect::{Context, Parsed},
    entry::{EntryKind, Fields},
    modified::Precision,
    numeric_date::{DateOrder, NumericDate},
};

pub(super) fn read(line: &[u8], context: &Context) -> Parsed {
    let words = Words::new(line);
    if words.begin_with(&[b"Owner", b"Last", b"modified", b"Attributes"]) {
        return Parsed::Head;
    }
    if words.begin_with(&[b"Directory", b"of"]) && is_clock(words.backwards(1)) || is_rule(&words) {
        return Parsed::Noise;
    }
    fields(&words, line, context).into()
}

fn fields(words: &Words<'_>, line: &[u8], context: &Context) -> Option<Fields> {
    let point = words.get(0).iter().position(|&byte| byte == b'.')?;
    let (group, user) = words.get(0).split_at(point);
    number(group)?;
    number(&user[1..])?;
    let date = NumericDate::read(words.get(1), DateOrder::YearFirst)?;
    let time = time(words.get(2))?;
    let (kind, permissions) = attributes(words.get(3))?;
    let is_sector = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_hexdigit);
    let size = number(words.get(5))?;
    if !is_sector(words.get(4)) || words.get(6).is_empty() {
        return None;
    }
    let owner = words.span(0);
    let fields = Fields {
        kind,
        name: Span::new(words.span(6).start(), line.len()),
        size: Some(size),
        modified: date.at(time, &context.clock),
        permissions: Some(permissions),
        group: Span::new(owner.start(), owner.start() + point),
        owner: Span::new(owner.start() + point + 1, owner.end()),
        ..Fields::default()
    };
    Some(fields.with_dots(line))
}

/// `1026` or `10:26`.
fn time(word: &[u8]) -> Option<TimeOfDay> {
    let (hour, minute) = match word {
        [hour @ .., b':', _, _] => (hour, &word[hour.len() + 1..]),
        [_, _, _, _] => word.split_at(2),
        _ => return None,
    };
    let (hour, minute) = (short_number(hour)?, short_number(minute)?);
    TimeOfDay::new(hour, minute, 0, 0, Precision::Minute)
}

/// `d-ewrewr`: directory, exclusive, others' execute, write and read, the owner's.
fn attributes(word: &[u8]) -> Option<(EntryKind, u16)> {
    let (&[directory, exclusive, ref rights @ ..], b"") = word.split_first_chunk::<8>()? else {
        return None;
    };
    let kind = match directory {
        b'd' => EntryKind::Directory,
        b'-' => EntryKind::File,
        _ => return None,
    };
    let mut permissions = 0;
    for (&right, (letter, bit)) in rights.iter().zip([
        (b'e', 0o1),
        (b'w', 0o2),
        (b'r', 0o4),
        (b'e', 0o100),
        (b'w', 0o200),
        (b'r', 0o400),
    ]) {
        match right {
            b'-' => {}
            right if right == letter => permissions |= bit,
            _ => return None,
        }
    }
    b"s-".contains(&exclusive).then_some((kind, permissions))
}

fn is_clock(word: &[u8]) -> bool {
    super::date::time_of_day(word).is_some()
}

/// The rule below the head, which has five to seven columns.
fn is_rule(words: &Words<'_>) -> bool {
    let is_dashes = |word: &[u8]| word.iter().all(|&byte| byte == b'-');
    (5..=7).contains(&words.count()) && (0..words.count()).all(|at| is_dashes(words.get(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str) -> String {
        let text = |span: Span| span.of(line.as_bytes()).escape_ascii().to_string();
        match read(line.as_bytes(), &Context::default()) {
            Parsed::Entry(fields) => format!(
                "{:?} {:?} {:o} {} {}|{} {}",
                fields.kind,
                fields.size,
                fields.permissions.unwrap_or_default(),
                fields.modified.is_some(),
                text(fields.group),
                text(fields.owner),
                text(fields.name)
            ),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn lines() {
        let table = [
            (
                " Owner    Last modified  Attributes Sector Bytecount Name",
                "Head",
            ),
            (
                "-------   -------------  ---------- ------ --------- ----",
                "Noise",
            ),
            ("                  Directory of . 14:52:05", "Noise"),
            (
                "  20.20   07/03/29 1026   d-ewrewr    2650     85920 CMDS",
                "Directory Some(85920) 707 true 20|20 CMDS",
            ),
            (
                "   0.0    07/03/29 10:26  -----r-wr    2F1       512 two  words ",
                "Unknown",
            ),
            (
                "   0.12   07/03/29 10:26  ----r-wr    2F1       512 two  words ",
                "File Some(512) 604 true 0|12 two  words ",
            ),
            (
                "   1.0    07/02/30 0000   -s---ewr    2F1         0 x",
                "File Some(0) 700 false 1|0 x",
            ),
            (
                "  20.20   07/03/29 1026   d-ewrewr    2650     85920 .",
                "CurrentDirectory Some(85920) 707 true 20|20 .",
            ),
            (
                "  20.20   07/03/29 2426   d-ewrewr    2650     85920 CMDS",
                "Unknown",
            ),
            (
                "  20.20   07/03/29 1026   d-rwerwe    2650     85920 CMDS",
                "Unknown",
            ),
            (
                "  20.x    07/03/29 1026   d-ewrewr    2650     85920 CMDS",
                "Unknown",
            ),
            (
                "  20.20   07/03/29 1026   d-ewrewr    2650     85920",
                "Unknown",
            ),
            (
                "  20.20   07/03/29 1026   d-ewrewr    26X0     85920 CMDS",
                "Unknown",
            ),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line), meant, "{line}");
        }
    }
}

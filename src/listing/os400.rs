//! The dialect of IBM i (OS/400): owner, size, date, type and name.
//!
//! ```text
//! QPGMR          135168 04/03/18 13:18:19 *FILE      SOURCES.FILE
//! QPGMR                                   *MEM       SOURCES.FILE/MAIN.MBR
//! PEP              4019 04/03/18 18:58:16 *STMF      notes.zip
//! PEP             36864 04/03/24 14:06:34 *DIR       pub/
//! ```
//!
//! The order of a date is a setting of the system.

use memchr::memrchr;

use super::{
    columns::{Columns, Span, number},
    date::time_of_day,
    dialect::Context,
    entry::{EntryKind, Fields},
    numeric_date::{DateOrder, NumericDate},
};

pub(super) fn read(line: &[u8], context: &Context) -> Option<Fields> {
    let mut columns = Columns::new(line);
    let mut fields = Fields {
        owner: columns.next()?,
        ..Fields::default()
    };
    if !fields.owner.of(line).iter().all(is_of_owner) {
        return None;
    }
    let mut word = columns.word()?;
    let mut is_dated = false;
    if let Some(size) = number(word) {
        fields.size = Some(size);
        word = columns.word()?;
    }
    if !word.starts_with(b"*") {
        // Whether it is a date at all is not in doubt, only which one.
        NumericDate::read(word, DateOrder::YearFirst)?;
        let date = match context.date_order {
            Some(order) => NumericDate::read(word, order),
            None => NumericDate::read_certain(word, &context.clock),
        };
        let time = time_of_day(columns.word()?)?;
        fields.modified = date.and_then(|date| date.at(time, &context.clock));
        word = columns.word()?;
        is_dated = true;
    }
    fields.name = columns.tail()?;
    let name = fields.name.of(line);
    fields.kind = kind(word, name)?;
    // Without a date it could be text about `*FILE` or `*ALL`.
    if !is_dated && !is_object(word, name) {
        return None;
    }
    Some(fields.without_slash(line).with_dots(line))
}

/// The order that the date of a line shows, when it makes sense in one only.
pub(super) fn date_order(line: &[u8], context: &Context) -> Option<DateOrder> {
    read(line, context)?;
    Columns::new(line)
        .map(|column: Span| column.of(line))
        .skip(1)
        .take(2)
        .find(|word| word.iter().any(|byte| b"/-".contains(byte)))
        .and_then(|word| NumericDate::order(word, &context.clock))
}

/// Upper case letters, the national ones among them, digits and a few more characters.
fn is_of_owner(byte: &u8) -> bool {
    byte.is_ascii_uppercase()
        || byte.is_ascii_digit()
        || b"$#@_.".contains(byte)
        || !byte.is_ascii()
}

/// Whether the name is one of the system's own objects, which ends with the type.
fn is_object(kind: &[u8], name: &[u8]) -> bool {
    let name = name.strip_suffix(b"/").unwrap_or(name);
    let Some(period) = memrchr(b'.', name).filter(|&at| at > 0) else {
        return false;
    };
    let end = &name[period + 1..];
    let is_type = match kind {
        b"*MEM" => end.eq_ignore_ascii_case(b"MBR"),
        b"*FILE" if end.eq_ignore_ascii_case(b"SAVF") => true,
        _ => kind
            .get(1..)
            .is_some_and(|kind| end.eq_ignore_ascii_case(kind)),
    };
    is_type && !name.contains(&b' ')
}

fn kind(word: &[u8], name: &[u8]) -> Option<EntryKind> {
    let object = word.strip_prefix(b"*")?;
    if object.len() < 2 || !object.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    Some(match object {
        b"DIR" | b"DDIR" | b"LIB" | b"FLR" => EntryKind::Directory,
        b"STMF" | b"DSTMF" | b"MEM" | b"DOC" => EntryKind::File,
        // A save file is the only one without members.
        b"FILE" if ends_with(name, b".SAVF") => EntryKind::File,
        b"FILE" => EntryKind::Directory,
        b"SYMLNK" => EntryKind::Symlink,
        _ => EntryKind::Other,
    })
}

fn ends_with(name: &[u8], end: &[u8]) -> bool {
    name.len()
        .checked_sub(end.len())
        .is_some_and(|at| name[at..].eq_ignore_ascii_case(end))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::listing::date::Clock;

    fn context() -> Context {
        let now: Timestamp = "2024-03-10T12:00:00Z".parse().unwrap();
        Context {
            clock: Clock::new(now.into(), 0),
            ..Context::default()
        }
    }

    fn summary(line: &str, context: &Context) -> Option<String> {
        let fields = read(line.as_bytes(), context)?;
        let text = |span: Span| span.of(line.as_bytes()).escape_ascii().to_string();
        let time = fields.modified.map_or_else(
            || "-".to_owned(),
            |modified| {
                let time = Timestamp::try_from(modified.time()).unwrap();
                time.to_string()
            },
        );
        let (owner, name) = (text(fields.owner), text(fields.name));
        Some(format!(
            "{:?} {:?} {time} {owner}|{name}",
            fields.kind, fields.size
        ))
    }

    #[test]
    fn entries() {
        let table = [
            (
                "QPGMR        16347136 29.06.13 15:45:09 *FILE      RPGUNIT.SAVF",
                "File Some(16347136) 2013-06-29T15:45:09Z QPGMR|RPGUNIT.SAVF",
            ),
            (
                "QPGMR          135168 02/23/18 13:18:19 *FILE      A.FILE",
                "Directory Some(135168) 2018-02-23T13:18:19Z QPGMR|A.FILE",
            ),
            (
                "QPGMR                                   *MEM       A.FILE/B.MBR",
                "File None - QPGMR|A.FILE/B.MBR",
            ),
            (
                "PEP              4019 04/03/18 18:58:16 *STMF      two words",
                "File Some(4019) - PEP|two words",
            ),
            (
                "PEP             36864 2004-03-24 14:06:34 *DIR       dir1/",
                "Directory Some(36864) 2004-03-24T14:06:34Z PEP|dir1",
            ),
            ("QSYS 7 *PGM X.PGM", "Other Some(7) - QSYS|X.PGM"),
            ("QSYS *LIB x.lib/", "Directory None - QSYS|x.lib"),
            ("QSYS *FILE X.SAVF", "File None - QSYS|X.SAVF"),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line, &context()).as_deref(), Some(meant), "{line}");
        }
    }

    #[test]
    fn an_order_that_was_shown_or_given_is_kept() {
        let line = "PEP 4019 04/03/18 18:58:16 *STMF n";
        let table = [
            (DateOrder::MonthFirst, "2018-04-03"),
            (DateOrder::DayFirst, "2018-03-04"),
            (DateOrder::YearFirst, "2004-03-18"),
        ];
        for (order, meant) in table {
            let context = Context {
                date_order: Some(order),
                ..context()
            };
            let found = summary(line, &context).unwrap();
            assert!(found.contains(meant), "{found}");
        }
        let shown = |line: &str| date_order(line.as_bytes(), &context());
        assert_eq!(shown(line), None);
        let line = "PEP 4019 02/23/18 18:58:16 *STMF n";
        assert_eq!(shown(line), Some(DateOrder::MonthFirst));
        assert_eq!(shown("PEP 4019 *STMF a/b"), None);
    }

    #[test]
    fn other_lines_are_unknown() {
        let table = [
            "QPGMR          135168 04/03/18 13:18:19 *FILE",
            "QPGMR          135168    03/24 13:18:19 *FILE      A.FILE",
            "QPGMR          135168 04/03/18 30:06:29 *FILE      A.FILE",
            "QPGMR USR                               *MEM       A.FILE/B.MBR",
            "PEP              4019 04/03/18 18:58:16 STMF       notes.zip",
            "PEP             3686404/03/24 14:06:47 *DIR       zdir2/",
            "PEP *STMF notes.zip",
            "PEP 12 *STMF notes",
            "QSYS *PGM A B.PGM",
            "QSYS *PGM .PGM",
            "File *FILE not found",
            "File *FILE A.FILE",
            "Library *LIB not found",
            "Use *ALL option",
            "TOTAL 5 *ALL of it",
            "CPF9801 *FILE missing",
            "pep              4019 02/23/18 18:58:16 *STMF      notes.zip",
            "cp * X",
            "read *me first",
        ];
        for line in table {
            assert_eq!(summary(line, &context()), None, "{line}");
        }
    }
}

//! The dialect of OS/2: size, attributes, `DIR`, date and name.
//!
//! ```text
//!      0           DIR   05-12-97   16:44  LANGUAGE
//! 587823    RSA          01-08-97   13:58  OS2KRNL
//! ```

use super::{
    columns::{Columns, Span, is_blank, number},
    date::time_of_day,
    dialect::Context,
    entry::{EntryKind, Fields},
    numeric_date::{DateOrder, NumericDate},
};

pub(super) fn read(line: &[u8], context: &Context) -> Option<Fields> {
    let mut columns = Columns::new(line);
    let mut fields = Fields {
        kind: EntryKind::File,
        size: Some(number(columns.word()?)?),
        ..Fields::default()
    };
    let first = columns.word()?;
    let mut word = first;
    if word.iter().all(|byte| b"RHSA".contains(byte)) {
        word = columns.word()?;
    }
    if word == b"DIR" {
        fields.kind = EntryKind::Directory;
        word = columns.word()?;
    }
    // With neither attributes nor DIR it could be something else.
    if word == first && !context.likely {
        return None;
    }
    let order = context.date_order.unwrap_or(DateOrder::MonthFirst);
    let date = NumericDate::read(word, order)?;
    let time = time_of_day(columns.word()?)?;
    fields.modified = date.at(time, &context.clock);
    // Two blanks before the name; further ones belong to it.
    let rest = columns.rest()?;
    let padding = usize::from(rest.of(line).first().copied().is_some_and(is_blank));
    fields.name = Span::new(rest.start() + padding, rest.end());
    (!fields.name.is_empty()).then_some(fields.with_dots(line))
}

/// The order that the date of a line shows.
pub(super) fn date_order(line: &[u8], context: &Context) -> Option<DateOrder> {
    read(line, context)?;
    let mut words = Columns::new(line).map(|column| column.of(line));
    words.find_map(NumericDate::shown_order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str) -> Option<String> {
        let context = Context {
            likely: true,
            ..Context::default()
        };
        let fields = read(line.as_bytes(), &context)?;
        let name = fields.name.of(line.as_bytes()).escape_ascii();
        let dated = fields.modified.is_some();
        Some(format!(
            "{:?} {:?} {dated} {name}",
            fields.kind, fields.size
        ))
    }

    #[test]
    fn entries() {
        let table = [
            (
                "     0           DIR   12-30-97   12:32  jbrekke",
                "Directory Some(0) true jbrekke",
            ),
            (
                "     0           DIR   05-12-97   16:52  Two  Words ",
                "Directory Some(0) true Two  Words ",
            ),
            (
                "587823    RSA    DIR   01-08-97   13:58  OS2KRNL",
                "Directory Some(587823) true OS2KRNL",
            ),
            (
                " 33280      A          02-09-97   13:49   blank",
                "File Some(33280) true  blank",
            ),
            (
                "     7                 02-09-2019 13:49 OS2LDR",
                "File Some(7) true OS2LDR",
            ),
            (
                "     0           DIR   05-19-2000 12:56  ..",
                "ParentDirectory Some(0) true ..",
            ),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line).as_deref(), Some(meant), "{line}");
        }
    }

    #[test]
    fn other_lines_are_unknown() {
        let table = [
            "                 DIR   12-30-97   12:32  jbrekke",
            "     0    rsa    DIR   11-25-97   09:42  junk",
            "     0           dir   05-12-97   16:44  LANGUAGE",
            "     0           DIR   13-05-97   25:49  MPTN",
            "587823    RSA    DIR   Jan-08-97   13:58  OS2KRNL",
            "12-05-96  05:03PM       <DIR>          absoft2",
            "11-14-97  04:21PM                  953 AUDITOR3.INI",
            "     0           DIR   11-25-97   09:42  ",
            "    1 Jan-01-1980 00:00:00 x",
        ];
        for line in table {
            assert_eq!(summary(line), None, "{line}");
        }
        let bare = b"     7                 02-09-2019 13:49 OS2LDR";
        assert!(read(bare, &Context::default()).is_none());
    }
}

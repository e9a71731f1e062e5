//! The dialect of z/VM: name, type, record format, record length, records, blocks, and a date.
//!
//! ```text
//! PROFILE  EXEC     V         72         12          1 1997-12-15  9:47:29 MIK191
//! TOOLS             DIR        -          -          - 2004-05-27 12:03:50 -
//! ```
//!
//! The length of a record is the longest one's where the format is `V`, so that only files with
//! format `F` have a size.

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
        kind: EntryKind::File,
        name: columns.next()?,
        ..Fields::default()
    };
    let second = columns.next()?;
    if second.of(line) == b"DIR" {
        fields.kind = EntryKind::Directory;
        for _ in 0..3 {
            columns.word().filter(|word| word == b"-")?;
        }
    } else {
        fields.extension = second;
        let format = columns.word()?;
        let (length, records) = (number(columns.word()?)?, number(columns.word()?)?);
        number(columns.word()?)?;
        fields.size = match format {
            b"F" => length.checked_mul(records),
            b"V" => None,
            _ => return None,
        };
    }
    if !is_name(fields.name, line) || !fields.extension.is_empty() && !is_name(second, line) {
        return None;
    }
    let order = context.date_order.unwrap_or(DateOrder::MonthFirst);
    let date = NumericDate::read(columns.word()?, order)?;
    let time = time_of_day(columns.word()?)?;
    fields.modified = date.at(time, &context.clock);
    // The label of the disk, or the owner of the directory.
    columns.next();
    columns.next().is_none().then_some(fields)
}

/// Up to 16 characters (a shared file system has longer names) without a period.
fn is_name(span: Span, line: &[u8]) -> bool {
    let name = span.of(line);
    matches!(name.len(), 1..=16)
        && name
            .iter()
            .all(|byte| byte.is_ascii_graphic() && *byte != b'.')
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
        let fields = read(line.as_bytes(), &Context::default())?;
        let text = |span: Span| span.of(line.as_bytes()).escape_ascii().to_string();
        let (name, extension) = (text(fields.name), text(fields.extension));
        let dated = fields.modified.is_some();
        Some(format!(
            "{:?} {:?} {dated} {name}|{extension}",
            fields.kind, fields.size
        ))
    }

    #[test]
    fn entries() {
        let table = [
            (
                "PROFILE  EXEC     V         72         12          1 1997-12-15  9:47:29 MIK191",
                "File None true PROFILE|EXEC",
            ),
            (
                "CONT1    DSMSAVE  F         80        100          2 2004-05-27 12:03:50 -",
                "File Some(8000) true CONT1|DSMSAVE",
            ),
            (
                "A$       B@       F         80          0          0 05/27/04 12:03:50",
                "File Some(0) true A$|B@",
            ),
            (
                "TOOLS             DIR        -          -          - 2004-05-27 12:03:50 -",
                "Directory None true TOOLS|",
            ),
            (
                "X        Y        V         72         12          1 1997-02-30  9:47:29 MIK191",
                "File None false X|Y",
            ),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line).as_deref(), Some(meant), "{line}");
        }
    }

    #[test]
    fn other_lines_are_unknown() {
        let table = [
            "PROFILE  EXEC     U         72         12          1 1997-12-15  9:47:29 MIK191",
            "PROFILE  EXEC     V         72         12            1997-12-15  9:47:29 MIK191",
            "PROFILE  EXEC     V         72         12          1 1997-12-15  9:47:29 MIK191 x",
            "PRO.FILE EXEC     V         72         12          1 1997-12-15  9:47:29 MIK191",
            "PROFILE  EXEC     V         72         12          1 1997-12-15",
            "TOOLS             DIR        -          -          2004-05-27 12:03:50 -",
            "a b F",
        ];
        for line in table {
            assert_eq!(summary(line), None, "{line}");
        }
    }
}

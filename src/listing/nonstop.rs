//! The dialect of HP NonStop (Tandem Guardian): code, end of file, date, owner and security.
//!
//! ```text
//! File         Code             EOF  Last Modification    Owner  RWEP
//! NOTES         101             528  6-Apr-07 14:21:18    255, 0 "oooo"
//! ```

use memchr::memchr;

use super::{
    columns::{Columns, Span, number},
    date::time_of_day,
    dialect::{Context, Parsed},
    entry::{EntryKind, Fields},
    named_date::NamedDate,
};

pub(super) fn read(line: &[u8], context: &Context) -> Parsed {
    let mut words = Columns::new(line).map(|column| column.of(line));
    match [words.next(), words.next(), words.next()] {
        [Some(b"File"), Some(b"Code"), Some(b"EOF")] => Parsed::Head,
        _ => fields(line, context).into(),
    }
}

fn fields(line: &[u8], context: &Context) -> Option<Fields> {
    let mut columns = Columns::new(line);
    let name = columns.next()?;
    // Marks stand behind the code of files that are open, licensed or audited.
    let code = columns.word()?;
    code.first().filter(|byte| byte.is_ascii_digit())?;
    let size = number(columns.word()?)?;
    let date = NamedDate::day_first(columns.word()?)?;
    let time = time_of_day(columns.word()?)?;
    let mut fields = Fields {
        kind: EntryKind::File,
        name,
        size: Some(size),
        modified: date.at(time, &context.clock),
        ..Fields::default()
    };
    let rest = Span::new(columns.at(), line.len()).trim(line);
    let security = memchr(b'"', rest.of(line))?;
    let owners = Span::new(rest.start(), rest.start() + security).trim(line);
    let comma = owners.start() + memchr(b',', owners.of(line))?;
    fields.group = Span::new(owners.start(), comma).trim(line);
    fields.owner = Span::new(comma + 1, owners.end()).trim(line);
    number(fields.group.of(line))?;
    number(fields.owner.of(line))?;
    let is_security = rest.of(line).len() == security + 6 && rest.of(line).ends_with(b"\"");
    is_security.then_some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str) -> String {
        let text = |span: Span| span.of(line.as_bytes()).escape_ascii().to_string();
        match read(line.as_bytes(), &Context::default()) {
            Parsed::Entry(fields) => format!(
                "{:?} {:?} {} {}|{} {}",
                fields.kind,
                fields.size,
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
                "File         Code             EOF  Last Modification    Owner  RWEP",
                "Head",
            ),
            (
                "NOTES         101             528  6-Apr-07 14:21:18    255, 0 \"oooo\"",
                "File Some(528) true 255|0 NOTES",
            ),
            (
                "NOTES         101             528  6-Apr-07 14:21:18 255,255 \"oooo\"",
                "File Some(528) true 255|255 NOTES",
            ),
            (
                "PROG          700O         123456 16-Dec-2019 14:21:18   1, 12 \"N-UO\" ",
                "File Some(123456) true 1|12 PROG",
            ),
            (
                "X  0  0  31-Feb-07 14:21:18 255,255 \"CCCC\"",
                "File Some(0) false 255|255 X",
            ),
            (
                "NOTES         101             528  6-Apr-07 14:21:18    255, 0",
                "Unknown",
            ),
            (
                "NOTES         101             528  6-Apr-07 14:21:18    ftp ftp \"oooo\"",
                "Unknown",
            ),
            (
                "NOTES         101             528  Apr-6-07 14:21:18    255, 0 \"oooo\"",
                "Unknown",
            ),
            (
                "NOTES         x01             528  6-Apr-07 14:21:18    255, 0 \"oooo\"",
                "Unknown",
            ),
            (
                "NOTES         101             528  6-Apr-07 14:21:18    255, 0 \"oooo\" x",
                "Unknown",
            ),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line), meant, "{line}");
        }
    }
}

//! The dialect of VxWorks: size, date, name, and a tag behind the names of directories.
//!
//! ```text
//!   size          date       time       name
//! --------       ------     ------    --------
//!     2048    Jan-01-1980  00:00:00   logs              <DIR>
//!      512    Jan-01-1980  00:00:00   boot.txt
//! ```

use super::{
    columns::{Columns, Span, number},
    date::time_of_day,
    dialect::{Context, Parsed},
    entry::{EntryKind, Fields},
    named_date::NamedDate,
};

pub(super) fn read(line: &[u8], context: &Context) -> Parsed {
    const HEAD: [&[u8]; 4] = [b"size", b"date", b"time", b"name"];
    let words = || Columns::new(line).map(|column| column.of(line));
    if words().eq(HEAD) {
        return Parsed::Head;
    }
    if words().count() == HEAD.len() && words().all(|word| word.iter().all(|&byte| byte == b'-')) {
        return Parsed::Noise;
    }
    fields(line, context).into()
}

fn fields(line: &[u8], context: &Context) -> Option<Fields> {
    let mut columns = Columns::new(line);
    let size = number(columns.word()?)?;
    let date = NamedDate::month_first(columns.word()?)?;
    let time = time_of_day(columns.word()?)?;
    let mut name = columns.tail()?.trim(line);
    let mut kind = EntryKind::File;
    if let Some(text) = name.of(line).strip_suffix(b"<DIR>") {
        kind = EntryKind::Directory;
        name = Span::new(name.start(), name.start() + text.len()).trim(line);
    }
    let fields = Fields {
        kind,
        name,
        size: Some(size),
        modified: date.at(time, &context.clock),
        ..Fields::default()
    };
    (!name.is_empty()).then_some(fields.with_dots(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str) -> String {
        match read(line.as_bytes(), &Context::default()) {
            Parsed::Entry(fields) => {
                let name = fields.name.of(line.as_bytes()).escape_ascii();
                let dated = fields.modified.is_some();
                format!("{:?} {:?} {dated} {name}", fields.kind, fields.size)
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn lines() {
        let table = [
            ("  size          date       time       name", "Head"),
            ("--------       ------     ------    --------", "Noise"),
            (
                "     512    Jan-01-1980  00:00:00   .                 <DIR>",
                "CurrentDirectory Some(512) true .",
            ),
            (
                "    2048    Feb-28-1998  05:23:30   logs <DIR>",
                "Directory Some(2048) true logs",
            ),
            (
                "       0    FEB-28-98  05:23:30   boot file.txt  ",
                "File Some(0) true boot file.txt",
            ),
            (
                "       1    FEB-31-1998  05:23:30   x",
                "File Some(1) false x",
            ),
            ("       1    FEB-28-1998  05:23:30   <DIR>", "Unknown"),
            ("       1    FEB-28-1998  05:23:30  ", "Unknown"),
            ("       1    02-28-1998  05:23:30  x", "Unknown"),
            ("-------- ------", "Unknown"),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line), meant, "{line}");
        }
    }
}

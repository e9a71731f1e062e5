//! The dialect of VShell: size, date with year and time, and a slash behind directories.
//!
//! ```text
//!      206876  Apr 04, 2000 21:06 notes.txt
//!           0  Dec 12, 2002 02:13 pub/
//! ```

use super::{
    columns::{Columns, number},
    date::{day, time_of_day, year},
    dialect::Context,
    entry::{EntryKind, Fields},
    month::month,
};

pub(super) fn read(line: &[u8], context: &Context) -> Option<Fields> {
    let mut columns = Columns::new(line);
    let size = number(columns.word()?)?;
    let month = month(columns.word()?)?;
    let day = columns.word().filter(|word| word.ends_with(b","))?;
    let day = self::day(day)?;
    let year = year(columns.word()?)?;
    let time = time_of_day(columns.word()?)?;
    let name = columns.rest()?;
    let kind = match name.of(line) {
        [_, .., b'/'] => EntryKind::Directory,
        _ => EntryKind::File,
    };
    let fields = Fields {
        kind,
        name,
        size: Some(size),
        modified: context.clock.at(year, month, day, time),
        ..Fields::default()
    };
    Some(fields.without_slash(line).with_dots(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str) -> Option<String> {
        let fields = read(line.as_bytes(), &Context::default())?;
        let name = fields.name.of(line.as_bytes()).escape_ascii();
        let dated = fields.modified.is_some();
        Some(format!(
            "{:?} {:?} {dated} {name}",
            fields.kind, fields.size
        ))
    }

    #[test]
    fn lines() {
        let table = [
            (
                "206876  Apr 04, 2000 21:06 notes.txt",
                Some("File Some(206876) true notes.txt"),
            ),
            (
                "     0  Dec 12, 2002 02:13 pub/",
                Some("Directory Some(0) true pub"),
            ),
            (
                "     0  Dec 12, 2002 02:13 ../",
                Some("ParentDirectory Some(0) true .."),
            ),
            (
                "     1  Feb 30, 2002 02:13  x ",
                Some("File Some(1) false  x "),
            ),
            ("206876  Apr 04 2000 21:06 notes.txt", None),
            ("206876  Apr 04, 2000 notes.txt", None),
            ("Apr 04, 2000 21:06 notes.txt", None),
            ("206876  Apr 04, 2000 21:06", None),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line).as_deref(), meant, "{line}");
        }
    }
}

//! Dialects that a caller brings along.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use super::parser::Line;

/// A dialect of the caller's own, for [`Parser::custom`](super::Parser::custom).
///
/// # Examples
/// ```
/// use std::time::SystemTime;
///
/// use tokio_ftp::listing::{CustomDialect, EntryBuilder, EntryKind, Line, Parser};
///
/// // A server that writes `notes.txt|1234`.
/// let bars = CustomDialect::new(|line| {
///     let bar = line.iter().rposition(|&byte| byte == b'|')?;
///     let size = str::from_utf8(&line[bar + 1..]).ok()?.parse().ok()?;
///     let entry = EntryBuilder::new(line, EntryKind::File, 0..bar).size(size);
///     Some(Line::Entry(entry.build()?))
/// });
/// let mut parser = Parser::new(SystemTime::now()).custom(bars);
/// if let Line::Entry(entry) = parser.parse("notes.txt|1234".into()) {
///     assert_eq!(entry.name(), "notes.txt");
///     assert_eq!(entry.size(), Some(1234));
/// }
/// ```
#[derive(Clone)]
pub struct CustomDialect(Arc<Read>);

type Read = dyn Fn(&Bytes) -> Option<Line> + Send + Sync;

impl CustomDialect {
    /// Reads each line, which comes without its line break, with this function.
    ///
    /// It returns `None` for a line that the other dialects shall read, [`Line::Skip`] for one that
    /// names no entry, and [`Line::Unknown`] for one that no other dialect shall guess at.
    pub fn new(read: impl Fn(&Bytes) -> Option<Line> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(super) fn read(&self, line: &Bytes) -> Option<Line> {
        self.0(line)
    }
}

impl fmt::Debug for CustomDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomDialect").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::listing::{Dialect, EntryBuilder, EntryKind, Parser};

    fn dialect() -> CustomDialect {
        CustomDialect::new(|line| match &line[..] {
            b"# head" => Some(Line::Skip),
            b"total 3" => Some(Line::Unknown(line.clone())),
            [name @ .., b'!'] => {
                let entry = EntryBuilder::new(line, EntryKind::File, 0..name.len());
                Some(Line::Entry(entry.build()?))
            }
            _ => None,
        })
    }

    fn read(mut parser: Parser) -> Vec<String> {
        let lines = [
            "# head",
            "total 3",
            "mine!",
            "!",
            "type=file; mlsx",
            "odd",
            "-rw-r--r--   1 ftp ftp 12 Jan 22  2019 unix!",
        ];
        let read = lines.map(|line| match parser.parse(line.into()) {
            Line::Entry(entry) => entry.name().to_string(),
            other => format!("{other:?}"),
        });
        assert_eq!(parser.finish(), None);
        read.into()
    }

    #[test]
    fn it_is_asked_first_and_may_leave_lines_to_others() {
        let open = Parser::new(SystemTime::UNIX_EPOCH).custom(dialect());
        let whole = "-rw-r--r--   1 ftp ftp 12 Jan 22  2019 unix";
        let meant = [
            "Skip",
            "Unknown(b\"total 3\")",
            "mine",
            "Unknown(b\"!\")",
            "mlsx",
            "Unknown(b\"odd\")",
            whole,
        ];
        assert_eq!(read(open.clone()), meant);
        let mut forced = meant;
        forced[4] = "Unknown(b\"type=file; mlsx\")";
        assert_eq!(read(open.dialect(Dialect::Unix)), forced);
    }

    #[test]
    fn a_parser_with_one_is_cloned_and_shown_and_sent() {
        fn assert_send<T: Send + Clone>(_: &T) {}
        let parser = Parser::new(SystemTime::UNIX_EPOCH).custom(dialect());
        assert_send(&parser);
        assert!(format!("{parser:?}").contains("CustomDialect { .. }"));
    }
}

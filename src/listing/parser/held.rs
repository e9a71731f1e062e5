//! Lines that are entries only together with the next one.

use bytes::Bytes;

use super::{Line, Parser};
use crate::listing::{
    dialect::{Dialect, Parsed},
    entry::{Entry, Fields},
};

/// A line that waits for the next one.
#[derive(Clone, Debug)]
pub(super) enum Held {
    /// The first of two that may be an entry together.
    Half(Bytes, Dialect),
    /// One that came while the line before it was given out.
    Unread(Bytes),
}

impl Parser {
    /// Ends the listing: gives out the last line, if it waited for another one.
    pub fn finish(&mut self) -> Option<Line> {
        match self.held.take()? {
            Held::Half(line, dialect) => Some(self.alone(line, dialect)),
            Held::Unread(line) => match self.parse_or_hold(line) {
                Line::Skip if self.held.is_some() => self.finish(),
                line => Some(line),
            },
        }
    }

    /// Keeps a first half of the dialect that is settled, or of the only one that has such while
    /// none is.
    pub(super) fn hold(&mut self, line: Bytes) -> Line {
        let dialect = self.settled().unwrap_or(Dialect::Vms);
        self.held = Some(Held::Half(line, dialect));
        Line::Skip
    }

    /// Reads a line behind one that was held back.
    pub(super) fn parse_behind(&mut self, line: Bytes) -> Line {
        let said = match self.held.take() {
            None => return self.parse_or_hold(line),
            Some(Held::Half(half, dialect)) => match self.join(&half, &line, dialect) {
                Some(joined) => return joined,
                None => self.alone(half, dialect),
            },
            Some(Held::Unread(before)) => match self.parse_or_hold(before) {
                Line::Skip => return self.parse_behind(line),
                said => said,
            },
        };
        // One call returns one line; from here on each comes one call later, until one says
        // nothing.
        if !line.trim_ascii().is_empty() {
            self.held = Some(Held::Unread(line));
        }
        said
    }

    /// Reads two lines as one, if they belong together.
    fn join(&mut self, half: &Bytes, line: &Bytes, dialect: Dialect) -> Option<Line> {
        if !dialect.continues(line) || i32::try_from(line.len()).is_err() {
            return None;
        }
        let both = Bytes::from([half, &b"\n"[..], line].concat());
        let mut fields = Fields::default();
        match self.read(&both, &mut fields) {
            Parsed::Entry(()) => Some(Line::Entry(Entry::new(both, fields))),
            Parsed::Noise => Some(Line::Skip),
            _ => None,
        }
    }

    /// Reads a first half that no second one follows.
    fn alone(&self, half: Bytes, dialect: Dialect) -> Line {
        let likely = self.settled().or(self.hint);
        match dialect.alone(&half).filter(|_| likely == Some(dialect)) {
            Some(fields) => Line::Entry(Entry::new(half, fields)),
            None => Line::Unknown(half),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::listing::parser::tests::{UNIX, names};

    /// Found by fuzzing: together they read as EPLF, with a name of two lines.
    #[test]
    fn two_lines_are_one_only_in_the_dialect_that_has_such() {
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
        let mut said = vec![
            parser.parse(Bytes::from("+i).;4\t")),
            parser.parse(Bytes::from("\t\x03")),
        ];
        said.extend(parser.finish());
        assert!(
            !said.iter().any(|line| matches!(line, Line::Entry(_))),
            "{said:?}"
        );
        assert_eq!(parser.settled(), None);
    }

    #[test]
    fn a_line_is_held_until_the_next_one_shows_whether_they_belong_together() {
        const HEAD: &str = "Directory A:[B]";
        const LONG: &str = "A_LONG_NAME.TXT;1";
        const REST: &str = "      1/9   2-JUN-1998 07:32 [O] (RWED,RWED,,)";
        const SHORT: &str = "SHORT.TXT;1 1/9 2-JUN-1998 07:32 [O] (RWED,RWED,,)";
        let read = |lines: &[&'static str]| {
            let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
            let mut names = names(&mut parser, lines);
            let end = parser.finish();
            assert_eq!(parser.finish(), None);
            names.extend(end.map(|line| match line {
                Line::Entry(entry) => format!("{} at the end", entry.name()),
                other => format!("{other:?}"),
            }));
            names.retain(|name| name != "(skip)");
            names.join(", ")
        };
        let table: [(&[&str], &str); 9] = [
            (&[LONG, REST], LONG),
            (&[HEAD, LONG, REST, SHORT], "A_LONG_NAME.TXT;1, SHORT.TXT;1"),
            (
                &[HEAD, LONG, SHORT],
                "A_LONG_NAME.TXT;1, SHORT.TXT;1 at the end",
            ),
            (
                &[HEAD, LONG, SHORT, "", SHORT],
                "A_LONG_NAME.TXT;1, SHORT.TXT;1, SHORT.TXT;1",
            ),
            (
                &[HEAD, LONG, LONG, REST, LONG],
                "A_LONG_NAME.TXT;1, A_LONG_NAME.TXT;1, A_LONG_NAME.TXT;1 at the end",
            ),
            (&[HEAD, LONG, "Total of 1 file"], LONG),
            (&[LONG, "odd"], "? A_LONG_NAME.TXT;1, Unknown(b\"odd\")"),
            (
                &[LONG, UNIX, UNIX],
                "? A_LONG_NAME.TXT;1, unix, unix at the end",
            ),
            (&[UNIX, LONG], "unix, ? A_LONG_NAME.TXT;1"),
        ];
        for (lines, meant) in table {
            let found = read(lines);
            let found = found.trim_end_matches(", Skip");
            assert_eq!(found, meant, "{lines:?}");
        }
    }

    #[test]
    fn a_line_that_was_held_for_another_reason_is_not_joined() {
        // The Unix line waits for its turn only.
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
        let read = names(&mut parser, &["A.TXT;1", UNIX, "  odd", "", ""]);
        assert_eq!(read, ["(skip)", "? A.TXT;1", "unix", "?   odd", "(skip)"]);
    }

    #[test]
    fn a_job_with_a_rule_below_is_no_entry() {
        const HEAD: &str = "JOBNAME  JOBID    OWNER    STATUS CLASS";
        const JOB: &str = "USER1A   JOB01906 USER1    OUTPUT A";
        let mut parser = Parser::new(SystemTime::UNIX_EPOCH);
        let all = names(&mut parser, &[HEAD, JOB, "--------"]);
        assert_eq!(all, ["(skip)", "(skip)", "(skip)"]);
        assert_eq!(parser.finish(), None);
        assert_eq!(names(&mut parser, &[JOB, JOB]), ["(skip)", "JOB01906"]);
        let Some(Line::Entry(last)) = parser.finish() else {
            panic!("the last job is missing");
        };
        assert_eq!(last.name(), "JOB01906");
        assert_eq!(parser.finish(), None);
    }
}

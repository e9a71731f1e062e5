//! The date columns of `ls -l`, which other dialects borrow too.
//!
//! ```text
//! Jan 22 10:59          Jan 22  2024          Jan 22 10:59:07 2024     (BSD, -T)
//! 22 Jan 10:59          22. Jan 2024                                   (day first)
//! 01-22 10:59           2024-01-22            2024-01-22 10:59         (GNU, iso, long-iso)
//! 2024-01-22 10:59:07.123456789 +0100                                  (GNU, full-iso)
//! 1月 22日 10:59        2024年 1月 22日       2024 1月 22               (Japan and others)
//! Oct 08, 2002 09:47    2004.07.15                                      (VShell; others)
//! ```

use super::{
    columns::{Columns, Span, short_number},
    date::{Clock, TimeOfDay, day, time_of_day, year, zone},
    east_asian,
    modified::Modified,
    month::month,
};

/// When a file was changed, and the name that follows the date.
#[derive(Debug)]
pub(super) struct Stamp {
    pub(super) modified: Option<Modified>,
    pub(super) name: Span,
}

impl Stamp {
    /// Reads from the column behind the size, which is `first`, and the `columns` behind that.
    pub(super) fn read(
        first: Span,
        columns: &Columns<'_>,
        line: &[u8],
        clock: &Clock,
    ) -> Option<Self> {
        // Most words that are asked about are no date, and show it by themselves.
        let first = first.of(line);
        if !first.first()?.is_ascii_digit() {
            if first == b"---" {
                return Self::untold(columns.clone());
            }
            let month = month(first)?;
            let mut columns = columns.clone();
            let second = columns.word()?;
            return Self::named(month, day(second)?, second, columns, clock);
        }
        if first.len() > 2 && east_asian::begins(first, &line[columns.at()..]) {
            let (modified, columns) = east_asian::read(first, columns.clone(), clock)?;
            return Self::new(modified, &columns);
        }
        if first.len() > 3 {
            return Self::numeric(first, columns, line, clock);
        }
        let day = day(first)?;
        let mut columns = columns.clone();
        let second = columns.word()?;
        Self::named(month(second)?, day, second, columns, clock)
    }

    /// Reads `--- -- --:--` of libunftp, where the file system cannot tell.
    fn untold(mut columns: Columns<'_>) -> Option<Self> {
        let rest = [columns.word()?, columns.word()?];
        (rest == [&b"--"[..], b"--:--"]).then(|| Self::new(None, &columns))?
    }

    /// Reads what follows a month and a day, of which `second` is the latter word.
    fn named(
        month: i8,
        day: i8,
        second: &[u8],
        mut columns: Columns<'_>,
        clock: &Clock,
    ) -> Option<Self> {
        let third = columns.word()?;
        if let Some(year) = year(third) {
            // VShell writes `Oct 08, 2002 09:47`.
            let mut behind = columns.clone();
            if second.ends_with(b",")
                && let Some(time) = behind.word().and_then(time_of_day)
                && let Some(stamp) = Self::new(clock.at(year, month, day, time), &behind)
            {
                return Some(stamp);
            }
            let modified = clock.at(year, month, day, TimeOfDay::UNSAID);
            return Self::new(modified, &columns);
        }
        let time = time_of_day(third)?;
        // `ls -T` of the BSDs puts the year behind the seconds.
        let mut behind = columns.clone();
        if third.len() > 5
            && let Some(year) = behind.word().and_then(year)
            && let Some(stamp) = Self::new(clock.at(year, month, day, time), &behind)
        {
            return Some(stamp);
        }
        Self::new(clock.recent(month, day, time), &columns)
    }

    /// Reads the styles `iso` (`2024-01-22 ` or `01-22 10:59`), `long-iso` and `full-iso` of GNU.
    fn numeric(first: &[u8], columns: &Columns<'_>, line: &[u8], clock: &Clock) -> Option<Self> {
        if let &[m1, m2, b'-', d1, d2] = first {
            let (month, day) = month_and_day(&[m1, m2], &[d1, d2])?;
            let mut columns = columns.clone();
            let time = time_of_day(columns.word()?)?;
            return Self::new(clock.recent(month, day, time), &columns);
        }
        let &[y1, y2, y3, y4, mark, m1, m2, mark2, d1, d2] = first else {
            return None;
        };
        if mark != mark2 || !b"-/.".contains(&mark) {
            return None;
        }
        let year = year(&[y1, y2, y3, y4])?;
        let (month, day) = month_and_day(&[m1, m2], &[d1, d2])?;

        let mut with_time = columns.clone();
        if let Some((word, time)) = with_time.word().and_then(|w| Some((w, time_of_day(w)?))) {
            let mut with_zone = with_time.clone();
            if word.len() > 5
                && let Some(zone) = with_zone.word().and_then(zone)
                && let modified = Clock::at_zone(year, month, day, time, zone)
                && let Some(stamp) = Self::new(modified, &with_zone)
            {
                return Some(stamp);
            }
            let modified = clock.at(year, month, day, time);
            if let Some(stamp) = Self::new(modified, &with_time) {
                return Some(stamp);
            }
        }
        // GNU, which writes dashes, pads a date without time to the width of one with it.
        let modified = clock.at(year, month, day, TimeOfDay::UNSAID);
        let at = columns.at();
        match line.get(at..) {
            Some([b' ', b' ', _, ..]) if mark == b'-' => Some(Self {
                modified,
                name: Span::new(at + 2, line.len()),
            }),
            _ => Self::new(modified, columns),
        }
    }

    fn new(modified: Option<Modified>, columns: &Columns<'_>) -> Option<Self> {
        let name = columns.rest()?;
        Some(Self { modified, name })
    }
}

fn month_and_day(month: &[u8], day: &[u8]) -> Option<(i8, i8)> {
    let month = short_number(month).filter(|month| (1..=12).contains(month))?;
    let day = short_number(day).filter(|day| *day <= 31)?;
    Some((month, day))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use jiff::Timestamp;

    use super::*;
    use crate::listing::Precision;

    const DAY: Precision = Precision::Day;
    const MINUTE: Precision = Precision::Minute;
    const SECOND: Precision = Precision::Second;
    const FRACTION: Precision = Precision::Fraction;

    fn clock() -> Clock {
        let now: Timestamp = "2024-03-10T12:00:00Z".parse().unwrap();
        Clock::new(now.into(), 0)
    }

    fn read(line: &[u8]) -> Option<Stamp> {
        let mut columns = Columns::new(line);
        Stamp::read(columns.next()?, &columns, line, &clock())
    }

    #[test]
    fn dates_in_every_order() {
        let table = [
            ("Jan 22 10:59 n", "2024-01-22T10:59:00Z", MINUTE, "n"),
            ("Dec  2 0:59 n", "2023-12-02T00:59:00Z", MINUTE, "n"),
            ("Jan 22  2019 n", "2019-01-22T00:00:00Z", DAY, "n"),
            ("jan. 22, 2019 n", "2019-01-22T00:00:00Z", DAY, "n"),
            (
                "Jan 22 10:59:07 2019 n",
                "2019-01-22T10:59:07Z",
                SECOND,
                "n",
            ),
            (
                "Jan 22 10:59:07 2019",
                "2024-01-22T10:59:07Z",
                SECOND,
                "2019",
            ),
            (
                "Jan 22 10:59 2019 n",
                "2024-01-22T10:59:00Z",
                MINUTE,
                "2019 n",
            ),
            ("Oct 08, 2002 09:47 n", "2002-10-08T09:47:00Z", MINUTE, "n"),
            ("Oct 08, 2002 09:47", "2002-10-08T00:00:00Z", DAY, "09:47"),
            (
                "Oct 08 2002 09:47 n",
                "2002-10-08T00:00:00Z",
                DAY,
                "09:47 n",
            ),
            ("22 Jan 10:59 n", "2024-01-22T10:59:00Z", MINUTE, "n"),
            ("2004.07.15 n", "2004-07-15T00:00:00Z", DAY, "n"),
            ("2003 3月 20 n", "2003-03-20T00:00:00Z", DAY, "n"),
            ("22. Jan 2019 n", "2019-01-22T00:00:00Z", DAY, "n"),
            ("01-22 10:59 n", "2024-01-22T10:59:00Z", MINUTE, "n"),
            ("2019-01-22  n", "2019-01-22T00:00:00Z", DAY, "n"),
            ("2019-01-22 n", "2019-01-22T00:00:00Z", DAY, "n"),
            ("2019-01-22   n", "2019-01-22T00:00:00Z", DAY, " n"),
            ("2019.01.22  n", "2019-01-22T00:00:00Z", DAY, " n"),
            ("2019/01/22  n", "2019-01-22T00:00:00Z", DAY, " n"),
            ("2019-01-22 10:59  n", "2019-01-22T10:59:00Z", MINUTE, " n"),
            (
                "2019-01-22 10:59:07.000000000 +0000  n",
                "2019-01-22T10:59:07Z",
                FRACTION,
                " n",
            ),
            ("2019-01-22 10:59", "2019-01-22T00:00:00Z", DAY, "10:59"),
            ("2019/01/22 10:59 n", "2019-01-22T10:59:00Z", MINUTE, "n"),
            (
                "2019-01-22 10:59 +0100 n",
                "2019-01-22T10:59:00Z",
                MINUTE,
                "+0100 n",
            ),
            ("2019-01-22 10:59:07 n", "2019-01-22T10:59:07Z", SECOND, "n"),
            (
                "2019-01-22 10:59:07.25 -0130 n",
                "2019-01-22T12:29:07.25Z",
                FRACTION,
                "n",
            ),
            (
                "2019-01-22 10:59:07 +0100",
                "2019-01-22T10:59:07Z",
                SECOND,
                "+0100",
            ),
            ("Jan 22 10:59   n ", "2024-01-22T10:59:00Z", MINUTE, "  n "),
        ];
        for (text, time, precision, name) in table {
            let line = text.as_bytes();
            let stamp = read(line).unwrap();
            let modified = stamp.modified.unwrap();
            let meant: Timestamp = time.parse().unwrap();
            assert_eq!(modified.time(), SystemTime::from(meant), "{text}");
            assert_eq!(modified.precision(), precision, "{text}");
            assert_eq!(stamp.name.of(line), name.as_bytes(), "{text}");
        }
    }

    #[test]
    fn a_day_that_no_calendar_has_is_no_time() {
        for text in [
            "Feb 31 10:59 n",
            "Feb 29  2023 n",
            "Jan  0  1970 n",
            "--- -- --:-- n",
        ] {
            let line = text.as_bytes();
            let stamp = read(line).unwrap();
            assert_eq!(stamp.modified, None, "{text}");
            assert_eq!(stamp.name.of(line), b"n", "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_date_is_none() {
        let table = [
            "",
            "Jan",
            "Jan 22",
            "Jan 22 10:59",
            "Jan 22 10:59 ",
            "Jan 22 30:01 n",
            "Jan 32 2019 n",
            "Jan 22 201 n",
            "Jam 22 2019 n",
            "22 Jan n",
            "22 22 2019 n",
            "2019-13-22 10:59 n",
            "2019-01/22 10:59 n",
            "13-22 10:59 n",
            "01-22 n",
            "--- -- --",
            "1000 Jan 22",
        ];
        for text in table {
            let line = text.as_bytes();
            assert!(read(line).is_none(), "{text}");
        }
    }
}

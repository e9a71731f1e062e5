//! Dates as Japanese, Chinese and Korean servers write them, each number with its unit behind.
//!
//! ```text
//! 6月 3日 2003年        8月 17日 20:10        6月  3  2003
//! 2003年 6月 3日        2003年6月3日 20:10    5월  9일 2005년     2003 3月 20
//! ```

use super::{
    columns::{Columns, short_number},
    date::{Clock, TimeOfDay, time_of_day, year},
    modified::Modified,
};

/// Unit in UTF-8 (Japanese and Chinese, Korean), Shift-JIS, EUC-JP, GBK, Big5 and EUC-KR.
type Unit = [&'static [u8]; 7];

const YEAR: Unit = [
    "年".as_bytes(),
    "년".as_bytes(),
    b"\x94\x4e",
    b"\xc7\xaf",
    b"\xc4\xea",
    b"\xa6\x7e",
    b"\xb3\xe2",
];
const MONTH: Unit = [
    "月".as_bytes(),
    "월".as_bytes(),
    b"\x8c\x8e",
    b"\xb7\xee",
    b"\xd4\xc2",
    b"\xa4\xeb",
    b"\xbf\xf9",
];
const DAY: Unit = [
    "日".as_bytes(),
    "일".as_bytes(),
    b"\x93\xfa",
    b"\xc6\xfc",
    b"\xc8\xd5",
    b"\xa4\xe9",
    b"\xc0\xcf",
];

/// Whether such a date can begin with this word, which begins with a digit, and what is behind it.
pub(super) fn begins(first: &[u8], behind: &[u8]) -> bool {
    // At most a blank and two digits stand before the unit of a month.
    !first.is_ascii() || first.len() == 4 && !behind[..behind.len().min(4)].is_ascii()
}

/// The date that begins with the word `first`, and the columns behind it. `None` when none does.
pub(super) fn read<'a>(
    first: &'a [u8],
    mut columns: Columns<'a>,
    clock: &Clock,
) -> Option<(Option<Modified>, Columns<'a>)> {
    let mut date = Date::default();
    date.add(first)?;
    while date.day.is_none() {
        date.add(columns.word()?)?;
    }
    let (month, day) = (date.month?, date.day?);

    let mut behind = columns.clone();
    let next = behind.word()?;
    if year(first).is_some() && (time_of_day(next).is_some() || said_year(next).is_some()) {
        // That was a size, and the year follows.
        return None;
    }
    if let Some(time) = time_of_day(next) {
        let modified = match date.year {
            Some(year) => clock.at(year, month, day, time),
            None => clock.recent(month, day, time),
        };
        return Some((modified, behind));
    }
    let (year, columns) = match date.year {
        Some(year) => (year, columns),
        None => (said_year(next)?, behind),
    };
    Some((clock.at(year, month, day, TimeOfDay::UNSAID), columns))
}

/// A year with or without its unit.
fn said_year(word: &[u8]) -> Option<i16> {
    year(unit(word, &YEAR).map_or(word, |(digits, _)| digits))
}

/// What has been read of a date.
#[derive(Default)]
struct Date {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
}

impl Date {
    /// Takes one word, which may hold several numbers with their units, or a day without one.
    fn add(&mut self, mut word: &[u8]) -> Option<()> {
        if self.month.is_some()
            && let Some(day) = short_number(word)
        {
            self.day = Some(day);
            return Some(());
        }
        if self.year.is_none() && self.month.is_none() {
            self.year = year(word);
            if self.year.is_some() {
                return Some(());
            }
        }
        while !word.is_empty() {
            if self.month.is_some() {
                let (digits, rest) = unit(word, &DAY)?;
                self.day = Some(short_number(digits)?);
                // Nothing is joined to the day.
                return rest.is_empty().then_some(());
            }
            if let Some((digits, rest)) = unit(word, &YEAR) {
                self.year = Some(year(digits)?);
                word = rest;
            } else {
                let (digits, rest) = unit(word, &MONTH)?;
                let month = short_number(digits).filter(|month| (1..=12).contains(month));
                self.month = Some(month?);
                word = rest;
            }
        }
        Some(())
    }
}

/// Splits a number with this unit from what follows.
fn unit<'a>(word: &'a [u8], unit: &Unit) -> Option<(&'a [u8], &'a [u8])> {
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = word.split_at(digits);
    let rest = unit.iter().find_map(|unit| rest.strip_prefix(*unit))?;
    (digits > 0).then_some((number, rest))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn found(line: &[u8]) -> Option<String> {
        let now: Timestamp = "2024-03-10T12:00:00Z".parse().unwrap();
        let clock = Clock::new(now.into(), 0);
        let mut columns = Columns::new(line);
        let first = columns.word()?;
        let (modified, behind) = read(first, columns, &clock)?;
        let name = behind.rest()?.of(line);
        let time = Timestamp::try_from(modified?.time()).unwrap();
        Some(format!("{time} {}", name.escape_ascii()))
    }

    #[test]
    fn numbers_with_units() {
        let table = [
            ("6月 3日 2003年 n", "2003-06-03T00:00:00Z n"),
            ("6月  3  2003 n", "2003-06-03T00:00:00Z n"),
            ("8月 17日 20:10 n", "2023-08-17T20:10:00Z n"),
            ("1月 17 20:10  n", "2024-01-17T20:10:00Z  n"),
            ("2003年 6月  3日 n", "2003-06-03T00:00:00Z n"),
            ("2003年6月3日 20:10 n", "2003-06-03T20:10:00Z n"),
            ("2003년  6월  3일 n", "2003-06-03T00:00:00Z n"),
            ("2003 3月 20 n", "2003-03-20T00:00:00Z n"),
            ("2003 3月 20日 n", "2003-03-20T00:00:00Z n"),
        ];
        for (line, meant) in table {
            assert_eq!(found(line.as_bytes()).as_deref(), Some(meant), "{line}");
        }
        let table: [(&[u8], &str); 3] = [
            (
                b"6\x8c\x8e 3\x93\xfa 2003\x94\x4e n",
                "2003-06-03T00:00:00Z n",
            ),
            (b"6\xb7\xee 3\xc6\xfc 20:10 n", "2023-06-03T20:10:00Z n"),
            (
                b"2003\xc4\xea6\xd4\xc23\xc8\xd5 n",
                "2003-06-03T00:00:00Z n",
            ),
        ];
        for (line, meant) in table {
            assert_eq!(found(line).as_deref(), Some(meant));
        }
    }

    #[test]
    fn other_numbers_are_no_dates() {
        for line in [
            "6月 n",
            "13月 3日 2003年 n",
            "6月 3日 n",
            "6日 3月 2003年 n",
            "3 6月 2003 n",
            // The first number is a size.
            "2003 6月 3日 2003年 n",
            "2003 6月 3 20:10 n",
            "2003 6月 3 2004 n",
        ] {
            assert_eq!(found(line.as_bytes()), None, "{line}");
        }
    }
}

//! Dates with the month's name between dashes: `2-JUN-1998`, `Jun-02-98`.

use super::{
    columns::short_number,
    date::{Clock, TimeOfDay},
    modified::Modified,
    month::month,
    numeric_date::full_year,
};

/// A day, which need not be one that the calendar has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NamedDate {
    year: i16,
    month: i8,
    day: i8,
}

impl NamedDate {
    /// Reads `2-JUN-1998`.
    pub(super) fn day_first(word: &[u8]) -> Option<Self> {
        let [day, month, year] = parts(word)?;
        Self::new(year, month, day)
    }

    /// Reads `JUN-02-1998`.
    pub(super) fn month_first(word: &[u8]) -> Option<Self> {
        let [month, day, year] = parts(word)?;
        Self::new(year, month, day)
    }

    /// `None` where the calendar has no such day.
    pub(super) fn at(self, time: TimeOfDay, clock: &Clock) -> Option<Modified> {
        clock.at(self.year, self.month, self.day, time)
    }

    fn new(year: &[u8], name: &[u8], day: &[u8]) -> Option<Self> {
        Some(Self {
            year: full_year(year)?,
            month: month(name)?,
            day: short_number(day)?,
        })
    }
}

fn parts(word: &[u8]) -> Option<[&[u8]; 3]> {
    let mut parts = word.split(|&byte| byte == b'-');
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        let shown = |date: Option<NamedDate>| {
            date.map(|date| format!("{}-{}-{}", date.year, date.month, date.day))
        };
        let table = [
            ("2-JUN-1998", Some("1998-6-2"), None),
            ("31-feb-98", Some("1998-2-31"), None),
            ("Jan-01-1980", None, Some("1980-1-1")),
            ("JUN-2-69", None, Some("2069-6-2")),
            ("2-JAM-1998", None, None),
            ("2-6-1998", None, None),
            ("2-JUN", None, None),
            ("2-JUN-1998-1", None, None),
            ("2-JUN-198", None, None),
            ("", None, None),
        ];
        for (word, day_first, month_first) in table {
            let found = shown(NamedDate::day_first(word.as_bytes()));
            assert_eq!(found.as_deref(), day_first, "{word}");
            let found = shown(NamedDate::month_first(word.as_bytes()));
            assert_eq!(found.as_deref(), month_first, "{word}");
        }
    }
}

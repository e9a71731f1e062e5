//! Dates in three numbers, in an order that their line does not tell.

use super::{
    columns::{number, short_number},
    date::{Clock, TimeOfDay},
    modified::Modified,
};

/// The order of the numbers in a date such as `05-06-24`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DateOrder {
    /// Month, day, year.
    MonthFirst,
    /// Day, month, year.
    DayFirst,
    /// Year, month, day.
    YearFirst,
}

/// A day, which need not be one that the calendar has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NumericDate {
    year: i16,
    month: i8,
    day: i8,
}

impl DateOrder {
    const ALL: [Self; 3] = [Self::MonthFirst, Self::DayFirst, Self::YearFirst];
}

impl NumericDate {
    /// Reads a date in this order, or in the one that its marks or numbers show: periods stand
    /// behind days, a first number of four digits is a year, and no month is above 12.
    pub(super) fn read(word: &[u8], order: DateOrder) -> Option<Self> {
        let (parts, mark) = parts(word)?;
        if parts[0].len() == 4 {
            return Self::ordered(parts, DateOrder::YearFirst);
        }
        let first = match (mark, order) {
            (b'.', DateOrder::MonthFirst) => DateOrder::DayFirst,
            _ => order,
        };
        [first]
            .into_iter()
            .chain(DateOrder::ALL)
            .find_map(|order| Self::ordered(parts, order))
    }

    /// Reads a date whose order nobody knows, as long as all orders that give a day before
    /// tomorrow give the same.
    pub(super) fn read_certain(word: &[u8], clock: &Clock) -> Option<Self> {
        let mut readings = Self::readings(word, clock).map(|(_, date)| date);
        let date = readings.next()?;
        readings.all(|other| other == date).then_some(date)
    }

    /// The order of a date in one of whose first two places no other number can stand. Days come
    /// with the year behind them, as nearly everywhere.
    pub(super) fn shown_order(word: &[u8]) -> Option<DateOrder> {
        let ([first, second, _], _) = parts(word)?;
        match (short_number(first)?, short_number(second)?) {
            (13..=31, 1..=12) => Some(DateOrder::DayFirst),
            (1..=12, 13..=31) => Some(DateOrder::MonthFirst),
            (32.., 1..=12) => Some(DateOrder::YearFirst),
            _ => None,
        }
    }

    /// The only order in which a date makes sense.
    pub(super) fn order(word: &[u8], clock: &Clock) -> Option<DateOrder> {
        let mut readings = Self::readings(word, clock);
        match (readings.next(), readings.next()) {
            (Some((order, _)), None) => Some(order),
            _ => None,
        }
    }

    pub(super) fn at(self, time: TimeOfDay, clock: &Clock) -> Option<Modified> {
        clock.at(self.year, self.month, self.day, time)
    }

    fn readings(word: &[u8], clock: &Clock) -> impl Iterator<Item = (DateOrder, Self)> {
        let parts = parts(word);
        DateOrder::ALL.into_iter().filter_map(move |order| {
            let (parts, mark) = parts?;
            let fits = match (parts[0].len(), mark) {
                (4, _) => order == DateOrder::YearFirst,
                (_, b'.') => order == DateOrder::DayFirst,
                _ => true,
            };
            let date = Self::ordered(parts, order).filter(|_| fits)?;
            clock
                .is_past(date.year, date.month, date.day)
                .then_some((order, date))
        })
    }

    fn ordered([first, second, third]: [&[u8]; 3], order: DateOrder) -> Option<Self> {
        let (year, month, day) = match order {
            DateOrder::MonthFirst => (third, first, second),
            DateOrder::DayFirst => (third, second, first),
            DateOrder::YearFirst => (first, second, third),
        };
        let (year, month, day) = (full_year(year)?, short_number(month)?, short_number(day)?);
        ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Self { year, month, day })
    }
}

/// A year of four digits, or of two for 1970 to 2069.
pub(super) fn full_year(word: &[u8]) -> Option<i16> {
    match (word.len(), number(word)?.try_into().ok()?) {
        (2, year @ 70..) => Some(1900 + year),
        (2, year) => Some(2000 + year),
        (4, year) => Some(year),
        _ => None,
    }
}

/// Three numbers and the mark between them.
fn parts(word: &[u8]) -> Option<([&[u8]; 3], u8)> {
    let mark = *word.iter().find(|byte| !byte.is_ascii_digit())?;
    if !b"-/.".contains(&mark) {
        return None;
    }
    let mut parts = word.split(|&byte| byte == mark);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some((three, mark))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn shown(date: Option<NumericDate>) -> String {
        date.map_or_else(
            || "none".to_owned(),
            |date| format!("{}-{}-{}", date.year, date.month, date.day),
        )
    }

    #[test]
    fn orders() {
        use DateOrder::{DayFirst, MonthFirst, YearFirst};
        let table = [
            ("05-06-24", MonthFirst, "2024-5-6"),
            ("05-06-24", DayFirst, "2024-6-5"),
            ("05-06-24", YearFirst, "2005-6-24"),
            ("22-01-24", MonthFirst, "2024-1-22"),
            ("01-22-24", DayFirst, "2024-1-22"),
            ("01-22-24", YearFirst, "2024-1-22"),
            ("31/12/99", YearFirst, "1999-12-31"),
            ("99-12-31", MonthFirst, "1999-12-31"),
            ("05.06.1969", MonthFirst, "1969-6-5"),
            ("1969/06/05", MonthFirst, "1969-6-5"),
            ("05-06-70", MonthFirst, "1970-5-6"),
            ("05-06-69", MonthFirst, "2069-5-6"),
            ("13-13-24", MonthFirst, "none"),
            ("05-06", MonthFirst, "none"),
            ("05-06/24", MonthFirst, "none"),
            ("05-06-024", MonthFirst, "none"),
            ("05-06-24-1", MonthFirst, "none"),
            ("05:06:24", MonthFirst, "none"),
            ("", MonthFirst, "none"),
        ];
        for (word, order, meant) in table {
            let date = NumericDate::read(word.as_bytes(), order);
            assert_eq!(shown(date), meant, "{word} {order:?}");
        }
    }

    #[test]
    fn orders_that_a_date_shows() {
        use DateOrder::{DayFirst, MonthFirst, YearFirst};
        let table = [
            ("05-06-24", None),
            ("13-06-24", Some(DayFirst)),
            ("06-13-24", Some(MonthFirst)),
            ("31.12.1999", Some(DayFirst)),
            ("97-05-12", Some(YearFirst)),
            ("32-13-12", None),
            ("1997-05-12", None),
            ("13-06", None),
            ("", None),
        ];
        for (word, order) in table {
            assert_eq!(NumericDate::shown_order(word.as_bytes()), order, "{word}");
        }
    }

    #[test]
    fn what_could_be_several_days_is_none() {
        let now: Timestamp = "2024-03-10T12:00:00Z".parse().unwrap();
        let clock = Clock::new(now.into(), 0);
        let table = [
            ("04/03/18", "none", None),
            ("05/05/05", "2005-5-5", None),
            ("02/23/00", "2000-2-23", Some(DateOrder::MonthFirst)),
            ("24/02/28", "2024-2-28", Some(DateOrder::YearFirst)),
            ("31/12/23", "2023-12-31", Some(DateOrder::DayFirst)),
            ("22/12/23", "none", None),
            ("31/12/99", "1999-12-31", Some(DateOrder::DayFirst)),
            ("29.06.13", "2013-6-29", Some(DateOrder::DayFirst)),
            ("2013-06-29", "2013-6-29", Some(DateOrder::YearFirst)),
            ("30/02/31", "none", None),
        ];
        for (word, meant, order) in table {
            let word = word.as_bytes();
            let date = NumericDate::read_certain(word, &clock);
            let line = word.escape_ascii();
            assert_eq!(shown(date), meant, "{line}");
            assert_eq!(NumericDate::order(word, &clock), order, "{line}");
        }
    }
}

//! Dates and times as listings write them.

use std::time::{Duration, SystemTime};

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
    tz::Offset,
};

use super::{
    columns::{number, short_number},
    month::without_mark,
};

/// When an entry was last changed, as far as its line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Modified {
    time: SystemTime,
    precision: Precision,
    local: bool,
}

/// How much of a time a listing says; what is smaller is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Precision {
    /// The day alone: the time of day is set to midnight on the server.
    Day,
    /// Hours and minutes.
    Minute,
    /// Seconds.
    Second,
    /// Fractions of a second.
    Fraction,
}

impl Modified {
    /// A time that is known whatever the server's offset, for an [`EntryBuilder`].
    ///
    /// [`EntryBuilder`]: super::EntryBuilder
    pub fn new(time: SystemTime, precision: Precision) -> Self {
        Self {
            time,
            precision,
            local: false,
        }
    }

    /// The first moment that the listing can mean.
    pub fn time(&self) -> SystemTime {
        self.time
    }

    /// How exact that is.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Whether the line gives it in the server's local time, from which
    /// [`Parser::offset`](super::Parser::offset) was taken; else the line says UTC, or names its
    /// zone.
    pub fn is_local(&self) -> bool {
        self.local
    }

    /// A time in seconds since 1970, in UTC.
    pub(super) fn from_unix(seconds: u64) -> Option<Self> {
        let timestamp = Timestamp::from_second(seconds.try_into().ok()?).ok()?;
        Self::at(timestamp, Precision::Second, false)
    }

    /// `None` where the system's clock cannot tell that time.
    fn at(timestamp: Timestamp, precision: Precision, local: bool) -> Option<Self> {
        let since = timestamp.as_duration();
        let time = if since.is_negative() {
            SystemTime::UNIX_EPOCH.checked_sub(since.unsigned_abs())
        } else {
            SystemTime::UNIX_EPOCH.checked_add(since.unsigned_abs())
        };
        time.map(|time| Self {
            time,
            precision,
            local,
        })
    }
}

/// What the server's clock and calendar are taken to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    /// Now and a day, on the server: its clock may be ahead, and its offset may be guessed.
    latest: Option<DateTime>,
    offset: Offset,
}

/// A time of day and how much of it was said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeOfDay {
    pub(super) time: Time,
    pub(super) precision: Precision,
}

impl TimeOfDay {
    pub(super) const UNSAID: Self = Self {
        time: Time::midnight(),
        precision: Precision::Day,
    };
}

impl Clock {
    /// A server that does not tell its time; dates without a year cannot be resolved.
    pub(super) const NONE: Self = Self {
        latest: None,
        offset: Offset::UTC,
    };

    /// The offset is in seconds east of UTC.
    pub(super) fn new(now: SystemTime, offset: i32) -> Self {
        const TOLERANCE: Duration = Duration::from_secs(86_400);
        // jiff's limit, well beyond every zone in use.
        const LIMIT: i32 = 93_599;
        let offset = Offset::from_seconds(offset.clamp(-LIMIT, LIMIT)).unwrap_or(Offset::UTC);
        let latest = now
            .checked_add(TOLERANCE)
            .and_then(|time| Timestamp::try_from(time).ok())
            .map(|timestamp| offset.to_datetime(timestamp));
        Self { latest, offset }
    }

    /// A time on a day that the calendar has.
    pub(super) fn at(&self, year: i16, month: i8, day: i8, said: TimeOfDay) -> Option<Modified> {
        self.resolve(Date::new(year, month, day).ok()?, said)
    }

    /// The same, in the zone that the line names, as `+0100`.
    pub(super) fn at_zone(
        year: i16,
        month: i8,
        day: i8,
        said: TimeOfDay,
        zone: Offset,
    ) -> Option<Modified> {
        let time = Date::new(year, month, day).ok()?.to_datetime(said.time);
        Modified::at(zone.to_timestamp(time).ok()?, said.precision, false)
    }

    /// The last such day and time: `ls` leaves out the year where it is less than one ago.
    pub(super) fn recent(&self, month: i8, day: i8, said: TimeOfDay) -> Option<Modified> {
        let latest = self.latest?;
        // Next year first, for a server that has seen the new year before us; and as far back
        // as leap days are apart (1896 and 1904).
        (latest.year().saturating_sub(8)..=latest.year())
            .rev()
            .filter_map(|year| Date::new(year, month, day).ok())
            .find(|date| date.to_datetime(said.time) <= latest)
            .and_then(|date| self.resolve(date, said))
    }

    /// Whether the calendar has this day, and it is not later than tomorrow.
    pub(super) fn is_past(&self, year: i16, month: i8, day: i8) -> bool {
        Date::new(year, month, day)
            .is_ok_and(|date| self.latest.is_none_or(|latest| date <= latest.date()))
    }

    fn resolve(&self, date: Date, said: TimeOfDay) -> Option<Modified> {
        let timestamp = self.offset.to_timestamp(date.to_datetime(said.time)).ok()?;
        Modified::at(timestamp, said.precision, true)
    }
}

/// A day of a month, `7`, `07` or `7.`. Servers without a clock say day 0.
pub(super) fn day(word: &[u8]) -> Option<i8> {
    short_number(without_mark(word)).filter(|day| *day <= 31)
}

/// A year in four digits.
pub(super) fn year(word: &[u8]) -> Option<i16> {
    match word.len() {
        4 => number(word)?.try_into().ok(),
        _ => None,
    }
}

/// `H:MM`, `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction`, from 0:00 to 23:59.
pub(super) fn time_of_day(word: &[u8]) -> Option<TimeOfDay> {
    let mut parts = word.split(|&byte| byte == b':');
    let hour = short_number(parts.next()?)?;
    let minute = two_digits(parts.next()?)?;
    let Some(seconds) = parts.next() else {
        return TimeOfDay::new(hour, minute, 0, 0, Precision::Minute);
    };
    if parts.next().is_some() {
        return None;
    }
    let (second, tail) = seconds.split_at_checked(2)?;
    let second = two_digits(second)?;
    match tail.split_first() {
        None => TimeOfDay::new(hour, minute, second, 0, Precision::Second),
        Some((b'.' | b',', digits)) => TimeOfDay::new(
            hour,
            minute,
            second,
            nanoseconds(digits)?,
            Precision::Fraction,
        ),
        Some(_) => None,
    }
}

/// The value of the fact `modify`: `YYYYMMDDHHMMSS` and perhaps a fraction, in UTC (RFC 3659,
/// section 2.3). A `Z` behind it, as some servers send, says the same.
pub(super) fn utc_stamp(value: &[u8]) -> Option<Modified> {
    let value = value.strip_suffix(b"Z").unwrap_or(value);
    let (digits, tail) = value.split_at_checked(14)?;
    let (nanosecond, precision) = match tail.split_first() {
        None => (0, Precision::Second),
        Some((b'.', fraction)) => (nanoseconds(fraction)?, Precision::Fraction),
        Some(_) => return None,
    };
    let digits = number(digits)?;
    // Of the number behind it, the last two digits.
    let pair = |behind: u64| (digits / behind % 100) as i8;
    let said = TimeOfDay::new(pair(10_000), pair(100), pair(1), nanosecond, precision)?;
    let year = (digits / 10_000_000_000) as i16;
    let (month, day) = (pair(100_000_000), pair(1_000_000));
    Clock::at_zone(year, month, day, said, Offset::UTC)
}

/// An offset from UTC as `+HHMM` or `-HHMM`.
pub(super) fn zone(word: &[u8]) -> Option<Offset> {
    let (sign, digits) = word.split_first()?;
    let (hours, minutes) = digits.split_at_checked(2)?;
    let seconds = i32::from(two_digits(hours)?) * 3600 + i32::from(two_digits(minutes)?) * 60;
    match sign {
        b'+' => Offset::from_seconds(seconds).ok(),
        b'-' => Offset::from_seconds(-seconds).ok(),
        _ => None,
    }
}

impl TimeOfDay {
    pub(super) fn new(
        hour: i8,
        minute: i8,
        second: i8,
        nanosecond: i32,
        precision: Precision,
    ) -> Option<Self> {
        // RFC 3659 allows a leap second; the system's time has no place for it.
        let second = if second == 60 { 59 } else { second };
        let time = Time::new(hour, minute, second, nanosecond).ok()?;
        Some(Self { time, precision })
    }
}

fn two_digits(word: &[u8]) -> Option<i8> {
    short_number(word).filter(|_| word.len() == 2)
}

/// The digits behind a decimal point, as nanoseconds; further digits are cut off.
fn nanoseconds(digits: &[u8]) -> Option<i32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0'));
    Some(
        padded
            .take(9)
            .fold(0, |value, digit| value * 10 + i32::from(digit - b'0')),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> SystemTime {
        text.parse::<Timestamp>().unwrap().into()
    }

    fn clock(now: &str) -> Clock {
        Clock::new(utc(now), 0)
    }

    fn minute(hour: i8, minute: i8) -> TimeOfDay {
        TimeOfDay::new(hour, minute, 0, 0, Precision::Minute).unwrap()
    }

    #[test]
    fn a_date_without_year_lies_in_the_last_year_or_one_day_ahead() {
        let table = [
            ("2024-03-10T12:00:00Z", 3, 10, "2024-03-10T11:59:00Z"),
            ("2024-03-10T12:00:00Z", 3, 11, "2024-03-11T11:59:00Z"),
            ("2024-03-10T12:00:00Z", 3, 12, "2023-03-12T11:59:00Z"),
            ("2024-03-10T12:00:00Z", 12, 31, "2023-12-31T11:59:00Z"),
            ("2024-12-31T23:50:00Z", 1, 1, "2025-01-01T11:59:00Z"),
            ("2024-01-01T00:10:00Z", 12, 31, "2023-12-31T11:59:00Z"),
            ("2025-06-01T00:00:00Z", 2, 29, "2024-02-29T11:59:00Z"),
            ("2024-02-28T12:00:00Z", 2, 29, "2024-02-29T11:59:00Z"),
            ("2024-02-27T11:00:00Z", 2, 29, "2020-02-29T11:59:00Z"),
            ("1904-01-01T00:00:00Z", 2, 29, "1896-02-29T11:59:00Z"),
        ];
        for (now, month, day, meant) in table {
            let found = clock(now).recent(month, day, minute(11, 59)).unwrap();
            assert_eq!(found.time(), utc(meant), "{now} {month} {day}");
            assert_eq!(found.precision(), Precision::Minute);
        }
        let clock = clock("2024-03-10T12:00:00Z");
        assert_eq!(clock.recent(2, 31, minute(0, 0)), None);
        assert_eq!(Clock::NONE.recent(2, 1, minute(0, 0)), None);
    }

    #[test]
    fn local_times_become_utc_by_the_servers_offset() {
        let clock = Clock::new(utc("2024-03-10T23:30:00Z"), 2 * 3600);
        let found = clock.recent(3, 11, minute(1, 0)).unwrap();
        assert_eq!(found.time(), utc("2024-03-10T23:00:00Z"));
        let found = clock.at(2020, 1, 1, TimeOfDay::UNSAID).unwrap();
        assert_eq!(found.time(), utc("2019-12-31T22:00:00Z"));
        let found = Clock::new(utc("2024-03-10T23:30:00Z"), i32::MIN).at(1, 1, 1, minute(0, 0));
        assert!(found.is_some());
    }

    #[test]
    fn only_what_the_offset_was_taken_from_is_local() {
        let clock = Clock::new(utc("2024-03-10T23:30:00Z"), 3600);
        let is_local = |modified: Option<Modified>| modified.unwrap().is_local();
        assert!(is_local(clock.at(2020, 1, 1, TimeOfDay::UNSAID)));
        assert!(is_local(clock.recent(1, 1, minute(1, 0))));
        let zone = zone(b"+0100").unwrap();
        let zoned = Clock::at_zone(2020, 1, 1, minute(1, 0), zone);
        assert!(!is_local(zoned));
        assert!(!is_local(utc_stamp(b"20240229235958")));
        assert!(!is_local(Modified::from_unix(1)));
        assert!(!Modified::new(utc("2024-01-01T00:00:00Z"), Precision::Day).is_local());
    }

    #[test]
    fn times_of_day() {
        let table: [(&[u8], Option<TimeOfDay>); 14] = [
            (b"0:23", Some(minute(0, 23))),
            (b"23:59", Some(minute(23, 59))),
            (b"24:00", None),
            (b"30:01", None),
            (b"12:60", None),
            (b"12:5", None),
            (b"123:05", None),
            (b"12", None),
            (b"", None),
            (b":", None),
            (b"01:02:03", TimeOfDay::new(1, 2, 3, 0, Precision::Second)),
            (
                b"01:02:03.5",
                TimeOfDay::new(1, 2, 3, 500_000_000, Precision::Fraction),
            ),
            (b"01:02:03.", None),
            (b"01:02:03:04", None),
        ];
        for (word, meant) in table {
            assert_eq!(time_of_day(word), meant, "{}", word.escape_ascii());
        }
    }

    #[test]
    fn fact_stamps() {
        type Row = (&'static [u8], Option<(&'static str, Precision)>);
        let table: [Row; 11] = [
            (
                b"20240229235958",
                Some(("2024-02-29T23:59:58Z", Precision::Second)),
            ),
            (
                b"20141205180002Z",
                Some(("2014-12-05T18:00:02Z", Precision::Second)),
            ),
            (
                b"20141205180002.1234567899",
                Some(("2014-12-05T18:00:02.123456789Z", Precision::Fraction)),
            ),
            (
                b"19691231235959",
                Some(("1969-12-31T23:59:59Z", Precision::Second)),
            ),
            (
                b"20161231235960",
                Some(("2016-12-31T23:59:59Z", Precision::Second)),
            ),
            (b"20230229000000", None),
            (b"20141305180002", None),
            (b"2014", None),
            (b"2014102206510x2.999", None),
            (b"20141205180002.", None),
            (b"", None),
        ];
        for (value, meant) in table {
            let found = utc_stamp(value).map(|found| (found.time(), found.precision()));
            let meant = meant.map(|(time, precision)| (utc(time), precision));
            assert_eq!(found, meant, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn days_years_and_zones() {
        assert_eq!(day(b"2."), Some(2));
        assert_eq!(day(b"32"), None);
        assert_eq!(year(b"2024"), Some(2024));
        assert_eq!(year(b"201O"), None);
        assert_eq!(year(b"201"), None);
        assert_eq!(zone(b"-0130").map(Offset::seconds), Some(-5400));
        assert_eq!(zone(b"0130"), None);
        assert_eq!(zone(b"+01"), None);
    }
}

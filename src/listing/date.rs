//! Dates and times as listings write them.

use std::time::{Duration, SystemTime};

use jiff::{Timestamp, tz::Offset};

use super::{
    calendar::days,
    columns::{number, short_number},
    modified::{Modified, Precision},
    month::without_mark,
};

const DAY: i64 = 86_400;
/// The greatest offset from UTC: jiff's, well beyond every zone in use.
const MAX_OFFSET: i32 = 93_599;

/// What the server's clock and calendar are taken to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    latest: Option<Latest>,
    /// In seconds east of UTC.
    offset: i32,
}

/// Now and a day, on the server: its clock may be ahead, and its offset may be guessed.
#[derive(Clone, Copy, Debug)]
struct Latest {
    year: i16,
    /// Since 1970, there.
    seconds: i64,
}

/// A time of day and how much of it was said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeOfDay {
    /// Since midnight.
    seconds: u32,
    nanosecond: u32,
    pub(super) precision: Precision,
}

impl TimeOfDay {
    pub(super) const UNSAID: Self = Self {
        seconds: 0,
        nanosecond: 0,
        precision: Precision::Day,
    };
}

impl Clock {
    /// A server that does not tell its time; dates without a year cannot be resolved.
    pub(super) const NONE: Self = Self {
        latest: None,
        offset: 0,
    };

    /// The offset is in seconds east of UTC.
    pub(super) fn new(now: SystemTime, offset: i32) -> Self {
        const TOLERANCE: Duration = Duration::from_secs(DAY.unsigned_abs());
        let offset = offset.clamp(-MAX_OFFSET, MAX_OFFSET);
        let zone = Offset::from_seconds(offset).unwrap_or(Offset::UTC);
        let latest = now
            .checked_add(TOLERANCE)
            .and_then(|time| Timestamp::try_from(time).ok())
            .map(|timestamp| Latest {
                year: zone.to_datetime(timestamp).year(),
                seconds: timestamp.as_second() + i64::from(offset),
            });
        Self { latest, offset }
    }

    /// A time on a day that the calendar has.
    #[inline]
    pub(super) fn at(&self, year: i16, month: i8, day: i8, said: TimeOfDay) -> Option<Modified> {
        self.resolve(said.on(days(year, month, day)?), said)
    }

    /// The same, in the zone that the line names, as `+0100`, by its seconds east of UTC.
    #[inline]
    pub(super) fn at_zone(
        year: i16,
        month: i8,
        day: i8,
        said: TimeOfDay,
        zone: i32,
    ) -> Option<Modified> {
        let seconds = said.on(days(year, month, day)?) - i64::from(zone);
        Modified::at(seconds, said.nanosecond, said.precision, false)
    }

    /// The last such day and time: `ls` leaves out the year where it is less than one ago.
    pub(super) fn recent(&self, month: i8, day: i8, said: TimeOfDay) -> Option<Modified> {
        let latest = self.latest?;
        // Next year first, for a server that has seen the new year before us; and as far back
        // as leap days are apart (1896 and 1904).
        (latest.year.saturating_sub(8)..=latest.year)
            .rev()
            .filter_map(|year| days(year, month, day))
            .map(|days| said.on(days))
            .find(|&seconds| seconds <= latest.seconds)
            .and_then(|seconds| self.resolve(seconds, said))
    }

    /// Whether the calendar has this day, and it is not later than tomorrow.
    pub(super) fn is_past(&self, year: i16, month: i8, day: i8) -> bool {
        days(year, month, day).is_some_and(|days| {
            self.latest
                .is_none_or(|latest| days <= latest.seconds.div_euclid(DAY))
        })
    }

    /// What the server's time is in UTC.
    #[inline]
    fn resolve(&self, seconds: i64, said: TimeOfDay) -> Option<Modified> {
        let seconds = seconds - i64::from(self.offset);
        Modified::at(seconds, said.nanosecond, said.precision, true)
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
    let (hour, behind) = match word {
        [hour, b':', behind @ ..] => (digit(*hour)?, behind),
        [tens, ones, b':', behind @ ..] => (pair([*tens, *ones])?, behind),
        _ => return None,
    };
    let (&minute, behind) = behind.split_first_chunk()?;
    let minute = pair(minute)?;
    if behind.is_empty() {
        return TimeOfDay::new(hour, minute, 0, 0, Precision::Minute);
    }
    let (&second, behind) = behind.strip_prefix(b":")?.split_first_chunk()?;
    let second = pair(second)?;
    match behind {
        [] => TimeOfDay::new(hour, minute, second, 0, Precision::Second),
        [b'.' | b',', digits @ ..] => {
            let nanosecond = nanoseconds(digits)?;
            TimeOfDay::new(hour, minute, second, nanosecond, Precision::Fraction)
        }
        _ => None,
    }
}

/// The value of the fact `modify`: `YYYYMMDDHHMMSS` and perhaps a fraction, in UTC (RFC 3659,
/// section 2.3). A `Z` behind it, as some servers send, says the same.
pub(super) fn utc_stamp(value: &[u8]) -> Option<Modified> {
    let (digits, tail) = value.split_first_chunk::<14>()?;
    let (nanosecond, precision) = match tail {
        [] | b"Z" => (0, Precision::Second),
        [b'.', digits @ .., b'Z'] | [b'.', digits @ ..] => {
            (nanoseconds(digits)?, Precision::Fraction)
        }
        _ => return None,
    };
    let [century, year, month, _] = pairs(*digits.first_chunk()?)?;
    let [day, hour, minute, second] = pairs(*digits.last_chunk()?)?;
    let said = TimeOfDay::new(hour, minute, second, nanosecond, precision)?;
    let year = i16::from(century) * 100 + i16::from(year);
    Clock::at_zone(year, month, day, said, 0)
}

/// An offset from UTC as `+HHMM` or `-HHMM`, in seconds.
pub(super) fn zone(word: &[u8]) -> Option<i32> {
    let &[sign, h1, h2, m1, m2] = word else {
        return None;
    };
    let seconds = i32::from(pair([h1, h2])?) * 3600 + i32::from(pair([m1, m2])?) * 60;
    match sign {
        _ if seconds > MAX_OFFSET => None,
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

impl TimeOfDay {
    pub(super) fn new(
        hour: i8,
        minute: i8,
        second: i8,
        nanosecond: u32,
        precision: Precision,
    ) -> Option<Self> {
        // RFC 3659 allows a leap second; the system's time has no place for it.
        let second = if second == 60 { 59 } else { second };
        let [hour, minute, second] = [hour, minute, second]
            .map(i32::from)
            .map(i32::cast_unsigned);
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        Some(Self {
            seconds: (hour * 60 + minute) * 60 + second,
            nanosecond,
            precision,
        })
    }

    pub(super) fn hour(self) -> u32 {
        self.seconds / 3600
    }

    /// The same minute of another hour.
    pub(super) fn at_hour(self, hour: u32) -> Self {
        Self {
            seconds: hour * 3600 + self.seconds % 3600,
            ..self
        }
    }

    /// On this day, the seconds since 1970.
    fn on(self, days: i64) -> i64 {
        days * DAY + i64::from(self.seconds)
    }
}

fn digit(byte: u8) -> Option<i8> {
    byte.is_ascii_digit().then(|| (byte - b'0') as i8)
}

fn pair([tens, ones]: [u8; 2]) -> Option<i8> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

/// Four numbers of two digits each, read at once: stamps are in most lines of MLSD.
fn pairs(digits: [u8; 8]) -> Option<[i8; 4]> {
    const ONES: u64 = u64::MAX / 255;
    let digits = u64::from_le_bytes(digits) ^ (ONES * u64::from(b'0'));
    // The highest bit of a byte is set, or becomes so, where that is no digit.
    let tops = digits | digits.wrapping_add(ONES * (0x7f - 9));
    if tops & (ONES << 7) != 0 {
        return None;
    }
    let [first, _, second, _, third, _, fourth, _] = (digits * 10 + (digits >> 8)).to_le_bytes();
    Some([first, second, third, fourth].map(u8::cast_signed))
}

/// The digits behind a decimal point, as nanoseconds; further digits are cut off.
fn nanoseconds(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0'));
    Some(
        padded
            .take(9)
            .fold(0, |value, digit| value * 10 + u32::from(digit - b'0')),
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

    /// A server that leaves out the year of the last months only never writes a leap day so where
    /// there has been none for more than a year. But ProFTPD and Pure-FTPd leave it out of times to
    /// come, too, and nothing tells how far ahead: it is taken for the last such day, like every
    /// other day that they write so.
    #[test]
    fn a_leap_day_without_year_is_the_last_one_however_long_ago() {
        let table = [
            ("2025-06-01T00:00:00Z", "2024-02-29T11:59:00Z"),
            ("2026-11-22T00:00:00Z", "2024-02-29T11:59:00Z"),
            ("2024-02-28T12:00:00Z", "2024-02-29T11:59:00Z"),
            ("2024-02-27T11:00:00Z", "2020-02-29T11:59:00Z"),
            ("1904-01-01T00:00:00Z", "1896-02-29T11:59:00Z"),
        ];
        for (now, meant) in table {
            let found = clock(now).recent(2, 29, minute(11, 59)).unwrap();
            assert_eq!(found.time(), utc(meant), "{now}");
        }
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
        assert_eq!(zone(b"-0130"), Some(-5400));
        assert_eq!(zone(b"0130"), None);
        assert_eq!(zone(b"+01"), None);
    }
}

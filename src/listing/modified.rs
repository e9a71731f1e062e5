//! When an entry was last changed.

use std::time::{Duration, SystemTime};

/// When an entry was last changed, as far as its line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Modified {
    /// Since 1970; `new` and `at` have seen that the system's clock can tell it.
    seconds: i64,
    nanosecond: u32,
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
        let (seconds, nanosecond) = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(behind) => (behind.as_secs().cast_signed(), behind.subsec_nanos()),
            Err(error) => match (error.duration().as_secs(), error.duration().subsec_nanos()) {
                (whole, 0) => (whole.cast_signed().wrapping_neg(), 0),
                (whole, part) => (!whole.cast_signed(), 1_000_000_000 - part),
            },
        };
        Self {
            seconds,
            nanosecond,
            precision,
            local: false,
        }
    }

    /// The first moment that the listing can mean.
    pub fn time(&self) -> SystemTime {
        let whole = Duration::from_secs(self.seconds.unsigned_abs());
        let part = Duration::from_nanos(self.nanosecond.into());
        let time = match self.seconds {
            0.. => SystemTime::UNIX_EPOCH.checked_add(whole + part),
            ..0 => SystemTime::UNIX_EPOCH
                .checked_sub(whole)
                .and_then(|time| time.checked_add(part)),
        };
        // Always there, as whoever made this has seen.
        time.unwrap_or(SystemTime::UNIX_EPOCH)
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
        Self::at(seconds.try_into().ok()?, 0, Precision::Second, false)
    }

    /// `None` where the system's clock cannot tell that time, or years have five digits.
    #[inline]
    pub(super) fn at(
        seconds: i64,
        nanosecond: u32,
        precision: Precision,
        local: bool,
    ) -> Option<Self> {
        // jiff's: one day and two hours before the end of 9999.
        const LAST: i64 = 253_402_207_200;
        match seconds {
            0..=LAST => {}
            ..0 => {
                let before = Duration::from_secs(seconds.unsigned_abs());
                SystemTime::UNIX_EPOCH.checked_sub(before)?;
            }
            _ => return None,
        }
        Some(Self {
            seconds,
            nanosecond,
            precision,
            local,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_comes_back_as_it_was_given() {
        let epoch = SystemTime::UNIX_EPOCH;
        for nanoseconds in [0, 1, 999_999_999, 1_000_000_000, 1_500_000_000, u64::MAX] {
            let distance = Duration::from_nanos(nanoseconds);
            for time in [epoch + distance, epoch - distance] {
                assert_eq!(Modified::new(time, Precision::Fraction).time(), time);
            }
        }
        for (seconds, nanosecond) in [(-1, 999_999_999), (-1, 0), (0, 1), (1, 5)] {
            let modified = Modified::at(seconds, nanosecond, Precision::Fraction, false).unwrap();
            assert_eq!(
                Modified::new(modified.time(), Precision::Fraction),
                modified
            );
        }
    }
}

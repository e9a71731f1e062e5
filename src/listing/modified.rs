//! When an entry was last changed.

use std::time::{Duration, SystemTime};

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
        let fraction = Duration::new(0, nanosecond);
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let time = match seconds {
            0..=LAST => SystemTime::UNIX_EPOCH.checked_add(whole + fraction)?,
            ..0 => SystemTime::UNIX_EPOCH
                .checked_sub(whole)?
                .checked_add(fraction)?,
            _ => return None,
        };
        Some(Self {
            time,
            precision,
            local,
        })
    }
}

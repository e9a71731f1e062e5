//! Times as MDTM, MFMT and the listings of MLST and MLSD write them (RFC 3659 section 2.3).

use std::{
    fmt, iter,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use jiff::{SignedDuration, civil::DateTime};

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// Where the clock of Windows begins, 1601-01-01, in seconds before 1970.
const BEFORE_EPOCH: Duration = Duration::from_secs(11_644_473_600);

/// A time in UTC as FTP writes it: `YYYYMMDDHHMMSS` with an optional fraction (RFC 3659 section
/// 2.3).
///
/// The year is 0–9999 and the precision a nanosecond. It displays as what `MFMT` takes, without
/// the fraction.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tokio_ftp::protocol::Timestamp;
///
/// let time = Timestamp::parse(b"20010909014640.5").unwrap();
/// assert_eq!(time.to_string(), "20010909014640");
/// let wanted = SystemTime::UNIX_EPOCH + Duration::from_millis(1_000_000_000_500);
/// assert_eq!(SystemTime::from(time), wanted);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime);

impl Timestamp {
    /// The time that the text begins with, or `None` where it begins with none.
    ///
    /// Blanks around it, words behind it and a fraction of any length are understood; digits
    /// beyond the nanosecond are dropped. A leap second, which no `SystemTime` can tell, becomes
    /// the second before it. A year such as `19103` is 2003, from servers that print `19` and then
    /// the years since 1900.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let word = text
            .trim_ascii()
            .split(|byte| byte.is_ascii_whitespace())
            .next()?;
        let mut parts = word.splitn(2, |&byte| byte == b'.');
        let digits = parts.next()?;
        let fraction = parts.next().unwrap_or_default();
        if !digits.iter().chain(fraction).all(u8::is_ascii_digit) {
            return None;
        }

        let (year, rest) = match digits.len() {
            14 => {
                let (year, rest) = digits.split_at_checked(4)?;
                (number(year), rest)
            }
            15 if digits.starts_with(b"191") => {
                let (since_1900, rest) = digits.strip_prefix(b"19")?.split_at_checked(3)?;
                (1900 + number(since_1900), rest)
            }
            _ => return None,
        };
        let mut pairs = rest.chunks_exact(2).map(number);
        let mut pair = || pairs.next().and_then(|value| i8::try_from(value).ok());
        let (month, day, hour, minute) = (pair()?, pair()?, pair()?, pair()?);
        let second = match pair()? {
            60 => 59,
            second => second,
        };
        let nanosecond = fraction
            .iter()
            .chain(iter::repeat(&b'0'))
            .take(9)
            .fold(0, |value, &digit| value * 10 + i32::from(digit - b'0'));
        let year = i16::try_from(year).ok()?;
        DateTime::new(year, month, day, hour, minute, second, nanosecond)
            .ok()
            .map(Self)
    }

    /// The same time, or `None` outside the years 0–9999.
    pub fn from_system_time(time: SystemTime) -> Option<Self> {
        let since = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => SignedDuration::try_from(after).ok()?,
            Err(before) => SignedDuration::try_from(before.duration())
                .ok()?
                .checked_neg()?,
        };
        let time = EPOCH.checked_add(since).ok()?;
        (time.year() >= 0).then_some(Self(time))
    }
}

/// Where the system's clock begins later than the time, as on Windows before 1601, its beginning.
impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let since = time.0.duration_since(EPOCH);
        let distance = since.unsigned_abs();
        let system = if since.is_negative() {
            UNIX_EPOCH
                .checked_sub(distance)
                .or_else(|| UNIX_EPOCH.checked_sub(BEFORE_EPOCH))
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        system.unwrap_or(UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}{:02}{:02}{:02}{:02}{:02}",
            self.0.year(),
            self.0.month(),
            self.0.day(),
            self.0.hour(),
            self.0.minute(),
            self.0.second(),
        )
    }
}

/// The value of at most four digits, which no `i32` is too small for.
fn number(digits: &[u8]) -> i32 {
    digits
        .iter()
        .fold(0, |value, &digit| value * 10 + i32::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nanoseconds_since_1970(time: SystemTime) -> i128 {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i128,
            Err(before) => -(before.duration().as_nanos() as i128),
        }
    }

    #[test]
    fn times_of_all_shapes() {
        const BILLION: i128 = 1_000_000_000;
        let table: &[(&[u8], i128)] = &[
            (b"19700101000000", 0),
            (b"20010909014640", BILLION * BILLION),
            (b" 20010909014640 ", BILLION * BILLION),
            (b"20010909014640\r\n", BILLION * BILLION),
            (b"20010909014640 UTC", BILLION * BILLION),
            (b"20010909014640 /a file", BILLION * BILLION),
            (b"20010909014640.", BILLION * BILLION),
            (b"20010909014640.000", BILLION * BILLION),
            (b"20010909014640.5", BILLION * BILLION + 500_000_000),
            (b"20010909014640.123", BILLION * BILLION + 123_000_000),
            (b"20010909014640.123456789", BILLION * BILLION + 123_456_789),
            (
                b"20010909014640.12345678999999999999",
                BILLION * BILLION + 123_456_789,
            ),
            (b"20000229000000", 951_782_400 * BILLION),
            (b"191000229000000", 951_782_400 * BILLION),
            (b"191000229000000.25", 951_782_400 * BILLION + 250_000_000),
            (b"191991231235959", 4_102_444_799 * BILLION),
            (b"20161231235960", 1_483_228_799 * BILLION),
            (b"19691231235959", -BILLION),
            (b"19691231235959.75", -250_000_000),
            (b"16010101000000", -11_644_473_600 * BILLION),
            (b"00000101000000", -62_167_219_200 * BILLION),
            (b"99991231235959.999999999", 253_402_300_800 * BILLION - 1),
        ];
        for &(text, wanted) in table {
            let time = Timestamp::parse(text).expect("a time");
            let since = nanoseconds_since_1970(time.into());
            assert_eq!(since, wanted, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_time_is_none() {
        let table: &[&[u8]] = &[
            b"",
            b" ",
            b".",
            b"no such file",
            b"2001090901464",
            b"200109090146400",
            b"190101231010203",
            b"192001231010203",
            b"20010009014640",
            b"20011309014640",
            b"20010900014640",
            b"20010931014640",
            b"20010229000000",
            b"19000229000000",
            b"20010909244640",
            b"20010909016040",
            b"20010909014661",
            b"00000000000000",
            b"20010909014640.1.2",
            b"20010909014640.x",
            b"20010909014640Z",
            b"20010909014640+0100",
            b"20010909T014640",
            b"2001-09-09 01:46:40",
            b"-2001090901464",
            b"-20010909014640",
            b"\xff\xfe",
        ];
        for text in table {
            assert_eq!(Timestamp::parse(text), None, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn display_is_what_mfmt_takes() {
        for (text, wanted) in [
            ("20010203040506.789", "20010203040506"),
            ("00010203040506", "00010203040506"),
            ("191010203040506", "20010203040506"),
        ] {
            let time = Timestamp::parse(text.as_bytes()).unwrap();
            assert_eq!(time.to_string(), wanted);
        }
    }

    #[test]
    fn earlier_times_are_less() {
        let texts = [
            "19691231235959.9",
            "19700101000000",
            "19700101000000.000000001",
        ];
        let times = texts.map(|text| Timestamp::parse(text.as_bytes()).unwrap());
        assert!(times.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn system_time_out_of_range_is_none() {
        let last = SystemTime::from(Timestamp::parse(b"99991231235959.999999999").unwrap());
        assert!(Timestamp::from_system_time(last).is_some());
        let after = last + Duration::from_micros(1);
        assert_eq!(Timestamp::from_system_time(after), None);
        if let Some(late) = UNIX_EPOCH.checked_add(Duration::from_secs(i64::MAX as u64)) {
            assert_eq!(Timestamp::from_system_time(late), None);
        }
        let year_0 = Duration::from_secs(62_167_219_200);
        for (before, some) in [(year_0, true), (year_0 + Duration::from_secs(1), false)] {
            // Windows has no such times at all.
            if let Some(time) = UNIX_EPOCH.checked_sub(before) {
                assert_eq!(Timestamp::from_system_time(time).is_some(), some);
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text: Vec<u8>, likely in "[0-9]{12,16}[. ]?[0-9]{0,12}") {
            for text in [&text[..], likely.as_bytes()] {
                let _ = Timestamp::parse(text).map(SystemTime::from);
            }
        }

        #[test]
        fn what_is_displayed_is_parsed(seconds in 0_u64..253_402_300_800) {
            let wanted = UNIX_EPOCH + Duration::from_secs(seconds);
            let text = Timestamp::from_system_time(wanted).unwrap().to_string();
            let time = Timestamp::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(SystemTime::from(time), wanted);
        }

        #[test]
        fn times_before_1970_keep_their_fraction(before in 0_u64..9_000_000_000_000_000_000) {
            // A tenth of a microsecond is what every system's clock can tell.
            let wanted = UNIX_EPOCH - Duration::from_nanos(before / 100 * 100);
            let time = Timestamp::from_system_time(wanted).unwrap();
            prop_assert_eq!(SystemTime::from(time), wanted);
        }
    }
}

//! Days of the Gregorian calendar, counted.
//!
//! Nearly every line of a listing has a date, and needs no more of a calendar than this.

/// The number of a day, counted from the first one of 1970. `None` where the calendar has no such
/// day.
pub(super) fn days(year: i16, month: i8, day: i8) -> Option<i64> {
    /// Days before each month, but for a leap day.
    const BEFORE: [i16; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    /// Days of 400 years, behind which the calendar repeats itself.
    const CYCLE: i64 = 146_097;
    /// Days from the first one of year 1 to the first one of 1970.
    const EPOCH: i64 = 719_162;

    let index = usize::try_from(month).ok()?.checked_sub(1)?;
    let (before, next) = (*BEFORE.get(index)?, *BEFORE.get(index + 1)?);
    let leap_day = i16::from(is_leap(year));
    let length = next - before + if month == 2 { leap_day } else { 0 };
    let day = i16::from(day);
    if day < 1 || day > length {
        return None;
    }
    // A hundred cycles more make every year positive, which spares divisions their signs.
    let years = (i32::from(year) + 39_999).cast_unsigned();
    let leap_days = years / 4 - years / 100 + years / 400;
    let in_year = before + day - 1 + if month > 2 { leap_day } else { 0 };
    let since = i64::from(years) * 365 + i64::from(leap_days) + i64::from(in_year);
    Some(since - 100 * CYCLE - EPOCH)
}

fn is_leap(year: i16) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;

    #[test]
    fn days_are_those_of_a_general_library() {
        let epoch = Date::constant(1970, 1, 1);
        let years = [-9999, -401, -400, -4, -1].into_iter();
        for year in years.chain(0..=5).chain(1599..=2401).chain([9996, 9999]) {
            for month in i8::MIN..=14 {
                for day in [i8::MIN, -1, 0, 1, 2, 28, 29, 30, 31, 32, i8::MAX] {
                    let meant = Date::new(year, month, day).ok();
                    let meant = meant.map(|date| (date - epoch).get_days().into());
                    assert_eq!(days(year, month, day), meant, "{year}-{month}-{day}");
                }
            }
        }
        for year in [i16::MIN, i16::MAX] {
            assert!(days(year, 12, 31).is_some());
        }
    }
}

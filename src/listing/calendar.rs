//! Days of the Gregorian calendar, counted.
//!
//! Nearly every line of a listing has a date, and needs no more of a calendar than this.

/// The number of a day, counted from the first one of 1970. `None` where the calendar has no such
/// day.
pub(super) fn days(year: i16, month: i8, day: i8) -> Option<i64> {
    /// The days before each month, and its own, but for a leap day.
    const MONTHS: [(u16, i8); 12] = [
        (0, 31),
        (31, 28),
        (59, 31),
        (90, 30),
        (120, 31),
        (151, 30),
        (181, 31),
        (212, 31),
        (243, 30),
        (273, 31),
        (304, 30),
        (334, 31),
    ];
    /// Days of 400 years, behind which the calendar repeats itself.
    const CYCLE: i64 = 146_097;
    /// Days from the first one of year 1 to the first one of 1970.
    const EPOCH: i64 = 719_162;

    let index = usize::from(month.cast_unsigned().wrapping_sub(1));
    let &(before, length) = MONTHS.get(index)?;
    let is_leap_day = month == 2 && day == 29 && is_leap(year);
    if day < 1 || day > length && !is_leap_day {
        return None;
    }
    // A hundred cycles more make every year positive, which spares divisions their signs.
    let years = (i32::from(year) + 39_999).cast_unsigned();
    // From March on the leap day of the year itself lies behind.
    let four_years = years + u32::from(month > 2);
    let leap_days = four_years / 4 - four_years / 100 + four_years / 400;
    let days = years * 365 + leap_days + u32::from(before) + u32::from(day.unsigned_abs()) - 1;
    Some(i64::from(days) - 100 * CYCLE - EPOCH)
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

//! A time that is read is the same after a turn through the system's clock, and the same to the
//! second after it was written; a later one compares greater either way.

#![no_main]

use std::time::{Duration, SystemTime};

use libfuzzer_sys::fuzz_target;
use tokio_ftp::protocol::Timestamp;

fuzz_target!(|input: &[u8]| {
    let mut texts = input.splitn(2, |&byte| byte == b'\n');
    let times = [texts.next(), texts.next()].map(|text| Timestamp::parse(text?));
    times.into_iter().flatten().for_each(hold);
    if let [Some(one), Some(other)] = times {
        let (a, b) = (SystemTime::from(one), SystemTime::from(other));
        assert_eq!(one.cmp(&other), a.cmp(&b));
    }
    if let Some((bytes, nanoseconds)) = input.split_first_chunk() {
        let seconds = i64::from_le_bytes(*bytes);
        let distance = Duration::from_secs(seconds.unsigned_abs());
        let whole = if seconds < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(distance)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(distance)
        };
        let nanoseconds = nanoseconds.iter().map(|&byte| u64::from(byte)).sum();
        let time = whole.and_then(|time| time.checked_add(Duration::from_nanos(nanoseconds)));
        let stamp = time.and_then(Timestamp::from_system_time);
        if let (Some(time), Some(stamp)) = (time, stamp) {
            assert_eq!(SystemTime::from(stamp), time);
            hold(stamp);
        }
    }
});

fn hold(time: Timestamp) {
    let system = SystemTime::from(time);
    assert_eq!(Timestamp::from_system_time(system), Some(time));
    let written = time.to_string();
    assert!(written.len() == 14 && written.bytes().all(|byte| byte.is_ascii_digit()));
    let again = Timestamp::parse(written.as_bytes()).expect("what is written is a time");
    let fraction = system.duration_since(SystemTime::from(again));
    assert!(fraction.expect("not later") < Duration::from_secs(1));
}

//! The size that a server names when a transfer begins.

use super::reply::Reply;

/// The number in `(N bytes)`, the last one on any line of a 150, where servers tell how long a
/// file is. RFC 959 does not know it; most servers do it.
pub(crate) fn size_hint(reply: &Reply) -> Option<u64> {
    reply.lines().filter_map(last_in_line).last()
}

fn last_in_line(line: &[u8]) -> Option<u64> {
    let mut found = None;
    let mut rest = line;
    while let Some(open) = memchr::memchr(b'(', rest) {
        rest = rest.get(open + 1..).unwrap_or_default();
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, after) = rest.split_at_checked(digits).unwrap_or_default();
        let words = after.get(..6).unwrap_or_default();
        if words.eq_ignore_ascii_case(b" bytes") || words.eq_ignore_ascii_case(b" byte)") {
            let number = std::str::from_utf8(number)
                .ok()
                .and_then(|text| text.parse().ok());
            found = number.or(found);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_in_150_texts() {
        for (line, want) in [
            (
                "Opening BINARY mode data connection for a (1234 bytes).",
                Some(1234),
            ),
            (
                "Opening BINARY mode data connection for a (1 byte)",
                Some(1),
            ),
            ("Data for (9 bytes) (10 bytes)", Some(10)),
            ("for a (2) (7 bytes)", Some(7)),
            ("for a (0 BYTES)", Some(0)),
            ("Opening data connection", None),
            ("a (12 bytes", Some(12)),
            ("(99999999999999999999999 bytes)", None),
            ("( bytes)", None),
            ("12 bytes", None),
            ("Accepted data connection; 4 kbytes to download", None),
        ] {
            assert_eq!(last_in_line(line.as_bytes()), want, "{line}");
        }
    }
}

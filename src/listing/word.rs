//! Eight bytes of a line looked at as one number.

const ONES: u64 = u64::MAX / 255;

/// The eight bytes from this offset on, the first one lowest; zeros for those behind the end.
#[inline]
pub(super) fn word(line: &[u8], at: usize) -> u64 {
    match line.get(at..).and_then(<[u8]>::first_chunk) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => last_word(line, at),
    }
}

#[cold]
#[inline(never)]
fn last_word(line: &[u8], at: usize) -> u64 {
    spell(line.get(at..).unwrap_or_default())
}

/// A text of up to eight bytes as such a number.
pub(super) const fn spell(text: &[u8]) -> u64 {
    let mut word = 0;
    let mut at = text.len();
    while at > 0 {
        at -= 1;
        word = word << 8 | text[at] as u64;
    }
    word
}

/// The first bytes alone, one to eight.
#[inline]
pub(super) const fn first(word: u64, bytes: u32) -> u64 {
    word & u64::MAX >> (64 - 8 * bytes)
}

/// With small letters for capital ones. What is no letter may change too, but never into a letter,
/// a digit or a mark below `@`.
#[inline]
pub(super) fn lower(word: u64) -> u64 {
    word | (word & ONES << 6) >> 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_eight_bytes_or_what_is_left() {
        let line = b"abcdefghij";
        assert_eq!(word(line, 0), spell(b"abcdefgh"));
        assert_eq!(word(line, 2), spell(b"cdefghij"));
        assert_eq!(word(line, 7), spell(b"hij"));
        assert_eq!([word(line, 10), word(line, 11)], [0, 0]);
        assert_eq!(first(word(line, 0), 3), spell(b"abc"));
        assert_eq!(first(word(line, 0), 8), word(line, 0));
    }

    #[test]
    fn capitals_become_small_and_nothing_else_becomes_a_letter() {
        for byte in 0..=u8::MAX {
            let lowered = lower(spell(&[byte])) as u8;
            if byte.is_ascii_alphabetic() {
                assert_eq!(lowered, byte.to_ascii_lowercase());
            } else if byte < b'@' {
                assert_eq!(lowered, byte);
            } else {
                assert!(
                    !lowered.is_ascii_alphanumeric() && lowered >= b'@',
                    "{byte}"
                );
            }
        }
    }
}

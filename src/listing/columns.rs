//! A line as columns between blanks, and the numbers in them.

use std::fmt;

use super::marks::Edges;

/// Where in its line a column stands.
///
/// Offsets are 32 bits to keep entries small; [`Parser`](super::Parser) refuses longer lines
/// before any dialect sees them. The start is the lower half of one number, which is copied in
/// one step, where a processor waits for two halves to be written before it reads them as one.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Span(u64);

impl Span {
    pub(super) fn new(start: usize, end: usize) -> Self {
        Self(u64::from(start as u32) | (end as u64) << 32)
    }

    pub(super) fn start(self) -> usize {
        self.0 as u32 as usize
    }

    pub(super) fn end(self) -> usize {
        (self.0 >> 32) as usize
    }

    pub(super) fn is_empty(self) -> bool {
        self.start() >= self.end()
    }

    /// The bytes of the line that made this span; of a shorter one, none.
    pub(super) fn of(self, line: &[u8]) -> &[u8] {
        line.get(self.start()..self.end()).unwrap_or_default()
    }

    /// The span without the blanks around it.
    pub(super) fn trim(self, line: &[u8]) -> Self {
        let bytes = self.of(line);
        let Some(first) = bytes.iter().position(|&byte| !is_blank(byte)) else {
            return Self::new(self.start(), self.start());
        };
        let blanks = bytes.iter().rev().take_while(|&&byte| is_blank(byte));
        Self::new(self.start() + first, self.end() - blanks.count())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start(), self.end())
    }
}

/// The columns of a line, from left to right.
#[derive(Clone, Debug)]
pub(super) struct Columns<'a> {
    /// Where columns begin and end.
    edges: Edges<'a, b' ', b'\t'>,
    /// Where the last one ended.
    at: usize,
}

impl<'a> Columns<'a> {
    pub(super) fn new(line: &'a [u8]) -> Self {
        Self::behind(line, 0)
    }

    /// The columns of a line from this offset on.
    pub(super) fn behind(line: &'a [u8], at: usize) -> Self {
        let edges = Edges::behind(line, at);
        Self { edges, at }
    }

    /// The bytes of the next column.
    #[inline]
    pub(super) fn word(&mut self) -> Option<&'a [u8]> {
        let line = self.edges.text();
        self.next().map(|span| span.of(line))
    }

    /// The offset behind the column that was returned last.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The bytes behind the one blank that ends the last column, as long as there are any.
    ///
    /// Further blanks are part of it: a name may begin with one.
    pub(super) fn rest(&self) -> Option<Span> {
        let (start, end) = (self.at + 1, self.edges.text().len());
        (start < end).then(|| Span::new(start, end))
    }

    /// The bytes from the next column to the end of the line, which is where a name stands that
    /// is padded on its left.
    pub(super) fn tail(&self) -> Option<Span> {
        let start = self.clone().next()?.start();
        Some(Span::new(start, self.edges.text().len()))
    }
}

impl Iterator for Columns<'_> {
    type Item = Span;

    #[inline(always)]
    fn next(&mut self) -> Option<Span> {
        let start = self.edges.next();
        let end = self.edges.next();
        if start == end {
            return None;
        }
        self.at = end;
        Some(Span::new(start, end))
    }
}

/// The columns of a line by their numbers; what is beyond the 24th is not kept.
pub(super) struct Words<'a> {
    line: &'a [u8],
    spans: [Span; 24],
    count: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a [u8]) -> Self {
        let mut spans = [Span::default(); 24];
        let mut count = 0;
        for (place, column) in spans.iter_mut().zip(Columns::new(line)) {
            *place = column;
            count += 1;
        }
        Self { line, spans, count }
    }

    /// How many columns there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Where a column stands, or nowhere where there are not so many.
    pub(super) fn span(&self, index: usize) -> Span {
        self.spans.get(index).copied().unwrap_or_default()
    }

    /// The bytes of a column.
    pub(super) fn get(&self, index: usize) -> &'a [u8] {
        self.span(index).of(self.line)
    }

    /// The same, counted from the end, where the last has number 1.
    pub(super) fn backwards(&self, index: usize) -> &'a [u8] {
        self.count.checked_sub(index).map_or(&[], |at| self.get(at))
    }

    pub(super) fn begin_with(&self, words: &[&[u8]]) -> bool {
        words
            .iter()
            .zip(0..)
            .all(|(word, at)| self.get(at) == *word)
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// A number in decimal digits and nothing else.
pub(super) fn number(word: &[u8]) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    // So many digits fit, whatever they are; most numbers have fewer.
    let (first, behind) = word.split_at(word.len().min(19));
    let mut value = 0;
    for &byte in first {
        value = value * 10 + digit(byte)?;
    }
    behind.iter().try_fold(value, |value: u64, &byte| {
        value.checked_mul(10)?.checked_add(digit(byte)?)
    })
}

fn digit(byte: u8) -> Option<u64> {
    byte.is_ascii_digit().then(|| u64::from(byte - b'0'))
}

/// A number of one or two digits: a day, a month, an hour.
pub(super) fn short_number(word: &[u8]) -> Option<i8> {
    match *word {
        [ones @ b'0'..=b'9'] => Some((ones - b'0') as i8),
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
            Some(((tens - b'0') * 10 + (ones - b'0')) as i8)
        }
        _ => None,
    }
}

/// A number that may have a mark between each three digits: `1,234,567`.
///
/// Windows takes the mark from the server's locale: a comma, a period, an apostrophe or a
/// no-break space in whatever character set (Latin-1, code page 437, UTF-8).
pub(super) fn grouped_number(word: &[u8]) -> Option<u64> {
    const MARKS: [&[u8]; 7] = [
        b",",
        b".",
        b"'",
        b"\xa0",
        b"\xff",
        b"\xc2\xa0",
        b"\xe2\x80\xaf",
    ];
    let digits = word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (first, mut rest) = word.split_at(digits);
    let mut value = number(first)?;
    if rest.is_empty() {
        return Some(value);
    }
    let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark))?;
    if digits > 3 {
        return None;
    }
    while !rest.is_empty() {
        let (group, tail) = rest.strip_prefix(mark)?.split_at_checked(3)?;
        value = value.checked_mul(1000)?.checked_add(number(group)?)?;
        rest = tail;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_between_any_blanks() {
        let line = b"  ab \t c  d";
        let mut columns = Columns::new(line);
        assert_eq!(columns.word(), Some(&b"ab"[..]));
        assert_eq!(columns.word(), Some(&b"c"[..]));
        assert_eq!(columns.rest().map(|rest| rest.of(line)), Some(&b" d"[..]));
        assert_eq!(columns.word(), Some(&b"d"[..]));
        assert_eq!(columns.rest(), None);
        assert_eq!(columns.word(), None);
    }

    #[test]
    fn spans_are_trimmed_of_blanks_only() {
        let line = b"x  a b\t y";
        assert_eq!(Span::new(1, 8).trim(line).of(line), b"a b");
        assert!(Span::new(1, 3).trim(line).is_empty());
        assert_eq!(Span::new(5, 90).of(line), b"");
    }

    #[test]
    fn words_have_numbers_from_either_end() {
        let words = Words::new(b" a  bc d");
        assert_eq!(words.count(), 3);
        assert_eq!([words.get(1), words.get(3)], [&b"bc"[..], b""]);
        assert_eq!([words.backwards(1), words.backwards(4)], [&b"d"[..], b""]);
        assert!(words.begin_with(&[b"a", b"bc"]));
        assert!(!words.begin_with(&[b"a", b"b"]));
    }

    #[test]
    fn numbers() {
        let table: [(&[u8], Option<u64>, Option<u64>); 15] = [
            (b"0", Some(0), Some(0)),
            (b"0042", Some(42), Some(42)),
            (b"18446744073709551615", Some(u64::MAX), Some(u64::MAX)),
            (b"18446744073709551616", None, None),
            (b"", None, None),
            (b"-1", None, None),
            (b"1a", None, None),
            (b"1,234,567", None, Some(1_234_567)),
            (b"1.234", None, Some(1234)),
            (b"12\xa0345", None, Some(12_345)),
            (b"12\xc2\xa0345", None, Some(12_345)),
            (b"1,23", None, None),
            (b"1,234.567", None, None),
            (b"1234,567", None, None),
            (b",123", None, None),
        ];
        for (word, plain, grouped) in table {
            assert_eq!(number(word), plain, "{}", word.escape_ascii());
            assert_eq!(grouped_number(word), grouped, "{}", word.escape_ascii());
        }
    }

    #[test]
    fn short_numbers_have_at_most_two_digits() {
        assert_eq!(short_number(b"7"), Some(7));
        assert_eq!(short_number(b"07"), Some(7));
        assert_eq!(short_number(b"31"), Some(31));
        assert_eq!(short_number(b"031"), None);
        assert_eq!(short_number(b"-1"), None);
        assert_eq!(short_number(b""), None);
    }
}

//! Where the marks stand that divide a line.
//!
//! Looking at each byte of a line is most of the work of reading it. Here 64 are looked at in one
//! go, in a loop without branches that a compiler makes vector instructions of.

/// A text in which two bytes, `A` and `B`, are marks.
#[derive(Clone, Debug)]
pub(super) struct Marks<'a, const A: u8, const B: u8> {
    text: &'a [u8],
    /// Which of the 64 bytes before `end` are marks, from the lowest bit up.
    bits: u64,
    end: usize,
}

impl<'a, const A: u8, const B: u8> Marks<'a, A, B> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            bits: 0,
            end: 0,
        }
    }

    pub(super) fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Where the first mark stands from an offset on, or the end of the text.
    #[inline]
    pub(super) fn mark(&mut self, at: usize) -> usize {
        self.first(at, |bits| bits)
    }

    /// The same for the first byte that is no mark.
    #[inline]
    pub(super) fn other(&mut self, at: usize) -> usize {
        self.first(at, |bits| !bits)
    }

    #[inline]
    fn first(&mut self, mut at: usize, wanted: impl Fn(u64) -> u64) -> usize {
        while at < self.text.len() {
            // Whoever found only marks up to the end may ask again from where it was.
            if at >= self.end || at + 64 < self.end {
                (self.bits, self.end) = look::<A, B>(self.text, at);
            }
            let ahead = wanted(self.bits) >> (at + 64 - self.end);
            if ahead != 0 {
                // What is behind the end of the text counts as no mark.
                return self.text.len().min(at + ahead.trailing_zeros() as usize);
            }
            at = self.end;
        }
        self.text.len()
    }
}

/// Looks at 64 bytes, this one among them: which are marks, and where they end.
#[inline(never)]
fn look<const A: u8, const B: u8>(text: &[u8], at: usize) -> (u64, usize) {
    if let Some(bytes) = text[at..].first_chunk() {
        return (bits::<A, B>(bytes), at + 64);
    }
    if let Some(bytes) = text.last_chunk() {
        return (bits::<A, B>(bytes), text.len());
    }
    let mut bytes = [0; 64];
    bytes[..text.len()].copy_from_slice(text);
    (bits::<A, B>(&bytes), 64)
}

#[inline]
fn bits<const A: u8, const B: u8>(bytes: &[u8; 64]) -> u64 {
    let are_marks = bytes.map(|byte| u8::from(byte == A) | u8::from(byte == B));
    let (eights, _) = are_marks.as_chunks();
    eights.iter().rev().fold(0, |bits, eight| {
        // Each bit of the factor moves the bit of another byte into the highest byte.
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080);
        (bits << 8) | (gathered >> 56)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_may_begin_anywhere() {
        let text = [b';'; 200];
        let mut marks = Marks::<b';', b'='>::new(&text);
        assert_eq!(marks.other(10), 200);
        assert_eq!(marks.mark(10), 10);
        assert_eq!(marks.other(0), 200);
        assert_eq!(marks.mark(199), 199);
        assert_eq!(marks.mark(63), 63);
    }

    #[test]
    fn marks_are_found_in_lines_of_every_length() {
        for length in 0..200 {
            let text: Vec<u8> = (0..length).map(|at| b"; =ab;=c"[at * at % 8]).collect();
            let is_mark = |at: &usize| matches!(text[*at], b';' | b'=');
            for start in 0..=length {
                let mut marks = Marks::<b';', b'='>::new(&text);
                let mut at = start;
                while at < length {
                    let mark = (at..length).find(is_mark).unwrap_or(length);
                    assert_eq!(marks.mark(at), mark, "{length} {at}");
                    at = (mark..length).find(|at| !is_mark(at)).unwrap_or(length);
                    assert_eq!(marks.other(mark), at, "{length} {mark}");
                }
                assert_eq!([marks.mark(length), marks.other(length)], [length; 2]);
            }
        }
    }
}

//! Where the marks stand that divide a line.
//!
//! Looking at each byte of a line is most of the work of reading it. Here 64 are looked at in one
//! go, in a loop without branches that a compiler makes vector instructions of.

/// The places of two bytes, `A` and `B`, in a text, from left to right.
#[derive(Clone, Debug)]
pub(super) struct Marks<'a, const A: u8, const B: u8> {
    text: &'a [u8],
    /// Which of the 64 bytes before `ahead` are marks that were not passed yet, from the lowest
    /// bit up.
    bits: u64,
    /// Up to where bytes have been looked at.
    ahead: usize,
}

/// The places where a run of marks begins or ends, in turn, from left to right.
///
/// A text begins as if a mark stood before it, and ends as if one stood behind.
#[derive(Clone, Debug)]
pub(super) struct Edges<'a, const A: u8, const B: u8> {
    text: &'a [u8],
    /// As in [`Marks`], but for the bytes that are no mark behind one, or a mark behind none.
    bits: u64,
    ahead: usize,
    /// Whether the last byte that was looked at is a mark: 1 or 0.
    last: u64,
}

impl<'a, const A: u8, const B: u8> Marks<'a, A, B> {
    /// The marks of a text from this offset on.
    pub(super) fn behind(text: &'a [u8], ahead: usize) -> Self {
        let bits = 0;
        Self { text, bits, ahead }
    }

    /// Where the next mark stands, or the end of the text.
    #[inline]
    pub(super) fn next(&mut self) -> usize {
        while self.bits == 0 {
            if self.ahead >= self.text.len() {
                return self.text.len();
            }
            self.bits = look::<A, B>(self.text, self.ahead);
            self.ahead += 64;
        }
        // What is behind the end counts as marks.
        pop(&mut self.bits, self.ahead).min(self.text.len())
    }
}

impl<'a, const A: u8, const B: u8> Edges<'a, A, B> {
    /// The edges in a text from this offset on.
    pub(super) fn behind(text: &'a [u8], ahead: usize) -> Self {
        Self {
            text,
            bits: 0,
            ahead,
            last: 1,
        }
    }

    pub(super) fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Where the next edge is, or the end of the text.
    #[inline]
    pub(super) fn next(&mut self) -> usize {
        while self.bits == 0 {
            if self.ahead > self.text.len() {
                return self.text.len();
            }
            let marks = look::<A, B>(self.text, self.ahead);
            self.bits = marks ^ (marks << 1 | self.last);
            self.last = marks >> 63;
            self.ahead += 64;
        }
        pop(&mut self.bits, self.ahead)
    }
}

/// Takes the lowest bit, which stands for a place in the 64 before `ahead`.
#[inline]
fn pop(bits: &mut u64, ahead: usize) -> usize {
    let at = ahead + bits.trailing_zeros() as usize - 64;
    *bits &= *bits - 1;
    at
}

/// Which of the 64 bytes from this one on are marks; those behind the end are.
#[inline(never)]
fn look<const A: u8, const B: u8>(text: &[u8], at: usize) -> u64 {
    let rest = &text[at..];
    if let Some(bytes) = rest.first_chunk() {
        return bits::<A, B>(bytes);
    }
    if let Some(bytes) = text.last_chunk() {
        let others = !bits::<A, B>(bytes);
        return !others.unbounded_shr(64 - rest.len() as u32);
    }
    let mut bytes = [A; 64];
    bytes[..rest.len()].copy_from_slice(rest);
    bits::<A, B>(&bytes)
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
    fn marks_and_edges_are_found_in_lines_of_every_length() {
        for length in 0..200 {
            let text: Vec<u8> = (0..length).map(|at| b"; =ab;=c"[at * at % 8]).collect();
            let is_mark = |at: usize| matches!(text.get(at), None | Some(b';' | b'='));
            for start in 0..=length {
                let mut marks = Marks::<b';', b'='>::behind(&text, start);
                for at in (start..length).filter(|&at| is_mark(at)) {
                    assert_eq!(marks.next(), at, "{length} {start}");
                }
                assert_eq!([marks.next(), marks.next()], [length; 2], "{start}");

                let mut edges = Edges::<b';', b'='>::behind(&text, start);
                let before = |at: usize| at == start || is_mark(at - 1);
                for at in (start..=length).filter(|&at| is_mark(at) != before(at)) {
                    assert_eq!(edges.next(), at, "{length} {start}");
                }
                assert_eq!([edges.next(), edges.next()], [length; 2], "{start}");
            }
        }
    }

    #[test]
    fn a_run_may_be_longer_than_what_is_looked_at_in_one_go() {
        for text in [vec![b';'; 200], vec![b'x'; 200]] {
            let mut edges = Edges::<b';', b'='>::behind(&text, 0);
            let begin = if text[0] == b'x' { 0 } else { 200 };
            assert_eq!([edges.next(), edges.next()], [begin, 200]);
        }
    }
}

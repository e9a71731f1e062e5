//! What goes out under TLS: the plaintext of the next records, and records to be written.

use std::{io, ops::Range};

/// The plaintext of a full record, in bytes (RFC 8446 section 5.1).
pub(super) const RECORD: usize = 16 * 1024;

/// How much is enciphered before it is written, in bytes.
pub(super) const WRITE: usize = 4 * RECORD;

/// Enciphered, and not written yet.
#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    unsent: Range<usize>,
}

impl Outgoing {
    pub(super) fn unsent(&self) -> &[u8] {
        self.bytes.get(self.unsent.clone()).unwrap_or_default()
    }

    /// Takes note that `sent` bytes of it were written.
    pub(super) fn sent(&mut self, sent: usize) {
        self.unsent.start += sent;
    }

    /// Has `write` fill what is free, which is `space` bytes or more. It says how much it has
    /// written, or how much it needs.
    pub(super) fn put(
        &mut self,
        mut space: usize,
        mut write: impl FnMut(&mut [u8]) -> Result<usize, usize>,
    ) {
        if self.unsent.is_empty() {
            self.unsent = 0..0;
        }
        loop {
            let end = self.unsent.end + space;
            if self.bytes.len() < end {
                self.bytes.resize(end, 0);
            }
            match write(self.bytes.get_mut(self.unsent.end..).unwrap_or_default()) {
                Ok(written) => {
                    self.unsent.end += written;
                    return;
                }
                Err(needed) => space = needed,
            }
        }
    }
}

/// The first piece, as far as it fills records or nothing follows it.
pub(super) fn first_records<'a>(pieces: &'a [io::IoSlice<'_>]) -> Option<&'a [u8]> {
    let (first, rest) = pieces.split_first()?;
    let most = first.len().min(WRITE);
    let taken = if rest.is_empty() {
        most
    } else {
        most / RECORD * RECORD
    };
    first.get(..taken).filter(|taken| !taken.is_empty())
}

/// The pieces in one.
pub(super) fn gather(pieces: &[io::IoSlice<'_>]) -> Vec<u8> {
    let total: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut gathered = Vec::with_capacity(total.min(WRITE));
    for piece in pieces {
        let space = WRITE - gathered.len();
        gathered.extend_from_slice(piece.get(..space).unwrap_or(piece));
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_piece_is_cut_at_a_record_where_others_follow() {
        let long = [0; RECORD + 100];
        let pieces = [io::IoSlice::new(&long), io::IoSlice::new(b"abc")];
        assert_eq!(first_records(&pieces).unwrap().len(), RECORD);
        assert_eq!(first_records(&pieces[..1]).unwrap().len(), RECORD + 100);
        assert_eq!(first_records(&pieces[1..]).unwrap().len(), 3);
        assert_eq!(first_records(&[]), None);
    }
}

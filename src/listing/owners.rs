//! The columns of `ls -l` that say whose a file is.

use super::{
    columns::{Span, number},
    entry::Fields,
};

/// The columns between permissions and size.
#[derive(Default)]
pub(super) struct Owners {
    /// The last one goes on to the end.
    columns: [Span; 8],
    count: usize,
}

impl Owners {
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn push(&mut self, column: Span) {
        match self.columns.get_mut(self.count) {
            Some(free) => {
                *free = column;
                self.count += 1;
            }
            None => {
                let last = &mut self.columns[self.count - 1];
                *last = Span::new(last.start(), column.end());
            }
        }
    }

    /// Takes off the `8,` of a device's numbers `8, 1`, if it is there.
    pub(super) fn pop_major_number(&mut self, line: &[u8]) -> bool {
        let last = self.columns[..self.count].last();
        let word = last.and_then(|last| last.of(line).strip_suffix(b","));
        let is_there = word.is_some_and(|word| number(word).is_some());
        self.count -= usize::from(is_there);
        is_there
    }

    /// Tells links, owner and group apart.
    ///
    /// Names may hold blanks. Columns that are padded to a width show the border as the only wide
    /// gap; else the group takes all but the first word, because names such as `Domain Users`
    /// belong to groups.
    #[inline]
    pub(super) fn set(&self, fields: &mut Fields, line: &[u8]) {
        let mut names = &self.columns[..self.count];
        if let [first, behind @ ..] = names {
            let first = first.of(line);
            let links = number(first);
            fields.links = links.into();
            if links.is_some() {
                names = behind;
            } else if first.first().is_some_and(u8::is_ascii_digit) {
                // A number of links that has run into the name behind it.
                return;
            }
        }
        let [first, .., last] = names else {
            fields.owner = names.first().copied().unwrap_or_default();
            return;
        };
        let is_wide = |pair: &[Span]| pair[1].start() > pair[0].end() + 1;
        let mut gaps = names.windows(2).filter(|pair| is_wide(pair));
        let border = match (gaps.next(), gaps.next()) {
            (Some(wide), None) => wide,
            _ => names,
        };
        fields.owner = Span::new(first.start(), border[0].end());
        fields.group = Span::new(border[1].start(), last.end());
    }
}

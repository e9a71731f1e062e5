//! Entries that a caller's own dialect finds.

use std::ops::Range;

use bytes::Bytes;

use super::{
    columns::Span,
    entry::{Entry, EntryKind, Fields},
    modified::Modified,
};

/// Makes an [`Entry`] of a line, for a [`CustomDialect`](super::CustomDialect).
///
/// Name, target, owner and group are ranges of the line, so that an entry cannot say what its line
/// does not. What is not set stays `None`.
#[derive(Clone, Debug)]
pub struct EntryBuilder {
    raw: Bytes,
    /// `None` once a value was out of its range.
    fields: Option<Fields>,
}

impl EntryBuilder {
    /// An entry of this kind, with its name at these bytes of the line. [`build`](Self::build)
    /// refuses an empty name.
    pub fn new(raw: &Bytes, kind: EntryKind, name: Range<usize>) -> Self {
        let mut builder = Self {
            raw: raw.clone(),
            fields: Some(Fields {
                kind,
                ..Fields::default()
            }),
        };
        let name = builder.span(name).filter(|name| !name.is_empty());
        builder.set(name, |fields, name| fields.name = name);
        builder
    }

    /// The size in bytes.
    pub fn size(mut self, bytes: u64) -> Self {
        self.set(Some(bytes), |fields, bytes| fields.size = Some(bytes));
        self
    }

    /// When it was last changed.
    pub fn modified(mut self, modified: Modified) -> Self {
        self.set(Some(modified), |fields, modified| {
            fields.modified = Some(modified);
        });
        self
    }

    /// Where in the line a link's target stands.
    pub fn target(mut self, target: Range<usize>) -> Self {
        let target = self.span(target);
        self.set(target, |fields, target| fields.target = target);
        self
    }

    /// The Unix permissions, `0` to `0o7777`.
    pub fn permissions(mut self, permissions: u32) -> Self {
        let permissions = u16::try_from(permissions).ok();
        let permissions = permissions.filter(|permissions| *permissions <= 0o7777);
        self.set(permissions, |fields, permissions| {
            fields.permissions = Some(permissions);
        });
        self
    }

    /// Where in the line the owning user stands.
    pub fn owner(mut self, owner: Range<usize>) -> Self {
        let owner = self.span(owner);
        self.set(owner, |fields, owner| fields.owner = owner);
        self
    }

    /// Where in the line the owning group stands.
    pub fn group(mut self, group: Range<usize>) -> Self {
        let group = self.span(group);
        self.set(group, |fields, group| fields.group = group);
        self
    }

    /// The number of hard links.
    pub fn links(mut self, links: u64) -> Self {
        self.set(Some(links), |fields, links| {
            fields.links = Some(links).into()
        });
        self
    }

    /// The entry. `None` when the name is empty, a range does not lie within the line, permissions
    /// are above `0o7777`, or the line is longer than 2 GiB.
    pub fn build(self) -> Option<Entry> {
        self.fields.map(|fields| Entry::new(self.raw, fields))
    }

    fn span(&self, range: Range<usize>) -> Option<Span> {
        i32::try_from(self.raw.len()).ok()?;
        self.raw.get(range.clone())?;
        Some(Span::new(range.start, range.end))
    }

    fn set<T>(&mut self, value: Option<T>, set: impl FnOnce(&mut Fields, T)) {
        match (&mut self.fields, value) {
            (Some(fields), Some(value)) => set(fields, value),
            _ => self.fields = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::listing::Precision;

    const LINE: Bytes = Bytes::from_static(b"a -> b own grp 7");

    fn builder() -> EntryBuilder {
        EntryBuilder::new(&LINE, EntryKind::Symlink, 0..1)
    }

    #[test]
    fn an_entry_says_what_was_set() {
        let modified = Modified::new(SystemTime::UNIX_EPOCH, Precision::Day);
        let entry = builder()
            .size(7)
            .modified(modified)
            .target(5..6)
            .permissions(0o7777)
            .owner(7..10)
            .group(11..14)
            .links(2)
            .build()
            .unwrap();
        assert!(entry.is_symlink());
        assert_eq!(entry.name(), "a");
        assert_eq!(entry.size(), Some(7));
        assert_eq!(entry.modified(), Some(modified));
        let texts = [entry.target(), entry.owner(), entry.group()];
        assert_eq!(texts.map(Option::unwrap), ["b", "own", "grp"]);
        assert_eq!(entry.permissions(), Some(0o7777));
        assert_eq!(entry.links(), Some(2));
        assert_eq!(entry.raw(), LINE);

        let bare = builder().build().unwrap();
        assert_eq!((bare.size(), bare.modified()), (None, None));
        assert_eq!((bare.owner(), bare.target()), (None, None));
    }

    #[test]
    fn what_does_not_fit_the_line_is_no_entry() {
        let empty = Range { start: 1, end: 1 };
        let backwards = Range { start: 3, end: 2 };
        for name in [empty.clone(), backwards.clone(), 9..17, 17..18] {
            let builder = EntryBuilder::new(&LINE, EntryKind::File, name.clone());
            assert_eq!(builder.build(), None, "{name:?}");
        }
        for range in [backwards, 9..17, 0..usize::MAX] {
            assert_eq!(builder().owner(range.clone()).build(), None, "{range:?}");
            assert_eq!(builder().group(range.clone()).build(), None, "{range:?}");
            assert_eq!(builder().target(range.clone()).build(), None, "{range:?}");
        }
        assert_eq!(builder().permissions(0o10000).build(), None);
        assert_eq!(builder().permissions(1 << 16).build(), None);
        // Where a text is empty, the line does not hold it.
        assert_eq!(builder().owner(empty).build().unwrap().owner(), None);
        // What was wrong stays wrong.
        assert_eq!(builder().permissions(0o10000).size(1).build(), None);
    }
}

//! NetPresenz and Peter's server on the old Mac OS, which write columns of `ls -l` with other
//! things in them.
//!
//! ```text
//! -------r--         326  1391972  1392298 Nov 22  1995 MegaPhone.sit
//! drwxrwxr-x               folder        2 May 10  1996 network
//! drwxr-xr-x    123        folder        0 Jan  4 14:49 pictures
//! ```
//!
//! A file's columns are the sizes of its resource fork, of its data fork and of both.

use super::{
    columns::{Span, number},
    entry::{EntryKind, Fields, Links},
};

/// Takes back what looked like links and an owner.
#[inline]
pub(super) fn mend(fields: &mut Fields, line: &[u8]) {
    if !fields.group.is_empty() {
        return;
    }
    let owner = fields.owner.of(line);
    if owner == b"folder" && fields.kind == EntryKind::Directory {
        // What stands where a size would counts the things inside.
        fields.size = None;
    } else if !are_forks(fields.links.get(), number(owner), fields.size) {
        return;
    }
    fields.links = Links::default();
    fields.owner = Span::default();
}

fn are_forks(resource: Option<u64>, data: Option<u64>, size: Option<u64>) -> bool {
    let (Some(resource), Some(data)) = (resource, data) else {
        return false;
    };
    size.is_some() && resource.checked_add(data) == size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks_add_up_to_the_size() {
        let table = [
            (Some(326), Some(1_391_972), Some(1_392_298), true),
            (Some(0), Some(108_767), Some(108_767), true),
            (Some(1), Some(1000), Some(1002), false),
            (Some(1), Some(1000), None, false),
            (Some(1), None, Some(1), false),
            (None, Some(1), Some(1), false),
            (Some(u64::MAX), Some(1), None, false),
        ];
        for (resource, data, size, meant) in table {
            let found = are_forks(resource, data, size);
            assert_eq!(found, meant, "{resource:?} {data:?} {size:?}");
        }
    }

    #[test]
    fn only_a_directory_is_a_folder() {
        let table = [
            (EntryKind::Directory, Span::default(), None),
            (EntryKind::File, Span::default(), Some(2)),
            (EntryKind::Directory, Span::new(7, 10), Some(2)),
        ];
        for (kind, group, size) in table {
            let mut fields = Fields {
                kind,
                group,
                owner: Span::new(0, 6),
                size: Some(2),
                ..Fields::default()
            };
            mend(&mut fields, b"folder ftp");
            assert_eq!(fields.size, size, "{kind:?}");
            assert_eq!(fields.owner.is_empty(), size.is_none(), "{kind:?}");
        }
    }
}

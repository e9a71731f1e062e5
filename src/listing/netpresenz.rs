//! NetPresenz and Peter's server on the old Mac OS, which write columns of `ls -l` with other
//! things in them.
//!
//! ```text
//! -------r--         326  1391972  1392298 Nov 22  1995 MegaPhone.sit
//! drwxrwxr-x               folder        2 May 10  1996 network
//! ```
//!
//! A file's columns are the sizes of its resource fork, of its data fork and of both.

use super::columns::{Columns, number};

/// Whether the columns between permissions and size say that it is a folder; what follows counts
/// the things in it.
pub(super) fn is_folder(owners: &[u8]) -> bool {
    owners == b"folder"
}

/// Whether the columns between permissions and size are the two forks, whose sum is the size.
pub(super) fn are_forks(owners: &[u8], size: Option<u64>) -> bool {
    let mut columns = Columns::new(owners);
    let mut fork = || columns.word().and_then(number);
    let (Some(resource), Some(data)) = (fork(), fork()) else {
        return false;
    };
    columns.next().is_none() && size.is_some() && resource.checked_add(data) == size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks_add_up_to_the_size() {
        let table = [
            ("326  1391972", Some(1_392_298), true),
            ("0       108767", Some(108_767), true),
            ("1 1000", Some(1002), false),
            ("1 1000", None, false),
            ("1 0 0", Some(1), false),
            ("1 ftp", Some(1), false),
            ("1", Some(1), false),
            ("18446744073709551615 1", None, false),
        ];
        for (owners, size, meant) in table {
            assert_eq!(are_forks(owners.as_bytes(), size), meant, "{owners}");
        }
        assert!(is_folder(b"folder"));
        assert!(!is_folder(b"1 folder"));
    }
}

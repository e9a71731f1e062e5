//! Lines of Unix that begin with a mode in octal digits, in place of `-rw-r--r--`.
//!
//! ```text
//! 0100644   500  101   12345    1705920000      notes.txt
//! 100644   1 ftp      users        1234 Jan 22 10:59 notes.txt
//! ```
//!
//! The first form has numbers only, of owner and group, of bytes, and of seconds since 1970. In
//! the second all that follows the mode is as `ls -l` writes it.

use super::{
    columns::{Columns, number},
    entry::{EntryKind, Fields},
    modified::Modified,
};

/// Reads a line of numbers.
pub(super) fn fields(line: &[u8]) -> Option<Fields> {
    let mut columns = Columns::new(line);
    let (kind, permissions) = mode(columns.word()?)?;
    let (owner, group) = (columns.next()?, columns.next()?);
    number(owner.of(line))?;
    number(group.of(line))?;
    let size = number(columns.word()?)?;
    let seconds = number(columns.word()?)?;
    Some(Fields {
        kind,
        // Padded to a width.
        name: columns.tail()?,
        owner,
        group,
        size: Some(size),
        modified: Modified::from_unix(seconds),
        permissions: Some(permissions),
        ..Fields::default()
    })
}

/// `100644` with the file's type in the upper digits, or `0644` without.
pub(super) fn mode(word: &[u8]) -> Option<(EntryKind, u16)> {
    if !word.iter().all(|digit| (b'0'..=b'7').contains(digit)) {
        return None;
    }
    let (kind, permissions) = word.split_at_checked(word.len().checked_sub(4)?)?;
    let kind = match kind {
        b"" if permissions[0] == b'0' => EntryKind::Unknown,
        b"10" | b"010" => EntryKind::File,
        b"4" | b"04" | b"004" => EntryKind::Directory,
        b"12" | b"012" => EntryKind::Symlink,
        b"02" | b"002" => EntryKind::CharDevice,
        b"06" | b"006" => EntryKind::BlockDevice,
        b"01" | b"001" => EntryKind::Fifo,
        b"14" | b"014" => EntryKind::Socket,
        _ => return None,
    };
    let digits = permissions.iter().map(|digit| u16::from(digit - b'0'));
    Some((kind, digits.fold(0, |mode, digit| mode << 3 | digit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        type Row = (&'static [u8], Option<(EntryKind, u16)>);
        let table: [Row; 12] = [
            (b"100644", Some((EntryKind::File, 0o644))),
            (b"0104755", Some((EntryKind::File, 0o4755))),
            (b"40755", Some((EntryKind::Directory, 0o755))),
            (b"041777", Some((EntryKind::Directory, 0o1777))),
            (b"0120777", Some((EntryKind::Symlink, 0o777))),
            (b"140755", Some((EntryKind::Socket, 0o755))),
            (b"0644", Some((EntryKind::Unknown, 0o644))),
            (b"1644", None),
            (b"644", None),
            (b"110644", None),
            (b"100648", None),
            (b"", None),
        ];
        for (word, meant) in table {
            assert_eq!(mode(word), meant, "{}", word.escape_ascii());
        }
    }

    #[test]
    fn lines_of_numbers() {
        let summary = |line: &str| {
            let fields = fields(line.as_bytes())?;
            let name = fields.name.of(line.as_bytes()).escape_ascii();
            let dated = fields.modified.is_some();
            Some(format!(
                "{:?} {:?} {dated} {name}",
                fields.kind, fields.size
            ))
        };
        let table = [
            (
                "0100644   500  101   12345    123456789       two  words",
                Some("File Some(12345) true two  words"),
            ),
            (
                "040755 0 0 4096 18446744073709551615 n",
                Some("Directory Some(4096) false n"),
            ),
            ("0100644   500  101   12345    123456789", None),
            ("0100644   ftp  101   12345    123456789 n", None),
            ("0100644   500  101   12345    1.5 n", None),
            ("12345   500  101   12345    123456789 n", None),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line).as_deref(), meant, "{line}");
        }
    }
}

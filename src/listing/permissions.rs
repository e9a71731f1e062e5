//! The first column of `ls -l`.

use super::entry::EntryKind;

/// Reads `drwxr-xr-x` and the mark for an ACL, a security context or attributes behind it.
pub(super) fn kind_and_permissions(word: &[u8]) -> Option<(EntryKind, u16)> {
    let (&[kind, ref flags @ ..], marks) = word.split_first_chunk::<10>()?;
    if !marks.iter().all(|mark| b"+.@".contains(mark)) {
        return None;
    }
    let kind = match kind {
        // `f` is sent by servers that are no Unix, `C` and `M` are files on special storage.
        b'-' | b'f' | b'C' | b'M' => EntryKind::File,
        b'd' => EntryKind::Directory,
        b'l' => EntryKind::Symlink,
        b'c' => EntryKind::CharDevice,
        b'b' => EntryKind::BlockDevice,
        b'p' => EntryKind::Fifo,
        b's' => EntryKind::Socket,
        b'D' => EntryKind::Door,
        b'n' | b'P' | b'w' | b'?' => EntryKind::Other,
        _ => return None,
    };
    Some((kind, plain_rights(flags).or_else(|| special_rights(flags))?))
}

/// Reads `rwxr-xr-x`, in which no letter stands for a special bit.
fn plain_rights(flags: &[u8; 9]) -> Option<u16> {
    let mut rights = 0;
    let mut is_plain = true;
    for (&flag, &letter) in flags.iter().zip(b"rwxrwxrwx") {
        rights = rights << 1 | u16::from(flag == letter);
        is_plain &= flag == letter || flag == b'-';
    }
    is_plain.then_some(rights)
}

#[cold]
fn special_rights(&[r1, w1, x1, r2, w2, x2, r3, w3, x3]: &[u8; 9]) -> Option<u16> {
    let owner = rights([r1, w1, x1], b"sS")?;
    // Solaris shows mandatory locking, which is set-group-ID without execution, as `l`.
    let group = rights([r2, w2, x2], b"sSlL")?;
    let others = rights([r3, w3, x3], b"tT")?;
    let permissions = (owner & 7) << 6 | (group & 7) << 3 | others & 7;
    let special = (owner & SPECIAL) << 8 | (group & SPECIAL) << 7 | (others & SPECIAL) << 6;
    Some(permissions | special)
}

/// The special bit of [`rights`].
const SPECIAL: u16 = 8;

/// Reads the `rwx` of owner, group or others, where some letters stand for the special bit.
fn rights([read, write, execute]: [u8; 3], special: &[u8]) -> Option<u16> {
    let read = match read {
        b'r' => 4,
        b'-' => 0,
        _ => return None,
    };
    let write = match write {
        b'w' => 2,
        b'-' => 0,
        _ => return None,
    };
    let execute = match execute {
        b'-' => 0,
        b'x' => 1,
        b's' | b't' if special.contains(&execute) => SPECIAL | 1,
        _ if special.contains(&execute) => SPECIAL,
        _ => return None,
    };
    Some(read | write | execute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_permissions() {
        let table: [(&[u8], EntryKind, u16); 12] = [
            (b"-rw-r--r--", EntryKind::File, 0o644),
            (b"drwxr-xr-x+", EntryKind::Directory, 0o755),
            (b"lrwxrwxrwx.", EntryKind::Symlink, 0o777),
            (b"crw-------@", EntryKind::CharDevice, 0o600),
            (b"brw-rw----", EntryKind::BlockDevice, 0o660),
            (b"p---------", EntryKind::Fifo, 0),
            (b"srwxrwxr-x", EntryKind::Socket, 0o775),
            (b"Dr--r--r--", EntryKind::Door, 0o444),
            (b"-rwsr-sr-t", EntryKind::File, 0o7755),
            (b"-rwSr-Sr-T", EntryKind::File, 0o7644),
            (b"-rw-r-lr--", EntryKind::File, 0o2644),
            (b"?---------", EntryKind::Other, 0),
        ];
        for (word, kind, permissions) in table {
            let found = kind_and_permissions(word);
            assert_eq!(found, Some((kind, permissions)), "{}", word.escape_ascii());
        }
        let others: [&[u8]; 7] = [
            b"zrwxr-xr-x",
            b"dxrwr-xr-x",
            b"-C--E-----FTP",
            b"drwxr-xr-x1",
            b"-rw-r--r-s",
            b"-rw-r--r",
            b"",
        ];
        for word in others {
            assert_eq!(kind_and_permissions(word), None, "{}", word.escape_ascii());
        }
    }
}

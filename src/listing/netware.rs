//! The dialect of NetWare: the rights of the user, the owner, and a date as `ls -l` writes it.
//!
//! ```text
//! d [R----F--] supervisor            512       Jan 16 18:53    login
//! - [RWCEAFMS] rhesus             214059       Oct 20 15:27    cx.exe
//! ```
//!
//! The rights are those of whoever is logged in, so that they are no permissions in the sense of
//! Unix.

use super::{
    columns::{Columns, Span, is_blank, number},
    dialect::Context,
    entry::{EntryKind, Fields},
    stamp::Stamp,
};

pub(super) fn read(line: &[u8], context: &Context) -> Option<Fields> {
    let (&[kind, b' ', b'[', ref rights @ .., b']'], rest) = line.split_first_chunk::<12>()? else {
        return None;
    };
    let kind = match kind {
        b'd' => EntryKind::Directory,
        b'-' => EntryKind::File,
        _ => return None,
    };
    if !rights.iter().all(|right| b"RWCEAFMS- ".contains(right))
        || !rest.first().copied().is_some_and(is_blank)
    {
        return None;
    }
    let start = line.len() - rest.len();
    let mut columns = Columns::behind(line, start);
    let mut column = columns.next()?;
    loop {
        let next = columns.next()?;
        if let Some(size) = number(column.of(line))
            && let Some(stamp) = Stamp::read(next, &columns, line, &context.clock)
        {
            let name = stamp.name.of(line);
            let padding = name.iter().take_while(|&&byte| is_blank(byte)).count();
            let name = Span::new(stamp.name.start() + padding, stamp.name.end());
            let fields = Fields {
                kind,
                name,
                size: Some(size),
                modified: stamp.modified,
                owner: Span::new(start, column.start()).trim(line),
                ..Fields::default()
            };
            return (!name.is_empty()).then_some(fields.with_dots(line));
        }
        column = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str) -> Option<String> {
        let fields = read(line.as_bytes(), &Context::default())?;
        let text = |span: Span| span.of(line.as_bytes()).escape_ascii().to_string();
        let (owner, name) = (text(fields.owner), text(fields.name));
        Some(format!(
            "{:?} {:?} {owner}|{name}",
            fields.kind, fields.size
        ))
    }

    #[test]
    fn entries() {
        let table = [
            (
                "d [R----F--] supervisor            512       Jan 16  2019    login",
                "Directory Some(512) supervisor|login",
            ),
            (
                "- [RWCEAFMS] rhesus             214059       Oct 20  2019    cx 1.exe",
                "File Some(214059) rhesus|cx 1.exe",
            ),
            (
                "d [----AF--]          0                        512 Feb 22  2019 _ADMIN",
                "Directory Some(512) 0|_ADMIN",
            ),
            (
                "- [ WC    S] Max M  1 Feb 22  2019 x",
                "File Some(1) Max M|x",
            ),
            (
                "- [-W---F--]  1 Feb 22  2019 no owner",
                "File Some(1) |no owner",
            ),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line).as_deref(), Some(meant), "{line}");
        }
    }

    #[test]
    fn other_lines_are_unknown() {
        let table = [
            "a [-----F--] SYS      512 Apr 13  2019 SYS",
            "d [----AF--] 0        512 10-04-2001 _ADMIN",
            "d [----AF--]0         512 Apr 13  2019 x",
            "d [-----X--] SYS      512 Apr 13  2019 SYS",
            "d [-----F--] SYS          Apr 13  2019 SYS",
            "d [-----F--] SYS      512 Apr 13  2019 ",
            "d [-----F--]",
        ];
        for line in table {
            assert_eq!(summary(line), None, "{line}");
        }
    }
}

//! The Easily Parsed LIST Format, which anonftpd and publicfile send
//! (<https://cr.yp.to/ftp/list/eplf.html>).
//!
//! ```text
//! +i8388621.48594,m825718503,r,s280,up644,<tab>notes.txt
//! +i8388621.50690,m824255907,/,<tab>pub
//! ```

use memchr::memchr;

use super::{
    columns::{Span, number},
    entry::{EntryKind, Fields},
    mlsx::mode,
    modified::Modified,
};

pub(super) fn read(line: &[u8]) -> Option<Fields> {
    let tab = memchr(b'\t', line)?;
    let facts = line[..tab].strip_prefix(b"+")?;
    let mut fields = Fields {
        name: Span::new(tab + 1, line.len()),
        ..Fields::default()
    };
    for fact in facts.split(|&byte| byte == b',') {
        match fact {
            b"/" => fields.kind = EntryKind::Directory,
            // A directory may be retrieved, too.
            b"r" if fields.kind == EntryKind::Unknown => fields.kind = EntryKind::File,
            [b's', size @ ..] => fields.size = number(size),
            [b'm', seconds @ ..] => fields.modified = number(seconds).and_then(Modified::from_unix),
            [b'u', b'p', permissions @ ..] => fields.permissions = mode(permissions),
            _ => {}
        }
    }
    (!fields.name.is_empty()).then_some(fields.with_dots(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(line: &str) -> Option<String> {
        let fields = read(line.as_bytes())?;
        let name = fields.name.of(line.as_bytes()).escape_ascii();
        let mode = fields.permissions.unwrap_or_default();
        let dated = fields.modified.is_some();
        Some(format!(
            "{:?} {:?} {mode:o} {dated} {name}",
            fields.kind, fields.size
        ))
    }

    #[test]
    fn facts_end_at_the_tab() {
        let table = [
            (
                "+i8388621.48594,m825718503,r,s280,\tdjb.html",
                "File Some(280) 0 true djb.html",
            ),
            (
                "+i8388621.50690,m824255907,/,\t514",
                "Directory None 0 true 514",
            ),
            (
                "+m825718503,r,s10376,up644\ta b,c",
                "File Some(10376) 644 true a b,c",
            ),
            ("+r,/,\tboth", "Directory None 0 false both"),
            ("+/,r,\tboth", "Directory None 0 false both"),
            ("+\tno facts", "Unknown None 0 false no facts"),
            ("+s,m1x,up9,r\t x ", "File None 0 false  x "),
            ("+/,\t..", "ParentDirectory None 0 false .."),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line).as_deref(), Some(meant), "{line}");
        }
    }

    #[test]
    fn other_lines_are_unknown() {
        for line in ["+r,s1,name", "r,s1,\tname", "+r,s1,\t", ""] {
            assert_eq!(summary(line), None, "{line}");
        }
    }
}

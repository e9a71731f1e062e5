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
    // Others are for the future; a line with these alone could be any text.
    let mut is_known = false;
    for fact in facts.split(|&byte| byte == b',') {
        is_known |= match fact {
            b"/" => {
                fields.kind = EntryKind::Directory;
                true
            }
            b"r" => {
                // A directory may be retrieved, too.
                if fields.kind == EntryKind::Unknown {
                    fields.kind = EntryKind::File;
                }
                true
            }
            [b's', size @ ..] => {
                fields.size = number(size);
                fields.size.is_some()
            }
            [b'm', seconds @ ..] => {
                let seconds = number(seconds);
                fields.modified = seconds.and_then(Modified::from_unix);
                seconds.is_some()
            }
            [b'u', b'p', permissions @ ..] => {
                fields.permissions = mode(permissions);
                fields.permissions.is_some()
            }
            // Servers write the numbers of device and inode.
            [b'i', identifier @ ..] => {
                identifier.iter().all(u8::is_ascii_graphic)
                    && identifier.iter().any(u8::is_ascii_digit)
            }
            _ => false,
        }
    }
    (is_known && !fields.name.is_empty()).then_some(fields.with_dots(line))
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
            ("+i1,later,\tnew fact", "Unknown None 0 false new fact"),
            ("+s,m1x,up9,r\t x ", "File None 0 false  x "),
            ("+/,\t..", "ParentDirectory None 0 false .."),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line).as_deref(), Some(meant), "{line}");
        }
    }

    #[test]
    fn other_lines_are_unknown() {
        let table = [
            "+r,s1,name",
            "r,s1,\tname",
            "+r,s1,\t",
            "+\tno facts",
            "+s,m1x,up9,\tno fact is right",
            "+it is \tnew",
            "+important,more\tnew",
            "+1 server\tis new",
            "",
        ];
        for line in table {
            assert_eq!(summary(line), None, "{line}");
        }
    }
}

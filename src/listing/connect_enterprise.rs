//! The dialect of IBM Sterling Connect:Enterprise: a batch's flags, way and type, its mailbox,
//! number and size, and a date as `ls -l` writes it.
//!
//! ```text
//! -C--E-----FTP B MAILBOX1      18128       41 Aug 12 13:56 INVOICES
//! ```

use super::{
    columns::{Columns, number},
    dialect::Context,
    entry::{EntryKind, Fields},
    stamp::Stamp,
};

pub(super) fn read(line: &[u8], context: &Context) -> Option<Fields> {
    let mut columns = Columns::new(line);
    let (flags, way) = columns.word()?.split_first_chunk::<10>()?;
    let is_flag = |byte: &u8| byte.is_ascii_uppercase() || *byte == b'-';
    if !flags.iter().all(is_flag) || way.is_empty() || !way.iter().all(u8::is_ascii_uppercase) {
        return None;
    }
    columns.word().filter(|kind| kind.len() == 1)?;
    let owner = columns.next()?;
    number(columns.word()?)?;
    let size = number(columns.word()?)?;
    let stamp = Stamp::read(columns.next()?, &columns, line, &context.clock)?;
    Some(Fields {
        kind: EntryKind::File,
        name: stamp.name,
        owner,
        size: Some(size),
        modified: stamp.modified,
        ..Fields::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::listing::columns::Span;

    fn summary(line: &str) -> Option<String> {
        let fields = read(line.as_bytes(), &Context::default())?;
        let text = |span: Span| span.of(line.as_bytes()).escape_ascii().to_string();
        let (owner, name) = (text(fields.owner), text(fields.name));
        Some(format!("{:?} {owner}|{name}", fields.size))
    }

    #[test]
    fn lines() {
        let table = [
            (
                "-C--E-----FTP B QUA1I1      18128       41 Aug 12  2019 QUADTEST",
                Some("Some(41) QUA1I1|QUADTEST"),
            ),
            (
                "-C--E-----FTP A QUA1I1      18128       41 Apr 1 2014 two words",
                Some("Some(41) QUA1I1|two words"),
            ),
            (
                "----------ASYNC B BOX 1 0 Apr 1 2014 n",
                Some("Some(0) BOX|n"),
            ),
            (
                "-C--E----- B QUA1I1      18128       41 Aug 12  2019 QUADTEST",
                None,
            ),
            (
                "-C--E-----FTP QUA1I1      18128       41 Aug 12  2019 QUADTEST",
                None,
            ),
            ("-C--E-----FTP B QUA1I1      41 Aug 12  2019 QUADTEST", None),
            ("-rw-r--r-- 1 ftp 18128       41 Aug 12  2019 n", None),
        ];
        for (line, meant) in table {
            assert_eq!(summary(line).as_deref(), meant, "{line}");
        }
    }
}

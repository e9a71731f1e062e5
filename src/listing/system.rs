//! What the reply to SYST says about listings.

use super::dialect::Dialect;

/// Words of the reply, in upper case, and the dialect that servers of such systems mostly speak.
///
/// What says `UNIX Type: L8` may be anything, and is no hint.
const SYSTEMS: [(&str, Dialect); 15] = [
    ("WINDOWS", Dialect::Dos),
    ("WIN32", Dialect::Dos),
    ("MVS", Dialect::Mvs),
    ("Z/OS", Dialect::Mvs),
    ("OS/400", Dialect::Os400),
    ("OS400", Dialect::Os400),
    ("OPENVMS", Dialect::Vms),
    ("VMS", Dialect::Vms),
    ("Z/VM", Dialect::Vm),
    ("VM", Dialect::Vm),
    ("NETWARE", Dialect::NetWare),
    ("NONSTOP", Dialect::NonStop),
    ("OS/2", Dialect::Os2),
    ("OS-9", Dialect::Os9),
    ("VXWORKS", Dialect::VxWorks),
];

/// The dialect that the text of a 215 reply speaks for.
pub(super) fn dialect(syst: &[u8]) -> Option<Dialect> {
    let words = syst.split(|byte| !(byte.is_ascii_alphanumeric() || b"/-".contains(byte)));
    let words = words.map(<[u8]>::to_ascii_uppercase);
    // The first word that names a system: what follows may compare it to others.
    words.into_iter().find_map(|word| {
        let (_, dialect) = SYSTEMS.iter().find(|(name, _)| {
            let rest = word.strip_prefix(name.as_bytes());
            // "VMS" is not "VM"; "OS/400" may have more behind it.
            rest.is_some_and(|rest| !rest.first().is_some_and(u8::is_ascii_alphabetic))
        })?;
        Some(*dialect)
    })
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::listing::{Line, Parser};

    #[test]
    fn systems() {
        let table = [
            ("Windows_NT", Some(Dialect::Dos)),
            ("Windows_NT version 5.0", Some(Dialect::Dos)),
            (
                "MVS is the operating system of this server. FTP Server is running on z/OS.",
                Some(Dialect::Mvs),
            ),
            (
                "OS/400 is the remote operating system. The TCP/IP version is \"V7R4M0\".",
                Some(Dialect::Os400),
            ),
            ("VMS OpenVMS V8.4", Some(Dialect::Vms)),
            ("VMS MultiNet V5.5", Some(Dialect::Vms)),
            ("OpenVMS/Alpha", Some(Dialect::Vms)),
            (
                "VM is the operating system of this server.",
                Some(Dialect::Vm),
            ),
            ("z/VM Version 6 Release 4", Some(Dialect::Vm)),
            ("NETWARE  Type : L8", Some(Dialect::NetWare)),
            ("NonStop Kernel", Some(Dialect::NonStop)),
            ("OS/2 3.0", Some(Dialect::Os2)),
            ("OS-9/68000", Some(Dialect::Os9)),
            ("VxWorks (5.3.1)", Some(Dialect::VxWorks)),
            ("UNIX Type: L8", None),
            ("UNIX Type: L8 Version: BSD-199506", None),
            ("UNKNOWN", None),
            ("Windowsill", None),
            ("", None),
        ];
        for (syst, meant) in table {
            assert_eq!(dialect(syst.as_bytes()), meant, "{syst}");
        }
    }

    const UNIX: &str = "-rw-r--r--   1 ftp ftp 12 Jan 22  2019 unix";
    const DOS: &str = "05-20-97  03:31PM                  681 dos";
    const MLSX: &str = "type=file;size=3; mlsx";

    fn names(parser: &mut Parser, lines: &[&'static str]) -> Vec<String> {
        let read = lines.iter().map(|line| parser.parse((*line).into()));
        let read = read.map(|line| match line {
            Line::Entry(entry) => entry.name().to_string(),
            Line::Skip => "(skip)".to_owned(),
            Line::Unknown(line) => format!("? {}", line.escape_ascii()),
        });
        read.collect()
    }

    #[test]
    fn a_hint_lets_a_doubtful_line_be_what_the_system_writes() {
        const OS2: &str = "     7                 02-09-97   13:49  OS2LDR";
        const VMS: &str = "NOTES.TXT;1";
        let read = |syst: &[u8], line: &'static str| {
            let mut parser = Parser::new(SystemTime::UNIX_EPOCH).hint(syst);
            let mut read = names(&mut parser, &[line, ""]);
            read.retain(|line| line != "(skip)");
            (read.join(", "), parser.settled())
        };
        let table: [(&[u8], &str, &str, Option<Dialect>); 6] = [
            (b"OS/2 3.0", OS2, "OS2LDR", Some(Dialect::Os2)),
            (
                b"UNIX Type: L8",
                OS2,
                "?      7                 02-09-97   13:49  OS2LDR",
                None,
            ),
            (
                b"VMS OpenVMS V8.4",
                OS2,
                "?      7                 02-09-97   13:49  OS2LDR",
                None,
            ),
            (b"VMS OpenVMS V8.4", VMS, "NOTES.TXT;1", None),
            (b"OS/2 3.0", VMS, "? NOTES.TXT;1", None),
            (b"", VMS, "? NOTES.TXT;1", None),
        ];
        for (syst, line, meant, settled) in table {
            let shown = syst.escape_ascii();
            assert_eq!(
                read(syst, line),
                (meant.to_owned(), settled),
                "{shown} {line}"
            );
        }
    }

    #[test]
    fn lines_that_contradict_the_hint_count_more() {
        let lines = [
            (UNIX, Dialect::Unix),
            (DOS, Dialect::Dos),
            (MLSX, Dialect::Mlsx),
        ];
        let systems = [
            "MVS is it",
            "VMS",
            "OS/2",
            "OS/400",
            "Windows_NT",
            "NETWARE",
        ];
        for (system, (line, dialect)) in systems.into_iter().zip(lines.into_iter().cycle()) {
            let open = Parser::new(SystemTime::UNIX_EPOCH).hint(system.as_bytes());
            let mut parser = open.clone();
            let all = names(&mut parser, &[line, UNIX, DOS, MLSX, "SAVE04"]);
            assert_eq!(all[1..], ["unix", "dos", "mlsx", "? SAVE04"], "{system}");
            assert_eq!(parser.settled(), Some(dialect), "{system}");
            // What was forced is not asked about.
            let mut parser = open.dialect(Dialect::Unix);
            let all = names(&mut parser, &["     7     02-09-97   13:49  OS2LDR"]);
            assert!(all[0].starts_with('?'), "{system}");
        }
    }
}

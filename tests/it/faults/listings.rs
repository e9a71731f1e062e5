//! Listings: empty, odd and false.

use futures::TryStreamExt;
use tokio_ftp::ConnectOptions;

use super::{
    calls::{entries, list, list_d, list_strictly, list_unknown, mlsd, nlst, nlst_d},
    row::{Call, Fact, Row, fact, row},
};
use crate::support::listings::{A, B, D, DOT, DOTS, ENTER, TEXT, data, sent, transfer};

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "any",
            "empty directory as 450 or 550 with a known text (\"No files found\")",
            [
                refusal("450 No files found", "450 No files found", ""),
                refusal("550 No files found", "550 No files found.", ""),
                refusal("550 Directory is empty", "550 Directory is empty", ""),
                refusal("450 busy", "450 busy", "! LIST: 450 busy"),
                refusal(
                    "550 No such directory",
                    "550 No such directory",
                    "! LIST: 550 No such directory",
                ),
                refusal(
                    "425 No files found",
                    "425 No files found",
                    "! LIST: 425 No files found",
                ),
                listed("an empty listing", &[], list, "").then(&all(&[DOT, DOTS])),
                row(
                    "550 No files found to NLST",
                    "C: TYPE A\nS: 200 ok\nPASSIVE\nC: NLST\nS: 550 No files found",
                    nlst,
                    "",
                ),
                row(
                    "450 No files found to MLSD",
                    format!("{TEXT}PASSIVE\nC: MLSD\nS: 450 No files found"),
                    mlsd,
                    "",
                ),
            ],
        ),
        fact(
            "any",
            "total 42, . and .., cdir/pdir",
            [
                listed(
                    "total, . and ..",
                    &["total 42", DOT, DOTS, A],
                    list,
                    "file \"a\" 12",
                ),
                listed("total alone", &["total 0"], list, ""),
                mlsx(
                    "cdir and pdir, marked",
                    &["type=cdir; .", "type=pdir; ..", "type=file; a"],
                    mlsd,
                    "cdir \".\", pdir \"..\", file \"a\"",
                ),
                row(
                    "cdir and pdir, skipped",
                    "C: FEAT\nS~ 211-Features\\r\\n MLST type*;\\r\\n211 End\\r\\n\n\
                     C: TYPE A\nS: 200 ok\nPASSIVE\nC: MLSD\nS: 150 go\n\
                     D> type=cdir; .\\r\\nType=pdir; ..\\r\\ntype=file; a\\r\\n\n\
                     D! close\nS: 226 done",
                    list,
                    "file \"a\"",
                ),
            ],
        ),
        fact(
            "any",
            "one odd line among thousands",
            [
                listed(
                    "an odd line",
                    &[A, "what is this?", B],
                    list_unknown,
                    "a, b, and not \"what is this?\"",
                ),
                listed(
                    "odd bytes",
                    &[A, "\\xff\\xfe\\x00", B],
                    list_unknown,
                    "a, b, and not \"\\xff\\xfe\\x00\"",
                ),
                listed(
                    "an error among the entries",
                    &[A, "ls: x: Permission denied", B],
                    list_unknown,
                    "a, b, and not \"ls: x: Permission denied\"",
                ),
                listed(
                    "an odd line first",
                    &["Welcome!", A],
                    list_unknown,
                    "a, and not \"Welcome!\"",
                ),
                row(
                    "an odd line, taken strictly",
                    format!(
                        "S: 150 go\n{}C: ABOR\nD! close\nS: 426 cut\nS: 226 done",
                        data(&[A, "what is this?"])
                    ),
                    list_strictly,
                    "! protocol error: a listing line not understood: \"what is this?\"",
                )
                .opening(opening("LIST"))
                .breaks("an abort whose replies come late"),
                mlsx(
                    "an odd line of MLSD",
                    &["type=file; a", "hm", "type=file; b"],
                    mlsd,
                    "file \"a\", file \"b\"",
                ),
                listed(
                    "one of a thousand",
                    &thousand(),
                    |ftp| {
                        Box::pin(async move {
                            let mut listing = ftp.list("").await?;
                            let summary = listing.finish().await?;
                            Ok(format!(
                                "{}, {} unknown",
                                summary.entries(),
                                summary.unknown()
                            ))
                        })
                    },
                    "1000, 1 unknown",
                )
                .whole("50,000 bytes to cut"),
            ],
        ),
        fact(
            "vsftpd, Pure-FTPd, ProFTPD",
            "LIST of a missing or unreadable directory: 226, empty or its own name",
            [
                doubted(
                    "empty, and missing",
                    &[],
                    &format!("{PWD}C: CWD d\nS: 550 no such directory"),
                    "! CWD: 550 no such directory",
                ),
                doubted(
                    "its own name, and unreadable",
                    &[D],
                    &format!("{PWD}C: CWD d\nS: 550 Permission denied"),
                    "! CWD: 550 Permission denied",
                ),
                doubted(
                    "empty, and empty",
                    &[],
                    &format!(
                        "{ENTER}{}{}C: CWD /home\nS: 250 ok",
                        inner(&[]),
                        all(&[DOT, DOTS])
                    ),
                    "",
                ),
                doubted(
                    "empty, and not even itself in it (ProFTPD)",
                    &[],
                    &format!(
                        "{ENTER}{}{}C: CWD /home\nS: 250 ok\n{PWD}C: CWD /home\nS: 250 ok\n\
                         {PWD}C: CWD /\nS: 250 ok\n{}{}\
                         C: CWD /home\nS: 250 ok",
                        inner(&[]),
                        all(&[]),
                        inner(&[A]),
                        all(&[DOT, DOTS, A]),
                    ),
                    "! the directory may not be read: the server shows nothing of it",
                ),
                doubted(
                    "empty, and a switch that is a name",
                    &[],
                    &format!(
                        "{ENTER}{}{REFUSED}C: CWD /home\nS: 250 ok\n{PWD}C: CWD /home\nS: 250 ok\n\
                         {PWD}C: CWD /\nS: 250 ok\n{}{REFUSED}C: CWD /home\nS: 250 ok",
                        inner(&[]),
                        inner(&[A]),
                    ),
                    "",
                ),
                doubted(
                    "its own name, and a file of that name in it",
                    &[D],
                    &format!(
                        "{PWD}C: CWD d\nS: 250 ok\n{}C: CWD /home\nS: 250 ok",
                        inner(&[D])
                    ),
                    "dir \"d\" 4096",
                ),
                doubted(
                    "its own name, and one line more",
                    &[D, A],
                    "",
                    "dir \"d\" 4096, file \"a\" 12",
                ),
                doubted(
                    "a way back that is refused",
                    &[],
                    &format!(
                        "{PWD}C: CWD d\nS: 250 ok\n{}C: CWD /home\nS: 550 no",
                        inner(&[A])
                    ),
                    "file \"a\" 12",
                )
                .broken(),
                row(
                    "226 that says no (vsftpd)",
                    "S: 150 go\nD! close\n\
                     S: 226 Transfer done (but failed to open directory).",
                    list,
                    "! unexpected answer: LIST: 226 Transfer done (but failed to \
                     open directory).",
                )
                .opening(opening("LIST")),
                row(
                    "226 that says no (Pure-FTPd)",
                    "S: 150 go\nD! close\n\
                     S~ 226-Sorry, we were unable to read [.]\\r\\n226 0 matches total\\r\\n",
                    list,
                    "! unexpected answer: LIST: 226 Sorry, we were unable to read [.] / 0 matches \
                     total",
                )
                .opening(opening("LIST")),
                row(
                    "NLST, and missing (vsftpd)",
                    format!(
                        "{TEXT}{}{PWD}C: CWD d\nS: 550 no such directory",
                        transfer("NLST d", &[])
                    ),
                    nlst_d,
                    "! CWD: 550 no such directory",
                ),
                row(
                    "NLST of its own name, and unreadable (vsftpd)",
                    format!(
                        "{TEXT}{}C: TYPE I\nS: 200 ok\nC: SIZE d\nS: 550 not a file\n\
                         {PWD}C: CWD d\nS: 550 no",
                        transfer("NLST d", &["d"])
                    ),
                    nlst_d,
                    "! CWD: 550 no",
                ),
                row(
                    "NLST, and unreadable (ProFTPD)",
                    format!(
                        "{TEXT}{}{ENTER}{}C: FEAT\n\
                         S~ 211-Features\\r\\n MLST type*;\\r\\n211 End\\r\\n\n\
                         PASSIVE\nC: MLSD\nS: 550 d: Permission denied\n\
                         C: CWD /home\nS: 250 ok",
                        transfer("NLST d", &[]),
                        transfer("NLST", &[])
                    ),
                    nlst_d,
                    "! MLSD: 550 d: Permission denied",
                ),
            ],
        ),
        fact(
            "vsftpd, Pure-FTPd",
            "take LIST -name and LIST g[1] for options and patterns",
            [
                named(
                    "a name like an option",
                    "-la",
                    &transfer("LIST ./-la", &[A, B]),
                ),
                named(
                    "a name like a pattern",
                    "g[1]",
                    &format!(
                        "{PWD}C: CWD g[1]\nS: 250 ok\n{}C: CWD /home\nS: 250 ok",
                        inner(&[A, B])
                    ),
                ),
                named(
                    "a name like all files",
                    "*",
                    &format!(
                        "{PWD}C: CWD *\nS: 250 ok\n{}C: CWD /home\nS: 250 ok",
                        inner(&[A, B])
                    ),
                ),
                row(
                    "NLST of a name like an option",
                    [TEXT, &transfer("NLST ./-R", &["x"])].concat(),
                    |ftp| {
                        Box::pin(async move {
                            let names: Vec<_> = ftp.nlst("-R").await?.try_collect().await?;
                            Ok(names.len().to_string())
                        })
                    },
                    "1",
                ),
            ],
        ),
    ]
}

pub(super) const PWD: &str = "C: PWD\nS: 257 \"/home\"\n";

const REFUSED: &str = "PASSIVE\nC: LIST -a\nS: 550 no such file\n";

/// Up to the first listing of a session with a server of RFC 959 and no more.
fn opening(command: &str) -> String {
    format!(
        "S: 220 ready\nC: FEAT\nS: 502 what?\nC: SYST\nS: 502 what?\n\
         {TEXT}PASSIVE\nC: {command}"
    )
}

/// A listing with the switch.
fn all(lines: &[&str]) -> String {
    transfer("LIST -a", lines)
}

/// A listing from inside.
pub(super) fn inner(lines: &[&str]) -> String {
    transfer("LIST", lines)
}

pub(super) fn listed(name: &'static str, lines: &[&str], call: Call, want: &'static str) -> Row {
    row(name, sent(lines), call, want).opening(opening("LIST"))
}

pub(super) fn mlsx(name: &'static str, lines: &[&str], call: Call, want: &'static str) -> Row {
    let opening = format!("S: 220 ready\n{TEXT}PASSIVE\nC: MLSD");
    row(name, sent(lines), call, want).opening(opening)
}

pub(super) fn refusal(name: &'static str, refusal: &str, want: &'static str) -> Row {
    row(name, format!("S: {refusal}"), list, want).opening(opening("LIST"))
}

/// A listing of `d` that shows `lines`, and what comes of that.
pub(super) fn doubted(name: &'static str, lines: &[&str], then: &str, want: &'static str) -> Row {
    listed(name, lines, list_d, want)
        .opening(opening("LIST d"))
        .then(then)
}

/// A listing of what is called `argument`, which shows A and B.
fn named(name: &'static str, argument: &'static str, transcript: &str) -> Row {
    let call: Call = match argument {
        "-la" => |ftp| Box::pin(async move { entries(ftp.list("-la").await?).await }),
        "*" => |ftp| Box::pin(async move { entries(ftp.list("*").await?).await }),
        _ => |ftp| Box::pin(async move { entries(ftp.list("g[1]").await?).await }),
    };
    let before = "S: 220 ready\nC: FEAT\nS: 502 what?\nC: SYST\nS: 502 what?";
    let transcript = match argument {
        "-la" => format!("{TEXT}{transcript}"),
        // The directory is entered first, and TYPE is said before the first data connection.
        _ => transcript.replacen("PASSIVE", &format!("{TEXT}PASSIVE"), 1),
    };
    row(name, transcript, call, "file \"a\" 12, file \"b\" 12")
        .opening(before)
        .options(ConnectOptions::new())
}

fn thousand() -> Vec<&'static str> {
    let mut lines = vec![A; 1000];
    lines.insert(500, "what is this?");
    lines
}

//! Replies that tell a value: names, paths, sizes and times.

use tokio_ftp::protocol::ReplyLimits;

use super::{
    calls::{mdtm, pwd, size},
    replies::replies,
    row::{Fact, Row, fact, row},
};

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "any",
            "0xFF in a name",
            [
                row(
                    "0xFF goes out once",
                    "C: FEAT\nS: 500 what?\nC: DELE a\u{fffd}b\nS: 250 ok",
                    |ftp| {
                        Box::pin(async move {
                            ftp.delete(b"a\xffb").await?;
                            Ok("done".to_owned())
                        })
                    },
                    "done",
                ),
                row(
                    "0xFF comes once",
                    "C: PWD\nS~ 257 \"/a\\xffb\"\\r\\n",
                    pwd,
                    "/a\\xffb",
                ),
                row(
                    "0xFF comes twice",
                    "C: PWD\nS~ 257 \"/a\\xff\\xffb\"\\r\\n",
                    pwd,
                    "/a\\xff\\xffb",
                ),
                row(
                    "vsftpd doubles 0xFF",
                    "C: PWD\nS~ 257 \"/a\\xff\\xffb\"\\r\\n",
                    pwd,
                    "/a\\xffb",
                )
                .options(replies(ReplyLimits::default().telnet_escapes(true))),
            ],
        ),
        fact(
            "any",
            "PWD unquoted, doubled quotes, quotes in trailing text",
            [
                path("no quotes", "/a is current directory", "/a"),
                path("no quotes and no words", "/a", "/a"),
                path(
                    "no quotes around two words",
                    "/a b",
                    "! protocol error: not understood: PWD: 257 /a b",
                ),
                path("doubled quotes", "\"/a \"\"b\"\"\" is it", "/a \\\"b\\\""),
                path("quotes behind", "\"/a\" is \"it\"", "/a"),
                path(
                    "an open quote",
                    "\"/a",
                    "! protocol error: not understood: PWD: 257 \"/a",
                ),
                path(
                    "no path",
                    "nowhere",
                    "! protocol error: not understood: PWD: 257 nowhere",
                ),
                path(
                    "quotes that are not doubled (Pure-FTPd)",
                    "\"/a\"b\" is your current location",
                    "/a\\\"b",
                ),
            ],
        ),
        fact(
            "any",
            "MDTM with fraction, with year 19100; SIZE 213 + junk",
            [
                row(
                    "a time",
                    "C: MDTM a\nS: 213 20010909014640",
                    mdtm,
                    "1000000000",
                ),
                row(
                    "a fraction",
                    "C: MDTM a\nS: 213 20010909014640.25",
                    mdtm,
                    "1000000000.25",
                ),
                row(
                    "the year 19100",
                    "C: MDTM a\nS: 213 191000909014640",
                    mdtm,
                    "968464000",
                ),
                row("no time", "C: MDTM a\nS: 213 yesterday", mdtm, "None"),
                row(
                    "no such day",
                    "C: MDTM a\nS: 213 20010231000000",
                    mdtm,
                    "None",
                ),
                length("a length and a word", "12 bytes", "Some(12)"),
                length("a blank before", " 12", "Some(12)"),
                length("a length that runs into a word", "12bytes", "None"),
                length("less than nothing", "-1", "None"),
                length("more than there can be", "99999999999999999999999", "None"),
                length("nothing", "", "None"),
            ],
        ),
        fact(
            "any",
            "550 to SIZE in ASCII",
            [row(
                "TYPE I goes before SIZE",
                "C: TYPE A\nS: 200 ok\nC: TYPE I\nS: 200 ok\nC: SIZE a\nS: 213 12",
                |ftp| {
                    Box::pin(async move {
                        ftp.command("TYPE A").await?;
                        Ok(format!("{:?}", ftp.size("a").await?))
                    })
                },
                "Some(12)",
            )],
        ),
    ]
}

fn path(name: &'static str, text: &str, want: &'static str) -> Row {
    row(name, format!("C: PWD\nS: 257 {text}"), pwd, want)
}

fn length(name: &'static str, text: &str, want: &'static str) -> Row {
    let transcript = format!("C: TYPE I\nS: 200 ok\nC: SIZE a\nS: 213 {text}");
    row(name, transcript, size, want)
}

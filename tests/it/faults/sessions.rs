//! Replies: how sessions begin and end, and what comes between a question and its answer.

use std::time::Duration;

use tokio_ftp::{ConnectOptions, TransferOptions};

use super::{
    calls::{
        cwd, delete, login, mkd, noop, noop_and_later_delete, nothing, pwd, read, rename, rmd,
        upload,
    },
    row::{Fact, Row, fact, from_greeting, retr, row, stor},
};

/// What a session is ended with by servers that have no 421.
const GOODBYE: &str = "! the session is broken: …";

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "any",
            "421 at any time, also behind another reply in the same packet",
            [
                from_greeting("a 421 for a greeting", "S: 421 full", nothing, "! 421 full")
                    .closed(),
                row(
                    "a 421 for a reply",
                    "C: NOOP\nS: 421 bye",
                    noop,
                    "! 421 bye",
                )
                .broken(),
                row(
                    "a 421 for a reply, and the end",
                    "C: NOOP\nS: 421 bye\nS! close",
                    noop,
                    "! 421 bye",
                )
                .broken(),
                row(
                    "a 421 behind a reply",
                    "C: NOOP\nS~ 200 ok\\r\\n421 bye\\r\\n\nS! close",
                    noop_and_later_delete,
                    "done, ! the session is broken: 421 bye",
                )
                .broken(),
                row(
                    "a 421 while nothing is asked",
                    "C: NOOP\nS: 200 ok\nS: 421 idle",
                    noop_and_later_delete,
                    "done, ! the session is broken: 421 idle",
                )
                .broken(),
                row(
                    "a 221 for a reply",
                    "C: NOOP\nS: 221 idle for too long",
                    noop,
                    GOODBYE,
                )
                .broken(),
                row(
                    "a 221 for a path",
                    "C: PWD\nS: 221 idle for too long",
                    pwd,
                    GOODBYE,
                )
                .broken(),
                row(
                    "a 421 for a 331",
                    "C: USER joe\nS: 421 bye",
                    login,
                    "! 421 bye",
                )
                .broken(),
                row("a 421 for a 150", retr("S: 421 bye"), read, "! 421 bye").broken(),
                row(
                    "a 421 inside a download",
                    retr("S: 150 go\nD> half\nS: 421 bye"),
                    read,
                    "! 421 bye",
                )
                .broken(),
                row(
                    "a 421 behind the 226",
                    retr("S: 150 go\nD> abc\nD! close\nS~ 226 done\\r\\n421 bye\\r\\n"),
                    read,
                    "abc",
                )
                .broken(),
                row(
                    "a 421 for a 226 to an upload",
                    stor("S: 150 go\nD< abc\nD! ended\nS: 421 bye"),
                    upload,
                    "! 421 bye",
                )
                .broken(),
            ],
        ),
        fact(
            "any",
            "closes the control connection in the middle of a reply",
            [
                ends("no reply", "", "S! close"),
                ends("a digit", "S~ 2\n", "S! close"),
                ends("a line without its end", "S~ 250 ok\n", "S! close"),
                ends("half a reply", "S~ 250-ok\\r\\n25\n", "S! close"),
                row(
                    "a reset in a reply",
                    "C: CWD d\nS~ 250-o\nS! reset",
                    cwd,
                    "! connection failed: …",
                )
                .broken(),
                row(
                    "the end inside the last reply to a download",
                    retr("S: 150 go\nD> abc\nD! close\nS~ 226 do\nS! close"),
                    read,
                    "! connection failed: the server closed the control connection in the middle \
                     of a reply",
                )
                .broken(),
            ],
        ),
        fact(
            "any",
            "230 to USER; 331; 332 after USER or PASS; 202 to ACCT",
            logins(),
        ),
        fact(
            "bftpd and others",
            "200 where 250 or 257 is meant",
            [
                row("200 to CWD", "C: CWD d\nS: 200 ok", cwd, "done"),
                row("200 to MKD", "C: MKD d\nS: 200 ok", mkd, "made"),
                row("200 to RMD", "C: RMD d\nS: 200 ok", rmd, "done"),
                row("200 to DELE", "C: DELE a\nS: 200 ok", delete, "done"),
                row(
                    "200 to RNTO",
                    "C: RNFR a\nS: 350 to?\nC: RNTO b\nS: 200 ok",
                    rename,
                    "done",
                ),
                row("200 to PWD", "C: PWD\nS: 200 \"/a\"", pwd, "/a"),
                row("257 to CWD", "C: CWD d\nS: 257 \"/d\"", cwd, "done"),
                row("226 to NOOP", "C: NOOP\nS: 226 ok", noop, "done"),
            ],
        ),
        fact(
            "pyftpdlib, libunftp, ProFTPD, Pure-FTPd",
            "answer (200, 229, 450, 500) inside a transfer",
            inside_transfers(),
        ),
        fact(
            "any",
            "keeps a REST marker through other commands",
            [
                row(
                    "a marker that a refused transfer leaves",
                    format!(
                        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: REST 100\nS: 350 ok\n\
                         C: RETR b\nS: 550 no\nC: REST 0\nS: 350 ok\n{WHOLE}"
                    ),
                    |ftp| {
                        Box::pin(async move {
                            let options = TransferOptions::new().offset(100);
                            let refused = ftp.retr_with("b", &options).await.err();
                            let refused = refused.map(|error| error.to_string());
                            let file = ftp.read("a").await?;
                            Ok(format!("{}, {}", refused.unwrap_or_default(), file.len()))
                        })
                    },
                    "RETR: 550 no, 3",
                ),
                row(
                    "a marker through PWD",
                    format!(
                        "C: REST 100\nS: 350 ok\nC: PWD\nS: 257 \"/\"\nC: TYPE I\nS: 200 ok\n\
                         C: REST 0\nS: 350 ok\n{WHOLE}"
                    ),
                    |ftp| {
                        Box::pin(async move {
                            ftp.command("REST 100").await?;
                            ftp.pwd().await?;
                            Ok(format!("{}", ftp.read("a").await?.len()))
                        })
                    },
                    "3",
                ),
            ],
        ),
    ]
}

const WHOLE: &str = "PASSIVE\nC: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done";

fn ends(name: &'static str, half: &str, end: &str) -> Row {
    let want = "! connection failed: the server closed the control connection…";
    row(name, format!("C: CWD d\n{half}{end}"), cwd, want).broken()
}

fn logins() -> Vec<Row> {
    let login = |name, transcript: &str, want| {
        row(name, transcript, login, want).options(ConnectOptions::new().account("payer"))
    };
    vec![
        login("no password", "C: USER joe\nS: 230 come in", "done"),
        login(
            "a password",
            "C: USER joe\nS: 331 ?\nC: PASS pw\nS: 230 come in",
            "done",
        ),
        login(
            "a password that is not needed",
            "C: USER joe\nS: 331 ?\nC: PASS pw\nS: 202 as you like",
            "done",
        ),
        login(
            "an account behind the password",
            "C: USER joe\nS: 331 ?\nC: PASS pw\nS: 332 account?\n\
             C: ACCT payer\nS: 230 come in",
            "done",
        ),
        login(
            "an account behind the user",
            "C: USER joe\nS: 332 account?\nC: ACCT payer\nS: 230 come in",
            "done",
        ),
        login(
            "an account that is not needed",
            "C: USER joe\nS: 332 account?\nC: ACCT payer\nS: 202 not needed",
            "done",
        ),
        login(
            "an account that there is not",
            "C: USER joe\nS: 331 ?\nC: PASS pw\nS: 332 account?",
            "! not supported: a login without the account that the server wants",
        )
        .options(ConnectOptions::new()),
        login(
            "a wrong password",
            "C: USER joe\nS: 331 ?\nC: PASS pw\nS: 530 no",
            "! PASS: 530 no",
        ),
        login("a wrong user", "C: USER joe\nS: 530 no", "! USER: 530 no"),
        login(
            "a wrong account",
            "C: USER joe\nS: 332 ?\nC: ACCT payer\nS: 532 no",
            "! ACCT: 532 no",
        ),
        login(
            "a 331 that asks for more than there is",
            "C: USER joe\nS: 331 ?\nC: PASS pw\nS: 331 again?",
            "! unexpected answer: PASS: 331 again?",
        ),
    ]
}

/// Signs of life after 20 s, in a transfer of 30 s; and replies that nobody asked for.
fn inside_transfers() -> Vec<Row> {
    let often = || ConnectOptions::new().noop_interval(Some(Duration::from_secs(20)));
    let down = |name, replies: &str| {
        let transcript = retr(&format!(
            "S: 150 go\nD> ab\nS! wait 20\n{replies}\nS! wait 10\nD> c\n\
             D! close\nS: 226 done"
        ));
        row(name, transcript, read, "abc").options(often())
    };
    let up = |name, replies: &str, end: &str, want| {
        let transcript = stor(&format!(
            "S: 150 go\nD< abc\nD! ended\nS! wait 20\n{replies}\nS! wait 10\n{end}"
        ));
        row(name, transcript, upload, want).options(often())
    };
    let unasked = |name, reply: &str, want| {
        let transcript = retr(&format!("S: 150 go\nD> abc\nD! close\nS: {reply}"));
        row(name, transcript, read, want).broken()
    };
    vec![
        down("200 inside a download", "C: NOOP\nS: 200 ok"),
        down("500 inside a download", "C: NOOP\nS: 500 ?"),
        down(
            "450 inside a download",
            "C: NOOP\nS: 450 NOOP: data transfer in progress",
        ),
        up(
            "200 inside an upload",
            "C: NOOP\nS: 200 ok",
            "S: 226 done",
            "3 bytes",
        ),
        up(
            "500 inside an upload",
            "C: NOOP\nS: 500 ?",
            "S: 226 done",
            "3 bytes",
        ),
        up(
            "450 inside an upload",
            "C: NOOP\nS: 450 NOOP: data transfer in progress",
            "S: 226 done",
            "3 bytes",
        ),
        up(
            "200 inside an upload that fails",
            "C: NOOP\nS: 200 ok",
            "S: 552 full",
            "! STOR: 552 full",
        ),
        row(
            "200 behind the 226",
            retr(
                "S: 150 go\nD> ab\nS! wait 30\nD> c\nD! close\nC: NOOP\n\
             S~ 226 done\\r\\n200 ok\\r\\n",
            ),
            read,
            "abc",
        )
        .options(often()),
        unasked(
            "200 that nobody asked for",
            "200 ok",
            "! protocol error: out of step: 200 ok",
        ),
        unasked(
            "229 that nobody asked for",
            "229 (|||9|)",
            "! protocol error: out of step: 229 (|||9|)",
        ),
        unasked(
            "500 that nobody asked for",
            "500 what?",
            "! protocol error: out of step: 500 what?",
        ),
    ]
}

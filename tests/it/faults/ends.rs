//! Transfers that are refused, aborted, dropped or lost.

use std::time::Duration;

use tokio_ftp::ConnectOptions;

use super::{
    calls::{abort_download, abort_upload, drop_upload, list, upload, upload_for_ever},
    data::{RESET, down, up},
    row::{Fact, Row, UNSETTLED, fact, retr, row, stor},
};

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "any",
            "4xx/5xx in place of 150, after the data connection was made, or \
             while data stalls",
            refusals(),
        ),
        fact(
            "pyftpdlib",
            "226 for an upload that was reset",
            [
                dropped("226 for a dropped upload", "S: 226 done"),
                dropped("426 for a dropped upload", "S: 426 cut"),
                dropped(
                    "426 and 226 for a dropped upload",
                    "S~ 426 cut\\r\\n226 done\\r\\n",
                ),
                dropped("426 a while later", "S! wait 3\nS: 426 cut"),
                row(
                    "nothing for a dropped upload",
                    stor("S: 150 go\nD< half\nD! was reset\nS! stall"),
                    drop_upload,
                    "! the session is broken: timed out while settling an earlier operation",
                )
                .takes(15)
                .broken(),
            ],
        )
        .elsewhere("named in the documentation of `Upload`"),
        fact(
            "wu-ftpd, others",
            "ABOR: 426+226, 426+451, 226, 225+226, 426 alone, nothing",
            aborts(),
        ),
        fact(
            "NAT",
            "drops the control connection during a long transfer",
            [
                down(
                    "a control connection that is reset",
                    "S: 150 go\nD> half\nS! reset",
                    "! connection failed: …",
                )
                .broken(),
                down(
                    "a control connection that ends behind the data",
                    "S: 150 go\nD> full\nD! close\nS! close",
                    "! connection failed: …",
                )
                .broken(),
                down(
                    "one that ends behind data of a known size",
                    "S: 150 a (4 bytes)\nD> full\nD! close\nS! close",
                    "! not confirmed: all data went over, and the last reply did not come: \
                     connection failed: the server closed the control connection",
                )
                .broken(),
                down(
                    "one that is reset behind data of a known size",
                    "S: 150 a (4 bytes)\nD> full\nD! close\nS! reset",
                    "! not confirmed: all data went over, and the last reply did not come: \
                     connection failed: connection reset",
                )
                .broken(),
                down(
                    "one that ends in the middle of data of a known size",
                    "S: 150 a (8 bytes)\nD> half\nS! close\nD> full\nD! close",
                    "! not confirmed: all data went over, and the last reply did not come: \
                     connection failed: the server closed the control connection",
                )
                .broken(),
                down(
                    "one that ends in the middle of data that ends too early",
                    "S: 150 a (9 bytes)\nD> half\nS! close\nD> full\nD! close",
                    "! connection failed: the server closed the control connection",
                )
                .broken(),
                down(
                    "one that ends in the middle of data that is cut",
                    "S: 150 a (8 bytes)\nD> half\nS! close\nD> full\nD! reset",
                    "! connection failed: the server closed the control connection",
                )
                .broken(),
                down(
                    "one that ends before data that stands still",
                    "S: 150 a (8 bytes)\nD> half\nS! close\nD> ful\nS! wait 20",
                    "! connection failed: the server closed the control connection",
                )
                .takes(15)
                .broken(),
                down(
                    "one that ends before data that is all there and has no end",
                    "S: 150 a (8 bytes)\nD> half\nS! close\nD> full\nS! wait 20",
                    "! not confirmed: all data went over, and the last reply did not come: \
                     connection failed: the server closed the control connection",
                )
                .takes(15)
                .broken(),
                down(
                    "a control connection on which nothing comes any more",
                    "S: 150 go\nD> full\nD! close\nS! deaf",
                    "! not confirmed: all data went over, and the last reply did not come: \
                     timed out while waiting for the reply that ends the transfer",
                )
                .takes(60)
                .broken(),
                up(
                    "one that ends behind an upload",
                    "S: 150 go\nD< abc\nD! ended\nS! close",
                    upload,
                    "! not confirmed: all data went over, and the last reply did not come: \
                     connection failed: the server closed the control connection",
                )
                .broken(),
                up(
                    "one that is reset behind an upload",
                    "S: 150 go\nD< abc\nD! ended\nS! reset",
                    upload,
                    "! not confirmed: all data went over, and the last reply did not come: \
                     connection failed: connection reset",
                )
                .broken(),
                up(
                    "one that ends inside the last reply",
                    "S: 150 go\nD< abc\nD! ended\nS~ 226 do\nS! close",
                    upload,
                    "! not confirmed: all data went over, and the last reply did not come: \
                     connection failed: the server closed the control connection in the middle …",
                )
                .broken(),
                up(
                    "one that ends inside an upload",
                    "S: 150 go\nD< \\x00\nS! close\nD! was reset",
                    upload_for_ever,
                    "! connection failed: the server closed the control connection",
                )
                .broken(),
                up(
                    "nothing any more behind an upload",
                    "S: 150 go\nD< abc\nD! ended\nS! deaf",
                    upload,
                    "! not confirmed: all data went over, and the last reply did not come: \
                     timed out while waiting for the reply that ends the transfer",
                )
                .takes(300)
                .broken(),
                down(
                    "NOOPs keep it alive",
                    "S: 150 go\nD> ab\nS! wait 20\nC: NOOP\nS: 200 ok\n\
                     S! wait 20\nC: NOOP\nS: 200 ok\n\
                     S! wait 10\nD> c\nD! close\nS: 226 done",
                    "abc",
                )
                .options(ConnectOptions::new().noop_interval(Some(Duration::from_secs(20)))),
            ],
        )
        .elsewhere("TCP keepalive: src/net/tcp.rs; what SIZE then says: `confirmation`"),
    ]
}

fn refusals() -> Vec<Row> {
    let listing = |name, rest: &str, want| {
        let transcript = format!(
            "C: FEAT\nS: 500\nC: SYST\nS: 500\nC: TYPE A\nS: 200 ok\n\
             PASSIVE\nC: LIST\n{rest}"
        );
        row(name, transcript, list, want)
    };
    vec![
        down(
            "550 in place of 150",
            "S: 550 no such file",
            "! RETR: 550 no such file",
        ),
        down("450 in place of 150", "S: 450 busy", "! RETR: 450 busy"),
        down(
            "550 behind the connection",
            "D! accept\nS: 550 no such file",
            "! RETR: 550 no such file",
        ),
        down(
            "550 behind the connection's end",
            "D! close\nS: 550 no",
            "! RETR: 550 no",
        ),
        down(
            "550 behind the connection's reset",
            "D! reset\nS: 550 no",
            "! RETR: 550 no",
        ),
        down(
            "550 behind the 150 (libunftp)",
            "S: 150 go\nD! close\nS: 550 no",
            "! RETR: 550 no",
        ),
        down(
            "426 while data stalls",
            "S: 150 go\nD> half\nS: 426 cut",
            "! RETR: 426 cut",
        ),
        down(
            "451 while data stalls",
            "S: 150 go\nD> half\nS! wait 9\nS: 451 disk",
            "! RETR: 451 disk",
        ),
        down(
            "550 while data stalls",
            "S: 150 go\nD> half\nS: 550 gone",
            "! RETR: 550 gone",
        ),
        down(
            "426 and the end",
            "S: 150 go\nD> half\nS: 426 cut\nD! close",
            "! RETR: 426 cut",
        ),
        down(
            "the end and 451",
            "S: 150 go\nD> half\nD! close\nS: 451 disk",
            "! RETR: 451 disk",
        ),
        down(
            "150 and 426 in one packet",
            "S~ 150 go\\r\\n426 cut\\r\\n\nD> half",
            "! RETR: 426 cut",
        ),
        up(
            "553 in place of 150",
            "S: 553 no\nD! was reset",
            upload,
            "! STOR: 553 no",
        ),
        up(
            "452 in place of 150",
            "S: 452 full\nD! was reset",
            upload,
            "! STOR: 452 full",
        ),
        up(
            "552 inside an upload",
            "S: 150 go\nD< \\x00\nS: 552 quota\nD! was reset",
            upload_for_ever,
            "! STOR: 552 quota",
        ),
        up(
            "552 behind a reset",
            "S: 150 go\nD< \\x00\nD! reset\nS: 552 quota",
            upload_for_ever,
            "! STOR: 552 quota",
        )
        .or(RESET),
        up(
            "552 while an upload stalls",
            "S: 150 go\nD! accept\nS! wait 9\nS: 552 quota\nD! was reset",
            upload_for_ever,
            "! STOR: 552 quota",
        ),
        up(
            "552 behind the end",
            "S: 150 go\nD< abc\nD! ended\nS: 552 quota",
            upload,
            "! STOR: 552 quota",
        ),
        listing("550 to LIST", "S: 550 no", "! LIST: 550 no"),
        listing("450 to LIST", "S: 450 busy", "! LIST: 450 busy"),
        listing(
            "426 inside a listing",
            "S: 150 go\nD> -rw-r--r-- 1 o g 12 J\nS: 426 cut",
            "! LIST: 426 cut",
        ),
        listing(
            "451 behind half a listing",
            "S: 150 go\nD> -rw-r--r-- 1 o g 12 Jan  2  2024 a\\r\\n\n\
             D! close\nS: 451 disk",
            "! LIST: 451 disk",
        ),
    ]
}

fn dropped(name: &'static str, answer: &str) -> Row {
    let transcript = stor(&format!(
        "S: 150 go\nD< half\nD! was reset\n{answer}\nC: NOOP\nS: 200 ok"
    ));
    row(name, transcript, drop_upload, "done").breaks("a reply that is only settled for came late")
}

/// What servers say to an ABOR, and whether that is all they have to say.
const ABORTS: [(&str, &str, &str, bool); 11] = [
    (
        "426+226",
        "426+226 to an upload",
        "S: 426 cut\nS: 226 aborted",
        true,
    ),
    (
        "226+426",
        "226+426 to an upload",
        "S: 226 done\nS: 426 cut",
        true,
    ),
    (
        "426+451",
        "426+451 to an upload",
        "S: 426 cut\nS: 451 odd",
        true,
    ),
    (
        "451+226",
        "451+226 to an upload",
        "S: 451 cut\nS: 226 aborted",
        true,
    ),
    (
        "225+226",
        "225+226 to an upload",
        "S: 225 none\nS: 226 aborted",
        true,
    ),
    (
        "226+225",
        "226+225 to an upload",
        "S: 226 done\nS: 225 none",
        true,
    ),
    (
        "426+225",
        "426+225 to an upload",
        "S: 426 cut\nS: 225 none",
        true,
    ),
    (
        "one packet",
        "one packet to an upload",
        "S~ 426 cut\\r\\n226 aborted\\r\\n",
        true,
    ),
    (
        "226 alone",
        "226 alone to an upload",
        "S: 226 aborted\nS! stall",
        false,
    ),
    (
        "426 alone",
        "426 alone to an upload",
        "S: 426 cut\nS! stall",
        false,
    ),
    ("nothing", "nothing to an upload", "S! stall", false),
];

fn aborts() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, upload_name, replies, in_step) in ABORTS {
        let download = retr(&format!("S: 150 go\nD> half\nC: ABOR\nD! close\n{replies}"));
        let upload = stor(&format!(
            "S: 150 go\nD< half\nC: ABOR\nD! was reset\n{replies}"
        ));
        for row in [
            row(name, download, abort_download, ABORTED),
            row(upload_name, upload, abort_upload, ABORTED),
        ] {
            let row = row.breaks("an abort whose replies come late");
            rows.push(if in_step {
                row
            } else {
                let mut row = row.takes(15).broken();
                row.want = UNSETTLED;
                row
            });
        }
    }
    for (name, end, want) in [
        (
            "the end of the session",
            "S! close",
            "! the session is broken: connection failed: …",
        ),
        (
            "421 to ABOR",
            "S: 421 bye",
            "! the session is broken: 421 bye",
        ),
    ] {
        let download = retr(&format!("S: 150 go\nD> half\nC: ABOR\nD! close\n{end}"));
        rows.push(row(name, download, abort_download, want).broken());
    }
    rows
}

const ABORTED: &str = "aborted";

//! Active mode: the client listens, and the server connects.

mod over_tcp;

use std::time::Duration;

use tokio_ftp::ConnectOptions;

pub(super) use self::over_tcp::play;
use super::{
    calls::{abort_download, abort_upload, drop_upload, read, upload, upload_nothing},
    row::{Fact, Row, fact, row},
};

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "active",
            "226 or 425 before the connection is accepted; a foreign peer connects first",
            approaches(),
        ),
        fact(
            "active",
            "refuses PORT, the transfer or the rest of it",
            refusals(),
        ),
        fact(
            "active",
            "data reset in the middle; data connection never made",
            [
                down(
                    "a reset, and 426",
                    "S: 150 go\nD! connect\nD> half\nD! reset\nS: 426 cut",
                    "! RETR: 426 cut",
                )
                .or(&["! connection failed: …"]),
                down(
                    "a reset of all that there is",
                    "S: 150 a (4 bytes)\nD! connect\nD> full\nD! reset\nS: 226 done",
                    "! connection failed: …",
                ),
                down(
                    "nobody connects",
                    "S: 150 go\nC: ABOR\nS: 426 no\nS: 226 aborted",
                    "! timed out while waiting for the server's data connection",
                )
                .options(soon()),
                up(
                    "nobody connects to an upload",
                    "S: 150 go\nC: ABOR\nS: 426 no\nS: 226 aborted",
                    "! timed out while waiting for the server's data connection",
                )
                .options(soon()),
            ],
        ),
        fact(
            "active",
            "226 after a short file whose size was known",
            [down(
                "a size in the 150",
                "S: 150 a (8 bytes)\nD! connect\nD> half\nD! close\nS: 226 done",
                "! truncated: 4 of 8 bytes arrived",
            )],
        ),
        fact(
            "active",
            "zero-length file and upload",
            [
                down(
                    "an empty file",
                    "S: 150 go\nD! connect\nD! close\nS: 226 done",
                    "",
                ),
                row(
                    "an empty upload",
                    begun("STOR", "S: 150 go\nD! connect\nD< \nS: 226 done"),
                    upload_nothing,
                    "0 bytes",
                ),
            ],
        ),
        fact(
            "active",
            "ABOR, and an upload that is dropped",
            [
                row(
                    "an abort",
                    begun(
                        "RETR",
                        "S: 150 go\nD! connect\nD> half\nC: ABOR\nD! close\nS: 426 cut\nS: 226 ok",
                    ),
                    abort_download,
                    "aborted",
                ),
                row(
                    "an abort of an upload",
                    begun(
                        "STOR",
                        "S: 150 go\nD! connect\nC: ABOR\nD! was reset\nS: 426 cut\nS: 226 ok",
                    ),
                    abort_upload,
                    "aborted",
                ),
                row(
                    "an upload that is dropped",
                    begun(
                        "STOR",
                        "S: 150 go\nD! connect\nD! was reset\nS: 426 cut\nC: NOOP\nS: 200 ok",
                    ),
                    drop_upload,
                    "done",
                ),
            ],
        ),
    ]
}

fn approaches() -> Vec<Row> {
    vec![
        down(
            "as it should be",
            "S: 150 go\nD! connect\nD> abc\nD! close\nS: 226 done",
            "abc",
        ),
        down(
            "the connection before the 150",
            "D! connect\nD> abc\nD! close\nS: 150 go\nS: 226 done",
            "abc",
        ),
        down(
            "150 and 226 behind the connection",
            "D! connect\nD> abc\nD! close\nS~ 150 go\\r\\n226 done\\r\\n",
            "abc",
        ),
        down(
            "150 and 226 before the connection",
            "S~ 150 go\\r\\n226 done\\r\\n\nD! connect\nD> abc\nD! close",
            "abc",
        ),
        down(
            "425 behind the 150",
            "S: 150 go\nS: 425 no",
            "! RETR: 425 no",
        ),
        down(
            "150 and 425 in one packet",
            "S~ 150 go\\r\\n425 no\\r\\n",
            "! RETR: 425 no",
        ),
        down("425 in place of 150", "S: 425 no", "! RETR: 425 no"),
        down(
            "a stranger first",
            "D! stranger\nS: 150 go\nD! turned away\nD! connect\nD> abc\n\
                 D! close\nS: 226 done",
            "abc",
        ),
        down(
            "a stranger and nobody else",
            "D! stranger\nS: 150 go\nD! turned away\nS: 425 no",
            "! RETR: 425 no",
        ),
        up(
            "an upload",
            "S: 150 go\nD! connect\nD< abc\nS: 226 done",
            "3 bytes",
        ),
        up(
            "an upload, and a stranger first",
            "D! stranger\nS: 150 go\nD! turned away\nD! connect\nD< abc\nS: 226 done",
            "3 bytes",
        ),
        up("425 to an upload", "S: 150 go\nS: 425 no", "! STOR: 425 no"),
    ]
}

fn refusals() -> Vec<Row> {
    vec![
        row(
            "PORT refused",
            "C: TYPE I\nS: 200 ok\nPORT\nS: 500 no",
            read,
            "! PORT: 500 no",
        ),
        down(
            "550 behind the connection",
            "D! connect\nS: 550 no",
            "! RETR: 550 no",
        ),
        down(
            "550 behind the connection's end",
            "D! connect\nD! close\nS: 550 no",
            "! RETR: 550 no",
        ),
        down(
            "426 while data stalls",
            "S: 150 go\nD! connect\nD> half\nS: 426 cut",
            "! RETR: 426 cut",
        ),
        down(
            "the end and 451",
            "S: 150 go\nD! connect\nD> half\nD! close\nS: 451 disk",
            "! RETR: 451 disk",
        ),
        up(
            "553 behind the connection of an upload",
            "D! connect\nS: 553 no\nD! was reset",
            "! STOR: 553 no",
        ),
        up(
            "552 behind an upload",
            "S: 150 go\nD! connect\nD< abc\nS: 552 quota",
            "! STOR: 552 quota",
        ),
    ]
}

/// Nobody who does not come is waited for for long.
fn soon() -> ConnectOptions {
    ConnectOptions::new().data_timeout(Duration::from_secs(1))
}

fn begun(verb: &str, rest: &str) -> String {
    format!("C: TYPE I\nS: 200 ok\nPORT\nS: 200 ok\nC: {verb} a\n{rest}")
}

fn down(name: &'static str, rest: &str, want: &'static str) -> Row {
    row(name, begun("RETR", rest), read, want)
}

fn up(name: &'static str, rest: &str, want: &'static str) -> Row {
    row(name, begun("STOR", rest), upload, want)
}

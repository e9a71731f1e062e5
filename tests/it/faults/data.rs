//! Data connections: what comes over them, and what is said of it when.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio_ftp::TransferOptions;

use super::{
    calls::{
        list, read, read_0_bytes, read_8_bytes, read_from_100, read_twice, upload, upload_for_ever,
        upload_nothing, upload_with,
    },
    ports::by_pasv,
    row::{Call, Fact, Row, fact, from_greeting, retr, row, stor},
    tls_data,
};

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "any",
            "226 before the data is drained; data end before 226; no 1xx at all; 150 and 226 in \
             one packet",
            [
                from_greeting(
                    "a download from its first byte",
                    format!(
                        "S: 220 ready\n{}",
                        retr("S: 150 go\nD> abc\nD! close\nS: 226 done")
                    ),
                    read,
                    "abc",
                ),
                from_greeting(
                    "an upload from its first byte",
                    format!(
                        "S: 220 ready\n{}",
                        stor("S: 150 go\nD< abc\nD! ended\nS: 226 done")
                    ),
                    upload,
                    "3 bytes",
                ),
                down(
                    "the end, then 226",
                    "S: 150 go\nD> abc\nD! close\nS: 226 done",
                    "abc",
                ),
                down(
                    "226, then the end",
                    "S: 150 go\nD> abc\nS: 226 done\nD! close",
                    "abc",
                ),
                down(
                    "226 before the data",
                    "S: 150 go\nS: 226 done\nD> abc\nD! close",
                    "abc",
                ),
                down(
                    "a 250 for a 226",
                    "S: 125 go\nD> abc\nD! close\nS: 250 done",
                    "abc",
                ),
                down("no 1xx", "D> abc\nD! close\nS: 226 done", "abc"),
                down(
                    "no 1xx, and 226 first",
                    "S: 226 done\nD> abc\nD! close",
                    "abc",
                ),
                down(
                    "both in one packet",
                    "S~ 150 go\\r\\n226 done\\r\\n\nD> abc\nD! close",
                    "abc",
                ),
                down(
                    "a stray 200",
                    "S: 200 hm\nS: 150 go\nD> abc\nD! close\nS: 226 done",
                    "abc",
                )
                .breaks("behind an ABOR a stray 200 is taken for the end"),
                down(
                    "150 twice",
                    "S: 150 go\nS: 150 go\nD> abc\nD! close\nS: 226 done",
                    "abc",
                ),
                down(
                    "data before 150",
                    "D> abc\nS: 150 go\nD! close\nS: 226 done",
                    "abc",
                ),
                up(
                    "no 1xx to an upload",
                    "D! accept\nS: 226 done\nD! was reset",
                    upload,
                    "! upload not complete: …",
                ),
                up(
                    "226 before an upload's end",
                    "S: 150 go\nD< abc\nS! wait 1\nS: 226 done\nD! was reset",
                    |ftp| {
                        Box::pin(async move {
                            let mut upload = ftp.stor("a").await?;
                            upload.write_all(b"abc").await?;
                            tokio::time::sleep(Duration::from_secs(2)).await;
                            upload.finish().await.map(|_| "done".to_owned())
                        })
                    },
                    "! upload not complete: …",
                )
                .takes(1),
            ],
        ),
        fact(
            "any",
            "226 after a short file whose size was known",
            [
                down(
                    "a size in the 150",
                    "S: 150 a (8 bytes)\nD> half\nD! close\nS: 226 done",
                    "! truncated: 4 of 8 bytes arrived",
                ),
                down(
                    "a size in the second line of the 150",
                    "S~ 150-Accepted\\r\\n150 8.0 kbytes to download (8 bytes)\\r\\n\n\
                     D> half\nD! close\nS: 226 done",
                    "! truncated: 4 of 8 bytes arrived",
                ),
                down(
                    "a size in the 150, and 226 first",
                    "S: 150 a (8 bytes)\nS: 226 done\nD> half\nD! close",
                    "! truncated: 4 of 8 bytes arrived",
                ),
                row(
                    "a size that the caller knows",
                    retr("S: 150 go\nD> half\nD! close\nS: 226 done"),
                    read_8_bytes,
                    "! truncated: 4 of 8 bytes arrived",
                ),
                down(
                    "all of the size",
                    "S: 150 a (4 bytes)\nD> full\nD! close\nS: 226 done",
                    "full",
                ),
                down(
                    "more than the size",
                    "S: 150 a (4 bytes)\nD> grown\nD! close\nS: 226 done",
                    "grown",
                ),
                row(
                    "an upload that was kept in part",
                    stor("S: 150 go\nD< abc\nD! ended\nS: 226 done\nC: SIZE a\nS: 213 2"),
                    |ftp| {
                        Box::pin(
                            async move { upload_with(ftp, &TransferOptions::new().size(3)).await },
                        )
                    },
                    "! upload not complete: 3 bytes were sent, and the server did \
                     not keep just these",
                ),
            ],
        ),
        fact(
            "vsftpd / ProFTPD",
            "after REST the 150 names the whole file / the rest",
            [
                rest("the whole file (vsftpd)", "150 a (103 bytes)", "end"),
                rest("the rest (ProFTPD)", "150 a (3 bytes)", "end"),
                rest("no size", "150 go", "end"),
                rest(
                    "a whole that is longer",
                    "150 a (104 bytes)",
                    "! truncated: 3 of 104 bytes arrived",
                ),
                rest(
                    "a rest that is longer",
                    "150 a (4 bytes)",
                    "! truncated: 3 of 4 bytes arrived",
                ),
            ],
        ),
        fact(
            "ProFTPD",
            "holds the 226 back 10 s until the client closes its side",
            [
                down(
                    "a download",
                    "S: 150 go\nD> abc\nD! fin\nD! ended\nS: 226 done",
                    "abc",
                ),
                row(
                    "a listing",
                    "C: FEAT\nS: 500\nC: SYST\nS: 500\nC: TYPE A\nS: 200 ok\nPASSIVE\n\
                     C: LIST\nS: 150 go\n\
                     D> -rw-r--r-- 1 o g 12 Jan  2  2024 a\\r\\n\nD! fin\nD! ended\nS: 226 done",
                    list,
                    "file \"a\" 12",
                ),
            ],
        )
        .elsewhere("the same over TLS is in the chapter on TLS"),
        fact(
            "any",
            "data reset in the middle; data connection never accepted; 425",
            [
                down(
                    "a reset, and 226",
                    "S: 150 go\nD> half\nD! reset\nS: 226 done",
                    "! connection failed: connection reset",
                ),
                down(
                    "a reset, and 426",
                    "S: 150 go\nD> half\nD! reset\nS: 426 cut",
                    "! RETR: 426 cut",
                )
                .or(RESET),
                down(
                    "a reset, and 426 later",
                    "S: 150 go\nD> half\nD! reset\nS! wait 9\nS: 426 cut",
                    "! RETR: 426 cut",
                )
                .or(RESET),
                down(
                    "a reset of all that there is",
                    "S: 150 a (4 bytes)\nD> full\nD! reset\nS: 226 done",
                    "! connection failed: connection reset",
                ),
                up(
                    "a reset of an upload",
                    "S: 150 go\nD! accept\nD! reset\nS: 426 cut",
                    upload_for_ever,
                    "! STOR: 426 cut",
                )
                .or(&["! connection failed: …"]),
                up(
                    "a reset of an upload, and nothing",
                    "S: 150 go\nD! accept\nD! reset\nS! wait 20\nS: 426 cut",
                    upload_for_ever,
                    "! connection failed: connection reset",
                ),
                row(
                    "a port that nobody answers",
                    "C: TYPE I\nS: 200 ok\nD! dark 2001\nC: PASV\nS: 227 (192,0,2,10,7,209)",
                    read,
                    "! timed out while opening the data connection",
                )
                .options(by_pasv())
                .takes(15),
                row(
                    "a port that is closed",
                    "C: TYPE I\nS: 200 ok\nC: PASV\nS: 227 (192,0,2,10,7,209)",
                    read,
                    "! connection failed: connection refused",
                )
                .options(by_pasv()),
                down(
                    "425 for a download",
                    "S: 425 no connection",
                    "! RETR: 425 no connection",
                ),
                down(
                    "425 behind the 150",
                    "S: 150 go\nD! close\nS: 425 no",
                    "! RETR: 425 no",
                ),
                up(
                    "425 for an upload",
                    "S: 425 no connection\nD! was reset",
                    upload,
                    "! STOR: 425 no connection",
                ),
            ],
        ),
        fact(
            "any",
            "several 226; 226 about 30 s late",
            [
                row(
                    "226 twice",
                    retr(
                        "S: 150 go\nD> abc\nD! close\nS~ 226 done\\r\\n226 done\\r\\n\n\
                          PASSIVE\nC: RETR a\nS: 150 go\nD> def\nD! close\nS: 226 done",
                    ),
                    read_twice,
                    "abc, def",
                ),
                row(
                    "226, and another before the next reply",
                    retr(
                        "S: 150 go\nD> abc\nD! close\nS: 226 done\n\
                          C: EPSV\nD! open 2000\nS~ 226 done\\r\\n229 (|||2000|)\\r\\n\n\
                          C: RETR a\nS: 150 go\nD> def\nD! close\nS: 226 done",
                    ),
                    read_twice,
                    "abc, def",
                ),
                row(
                    "426 behind a 226",
                    retr(
                        "S: 150 go\nD> abc\nD! close\nS: 226 done\n\
                          C: EPSV\nD! open 2000\nS~ 426 cut\\r\\n229 (|||2000|)\\r\\n\n\
                          C: RETR a\nS: 150 go\nD> def\nD! close\nS: 226 done",
                    ),
                    read_twice,
                    "abc, def",
                ),
                down(
                    "226 late",
                    "S: 150 go\nD> abc\nD! close\nS! wait 30\nS: 226 done",
                    "abc",
                ),
                up(
                    "226 very late to an upload",
                    "S: 150 go\nD< abc\nD! ended\nS! wait 290\nS: 226 done",
                    upload,
                    "3 bytes",
                ),
                down(
                    "226 too late",
                    "S: 150 go\nD> abc\nD! close\nS! wait 61\nS: 226 done",
                    "! not confirmed: all data went over, and the last reply did not come: \
                     timed out while waiting for the reply that ends the transfer",
                ),
            ],
        ),
        fact(
            "any",
            "REST refused (502/504/550)",
            [
                no_rest("502", "502 no"),
                no_rest("504", "504 no"),
                no_rest("550", "550 no"),
                no_rest("450", "450 no"),
                no_rest("500", "500 no"),
            ],
        ),
        fact(
            "any",
            "zero-length file, over plain and TLS; zero-length upload over TLS",
            vec![
                down("an empty file", "S: 150 go\nD! close\nS: 226 done", ""),
                down(
                    "an empty file, and 226 first",
                    "S~ 150 go\\r\\n226 done\\r\\n\nD! close",
                    "",
                ),
                down(
                    "an empty file of 0 bytes",
                    "S: 150 a (0 bytes)\nD! close\nS: 226 done",
                    "",
                ),
                row(
                    "an empty file, as the caller knows",
                    retr("S: 150 go\nD! close\nS: 226 done"),
                    read_0_bytes,
                    "",
                ),
                up(
                    "an empty upload",
                    "S: 150 go\nD! ended\nS: 226 done",
                    upload_nothing,
                    "0 bytes",
                ),
            ]
            .into_iter()
            .chain(tls_data::empty()),
        ),
    ]
}

pub(super) const RESET: &[&str] = &["! connection failed: connection reset"];

pub(super) fn down(name: &'static str, rest: &str, want: &'static str) -> Row {
    row(name, rest, read, want).opening(format!("S: 220 ready\n{}", retr("")))
}

pub(super) fn up(name: &'static str, rest: &str, call: Call, want: &'static str) -> Row {
    row(name, rest, call, want).opening(format!("S: 220 ready\n{}", stor("")))
}

fn rest(name: &'static str, opening: &str, want: &'static str) -> Row {
    let transcript = format!(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: REST 100\nS: 350 ok\nC: RETR a\nS: {opening}\n\
         D> end\nD! close\nS: 226 done"
    );
    row(name, transcript, read_from_100, want)
}

fn no_rest(name: &'static str, refusal: &str) -> Row {
    let transcript = format!("C: TYPE I\nS: 200 ok\nPASSIVE\nC: REST 100\nS: {refusal}");
    let want = match name {
        "502" => "! REST: 502 no",
        "504" => "! REST: 504 no",
        "550" => "! REST: 550 no",
        "450" => "! REST: 450 no",
        _ => "! REST: 500 no",
    };
    row(name, transcript, read_from_100, want)
}

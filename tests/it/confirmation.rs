//! Whether a file is complete, asked when the last reply of its transfer was lost.

use std::sync::Arc;

use tokio::io::AsyncWriteExt;
use tokio_ftp::{Error, Phase, TransferOptions};

use crate::support::script::session;

/// The error of a transfer after which the file must have 8 bytes.
fn eight_bytes() -> Error {
    Error::Unconfirmed {
        size: Some(8),
        cause: Arc::new(Error::Timeout(Phase::FinalReply)),
    }
}

const SIZE: &str = "C: TYPE I\nS: 200 ok\nC: SIZE a\n";
const MLST: &str =
    "C: FEAT\nS~ 211-Features\\r\\n MLST type*;size*;\\r\\n211 End\\r\\n\nC: MLST a\n";
const LIST: &str = "C: FEAT\nS: 500 what\nC: SYST\nS: 500 what\nC: TYPE A\nS: 200 ok\nPASSIVE
    C: LIST\nS: 150 go\n";

#[tokio::test(start_paused = true)]
async fn file_is_complete_when_it_has_just_the_length_that_it_must_have() {
    let mlst = |size: &str, facts: &str| {
        format!("{SIZE}{size}\n{MLST}S~ 250-Listing\\r\\n {facts} a\\r\\n250 End\\r\\n")
    };
    let list =
        |line: &str| format!("{SIZE}S: 502 what\n{LIST}D> {line}\\r\\n\nD! close\nS: 226 done");
    let unknown = "S: 502 what";
    for (transcript, want) in [
        (format!("{SIZE}S: 213 8"), "true"),
        (format!("{SIZE}S: 213 7"), "false"),
        (format!("{SIZE}S: 213 9"), "false"),
        (format!("{SIZE}S: 213 0"), "false"),
        (format!("{SIZE}S: 550 a: No such file"), "false"),
        (format!("{SIZE}S: 450 being written"), "false"),
        (
            format!("{SIZE}S: 550 Permission denied"),
            "SIZE: 550 Permission denied",
        ),
        (format!("{SIZE}S: 451 disk"), "SIZE: 451 disk"),
        // Where SIZE is not known, or says nothing.
        (mlst(unknown, "type=file;size=8;"), "true"),
        (mlst(unknown, "type=file;size=7;"), "false"),
        (mlst("S: 213 eight", "type=file;size=8;"), "true"),
        (
            format!("{SIZE}{unknown}\n{MLST}S: 550 no such file"),
            "false",
        ),
        (
            format!("{SIZE}{unknown}\n{MLST}S: 451 disk"),
            "MLST: 451 disk",
        ),
        (mlst(unknown, "type=file;"), UNTOLD),
        // As long as it should be, and no file.
        (mlst(unknown, "type=dir;size=8;"), UNTOLD),
        (list("lrwxrwxrwx 1 o g 8 Jan 22 2024 a -> eight/bb"), UNTOLD),
        (list("-rw-r--r-- 1 o g 8 Jan 22 2024 a"), "true"),
        (list("-rw-r--r-- 1 o g 7 Jan 22 2024 a"), "false"),
        (
            list("-rw-r--r-- 1 o g 8 Jan 22 2024 b")
                + "\nC: TYPE I\nS: 200 ok\nC: SIZE a\nS: 502 what",
            "false",
        ),
    ] {
        let (mut ftp, server) = session(&transcript).await;
        let told = match ftp.is_complete("a", &eight_bytes()).await {
            Ok(complete) => complete.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(told, want, "{transcript}");
        drop(ftp);
        server.done().await;
    }
}

const UNTOLD: &str = "not supported: telling a length that the server does not tell";

/// Nothing is asked, and nothing is said to be complete.
#[tokio::test(start_paused = true)]
async fn other_errors_and_unknown_sizes_are_misuse() {
    let (mut ftp, server) = session("").await;
    for error in [
        Error::Truncated {
            received: 8,
            expected: 8,
        },
        Error::Unfinished { sent: 8 },
        Error::Timeout(Phase::FinalReply),
        Error::Broken(Arc::new(eight_bytes())),
    ] {
        let misuse = ftp.is_complete("a", &error).await.unwrap_err();
        assert!(matches!(misuse, Error::Argument(_)), "{error}: {misuse}");
    }
    let unknown = Error::Unconfirmed {
        size: None,
        cause: Arc::new(Error::Timeout(Phase::FinalReply)),
    };
    let misuse = ftp.is_complete("a", &unknown).await.unwrap_err();
    assert!(matches!(misuse, Error::Unsupported(_)), "{misuse}");
    let misuse = ftp.is_complete("a\r\nb", &eight_bytes()).await.unwrap_err();
    assert!(matches!(misuse, Error::Argument(_)), "{misuse}");
    drop(ftp);
    server.done().await;
}

/// From the loss to the answer, through `io::Error`, as a caller of `tokio::io` has it.
#[tokio::test(start_paused = true)]
async fn what_was_lost_on_one_session_is_found_on_the_next() {
    let (mut ftp, server) = session(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: REST 5\nS: 350 go on
         C: STOR a\nS: 150 go\nD< abc\nD! ended\nS! close",
    )
    .await;
    let options = TransferOptions::new().offset(5);
    let mut upload = ftp.stor_with("a", &options).await.unwrap();
    upload.write_all(b"abc").await.unwrap();
    let error = Error::from(upload.shutdown().await.unwrap_err());
    drop(upload);
    assert!(ftp.is_broken() && !error.is_broken());
    assert!(ftp.is_complete("a", &error).await.unwrap_err().is_broken());
    drop(ftp);
    server.done().await;
    for (size, complete) in [(8, true), (3, false), (5, false)] {
        let (mut ftp, server) = session(&format!("{SIZE}S: 213 {size}")).await;
        assert_eq!(ftp.is_complete("a", &error).await.unwrap(), complete);
        drop(ftp);
        server.done().await;
    }
}

/// The session lives where only time was up, and has the answer once the reply has come.
#[tokio::test(start_paused = true)]
async fn reply_that_was_only_late_is_settled_before_the_question() {
    let (mut ftp, server) = session(
        "C: TYPE I\nS: 200 ok\nPASSIVE
         C: STOR a\nS: 150 go\nD< abc\nD! ended\nS! wait 305\nS: 226 done
         C: SIZE a\nS: 213 3",
    )
    .await;
    let error = ftp.upload("a", &b"abc"[..]).await.unwrap_err();
    assert!(ftp.is_complete("a", &error).await.unwrap());
    drop(ftp);
    server.done().await;
}

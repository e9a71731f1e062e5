//! Downloads: the end is earned.

use futures::{StreamExt, TryStreamExt};
use tokio::io::AsyncReadExt;
use tokio_ftp::{
    ConnectOptions, Download, Error, FtpStream, Limits, ProtocolError, TransferOptions,
};

use crate::support::{
    code, pattern,
    script::{Running, session, session_of, session_with},
};

const RETR: &str = "
    C: TYPE I
    S: 200 ok
    PASSIVE
    C: RETR a
";

/// What shows that the session is in step.
const NOOP: &str = "
    C: NOOP
    S: 200 ok
";

async fn retr(rest: &str) -> (FtpStream, Running) {
    session(&format!("{RETR}{rest}{NOOP}")).await
}

async fn in_step(mut ftp: FtpStream, server: Running) {
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// Copies the download, and gives back what ended it.
async fn copy(ftp: &mut FtpStream) -> Result<Vec<u8>, Error> {
    let mut file = Vec::new();
    let mut download = ftp.retr("a").await?;
    match tokio::io::copy(&mut download, &mut file).await {
        Ok(_) => Ok(file),
        Err(error) => {
            // An error stays; it is never followed by an end.
            for _ in 0..3 {
                let again = download.read(&mut [0; 8]).await.unwrap_err();
                assert_eq!(again.to_string(), error.to_string());
            }
            download.finish().await.unwrap_err();
            Err(error.into())
        }
    }
}

#[tokio::test(start_paused = true)]
async fn data_end_and_last_reply_may_come_in_either_order() {
    for rest in [
        "S: 150 go\nD> abc\nD! close\nS: 226 done",
        "S: 150 go\nD> abc\nS: 226 done\nD! close",
        "S: 150 go\nS: 226 done\nD> abc\nD! close",
        "S~ 150 go\\r\\n226 done\\r\\n\nD> abc\nD! close",
        "S: 125 go\nD> abc\nD! close\nS: 250 done",
        // No preliminary reply at all; a stray one before, a second one after.
        "D> abc\nD! close\nS: 226 done",
        "S: 200 stray\nS: 150 go\nD> abc\nD! close\nS: 226 done",
        "S: 150 go\nS: 150 go\nD> abc\nD! close\nS: 226 done",
        "S: 150 go\nD> abc\nD! close\nS~ 2\nS! wait 1\nS~ 26-do\\r\nS! wait 1\nS~ \\n226 ne\\n",
        "S: 150 go\nD> a\nS! wait 1\nD> bc\nS! wait 1\nD! close\nS! wait 30\nS: 226 done",
        "S: 150 go\nD> abc\nD! close\nS~ 226 done\\r\\n226 done\\r\\n",
        "S: 150 a (3 bytes)\nD> abc\nD! close\nS: 226 done",
        // A file that grew.
        "S: 150 a (2 bytes)\nD> abc\nD! close\nS: 226 done",
    ] {
        let (mut ftp, server) = retr(rest).await;
        assert_eq!(copy(&mut ftp).await.unwrap(), b"abc", "{rest}");
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_file_is_never_the_whole() {
    for (rest, want) in [
        ("S: 150 go\nD> half\nD! close\nS: 426 cut", 426),
        ("S: 150 go\nD> half\nS: 426 cut\nD! close", 426),
        ("S: 150 go\nD> half\nD! reset\nS: 426 cut", 426),
        ("S: 150 go\nD> half\nD! close\nS: 451 disk", 451),
        ("S: 150 go\nD> half\nD! close\nS: 550 gone", 550),
        ("S: 150 go\nD> half\nD! close\nS: 551 page", 551),
        // The server's words come while the data stands still.
        ("S: 150 go\nD> half\nS: 426 cut", 426),
        ("S~ 150 go\\r\\n426 cut\\r\\n\nD> half", 426),
    ] {
        let (mut ftp, server) = retr(rest).await;
        let started = tokio::time::Instant::now();
        let error = copy(&mut ftp).await.unwrap_err();
        assert_eq!(code(&error), want, "{rest}");
        assert!(started.elapsed().as_secs() == 0, "{rest}");
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn reset_is_named_whatever_the_server_says() {
    for rest in [
        "S: 150 go\nD> half\nD! reset\nS: 226 done",
        "S: 150 go\nS: 226 done\nD> half\nD! reset",
        "S: 150 a (4 bytes)\nD> half\nD! reset\nS: 226 done",
    ] {
        let (mut ftp, server) = retr(rest).await;
        let error = copy(&mut ftp).await.unwrap_err();
        assert!(
            matches!(&error, Error::Io(cause) if cause.kind() == std::io::ErrorKind::ConnectionReset),
            "{rest}: {error:?}"
        );
        assert!(error.is_transient());
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn file_shorter_than_its_known_size_is_truncated() {
    for opening in [
        "150 Opening BINARY mode data connection for a (8 bytes).",
        "150-Accepted data connection\\r\\n150 8.0 kbytes to download (8 bytes)",
    ] {
        let rest = format!("S~ {opening}\\r\\n\nD> half\nD! close\nS: 226 done");
        let (mut ftp, server) = retr(&rest).await;
        let error = copy(&mut ftp).await.unwrap_err();
        assert!(
            matches!(
                error,
                Error::Truncated {
                    received: 4,
                    expected: 8
                }
            ),
            "{error:?}"
        );
        assert!(error.is_transient());
        in_step(ftp, server).await;
    }
    let rest = "S: 150 go\nD> half\nD! close\nS: 226 done";
    let (mut ftp, server) = retr(rest).await;
    let options = TransferOptions::new().size(5);
    let mut download = ftp.retr_with("a", &options).await.unwrap();
    assert_eq!(download.size_hint(), Some(5));
    let error = download.finish().await.unwrap_err();
    assert!(matches!(error, Error::Truncated { expected: 5, .. }));
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn size_in_the_reply_can_be_ignored() {
    let (mut ftp, server) = retr("S: 150 a (8 bytes)\nD> half\nD! close\nS: 226 done").await;
    let options = TransferOptions::new().ignore_size_hint(true);
    let done = ftp.retr_with("a", &options).await.unwrap().finish().await;
    assert_eq!(done.unwrap().bytes(), 4);
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn refusal_is_the_error_and_the_session_goes_on() {
    for (rest, want, missing) in [
        ("S: 550 a: No such file or directory", 550, true),
        ("S: 550 Permission denied", 550, false),
        ("S: 450 busy", 450, true),
        ("S: 425 no data connection", 425, false),
        ("D! accept\nS: 550 no such file", 550, true),
        ("D! close\nS: 550 no such file", 550, true),
        ("D! reset\nS: 550 no such file", 550, true),
    ] {
        let (mut ftp, server) = retr(rest).await;
        let error = ftp.retr("a").await.unwrap_err();
        assert_eq!(code(&error), want);
        assert_eq!(error.is_not_found(), missing, "{rest}");
        assert_eq!(error.reply().unwrap().verb(), Some("RETR"));
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn control_connection_that_ends_ends_the_download() {
    for (end, want) in [
        ("S: 421 shutting down", 421),
        ("S! close", 0),
        ("S! reset", 0),
    ] {
        let (mut ftp, server) = session(&format!("{RETR}S: 150 go\nD> half\n{end}")).await;
        let error = copy(&mut ftp).await.unwrap_err();
        assert_eq!(code(&error), want, "{error:?}");
        assert!(ftp.is_broken());
        let error = ftp.noop().await.unwrap_err();
        assert!(error.is_broken() && code(&error) == want);
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn reply_that_answers_something_else_ends_the_download() {
    for odd in ["227 (1,2,3,4,5,6)", "229 (|||9|)", "200 ok", "500 what?"] {
        let (mut ftp, server) =
            session(&format!("{RETR}S: 150 go\nD> abc\nD! close\nS: {odd}")).await;
        let error = copy(&mut ftp).await.unwrap_err();
        assert!(
            matches!(error, Error::Protocol(ProtocolError::OutOfStep(_))),
            "{odd}: {error:?}"
        );
        assert!(ftp.is_broken());
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn type_is_sent_once() {
    let again = "
        PASSIVE
        C: RETR a
        S: 150 go
        D! close
        S: 226 done
    ";
    let transcript = format!(
        "{RETR}S: 150 go\nD! close\nS: 226 done
         {again}
         C: TYPE A
         S: 200 ok
         {again}
         C: TYPE I
         S: 200 ok
         C: SIZE a
         S: 213 3
         {again}"
    );
    let (mut ftp, server) = session(&transcript).await;
    assert_eq!(copy(&mut ftp).await.unwrap(), b"");
    assert_eq!(copy(&mut ftp).await.unwrap(), b"");
    let text = TransferOptions::new().ascii(true);
    ftp.retr_with("a", &text)
        .await
        .unwrap()
        .finish()
        .await
        .unwrap();
    assert_eq!(ftp.size("a").await.unwrap(), Some(3));
    assert_eq!(copy(&mut ftp).await.unwrap(), b"");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn download_becomes_a_stream_whose_last_item_is_the_error() {
    let (mut ftp, server) = retr("S: 150 go\nD> half\nS! wait 1\nS: 426 cut").await;
    let mut chunks = ftp.retr("a").await.unwrap().into_stream();
    assert_eq!(chunks.try_next().await.unwrap().unwrap(), "half");
    assert_eq!(code(&chunks.next().await.unwrap().unwrap_err()), 426);
    assert!(chunks.next().await.is_none());
    in_step(ftp, server).await;

    let (mut ftp, server) = retr("S: 150 go\nD> half\nD! close\nS: 226 done").await;
    let chunks = ftp.retr("a").await.unwrap().into_stream();
    let chunks: Vec<_> = chunks.try_collect().await.unwrap();
    assert_eq!(chunks.concat(), b"half");
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn large_file_arrives_whole() {
    let content = pattern(3_000_001);
    let sent = content.clone();
    let (mut ftp, server) = session_of(ConnectOptions::new(), |mut server| async move {
        server.play(RETR).await;
        server.play("S: 150 a (3000001 bytes)").await;
        server.send(&sent).await;
        server.play("D! close\nS: 226 done").await;
        server.rest().await;
    })
    .await;
    let mut file = Vec::new();
    let done = ftp.download("a", &mut file).await.unwrap();
    assert!(file == content);
    assert_eq!(
        (done.bytes(), done.reply().code().into()),
        (3_000_001, 226u16)
    );
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn read_into_memory_is_bounded() {
    let options = || ConnectOptions::new().limits(Limits::default().read(4));
    let rest = "S: 150 go\nD> four\nD! close\nS: 226 done";
    let (mut ftp, server) = session_with(options(), &format!("{RETR}{rest}")).await;
    assert_eq!(ftp.read("a").await.unwrap(), "four");
    drop(ftp);
    server.done().await;

    let rest = "S: 150 go\nD> five!\nD! close\nS: 226 done";
    let (mut ftp, server) = session_with(options(), &format!("{RETR}{rest}{NOOP}")).await;
    let error = ftp.read("a").await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Protocol(ProtocolError::TooLarge { limit: 4, .. })
        ),
        "{error:?}"
    );
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn part_by_request_ends_early_and_aborts_the_rest() {
    let (mut ftp, server) =
        retr("S: 150 go\nD> abcdef\nC: ABOR\nD! close\nS: 426 cut\nS: 226 aborted").await;
    let options = TransferOptions::new().length(3);
    let mut download = ftp.retr_with("a", &options).await.unwrap();
    let mut part = Vec::new();
    download.read_to_end(&mut part).await.unwrap();
    assert_eq!(part, b"abc");
    assert_eq!(download.finish().await.unwrap().bytes(), 3);
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn download_may_own_its_session_and_gives_it_back() {
    let (ftp, server) = session(&format!(
        "{RETR}S: 550 no\n
         PASSIVE
         C: RETR b
         S: 150 go
         D> abc
         D! close
         S: 226 done
         {NOOP}"
    ))
    .await;
    let rejected = Download::open(ftp, "a", &TransferOptions::new())
        .await
        .unwrap_err();
    assert_eq!(code(&rejected.error), 550);
    let mut download = Download::open(rejected.session, "b", &TransferOptions::new())
        .await
        .unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "abc");
    assert_eq!(download.chunk().await.unwrap(), None);
    in_step(download.into_session(), server).await;
}

//! Transfers from an offset, and the restart marker that servers keep.

use std::fs;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_ftp::{Error, TlsMode, TransferOptions};

use crate::support::{Polled, code, pattern, script::session, unftp::Unftp};

/// A plain download of all that there is.
const WHOLE: &str = "
    PASSIVE
    C: RETR a
    S: 150 go
    D> abc
    D! close
    S: 226 done
";

fn at(offset: u64) -> TransferOptions {
    TransferOptions::new().offset(offset)
}

#[tokio::test(start_paused = true)]
async fn download_at_an_offset_knows_both_ways_to_count() {
    for (opening, good) in [
        ("150 go", true),
        // ProFTPD counts the rest, vsftpd the whole.
        ("150 a (3 bytes)", true),
        ("150 a (103 bytes)", true),
        ("150 a (4 bytes)", false),
        ("150 a (104 bytes)", false),
    ] {
        let (mut ftp, server) = session(&format!(
            "C: TYPE I
             S: 200 ok
             PASSIVE
             C: REST 100
             S: 350 ok
             C: RETR a
             S: {opening}
             D> end
             D! close
             S: 226 done
             {WHOLE}"
        ))
        .await;
        let mut download = ftp.retr_with("a", &at(100)).await.unwrap();
        match download.finish().await {
            Ok(done) => assert!(good && done.bytes() == 3, "{opening}"),
            Err(error) => {
                assert!(matches!(error, Error::Truncated { .. }), "{error:?}");
                assert!(!good, "{opening}");
            }
        }
        // The marker is used up.
        assert_eq!(ftp.read("a").await.unwrap(), "abc");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn size_that_the_caller_gives_is_that_of_the_whole_file() {
    for (size, good) in [(103, true), (104, false)] {
        let (mut ftp, server) = session(
            "C: TYPE I
             S: 200 ok
             PASSIVE
             C: REST 100
             S: 350 ok
             C: RETR a
             S: 150 go
             D> end
             D! close
             S: 226 done",
        )
        .await;
        let options = at(100).size(size);
        let mut download = ftp.retr_with("a", &options).await.unwrap();
        assert_eq!(download.size_hint(), Some(size - 100));
        assert_eq!(download.finish().await.is_ok(), good);
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn refused_rest_is_the_error_and_nothing_starts_from_zero() {
    for refusal in [502, 504, 550, 450] {
        let (mut ftp, server) = session(&format!(
            "C: TYPE I
             S: 200 ok
             PASSIVE
             C: REST 100
             S: {refusal} no
             {WHOLE}"
        ))
        .await;
        let error = ftp.retr_with("a", &at(100)).await.unwrap_err();
        assert_eq!(code(&error), refusal);
        assert_eq!(ftp.read("a").await.unwrap(), "abc");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn offset_into_text_is_refused_locally() {
    let (mut ftp, server) = session("").await;
    let options = at(1).ascii(true);
    let error = ftp.retr_with("a", &options).await.unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
    let error = ftp.stor_with("a", &options).await.unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
    drop(ftp);
    server.done().await;
}

/// Servers keep the marker through other commands, and the next plain transfer would start there,
/// with a 226.
#[tokio::test(start_paused = true)]
async fn marker_of_a_dropped_transfer_is_taken_away_before_the_next_one() {
    for next in ["RETR", "STOR"] {
        let transfer = match next {
            "RETR" => "C: RETR a\nS: 150 go\nD> abc\nD! close",
            _ => "C: STOR a\nS: 150 go\nD< abc\nD! ended",
        };
        let (mut ftp, server) = session(&format!(
            "C: TYPE I
             S: 200 ok
             PASSIVE
             C: REST 100
             S! wait 5
             S: 350 ok
             C: PWD
             S: 257 \"/\"
             C: REST 0
             S: 350 ok
             PASSIVE
             {transfer}
             S: 226 done"
        ))
        .await;
        let second = std::time::Duration::from_secs(1);
        let opened = tokio::time::timeout(second, ftp.retr_with("a", &at(100))).await;
        assert!(opened.is_err());
        assert_eq!(ftp.pwd().await.unwrap(), *"/");
        if next == "RETR" {
            assert_eq!(ftp.read("a").await.unwrap(), "abc");
        } else {
            ftp.upload("a", &b"abc"[..]).await.unwrap();
        }
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn marker_of_a_refused_transfer_is_taken_away() {
    // A server that does not know REST after all holds no marker either.
    for answer in ["350 ok", "200 ok", "502 what?"] {
        let undone = format!("C: REST 0\nS: {answer}");
        let (mut ftp, server) = session(&format!(
            "C: TYPE I
             S: 200 ok
             PASSIVE
             C: REST 100
             S: 350 ok
             C: RETR b
             S: 550 no such file
             {undone}
             {WHOLE}"
        ))
        .await;
        let error = ftp.retr_with("b", &at(100)).await.unwrap_err();
        assert_eq!(code(&error), 550);
        assert_eq!(ftp.read("a").await.unwrap(), "abc", "{answer}");
        drop(ftp);
        server.done().await;
    }
}

/// libunftp keeps the marker until a transfer succeeds: the go-ahead does not use it up.
#[tokio::test(start_paused = true)]
async fn marker_of_a_failed_transfer_is_taken_away() {
    let (mut ftp, server) = session(&format!(
        "C: TYPE I
         S: 200 ok
         PASSIVE
         C: REST 100
         S: 350 ok
         C: RETR a
         S: 150 go
         D! close
         S: 426 cut
         C: REST 0
         S: 350 ok
         {WHOLE}"
    ))
    .await;
    let mut download = ftp.retr_with("a", &at(100)).await.unwrap();
    assert_eq!(code(&download.finish().await.unwrap_err()), 426);
    drop(download);
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    drop(ftp);
    server.done().await;
}

/// Which of the two replies is the transfer's, nobody knows.
#[tokio::test(start_paused = true)]
async fn marker_of_an_aborted_transfer_is_taken_away() {
    for replies in ["S: 226 aborted\nS: 426 cut", "S: 426 cut\nS: 226 aborted"] {
        let (mut ftp, server) = session(&format!(
            "C: TYPE I
             S: 200 ok
             PASSIVE
             C: REST 100
             S: 350 ok
             C: RETR a
             S: 150 go
             D> half
             C: ABOR
             D! close
             {replies}
             C: REST 0
             S: 350 ok
             {WHOLE}"
        ))
        .await;
        drop(ftp.retr_with("a", &at(100)).await.unwrap());
        assert_eq!(ftp.read("a").await.unwrap(), "abc");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn marker_that_cannot_be_taken_away_stops_the_next_transfer() {
    let (mut ftp, server) = session(
        "C: REST 100
         S: 350 ok
         C: TYPE I
         S: 200 ok
         C: REST 0
         S: 550 no",
    )
    .await;
    ftp.command("rest 100").await.unwrap();
    assert_eq!(code(&ftp.retr("a").await.unwrap_err()), 550);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn upload_at_an_offset_is_checked_against_the_size() {
    for (kept, good) in [(103, true), (110, false), (3, false)] {
        let (mut ftp, server) = session(&format!(
            "C: TYPE I
             S: 200 ok
             PASSIVE
             C: REST 100
             S: 350 ok
             C: STOR a
             S: 150 go
             D< end
             D! ended
             S: 226 done
             C: SIZE a
             S: 213 {kept}"
        ))
        .await;
        let mut upload = ftp.stor_with("a", &at(100)).await.unwrap();
        upload.write_all(b"end").await.unwrap();
        assert_eq!(upload.finish().await.is_ok(), good);
        drop(upload);
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test]
async fn broken_off_download_is_completed_from_where_it_was() {
    for mode in [TlsMode::Off, TlsMode::Explicit] {
        let server = Unftp::start().await;
        let content = pattern(500_000);
        fs::write(server.path("a"), &content).unwrap();
        let mut ftp = server.session(mode).await;
        let mut part = vec![0; 123_456];
        let mut download = ftp.retr("a").await.unwrap();
        download.read_exact(&mut part).await.unwrap();
        download.abort().await.ok();
        drop(download);
        if ftp.is_broken() {
            ftp = server.session(mode).await;
        }
        let options = at(part.len() as u64).size(content.len() as u64);
        let mut download = ftp.retr_with("a", &options).await.unwrap();
        download.read_to_end(&mut part).await.unwrap();
        assert!(part == content);
    }
}

#[tokio::test]
async fn restart_marker_does_not_leak_on_a_real_server() {
    let server = Unftp::start().await;
    let content = pattern(5_000);
    fs::write(server.path("a"), &content).unwrap();
    let mut ftp = server.session(TlsMode::Off).await;
    for polls in 0..12 {
        let options = at(2_000);
        let opened = Polled::new(ftp.retr_with("a", &options), polls).await;
        drop(opened);
        if ftp.is_broken() {
            ftp = server.session(TlsMode::Off).await;
        }
        match ftp.read("a").await {
            Ok(file) => assert!(file == content, "{} bytes", file.len()),
            Err(error) => {
                assert!(error.is_broken(), "{error:?}");
                ftp = server.session(TlsMode::Off).await;
            }
        }
    }
}

//! Uploads: a part never looks like the whole.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::SinkExt;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf},
    net::TcpListener,
};
use tokio_ftp::{ConnectOptions, Error, FtpStream, TransferOptions, Upload};

use crate::support::{
    code, pattern, quiet,
    script::{Running, session, session_of},
};

const STOR: &str = "
    C: TYPE I
    S: 200 ok
    PASSIVE
    C: STOR a
";

const NOOP: &str = "
    C: NOOP
    S: 200 ok
";

async fn stor(rest: &str) -> (FtpStream, Running) {
    session(&format!("{STOR}{rest}{NOOP}")).await
}

async fn in_step(mut ftp: FtpStream, server: Running) {
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn upload_ends_in_good_order_and_awaits_the_confirmation() {
    for rest in [
        "S: 150 go\nD< abc\nD! ended\nS: 226 done",
        "S: 125 go\nD< abc\nD! ended\nS! wait 200\nS: 250 done",
        "S: 150 go\nD< abc\nD! ended\nS~ 226-well\\r\\n226 done\\r\\n",
    ] {
        let (mut ftp, server) = stor(rest).await;
        let done = ftp.upload("a", &b"abc"[..]).await.unwrap();
        assert_eq!(done.bytes(), 3);
        in_step(ftp, server).await;

        let (mut ftp, server) = stor(rest).await;
        let mut upload = ftp.stor("a").await.unwrap();
        upload.write_all(b"abc").await.unwrap();
        upload.shutdown().await.unwrap();
        assert!(upload.write_all(b"more").await.is_err());
        assert_eq!(upload.finish().await.unwrap().bytes(), 3);
        drop(upload);
        in_step(ftp, server).await;

        let (mut ftp, server) = stor(rest).await;
        let mut sink = ftp.stor("a").await.unwrap().into_sink();
        sink.send(Bytes::from_static(b"ab")).await.unwrap();
        sink.send(Bytes::from_static(b"c")).await.unwrap();
        sink.close().await.unwrap();
        drop(sink);
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn large_file_arrives_whole() {
    let content = pattern(3_000_001);
    let expected = content.clone();
    let (mut ftp, server) = session_of(ConnectOptions::new(), |mut server| async move {
        server.play(STOR).await;
        server.play("S: 150 go").await;
        server.receive(&expected).await;
        server.play("D! ended\nS: 226 done").await;
        server.rest().await;
    })
    .await;
    let done = ftp.upload("a", &content[..]).await.unwrap();
    assert_eq!(done.bytes(), 3_000_001);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn dropped_upload_is_reset_and_the_session_goes_on() {
    for answer in [
        "S: 426 cut",
        "S: 226 pyftpdlib says this",
        "S~ 451-cut\\r\\n451-somewhere\\r\\n451 in the middle\\r\\n",
        "S~ 426 cut\\r\\n226 done\\r\\n",
        "S: 550 no",
        "S! wait 3\nS: 426 cut",
    ] {
        let (mut ftp, server) = stor(&format!("S: 150 go\nD< half\nD! was reset\n{answer}")).await;
        let mut upload = ftp.stor("a").await.unwrap();
        upload.write_all(b"half").await.unwrap();
        drop(upload);
        in_step(ftp, server).await;
    }
}

/// Nobody can close the connection of an upload that is leaked; it is not taken for finished.
#[tokio::test(start_paused = true)]
async fn forgotten_upload_breaks_the_session() {
    let (mut ftp, server) = session(&format!("{STOR}S: 150 go\nD< half\nS! stall")).await;
    let mut upload = ftp.stor("a").await.unwrap();
    upload.write_all(b"half").await.unwrap();
    std::mem::forget(upload);
    let error = ftp.noop().await.unwrap_err();
    assert!(error.is_broken() && error.is_timeout(), "{error:?}");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn copy_without_shutdown_does_not_complete_a_file() {
    let (mut ftp, server) = stor("S: 150 go\nD< abc\nD! was reset\nS: 426 cut").await;
    let mut upload = ftp.stor("a").await.unwrap();
    tokio::io::copy(&mut &b"abc"[..], &mut upload)
        .await
        .unwrap();
    drop(upload);
    in_step(ftp, server).await;
}

/// Gives one piece, then fails.
struct Failing(bool);

impl AsyncRead for Failing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(Err(io::Error::other("disk on fire")));
        }
        buf.put_slice(b"half");
        Poll::Ready(Ok(()))
    }
}

#[tokio::test(start_paused = true)]
async fn upload_whose_source_fails_is_reset() {
    let (mut ftp, server) = stor("S: 150 go\nD< half\nD! was reset\nS: 426 cut").await;
    let error = ftp.upload("a", Failing(false)).await.unwrap_err();
    assert!(matches!(error, Error::Local(_)), "{error:?}");
    assert!(error.to_string().contains("disk on fire"), "{error}");
    in_step(ftp, server).await;
}

/// Writes until it is told not to.
async fn write_on(upload: &mut Upload<&mut FtpStream>) -> Error {
    let block = [0; 16 * 1024];
    loop {
        if let Err(error) = upload.write_all(&block).await {
            // The error stays.
            let again = upload.shutdown().await.unwrap_err();
            assert_eq!(again.to_string(), error.to_string());
            upload.finish().await.unwrap_err();
            return error.into();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn refusal_in_mid_upload_is_told_and_not_a_broken_pipe() {
    for rest in [
        "S: 150 go\nD< \\x00\\x00\nS: 552 quota exceeded\nD! was reset",
        "S: 150 go\nD< \\x00\\x00\nD! reset\nS: 552 quota exceeded",
        "S: 150 go\nD< \\x00\\x00\nD! close\nS! wait 5\nS: 552 quota exceeded",
        "S~ 150 go\\r\\n552 quota exceeded\\r\\n\nD! was reset",
    ] {
        let (mut ftp, server) = stor(rest).await;
        let mut upload = ftp.stor("a").await.unwrap();
        let error = write_on(&mut upload).await;
        drop(upload);
        assert!(matches!(error, Error::Permanent(_)), "{rest}: {error:?}");
        assert_eq!(code(&error), 552);
        assert_eq!(error.to_string(), "STOR: 552 quota exceeded");
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::QuotaExceeded);
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn refusal_is_heard_while_nothing_can_be_written() {
    let (mut ftp, server) =
        stor("S: 150 go\nD! accept\nS! wait 9\nS: 452 full\nD! was reset").await;
    let started = tokio::time::Instant::now();
    let mut upload = ftp.stor("a").await.unwrap();
    let error = write_on(&mut upload).await;
    drop(upload);
    assert!(matches!(error, Error::Temporary(_)), "{error:?}");
    assert_eq!(started.elapsed().as_secs(), 9);
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn connection_that_breaks_without_a_word_is_told_as_such() {
    let (mut ftp, server) = stor("S: 150 go\nD! accept\nD! reset\nS! wait 20\nS: 426 cut").await;
    let mut upload = ftp.stor("a").await.unwrap();
    quiet().await;
    let error = write_on(&mut upload).await;
    drop(upload);
    assert!(
        matches!(&error, Error::Io(cause) if cause.kind() == io::ErrorKind::ConnectionReset),
        "{error:?}"
    );
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn confirmation_before_the_end_is_no_success() {
    for rest in [
        "S: 150 go\nD< abc\nS: 226 done\nD! was reset",
        "S~ 150 go\\r\\n226 done\\r\\n\nD! was reset",
    ] {
        let (mut ftp, server) = stor(rest).await;
        let mut upload = ftp.stor("a").await.unwrap();
        upload.write_all(b"abc").await.ok();
        quiet().await;
        let error = upload.finish().await.unwrap_err();
        assert!(matches!(error, Error::Unfinished { .. }), "{error:?}");
        drop(upload);
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn failure_after_the_end_is_the_error() {
    for (answer, want) in [("426 cut", 426), ("451 disk", 451), ("552 quota", 552)] {
        let rest = format!("S: 150 go\nD< abc\nD! ended\nS: {answer}");
        let (mut ftp, server) = stor(&rest).await;
        let error = ftp.upload("a", &b"abc"[..]).await.unwrap_err();
        assert_eq!(code(&error), want);
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn refused_upload_never_has_a_data_connection_that_ends() {
    for (answer, want) in [
        ("553 not allowed", 553),
        ("450 busy", 450),
        ("532 account?", 532),
    ] {
        let (mut ftp, server) = stor(&format!("S: {answer}\nD! was reset")).await;
        assert_eq!(code(&ftp.stor("a").await.unwrap_err()), want);
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn appe_and_stou_are_uploads_too() {
    let (mut ftp, server) = session(
        "C: TYPE I
         S: 200 ok
         PASSIVE
         C: APPE log
         S: 150 go
         D< abc
         D! ended
         S: 226 done
         PASSIVE
         C: STOU
         S: 150 FILE: new name.1
         D! ended
         S: 226 done",
    )
    .await;
    let mut upload = ftp.appe("log").await.unwrap();
    upload.write_all(b"abc").await.unwrap();
    upload.finish().await.unwrap();
    drop(upload);
    let mut upload = ftp.stou().await.unwrap();
    assert_eq!(upload.name().unwrap(), "new name.1");
    upload.finish().await.unwrap();
    drop(upload);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn lines_of_text_go_out_with_their_network_ends() {
    for (text, sent) in [
        ("one\ntwo\r\n\nthree", "one\\r\\ntwo\\r\\n\\r\\nthree\\r\\n"),
        ("", ""),
    ] {
        let (mut ftp, server) = session(&format!(
            "C: TYPE A
             S: 200 ok
             PASSIVE
             C: STOR a
             S: 150 go
             D< {sent}
             D! ended
             S: 226 done"
        ))
        .await;
        ftp.stor_lines("a", text.as_bytes()).await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn size_that_the_caller_names_is_checked_afterwards() {
    for (kept, good) in [("213 3", true), ("213 2", false), ("550 no such", true)] {
        let rest = format!("S: 150 go\nD< abc\nD! ended\nS: 226 done\nC: SIZE a\nS: {kept}");
        let (mut ftp, server) = stor(&rest).await;
        let mut upload = ftp
            .stor_with("a", &TransferOptions::new().size(3))
            .await
            .unwrap();
        upload.write_all(b"abc").await.unwrap();
        let done = upload.finish().await;
        drop(upload);
        match done {
            Ok(_) => assert!(good),
            Err(error) => {
                assert!(matches!(error, Error::Unfinished { sent: 3 }), "{error:?}");
                assert!(!good);
            }
        }
        in_step(ftp, server).await;
    }
}

/// The same as over the network in memory, with the operating system's own reset.
#[tokio::test]
async fn dropped_upload_resets_a_tcp_socket() {
    let control = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let data = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, port) = (control.local_addr().unwrap(), data.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut control, _) = control.accept().await.unwrap();
        let mut heard = [0; 64];
        control.write_all(b"220 ready\r\n").await.unwrap();
        for answer in [
            "200 ok".to_owned(),
            format!("229 (|||{}|)", port.port()),
            "150 go".to_owned(),
        ] {
            assert!(control.read(&mut heard).await.unwrap() > 0);
            let answer = format!("{answer}\r\n");
            control.write_all(answer.as_bytes()).await.unwrap();
        }
        let (mut data, _) = data.accept().await.unwrap();
        let error = loop {
            match data.read(&mut heard).await {
                Ok(0) => panic!("an orderly end"),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        control.write_all(b"426 cut\r\n").await.unwrap();
        assert_eq!(control.read(&mut heard).await.unwrap(), 6);
        control.write_all(b"200 ok\r\n").await.unwrap();
    });
    let mut ftp = FtpStream::connect(address).await.unwrap();
    let mut upload = ftp.stor("a").await.unwrap();
    upload.write_all(b"half").await.unwrap();
    drop(upload);
    ftp.noop().await.unwrap();
    server.await.unwrap();
}

//! Every wait ends, at its own time and under its own name; nobody who is merely slow is ended.

use std::time::Duration;

use futures::TryStreamExt;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
    time::{Instant, sleep},
};
use tokio_ftp::{ConnectOptions, DataMode, Error, FtpStream, Phase, TlsMode};

use crate::support::{
    certs::certificate,
    script::{Running, connect, session_with},
};

const HOUR: Duration = Duration::from_secs(3600);

/// Deadlines that cannot be taken for each other.
fn options() -> ConnectOptions {
    let seconds = Duration::from_secs;
    ConnectOptions::new()
        .reply_timeout(seconds(10))
        .data_timeout(seconds(20))
        .idle_timeout(seconds(30))
        .final_timeout(seconds(40))
        .settle_timeout(seconds(50))
}

const OPENING: &str = "
    C: TYPE I
    S: 200 ok
    PASSIVE
";

async fn opening(rest: &str) -> (FtpStream, Running) {
    session_with(options(), &format!("{OPENING}{rest}")).await
}

fn assert_timeout(error: &Error, phase: Phase, started: Instant, seconds: u64) {
    assert!(
        matches!(error, Error::Timeout(at) if *at == phase),
        "{error:?} in place of {phase:?}"
    );
    assert!(error.is_timeout() && error.is_transient());
    assert_eq!(started.elapsed().as_secs(), seconds, "{phase:?}");
}

#[tokio::test(start_paused = true)]
async fn reply_to_a_command() {
    let (mut ftp, server) = session_with(
        options(),
        "C: CWD a
         S! wait 15
         S: 250 at last
         C: NOOP
         S: 200 ok",
    )
    .await;
    let started = Instant::now();
    let error = ftp.cwd("a").await.unwrap_err();
    assert_timeout(&error, Phase::Reply, started, 10);
    // What comes late is settled, and the session goes on.
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn reply_that_comes_in_drops_does_not_prolong_the_wait() {
    let (mut ftp, server) = session_with(
        options(),
        "C: CWD a
         S~ 250-a\\r\\n
         S! wait 4
         S~ 250-b\\r\\n
         S! wait 4
         S~ 250-c\\r\\n
         S! stall",
    )
    .await;
    let started = Instant::now();
    let error = ftp.cwd("a").await.unwrap_err();
    assert_timeout(&error, Phase::Reply, started, 10);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn reply_to_a_transfer() {
    let (mut ftp, server) = opening("C: RETR a\nS! stall").await;
    let started = Instant::now();
    let error = ftp.retr("a").await.unwrap_err();
    assert_timeout(&error, Phase::Reply, started, 10);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn handshake_of_a_data_connection() {
    let options = certificate().trusted_by(options().tls(TlsMode::Explicit));
    let transcript = format!(
        "C: AUTH TLS
         S: 234 go
         S! tls
         C: PBSZ 0
         S: 200 ok
         C: PROT P
         S: 200 ok
         {OPENING}
         C: RETR a
         S: 150 go
         S! stall"
    );
    let (mut ftp, server) = session_with(options, &transcript).await;
    let started = Instant::now();
    let error = ftp.retr("a").await.unwrap_err();
    assert_timeout(&error, Phase::DataHandshake, started, 20);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn data_that_stands_still() {
    let (mut ftp, server) = opening(
        "C: RETR a
         S: 150 go
         D> a
         S! wait 29
         D> b
         S! wait 29
         D> c
         S! stall",
    )
    .await;
    let started = Instant::now();
    let mut download = ftp.retr("a").await.unwrap();
    let mut file = Vec::new();
    let error = download.read_to_end(&mut file).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert_timeout(&error.into(), Phase::Idle, started, 29 + 29 + 30);
    assert_eq!(file, b"abc");
    drop(download);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn data_that_nobody_takes() {
    let (mut ftp, server) = opening("C: STOR a\nS: 150 go\nD! accept\nS! stall").await;
    let started = Instant::now();
    let mut upload = ftp.stor("a").await.unwrap();
    let error = upload.write_all(&vec![0; 1 << 20]).await.unwrap_err();
    assert_timeout(&error.into(), Phase::Idle, started, 30);
    drop(upload);
    drop(ftp);
    server.done().await;
}

/// Nobody has said that the file is complete, and all of it went over.
fn assert_unconfirmed(error: &Error, started: Instant, seconds: u64) {
    let Error::Unconfirmed { size, cause } = error else {
        panic!("{error:?}")
    };
    assert_eq!(*size, Some(3));
    assert!(error.is_timeout() && error.is_transient());
    assert_timeout(cause, Phase::FinalReply, started, seconds);
}

#[tokio::test(start_paused = true)]
async fn last_reply_to_a_download() {
    let (mut ftp, server) = opening("C: RETR a\nS: 150 go\nD> abc\nD! close\nS! stall").await;
    let started = Instant::now();
    let error = ftp.read("a").await.unwrap_err();
    assert_unconfirmed(&error, started, 10);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn last_reply_to_an_upload() {
    let (mut ftp, server) = opening("C: STOR a\nS: 150 go\nD< abc\nD! ended\nS! stall").await;
    let started = Instant::now();
    let error = ftp.upload("a", &b"abc"[..]).await.unwrap_err();
    assert_unconfirmed(&error, started, 40);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn settling() {
    let (mut ftp, server) = session_with(options(), "C: CWD a\nS! stall").await;
    ftp.cwd("a").await.unwrap_err();
    let started = Instant::now();
    let error = ftp.noop().await.unwrap_err();
    let Error::Broken(cause) = &error else {
        panic!("{error:?}")
    };
    assert_timeout(cause, Phase::Settle, started, 50);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn listing_that_stands_still() {
    let (mut ftp, server) = session_with(
        options(),
        "C: TYPE A\nS: 200 ok\nPASSIVE\nC: NLST\nS: 150 go\nD> a\\r\\nb\nS! stall",
    )
    .await;
    let mut names = ftp.nlst("").await.unwrap();
    assert_eq!(names.try_next().await.unwrap().unwrap(), *"a");
    let started = Instant::now();
    let error = names.try_next().await.unwrap_err();
    assert_timeout(&error, Phase::Idle, started, 30);
    assert!(
        names.try_next().await.unwrap().is_none(),
        "an error is the last"
    );
    drop(names);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn handshake_of_the_control_connection() {
    let (mut ftp, server) = session_with(options(), "C: AUTH TLS\nS: 234 go\nS! deaf").await;
    let started = Instant::now();
    let error = ftp.secure().await.unwrap_err();
    assert_timeout(&error, Phase::Handshake, started, 10);
    assert!(ftp.is_broken());
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn data_connection_that_nobody_answers() {
    let (mut ftp, server) = session_with(
        options().epsv(false),
        "C: TYPE I\nS: 200 ok\nD! dark 2200\nC: PASV\nS: 227 (10,0,0,1,8,152)",
    )
    .await;
    let started = Instant::now();
    let error = ftp.retr("a").await.map(drop).unwrap_err();
    assert_timeout(&error, Phase::DataConnect, started, 20);
    drop(ftp);
    server.done().await;
}

/// Over TCP, for a server connects back to nothing else; its silence is all that is waited for.
#[tokio::test]
async fn data_connection_that_the_server_does_not_make() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (control, _) = listener.accept().await.unwrap();
        let mut control = BufReader::new(control);
        for reply in ["220 ready", "200 ok", "200 ok", "150 go"] {
            if reply != "220 ready" {
                control.read_line(&mut String::new()).await.unwrap();
            }
            let line = format!("{reply}\r\n");
            control.write_all(line.as_bytes()).await.unwrap();
        }
        control.read_line(&mut String::new()).await.unwrap();
    });
    let limit = Duration::from_millis(50);
    let options = ConnectOptions::new()
        .data_mode(DataMode::Active)
        .data_timeout(limit);
    let mut ftp = options.connect(address).await.unwrap();
    let started = Instant::now();
    let error = ftp.retr("a").await.map(drop).unwrap_err();
    assert!(matches!(error, Error::Timeout(Phase::Accept)), "{error:?}");
    assert!(started.elapsed() >= limit);
    drop(ftp);
    server.await.unwrap();
}

/// A peer that says no end of its own is waited for a moment, and a moment less once the server
/// has confirmed the upload.
#[tokio::test(start_paused = true)]
async fn end_of_the_peer_behind_an_upload() {
    let options = certificate().trusted_by(options()).tls(TlsMode::Explicit);
    for (reply, limit) in [("S: 226 done\n", 300), ("S! wait 7\nS: 226 done\n", 7_000)] {
        let (ftp, server) = connect(
            options.clone(),
            &format!(
                "S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls\nC: PBSZ 0\nS: 200 ok
                 C: PROT P\nS: 200 ok\n{OPENING}C: STOR a\nS: 150 go\nD! tls\nD< whole\n{reply}
                 S! stall"
            ),
        )
        .await;
        let mut ftp = ftp.unwrap();
        let mut upload = ftp.stor("a").await.unwrap();
        upload.write_all(b"whole").await.unwrap();
        let started = Instant::now();
        upload.finish().await.unwrap();
        assert_eq!(started.elapsed().as_millis(), limit, "{reply}");
        drop(upload);
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn goodbye_that_is_not_answered() {
    let (ftp, server) = session_with(options(), "C: QUIT\nS! stall").await;
    let started = Instant::now();
    let error = ftp.quit().await.unwrap_err();
    assert_timeout(&error, Phase::Reply, started, 10);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn slow_consumer_is_never_taken_for_a_slow_server() {
    let (mut ftp, server) = opening(
        "C: RETR a
         S: 150 go
         D> abcdef
         S! wait 3500
         D> gh
         D! close
         S: 226 done",
    )
    .await;
    let mut download = ftp.retr("a").await.unwrap();
    let mut file = Vec::new();
    let mut byte = [0];
    while download.read(&mut byte).await.unwrap() > 0 {
        file.extend(byte);
        sleep(HOUR).await;
    }
    assert_eq!(file, b"abcdefgh");
    drop(download);
    drop(ftp);
    server.done().await;
}

/// A wait that was given up does not count for the next one.
#[tokio::test(start_paused = true)]
async fn time_between_two_reads_does_not_count() {
    let (mut ftp, server) = opening(
        "C: RETR a
         S: 150 go
         S! wait 120
         D> abc
         D! close
         S: 226 done",
    )
    .await;
    let mut download = ftp.retr("a").await.unwrap();
    let mut file = Vec::new();
    let patience = Duration::from_secs(20);
    assert!(
        tokio::time::timeout(patience, download.read_to_end(&mut file))
            .await
            .is_err()
    );
    sleep(Duration::from_secs(95)).await;
    download.read_to_end(&mut file).await.unwrap();
    assert_eq!(file, b"abc");
    drop(download);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn slow_producer_is_never_taken_for_a_slow_server() {
    let (mut ftp, server) =
        opening("C: STOR a\nS: 150 go\nD< abc\nD! ended\nS! wait 39\nS: 226 done").await;
    let mut upload = ftp.stor("a").await.unwrap();
    for byte in b"abc" {
        sleep(HOUR).await;
        upload.write_all(&[*byte]).await.unwrap();
        upload.flush().await.unwrap();
    }
    sleep(HOUR).await;
    upload.finish().await.unwrap();
    drop(upload);
    drop(ftp);
    server.done().await;
}

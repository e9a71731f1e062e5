//! Signs of life during a transfer, whose replies are never the transfer's own.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};
use tokio_ftp::{ConnectOptions, Error};

use crate::support::{
    code,
    script::{connect, session, session_with},
};

fn often() -> ConnectOptions {
    ConnectOptions::new().noop_interval(Some(Duration::from_secs(20)))
}

/// What servers do with a command inside a transfer: answer it at once, refuse it, keep it for
/// later. Each download takes 50 s, in which `NOOP` is due twice.
const MANNERS: [&str; 6] = [
    // pyftpdlib, libunftp.
    "S! wait 10\nC: NOOP\nS: 200 ok\nS! wait 20\nC: NOOP\nS: 200 ok\nS! wait 10
     D> second\nD! close\nS: 226 done",
    // Pure-FTPd.
    "S! wait 10\nC: NOOP\nS: 500 ?\nS! wait 20\nC: NOOP\nS: 500 ?\nS! wait 10
     D> second\nD! close\nS: 226 done",
    // ProFTPD, where it is not a 200.
    "S! wait 10\nC: NOOP\nS: 450 NOOP: data transfer in progress\nS! wait 20\nC: NOOP\nS: 200 ok
     S! wait 10\nD> second\nD! close\nS: 226 done",
    // vsftpd, ProFTPD without TLS: nothing before the end.
    "S! wait 40\nD> second\nD! close\nS: 226 done\nC: NOOP\nS: 200 ok\nC: NOOP\nS: 200 ok",
    // The same, in the same packet.
    "S! wait 40\nD> second\nD! close\nS~ 226 done\\r\\n200 ok\\r\\n200 ok\\r\\n\nC: NOOP\nC: NOOP",
    // The end told twice, the second time between the two.
    "S! wait 40\nD> second\nD! close\nS~ 226 done\\r\\n200 ok\\r\\n226 done\\r\\n200 ok\\r\\n
     C: NOOP\nC: NOOP",
];

#[tokio::test(start_paused = true)]
async fn downloads_are_kept_alive() {
    for manner in MANNERS {
        let (mut ftp, server) = session_with(
            often(),
            &format!(
                "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> first\nS! wait 10
                 {manner}\nC: PWD\nS: 257 \"/\""
            ),
        )
        .await;
        let mut download = ftp.retr("a").await.unwrap();
        let mut text = String::new();
        download.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "firstsecond", "{manner}");
        drop(download);
        assert_eq!(ftp.pwd().await.unwrap(), *"/", "{manner}");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn uploads_are_kept_alive_until_they_are_confirmed() {
    for (replies, outcome) in [
        ("C: NOOP\nS: 200 ok\nS! wait 15\nS: 226 done", 226),
        ("C: NOOP\nS: 500 ?\nS! wait 15\nS: 226 done", 226),
        ("S! wait 20\nS~ 226 done\\r\\n200 ok\\r\\n\nC: NOOP", 226),
        ("S! wait 20\nS~ 552 full\\r\\n200 ok\\r\\n\nC: NOOP", 552),
        (
            "S! wait 60\nS~ 226 done\\r\\n200 a\\r\\n200 b\\r\\n200 c\\r\\n\nC: NOOP\nC: NOOP\nC: NOOP",
            226,
        ),
        (
            "S! wait 60\nS: 552 full\nC: NOOP\nS: 200 a\nC: NOOP\nS: 200 b\nC: NOOP\nS: 200 c",
            552,
        ),
        ("C: NOOP\nS: 200 ok\nS: 451 no", 451),
    ] {
        let (mut ftp, server) = session_with(
            often(),
            &format!(
                "C: TYPE I\nS: 200 ok\nPASSIVE\nC: STOR a\nS: 150 go\nD< whole\nD! ended
                 S! wait 10\n{replies}\nC: PWD\nS: 257 \"/\""
            ),
        )
        .await;
        let mut upload = ftp.stor("a").await.unwrap();
        upload.write_all(b"whole").await.unwrap();
        match upload.finish().await {
            Ok(done) => assert_eq!(u16::from(done.reply().code()), outcome, "{replies}"),
            Err(error) => assert_eq!(code(&error), outcome, "{replies}: {error:?}"),
        }
        drop(upload);
        assert_eq!(ftp.pwd().await.unwrap(), *"/", "{replies}");
        drop(ftp);
        server.done().await;
    }
}

/// A 200 is the reply to `NOOP`, even when everything else is open.
#[tokio::test(start_paused = true)]
async fn an_abort_behind_a_sign_of_life_ends_in_step() {
    for replies in [
        "S: 200 ok\nC: ABOR\nS: 426 cut\nS: 226 done",
        "C: ABOR\nS~ 426 cut\\r\\n200 ok\\r\\n225 done\\r\\n",
        "C: ABOR\nS~ 226 done\\r\\n200 ok\\r\\n426 cut\\r\\n",
        "C: ABOR\nS~ 500 ?\\r\\n426 cut\\r\\n226 done\\r\\n",
    ] {
        let (mut ftp, server) = session_with(
            often(),
            &format!(
                "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> first\nC: NOOP
                 {replies}\nC: PWD\nS: 257 \"/\""
            ),
        )
        .await;
        let mut download = ftp.retr("a").await.unwrap();
        assert_eq!(download.chunk().await.unwrap().unwrap(), "first");
        let waited = timeout(Duration::from_secs(25), download.chunk());
        assert!(waited.await.is_err(), "{replies}");
        download.abort().await.unwrap();
        drop(download);
        assert_eq!(ftp.pwd().await.unwrap(), *"/", "{replies}");
        drop(ftp);
        server.done().await;
    }
}

/// The replies come in the order of the commands, or those to `ABOR` first.
#[tokio::test(start_paused = true)]
async fn an_abort_behind_several_signs_of_life_ends_in_step() {
    for replies in [
        "S~ 426 cut\\r\\n200 a\\r\\n200 b\\r\\n200 c\\r\\n226 done\\r\\n",
        "S~ 426 cut\\r\\n226 done\\r\\n200 a\\r\\n200 b\\r\\n200 c\\r\\n",
        "S~ 426 cut\\r\\n200 a\\r\\n226 done\\r\\n200 b\\r\\n200 c\\r\\n",
        "S~ 226 done\\r\\n200 a\\r\\n200 b\\r\\n200 c\\r\\n225 none\\r\\n",
        "S~ 500 ?\\r\\n500 ?\\r\\n500 ?\\r\\n150 over\\r\\n226 done\\r\\n",
    ] {
        let (mut ftp, server) = session_with(
            often().idle_timeout(Duration::from_secs(120)),
            &format!(
                "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> first\nS! wait 70
                 C: NOOP\nC: NOOP\nC: NOOP\nC: ABOR\n{replies}\nC: PWD\nS: 257 \"/\""
            ),
        )
        .await;
        let mut download = ftp.retr("a").await.unwrap();
        assert_eq!(download.chunk().await.unwrap().unwrap(), "first");
        // Less than the idle timeout and what it takes to have three owed.
        let waited = timeout(Duration::from_secs(65), download.chunk());
        assert!(waited.await.is_err(), "{replies}");
        download.abort().await.unwrap();
        drop(download);
        assert_eq!(ftp.pwd().await.unwrap(), *"/", "{replies}");
        drop(ftp);
        server.done().await;
    }
}

/// Pure-FTPd refuses with one 500 all that it has found in its socket.
#[tokio::test(start_paused = true)]
async fn who_refuses_one_is_not_sent_two() {
    let options = often().idle_timeout(Duration::from_secs(120));
    for (greeting, refusal) in [
        ("220 ready", "C: NOOP\nS: 500 ?"),
        (
            "220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------\n220 go",
            "",
        ),
    ] {
        let greeting = greeting.replace('\n', "\nS: ");
        let (ftp, server) = connect(
            options.clone(),
            &format!(
                "S: {greeting}\nC: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> first
                 {refusal}\nS! wait 80\nC: NOOP\nS: 500 ?\nD> second\nD! close\nS: 226 done
                 C: PWD\nS: 257 \"/\""
            ),
        )
        .await;
        let mut ftp = ftp.unwrap();
        assert_eq!(ftp.read("a").await.unwrap(), "firstsecond", "{greeting}");
        assert_eq!(ftp.pwd().await.unwrap(), *"/", "{greeting}");
        drop(ftp);
        server.done().await;
    }
}

/// A server that answers nothing before the end is not sent more than its socket holds.
#[tokio::test(start_paused = true)]
async fn so_many_unanswered_are_enough() {
    const MOST: usize = 1_000;
    let noops = "C: NOOP\n".repeat(MOST);
    let replies = "200 ok\\r\\n".repeat(MOST);
    let options = ConnectOptions::new()
        .noop_interval(Some(Duration::from_secs(1)))
        .idle_timeout(Duration::from_secs(2_000));
    let (mut ftp, server) = session_with(
        options,
        &format!(
            "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> first\nS! wait 1100
             D> second\nD! close\nS: 226 done\nS~ {replies}\n{noops}C: PWD\nS: 257 \"/\""
        ),
    )
    .await;
    assert_eq!(ftp.read("a").await.unwrap(), "firstsecond");
    assert_eq!(ftp.pwd().await.unwrap(), *"/");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_where_it_is_not_asked_for_or_not_due() {
    let transcript = "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> first
                      S! wait 15\nD> second\nD! close\nS! wait 4\nS: 226 done";
    for options in [ConnectOptions::new(), often()] {
        let (mut ftp, server) = session_with(options, transcript).await;
        assert_eq!(ftp.read("a").await.unwrap(), "firstsecond");
        drop(ftp);
        server.done().await;
    }
    // A stalled transfer still ends at its deadline, signs of life or not.
    let (mut ftp, server) = session_with(
        often(),
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> first
         C: NOOP\nS: 200 ok\nC: NOOP\nS: 200 ok\nS! stall",
    )
    .await;
    let error = ftp.read("a").await.unwrap_err();
    assert!(
        matches!(error, Error::Timeout(tokio_ftp::Phase::Idle)),
        "{error:?}"
    );
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn a_consumer_that_does_not_read_sends_nothing_and_loses_nothing() {
    let (mut ftp, server) = session(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> first\nD! close\nS: 226 done",
    )
    .await;
    let mut download = ftp.retr("a").await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(download.chunk().await.unwrap().unwrap(), "first");
    download.finish().await.unwrap();
    drop(download);
    drop(ftp);
    server.done().await;
}

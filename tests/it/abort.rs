//! Transfers that are ended from this side, and what servers make of it.

use tokio::{io::AsyncWriteExt, time::Instant};
use tokio_ftp::{ConnectOptions, Error, FtpStream, Phase, TransferOptions};

use crate::support::{
    quiet,
    script::{Running, session, session_of},
};

const RETR: &str = "
    C: TYPE I
    S: 200 ok
    PASSIVE
    C: RETR a
    S: 150 go
    D> half
";

const STOR: &str = "
    C: TYPE I
    S: 200 ok
    PASSIVE
    C: STOR a
    S: 150 go
    D< half
";

const NOOP: &str = "
    C: NOOP
    S: 200 ok
";

/// How servers end an aborted transfer.
const SHAPES: [&str; 9] = [
    "S: 426 cut\nS: 226 aborted",
    "S: 226 done\nS: 426 cut",
    "S: 426 cut\nS: 225 no transfer",
    "S: 226 done\nS: 225 no transfer",
    "S: 451 cut\nS: 226 aborted",
    "S: 426 cut\nS: 451 odd",
    // Pure-FTPd.
    "S: 150 0.024 seconds (measured here)\nS: 226 aborted",
    "S~ 426 cut\\r\\n226 aborted\\r\\n",
    "S: 426 cut\nS! wait 5\nS: 226 aborted",
];

async fn in_step(mut ftp: FtpStream, server: Running) {
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn aborted_download_ends_in_every_shape() {
    for shape in SHAPES {
        // The server ends the data at once, later, or only when the client does.
        for end in [
            "C: ABOR\nD! close",
            "C: ABOR\nD> more\nD! reset",
            "C: ABOR\nD! ended",
        ] {
            let (mut ftp, server) = session(&format!("{RETR}{end}\n{shape}\n{NOOP}")).await;
            let mut download = ftp.retr("a").await.unwrap();
            assert_eq!(download.chunk().await.unwrap().unwrap(), "half");
            download.abort().await.unwrap();
            assert!(download.chunk().await.is_err(), "aborted is not ended");
            drop(download);
            in_step(ftp, server).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_download_is_aborted_by_the_next_command() {
    for shape in SHAPES {
        let (mut ftp, server) = session(&format!("{RETR}C: ABOR\nD! close\n{shape}\n{NOOP}")).await;
        let mut download = ftp.retr("a").await.unwrap();
        assert_eq!(download.chunk().await.unwrap().unwrap(), "half");
        drop(download);
        assert!(!ftp.is_broken());
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn forgotten_download_is_aborted_as_well() {
    let (mut ftp, server) =
        session(&format!("{RETR}C: ABOR\nD! close\n{}\n{NOOP}", SHAPES[0])).await;
    std::mem::forget(ftp.retr("a").await.unwrap());
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn dropped_download_that_has_all_come_is_not_aborted() {
    for rest in ["D! close\nS: 226 done", "S: 226 done\nD! close"] {
        let (mut ftp, server) = session(&format!("{RETR}{rest}\n{NOOP}")).await;
        let download = ftp.retr("a").await.unwrap();
        quiet().await;
        drop(download);
        in_step(ftp, server).await;
    }
}

/// ProFTPD gives the session up when the data connection goes before it has read ABOR.
#[tokio::test(start_paused = true)]
async fn data_connection_is_held_for_a_moment_after_abor() {
    let (mut ftp, server) = session(&format!("{RETR}C: ABOR\nD! ended\n{}{NOOP}", SHAPES[0])).await;
    let mut download = ftp.retr("a").await.unwrap();
    let started = Instant::now();
    download.abort().await.unwrap();
    drop(download);
    assert_eq!(started.elapsed().as_millis(), 300);
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn aborted_upload_is_reset_behind_the_abor() {
    for shape in SHAPES {
        let (mut ftp, server) =
            session(&format!("{STOR}C: ABOR\nD! was reset\n{shape}\n{NOOP}")).await;
        let mut upload = ftp.stor("a").await.unwrap();
        upload.write_all(b"half").await.unwrap();
        upload.abort().await.unwrap();
        assert!(upload.write_all(b"more").await.is_err());
        assert!(upload.finish().await.is_err(), "aborted is not finished");
        drop(upload);
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn abort_without_an_answer_breaks_the_session_in_bounded_time() {
    for transcript in [
        format!("{RETR}C: ABOR\nD! close\nS! stall"),
        format!("{RETR}C: ABOR\nD! close\nS: 426 cut\nS! stall"),
    ] {
        let (mut ftp, server) = session(&transcript).await;
        let mut download = ftp.retr("a").await.unwrap();
        let started = Instant::now();
        let error = download.abort().await.unwrap_err();
        drop(download);
        assert!(error.is_broken() && error.is_timeout(), "{error:?}");
        assert!(started.elapsed().as_secs_f32() < 15.5);
        assert!(ftp.is_broken());
        let error = ftp.noop().await.unwrap_err();
        let Error::Broken(cause) = &error else {
            panic!("{error:?}")
        };
        assert!(
            matches!(**cause, Error::Timeout(Phase::Settle)),
            "{cause:?}"
        );
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn session_that_dies_of_an_abort_says_so() {
    for end in ["S! close", "S! reset", "S: 421 bye"] {
        let (mut ftp, server) = session(&format!("{RETR}C: ABOR\nD! close\n{end}")).await;
        let mut download = ftp.retr("a").await.unwrap();
        assert!(download.abort().await.unwrap_err().is_broken());
        drop(download);
        assert!(ftp.is_broken());
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn abort_without_a_transfer_asks_nothing() {
    let (mut ftp, server) = session(NOOP).await;
    ftp.abort().await.unwrap();
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn abort_after_the_end_asks_nothing() {
    let (mut ftp, server) = session(&format!("{RETR}D! close\nS: 226 done{NOOP}")).await;
    let mut download = ftp.retr("a").await.unwrap();
    download.finish().await.unwrap();
    download.abort().await.unwrap();
    drop(download);
    in_step(ftp, server).await;

    let (mut ftp, server) = session(&format!("{STOR}D! ended\nS: 226 done{NOOP}")).await;
    let mut upload = ftp.stor("a").await.unwrap();
    upload.write_all(b"half").await.unwrap();
    upload.finish().await.unwrap();
    upload.abort().await.unwrap();
    drop(upload);
    in_step(ftp, server).await;
}

/// In real time: a clock that is paused stands still while data flows.
#[tokio::test]
async fn endless_download_can_be_left() {
    let (mut ftp, server) = session_of(ConnectOptions::new(), |mut server| async move {
        server.play(RETR).await;
        // As much as the client takes; it hangs up in between.
        let block = vec![0; 32 * 1024];
        while server.try_send(&block).await.is_ok() {}
        server.play("C: ABOR\nS: 426 cut\nS: 226 aborted").await;
        server.play(NOOP).await;
        server.rest().await;
    })
    .await;
    let options = TransferOptions::new().length(100_000);
    let mut download = ftp.retr_with("a", &options).await.unwrap();
    assert_eq!(download.finish().await.unwrap().bytes(), 100_000);
    drop(download);
    in_step(ftp, server).await;
}

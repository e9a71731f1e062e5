//! Signs of life during transfers that take their time.

use std::time::Duration;

use tokio::{
    io::AsyncWriteExt,
    time::{MissedTickBehavior, interval},
};
use tokio_ftp::{FtpStream, Result};

use crate::{
    cell::{Cell, content},
    farm::{Kind, Server},
    options::{Tls, Versions},
    quirks::Quirk,
    traffic::Traffic,
};

/// How many pieces a transfer has, and how long each takes: longer in all than three signs of life.
const PIECES: usize = 34;
const PACE: Duration = Duration::from_millis(100);
/// More in all than the buffers between hold, so that no server is done before.
const PIECE: usize = 1024 * 1024;

#[tokio::test]
async fn plain_transfers_are_kept_alive() {
    for kind in Kind::ALL {
        keep_alive(Cell::new(kind, Tls::None, Versions::Both)).await;
    }
}

#[tokio::test]
async fn encrypted_transfers_are_kept_alive() {
    for kind in Kind::ALL {
        keep_alive(Cell::new(kind, Tls::Explicit, Versions::Both)).await;
    }
}

async fn keep_alive(cell: Cell) {
    let server = cell.start();
    let options = cell
        .options(&server)
        .noop_interval(Some(Duration::from_secs(1)));
    let session = cell.connect(&server, &options).await;
    let mut ftp = session.unwrap_or_else(|error| panic!("{cell}: {error:?}\n{}", server.log()));
    let whole = content(PIECES * PIECE, 7);

    let traffic = Traffic::record();
    upload_slowly(&mut ftp, &whole).await;
    let stored = server.content("slow").expect("a file");
    assert!(stored == whole, "{cell}: {} bytes stored", stored.len());
    was_kept_alive(cell, &server, &mut ftp, &traffic, "STOR").await;

    let traffic = Traffic::record();
    let read = download_slowly(&mut ftp).await;
    assert!(read == whole, "{cell}: {} bytes came", read.len());
    was_kept_alive(cell, &server, &mut ftp, &traffic, "RETR").await;

    let traffic = Traffic::record();
    let aborted = abort_late(&mut ftp).await;
    let told = || format!("{cell}: {}\n{}", traffic.transcript(), server.log());
    if cell.kind.has(Quirk::AnswersTwoAsOne) && aborted.is_err() {
        assert!(ftp.is_broken(), "{aborted:?} {}", told());
        return;
    }
    assert!(aborted.is_ok(), "{aborted:?} {}", told());
    assert_eq!(ftp.pwd().await.expect("in step"), "/", "{}", told());
    let signs = traffic.replies_to("NOOP");
    println!("{cell}: given up, NOOP {signs:?}");
    assert!(!signs.is_empty(), "{}", told());
    let read = download_slowly(&mut ftp).await;
    assert!(read == whole, "{cell}: {} bytes came", read.len());
}

/// The transfer has its own replies, `NOOP` has others, and the session is in step.
async fn was_kept_alive(
    cell: Cell,
    server: &Server,
    ftp: &mut FtpStream,
    traffic: &Traffic,
    verb: &str,
) {
    assert_eq!(ftp.pwd().await.expect("in step"), "/", "{cell}");
    let (own, signs) = (traffic.replies_to(verb), traffic.replies_to("NOOP"));
    println!("{cell}: {verb} {own:?}, NOOP {signs:?}");
    let told = || format!("{cell}: {}\n{}", traffic.transcript(), server.log());
    assert!(
        own.last().is_some_and(|reply| reply.starts_with("226")),
        "{}",
        told()
    );
    // Also where they are answered only behind the transfer.
    let least = if cell.kind.has(Quirk::AnswersTwoAsOne) {
        1
    } else {
        2
    };
    assert!(signs.len() >= least, "{}", told());
    for reply in signs {
        // Pure-FTPd refuses whatever comes in the middle, ProFTPD some of it.
        let codes: &[&str] = match cell.kind {
            Kind::Proftpd => &["200", "450"],
            Kind::PureFtpd => &["200", "500"],
            Kind::Vsftpd | Kind::Pyftpdlib | Kind::Unftp => &["200"],
        };
        let is_answer = codes.iter().any(|code| reply.starts_with(code));
        assert!(is_answer, "{}", told());
    }
}

async fn upload_slowly(ftp: &mut FtpStream, whole: &[u8]) {
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut upload = ftp.stor("slow").await.expect("an upload begins");
    for piece in whole.chunks(PIECE) {
        pace.tick().await;
        upload.write_all(piece).await.expect("a piece goes up");
    }
    upload.finish().await.expect("it is confirmed");
}

async fn download_slowly(ftp: &mut FtpStream) -> Vec<u8> {
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut download = ftp.retr("slow").await.expect("a download begins");
    let mut whole = Vec::new();
    let mut due = PIECE;
    while let Some(chunk) = download.chunk().await.expect("a chunk") {
        whole.extend_from_slice(&chunk);
        if whole.len() >= due {
            due += PIECE;
            pace.tick().await;
        }
    }
    whole
}

/// Gives a download up when several signs of life have been sent.
async fn abort_late(ftp: &mut FtpStream) -> Result<()> {
    let mut download = ftp.retr("slow").await.expect("a download begins");
    let mut pace = interval(PACE);
    // A little of it now and then, so that the server has to wait.
    for _ in 0..PIECES {
        pace.tick().await;
        download.chunk().await.expect("a chunk");
    }
    download.abort().await
}

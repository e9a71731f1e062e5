//! Transfers that nobody sees through.

use std::{
    future::{Future, poll_fn},
    io,
    pin::pin,
    task::Poll,
    time::Duration,
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_ftp::{ConnectOptions, Download, Error, FtpStream, Phase, TransferOptions};

use crate::{
    cell::{Cell, content},
    farm::{Kind, Server},
    options::{Tls, Versions},
    quirks::{Quirk, ends_of_reset_uploads},
    traffic::Traffic,
};

/// Plain, both TLS versions, and implicit TLS where there is such a thing.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for kind in Kind::ALL {
        cells.push(Cell::new(kind, Tls::None, Versions::Both));
        cells.push(Cell::new(kind, Tls::Explicit, Versions::Only12));
        cells.push(Cell::new(kind, Tls::Explicit, Versions::Only13));
        if kind.speaks(Tls::Implicit) {
            cells.push(Cell::new(kind, Tls::Implicit, Versions::Both));
        }
    }
    cells
}

/// Not for long does anybody wait here for replies that some servers never send.
pub(crate) fn impatient(options: ConnectOptions) -> ConnectOptions {
    options.settle_timeout(Duration::from_secs(4))
}

/// Whether the session ended for want of a reply, and on a server that is known to lose it: the
/// last one of an upload that is reset, or one of a transfer that was given up before it began.
pub(crate) fn lost_reply(cell: Cell, error: &Error) -> bool {
    let cause = match error {
        Error::Broken(cause) => cause,
        other => other,
    };
    cell.kind.has(Quirk::LosesLastReply) && matches!(cause, Error::Timeout(Phase::Settle))
}

/// Everything works as if nothing had been. `false` only where the server owes an upload's reply
/// for good and the session says so.
pub(crate) async fn in_step(cell: Cell, server: &Server, ftp: &mut FtpStream, what: &str) -> bool {
    let whole = content(70_000, 9);
    let result = async {
        assert_eq!(ftp.pwd().await?, "/", "{cell}: {what}");
        ftp.upload("whole", whole.as_slice()).await?;
        assert_eq!(ftp.read("whole").await?, whole, "{cell}: {what}");
        Ok::<(), Error>(())
    };
    match result.await {
        Ok(()) => {
            assert_eq!(server.content("whole").expect("a file"), whole);
            true
        }
        Err(error) => {
            let upload = what.ends_with("upload");
            let excused = upload && lost_reply(cell, &error) && ftp.is_broken();
            assert!(excused, "{cell}: {what}: {error:?}\n{}", server.log());
            println!("{cell}: {what}: {error}");
            false
        }
    }
}

/// What is there is the beginning of what was sent.
fn is_part(cell: Cell, server: &Server, path: &str, sent: &[u8]) {
    let stored = server.content(path).expect("the part stays");
    assert!(
        sent.starts_with(&stored),
        "{cell}: {} bytes of something else",
        stored.len()
    );
}

#[tokio::test]
async fn a_dropped_upload_ends_as_the_list_says() {
    for cell in cells() {
        let server = cell.start();
        let options = impatient(cell.options(&server));
        // Where it may be lost, it must not always be.
        let mut told = false;
        for _ in 0..5 {
            told = told || tells_its_end(cell, &server, &options).await;
        }
        assert!(told, "{cell}: no last reply ever");
    }
}

/// Whether an upload that is dropped half-way has its last reply; elsewhere it must.
async fn tells_its_end(cell: Cell, server: &Server, options: &ConnectOptions) -> bool {
    let mut ftp = cell.connect(server, options).await.expect("a login");
    let part = content(1 << 20, 4);
    let traffic = Traffic::record();
    let mut upload = ftp.stor("part").await.expect("an upload begins");
    upload.write_all(&part).await.expect("half of it goes up");
    drop(upload);
    let next = ftp.noop().await;
    let replies = traffic.replies_to("STOR");
    println!("{cell}: {replies:?}");
    if let Err(error) = next {
        assert!(lost_reply(cell, &error), "{cell}: {error:?}");
        assert_eq!(replies.len(), 1, "{cell}: {replies:?}");
        return false;
    }
    is_part(cell, server, "part", &part);
    let last = replies.last().expect("a last reply");
    assert_eq!(replies.len(), 2, "{cell}: {replies:?}");
    assert!(
        last.starts_with(ends_of_reset_uploads(cell.kind)),
        "{cell}: {replies:?}"
    );
    in_step(cell, server, &mut ftp, "dropped upload").await;
    true
}

/// A download of which some has come.
async fn begun(ftp: &mut FtpStream) -> Download<&mut FtpStream> {
    let mut download = ftp.retr("large").await.expect("a download begins");
    let mut some = [0; 5000];
    let read = download.read_exact(&mut some).await;
    read.expect("some of it comes down");
    download
}

/// Downloads that nobody reads on.
pub(crate) async fn abandoned(cell: Cell, server: &Server, ftp: &mut FtpStream) {
    server
        .put("large", &content(20 << 20, 5))
        .expect("a file is put there");
    for _ in 0..3 {
        drop(begun(ftp).await);
        if !in_step(cell, server, ftp, "dropped download").await {
            *ftp = cell.login(server).await;
        }
    }
}

/// Downloads and uploads that are aborted in order.
pub(crate) async fn abort_and_go_on(cell: Cell, server: &Server, ftp: &mut FtpStream) {
    server
        .put("large", &content(20 << 20, 5))
        .expect("a file is put there");
    for _ in 0..3 {
        let mut download = begun(ftp).await;
        let aborted = download.abort().await;
        drop(download);
        go_on(cell, server, ftp, "aborted download", aborted).await;
        let mut upload = ftp.stor("part").await.expect("an upload begins");
        let part = content(1 << 20, 4);
        upload.write_all(&part).await.expect("half of it goes up");
        let aborted = upload.abort().await;
        drop(upload);
        if aborted.is_ok() {
            is_part(cell, server, "part", &part);
        }
        go_on(cell, server, ftp, "aborted upload", aborted).await;
    }
}

/// An abort succeeds and leaves the session in step.
async fn go_on(
    cell: Cell,
    server: &Server,
    ftp: &mut FtpStream,
    what: &str,
    aborted: Result<(), Error>,
) {
    let usable = match aborted {
        Ok(()) => in_step(cell, server, ftp, what).await,
        Err(error) => {
            let upload = what.ends_with("upload");
            let excused = upload && lost_reply(cell, &error) && ftp.is_broken();
            assert!(excused, "{cell}: {what}: {error:?}\n{}", server.log());
            println!("{cell}: {what}: {error}");
            false
        }
    };
    if !usable {
        *ftp = cell.login(server).await;
    }
}

/// Asked to look up by urgent data, servers are none the worse for it. Not Pure-FTPd and libunftp:
/// the first answers nothing where that comes behind the end of a transfer, the second takes the
/// octets of Telnet for the beginning of a command.
#[tokio::test]
async fn telnet_synch_goes_before_an_abort_where_asked() {
    for kind in [Kind::Proftpd, Kind::Vsftpd, Kind::Pyftpdlib] {
        let cell = Cell::new(kind, Tls::None, Versions::Both);
        let server = cell.start();
        server
            .put("large", &content(20 << 20, 5))
            .expect("a file is put there");
        let options = impatient(cell.options(&server)).telnet_synch(true);
        let mut ftp = options.connect(server.address()).await.expect("a login");
        for _ in 0..5 {
            let mut download = begun(&mut ftp).await;
            let aborted = download.abort().await;
            drop(download);
            go_on(cell, &server, &mut ftp, "interrupted download", aborted).await;
        }
    }
}

/// Polls `attempt` so often and drops it then. Whether that was before its end.
pub(crate) async fn dropped_after<T>(
    polls: usize,
    attempt: impl Future<Output = Result<T, Error>>,
) -> bool {
    let mut attempt = pin!(attempt);
    let mut polled = 0;
    let dropped = poll_fn(|cx| {
        polled += 1;
        match attempt.as_mut().poll(cx) {
            Poll::Ready(result) => {
                result.expect("a download begins");
                Poll::Ready(false)
            }
            Poll::Pending if polled > polls => Poll::Ready(true),
            Poll::Pending => Poll::Pending,
        }
    });
    tokio::time::timeout(Duration::from_secs(20), dropped)
        .await
        .expect("nothing hangs")
}

/// Whether the server had granted a marker that no transfer followed: two REST in a row, of which
/// the second is that which takes it away.
fn was_stale(traffic: &Traffic) -> bool {
    let verbs = traffic.answered(&["REST", "RETR"]);
    let stale = ["REST 350", "REST 350", "RETR 1"];
    verbs.len() > stale.len()
        && verbs
            .iter()
            .zip(stale)
            .all(|(line, start)| line.starts_with(start))
}

/// A restart marker that its transfer never followed stays on the server, and the next transfer
/// starts there with a 226.
#[tokio::test]
async fn a_stale_restart_marker_is_taken_away() {
    for cell in cells() {
        let server = cell.start();
        let whole = content(50_000, 6);
        server.put("whole", &whole).expect("a file is put there");
        let options = impatient(cell.options(&server)).reply_timeout(Duration::from_secs(4));
        let login = async || {
            let session = cell.connect(&server, &options).await;
            session.unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log()))
        };
        let offset = TransferOptions::new().offset(40_000);
        let mut stale = 0;
        // Dropped at every await in turn, each time on a new session, so that one of them is
        // certainly that after the 350.
        for polls in 0..60 {
            let mut ftp = login().await;
            let traffic = Traffic::record();
            let stopped = dropped_after(polls, ftp.retr_with("whole", &offset)).await;
            let mut plain = there_and_back(&mut ftp, &whole).await;
            if let Err(error) = &plain
                && took_dropped_connection(cell, error)
                && !ftp.is_broken()
            {
                println!("{cell}: after {polls} polls: {error}");
                plain = there_and_back(&mut ftp, &whole).await;
            }
            match plain {
                Ok(()) => {
                    let copy = server.content("copy").expect("a file");
                    assert_eq!(copy, whole, "{cell}: after {polls} polls");
                    stale += usize::from(was_stale(&traffic));
                }
                Err(error) => {
                    let excused = lost_reply(cell, &error) && ftp.is_broken();
                    assert!(
                        excused,
                        "{cell}: after {polls} polls: {error:?}\n{}\n{}",
                        traffic.transcript(),
                        server.log()
                    );
                    println!("{cell}: after {polls} polls: {error}");
                }
            }
            if !stopped {
                break;
            }
        }
        println!("{cell}: {stale} stale markers");
        assert!(stale > 0, "{cell}: no marker was ever left behind");
    }
}

async fn there_and_back(ftp: &mut FtpStream, whole: &[u8]) -> Result<(), Error> {
    assert_eq!(ftp.read("whole").await?, whole);
    ftp.upload("copy", whole).await?;
    Ok(())
}

/// Whether a transfer failed because it was given a data connection that was dropped before.
fn took_dropped_connection(cell: Cell, error: &Error) -> bool {
    cell.kind.has(Quirk::DroppedConnectionUsed)
        && match error {
            Error::Temporary(reply) => reply.code() == 426,
            // The handshake, which the reply has not overtaken.
            Error::Io(error) => {
                cell.tls != Tls::None && error.kind() == io::ErrorKind::ConnectionReset
            }
            Error::Tls(error) => error.kind() == io::ErrorKind::UnexpectedEof,
            _ => false,
        }
}

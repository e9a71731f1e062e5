//! Transfers that nobody sees through.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_ftp::{Error, FtpStream, TransferOptions};

use crate::{
    cell::{Cell, content},
    farm::{Kind, Server},
    options::{Tls, Versions},
    quirks::Quirk,
    traffic::Traffic,
};

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for kind in Kind::ALL {
        cells.push(Cell::new(kind, Tls::None, Versions::Both));
        cells.push(Cell::new(kind, Tls::Explicit, Versions::Only12));
        cells.push(Cell::new(kind, Tls::Explicit, Versions::Only13));
    }
    cells
}

/// Either everything works as if nothing had been, or the session says that it is broken.
async fn in_step_or_broken(cell: Cell, server: &Server, ftp: &mut FtpStream, what: &str) -> bool {
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
            assert!(
                ftp.is_broken(),
                "{cell}: {what}: {error:?}\n{}",
                server.log()
            );
            false
        }
    }
}

#[tokio::test]
async fn a_dropped_upload_is_no_success() {
    for cell in cells() {
        let server = cell.start();
        let mut ftp = cell.login(&server).await;
        let part = content(1 << 20, 4);
        let traffic = Traffic::record();
        let mut upload = ftp.stor("part").await.expect("an upload begins");
        upload.write_all(&part).await.expect("half of it goes up");
        drop(upload);
        if let Err(error) = ftp.noop().await {
            assert!(error.is_broken(), "{cell}: {error:?}");
            may_break(cell, &server);
            continue;
        }
        let replies = traffic.replies_to("STOR");
        println!("{cell}: {replies:?}");
        let last = replies.last().expect("a last reply");
        let expected = match cell.kind {
            Kind::Vsftpd | Kind::Proftpd => "426",
            Kind::PureFtpd => "451",
            // It takes even a reset for the end, which the docs of `Upload` say.
            Kind::Pyftpdlib | Kind::Unftp => "",
        };
        assert!(last.starts_with(expected), "{cell}: {replies:?}");
        if !in_step_or_broken(cell, &server, &mut ftp, "dropped upload").await {
            may_break(cell, &server);
        }
    }
}

/// These two may lose the last reply of a transfer that breaks, so that the session is broken and
/// says so: libunftp's data task panics at a reset, pyftpdlib has been seen to say nothing. With
/// every other server the session lives on.
fn may_break(cell: Cell, server: &Server) {
    let kind = cell.kind;
    assert!(
        matches!(kind, Kind::Unftp | Kind::Pyftpdlib),
        "{cell}\n{}",
        server.log()
    );
}

/// Downloads that nobody reads on.
pub(crate) async fn abandoned(cell: Cell, server: &Server, ftp: &mut FtpStream) {
    server
        .put("large", &content(20 << 20, 5))
        .expect("a file is put there");
    for round in 0..3 {
        let mut download = ftp.retr("large").await.expect("a download begins");
        let mut some = [0; 5000];
        download
            .read_exact(&mut some)
            .await
            .expect("some of it comes down");
        drop(download);
        if !in_step_or_broken(cell, server, ftp, "dropped download").await {
            println!("{cell}: broken in round {round}");
            may_break(cell, server);
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
        let mut download = ftp.retr("large").await.expect("a download begins");
        let mut some = [0; 5000];
        download
            .read_exact(&mut some)
            .await
            .expect("some of it comes down");
        let aborted = download.abort().await;
        drop(download);
        let usable = in_step_or_broken(cell, server, ftp, "aborted download").await;
        if aborted.is_err() || !usable {
            may_break(cell, server);
            *ftp = cell.login(server).await;
        }
        let mut upload = ftp.stor("part").await.expect("an upload begins");
        upload
            .write_all(&content(1 << 20, 4))
            .await
            .expect("half of it goes up");
        let aborted = upload.abort().await;
        drop(upload);
        println!("{cell}: upload aborted: {aborted:?}");
        if !in_step_or_broken(cell, server, ftp, "aborted upload").await {
            may_break(cell, server);
            *ftp = cell.login(server).await;
        }
    }
}

/// Asked to look up by urgent data, the servers that read commands during a transfer are none the
/// worse for it.
#[tokio::test]
async fn telnet_synch_goes_before_an_abort_where_asked() {
    for kind in [Kind::Proftpd, Kind::Vsftpd, Kind::Pyftpdlib] {
        let cell = Cell::new(kind, Tls::None, Versions::Both);
        let server = cell.start();
        server
            .put("large", &content(20 << 20, 5))
            .expect("a file is put there");
        let options = cell.options(&server).telnet_synch(true);
        let mut ftp = options.connect(server.address()).await.expect("a login");
        let mut download = ftp.retr("large").await.expect("a download begins");
        let mut some = [0; 5000];
        download
            .read_exact(&mut some)
            .await
            .expect("some of it comes down");
        let aborted = download.abort().await;
        println!("{cell}: {aborted:?}");
        drop(download);
        let usable = in_step_or_broken(cell, &server, &mut ftp, "interrupted download").await;
        assert!(usable || kind != Kind::Proftpd, "{cell}\n{}", server.log());
    }
}

/// A restart marker that its transfer never followed stays on the server, and the next transfer
/// starts there with a 226.
#[tokio::test]
async fn a_stale_restart_marker_is_taken_away() {
    for cell in cells() {
        let server = cell.start();
        let whole = content(50_000, 6);
        server.put("whole", &whole).expect("a file is put there");
        // Short, because libunftp sometimes forgets to end a transfer on such a connection.
        let options = cell.options(&server).reply_timeout(Duration::from_secs(3));
        let login = async || {
            let session = cell.connect(&server, &options).await;
            session.unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log()))
        };
        let mut ftp = login().await;
        let offset = TransferOptions::new().offset(40_000);
        // Dropped at every await in turn; one of them is that after the 350.
        for polls in 0..40 {
            let traffic = Traffic::record();
            let stopped = {
                let attempt = ftp.retr_with("whole", &offset);
                let mut attempt = std::pin::pin!(attempt);
                let mut polled = 0;
                tokio::time::timeout(
                    Duration::from_secs(20),
                    std::future::poll_fn(|cx| {
                        polled += 1;
                        match attempt.as_mut().poll(cx) {
                            std::task::Poll::Ready(result) => {
                                result.expect("a download begins");
                                std::task::Poll::Ready(false)
                            }
                            std::task::Poll::Pending if polled > polls => {
                                std::task::Poll::Ready(true)
                            }
                            std::task::Poll::Pending => std::task::Poll::Pending,
                        }
                    }),
                )
                .await
                .expect("nothing hangs")
            };
            let plain = async {
                assert_eq!(
                    ftp.read("whole").await?,
                    whole,
                    "{cell}: after {polls} polls"
                );
                ftp.upload("copy", whole.as_slice()).await?;
                Ok::<(), Error>(())
            };
            match plain.await {
                Ok(()) => {
                    assert_eq!(
                        server.content("copy").expect("a file"),
                        whole,
                        "{cell}: {polls}"
                    );
                }
                Err(error) => {
                    assert!(
                        ftp.is_broken() || cell.kind.has(Quirk::DroppedConnectionUsed),
                        "{cell}: {polls}: {error:?}\n{}\n{}",
                        traffic.transcript(),
                        server.log()
                    );
                    println!("{cell}: broken after {polls} polls: {error}");
                    ftp = login().await;
                }
            }
            if !stopped {
                break;
            }
        }
    }
}

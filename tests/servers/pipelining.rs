//! Transfer commands that go out together with the next transfer's `EPSV`.

use tokio_ftp::{Error, FtpStream};

use crate::{
    cell::{Cell, content},
    dropped::{dropped_after, impatient, in_step, lost_reply},
    farm::{Kind, Server},
    options::{Tls, Versions},
    quirks::Quirk,
    summary::tell,
    traffic::Traffic,
};

const TRANSFERS: usize = 120;

fn cells(kind: Kind) -> [Cell; 3] {
    [
        Cell::new(kind, Tls::None, Versions::Both),
        Cell::new(kind, Tls::Explicit, Versions::Only12),
        Cell::new(kind, Tls::Explicit, Versions::Only13),
    ]
    .map(Cell::pipelined)
}

/// Files up and down in turn, of all lengths from nothing on. Every port but the first few is asked
/// for ahead, and used; one more than there are transfers is left at the end. On a server that
/// would not have it, none is. A listing that is refused, for the sake of TLS tickets, uses one up
/// and loses the next.
async fn asks_ahead(cell: Cell, server: &Server) -> Result<(), Error> {
    let bytes = content(200_000, 21);
    let traffic = Traffic::record();
    let mut ftp = cell.login(server).await;
    for number in 0..TRANSFERS / 2 {
        let bytes = &bytes[..number * 3000];
        let path = format!("file {}", number % 7);
        ftp.upload(&path, bytes).await?;
        assert_eq!(server.content(&path).expect("a file"), bytes, "{cell}");
        assert_eq!(ftp.read(&path).await?, bytes, "{cell}: {number}");
    }
    ftp.noop().await?;
    let ports = traffic.replies_to("EPSV");
    let probes = traffic.replies_to("NOOP").len() - 1;
    let refused = traffic.answered(&["LIST", "NLST"]);
    let refused = refused.iter().filter(|line| line.contains(" 425")).count();
    let expected = match cell.kind.has(Quirk::AnswersWithin) {
        true => TRANSFERS,
        false => TRANSFERS + 2 * refused + 1,
    };
    tell(format_args!(
        "pipelining: {cell}: {TRANSFERS} transfers, {} ports, {probes} probes",
        ports.len()
    ));
    assert!(ports.iter().all(|reply| reply.starts_with("229")), "{cell}");
    assert_eq!(ports.len(), expected, "{cell}");
    // The first file is empty, which shows nothing.
    assert!((1..=3).contains(&probes), "{cell}: {probes} probes");
    ftp.quit().await
}

/// A session whose next transfer uses a port that was asked for ahead, where the server has it.
async fn prepared(cell: Cell, server: &Server, whole: &[u8]) -> FtpStream {
    let options = impatient(cell.options(server));
    let session = cell.connect(server, &options).await;
    let mut ftp = session.unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log()));
    for _ in 0..2 {
        ftp.upload("whole", whole).await.expect("a file goes up");
    }
    ftp
}

/// Transfers that are dropped at every await, with a port under way.
async fn may_be_dropped(cell: Cell, server: &Server) {
    let whole = content(50_000, 22);
    for verb in ["RETR", "STOR"] {
        let mut broken = 0;
        for polls in 0..60 {
            let mut ftp = prepared(cell, server, &whole).await;
            let stopped = match verb {
                "RETR" => dropped_after(polls, ftp.retr("whole")).await,
                _ => dropped_after(polls, ftp.stor("other")).await,
            };
            let what = format!("{verb} dropped after {polls} polls");
            match ftp.pwd().await {
                Ok(path) => {
                    assert_eq!(path, "/", "{cell}: {what}");
                    in_step(cell, server, &mut ftp, &what).await;
                }
                Err(error) => {
                    assert!(
                        ftp.is_broken() && lost_reply(cell, &error),
                        "{cell}: {what}: {error:?}\n{}",
                        server.log()
                    );
                    broken += 1;
                }
            }
            if !stopped {
                tell(format_args!(
                    "pipelining: {cell}: {verb} dropped after 0 to {polls} polls, {broken} broken"
                ));
                assert!(polls > 0, "{cell}: never dropped half-way");
                break;
            }
        }
    }
}

async fn all_of_it(kind: Kind) {
    for cell in cells(kind) {
        let server = cell.start();
        asks_ahead(cell, &server)
            .await
            .unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log()));
        may_be_dropped(cell, &server).await;
    }
}

#[tokio::test]
async fn vsftpd_is_asked_ahead() {
    all_of_it(Kind::Vsftpd).await;
}

#[tokio::test]
async fn proftpd_is_asked_ahead() {
    all_of_it(Kind::Proftpd).await;
}

#[tokio::test]
async fn pureftpd_is_asked_ahead() {
    all_of_it(Kind::PureFtpd).await;
}

#[tokio::test]
async fn pyftpdlib_is_not_asked_ahead() {
    all_of_it(Kind::Pyftpdlib).await;
}

#[tokio::test]
async fn libunftp_is_not_asked_ahead() {
    all_of_it(Kind::Unftp).await;
}

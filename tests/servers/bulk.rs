//! The long jobs, once a server over plain and once over explicit TLS.

use std::{collections::BTreeSet, fs, time::Instant};

use futures::{TryStreamExt, future::join_all};
use tokio_ftp::{Error, FtpStream, Result};

use crate::{
    cell::{Cell, content},
    farm::{Kind, Server},
    options::{Tls, Versions},
    pattern::{Comparison, Source},
};

const LARGE: u64 = 256 << 20;
const TRANSFERS: usize = 1000;
const SESSIONS: usize = 64;
const ENTRIES: usize = 20_000;

async fn large_file(ftp: &mut FtpStream) -> Result<()> {
    let sent = ftp.upload("large", Source::new(LARGE)).await?;
    assert_eq!(sent.bytes(), LARGE);
    let mut comparison = Comparison::new();
    let got = ftp.download("large", &mut comparison).await?;
    assert_eq!((got.bytes(), comparison.bytes()), (LARGE, LARGE));
    ftp.delete("large").await
}

/// Up and down in turn. How many data connections resumed a TLS session, and how many did not.
async fn many_transfers(ftp: &mut FtpStream, server: &Server) -> Result<(usize, usize)> {
    let bytes = content(20_000, 12);
    let (mut resumed, mut full) = (0, 0);
    for number in 0..TRANSFERS / 2 {
        let bytes = &bytes[..number * 40];
        let path = format!("file {}", number % 7);
        let sent = ftp.upload(&path, bytes).await?;
        assert_eq!(server.content(&path).expect("a file"), bytes);
        let mut copy = Vec::new();
        let got = ftp.download(&path, &mut copy).await?;
        assert_eq!(copy, bytes, "{number}");
        for facts in [sent, got] {
            match facts.tls_resumed() {
                Some(true) => resumed += 1,
                Some(false) => full += 1,
                None => {}
            }
        }
    }
    Ok((resumed, full))
}

async fn many_sessions(cell: Cell, server: &Server) {
    let sessions = (0..SESSIONS).map(async |number| {
        let mut ftp = cell.connect(server, &cell.options(server)).await?;
        let path = format!("session {number}");
        let bytes = content(100_000 + number, 13);
        ftp.upload(&path, bytes.as_slice()).await?;
        assert_eq!(ftp.read(&path).await?, bytes, "{cell}: {number}");
        // Nobody leaves before all have come.
        Ok::<_, Error>((path, ftp))
    });
    let mut open = Vec::new();
    for session in join_all(sessions).await {
        open.push(session.unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log())));
    }
    for (path, mut ftp) in open {
        ftp.delete(&path).await.expect("the session is there still");
        ftp.quit().await.expect("an end");
    }
}

async fn many_entries(server: &Server, ftp: &mut FtpStream) -> Result<()> {
    server.make_dir("many").expect("a directory");
    let directory = server.root().join("many");
    let name = |number| format!("entry number {number:05}");
    for number in 0..ENTRIES {
        fs::write(directory.join(name(number)), "").expect("a file");
    }
    let entries: Vec<_> = ftp.list("many").await?.try_collect().await?;
    assert_eq!(entries.len(), ENTRIES);
    let names: BTreeSet<_> = entries.iter().map(|e| e.name().to_string()).collect();
    assert!((0..ENTRIES).all(|number| names.contains(&name(number))));
    Ok(())
}

async fn all_of_it(kind: Kind) {
    for tls in [Tls::None, Tls::Explicit] {
        let cell = Cell::new(kind, tls, Versions::Both);
        let server = cell.start();
        let mut ftp = cell.login(&server).await;
        let failed = |what: &str, error: Error| -> ! {
            panic!("{cell}: {what}: {error:?}\n{}", server.log())
        };
        let started = Instant::now();
        large_file(&mut ftp)
            .await
            .unwrap_or_else(|e| failed("256 MiB", e));
        println!("{cell}: 256 MiB up and down in {:?}", started.elapsed());
        let started = Instant::now();
        let (resumed, full) = many_transfers(&mut ftp, &server)
            .await
            .unwrap_or_else(|e| failed("1,000 transfers", e));
        println!(
            "{cell}: {TRANSFERS} transfers, {resumed} resumed, {full} not, in {:?}",
            started.elapsed()
        );
        match tls {
            Tls::None => assert_eq!((resumed, full), (0, 0), "{cell}"),
            _ if kind.resumes(&ftp) => assert_eq!((resumed, full), (TRANSFERS, 0), "{cell}"),
            _ => assert_eq!((resumed, full), (0, TRANSFERS), "{cell}"),
        }
        let started = Instant::now();
        many_sessions(cell, &server).await;
        println!("{cell}: {SESSIONS} sessions in {:?}", started.elapsed());
        let started = Instant::now();
        many_entries(&server, &mut ftp)
            .await
            .unwrap_or_else(|e| failed("20,000 entries", e));
        println!("{cell}: {ENTRIES} entries in {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn vsftpd_does_long_jobs() {
    all_of_it(Kind::Vsftpd).await;
}

#[tokio::test]
async fn proftpd_does_long_jobs() {
    all_of_it(Kind::Proftpd).await;
}

#[tokio::test]
async fn pureftpd_does_long_jobs() {
    all_of_it(Kind::PureFtpd).await;
}

#[tokio::test]
async fn pyftpdlib_does_long_jobs() {
    all_of_it(Kind::Pyftpdlib).await;
}

#[tokio::test]
async fn libunftp_does_long_jobs() {
    all_of_it(Kind::Unftp).await;
}

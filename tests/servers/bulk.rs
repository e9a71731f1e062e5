//! The long jobs, once a server over plain and once over explicit TLS; 1,000 transfers in both of
//! its versions.

use std::{
    fs::{self, File},
    io::Read,
    os::unix::fs::{PermissionsExt, chown},
    time::{Duration, Instant, SystemTime},
};

use futures::{TryStreamExt, future::join_all};
use tokio::io::AsyncWriteExt;
use tokio_ftp::{Error, FtpStream, Result};

use crate::{
    cell::{Cell, content},
    entries::{by_list, compare},
    farm::{Kind, Server},
    options::{Tls, Versions},
    pattern::{Comparison, Source},
    setup::ID,
    summary::tell,
};

const LARGE: u64 = 256 << 20;
const TRANSFERS: usize = 1000;
const SESSIONS: usize = 64;
const ENTRIES: usize = 20_000;

async fn large_file(ftp: &mut FtpStream, server: &Server) -> Result<()> {
    let sent = ftp.upload("large", Source::new(LARGE)).await?;
    assert_eq!(sent.bytes(), LARGE);
    let mut stored = File::open(server.root().join("large")).expect("a file");
    let mut comparison = Comparison::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let length = stored.read(&mut buffer).expect("it can be read");
        if length == 0 {
            break;
        }
        let compared = comparison.write_all(&buffer[..length]).await;
        compared.expect("the bytes that were sent");
    }
    assert_eq!(comparison.bytes(), LARGE);
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

/// Made once for both cells, in a directory of the user's.
fn fill(server: &Server) {
    server.make_dir("many").expect("a directory");
    let directory = server.root().join("many");
    let now = SystemTime::now();
    for number in 0..u32::try_from(ENTRIES).expect("not that many") {
        let path = directory.join(format!("entry number {number:05}"));
        if number % 50 == 0 {
            fs::create_dir(&path).expect("a directory");
        } else {
            let file = File::create(&path).expect("a file");
            file.set_len(u64::from(number) * 997).expect("a length");
            let age = Duration::from_secs(3600 * 24 * u64::from(number % 1000));
            file.set_modified(now - age).expect("a time");
        }
        let mode = [0o644, 0o600, 0o755, 0o640, 0o444][(number % 5) as usize];
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        chown(&path, Some(ID), Some(ID)).expect("an owner");
    }
}

/// By what `list` takes, and once by LIST too where that was MLSD.
async fn many_entries(cell: Cell, server: &Server, ftp: &mut FtpStream) -> Result<()> {
    fill(server);
    let directory = server.root().join("many");
    let entries: Vec<_> = ftp.list("many").await?.try_collect().await?;
    assert_eq!(entries.len(), ENTRIES);
    compare(&cell.to_string(), server, &directory, &entries);
    if cell.tls == Tls::None && ftp.features().await?.has("MLST") {
        let entries = by_list(ftp, "many").await?;
        assert_eq!(entries.len(), ENTRIES);
        compare(&format!("{cell} LIST"), server, &directory, &entries);
    }
    Ok(())
}

struct Job {
    cell: Cell,
    server: Server,
    ftp: FtpStream,
}

impl Job {
    async fn new(cell: Cell) -> Self {
        let server = cell.start();
        let ftp = cell.login(&server).await;
        Self { cell, server, ftp }
    }

    /// Tells how long it took.
    fn done<T>(&self, what: &str, started: Instant, result: Result<T>) -> T {
        let (cell, log) = (self.cell, || self.server.log());
        println!("{cell}: {what} in {:?}", started.elapsed());
        result.unwrap_or_else(|e| panic!("{cell}: {what}: {e:?}\n{}", log()))
    }
}

async fn all_of_it(kind: Kind) {
    for tls in [Tls::None, Tls::Explicit] {
        let mut job = Job::new(Cell::new(kind, tls, Versions::Both)).await;
        let started = Instant::now();
        let result = large_file(&mut job.ftp, &job.server).await;
        job.done("256 MiB up and down", started, result);
        let started = Instant::now();
        many_sessions(job.cell, &job.server).await;
        job.done("64 sessions", started, Ok(()));
        let started = Instant::now();
        let result = many_entries(job.cell, &job.server, &mut job.ftp).await;
        job.done("20,000 entries", started, result);
    }
}

/// Every data connection resumes the TLS session, wherever the server gives anything to resume it
/// with, in either version.
async fn a_thousand(cell: Cell) {
    let mut job = Job::new(cell).await;
    let started = Instant::now();
    let result = many_transfers(&mut job.ftp, &job.server).await;
    let (resumed, full) = job.done("1,000 transfers", started, result);
    tell(format_args!(
        "resumption: {cell}: {resumed} resumed, {full} not"
    ));
    let expected = match cell.tls {
        Tls::None => (0, 0),
        _ if cell.kind.resumes(&job.ftp) => (TRANSFERS, 0),
        _ => (0, TRANSFERS),
    };
    assert_eq!((resumed, full), expected, "{cell}");
}

/// The three at the same time, because libunftp mostly waits: 40 ms a transfer, for the client's
/// acknowledgement of the 150 before it sends the 226.
async fn a_thousand_each(kind: Kind) {
    tokio::join!(
        a_thousand(Cell::new(kind, Tls::None, Versions::Both)),
        a_thousand(Cell::new(kind, Tls::Explicit, Versions::Only12)),
        a_thousand(Cell::new(kind, Tls::Explicit, Versions::Only13)),
    );
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

#[tokio::test]
async fn vsftpd_resumes_a_thousand_transfers() {
    a_thousand_each(Kind::Vsftpd).await;
}

#[tokio::test]
async fn proftpd_resumes_a_thousand_transfers() {
    a_thousand_each(Kind::Proftpd).await;
}

#[tokio::test]
async fn pureftpd_makes_a_thousand_transfers() {
    a_thousand_each(Kind::PureFtpd).await;
}

#[tokio::test]
async fn pyftpdlib_resumes_a_thousand_transfers() {
    a_thousand_each(Kind::Pyftpdlib).await;
}

#[tokio::test]
async fn libunftp_resumes_a_thousand_transfers() {
    a_thousand_each(Kind::Unftp).await;
}

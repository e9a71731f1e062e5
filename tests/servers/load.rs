//! Ten thousand sessions at once, from one process to another.

use std::{
    env, fs,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, TryStreamExt, stream};
use tokio::{
    runtime::{Builder, Handle},
    sync::Semaphore,
    time::Instant,
};
use tokio_ftp::{ConnectOptions, Error, FtpStream};

use crate::{
    cell::{Cell, content},
    farm::Kind,
    leaks::{alive_tasks_at_most, sockets_to},
    options::{Tls, Versions},
};

const SESSIONS: usize = 10_000;

/// How many of them transfer at a time.
const TRANSFERS: usize = 500;

/// How many log in at a time; the server answers them one by one.
const LOGINS: usize = 100;

/// How many bytes of memory a session without TLS may take while it does nothing.
const MEMORY: usize = 12 * 1024;

/// Says that this process has nothing else to do.
const ALONE: &str = "TOKIO_FTP_LOAD_ALONE";

/// In a process of its own, whose memory no other test takes.
#[test]
fn ten_thousand_sessions_at_once() {
    if env::var_os(ALONE).is_some() {
        let mut runtime = Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build();
        return runtime.expect("a runtime").block_on(sessions_at_once());
    }
    let this = env::current_exe().expect("Linux tells");
    let status = Command::new(this)
        .args([
            "load::ten_thousand_sessions_at_once",
            "--exact",
            "--nocapture",
        ])
        .env(ALONE, "1")
        .status();
    assert!(status.expect("it starts").success());
}

async fn sessions_at_once() {
    let cell = Cell::new(Kind::Pyftpdlib, Tls::None, Versions::Both);
    let server = cell.start();
    let fetched = content(20_000, 1);
    server
        .put("small/fetched", &fetched)
        .expect("a file is put there");
    // Each is one of ten thousand, and waits for the others.
    let options = cell
        .options(&server)
        .connect_timeout(Duration::from_secs(120))
        .data_timeout(Duration::from_secs(120));
    let tasks = Handle::current().metrics().num_alive_tasks();

    let started = Instant::now();
    let before = resident();
    let sessions: Vec<_> = stream::iter(0..SESSIONS)
        .map(|_| connect(&options, server.address()))
        .buffer_unordered(LOGINS)
        .try_collect()
        .await
        .unwrap_or_else(|error: Error| panic!("{error:?}\n{}", server.log()));
    let each = resident().saturating_sub(before) / SESSIONS;
    println!(
        "{SESSIONS} sessions in {:?}, {each} bytes of resident memory each",
        started.elapsed()
    );
    assert_eq!(sockets_to(server.port()), SESSIONS);
    assert!(each < MEMORY, "{each} bytes a session");

    let started = Instant::now();
    let turns = Arc::new(Semaphore::new(TRANSFERS));
    let (fetched, failures) = (Arc::new(fetched), Arc::new(AtomicUsize::new(0)));
    let working: Vec<_> = sessions
        .into_iter()
        .enumerate()
        .map(|(number, mut ftp)| {
            let (turns, fetched) = (Arc::clone(&turns), Arc::clone(&fetched));
            let failures = Arc::clone(&failures);
            tokio::spawn(async move {
                let turn = turns.acquire().await.expect("nobody closes it");
                if let Err(error) = work(&mut ftp, number, &fetched).await {
                    println!("session {number}: {error:?}");
                    failures.fetch_add(1, Ordering::Relaxed);
                }
                drop(turn);
                ftp
            })
        })
        .collect();
    let mut sessions = Vec::new();
    for session in working {
        sessions.push(session.await.expect("no session panics"));
    }
    println!(
        "{SESSIONS} times a listing, a download, an upload in {:?}, {failures:?} failures",
        started.elapsed()
    );
    assert_eq!(failures.load(Ordering::Relaxed), 0);
    for number in [0, SESSIONS / 2, SESSIONS - 1] {
        let stored = server.content(format!("stored-{number}"));
        assert_eq!(stored.expect("a file"), own(number), "{number}");
    }
    assert_eq!(sockets_to(server.port()), SESSIONS);

    drop(sessions);
    assert_eq!(sockets_to(server.port()), 0);
    alive_tasks_at_most(tasks).await;
}

async fn connect(
    options: &ConnectOptions,
    address: std::net::SocketAddr,
) -> Result<FtpStream, Error> {
    let mut ftp = options.connect(address).await?;
    ftp.noop().await?;
    Ok(ftp)
}

/// What one session does; a listing of ten thousand files each time would be the server's work.
async fn work(ftp: &mut FtpStream, number: usize, fetched: &[u8]) -> Result<(), Error> {
    let entries: Vec<_> = ftp.list("small").await?.try_collect().await?;
    assert_eq!(entries.len(), 1, "{number}");
    assert!(
        ftp.read("small/fetched").await? == fetched,
        "{number}: other bytes"
    );
    ftp.upload(format!("stored-{number}"), &own(number)[..])
        .await?;
    Ok(())
}

fn own(number: usize) -> Vec<u8> {
    format!("the file of session {number}\n")
        .repeat(20)
        .into_bytes()
}

/// The resident memory of this process, in bytes.
fn resident() -> usize {
    let statm = fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    4096 * pages.unwrap_or(0_usize)
}

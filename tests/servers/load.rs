//! Ten thousand sessions at once, from one process to another.

use std::{
    env, fs,
    net::SocketAddr,
    process::{Command, Stdio},
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
    summary::tell,
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

/// How a line of the summary begins.
const SUMMARY: &str = "load: ";

/// In a process of its own, whose memory no other test takes.
#[test]
fn ten_thousand_sessions_at_once() {
    if env::var_os(ALONE).is_some() {
        let mut runtime = Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build();
        return runtime.expect("a runtime").block_on(sessions_at_once());
    }
    let this = env::current_exe().expect("Linux tells");
    // The runner leaves out the crate's name.
    let (_, module) = module_path!()
        .split_once("::")
        .expect("a crate and a module");
    let test = format!("{module}::ten_thousand_sessions_at_once");
    let output = Command::new(this)
        .args([&test, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .stderr(Stdio::inherit())
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    tell(format_args!("{said}"));
    assert!(output.status.success(), "{}", output.status);
    // A run of no test at all succeeds, too.
    let lines = said.lines().filter(|line| line.starts_with(SUMMARY));
    assert_eq!(lines.count(), 2, "{said}");
}

async fn sessions_at_once() {
    let (limit, needed) = (descriptors(), SESSIONS + TRANSFERS + 500);
    assert!(
        limit >= needed,
        "this test needs {needed} open files in a process and may have {limit}: `ulimit -n {needed}`"
    );
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
        "{SUMMARY}{SESSIONS} sessions in {:?}, {each} bytes of resident memory each",
        started.elapsed()
    );
    assert_eq!(sockets_to(&server), SESSIONS);
    assert!(each > 0, "sessions take some memory");
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
        "{SUMMARY}{SESSIONS} times a listing, a download, an upload in {:?}, {failures:?} failures",
        started.elapsed()
    );
    assert_eq!(failures.load(Ordering::Relaxed), 0);
    for number in 0..SESSIONS {
        let stored = server.content(format!("stored-{number}"));
        assert_eq!(stored.expect("a file"), own(number), "{number}");
    }
    assert_eq!(sockets_to(&server), SESSIONS);

    drop(sessions);
    assert_eq!(sockets_to(&server), 0);
    alive_tasks_at_most(tasks).await;
}

async fn connect(options: &ConnectOptions, address: SocketAddr) -> Result<FtpStream, Error> {
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
    let status = fs::read_to_string("/proc/self/status").expect("Linux has it");
    let kibibytes: usize = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"))
        .and_then(|number| number.trim().parse().ok())
        .expect("a line like `VmRSS:   1234 kB`");
    1024 * kibibytes
}

/// How many files this process may have open, and each server that it starts.
fn descriptors() -> usize {
    let limits = fs::read_to_string("/proc/self/limits").expect("Linux has it");
    let limit = limits
        .lines()
        .find_map(|line| {
            line.strip_prefix("Max open files")?
                .split_ascii_whitespace()
                .next()
        })
        .expect("a line like `Max open files   1024   4096   files`");
    limit.parse().unwrap_or(usize::MAX) // `unlimited`
}

//! Many sessions for a while, with callers that give up and a server whose processes are killed.
//!
//! It takes 60 seconds, or as many as `STORM_SECONDS` says.

use std::{
    env, fs,
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use futures::{TryStreamExt, future::join_all};
use tokio::{runtime::Handle, time::timeout};
use tokio_ftp::{Error, FtpStream, TransferOptions};

use crate::{
    cell::{Cell, content},
    chance::Chance,
    farm::{Kind, Server},
    leaks::{alive_tasks_at_most, sockets_to},
    options::{Tls, Versions},
};

/// Half of them plain, half of them over TLS.
const SESSIONS: usize = 64;

/// How long one operation may take at the most; all its deadlines are shorter.
const LONGEST: Duration = Duration::from_secs(90);

/// How often a process of the server is killed.
const KILL_EVERY: Duration = Duration::from_millis(300);

#[derive(Debug, Default)]
struct Tally {
    done: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
    broken: AtomicU64,
    killed: AtomicU64,
    logins: AtomicU64,
    /// Bytes that were compared.
    bytes: AtomicU64,
}

fn add(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_in_a_storm() {
    let seconds = env::var("STORM_SECONDS").map_or(60, |text| text.parse().expect("a number"));
    let seed = 20_000;
    let tasks = Handle::current().metrics().num_alive_tasks();
    let servers = [Tls::None, Tls::Explicit].map(|tls| {
        let cell = Cell::new(Kind::Vsftpd, tls, Versions::Both);
        (cell, cell.start())
    });
    let tally = Tally::default();
    let end = Instant::now() + Duration::from_secs(seconds);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| kill(&servers, &tally, &over));
        let _over = Over(&over);
        tokio::task::block_in_place(|| {
            let mut chance = Chance::new(seed);
            let workers = (0..SESSIONS).map(|number| {
                let (cell, server) = &servers[number % 2];
                worker(*cell, server, number, chance.split(), end, &tally)
            });
            Handle::current().block_on(join_all(workers));
        });
    });
    println!("seed {seed}, {seconds} s: {tally:?}");
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    assert!(read(&tally.done) > 20 * seconds, "{tally:?}");
    assert!(read(&tally.bytes) > 1_000_000 * seconds, "{tally:?}");
    for counter in [&tally.killed, &tally.broken, &tally.cancelled] {
        assert!(read(counter) > seconds / 2, "{tally:?}");
    }
    for (cell, server) in &servers {
        assert_eq!(sockets_to(server.port()), 0, "{cell}");
    }
    alive_tasks_at_most(tasks).await;
}

/// Says that it is over, also when a worker panics.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Kills a process of some session now and then.
fn kill(servers: &[(Cell, Server); 2], tally: &Tally, over: &AtomicBool) {
    let mut chance = Chance::new(7);
    while !over.load(Ordering::Relaxed) {
        thread::sleep(KILL_EVERY);
        let (_, server) = &servers[chance.below(2)];
        let processes = session_processes(&server.root());
        if processes.is_empty() {
            continue;
        }
        let victim = &processes[chance.below(processes.len())];
        // It may have ended by itself in the meantime.
        let status = Command::new("kill").args(["-KILL", victim]).status();
        add(
            &tally.killed,
            u64::from(status.is_ok_and(|status| status.success())),
        );
    }
}

/// The processes of a server's sessions: those whose parent is one of that server, too.
fn session_processes(root: &Path) -> Vec<String> {
    let directory = root.parent().expect("it is in the server's directory");
    let directory = directory.to_string_lossy();
    let mut servers = Vec::new();
    for process in fs::read_dir("/proc").expect("Linux has it").flatten() {
        let id = process.file_name().to_string_lossy().into_owned();
        let read = |file: &str| fs::read_to_string(process.path().join(file)).unwrap_or_default();
        let line = read("cmdline");
        let is_server = line.contains("vsftpd.conf") && line.contains(&*directory);
        if is_server && !line.starts_with("bash") && !line.contains("unshare") {
            let status = read("stat");
            let parent = status.rsplit(')').next().unwrap_or_default();
            let parent = parent.split_ascii_whitespace().nth(1).unwrap_or_default();
            servers.push((id, parent.to_owned()));
        }
    }
    let is_server = |id: &str| servers.iter().any(|(other, _)| other == id);
    let sessions = servers.iter().filter(|(_, parent)| is_server(parent));
    sessions.map(|(id, _)| id.clone()).collect()
}

/// Works until the end, with a new session whenever one is broken.
async fn worker(
    cell: Cell,
    server: &Server,
    number: usize,
    mut chance: Chance,
    end: Instant,
    tally: &Tally,
) {
    // A session that has lost one of its two processes may say nothing at all.
    let seconds = Duration::from_secs;
    let options = cell
        .options(server)
        .connect_timeout(seconds(10))
        .reply_timeout(seconds(5))
        .data_timeout(seconds(5))
        .idle_timeout(seconds(5))
        .final_timeout(seconds(10))
        .settle_timeout(seconds(5));
    let mut round = 0;
    let mut session: Option<FtpStream> = None;
    while Instant::now() < end {
        round += 1;
        let what = format!("{cell}, session {number}, round {round}");
        let mut ftp = match session.take() {
            Some(ftp) => ftp,
            None => match options.connect(server.address()).await {
                Ok(ftp) => {
                    add(&tally.logins, 1);
                    ftp
                }
                // Killed before it greeted.
                Err(error) => {
                    assert!(is_typed(&error), "{what}: {error:?}");
                    continue;
                }
            },
        };
        // What was given up half-way may still arrive under its old name.
        let name = format!("file-{number}-{round}");
        let patience = if chance.one_in(5) {
            chance.up_to_ms(30)
        } else {
            LONGEST
        };
        let operation = operate(&mut ftp, server, &name, &mut chance, tally);
        match timeout(patience, operation).await {
            Ok(Ok(())) => add(&tally.done, 1),
            Ok(Err(error)) => {
                assert!(is_typed(&error), "{what}: {error:?}\n{}", server.log());
                add(&tally.failed, 1);
            }
            Err(_) => {
                assert!(patience < LONGEST, "{what}: no end\n{}", server.log());
                add(&tally.cancelled, 1);
            }
        }
        match timeout(LONGEST, ftp.pwd()).await {
            Ok(Ok(path)) => {
                assert_eq!(path, "/", "{what}");
                session = Some(ftp);
            }
            Ok(Err(error)) => {
                // It may be killed in this very moment; and then it says so from now on.
                assert!(is_typed(&error), "{what}: {error:?}");
                assert!(
                    ftp.noop().await.is_err_and(|error| error.is_broken()),
                    "{what}"
                );
                add(&tally.broken, 1);
            }
            Err(_) => panic!("{what}: no end afterwards"),
        }
    }
}

/// Whether it says that the connection went or fell silent, as it does when its process is killed;
/// or repeats what the process says that lives on beside it, which begins with `OOPS`.
fn is_typed(error: &Error) -> bool {
    match error {
        Error::Broken(cause) => is_typed(cause),
        Error::Io(_) => error.is_transient(),
        // It says that in the clear under TLS, too.
        Error::Tls(_) => true,
        Error::Truncated { .. } | Error::Temporary(_) | Error::Timeout(_) => true,
        error => error
            .reply()
            .is_some_and(|reply| reply.text().contains("OOPS")),
    }
}

/// One thing after the other with a file that nobody else has, and all bytes compared.
async fn operate(
    ftp: &mut FtpStream,
    server: &Server,
    name: &str,
    chance: &mut Chance,
    tally: &Tally,
) -> Result<(), Error> {
    let longest = chance.pick(&[1, 100, 200_000, 200_000]);
    let length = chance.below(longest);
    let mut whole = content(length, chance.below(255) as u8);
    ftp.upload(name, &whole[..]).await?;
    let compare = |whole: &[u8]| {
        let stored = server.content(name).expect("it was confirmed");
        assert!(stored == whole, "{name}: {} bytes stored", stored.len());
        add(&tally.bytes, whole.len() as u64);
    };
    compare(&whole);
    match chance.below(5) {
        0 => {
            let more = content(5_000, 3);
            let options = TransferOptions::new().append(true);
            let mut upload = ftp.stor_with(name, &options).await?;
            tokio::io::AsyncWriteExt::write_all(&mut upload, &more).await?;
            upload.finish().await?;
            whole.extend_from_slice(&more);
            compare(&whole);
        }
        1 => {
            let entries: Vec<_> = ftp.list("").await?.try_collect().await?;
            let entry = entries.iter().find(|entry| entry.name() == *name);
            let size = entry.and_then(|entry| entry.size());
            assert_eq!(size, Some(whole.len() as u64), "{name}");
        }
        2 => {
            // Left in the middle; the session goes on.
            let mut download = ftp.retr(name).await?;
            download.chunk().await?;
            if chance.one_in(2) {
                download.abort().await?;
            }
        }
        3 => {
            let (session, _) = name.rsplit_once('-').expect("it has a round");
            let mut upload = ftp.stor(format!("{session}-left")).await?;
            tokio::io::AsyncWriteExt::write_all(&mut upload, &whole).await?;
        }
        _ => {}
    }
    let read = ftp.read(name).await?;
    assert!(read == whole, "{name}: {} bytes came", read.len());
    add(&tally.bytes, whole.len() as u64);
    ftp.delete(name).await
}

//! Many sessions for a while, with callers that give up and a server whose processes are killed.
//!
//! It takes 60 seconds, or as many as `STORM_SECONDS` says.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::Path,
    process::{Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use futures::{TryStreamExt, future::join_all};
use tokio::{io::AsyncWriteExt, runtime::Handle, time::timeout};
use tokio_ftp::{Error, FtpStream, Phase, TransferOptions};

use crate::{
    cell::{Cell, content},
    chance::Chance,
    farm::{Kind, Server},
    leaks::{alive_tasks_at_most, sockets_to},
    options::{Tls, Versions},
    summary::tell,
};

/// Half of them plain, half of them over TLS.
const SESSIONS: usize = 64;

/// How long one operation may take at the most; all its deadlines are shorter.
const LONGEST: Duration = Duration::from_secs(90);

/// How often a process of the server is killed.
const KILL_EVERY: Duration = Duration::from_millis(300);

/// How many processes of sessions are killed each second at the least, of a bit more than three.
const KILLED: u64 = 2;

/// How many sessions or operations of a server may fail for no reason but a busy machine.
const SLACK: u64 = 5;

/// A server and what became of its sessions.
#[derive(Debug)]
struct Side {
    cell: Cell,
    server: Server,
    tally: Tally,
}

impl Side {
    /// How many sessions vsftpd says it ended by itself, which it does in two cases, both of TLS.
    /// A data connection whose handshake is cut, as it is by whoever gives up just then: it says
    /// `500 OOPS`, and in the clear. And a data connection that does not resume a session: under
    /// TLS 1.3 the tickets of uploads that are left in the middle are lost.
    fn ended_by_vsftpd(&self) -> u64 {
        let log = self.server.root().with_file_name("log").join("vsftpd");
        let log = fs::read(log).expect("a log");
        let log = String::from_utf8_lossy(&log);
        let cut = log.matches("SSL_accept failed").count() as u64;
        let not_resumed = log.matches("No SSL session reuse on data channel").count() as u64;
        let (cell, tally) = (self.cell, &self.tally);
        tell(format_args!(
            "storm: {cell}: vsftpd ended {cut} sessions at a handshake, {not_resumed} for no resumption"
        ));
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let given_up = read(&tally.cancelled) + read(&tally.killed);
        assert!(cut <= given_up, "{cell}: {cut} handshakes cut, {tally:?}");
        assert!(
            not_resumed <= read(&tally.left),
            "{cell}: {not_resumed} not resumed, {tally:?}"
        );
        cut + not_resumed
    }
}

#[derive(Debug, Default)]
struct Tally {
    done: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
    /// Sessions that ended before their time.
    broken: AtomicU64,
    /// Uploads that were left in the middle.
    left: AtomicU64,
    killed: AtomicU64,
    logins: AtomicU64,
    /// Connections that ended before the login did.
    failed_logins: AtomicU64,
    /// Bytes that were compared.
    bytes: AtomicU64,
    /// What was said of all that failed, and how often.
    errors: Mutex<BTreeMap<String, u64>>,
}

impl Tally {
    /// One kill ends one session at the most, and nothing else does but what vsftpd says it ended
    /// by itself.
    fn check(&self, cell: Cell, seconds: u64, ended: u64) {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (done, failed, broken) = (read(&self.done), read(&self.failed), read(&self.broken));
        let (killed, cancelled) = (read(&self.killed), read(&self.cancelled));
        assert!(done > 10 * seconds, "{cell}: {self:?}");
        assert!(read(&self.bytes) > 500_000 * seconds, "{cell}: {self:?}");
        assert!(cancelled > seconds / 4, "{cell}: {self:?}");
        assert!(broken > seconds / 4, "{cell}: {self:?}");
        let broken = broken + read(&self.failed_logins);
        assert!(broken <= killed + ended + SLACK, "{cell}: {self:?}");
        assert!(failed <= broken + SLACK, "{cell}: {self:?}");
    }

    fn note(&self, when: &str, error: &Error) {
        let mut errors = self.errors.lock().expect("nobody panics with it");
        *errors.entry(format!("{when}: {error}")).or_default() += 1;
    }
}

fn add(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_in_a_storm() {
    let seconds = env::var("STORM_SECONDS").map_or(60, |text| text.parse().expect("a number"));
    let seed = 20_000;
    let tasks = Handle::current().metrics().num_alive_tasks();
    let sides = [Tls::None, Tls::Explicit].map(|tls| {
        let cell = Cell::new(Kind::Vsftpd, tls, Versions::Both);
        let (server, tally) = (cell.start(), Tally::default());
        Side {
            cell,
            server,
            tally,
        }
    });
    let end = Instant::now() + Duration::from_secs(seconds);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| kill(&sides, &over));
        let _over = Over(&over);
        tokio::task::block_in_place(|| {
            let mut chance = Chance::new(seed);
            let workers =
                (0..SESSIONS).map(|number| worker(&sides[number % 2], number, chance.split(), end));
            Handle::current().block_on(join_all(workers));
        });
    });
    let killed: u64 = sides
        .iter()
        .map(|side| side.tally.killed.load(Ordering::Relaxed))
        .sum();
    assert!(killed >= KILLED * seconds, "{killed} killed: {sides:?}");
    for side in &sides {
        let Side {
            cell,
            server,
            tally,
        } = side;
        tell(format_args!(
            "storm: {cell}, seed {seed}, {seconds} s: {tally:#?}"
        ));
        tally.check(*cell, seconds, side.ended_by_vsftpd());
        let mut ftp = cell.login(server).await;
        let whole = content(100_000, 4);
        ftp.upload("at the end", &whole[..])
            .await
            .expect("a file goes up");
        assert_eq!(
            server.content("at the end").expect("a file"),
            whole,
            "{cell}"
        );
        let read = ftp.read("at the end").await.expect("a file comes down");
        assert_eq!(read, whole, "{cell}");
        ftp.quit().await.expect("a farewell");
        assert_eq!(sockets_to(server), 0, "{cell}");
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
fn kill(sides: &[Side; 2], over: &AtomicBool) {
    let mut chance = Chance::new(7);
    let mut next = Instant::now();
    while !over.load(Ordering::Relaxed) {
        next += KILL_EVERY;
        thread::sleep(next.saturating_duration_since(Instant::now()));
        let Side { server, tally, .. } = &sides[chance.below(2)];
        let processes = session_processes(&server.root());
        if processes.is_empty() {
            continue;
        }
        let victim = &processes[chance.below(processes.len())];
        // It may have ended by itself in the meantime.
        if vsftpd_parent(victim).is_none() {
            continue;
        }
        let status = Command::new("kill")
            .args(["-KILL", victim])
            .stderr(Stdio::null())
            .status();
        let killed = status.is_ok_and(|status| status.success());
        add(&tally.killed, u64::from(killed));
    }
}

/// The processes of a server's sessions: those whose parent is a vsftpd, too. That of the listener
/// is a shell.
fn session_processes(root: &Path) -> Vec<String> {
    let directory = root.parent().expect("it is in the server's directory");
    let configuration = directory.join("etc/vsftpd.conf");
    let configuration = configuration.to_string_lossy();
    fs::read_dir("/proc")
        .expect("Linux has it")
        .flatten()
        .map(|process| process.file_name().to_string_lossy().into_owned())
        .filter(|id| id.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|id| {
            vsftpd_parent(id).is_some_and(|parent| vsftpd_parent(&parent).is_some())
                && about(id, "cmdline").contains(&*configuration)
        })
        .collect()
}

/// The parent of a process that is a vsftpd and lives; nothing of any other.
fn vsftpd_parent(id: &str) -> Option<String> {
    if about(id, "comm") != "vsftpd\n" {
        return None;
    }
    let stat = about(id, "stat");
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut rest = rest.split(' ');
    let lives = rest.next() != Some("Z");
    rest.next().filter(|_| lives).map(str::to_owned)
}

/// What Linux tells of a process, nothing once it is gone.
fn about(id: &str, file: &str) -> String {
    fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default()
}

/// Works until the end, with a new session whenever one is broken.
async fn worker(side: &Side, number: usize, mut chance: Chance, end: Instant) {
    let Side {
        cell,
        server,
        tally,
    } = side;
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
                // Killed before it let anybody in, in whatever words: those of the process that lives
                // on may even stand in the clear behind the 234. The listener never is.
                Err(error) => {
                    assert!(!is_refused(&error), "{what}: {error:?}");
                    tally.note("login", &error);
                    add(&tally.failed_logins, 1);
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
        let outcome = timeout(patience, operation).await;
        let cancelled = outcome.is_err();
        match outcome {
            Ok(Ok(())) => add(&tally.done, 1),
            Ok(Err(error)) => {
                tally.note("failed", &error);
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
                tally.note(
                    if cancelled {
                        "broken after a cancellation"
                    } else {
                        "broken"
                    },
                    &error,
                );
                assert!(is_typed(&error), "{what}: {error:?}");
                // A process that loses its other half may say `500 OOPS` for a reply before the
                // connection ends, and a reply may be late: neither breaks a session yet.
                if !ftp.is_broken() {
                    let is_alive =
                        error.reply().is_some() || matches!(error, Error::Timeout(Phase::Reply));
                    assert!(is_alive, "{what}: {error:?}");
                    match ftp.pwd().await {
                        Ok(path) => {
                            assert_eq!(path, "/", "{what}");
                            tally.note("in step again after", &error);
                            session = Some(ftp);
                            continue;
                        }
                        Err(again) => {
                            tally.note("broken only then", &again);
                            assert!(is_typed(&again), "{what}: {error:?}, {again:?}");
                        }
                    }
                }
                let again = ftp.noop().await;
                assert!(
                    again.as_ref().is_err_and(Error::is_broken),
                    "{what}: {error:?}, {again:?}"
                );
                add(&tally.broken, 1);
            }
            Err(_) => panic!("{what}: no end afterwards"),
        }
    }
}

fn is_refused(error: &Error) -> bool {
    matches!(error, Error::Io(cause) if cause.kind() == io::ErrorKind::ConnectionRefused)
}

/// Whether it says that the connection went or fell silent, as it does when its process is killed;
/// or repeats what the process says that lives on beside it.
fn is_typed(error: &Error) -> bool {
    match error {
        Error::Broken(cause) | Error::Unconfirmed { cause, .. } => is_typed(cause),
        Error::Io(_) => error.is_transient(),
        // vsftpd says `500 OOPS` in the clear under TLS, too.
        Error::Tls(cause) => {
            error.is_transient() || format!("{cause:?}").contains("InvalidContentType")
        }
        Error::Truncated { .. } | Error::Timeout(_) => true,
        error => error.reply().is_some_and(|reply| {
            // A data connection is lost, or does not resume a session.
            reply.text().contains("OOPS") || [421, 425, 426, 522].contains(&reply.code().into())
        }),
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
            upload.write_all(&more).await?;
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
            upload.write_all(&whole).await?;
            add(&tally.left, 1);
        }
        _ => {}
    }
    let read = ftp.read(name).await?;
    assert!(read == whole, "{name}: {} bytes came", read.len());
    add(&tally.bytes, whole.len() as u64);
    ftp.delete(name).await
}

//! Sessions that do this and that, are cancelled now and then, and have bad luck with their links:
//! thousands of them, each decided by a seed.
//!
//! `SEED=5 cargo test --test it -- schedules` plays one again.

use std::{
    env,
    io::{self, Write},
    ops::Range,
    sync::Arc,
    time::Duration,
};

use futures::TryStreamExt;
use tokio::{io::AsyncWriteExt, time::timeout};
use tokio_ftp::{ConnectOptions, Error, FtpStream, Result, TlsMode};

use super::{
    chance::Chance,
    fault::{Direction, Fault, Faults, FaultyNetwork, Kind},
    server::{Disk, Manner, Server},
    weather::Weather,
};
use crate::support::{certs::certificate, network::Network, pattern};

const PLAIN_SEEDS: u64 = 2_000;
const ENCRYPTED_SEEDS: u64 = 300;

/// How many operations a seed has.
const STEPS: usize = 10;

/// How long one may take, whatever happens to it.
pub(super) const LONGEST: Duration = Duration::from_secs(120);

/// The files of one session.
struct Names([String; 3]);

impl Names {
    fn new(session: usize) -> Self {
        Self(["one", "two", "three"].map(|name| format!("{name}-{session}")))
    }
}

#[derive(Debug, Default)]
struct Tally {
    done: usize,
    /// Of these, so many before any link could fail and anything was cancelled.
    calm: usize,
    failed: usize,
    cancelled: usize,
    sessions: usize,
}

#[tokio::test(start_paused = true)]
async fn plain() {
    play(TlsMode::Off, PLAIN_SEEDS).await;
}

#[tokio::test(start_paused = true)]
async fn encrypted() {
    play(TlsMode::Explicit, ENCRYPTED_SEEDS).await;
}

async fn play(mode: TlsMode, seeds: u64) {
    let seeds = self::seeds(seeds);
    let mut tally = Tally::default();
    for seed in seeds.clone() {
        schedule(mode, seed, &mut tally).await;
    }
    let count = (seeds.end - seeds.start) as usize;
    // Past the harness, which keeps to itself what is printed.
    writeln!(
        io::stderr(),
        "schedules: {mode:?}: {count} seeds: {tally:?}"
    )
    .unwrap();
    let is_much = tally.done > count * STEPS / 2
        && tally.calm > count
        && tally.failed.min(tally.cancelled) > count / 4;
    assert!(count == 1 || is_much, "too little happened: {tally:?}");
}

/// The one that is asked for, or so many.
pub(super) fn seeds(count: u64) -> Range<u64> {
    match env::var("SEED") {
        Ok(seed) => seed.parse().map(|seed| seed..seed + 1).unwrap(),
        Err(_) => 0..count,
    }
}

async fn schedule(mode: TlsMode, seed: u64, tally: &mut Tally) {
    let mut chance = Chance::new(seed);
    let network = Network::default();
    let disk = Disk::default();
    // Both manners, and both with and without commands that are sent ahead.
    let manner = [Manner::Hasty, Manner::Orderly][(seed / 2 % 2) as usize];
    let pipelining = seed % 2 == 1;
    let _server = Server::start(network.clone(), disk.clone(), manner);
    let mut session = None;
    let mut names = Names::new(0);
    let mut links = FaultyNetwork::new(network.clone(), Faults::default());
    // Whether nothing can have failed so far, and nothing was cancelled.
    let mut calm = true;
    for step in 0..STEPS {
        let what = format!("{mode:?}, SEED={seed}, step {step}");
        let mut ftp = match session.take() {
            Some(ftp) => ftp,
            None => {
                tally.sessions += 1;
                // What a session has left half-done may still arrive.
                names = Names::new(step);
                for name in &names.0 {
                    disk.put(name, &pattern(chance.below(2_000)));
                }
                links = FaultyNetwork::new(network.clone(), Faults::new(faults(mode, &mut chance)));
                let connecting = connect(mode, pipelining, links.clone(), &mut chance);
                match timeout(LONGEST, connecting).await.expect(&what) {
                    Ok(ftp) => ftp,
                    Err(error) => {
                        calm &= links.is_harmless();
                        assert!(!calm, "{what}: {error:?}");
                        continue;
                    }
                }
            }
        };
        let operation = operate(&mut ftp, &disk, &names, &mut chance, &what);
        let patience = chance_of_cancel(seed, step);
        let result = timeout(patience, operation).await;
        calm &= result.is_ok() && links.is_harmless();
        match result {
            Ok(Ok(())) => {
                tally.done += 1;
                tally.calm += usize::from(calm);
            }
            Ok(Err(error)) => {
                tally.failed += 1;
                assert!(!calm, "{what}: nothing is wrong, and {error:?}");
                assert!(!matches!(error, Error::Argument(_)), "{what}: {error:?}");
            }
            Err(_) => {
                assert!(patience < LONGEST, "{what}: no end");
                tally.cancelled += 1;
            }
        }
        if !ftp.is_broken() {
            session = Some(ftp);
        }
    }
}

/// How long the caller waits: mostly until the end.
fn chance_of_cancel(seed: u64, step: usize) -> Duration {
    let mut chance = Chance::new(seed ^ (step as u64) << 32);
    if chance.one_in(4) {
        chance.up_to_ms(400)
    } else {
        LONGEST
    }
}

/// What goes wrong with the links of one session.
pub(super) fn faults(mode: TlsMode, chance: &mut Chance) -> Vec<Fault> {
    let mut faults = Vec::new();
    for link in 0..2 * STEPS {
        if chance.one_in(if link == 0 { 4 } else { 6 }) {
            faults.push(Fault {
                link,
                direction: chance.pick(&[Direction::Up, Direction::Down]),
                after: chance.below(if mode == TlsMode::Off { 800 } else { 4_000 }),
                kind: match (mode, link) {
                    // In the clear nobody sees these on a data connection.
                    (TlsMode::Off, 1..) => chance.pick(&[Kind::Reset, Kind::Stall]),
                    _ => chance.pick(&Kind::ALL),
                },
            });
        }
    }
    faults
}

pub(super) async fn connect(
    mode: TlsMode,
    pipelining: bool,
    links: FaultyNetwork,
    chance: &mut Chance,
) -> Result<FtpStream> {
    let weather = Weather::new(links, chance.split());
    let options = certificate().trusted_by(ConnectOptions::new());
    options
        .tls(mode)
        .pipelining(pipelining)
        .credentials("joe", "pw")
        .reply_timeout(Duration::from_secs(10))
        .idle_timeout(Duration::from_secs(10))
        .data_timeout(Duration::from_secs(10))
        .final_timeout(Duration::from_secs(20))
        .connector(Arc::new(weather))
        .connect("localhost")
        .await
}

/// Does one thing. What succeeds is compared with what the server holds, and so is the refusal of a
/// file that is not there: a session renames its files.
async fn operate(
    ftp: &mut FtpStream,
    disk: &Disk,
    names: &Names,
    chance: &mut Chance,
    what: &str,
) -> Result<()> {
    let [name, other] = [(); 2].map(|()| &names.0[chance.below(3)][..]);
    let content = pattern(chance.below(3_000));
    // Only then has the server done with what went before.
    ftp.noop().await?;
    let exists = disk.get(name).is_some();
    match chance.below(9) {
        0 | 6 if !exists => {
            let error = ftp.read(name).await.err();
            is_missing(error, &format!("{what}: read {name}"))?;
        }
        5 if !exists => {
            let error = ftp.rename(name, other).await.err();
            is_missing(error, &format!("{what}: rename {name}"))?;
        }
        0 => {
            let before = disk.get(name);
            let read = ftp.read(name).await?;
            assert!(Some(Vec::from(read)) == before, "{what}: read {name}");
        }
        1 => {
            let sent = ftp.upload(name, &content[..]).await?;
            assert_eq!(sent.bytes(), content.len() as u64, "{what}");
            assert!(disk.get(name) == Some(content), "{what}: upload {name}");
        }
        2 => {
            let before = disk.get(name).unwrap_or_default();
            let mut upload = ftp.appe(name).await?;
            upload.write_all(&content).await?;
            upload.finish().await?;
            let whole = [before, content].concat();
            assert!(disk.get(name) == Some(whole), "{what}: append {name}");
        }
        3 => {
            let entries: Vec<_> = ftp.list("").await?.try_collect().await?;
            for name in &names.0 {
                let mut listed = entries.iter().filter(|entry| entry.name() == **name);
                let size = listed.next().map(|entry| entry.size());
                let held = disk.get(name).map(|content| Some(content.len() as u64));
                assert_eq!(size, held, "{what}: {name}");
                assert!(listed.next().is_none(), "{what}: {name} twice");
            }
        }
        4 => match ftp.size(name).await {
            Ok(size) => assert_eq!(size, disk.get(name).map(|c| c.len() as u64), "{what}"),
            Err(error) if error.is_not_found() => {
                assert!(disk.get(name).is_none(), "{what}: {name}")
            }
            Err(error) => return Err(error),
        },
        5 if name != other => {
            let before = disk.get(name);
            ftp.rename(name, other).await?;
            assert!(disk.get(name).is_none(), "{what}: rename {name}");
            assert!(disk.get(other) == before, "{what}: rename to {other}");
        }
        6 => {
            let mut download = ftp.retr(name).await?;
            download.chunk().await?;
            if chance.one_in(2) {
                download.abort().await?;
            }
        }
        7 => {
            let mut upload = ftp.stor(name).await?;
            upload.write_all(&content).await?;
            if chance.one_in(2) {
                upload.abort().await?;
            }
        }
        _ => assert_eq!(ftp.pwd().await?, *"/", "{what}"),
    }
    Ok(())
}

/// A file that is not there is refused, and nothing but a fault stands in for that.
fn is_missing(error: Option<Error>, what: &str) -> Result<()> {
    match error {
        Some(error) if error.is_not_found() => Ok(()),
        Some(error) => Err(error),
        None => panic!("{what}: it is not there"),
    }
}

//! Requests that share a few sessions, as those of a web server do, some of whose clients go away
//! in the middle: whoever takes the session next is not harmed.
//!
//! `SEED=5 cargo test --test it -- shelf` plays one seed again.

use std::{
    io::{self, Write},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::{TryStreamExt, future::join_all};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    task::JoinHandle,
    time::timeout,
};
use tokio_ftp::{FtpStream, Result, TlsMode};

use super::{
    chance::Chance,
    fault::{Faults, FaultyNetwork},
    schedules::{self, LONGEST},
    server::{Disk, Manner, Server},
};
use crate::support::{network::Network, pattern};

const PLAIN_SEEDS: u64 = 300;
const ENCRYPTED_SEEDS: u64 = 100;

/// How many requests a seed has, and how many sessions they share.
const REQUESTS: usize = 16;
const SESSIONS: usize = 3;

/// The files that are there for everybody.
const SHARED: [(&str, usize); 3] = [("none", 0), ("some", 700), ("more", 2_500)];

/// How often something happened.
#[derive(Debug, Default)]
struct Counts {
    done: AtomicUsize,
    failed: AtomicUsize,
    /// Requests whose client went away while they had a session.
    dropped: AtomicUsize,
    /// Sessions of such requests that somebody else took.
    inherited: AtomicUsize,
    thrown_away: AtomicUsize,
}

impl Counts {
    fn add(counter: &AtomicUsize) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// A session that nobody uses.
struct Idle {
    ftp: FtpStream,
    links: FaultyNetwork,
    /// Its last request was never seen through.
    was_dropped: bool,
}

/// What the requests share.
struct Shelf {
    idle: Mutex<Vec<Idle>>,
    places: Arc<Semaphore>,
    network: Network,
    disk: Disk,
    mode: TlsMode,
    pipelining: bool,
    /// Whether links fail.
    is_rough: bool,
    chance: Mutex<Chance>,
    counts: Arc<Counts>,
}

impl Shelf {
    /// A session from the shelf, or a new one.
    async fn take(self: Arc<Self>) -> Result<Borrowed> {
        let place = Arc::clone(&self.places).acquire_owned().await.unwrap();
        let idle = self.idle.lock().unwrap().pop();
        let idle = match idle {
            Some(idle) => idle,
            None => self.connect().await?,
        };
        if idle.was_dropped {
            Counts::add(&self.counts.inherited);
        }
        Ok(Borrowed {
            idle: Some(Idle {
                was_dropped: true,
                ..idle
            }),
            shelf: self,
            _place: place,
        })
    }

    async fn connect(&self) -> Result<Idle> {
        let mut chance = self.chance.lock().unwrap().split();
        let faults = match self.is_rough {
            true => schedules::faults(self.mode, &mut chance),
            false => Vec::new(),
        };
        let links = FaultyNetwork::new(self.network.clone(), Faults::new(faults));
        let ftp = schedules::connect(self.mode, self.pipelining, links.clone(), &mut chance);
        Ok(Idle {
            ftp: ftp.await?,
            links,
            was_dropped: false,
        })
    }
}

/// A session that one request has. It goes back when that is over, one way or another.
struct Borrowed {
    idle: Option<Idle>,
    shelf: Arc<Shelf>,
    _place: OwnedSemaphorePermit,
}

impl Borrowed {
    fn session(&mut self) -> &mut Idle {
        self.idle.as_mut().unwrap()
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let counts = &self.shelf.counts;
        let Some(idle) = self.idle.take() else { return };
        if idle.was_dropped {
            Counts::add(&counts.dropped);
        }
        if idle.ftp.is_broken() {
            Counts::add(&counts.thrown_away);
        } else {
            self.shelf.idle.lock().unwrap().push(idle);
        }
    }
}

/// The file that one request uploads, if it does.
fn own_file(number: usize) -> (String, Vec<u8>) {
    let content = pattern(300 + 170 * number).into_iter().rev().collect();
    (format!("own-{number}"), content)
}

struct Request {
    shelf: Arc<Shelf>,
    number: usize,
    chance: Chance,
    /// Told when there is a session.
    begin: oneshot::Sender<()>,
    what: String,
}

impl Request {
    async fn run(self) {
        let (shelf, what) = (Arc::clone(&self.shelf), self.what.clone());
        match timeout(LONGEST, self.serve()).await.expect(&what) {
            Ok(()) => Counts::add(&shelf.counts.done),
            Err(error) => {
                assert!(shelf.is_rough, "{what}: nothing is wrong, and {error:?}");
                Counts::add(&shelf.counts.failed);
            }
        }
    }

    async fn serve(mut self) -> Result<()> {
        let mut borrowed = Arc::clone(&self.shelf).take().await?;
        let _ = self.begin.send(());
        let session = borrowed.session();
        let served = serve(
            &mut session.ftp,
            &self.shelf.disk,
            self.number,
            &mut self.chance,
            &self.what,
        )
        .await;
        session.was_dropped = false;
        if served.is_err() {
            let what = &self.what;
            assert!(!session.links.is_harmless(), "{what}: {served:?}");
        }
        served
    }
}

/// Does one thing, all of whose outcome is compared.
async fn serve(
    ftp: &mut FtpStream,
    disk: &Disk,
    number: usize,
    chance: &mut Chance,
    what: &str,
) -> Result<()> {
    match chance.below(3) {
        0 => {
            let (name, length) = chance.pick(&SHARED);
            let content = ftp.read(name).await?;
            assert!(content == pattern(length), "{what}: {name} is another");
        }
        1 => {
            let (name, content) = own_file(number);
            let sent = ftp.upload(&name, &content[..]).await?;
            assert_eq!(sent.bytes(), content.len() as u64, "{what}");
            assert!(disk.get(&name) == Some(content), "{what}: {name}");
        }
        _ => {
            let entries: Vec<_> = ftp.list("").await?.try_collect().await?;
            let shared = entries.iter().filter_map(|entry| {
                let name = entry.name().to_string();
                let size = entry.size()? as usize;
                (!name.starts_with("own-")).then_some((name, size))
            });
            let mut shared: Vec<_> = shared.collect();
            shared.sort_by_key(|&(_, size)| size);
            let want = SHARED.map(|(name, length)| (name.to_owned(), length));
            assert_eq!(shared, want, "{what}");
        }
    }
    Ok(())
}

/// When a client goes away that does not wait for the end.
struct Leaves {
    /// The time counts from when its request has a session.
    in_the_middle: bool,
    after: Duration,
}

async fn client(mut request: JoinHandle<()>, begun: oneshot::Receiver<()>, leaves: Option<Leaves>) {
    let Some(leaves) = leaves else {
        return request.await.unwrap();
    };
    if leaves.in_the_middle {
        let _ = begun.await;
    }
    match timeout(leaves.after, &mut request).await {
        Ok(served) => served.unwrap(),
        Err(_) => {
            request.abort();
            if let Err(end) = request.await {
                assert!(end.is_cancelled(), "{end}");
            }
        }
    }
}

async fn play_seed(mode: TlsMode, seed: u64, counts: &Arc<Counts>) {
    let mut chance = Chance::new(seed);
    let (network, disk) = (Network::default(), Disk::default());
    for (name, length) in SHARED {
        disk.put(name, &pattern(length));
    }
    let manner = [Manner::Hasty, Manner::Orderly][(seed / 2 % 2) as usize];
    let _server = Server::start(network.clone(), disk.clone(), manner);
    let shelf = Arc::new(Shelf {
        idle: Mutex::default(),
        places: Arc::new(Semaphore::new(SESSIONS)),
        network,
        disk: disk.clone(),
        mode,
        pipelining: seed % 2 == 1,
        is_rough: seed % 3 == 2,
        chance: Mutex::new(chance.split()),
        counts: Arc::clone(counts),
    });
    let what = format!("{mode:?}, SEED={seed}");
    let clients: Vec<_> = (0..REQUESTS)
        .map(|number| {
            let (begin, begun) = oneshot::channel();
            let request = Request {
                shelf: Arc::clone(&shelf),
                number,
                chance: chance.split(),
                begin,
                what: format!("{what}, request {number}"),
            };
            let leaves = chance.one_in(2).then(|| Leaves {
                in_the_middle: !chance.one_in(4),
                after: chance.up_to_ms(800),
            });
            client(tokio::spawn(request.run()), begun, leaves)
        })
        .collect();
    join_all(clients).await;

    // What was left half-done is a beginning, and nobody else's.
    for number in 0..REQUESTS {
        let (name, content) = own_file(number);
        let part = disk.get(&name).unwrap_or_default();
        assert!(content.starts_with(&part), "{what}: {name}");
    }
    for (name, length) in SHARED {
        assert!(disk.get(name) == Some(pattern(length)), "{what}: {name}");
    }
    // Who comes last finds nothing that is worse.
    let number_left = shelf.idle.lock().unwrap().len();
    for number in 0..number_left {
        let request = Request {
            shelf: Arc::clone(&shelf),
            number,
            chance: chance.split(),
            begin: oneshot::channel().0,
            what: format!("{what}, afterwards"),
        };
        request.run().await;
    }
}

async fn play(mode: TlsMode, seeds: u64) {
    let seeds = schedules::seeds(seeds);
    let counts = Arc::default();
    for seed in seeds.clone() {
        play_seed(mode, seed, &counts).await;
    }
    let count = (seeds.end - seeds.start) as usize;
    // Past the harness, which keeps to itself what is printed.
    writeln!(io::stderr(), "shelf: {mode:?}: {count} seeds: {counts:?}").unwrap();
    let [done, dropped, inherited, thrown_away] = [
        &counts.done,
        &counts.dropped,
        &counts.inherited,
        &counts.thrown_away,
    ]
    .map(|counter| counter.load(Ordering::Relaxed));
    let is_much =
        done > count * REQUESTS / 3 && dropped > count && inherited > count && thrown_away > 0;
    assert!(count == 1 || is_much, "too little happened: {counts:?}");
}

#[tokio::test(start_paused = true)]
async fn next_user_of_a_plain_session_is_not_harmed() {
    play(TlsMode::Off, PLAIN_SEEDS).await;
}

#[tokio::test(start_paused = true)]
async fn next_user_of_an_encrypted_session_is_not_harmed() {
    play(TlsMode::Explicit, ENCRYPTED_SEEDS).await;
}

//! Every operation, with every link failing in every way after every byte.
//!
//! What comes out is the exact result or a typed error, before a deadline; after that the session
//! is in step or says that it is broken; and no file is said to be complete that is not.
//!
//! Active mode is over TCP, because only there a server can call back: see [`Point`]. It is by `PORT`,
//! and over IPv6 by `EPRT`.

use std::{
    collections::BTreeSet,
    future::Future,
    io::{self, Write},
    pin::Pin,
    time::Duration,
};

use futures::TryStreamExt;
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, timeout},
};
use tokio_ftp::{Error, FtpStream, Result, TlsMode, TransferOptions};

use super::{
    fault::{Direction, Fault, Kind},
    point::{Point, Setting},
    server::Disk,
};
use crate::support::pattern;

/// How long an operation may take that meets a fault; the deadlines of a [`Point`] add up to less.
const LONGEST: Duration = Duration::from_secs(25);

/// How long it may take after that until a command has its reply or the session says it is broken.
const LONGEST_AFTER: Duration = Duration::from_secs(10);

/// How long the files are: several reads, and short enough for every byte to be tried.
const LENGTH: usize = 600;

/// How many bytes of one direction of a link are tried under TLS, where each try costs
/// handshakes. In the clear it is all of them.
const ENCRYPTED_POINTS: usize = 40;

/// What an operation saw, and its session where it still has one.
type Running = Pin<Box<dyn Future<Output = (Option<FtpStream>, Result<Vec<u8>>)> + Send>>;

struct Operation {
    run: fn(FtpStream) -> Running,
    /// Whether what it saw, and what is on the disk, is right for an operation that succeeded.
    is_exact: fn(&[u8], &Disk) -> bool,
    /// Whether the number of bytes is told beforehand.
    knows_length: bool,
    /// The file that is transferred.
    file: Option<&'static str>,
}

macro_rules! operation {
    (|$ftp:ident| $body:block, $is_exact:expr) => {
        Operation {
            run: |mut ftp| {
                Box::pin(async move {
                    let $ftp = &mut ftp;
                    let result = async move { $body }.await;
                    (Some(ftp), result)
                })
            },
            is_exact: $is_exact,
            knows_length: true,
            file: None,
        }
    };
}

fn old() -> Vec<u8> {
    pattern(LENGTH)
}

fn new() -> Vec<u8> {
    pattern(LENGTH).into_iter().rev().collect()
}

const LISTING: &[u8] = b"a file 0\nold 600\n";

fn login() -> Operation {
    operation!(|_ftp| { Ok(Vec::new()) }, |_, _| true)
}

fn list() -> Operation {
    let listing = operation!(
        |ftp| {
            let entries: Vec<_> = ftp.list("").await?.try_collect().await?;
            let lines = entries.iter().map(|entry| {
                let size = entry.size().unwrap_or(u64::MAX);
                format!("{} {size}\n", entry.name())
            });
            Ok(lines.collect::<String>().into_bytes())
        },
        |seen, _| seen == LISTING
    );
    Operation {
        knows_length: false,
        ..listing
    }
}

/// With a file of this name.
fn of(file: &'static str, operation: Operation) -> Operation {
    Operation {
        file: Some(file),
        ..operation
    }
}

fn retr() -> Operation {
    let download = operation!(
        |ftp| {
            let mut seen = Vec::new();
            let done = ftp.download("old", &mut seen).await;
            // `confirm` has it from the disk how long the file is.
            if let Err(Error::Unconfirmed { size, .. }) = &done {
                assert_eq!(*size, Some(seen.len() as u64));
            }
            done.map(|_| seen)
        },
        |seen, _| seen == old()
    );
    of("old", download)
}

/// Told beforehand, the length is checked at the end: an upload in the clear that is cut on its
/// way looks whole to both sides.
async fn upload(ftp: &mut FtpStream, name: &str, options: TransferOptions) -> Result<Vec<u8>> {
    let mut upload = ftp.stor_with(name, &options).await?;
    upload.write_all(&new()).await?;
    upload.finish().await?;
    Ok(Vec::new())
}

fn stor() -> Operation {
    let upload = operation!(
        |ftp| { upload(ftp, "new", TransferOptions::new().size(LENGTH as u64)).await },
        |_, disk| disk.get("new") == Some(new())
    );
    of("new", upload)
}

fn appe() -> Operation {
    let upload = operation!(
        |ftp| {
            let options = TransferOptions::new().append(true);
            upload(ftp, "old", options.size(2 * LENGTH as u64)).await
        },
        |_, disk| disk.get("old") == Some([old(), new()].concat())
    );
    of("old", upload)
}

fn abort() -> Operation {
    operation!(
        |ftp| {
            let mut download = ftp.retr("old").await?;
            download.chunk().await?;
            download.abort().await?;
            Ok(Vec::new())
        },
        |_, disk| disk.get("old") == Some(old())
    )
}

fn rename() -> Operation {
    operation!(
        |ftp| {
            ftp.rename("old", "new").await?;
            Ok(Vec::new())
        },
        |_, disk| disk.get("old").is_none() && disk.get("new") == Some(old())
    )
}

fn quit() -> Operation {
    Operation {
        run: |ftp| Box::pin(async { (None, ftp.quit().await.map(|()| Vec::new())) }),
        is_exact: |_, _| true,
        knows_length: true,
        file: None,
    }
}

fn furnished() -> Disk {
    let disk = Disk::default();
    disk.put("old", &old());
    disk.put("a file", b"");
    disk
}

/// What became of a point.
#[derive(Debug, Default)]
struct Tally {
    completed: usize,
    /// It failed, and the session lives.
    failed: usize,
    /// It failed, and the session with it.
    broken: usize,
    /// It succeeded with bytes that were changed or cut in the clear, which FTP cannot tell.
    unnoticed: usize,
    /// Of those that failed, so many wanted nothing but the last reply, and a new session found
    /// the file complete.
    complete: usize,
}

/// How much was seen, and how much is on the disk under which name.
#[derive(Debug, PartialEq, Eq)]
struct Extent {
    /// Nothing says how long a listing is.
    seen: Option<usize>,
    stored: Vec<(String, usize)>,
}

impl Extent {
    fn of(operation: &Operation, seen: &[u8], disk: &Disk) -> Self {
        let stored = disk.files(|files| {
            let stored = files.iter();
            stored
                .map(|(name, content)| (name.clone(), content.len()))
                .collect()
        });
        Self {
            seen: operation.knows_length.then_some(seen.len()),
            stored,
        }
    }
}

async fn sweep(name: &str, operation: Operation, setting: Setting) {
    // Without a fault, to know how many bytes there are: those of the login are the login's.
    let whole = Point::new(setting, None, furnished()).await;
    let ftp = whole.connect(setting).await.unwrap();
    let before = whole.faults.traffic();
    let (ftp, result) = (operation.run)(ftp).await;
    let seen = result.unwrap();
    assert!(
        (operation.is_exact)(&seen, &whole.disk),
        "{name}: wrong without any fault"
    );
    let extent = Extent::of(&operation, &seen, &whole.disk);
    let traffic = whole.faults.traffic();
    drop(ftp);

    let mut tally = Tally::default();
    let mut points = 0;
    for (link, total) in traffic.iter().enumerate() {
        let start = before.get(link).copied().unwrap_or_default();
        for (direction, start, total) in [
            (Direction::Up, start.up, total.up),
            (Direction::Down, start.down, total.down),
        ] {
            let start = if name == "login" { 0 } else { start };
            let places = places(start, total, setting.mode);
            if setting.mode == TlsMode::Off {
                // Before each byte, and behind the last one.
                assert_eq!(places.len(), total - start + 1, "{name}");
            }
            points += Kind::ALL.len() * places.len();
            for after in places {
                for kind in Kind::ALL {
                    let fault = Fault {
                        link,
                        direction,
                        after,
                        kind,
                    };
                    let what = format!("{name} {setting:?} {fault:?}");
                    let point = Point::new(setting, Some(fault), furnished()).await;
                    try_point(
                        &what, point, &operation, &extent, setting, fault, &mut tally,
                    )
                    .await;
                }
            }
        }
    }
    let played = tally.completed + tally.failed + tally.broken + tally.unnoticed;
    assert_eq!(played, points, "{name}: {tally:?}");
    assert!(tally.failed + tally.broken > 20, "{name}: {tally:?}");
    assert_eq!(
        tally.complete > 0,
        operation.file.is_some(),
        "{name}: {tally:?}"
    );
    // Past the harness, which keeps to itself what is printed.
    writeln!(
        io::stderr(),
        "sweep: {name} {setting:?}: {points} points: {tally:?}"
    )
    .unwrap();
}

/// The places from `start` to `total` that are tried.
fn places(start: usize, total: usize, mode: TlsMode) -> Vec<usize> {
    let points = match mode {
        TlsMode::Off => usize::MAX,
        _ => ENCRYPTED_POINTS,
    };
    let step = (total - start).div_ceil(points).max(1);
    // The ends are where it is most often wrong.
    let ends = (total.saturating_sub(3).max(start))..=total;
    let places: BTreeSet<_> = (start..total).step_by(step).chain(ends).collect();
    places.into_iter().collect()
}

async fn try_point(
    what: &str,
    point: Point,
    operation: &Operation,
    extent: &Extent,
    setting: Setting,
    fault: Fault,
    tally: &mut Tally,
) {
    let started = Instant::now();
    let attempt = async {
        match point.connect(setting).await {
            Ok(ftp) => (operation.run)(ftp).await,
            Err(error) => (None, Err(error)),
        }
    };
    let (session, result) = timeout(LONGEST, attempt)
        .await
        .unwrap_or_else(|_| panic!("{what}: no end after {:?}", started.elapsed()));
    match &result {
        Ok(seen) if (operation.is_exact)(seen, &point.disk) => tally.completed += 1,
        Ok(seen) => {
            let found = Extent::of(operation, seen, &point.disk);
            assert!(
                goes_unnoticed(setting.mode, fault, operation.knows_length) && found == *extent,
                "{what}: said to be complete: {} bytes seen, {found:?}",
                seen.len()
            );
            tally.unnoticed += 1;
        }
        Err(error @ Error::Unconfirmed { size: Some(_), .. }) => {
            let complete = confirm(what, &point, setting, operation, error).await;
            tally.complete += usize::from(complete);
        }
        Err(_) => {}
    }
    let in_step = match session {
        Some(ftp) => is_in_step(what, ftp, fault).await,
        None => false,
    };
    if result.is_err() {
        *(if in_step {
            &mut tally.failed
        } else {
            &mut tally.broken
        }) += 1;
    }
}

/// Whether a new session finds the file of an unconfirmed transfer complete; it must be right.
async fn confirm(
    what: &str,
    point: &Point,
    setting: Setting,
    operation: &Operation,
    error: &Error,
) -> bool {
    let file = operation
        .file
        .unwrap_or_else(|| panic!("{what}: {error:?}"));
    let mut ftp = point.connect(setting).await.expect(what);
    let complete = ftp.is_complete(file, error).await.expect(what);
    let content = point.disk.get(file).expect(what);
    // Whatever was sent of it, or all of it where it was only read.
    let is_whole = (operation.is_exact)(&content, &point.disk);
    assert_eq!(
        complete,
        is_whole,
        "{what}: {} bytes, {error:?}",
        content.len()
    );
    complete
}

/// Whether nobody can know: bytes of the data connection that are not encrypted may be changed,
/// though not their number, and a listing may be cut, for nothing says how long it is.
fn goes_unnoticed(mode: TlsMode, fault: Fault, knows_length: bool) -> bool {
    mode == TlsMode::Off
        && fault.link > 0
        && match fault.kind {
            Kind::Garbage => true,
            Kind::Close => !knows_length,
            Kind::Reset | Kind::Stall => false,
        }
}

/// Whether the next command has its own reply; if not, the session must say that it is broken.
async fn is_in_step(what: &str, mut ftp: FtpStream, fault: Fault) -> bool {
    let next = async {
        // The fault may only strike now; but then the session is broken afterwards.
        for last in [false, true] {
            match ftp.pwd().await {
                Ok(path) => {
                    assert_eq!(path, *"/", "{what}");
                    return true;
                }
                Err(error) => assert!(
                    error.is_broken() && ftp.is_broken() || !last && fault.link == 0,
                    "{what}: {error:?}"
                ),
            }
            if ftp.is_broken() {
                return false;
            }
        }
        panic!("{what}: neither in step nor broken");
    };
    let in_step = timeout(LONGEST_AFTER, next).await;
    let in_step = in_step.unwrap_or_else(|_| panic!("{what}: no end afterwards"));
    if in_step && fault.link > 0 {
        let content = new();
        ftp.upload("next", &content[..]).await.expect(what);
        assert!(ftp.read("next").await.expect(what) == content, "{what}");
    }
    in_step
}

macro_rules! sweeps {
    ($($module:ident: $data:ident $mode:ident $pipelining:literal: $($operation:ident)*;)*) => {
        $(
            mod $module {
                use tokio_ftp::TlsMode;

                use crate::simulation::point::{Data, Setting};

                $(
                    #[tokio::test(start_paused = true)]
                    async fn $operation() {
                        let setting = Setting {
                            data: Data::$data,
                            mode: TlsMode::$mode,
                            pipelining: $pipelining,
                        };
                        let name = stringify!($operation);
                        super::sweep(name, super::$operation(), setting).await;
                    }
                )*
            }
        )*
    };
}

sweeps! {
    plain: Passive Off false: login list retr stor appe abort rename quit;
    encrypted: Passive Explicit false: login list retr stor appe abort rename quit;
    active: Active Off false: login list retr stor appe abort;
    active_over_ipv6: ActiveOverIpv6 Off false: retr stor;
    active_encrypted: Active Explicit false: login list retr stor appe abort;
    pipelined: Passive Off true: list retr stor appe abort;
    pipelined_encrypted: Passive Explicit true: list retr stor appe abort;
}

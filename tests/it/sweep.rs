//! Every operation, dropped after each of its polls, against libunftp.
//!
//! After that the session answers its next command with that command's own reply, and takes one
//! whole file each way; or it says that it is broken.

use std::{fs, sync::Arc, time::Duration};

use futures::{StreamExt, future::join_all, stream};
use tokio_ftp::{Error, FtpStream, TlsMode};

use crate::{
    operations::{Kind, OPERATIONS, Operation, Place},
    support::{
        Polled, pattern,
        unftp::{Unftp, connect},
    },
};

/// How many points of one operation are tried at a time.
const WAVE: usize = 4;

/// How many operations are tried at a time.
const ABREAST: usize = 8;

/// Makes what a [`Place`] holds.
pub(crate) fn furnish(server: &Unftp, at: &Place) {
    for directory in ["d", "dü", "e"] {
        fs::create_dir_all(server.path(&at.0).join(directory)).unwrap();
    }
    let place = server.path(&at.0);
    fs::write(place.join("old"), pattern(150_000)).unwrap();
    fs::write(place.join("d/text"), "a line\r\n".repeat(2_000)).unwrap();
    fs::write(place.join("d/other"), "").unwrap();
}

/// What became of one point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Completed,
    InStep,
    Broken,
}

/// How many points ended how.
#[derive(Debug, Default)]
struct Tally {
    completed: usize,
    in_step: usize,
    broken: usize,
}

#[tokio::test]
async fn plain_session_survives_or_says_broken() {
    sweep(TlsMode::Off).await;
}

#[tokio::test]
async fn encrypted_session_survives_or_says_broken() {
    sweep(TlsMode::Explicit).await;
}

async fn sweep(mode: TlsMode) {
    let server = Arc::new(Unftp::start().await);
    let mut total = Tally::default();
    let mut swept = stream::iter(OPERATIONS)
        .map(|operation| {
            let server = &server;
            async move { (operation, sweep_operation(server, mode, *operation).await) }
        })
        .buffer_unordered(ABREAST);
    while let Some((operation, tally)) = swept.next().await {
        println!("{mode:?} {:<22} {tally:?}", operation.name);
        match operation.kind {
            Kind::Simple => assert_eq!(tally.broken, 0, "{}", operation.name),
            Kind::Transfer => assert!(tally.in_step > 2, "{}: {tally:?}", operation.name),
            Kind::Opening | Kind::Critical => {}
        }
        total.completed += tally.completed;
        total.in_step += tally.in_step;
        total.broken += tally.broken;
    }
    println!("{mode:?}: {} operations, {total:?}", OPERATIONS.len());
}

/// Goes on until the operation completes before it is dropped.
async fn sweep_operation(server: &Arc<Unftp>, mode: TlsMode, operation: Operation) -> Tally {
    let mut tally = Tally::default();
    for wave in 0.. {
        assert!(wave < 100, "{} never completes", operation.name);
        let points = (wave * WAVE..(wave + 1) * WAVE)
            .flat_map(|polls| [(polls, false), (polls, true)])
            .map(|(polls, late)| {
                let server = Arc::clone(server);
                tokio::spawn(async move { point(&server, mode, operation, polls, late).await })
            });
        for outcome in join_all(points).await {
            *match outcome.unwrap() {
                Outcome::Completed => &mut tally.completed,
                Outcome::InStep => &mut tally.in_step,
                Outcome::Broken => &mut tally.broken,
            } += 1;
        }
        if tally.completed > 0 {
            break;
        }
    }
    tally
}

async fn point(
    server: &Unftp,
    mode: TlsMode,
    operation: Operation,
    polls: usize,
    late: bool,
) -> Outcome {
    let what = format!("{} after {polls} polls, {late}, {mode:?}", operation.name);
    let at = Place(format!(
        "{}-{polls}-{late}",
        operation.name.replace(' ', "-")
    ));
    furnish(server, &at);
    let options = match operation.kind {
        Kind::Opening => server.options(TlsMode::Off),
        _ => server.options(mode).credentials("joe", "pw"),
    };
    let options = options.settle_timeout(Duration::from_millis(800));
    let mut ftp = connect(&options, server.address()).await;
    let future = (operation.run)(&mut ftp, &at);
    let done = if late {
        Polled::late(future, polls).await
    } else {
        Polled::new(future, polls).await
    };

    if operation.kind == Kind::Opening && !ftp.is_broken() {
        log_in(&mut ftp).await;
    }
    let in_step = check(&mut ftp, &at, &what).await;
    match done {
        // Not the client's fault: see `connect`.
        Some(Err(Error::Tls(_))) if operation.kind == Kind::Opening => Outcome::Broken,
        Some(_) => {
            assert!(in_step, "{what}: broken by its own end");
            Outcome::Completed
        }
        None if in_step => Outcome::InStep,
        None => Outcome::Broken,
    }
}

/// Whatever was asked before, a session that is not broken can still be logged in.
async fn log_in(ftp: &mut FtpStream) {
    if ftp.login("joe", "pw").await.is_err() && !ftp.is_broken() {
        // libunftp refuses a second login of one that is logged in.
        ftp.noop().await.unwrap();
    }
}

/// Whether the session is in step; if it is not, it must say so.
async fn check(ftp: &mut FtpStream, at: &Place, what: &str) -> bool {
    match ftp.pwd().await {
        Ok(path) => assert!(path.as_bytes().starts_with(b"/"), "{what}: {path}"),
        Err(error) => {
            assert!(error.is_broken() && ftp.is_broken(), "{what}: {error:?}");
            assert!(ftp.noop().await.unwrap_err().is_broken(), "{what}");
            return false;
        }
    }
    let content = pattern(70_001);
    let path = at.path("whole");
    let sent = ftp.upload(&path, &content[..]).await.expect(what);
    assert_eq!(sent.bytes(), 70_001, "{what}");
    let back = ftp.read(&path).await.expect(what);
    assert!(back == content, "{what}: {} bytes came back", back.len());
    assert!(!ftp.is_broken(), "{what}");
    true
}

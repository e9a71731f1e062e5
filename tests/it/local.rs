//! Files of this host, up and down.

#[cfg(unix)]
mod blocks;

use std::{
    fs,
    sync::{Arc, mpsc},
    time::Duration,
};

use tempfile::tempdir;
use tokio::{
    runtime::{Builder, Runtime},
    task::spawn_blocking,
    time::{Instant, timeout},
};
use tokio_ftp::{ConnectOptions, Error, TlsMode};

use crate::{
    simulation::server::{Disk, Manner, Server},
    support::{Polled, code, network::Network, pattern, script::session, unftp::Unftp},
};

/// How much goes to and fro between the file and the transfer at once.
const BLOCK: usize = 256 << 10;

/// Around the size of a block, and several of them.
const LENGTHS: [usize; 8] = [
    0,
    1,
    5_000,
    BLOCK - 1,
    BLOCK,
    BLOCK + 1,
    4 * BLOCK,
    3_000_001,
];

/// A runtime with one thread for files, which does one thing after the other.
fn with_one_thread_for_files() -> Runtime {
    Builder::new_current_thread()
        .max_blocking_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

#[tokio::test]
async fn files_go_up_and_down_whole() {
    for tls in [TlsMode::Off, TlsMode::Explicit] {
        let server = Unftp::start().await;
        let mut ftp = server.session(tls).await;
        let directory = tempdir().unwrap();
        let (here, back) = (directory.path().join("here"), directory.path().join("back"));
        for length in LENGTHS {
            let content = pattern(length);
            fs::write(&here, &content).unwrap();
            let sent = ftp.upload_from_file("file", &here).await.unwrap();
            assert_eq!(sent.bytes(), length as u64);
            assert_eq!(fs::read(server.path("file")).unwrap(), content, "{length}");
            // Longer than what comes, so that nothing of it may stay.
            fs::write(&back, vec![7; length + 100]).unwrap();
            let got = ftp.download_to_file("file", &back).await.unwrap();
            assert_eq!(got.bytes(), length as u64);
            assert_eq!(fs::read(&back).unwrap(), content, "{length}");
        }
    }
}

const IN_STEP: &str = "C: PWD\nS: 257 \"/\"";

/// What is there already is touched only for a file that comes.
#[tokio::test]
async fn refused_download_leaves_the_local_file_alone() {
    let directory = tempdir().unwrap();
    let local = directory.path().join("old");
    fs::write(&local, "as it was").unwrap();
    let (mut ftp, server) = session(&format!(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 550 no\n{IN_STEP}"
    ))
    .await;
    let error = ftp.download_to_file("a", &local).await.unwrap_err();
    assert_eq!(code(&error), 550);
    assert_eq!(fs::read(&local).unwrap(), b"as it was");
    ftp.pwd().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// So that it can be resumed. That it is a part is what the error says.
#[tokio::test]
async fn download_that_fails_leaves_what_has_come() {
    let directory = tempdir().unwrap();
    let local = directory.path().join("part");
    // More than a connection holds, so that most of it is read before the end comes.
    let sent: String = (0..40_000).map(|number| format!("{number:05} ")).collect();
    for end in ["D! close\nS: 426 cut", "D! reset\nS: 426 cut"] {
        let (mut ftp, server) = session(&format!(
            "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> {sent}\n{end}\n{IN_STEP}"
        ))
        .await;
        let error = ftp.download_to_file("a", &local).await.unwrap_err();
        assert_eq!(code(&error), 426, "{end}: {error:?}");
        let part = fs::read_to_string(&local).unwrap();
        assert!(sent.starts_with(&part) && part.len() > 100_000, "{end}");
        ftp.pwd().await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test]
async fn local_file_that_cannot_be_is_told_as_such() {
    let directory = tempdir().unwrap();
    let nowhere = directory.path().join("no/such");
    let server = Unftp::start().await;
    let mut ftp = server.session(TlsMode::Off).await;
    for length in [5, 3_000_001] {
        fs::write(server.path("file"), pattern(length)).unwrap();
        let error = ftp.download_to_file("file", &nowhere).await.unwrap_err();
        assert!(matches!(error, Error::Local(_)), "{error:?}");
        assert_eq!(ftp.read("file").await.unwrap(), pattern(length));
    }
}

/// Whoever cannot write the file does not wait for the end of it.
#[tokio::test(start_paused = true)]
async fn download_ends_when_the_local_file_takes_no_more() {
    let directory = tempdir().unwrap();
    let nowhere = directory.path().join("no/such");
    // More than there are blocks for.
    let sent = "0123456789".repeat(250_000);
    let (mut ftp, server) = session(&format!(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> {sent}
         C: ABOR\nD! close\nS: 426 cut\nS: 226 ok\n{IN_STEP}"
    ))
    .await;
    let started = Instant::now();
    let error = ftp.download_to_file("a", &nowhere).await.unwrap_err();
    assert!(matches!(error, Error::Local(_)), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(1));
    ftp.pwd().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// A download that is cancelled before it came to its file must not empty that afterwards.
#[test]
fn cancelled_download_touches_the_file_no_more() {
    let directory = tempdir().unwrap();
    let local = directory.path().join("mine");
    with_one_thread_for_files().block_on(async {
        // The only thread for files is taken.
        let (release, held) = mpsc::channel::<()>();
        let busy = spawn_blocking(move || held.recv().is_err());
        let (mut ftp, server) = session(
            "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> abc\nD! close\nS! stall",
        )
        .await;
        let download = Polled::late(ftp.download_to_file("a", &local), 20);
        let cancelled = timeout(Duration::from_secs(1), download).await;
        assert!(!matches!(cancelled, Ok(Some(_))), "{cancelled:?}");
        drop(ftp);
        server.done().await;
        fs::write(&local, "another's").unwrap();
        drop(release);
        assert!(busy.await.unwrap());
        spawn_blocking(|| ()).await.unwrap();
        assert_eq!(fs::read(&local).unwrap(), b"another's");
    });
}

/// Dropped after each poll, a copy leaves a beginning of the file and a session that goes on.
#[test]
fn copies_of_files_may_be_dropped_at_every_poll() {
    let content = pattern(8 * BLOCK + 77);
    let directory = tempdir().unwrap();
    let [source, local, whole] =
        ["source", "local", "whole"].map(|name| directory.path().join(name));
    fs::write(&source, &content).unwrap();
    with_one_thread_for_files().block_on(async {
        let (network, disk) = (Network::default(), Disk::default());
        let _server = Server::start(network.clone(), disk.clone(), Manner::Hasty);
        let options = ConnectOptions::new().connector(Arc::new(network));
        let mut ftp = options.connect("localhost").await.unwrap();
        disk.put("there", &content);
        for (up, late) in [(false, false), (false, true), (true, false), (true, true)] {
            let (mut begun, mut blocks) = (0, 0);
            for polls in 0.. {
                let what = format!("upload: {up}, late: {late}, {polls} polls");
                let _ = fs::remove_file(&local);
                disk.put("copy", b"");
                let copied = async {
                    if up {
                        ftp.upload_from_file("copy", &source).await
                    } else {
                        ftp.download_to_file("there", &local).await
                    }
                };
                let done = if late {
                    Polled::late(copied, polls).await
                } else {
                    Polled::new(copied, polls).await
                };
                ftp.pwd().await.expect(&what);
                // What the thread for files has been given is behind it.
                spawn_blocking(|| ()).await.unwrap();
                let part = if up {
                    disk.get("copy").unwrap()
                } else {
                    fs::read(&local).unwrap_or_default()
                };
                assert!(content.starts_with(&part), "{what}: {}", part.len());
                ftp.download_to_file("there", &whole).await.expect(&what);
                assert!(fs::read(&whole).unwrap() == content, "{what}");
                if let Some(done) = done {
                    assert_eq!(done.unwrap().bytes(), content.len() as u64, "{what}");
                    assert!(part == content, "{what}: {}", part.len());
                    break;
                }
                begun += usize::from(!part.is_empty());
                blocks = blocks.max(part.len() / BLOCK);
            }
            assert!(begun > 5 && blocks > 3, "{up}, {late}: {begun}, {blocks}");
        }
    });
}

/// A source that is not there must not empty its target.
#[tokio::test]
async fn upload_without_a_source_is_never_begun() {
    let directory = tempdir().unwrap();
    // A directory can be opened, and not be read.
    for source in [directory.path().join("nosuch"), directory.path().to_owned()] {
        let (mut ftp, server) = session(IN_STEP).await;
        let error = ftp.upload_from_file("a", &source).await.unwrap_err();
        assert!(matches!(error, Error::Local(_)), "{error:?}");
        ftp.pwd().await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

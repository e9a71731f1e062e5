//! Blocks that wait between a local file and a transfer that is given up. The file is a pipe, so
//! that it takes and gives no more than it is asked for.

use std::{
    fs::{self, File},
    future::Future,
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use tempfile::{TempDir, tempdir};
use tokio::{sync::oneshot, time::timeout};
use tokio_ftp::ConnectOptions;

use super::BLOCK;
use crate::support::{
    code, pattern,
    script::{Server, session_of},
};

/// What a connection holds.
const HELD: usize = 64 << 10;

const OPENS: &str = "C: TYPE I\nS: 200 ok\n";

/// How much of the file the transfer has had when it is given up: blocks whose turn has come, and
/// bytes behind these.
const POINTS: [(usize, usize); 10] = [
    (1, 0),
    (1, 1),
    (1, BLOCK),
    (1, BLOCK + 1),
    (1, 3 * BLOCK),
    (2, 3 * BLOCK - 1),
    (3, 0),
    (4, 2 * BLOCK),
    (5, 3 * BLOCK),
    (9, 3 * BLOCK),
];

fn pipe(directory: &TempDir) -> PathBuf {
    let path = directory.path().join("pipe");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.unwrap().success());
    path
}

/// Reads a pipe to its end, and says when `first` bytes have come; no more is read before `go`.
fn drained(
    pipe: &Path,
    first: usize,
) -> (
    JoinHandle<io::Result<Vec<u8>>>,
    oneshot::Receiver<()>,
    mpsc::Sender<()>,
) {
    let pipe = pipe.to_owned();
    let (come, has_come) = oneshot::channel();
    let (go, gone) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        let mut file = File::open(pipe)?;
        let mut got = vec![0; first];
        file.read_exact(&mut got)?;
        let _ = come.send(());
        let _ = gone.recv();
        file.read_to_end(&mut got)?;
        Ok(got)
    });
    (thread, has_come, go)
}

/// Sees that a copy goes on for as long as `until` does.
async fn given_up(copy: impl Future<Output: std::fmt::Debug>, until: impl Future) {
    let given_up = async {
        tokio::select! {
            done = copy => panic!("nobody could be done: {done:?}"),
            _ = until => {}
        }
    };
    timeout(Duration::from_secs(60), given_up)
        .await
        .expect("the copy does not come so far");
}

/// The one block that is being written is written to its end, and none of those behind it.
#[tokio::test]
async fn blocks_behind_a_download_that_is_given_up_are_not_written() {
    let content = pattern(12 * BLOCK);
    for (begun, behind) in POINTS {
        let directory = tempdir().unwrap();
        let pipe = pipe(&directory);
        let sent = content[..begun * BLOCK + behind].to_vec();
        let second = content[..2 * BLOCK + 7].to_vec();
        let (tell, told) = oneshot::channel();
        let script = move |mut server: Server| async move {
            server
                .play(&format!("{OPENS}PASSIVE\nC: RETR a\nS: 150 go"))
                .await;
            server.send(&sent).await;
            tell.send(()).unwrap();
            server
                .play("C: ABOR\nD! close\nS: 426 cut\nS: 226 ok\nPASSIVE\nC: RETR b\nS: 150 go")
                .await;
            server.send(&second).await;
            server.play("D! close\nS: 226 done").await;
            server.rest().await;
        };
        let (mut ftp, server) = session_of(ConnectOptions::new(), script).await;
        let (thread, has_come, go) = drained(&pipe, (begun - 1) * BLOCK + 1);
        let until = async { (told.await.unwrap(), has_come.await.unwrap()) };
        given_up(ftp.download_to_file("a", &pipe), until).await;
        drop(go);
        let got = thread.join().unwrap().unwrap();
        assert!(
            got == content[..begun * BLOCK],
            "{begun} and {behind}: {} bytes",
            got.len()
        );
        let local = directory.path().join("local");
        ftp.download_to_file("b", &local).await.unwrap();
        assert!(fs::read(&local).unwrap() == content[..2 * BLOCK + 7]);
        drop(ftp);
        server.done().await;
    }
}

/// A download that fails has not been given up: all that has come is written.
#[tokio::test]
async fn blocks_behind_a_download_that_fails_are_written() {
    let content = pattern(4 * BLOCK);
    for length in [BLOCK, 2 * BLOCK + 1, 4 * BLOCK - 1] {
        let directory = tempdir().unwrap();
        let pipe = pipe(&directory);
        let sent = content[..length].to_vec();
        let script = move |mut server: Server| async move {
            server
                .play(&format!("{OPENS}PASSIVE\nC: RETR a\nS: 150 go"))
                .await;
            server.send(&sent).await;
            server.play("D! close\nS: 426 cut").await;
            server.rest().await;
        };
        let (mut ftp, server) = session_of(ConnectOptions::new(), script).await;
        let (thread, has_come, go) = drained(&pipe, 1);
        let copied = async {
            // That it has failed is known long before the file is told.
            let release = async {
                has_come.await.unwrap();
                for _ in 0..1000 {
                    tokio::task::yield_now().await;
                }
                drop(go);
            };
            let copy = ftp.download_to_file("a", &pipe);
            tokio::join!(copy, release).0
        };
        let error = timeout(Duration::from_secs(60), copied).await.unwrap();
        assert_eq!(code(&error.unwrap_err()), 426);
        let got = thread.join().unwrap().unwrap();
        // What the connection still held when the failure was known has not come.
        assert!(content.starts_with(&got), "{length}: {} bytes", got.len());
        assert!(got.len() + HELD >= length, "{length}: {} bytes", got.len());
        drop(ftp);
        server.done().await;
    }
}

/// What the server gets is a beginning of the file and then a reset, and the file is let go of.
#[tokio::test]
async fn blocks_behind_an_upload_that_is_given_up_are_not_sent() {
    let content = pattern(20 * BLOCK);
    for (begun, behind) in POINTS {
        let directory = tempdir().unwrap();
        let pipe = pipe(&directory);
        let length = begun * BLOCK + behind;
        let (sent, second) = (content.clone(), content[..2 * BLOCK + 7].to_vec());
        let (tell, told) = oneshot::channel();
        let script = move |mut server: Server| async move {
            server
                .play(&format!("{OPENS}PASSIVE\nC: STOR a\nS: 150 go"))
                .await;
            server.receive(&sent[..length]).await;
            tell.send(()).unwrap();
            let rest = server.receive_until_reset().await;
            assert!(sent[length..].starts_with(&rest), "{} bytes", rest.len());
            server
                .play("S: 426 cut\nPASSIVE\nC: STOR b\nS: 150 go")
                .await;
            server.receive(&second).await;
            server.play("D! ended\nS: 226 done").await;
            server.rest().await;
        };
        let (mut ftp, server) = session_of(ConnectOptions::new(), script).await;
        // More than the blocks hold, so that they are full before it is given up.
        let first = length + 3 * BLOCK;
        let (filled, is_filled) = oneshot::channel();
        let (rest, fed) = (content.clone(), pipe.clone());
        let feeder = thread::spawn(move || {
            let mut file = File::create(fed)?;
            file.write_all(&rest[..first])?;
            let _ = filled.send(());
            file.write_all(&rest[first..])
        });
        let until = async { (told.await.unwrap(), is_filled.await.unwrap()) };
        given_up(ftp.upload_from_file("a", &pipe), until).await;
        // Nobody reads on.
        let end = feeder.join().unwrap();
        assert_eq!(end.unwrap_err().kind(), ErrorKind::BrokenPipe);
        let local = directory.path().join("local");
        fs::write(&local, &content[..2 * BLOCK + 7]).unwrap();
        ftp.upload_from_file("b", &local).await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

//! Transfers whose last reply is lost on the way, and what a new session finds.

use std::{
    future::pending,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_ftp::{Error, FtpStream, TransferOptions};

use crate::{
    cell::{Cell, RACES, content},
    farm::{Kind, Server},
    options::{Tls, Versions},
};

/// More than the buffers between hold, so that no server is done before anybody reads.
const LENGTH: usize = 20 << 20;

/// How much of the file is there before.
const OFFSET: usize = 1_000;

/// How a forwarder loses what a server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It passes nothing on any more, and nobody is told.
    Swallow,
    /// It ends the connections.
    Close,
}

/// Stands between a client and the control connections of a server.
#[derive(Debug)]
struct Forwarder {
    address: SocketAddr,
    loses: Arc<AtomicBool>,
    task: JoinHandle<io::Result<()>>,
}

impl Forwarder {
    async fn start(server: SocketAddr, way: Way) -> io::Result<Self> {
        let listener = TcpListener::bind((server.ip(), 0)).await?;
        let address = listener.local_addr()?;
        let loses = Arc::new(AtomicBool::new(false));
        let is_lossy = Arc::clone(&loses);
        let task = tokio::spawn(async move {
            let (mut client, _) = listener.accept().await?;
            let mut server = TcpStream::connect(server).await?;
            let (mut asked, mut told) = client.split();
            let (mut replies, mut commands) = server.split();
            let back = async {
                let mut block = [0; 4096];
                loop {
                    let read = replies.read(&mut block).await?;
                    match (is_lossy.load(Ordering::SeqCst), way) {
                        (false, _) if read == 0 => return Ok(()),
                        (false, _) => told.write_all(&block[..read]).await?,
                        (true, Way::Close) => return Ok(()),
                        // The end is lost as well.
                        (true, Way::Swallow) if read == 0 => pending::<()>().await,
                        (true, Way::Swallow) => {}
                    }
                }
            };
            tokio::select! {
                ended = back => ended,
                ended = copy(&mut asked, &mut commands) => ended.map(drop),
            }
        });
        Ok(Self {
            address,
            loses,
            task,
        })
    }

    /// From here on nothing is passed on that the server says.
    fn lose(&self) {
        self.loses.store(true, Ordering::SeqCst);
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn file_in_the_clear_is_found_complete_or_not_when_the_last_reply_was_lost() {
    for kind in Kind::ALL {
        lose(Cell::new(kind, Tls::None, Versions::Both)).await;
    }
}

#[tokio::test]
async fn encrypted_file_is_found_complete_or_not_when_the_last_reply_was_lost() {
    for kind in Kind::ALL {
        lose(Cell::new(kind, Tls::Explicit, Versions::Both)).await;
    }
}

async fn lose(cell: Cell) {
    let server = cell.start();
    let whole = content(LENGTH, 21);
    for way in [Way::Swallow, Way::Close] {
        let (mut ftp, forwarder) = lossy(cell, &server, way).await;
        server.put("up", &whole[..OFFSET]).expect("a file");
        let error = upload(&mut ftp, &forwarder, &whole).await;
        settle(cell, &server, "up", &whole, way, &error).await;

        let (mut ftp, forwarder) = lossy(cell, &server, way).await;
        server.put("down", &whole).expect("a file");
        let (read, error) = download(cell, &mut ftp, &forwarder).await;
        assert!(read == whole[OFFSET..], "{cell}: {} bytes came", read.len());
        settle(cell, &server, "down", &whole, way, &error).await;
    }
}

/// A session whose control connection goes through a forwarder.
async fn lossy(cell: Cell, server: &Server, way: Way) -> (FtpStream, Forwarder) {
    let patience = Duration::from_secs(2);
    let options = cell.options(server);
    let options = options.reply_timeout(patience).final_timeout(patience);
    let mut races = 0;
    loop {
        let started = Forwarder::start(server.address(), way).await;
        let forwarder = started.expect("a port");
        match options.connect(forwarder.address).await {
            Ok(ftp) => return (ftp, forwarder),
            Err(error) if races < RACES && cell.lost_race(&error) => races += 1,
            Err(error) => panic!("{cell}: {error:?}\n{}", server.log()),
        }
    }
}

async fn upload(ftp: &mut FtpStream, forwarder: &Forwarder, whole: &[u8]) -> Error {
    let options = TransferOptions::new().offset(OFFSET as u64);
    let begun = ftp.stor_with("up", &options).await;
    let mut upload = begun.expect("an upload begins");
    forwarder.lose();
    let sent = upload.write_all(&whole[OFFSET..]).await;
    sent.expect("all of it goes up");
    upload.finish().await.expect_err("nobody confirms it")
}

async fn download(cell: Cell, ftp: &mut FtpStream, forwarder: &Forwarder) -> (Vec<u8>, Error) {
    let mut options = TransferOptions::new().offset(OFFSET as u64);
    if !matches!(cell.kind, Kind::Vsftpd | Kind::Proftpd) {
        // These two say it when the download begins.
        options = options.size(LENGTH as u64);
    }
    let begun = ftp.retr_with("down", &options).await;
    let mut download = begun.expect("a download begins");
    forwarder.lose();
    let mut read = Vec::new();
    let end = download.read_to_end(&mut read).await;
    (read, end.expect_err("nobody confirms it").into())
}

/// A new session finds the file complete for as long as it is.
async fn settle(cell: Cell, server: &Server, path: &str, whole: &[u8], way: Way, error: &Error) {
    println!("{cell}: {path}, {way:?}: {error}");
    let Error::Unconfirmed { size, .. } = error else {
        panic!("{cell}: {path}, {way:?}: {error:?}\n{}", server.log())
    };
    assert_eq!(*size, Some(LENGTH as u64), "{cell}: {path}");
    assert_eq!(error.is_timeout(), way == Way::Swallow, "{cell}: {path}");
    let mut ftp = cell.login(server).await;
    let told = ftp.is_complete(path, error).await.expect("a length");
    let stored = server.content(path).expect("a file");
    assert!(stored == whole, "{cell}: {path}: {} bytes", stored.len());
    assert!(told, "{cell}: {path}");
    for (other, complete) in [
        (&whole[..LENGTH - 1], false),
        (&whole[..OFFSET], false),
        (&[whole, b"more"].concat(), false),
        (whole, true),
    ] {
        server.put(path, other).expect("a file");
        let told = ftp.is_complete(path, error).await.expect("a length");
        assert_eq!(told, complete, "{cell}: {path}: {} bytes", other.len());
    }
    ftp.delete(path).await.expect("it goes");
    assert!(!ftp.is_complete(path, error).await.expect("an answer"));
}

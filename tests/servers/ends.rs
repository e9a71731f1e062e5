//! Sessions that the server ends, in order or not.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, Interest},
    net::TcpStream,
    time::timeout,
};
use tokio_ftp::{Connection, Connector, Dialing, Endpoint, Error, FtpStream, Result};

use crate::{
    cell::{Cell, content},
    farm::{Kind, Server},
    options::{Options, Tls, Versions},
    quirks::Quirk,
};

fn cells(kind: Kind) -> [Cell; 2] {
    [Tls::None, Tls::Explicit].map(|tls| Cell::new(kind, tls, Versions::Both))
}

/// A wrong password is refused with the server's words, and the right one then lets in.
#[tokio::test]
async fn login_is_refused_and_tried_again() {
    for kind in Kind::ALL {
        let cell = Cell::new(kind, Tls::None, Versions::Both);
        let server = cell.start();
        let options = FtpStream::builder();
        let mut ftp = cell.connect(&server, &options).await.expect("a greeting");
        let result = ftp.login(server.user(), "not the password").await;
        if kind.has(Quirk::AnyPassword) {
            result.expect("everyone is let in");
            continue;
        }
        let error = result.expect_err("the password is wrong");
        assert_eq!(error.code().map(u16::from), Some(530), "{kind:?}: {error}");
        assert!(
            !format!("{error:?} {error}").contains("not the password"),
            "{error:?}"
        );
        if ftp.is_broken() {
            ftp = cell.connect(&server, &options).await.expect("a greeting");
        }
        ftp.login(server.user(), server.password())
            .await
            .unwrap_or_else(|e| panic!("{kind:?}: {e:?}\n{}", server.log()));
        assert_eq!(ftp.pwd().await.expect("a session"), "/");
    }
}

/// How the server is told to end a session that has been idle for a short time.
fn short_patience(kind: Kind) -> &'static str {
    match kind {
        Kind::Vsftpd => "idle_session_timeout=3",
        Kind::Proftpd => "TimeoutIdle 3",
        // It counts in minutes.
        Kind::PureFtpd => "--maxidletime=1",
        Kind::Pyftpdlib => "timeout=3",
        Kind::Unftp => "idle_session_timeout=3",
    }
}

/// The session says that it is broken, with the server's 421 where there was one.
async fn idle(cell: Cell) {
    let options = Options::new(cell.tls).extra(short_patience(cell.kind));
    let server = Server::start(cell.kind, &options).unwrap_or_else(|error| panic!("{error}"));
    let wire = Arc::new(Wire::default());
    let options = cell.options(&server).connector(wire.clone());
    let session = cell.connect(&server, &options).await;
    let mut ftp = session.unwrap_or_else(|error| panic!("{cell}: {error:?}\n{}", server.log()));
    ftp.noop().await.expect("the session is new");
    let ended = timeout(Duration::from_secs(90), wire.ended()).await;
    ended.unwrap_or_else(|_| panic!("{cell} has endless patience"));
    let error = ftp.pwd().await.expect_err("the server has gone");
    println!("{cell}: {error}");
    assert!(ftp.is_broken(), "{cell}: {error:?}");
    assert!(error.is_transient(), "{cell}: {error:?}");
    let goodbye = cell.kind.has(Quirk::IdleIsGoodbye);
    let expected = if goodbye { 221 } else { 421 };
    match error.code() {
        Some(code) => assert_eq!(code, expected, "{cell}: {error:?}"),
        None => assert!(
            cell.tls != Tls::None && cell.kind.has(Quirk::IdleUntoldOverTls),
            "{cell}: {error:?}"
        ),
    }
    let again = ftp.noop().await.expect_err("it stays broken");
    assert!(again.is_broken(), "{cell}: {again:?}");
}

/// A way to the server that tells when the server has ended the control connection: nobody but the
/// kernel knows without asking the server, and asking would make the session busy again.
#[derive(Debug, Default)]
struct Wire(Mutex<Option<TcpStream>>);

impl Wire {
    /// Waits for the end of the last connection that was made. What has arrived before stays.
    async fn ended(&self) {
        let last = self.0.lock().expect("nobody panicked in here").take();
        let last = last.expect("a connection");
        loop {
            let ready = last.ready(Interest::READABLE).await.expect("a socket");
            if ready.is_read_closed() {
                return;
            }
            // The next event, not this one again.
            let again = last.try_io(Interest::READABLE, || {
                Err::<(), _>(io::ErrorKind::WouldBlock.into())
            });
            again.expect_err("nothing was read");
        }
    }
}

impl Connector for Wire {
    fn connect<'a>(&'a self, endpoint: &'a Endpoint) -> Dialing<'a> {
        Box::pin(async move {
            let stream = TcpStream::connect(endpoint.to_string()).await?;
            let other: OwnedFd = stream.as_fd().try_clone_to_owned()?;
            let other = TcpStream::from_std(other.into())?;
            *self.0.lock().expect("nobody panicked in here") = Some(other);
            Ok(Box::new(stream) as Box<dyn Connection>)
        })
    }
}

#[tokio::test]
async fn idle_session_is_ended_by_the_server() {
    for kind in Kind::ALL {
        if kind != Kind::PureFtpd {
            for cell in cells(kind) {
                idle(cell).await;
            }
        }
    }
}

/// Apart from the others, because its patience is a minute.
#[tokio::test]
async fn idle_session_is_ended_by_pureftpd() {
    let [plain, secured] = cells(Kind::PureFtpd);
    tokio::join!(idle(plain), idle(secured));
}

/// A transfer that the server's death cuts is an error, never a success, and in good time.
#[tokio::test]
async fn server_killed_in_mid_transfer() {
    for kind in Kind::ALL {
        for cell in cells(kind) {
            for upload in [false, true] {
                let server = cell.start();
                let options = cell
                    .options(&server)
                    .idle_timeout(Duration::from_secs(5))
                    .reply_timeout(Duration::from_secs(5))
                    .final_timeout(Duration::from_secs(5));
                let mut ftp = cell.connect(&server, &options).await.expect("a login");
                server.put("large", &content(20 << 20, 5)).expect("a file");
                let started = Instant::now();
                let result = if upload {
                    up(&mut ftp, server).await
                } else {
                    down(&mut ftp, server).await
                };
                let error = result.expect_err("the server was killed");
                println!("{cell}: {error}");
                assert!(error.is_transient(), "{cell}: {error:?}");
                assert!(started.elapsed() < Duration::from_secs(30), "{cell}");
                let error = ftp.pwd().await.expect_err("nobody is there");
                assert!(error.is_transient() && ftp.is_broken(), "{cell}: {error:?}");
            }
        }
    }
}

async fn down(ftp: &mut FtpStream, server: Server) -> Result<u64> {
    let mut download = ftp.retr("large").await?;
    let mut block = vec![0; 64 * 1024];
    download.read_exact(&mut block).await?;
    drop(server);
    loop {
        let read = download.read(&mut block).await.map_err(Error::from)?;
        if read == 0 {
            return Ok(download.finish().await?.bytes());
        }
    }
}

async fn up(ftp: &mut FtpStream, server: Server) -> Result<u64> {
    let mut upload = ftp.stor("part").await?;
    let block = content(64 * 1024, 6);
    upload.write_all(&block).await?;
    drop(server);
    // More than the kernel's buffers take.
    for _ in 0..1000 {
        upload.write_all(&block).await?;
    }
    Ok(upload.finish().await?.bytes())
}

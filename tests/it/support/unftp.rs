//! libunftp in this process: a whole FTP server that nobody of this project wrote.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use libunftp::ServerBuilder;
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_ftp::{ConnectOptions, Error, FtpStream, TlsMode};
use unftp_sbe_fs::Filesystem;

use super::certs::certificate;

/// A server on a free port of the loopback interface; it takes any user.
pub(crate) struct Unftp {
    address: SocketAddr,
    task: JoinHandle<()>,
    directory: TempDir,
}

impl Unftp {
    pub(crate) async fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("root");
        let files = ["certificate.pem", "key.pem"].map(|name| directory.path().join(name));
        fs::create_dir(&root).unwrap();
        fs::write(&files[0], &certificate().pem).unwrap();
        fs::write(&files[1], &certificate().key_pem).unwrap();

        // Listened to here, so that the port is known and nobody else can take it.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let root = root.clone();
                let [certificate, key] = files.clone();
                let server =
                    ServerBuilder::new(Box::new(move || Filesystem::new(root.clone()).unwrap()))
                        .ftps(certificate, key)
                        .build()
                        .unwrap();
                tokio::spawn(server.service(stream));
            }
        });
        Self {
            address,
            task,
            directory,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> (&'static str, u16) {
        ("localhost", self.address.port())
    }

    /// A file or directory that it serves.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join("root").join(name)
    }

    /// How to connect without logging in.
    pub(crate) fn options(&self, mode: TlsMode) -> ConnectOptions {
        certificate().trusted_by(ConnectOptions::new().tls(mode))
    }

    /// A session that is neither encrypted nor logged in.
    pub(crate) async fn connected(&self) -> FtpStream {
        connect(&self.options(TlsMode::Off), self.address()).await
    }

    /// A session that is logged in.
    pub(crate) async fn session(&self, mode: TlsMode) -> FtpStream {
        let options = self.options(mode).credentials("joe", "secret");
        connect(&options, self.address()).await
    }
}

/// Connects, once more where that is libunftp's fault: it goes on reading text for a moment after
/// its 234, and then the handshake, if the client is quick, is no handshake any more.
pub(crate) async fn connect(options: &ConnectOptions, address: (&str, u16)) -> FtpStream {
    let mut tries = 50;
    loop {
        match options.connect(address).await {
            Err(Error::Tls(_) | Error::Io(_)) if tries > 0 => tries -= 1,
            session => return session.unwrap(),
        }
    }
}

impl Drop for Unftp {
    fn drop(&mut self) {
        self.task.abort();
    }
}

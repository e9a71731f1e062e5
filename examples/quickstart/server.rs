//! An FTPS server in this process: libunftp on a free loopback port.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};

use libunftp::{ServerBuilder, options::TlsFlags};
use rcgen::{CertificateParams, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::{net::TcpStream, task::JoinHandle, time};
use tokio_ftp::{ConnectOptions, Error, FtpStream};
use unftp_sbe_fs::Filesystem;

use crate::Result;

/// A server that runs until the value is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    certificate: Vec<u8>,
    task: JoinHandle<Result<()>>,
    /// Holds the certificate and its key for as long as the server may read them.
    _keys: TempDir,
}

impl Server {
    /// Serves the directory `root` and waits until connections are taken.
    pub(crate) async fn start(root: &Path) -> Result<Self> {
        let keys = tempfile::tempdir()?;
        let (certificate_file, key_file) =
            (keys.path().join("cert.pem"), keys.path().join("key.pem"));
        let mut params = CertificateParams::new(["localhost".into(), "127.0.0.1".into()])?;
        // It is its own root, and yet no authority: rustls wants none at the end of a chain.
        params.is_ca = IsCa::ExplicitNoCa;
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        fs::write(&certificate_file, certificate.pem())?;
        fs::write(&key_file, key.serialize_pem())?;

        // One for each session; the server's interface has no room for an error here.
        let root = root.to_owned();
        let files = move || {
            Filesystem::new(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()))
        };
        let server = ServerBuilder::new(Box::new(files))
            .greeting("quickstart")
            .ftps(certificate_file, key_file)
            .ftps_tls_flags(TlsFlags::default() | TlsFlags::V1_3)
            .build()?;
        // The server wants a number, so ask the system for one that is free.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let listening = server.listen(address.to_string());
        let mut server = Self {
            address,
            certificate: certificate.der().to_vec(),
            task: tokio::spawn(async move { Ok(listening.await?) }),
            _keys: keys,
        };
        time::timeout(Duration::from_secs(10), server.ready())
            .await
            .map_err(|_| "the server did not start within ten seconds")??;
        Ok(server)
    }

    async fn ready(&mut self) -> Result<()> {
        while TcpStream::connect(self.address).await.is_err() {
            if self.task.is_finished() {
                (&mut self.task).await??;
                return Err("the server ended".into());
            }
            time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate, in DER.
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }
}

/// Connects; again where the server missed the TLS handshake: libunftp goes on reading text for a
/// moment after it has agreed to TLS, and a busy machine can make that moment too long.
pub(crate) async fn connect(options: &ConnectOptions, address: SocketAddr) -> Result<FtpStream> {
    let mut tries = 20;
    loop {
        match options.connect(address).await {
            Err(Error::Tls(_)) if tries > 0 => tries -= 1,
            session => return Ok(session?),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

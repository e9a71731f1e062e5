//! tokio-ftp.

use std::{error::Error, fs};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_ftp::{FtpStream, TlsMode, tls::TlsRoots};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};

use super::session::Session;
use crate::{
    job::{Task, piece},
    setup::{PASSWORD, USER},
};

pub(super) struct Ours<const PIPELINED: bool>(FtpStream);

impl<const PIPELINED: bool> Session for Ours<PIPELINED> {
    async fn open(task: &Task) -> Result<Self, Box<dyn Error>> {
        let mut options = FtpStream::builder().credentials(USER, PASSWORD);
        if let Some(authority) = &task.authority {
            let authority = CertificateDer::from_pem_slice(&fs::read(authority)?)?;
            options = options
                .tls(TlsMode::Explicit)
                .tls_roots(TlsRoots::None)
                .tls_add_root(authority);
        }
        let options = options.pipelining(PIPELINED);
        Ok(Self(options.connect(task.address).await?))
    }

    async fn binary(&mut self) -> Result<(), Box<dyn Error>> {
        // By itself the session would say so before its first transfer.
        self.0.command("TYPE I").await?;
        Ok(())
    }

    async fn fetch(&mut self, name: &str, block: &mut [u8]) -> Result<u64, Box<dyn Error>> {
        let mut download = self.0.retr(name).await?;
        while download.read(block).await? > 0 {}
        Ok(download.received())
    }

    async fn send(&mut self, name: &str, size: u64, block: &[u8]) -> Result<(), Box<dyn Error>> {
        let mut upload = self.0.stor(name).await?;
        let mut left = size;
        while left > 0 {
            let piece = piece(block, left);
            upload.write_all(piece).await?;
            left -= piece.len() as u64;
        }
        upload.finish().await?;
        Ok(())
    }

    async fn quit(self) -> Result<(), Box<dyn Error>> {
        Ok(self.0.quit().await?)
    }
}

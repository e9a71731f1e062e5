//! suppaftp, on Tokio.

use std::error::Error;

use suppaftp::{
    tokio::{AsyncRustlsConnector, AsyncRustlsFtpStream},
    types::FileType,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{bare::connector, session::Session};
use crate::{
    job::{Task, piece},
    setup::{PASSWORD, USER},
};

pub(super) struct Suppaftp(AsyncRustlsFtpStream);

impl Session for Suppaftp {
    async fn open(task: &Task) -> Result<Self, Box<dyn Error>> {
        let mut ftp = AsyncRustlsFtpStream::connect(task.address).await?;
        if let Some(authority) = &task.authority {
            let connector = AsyncRustlsConnector::from(connector(authority)?);
            ftp = ftp.into_secure(connector, &task.host()).await?;
        }
        ftp.login(USER, PASSWORD).await?;
        Ok(Self(ftp))
    }

    async fn binary(&mut self) -> Result<(), Box<dyn Error>> {
        Ok(self.0.transfer_type(FileType::Binary).await?)
    }

    async fn fetch(&mut self, name: &str, block: &mut [u8]) -> Result<u64, Box<dyn Error>> {
        let mut download = self.0.retr_as_stream(name).await?;
        let mut fetched = 0;
        loop {
            match download.read(block).await? {
                0 => break,
                read => fetched += read as u64,
            }
        }
        download.finish().await?;
        Ok(fetched)
    }

    async fn send(&mut self, name: &str, size: u64, block: &[u8]) -> Result<(), Box<dyn Error>> {
        let mut upload = self.0.put_with_stream(name).await?;
        let mut left = size;
        while left > 0 {
            let piece = piece(block, left);
            upload.write_all(piece).await?;
            left -= piece.len() as u64;
        }
        upload.finish().await?;
        Ok(())
    }

    async fn quit(mut self) -> Result<(), Box<dyn Error>> {
        Ok(self.0.quit().await?)
    }
}

//! The same bytes on the wire with as little in between as there can be.

use std::{error::Error, fs, net::SocketAddr, path::Path, sync::Arc};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use super::session::Session;
use crate::{
    job::{BLOCK, Task, pattern, piece, sent_name},
    report::Report,
    setup::{PASSWORD, USER},
};

trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

/// A session that takes a server for granted that does as it is told.
pub(super) struct Bare {
    control: BufReader<Box<dyn Duplex>>,
    address: SocketAddr,
    tls: Option<TlsConnector>,
}

/// TLS that trusts the authority.
pub(super) fn connector(authority: &Path) -> Result<TlsConnector, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(&fs::read(authority)?)?)?;
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

impl Bare {
    async fn reply(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        loop {
            line.clear();
            self.control.read_line(&mut line).await?;
            match line.as_bytes() {
                [b'4' | b'5', ..] => return Err(line.into()),
                [b'0'..=b'9', _, _, b' ', ..] => return Ok(line),
                [] => return Err("the server closed".into()),
                _ => {}
            }
        }
    }

    async fn command(&mut self, line: &str) -> Result<String, Box<dyn Error>> {
        self.control
            .write_all(format!("{line}\r\n").as_bytes())
            .await?;
        self.control.flush().await?;
        self.reply().await
    }

    fn server_name(&self) -> ServerName<'static> {
        ServerName::from(self.address.ip())
    }

    async fn data(&mut self, command: &str) -> Result<TcpStream, Box<dyn Error>> {
        let passive = self.command("EPSV").await?;
        let data = TcpStream::connect(self.announced(&passive)?).await?;
        self.command(command).await?;
        Ok(data)
    }

    fn announced(&self, reply: &str) -> Result<SocketAddr, Box<dyn Error>> {
        let port = reply.split('|').nth(3).ok_or("no port")?.parse()?;
        Ok(SocketAddr::new(self.address.ip(), port))
    }
}

impl Session for Bare {
    async fn open(task: &Task) -> Result<Self, Box<dyn Error>> {
        let stream = TcpStream::connect(task.address).await?;
        stream.set_nodelay(true)?;
        let tls = task.authority.as_deref().map(connector).transpose()?;
        let mut session = Self {
            control: BufReader::new(Box::new(stream)),
            address: task.address,
            tls,
        };
        session.reply().await?;
        if let Some(tls) = session.tls.clone() {
            session.command("AUTH TLS").await?;
            let name = session.server_name();
            let stream = tls.connect(name, session.control.into_inner()).await?;
            session.control = BufReader::new(Box::new(stream));
            session.command("PBSZ 0").await?;
            session.command("PROT P").await?;
        }
        session.command(&format!("USER {USER}")).await?;
        session.command(&format!("PASS {PASSWORD}")).await?;
        Ok(session)
    }

    async fn binary(&mut self) -> Result<(), Box<dyn Error>> {
        self.command("TYPE I").await.map(drop)
    }

    async fn fetch(&mut self, name: &str, block: &mut [u8]) -> Result<u64, Box<dyn Error>> {
        let data = self.data(&format!("RETR {name}")).await?;
        let fetched = match &self.tls {
            None => read(data, block).await?,
            Some(tls) => read(tls.connect(self.server_name(), data).await?, block).await?,
        };
        self.reply().await?;
        Ok(fetched)
    }

    async fn send(&mut self, name: &str, size: u64, block: &[u8]) -> Result<(), Box<dyn Error>> {
        let data = self.data(&format!("STOR {name}")).await?;
        match &self.tls {
            None => write(data, size, block).await?,
            Some(tls) => {
                write(tls.connect(self.server_name(), data).await?, size, block).await?;
            }
        }
        self.reply().await?;
        Ok(())
    }

    async fn quit(mut self) -> Result<(), Box<dyn Error>> {
        self.command("QUIT").await?;
        Ok(())
    }
}

async fn read(mut data: impl AsyncRead + Unpin, block: &mut [u8]) -> Result<u64, Box<dyn Error>> {
    let mut fetched = 0;
    loop {
        match data.read(block).await? {
            0 => break,
            read => fetched += read as u64,
        }
    }
    Ok(fetched)
}

async fn write(mut data: impl Duplex, size: u64, block: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut left = size;
    while left > 0 {
        let piece = piece(block, left);
        data.write_all(piece).await?;
        left -= piece.len() as u64;
    }
    data.shutdown().await?;
    // With tickets unread, closing would reset the connection under the server's last reads.
    while data.read(&mut [0; 1024]).await? > 0 {}
    Ok(())
}

/// Small files without TLS, at the pace of the wire: the next port is asked for in the write of
/// each command, nobody waits for a connection before the command or for the 150 before data.
pub(super) async fn pipeline(task: &Task) -> Result<Report, Box<dyn Error>> {
    let mut session = Bare::open(task).await?;
    session.binary().await?;
    let passive = session.command("EPSV").await?;
    let mut port = session.announced(&passive)?;
    let mut block = vec![0; BLOCK];
    for (name, size) in task.content() {
        let sends = task.job.sends();
        let command = match sends {
            true => format!("STOR {}\r\nEPSV\r\n", sent_name(&name)),
            false => format!("RETR {name}\r\nEPSV\r\n"),
        };
        let (data, sent) = tokio::join!(
            TcpStream::connect(port),
            session.control.write_all(command.as_bytes())
        );
        sent?;
        if sends {
            let mut data = data?;
            data.write_all(&pattern(size)).await?;
        } else if read(data?, &mut block).await? != size {
            return Err(format!("{name} is not {size} bytes long").into());
        }
        session.reply().await?;
        session.reply().await?;
        let passive = session.reply().await?;
        port = session.announced(&passive)?;
    }
    session.quit().await?;
    Ok(Report::default())
}

//! As much of an FTP client as it takes to tell that a server is up, written
//! apart from the library so that the two do not share a mistake.

use std::{
    fmt,
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// A blocking control connection.
#[derive(Debug)]
pub(crate) struct Probe {
    stream: Stream,
    welcome: Answer,
}

impl Probe {
    /// Connects and reads the greeting; over implicit TLS where an authority
    /// is given.
    pub(crate) fn connect(address: SocketAddr, authority: Option<&[u8]>) -> io::Result<Self> {
        let socket = TcpStream::connect_timeout(&address, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let mut stream = match authority {
            None => Stream::Plain(socket),
            Some(authority) => Stream::secured(socket, authority)?,
        };
        let welcome = stream.answer()?;
        Ok(Self { stream, welcome })
    }

    pub(crate) fn welcome(&self) -> &Answer {
        &self.welcome
    }

    /// Sends a command and reads its reply.
    pub(crate) fn command(&mut self, line: &str) -> io::Result<Answer> {
        self.stream.write_all(format!("{line}\r\n").as_bytes())?;
        self.stream.answer()
    }

    /// `AUTH TLS` and the handshake.
    pub(crate) fn secure(mut self, authority: &[u8]) -> io::Result<Self> {
        let answer = self.command("AUTH TLS")?;
        let Stream::Plain(socket) = self.stream else {
            return Err(io::Error::other("secured already"));
        };
        if answer.code != 234 {
            return Err(io::Error::other(answer.to_string()));
        }
        Ok(Self {
            stream: Stream::secured(socket, authority)?,
            welcome: self.welcome,
        })
    }

    /// The TLS version in use.
    pub(crate) fn version(&self) -> Option<ProtocolVersion> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(tls) => tls.conn.protocol_version(),
        }
    }
}

/// A reply: its code and all of its lines.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) text: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.trim_end())
    }
}

#[derive(Debug)]
enum Stream {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Stream {
    fn secured(mut socket: TcpStream, authority: &[u8]) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from(authority.to_vec()))
            .map_err(io::Error::other)?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let mut connection =
            ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
        connection.complete_io(&mut socket)?;
        Ok(Self::Tls(Box::new(StreamOwned::new(connection, socket))))
    }

    fn answer(&mut self) -> io::Result<Answer> {
        let mut text = String::new();
        loop {
            let line = self.line()?;
            text.push_str(&line);
            text.push('\n');
            // The last line is the one that begins with the first one's code
            // and a blank.
            if line.as_bytes().get(3) == Some(&b' ') && line.get(..3) == text.get(..3) {
                let code = line[..3].parse().map_err(io::Error::other)?;
                return Ok(Answer { code, text });
            }
        }
    }

    /// Octet by octet, so that nothing behind the line is lost when TLS
    /// begins there.
    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut octet = [0];
        while octet != *b"\n" {
            self.read_exact(&mut octet)?;
            line.push(octet[0]);
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(tls) => tls.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(buffer),
            Self::Tls(tls) => tls.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(tls) => tls.flush(),
        }
    }
}

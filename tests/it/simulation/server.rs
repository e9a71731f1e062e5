//! A small FTP server that does what real ones do, and not more: in memory, or over TCP where it
//! has to call back.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Write as _,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::UnboundedReceiver,
    time::timeout,
};
use tokio_ftp::protocol::{parse_eprt, parse_port};
use tokio_rustls::TlsAcceptor;

use super::fault::{End, Faults};
use crate::support::{
    certs::certificate,
    network::{Network, Pipe},
};

/// How long it waits for a data connection, for its handshake, and for a client that is silent.
const PATIENCE: Duration = Duration::from_secs(40);

/// The files, by name; there are no directories.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl Disk {
    pub(crate) fn put(&self, name: &str, content: &[u8]) {
        self.files(|files| files.insert(name.to_owned(), content.to_vec()));
    }

    pub(crate) fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.files(|files| files.get(name).cloned())
    }

    pub(crate) fn files<T>(&self, with: impl FnOnce(&mut BTreeMap<String, Vec<u8>>) -> T) -> T {
        with(&mut self.0.lock().unwrap())
    }
}

/// What becomes of a command that comes during a transfer, `ABOR` aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It is answered at once, or refused.
    Hasty,
    /// It waits until the transfer is over.
    Orderly,
}

/// Serves every session that comes, for as long as the value lives.
#[derive(Debug)]
pub(crate) struct Server(tokio::task::JoinHandle<()>);

impl Server {
    pub(crate) fn start(network: Network, disk: Disk, manner: Manner) -> Self {
        let listener = network.listen(21);
        Self(tokio::spawn(serve(network, disk, manner, listener)))
    }

    /// The same over TCP at `host`, for active mode; `faults` are at this end of its links.
    pub(crate) async fn start_over_tcp(
        host: IpAddr,
        disk: Disk,
        faults: Faults,
    ) -> (Self, SocketAddr) {
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        (
            Self(tokio::spawn(serve_tcp(disk, faults, listener))),
            address,
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn serve(
    network: Network,
    disk: Disk,
    manner: Manner,
    mut listener: UnboundedReceiver<Pipe>,
) {
    let tls = TlsAcceptor::from(Arc::new(certificate().server()));
    let mut sessions = tokio::task::JoinSet::new();
    while let Some(control) = listener.recv().await {
        let host = Host::Memory(network.clone());
        let mut session = Session::new(host, disk.clone(), tls.clone(), Box::new(control));
        session.manner = manner;
        sessions.spawn(session.run());
    }
}

async fn serve_tcp(disk: Disk, faults: Faults, listener: TcpListener) {
    let tls = TlsAcceptor::from(Arc::new(certificate().server()));
    let mut sessions = tokio::task::JoinSet::new();
    while let Ok((control, _)) = listener.accept().await {
        // Time that is paused does not wait for the kernel to send what it holds back.
        control.set_nodelay(true).unwrap();
        let control = faults.link(Box::new(control), End::Server);
        let host = Host::Tcp(faults.clone());
        let session = Session::new(host, disk.clone(), tls.clone(), Box::new(control));
        sessions.spawn(session.run());
    }
}

/// How data connections are made.
enum Host {
    /// The client connects.
    Memory(Network),
    /// The server connects.
    Tcp(Faults),
}

/// The next data connection.
enum Awaited {
    Passive(UnboundedReceiver<Pipe>),
    Active(SocketAddr, Faults),
}

impl Awaited {
    async fn connect(self) -> io::Result<Box<dyn Duplex>> {
        match self {
            Self::Passive(mut listener) => {
                let pipe = listener.recv().await;
                Ok(Box::new(pipe.ok_or(io::ErrorKind::ConnectionAborted)?))
            }
            Self::Active(address, faults) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(faults.link(Box::new(stream), End::Server)))
            }
        }
    }
}

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

struct Session {
    host: Host,
    disk: Disk,
    tls: TlsAcceptor,
    control: BufReader<Box<dyn Duplex>>,
    line: Vec<u8>,
    awaited: Option<Awaited>,
    protected: bool,
    offset: usize,
    renaming: Option<String>,
    manner: Manner,
    /// What came during a transfer and is still to be looked at.
    waiting: VecDeque<String>,
}

/// What goes over a data connection.
enum Work {
    Send(Vec<u8>),
    Receive { name: String, offset: usize },
}

impl Session {
    fn new(host: Host, disk: Disk, tls: TlsAcceptor, control: Box<dyn Duplex>) -> Self {
        Self {
            host,
            disk,
            tls,
            control: BufReader::new(control),
            line: Vec::new(),
            awaited: None,
            protected: false,
            offset: 0,
            renaming: None,
            manner: Manner::Hasty,
            waiting: VecDeque::new(),
        }
    }

    async fn run(mut self) {
        // However it ends, it is the client's turn to see that.
        let _ = self.converse().await;
    }

    async fn converse(&mut self) -> io::Result<()> {
        self.say("220 ready").await?;
        while let Some(line) = self.next_command().await {
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            let (verb, argument) = (verb.to_owned(), argument.to_owned());
            match &verb[..] {
                "QUIT" => {
                    self.say("221 bye").await?;
                    return self.control.shutdown().await;
                }
                "AUTH" => self.encrypt().await?,
                "RETR" | "STOR" | "APPE" | "MLSD" | "LIST" | "NLST" => {
                    self.transfer(&verb, argument).await?
                }
                _ => {
                    let reply = self.answer(&verb, argument);
                    self.say(&reply).await?;
                }
            }
        }
        Ok(())
    }

    async fn next_command(&mut self) -> Option<String> {
        if let Some(line) = self.waiting.pop_front() {
            return Some(line);
        }
        let line = next_line(&mut self.control, &mut self.line);
        timeout(10 * PATIENCE, line).await.unwrap_or(None)
    }

    async fn say(&mut self, reply: &str) -> io::Result<()> {
        self.control.write_all(reply.as_bytes()).await?;
        self.control.write_all(b"\r\n").await?;
        self.control.flush().await
    }

    async fn encrypt(&mut self) -> io::Result<()> {
        self.say("234 go").await?;
        let nothing: Box<dyn Duplex> = Box::new(tokio::io::empty());
        let plain = std::mem::replace(&mut self.control, BufReader::new(nothing));
        let tls = timeout(PATIENCE, self.tls.accept(plain.into_inner())).await??;
        self.control = BufReader::new(Box::new(tls));
        Ok(())
    }

    fn answer(&mut self, verb: &str, argument: String) -> String {
        let renaming = self.renaming.take();
        match verb {
            "USER" => "331 password?".into(),
            "PASS" => "230 in".into(),
            "FEAT" => "211-Features\r\n MLST type*;size*;\r\n REST STREAM\r\n211 End".into(),
            "PBSZ" | "TYPE" | "NOOP" => "200 ok".into(),
            "PROT" => {
                self.protected = argument == "P";
                "200 ok".into()
            }
            "PWD" => "257 \"/\"".into(),
            "EPSV" => match &self.host {
                Host::Memory(network) => {
                    let (port, listener) = network.listen_anywhere();
                    self.awaited = Some(Awaited::Passive(listener));
                    format!("229 ok (|||{port}|)")
                }
                Host::Tcp(_) => "502 only the other way round".into(),
            },
            "PORT" => self.connect_to(parse_port(argument.as_bytes()).map(SocketAddr::V4)),
            "EPRT" => self.connect_to(parse_eprt(argument.as_bytes())),
            "REST" => {
                self.offset = argument.parse().unwrap_or(0);
                "350 go on".into()
            }
            "ABOR" => "226 nothing left to abort".into(),
            "SIZE" => match self.disk.get(&argument) {
                Some(content) => format!("213 {}", content.len()),
                None => "550 no such file".into(),
            },
            "DELE" => match self.disk.files(|files| files.remove(&argument)) {
                Some(_) => "250 gone".into(),
                None => "550 no such file".into(),
            },
            "RNFR" if self.disk.get(&argument).is_some() => {
                self.renaming = Some(argument);
                "350 to?".into()
            }
            "RNFR" => "550 no such file".into(),
            "RNTO" => match renaming {
                Some(from) => {
                    self.disk.files(|files| {
                        let content = files.remove(&from).unwrap_or_default();
                        files.insert(argument, content)
                    });
                    "250 renamed".into()
                }
                None => "503 RNFR first".into(),
            },
            _ => format!("500 {verb}?"),
        }
    }

    fn connect_to(&mut self, address: Option<SocketAddr>) -> String {
        let (Host::Tcp(faults), Some(address)) = (&self.host, address) else {
            return "501 where?".into();
        };
        self.awaited = Some(Awaited::Active(address, faults.clone()));
        "200 ok".into()
    }

    async fn transfer(&mut self, verb: &str, name: String) -> io::Result<()> {
        let offset = std::mem::take(&mut self.offset);
        let Some(awaited) = self.awaited.take() else {
            return self.say("425 no data connection").await;
        };
        let work = match (verb, self.disk.get(&name)) {
            ("RETR", None) => return self.say("550 no such file").await,
            ("RETR", Some(content)) => Work::Send(content.get(offset..).unwrap_or(&[]).to_vec()),
            // A client may want no more of the other two than their TLS tickets.
            ("MLSD" | "LIST" | "NLST", _) => Work::Send(self.listing()),
            ("APPE", content) => Work::Receive {
                name,
                offset: content.map_or(0, |content| content.len()),
            },
            _ => Work::Receive { name, offset },
        };
        let size = match &work {
            Work::Send(content) if verb == "RETR" => format!(" ({} bytes)", content.len()),
            _ => String::new(),
        };
        self.say(&format!("150 go{size}")).await?;
        let tls = self.protected.then(|| self.tls.clone());
        let running = run(work, awaited, tls, self.disk.clone());
        let mut running = std::pin::pin!(running);
        let end = loop {
            tokio::select! {
                biased;
                end = &mut running => break end,
                line = next_line(&mut self.control, &mut self.line) => match line.as_deref() {
                    Some("ABOR") => {
                        // The data connection goes with the future.
                        self.say("426 aborted").await?;
                        self.waiting.push_back("ABOR".to_owned());
                        return Ok(());
                    }
                    Some(line) if self.manner == Manner::Orderly => {
                        self.waiting.push_back(line.to_owned());
                    }
                    Some("NOOP") => {
                        self.control.write_all(b"200 ok\r\n").await?;
                        self.control.flush().await?;
                    }
                    Some(_) => {
                        self.control.write_all(b"503 busy\r\n").await?;
                        self.control.flush().await?;
                    }
                    None => return Err(io::ErrorKind::UnexpectedEof.into()),
                },
            }
        };
        match end {
            Ok(()) => self.say("226 done").await,
            Err(_) => self.say("426 the data connection broke").await,
        }
    }

    fn listing(&self) -> Vec<u8> {
        let mut lines = String::from("type=cdir; .\r\n");
        self.disk.files(|files| {
            for (name, content) in files.iter() {
                let _ = write!(lines, "type=file;size={}; {name}\r\n", content.len());
            }
        });
        lines.into_bytes()
    }
}

async fn run(work: Work, awaited: Awaited, tls: Option<TlsAcceptor>, disk: Disk) -> io::Result<()> {
    // Emptied before the first byte, as everywhere.
    if let Work::Receive { name, offset } = &work {
        disk.files(|files| files.entry(name.clone()).or_default().truncate(*offset));
    }
    let mut data = timeout(PATIENCE, awaited.connect()).await??;
    if let Some(tls) = tls {
        data = Box::new(timeout(PATIENCE, tls.accept(data)).await??);
    }
    match work {
        Work::Send(content) => {
            timeout(PATIENCE, data.write_all(&content)).await??;
            data.shutdown().await
        }
        Work::Receive { name, mut offset } => {
            let mut block = [0; 4096];
            loop {
                let read = timeout(PATIENCE, data.read(&mut block)).await??;
                if read == 0 {
                    return data.shutdown().await;
                }
                disk.files(|files| {
                    let content = files.entry(name.clone()).or_default();
                    content.truncate(offset);
                    content.resize(offset, 0);
                    content.extend_from_slice(&block[..read]);
                });
                offset += read;
            }
        }
    }
}

/// The next line; `None` when the client is gone. What has come of it is in `partial` when this is
/// dropped.
async fn next_line(
    control: &mut BufReader<Box<dyn Duplex>>,
    partial: &mut Vec<u8>,
) -> Option<String> {
    let read = control.read_until(b'\n', partial).await;
    if read.is_err() || partial.last() != Some(&b'\n') {
        return None;
    }
    let line = String::from_utf8_lossy(partial.trim_ascii_end()).into_owned();
    partial.clear();
    Some(line)
}

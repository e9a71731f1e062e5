//! A server that follows a script.
//!
//! A transcript has a step a line, and reads like the examples in the RFCs:
//!
//! ```text
//! C: PWD                       the client sends this line, and no other
//! S: 257 "/"                   the server sends this line
//! S~ 150 a\r\n226 b\r\n        the server sends these bytes, in one write
//! S! close                     ends the control connection; or `reset`
//! S! tls                       puts TLS under the control connection; `clear` takes it off
//! S! stall                     says no more, whatever the client sends
//! S! wait 3                    does nothing for 3 seconds
//! PASSIVE                      answers EPSV with a port, and listens there
//! D! open 2000                 listens there; or `dark 2000`: swallows connections
//! D! tls                       puts TLS under the data connection
//! D> half                      sends data
//! D< whole                     the client sends this data
//! D! close                     ends the data in good order; or `reset`, or `cut` (TLS: unsaid)
//! D! fin                       says the end, and keeps the connection
//! D! ended                     the client ends the data in good order; or `was reset`
//! ```

use std::{future::Future, io, sync::Arc, time::Duration};

use bytes::{Buf, BytesMut};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_ftp::{ConnectOptions, Connection, FtpStream, Result};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig, server::TlsStream};

use super::{
    certs::certificate,
    network::{Network, Pipe},
};

/// The name that sessions connect to.
pub(crate) const HOST: &str = "localhost";

/// The server's side of one session.
pub(crate) struct Server {
    network: Network,
    control: Link,
    buffer: BytesMut,
    tls: TlsAcceptor,
    data_tls: TlsAcceptor,
    listener: Option<mpsc::UnboundedReceiver<Pipe>>,
    data: Option<Link>,
    next_port: u16,
}

enum Link {
    Plain(Pipe),
    Tls(Box<TlsStream<Pipe>>),
    Gone,
}

/// A script that is being followed.
pub(crate) struct Running {
    task: JoinHandle<()>,
    pub(crate) network: Network,
}

impl Running {
    /// Waits until the script is over. It has then been followed to the letter, and the client
    /// has sent nothing else.
    pub(crate) async fn done(self) {
        let hour = Duration::from_secs(3600);
        timeout(hour, self.task)
            .await
            .expect("the script is not over")
            .expect("the script was not followed");
    }
}

/// Starts a server that does what `script` says with the first connection.
pub(crate) fn serve<S, F>(script: S) -> (Network, Running)
where
    S: FnOnce(Server) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let network = Network::default();
    let mut listener = network.listen(21);
    let host = network.clone();
    let task = tokio::spawn(async move {
        let Some(control) = listener.recv().await else {
            return;
        };
        let tls = TlsAcceptor::from(Arc::new(certificate().server()));
        let server = Server {
            network: host,
            control: Link::Plain(control),
            buffer: BytesMut::new(),
            data_tls: tls.clone(),
            tls,
            listener: None,
            data: None,
            next_port: 2000,
        };
        script(server).await;
    });
    let running = Running {
        task,
        network: network.clone(),
    };
    (network, running)
}

/// Connects to a server that follows `transcript` from its first word.
pub(crate) async fn connect(
    options: ConnectOptions,
    transcript: &str,
) -> (Result<FtpStream>, Running) {
    let transcript = transcript.to_owned();
    let (network, running) = serve(move |mut server| async move {
        server.play(&transcript).await;
        server.rest().await;
    });
    let session = options.connector(Arc::new(network)).connect(HOST).await;
    (session, running)
}

/// A session with a server that follows `transcript` after its greeting.
pub(crate) async fn session(transcript: &str) -> (FtpStream, Running) {
    session_with(ConnectOptions::new(), transcript).await
}

/// The same, with options.
pub(crate) async fn session_with(
    options: ConnectOptions,
    transcript: &str,
) -> (FtpStream, Running) {
    let transcript = transcript.to_owned();
    session_of(options, move |mut server| async move {
        server.play(&transcript).await;
        server.rest().await;
    })
    .await
}

/// A session with a server that does what `script` says after its greeting.
pub(crate) async fn session_of<S, F>(options: ConnectOptions, script: S) -> (FtpStream, Running)
where
    S: FnOnce(Server) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let (network, running) = serve(move |mut server| async move {
        server.play("S: 220 ready").await;
        script(server).await;
    });
    let session = options.connector(Arc::new(network)).connect(HOST).await;
    (session.unwrap(), running)
}

impl Server {
    /// Follows a transcript.
    pub(crate) async fn play(&mut self, transcript: &str) {
        for step in transcript.lines().map(str::trim_start) {
            if !step.is_empty() {
                self.step(step).await;
            }
        }
    }

    async fn step(&mut self, step: &str) {
        let (kind, text) = step.split_at_checked(2).expect("a step");
        let text = text.strip_prefix(' ').unwrap_or(text);
        match (kind, text) {
            ("C:", line) => self.expect(line).await,
            ("S:", line) => self.say(format!("{line}\r\n").as_bytes()).await,
            ("S~", bytes) => self.say(&unescape(bytes)).await,
            ("S!", "close") => self.control.end().await,
            ("S!", "reset") => self.control.reset(),
            ("S!", "stall") => while self.next_line().await.is_some() {},
            ("S!", "clear") => self.control.decrypt().await,
            ("S!", "tls") => self.encrypt_control().await,
            ("S!", action) => match action.split_once(' ') {
                Some(("wait", time)) => sleep(Duration::from_secs(time.parse().unwrap())).await,
                _ => panic!("unknown step: {step}"),
            },
            ("PA", "SSIVE") => {
                self.expect("EPSV").await;
                let port = self.listen();
                self.say(format!("229 ok (|||{port}|)\r\n").as_bytes())
                    .await;
            }
            ("D>", bytes) => self.send(&unescape(bytes)).await,
            ("D<", bytes) => self.receive(&unescape(bytes)).await,
            ("D!", action) => self.data_step(action).await,
            _ => panic!("unknown step: {step}"),
        }
    }

    async fn data_step(&mut self, action: &str) {
        match action.split_once(' ') {
            Some(("open", port)) => {
                self.listener = Some(self.network.listen(port.parse().unwrap()));
                return;
            }
            Some(("dark", port)) => return self.network.darken(port.parse().unwrap()),
            _ => {}
        }
        let tls = self.data_tls.clone();
        let data = self.data().await;
        match action {
            "accept" => {}
            "tls" => data.encrypt(&tls).await,
            "fin" => data.finish().await,
            "close" => data.end().await,
            "reset" => data.reset(),
            "cut" => *data = Link::Gone,
            "ended" => {
                let end = data.read(&mut [0; 1]).await;
                assert!(matches!(end, Ok(0)), "not an orderly end: {end:?}");
                data.end().await;
            }
            "was reset" => {
                let end = loop {
                    match data.read(&mut [0; 4096]).await {
                        Ok(0) => panic!("an orderly end, not a reset"),
                        Ok(_) => {}
                        Err(error) => break error,
                    }
                };
                assert_eq!(end.kind(), io::ErrorKind::ConnectionReset);
            }
            _ => panic!("unknown step: D! {action}"),
        }
        if !matches!(action, "tls" | "accept" | "fin") {
            self.data = None;
        }
    }

    /// Has data connections speak TLS in another way than the control connection.
    pub(crate) fn encrypt_data_with(&mut self, change: impl FnOnce(&mut ServerConfig)) {
        let mut config = ServerConfig::clone(self.tls.config());
        change(&mut config);
        self.data_tls = TlsAcceptor::from(Arc::new(config));
    }

    /// Listens for a data connection on a port that was never used.
    pub(crate) fn listen(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port += 1;
        self.listener = Some(self.network.listen(port));
        port
    }

    /// The next line must be this one.
    pub(crate) async fn expect(&mut self, line: &str) {
        let heard = self.next_line().await;
        assert_eq!(heard.as_deref(), Some(line), "the client's next line");
    }

    /// Sends bytes on the control connection.
    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        self.control.write(bytes).await.expect("the client is gone");
    }

    /// Sends bytes on the control connection for as long as the client takes them, and says how
    /// many it took.
    pub(crate) async fn flood(&mut self, bytes: &[u8], limit: usize) -> usize {
        let mut taken = 0;
        while taken < limit && self.control.write(bytes).await.is_ok() {
            taken += bytes.len();
        }
        taken
    }

    /// Sends bytes on the data connection.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let data = self.data().await;
        data.write(bytes)
            .await
            .expect("the data connection is gone");
    }

    /// Sends bytes on the data connection for as long as the client takes them.
    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.data().await.write(bytes).await
    }

    /// The next bytes on the data connection must be these.
    pub(crate) async fn receive(&mut self, bytes: &[u8]) {
        let mut heard = vec![0; bytes.len()];
        let mut filled = 0;
        let data = self.data().await;
        while filled < heard.len() {
            match data.read(&mut heard[filled..]).await {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) => panic!("{error} after {filled} bytes"),
            }
        }
        heard.truncate(filled);
        assert!(
            heard == bytes,
            "{} bytes that are not those expected",
            filled
        );
    }

    /// Waits for the client to be gone; it must not send anything before.
    pub(crate) async fn rest(mut self) {
        if let Some(line) = self.next_line().await {
            panic!("not in the script: {line:?}");
        }
    }

    /// The next line without its end; `None` when the client is gone.
    pub(crate) async fn next_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = String::from_utf8_lossy(&self.buffer.split_to(end)).into_owned();
                self.buffer.advance(2);
                return Some(line);
            }
            let mut space = [0; 4096];
            match self.control.read(&mut space).await {
                Ok(read) if read > 0 => self.buffer.extend_from_slice(&space[..read]),
                _ => {
                    assert!(self.buffer.is_empty(), "half a line: {:?}", self.buffer);
                    return None;
                }
            }
        }
    }

    async fn data(&mut self) -> &mut Link {
        if self.data.is_none() {
            let listener = self.listener.as_mut().expect("a port that is open");
            let pipe = listener.recv().await.expect("a data connection");
            self.data = Some(Link::Plain(pipe));
        }
        self.data.as_mut().unwrap()
    }

    async fn encrypt_control(&mut self) {
        assert!(self.buffer.is_empty(), "in the clear: {:?}", self.buffer);
        let tls = self.tls.clone();
        self.control.encrypt(&tls).await;
    }
}

impl Link {
    async fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(pipe) => pipe.read(space).await,
            Self::Tls(tls) => tls.read(space).await,
            Self::Gone => Ok(0),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(pipe) => pipe.write_all(bytes).await,
            Self::Tls(tls) => {
                tls.write_all(bytes).await?;
                tls.flush().await
            }
            Self::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    async fn encrypt(&mut self, tls: &TlsAcceptor) {
        if let Self::Plain(pipe) = std::mem::replace(self, Self::Gone) {
            // A client that gives the handshake up leaves nothing to talk on.
            if let Ok(stream) = tls.accept(pipe).await {
                *self = Self::Tls(Box::new(stream));
            }
        }
    }

    /// Both sides say the end of TLS, and the connection goes on.
    async fn decrypt(&mut self) {
        if let Self::Tls(mut tls) = std::mem::replace(self, Self::Gone) {
            let end = tls.read(&mut [0; 1]).await;
            assert!(matches!(end, Ok(0)), "not the end of TLS: {end:?}");
            tls.get_mut().1.send_close_notify();
            tls.flush().await.expect("the client is gone");
            *self = Self::Plain(tls.into_inner().0);
        }
    }

    /// Says the end in good order. A client that is gone already has it its way.
    async fn finish(&mut self) {
        let _ = match self {
            Self::Plain(pipe) => pipe.shutdown().await,
            Self::Tls(tls) => tls.shutdown().await,
            Self::Gone => Ok(()),
        };
    }

    async fn end(&mut self) {
        self.finish().await;
        *self = Self::Gone;
    }

    fn reset(&mut self) {
        match self {
            Self::Plain(pipe) => pipe.reset(),
            Self::Tls(tls) => tls.get_mut().0.reset(),
            Self::Gone => {}
        }
        *self = Self::Gone;
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(char) = rest.next() {
        match (char, (char == '\\').then(|| rest.next()).flatten()) {
            ('\\', Some('r')) => bytes.push(b'\r'),
            ('\\', Some('n')) => bytes.push(b'\n'),
            ('\\', Some('x')) => {
                let digits: String = rest.by_ref().take(2).collect();
                bytes.push(u8::from_str_radix(&digits, 16).expect("two hex digits"));
            }
            ('\\', other) => panic!("unknown escape: {other:?}"),
            (char, _) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    bytes
}

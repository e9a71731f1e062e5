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
//! S! deaf                      says no more, and does not even look at what the client sends
//! S! wait 3                    does nothing for 3 seconds
//! PASSIVE                      answers EPSV with a port, and listens there
//! D! open 2000                 listens there; or `dark 2000`: swallows connections
//! D! tls                       puts TLS under the data connection
//! D! tickets 0                 gives so many TLS tickets with data from here on
//! D! forget                    resumes none of the TLS sessions so far
//! D> half                      sends data
//! D< whole                     the client sends this data
//! D! close                     ends the data in good order; or `reset`, or `cut` (TLS: unsaid)
//! D! fin                       says the end, and keeps the connection
//! D! ended                     the client ends the data in good order; or `was reset`
//! D! heard                     the client ends the data in good order; this side stays open
//! ```
//!
//! One thing may go otherwise than told: see [`Fault`].

mod fault;
mod link;
mod running;

use std::{
    io,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use bytes::{Buf, BytesMut};
use tokio::{sync::mpsc, time::sleep};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, server::ServerSessionMemoryCache},
};

use self::{fault::Way, link::Link};
pub(crate) use self::{
    fault::{Fault, Sent},
    running::{Running, connect, connect_at, serve, session, session_of, session_with},
};
use super::{
    certs::certificate,
    network::{Network, Pipe},
    quiet,
};

/// The name that sessions connect to.
pub(crate) const HOST: &str = "localhost";

/// The working directory, for whoever asks whether the session is in step.
pub(crate) const IN_STEP: &str = "/in/step";

/// The first port that `PASSIVE` opens.
const FIRST_PORT: u16 = 2000;

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
    fault: Fault,
    sent: Arc<Mutex<Sent>>,
    /// What was held back is said, and the transcript does not hold any more.
    late: bool,
    /// What the client has asked last.
    asked: String,
    /// Whether a transfer was asked for and has not had its last reply.
    owes_end: bool,
}

impl Server {
    fn new(network: Network, control: Pipe, sent: Arc<Mutex<Sent>>) -> Self {
        let tls = TlsAcceptor::from(Arc::new(tls_config()));
        Self {
            network,
            control: Link::Plain(control),
            buffer: BytesMut::new(),
            data_tls: tls.clone(),
            tls,
            listener: None,
            data: None,
            next_port: FIRST_PORT,
            fault: Fault::Off,
            sent,
            late: false,
            asked: String::new(),
            owes_end: false,
        }
    }

    /// Follows a transcript.
    pub(crate) async fn play(&mut self, transcript: &str) {
        for step in transcript.lines().map(str::trim_start) {
            if step.is_empty() {
                continue;
            }
            // What was said together with what came late still is.
            if self.late && !step.starts_with('S') {
                return;
            }
            self.step(step).await;
        }
    }

    /// From here on what is sent is counted, and `fault` is in force.
    pub(crate) fn arm(&mut self, fault: Fault) {
        self.fault = fault;
    }

    /// From here on nothing is counted, and all is as told.
    pub(crate) fn disarm(&mut self) {
        if !self.late {
            self.fault = Fault::Off;
        }
    }

    async fn step(&mut self, step: &str) {
        let (kind, text) = step.split_at_checked(2).expect("a step");
        let text = text.strip_prefix(' ').unwrap_or(text);
        match (kind, text) {
            ("S!", _) if self.late => {}
            ("C:", line) => self.expect(line).await,
            ("S:", line) => self.say(format!("{line}\r\n").as_bytes()).await,
            ("S~", bytes) => self.say(&unescape(bytes)).await,
            ("S!", "close") => self.control.end().await,
            ("S!", "reset") => self.control.reset(),
            ("S!", "stall") => while self.next_line().await.is_some() {},
            ("S!", "deaf") => while self.control.read(&mut [0; 256]).await.is_ok_and(|n| n > 0) {},
            ("S!", "clear") => self.control.decrypt().await,
            ("S!", "tls") => self.encrypt_control().await,
            ("S!", action) => match action.split_once(' ') {
                Some(("wait", time)) => sleep(Duration::from_secs(time.parse().unwrap())).await,
                _ => panic!("unknown step: {step}"),
            },
            ("PA", "SSIVE") => {
                self.expect("EPSV").await;
                let port = self.listen();
                self.say(passive_reply(port).as_bytes()).await;
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
            Some(("tickets", count)) => {
                let count = count.parse().unwrap();
                return self.encrypt_data_with(|config| config.send_tls13_tickets = count);
            }
            None if action == "forget" => {
                return self.encrypt_data_with(|config| {
                    config.session_storage = ServerSessionMemoryCache::new(32);
                });
            }
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
            "ended" | "heard" => {
                let end = data.read(&mut [0; 1]).await;
                assert!(matches!(end, Ok(0)), "not an orderly end: {end:?}");
                if action == "ended" {
                    data.end().await;
                }
            }
            "was reset" => drop(self.receive_until_reset().await),
            _ => panic!("unknown step: D! {action}"),
        }
        if !matches!(action, "tls" | "accept" | "fin" | "heard") {
            self.data = None;
        }
    }

    /// Speaks TLS in another way from here on.
    pub(crate) fn encrypt_with(&mut self, config: ServerConfig) {
        self.tls = TlsAcceptor::from(Arc::new(config));
        self.data_tls = self.tls.clone();
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
        self.asked = line.split(' ').next().unwrap_or_default().to_owned();
        let opens = ["RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD"];
        self.owes_end |= opens.contains(&&*self.asked);
    }

    /// Sends bytes on the control connection.
    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        let way = self.fault.on_control(&mut self.sent.lock().unwrap(), bytes);
        match way {
            Way::Whole => {
                let said = self.control.write(bytes).await;
                assert!(said.is_ok() || self.fault.forgives(), "the client is gone");
            }
            // A client that has heard enough may be gone behind the first part.
            Way::Cut(at) => {
                let _ = self.control.write(&bytes[..at]).await;
                quiet().await;
                let _ = self.control.write(&bytes[at..]).await;
            }
            Way::Held(at, until) => {
                let _ = self.control.write(&bytes[..at]).await;
                until.notified().await;
                let _ = self.control.write(&bytes[at..]).await;
                self.late = true;
                self.fault = Fault::Sprung;
            }
        }
        if ends_transfer(bytes, &self.asked) {
            self.owes_end = false;
        }
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
        let way = self.fault.on_data(&mut self.sent.lock().unwrap(), bytes);
        let data = self.data().await;
        if let Way::Cut(at) = way {
            let _ = data.write(&bytes[..at]).await;
            quiet().await;
            let _ = data.write(&bytes[at..]).await;
        } else {
            let sent = data.write(bytes).await.is_ok();
            assert!(sent || self.fault.forgives(), "the data connection is gone");
        }
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

    /// All that the client still sends on the data connection before it resets that.
    pub(crate) async fn receive_until_reset(&mut self) -> Vec<u8> {
        let mut heard = Vec::new();
        let mut space = [0; 4096];
        let end = loop {
            match self.data().await.read(&mut space).await {
                Ok(0) => panic!("an orderly end, not a reset"),
                Ok(read) => heard.extend_from_slice(&space[..read]),
                Err(error) => break error,
            }
        };
        assert_eq!(end.kind(), io::ErrorKind::ConnectionReset);
        self.data = None;
        heard
    }

    /// Waits for the client to be gone; it must not send anything before.
    pub(crate) async fn rest(mut self) {
        if self.late {
            return self.improvise().await;
        }
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
                    assert!(
                        self.late || self.buffer.is_empty(),
                        "half a line: {:?}",
                        self.buffer
                    );
                    return None;
                }
            }
        }
    }

    /// Answers what the client asks behind a reply that came late: the transfer that it did not
    /// wait for has failed.
    async fn improvise(&mut self) {
        self.data = None;
        self.listener = None;
        if self.owes_end {
            self.say(b"426 too late\r\n").await;
        }
        while let Some(line) = self.next_line().await {
            let reply = match &*line {
                "PWD" => format!("257 \"{IN_STEP}\"\r\n"),
                "ABOR" => "226 nothing left to abort\r\n".to_owned(),
                line if line.starts_with("CWD ") => "250 done\r\n".to_owned(),
                _ => "502 not any more\r\n".to_owned(),
            };
            self.say(reply.as_bytes()).await;
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

/// A configuration whose sessions are its own.
fn tls_config() -> ServerConfig {
    static MADE: OnceLock<ServerConfig> = OnceLock::new();
    let mut config = MADE.get_or_init(|| certificate().server()).clone();
    config.session_storage = ServerSessionMemoryCache::new(256);
    config
}

fn passive_reply(port: u16) -> String {
    format!("229 ok (|||{port}|)\r\n")
}

/// Whether this is the last that is said of a transfer.
fn ends_transfer(bytes: &[u8], asked: &str) -> bool {
    let is_sign_of_life = asked == "NOOP";
    String::from_utf8_lossy(bytes).lines().any(|line| {
        let code = line.get(..4).unwrap_or_default();
        matches!(code, "226 " | "250 " | "425 " | "426 ")
            || (code.starts_with(['4', '5']) && code.ends_with(' ') && !is_sign_of_life)
    })
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

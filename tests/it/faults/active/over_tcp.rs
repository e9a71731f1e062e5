//! Playing rows over TCP, because only there a server can call back; and so in real time.
//!
//! ```text
//! PORT                         the client says where it listens
//! D! connect                   the server connects there
//! D! reset                     the server resets the connection; or finds that it `was reset`
//! D! stranger                  another host connects there
//! D! turned away               that one is turned away
//! ```

use std::{io, net::SocketAddr, time::Duration};

use futures::future::join_all;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{
        TcpListener, TcpSocket, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};
use tokio_ftp::{ConnectOptions, DataMode, protocol::parse_port};

use super::super::{
    play::{Count, Verdict, breaks, check, is_in_step, told},
    row::{Fact, Row},
};
use crate::support::script::{IN_STEP, Sent};

/// Plays a row at a time, and all that is held side by side, for it waits.
pub(in crate::faults) async fn play(facts: &[Fact]) -> Count {
    let mut count = Count::default();
    let mut failures = Vec::new();
    let mut held = Vec::new();
    for row in facts.iter().flat_map(|fact| &fact.rows) {
        let sent = row.sent();
        let cuts = (1..=sent.control).map(Fault::Cut);
        let data_cuts = (1..=sent.data).map(Fault::CutData);
        let faults = [Fault::None].into_iter().chain(cuts).chain(data_cuts);
        let faults: Vec<_> = faults.map(|fault| (row, fault)).collect();
        held.extend((0..sent.lines).map(|line| (row, Fault::Held(line))));
        count.rows += 1;
        count.cuts += sent.control + sent.data;
        count.delays += sent.lines;
        failures.extend(play_all(faults).await);
    }
    failures.extend(play_all(held).await);
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
    count
}

/// Says which of them fail.
async fn play_all(plays: Vec<(&Row, Fault)>) -> Vec<String> {
    let played = plays.into_iter().map(|(row, fault)| async move {
        let verdict = play_one(row, fault).await;
        verdict.map_err(|error| format!("{}, {fault:?}:\n    {error}", row.name))
    });
    let played = join_all(played).await;
    played.into_iter().filter_map(Result::err).collect()
}

/// What goes otherwise on the control connection.
#[derive(Debug, Clone, Copy)]
enum Fault {
    None,
    /// What comes behind so many bytes comes by itself.
    Cut(usize),
    /// The same of what is sent as data.
    CutData(usize),
    /// So many lines are said, and no more.
    Held(usize),
}

async fn play_one(row: &Row, fault: Fault) -> Verdict {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let transcript = format!("{}\nC: PWD\nS: 257 \"{IN_STEP}\"", row.transcript);
    let server = tokio::spawn(async move {
        let (control, _) = listener.accept().await?;
        Server::new(control, fault).play(&transcript).await
    });
    let mut options = row.options.clone().data_mode(DataMode::Active);
    if matches!(fault, Fault::Held(_)) {
        options = impatient(options);
    }
    let mut ftp = options.connect(address).await.unwrap();
    let seen = (row.call)(&mut ftp).await;
    let seen = seen.unwrap_or_else(|error| told(&error));
    if let Fault::Held(_) = fault {
        check(row.wants_late(&seen), || seen.clone())?;
        breaks(&mut ftp).await?;
    } else {
        if !row.wants(&seen) {
            drop(ftp);
            let server = server.await.unwrap();
            return Err(format!("the caller sees {seen}, the server {server:?}"));
        }
        is_in_step(&mut ftp).await?;
    }
    drop(ftp);
    server.await.unwrap().map_err(|error| error.to_string())
}

/// Short, for it is waited for; and long enough for all else that happens, however busy the
/// machine is.
fn impatient(options: ConnectOptions) -> ConnectOptions {
    let soon = Duration::from_secs(3);
    options
        .reply_timeout(soon)
        .data_timeout(soon)
        .idle_timeout(soon)
        .final_timeout(soon)
        .settle_timeout(soon)
}

struct Server {
    lines: BufReader<OwnedReadHalf>,
    control: OwnedWriteHalf,
    fault: Fault,
    sent: Sent,
    port: Option<SocketAddr>,
    data: Option<TcpStream>,
    stranger: Option<TcpStream>,
}

impl Server {
    fn new(control: TcpStream, fault: Fault) -> Self {
        let (lines, control) = control.into_split();
        Self {
            lines: BufReader::new(lines),
            control,
            fault,
            sent: Sent::default(),
            port: None,
            data: None,
            stranger: None,
        }
    }

    async fn play(mut self, transcript: &str) -> io::Result<()> {
        self.control.write_all(b"220 ready\r\n").await?;
        for step in transcript.lines() {
            let said = Sent::words(step);
            if let Some(words) = said {
                if !self.say(&words).await? {
                    break;
                }
                continue;
            }
            match step.split_at(2) {
                ("C:", line) => {
                    let heard = self.line().await?;
                    expect(heard == line.trim_start(), &heard)?;
                }
                ("PO", "RT") => {
                    let heard = self.line().await?;
                    let argument = heard.strip_prefix("PORT ").unwrap_or_default();
                    self.port = parse_port(argument.as_bytes()).map(SocketAddr::V4);
                }
                ("D!", action) => self.data_step(action.trim_start()).await?,
                ("D>", bytes) => self.send(bytes.trim_start().as_bytes()).await?,
                ("D<", bytes) => {
                    let mut heard = String::new();
                    self.data()?.read_to_string(&mut heard).await?;
                    expect(heard == bytes.trim_start(), &heard)?;
                    self.data = None;
                }
                _ => panic!("unknown step: {step}"),
            }
        }
        // Whatever else the client says, until it goes.
        let mut rest = Vec::new();
        self.lines.read_to_end(&mut rest).await?;
        let is_held = matches!(self.fault, Fault::Held(_));
        expect(is_held || rest.is_empty(), "more than in the script")
    }

    async fn data_step(&mut self, action: &str) -> io::Result<()> {
        let port = self.port.ok_or(io::ErrorKind::NotConnected)?;
        match action {
            "connect" => {
                // At once, for by the time that the runtime looks the client may have reset it.
                let stream = std::net::TcpStream::connect(port)?;
                stream.set_nonblocking(true)?;
                self.data = Some(TcpStream::from_std(stream)?);
            }
            "stranger" => {
                let socket = TcpSocket::new_v4()?;
                socket.bind("127.0.0.2:0".parse().unwrap())?;
                self.stranger = Some(socket.connect(port).await?);
            }
            "turned away" => {
                let mut stranger = self.stranger.take().unwrap();
                let heard = stranger.read(&mut [0; 8]).await;
                expect(matches!(heard, Ok(0) | Err(_)), "the stranger was let in")?;
            }
            "close" => self.data = None,
            "reset" => {
                self.data()?.set_zero_linger()?;
                self.data = None;
            }
            "was reset" => {
                let error = loop {
                    match self.data()?.read(&mut [0; 64]).await {
                        Ok(0) => return Err(io::Error::other("an orderly end, not a reset")),
                        Ok(_) => {}
                        Err(error) => break error,
                    }
                };
                expect(
                    error.kind() == io::ErrorKind::ConnectionReset,
                    "another end",
                )?;
                self.data = None;
            }
            _ => panic!("unknown step: D! {action}"),
        }
        Ok(())
    }

    fn data(&mut self) -> io::Result<&mut TcpStream> {
        self.data
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let at = match self.fault {
            Fault::CutData(at) => at,
            _ => 0,
        };
        let (first, rest) = bytes.split_at(at);
        self.data()?.write_all(first).await?;
        others_first().await;
        self.data()?.write_all(rest).await
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.lines.read_line(&mut line).await?;
        Ok(line.trim_end().to_owned())
    }

    /// Whether it was said, all of it.
    async fn say(&mut self, words: &[u8]) -> io::Result<bool> {
        let before = self.sent;
        self.sent.say(words);
        let mut all = words;
        match self.fault {
            Fault::Cut(at) if before.control < at && at <= self.sent.control => {
                let (first, rest) = words.split_at(at - before.control);
                self.control.write_all(first).await?;
                others_first().await;
                all = rest;
            }
            Fault::Held(line) if self.sent.lines > line => {
                let first = words.split_inclusive(|byte| *byte == b'\n');
                for part in first.take(line - before.lines) {
                    self.control.write_all(part).await?;
                }
                return Ok(false);
            }
            _ => {}
        }
        self.control.write_all(all).await?;
        Ok(true)
    }
}

/// Long enough for whoever waits for what was sent.
async fn others_first() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

fn expect(good: bool, heard: &str) -> io::Result<()> {
    if good {
        Ok(())
    } else {
        Err(io::Error::other(format!("the server heard {heard}")))
    }
}

//! A server that does what the input says, a step a line:
//!
//! ```text
//! > 257 "/"      waits for a command, then sends this line
//! + 226 done     sends this line at once
//! ~ 22           sends these bytes at once: \r, \n, \\ and \x00 stand for others
//! l 9            sends 9 KiB without a line end
//! * 3            answers the next 3 commands as they should be
//! a              answers commands as they should be, up to one that opens a data connection
//! d half         sends data
//! D 70           sends 70 KiB of data
//! u              reads data to its end
//! f              says the end of the data, and keeps the connection
//! e              ends the data in good order
//! c              ends the data, under TLS without close_notify
//! r              resets the data connection
//! w 30           waits for 30 seconds
//! q              closes the control connection
//! k              resets it
//! h              puts TLS under the control connection
//! ! 15030300     sends these bytes there in place of TLS records, in hexadecimal
//! x 15030300     the same on the data connection, before a handshake or behind one
//! p              from here on data goes in the clear; or under TLS again
//! z              says and does nothing any more
//! ```
//!
//! Other lines are passed over. Behind the last one all connections are closed.

use std::{io, time::Duration};

use bytes::{Buf, BytesMut};
use tokio::{
    sync::mpsc::UnboundedReceiver,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::network::ServerEnd;

/// How many KiB of data are sent at the most, all in all.
const DATA: usize = 1024;

/// The same for replies: more than the client may ever hold.
const REPLIES: usize = 16 * 1024;

const OPENING: &[u8] = b"150 here it comes";

pub(crate) struct Server {
    accepted: UnboundedReceiver<ServerEnd>,
    control: ServerEnd,
    buffer: BytesMut,
    tls: TlsAcceptor,
    /// Whether data goes under TLS.
    private: bool,
    data: Option<ServerEnd>,
    data_left: usize,
    replies_left: usize,
}

/// What ends a script early: the client is gone, or the server is.
struct Over;

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self
    }
}

/// Follows the script with the first connection that comes.
pub(crate) async fn serve(
    mut accepted: UnboundedReceiver<ServerEnd>,
    script: Vec<u8>,
    tls: TlsAcceptor,
) {
    let Some(control) = accepted.recv().await else {
        return;
    };
    let mut server = Server {
        accepted,
        control,
        buffer: BytesMut::new(),
        tls,
        private: false,
        data: None,
        data_left: DATA,
        replies_left: REPLIES,
    };
    for step in script.split(|&byte| byte == b'\n') {
        let (&kind, text) = step.split_first().unwrap_or((&b' ', &[]));
        let text = text.strip_prefix(b" ").unwrap_or(text);
        match kind {
            b'k' => return server.control.reset(),
            b'q' => return,
            _ if server.step(kind, text).await.is_err() => return,
            _ => {}
        }
    }
}

impl Server {
    async fn step(&mut self, kind: u8, text: &[u8]) -> Result<(), Over> {
        match kind {
            b'>' => {
                self.next_line().await?;
                self.say(text).await?;
            }
            b'+' => self.say(text).await?,
            b'~' => self.control.write(&unescape(text)).await?,
            b'l' => {
                for _ in 0..take(&mut self.replies_left, number(text)) {
                    self.control.write(&[b'x'; 1024]).await?;
                }
            }
            b'*' => {
                for _ in 0..number(text).clamp(1, 64) {
                    self.answer().await?;
                }
            }
            b'a' => while !self.answer().await? {},
            b'd' => self.send(&unescape(text)).await,
            b'D' => {
                let size = take(&mut self.data_left, number(text)) * 1024;
                let block: Vec<u8> = (0..size).map(|at| (at / 7) as u8).collect();
                self.send(&block).await;
            }
            b'u' => {
                if let Some(data) = self.data().await {
                    while data.read(&mut [0; 4096]).await.is_ok_and(|read| read > 0) {}
                }
            }
            b'f' => {
                if let Some(data) = self.data().await {
                    data.finish().await;
                }
            }
            b'e' => {
                if let Some(mut data) = self.take_data().await {
                    data.finish().await;
                }
            }
            b'c' => drop(self.take_data().await),
            b'r' => {
                if let Some(data) = self.take_data().await {
                    data.reset();
                }
            }
            b'h' => self.control.encrypt(&self.tls).await,
            b'!' => self.control.write_below(&unhex(text)).await?,
            b'x' => {
                self.accept().await;
                if let Some(data) = &mut self.data {
                    // A client that has seen through it is gone.
                    let _ = data.write_below(&unhex(text)).await;
                }
            }
            b'p' => self.private = !self.private,
            b'w' => sleep(Duration::from_secs(number(text).min(1000) as u64)).await,
            b'z' => std::future::pending().await,
            _ => {}
        }
        Ok(())
    }

    /// Answers a command as a server does that has all it is asked for, and says whether it
    /// opens a data connection.
    async fn answer(&mut self) -> Result<bool, Over> {
        let line = self.next_line().await?;
        let verb = line.split(|byte| !byte.is_ascii_alphabetic()).next();
        let reply: &[u8] = match verb.unwrap_or_default() {
            b"USER" => b"331 and the password?",
            b"PASS" => b"230 welcome",
            b"EPSV" => b"229 ok (|||2000|)",
            b"PASV" => b"227 ok (192,0,2,10,7,208)",
            b"NOOP" => b"200 zzz",
            b"REST" | b"RNFR" => b"350 go on",
            b"PWD" => b"257 \"/home\" is the current directory",
            b"MKD" => b"257 \"/home/dir\" created",
            b"FEAT" => b"211-Features:\r\n MLST type*;size*;\r\n UTF8\r\n REST STREAM\r\n211 End",
            b"SIZE" => b"213 12",
            b"MDTM" => b"213 20010909014640",
            b"MLST" => b"250-Listing:\r\n type=dir; /home/dir\r\n250 End",
            b"ABOR" => b"226 aborted",
            b"RETR" | b"STOR" | b"APPE" | b"LIST" | b"NLST" | b"MLSD" => OPENING,
            b"QUIT" => b"221 bye",
            b"AUTH" => b"234 go on",
            _ => b"250 done",
        };
        self.say(reply).await?;
        match verb.unwrap_or_default() {
            b"AUTH" => self.control.encrypt(&self.tls).await,
            b"PROT" => self.private = line.starts_with(b"PROT P"),
            _ => {}
        }
        Ok(reply == OPENING)
    }

    async fn say(&mut self, line: &[u8]) -> Result<(), Over> {
        Ok(self.control.write(&[line, b"\r\n"].concat()).await?)
    }

    async fn send(&mut self, bytes: &[u8]) {
        if let Some(data) = self.data().await {
            // A client that does not want them is within its rights.
            let _ = data.write(bytes).await;
        }
    }

    async fn next_line(&mut self) -> Result<Vec<u8>, Over> {
        loop {
            if let Some(end) = self.buffer.iter().position(|&byte| byte == b'\n') {
                let line = self.buffer.split_to(end).to_vec();
                self.buffer.advance(1);
                return Ok(line);
            }
            let mut space = [0; 1024];
            match self.control.read(&mut space).await? {
                0 => return Err(Over),
                read => self.buffer.extend_from_slice(&space[..read]),
            }
        }
    }

    /// The data connection that came last, or that comes soon, under TLS where that was asked for.
    async fn data(&mut self) -> Option<&mut ServerEnd> {
        self.accept().await;
        if let Some(data) = self.data.as_mut().filter(|_| self.private) {
            data.encrypt(&self.tls).await;
        }
        self.data.as_mut()
    }

    async fn accept(&mut self) {
        while let Ok(data) = self.accepted.try_recv() {
            self.data = Some(data);
        }
        if self.data.is_none() {
            let soon = timeout(Duration::from_secs(5), self.accepted.recv()).await;
            self.data = soon.ok().flatten();
        }
    }

    async fn take_data(&mut self) -> Option<ServerEnd> {
        self.data().await;
        self.data.take()
    }
}

fn number(text: &[u8]) -> usize {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).take(4);
    digits.fold(0, |value, digit| value * 10 + usize::from(digit - b'0'))
}

fn take(left: &mut usize, wanted: usize) -> usize {
    let taken = wanted.min(*left);
    *left -= taken;
    taken
}

fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [byte, tail @ ..] = rest {
        (bytes, rest) = match (byte, tail) {
            (b'\\', [b'r', tail @ ..]) => (push(bytes, b'\r'), tail),
            (b'\\', [b'n', tail @ ..]) => (push(bytes, b'\n'), tail),
            (b'\\', [b'\\', tail @ ..]) => (push(bytes, b'\\'), tail),
            (b'\\', [b'x', high, low, tail @ ..]) => {
                let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or_default();
                (push(bytes, (digit(high) * 16 + digit(low)) as u8), tail)
            }
            _ => (push(bytes, *byte), tail),
        };
    }
    bytes
}

fn unhex(text: &[u8]) -> Vec<u8> {
    let digits = text.iter().map(|byte| char::from(*byte).to_digit(16));
    let digits: Vec<_> = digits.flatten().collect();
    let pairs = digits.chunks_exact(2);
    pairs.map(|pair| (pair[0] * 16 + pair[1]) as u8).collect()
}

fn push(mut bytes: Vec<u8>, byte: u8) -> Vec<u8> {
    bytes.push(byte);
    bytes
}

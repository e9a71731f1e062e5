//! A server that costs next to nothing, so that what is measured is the client.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
};

use tokio::runtime::{Builder, Runtime};
use tokio_ftp::{ConnectOptions, FtpStream};

/// How much is sent and read at once, in bytes.
const BLOCK: usize = 256 * 1024;

/// Serves anybody, a thread each, for as long as the process lives.
pub(crate) fn serve() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for control in listener.incoming().flatten() {
            // A client that leaves is no error of anybody's.
            thread::spawn(move || session(&control));
        }
    });
    address
}

/// `RETR n` sends `n` bytes; `STOR` takes whatever comes.
fn session(control: &TcpStream) -> io::Result<()> {
    control.set_nodelay(true)?;
    let mut say = control;
    say.write_all(b"220 ready\r\n")?;
    let mut passive = None;
    let mut block = vec![0; BLOCK];
    for line in BufReader::new(control).lines() {
        let line = line?;
        let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let data = || -> io::Result<TcpStream> {
            let listener: &TcpListener = passive.as_ref().ok_or(io::ErrorKind::NotConnected)?;
            Ok(listener.accept()?.0)
        };
        let answer: &[u8] = match verb {
            "USER" => b"331 password?\r\n",
            "PASS" => b"230 welcome\r\n",
            "EPSV" => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
                let port = listener.local_addr()?.port();
                passive = Some(listener);
                write!(say, "229 here (|||{port}|)\r\n")?;
                continue;
            }
            "RETR" => {
                let mut data = data()?;
                say.write_all(b"150 go\r\n")?;
                let mut left: usize = argument.parse().map_err(io::Error::other)?;
                while left > 0 {
                    let part = left.min(BLOCK);
                    data.write_all(&block[..part])?;
                    left -= part;
                }
                b"226 done\r\n"
            }
            "STOR" => {
                let mut data = data()?;
                say.write_all(b"150 go\r\n")?;
                while data.read(&mut block)? > 0 {}
                b"226 done\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => b"200 ok\r\n",
        };
        say.write_all(answer)?;
    }
    Ok(())
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

pub(crate) async fn login(server: SocketAddr, pipelining: bool) -> FtpStream {
    ConnectOptions::new()
        .credentials("joe", "pw")
        .pipelining(pipelining)
        .connect(server)
        .await
        .expect("a session")
}

//! Transfer commands that go out together with the next transfer's `EPSV`.

mod active;
mod given_up;
mod login;
mod order;
mod ports;
mod uploads;

use std::time::Duration;

use tokio_ftp::{ConnectOptions, FtpStream};

use crate::{
    support::script::{Running, session_with},
    tls::{SECURED, explicit},
};

const SECOND: Duration = Duration::from_secs(1);

/// What shows that the session is in step.
const IN_STEP: &str = "
    C: PWD
    S: 257 \"/in/step\"
";

/// A download of `a` with nothing behind its command.
const ALONE: &str = "
    PASSIVE
    C: RETR a
    S: 150 go
    D> abc
    D! close
    S: 226 done
";

/// A download of `a` from a server that is found not to wait for the end of it.
const PROBED_EARLY: &str = "
    PASSIVE
    C: RETR a
    C: NOOP
    S: 200 early
    S: 150 go
    D> abc
    D! close
    S: 226 done
";

fn pipelining() -> ConnectOptions {
    ConnectOptions::new().pipelining(true)
}

/// What a server does that sends a file.
fn sends(content: &str) -> String {
    format!("S: 150 go\nD> {content}\nD! close\nS: 226 done")
}

/// What a server does that takes a file.
fn takes(content: &str) -> String {
    format!("S: 150 go\nD< {content}\nD! ended\nS: 226 done")
}

/// A transfer, with a port for the next one asked for behind its command.
fn ahead(command: &str, transfer: &str, port: u16) -> String {
    format!("C: {command}\nC: EPSV\n{transfer}\n{}", named(port))
}

/// The port that was asked for.
fn named(port: u16) -> String {
    format!("D! open {port}\nS: 229 go (|||{port}|)\n")
}

/// A download of `b`, for which a port has to be asked for first.
fn by_a_new_port() -> String {
    format!("PASSIVE\n{}", ahead("RETR b", &sends("bcd"), 3002))
}

/// A transfer by a port that is closed: the server is told not to wait.
fn unreached(command: &str) -> String {
    let refused = "S! wait 1\nC: ABOR\nS: 425 nobody came";
    format!(
        "D! open 3333\n{}S: 226 nothing to abort\n",
        ahead(command, refused, 3002)
    )
}

/// A session on which everything goes as `rest` says after two transfers: the first, whose `NOOP`
/// is answered behind it, and the second, which asks ahead for the port of the third.
async fn third(rest: &str) -> (FtpStream, Running) {
    third_over(pipelining(), "", rest).await
}

/// The same under TLS.
async fn third_under_tls(rest: &str) -> (FtpStream, Running) {
    third_over(explicit().pipelining(true), "D! tls", rest).await
}

/// The same, with a third of `b` whose port swallows connections.
async fn swallowed(verb: &str) -> (FtpStream, Running) {
    third(&format!("D! dark 3001\nC: {verb} b\nC: EPSV\nS! stall")).await
}

async fn third_over(options: ConnectOptions, tls: &str, rest: &str) -> (FtpStream, Running) {
    let secured = if tls.is_empty() { "" } else { SECURED };
    let sent = format!("S: 150 go\n{tls}\nD> abc\nD! close\nS: 226 done");
    let second = ahead("RETR a", &sent, 3001);
    let transcript = format!(
        "{secured}
         C: TYPE I
         S: 200 ok
         PASSIVE
         C: RETR a
         C: NOOP
         S: 150 go
         {tls}
         D> abc
         D! close
         S~ 226 done\\r\\n200 ok\\r\\n
         PASSIVE
         {second}{rest}"
    );
    let (mut ftp, server) = session_with(options, &transcript).await;
    for _ in 0..2 {
        assert_eq!(ftp.read("a").await.unwrap(), "abc", "{rest}");
    }
    (ftp, server)
}

async fn in_step(mut ftp: FtpStream, server: Running) {
    assert_eq!(ftp.pwd().await.unwrap(), *"/in/step");
    drop(ftp);
    server.done().await;
}

async fn broken(mut ftp: FtpStream, server: Running) {
    assert!(ftp.pwd().await.unwrap_err().is_broken());
    drop(ftp);
    server.done().await;
}

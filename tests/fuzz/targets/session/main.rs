//! A session against a server that says whatever it likes. Every call ends; what is said to be
//! complete is; a broken session stays so; and nothing that a server says makes the client send
//! a line of the server's choice. Under TLS, nothing that is secret goes in the clear, and what was
//! cut is not complete.
//!
//! The first line holds options, the second one what the client does, a letter a call (see
//! `client.rs`); a digit cancels the next call after so many polls. The others are the server's
//! script (see `server.rs`).

#![no_main]

mod certificate;
mod client;
mod network;
mod server;

use std::{alloc::System, future::Future, pin::pin, sync::Arc, task::Poll, time::Duration};

use cap::Cap;
use futures::FutureExt;
use libfuzzer_sys::fuzz_target;
use tokio::{runtime, time::timeout};
use tokio_ftp::{
    ConnectOptions, Error, FtpStream, Limits, TlsMode,
    protocol::ReplyLimits,
    tls::{TlsRoots, TlsVersions},
};

use self::{
    certificate::Certificate,
    client::{PASSWORD, USER, act, assert_useless},
    network::{Link, Network},
    server::serve,
};

/// The most that a session and its server may hold at once, in bytes.
#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, 12 * 1024 * 1024);

/// Longer than all that the longest script can wait, with every bound of the client's.
const FOREVER: Duration = Duration::from_secs(30 * 24 * 3600);

/// The most calls of a client.
const CALLS: usize = 24;

fuzz_target!(|input: &[u8]| {
    let mut lines = input.splitn(3, |&byte| byte == b'\n');
    let (Some(options), Some(calls), Some(script)) = (lines.next(), lines.next(), lines.next())
    else {
        return;
    };
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime
        .expect("a runtime")
        .block_on(play(options, calls, script));
});

async fn play(options: &[u8], calls: &[u8], script: &[u8]) {
    let certificate = Certificate::get();
    let private = options.contains(&b'T') && !calls.contains(&b'Q');
    let (network, accepted) = Network::new(private);
    tokio::spawn(serve(accepted, script.to_vec(), certificate.acceptor()));
    let shown = !contains(script, PASSWORD.as_bytes());
    let options = connect_options(options)
        .tls_roots(TlsRoots::None)
        .tls_add_root(certificate.der())
        .connector(network.clone());
    match within(options.connect("localhost")).await {
        Ok(session) => follow(calls, session, &network, shown).await,
        Err(error) => assert_harmless(&error, shown),
    }
    if let Some(control) = network.links().first() {
        assert_commands(control, private);
    }
}

fn connect_options(letters: &[u8]) -> ConnectOptions {
    let has = |letter| letters.contains(&letter);
    let mut options = ConnectOptions::new()
        .epsv(!has(b'e'))
        .trust_pasv_host(has(b't'))
        .noop_interval(has(b'n').then_some(Duration::from_secs(20)));
    if has(b'c') {
        options = options.credentials(USER, PASSWORD);
    }
    if has(b'T') {
        options = options.tls(TlsMode::Explicit);
    }
    if has(b'2') {
        options = options.tls_versions(TlsVersions::Tls12);
    }
    if has(b's') {
        let reply = ReplyLimits::default().line(100).reply(400).lines(8);
        options = options.limits(Limits::default().reply(reply).listing_line(100).read(1000));
    }
    if has(b'f') {
        options =
            options.limits(Limits::default().reply(ReplyLimits::default().telnet_escapes(true)));
    }
    options
}

async fn follow(calls: &[u8], mut ftp: FtpStream, network: &Arc<Network>, shown: bool) {
    let mut polls = None;
    for &letter in calls.iter().take(CALLS) {
        if letter.is_ascii_digit() {
            polls = Some(usize::from(letter - b'0'));
            continue;
        }
        let call = act(letter, &mut ftp, network);
        if let Some(Err(error)) = within(cancelled_after(polls.take(), call)).await {
            assert_harmless(&error, shown);
            assert!(!error.is_broken() || ftp.is_broken(), "{error}");
        }
        if ftp.is_broken() {
            let useless = assert_useless(&mut ftp, network).now_or_never();
            useless.expect("no call waits");
            break;
        }
    }
    if let Err(error) = within(ftp.quit()).await {
        assert_harmless(&error, shown);
    }
}

/// Everything ends.
async fn within<F: Future>(call: F) -> F::Output {
    timeout(FOREVER, call).await.expect("a call that ends")
}

/// Polls a call so many times; `None` when it was not complete by then.
async fn cancelled_after<F: Future>(polls: Option<usize>, call: F) -> Option<F::Output> {
    let Some(mut left) = polls else {
        return Some(call.await);
    };
    let mut call = pin!(call);
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        call.as_mut().poll(cx).map(Some)
    })
    .await
}

/// An error can be shown to anybody, and acts on no terminal.
fn assert_harmless(error: &Error, shown: bool) {
    let text = format!("{error}");
    assert!(!text.contains(char::is_control), "{text:?}");
    let text = format!("{text} {error:?}");
    assert!(!shown || !text.contains(PASSWORD), "{text}");
}

/// What a client sends is commands, in the clear and under TLS.
fn assert_commands(control: &Link, private: bool) {
    const AUTH: &[u8] = b"AUTH TLS\r\n";
    let sent = control.sent();
    let hidden = contains_at(&sent, AUTH);
    let clear = &sent[..hidden.map_or(sent.len(), |at| at + AUTH.len())];
    assert_lines(clear);
    assert_lines(&control.heard());
    if private {
        assert!(AUTH.starts_with(clear), "{clear:?}");
        assert!(!contains(&sent, PASSWORD.as_bytes()));
    }
}

/// Commands are each on a line of their own.
fn assert_lines(sent: &[u8]) {
    let mut lines = sent.split(|&byte| byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        // The last one may have been cut.
        let line = match lines.peek() {
            Some(_) => line.strip_suffix(b"\r").expect("CR before LF"),
            None => line.strip_suffix(b"\r").unwrap_or(line),
        };
        assert!(!line.iter().any(|byte| b"\r\0".contains(byte)), "{line:?}");
        let verb = line.iter().take_while(|byte| byte.is_ascii_uppercase());
        assert!(lines.peek().is_none() || verb.count() >= 3, "{line:?}");
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    contains_at(text, part).is_some()
}

fn contains_at(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

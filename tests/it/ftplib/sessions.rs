//! Sessions: from connect to quit.

use std::time::Duration;

use tokio_ftp::{ConnectOptions, DataMode, Error, FtpStream, TlsMode};

use crate::support::{
    code,
    script::{connect, session, session_with},
    unftp::Unftp,
};

/// `FTP(host, user, passwd, acct, timeout, …)` logs in; nothing leaks when that fails.
#[tokio::test(start_paused = true)]
async fn constructor() {
    let options = ConnectOptions::new()
        .credentials("joe", "secret")
        .account("payer");
    let transcript =
        "S: 220 ready\nC: USER joe\nS: 331 more\nC: PASS secret\nS: 332 more\nC: ACCT payer\nS: ";
    let (ftp, server) = connect(options.clone(), &format!("{transcript}230 yes")).await;
    assert_eq!(ftp.unwrap().welcome().text(), "ready");
    server.done().await;
    let (ftp, server) = connect(options, &format!("{transcript}530 no")).await;
    assert_eq!(code(&ftp.unwrap_err()), 530);
    server.done().await;
}

/// `connect`: 120 is waited through, 220 is wanted.
#[tokio::test(start_paused = true)]
async fn connects() {
    let (ftp, server) = connect(
        ConnectOptions::new(),
        "S: 120 soon\nS! wait 5\nS: 220 ready",
    )
    .await;
    assert_eq!(ftp.unwrap().welcome().code(), 220);
    server.done().await;
    for (greeting, want) in [("421 full", 421), ("554 no", 554), ("230 what", 230)] {
        let (ftp, server) = connect(ConnectOptions::new(), &format!("S: {greeting}")).await;
        assert_eq!(code(&ftp.unwrap_err()), want);
        server.done().await;
    }
}

/// The context manager: `quit`, and dropping, which closes.
#[tokio::test(start_paused = true)]
async fn quit_and_close() {
    let (ftp, server) = session("C: QUIT\nS: 221 bye").await;
    ftp.quit().await.unwrap();
    server.done().await;
    let (ftp, server) = session("").await;
    drop(ftp);
    server.done().await;
}

/// `welcome`, `getwelcome()`, `lastresp`.
#[tokio::test(start_paused = true)]
async fn welcome_and_last_reply() {
    let (mut ftp, server) = session("C: NOOP\nS: 200 fine").await;
    assert_eq!(ftp.welcome().code(), 220);
    ftp.noop().await.unwrap();
    assert_eq!(ftp.last_reply().unwrap().to_string(), "200 fine");
    drop(ftp);
    server.done().await;
}

/// `set_pasv`, `passiveserver`: passive by default, changeable on a live session.
#[tokio::test(start_paused = true)]
async fn passive_toggle() {
    let (mut ftp, server) = session("").await;
    assert_eq!(ftp.data_mode(), DataMode::Passive);
    ftp.set_data_mode(DataMode::Active);
    assert_eq!(ftp.data_mode(), DataMode::Active);
    drop(ftp);
    server.done().await;
}

/// `timeout`, `host`, `port`, `af`, `source_address`.
#[tokio::test]
async fn attributes() {
    let server = Unftp::start().await;
    let options = ConnectOptions::new()
        .local_addr("127.0.0.1".parse().unwrap())
        .reply_timeout(Duration::from_secs(5));
    let ftp = options.connect(server.address()).await.unwrap();
    assert_eq!(
        ftp.endpoint().to_string(),
        format!("localhost:{}", server.address().1)
    );
    assert_eq!(ftp.peer_addr().unwrap().ip().to_string(), "127.0.0.1");
}

/// A time-out is an error of its own.
#[tokio::test(start_paused = true)]
async fn timeout() {
    let options = ConnectOptions::new().reply_timeout(Duration::from_secs(5));
    let (mut ftp, server) = session_with(options, "C: NOOP\nS! stall").await;
    assert!(ftp.noop().await.unwrap_err().is_timeout());
    drop(ftp);
    server.done().await;
}

/// `encoding`: names are bytes, in UTF-8, Latin-1 or neither.
#[tokio::test]
async fn encoding() {
    let server = Unftp::start().await;
    let mut ftp = server.session(TlsMode::Off).await;
    ftp.mkd("grüße").await.unwrap();
    ftp.cwd("grüße").await.unwrap();
    assert_eq!(ftp.pwd().await.unwrap(), "/grüße");
    assert!(server.path("grüße").is_dir());
    let name = tokio_ftp::Name::from_latin1("é").unwrap();
    assert_eq!(name.as_bytes(), [0xe9]);
}

/// `quit()` closes even when `QUIT` is refused.
#[tokio::test(start_paused = true)]
async fn quit_refused() {
    let (ftp, server) = session("C: QUIT\nS: 550 no").await;
    assert!(matches!(ftp.quit().await, Err(Error::Permanent(_))));
    server.done().await;
}

/// `connect(host, port)` again is a new session.
#[tokio::test]
async fn connect_again() {
    let server = Unftp::start().await;
    for _ in 0..2 {
        FtpStream::connect(server.address())
            .await
            .unwrap()
            .quit()
            .await
            .unwrap();
    }
}

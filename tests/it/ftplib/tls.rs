//! `FTP_TLS`.

use tokio_ftp::{ConnectOptions, Error, TlsMode};

use crate::support::{
    certs::certificate,
    code,
    script::{connect, session},
};

const SECURE: &str =
    "S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls\nC: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 200 ok\n";

fn secure() -> ConnectOptions {
    certificate().trusted_by(ConnectOptions::new().tls(TlsMode::Explicit))
}

/// The constructor checks certificates, which ftplib's does not.
#[tokio::test(start_paused = true)]
async fn constructor() {
    let options = ConnectOptions::new().tls(TlsMode::Explicit);
    let (ftp, server) = connect(options, "S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls").await;
    assert!(matches!(ftp, Err(Error::Tls(_))), "{ftp:?}");
    drop(server);
}

/// `login(secure=True)`, `auth()`: once; again is refused here.
#[tokio::test(start_paused = true)]
async fn auth() {
    let (ftp, server) = connect(secure(), SECURE).await;
    let mut ftp = ftp.unwrap();
    assert!(ftp.tls().is_some());
    assert!(matches!(ftp.secure().await, Err(Error::Unsupported(_))));
    drop(ftp);
    server.done().await;
}

/// `prot_p()`, `prot_c()`: data in the clear, encrypted, and in the clear again.
#[tokio::test(start_paused = true)]
async fn prot() {
    let down = "PASSIVE\nC: RETR a\nS: 150 go\n";
    let (ftp, server) = connect(
        secure(),
        &format!(
            "{SECURE}C: PROT C\nS: 200 ok\nC: TYPE I\nS: 200 ok\n{down}D> x\nD! close\nS: 226 done
             C: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 200 ok\n{down}D! tls\nD> x\nD! close\nS: 226 done
             C: PROT C\nS: 200 ok\n{down}D> x\nD! close\nS: 226 done\nC: PROT C\nS: 534 no"
        ),
    )
    .await;
    let mut ftp = ftp.unwrap();
    ftp.prot_c().await.unwrap();
    assert_eq!(ftp.read("a").await.unwrap(), "x");
    ftp.prot_p().await.unwrap();
    assert_eq!(ftp.read("a").await.unwrap(), "x");
    ftp.prot_c().await.unwrap();
    assert_eq!(ftp.read("a").await.unwrap(), "x");
    assert_eq!(code(&ftp.prot_c().await.unwrap_err()), 534);
    drop(ftp);
    server.done().await;
    let (mut ftp, server) = session("").await;
    assert!(matches!(ftp.prot_p().await, Err(Error::Unsupported(_))));
    assert!(matches!(ftp.prot_c().await, Err(Error::Unsupported(_))));
    drop(ftp);
    server.done().await;
}

/// `ccc()`: each side says close_notify, and the session goes on in the clear.
#[tokio::test(start_paused = true)]
async fn ccc() {
    let transcript = format!("{SECURE}C: CCC\nS: 200 ok\nS! clear\nC: NOOP\nS: 200 in the clear");
    let (ftp, server) = connect(secure(), &transcript).await;
    let mut ftp = ftp.unwrap();
    ftp.ccc().await.unwrap();
    assert!(ftp.tls().is_none());
    ftp.noop().await.unwrap();
    assert!(matches!(ftp.ccc().await, Err(Error::Unsupported(_))));
    drop(ftp);
    server.done().await;
}

/// A refused CCC changes nothing.
#[tokio::test(start_paused = true)]
async fn ccc_refused() {
    let (ftp, server) = connect(
        secure(),
        &format!("{SECURE}C: CCC\nS: 533 no\nC: NOOP\nS: 200 ok"),
    )
    .await;
    let mut ftp = ftp.unwrap();
    assert_eq!(code(&ftp.ccc().await.unwrap_err()), 533);
    assert!(ftp.tls().is_some());
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

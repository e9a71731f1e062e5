//! What TLS and its agreements leave of what was known and agreed on before.

use std::sync::Arc;

use tokio_ftp::{ConnectOptions, Error, FtpStream, TlsMode};

use crate::{
    support::{
        certs::certificate,
        code,
        script::{HOST, Running, connect, serve, session_with},
    },
    tls::{SECURED, explicit},
};

const ENCRYPTED: &str = "
    C: AUTH TLS
    S: 234 go
    S! tls
";

const LOGIN: &str = "
    C: USER joe
    S: 230 in
";

const FEATURES: &str = "
    C: FEAT
    S: 211-Features
    S:  SIZE
    S: 211 End
";

async fn played(ftp: FtpStream, server: Running) {
    drop(ftp);
    server.done().await;
}

/// That they need none is said of servers that do not know the command, and of no others.
#[tokio::test(start_paused = true)]
async fn refused_protection_is_an_error_under_implicit_tls_too() {
    let options = certificate().trusted_by(ConnectOptions::new().tls(TlsMode::Implicit));
    for refusal in [431, 534, 536] {
        let transcript =
            format!("S! tls\nS: 220 ready\nC: PBSZ 0\nS: 200 ok\nC: PROT P\nS: {refusal} no");
        let (network, server) = serve(move |mut server| async move {
            server.play(&transcript).await;
            server.rest().await;
        });
        let options = options.clone().connector(Arc::new(network));
        let ftp = options.connect((HOST, 21)).await;
        assert_eq!(code(&ftp.unwrap_err()), refusal);
        server.done().await;
    }
}

/// Data would go in the clear, or nowhere.
#[tokio::test(start_paused = true)]
async fn protection_that_is_refused_again_behind_the_login_is_an_error() {
    for refused in [
        "C: PBSZ 0\nS: 503 log in first",
        "C: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 503 log in first",
    ] {
        let options = explicit().credentials("joe", "");
        let transcript = format!("S: 220 ready\n{ENCRYPTED}{refused}\n{LOGIN}{refused}");
        let (ftp, server) = connect(options, &transcript).await;
        assert_eq!(code(&ftp.unwrap_err()), 503, "{refused}");
        server.done().await;
    }
}

/// What was asked for and agreed on by hand is not asked for again, and not undone.
#[tokio::test(start_paused = true)]
async fn agreement_before_the_login_stands() {
    for private in [true, false] {
        let agreed = if private {
            "C: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 200 ok"
        } else {
            "C: PROT C\nS: 200 ok"
        };
        let transcript = format!("{ENCRYPTED}C: PBSZ 0\nS: 503 log in first\n{agreed}\n{LOGIN}");
        let (mut ftp, server) = session_with(explicit(), &transcript).await;
        if private {
            ftp.prot_p().await.unwrap();
        } else {
            ftp.prot_c().await.unwrap();
        }
        ftp.login("joe", "").await.unwrap();
        played(ftp, server).await;
    }
}

/// In the clear anybody on the way may have answered.
#[tokio::test(start_paused = true)]
async fn features_are_asked_for_again_under_tls() {
    let options = certificate().trusted_by(ConnectOptions::new());
    let transcript = format!("{FEATURES}{SECURED}{FEATURES}");
    let (mut ftp, server) = session_with(options, &transcript).await;
    assert!(ftp.features().await.unwrap().has("SIZE"));
    ftp.secure().await.unwrap();
    assert!(ftp.features().await.unwrap().has("SIZE"));
    played(ftp, server).await;
}

/// Another user may be with another server, or allowed more.
#[tokio::test(start_paused = true)]
async fn features_are_asked_for_again_for_another_user() {
    let transcript = format!("{FEATURES}{LOGIN}{FEATURES}C: REIN\nS: 220 again\n{FEATURES}");
    let (mut ftp, server) = session_with(ConnectOptions::new(), &transcript).await;
    assert!(ftp.features().await.unwrap().has("SIZE"));
    ftp.login("joe", "").await.unwrap();
    assert!(ftp.features().await.unwrap().has("SIZE"));
    ftp.rein().await.unwrap();
    assert!(ftp.features().await.unwrap().has("SIZE"));
    played(ftp, server).await;
}

/// Servers make different things of it.
#[tokio::test(start_paused = true)]
async fn no_starting_over_under_tls() {
    let (mut ftp, server) = session_with(explicit(), SECURED).await;
    assert!(matches!(ftp.rein().await, Err(Error::Unsupported(_))));
    played(ftp, server).await;
}

/// `AUTH` has the server forget what was agreed on, so that private data is none of before.
#[tokio::test(start_paused = true)]
async fn protection_ends_with_another_auth() {
    let transcript = format!(
        "{SECURED}C: CCC\nS: 200 ok\nS! clear\n{ENCRYPTED}C: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 534 no"
    );
    let (mut ftp, server) = session_with(explicit(), &transcript).await;
    ftp.ccc().await.unwrap();
    assert_eq!(code(&ftp.secure().await.unwrap_err()), 534);
    assert!(matches!(ftp.retr("a").await, Err(Error::Unsupported(_))));
    played(ftp, server).await;
}

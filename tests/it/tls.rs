//! TLS under the control connection, and the agreement on data connections.

use std::sync::Arc;

use tokio_ftp::{
    ConnectOptions, Error, ProtocolError, TlsMode,
    tls::{TlsRoots, TlsVersions},
};
use tokio_rustls::rustls::crypto::aws_lc_rs;

use crate::support::{
    certs::certificate,
    code,
    script::{HOST, connect, serve, session_with},
};

/// Up to where encrypted data connections are agreed on.
pub(crate) const SECURED: &str = "
    C: AUTH TLS
    S: 234 go
    S! tls
    C: PBSZ 0
    S: 200 ok
    C: PROT P
    S: 200 ok
";

/// How a client that trusts the server asks for TLS.
pub(crate) fn explicit() -> ConnectOptions {
    certificate().trusted_by(ConnectOptions::new().tls(TlsMode::Explicit))
}

#[tokio::test(start_paused = true)]
async fn explicit_tls_comes_before_the_login() {
    for (versions, want) in [
        (TlsVersions::Auto, "TLSv1.3"),
        (TlsVersions::Tls13, "TLSv1.3"),
        (TlsVersions::Tls12, "TLSv1.2"),
    ] {
        let options = explicit().tls_versions(versions).credentials("joe", "pw");
        let login = "
            C: USER joe
            S: 331 password?
            C: PASS pw
            S: 230 yes
        ";
        let (ftp, server) = session_with(options, &(SECURED.to_owned() + login)).await;
        let tls = ftp.tls().unwrap();
        assert_eq!(tls.version(), want);
        assert!(!tls.resumed() && !tls.cipher_suite().is_empty());
        assert_eq!(tls.peer_certificates().next(), Some(&certificate().der[..]));
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn refused_auth_is_an_error_and_nothing_is_said_in_the_clear() {
    for refusal in [421, 431, 500, 502, 504, 530, 534, 200, 334] {
        let (ftp, server) = connect(
            explicit().credentials("joe", "pw"),
            &format!("S: 220 ready\nC: AUTH TLS\nS: {refusal} no"),
        )
        .await;
        assert_eq!(code(&ftp.unwrap_err()), refusal);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn bytes_behind_the_234_are_never_discarded() {
    let (ftp, server) = connect(
        explicit().credentials("joe", "pw"),
        "S: 220 ready
         C: AUTH TLS
         S~ 234 go\\r\\n331 injected\\r\\n",
    )
    .await;
    let error = ftp.unwrap_err();
    assert!(
        matches!(error, Error::Protocol(ProtocolError::Injected(14))),
        "{error:?}"
    );
    server.done().await;

    let (mut ftp, server) = session_with(
        certificate().trusted_by(ConnectOptions::new()),
        "C: AUTH TLS
         S~ 234 go\\r\\n3",
    )
    .await;
    let error = ftp.secure().await.unwrap_err();
    assert!(
        matches!(error, Error::Protocol(ProtocolError::Injected(1))),
        "{error:?}"
    );
    assert!(ftp.is_broken());
    assert!(ftp.login("joe", "pw").await.unwrap_err().is_broken());
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn certificates_are_verified_unless_told_otherwise() {
    let auth = "
        C: AUTH TLS
        S: 234 go
        S! tls
    ";
    let plain = ConnectOptions::new().tls(TlsMode::Explicit);
    for options in [
        plain.clone(),
        explicit().tls_server_name("ftp.example.org"),
        plain.clone().tls_pin([7; 32]),
    ] {
        let (ftp, server) = connect(
            options.credentials("joe", "pw"),
            &format!("S: 220 ready{auth}"),
        )
        .await;
        assert!(matches!(ftp, Err(Error::Tls(_))), "{ftp:?}");
        server.done().await;
    }
    let sha256 = aws_lc_rs::default_provider()
        .cipher_suites
        .iter()
        .filter_map(|suite| suite.tls13())
        .map(|suite| suite.common.hash_provider.hash(&certificate().der))
        .find(|hash| hash.as_ref().len() == 32)
        .unwrap();
    for options in [
        plain.clone().danger_accept_invalid_certs(true),
        plain.tls_pin(sha256.as_ref().try_into().unwrap()),
    ] {
        let (ftp, server) = session_with(options, SECURED).await;
        assert!(ftp.tls().is_some());
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_is_trusted_without_roots() {
    let options = ConnectOptions::new()
        .tls(TlsMode::Explicit)
        .tls_roots(TlsRoots::None);
    let (ftp, server) = connect(options, "S: 220 ready").await;
    assert!(matches!(ftp, Err(Error::Unsupported(_))), "{ftp:?}");
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn refused_protection_of_data_is_an_error() {
    for refusal in [431, 504, 534, 536] {
        let (ftp, server) = connect(
            explicit().credentials("joe", "pw"),
            &format!(
                "S: 220 ready
                 C: AUTH TLS
                 S: 234 go
                 S! tls
                 C: PBSZ 0
                 S: 200 ok
                 C: PROT P
                 S: {refusal} no"
            ),
        )
        .await;
        assert_eq!(code(&ftp.unwrap_err()), refusal);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn protection_that_needs_a_login_is_asked_for_again_after_it() {
    let login = "
        C: USER joe
        S: 331 password?
        C: PASS pw
        S: 230 yes
    ";
    for (before, after) in [
        (
            "C: PBSZ 0\nS: 530 log in first",
            "C: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 200 ok",
        ),
        (
            "C: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 503 log in first",
            "C: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 200 ok",
        ),
    ] {
        let transcript = format!("C: AUTH TLS\nS: 234 go\nS! tls\n{before}\n{login}\n{after}");
        let (ftp, server) = session_with(explicit().credentials("joe", "pw"), &transcript).await;
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn no_data_goes_in_the_clear_before_protection_is_agreed_on() {
    let (mut ftp, server) = session_with(
        explicit(),
        "C: AUTH TLS
         S: 234 go
         S! tls
         C: PBSZ 0
         S: 530 log in first",
    )
    .await;
    assert!(matches!(ftp.retr("a").await, Err(Error::Unsupported(_))));
    assert!(matches!(ftp.secure().await, Err(Error::Unsupported(_))));
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn implicit_tls_protects_data_even_where_prot_is_unknown() {
    for answer in ["200 ok", "500 what?", "502 what?", "504 what?"] {
        let options = certificate().trusted_by(ConnectOptions::new().tls(TlsMode::Implicit));
        let transcript = format!(
            "S! tls
             S: 220 ready
             C: PBSZ 0
             S: 200 ok
             C: PROT P
             S: {answer}
             C: TYPE I
             S: 200 ok
             PASSIVE
             C: RETR a
             S: 150 go
             D! tls
             D> abc
             D! close
             S: 226 done"
        );
        let (network, server) = serve(move |mut server| async move {
            server.play(&transcript).await;
            server.rest().await;
        });
        // Implicit TLS has a port of its own, unless another is named.
        let options = options.connector(Arc::new(network));
        let mut ftp = options.connect(("localhost", 21)).await.unwrap();
        assert_eq!(ftp.read("a").await.unwrap(), "abc");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn proftpd_gets_tls_1_2() {
    for (greeting, answer) in [
        ("220 ProFTPD Server ready", "234 go"),
        ("220 hello", "234 AUTH TLS successful"),
    ] {
        let (ftp, server) = connect(
            explicit(),
            &format!(
                "S: {greeting}
                 C: AUTH TLS
                 S: {answer}
                 S! tls
                 C: PBSZ 0
                 S: 200 ok
                 C: PROT P
                 S: 200 ok"
            ),
        )
        .await;
        assert_eq!(ftp.unwrap().tls().unwrap().version(), "TLSv1.2");
        server.done().await;
    }
}

/// What one session accepts has nothing to do with what another one does.
#[tokio::test(start_paused = true)]
async fn certificate_settings_do_not_leak_into_other_sessions() {
    let strict = || ConnectOptions::new().tls(TlsMode::Explicit);
    let lenient = || strict().danger_accept_invalid_certs(true);
    let orders = [
        [(lenient(), true), (strict(), false), (lenient(), true)],
        [(strict(), false), (lenient(), true), (strict(), false)],
        [(explicit(), true), (strict(), false), (explicit(), true)],
        [
            (lenient(), true),
            (strict().tls_pin([7; 32]), false),
            (strict(), false),
        ],
    ];
    for (options, trusted) in orders.into_iter().flatten() {
        let (network, server) = serve(|mut server| async move {
            server
                .play("S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls")
                .await;
            // Whoever trusts the certificate goes on.
            if server.next_line().await.is_some() {
                server.play("S: 200 ok\nC: PROT P\nS: 200 ok").await;
            }
        });
        let ftp = options.connector(Arc::new(network)).connect(HOST).await;
        assert_eq!(ftp.is_ok(), trusted, "{ftp:?}");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn tls_can_be_taken_off_the_control_connection() {
    let transcript = format!(
        "{SECURED}
         C: CCC
         S: 533 not here
         C: CCC
         S: 200 ok
         S! clear
         C: NOOP
         S: 200 ok
         C: TYPE I
         S: 200 ok
         PASSIVE
         C: RETR a
         S: 150 go
         D! tls
         D> abc
         D! close
         S: 226 done"
    );
    let (mut ftp, server) = session_with(explicit(), &transcript).await;
    assert_eq!(code(&ftp.ccc().await.unwrap_err()), 533);
    assert!(ftp.tls().is_some());
    ftp.ccc().await.unwrap();
    ftp.noop().await.unwrap();
    // Data is still protected.
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn protection_of_data_is_as_it_was_last_agreed_on() {
    let transfer = |tls: &str| {
        format!(
            "PASSIVE
             C: RETR a
             S: 150 go
             {tls}
             D> abc
             D! close
             S: 226 done"
        )
    };
    let (clear, private) = (transfer(""), transfer("D! tls"));
    let transcript = format!(
        "{SECURED}
         C: TYPE I
         S: 200 ok
         C: PROT C
         S: 534 no
         {private}
         C: PROT C
         S: 200 ok
         {clear}
         C: PBSZ 0
         S: 200 ok
         C: PROT P
         S: 200 ok
         {private}"
    );
    let (mut ftp, server) = session_with(explicit(), &transcript).await;
    assert!(ftp.command("TYPE I").await.is_ok());
    assert_eq!(code(&ftp.prot_c().await.unwrap_err()), 534);
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    ftp.prot_c().await.unwrap();
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    ftp.prot_p().await.unwrap();
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn protection_without_tls_is_refused_locally() {
    let (mut ftp, server) = session_with(ConnectOptions::new(), "").await;
    assert!(matches!(ftp.prot_p().await, Err(Error::Unsupported(_))));
    assert!(matches!(ftp.prot_c().await, Err(Error::Unsupported(_))));
    assert!(matches!(ftp.ccc().await, Err(Error::Unsupported(_))));
    drop(ftp);
    server.done().await;
}

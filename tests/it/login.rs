//! From the first connection to the end of the login.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tokio_ftp::{ArgumentError, ConnectOptions, Error, FtpStream, Phase, ProtocolError};

use crate::support::{
    code,
    network::Network,
    script::{connect, serve, session, session_with},
};

fn joe() -> ConnectOptions {
    ConnectOptions::new().credentials("joe", "secret")
}

#[tokio::test(start_paused = true)]
async fn connect_reads_the_greeting_and_nothing_more() {
    let (ftp, server) = connect(
        ConnectOptions::new(),
        "S~ 220-Hi\\r\\n100 users online\\r\\n220 ready\\r\\n",
    )
    .await;
    let ftp = ftp.unwrap();
    assert_eq!(ftp.welcome().code(), 220);
    assert_eq!(ftp.welcome().text(), "Hi\n100 users online\nready");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn greeting_may_ask_for_patience_first() {
    let (ftp, server) = connect(
        ConnectOptions::new(),
        "S: 120 in a minute
         S! wait 20
         S: 220 ready",
    )
    .await;
    assert_eq!(ftp.unwrap().welcome().text(), "ready");
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn greeting_without_a_code_is_a_protocol_error() {
    let (ftp, server) = connect(ConnectOptions::new(), "S: 1 Hola").await;
    let error = ftp.unwrap_err();
    assert!(
        matches!(error, Error::Protocol(ProtocolError::Reply(_))),
        "{error:?}"
    );
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn greeting_that_refuses_is_the_error() {
    for (transcript, want) in [
        ("S: 421 too many users", 421),
        ("S: 530 not you", 530),
        ("S: 230 odd", 230),
    ] {
        let (ftp, server) = connect(joe(), transcript).await;
        assert_eq!(code(&ftp.unwrap_err()), want);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn login_asks_for_as_much_as_the_server_does() {
    for transcript in [
        "S: 220 ready
         C: USER joe
         S: 230 come in",
        "S: 220 ready
         C: USER joe
         S: 331 password?
         C: PASS secret
         S: 230 come in",
        "S: 220 ready
         C: USER joe
         S: 331 password?
         C: PASS secret
         S: 202 as you like",
        "S: 220 ready
         C: USER joe
         S: 331 password?
         C: PASS secret
         S: 332 account?
         C: ACCT payer
         S: 230 come in",
        "S: 220 ready
         C: USER joe
         S: 332 account?
         C: ACCT payer
         S: 202 not needed",
    ] {
        let (ftp, server) = connect(joe().account("payer"), transcript).await;
        let ftp = ftp.unwrap();
        assert!(!ftp.is_broken());
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn login_without_the_account_that_is_wanted_says_so() {
    let (ftp, server) = connect(
        joe(),
        "S: 220 ready
         C: USER joe
         S: 331 password?
         C: PASS secret
         S: 332 account?",
    )
    .await;
    assert!(matches!(ftp, Err(Error::Unsupported(_))), "{ftp:?}");
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn refused_login_leaves_a_session_to_try_again_with() {
    let (mut ftp, server) = session(
        "C: USER joe
         S: 331 password?
         C: PASS wrong
         S: 530 no
         C: USER joe
         S: 331 password?
         C: PASS right
         S: 230 yes",
    )
    .await;
    let error = ftp.login("joe", "wrong").await.unwrap_err();
    assert_eq!(code(&error), 530);
    assert_eq!(error.to_string(), "PASS: 530 no");
    ftp.login("joe", "right").await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn anonymous_login_and_account_and_quit() {
    let (mut ftp, server) = session(
        "C: USER anonymous
         S: 331 mail?
         C: PASS anonymous@
         S: 230 yes
         C: ACCT payer
         S: 230 paid
         C: QUIT
         S: 221 bye",
    )
    .await;
    ftp.login_anonymous().await.unwrap();
    ftp.account("payer").await.unwrap();
    ftp.quit().await.unwrap();
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn line_ends_in_names_and_commands_are_refused_and_nothing_is_sent() {
    for bad in ["a\rb", "a\nNOOP", "a\0", "\r\n"] {
        let (mut ftp, server) = session("").await;
        let mut sink = tokio::io::sink();
        let results = [
            ("user", ftp.login(bad, "x").await.err()),
            ("password", ftp.login("x", bad).await.err()),
            ("account", ftp.account(bad).await.err()),
            ("cwd", ftp.cwd(bad).await.err()),
            ("mkd", ftp.mkd(bad).await.err()),
            ("rmd", ftp.rmd(bad).await.err()),
            ("rename from", ftp.rename(bad, "x").await.err()),
            ("rename to", ftp.rename("x", bad).await.err()),
            ("delete", ftp.delete(bad).await.err()),
            ("size", ftp.size(bad).await.err()),
            ("mdtm", ftp.mdtm(bad).await.err()),
            (
                "set_modified",
                ftp.set_modified(bad, std::time::UNIX_EPOCH).await.err(),
            ),
            ("chmod", ftp.chmod(bad, 0o644).await.err()),
            ("site", ftp.site(bad).await.err()),
            ("stat", ftp.stat(bad).await.err()),
            ("help", ftp.help(bad).await.err()),
            ("host", ftp.host(bad).await.err()),
            ("create_dir_all", ftp.create_dir_all(bad).await.err()),
            ("remove_dir_all", ftp.remove_dir_all(bad).await.err()),
            ("metadata", ftp.metadata(bad).await.err()),
            ("exists", ftp.exists(bad).await.err()),
            ("set_facts", ftp.set_facts(&[bad]).await.err()),
            ("transfer", ftp.transfer(bad, 0).await.err()),
            ("stor_lines", ftp.stor_lines(bad, &b""[..]).await.err()),
            ("command", ftp.command(bad).await.err()),
            ("retr", ftp.retr(bad).await.err()),
            ("stor", ftp.stor(bad).await.err()),
            ("appe", ftp.appe(bad).await.err()),
            ("read", ftp.read(bad).await.err()),
            ("download", ftp.download(bad, &mut sink).await.err()),
            ("upload", ftp.upload(bad, &b""[..]).await.err()),
            ("list", ftp.list(bad).await.err()),
            ("mlsd", ftp.mlsd(bad).await.err()),
            ("mlst", ftp.mlst(bad).await.err()),
            ("nlst", ftp.nlst(bad).await.err()),
            ("list_raw", ftp.list_raw(bad).await.err()),
            ("retr_lines", ftp.retr_lines(bad).await.err()),
        ];
        for (operation, error) in results {
            assert!(
                matches!(error, Some(Error::Argument(ArgumentError::Byte(_)))),
                "{operation}: {error:?}"
            );
        }
        assert!(!ftp.is_broken());
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn bad_credentials_in_options_are_refused_before_they_are_sent() {
    let transcript = "S: 220 ready";
    for options in [
        ConnectOptions::new().credentials("a\r\nDELE x", "b"),
        ConnectOptions::new().credentials("a", "b\nDELE x"),
        joe().account("c\0"),
    ] {
        let (ftp, server) = connect(options, transcript).await;
        assert!(matches!(ftp, Err(Error::Argument(_))), "{ftp:?}");
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn bad_urls_say_where() {
    for url in [
        "",
        "ftp.example.org",
        "http://localhost/",
        "ftp://",
        "ftp://localhost:ftp/",
        "ftp://localhost:0/",
        "ftp://joe%0d%0aDELE@localhost/",
        "ftp://joe:a%00b@localhost/",
        "ftp://localhost/a%0ab",
        "ftp://localhost/a b",
        "ftp://localhost/%zz",
    ] {
        let error = FtpStream::open(url).await.unwrap_err();
        assert!(
            matches!(error, Error::Argument(ArgumentError::Url(_))),
            "{url}: {error:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn url_logs_in_and_gives_the_path_back() {
    let (network, server) = serve(move |mut server| async move {
        server
            .play(
                "S: 220 ready
                     C: USER joe
                     S: 331 password?
                     C: PASS p@ss
                     S: 230 yes",
            )
            .await;
        server.rest().await;
    });
    let options = ConnectOptions::new().connector(Arc::new(network));
    let (ftp, path) = options
        .open("ftp://joe:p%40ss@localhost/pub/a%20file")
        .await
        .unwrap();
    assert_eq!(path, b"pub/a file");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn connecting_has_one_deadline_from_dial_to_login() {
    let limit = Duration::from_secs(30);
    for transcript in [
        "S! stall",
        "S: 120 wait
         S! stall",
        "S: 220 ready
         S! stall",
        "S: 220 ready
         C: USER joe
         S! wait 20
         S: 331 password?
         C: PASS secret
         S! stall",
    ] {
        let started = Instant::now();
        let (ftp, server) = connect(joe(), transcript).await;
        let error = ftp.unwrap_err();
        assert!(
            matches!(error, Error::Timeout(Phase::Connect)),
            "{error:?} in {transcript}"
        );
        assert!(error.is_timeout() && error.is_transient());
        assert_eq!(started.elapsed().as_secs(), limit.as_secs());
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn dialling_is_bounded_and_a_refusal_is_told() {
    let network = Network::default();
    let options = joe().connector(Arc::new(network.clone()));
    let error = options.connect("localhost").await.unwrap_err();
    assert!(
        matches!(&error, Error::Io(cause) if cause.kind() == std::io::ErrorKind::ConnectionRefused),
        "{error:?}"
    );
    network.darken(21);
    let started = Instant::now();
    let error = options
        .connect_timeout(Duration::from_secs(7))
        .connect("localhost")
        .await
        .unwrap_err();
    assert!(matches!(error, Error::Timeout(Phase::Connect)), "{error:?}");
    assert_eq!(started.elapsed().as_secs(), 7);
}

#[tokio::test(start_paused = true)]
async fn secrets_never_show() {
    let (mut ftp, server) = session_with(
        ConnectOptions::new(),
        "C: USER joe
         S: 331 ?
         C: PASS hunter2
         S: 530 no",
    )
    .await;
    let error = ftp.login("joe", "hunter2").await.unwrap_err();
    let options = ConnectOptions::new()
        .credentials("joe", "hunter2")
        .account("hunter2");
    let shown = format!("{error} {error:?} {ftp:?} {options:?}");
    assert!(!shown.contains("hunter2"), "{shown}");
    drop(ftp);
    server.done().await;
}

//! The control channel.

use tokio_ftp::{Error, ProtocolError};

use crate::support::{code, script::session};

/// `putline`, `putcmd`: CR, LF and NUL are refused before anything is sent.
#[tokio::test(start_paused = true)]
async fn line_ends_in_commands() {
    let (mut ftp, server) = session("C: NOOP\nS: 200 ok").await;
    for line in ["NOOP\r\nNOOP", "NOOP\r", "NOOP\n", "NOOP\0"] {
        assert!(
            matches!(ftp.command(line).await, Err(Error::Argument(_))),
            "{line:?}"
        );
    }
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// `getline`, `getmultiline`, `getresp`: a reply of several lines ends at its own code.
#[tokio::test(start_paused = true)]
async fn replies_of_several_lines() {
    let (mut ftp, server) = session(
        "C: HELP
         S~ 214-first\\r\\n200 not yet\\r\\n214-nor now\\r\\n214 last\\r\\n",
    )
    .await;
    let reply = ftp.help("").await.unwrap();
    assert_eq!(reply.text(), "first\n200 not yet\nnor now\nlast");
    drop(ftp);
    server.done().await;
}

/// `maxline`: a line without end costs the cap, and then an error.
#[tokio::test(start_paused = true)]
async fn line_too_long() {
    let line = "x".repeat(9000);
    let (mut ftp, server) = session(&format!("C: NOOP\nS: 200 {line}")).await;
    let error = ftp.noop().await.unwrap_err();
    assert!(
        matches!(error, Error::Protocol(ProtocolError::Reply(_))),
        "{error:?}"
    );
    assert!(ftp.is_broken());
    drop(ftp);
    drop(server);
}

/// `sendcmd` gives the reply, `voidcmd` wants a 2xx: 199, 200, 299, 300.
#[tokio::test(start_paused = true)]
async fn sendcmd_and_voidcmd() {
    let (mut ftp, server) =
        session("C: X\nS: 200 a\nC: X\nS: 299 b\nC: X\nS: 300 c\nC: SITE X\nS: 300 d").await;
    for want in [200, 299, 300] {
        assert_eq!(ftp.command("X").await.unwrap().code(), want);
    }
    assert!(matches!(ftp.site("X").await, Err(Error::Unexpected(_))));
    drop(ftp);
    server.done().await;
    // After a 1xx another reply may or may not come; the session cannot go on.
    let (mut ftp, server) = session("C: X\nS: 199 a").await;
    let error = ftp.command("X").await.unwrap_err();
    assert_eq!(code(&error), 199);
    assert!(matches!(error, Error::Unexpected(_)) && ftp.is_broken());
    drop(ftp);
    server.done().await;
}

/// `abort()` with nothing to abort.
#[tokio::test(start_paused = true)]
async fn abort() {
    let (mut ftp, server) = session("C: NOOP\nS: 200 ok").await;
    ftp.abort().await.unwrap();
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

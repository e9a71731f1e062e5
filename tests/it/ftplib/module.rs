//! The module: constants, exceptions, parsers.

use std::net::SocketAddrV4;

use futures::TryStreamExt;
use tokio_ftp::{
    DEFAULT_PORT, Error, IMPLICIT_TLS_PORT, Limits,
    protocol::{parse_epsv, parse_pasv, unquote},
};

use crate::support::{
    code,
    script::{session, session_with},
};

/// `MSG_OOB`, `FTP_PORT`, `MAXLINE`, `CRLF`: limits are in bytes, and settable.
#[tokio::test(start_paused = true)]
async fn constants() {
    assert_eq!((DEFAULT_PORT, IMPLICIT_TLS_PORT), (21, 990));
    let options = tokio_ftp::ConnectOptions::new().limits(Limits::default().listing_line(8));
    let (mut ftp, server) = session_with(
        options,
        "C: TYPE A
         S: 200 ok
         PASSIVE
         C: RETR a
         S: 150 go
         D> 12345678\\r\\n123456789\\r\\n
         D! close
         S: 226 done",
    )
    .await;
    let mut lines = ftp.retr_lines("a").await.unwrap();
    assert_eq!(lines.try_next().await.unwrap().unwrap(), "12345678");
    let error = lines.try_next().await.unwrap_err();
    let want = "protocol error: a line of more than 8 bytes";
    assert_eq!(error.to_string(), want);
    drop(ftp);
    drop(server);
}

/// `error_reply`, `error_temp`, `error_perm`, `error_proto`: each with the whole reply.
#[tokio::test(start_paused = true)]
async fn exceptions() {
    for (reply, want) in [
        ("300 more", "Ok"),
        ("400 a", "Temporary"),
        ("499 a", "Temporary"),
        ("500 a", "Permanent"),
        ("599 a", "Permanent"),
        ("999 a", "Protocol"),
        ("hello", "Protocol"),
    ] {
        let (mut ftp, server) = session(&format!("C: X\nS: {reply}")).await;
        let result = ftp.command("X").await;
        let got = match &result {
            Ok(_) => "Ok",
            Err(Error::Temporary(_)) => "Temporary",
            Err(Error::Permanent(_)) => "Permanent",
            Err(Error::Protocol(_)) => "Protocol",
            Err(_) => "something else",
        };
        assert_eq!(got, want, "{reply}: {result:?}");
        if let Err(error) = result {
            let shown = error.to_string();
            assert!(
                got == "Protocol" || shown == format!("X: {reply}"),
                "{shown}"
            );
        }
        drop(ftp);
        server.done().await;
    }
}

/// `parse150`: the last `(N bytes)`, on any line.
#[tokio::test(start_paused = true)]
async fn parse150() {
    for (reply, want) in [
        ("S: 150 go (5 bytes)", Some(5)),
        ("S~ 150-go (7 bytes)\\r\\n150 now (5 bytes).\\r\\n", Some(5)),
        ("S: 150 go", None),
        ("S: 125 go (five bytes)", None),
    ] {
        let (mut ftp, server) = session(&format!(
            "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\n{reply}\nD> 12345\nD! close\nS: 226 done"
        ))
        .await;
        let mut download = ftp.retr("a").await.unwrap();
        assert_eq!(download.size_hint(), want, "{reply}");
        assert_eq!(download.finish().await.unwrap().bytes(), 5);
        drop(ftp);
        server.done().await;
    }
}

/// `parse227`: six numbers anywhere, and in range, which ftplib does not check.
#[test]
fn parse227() {
    let address: SocketAddrV4 = "127.0.0.1:1025".parse().unwrap();
    assert_eq!(
        parse_pasv(b"Entering Passive Mode (127,0,0,1,4,1)."),
        Some(address)
    );
    assert_eq!(
        parse_pasv(b"Entering Passive Mode 127,0,0,1,4,1"),
        Some(address)
    );
    assert_eq!(parse_pasv(b"(256,0,0,1,4,1)"), None);
    assert_eq!(parse_pasv(b"nothing"), None);
}

/// `parse229`: any delimiter, text behind; a port that is none is refused.
#[test]
fn parse229() {
    assert_eq!(parse_epsv(b"Extended Passive Mode (|||6446|)"), Some(6446));
    assert_eq!(
        parse_epsv(b"Extended Passive Mode (!!!6446!) and on"),
        Some(6446)
    );
    assert_eq!(parse_epsv(b"(|||0|)"), None);
    assert_eq!(parse_epsv(b"(|||x|)"), None);
}

/// `parse257`, in the eight shapes that ftplib's suite tries and one that it gets wrong.
#[test]
fn parse257() {
    for (text, want) in [
        ("\"/foo/bar\"", Some("/foo/bar")),
        ("\"/foo/bar\" created", Some("/foo/bar")),
        ("\"\"", Some("")),
        ("\"\" created", Some("")),
        ("\"/foo/b\"\"ar\"", Some("/foo/b\"ar")),
        ("\"/foo/b\"\"ar\" created", Some("/foo/b\"ar")),
        ("\"/foo/\"\"bar\"\" \"", Some("/foo/\"bar\" ")),
        ("no path", None),
        ("\"/unclosed", None),
    ] {
        let want = want.map(str::to_owned);
        assert_eq!(
            unquote(text.as_bytes()).map(|name| name.to_string()),
            want,
            "{text}"
        );
    }
}

/// `all_errors`: there is one error, and it passes through `std::io::Error` and back.
#[tokio::test(start_paused = true)]
async fn all_errors() {
    let (mut ftp, server) = session("C: DELE a\nS: 550 no").await;
    let error = std::io::Error::from(ftp.delete("a").await.unwrap_err());
    assert_eq!(code(&Error::from(error)), 550);
    drop(ftp);
    server.done().await;
}

//! Servers of bad will, and servers that are ill.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures::TryStreamExt;
use tokio::time::sleep;
use tokio_ftp::{
    ConnectOptions, Error, Limits, ProtocolError,
    protocol::{ReplyError, ReplyLimits},
};

use crate::support::{
    code, quiet,
    script::{session, session_of, session_with},
};

/// 1 GiB, of which nobody may take more than a little.
const GIB: usize = 1 << 30;

/// How much may be in flight beside what the client has read.
const IN_FLIGHT: usize = 160 * 1024;

#[tokio::test(start_paused = true)]
async fn endless_reply_ends_at_the_cap() {
    for (head, block) in [
        // One line without an end; one reply of ever more lines, long or short.
        ("211-", "x".repeat(1024)),
        ("", "x".repeat(1024)),
        ("211-Features\r\n", format!("{}\r\n", "x".repeat(1022))),
        ("211-Features\r\n", "\r\n".repeat(512)),
        ("211-Features\r\n", "211-x\r\n".repeat(100)),
    ] {
        let taken = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&taken);
        let (mut ftp, server) = session_of(ConnectOptions::new(), move |mut server| async move {
            server.expect("NOOP").await;
            server.say(head.as_bytes()).await;
            let sent = server.flood(block.as_bytes(), GIB).await;
            count.store(sent, Ordering::SeqCst);
        })
        .await;
        let error = ftp.noop().await.unwrap_err();
        assert!(
            matches!(error, Error::Protocol(ProtocolError::Reply(_))),
            "{error:?}"
        );
        assert!(ftp.is_broken());
        assert!(ftp.noop().await.unwrap_err().is_broken());
        drop(ftp);
        server.done().await;
        let taken = taken.load(Ordering::SeqCst);
        assert!(taken < IN_FLIGHT, "{taken} bytes were taken");
    }
}

#[tokio::test(start_paused = true)]
async fn endless_replies_that_answer_nothing_end_at_once() {
    let (mut ftp, server) = session_of(ConnectOptions::new(), |mut server| async move {
        server.expect("NOOP").await;
        let sent = server.flood(&b"250 ok\r\n".repeat(128), GIB).await;
        assert!(sent < IN_FLIGHT, "{sent} bytes were taken");
    })
    .await;
    ftp.noop().await.unwrap();
    let error = ftp.noop().await.unwrap_err();
    assert!(error.is_broken() && code(&error) == 250, "{error:?}");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn limits_of_replies_are_exact_and_the_callers() {
    let limits = || {
        let reply = ReplyLimits::default().line(16).reply(40).lines(3);
        ConnectOptions::new().limits(Limits::default().reply(reply))
    };
    for (reply, want) in [
        ("200 abcdefghij\\r\\n", None),
        ("200 abcdefghijk\\r\\n", Some(ReplyError::LineTooLong(16))),
        ("200-\\r\\n\\r\\n200 x\\r\\n", None),
        (
            "200-\\r\\n\\r\\n\\r\\n200 x\\r\\n",
            Some(ReplyError::TooManyLines(3)),
        ),
        (
            "200-aaaaaaaaaa\\r\\nbbbbbbbbbbbbbb\\r\\n200 aaaaaaaaaa\\r\\n",
            Some(ReplyError::ReplyTooLong(40)),
        ),
    ] {
        let (mut ftp, server) = session_with(limits(), &format!("C: NOOP\nS~ {reply}")).await;
        match (ftp.noop().await, want) {
            (Ok(()), None) => {}
            (Err(Error::Protocol(ProtocolError::Reply(error))), Some(want)) => {
                assert_eq!(error, want, "{reply}");
            }
            other => panic!("{reply}: {other:?}"),
        }
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_reply_breaks_the_session() {
    for garbage in [
        "hello",
        "",
        "99 x",
        "600 x",
        "000 x",
        "2x0 x",
        "\\x00\\xff",
        "HTTP/1.1 400",
    ] {
        let (mut ftp, server) = session(&format!("C: NOOP\nS~ {garbage}\\r\\n")).await;
        let error = ftp.noop().await.unwrap_err();
        assert!(
            matches!(error, Error::Protocol(ProtocolError::Reply(_))),
            "{garbage}: {error:?}"
        );
        assert!(ftp.is_broken());
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn odd_replies_are_replies() {
    for reply in [
        "200\\r\\n",
        "200\\n",
        "200 \\xff\\xfe\\r\\n",
        "200-\\r\\n200\\r\\n",
        "200-a\\n 200 b\\n200 c\\n",
        "200-a\\r\\n220 b\\r\\n200 c\\r\\n",
    ] {
        let (mut ftp, server) = session(&format!("C: NOOP\nS~ {reply}\nC: NOOP\nS: 200 ok")).await;
        ftp.noop().await.unwrap();
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn service_that_ends_is_told_and_answers_nothing() {
    for (transcript, answered) in [
        // In place of a reply, behind one, alone in between.
        ("C: NOOP\nS: 421 bye", false),
        ("C: NOOP\nS~ 200 ok\\r\\n421 bye\\r\\n", true),
        ("C: NOOP\nS: 200 ok\nS! wait 1\nS: 421 bye\nS! close", true),
        (
            "C: NOOP\nS~ 200 ok\\r\\n421-by\\r\\n421 bye\\r\\n\nS! close",
            true,
        ),
    ] {
        let (mut ftp, server) = session(transcript).await;
        let first = ftp.noop().await;
        assert_eq!(first.is_ok(), answered, "{transcript}: {first:?}");
        sleep(Duration::from_secs(2)).await;
        let error = ftp.delete("a").await.unwrap_err();
        assert!(error.is_broken() && error.is_transient(), "{error:?}");
        assert_eq!(code(&error), 421, "{transcript}");
        assert!(ftp.is_broken());
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn reply_that_nobody_asked_for_breaks_the_session() {
    for unasked in [
        "200 surprise",
        "226 done",
        "150 go",
        "500 what?",
        "227 (1,2,3,4,5,6)",
    ] {
        let (mut ftp, server) = session(&format!("S: {unasked}")).await;
        quiet().await;
        let error = ftp.delete("a").await.unwrap_err();
        assert!(error.is_broken(), "{unasked}: {error:?}");
        assert!(ftp.is_broken());
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn reply_that_cannot_answer_breaks_the_session() {
    for (odd, preliminary) in [
        ("150 go", true),
        ("120 wait", true),
        ("227 (1,2,3,4,5,6)", false),
        ("229 (|||1|)", false),
    ] {
        let (mut ftp, server) = session(&format!("C: NOOP\nS: {odd}")).await;
        let error = ftp.noop().await.unwrap_err();
        assert_eq!(matches!(error, Error::Unexpected(_)), preliminary);
        assert!(ftp.is_broken(), "{odd}");
        drop(ftp);
        server.done().await;
    }
    let (mut ftp, server) = session("C: TYPE I\nS: 200 ok\nC: EPSV\nS: 200 fine").await;
    let error = ftp.retr("a").await.unwrap_err();
    assert!(
        matches!(error, Error::Protocol(ProtocolError::OutOfStep(_))),
        "{error:?}"
    );
    assert!(ftp.is_broken());
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn end_of_a_transfer_that_comes_late_or_twice_does_no_harm() {
    for late in ["226 again", "426 cut after all", "225 idle"] {
        let (mut ftp, server) = session(&format!(
            "C: TYPE I
             S: 200 ok
             PASSIVE
             C: RETR a
             S: 150 go
             D! close
             S: 226 done
             C: PWD
             S~ {late}\\r\\n257 \"/\"\\r\\n"
        ))
        .await;
        assert_eq!(ftp.read("a").await.unwrap(), "");
        assert_eq!(ftp.pwd().await.unwrap(), *"/");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn connection_that_ends_inside_a_reply_is_an_unexpected_end() {
    for half in ["250-ok\\r\\n25", "2", "250 ok", ""] {
        for end in ["S! close", "S! reset"] {
            let (mut ftp, server) = session(&format!("C: CWD a\nS~ {half}\n{end}")).await;
            let error = ftp.cwd("a").await.unwrap_err();
            assert!(matches!(error, Error::Io(_)), "{error:?}");
            assert!(error.is_transient());
            assert!(ftp.is_broken());
            assert!(ftp.noop().await.unwrap_err().is_broken());
            drop(ftp);
            server.done().await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn values_that_make_no_sense_are_none_or_an_error() {
    let (mut ftp, server) = session(
        "C: TYPE I
         S: 200 ok
         C: SIZE a
         S: 213 99999999999999999999999
         C: SIZE a
         S: 213 -1
         C: SIZE a
         S: 213 12bytes
         C: SIZE a
         S: 213  12 bytes
         C: MDTM a
         S: 213 99999999999999
         C: MDTM a
         S: 213 yesterday
         C: PWD
         S: 257 nowhere
         C: PWD
         S: 257 \"/a \"\"b\"\"\" is \"it\"
         C: MKD d
         S: 200 made
         C: MLST a
         S: 250 nothing",
    )
    .await;
    assert_eq!(ftp.size("a").await.unwrap(), None);
    assert_eq!(ftp.size("a").await.unwrap(), None);
    assert_eq!(ftp.size("a").await.unwrap(), None);
    assert_eq!(ftp.size("a").await.unwrap(), Some(12));
    assert_eq!(ftp.mdtm("a").await.unwrap(), None);
    assert_eq!(ftp.mdtm("a").await.unwrap(), None);
    let error = ftp.pwd().await;
    assert!(
        matches!(&error, Err(Error::Protocol(ProtocolError::Malformed(_)))),
        "{error:?}"
    );
    assert_eq!(ftp.pwd().await.unwrap(), *"/a \"b\"");
    assert_eq!(ftp.mkd("d").await.unwrap(), None);
    assert!(matches!(ftp.mlst("a").await, Err(Error::Protocol(_))));
    assert!(!ftp.is_broken());
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn listing_line_without_an_end_is_an_error_at_the_cap() {
    let (mut ftp, server) = session_of(ConnectOptions::new(), |mut server| async move {
        server
            .play("C: TYPE A\nS: 200 ok\nPASSIVE\nC: NLST\nS: 150 go")
            .await;
        let block = vec![b'x'; 1024];
        let mut sent = 0;
        // Until the client goes, with the ABOR on its way.
        while sent < IN_FLIGHT && server.try_send(&block).await.is_ok() {
            sent += block.len();
        }
        server
            .play("C: ABOR\nD! reset\nS: 426 cut\nS: 226 ok")
            .await;
        server.play("C: NOOP\nS: 200 ok").await;
        server.rest().await;
    })
    .await;
    let names = ftp.nlst("").await.unwrap();
    let error = names.try_collect::<Vec<_>>().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Protocol(ProtocolError::TooLarge { limit: 8192, .. })
        ),
        "{error:?}"
    );
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn raw_commands_that_would_upset_the_session_are_refused() {
    let (mut ftp, server) = session("C: SITE HELP\nS: 214 none\nC: XYZZY\nS: 500 what?").await;
    for line in [
        "RETR a",
        "stor a",
        "PASV",
        "Port 1,2,3,4,5,6",
        "AUTH TLS",
        "PROT C",
        "USER joe",
        "PASS x",
        "QUIT",
        "ABOR",
        "REIN",
        "MODE Z",
        "TYPE E",
        "REST x",
        "",
    ] {
        let error = ftp.command(line).await.unwrap_err();
        assert!(matches!(error, Error::Argument(_)), "{line}: {error:?}");
    }
    assert_eq!(ftp.command("SITE HELP").await.unwrap().code(), 214);
    assert_eq!(code(&ftp.command("XYZZY").await.unwrap_err()), 500);
    drop(ftp);
    server.done().await;
}

//! Futures that are dropped half-way, against scripts.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use futures::TryStreamExt;
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, timeout},
};
use tokio_ftp::{ConnectOptions, Error, FtpStream, Phase};

use crate::support::{
    Polled,
    certs::certificate,
    script::{HOST, serve, session, session_of},
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn command_after_a_cancelled_one_gets_its_own_reply() {
    let (mut ftp, server) = session(
        "C: CWD a
         S! wait 5
         S: 250 changed
         C: DELE b
         S: 550 no such file",
    )
    .await;
    assert!(timeout(SECOND, ftp.cwd("a")).await.is_err());
    let error = ftp.delete("b").await.unwrap_err();
    assert_eq!(error.to_string(), "DELE: 550 no such file");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn reply_that_is_half_read_is_not_lost() {
    let (mut ftp, server) = session(
        "C: CWD a
         S~ 250-chan
         S! wait 5
         S~ ged\\r\\n250 really\\r
         S! wait 5
         S~ \\n
         C: DELE b
         S: 250 gone",
    )
    .await;
    assert!(timeout(SECOND, ftp.cwd("a")).await.is_err());
    assert!(timeout(5 * SECOND, ftp.delete("b")).await.is_err());
    ftp.delete("b").await.unwrap();
    assert_eq!(ftp.last_reply().unwrap().text(), "gone");
    drop(ftp);
    server.done().await;
}

type Step = for<'a> fn(&'a mut FtpStream) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Drops an operation after each of its polls; `whole` is what the server sees when it is not
/// dropped. What comes then is `PWD`.
#[tokio::test(start_paused = true)]
async fn simple_operation_may_be_dropped_at_every_poll() {
    let operations: [(&str, Step); 5] = [
        ("CWD a", |ftp| {
            Box::pin(async { ftp.cwd("a").await.unwrap() })
        }),
        ("DELE a", |ftp| {
            Box::pin(async { ftp.delete("a").await.unwrap() })
        }),
        ("NOOP", |ftp| Box::pin(async { ftp.noop().await.unwrap() })),
        ("OPTS MLST type;size;", |ftp| {
            Box::pin(async { ftp.set_facts(&["type", "size"]).await.unwrap() })
        }),
        ("SITE x", |ftp| {
            Box::pin(async { drop(ftp.site("x").await.unwrap()) })
        }),
    ];
    for (line, operation) in operations {
        for polls in 0.. {
            let seen = if polls == 0 { "" } else { line };
            let transcript = match seen {
                "" => "C: PWD\nS: 257 \"/\"".to_owned(),
                line => format!("C: {line}\nS~ 250\nS~  ok\\r\\n\nC: PWD\nS: 257 \"/\""),
            };
            let (mut ftp, server) = session(&transcript).await;
            let done = Polled::new(operation(&mut ftp), polls).await;
            assert_eq!(ftp.pwd().await.unwrap(), *"/", "{line} after {polls}");
            drop(ftp);
            server.done().await;
            if done.is_some() {
                assert!(polls > 1, "never dropped half-way");
                break;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn login_that_is_cancelled_breaks_the_session_at_once() {
    for transcript in [
        "C: USER joe\nS! stall",
        "C: USER joe\nS: 331 password?\nC: PASS pw\nS! stall",
    ] {
        let (mut ftp, server) = session(transcript).await;
        assert!(timeout(SECOND, ftp.login("joe", "pw")).await.is_err());
        assert!(ftp.is_broken());
        let started = Instant::now();
        assert!(ftp.noop().await.unwrap_err().is_broken());
        assert_eq!(started.elapsed(), Duration::ZERO);
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn tls_that_is_cancelled_breaks_the_session_at_once() {
    for transcript in [
        "C: AUTH TLS\nS! stall",
        // Into the handshake, which is no text.
        "C: AUTH TLS\nS: 234 go\nS! wait 3",
        "C: AUTH TLS\nS: 234 go\nS! tls\nC: PBSZ 0\nS! stall",
        "C: AUTH TLS\nS: 234 go\nS! tls\nC: PBSZ 0\nS: 200 ok\nC: PROT P\nS! stall",
    ] {
        let options = certificate().trusted_by(ConnectOptions::new());
        let transcript = transcript.to_owned();
        let (mut ftp, server) = session_of(options, |mut server| async move {
            server.play(&transcript).await;
        })
        .await;
        assert!(timeout(SECOND, ftp.secure()).await.is_err());
        assert!(ftp.is_broken());
        assert!(ftp.noop().await.unwrap_err().is_broken());
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn connecting_and_quitting_that_are_cancelled_close_the_connection() {
    for transcript in ["S! stall", "S: 220 ready\nC: USER joe\nS! stall"] {
        let (network, server) = serve(move |mut server| async move {
            server.play(transcript).await;
        });
        let options = ConnectOptions::new()
            .credentials("joe", "pw")
            .connector(Arc::new(network));
        assert!(timeout(SECOND, options.connect(HOST)).await.is_err());
        server.done().await;
    }
    let (ftp, server) = session("C: QUIT\nS! stall").await;
    assert!(timeout(SECOND, ftp.quit()).await.is_err());
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn start_over_that_is_cancelled_breaks_the_session() {
    let (mut ftp, server) = session("C: REIN\nS! stall").await;
    assert!(timeout(SECOND, ftp.rein()).await.is_err());
    assert!(ftp.is_broken());
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn type_whose_reply_was_not_seen_is_sent_again() {
    let (mut ftp, server) = session(
        "C: TYPE I
         S! wait 5
         S: 500 no
         C: TYPE I
         S: 200 ok
         C: SIZE a
         S: 213 3",
    )
    .await;
    assert!(timeout(SECOND, ftp.size("a")).await.is_err());
    assert_eq!(ftp.size("a").await.unwrap(), Some(3));
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn type_that_a_settled_reply_confirms_is_not_sent_again() {
    let (mut ftp, server) = session(
        "C: TYPE I
         S! wait 5
         S: 200 ok
         C: SIZE a
         S: 213 3",
    )
    .await;
    assert!(timeout(SECOND, ftp.size("a")).await.is_err());
    assert_eq!(ftp.size("a").await.unwrap(), Some(3));
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn rename_that_is_cancelled_in_between_renames_nothing() {
    let (mut ftp, server) = session(
        "C: RNFR a
         S! wait 5
         S: 350 to what?
         C: PWD
         S: 257 \"/\"",
    )
    .await;
    assert!(timeout(SECOND, ftp.rename("a", "b")).await.is_err());
    assert_eq!(ftp.pwd().await.unwrap(), *"/");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn transfer_that_is_cancelled_while_it_opens_is_settled() {
    for (rest, settled) in [
        // In TYPE, in EPSV: nothing more happens.
        ("C: TYPE I\nS! wait 5\nS: 200 ok", ""),
        (
            "C: TYPE I\nS: 200 ok\nC: EPSV\nS! wait 5\nS: 229 (|||2000|)",
            "",
        ),
        // In RETR: what is refused is refused, what begins is aborted.
        (
            "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS! wait 5\nS: 550 no",
            "C: ABOR\nS: 225 no transfer",
        ),
        (
            "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS! wait 5\nS: 150 go",
            "C: ABOR\nD! ended\nS: 426 cut\nS: 226 aborted",
        ),
    ] {
        let (mut ftp, server) = session(&format!("{rest}\n{settled}\nC: PWD\nS: 257 \"/\"")).await;
        assert!(timeout(SECOND, ftp.retr("a")).await.is_err());
        assert_eq!(ftp.pwd().await.unwrap(), *"/", "{rest}");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn upload_that_is_cancelled_while_it_opens_is_reset() {
    for answer in ["550 no", "150 go\\r\\n426 cut", "150 go\\r\\n226 done"] {
        let (mut ftp, server) = session(&format!(
            "C: TYPE I
             S: 200 ok
             PASSIVE
             C: STOR a
             D! was reset
             S! wait 5
             S~ {answer}\\r\\n
             C: PWD
             S: 257 \"/\""
        ))
        .await;
        assert!(timeout(SECOND, ftp.stor("a")).await.is_err());
        assert_eq!(ftp.pwd().await.unwrap(), *"/");
        drop(ftp);
        server.done().await;
    }
}

/// Not only with the next command, which may be long in coming.
#[tokio::test(start_paused = true)]
async fn data_that_nobody_wants_any_more_is_let_go_at_once() {
    for (verb, end) in [
        ("STOR", "D! was reset"),
        ("STOR", "D! accept\nS: 550 no\nD! was reset"),
        ("RETR", "D! accept\nS: 550 no\nD! ended"),
    ] {
        let (mut ftp, server) = session_of(ConnectOptions::new(), move |mut server| async move {
            let asked = format!("C: TYPE I\nS: 200 ok\nPASSIVE\nC: {verb} a\n{end}");
            server.play(&asked).await;
        })
        .await;
        let begun = match verb {
            "STOR" => timeout(SECOND, ftp.stor("a"))
                .await
                .is_ok_and(|begun| begun.is_ok()),
            _ => timeout(SECOND, ftp.retr("a"))
                .await
                .is_ok_and(|begun| begun.is_ok()),
        };
        assert!(!begun, "{verb} {end}");
        server.done().await;
        drop(ftp);
    }
}

#[tokio::test(start_paused = true)]
async fn reads_and_writes_may_be_dropped_and_tried_again() {
    let (mut ftp, server) = session(
        "C: TYPE I
         S: 200 ok
         PASSIVE
         C: RETR a
         S: 150 go
         S! wait 5
         D> ab
         S! wait 5
         D> c
         D! close
         S! wait 5
         S: 226 done
         PASSIVE
         C: STOR a
         S: 150 go
         D< abc
         D! ended
         S! wait 5
         S: 226 done",
    )
    .await;
    let mut download = ftp.retr("a").await.unwrap();
    let mut content = Vec::new();
    loop {
        match timeout(SECOND, download.chunk()).await {
            Ok(Ok(Some(chunk))) => content.extend_from_slice(&chunk),
            Ok(end) => break assert!(end.unwrap().is_none()),
            Err(_) => {}
        }
    }
    drop(download);
    assert_eq!(content, b"abc");
    let mut upload = ftp.stor("a").await.unwrap();
    upload.write_all(b"abc").await.unwrap();
    assert!(timeout(SECOND, upload.finish()).await.is_err());
    assert_eq!(upload.finish().await.unwrap().bytes(), 3);
    drop(upload);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn upload_that_is_dropped_after_its_end_still_settles() {
    let (mut ftp, server) = session(
        "C: TYPE I
         S: 200 ok
         PASSIVE
         C: STOR a
         S: 150 go
         D< abc
         D! ended
         S! wait 5
         S: 226 done
         C: PWD
         S: 257 \"/\"",
    )
    .await;
    assert!(timeout(SECOND, ftp.upload("a", &b"abc"[..])).await.is_err());
    assert_eq!(ftp.pwd().await.unwrap(), *"/");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn listing_that_is_dropped_leaves_the_directory_it_went_to() {
    let (mut ftp, server) = session(
        "C: FEAT
         S: 500 what?
         C: SYST
         S: 500 what?
         C: TYPE A
         S: 200 ok
         PASSIVE
         C: LIST d
         S: 150 go
         D! close
         S: 226 done
         C: PWD
         S: 257 \"/home\"
         C: CWD d
         S: 250 ok
         PASSIVE
         C: LIST
         S! wait 5
         S: 550 no
         C: ABOR
         S: 225 no transfer
         C: CWD /home
         S: 250 ok
         C: DELE x
         S: 250 ok",
    )
    .await;
    let listed = async { ftp.list("d").await?.try_collect::<Vec<_>>().await };
    assert!(timeout(SECOND, listed).await.is_err());
    ftp.delete("x").await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn replies_that_never_come_break_the_session_after_a_bounded_wait() {
    let (mut ftp, server) = session("C: CWD a\nS! stall").await;
    assert!(timeout(SECOND, ftp.cwd("a")).await.is_err());
    assert!(!ftp.is_broken());
    let started = Instant::now();
    let error = ftp.delete("b").await.unwrap_err();
    let Error::Broken(cause) = &error else {
        panic!("{error:?}")
    };
    assert!(
        matches!(**cause, Error::Timeout(Phase::Settle)),
        "{cause:?}"
    );
    assert_eq!(started.elapsed().as_secs(), 15);
    assert!(ftp.is_broken());
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn refusal_that_comes_late_belongs_to_what_was_cancelled() {
    let (mut ftp, server) = session(
        "C: MKD a
         S! wait 5
         S: 550 exists
         C: RMD b
         S: 250 gone",
    )
    .await;
    assert!(timeout(SECOND, ftp.mkd("a")).await.is_err());
    ftp.rmd("b").await.unwrap();
    let last = ftp.last_reply().unwrap();
    assert_eq!((last.verb(), u16::from(last.code())), (Some("RMD"), 250));
    drop(ftp);
    server.done().await;
}

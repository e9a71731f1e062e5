//! The TLS tickets that uploads use up, and those that they bring.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use tokio_ftp::{FtpStream, tls::TlsVersions};

use crate::{
    support::{
        Polled, code,
        script::{Running, session_with},
    },
    tls::{SECURED, explicit},
};

/// What is spent on waiting where there is nothing to wait for.
const AT_ONCE: Duration = Duration::from_millis(100);

const FINISHED: &str = "
    PASSIVE
    C: STOR b
    S: 150 go
    D! tls
    D! ended
    S: 226 done
";

const DROPPED: &str = "
    PASSIVE
    C: STOR b
    S: 150 go
    D! tls
    D! was reset
    S: 426 cut
";

const IN_STEP: &str = "
    C: PWD
    S: 257 \"/in/step\"
";

/// A session that has one ticket left, of the two that came with the login.
async fn with_one_ticket(rest: &str) -> (FtpStream, Running) {
    let transcript = format!(
        "{SECURED}
         C: TYPE I
         S: 200 ok
         D! tickets 0
         PASSIVE
         C: STOR a
         S: 150 go
         D! tls
         D! ended
         S: 226 done
         {rest}{IN_STEP}"
    );
    let (mut ftp, server) = session_with(explicit(), &transcript).await;
    ftp.upload("a", &b""[..]).await.unwrap();
    (ftp, server)
}

async fn in_step(mut ftp: FtpStream, server: Running) {
    assert_eq!(ftp.pwd().await.unwrap(), *"/in/step");
    drop(ftp);
    server.done().await;
}

/// How long it takes to begin an upload, which is finished then.
async fn time_to_begin(ftp: &mut FtpStream) -> Duration {
    let started = Instant::now();
    let mut upload = ftp.stor("b").await.unwrap();
    let time = started.elapsed();
    upload.finish().await.unwrap();
    time
}

/// Otherwise the ticket would be lost with the data connection, and the next upload need a listing.
#[tokio::test(start_paused = true)]
async fn upload_with_the_last_ticket_has_the_next_one_before_it_begins() {
    let dropped = DROPPED.repeat(3);
    let (mut ftp, server) = with_one_ticket(&format!("D! tickets 1\n{dropped}")).await;
    for _ in 0..3 {
        let started = Instant::now();
        drop(ftp.stor("b").await.unwrap());
        assert!(started.elapsed() < AT_ONCE);
    }
    in_step(ftp, server).await;
}

/// The handshake is made, and the ticket taken in, before the connection is reset; at whichever
/// poll behind the go-ahead it is cancelled.
#[tokio::test(start_paused = true)]
async fn upload_that_is_cancelled_while_it_opens_brings_its_ticket() {
    let transcript = format!(
        "D! tickets 1
         PASSIVE
         C: STOR b
         S! wait 1
         S: 150 go
         D! tls
         D! was reset
         S: 426 cut
         {DROPPED}"
    );
    let almost = Duration::from_millis(900);
    for late in [false, true] {
        for polls in 0.. {
            let (mut ftp, server) = with_one_ticket(&transcript).await;
            let mut upload = Box::pin(ftp.stor("b"));
            assert!(timeout(almost, &mut upload).await.is_err());
            let opened = if late {
                Polled::late(upload, polls).await
            } else {
                Polled::new(upload, polls).await
            };
            let is_open = opened.is_some();
            drop(opened.transpose().unwrap());
            drop(ftp.stor("b").await.unwrap());
            in_step(ftp, server).await;
            if is_open {
                assert!(polls > 3, "never cancelled in the handshake: {polls} polls");
                break;
            }
        }
    }
}

/// Some servers give none with uploads. They are waited for once.
#[tokio::test(start_paused = true)]
async fn ticket_that_does_not_come_is_not_waited_for_again() {
    let (mut ftp, server) = with_one_ticket(&format!(
        "{FINISHED}
         D! tickets 1
         PASSIVE
         C: LIST
         S: 150 go
         D! tls
         D! close
         S: 425 no resumption, no data
         D! tickets 0
         {FINISHED}"
    ))
    .await;
    let waited = time_to_begin(&mut ftp).await;
    assert!(
        AT_ONCE < waited && waited < Duration::from_secs(1),
        "{waited:?}"
    );
    assert!(time_to_begin(&mut ftp).await < AT_ONCE);
    in_step(ftp, server).await;
}

/// Nor is one that cannot come any more.
#[tokio::test(start_paused = true)]
async fn upload_that_is_over_waits_for_no_ticket() {
    for (end, refusal) in [
        ("S: 552 full", 552),
        ("D! close\nS! wait 1\nS: 426 gone", 426),
    ] {
        let (mut ftp, server) =
            with_one_ticket(&format!("PASSIVE\nC: STOR b\nS: 150 go\nD! tls\n{end}\n")).await;
        let started = Instant::now();
        let mut upload = ftp.stor("b").await.unwrap();
        assert!(started.elapsed() < AT_ONCE, "{end}");
        assert_eq!(code(&upload.finish().await.unwrap_err()), refusal, "{end}");
        drop(upload);
        in_step(ftp, server).await;
    }
}

/// Who waited for a ticket there would read the file.
#[tokio::test(start_paused = true)]
async fn download_waits_for_no_ticket() {
    let (mut ftp, server) =
        with_one_ticket("PASSIVE\nC: RETR b\nS: 150 go\nD! tls\nD> abc\nD! close\nS: 226 done\n")
            .await;
    assert_eq!(ftp.read("b").await.unwrap(), "abc");
    in_step(ftp, server).await;
}

/// A session of TLS 1.2 is resumed as often as one likes.
#[tokio::test(start_paused = true)]
async fn tls_1_2_waits_for_no_ticket() {
    let options = explicit().tls_versions(TlsVersions::Tls12);
    let transcript = format!("{SECURED}C: TYPE I\nS: 200 ok\n{FINISHED}{IN_STEP}");
    let (mut ftp, server) = session_with(options, &transcript).await;
    assert!(time_to_begin(&mut ftp).await < AT_ONCE);
    in_step(ftp, server).await;
}

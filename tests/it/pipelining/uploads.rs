//! Uploads do not wait for consent.

use tokio::io::AsyncWriteExt;
use tokio_ftp::Error;

use super::{IN_STEP, ahead, in_step, pipelining, third, third_under_tls};
use crate::support::{code, script::session_with};

/// The first bytes do not wait for the server's consent.
#[tokio::test(start_paused = true)]
async fn upload_is_sent_before_the_server_agrees() {
    for (replies, outcome) in [
        ("D< abc\nD! ended\nS: 150 go\nS: 226 done", Ok(3)),
        ("D< abc\nS: 150 go\nD! ended\nS: 226 done", Ok(3)),
        ("S: 150 go\nD< abc\nD! ended\nS: 226 done", Ok(3)),
        // Refused before the data, and behind it.
        ("S: 553 no", Err(553)),
        ("D< abc\nD! ended\nS: 553 no", Err(553)),
        ("D< abc\nD! ended\nS: 150 go\nS: 552 full", Err(552)),
    ] {
        for verb in ["STOR", "APPE"] {
            let upload = ahead(&format!("{verb} b"), &format!("D! accept\n{replies}"), 3002);
            let (mut ftp, server) = third(&format!("{upload}{IN_STEP}")).await;
            let mut upload = match verb {
                "STOR" => ftp.stor("b").await.unwrap(),
                _ => ftp.appe("b").await.unwrap(),
            };
            let sent = async {
                upload.write_all(b"abc").await?;
                Ok(upload.finish().await?.bytes())
            };
            let sent: Result<_, Error> = sent.await;
            drop(upload);
            assert_eq!(
                sent.map_err(|error| code(&error)),
                outcome,
                "{verb} {replies}"
            );
            in_step(ftp, server).await;
        }
    }
}

/// Nobody has taken what was sent, as far as anybody knows.
#[tokio::test(start_paused = true)]
async fn upload_that_nobody_agreed_to_is_not_unconfirmed() {
    for (replies, is_unconfirmed) in [
        ("D< abc\nD! ended\nS! close", false),
        ("D< abc\nD! ended\nS! deaf", false),
        ("S: 150 go\nD< abc\nD! ended\nS! close", true),
        ("D< abc\nD! ended\nS: 150 go\nS! deaf", true),
    ] {
        let lost = format!("C: STOR b\nC: EPSV\nD! accept\n{replies}");
        let (mut ftp, server) = third(&lost).await;
        let error = ftp.upload("b", &b"abc"[..]).await.unwrap_err();
        let found = matches!(error, Error::Unconfirmed { size: Some(3), .. });
        assert_eq!(found, is_unconfirmed, "{replies}: {error:?}");
        assert!(error.is_transient());
        drop(ftp);
        server.done().await;
    }
}

/// What is sent to a server that does not agree is lost on it.
#[tokio::test(start_paused = true)]
async fn upload_waits_for_consent_where_nothing_goes_ahead() {
    let refused = "S! wait 1\nS: 553 no";
    // Before it is known what the server does.
    let first = format!(
        "C: TYPE I\nS: 200 ok
         PASSIVE\nC: STOR b\nC: NOOP\nD! accept\n{refused}\nS: 200 ok\n{IN_STEP}"
    );
    let (mut ftp, server) = session_with(pipelining(), &first).await;
    assert_eq!(code(&ftp.stor("b").await.unwrap_err()), 553);
    in_step(ftp, server).await;

    // With a server that wants to know what a port is for.
    let announced = "C: FEAT\nS: 211-Features\nS:  PRET\nS: 211 End";
    let announced = format!("{announced}\nC: STOR b\nD! accept\n{refused}\n{IN_STEP}");
    let (mut ftp, server) = third(&announced).await;
    assert!(ftp.features().await.unwrap().has("PRET"));
    assert_eq!(code(&ftp.stor("b").await.unwrap_err()), 553);
    in_step(ftp, server).await;

    // Under TLS, where the server speaks first.
    let private = ahead("STOR b", &format!("D! tls\n{refused}"), 3002);
    let (mut ftp, server) = third_under_tls(&format!("{private}{IN_STEP}")).await;
    assert_eq!(code(&ftp.stor("b").await.unwrap_err()), 553);
    in_step(ftp, server).await;
}

/// The name that the server finds comes with its consent.
#[tokio::test(start_paused = true)]
async fn upload_without_a_name_waits_for_it() {
    let found = "S: 150 FILE: found\nD< abc\nD! ended\nS: 226 done";
    let found = ahead("STOU", found, 3002);
    let (mut ftp, server) = third(&format!("{found}{IN_STEP}")).await;
    let mut upload = ftp.stou().await.unwrap();
    assert_eq!(*upload.name().unwrap(), *"found");
    upload.write_all(b"abc").await.unwrap();
    upload.finish().await.unwrap();
    drop(upload);
    in_step(ftp, server).await;
}

//! What is known of a server before anything goes out ahead, and what goes alone all the same.

use tokio::io::AsyncWriteExt;
use tokio_ftp::{ConnectOptions, DataMode, Error};

use super::{
    ALONE, IN_STEP, PROBED_EARLY, SECOND, by_a_new_port, in_step, pipelining, sends, third,
};
use crate::support::{code, script::session_with};

/// pyftpdlib and libunftp answer at once, and the first ends a running transfer over an `EPSV`.
#[tokio::test(start_paused = true)]
async fn server_that_answers_within_a_transfer_is_sent_nothing_ahead() {
    for early in [
        "S: 200 ok\nS: 150 go\nD> abc\nD! close\nS: 226 done",
        "S: 150 go\nS: 200 ok\nD> abc\nD! close\nS: 226 done",
        "S: 150 go\nD> abc\nS: 500 not now\nD! close\nS: 226 done",
        "S: 150 go\nD> abc\nD! close\nS: 200 ok\nS: 226 done",
        "S: 150 go\nD> abc\nD! close\nS: 450 NOOP: busy\nS: 226 done",
    ] {
        let transcript = format!(
            "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nC: NOOP\n{early}\n{ALONE}{ALONE}{IN_STEP}"
        );
        let (mut ftp, server) = session_with(pipelining(), &transcript).await;
        for _ in 0..3 {
            assert_eq!(ftp.read("a").await.unwrap(), "abc", "{early}");
        }
        in_step(ftp, server).await;
    }
}

/// A file without bytes may be through before the server reads on, whatever it does with others; a
/// refusal shows as little.
#[tokio::test(start_paused = true)]
async fn transfer_that_shows_nothing_is_followed_by_another_probe() {
    for nothing in [
        "S: 150 go\nD! close\nS: 226 done\nS: 200 ok",
        "S: 550 no\nS: 200 ok",
        "S: 150 go\nD> a\nD! close\nS: 451 no\nS: 200 ok",
        "S: 150 go\nD> a\nS! wait 1\nD! close\nS: 451 no\nS: 200 ok",
    ] {
        let transcript = format!(
            "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nC: NOOP\n{nothing}
             {PROBED_EARLY}{IN_STEP}"
        );
        let (mut ftp, server) = session_with(pipelining(), &transcript).await;
        match ftp.read("a").await {
            Ok(content) => assert!(content.is_empty(), "{nothing}"),
            Err(error) => assert!(matches!(code(&error), 451 | 550), "{nothing}: {error}"),
        }
        assert_eq!(ftp.read("a").await.unwrap(), "abc", "{nothing}");
        in_step(ftp, server).await;
    }
}

/// What was never begun may have been over before the server read on, data or not.
#[tokio::test(start_paused = true)]
async fn transfer_that_does_not_begin_shows_nothing() {
    let transcript = format!(
        "C: TYPE I\nS: 200 ok
         PASSIVE\nC: RETR a\nC: NOOP\nD> abc\nD! close\nS: 226 done\nS: 200 ok
         {PROBED_EARLY}{IN_STEP}"
    );
    let (mut ftp, server) = session_with(pipelining(), &transcript).await;
    for _ in 0..2 {
        assert_eq!(ftp.read("a").await.unwrap(), "abc");
    }
    in_step(ftp, server).await;
}

/// What the probe has shown holds for the transfer that it was behind. A command that is too long to
/// have anything behind it shows nothing.
#[tokio::test(start_paused = true)]
async fn transfer_without_a_probe_shows_nothing() {
    let name = "n".repeat(3990);
    let sent = sends("abc");
    let transcript = format!(
        "C: TYPE I\nS: 200 ok
         PASSIVE\nC: RETR a\nC: NOOP\nS: 150 go\nD! close\nS: 226 done\nS: 200 ok
         PASSIVE\nC: RETR {name}\n{sent}
         {PROBED_EARLY}{IN_STEP}"
    );
    let (mut ftp, server) = session_with(pipelining(), &transcript).await;
    assert!(ftp.read("a").await.unwrap().is_empty());
    assert_eq!(ftp.read(&name).await.unwrap(), "abc");
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    in_step(ftp, server).await;
}

/// Neither does an upload to which nothing was written.
#[tokio::test(start_paused = true)]
async fn empty_write_is_no_data() {
    let transcript = format!(
        "C: TYPE I\nS: 200 ok
         PASSIVE\nC: STOR a\nC: NOOP\nS: 150 go\nD! ended\nS: 226 done\nS: 200 ok
         {PROBED_EARLY}{IN_STEP}"
    );
    let (mut ftp, server) = session_with(pipelining(), &transcript).await;
    let mut upload = ftp.stor("a").await.unwrap();
    assert_eq!(upload.write(b"").await.unwrap(), 0);
    upload.finish().await.unwrap();
    drop(upload);
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    in_step(ftp, server).await;
}

/// What goes on as ever: a transfer with nothing behind its command.
#[tokio::test(start_paused = true)]
async fn nothing_goes_ahead_where_it_would_do_harm() {
    let announced = format!("C: PRET RETR a\nS: 200 ok\n{ALONE}");
    let features = "C: FEAT\nS: 211-Features\nS:  PRET\nS: 211 End\n";
    for (options, ask, transcript) in [
        (ConnectOptions::new(), false, ALONE),
        // A sign of life would be read behind what waits.
        (pipelining().noop_interval(Some(60 * SECOND)), false, ALONE),
        // DrFTPD wants to know what a port is for.
        (pipelining(), true, announced.as_str()),
    ] {
        let features = if ask { features } else { "" };
        let (mut ftp, server) = session_with(
            options,
            &format!("{features}C: TYPE I\nS: 200 ok\n{transcript}\n{transcript}\n{IN_STEP}"),
        )
        .await;
        if ask {
            assert!(ftp.features().await.unwrap().has("PRET"));
        }
        for _ in 0..2 {
            assert_eq!(ftp.read("a").await.unwrap(), "abc", "{transcript}");
        }
        in_step(ftp, server).await;
    }
}

/// ProFTPD and Pure-FTPd stall over a TLS record of more than some 4,096 bytes.
#[tokio::test(start_paused = true)]
async fn long_command_goes_alone() {
    let name = "n".repeat(3990);
    let (sent, new_port) = (sends("bcd"), by_a_new_port());
    let (mut ftp, server) = third(&format!("C: RETR {name}\n{sent}\n{new_port}{IN_STEP}")).await;
    assert_eq!(ftp.read(&name).await.unwrap(), "bcd");
    assert_eq!(ftp.read("b").await.unwrap(), "bcd");
    in_step(ftp, server).await;
}

/// Nobody knows yet whether the server reads on while it waits for a connection, so that what
/// cannot be connected is found out before the command.
#[tokio::test(start_paused = true)]
async fn first_transfer_is_connected_before_its_command() {
    let (mut ftp, server) = session_with(
        pipelining(),
        &format!(
            "C: TYPE I
             S: 200 ok
             C: EPSV
             S: 229 go (|||3333|)
             C: PASV
             D! open 2000
             S: 227 go (10,0,0,1,7,208)
             C: RETR a
             C: NOOP
             {}
             S: 200 ok
             {IN_STEP}",
            sends("abc")
        ),
    )
    .await;
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    in_step(ftp, server).await;
}

/// A session that was told to listen itself asks for no port.
#[tokio::test(start_paused = true)]
async fn active_mode_asks_for_no_port() {
    let (mut ftp, server) = third(IN_STEP).await;
    ftp.set_data_mode(DataMode::Active);
    // An in-memory network has no ports of its own.
    let error = ftp.read("b").await.unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error:?}");
    in_step(ftp, server).await;
}

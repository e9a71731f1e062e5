//! Transfer commands that go out together with the next transfer's `EPSV`.

use std::{io, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream},
    net::TcpListener,
    time::{Instant, sleep, timeout},
};
use tokio_ftp::{ConnectOptions, DataMode, Error, FtpStream, Phase, TlsMode};

use crate::support::{
    Polled,
    certs::certificate,
    code,
    script::{HOST, Running, connect, serve, session_with},
};

/// The first transfer, whose `NOOP` is answered behind it, and the second, which asks ahead for the
/// port of the third.
const FIRST_TWO: &str = "
    C: TYPE I
    S: 200 ok
    PASSIVE
    C: RETR a
    C: NOOP
    S: 150 go
    D> abc
    D! close
    S~ 226 done\\r\\n200 ok\\r\\n
    PASSIVE
    C: RETR a
    C: EPSV
    S: 150 go
    D> abc
    D! close
    S: 226 done
    D! open 3001
    S: 229 go (|||3001|)
";

/// What shows that the session is in step.
const IN_STEP: &str = "
    C: PWD
    S: 257 \"/in/step\"
";

const SECOND: Duration = Duration::from_secs(1);

fn pipelining() -> ConnectOptions {
    ConnectOptions::new().pipelining(true)
}

/// A session on which everything goes as `rest` says after two transfers.
async fn third(rest: &str) -> (FtpStream, Running) {
    let transcript = format!("{FIRST_TWO}{rest}");
    let (mut ftp, server) = session_with(pipelining(), &transcript).await;
    for _ in 0..2 {
        assert_eq!(ftp.read("a").await.unwrap(), "abc", "{rest}");
    }
    (ftp, server)
}

async fn in_step(mut ftp: FtpStream, server: Running) {
    assert_eq!(ftp.pwd().await.unwrap(), *"/in/step");
    drop(ftp);
    server.done().await;
}

/// Every file after the second costs one write.
#[tokio::test(start_paused = true)]
async fn port_is_asked_for_ahead_and_used() {
    let (mut ftp, server) = third(&format!(
        "C: RETR b
         C: EPSV
         S: 150 go
         D> bcd
         D! close
         S: 226 done
         D! open 3002
         S: 229 go (|||3002|)
         C: SIZE a
         S: 213 3
         C: STOR c
         C: EPSV
         S: 150 go
         D< cde
         D! ended
         S: 226 done
         D! open 3003
         S: 229 go (|||3003|)
         C: MLSD
         C: EPSV
         S: 150 go
         D> type=file; d\\r\\n
         D! close
         S: 226 done
         D! open 3004
         S: 229 go (|||3004|)
         {IN_STEP}"
    ))
    .await;
    assert_eq!(ftp.read("b").await.unwrap(), "bcd");
    assert_eq!(ftp.size("a").await.unwrap(), Some(3));
    ftp.upload("c", &b"cde"[..]).await.unwrap();
    let mut listing = ftp.transfer("MLSD", 0).await.unwrap();
    let mut text = String::new();
    listing.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "type=file; d\r\n");
    drop(listing);
    in_step(ftp, server).await;
}

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
        let serial = "PASSIVE\nC: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done\n";
        let transcript = format!(
            "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nC: NOOP\n{early}\n{serial}{serial}{IN_STEP}"
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
    ] {
        let transcript = format!(
            "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nC: NOOP\n{nothing}
             PASSIVE\nC: RETR a\nC: NOOP\nS: 200 early\nS: 150 go\nD> abc\nD! close\nS: 226 done
             {IN_STEP}"
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

/// What the probe has shown holds for the transfer that it was behind. A command that is too long to
/// have anything behind it shows nothing.
#[tokio::test(start_paused = true)]
async fn transfer_without_a_probe_shows_nothing() {
    let name = "n".repeat(3990);
    let transcript = format!(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nC: NOOP\nS: 150 go\nD! close\nS: 226 done\nS: 200 ok
         PASSIVE\nC: RETR {name}\nS: 150 go\nD> abc\nD! close\nS: 226 done
         PASSIVE\nC: RETR a\nC: NOOP\nS: 200 early\nS: 150 go\nD> abc\nD! close\nS: 226 done
         {IN_STEP}"
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
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: STOR a\nC: NOOP\nS: 150 go\nD! ended\nS: 226 done\nS: 200 ok
         PASSIVE\nC: RETR a\nC: NOOP\nS: 200 early\nS: 150 go\nD> abc\nD! close\nS: 226 done
         {IN_STEP}"
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
    let serial = "PASSIVE\nC: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done";
    let announced = format!("C: PRET RETR a\nS: 200 ok\n{serial}");
    let features = "C: FEAT\nS: 211-Features\nS:  PRET\nS: 211 End\n";
    for (options, ask, transcript) in [
        (ConnectOptions::new(), false, serial),
        // A sign of life would be read behind what waits.
        (pipelining().noop_interval(Some(60 * SECOND)), false, serial),
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

const BY_A_NEW_PORT: &str = "
    PASSIVE
    C: RETR b
    C: EPSV
    S: 150 go
    D> bcd
    D! close
    S: 226 done
    D! open 3002
    S: 229 go (|||3002|)
";

/// Servers stop listening after 15 s or more.
#[tokio::test(start_paused = true)]
async fn port_that_has_grown_old_is_not_used() {
    let (mut ftp, server) = third(&format!("{BY_A_NEW_PORT}{IN_STEP}")).await;
    sleep(11 * SECOND).await;
    assert_eq!(ftp.read("b").await.unwrap(), "bcd");
    in_step(ftp, server).await;
}

/// It is named when the transfer is over, however long that took.
#[tokio::test(start_paused = true)]
async fn port_is_no_older_than_the_end_of_the_transfer() {
    let (mut ftp, server) = third(&format!(
        "C: RETR b
         C: EPSV
         S: 150 go
         D> b
         S! wait 30
         D> cd
         S! wait 1
         D! close
         S: 226 done
         D! open 3002
         S: 229 go (|||3002|)
         C: RETR b
         C: EPSV
         S: 150 go
         D> bcd
         D! close
         S: 226 done
         D! open 3003
         S: 229 go (|||3003|)
         {IN_STEP}"
    ))
    .await;
    for _ in 0..2 {
        assert_eq!(ftp.read("b").await.unwrap(), "bcd");
    }
    in_step(ftp, server).await;
}

/// What servers do with the port then differs, and ProFTPD closes it behind a refusal.
#[tokio::test(start_paused = true)]
async fn port_is_not_used_after_what_may_have_closed_it() {
    let (mut ftp, server) = third(&format!(
        "C: RETR c
         C: EPSV
         S: 550 no
         D! open 3002
         S: 229 go (|||3002|)
         {BY_A_NEW_PORT}{IN_STEP}"
    ))
    .await;
    assert_eq!(code(&ftp.read("c").await.unwrap_err()), 550);
    assert_eq!(ftp.read("b").await.unwrap(), "bcd");
    in_step(ftp, server).await;

    // Behind a proxy, another user may be with another server.
    let anew =
        "PASSIVE\nC: RETR b\nC: NOOP\nS: 200 early\nS: 150 go\nD> bcd\nD! close\nS: 226 done";
    for line in [
        "C: REIN\nS: 220 again\nC: TYPE I\nS: 200 ok",
        "C: USER joe\nS: 230 in",
    ] {
        let (mut ftp, server) = third(&format!("{line}\n{anew}\n{IN_STEP}")).await;
        if line.contains("REIN") {
            ftp.rein().await.unwrap();
        } else {
            ftp.login("joe", "").await.unwrap();
        }
        assert_eq!(ftp.read("b").await.unwrap(), "bcd", "{line}");
        in_step(ftp, server).await;
    }
}

#[tokio::test(start_paused = true)]
async fn port_that_is_refused_ahead_is_asked_for_in_turn() {
    let serial = "PASSIVE\nC: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done\n";
    let (mut ftp, server) =
        third("C: RETR a\nC: EPSV\nS: 150 go\nD> abc\nD! close\nS: 226 done\nS: 421 no ports")
            .await;
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    // A 421 ends a session, in whatever place.
    assert!(ftp.read("a").await.unwrap_err().is_broken());
    drop(ftp);
    server.done().await;

    let (mut ftp, server) = third(&format!(
        "C: RETR a\nC: EPSV\nS: 150 go\nD> abc\nD! close\nS: 226 done\nS: 425 no ports\n
         {serial}{serial}{IN_STEP}"
    ))
    .await;
    for _ in 0..3 {
        assert_eq!(ftp.read("a").await.unwrap(), "abc");
    }
    in_step(ftp, server).await;
}

/// The server has let go of the port, and says so. Nothing was transferred, so that the same may be
/// asked again.
#[tokio::test(start_paused = true)]
async fn port_that_is_gone_is_asked_for_anew() {
    let (mut ftp, server) = third(&format!(
        "D! open 3333
         C: RETR b
         C: EPSV
         S: 425 use PORT or PASV first
         D! open 3002
         S: 229 go (|||3002|)
         {BY_A_NEW_PORT}{IN_STEP}"
    ))
    .await;
    assert_eq!(ftp.read("b").await.unwrap(), "bcd");
    in_step(ftp, server).await;
}

/// With its consent the server has named a file already; the same once more would be another.
#[tokio::test(start_paused = true)]
async fn transfer_that_has_begun_is_not_asked_for_again() {
    let (mut ftp, server) = third(&format!(
        "C: STOU
         C: EPSV
         S: 150 FILE: one
         S: 425 nobody came
         D! open 3002
         S: 229 go (|||3002|)
         {IN_STEP}"
    ))
    .await;
    server.network.slow_down(2 * SECOND);
    assert_eq!(code(&ftp.stou().await.unwrap_err()), 425);
    in_step(ftp, server).await;
}

/// The server waits for a connection that cannot be made. It is told so, and the session goes on
/// where the server does.
#[tokio::test(start_paused = true)]
async fn port_that_is_not_reached_fails_the_transfer_at_once() {
    let (mut ftp, server) = third(&format!(
        "D! open 3333
         C: RETR b
         C: EPSV
         S! wait 1
         C: ABOR
         S: 425 nobody came
         D! open 3002
         S: 229 go (|||3002|)
         S: 226 nothing to abort
         {IN_STEP}"
    ))
    .await;
    let error = ftp.read("b").await.unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error:?}");
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn port_that_swallows_connections_has_a_deadline() {
    let (mut ftp, server) = third(
        "D! dark 3001
         C: RETR b
         C: EPSV
         S! stall",
    )
    .await;
    let error = ftp.read("b").await.unwrap_err();
    assert!(
        matches!(error, Error::Timeout(Phase::DataConnect)),
        "{error:?}"
    );
    assert!(ftp.pwd().await.unwrap_err().is_broken());
    drop(ftp);
    server.done().await;
}

/// A transfer may be dropped before there is a data connection. The server waits for that, so it is
/// made and dropped.
#[tokio::test(start_paused = true)]
async fn transfer_that_is_dropped_before_it_is_connected_is_settled() {
    for (verb, end) in [
        (
            "RETR",
            "C: ABOR\nS! wait 1\nD! ended\nS: 426 cut\nS: 226 ok",
        ),
        ("STOR", "D! was reset\nS: 426 cut"),
    ] {
        let (mut ftp, server) = third(&format!(
            "C: {verb} b
             C: EPSV
             D! accept
             S: 150 go
             D! open 3002
             {end}
             S: 229 go (|||3002|)
             {IN_STEP}"
        ))
        .await;
        server.network.slow_down(2 * SECOND);
        let cancelled = match verb {
            "RETR" => timeout(SECOND, ftp.retr("b")).await.is_err(),
            _ => timeout(SECOND, ftp.stor("b")).await.is_err(),
        };
        assert!(cancelled, "{verb}");
        in_step(ftp, server).await;
    }
}

/// Whoever gives up the session together with an upload that is being connected leaves a reset
/// behind, and no end that makes an empty file of the target.
#[tokio::test]
async fn upload_that_is_given_up_with_its_session_is_reset() {
    let mut resets = 0;
    for polls in 1..6 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move { ends_of_third(listener).await });
        let mut ftp = pipelining().connect(address).await.unwrap();
        for _ in 0..2 {
            assert_eq!(ftp.read("a").await.unwrap(), "abc");
        }
        let upload = Polled::new(ftp.stor("b"), polls).await;
        drop(upload);
        drop(ftp);
        let end = timeout(10 * SECOND, server).await.expect("an end").unwrap();
        match end.map_err(|error| error.kind()) {
            Err(io::ErrorKind::NotConnected) => {}
            end => {
                assert_eq!(end, Err(io::ErrorKind::ConnectionReset), "{polls}");
                resets += 1;
            }
        }
    }
    assert!(resets > 0, "no upload was ever begun");
}

/// A server on a real socket: two downloads, then what comes over the third data connection.
async fn ends_of_third(listener: TcpListener) -> io::Result<usize> {
    let mut control = BufStream::new(listener.accept().await?.0);
    control.write_all(b"220 ready\r\n").await?;
    control.flush().await?;
    let mut passive = None;
    let mut line = String::new();
    loop {
        line.clear();
        control.read_line(&mut line).await?;
        let said = match line.split([' ', '\r']).next() {
            Some("EPSV") => {
                let data = TcpListener::bind("127.0.0.1:0").await?;
                let port = data.local_addr()?.port();
                passive = Some(data);
                format!("229 go (|||{port}|)\r\n")
            }
            Some("RETR") => {
                let (mut data, _) = passive.take().unwrap().accept().await?;
                data.write_all(b"abc").await?;
                "150 go\r\n226 done\r\n".to_owned()
            }
            // Given up before anything was asked for.
            None | Some("") => return Err(io::ErrorKind::NotConnected.into()),
            Some("STOR") => {
                let (mut data, _) = passive.take().unwrap().accept().await?;
                return data.read(&mut [0; 8]).await;
            }
            _ => "200 ok\r\n".to_owned(),
        };
        control.write_all(said.as_bytes()).await?;
        control.flush().await?;
    }
}

/// Where the connection cannot be made then, the session is of no more use.
#[tokio::test(start_paused = true)]
async fn transfer_that_is_dropped_and_cannot_be_connected_is_bounded() {
    for verb in ["RETR", "STOR"] {
        let (mut ftp, server) =
            third(&format!("D! dark 3001\nC: {verb} b\nC: EPSV\nS! stall")).await;
        let cancelled = match verb {
            "RETR" => timeout(SECOND, ftp.retr("b")).await.is_err(),
            _ => timeout(SECOND, ftp.stor("b")).await.is_err(),
        };
        assert!(cancelled, "{verb}");
        let started = Instant::now();
        assert!(ftp.pwd().await.unwrap_err().is_broken(), "{verb}");
        assert!(started.elapsed() <= 31 * SECOND, "{verb}");
        drop(ftp);
        server.done().await;
    }
}

/// What waits behind a transfer when that is aborted is answered too, in this order or that.
#[tokio::test(start_paused = true)]
async fn abort_overtakes_what_waits() {
    for replies in [
        // vsftpd: one after the other.
        "D! ended\nS: 426 cut\nS: 229 go (|||3002|)\nS: 225 nothing to abort",
        // ProFTPD, Pure-FTPd: what waited is looked at first, and refused.
        "S: 450 EPSV: busy\nD! ended\nS: 426 cut\nS: 226 aborted",
        "S: 500 busy\nD! ended\nS: 150 0.1 seconds\nS: 226 aborted",
        "S: 229 go (|||3002|)\nD! ended\nS: 426 cut\nS: 226 aborted",
        "D! ended\nS: 226 cut\nS: 500 busy\nS: 226 aborted",
    ] {
        let (mut ftp, server) = third(&format!(
            "C: RETR b
             C: EPSV
             S: 150 go
             D> bcd
             C: ABOR
             {replies}
             {BY_A_NEW_PORT}{IN_STEP}"
        ))
        .await;
        let mut download = ftp.retr("b").await.unwrap();
        download.read_exact(&mut [0; 2]).await.unwrap();
        drop(download);
        assert_eq!(ftp.read("b").await.unwrap(), "bcd", "{replies}");
        in_step(ftp, server).await;
    }
}

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
            let (mut ftp, server) = third(&format!(
                "C: {verb} b
                 C: EPSV
                 D! accept
                 {replies}
                 D! open 3002
                 S: 229 go (|||3002|)
                 {IN_STEP}"
            ))
            .await;
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

/// The name that the server finds comes with its consent.
#[tokio::test(start_paused = true)]
async fn upload_without_a_name_waits_for_it() {
    let (mut ftp, server) = third(&format!(
        "C: STOU
         C: EPSV
         S: 150 FILE: found
         D< abc
         D! ended
         S: 226 done
         D! open 3002
         S: 229 go (|||3002|)
         {IN_STEP}"
    ))
    .await;
    let mut upload = ftp.stou().await.unwrap();
    assert_eq!(*upload.name().unwrap(), *"found");
    upload.write_all(b"abc").await.unwrap();
    upload.finish().await.unwrap();
    drop(upload);
    in_step(ftp, server).await;
}

/// An upload that is dropped is reset, with the next port under way.
#[tokio::test(start_paused = true)]
async fn dropped_upload_leaves_the_session_in_step() {
    let (mut ftp, server) = third(&format!(
        "C: STOR b
         C: EPSV
         S: 150 go
         D< part
         D! was reset
         S: 426 cut
         D! open 3002
         S: 229 go (|||3002|)
         {IN_STEP}"
    ))
    .await;
    let mut upload = ftp.stor("b").await.unwrap();
    upload.write_all(b"part").await.unwrap();
    drop(upload);
    in_step(ftp, server).await;
}

/// ProFTPD and Pure-FTPd stall over a TLS record of more than some 4,096 bytes.
#[tokio::test(start_paused = true)]
async fn long_command_goes_alone() {
    let name = "n".repeat(3990);
    let (mut ftp, server) = third(&format!(
        "C: RETR {name}
         S: 150 go
         D> bcd
         D! close
         S: 226 done
         {BY_A_NEW_PORT}{IN_STEP}"
    ))
    .await;
    assert_eq!(ftp.read(&name).await.unwrap(), "bcd");
    assert_eq!(ftp.read("b").await.unwrap(), "bcd");
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

/// `PASV` is asked for ahead where `EPSV` does not work.
#[tokio::test(start_paused = true)]
async fn ports_by_pasv_go_ahead_too() {
    let by_pasv = |behind: &str, open: u16, answer: &str| {
        format!(
            "C: RETR a\nC: {behind}\nS: 150 go\nD> abc\nD! close\nS: 226 done
             D! open {open}\nS: {answer}\n"
        )
    };
    let open = |port: u16| format!("227 go (10,0,0,1,{},{})", port >> 8, port & 255);
    let transcript = format!(
        "C: TYPE I\nS: 200 ok\nC: EPSV\nS: 500 what?
         C: PASV\nD! open 2000\nS: {}\n{}
         C: PASV\nD! open 2001\nS: {}\n{}{}{IN_STEP}",
        open(2000),
        by_pasv("NOOP", 2999, "200 ok"),
        open(2001),
        by_pasv("PASV", 2002, &open(2002)),
        by_pasv("PASV", 2003, &open(2003)),
    );
    let (mut ftp, server) = session_with(pipelining(), &transcript).await;
    for _ in 0..3 {
        assert_eq!(ftp.read("a").await.unwrap(), "abc");
    }
    in_step(ftp, server).await;
}

/// What does not hang on each other goes out together, which saves two round trips of a login over
/// TLS; the password waits until it is asked for.
#[tokio::test(start_paused = true)]
async fn login_goes_out_with_the_protection_of_data() {
    const TOGETHER: &str = "C: PBSZ 0\nC: PROT P\nC: USER joe\n";
    const PROTECTED: &str = "S: 200 ok\nS: 200 ok\n";
    for (replies, refusal) in [
        (
            "S: 200 a\nS: 200 b\nS: 331 password?\nC: PASS pw\nS: 230 in",
            0,
        ),
        ("S: 200 a\nS: 200 b\nS: 230 in", 0),
        // Only behind a login.
        (
            "S: 503 login first\nS: 503 login first\nS: 331 password?\nC: PASS pw\nS: 230 in
             C: PBSZ 0\nS: 200 a\nC: PROT P\nS: 200 b",
            0,
        ),
        (
            "S: 200 a\nS: 200 b\nS: 331 password?\nC: PASS pw\nS: 530 no",
            530,
        ),
        ("S: 200 a\nS: 200 b\nS: 530 no", 530),
        // Without protection no password is told.
        ("S: 200 a\nS: 534 no\nS: 331 password?", 534),
    ] {
        let transcript = format!(
            "S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls\n{TOGETHER}{replies}\n{}",
            if refusal == 0 { IN_STEP } else { "" }
        );
        let options = pipelining().credentials("joe", "pw").tls(TlsMode::Explicit);
        let options = certificate().trusted_by(options);
        let (session, server) = connect(options, &transcript).await;
        match session {
            Ok(ftp) => {
                assert_eq!(refusal, 0, "{replies}");
                in_step(ftp, server).await;
            }
            Err(error) => {
                assert_eq!(code(&error), refusal, "{replies}: {error:?}");
                server.done().await;
            }
        }
    }
    let transcript = format!(
        "S! tls\nS: 220 ready\n{TOGETHER}{PROTECTED}S: 331 password?\nC: PASS pw\nS: 230 in\n{IN_STEP}"
    );
    let (network, server) = serve(move |mut server| async move {
        server.play(&transcript).await;
        server.rest().await;
    });
    let options = pipelining().credentials("joe", "pw").tls(TlsMode::Implicit);
    let options = certificate()
        .trusted_by(options)
        .connector(Arc::new(network));
    in_step(options.connect((HOST, 21)).await.unwrap(), server).await;
}

/// The time limit of the reply runs for what is asked ahead too.
#[tokio::test(start_paused = true)]
async fn port_that_is_never_named_breaks_the_session() {
    let (mut ftp, server) = third(
        "C: RETR a
         C: EPSV
         S: 150 go
         D> abc
         D! close
         S: 226 done
         S! stall",
    )
    .await;
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    let error = timeout(3600 * SECOND, ftp.read("a"))
        .await
        .unwrap()
        .unwrap_err();
    assert!(error.is_broken() && ftp.is_broken(), "{error:?}");
    drop(ftp);
    server.done().await;
}

//! How data connections are opened.

use tokio::time::Instant;
use tokio_ftp::{ConnectOptions, Error, Phase, ProtocolError};

use crate::support::{
    code,
    script::{session, session_with},
};

/// A transfer by PASV.
const BY_PASV: &str = "
    C: PASV
    D! open 2001
    S: 227 Entering Passive Mode (192,0,2,10,7,209).
    C: RETR a
    S: 150 go
    D> abc
    D! close
    S: 226 done
";

#[tokio::test(start_paused = true)]
async fn epsv_that_does_not_work_is_not_tried_again() {
    for answer in [
        "500 what?",
        "501 what?",
        "502 not here",
        "522 not that protocol",
        "229 no port",
        "229 (!!!0!)",
        "229 (|||70000|)",
        "229 (|||2000|2001|)",
        // Nobody listens there.
        "229 (|||2222|)",
        "227 =192,0,2,10,7,",
    ] {
        let transcript = format!(
            "C: TYPE I
             S: 200 ok
             C: EPSV
             S: {answer}
             {BY_PASV}
             {BY_PASV}"
        );
        let (mut ftp, server) = session(&transcript).await;
        for _ in 0..2 {
            assert_eq!(ftp.read("a").await.unwrap(), "abc", "{answer}");
        }
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn epsv_port_that_swallows_connections_gives_way_to_pasv() {
    let transcript = format!(
        "C: TYPE I
         S: 200 ok
         D! dark 2000
         C: EPSV
         S: 229 (|||2000|)
         {BY_PASV}"
    );
    let started = Instant::now();
    let (mut ftp, server) = session(&transcript).await;
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    assert_eq!(started.elapsed().as_secs(), 15);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn epsv_in_odd_forms_is_understood() {
    for answer in [
        "229 Entering Extended Passive Mode (|||2000|)",
        "229 (!!!2000!)",
        "229 ok |||2000|",
        // The answer to PASV, but a port is a port.
        "227 Entering Passive Mode (10,0,0,1,7,208)",
    ] {
        let transcript = format!(
            "C: TYPE I
             S: 200 ok
             D! open 2000
             C: EPSV
             S: {answer}
             C: RETR a
             S: 150 go
             D> abc
             D! close
             S: 226 done"
        );
        let (mut ftp, server) = session(&transcript).await;
        assert_eq!(ftp.read("a").await.unwrap(), "abc", "{answer}");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn epsv_that_is_busy_is_an_error_and_nothing_is_remembered() {
    let (mut ftp, server) = session(
        "C: TYPE I
         S: 200 ok
         C: EPSV
         S: 425 no port just now
         PASSIVE
         C: RETR a
         S: 150 go
         D> abc
         D! close
         S: 226 done",
    )
    .await;
    assert_eq!(code(&ftp.read("a").await.unwrap_err()), 425);
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    drop(ftp);
    server.done().await;
}

/// A server on IPv6 has no PASV, and EPSV may work the next time.
#[tokio::test(start_paused = true)]
async fn epsv_is_tried_again_where_pasv_does_not_work_either() {
    let (mut ftp, server) = session(
        "C: TYPE I
         S: 200 ok
         C: EPSV
         S: 229 (|||2222|)
         C: PASV
         S: 502 not on IPv6
         PASSIVE
         C: RETR a
         S: 150 go
         D> abc
         D! close
         S: 226 done",
    )
    .await;
    let error = ftp.read("a").await.unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error:?}");
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn pasv_host_is_the_control_peer_unless_trusted() {
    for (trust, want) in [(false, "192.0.2.10:2001"), (true, "10.1.2.3:2001")] {
        let options = ConnectOptions::new().epsv(false).trust_pasv_host(trust);
        let (mut ftp, server) = session_with(
            options,
            "C: TYPE I
             S: 200 ok
             C: PASV
             D! open 2001
             S: 227 Entering Passive Mode (10,1,2,3,7,209).
             C: RETR a
             S: 150 go
             D> abc
             D! close
             S: 226 done",
        )
        .await;
        assert_eq!(ftp.read("a").await.unwrap(), "abc");
        assert_eq!(server.network.dialled(), ["localhost:21", want]);
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn malformed_pasv_is_a_protocol_error_and_the_session_goes_on() {
    for answer in [
        "227 Entering Passive Mode",
        "227 (1,2,3,4,5)",
        "227 (1,2,3,4,5,666)",
        "227 (1,2,3,4,0,0)",
        "227 (,,,,,)",
        "227 \\xff\\xfe",
    ] {
        let transcript = format!(
            "C: TYPE I
             S: 200 ok
             C: PASV
             S~ {answer}\\r\\n
             C: NOOP
             S: 200 ok"
        );
        let options = ConnectOptions::new().epsv(false);
        let (mut ftp, server) = session_with(options, &transcript).await;
        let error = ftp.retr("a").await.unwrap_err();
        assert!(
            matches!(error, Error::Protocol(ProtocolError::Malformed(_))),
            "{answer}: {error:?}"
        );
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn pasv_in_odd_forms_is_understood() {
    for answer in [
        "227 Entering Passive Mode 192,0,2,10,7,209",
        "227 =192,0,2,10,7,209",
        "227 Entering Passive Mode (192, 0, 2, 10, 7, 209)",
        "227 Entering Passive Mode (0,0,0,0,7,209)",
    ] {
        let transcript = format!(
            "C: TYPE I
             S: 200 ok
             D! open 2001
             C: PASV
             S: {answer}
             C: RETR a
             S: 150 go
             D> abc
             D! close
             S: 226 done"
        );
        let options = ConnectOptions::new().epsv(false);
        let (mut ftp, server) = session_with(options, &transcript).await;
        assert_eq!(ftp.read("a").await.unwrap(), "abc", "{answer}");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn data_connection_that_cannot_be_made_is_told() {
    let options = || ConnectOptions::new().epsv(false);
    let (mut ftp, server) = session_with(
        options(),
        "C: TYPE I
         S: 200 ok
         C: PASV
         S: 227 (192,0,2,10,9,9)
         C: NOOP
         S: 200 ok",
    )
    .await;
    let error = ftp.retr("a").await.unwrap_err();
    assert!(
        matches!(&error, Error::Io(cause) if cause.kind() == std::io::ErrorKind::ConnectionRefused),
        "{error:?}"
    );
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;

    let (mut ftp, server) = session_with(
        options(),
        "C: TYPE I
         S: 200 ok
         D! dark 2001
         C: PASV
         S: 227 (192,0,2,10,7,209)
         C: NOOP
         S: 200 ok",
    )
    .await;
    let started = Instant::now();
    let error = ftp.stor("a").await.unwrap_err();
    assert!(
        matches!(error, Error::Timeout(Phase::DataConnect)),
        "{error:?}"
    );
    assert_eq!(started.elapsed().as_secs(), 15);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// DrFTPD wants to know what a passive port is for.
#[tokio::test(start_paused = true)]
async fn pret_is_sent_where_it_is_needed() {
    let (mut ftp, server) = session_with(
        ConnectOptions::new().epsv(false),
        "C: TYPE I
         S: 200 ok
         C: PASV
         S: 500 You need to use a client supporting PRET (PRE Transfer) to use PASV
         C: FEAT
         S~ 211-Features\\r\\n PRET\\r\\n211 End\\r\\n
         C: PRET RETR a
         S: 200 ok
         D! open 2001
         C: PASV
         S: 227 (192,0,2,10,7,209)
         C: RETR a
         S: 150 go
         D> abc
         D! close
         S: 226 done
         C: PRET RETR b
         S: 550 no such file",
    )
    .await;
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    assert_eq!(code(&ftp.read("b").await.unwrap_err()), 550);
    drop(ftp);
    server.done().await;
}

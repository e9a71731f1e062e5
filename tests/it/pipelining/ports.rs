//! Ports that were asked for ahead: used, grown old, refused, gone.

use tokio::{
    io::AsyncReadExt,
    time::{Instant, sleep, timeout},
};
use tokio_ftp::{Error, Phase, TransferOptions, fxp};

use super::{
    ALONE, IN_STEP, SECOND, ahead, broken, by_a_new_port, in_step, pipelining, sends, swallowed,
    takes, third, third_under_tls, unreached,
};
use crate::support::{code, script::session_with};

/// Every file after the second costs one write.
#[tokio::test(start_paused = true)]
async fn port_is_asked_for_ahead_and_used() {
    let (mut ftp, server) = third(&format!(
        "{}
         C: SIZE a
         S: 213 3
         {}{}{IN_STEP}",
        ahead("RETR b", &sends("bcd"), 3002),
        ahead("STOR c", &takes("cde"), 3003),
        ahead("MLSD", &sends("type=file; d\\r\\n"), 3004),
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

/// `PASV` is asked for ahead where `EPSV` does not work.
#[tokio::test(start_paused = true)]
async fn ports_by_pasv_go_ahead_too() {
    let by_pasv = |behind: &str, open: u16, answer: &str| {
        format!(
            "C: RETR a\nC: {behind}\n{}\nD! open {open}\nS: {answer}\n",
            sends("abc"),
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
    for (trust, host) in [(false, "192.0.2.10"), (true, "10.0.0.1")] {
        let options = pipelining().trust_pasv_host(trust);
        let (mut ftp, server) = session_with(options, &transcript).await;
        for _ in 0..3 {
            assert_eq!(ftp.read("a").await.unwrap(), "abc");
        }
        let dialled = [2000, 2001, 2002].map(|port| format!("{host}:{port}"));
        assert_eq!(server.network.dialled()[1..], dialled);
        in_step(ftp, server).await;
    }
}

/// One port serves one transfer, and servers listen at one port.
#[tokio::test(start_paused = true)]
async fn port_is_not_used_after_a_copy_between_servers() {
    let anew = by_a_new_port();
    let (mut source, source_script) = third(&format!(
        "C: SIZE c
         S: 213 3
         C: PASV
         S: 227 go (10,9,8,7,8,152)
         C: RETR c
         S: 150 go
         S: 226 done
         {anew}{IN_STEP}"
    ))
    .await;
    let (mut target, target_script) = third(&format!(
        "C: PORT 192,0,2,10,8,152
         S: 200 ok
         C: STOR c
         S: 150 go
         S: 226 done
         C: SIZE c
         S: 213 3
         {anew}{IN_STEP}"
    ))
    .await;
    let options = TransferOptions::new();
    fxp(&mut source, "c", &mut target, "c", &options)
        .await
        .unwrap();
    for (mut ftp, server) in [(source, source_script), (target, target_script)] {
        assert_eq!(ftp.read("b").await.unwrap(), "bcd");
        in_step(ftp, server).await;
    }
}

/// What is said of data connections holds for those to come.
#[tokio::test(start_paused = true)]
async fn port_is_not_used_under_another_protection() {
    for (line, tls) in [
        ("C: PROT C\nS: 200 ok", ""),
        ("C: CCC\nS: 200 ok\nS! clear", "D! tls"),
    ] {
        let sent = format!("S: 150 go\n{tls}\nD> bcd\nD! close\nS: 226 done");
        let anew = ahead("RETR b", &sent, 3002);
        let (mut ftp, server) = third_under_tls(&format!("{line}\nPASSIVE\n{anew}{IN_STEP}")).await;
        if line.contains("PROT") {
            ftp.prot_c().await.unwrap();
        } else {
            ftp.ccc().await.unwrap();
        }
        assert_eq!(ftp.read("b").await.unwrap(), "bcd", "{line}");
        in_step(ftp, server).await;
    }
}

/// The command of a transfer that needs a port anew does not wait for the connection either.
#[tokio::test(start_paused = true)]
async fn new_port_is_connected_while_the_server_gets_ready() {
    let slowly = format!("S! wait 2\n{}", sends("bcd"));
    let slowly = ahead("RETR b", &slowly, 3002);
    let (mut ftp, server) = third(&format!("PASSIVE\n{slowly}{IN_STEP}")).await;
    sleep(11 * SECOND).await;
    server.network.slow_down(2 * SECOND);
    let started = Instant::now();
    assert_eq!(ftp.read("b").await.unwrap(), "bcd");
    assert!(started.elapsed() < 3 * SECOND);
    in_step(ftp, server).await;
}

/// Servers stop listening after 15 s or more.
#[tokio::test(start_paused = true)]
async fn port_that_has_grown_old_is_not_used() {
    let (mut ftp, server) = third(&format!("{}{IN_STEP}", by_a_new_port())).await;
    sleep(11 * SECOND).await;
    assert_eq!(ftp.read("b").await.unwrap(), "bcd");
    in_step(ftp, server).await;
}

/// It is named when the transfer is over, however long that took.
#[tokio::test(start_paused = true)]
async fn port_is_no_older_than_the_end_of_the_transfer() {
    let slowly = "S: 150 go\nD> b\nS! wait 30\nD> cd\nS! wait 1\nD! close\nS: 226 done";
    let (mut ftp, server) = third(&format!(
        "{}{}{IN_STEP}",
        ahead("RETR b", slowly, 3002),
        ahead("RETR b", &sends("bcd"), 3003),
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
    for (end, refusal) in [
        ("S: 550 no", 550),
        ("S: 150 go\nD> c\nS! wait 1\nD! close\nS: 451 cut", 451),
    ] {
        let (mut ftp, server) = third(&format!(
            "{}{}{IN_STEP}",
            ahead("RETR c", end, 3002),
            by_a_new_port(),
        ))
        .await;
        assert_eq!(code(&ftp.read("c").await.unwrap_err()), refusal);
        assert_eq!(ftp.read("b").await.unwrap(), "bcd");
        in_step(ftp, server).await;
    }

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
    let sent = sends("abc");
    let (mut ftp, server) = third(&format!("C: RETR a\nC: EPSV\n{sent}\nS: 421 no ports")).await;
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    // A 421 ends a session, in whatever place.
    assert!(ftp.read("a").await.unwrap_err().is_broken());
    drop(ftp);
    server.done().await;

    let (mut ftp, server) = third(&format!(
        "C: RETR a\nC: EPSV\n{sent}\nS: 425 no ports
         {ALONE}{ALONE}{IN_STEP}"
    ))
    .await;
    for _ in 0..3 {
        assert_eq!(ftp.read("a").await.unwrap(), "abc");
    }
    in_step(ftp, server).await;

    // Then a refusal is no sign of a port that is gone.
    let (mut ftp, server) = third(&format!(
        "C: RETR a\nC: EPSV\n{sent}\nS: 425 no ports
         PASSIVE\nC: RETR a\nS: 425 not now\n{IN_STEP}"
    ))
    .await;
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    assert_eq!(code(&ftp.read("a").await.unwrap_err()), 425);
    in_step(ftp, server).await;
}

/// The time limit of the reply runs for what is asked ahead too.
#[tokio::test(start_paused = true)]
async fn port_that_is_never_named_breaks_the_session() {
    let sent = sends("abc");
    let (mut ftp, server) = third(&format!("C: RETR a\nC: EPSV\n{sent}\nS! stall")).await;
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    let error = timeout(3600 * SECOND, ftp.read("a"))
        .await
        .unwrap()
        .unwrap_err();
    assert!(error.is_broken() && ftp.is_broken(), "{error:?}");
    drop(ftp);
    server.done().await;
}

/// The server has let go of the port, and says so. Nothing was transferred, so that the same may be
/// asked again.
#[tokio::test(start_paused = true)]
async fn port_that_is_gone_is_asked_for_anew() {
    let (mut ftp, server) = third(&format!(
        "D! open 3333\n{}{}{IN_STEP}",
        ahead("RETR b", "S: 425 use PORT or PASV first", 3002),
        by_a_new_port(),
    ))
    .await;
    assert_eq!(ftp.read("b").await.unwrap(), "bcd");
    in_step(ftp, server).await;
}

/// With its consent the server has named a file already; the same once more would be another.
#[tokio::test(start_paused = true)]
async fn transfer_that_has_begun_is_not_asked_for_again() {
    let refused = ahead("STOU", "S: 150 FILE: one\nS: 425 nobody came", 3002);
    let (mut ftp, server) = third(&format!("{refused}{IN_STEP}")).await;
    server.network.slow_down(2 * SECOND);
    assert_eq!(code(&ftp.stou().await.unwrap_err()), 425);
    in_step(ftp, server).await;
}

/// The server waits for a connection that cannot be made. It is told so, and the session goes on
/// where the server does.
#[tokio::test(start_paused = true)]
async fn port_that_is_not_reached_fails_the_transfer_at_once() {
    let (mut ftp, server) = third(&format!("{}{IN_STEP}", unreached("RETR b"))).await;
    let error = ftp.read("b").await.unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error:?}");
    in_step(ftp, server).await;
}

#[tokio::test(start_paused = true)]
async fn port_that_swallows_connections_has_a_deadline() {
    let (mut ftp, server) = swallowed("RETR").await;
    let error = ftp.read("b").await.unwrap_err();
    assert!(
        matches!(error, Error::Timeout(Phase::DataConnect)),
        "{error:?}"
    );
    broken(ftp, server).await;
}

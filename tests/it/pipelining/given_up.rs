//! Transfers that nobody sees through, with a port under way behind them.

use std::io;

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufStream},
    net::TcpListener,
    time::{Instant, timeout},
};
use tokio_ftp::FtpStream;

use super::{
    IN_STEP, SECOND, ahead, broken, by_a_new_port, in_step, pipelining, swallowed, third, unreached,
};
use crate::support::Polled;

/// Waits no more than a second for a transfer of `b` to begin, which takes longer.
async fn give_up(ftp: &mut FtpStream, verb: &str) {
    let cancelled = match verb {
        "RETR" => timeout(SECOND, ftp.retr("b")).await.is_err(),
        _ => timeout(SECOND, ftp.stor("b")).await.is_err(),
    };
    assert!(cancelled, "{verb}");
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
        give_up(&mut ftp, verb).await;
        in_step(ftp, server).await;
    }
}

/// Where the connection is refused then, the server is told not to wait for it.
#[tokio::test(start_paused = true)]
async fn transfer_that_is_dropped_and_not_connected_is_aborted() {
    for verb in ["RETR", "STOR"] {
        let unreached = unreached(&format!("{verb} b"));
        let (mut ftp, server) = third(&format!("{unreached}{IN_STEP}")).await;
        server.network.slow_down(2 * SECOND);
        give_up(&mut ftp, verb).await;
        in_step(ftp, server).await;
    }
}

/// Where the connection cannot be made then, the session is of no more use.
#[tokio::test(start_paused = true)]
async fn transfer_that_is_dropped_and_cannot_be_connected_is_bounded() {
    for verb in ["RETR", "STOR"] {
        let (mut ftp, server) = swallowed(verb).await;
        give_up(&mut ftp, verb).await;
        let started = Instant::now();
        broken(ftp, server).await;
        assert!(started.elapsed() <= 31 * SECOND, "{verb}");
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
             {}{IN_STEP}",
            by_a_new_port(),
        ))
        .await;
        let mut download = ftp.retr("b").await.unwrap();
        download.read_exact(&mut [0; 2]).await.unwrap();
        drop(download);
        assert_eq!(ftp.read("b").await.unwrap(), "bcd", "{replies}");
        in_step(ftp, server).await;
    }
}

/// An upload that is dropped is reset, with the next port under way.
#[tokio::test(start_paused = true)]
async fn dropped_upload_leaves_the_session_in_step() {
    let cut = "S: 150 go\nD< part\nD! was reset\nS: 426 cut";
    let cut = ahead("STOR b", cut, 3002);
    let (mut ftp, server) = third(&format!("{cut}{IN_STEP}")).await;
    let mut upload = ftp.stor("b").await.unwrap();
    upload.write_all(b"part").await.unwrap();
    drop(upload);
    in_step(ftp, server).await;
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

//! The data channel.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use futures::TryStreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_ftp::{ConnectOptions, DataMode, Error, FtpStream, Transfer, TransferOptions};

use crate::support::script::session;

const BINARY: &str = "C: TYPE I\nS: 200 ok\nPASSIVE\n";

/// `sendport`, `sendeprt`, `makeport`: bound to the control connection's own address, told as
/// PORT on IPv4 and EPRT on IPv6.
#[tokio::test]
async fn makeport() {
    for (address, verb) in [("127.0.0.1:0", "PORT"), ("[::1]:0", "EPRT")] {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || connect_back(&listener));
        let options = ConnectOptions::new().data_mode(DataMode::Active);
        let mut ftp = options.connect(address).await.unwrap();
        assert_eq!(ftp.read("a").await.unwrap(), "over there");
        drop(ftp);
        let told = server.join().unwrap();
        assert!(told.starts_with(verb), "{told}");
    }
}

/// A server for one download in active mode; gives back the line that told it where to go.
fn connect_back(listener: &TcpListener) -> String {
    let (control, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(control.try_clone().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut control = control;
    control.write_all(b"220 ready\r\n").unwrap();
    assert_eq!(lines.next().unwrap(), "TYPE I");
    control.write_all(b"200 ok\r\n").unwrap();
    let told = lines.next().unwrap();
    let (_, argument) = told.split_once(' ').unwrap();
    let port = tokio_ftp::protocol::parse_port(argument.as_bytes()).map(|address| address.port());
    let port = port.or_else(|| {
        tokio_ftp::protocol::parse_eprt(argument.as_bytes()).map(|address| address.port())
    });
    control.write_all(b"200 ok\r\n").unwrap();
    assert_eq!(lines.next().unwrap(), "RETR a");
    let peer = control.peer_addr().unwrap().ip();
    let mut data = TcpStream::connect((peer, port.unwrap())).unwrap();
    control.write_all(b"150 go\r\n").unwrap();
    data.write_all(b"over there").unwrap();
    drop(data);
    control.write_all(b"226 done\r\n").unwrap();
    let _ = control.read(&mut [0]);
    told
}

/// A server that refuses in place of connecting back ends the wait.
#[tokio::test]
async fn refusal_ends_the_wait_for_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut control, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(control.try_clone().unwrap())
            .lines()
            .map(Result::unwrap);
        control.write_all(b"220 ready\r\n").unwrap();
        for reply in [
            "200 ok",
            "200 ok",
            "150 go\r\n425 cannot connect",
            "257 \"/\"",
        ] {
            lines.next().unwrap();
            write!(control, "{reply}\r\n").unwrap();
        }
        let _ = control.read(&mut [0]);
    });
    let options = ConnectOptions::new().data_mode(DataMode::Active);
    let mut ftp = options.connect(address).await.unwrap();
    let error = ftp.retr("a").await.unwrap_err();
    assert_eq!(error.code().map(u16::from), Some(425), "{error:?}");
    assert_eq!(ftp.pwd().await.unwrap(), "/");
    drop(ftp);
    server.join().unwrap();
}

/// `makepasv`: EPSV first, then PASV, which is remembered.
#[tokio::test(start_paused = true)]
async fn makepasv() {
    let transfer = "C: RETR a\nS: 150 go\nD> x\nD! close\nS: 226 done\n";
    let pasv = "C: PASV\nS: 227 (10,0,0,1,8,152)\n";
    let (mut ftp, server) = session(&format!(
        "C: TYPE I\nS: 200 ok\nD! open 2200\nC: EPSV\nS: 500 what\n{pasv}{transfer}D! open 2200\n{pasv}{transfer}"
    ))
    .await;
    assert_eq!(ftp.read("a").await.unwrap(), "x");
    assert_eq!(ftp.read("a").await.unwrap(), "x");
    drop(ftp);
    server.done().await;
}

/// `ntransfercmd(cmd, rest)`, `transfercmd`: any command; REST must be answered by a 350.
#[tokio::test(start_paused = true)]
async fn transfercmd() {
    let (mut ftp, server) = session(
        "C: TYPE I\nS: 200 ok
         PASSIVE\nC: REST 3\nS: 350 go on\nC: RETR a\nS: 200 stray\nS: 150 go (7 bytes)
         D> four\nD! close\nS: 226 done
         PASSIVE\nC: STOR b\nS: 150 go\nD< sent\nD! ended\nS: 226 done
         PASSIVE\nC: REST 3\nS: 502 what",
    )
    .await;
    ftp.command("TYPE I").await.unwrap();
    let mut transfer = ftp.transfer("RETR a", 3).await.unwrap();
    let mut text = String::new();
    transfer.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "four");
    let mut transfer = ftp.transfer("STOR b", 0).await.unwrap();
    assert!(matches!(transfer, Transfer::Upload(_)));
    assert!(transfer.read(&mut [0]).await.is_err());
    transfer.write_all(b"sent").await.unwrap();
    transfer.finish().await.unwrap();
    assert!(matches!(
        ftp.transfer("RETR a", 3).await,
        Err(Error::Permanent(_))
    ));
    for line in [
        "PASV",
        "auth TLS",
        "QUIT",
        "",
        "DELE a",
        "RETR\ta",
        "RETR a\r\nDELE b",
    ] {
        assert!(
            matches!(ftp.transfer(line, 0).await, Err(Error::Argument(_))),
            "{line}"
        );
    }
    drop(ftp);
    server.done().await;
}

/// `retrbinary(cmd, callback, blocksize, rest)`: a stream of blocks, from an offset.
#[tokio::test(start_paused = true)]
async fn retrbinary() {
    let (mut ftp, server) = session(&format!(
        "{BINARY}C: RETR a\nS: 150 go\nD> one\nD! close\nS: 226 done
         PASSIVE\nC: REST 10\nS: 350 go on\nC: RETR a\nS: 150 go\nD> two\nD! close\nS: 226 done"
    ))
    .await;
    let blocks: Vec<_> = ftp
        .retr("a")
        .await
        .unwrap()
        .into_stream()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(blocks.concat(), b"one");
    let options = TransferOptions::new().offset(10);
    let blocks = ftp.retr_with("a", &options).await.unwrap().into_stream();
    assert_eq!(
        blocks.try_collect::<Vec<_>>().await.unwrap().concat(),
        b"two"
    );
    drop(ftp);
    server.done().await;
}

/// `retrlines`: CR LF or LF is taken off, a lone CR stays, the last line needs no end.
#[tokio::test(start_paused = true)]
async fn retrlines() {
    let (mut ftp, server) = session(
        "C: TYPE A\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go
         D> one\\r\\ntwo\\n\\r\\nth\\rree\\r\\nlast\nD! close\nS: 226 done",
    )
    .await;
    let lines: Vec<_> = ftp
        .retr_lines("a")
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(lines, [&b"one"[..], b"two", b"", b"th\rree", b"last"]);
    drop(ftp);
    server.done().await;
}

/// `storbinary`: the server's words are in the error, at an offset too.
#[tokio::test(start_paused = true)]
async fn storbinary() {
    let (mut ftp, server) = session(&format!(
        "{BINARY}C: STOR a\nS: 150 go\nD< bytes\nD! ended\nS: 226 done
         PASSIVE\nC: REST 5\nS: 350 go on\nC: STOR a\nS: 150 go\nD< more\nD! ended\nS: 226 done
         C: SIZE a\nS: 213 9
         PASSIVE\nC: STOR a\nS: 150 go\nS: 552 full"
    ))
    .await;
    ftp.upload("a", &b"bytes"[..]).await.unwrap();
    let options = TransferOptions::new().offset(5);
    let mut upload = ftp.stor_with("a", &options).await.unwrap();
    upload.write_all(b"more").await.unwrap();
    upload.finish().await.unwrap();
    let error = ftp.upload("a", tokio::io::repeat(7)).await.unwrap_err();
    assert_eq!(error.to_string(), "STOR: 552 full");
    drop(ftp);
    server.done().await;
}

/// `storlines`: whatever ends a line, CR LF goes out; the last line gains one.
#[tokio::test(start_paused = true)]
async fn storlines() {
    let (mut ftp, server) = session(
        "C: TYPE A\nS: 200 ok\nPASSIVE\nC: STOR a\nS: 150 go
         D< one\\r\\ntwo\\r\\n\\r\\nlast\\r\\n\nD! ended\nS: 226 done",
    )
    .await;
    let sent = ftp
        .stor_lines("a", &b"one\ntwo\r\n\nlast"[..])
        .await
        .unwrap();
    assert_eq!(sent.bytes(), 18);
    drop(ftp);
    server.done().await;
}

/// Lines that are too long are refused on their way up too, and the upload is no success.
#[tokio::test(start_paused = true)]
async fn line_too_long_to_upload() {
    let (mut ftp, server) = session(
        "C: TYPE A\nS: 200 ok\nPASSIVE\nC: STOR a\nS: 150 go\nD! was reset\nS: 426 cut\nC: NOOP\nS: 200 ok",
    )
    .await;
    let line = vec![b'x'; 9000];
    let error = ftp.stor_lines("a", &line[..]).await.unwrap_err();
    assert!(matches!(error, Error::Protocol(_)), "{error:?}");
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// TYPE is sent when it has to change, in every order of calls.
#[tokio::test(start_paused = true)]
async fn types_are_right_in_every_order() {
    let down = "C: RETR a\nS: 150 go\nD> x\\r\\n\nD! close\nS: 226 done\n";
    let (mut ftp, server) = session(&format!(
        "C: TYPE I\nS: 200 ok\nPASSIVE\n{down}PASSIVE\n{down}C: TYPE A\nS: 200 ok\nPASSIVE\n{down}\
         C: TYPE I\nS: 200 ok\nC: SIZE a\nS: 213 3\nPASSIVE\n{down}"
    ))
    .await;
    async fn text(ftp: &mut FtpStream) {
        ftp.retr_lines("a")
            .await
            .unwrap()
            .try_collect::<Vec<_>>()
            .await
            .unwrap();
    }
    ftp.read("a").await.unwrap();
    ftp.read("a").await.unwrap();
    text(&mut ftp).await;
    ftp.size("a").await.unwrap();
    ftp.read("a").await.unwrap();
    drop(ftp);
    server.done().await;
}

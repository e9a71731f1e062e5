//! Passive and active transfers in one session, over TCP, because only there a server can call
//! back.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
};
use tokio_ftp::{
    DataMode::{self, Active, Passive},
    protocol::{parse_eprt, parse_port},
};

use super::pipelining;

/// What is asked of a server by downloads of files with these contents.
async fn asked(address: &str, downloads: &[(DataMode, &'static str)]) -> Vec<String> {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let contents = downloads.iter().map(|&(_, content)| content).collect();
    let server = tokio::spawn(serve(listener, contents));
    let mut ftp = pipelining().connect(address).await.unwrap();
    for &(mode, content) in downloads {
        ftp.set_data_mode(mode);
        assert_eq!(ftp.read("a").await.unwrap(), content);
    }
    // What goes ahead is settled.
    ftp.pwd().await.unwrap();
    drop(ftp);
    server.await.unwrap()
}

/// Follows no script, and says which verbs it has heard.
async fn serve(listener: TcpListener, contents: Vec<&'static str>) -> Vec<String> {
    let mut control = BufStream::new(listener.accept().await.unwrap().0);
    let mut contents = contents.into_iter();
    let mut asked = Vec::new();
    let mut passive = None;
    let mut active = None;
    let mut said = "220 ready\r\n".to_owned();
    loop {
        control.write_all(said.as_bytes()).await.unwrap();
        control.flush().await.unwrap();
        let mut line = String::new();
        if control.read_line(&mut line).await.unwrap_or_default() == 0 {
            return asked;
        }
        let (verb, argument) = line
            .trim_end()
            .split_once(' ')
            .unwrap_or_else(|| (line.trim_end(), ""));
        asked.push(verb.to_owned());
        said = match verb {
            "EPSV" => {
                let data = TcpListener::bind((listener.local_addr().unwrap().ip(), 0)).await;
                let data = data.unwrap();
                let port = data.local_addr().unwrap().port();
                passive = Some(data);
                format!("229 go (|||{port}|)\r\n")
            }
            "PORT" => {
                active = Some(SocketAddr::V4(parse_port(argument.as_bytes()).unwrap()));
                "200 ok\r\n".to_owned()
            }
            "EPRT" => {
                active = Some(parse_eprt(argument.as_bytes()).unwrap());
                "200 ok\r\n".to_owned()
            }
            "RETR" => {
                let mut data = match active.take() {
                    Some(address) => TcpStream::connect(address).await.unwrap(),
                    None => passive.take().unwrap().accept().await.unwrap().0,
                };
                let content = contents.next().unwrap();
                data.write_all(content.as_bytes()).await.unwrap();
                "150 go\r\n226 done\r\n".to_owned()
            }
            "PWD" => "257 \"/\"\r\n".to_owned(),
            _ => "200 ok\r\n".to_owned(),
        };
    }
}

/// Servers stop listening when they are told of another port.
#[tokio::test]
async fn active_transfer_has_nothing_behind_it_and_leaves_no_port() {
    for (address, verb) in [("127.0.0.1:0", "PORT"), ("[::1]:0", "EPRT")] {
        let downloads = [Passive, Passive, Active, Passive].map(|mode| (mode, "abc"));
        assert_eq!(
            asked(address, &downloads).await,
            [
                "TYPE", "EPSV", "RETR", "NOOP", "EPSV", "RETR", "EPSV", verb, "RETR", "EPSV",
                "RETR", "EPSV", "PWD"
            ]
        );
    }
}

/// What the probe has left open is not answered by a transfer that had none.
#[tokio::test]
async fn active_transfer_shows_nothing() {
    let downloads = [(Passive, ""), (Active, "abc"), (Passive, "abc")];
    assert_eq!(
        asked("127.0.0.1:0", &downloads).await,
        [
            "TYPE", "EPSV", "RETR", "NOOP", "PORT", "RETR", "EPSV", "RETR", "NOOP", "PWD"
        ]
    );
}

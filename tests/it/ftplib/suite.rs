//! What ftplib's own suite tries beyond its methods, in one go against a whole server.

use futures::TryStreamExt;
use tokio::io::AsyncWriteExt;
use tokio_ftp::{ConnectOptions, Error, TlsMode, TransferOptions};

use crate::support::{
    code, pattern,
    script::{connect, session, session_with},
    unftp::Unftp,
};

/// RETR exact, and with REST 0, 10, 20; STOR exact, and with REST; text up and down.
#[tokio::test]
async fn transfers_are_exact() {
    let server = Unftp::start().await;
    for mode in [TlsMode::Off, TlsMode::Explicit] {
        let mut ftp = server.session(mode).await;
        let bytes = pattern(100_000);
        ftp.upload("exact", &bytes[..]).await.unwrap();
        for offset in [0, 10, 20] {
            let options = TransferOptions::new().offset(offset);
            let chunks = ftp
                .retr_with("exact", &options)
                .await
                .unwrap()
                .into_stream();
            let got = chunks.try_collect::<Vec<_>>().await.unwrap().concat();
            assert_eq!(got, &bytes[offset as usize..]);
            let mut upload = ftp.stor_with("exact", &options).await.unwrap();
            upload.write_all(&bytes[offset as usize..]).await.unwrap();
            upload.finish().await.unwrap();
            assert_eq!(ftp.read("exact").await.unwrap(), bytes);
        }
        ftp.stor_lines("text", &b"one\ntwo\n"[..]).await.unwrap();
        let lines: Vec<_> = ftp
            .retr_lines("text")
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(lines, ["one", "two"]);
    }
}

/// PASV not EPSV where that is forced; the PASV address trusted or not.
#[tokio::test(start_paused = true)]
async fn forced_pasv_and_its_address() {
    let transcript = "C: TYPE I\nS: 200 ok\nD! open 2200\nC: PASV\nS: 227 (10,9,8,7,8,152)
                      C: RETR a\nS: 150 go\nD> x\nD! close\nS: 226 done";
    let (mut ftp, server) = session_with(ConnectOptions::new().epsv(false), transcript).await;
    assert_eq!(ftp.read("a").await.unwrap(), "x");
    drop(ftp);
    server.done().await;
    // Nobody is there, where the server says.
    let transcript = "C: TYPE I\nS: 200 ok\nC: PASV\nS: 227 (10,9,8,7,8,153)";
    let options = ConnectOptions::new().epsv(false).trust_pasv_host(true);
    let (mut ftp, server) = session_with(options, transcript).await;
    let error = ftp.retr("a").await.unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error:?}");
    drop(ftp);
    server.done().await;
}

/// Names in UTF-8 and in Latin-1 arrive as they were sent.
#[tokio::test(start_paused = true)]
async fn names_in_any_encoding() {
    let (mut ftp, server) = session(
        "C: FEAT\nS: 500 what\nC: TYPE A\nS: 200 ok\nPASSIVE\nC: NLST caf\u{e9}
         S: 150 go\nD> caf\u{e9}/x\nD! close\nS: 226 done",
    )
    .await;
    let names: Vec<_> = ftp
        .nlst("caf\u{e9}")
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(names[0].to_str().unwrap(), "caf\u{e9}/x");
    drop(ftp);
    server.done().await;
}

/// A greeting without a code.
#[tokio::test(start_paused = true)]
async fn greeting_without_a_code() {
    let (ftp, server) = connect(ConnectOptions::new(), "S: 1 Hola").await;
    assert!(matches!(ftp, Err(Error::Protocol(_))), "{ftp:?}");
    drop(server);
}

/// A certificate for another name.
#[tokio::test]
async fn certificate_for_another_name() {
    let server = Unftp::start().await;
    let options = server
        .options(TlsMode::Explicit)
        .tls_server_name("example.org");
    let error = options.connect(server.address()).await.unwrap_err();
    assert!(matches!(error, Error::Tls(_)), "{error:?}");
    assert_eq!(code(&error), 0);
}

/// CCC and PROT before TLS.
#[tokio::test(start_paused = true)]
async fn protection_before_tls() {
    let (mut ftp, server) = session("").await;
    assert!(matches!(ftp.ccc().await, Err(Error::Unsupported(_))));
    assert!(matches!(ftp.prot_p().await, Err(Error::Unsupported(_))));
    drop(ftp);
    server.done().await;
}

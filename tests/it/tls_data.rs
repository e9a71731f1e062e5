//! TLS under data connections: resumption, tickets, and ends that are told from cuts.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use tokio::io::AsyncWriteExt;
use tokio_ftp::{
    Error, FtpStream, TransferOptions,
    tls::{TlsEof, TlsVersions},
};
use tokio_rustls::rustls::{
    ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer, server::ServerSessionMemoryCache,
};

use crate::{
    support::{
        code, quiet,
        script::{Running, Server, session_of, session_with},
    },
    tls::{SECURED, explicit},
};

const RETR: &str = "
    C: TYPE I
    S: 200 ok
    PASSIVE
    C: RETR a
";

const STOR: &str = "
    C: TYPE I
    S: 200 ok
    PASSIVE
    C: STOR a
    S: 150 go
    D! tls
";

/// A session under TLS with a server that then follows `transcripts`.
async fn secured(transcripts: &[&str]) -> (FtpStream, Running) {
    session_with(explicit(), &(SECURED.to_owned() + &transcripts.concat())).await
}

#[tokio::test(start_paused = true)]
async fn every_data_connection_resumes_the_control_session() {
    for versions in [TlsVersions::Tls12, TlsVersions::Tls13] {
        let options = explicit().tls_versions(versions);
        let (mut ftp, server) = session_of(options, |mut server| async move {
            server.play(SECURED).await;
            server.play("C: TYPE I\nS: 200 ok").await;
            for _ in 0..10 {
                server
                    .play(
                        "PASSIVE
                         C: STOR a
                         S: 150 go
                         D! tls
                         D< abc
                         D! ended
                         S: 226 done
                         PASSIVE
                         C: RETR a
                         S: 150 go
                         D! tls
                         D> abc
                         D! close
                         S: 226 done",
                    )
                    .await;
            }
            server.rest().await;
        })
        .await;
        for _ in 0..10 {
            let up = ftp.upload("a", &b"abc"[..]).await.unwrap();
            assert_eq!(up.tls_resumed(), Some(true));
            let down = ftp.download("a", &mut Vec::new()).await.unwrap();
            assert_eq!(down.tls_resumed(), Some(true));
        }
        drop(ftp);
        server.done().await;
    }
}

/// Whom the control connection was agreed on with says nothing about who takes the data.
#[tokio::test(start_paused = true)]
async fn other_certificate_under_the_data_connection_is_refused() {
    for versions in [TlsVersions::Tls12, TlsVersions::Tls13] {
        for upload in [true, false] {
            let verb = if upload { "STOR" } else { "RETR" };
            let options = explicit().tls_versions(versions);
            let (mut ftp, server) = session_of(options, move |mut server| async move {
                server.play(SECURED).await;
                // Of its own sessions there are none, and so its certificate is shown.
                server.encrypt_data_with(|config| *config = stranger());
                server
                    .play(&format!(
                        "C: TYPE I
                         S: 200 ok
                         PASSIVE
                         C: {verb} a
                         S: 150 go
                         D! tls"
                    ))
                    .await;
                // There is no TLS to take a byte from, or to send one over.
                assert!(server.try_send(b"theirs").await.is_err(), "{verb}");
                server
                    .play("D! close\nS: 226 done\nC: PWD\nS: 257 \"/\"")
                    .await;
                server.rest().await;
            })
            .await;
            let error = if upload {
                ftp.upload("a", &b"mine"[..]).await.unwrap_err()
            } else {
                ftp.read("a").await.unwrap_err()
            };
            assert!(matches!(error, Error::Tls(_)), "{verb}: {error:?}");
            assert_eq!(ftp.pwd().await.unwrap(), *"/", "{verb}");
            drop(ftp);
            server.done().await;
        }
    }
}

/// A server with a certificate for the same name that nobody trusts.
fn stranger() -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap()
}

/// Two tickets at login and none ever after.
fn stingy(server: &mut Server) {
    server.encrypt_data_with(|config| config.send_tls13_tickets = 0);
}

#[tokio::test(start_paused = true)]
async fn upload_without_a_ticket_is_preceded_by_a_harmless_listing() {
    let (mut ftp, server) = session_of(explicit(), |mut server| async move {
        stingy(&mut server);
        server.play(SECURED).await;
        server.play("C: TYPE I\nS: 200 ok").await;
        for _ in 0..2 {
            server
                .play(
                    "PASSIVE
                     C: STOR a
                     S: 150 go
                     D! tls
                     D! ended
                     S: 226 done",
                )
                .await;
        }
        // The listing is refused for want of a ticket, and brings new ones with its data.
        server.encrypt_data_with(|config| {
            config.session_storage = ServerSessionMemoryCache::new(32);
        });
        server
            .play(
                "PASSIVE
                 C: LIST
                 S: 150 go
                 D! tls
                 D! close
                 S: 425 no resumption, no data
                 PASSIVE
                 C: STOR a
                 S: 150 go
                 D! tls
                 D! ended
                 S: 226 done",
            )
            .await;
        server.rest().await;
    })
    .await;
    for _ in 0..3 {
        ftp.upload("a", &b""[..]).await.unwrap();
    }
    drop(ftp);
    server.done().await;
}

/// Three uploads with a server that gives no ticket on any of its data connections, the last
/// of them after `listings`, each of which ends with its reply.
async fn three_uploads(listings: &[(&'static str, &'static str)], goes_on: bool) {
    let mut steps = vec![("STOR a", "ended", "226 done"); 2];
    steps.extend(
        listings
            .iter()
            .map(|&(command, reply)| (command, "close", reply)),
    );
    steps.extend(goes_on.then_some(("STOR a", "ended", "226 done")));
    let (mut ftp, server) = session_of(explicit(), move |mut server| async move {
        stingy(&mut server);
        server.play(SECURED).await;
        server.play("C: TYPE I\nS: 200 ok").await;
        for (command, end, reply) in steps {
            server
                .play(&format!(
                    "PASSIVE
                     C: {command}
                     S: 150 go
                     D! tls
                     D! {end}
                     S: {reply}"
                ))
                .await;
        }
        server.rest().await;
    })
    .await;
    for _ in 0..2 {
        ftp.upload("a", &b""[..]).await.unwrap();
    }
    let third = ftp.upload("a", &b""[..]).await;
    if goes_on {
        third.unwrap();
    } else {
        assert!(matches!(third, Err(Error::Unsupported(_))), "{third:?}");
    }
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn upload_is_not_started_when_no_ticket_can_be_had() {
    three_uploads(&[("LIST", "425 no"), ("NLST", "425 no")], false).await;
}

/// A server that lets a listing pass without a ticket does not demand one.
#[tokio::test(start_paused = true)]
async fn upload_goes_on_without_a_ticket_where_none_is_demanded() {
    three_uploads(&[("LIST", "226 done")], true).await;
}

#[tokio::test(start_paused = true)]
async fn refusal_for_want_of_resumption_breaks_the_session_only_as_522() {
    for (replies, broken) in [
        (
            "S: 150 go\nD! tls\nD! close\nS: 522 session reuse required",
            true,
        ),
        // vsftpd to whoever does not encrypt, and the cure is a `PROT P`.
        ("S: 522 data connections must be encrypted", false),
        ("S: 550 no", false),
    ] {
        let (mut ftp, server) = secured(&[RETR, replies]).await;
        let error = ftp.read("a").await.unwrap_err();
        let (_, refusal) = replies.rsplit_once("S: ").unwrap();
        assert!(error.to_string().contains(refusal), "{error}");
        assert_eq!(ftp.is_broken(), broken);
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn server_words_count_for_more_than_a_failed_handshake() {
    let (mut ftp, server) = secured(&[
        RETR,
        "S: 150 go
         D! reset
         S! wait 1
         S: 425 no data connection for you
         C: PWD
         S: 257 \"/\"",
    ])
    .await;
    assert_eq!(code(&ftp.retr("a").await.unwrap_err()), 425);
    assert_eq!(ftp.pwd().await.unwrap(), *"/");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn data_cut_without_close_notify_is_no_end() {
    for (opening, data, closing) in [
        // Nobody knows how long the file is.
        ("150 go", "half", "226 done"),
        ("150 go", "half", "426 cut"),
        ("150 a (8 bytes)", "half", "226 done"),
        ("150 a (8 bytes)", "half", "426 cut"),
    ] {
        let rest = format!(
            "S: {opening}
             D! tls
             D> {data}
             D! cut
             S: {closing}
             C: NOOP
             S: 200 ok"
        );
        let (mut ftp, server) = secured(&[RETR, &rest]).await;
        let mut file = Vec::new();
        let mut download = ftp.retr("a").await.unwrap();
        let error = tokio::io::copy(&mut download, &mut file).await.unwrap_err();
        let error = Error::from(error);
        match (opening, closing) {
            (_, "426 cut") => assert_eq!(code(&error), 426),
            ("150 go", _) => assert!(matches!(error, Error::Tls(_)), "{error:?}"),
            _ => assert!(
                matches!(
                    error,
                    Error::Truncated {
                        received: 4,
                        expected: 8
                    }
                ),
                "{error:?}"
            ),
        }
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn missing_close_notify_is_forgiven_when_the_size_agrees() {
    let rest = "
        S: 150 a (4 bytes)
        D! tls
        D> full
        D! cut
        S: 226 done
    ";
    let (mut ftp, server) = secured(&[RETR, rest]).await;
    assert_eq!(ftp.read("a").await.unwrap(), "full");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn missing_close_notify_is_forgiven_where_the_reply_is_trusted() {
    let rest = "
        S: 150 go
        D! tls
        D> full
        D! cut
        S: 226 done
    ";
    let transcript = [SECURED, RETR, rest].concat();
    let options = explicit().tls_eof(TlsEof::TrustReply);
    let (mut ftp, server) = session_with(options, &transcript).await;
    assert_eq!(ftp.read("a").await.unwrap(), "full");
    drop(ftp);
    server.done().await;
}

/// vsftpd never says 226 before the client's close_notify, ProFTPD waits 10 s for it.
#[tokio::test(start_paused = true)]
async fn client_closes_its_side_before_it_waits_for_the_226() {
    let rest = "
        S: 150 go
        D! tls
        D> abc
        D! fin
        D! ended
        S: 226 done
    ";
    let (mut ftp, server) = secured(&[RETR, rest]).await;
    assert_eq!(ftp.read("a").await.unwrap(), "abc");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn finished_upload_says_its_end_and_a_dropped_one_does_not() {
    let (mut ftp, server) = secured(&[STOR, "D< abc\nD! ended\nS: 226 done"]).await;
    ftp.upload("a", &b"abc"[..]).await.unwrap();
    drop(ftp);
    server.done().await;

    let (mut ftp, server) =
        secured(&[STOR, "D< abc\nD! was reset\nS: 426 cut\nC: NOOP\nS: 200 ok"]).await;
    let mut upload = ftp.stor("a").await.unwrap();
    upload.write_all(b"abc").await.unwrap();
    upload.flush().await.unwrap();
    quiet().await;
    drop(upload);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn zero_length_files_get_their_handshake() {
    let (mut ftp, server) = secured(&[STOR, "D! ended\nS: 226 done"]).await;
    let done = ftp.upload("a", &b""[..]).await.unwrap();
    assert_eq!((done.bytes(), done.tls_resumed()), (0, Some(true)));
    drop(ftp);
    server.done().await;

    let (mut ftp, server) = secured(&[RETR, "S: 150 go\nD! tls\nD! close\nS: 226 done"]).await;
    let options = TransferOptions::new().size(0);
    let done = ftp.retr_with("a", &options).await.unwrap().finish().await;
    assert_eq!(done.unwrap().bytes(), 0);
    drop(ftp);
    server.done().await;
}

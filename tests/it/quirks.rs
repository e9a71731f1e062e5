//! What real servers were seen to do, told again by scripts: a test each, so that the library
//! still knows when the server is not at hand.

use std::sync::Arc;

use futures::TryStreamExt;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    sync::oneshot,
};
use tokio_ftp::{ConnectOptions, Error, Limits, TlsMode, protocol::ReplyLimits, tls::TlsEof};
use tokio_rustls::TlsAcceptor;

use crate::support::{
    certs::certificate,
    code,
    network::Network,
    quiet,
    script::{connect, session, session_with},
};

const NOOP: &str = "C: NOOP\nS: 200 ok";

/// libunftp says 150 to a RETR of what is not there, takes the data connection, and only then
/// says 550.
#[tokio::test(start_paused = true)]
async fn libunftp_refuses_behind_its_150() {
    let (mut ftp, server) = session(&format!(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD! close\nS: 550 File not found\n{NOOP}"
    ))
    .await;
    let error = ftp.read("a").await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// libunftp says goodbye to an idle session with a 221 that nobody asked for. It answers nothing,
/// the next command least of all.
#[tokio::test(start_paused = true)]
async fn libunftp_ends_an_idle_session_with_a_221() {
    let (mut ftp, server) =
        session("C: PWD\nS: 257 \"/\"\nS! wait 600\nS: 221 bye\nS! close").await;
    ftp.pwd().await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(601)).await;
    quiet().await;
    let error = ftp.noop().await.unwrap_err();
    assert!(error.is_broken() && ftp.is_broken(), "{error:?}");
    assert_eq!(code(&error), 221);
    drop(ftp);
    drop(server);
}

/// pyftpdlib ends an empty NLST over TLS without close_notify. Where no size is known that is an
/// error, because anybody on the way could have cut it; whoever trusts the 226 may say so.
#[tokio::test(start_paused = true)]
async fn pyftpdlib_ends_an_empty_listing_without_close_notify() {
    let transcript = "S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls\nC: PBSZ 0\nS: 200 ok
        C: PROT P\nS: 200 ok\nC: TYPE A\nS: 200 ok
        PASSIVE\nC: NLST\nS: 150 go\nD! tls\nD! cut\nS: 226 done";
    // Its own word is taken for it when MLSD has nothing to say either.
    let confirmed = "
        C: FEAT\nS~ 211-Features\\r\\n MLST type*;\\r\\n211 End\\r\\n
        PASSIVE\nC: MLSD\nS: 150 go\nD! tls\nD! cut\nS: 226 done";
    let options = certificate().trusted_by(ConnectOptions::new().tls(TlsMode::Explicit));
    for (eof, is_error, confirmed) in [
        (TlsEof::Verify, true, ""),
        (TlsEof::TrustReply, false, confirmed),
    ] {
        let transcript = format!("{transcript}{confirmed}");
        let (ftp, server) = connect(options.clone().tls_eof(eof), &transcript).await;
        let mut ftp = ftp.unwrap();
        let names = ftp.nlst("").await.unwrap().try_collect::<Vec<_>>().await;
        assert_eq!(matches!(names, Err(Error::Tls(_))), is_error, "{names:?}");
        drop(ftp);
        server.done().await;
    }
}

/// pyftpdlib may answer nothing at all when its disk is full and the upload breaks: the session
/// is broken after the settle time, and says so.
#[tokio::test(start_paused = true)]
async fn pyftpdlib_says_nothing_of_a_full_disk() {
    let (mut ftp, server) =
        session("C: TYPE I\nS: 200 ok\nPASSIVE\nC: STOR a\nS: 150 go\nD! reset\nS! stall").await;
    let error = ftp.upload("a", tokio::io::repeat(1)).await.unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error:?}");
    assert!(ftp.noop().await.unwrap_err().is_broken());
    drop(ftp);
    server.done().await;
}

/// Pure-FTPd ends a download whose other side has left with a second 150, which may be here
/// before the client has said `ABOR`.
#[tokio::test(start_paused = true)]
async fn pure_ftpd_ends_with_a_second_150_before_the_abort() {
    let (mut ftp, server) = session(&format!(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> some\nS: 150 0.000 seconds
         C: ABOR\nS! wait 1\nS: 226 aborted\n{NOOP}"
    ))
    .await;
    let mut download = ftp.retr("a").await.unwrap();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "some");
    quiet().await;
    drop(download);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// vsftpd doubles 0xFF in names, in replies only.
#[tokio::test(start_paused = true)]
async fn vsftpd_doubles_0xff_in_replies() {
    let limits = Limits::default().reply(ReplyLimits::default().telnet_escapes(true));
    let options = ConnectOptions::new().limits(limits);
    let (mut ftp, server) = session_with(options, "C: PWD\nS~ 257 \"/a\\xff\\xffb\"\\r\\n").await;
    assert_eq!(ftp.pwd().await.unwrap().as_bytes(), b"/a\xffb");
    drop(ftp);
    server.done().await;
}

/// ProFTPD and vsftpd end an idle session over TLS with an alert, or with nothing: no 421 is seen.
#[tokio::test(start_paused = true)]
async fn idle_sessions_may_end_without_a_word() {
    for end in ["S! close", "S! reset"] {
        let (mut ftp, server) = session(&format!("C: NOOP\nS: 200 ok\n{end}")).await;
        ftp.noop().await.unwrap();
        quiet().await;
        let error = ftp.noop().await.unwrap_err();
        assert!(
            error.is_broken() && error.is_transient() && ftp.is_broken(),
            "{error:?}"
        );
        drop(ftp);
        server.done().await;
    }
}

/// vsftpd writes its goodbye to an idle session into the TLS connection in the clear, and so it
/// does with what its dying processes say: no words can be read, and the session is broken.
#[tokio::test(start_paused = true)]
async fn vsftpd_says_goodbye_in_the_clear_under_tls() {
    let network = Network::default();
    let mut listener = network.listen(990);
    let (idle, was_idle) = oneshot::channel();
    let server = tokio::spawn(async move {
        let tls = TlsAcceptor::from(Arc::new(certificate().server()));
        let pipe = listener.recv().await.unwrap();
        let mut control = BufReader::new(tls.accept(pipe).await.unwrap());
        for reply in ["220 ready", "200 ok", "200 ok", "200 ok"] {
            if reply != "220 ready" {
                control.read_line(&mut String::new()).await.unwrap();
            }
            let line = format!("{reply}\r\n");
            control.write_all(line.as_bytes()).await.unwrap();
            control.flush().await.unwrap();
        }
        was_idle.await.unwrap();
        let (pipe, _) = control.get_mut().get_mut();
        pipe.write_all(b"421 Timeout.\r\n").await.unwrap();
    });
    let options = certificate().trusted_by(ConnectOptions::new());
    let options = options.tls(TlsMode::Implicit).connector(Arc::new(network));
    let mut ftp = options.connect("localhost").await.unwrap();
    ftp.noop().await.unwrap();
    idle.send(()).unwrap();
    server.await.unwrap();
    let error = ftp.noop().await.unwrap_err();
    assert!(error.is_broken() && error.is_transient(), "{error:?}");
    assert!(ftp.is_broken());
}

/// libunftp and pyftpdlib may lose the last reply of an upload that is reset: the next command
/// waits as long as settling may take, and says that the session is broken.
#[tokio::test(start_paused = true)]
async fn last_reply_of_a_reset_upload_may_be_lost() {
    let (mut ftp, server) = session(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: STOR a\nS: 150 go\nD< part\nD! was reset\nS! stall",
    )
    .await;
    let mut upload = ftp.stor("a").await.unwrap();
    upload.write_all(b"part").await.unwrap();
    drop(upload);
    let error = ftp.noop().await.unwrap_err();
    assert!(error.is_broken() && error.is_timeout(), "{error:?}");
    drop(ftp);
    server.done().await;
}

/// libunftp answers STOU without the name that it found.
#[tokio::test(start_paused = true)]
async fn libunftp_keeps_the_unique_name_to_itself() {
    let (mut ftp, server) = session(&format!(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: STOU\nS: 150 Ready to receive data\nD< whole\nD! ended
         S: 226 File successfully written\n{NOOP}"
    ))
    .await;
    let mut upload = ftp.stou().await.unwrap();
    upload.write_all(b"whole").await.unwrap();
    upload.finish().await.unwrap();
    assert_eq!(upload.name(), None);
    drop(upload);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// libunftp gives a data connection that was made and dropped before its transfer command to the
/// next transfer, which ends with a 426 and not with half a file.
#[tokio::test(start_paused = true)]
async fn libunftp_uses_a_connection_that_was_dropped_before() {
    let (mut ftp, server) = session(&format!(
        "C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD! reset\nS: 426 Connection lost\n{NOOP}"
    ))
    .await;
    let error = ftp.read("a").await.unwrap_err();
    assert_eq!(code(&error), 426, "{error:?}");
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// Pure-FTPd grants OPTS MLST and goes on telling what it tells: what is there is read.
#[tokio::test(start_paused = true)]
async fn pure_ftpd_tells_the_facts_that_it_likes() {
    let (mut ftp, server) = session(
        "C: OPTS MLST type;size;\nS: 200 MLST OPTS type;size;sizd;modify;UNIX.mode;
         C: MLST a\nS~ 250-Begin\\r\\n type=file;size=5;UNIX.mode=0600;unique=3; a\\r\\n250 End\\r\\n",
    )
    .await;
    ftp.set_facts(&["type", "size"]).await.unwrap();
    let entry = ftp.mlst("a").await.unwrap();
    assert_eq!((entry.size(), entry.permissions()), (Some(5), Some(0o600)));
    drop(ftp);
    server.done().await;
}

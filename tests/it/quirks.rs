//! What real servers were seen to do, told again by scripts: a test each, so that the library
//! still knows when the server is not at hand.

use futures::TryStreamExt;
use tokio_ftp::{ConnectOptions, Error, Limits, TlsMode, protocol::ReplyLimits, tls::TlsEof};

use crate::support::{
    certs::certificate,
    code, quiet,
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
    let options = certificate().trusted_by(ConnectOptions::new().tls(TlsMode::Explicit));
    for (eof, is_error) in [(TlsEof::Verify, true), (TlsEof::TrustReply, false)] {
        let (ftp, server) = connect(options.clone().tls_eof(eof), transcript).await;
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

//! `ftpcp`: from server to server.

use tokio_ftp::{ConnectOptions, Error, FtpStream, TlsMode, TransferOptions, fxp};

use crate::support::{
    certs::certificate,
    code,
    script::{Running, connect, connect_at, session},
};

const TYPE: &str = "C: TYPE I\nS: 200 ok\n";

/// Where the source listens; the host is the one that the control connection goes to, whatever
/// the reply says.
const LISTEN: &str = "C: PASV\nS: 227 (10,9,8,7,8,152)\n";
const CONNECT: &str = "C: PORT 192,0,2,10,8,152\nS: 200 ok\n";

async fn copy(source: &str, target: &str) -> (Result<(), Error>, [FtpStream; 2], [Running; 2]) {
    let (source, source_script) = session(source).await;
    let (target, target_script) = session(target).await;
    between(source, target, [source_script, target_script]).await
}

async fn between(
    mut source: FtpStream,
    mut target: FtpStream,
    scripts: [Running; 2],
) -> (Result<(), Error>, [FtpStream; 2], [Running; 2]) {
    let result = fxp(&mut source, "a", &mut target, "b", &TransferOptions::new()).await;
    (result, [source, target], scripts)
}

async fn in_step(sessions: [FtpStream; 2], scripts: [Running; 2]) {
    for (mut session, script) in sessions.into_iter().zip(scripts) {
        session.noop().await.unwrap();
        drop(session);
        script.done().await;
    }
}

const NOOP: &str = "C: NOOP\nS: 200 ok";
const SIZE: &str = "C: TYPE I\nS: 200 ok\nC: SIZE a\nS: 213 5\n";
const SIZE_OF_COPY: &str = "C: SIZE b\nS: ";

#[tokio::test(start_paused = true)]
async fn a_copy_that_is_shorter_is_no_success() {
    let (result, sessions, scripts) = copy(
        &format!("{SIZE}{LISTEN}C: RETR a\nS: 150 go\nS: 226 done\n{NOOP}"),
        &format!("{TYPE}{CONNECT}C: STOR b\nS: 226 done\n{SIZE_OF_COPY}213 3\n{NOOP}"),
    )
    .await;
    assert!(
        matches!(
            result,
            Err(Error::Truncated {
                received: 3,
                expected: 5
            })
        ),
        "{result:?}"
    );
    in_step(sessions, scripts).await;
}

/// A copy may take longer than any deadline of a session, and a failure is told at once.
#[tokio::test(start_paused = true)]
async fn a_long_copy_is_waited_for_and_a_failure_is_not() {
    let (result, sessions, scripts) = copy(
        &format!("{SIZE}{LISTEN}C: RETR a\nS: 150 go\nS! wait 4000\nS: 226 done\n{NOOP}"),
        &format!("{TYPE}{CONNECT}C: STOR b\nS: 150 go\nS! wait 4000\nS: 226 done\n{SIZE_OF_COPY}213 5\n{NOOP}"),
    )
    .await;
    result.unwrap();
    in_step(sessions, scripts).await;
    let started = tokio::time::Instant::now();
    let (result, sessions, scripts) = copy(
        &format!("{SIZE}{LISTEN}C: RETR a\nS: 150 go\nS: 426 cut\n{LISTEN}{NOOP}"),
        &format!(
            "{TYPE}{CONNECT}C: STOR b\nS: 150 go\nC: ABOR\nS: 426 cut\nS: 226 aborted\n{NOOP}"
        ),
    )
    .await;
    assert_eq!(code(&result.unwrap_err()), 426);
    assert!(started.elapsed().as_secs() < 2);
    in_step(sessions, scripts).await;
}

#[tokio::test(start_paused = true)]
async fn the_target_stores_and_then_the_source_sends() {
    let (result, sessions, scripts) = copy(
        &format!("{TYPE}C: SIZE a\nS: 213 5\n{LISTEN}C: RETR a\nS: 150 go\nS: 226 done\n{NOOP}"),
        &format!("{TYPE}{CONNECT}C: STOR b\nS: 150 go\nS: 226 done\n{SIZE_OF_COPY}213 5\n{NOOP}"),
    )
    .await;
    result.unwrap();
    in_step(sessions, scripts).await;
}

#[tokio::test(start_paused = true)]
async fn a_missing_file_is_told_before_the_target_hears_of_it() {
    let (result, sessions, scripts) =
        copy(&format!("{TYPE}C: SIZE a\nS: 550 no\n{NOOP}"), NOOP).await;
    assert!(result.unwrap_err().is_not_found());
    in_step(sessions, scripts).await;
}

#[tokio::test(start_paused = true)]
async fn a_failure_on_one_side_is_the_error_and_the_other_is_called_off() {
    // The source refuses after the target has begun.
    let (result, sessions, scripts) = copy(
        &format!("{TYPE}C: SIZE a\nS: 213 5\n{LISTEN}C: RETR a\nS: 550 no\n{LISTEN}{NOOP}"),
        &format!(
            "{TYPE}{CONNECT}C: STOR b\nS: 150 go\nC: ABOR\nS: 426 cut\nS: 226 aborted\n{NOOP}"
        ),
    )
    .await;
    assert_eq!(code(&result.unwrap_err()), 550);
    in_step(sessions, scripts).await;
    // The target refuses, and the source never hears of it.
    let (result, sessions, scripts) = copy(
        &format!("{TYPE}C: SIZE a\nS: 213 5\n{LISTEN}{LISTEN}{NOOP}"),
        &format!("{TYPE}{CONNECT}C: STOR b\nS: 553 no\n{NOOP}"),
    )
    .await;
    assert_eq!(code(&result.unwrap_err()), 553);
    in_step(sessions, scripts).await;
}

/// A source with an IPv6 address, and a target with one of its own.
async fn copy_over_ipv6(
    source: &str,
    target: &str,
) -> (Result<(), Error>, [FtpStream; 2], [Running; 2]) {
    let at = async |host: &str, transcript: &str| {
        let transcript = format!("S: 220 ready\n{transcript}\n{NOOP}");
        let host = host.parse().unwrap();
        let (session, script) = connect_at(host, ConnectOptions::new(), &transcript).await;
        (session.unwrap(), script)
    };
    let (source, source_script) = at("2001:db8::7", source).await;
    let (target, target_script) = at("::1", target).await;
    between(source, target, [source_script, target_script]).await
}

const LISTEN_BY_EPSV: &str = "C: EPSV\nS: 229 go (|||2200|)\n";
const CONNECT_BY_EPRT: &str = "C: EPRT |2|2001:db8::7|2200|\n";

#[tokio::test(start_paused = true)]
async fn ports_over_ipv6_are_by_epsv_and_eprt() {
    let (result, sessions, scripts) = copy_over_ipv6(
        &format!("{SIZE}{LISTEN_BY_EPSV}C: RETR a\nS: 150 go\nS: 226 done"),
        &format!("{TYPE}{CONNECT_BY_EPRT}S: 200 ok\nC: STOR b\nS: 150 go\nS: 226 done\n{SIZE_OF_COPY}213 5"),
    )
    .await;
    result.unwrap();
    for script in &scripts {
        assert_eq!(script.network.dialled(), ["localhost:21"]);
    }
    in_step(sessions, scripts).await;
}

/// Nothing is begun, and nobody is left waiting.
#[tokio::test(start_paused = true)]
async fn ports_over_ipv6_that_are_refused_are_the_error() {
    for (listen, connect, refusal) in [
        // Asked again when it is given up.
        ("C: EPSV\nS: 522 no\nC: EPSV\nS: 522 no", "", "EPSV: 522 no"),
        (
            "C: EPSV\nS: 229 go\nC: EPSV\nS: 229 go",
            "",
            "protocol error: not understood: EPSV: 229 go",
        ),
        (
            &format!("{LISTEN_BY_EPSV}{LISTEN_BY_EPSV}"),
            &format!("{CONNECT_BY_EPRT}S: 522 use (1)"),
            "EPRT: 522 use (1)",
        ),
    ] {
        let (result, sessions, scripts) =
            copy_over_ipv6(&format!("{SIZE}{listen}"), &format!("{TYPE}{connect}")).await;
        assert_eq!(result.unwrap_err().to_string(), refusal);
        in_step(sessions, scripts).await;
    }
}

const SECURE: &str =
    "S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls\nC: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 200 ok\n";

async fn secure(transcript: &str) -> (FtpStream, Running) {
    let options = certificate().trusted_by(ConnectOptions::new().tls(TlsMode::Explicit));
    let (session, script) = connect(options, &format!("{SECURE}{transcript}")).await;
    (session.unwrap(), script)
}

#[tokio::test(start_paused = true)]
async fn encrypted_by_sscn_where_it_is_offered() {
    let features = "C: FEAT\nS~ 211-Features\\r\\n SSCN\\r\\n211 End\\r\\n\n";
    let (source, source_script) = secure(&format!(
        "{TYPE}C: SIZE a\nS: 213 5\n{LISTEN}C: RETR a\nS: 150 go\nS: 226 done\n{NOOP}"
    ))
    .await;
    let (target, target_script) = secure(&format!(
        "{features}C: SSCN ON\nS: 200 ok\n{TYPE}{CONNECT}C: STOR b\nS: 150 go\nS: 226 done\n\
         C: SSCN OFF\nS: 200 ok\n{SIZE_OF_COPY}213 5\n{NOOP}"
    ))
    .await;
    let (result, sessions, scripts) = between(source, target, [source_script, target_script]).await;
    result.unwrap();
    in_step(sessions, scripts).await;
}

#[tokio::test(start_paused = true)]
async fn never_in_the_clear_by_accident() {
    // Nobody knows SSCN.
    let feat = "C: FEAT\nS: 500 what\n";
    let (source, source_script) = secure(&format!("{SIZE}{feat}{NOOP}")).await;
    let (target, target_script) = secure(&format!("{feat}{NOOP}")).await;
    let (result, sessions, scripts) = between(source, target, [source_script, target_script]).await;
    assert!(matches!(result, Err(Error::Unsupported(_))), "{result:?}");
    in_step(sessions, scripts).await;
    // One end encrypts, the other does not.
    let (source, source_script) = secure(&format!("{SIZE}{NOOP}")).await;
    let (target, target_script) = session(NOOP).await;
    let (result, sessions, scripts) = between(source, target, [source_script, target_script]).await;
    assert!(matches!(result, Err(Error::Unsupported(_))), "{result:?}");
    in_step(sessions, scripts).await;
}

/// A server left as a TLS client would refuse every data connection from here.
#[tokio::test(start_paused = true)]
async fn sscn_is_taken_back_after_a_copy_that_was_dropped() {
    let features = "C: FEAT\nS~ 211-Features\\r\\n SSCN\\r\\n211 End\\r\\n\n";
    let (mut source, source_script) = secure(&format!("{SIZE}C: PASV\nS! stall")).await;
    let (mut target, target_script) = secure(&format!(
        "{features}C: SSCN ON\nS: 200 ok\n{TYPE}C: SSCN OFF\nS: 200 ok\n{NOOP}"
    ))
    .await;
    let options = TransferOptions::new();
    let copy = fxp(&mut source, "a", &mut target, "b", &options);
    let limit = std::time::Duration::from_secs(5);
    tokio::time::timeout(limit, copy).await.unwrap_err();
    target.noop().await.unwrap();
    drop((source, target));
    source_script.done().await;
    target_script.done().await;
}

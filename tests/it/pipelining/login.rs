//! Commands of a login that go out together.

use std::sync::Arc;

use tokio_ftp::TlsMode;

use super::{IN_STEP, in_step, pipelining};
use crate::support::{
    certs::certificate,
    code,
    script::{HOST, connect, serve},
};

/// What does not hang on each other goes out together, which saves two round trips of a login over
/// TLS; the password waits until it is asked for.
#[tokio::test(start_paused = true)]
async fn login_goes_out_with_the_protection_of_data() {
    const TOGETHER: &str = "C: PBSZ 0\nC: PROT P\nC: USER joe\n";
    const PROTECTED: &str = "S: 200 ok\nS: 200 ok\n";
    for (replies, refusal) in [
        (
            "S: 200 a\nS: 200 b\nS: 331 password?\nC: PASS pw\nS: 230 in",
            0,
        ),
        ("S: 200 a\nS: 200 b\nS: 230 in", 0),
        // Only behind a login.
        (
            "S: 503 login first\nS: 503 login first\nS: 331 password?\nC: PASS pw\nS: 230 in
             C: PBSZ 0\nS: 200 a\nC: PROT P\nS: 200 b",
            0,
        ),
        (
            "S: 200 a\nS: 200 b\nS: 331 password?\nC: PASS pw\nS: 530 no",
            530,
        ),
        ("S: 200 a\nS: 200 b\nS: 530 no", 530),
        // Without protection no password is told.
        ("S: 200 a\nS: 534 no\nS: 331 password?", 534),
    ] {
        let transcript = format!(
            "S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls\n{TOGETHER}{replies}\n{}",
            if refusal == 0 { IN_STEP } else { "" }
        );
        let options = pipelining().credentials("joe", "pw").tls(TlsMode::Explicit);
        let options = certificate().trusted_by(options);
        let (session, server) = connect(options, &transcript).await;
        match session {
            Ok(ftp) => {
                assert_eq!(refusal, 0, "{replies}");
                in_step(ftp, server).await;
            }
            Err(error) => {
                assert_eq!(code(&error), refusal, "{replies}: {error:?}");
                server.done().await;
            }
        }
    }
    let transcript = format!(
        "S! tls\nS: 220 ready\n{TOGETHER}{PROTECTED}S: 331 password?\nC: PASS pw\nS: 230 in\n{IN_STEP}"
    );
    let (network, server) = serve(move |mut server| async move {
        server.play(&transcript).await;
        server.rest().await;
    });
    let options = pipelining().credentials("joe", "pw").tls(TlsMode::Implicit);
    let options = certificate()
        .trusted_by(options)
        .connector(Arc::new(network));
    in_step(options.connect((HOST, 21)).await.unwrap(), server).await;
}

//! TLS: under what it is put, whose it is, and that it is resumed.

use std::sync::{Arc, OnceLock};

use rcgen::{CertificateParams, IsCa, KeyPair, date_time_ymd};
use tokio_ftp::{
    ConnectOptions, Error, FtpStream, Result, TlsMode, TransferOptions,
    tls::{TlsRoots, TlsVersions},
};
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};

use super::{
    calls::{nothing, outcome, read, upload_with},
    row::{Call, Fact, Row, Seen, fact, from_greeting, row},
};
use crate::{
    support::{certs::certificate, script::Server},
    tls::explicit,
};

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "ProFTPD, TLS 1.3",
            "gives no new ticket on an upload: every third one refused \
             (425), target cut to 0 bytes",
            [
                version(
                    "ProFTPD in the greeting",
                    "ProFTPD Server ready",
                    "go",
                    "TLSv1.2",
                ),
                version(
                    "ProFTPD in the 234",
                    "ready",
                    "AUTH TLS successful",
                    "TLSv1.2",
                ),
                version(
                    "pyftpdlib in the same words",
                    "pyftpdlib 2.0 ready",
                    "AUTH TLS successful",
                    "TLSv1.3",
                ),
                version("any other", "ready", "go", "TLSv1.3"),
                uploads(
                    "an upload without a ticket is not begun",
                    &format!("D! tickets 0\n{STOR}{STOR}{LIST_425}{NLST_425}"),
                    three_uploads,
                    "resumed, resumed, ! not supported: an upload without a TLS ticket…",
                ),
                uploads(
                    "a listing brings new tickets",
                    &format!("D! tickets 0\n{STOR}{STOR}D! forget\n{LIST_425}{STOR}"),
                    three_uploads,
                    "resumed, resumed, resumed",
                ),
                uploads(
                    "a 425 behind a full handshake is tried again",
                    &format!(
                        "D! forget\nPASSIVE\nC: STOR a\nD! tls\nS: 425 no reuse\n\
                     D! was reset\n{STOR}"
                    ),
                    one_upload,
                    "resumed",
                ),
            ],
        ),
        fact(
            "vsftpd require_ssl_reuse=YES; ProFTPD by default; FileZilla \
             Server; Bitvise",
            "refuse (522/425/450) a data connection that does not resume the \
             control session",
            [
                uploads(
                    "TLS 1.2",
                    &format!("{STOR}{STOR}{STOR}"),
                    three_uploads,
                    THREE,
                )
                .options(versions(TlsVersions::Tls12)),
                uploads(
                    "TLS 1.3",
                    &format!("{STOR}{STOR}{STOR}"),
                    three_uploads,
                    THREE,
                )
                .options(versions(TlsVersions::Tls13)),
                uploads(
                    "a hundred uploads",
                    &STOR.repeat(100),
                    a_hundred_uploads,
                    "100",
                )
                .options(versions(TlsVersions::Tls13))
                .whole("a hundred handshakes a play"),
                uploads(
                    "a hundred uploads, TLS 1.2",
                    &STOR.repeat(100),
                    a_hundred_uploads,
                    "100",
                )
                .options(versions(TlsVersions::Tls12))
                .whole("a hundred handshakes a play"),
                retr(
                    "522 to RETR",
                    "S: 522 reuse required",
                    "! RETR: 522 reuse required",
                ),
                retr(
                    "425 to RETR",
                    "S: 425 reuse required",
                    "! RETR: 425 reuse required",
                ),
                retr(
                    "450 to RETR",
                    "S: 450 reuse required",
                    "! RETR: 450 reuse required",
                ),
                retr(
                    "522 behind the handshake",
                    "S: 150 go\nD! tls\nD! close\nS: 522 reuse required",
                    "! RETR: 522 reuse required",
                )
                .broken(),
            ],
        )
        .elsewhere("tls_data.rs and tests/servers/resumption.rs"),
        fact(
            "OpenSSL servers",
            "two tickets at login, used up by uploads that never read",
            [uploads(
                "more uploads than tickets at login",
                &STOR.repeat(4),
                four_uploads,
                "resumed, resumed, resumed, resumed",
            )
            .options(versions(TlsVersions::Tls13))],
        ),
        fact("any", "plaintext behind the 234", injections()),
        fact(
            "any",
            "AUTH refused (500/502/504/431)",
            [
                auth("500 to AUTH", "500 no", "! AUTH: 500 no"),
                auth("502 to AUTH", "502 no", "! AUTH: 502 no"),
                auth("504 to AUTH", "504 no", "! AUTH: 504 no"),
                auth("431 to AUTH", "431 no", "! AUTH: 431 no"),
                auth("530 to AUTH", "530 no", "! AUTH: 530 no"),
                auth("534 to AUTH", "534 no", "! AUTH: 534 no"),
                auth("421 to AUTH", "421 no", "! 421 no"),
                auth("200 to AUTH", "200 hm", "! unexpected answer: AUTH: 200 hm"),
                auth("334 to AUTH", "334 hm", "! unexpected answer: AUTH: 334 hm"),
            ],
        ),
        fact("any", "PROT refused (534/536)", protections()),
        fact(
            "any",
            "certificate expired, for another name, self-signed",
            [
                refused(
                    "a self-signed certificate",
                    ConnectOptions::new().tls(TlsMode::Explicit),
                    "! TLS failed: invalid peer certificate: UnknownIssuer",
                ),
                refused(
                    "a certificate for another name",
                    explicit().tls_server_name("ftp.example.org"),
                    "! TLS failed: invalid peer certificate: certificate not valid for name \
                     \"ftp.example.org\"…",
                ),
                refused(
                    "another certificate than the pinned one",
                    ConnectOptions::new()
                        .tls(TlsMode::Explicit)
                        .tls_pin([7; 32]),
                    "! TLS failed: …",
                ),
                refused(
                    "an expired certificate",
                    ConnectOptions::new()
                        .tls(TlsMode::Explicit)
                        .tls_roots(TlsRoots::None)
                        .tls_add_root(&expired().0),
                    "! TLS failed: invalid peer certificate: certificate expired…",
                )
                .prepare(show_expired),
            ],
        ),
    ]
}

/// Up to where encrypted data connections are agreed on.
pub(super) const AGREED: &str = "C: AUTH TLS\nS: 234 go\nS! tls\nC: PBSZ 0\nS: 200 ok\n\
 C: PROT P\nS: 200 ok";

const LOGIN: &str = "C: USER joe\nS: 331 ?\nC: PASS pw\nS: 230 yes";

const THREE: &str = "resumed, resumed, resumed";

const STOR: &str = "PASSIVE\nC: STOR a\nS: 150 go\nD! tls\nD< abc\nD! ended\nS: 226 done\n";

const LIST_425: &str = "PASSIVE\nC: LIST\nS: 150 go\nD! tls\nD! close\nS: 425 no reuse\n";

const NLST_425: &str = "PASSIVE\nC: NLST\nS: 150 go\nD! tls\nD! close\nS: 425 no reuse\n";

/// Up to the command of the first transfer.
pub(super) fn begun() -> String {
    format!("S: 220 ready\n{AGREED}\nC: TYPE I\nS: 200 ok\nPASSIVE\n")
}

pub(super) fn retr(name: &'static str, rest: &str, want: &'static str) -> Row {
    retr_with(name, rest, read, want)
}

pub(super) fn retr_with(name: &'static str, rest: &str, call: Call, want: &'static str) -> Row {
    row(name, rest, call, want)
        .opening(format!("{}C: RETR a", begun()))
        .options(explicit())
}

fn versions(versions: TlsVersions) -> ConnectOptions {
    explicit().tls_versions(versions)
}

/// Several uploads from the first byte behind `TYPE I`.
fn uploads(name: &'static str, transcript: &str, call: Call, want: &'static str) -> Row {
    row(name, transcript, call, want)
        .opening(format!("S: 220 ready\n{AGREED}\nC: TYPE I\nS: 200 ok"))
        .options(explicit())
}

/// What becomes of so many uploads.
async fn several(ftp: &mut FtpStream, times: usize) -> Result<String> {
    let mut seen = Vec::new();
    for _ in 0..times {
        seen.push(outcome(upload_with(ftp, &TransferOptions::new()).await));
    }
    Ok(seen.join(", "))
}

fn one_upload(ftp: &mut FtpStream) -> Seen<'_> {
    Box::pin(several(ftp, 1))
}

fn three_uploads(ftp: &mut FtpStream) -> Seen<'_> {
    Box::pin(several(ftp, 3))
}

fn four_uploads(ftp: &mut FtpStream) -> Seen<'_> {
    Box::pin(several(ftp, 4))
}

/// How many of a hundred resume.
fn a_hundred_uploads(ftp: &mut FtpStream) -> Seen<'_> {
    Box::pin(async move {
        let seen = several(ftp, 100).await?;
        let resumed = seen.split(", ").filter(|seen| *seen == "resumed");
        Ok(resumed.count().to_string())
    })
}

fn version(name: &'static str, greeting: &str, answer: &str, want: &'static str) -> Row {
    let agreed = AGREED.replace("234 go", &format!("234 {answer}"));
    let call: Call = |ftp| {
        Box::pin(async move {
            let version = ftp.tls().map(|tls| tls.version().to_owned());
            Ok(version.unwrap_or_default())
        })
    };
    from_greeting(name, format!("S: 220 {greeting}\n{agreed}"), call, want).options(explicit())
}

fn auth(name: &'static str, refusal: &str, want: &'static str) -> Row {
    row(name, format!("C: AUTH TLS\nS: {refusal}"), nothing, want)
        .options(explicit().credentials("joe", "pw"))
        .closed()
}

fn refused(name: &'static str, options: ConnectOptions, want: &'static str) -> Row {
    row(name, "C: AUTH TLS\nS: 234 go\nS! tls", nothing, want)
        .options(options.credentials("joe", "pw"))
        .closed()
}

fn injections() -> Vec<Row> {
    vec![
        row(
            "a reply behind the 234",
            "C: AUTH TLS\nS~ 234 go\\r\\n331 injected\\r\\n\nS! deaf",
            nothing,
            "! protocol error: 14 bytes behind the reply that starts or ends TLS",
        )
        // What comes by itself is taken for TLS.
        .or(&["! protocol error: …", "! TLS failed: …"])
        .or_in_two(&["! protocol error: …", "! TLS failed: …"])
        .options(explicit().credentials("joe", "pw"))
        .closed(),
        row(
            "a byte behind the 234",
            "C: AUTH TLS\nS~ 234 go\\r\\n3\nS! deaf",
            |ftp| Box::pin(async move { ftp.secure().await.map(|()| "done".to_owned()) }),
            "! protocol error: 1 bytes behind the reply that starts or ends TLS",
        )
        .or_in_two(&["! TLS failed: …"])
        .options(certificate().trusted_by(ConnectOptions::new()))
        .takes_up_to(60)
        .broken(),
    ]
}

fn protections() -> Vec<Row> {
    let refused = |name, refusal: &str, want| {
        let transcript = format!("C: PBSZ 0\nS: 200 ok\nC: PROT P\nS: {refusal}");
        row(name, transcript, nothing, want)
            .opening("S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls")
            .options(explicit().credentials("joe", "pw"))
            .closed()
    };
    let later = |name, before: &str| {
        let again = "C: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 200 ok";
        row(name, format!("{before}\n{LOGIN}\n{again}"), nothing, "")
            .opening("S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls")
            .options(explicit().credentials("joe", "pw"))
    };
    vec![
        refused("534 to PROT", "534 no", "! PROT: 534 no"),
        refused("536 to PROT", "536 no", "! PROT: 536 no"),
        refused("431 to PROT", "431 no", "! PROT: 431 no"),
        refused("504 to PROT", "504 no", "! PROT: 504 no"),
        later("530 to PBSZ before the login", "C: PBSZ 0\nS: 530 log in"),
        later(
            "503 to PROT before the login",
            "C: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 503 log in",
        ),
        row(
            "534 to PROT, and the caller says that it may go in the clear",
            "C: AUTH TLS\nS: 234 go\nS! tls\nC: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 534 no\n\
             C: PROT C\nS: 200 ok\n\
             C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done",
            |ftp| {
                Box::pin(async move {
                    let refusal = ftp.secure().await;
                    if !matches!(refusal, Err(Error::Permanent(_))) {
                        return refusal.map(|()| "done".to_owned());
                    }
                    let refusal = outcome(refusal.map(|()| "done"));
                    let early = outcome(ftp.retr("a").await.map(|_| "done"));
                    ftp.prot_c().await?;
                    Ok(format!("{refusal}, {early}, {}", read(ftp).await?))
                })
            },
            "! PROT: 534 no, ! not supported: transfers before the server has agreed to encrypt \
             them, abc",
        )
        .options(certificate().trusted_by(ConnectOptions::new())),
    ]
}

/// A certificate that was good until 2002, and its key.
fn expired() -> &'static (Vec<u8>, Vec<u8>) {
    static MADE: OnceLock<(Vec<u8>, Vec<u8>)> = OnceLock::new();
    MADE.get_or_init(|| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.is_ca = IsCa::ExplicitNoCa;
        params.not_before = date_time_ymd(2001, 1, 1);
        params.not_after = date_time_ymd(2002, 1, 1);
        let certificate = params.self_signed(&key).unwrap();
        (certificate.der().to_vec(), key.serialize_der())
    })
}

fn show_expired(server: &mut Server) {
    let (certificate, key) = expired();
    let key = PrivateKeyDer::try_from(key.clone()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate.clone())], key);
    server.encrypt_with(config.unwrap());
}

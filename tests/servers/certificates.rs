//! Certificates that are not to be trusted.

use tokio_ftp::{ConnectOptions, Error};
use tokio_rustls::rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;

use crate::{
    cell::{Cell, RACES},
    certs::Certificates,
    farm::{Kind, Server},
    options::{Shown, Tls, Versions},
};

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for kind in Kind::ALL {
        for tls in [Tls::Explicit, Tls::Implicit] {
            for versions in [Versions::Only12, Versions::Only13] {
                if kind.speaks(tls) {
                    cells.push(Cell::new(kind, tls, versions));
                }
            }
        }
    }
    cells
}

/// The connection is refused by the client, with a reason that says `word`.
async fn refused(cell: Cell, server: &Server, options: ConnectOptions, word: &str) {
    let mut races = 0;
    loop {
        let Err(error) = options.connect(server.address()).await else {
            panic!("{cell}: connected in spite of {word}");
        };
        if races < RACES && cell.lost_race(&error) {
            races += 1;
            continue;
        }
        let text = format!("{error:?}");
        let told = matches!(error, Error::Tls(_)) && text.contains(word);
        assert!(told, "{cell}: {word}: {text}\n{}", server.log());
        assert!(!error.is_transient(), "{cell}: {error:?}");
        return;
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let suite = TLS13_AES_128_GCM_SHA256.tls13().expect("TLS 1.3");
    let digest = suite.common.hash_provider.hash(bytes);
    digest.as_ref().try_into().expect("32 bytes")
}

#[tokio::test]
async fn wrong_certificates_are_refused() {
    for cell in cells() {
        let server = cell.start();
        let good = cell.options(&server);

        let ftp = cell.connect(&server, &good).await;
        let ftp = ftp.unwrap_or_else(|error| panic!("{cell}: {error:?}"));
        let facts = ftp.tls().expect("TLS runs");
        let certificate = facts.peer_certificates().next().expect("a certificate");
        let pin = sha256(certificate);
        ftp.quit().await.expect("an end");

        let named = good.clone().tls_server_name("localhost");
        drop(cell.connect(&server, &named).await.expect("its other name"));
        let other = good.clone().tls_server_name("other.example");
        refused(cell, &server, other, "NotValidForName").await;
        let other = tempfile::tempdir().expect("a directory");
        let other = Certificates::write(other.path(), Shown::Good).expect("another authority");
        let trusting = cell
            .options_without_trust(&server)
            .tls_add_root(other.authority_der);
        refused(cell, &server, trusting.clone(), "UnknownIssuer").await;

        // Whoever knows the certificate itself needs no authority and no name.
        let pinned = trusting.clone().tls_pin(pin);
        drop(cell.connect(&server, &pinned).await.expect("the right pin"));
        let mut wrong = pin;
        wrong[31] ^= 1;
        let wrong = good.clone().tls_pin(wrong);
        refused(cell, &server, wrong, "Certificate").await;
        let unsafe_ = trusting.clone().danger_accept_invalid_certs(true);
        drop(cell.connect(&server, &unsafe_).await.expect("any will do"));
    }
}

#[tokio::test]
async fn certificates_that_are_not_good_today_are_refused() {
    for cell in cells() {
        for (shown, word) in [
            (Shown::Expired, "Expired"),
            (Shown::NotYetValid, "NotValidYet"),
        ] {
            let server = cell.start_with(|options| options.shown(shown));
            refused(cell, &server, cell.options(&server), word).await;
        }
    }
}

/// Nobody answers for it but itself: that is refused, and only its pin lets in.
#[tokio::test]
async fn self_signed_certificates_are_refused() {
    for cell in cells() {
        let server = cell.start_with(|options| options.shown(Shown::SelfSigned));
        refused(cell, &server, cell.options(&server), "UnknownIssuer").await;
        let any = cell.options_without_trust(&server);
        let unsafe_ = any.clone().danger_accept_invalid_certs(true);
        let ftp = cell.connect(&server, &unsafe_).await.expect("any will do");
        let facts = ftp.tls().expect("TLS runs");
        let pin = sha256(facts.peer_certificates().next().expect("a certificate"));
        let pinned = any.tls_pin(pin);
        let mut ftp = cell.connect(&server, &pinned).await.expect("its pin");
        ftp.upload("file", &b"bytes"[..]).await.expect("an upload");
    }
}

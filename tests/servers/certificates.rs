//! Certificates that are not to be trusted.

use tokio_ftp::{ConnectOptions, Error};
use tokio_rustls::rustls::crypto::aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256;

use crate::{
    cell::Cell,
    certs::Certificates,
    farm::{Kind, Server},
    options::{Options, Tls, Versions},
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
    // libunftp breaks some handshakes by itself.
    let mut tries = 50;
    loop {
        tries -= 1;
        let Err(error) = options.connect(server.address()).await else {
            panic!("{cell}: connected in spite of {word}");
        };
        let text = format!("{error:?}");
        if matches!(error, Error::Tls(_)) && text.contains(word) {
            assert!(!error.is_transient(), "{cell}: {error:?}");
            return;
        }
        let excused = cell.kind == Kind::Unftp && tries > 0;
        assert!(excused, "{cell}: {word}: {text}\n{}", server.log());
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
        let options = Options::new(cell.tls).versions(cell.versions);
        let server = Server::start(cell.kind, &options).unwrap_or_else(|error| panic!("{error}"));
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
        let other = Certificates::write(other.path(), false).expect("another authority");
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
async fn expired_certificates_are_refused() {
    for cell in cells() {
        let options = Options::new(cell.tls).versions(cell.versions).expired();
        let server = Server::start(cell.kind, &options);
        let server = server.unwrap_or_else(|error| panic!("{error}"));
        refused(cell, &server, cell.options(&server), "Expired").await;
    }
}

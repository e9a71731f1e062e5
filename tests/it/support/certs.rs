//! A certificate, and who trusts it.

use std::sync::{Arc, OnceLock};

use rcgen::{CertificateParams, IsCa, KeyPair};
use tokio_ftp::{ConnectOptions, tls::TlsRoots};
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};

/// A certificate for `localhost` and `127.0.0.1` that is no authority's, and so can be trusted as
/// its own root.
#[derive(Debug)]
pub(crate) struct Certificate {
    pub(crate) der: Vec<u8>,
    pub(crate) pem: String,
    pub(crate) key_pem: String,
    key_der: Vec<u8>,
}

/// The one that all servers of these tests have.
pub(crate) fn certificate() -> &'static Certificate {
    static MADE: OnceLock<Certificate> = OnceLock::new();
    MADE.get_or_init(|| Certificate::new(&["localhost", "127.0.0.1"]))
}

impl Certificate {
    fn new(names: &[&str]) -> Self {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        // As an authority it could not stand for a server too: rustls refuses that.
        params.is_ca = IsCa::ExplicitNoCa;
        let certificate = params.self_signed(&key).unwrap();
        Self {
            der: certificate.der().to_vec(),
            pem: certificate.pem(),
            key_pem: key.serialize_pem(),
            key_der: key.serialize_der(),
        }
    }

    /// What a server needs, for both versions of TLS.
    pub(crate) fn server(&self) -> ServerConfig {
        let key = PrivateKeyDer::try_from(self.key_der.clone()).unwrap();
        ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![CertificateDer::from(self.der.clone())], key)
            .unwrap()
    }

    /// Makes a client trust this certificate and no other.
    pub(crate) fn trusted_by(&self, options: ConnectOptions) -> ConnectOptions {
        options.tls_roots(TlsRoots::None).tls_add_root(&self.der)
    }
}

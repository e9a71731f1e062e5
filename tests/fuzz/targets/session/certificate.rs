//! What the server proves itself with.

use std::sync::{Arc, OnceLock};

use rcgen::{CertificateParams, IsCa, KeyPair};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
        server::ServerSessionMemoryCache,
    },
};

/// A certificate for `localhost`, its own root.
pub(crate) struct Certificate {
    der: CertificateDer<'static>,
    config: ServerConfig,
}

impl Certificate {
    /// The only one.
    pub(crate) fn get() -> &'static Self {
        static MADE: OnceLock<Certificate> = OnceLock::new();
        MADE.get_or_init(Self::new)
    }

    fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let names = vec!["localhost".to_owned()];
        let mut params = CertificateParams::new(names).expect("a name");
        params.is_ca = IsCa::ExplicitNoCa;
        let der = params
            .self_signed(&key)
            .expect("a certificate")
            .der()
            .clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![der.clone()], key)
            .expect("a certificate with its key");
        Self { der, config }
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// A server that has met nobody yet.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let mut config = self.config.clone();
        config.session_storage = ServerSessionMemoryCache::new(32);
        TlsAcceptor::from(Arc::new(config))
    }
}

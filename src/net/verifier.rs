//! Certificate checks for callers who cannot use the usual ones.

use std::sync::Arc;

use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, Error, SignatureScheme, SupportedCipherSuite,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{self, CryptoProvider, hash::HashAlgorithm},
    pki_types::{CertificateDer, ServerName, UnixTime},
};

/// Takes one certificate or any, whoever signed it and whatever it names. The handshake must
/// still prove that the server holds its key.
#[derive(Debug)]
pub(super) struct Lenient {
    /// The SHA-256 of the one certificate, where there is but one.
    pin: Option<[u8; 32]>,
    provider: Arc<CryptoProvider>,
}

impl Lenient {
    pub(super) fn new(pin: Option<[u8; 32]>, provider: &Arc<CryptoProvider>) -> Self {
        Self {
            pin,
            provider: Arc::clone(provider),
        }
    }

    /// Every provider has SHA-256 for its handshakes, so no hash is built in for this.
    fn sha256(&self, certificate: &CertificateDer<'_>) -> Result<impl AsRef<[u8]> + use<>, Error> {
        let suites = self.provider.cipher_suites.iter();
        let mut hashes = suites.filter_map(|suite| match (suite.tls13(), suite) {
            (Some(suite), _) => Some(suite.common.hash_provider),
            (None, SupportedCipherSuite::Tls12(suite)) => Some(suite.common.hash_provider),
            (None, _) => None,
        });
        let sha256 = hashes.find(|hash| hash.algorithm() == HashAlgorithm::SHA256);
        let sha256 = sha256.ok_or(Error::General(
            "no SHA-256 to check the pin with".to_owned(),
        ))?;
        Ok(sha256.hash(certificate))
    }
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.pin {
            Some(pin) if self.sha256(end_entity)?.as_ref() != pin => {
                Err(CertificateError::ApplicationVerificationFailure.into())
            }
            _ => Ok(ServerCertVerified::assertion()),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

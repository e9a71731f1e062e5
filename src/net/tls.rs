//! TLS for control and data connections.

use std::{
    fmt, io,
    sync::{Arc, OnceLock},
};

use tokio_rustls::{
    Connect, TlsConnector,
    client::TlsStream,
    rustls::{
        self, AlertDescription, CipherSuite, ClientConfig, HandshakeKind, RootCertStore,
        client::{Resumption, WebPkiServerVerifier, danger::ServerCertVerifier},
        crypto::CryptoProvider,
        pki_types::{CertificateDer, ServerName},
    },
};

use super::{
    connector::Endpoint, records::Records, stream::Plain, tickets::TicketStore, verifier::Lenient,
};

/// Which versions of TLS are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TlsVersions {
    /// TLS 1.3 and 1.2, but 1.2 alone with servers that give no new TLS 1.3 ticket on an upload
    /// and yet refuse data connections without one (ProFTPD). With a
    /// [`tls_config`](crate::ConnectOptions::tls_config) of the caller's, its own versions.
    #[default]
    Auto,
    /// TLS 1.3 and 1.2, whatever the server.
    Both,
    /// TLS 1.2 only.
    Tls12,
    /// TLS 1.3 only.
    Tls13,
}

/// Whose certificate authorities are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsRoots {
    /// Those that Mozilla trusts, compiled in; needs the feature `webpki-roots`.
    Mozilla,
    /// Those that the operating system trusts; needs the feature `platform-verifier`.
    Platform,
    /// None but those that [`tls_add_root`](crate::ConnectOptions::tls_add_root) names.
    None,
}

impl Default for TlsRoots {
    /// `Mozilla` where that is built in, else `Platform` where that is, else `None`.
    fn default() -> Self {
        if cfg!(feature = "webpki-roots") {
            Self::Mozilla
        } else if cfg!(feature = "platform-verifier") {
            Self::Platform
        } else {
            Self::None
        }
    }
}

/// When the end of a data connection without close_notify is taken for the end of the data.
///
/// Without close_notify, anybody on the way can cut a transfer short unseen (RFC 4217 section
/// 12.4); the server's 226 on the control connection tells nothing of how much arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TlsEof {
    /// When the size is known and all of it came.
    #[default]
    Verify,
    /// Also when no size is known and the server says that the transfer is complete.
    TrustReply,
}

/// What was agreed on for an encrypted connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    version: String,
    cipher_suite: String,
    resumed: bool,
    peer_certificates: Vec<Vec<u8>>,
}

impl TlsFacts {
    pub(crate) fn of(stream: &TlsStream<Plain>) -> Self {
        let session = stream.get_ref().1;
        Self {
            version: session
                .protocol_version()
                .map_or_else(String::new, |version| {
                    format!("{version:?}").replace('_', ".")
                }),
            cipher_suite: session
                .negotiated_cipher_suite()
                .map_or_else(String::new, |suite| iana_name(suite.suite())),
            resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
            peer_certificates: session
                .peer_certificates()
                .unwrap_or_default()
                .iter()
                .map(|certificate| certificate.to_vec())
                .collect(),
        }
    }

    /// The version: `TLSv1.2` or `TLSv1.3`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The cipher suite, by its IANA name.
    pub fn cipher_suite(&self) -> &str {
        &self.cipher_suite
    }

    /// Whether an earlier TLS session was resumed.
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// The server's certificates in DER, its own first.
    pub fn peer_certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.peer_certificates.iter().map(Vec::as_slice)
    }
}

/// rustls writes `TLS13_AES_…` where IANA has `TLS_AES_…`.
fn iana_name(suite: CipherSuite) -> String {
    format!("{suite:?}").replace("TLS13_", "TLS_")
}

/// What a caller wants of TLS.
#[derive(Debug, Clone, Default)]
pub(crate) struct TlsSettings {
    pub(crate) config: Option<Arc<ClientConfig>>,
    pub(crate) versions: TlsVersions,
    pub(crate) roots: TlsRoots,
    pub(crate) added_roots: Vec<Arc<[u8]>>,
    pub(crate) server_name: Option<String>,
    pub(crate) accept_invalid: bool,
    pub(crate) pin: Option<[u8; 32]>,
}

/// Why no TLS client could be made of the settings.
#[derive(Debug)]
pub(crate) enum TlsSetupError {
    Unsupported(&'static str),
    Value(&'static str),
    Rustls(rustls::Error),
}

impl From<rustls::Error> for TlsSetupError {
    fn from(error: rustls::Error) -> Self {
        Self::Rustls(error)
    }
}

/// Makes the TLS handshakes of one FTP session, which share its tickets and no others.
pub(crate) struct TlsClient {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    tickets: Arc<TicketStore>,
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsClient")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl TlsClient {
    /// A client for the server at `endpoint`; `tls12_only` where the server is known to want it
    /// and the settings leave the version open.
    pub(crate) fn new(
        settings: &TlsSettings,
        endpoint: &Endpoint,
        tls12_only: bool,
    ) -> Result<Self, TlsSetupError> {
        let name = server_name(settings, endpoint)?;
        let versions = match settings.versions {
            TlsVersions::Auto if tls12_only => TlsVersions::Tls12,
            versions => versions,
        };
        let tickets = Arc::new(TicketStore::default());
        let mut config = ClientConfig::clone(&*settings.config(versions)?);
        config.resumption = Resumption::store(Arc::<TicketStore>::clone(&tickets));
        if let Some(verifier) = settings.lenient_verifier(config.crypto_provider()) {
            config.dangerous().set_certificate_verifier(verifier);
        }
        Ok(Self {
            config: Arc::new(config),
            name,
            tickets,
        })
    }

    /// A handshake of the control connection over `plain`; the first poll sends.
    pub(crate) fn handshake(&self, plain: Plain) -> Connect<Plain> {
        TlsConnector::from(Arc::clone(&self.config)).connect(self.name.clone(), plain)
    }

    /// TLS for a data connection over `plain`.
    pub(super) fn records(&self, plain: Plain) -> io::Result<Records> {
        let tickets = Arc::<TicketStore>::clone(&self.tickets);
        Records::new(Arc::clone(&self.config), self.name.clone(), tickets, plain)
    }

    pub(crate) fn tickets(&self) -> &TicketStore {
        &self.tickets
    }
}

impl TlsSettings {
    fn config(&self, versions: TlsVersions) -> Result<Arc<ClientConfig>, TlsSetupError> {
        // The anchors take 40 KiB and a while to copy, so sessions with nothing of their own
        // share one configuration for each choice.
        static SHARED: [OnceLock<Arc<ClientConfig>>; 8] = [const { OnceLock::new() }; 8];
        let lenient = self.pin.is_some() || self.accept_invalid;
        let plain = !lenient && self.added_roots.is_empty();
        let shared = match (&self.config, plain, self.roots) {
            (Some(config), ..) => return Ok(Arc::clone(config)),
            (None, true, TlsRoots::Mozilla) => SHARED.get(versions as usize),
            (None, true, TlsRoots::Platform) => SHARED.get(4 + versions as usize),
            _ => None,
        };
        if let Some(config) = shared.and_then(OnceLock::get) {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(self.build(versions)?);
        Ok(match shared {
            Some(shared) => Arc::clone(shared.get_or_init(|| config)),
            None => config,
        })
    }

    fn build(&self, versions: TlsVersions) -> Result<ClientConfig, TlsSetupError> {
        let provider = Arc::new(provider().ok_or(TlsSetupError::Unsupported(
            "TLS needs the feature aws-lc-rs or ring, or a tls_config",
        ))?);
        let versions: &[&rustls::SupportedProtocolVersion] = match versions {
            TlsVersions::Auto | TlsVersions::Both => {
                &[&rustls::version::TLS13, &rustls::version::TLS12]
            }
            TlsVersions::Tls12 => &[&rustls::version::TLS12],
            TlsVersions::Tls13 => &[&rustls::version::TLS13],
        };
        let verifier = match self.lenient_verifier(&provider) {
            Some(verifier) => verifier,
            None => self.verifier(&provider)?,
        };
        Ok(ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth())
    }

    fn verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Arc<dyn ServerCertVerifier>, TlsSetupError> {
        let mut roots = RootCertStore::empty();
        match self.roots {
            TlsRoots::Mozilla => mozilla(&mut roots)?,
            TlsRoots::Platform => return platform(provider, &self.added_roots),
            TlsRoots::None => {}
        }
        for root in &self.added_roots {
            roots.add(CertificateDer::from_slice(root))?;
        }
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map(|verifier| verifier as Arc<dyn ServerCertVerifier>)
            .map_err(|_| {
                TlsSetupError::Unsupported(
                    "TLS trusts nobody: it needs the feature webpki-roots or platform-verifier, \
                 tls_add_root, or a tls_config",
                )
            })
    }

    /// What verifies in place of the trusted authorities, where the caller asked for it.
    fn lenient_verifier(
        &self,
        provider: &Arc<CryptoProvider>,
    ) -> Option<Arc<dyn ServerCertVerifier>> {
        let wanted = self.pin.is_some() || self.accept_invalid;
        wanted
            .then(|| -> Arc<dyn ServerCertVerifier> { Arc::new(Lenient::new(self.pin, provider)) })
    }
}

/// The cryptography that was built in.
fn provider() -> Option<CryptoProvider> {
    #[cfg(feature = "aws-lc-rs")]
    let provider = Some(rustls::crypto::aws_lc_rs::default_provider());
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    let provider = Some(rustls::crypto::ring::default_provider());
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    let provider: Option<CryptoProvider> = None;
    provider.map(|mut provider| {
        // For servers that let the client choose. ChaCha20 costs twice what AES costs on
        // processors that know AES; AES-256 more than AES-128, above all in a handshake, whose
        // SHA-384 few processors know.
        provider.cipher_suites.sort_by_key(|suite| {
            let name = format!("{:?}", suite.suite());
            (name.contains("CHACHA20"), name.contains("AES_256"))
        });
        provider
    })
}

#[cfg(feature = "webpki-roots")]
fn mozilla(roots: &mut RootCertStore) -> Result<(), TlsSetupError> {
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Ok(())
}

#[cfg(not(feature = "webpki-roots"))]
fn mozilla(_roots: &mut RootCertStore) -> Result<(), TlsSetupError> {
    Err(TlsSetupError::Unsupported(
        "TlsRoots::Mozilla needs the feature webpki-roots",
    ))
}

#[cfg(feature = "platform-verifier")]
fn platform(
    provider: &Arc<CryptoProvider>,
    added: &[Arc<[u8]>],
) -> Result<Arc<dyn ServerCertVerifier>, TlsSetupError> {
    let added = added.iter().map(|root| CertificateDer::from(root.to_vec()));
    Ok(Arc::new(
        rustls_platform_verifier::Verifier::new_with_extra_roots(added, Arc::clone(provider))?,
    ))
}

#[cfg(not(feature = "platform-verifier"))]
fn platform(
    _provider: &Arc<CryptoProvider>,
    _added: &[Arc<[u8]>],
) -> Result<Arc<dyn ServerCertVerifier>, TlsSetupError> {
    Err(TlsSetupError::Unsupported(
        "TlsRoots::Platform needs the feature platform-verifier",
    ))
}

fn server_name(
    settings: &TlsSettings,
    endpoint: &Endpoint,
) -> Result<ServerName<'static>, TlsSetupError> {
    let invalid = TlsSetupError::Value("a server name that no certificate can carry");
    match (&settings.server_name, endpoint) {
        (Some(name), _) => ServerName::try_from(name.clone()).map_err(|_| invalid),
        (None, Endpoint::Name(host, _)) => ServerName::try_from(host.clone()).map_err(|_| invalid),
        (None, Endpoint::Address(address)) => Ok(ServerName::from(address.ip())),
    }
}

/// Whether the server has refused every version of TLS that was offered.
pub(crate) fn is_version_refused(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(
        inner,
        Some(rustls::Error::AlertReceived(
            AlertDescription::ProtocolVersion
        ))
    )
}

/// Whether a stream ended without close_notify.
pub(crate) fn is_missing_close_notify(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::UnexpectedEof
}

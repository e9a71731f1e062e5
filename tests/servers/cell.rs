//! One server in one mode, and sessions with it.

use std::fmt;

use tokio_ftp::{
    ConnectOptions, Error, FtpStream, Result, TlsMode,
    tls::{TlsRoots, TlsVersions},
};

use crate::{
    farm::{Kind, Server},
    options::{Options, Tls, Versions},
};

/// A server, a TLS mode and the TLS versions that the server speaks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    pub(crate) tls: Tls,
    pub(crate) versions: Versions,
}

impl Cell {
    pub(crate) fn new(kind: Kind, tls: Tls, versions: Versions) -> Self {
        Self {
            kind,
            tls,
            versions,
        }
    }

    /// Every server in every mode that it has.
    pub(crate) fn all() -> Vec<Self> {
        let mut cells = Vec::new();
        for kind in Kind::ALL {
            cells.push(Self::new(kind, Tls::None, Versions::Both));
            for tls in [Tls::Explicit, Tls::Implicit] {
                for versions in [Versions::Only12, Versions::Only13, Versions::Both] {
                    if kind.speaks(tls) {
                        cells.push(Self::new(kind, tls, versions));
                    }
                }
            }
        }
        cells
    }

    /// The server, demanding resumed data connections where it can.
    pub(crate) fn start(self) -> Server {
        self.start_with(|options| options)
    }

    /// The same on the IPv6 loopback address.
    pub(crate) fn start_ipv6(self) -> Server {
        self.start_with(Options::ipv6)
    }

    fn start_with(self, change: impl FnOnce(Options) -> Options) -> Server {
        let reuse = self.tls != Tls::None && self.kind.can_require_reuse();
        let options = Options::new(self.tls)
            .versions(self.versions)
            .reuse_required(reuse);
        Server::start(self.kind, &change(options)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// How to log in there.
    pub(crate) fn options(self, server: &Server) -> ConnectOptions {
        self.options_without_trust(server)
            .tls_add_root(server.authority_der())
    }

    /// The same, trusting no authority at all.
    pub(crate) fn options_without_trust(self, server: &Server) -> ConnectOptions {
        let mode = match self.tls {
            Tls::None => TlsMode::Off,
            Tls::Explicit => TlsMode::Explicit,
            Tls::Implicit => TlsMode::Implicit,
        };
        let versions = match self.versions {
            Versions::Both => TlsVersions::Auto,
            Versions::Only12 => TlsVersions::Tls12,
            Versions::Only13 => TlsVersions::Tls13,
        };
        FtpStream::builder()
            .credentials(server.user(), server.password())
            .tls(mode)
            .tls_roots(TlsRoots::None)
            .tls_versions(versions)
    }

    pub(crate) async fn login(self, server: &Server) -> FtpStream {
        self.connect(server, &self.options(server))
            .await
            .unwrap_or_else(|error| panic!("{self}: {error}\n{}", server.log()))
    }

    /// Connects, more than once where that is libunftp's fault: it goes on reading text for a
    /// moment after its 234, and then the handshake of a quick client is no handshake any more.
    pub(crate) async fn connect(
        self,
        server: &Server,
        options: &ConnectOptions,
    ) -> Result<FtpStream> {
        let races = self.kind == Kind::Unftp && self.tls == Tls::Explicit;
        let mut tries = if races { 50 } else { 1 };
        loop {
            tries -= 1;
            match options.connect(server.address()).await {
                Err(Error::Tls(_) | Error::Io(_)) if tries > 0 => {}
                done => return done,
            }
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} {:?}", self.kind, self.tls, self.versions)
    }
}

/// Bytes that no text mode and no misplaced offset leaves as they are.
pub(crate) fn content(length: usize, seed: u8) -> Vec<u8> {
    let mut state = u32::from(seed).wrapping_mul(2_654_435_761) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[1]
        })
        .collect()
}

//! One server in one mode, and sessions with it.

use std::{
    fmt,
    sync::atomic::{AtomicU32, Ordering},
};

use tokio_ftp::{
    ConnectOptions, DataMode, Error, FtpStream, Result, TlsMode,
    tls::{TlsRoots, TlsVersions},
};

use crate::{
    farm::{Kind, Server},
    options::{Family, Options, Tls, Versions},
};

/// How often in a row libunftp may break a handshake: it does so with one in a hundred.
pub(crate) const RACES: usize = 5;

/// A server, how it is set up, and how it is talked to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    pub(crate) tls: Tls,
    pub(crate) versions: Versions,
    pub(crate) family: Family,
    pub(crate) data: DataMode,
    /// Whether data connections have to resume the control connection's TLS session.
    pub(crate) reuse: bool,
    pub(crate) pipelining: bool,
}

impl Cell {
    /// Passive over IPv4, with resumed data connections demanded where the server can do that.
    pub(crate) fn new(kind: Kind, tls: Tls, versions: Versions) -> Self {
        Self {
            kind,
            tls,
            versions,
            family: Family::V4,
            data: DataMode::Passive,
            reuse: tls != Tls::None && kind.can_require_reuse(),
            pipelining: false,
        }
    }

    pub(crate) fn ipv6(self) -> Self {
        Self {
            family: Family::V6,
            ..self
        }
    }

    pub(crate) fn active(self) -> Self {
        Self {
            data: DataMode::Active,
            ..self
        }
    }

    pub(crate) fn pipelined(self) -> Self {
        Self {
            pipelining: true,
            ..self
        }
    }

    fn without_reuse(self) -> Self {
        Self {
            reuse: false,
            ..self
        }
    }

    /// Every server in every TLS mode and version that it has.
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

    /// The same, and over plain and explicit TLS also IPv6, active mode, pipelining, and resumption
    /// that is not demanded. Not the full product: each value of each of these meets plain and TLS.
    pub(crate) fn of(kind: Kind) -> Vec<Self> {
        let mut cells: Vec<_> = Self::all()
            .into_iter()
            .filter(|cell| cell.kind == kind)
            .collect();
        for tls in [Tls::None, Tls::Explicit] {
            let cell = Self::new(kind, tls, Versions::Both);
            cells.push(cell.ipv6());
            cells.push(cell.active());
            cells.push(cell.pipelined());
        }
        for versions in [Versions::Only12, Versions::Only13] {
            cells.push(Self::new(kind, Tls::Explicit, versions).pipelined());
        }
        if kind.can_require_reuse() {
            for versions in [Versions::Only12, Versions::Only13] {
                cells.push(Self::new(kind, Tls::Explicit, versions).without_reuse());
            }
        }
        cells
    }

    pub(crate) fn start(self) -> Server {
        self.start_with(|options| options)
    }

    pub(crate) fn start_with(self, change: impl FnOnce(Options) -> Options) -> Server {
        let options = Options::new(self.tls)
            .versions(self.versions)
            .family(self.family)
            .reuse_required(self.reuse);
        Server::start(self.kind, &change(options)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// How to log in there.
    pub(crate) fn options(self, server: &Server) -> ConnectOptions {
        self.options_without_trust(server)
            .tls_add_root(server.authority_der())
    }

    /// The same, trusting no authority at all.
    pub(crate) fn options_without_trust(self, server: &Server) -> ConnectOptions {
        self.modes().credentials(server.user(), server.password())
    }

    /// How to connect, with no login behind it.
    pub(crate) fn options_without_login(self, server: &Server) -> ConnectOptions {
        self.modes().tls_add_root(server.authority_der())
    }

    fn modes(self) -> ConnectOptions {
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
            .tls(mode)
            .data_mode(self.data)
            .pipelining(self.pipelining)
            .tls_roots(TlsRoots::None)
            .tls_versions(versions)
    }

    pub(crate) async fn login(self, server: &Server) -> FtpStream {
        self.connect(server, &self.options(server))
            .await
            .unwrap_or_else(|error| panic!("{self}: {error}\n{}", server.log()))
    }

    /// Connects, more than once where the handshake breaks on libunftp's [race](Self::lost_race).
    pub(crate) async fn connect(
        self,
        server: &Server,
        options: &ConnectOptions,
    ) -> Result<FtpStream> {
        let mut races = 0;
        loop {
            match options.connect(server.address()).await {
                Err(error) if races < RACES && self.lost_race(&error) => races += 1,
                done => return done,
            }
        }
    }

    /// Whether this is libunftp's fault, which is then counted: it goes on reading text for a
    /// moment after its 234, and answers the handshake of a quick client with text.
    pub(crate) fn lost_race(self, error: &Error) -> bool {
        static LOST: AtomicU32 = AtomicU32::new(0);
        let lost = self.kind == Kind::Unftp
            && self.tls == Tls::Explicit
            && matches!(error, Error::Tls(_))
            && format!("{error:?}").contains("InvalidContentType");
        if lost {
            let count = LOST.fetch_add(1, Ordering::Relaxed) + 1;
            println!("{self}: {count} handshakes answered with text so far");
        }
        lost
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} {:?}", self.kind, self.tls, self.versions)?;
        write!(f, " {:?} {:?}", self.family, self.data)?;
        f.write_str(if self.reuse { " reuse" } else { "" })?;
        f.write_str(if self.pipelining { " pipelining" } else { "" })
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

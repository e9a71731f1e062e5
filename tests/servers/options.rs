//! What a test asks of a server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// How the control connection is protected. Where it is, data connections
/// have to be as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    None,
    /// `AUTH TLS` is required before a login.
    Explicit,
    /// The handshake comes before the greeting. Pure-FTPd has no such mode.
    Implicit,
}

/// The TLS versions that the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Versions {
    Both,
    Only12,
    Only13,
}

impl Versions {
    /// The lowest and the highest version.
    pub(crate) fn bounds(self) -> (&'static str, &'static str) {
        match self {
            Self::Both => ("1.2", "1.3"),
            Self::Only12 => ("1.2", "1.2"),
            Self::Only13 => ("1.3", "1.3"),
        }
    }
}

/// The protocol that both connections run over, on the loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
}

/// What the server shows for a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// One of its authority, good today.
    Good,
    /// Good until some years ago.
    Expired,
    /// Good only in some years.
    NotYetValid,
    /// Signed by itself, and good but for that.
    SelfSigned,
}

/// How a server is set up; everything that is not said here is as the server
/// has it by default, but for its limits on connections, which are lifted.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// The loopback address to listen on.
    pub(crate) ip: IpAddr,
    pub(crate) tls: Tls,
    pub(crate) versions: Versions,
    /// Data connections have to resume the control connection's TLS session.
    /// vsftpd and ProFTPD can demand that, the others refuse to start.
    pub(crate) reuse_required: bool,
    pub(crate) shown: Shown,
    /// The server's time zone, as `TZ` has it.
    pub(crate) time_zone: &'static str,
    /// The directory `full` of the user's root is a file system of one mebibyte.
    pub(crate) small_disk: bool,
    /// More configuration in the server's own words: lines for vsftpd and
    /// ProFTPD, command line arguments for Pure-FTPd, `attribute=JSON` of
    /// the handler class for pyftpdlib.
    pub(crate) extra: Vec<String>,
}

impl Options {
    pub(crate) fn new(tls: Tls) -> Self {
        Self {
            ip: Ipv4Addr::LOCALHOST.into(),
            tls,
            versions: Versions::Both,
            reuse_required: false,
            shown: Shown::Good,
            // Stated times are then the same everywhere.
            time_zone: "UTC0",
            small_disk: false,
            extra: Vec::new(),
        }
    }

    pub(crate) fn family(mut self, family: Family) -> Self {
        self.ip = match family {
            Family::V4 => Ipv4Addr::LOCALHOST.into(),
            Family::V6 => Ipv6Addr::LOCALHOST.into(),
        };
        self
    }

    pub(crate) fn versions(mut self, versions: Versions) -> Self {
        self.versions = versions;
        self
    }

    pub(crate) fn reuse_required(mut self, required: bool) -> Self {
        self.reuse_required = required;
        self
    }

    pub(crate) fn shown(mut self, certificate: Shown) -> Self {
        self.shown = certificate;
        self
    }

    pub(crate) fn time_zone(mut self, zone: &'static str) -> Self {
        self.time_zone = zone;
        self
    }

    pub(crate) fn small_disk(mut self) -> Self {
        self.small_disk = true;
        self
    }

    pub(crate) fn extra(mut self, line: impl Into<String>) -> Self {
        self.extra.push(line.into());
        self
    }
}

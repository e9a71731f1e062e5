//! What servers do otherwise than the suite expects of all of them: the only place where it goes
//! by a server's name instead of by what FEAT says.

use tokio_ftp::FtpStream;

use crate::farm::Kind;

/// One thing that some servers do otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    /// Any password lets anyone in.
    AnyPassword,
    /// Active mode over IPv6 cannot be asked for: there is no EPRT.
    NoExtendedPort,
    /// A time of change cannot be set.
    NoSetModified,
    /// A refused file and a missing one are told in the same words.
    NoReasonTold,
    /// Lines of text are stored as they went over the wire.
    TextAsIs,
    /// Listings by MLSD say nothing about permissions.
    NoPermissions,
    /// Over TLS, NLST of an empty directory ends without close_notify.
    EmptyNamesCut,
    /// MLSD tells of a link as of a file that is as long as the link's target is named.
    LinksAreFiles,
    /// A session that was idle for too long is ended with a 221 instead of a 421.
    IdleIsGoodbye,
    /// An upload that fills the disk is sometimes ended without a reply, over TLS always.
    FullDiskUntold,
    /// TLS 1.3 sessions cannot be resumed.
    NoTickets,
    /// A transfer that cannot be is granted with a 150 and refused afterwards.
    RefusesLate,
    /// The next transfer is given to a data connection that the client made and dropped before.
    DroppedConnectionUsed,
}

/// A quirk, the servers that have it, and why.
pub(crate) const QUIRKS: &[(Quirk, &[Kind], &str)] = &[
    (
        Quirk::AnyPassword,
        &[Kind::Unftp],
        "the only authenticator that comes with it lets everyone in",
    ),
    (
        Quirk::NoExtendedPort,
        &[Kind::Unftp],
        "EPRT is not implemented (500), so there is no active mode over IPv6",
    ),
    (
        Quirk::NoSetModified,
        &[Kind::Unftp],
        "neither MFMT nor MDTM with a time nor SITE UTIME is implemented",
    ),
    (
        Quirk::NoReasonTold,
        &[Kind::Vsftpd, Kind::PureFtpd],
        "550 in the same words, whether a file is missing or forbidden",
    ),
    (
        Quirk::TextAsIs,
        &[Kind::Vsftpd, Kind::Unftp],
        "TYPE A is granted (200) and not obeyed: text is stored with CR LF",
    ),
    (
        Quirk::NoPermissions,
        &[Kind::Unftp],
        "MLSD has neither perm nor UNIX.mode",
    ),
    (
        Quirk::EmptyNamesCut,
        &[Kind::Pyftpdlib],
        "over TLS, NLST of an empty directory ends without close_notify and with 226, because writing \
         nothing fails: to the client that is a cut listing, but for `TlsEof::TrustReply`",
    ),
    (
        Quirk::LinksAreFiles,
        &[Kind::Unftp],
        "MLSD tells of a link as type=file with the size of the link itself",
    ),
    (
        Quirk::IdleIsGoodbye,
        &[Kind::Unftp],
        "an idle session is ended with 221, not with 421",
    ),
    (
        Quirk::FullDiskUntold,
        &[Kind::Pyftpdlib],
        "when an upload fills the disk, closing the file fails for a second time, after which it neither \
         answers nor reads on: over TLS always, without it now and then",
    ),
    (
        Quirk::NoTickets,
        &[Kind::PureFtpd],
        "no ticket is sent under TLS 1.3, so each data connection makes a full handshake",
    ),
    (
        Quirk::RefusesLate,
        &[Kind::Unftp],
        "a transfer that cannot be is granted with 150 and refused only then",
    ),
    (
        Quirk::DroppedConnectionUsed,
        &[Kind::Unftp],
        "a data connection that was made and dropped before its transfer command is given to the \
         next transfer, which then ends with 426",
    ),
];

/// Names that a server does not keep, with what it does to them.
pub(crate) const MANGLED: &[(&[u8], &[Kind], &str)] = &[
    (
        b".hidden",
        &[Kind::Vsftpd],
        "left out of listings, but for `force_dot_files=YES`",
    ),
    (
        b"...",
        &[Kind::Vsftpd],
        "left out of listings, but for `force_dot_files=YES`",
    ),
    (
        b"trailing ",
        &[Kind::PureFtpd],
        "blanks at the end are stored as `_`",
    ),
    (
        b"tab\there",
        &[Kind::PureFtpd],
        "control characters are stored as `_`",
    ),
    (b"back\\slash", &[Kind::PureFtpd], "prohibited (553)"),
    (
        b"star*",
        &[Kind::Proftpd],
        "no directory may have that name (550)",
    ),
    (
        b"caf\xe9",
        &[Kind::Pyftpdlib, Kind::Unftp],
        "what is not UTF-8 is replaced by U+FFFD",
    ),
    (
        b"iac\xff",
        &[Kind::Pyftpdlib, Kind::Unftp],
        "what is not UTF-8 is replaced by U+FFFD",
    ),
    (
        b"iac\xff\xff",
        &[Kind::Pyftpdlib, Kind::Unftp],
        "what is not UTF-8 is replaced by U+FFFD",
    ),
    (
        b"iac\xff",
        &[Kind::Vsftpd],
        "0xFF is doubled in the reply to PWD, but for `ReplyLimits::telnet_escapes`",
    ),
    (
        b"iac\xff\xff",
        &[Kind::Vsftpd],
        "0xFF is doubled in the reply to PWD, but for `ReplyLimits::telnet_escapes`",
    ),
    (
        b"iac\xff\xff",
        &[Kind::Proftpd],
        "a doubled 0xFF is taken for one that Telnet escaped",
    ),
];

impl Kind {
    pub(crate) fn has(self, quirk: Quirk) -> bool {
        QUIRKS
            .iter()
            .any(|(other, kinds, _)| *other == quirk && kinds.contains(&self))
    }

    /// Whether data connections of this session can resume its TLS session.
    pub(crate) fn resumes(self, ftp: &FtpStream) -> bool {
        let version = ftp.tls().map_or("", |facts| facts.version());
        version == "TLSv1.2" || !self.has(Quirk::NoTickets)
    }

    /// Whether the table says that files cannot have this name there.
    pub(crate) fn mangles(self, name: &[u8]) -> bool {
        MANGLED
            .iter()
            .any(|(other, kinds, _)| *other == name && kinds.contains(&self))
    }
}

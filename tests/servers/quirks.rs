//! What servers do otherwise than the suite expects of all of them: the only place where it goes
//! by a server's name instead of by what FEAT says.

use tokio_ftp::{Error, FtpStream, Result};

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
    /// Listings by MLSD say nothing about permissions, neither `UNIX.mode` nor `perm`.
    NoPermissions,
    /// Listings by MLSD have no `UNIX.mode`.
    NoModeInMlsd,
    /// Listings by MLSD do not say whose a file is.
    NoOwnerInMlsd,
    /// Listings by MLSD do not say whose group a file is.
    NoGroupInMlsd,
    /// Over TLS, NLST of an empty directory ends without close_notify.
    EmptyNamesCut,
    /// NLST of a file is refused.
    NamesOfDirectoriesOnly,
    /// MLSD tells of a link as of a file that is as long as the link's target is named.
    LinksAreFiles,
    /// A session that was idle for too long is ended with a 221 instead of a 421.
    IdleIsGoodbye,
    /// Over TLS, a session that was idle for too long ends without a word.
    IdleUntoldOverTls,
    /// An upload that fills the disk is sometimes ended without a reply, over TLS always.
    FullDiskUntold,
    /// The last reply of an upload that is reset is sometimes never sent, nor that of a transfer
    /// whose other side has left before it begins.
    LosesLastReply,
    /// STOU does not say what name it found.
    UniqueUntold,
    /// The facts that MLST tells cannot be chosen.
    FactsNotChosen,
    /// Data goes in the clear where that is asked for, though the server is set up to demand TLS.
    PlainDataTaken,
    /// A listing leaves out names with control characters.
    ControlUnlisted,
    /// LIST leaves out names that begin with a dot.
    DotsUnlisted,
    /// LIST leaves out the year of times to come.
    FutureWithoutYear,
    /// TLS 1.3 sessions cannot be resumed.
    NoTickets,
    /// A transfer that cannot be is granted with a 150 and refused afterwards.
    RefusesLate,
    /// Commands that are found together inside a transfer are answered as one, with a 500.
    AnswersTwoAsOne,
    /// What is sent ahead is answered before the transfer is over.
    AnswersWithin,
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
        "neither MFMT nor MDTM with a time nor SITE UTIME is implemented: MDTM takes the time for a \
         part of the name (550)",
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
        Quirk::NoModeInMlsd,
        &[Kind::Pyftpdlib, Kind::Unftp],
        "MLSD has no UNIX.mode",
    ),
    (
        Quirk::NoOwnerInMlsd,
        &[Kind::Pyftpdlib],
        "MLSD has no UNIX.owner",
    ),
    (
        Quirk::NoGroupInMlsd,
        &[Kind::Pyftpdlib],
        "MLSD has no UNIX.group",
    ),
    (
        Quirk::EmptyNamesCut,
        &[Kind::Pyftpdlib],
        "over TLS, NLST of an empty directory ends without close_notify and with 226, because writing \
         nothing fails: to the client that is a cut listing, but for `TlsEof::TrustReply`",
    ),
    (
        Quirk::NamesOfDirectoriesOnly,
        &[Kind::PureFtpd, Kind::Unftp],
        "NLST of a file is refused (550), as if it were missing",
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
        Quirk::IdleUntoldOverTls,
        &[Kind::Vsftpd, Kind::Proftpd],
        "over TLS an idle session ends without a 421 that could be read: vsftpd writes into the \
         connection in the clear, ProFTPD closes it",
    ),
    (
        Quirk::FullDiskUntold,
        &[Kind::Pyftpdlib],
        "when an upload fills the disk, closing the file fails for a second time, after which it neither \
         answers nor reads on: over TLS always, without it now and then",
    ),
    (
        Quirk::LosesLastReply,
        &[Kind::Pyftpdlib, Kind::Unftp],
        "the last reply of an upload that is reset, and of a transfer whose other side has left before \
         it begins, may never be sent: pyftpdlib forgets a data connection that is dead, the data task \
         of libunftp panics now and then",
    ),
    (
        Quirk::UniqueUntold,
        &[Kind::Unftp],
        "STOU is answered without the name of the file, before and after",
    ),
    (
        Quirk::FactsNotChosen,
        &[Kind::PureFtpd],
        "OPTS MLST is granted (200) and not obeyed",
    ),
    (
        Quirk::PlainDataTaken,
        &[Kind::Unftp],
        "PROT C is granted (200) and obeyed, even where data connections have to be encrypted",
    ),
    (
        Quirk::ControlUnlisted,
        &[Kind::PureFtpd],
        "files whose names have control characters, which only others can make, are left out of listings",
    ),
    (
        Quirk::DotsUnlisted,
        &[Kind::Proftpd, Kind::PureFtpd],
        "names that begin with a dot are left out of LIST, but for `LIST -a`, and not of MLSD",
    ),
    (
        Quirk::FutureWithoutYear,
        &[Kind::Proftpd, Kind::PureFtpd],
        "LIST gives times to come without their year, as if they were of the last half year",
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
        Quirk::AnswersWithin,
        &[Kind::Pyftpdlib, Kind::Unftp],
        "a command that waits behind a transfer is answered before that is over, and pyftpdlib ends \
         the transfer when the command is EPSV: nothing may be sent ahead",
    ),
    (
        Quirk::AnswersTwoAsOne,
        &[Kind::PureFtpd],
        "it compares all that it has read with ABOR, and else says 500; an ABOR behind a NOOP that \
         it has not come to is lost",
    ),
    (
        Quirk::DroppedConnectionUsed,
        &[Kind::Unftp],
        "a data connection that was made and dropped before its transfer command is given to the \
         next transfer, which then ends with 426, or over TLS with a reset in the handshake",
    ),
];

/// With which code a server ends an upload whose data connection was reset, if it says anything.
pub(crate) fn ends_of_reset_uploads(kind: Kind) -> &'static str {
    match kind {
        Kind::Vsftpd | Kind::Proftpd | Kind::Unftp => "426",
        Kind::PureFtpd => "451",
        // It takes even a reset for the end, which the docs of `Upload` say.
        Kind::Pyftpdlib => "226",
    }
}

/// Commands that a server refuses always, by the method that sends them, and the code.
pub(crate) const REFUSED: &[(&str, Kind, u16)] = &[
    ("account", Kind::Vsftpd, 502),
    ("account", Kind::Proftpd, 502),
    ("account", Kind::Pyftpdlib, 500),
    // It takes the login for not yet complete then.
    ("account", Kind::Unftp, 530),
    ("ccc", Kind::Vsftpd, 500),
    // `TLSRequired` forbids it.
    ("ccc", Kind::Proftpd, 534),
    ("ccc", Kind::Pyftpdlib, 500),
    ("ccc", Kind::Unftp, 534),
    ("chmod", Kind::Unftp, 502),
    // Known, and no server here is several.
    ("host", Kind::Proftpd, 504),
    ("host", Kind::Vsftpd, 530),
    ("host", Kind::PureFtpd, 530),
    ("host", Kind::Pyftpdlib, 500),
    ("host", Kind::Unftp, 530),
    ("login_anonymous", Kind::Vsftpd, 530),
    ("login_anonymous", Kind::Proftpd, 530),
    ("login_anonymous", Kind::PureFtpd, 530),
    ("login_anonymous", Kind::Pyftpdlib, 530),
    ("mlsd", Kind::Vsftpd, 500),
    ("mlst", Kind::Vsftpd, 500),
    ("prot_c", Kind::Proftpd, 534),
    ("rein", Kind::Vsftpd, 502),
    ("rein", Kind::Proftpd, 502),
    ("rein", Kind::PureFtpd, 500),
    ("rein", Kind::Unftp, 500),
    ("set_facts", Kind::Vsftpd, 501),
    // And hangs up.
    ("set_facts", Kind::Unftp, 501),
    ("set_modified", Kind::Unftp, 500),
    ("site", Kind::Unftp, 502),
    ("stat of a file", Kind::Unftp, 451),
];

/// What becomes of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// All is as it should be.
    Kept,
    /// Files have this name instead, and every command means it.
    Alias(&'static [u8]),
    /// New files get this name instead, and nothing else finds them under the one that was sent:
    /// 550.
    Renamed(&'static [u8]),
    /// No command takes it; SIZE, and PRET before RETR, say 550 and the others this.
    Refused(u16),
    /// Files may have it, directories not.
    NoDirectory(u16),
    /// It is in no listing.
    Unlisted,
    /// PWD says this instead.
    PwdSays(&'static [u8]),
}

const REPLACED: &str = "what is not UTF-8 is replaced by U+FFFD";
const UNLISTED: &str = "left out of listings, but for `force_dot_files=YES`";
const DOUBLED: &str = "0xFF is doubled in the reply to PWD, but for `ReplyLimits::telnet_escapes`";
const NOT_UTF8: &[Kind] = &[Kind::Pyftpdlib, Kind::Unftp];

/// Names that a server does not keep, with what it does to them.
pub(crate) const MANGLED: &[(&[u8], &[Kind], Fate, &str)] = &[
    (b".hidden", &[Kind::Vsftpd], Fate::Unlisted, UNLISTED),
    (b"...", &[Kind::Vsftpd], Fate::Unlisted, UNLISTED),
    (
        b"trailing ",
        &[Kind::PureFtpd],
        Fate::Renamed(b"trailing_"),
        "blanks at the end are stored as `_`, and not found again (550)",
    ),
    (
        b"tab\there",
        &[Kind::PureFtpd],
        Fate::Alias(b"tab_here"),
        "control characters are stored as `_`",
    ),
    (
        b"back\\slash",
        &[Kind::PureFtpd],
        Fate::Refused(553),
        "prohibited (553)",
    ),
    (
        b"star*",
        &[Kind::Proftpd],
        Fate::NoDirectory(550),
        "no directory may have that name (550)",
    ),
    (
        b"caf\xe9",
        NOT_UTF8,
        Fate::Alias("caf\u{fffd}".as_bytes()),
        REPLACED,
    ),
    (
        b"iac\xff",
        NOT_UTF8,
        Fate::Alias("iac\u{fffd}".as_bytes()),
        REPLACED,
    ),
    (
        b"iac\xff\xff",
        NOT_UTF8,
        Fate::Alias("iac\u{fffd}\u{fffd}".as_bytes()),
        REPLACED,
    ),
    (
        b"iac\xff",
        &[Kind::Vsftpd],
        Fate::PwdSays(b"iac\xff\xff"),
        DOUBLED,
    ),
    (
        b"iac\xff\xff",
        &[Kind::Vsftpd],
        Fate::PwdSays(b"iac\xff\xff\xff\xff"),
        DOUBLED,
    ),
    (
        b"iac\xff\xff",
        &[Kind::Proftpd],
        Fate::Alias(b"iac\xff"),
        "a doubled 0xFF is taken for one that Telnet escaped",
    ),
];

/// How a directory is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    List,
    /// `LIST -a`.
    All,
    Mlsd,
}

/// Whether a listing of the server tells of a file with this name. Where it does, it is by just
/// that name. vsftpd is set up to tell of all.
pub(crate) fn shows(kind: Kind, listing: Listing, name: &[u8]) -> bool {
    let hidden = listing == Listing::List && name.starts_with(b".");
    let control = name.iter().any(|byte| *byte < 32 || *byte == 127);
    !(hidden && kind.has(Quirk::DotsUnlisted) || control && kind.has(Quirk::ControlUnlisted))
}

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

    /// What becomes of this name there.
    pub(crate) fn fate(self, name: &[u8]) -> Fate {
        let row = MANGLED
            .iter()
            .find(|(other, kinds, ..)| *other == name && kinds.contains(&self));
        row.map_or(Fate::Kept, |(_, _, fate, _)| *fate)
    }

    /// What the method gave, or nothing where the list says that the server refuses it: nothing
    /// else may be refused, and nothing that the list has may succeed.
    pub(crate) fn answered<T>(self, method: &str, result: Result<T>) -> Option<T> {
        let row = REFUSED
            .iter()
            .find(|(other, kind, _)| *other == method && *kind == self);
        match (result, row) {
            (Ok(value), None) => Some(value),
            (Err(error), Some((.., code))) => {
                let refused = matches!(error, Error::Permanent(_) | Error::Temporary(_));
                let told = error.code().map(u16::from);
                assert!(
                    refused && told == Some(*code),
                    "{self:?}: {method}: {error:?}"
                );
                None
            }
            (Ok(_), Some(_)) => panic!("{self:?}: {method} is not refused"),
            (Err(error), None) => panic!("{self:?}: {method}: {error:?}"),
        }
    }
}

//! Reply codes.

use std::fmt;

/// The three digits that begin a reply (RFC 959 section 4.2): 100 to 599.
///
/// ```
/// use tokio_ftp::ReplyCode;
///
/// let code = ReplyCode::new(226).unwrap();
/// assert_eq!(code, ReplyCode::CLOSING_DATA_CONNECTION);
/// assert!(code.is_completion());
/// assert_eq!(u16::from(code), 226);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReplyCode(u16);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        impl ReplyCode {
            $($(#[$doc])* pub const $name: Self = Self($code);)*
        }
    };
}

codes! {
    /// 110: a restart marker.
    RESTART_MARKER = 110;
    /// 120: the service will be ready in some minutes.
    READY_LATER = 120;
    /// 125: the data connection is open already, the transfer starts.
    TRANSFER_STARTING = 125;
    /// 150: the file is fine, the data connection is about to open.
    OPENING_DATA_CONNECTION = 150;
    /// 200: the command is done.
    OK = 200;
    /// 202: the command is not needed here.
    SUPERFLUOUS = 202;
    /// 211: system status, or a list of features.
    SYSTEM_STATUS = 211;
    /// 213: file status: a size, a time.
    FILE_STATUS = 213;
    /// 214: a help text.
    HELP = 214;
    /// 215: the kind of system.
    SYSTEM_TYPE = 215;
    /// 220: ready for a new user.
    READY = 220;
    /// 221: the server closes the control connection.
    CLOSING = 221;
    /// 225: the data connection is open, no transfer is running.
    NO_TRANSFER = 225;
    /// 226: the transfer is complete, the data connection closes.
    CLOSING_DATA_CONNECTION = 226;
    /// 227: passive mode, with an address.
    PASSIVE = 227;
    /// 229: extended passive mode, with a port (RFC 2428).
    EXTENDED_PASSIVE = 229;
    /// 230: logged in.
    LOGGED_IN = 230;
    /// 234: the security exchange is accepted (RFC 2228).
    SECURITY_ACCEPTED = 234;
    /// 250: the file action is done.
    FILE_ACTION_DONE = 250;
    /// 257: a path was made, or is told.
    PATHNAME = 257;
    /// 331: the user name is fine, a password is needed.
    NEED_PASSWORD = 331;
    /// 332: an account is needed.
    NEED_ACCOUNT = 332;
    /// 350: the file action awaits more information.
    PENDING = 350;
    /// 421: the service ends; the server closes the control connection.
    SERVICE_UNAVAILABLE = 421;
    /// 425: the data connection cannot be opened.
    CANNOT_OPEN_DATA_CONNECTION = 425;
    /// 426: the data connection was closed, the transfer is aborted.
    TRANSFER_ABORTED = 426;
    /// 450: the file is not available now.
    FILE_UNAVAILABLE_NOW = 450;
    /// 451: an error in the server.
    LOCAL_ERROR = 451;
    /// 452: not enough room in the server.
    INSUFFICIENT_STORAGE = 452;
    /// 500: a command that is not understood.
    UNRECOGNIZED = 500;
    /// 501: an argument that is not understood.
    BAD_ARGUMENT = 501;
    /// 502: a command that is not implemented.
    NOT_IMPLEMENTED = 502;
    /// 503: a command out of order.
    BAD_SEQUENCE = 503;
    /// 504: a parameter that is not implemented.
    PARAMETER_NOT_IMPLEMENTED = 504;
    /// 522: a network protocol that is not supported (RFC 2428); vsftpd: TLS session reuse required.
    PROTOCOL_NOT_SUPPORTED = 522;
    /// 530: not logged in.
    NOT_LOGGED_IN = 530;
    /// 534: the protection level is refused (RFC 2228).
    POLICY_REFUSED = 534;
    /// 536: the protection level is not supported (RFC 2228).
    PROTECTION_UNSUPPORTED = 536;
    /// 550: the file is not available.
    FILE_UNAVAILABLE = 550;
    /// 552: the storage allocation is exceeded.
    QUOTA_EXCEEDED = 552;
    /// 553: the file name is not allowed.
    BAD_FILE_NAME = 553;
}

impl ReplyCode {
    /// The code of this number, if it is one: 100 to 599.
    pub const fn new(code: u16) -> Option<Self> {
        match code {
            100..=599 => Some(Self(code)),
            _ => None,
        }
    }

    /// Whether another reply follows: 1xx.
    pub const fn is_preliminary(self) -> bool {
        self.0 / 100 == 1
    }

    /// Whether the command succeeded: 2xx.
    pub const fn is_completion(self) -> bool {
        self.0 / 100 == 2
    }

    /// Whether the server awaits more information: 3xx.
    pub const fn is_intermediate(self) -> bool {
        self.0 / 100 == 3
    }

    /// Whether the command failed, and the same may succeed later: 4xx.
    pub const fn is_transient_failure(self) -> bool {
        self.0 / 100 == 4
    }

    /// Whether the command failed, and the same will fail again: 5xx.
    pub const fn is_permanent_failure(self) -> bool {
        self.0 / 100 == 5
    }

    /// Whether the command failed: 4xx or 5xx.
    pub const fn is_failure(self) -> bool {
        self.is_transient_failure() || self.is_permanent_failure()
    }

    /// Whether the server does not know the command or its parameter: 500, 501, 502 or 504.
    pub(crate) const fn is_unknown_command(self) -> bool {
        matches!(self.0, 500 | 501 | 502 | 504)
    }
}

impl From<ReplyCode> for u16 {
    fn from(code: ReplyCode) -> Self {
        code.0
    }
}

impl PartialEq<u16> for ReplyCode {
    fn eq(&self, other: &u16) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ReplyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

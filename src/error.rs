//! What can go wrong, and what to do about it.

mod phase;

use std::{fmt, io, sync::Arc};

pub use self::phase::Phase;
use crate::{
    protocol::{InvalidArgument, Reply, ReplyCode, ReplyError},
    url::UrlError,
};

/// The result of an operation of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why an operation failed.
///
/// It is cheap to clone, keeps its sources, names the command and the server's words, and never
/// holds a password. It turns into an [`io::Error`] and back without loss, because transfers are
/// [`AsyncRead`](tokio::io::AsyncRead) and [`AsyncWrite`](tokio::io::AsyncWrite) streams.
///
/// ```
/// use std::io;
/// use tokio_ftp::Error;
///
/// fn explain(error: io::Error) {
///     let error = Error::from(error);
///     if error.is_not_found() {
///         println!("no such file");
///     } else if error.is_transient() {
///         println!("worth another try on a new session: {error}");
///     }
/// }
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
#[doc(alias = "all_errors")]
pub enum Error {
    /// The server refused with a 4xx: the same may succeed later. ftplib's `error_temp`.
    #[error("{}", Refusal(.0))]
    #[doc(alias = "error_temp")]
    Temporary(Reply),

    /// The server refused with a 5xx: the same will be refused again. ftplib's `error_perm`.
    #[error("{}", Refusal(.0))]
    #[doc(alias = "error_perm")]
    Permanent(Reply),

    /// The server answered with a 1xx, 2xx or 3xx that does not fit the command. ftplib's
    /// `error_reply`.
    #[error("unexpected answer: {}", Refusal(.0))]
    #[doc(alias = "error_reply")]
    Unexpected(Reply),

    /// The server broke the protocol. ftplib's `error_proto`.
    #[error("protocol error: {0}")]
    #[doc(alias = "error_proto")]
    Protocol(#[source] ProtocolError),

    /// A connection failed or could not be made.
    #[error("connection failed: {0}")]
    Io(#[source] Arc<io::Error>),

    /// TLS failed: a certificate, a handshake, a record, or a stream cut without close_notify.
    #[error("TLS failed: {0}")]
    Tls(#[source] Arc<io::Error>),

    /// What the caller gave to read from or write to failed; the connection did not.
    #[error("reading or writing here failed: {0}")]
    Local(#[source] Arc<io::Error>),

    /// A file that is not in the listing of its directory, on a server that tells of files in no
    /// other way.
    #[error("not in the listing of its directory")]
    NotListed,

    /// A directory of which the server lists nothing, not even itself, and says nothing either.
    #[error("the directory may not be read: the server shows nothing of it")]
    Unreadable,

    /// A wait took longer than allowed.
    #[error("timed out {0}")]
    Timeout(Phase),

    /// A download ended before the file did, whatever the server says of it.
    #[error("truncated: {received} of {expected} bytes arrived")]
    Truncated {
        /// The bytes that arrived.
        received: u64,
        /// The bytes that the file has from where the download started.
        expected: u64,
    },

    /// The server ended an upload before the client did, or kept another length than was sent.
    #[error("upload not complete: {sent} bytes were sent, and the server did not keep just these")]
    Unfinished {
        /// The bytes that were sent before.
        sent: u64,
    },

    /// All data of a transfer went over and ended in good order, and the server's last reply did
    /// not come: the control connection was lost, or the time was up. The file may be complete all
    /// the same: [`FtpStream::is_complete`](crate::FtpStream::is_complete) asks on a new session.
    ///
    /// The end of a download in the clear whose size nobody knows proves nothing: it comes, too,
    /// where the server dies. There this is the error only of a file, and only when the time was up.
    #[error("not confirmed: all data went over, and the last reply did not come: {cause}")]
    Unconfirmed {
        /// How long the whole file must be on the server, in bytes; `None` where nobody can tell:
        /// for a text, a listing, what was appended without
        /// [`TransferOptions::size`](crate::TransferOptions::size), or a name that was not told.
        size: Option<u64>,
        /// Why the reply did not come.
        #[source]
        cause: Arc<Self>,
    },

    /// The caller passed something that cannot be sent; nothing was.
    #[error("invalid argument: {0}")]
    Argument(#[source] ArgumentError),

    /// This build, this server or this mode cannot do it.
    #[error("not supported: {0}")]
    Unsupported(&'static str),

    /// The session cannot be used any more; the source says what ended it.
    #[error("the session is broken: {0}")]
    Broken(#[source] Arc<Self>),
}

impl Error {
    /// Whether another try on a new session is worth it: a 4xx, a time-out, a connection that was
    /// reset or cut, a transfer that was not confirmed, a session that is broken.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Temporary(_)
            | Self::Timeout(_)
            | Self::Truncated { .. }
            | Self::Unconfirmed { .. }
            | Self::Broken(_) => true,
            Self::Io(error) | Self::Tls(error) => matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::ConnectionRefused
                    | io::ErrorKind::NotConnected
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::Interrupted
                    | io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::HostUnreachable
                    | io::ErrorKind::NetworkUnreachable
            ),
            Self::Permanent(_)
            | Self::Unexpected(_)
            | Self::Protocol(_)
            | Self::Local(_)
            | Self::NotListed
            | Self::Unreadable
            | Self::Unfinished { .. }
            | Self::Argument(_)
            | Self::Unsupported(_) => false,
        }
    }

    /// Whether a wait took longer than allowed; also when that is what broke the session, or left
    /// a transfer unconfirmed.
    pub fn is_timeout(&self) -> bool {
        match self {
            Self::Timeout(_) => true,
            Self::Io(error) => error.kind() == io::ErrorKind::TimedOut,
            Self::Broken(cause) | Self::Unconfirmed { cause, .. } => cause.is_timeout(),
            _ => false,
        }
    }

    /// Whether the file seems not to exist: a 550 or 450 whose text names no permission, a 501
    /// that says so, or [`NotListed`](Self::NotListed).
    ///
    /// A hint: the protocol has no code of its own for a missing file.
    pub fn is_not_found(&self) -> bool {
        let reply = match self {
            Self::Temporary(reply) | Self::Permanent(reply) => reply,
            Self::NotListed => return true,
            _ => return false,
        };
        // MKD is refused with a 550 for what is there.
        if matches!(
            reply.verb(),
            Some("MKD" | "USER" | "PASS" | "ACCT" | "AUTH" | "PBSZ" | "PROT")
        ) {
            return false;
        }
        let says_so = match reply.code() {
            ReplyCode::FILE_UNAVAILABLE | ReplyCode::FILE_UNAVAILABLE_NOW => true,
            // pyftpdlib, to MLSD.
            ReplyCode::BAD_ARGUMENT => reply.mentions("no such"),
            _ => false,
        };
        says_so
            && ![
                "permission",
                "denied",
                "not allowed",
                "forbidden",
                "privilege",
                "not authori",
            ]
            .iter()
            .any(|word| reply.mentions(word))
    }

    /// Whether the session cannot be used any more.
    pub fn is_broken(&self) -> bool {
        match self {
            Self::Broken(_) => true,
            Self::Unconfirmed { cause, .. } => cause.is_broken(),
            _ => false,
        }
    }

    /// The code of the server's reply, when it is a reply that failed the operation or broke the
    /// session.
    pub fn code(&self) -> Option<ReplyCode> {
        self.reply().map(Reply::code)
    }

    /// The server's reply, when it is a reply that failed the operation or broke the session.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Temporary(reply) | Self::Permanent(reply) | Self::Unexpected(reply) => {
                Some(reply)
            }
            Self::Broken(cause) | Self::Unconfirmed { cause, .. } => cause.reply(),
            Self::Protocol(ProtocolError::OutOfStep(reply) | ProtocolError::Malformed(reply)) => {
                Some(reply)
            }
            _ => None,
        }
    }

    /// The error that a reply is which is not the one that was hoped for.
    pub(crate) fn from_reply(reply: Reply) -> Self {
        if reply.code().is_transient_failure() {
            Self::Temporary(reply)
        } else if reply.code().is_permanent_failure() {
            Self::Permanent(reply)
        } else {
            Self::Unexpected(reply)
        }
    }

    /// The error of every operation on a session that `self` broke.
    pub(crate) fn broken(&self) -> Self {
        match self {
            Self::Broken(_) => self.clone(),
            cause => Self::Broken(Arc::new(cause.clone())),
        }
    }

    /// Whether the control connection went or fell silent; half a reply is none.
    pub(crate) fn is_loss(&self) -> bool {
        match self {
            Self::Io(_) | Self::Timeout(_) => true,
            Self::Broken(cause) => cause.is_loss(),
            _ => false,
        }
    }

    /// The error of a transfer whose data ended in good order and whose last reply did not come
    /// for `self`; the file must be of this `size`. Where the server has spoken, `self` it stays.
    pub(crate) fn unconfirmed(self, size: Option<u64>) -> Self {
        let cause = match self {
            error if !error.is_loss() => return error,
            Self::Broken(cause) => cause,
            error => Arc::new(error),
        };
        Self::Unconfirmed { size, cause }
    }

    /// The error of a connection that runs TLS, or is about to.
    pub(crate) fn tls(error: io::Error) -> Self {
        match error.kind() {
            // A stream that was cut, which TLS tells from one that has ended.
            io::ErrorKind::UnexpectedEof => Self::Tls(Arc::new(error)),
            _ => Self::from(error),
        }
    }

    pub(crate) fn local(error: io::Error) -> Self {
        Self::Local(Arc::new(error))
    }

    fn io_kind(&self) -> io::ErrorKind {
        match self {
            Self::Io(error) | Self::Tls(error) | Self::Local(error) => error.kind(),
            Self::Timeout(_) => io::ErrorKind::TimedOut,
            Self::Truncated { .. } => io::ErrorKind::UnexpectedEof,
            Self::Protocol(_) => io::ErrorKind::InvalidData,
            Self::Argument(_) => io::ErrorKind::InvalidInput,
            Self::Unsupported(_) => io::ErrorKind::Unsupported,
            Self::Broken(_) => io::ErrorKind::NotConnected,
            Self::Unconfirmed { cause, .. } => cause.io_kind(),
            _ if self.is_not_found() => io::ErrorKind::NotFound,
            Self::Unreadable => io::ErrorKind::PermissionDenied,
            Self::Permanent(reply) if reply.code() == ReplyCode::QUOTA_EXCEEDED => {
                io::ErrorKind::QuotaExceeded
            }
            Self::Permanent(reply) if reply.code() == ReplyCode::FILE_UNAVAILABLE => {
                io::ErrorKind::PermissionDenied
            }
            _ => io::ErrorKind::Other,
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::new(error.io_kind(), error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        match error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Self>())
        {
            Some(inner) => inner.clone(),
            None if is_tls(&error) => Self::Tls(Arc::new(error)),
            None => Self::Io(Arc::new(error)),
        }
    }
}

/// Whether TLS found something wrong, and not the connection under it.
fn is_tls(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<tokio_rustls::rustls::Error>())
}

impl From<ProtocolError> for Error {
    fn from(error: ProtocolError) -> Self {
        Self::Protocol(error)
    }
}

impl From<ReplyError> for Error {
    fn from(error: ReplyError) -> Self {
        Self::Protocol(ProtocolError::Reply(error))
    }
}

impl From<InvalidArgument> for Error {
    fn from(error: InvalidArgument) -> Self {
        Self::Argument(ArgumentError::Byte(error))
    }
}

impl From<UrlError> for Error {
    fn from(error: UrlError) -> Self {
        Self::Argument(ArgumentError::Url(error))
    }
}

/// How a server broke the protocol. What arrived out of order or shape broke the session too; what
/// is only too large, or a listing that is not understood, did not.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// What arrived is no reply, or more than the limits allow.
    #[error("{0}")]
    Reply(#[from] ReplyError),
    /// A reply that answers nothing that was asked.
    #[error("out of step: {0}")]
    OutOfStep(Reply),
    /// A reply of the right code that does not say what it must.
    #[error("not understood: {}", Refusal(.0))]
    Malformed(Reply),
    /// Bytes stand behind the reply that starts or ends TLS, where nothing may: in the clear,
    /// somebody injected them (RFC 4217 section 15.3; CVE-2011-0411 and its kin).
    #[error("{0} bytes behind the reply that starts or ends TLS")]
    Injected(usize),
    /// A listing line, or a file that [`read`](crate::FtpStream::read) fetches, is longer than
    /// allowed.
    #[error("{what} of more than {limit} bytes")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// The most that is allowed, in bytes.
        limit: u64,
    },
    /// A listing line that no dialect knows, where the caller asked for strictness.
    #[error("a listing line not understood: \"{}\"", .0.as_bytes().escape_ascii())]
    Listing(crate::protocol::Name),
}

/// What a caller passed that cannot be sent.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ArgumentError {
    /// A path, user name, password or command holds CR, LF or NUL.
    #[error("{0}")]
    Byte(#[source] InvalidArgument),
    /// A URL is not well formed.
    #[error("{0}")]
    Url(#[source] UrlError),
    /// A server's address, a server name for TLS, or an option is not usable.
    #[error("{0}")]
    Value(&'static str),
    /// A raw command that has a method of its own, because it does more than ask and answer.
    #[error("{verb} is not a raw command here: call `{method}`")]
    Method {
        /// The verb.
        verb: &'static str,
        /// The method to call.
        method: &'static str,
    },
}

/// A reply behind the verb that it answers.
struct Refusal<'a>(&'a Reply);

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(verb) = self.0.verb() {
            write!(f, "{verb}: ")?;
        }
        fmt::Display::fmt(self.0, f)
    }
}

#[cfg(test)]
mod tests;

//! What went wrong, what a person can do about it, and what a program is told.

use std::{io, path::Path, process::ExitCode};

use tokio_ftp::{ArgumentError, Error, Phase, Reply, ReplyCode};
use tokio_rustls::rustls;

use crate::{arguments::Command, screen::Screen, text};

/// A kind of failure; the number is the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    Other = 1,
    Usage = 2,
    Connection = 3,
    Login = 4,
    NotFound = 5,
    Refused = 6,
    Tls = 7,
    Timeout = 8,
    Local = 9,
    Interrupted = 130,
}

#[derive(Debug)]
pub(crate) struct Failure {
    class: Class,
    message: String,
    hints: Vec<String>,
    /// Whether it was told already, or to somebody who has gone: the reader of a pipe.
    silent: bool,
}

impl Failure {
    fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            hints: Vec::new(),
            silent: false,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Class::Usage, message)
    }

    pub(crate) fn other(message: impl Into<String>) -> Self {
        Self::new(Class::Other, message)
    }

    /// Ctrl-C, which leaves what was transferred so far.
    pub(crate) fn interrupted(command: &Command) -> Self {
        let failure = Self::new(Class::Interrupted, "interrupted");
        if command.is_resumable() {
            failure.hint("what went over is kept: the same with --resume goes on from there")
        } else {
            failure
        }
    }

    /// A file or pipe here.
    pub(crate) fn local(path: &Path, error: &io::Error) -> Self {
        let mut failure = Self::new(Class::Local, format!("{}: {error}", path.display()));
        failure.silent = error.kind() == io::ErrorKind::BrokenPipe;
        if error.kind() == io::ErrorKind::Interrupted {
            // At a prompt.
            failure.class = Class::Interrupted;
        }
        failure
    }

    /// The same with the remote path that it is about, if it is about one.
    pub(crate) fn at(mut self, path: &[u8]) -> Self {
        if !path.is_empty() && self.class != Class::Local {
            self.message = format!("{}: {}", text::plain(path), self.message);
        }
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub(crate) fn class(&self) -> Class {
        self.class
    }

    pub(crate) fn tell(&self, screen: &Screen) {
        if self.silent {
            return;
        }
        screen.note(&format!("ftp: {}", text::escape(&self.message)));
        for hint in &self.hints {
            screen.note(&format!("     {}", text::escape(hint)));
        }
    }

    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(self.class as u8)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let cause = cause(&error);
        let message = match cause {
            Error::Argument(ArgumentError::Method { verb, .. }) => {
                format!("{verb} does more than ask and answer, and cannot be sent by itself")
            }
            cause => cause.to_string(),
        };
        let mut failure = Self::new(class(cause), message);
        failure.hints.extend(hint(cause).map(str::to_owned));
        failure
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Error::from(error).into()
    }
}

/// Several things of which each may fail without the others.
#[derive(Debug, Default)]
pub(crate) struct Tally(Option<Failure>);

impl Tally {
    /// Tells of a failure and keeps it; the first one decides about the exit status.
    pub(crate) fn add(&mut self, result: Result<(), Failure>, screen: &Screen) {
        if let Err(failure) = result {
            failure.tell(screen);
            self.0.get_or_insert(Failure {
                silent: true,
                ..failure
            });
        }
    }

    pub(crate) fn end(self) -> Result<(), Failure> {
        self.0.map_or(Ok(()), Err)
    }
}

/// What broke the session, where it is broken.
fn cause(error: &Error) -> &Error {
    match error {
        Error::Broken(cause) => self::cause(cause),
        error => error,
    }
}

fn class(error: &Error) -> Class {
    match error {
        _ if error.is_timeout() => Class::Timeout,
        // A 550 to MKD mostly says that it is there.
        _ if error.is_not_found() && error.reply().and_then(Reply::verb) != Some("MKD") => {
            Class::NotFound
        }
        Error::Temporary(reply) if reply.code() == ReplyCode::SERVICE_UNAVAILABLE => {
            Class::Connection
        }
        Error::Temporary(reply) | Error::Permanent(reply) => match reply.verb() {
            _ if wants_tls(reply) => Class::Tls,
            Some("AUTH" | "PBSZ" | "PROT") => Class::Tls,
            Some("USER" | "PASS" | "ACCT") => Class::Login,
            _ if reply.code() == ReplyCode::NOT_LOGGED_IN => Class::Login,
            _ => Class::Refused,
        },
        Error::Unconfirmed { cause, .. } => class(cause),
        Error::Io(_) => Class::Connection,
        Error::Tls(_) => Class::Tls,
        Error::Local(_) => Class::Local,
        Error::Argument(_) => Class::Usage,
        _ => Class::Other,
    }
}

/// What a person may do about it.
fn hint(error: &Error) -> Option<&'static str> {
    Some(match error {
        Error::Temporary(reply) | Error::Permanent(reply) => match reply.verb() {
            Some("AUTH" | "PBSZ" | "PROT") => {
                "the server offers no TLS here; --tls off (or ftp://) does without, in the clear"
            }
            Some("REST") => "the server cannot resume: do it without --resume",
            _ if wants_tls(reply) => "the server wants TLS: --tls explicit (or ftpes://)",
            _ => return None,
        },
        Error::Tls(error) => return tls_hint(error),
        Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => "no server listens there: are host and port right?",
            io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
                "the network does not lead there"
            }
            _ if error.to_string().contains("lookup") => "is the name of the host right?",
            _ => return None,
        },
        Error::Timeout(phase) => match phase {
            Phase::Connect | Phase::Handshake => {
                "are host, port and --tls right? --connect-timeout waits longer"
            }
            Phase::DataConnect => "a firewall may be in the way: try --active",
            Phase::Accept => "the server cannot reach this machine: try without --active",
            _ => "--timeout waits longer",
        },
        Error::Unconfirmed { .. } => "it may be complete: compare how long it is, here and there",
        Error::Argument(ArgumentError::Method { .. }) => "--help tells which command does it",
        _ => return None,
    })
}

fn tls_hint(error: &io::Error) -> Option<&'static str> {
    use rustls::{CertificateError, Error as Tls};
    Some(match error.get_ref()?.downcast_ref::<Tls>()? {
        Tls::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            "the certificate is for another host: use a name that it carries, or --insecure if \
             you know why"
        }
        Tls::InvalidCertificate(
            CertificateError::Expired | CertificateError::ExpiredContext { .. },
        ) => "the certificate has expired: its owner must renew it; --insecure takes it as it is",
        Tls::InvalidCertificate(_) => {
            "if you know the server: --cacert FILE trusts its authority, --insecure anybody's"
        }
        Tls::InvalidMessage(_) => {
            "the server does not begin with TLS here: try --tls explicit (or ftpes://)"
        }
        _ => return None,
    })
}

/// Whether a server refuses because the session is in the clear.
fn wants_tls(reply: &Reply) -> bool {
    let text = reply.text().to_ascii_lowercase();
    ["tls", "ssl", "encrypt"]
        .iter()
        .any(|word| text.contains(word))
}

//! What a client asks.

use std::{borrow::Cow, fmt};

use bytes::{BufMut, BytesMut};

use super::{
    argument::{Argument, escape_controls},
    host_port::{ExtendedAddress, HostPort},
    kinds::{AuthMechanism, Protection, RepresentationType, TransferMode},
    secret::{MASK, Secret},
    timestamp::Timestamp,
};

/// The first word of a command, in upper case.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Verb(Cow<'static, str>);

impl Verb {
    /// The verb's letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The verb of a raw command line: what stands before its first blank.
    fn of_line(line: &[u8]) -> Self {
        // Servers end it at a tab too.
        let word = line
            .split(u8::is_ascii_whitespace)
            .next()
            .unwrap_or_default();
        Self(String::from_utf8_lossy(word).to_ascii_uppercase().into())
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<&str> for Verb {
    fn eq(&self, other: &&str) -> bool {
        self.0 == **other
    }
}

/// Every command has a verb and, most of them, one argument; this lists them once.
macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident = $verb:literal $(($argument:ty))? $([$optional:ty])?;)*) => {
        /// One command (RFC 959 section 4.1 and its successors).
        ///
        /// Its `Debug` shows the line as it goes out, passwords masked.
        #[derive(Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Command {
            $($(#[$doc])* $name $(($argument))? $((Option<$optional>))?,)*
            /// A line that this enum has no variant for.
            Raw(Argument),
            /// The same, and it opens a data connection.
            RawTransfer(Argument),
        }

        impl Command {
            /// The command's verb.
            pub fn verb(&self) -> Verb {
                match self {
                    $(commands!(@pattern $name $($argument)? $($optional)?) => {
                        Verb(Cow::Borrowed($verb))
                    })*
                    Self::Raw(line) | Self::RawTransfer(line) => Verb::of_line(line.as_bytes()),
                }
            }
        }
    };
    (@pattern $name:ident) => { Self::$name };
    (@pattern $name:ident $argument:ty) => { Self::$name(_) };
}

commands! {
    /// `ABOR`: end the running transfer.
    Abor = "ABOR";
    /// `ACCT`: the account to charge.
    Acct = "ACCT"(Secret);
    /// `ALLO`: reserve this many bytes.
    Allo = "ALLO"(u64);
    /// `APPE`: append to a file.
    Appe = "APPE"(Argument);
    /// `AUTH`: begin a security exchange (RFC 4217 section 4).
    Auth = "AUTH"(AuthMechanism);
    /// `CCC`: take TLS off the control connection (RFC 4217 section 12.3).
    Ccc = "CCC";
    /// `CDUP`: change to the parent directory.
    Cdup = "CDUP";
    /// `CWD`: change the working directory.
    Cwd = "CWD"(Argument);
    /// `DELE`: delete a file.
    Dele = "DELE"(Argument);
    /// `EPRT`: the address that the server shall connect to (RFC 2428 section 2).
    Eprt = "EPRT"(ExtendedAddress);
    /// `EPSV`: listen for a data connection (RFC 2428 section 3).
    Epsv = "EPSV";
    /// `FEAT`: list the features (RFC 2389 section 3).
    Feat = "FEAT";
    /// `HELP`: a help text.
    Help = "HELP"[Argument];
    /// `HOST`: the virtual host (RFC 7151).
    Host = "HOST"(Argument);
    /// `LIST`: a listing for people.
    List = "LIST"[Argument];
    /// `MDTM`: the time of a file's last change (RFC 3659 section 3).
    Mdtm = "MDTM"(Argument);
    /// `MFMT`: set the time of a file's last change.
    Mfmt = "MFMT"(ModifyTime);
    /// `MKD`: make a directory.
    Mkd = "MKD"(Argument);
    /// `MLSD`: a listing for programs (RFC 3659 section 7).
    Mlsd = "MLSD"[Argument];
    /// `MLST`: the facts of one entry (RFC 3659 section 7).
    Mlst = "MLST"[Argument];
    /// `MODE`: how bytes are laid out on the data connection.
    Mode = "MODE"(TransferMode);
    /// `NLST`: the names of a directory's entries.
    Nlst = "NLST"[Argument];
    /// `NOOP`: nothing, and a reply to it.
    Noop = "NOOP";
    /// `OPTS`: an option of a feature (RFC 2389 section 4).
    Opts = "OPTS"(Argument);
    /// `PASS`: the password.
    Pass = "PASS"(Secret);
    /// `PASV`: listen for a data connection.
    Pasv = "PASV";
    /// `PBSZ`: the protection buffer size, 0 with TLS (RFC 4217 section 8).
    Pbsz = "PBSZ"(u32);
    /// `PORT`: the address that the server shall connect to.
    Port = "PORT"(HostPort);
    /// `PRET`: what the coming data connection is for, where a server wants to know it first.
    Pret = "PRET"(Argument);
    /// `PROT`: whether data connections are encrypted (RFC 4217 section 9).
    Prot = "PROT"(Protection);
    /// `PWD`: tell the working directory.
    Pwd = "PWD";
    /// `QUIT`: end the session.
    Quit = "QUIT";
    /// `REIN`: start over as another user.
    Rein = "REIN";
    /// `REST`: where the next transfer starts, in bytes (RFC 3659 section 5).
    Rest = "REST"(u64);
    /// `RETR`: send a file.
    Retr = "RETR"(Argument);
    /// `RMD`: remove a directory.
    Rmd = "RMD"(Argument);
    /// `RNFR`: the file to rename.
    Rnfr = "RNFR"(Argument);
    /// `RNTO`: its new name.
    Rnto = "RNTO"(Argument);
    /// `SITE`: a command of this server's own.
    Site = "SITE"(Argument);
    /// `SIZE`: the length of a file (RFC 3659 section 4).
    Size = "SIZE"(Argument);
    /// `STAT`: the status of the server, or of a file.
    Stat = "STAT"[Argument];
    /// `STOR`: store a file.
    Stor = "STOR"(Argument);
    /// `STOU`: store a file under a name that the server finds.
    Stou = "STOU"[Argument];
    /// `SYST`: the kind of system.
    Syst = "SYST";
    /// `TYPE`: how bytes stand for a file's content.
    Type = "TYPE"(RepresentationType);
    /// `USER`: the user's name.
    User = "USER"(Argument);
}

/// The argument of `MFMT`: a time and the file that shall have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModifyTime {
    time: Timestamp,
    path: Argument,
}

impl ModifyTime {
    /// `time` for the file at `path`.
    pub fn new(time: Timestamp, path: Argument) -> Self {
        Self { time, path }
    }
}

impl Command {
    /// Appends the line, its CR LF included.
    #[doc(alias = "CRLF")]
    #[doc(alias = "B_CRLF")]
    #[doc(alias = "putline")]
    #[doc(alias = "putcmd")]
    pub fn encode(&self, line: &mut BytesMut) {
        let verb = self.verb();
        match self {
            Self::Raw(text) | Self::RawTransfer(text) => line.put_slice(text.as_bytes()),
            _ => line.put_slice(verb.as_str().as_bytes()),
        }
        match self.parameter() {
            Parameter::None => {}
            Parameter::Bytes(bytes) => {
                line.put_u8(b' ');
                line.put_slice(bytes);
            }
            Parameter::Text(text) => {
                line.put_u8(b' ');
                line.put_slice(text.as_bytes());
            }
            Parameter::Timed(time, path) => {
                line.put_u8(b' ');
                line.put_slice(time.as_bytes());
                line.put_u8(b' ');
                line.put_slice(path);
            }
        }
        line.put_slice(b"\r\n");
    }

    fn parameter(&self) -> Parameter<'_> {
        match self {
            Self::Abor | Self::Ccc | Self::Cdup | Self::Epsv | Self::Feat | Self::Noop => {
                Parameter::None
            }
            Self::Pasv | Self::Pwd | Self::Quit | Self::Rein | Self::Syst => Parameter::None,
            Self::Raw(_) | Self::RawTransfer(_) => Parameter::None,
            Self::Acct(secret) | Self::Pass(secret) => Parameter::Bytes(secret.expose()),
            Self::Appe(argument)
            | Self::Cwd(argument)
            | Self::Dele(argument)
            | Self::Host(argument)
            | Self::Mdtm(argument)
            | Self::Mkd(argument)
            | Self::Opts(argument)
            | Self::Pret(argument)
            | Self::Retr(argument)
            | Self::Rmd(argument)
            | Self::Rnfr(argument)
            | Self::Rnto(argument)
            | Self::Site(argument)
            | Self::Size(argument)
            | Self::Stor(argument)
            | Self::User(argument) => Parameter::Bytes(argument.as_bytes()),
            Self::Help(argument)
            | Self::List(argument)
            | Self::Mlsd(argument)
            | Self::Mlst(argument)
            | Self::Nlst(argument)
            | Self::Stat(argument)
            | Self::Stou(argument) => argument.as_ref().map_or(Parameter::None, |argument| {
                Parameter::Bytes(argument.as_bytes())
            }),
            Self::Allo(bytes) | Self::Rest(bytes) => Parameter::Text(bytes.to_string()),
            Self::Auth(mechanism) => Parameter::Text(mechanism.to_string()),
            Self::Eprt(address) => Parameter::Text(address.to_string()),
            Self::Mfmt(file) => Parameter::Timed(file.time.to_string(), file.path.as_bytes()),
            Self::Mode(mode) => Parameter::Text(mode.to_string()),
            Self::Pbsz(bytes) => Parameter::Text(bytes.to_string()),
            Self::Port(address) => Parameter::Text(address.to_string()),
            Self::Prot(protection) => Parameter::Text(protection.to_string()),
            Self::Type(kind) => Parameter::Text(kind.to_string()),
        }
    }

    /// Whether the command opens a data connection.
    pub(crate) fn is_transfer(&self) -> bool {
        matches!(
            self,
            Self::Retr(_)
                | Self::Stor(_)
                | Self::Stou(_)
                | Self::Appe(_)
                | Self::List(_)
                | Self::Nlst(_)
                | Self::Mlsd(_)
                | Self::RawTransfer(_)
        )
    }

    /// Whether the reply matters for what it tells, and not only for its success.
    pub(crate) fn is_telling(&self) -> bool {
        matches!(
            self,
            Self::Pwd
                | Self::Mkd(_)
                | Self::Size(_)
                | Self::Mdtm(_)
                | Self::Mlst(_)
                | Self::Feat
                | Self::Syst
        )
    }

    /// Whether the argument must not be shown.
    fn is_secret(&self) -> bool {
        match self {
            Self::Pass(_) | Self::Acct(_) => true,
            Self::Raw(_) => matches!(self.verb().as_str(), "PASS" | "ACCT"),
            Self::Site(line) => matches!(
                Verb::of_line(line.as_bytes()).as_str(),
                "PSWD" | "PASSWD" | "PASSWORD"
            ),
            _ => false,
        }
    }
}

/// What stands behind the verb.
enum Parameter<'a> {
    None,
    Bytes(&'a [u8]),
    Text(String),
    Timed(String, &'a [u8]),
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_secret() {
            return write!(f, "{} {MASK}", self.verb());
        }
        let mut line = BytesMut::new();
        self.encode(&mut line);
        let line = String::from_utf8_lossy(&line);
        escape_controls(line.trim_end_matches(['\r', '\n']), f)
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(text: &str) -> Argument {
        Argument::new(text).unwrap()
    }

    #[test]
    fn commands_on_the_wire() {
        for (command, want) in [
            (Command::Pwd, "PWD\r\n"),
            (Command::List(None), "LIST\r\n"),
            (Command::List(Some(argument("a b"))), "LIST a b\r\n"),
            (Command::Retr(argument(" a")), "RETR  a\r\n"),
            (Command::Rest(7), "REST 7\r\n"),
            (Command::Type(RepresentationType::Image), "TYPE I\r\n"),
            (Command::Prot(Protection::Private), "PROT P\r\n"),
            (Command::Auth(AuthMechanism::Tls), "AUTH TLS\r\n"),
            (Command::Pass(Secret::new("x y").unwrap()), "PASS x y\r\n"),
            (Command::Raw(argument("site idle 5")), "site idle 5\r\n"),
        ] {
            let mut line = BytesMut::new();
            command.encode(&mut line);
            assert_eq!(line, want);
        }
    }

    #[test]
    fn secrets_are_masked_at_one_width_whatever_the_case() {
        for command in [
            Command::Pass(Secret::new("hunter2").unwrap()),
            Command::Acct(Secret::new("hunter2").unwrap()),
            Command::Raw(argument("pAsS hunter2")),
            Command::Raw(argument("acct hunter2")),
            Command::Raw(argument("PASS\thunter2")),
            Command::Site(argument("pswd hunter2 hunter2")),
        ] {
            let shown = format!("{command:?} {command}");
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains(MASK), "{shown}");
        }
    }

    #[test]
    fn the_verb_of_a_raw_line_is_in_upper_case() {
        assert_eq!(Command::Raw(argument("site chmod 600 a")).verb(), "SITE");
    }
}

//! Commands without a noun of their own.

use super::{FtpStream, learned::Learned};
use crate::{
    error::{ArgumentError, Error, Result},
    protocol::{Argument, Command, Reply, RepresentationType, Verb},
};

/// Verbs that do more than ask and answer, and the methods that do it.
const METHODS: [(&str, &str); 30] = [
    ("ABOR", "Download::abort"),
    ("ACCT", "account"),
    ("ADAT", "secure"),
    ("APPE", "appe"),
    ("AUTH", "secure"),
    ("CCC", "ccc"),
    ("CPSV", "retr"),
    ("EPRT", "retr"),
    ("EPSV", "retr"),
    ("LIST", "list"),
    ("LPRT", "retr"),
    ("LPSV", "retr"),
    ("MLSD", "mlsd"),
    ("MODE", "retr"),
    ("NLST", "nlst"),
    ("PASS", "login"),
    ("PASV", "retr"),
    ("PBSZ", "prot_p"),
    ("PORT", "retr"),
    ("PROT", "prot_p"),
    ("QUIT", "quit"),
    ("RANG", "retr_with"),
    ("REIN", "rein"),
    ("RETR", "retr"),
    ("SPSV", "retr"),
    ("SSCN", "fxp"),
    ("STOR", "stor"),
    ("STOU", "stou"),
    ("STRU", "retr"),
    ("USER", "login"),
];

impl FtpStream {
    /// Sends a line as it is, for commands that have no method here, and waits for the reply.
    ///
    /// A 3xx is a success too: the server awaits more.
    ///
    /// # Errors
    /// [`Error::Argument`] when the line holds CR, LF or NUL, or when its verb opens a data
    /// connection, changes TLS or logs in: those have methods; the server's 4xx or 5xx, which the
    /// error carries.
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(mut ftp: tokio_ftp::FtpStream) -> tokio_ftp::Result<()> {
    /// let reply = ftp.command("SITE IDLE 600").await?;
    /// println!("{} {}", reply.code(), reply.text());
    /// # Ok(()) }
    /// ```
    #[doc(alias = "sendcmd")]
    #[doc(alias = "voidcmd")]
    #[doc(alias = "voidresp")]
    pub async fn command(&mut self, line: impl AsRef<[u8]> + Send) -> Result<Reply> {
        let command = parse(Argument::new(line)?)?;
        let reply = self.call(&command).await?;
        if reply.code().is_failure() {
            Err(Error::from_reply(reply))
        } else {
            Ok(reply)
        }
    }

    /// Does nothing, and finds out whether the session lives (`NOOP`).
    ///
    /// # Errors
    /// The server's refusal, or what ended the session.
    pub async fn noop(&mut self) -> Result<()> {
        self.demand(&Command::Noop).await.map(drop)
    }

    /// Sends a command of the server's own (`SITE`).
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    pub async fn site(&mut self, line: impl AsRef<[u8]> + Send) -> Result<Reply> {
        self.demand(&Command::Site(Argument::new(line)?)).await
    }

    /// What the server says of a file or directory over the control connection, or with `""` of
    /// itself and the session (`STAT`, RFC 959 section 4.1.3).
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    pub async fn stat(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Reply> {
        let path = self.path(path).await?;
        self.demand(&Command::Stat(path.if_any())).await
    }

    /// A help text on one command, or with `""` on all (`HELP`).
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    pub async fn help(&mut self, command: impl AsRef<[u8]> + Send) -> Result<Reply> {
        let command = Argument::new(command)?;
        self.demand(&Command::Help(command.if_any())).await
    }

    /// Says which of the server's hosts is meant (`HOST`, RFC 7151); to be called before the login.
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    pub async fn host(&mut self, name: impl AsRef<[u8]> + Send) -> Result<()> {
        self.demand(&Command::Host(Argument::new(name)?)).await?;
        self.learned = Learned::default();
        Ok(())
    }

    /// Reserves room for an upload, in bytes (`ALLO`).
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn allo(&mut self, bytes: u64) -> Result<()> {
        self.demand(&Command::Allo(bytes)).await.map(drop)
    }
}

/// The verb of a line that every server reads in one way: letters, and then a blank if anything.
pub(crate) fn verb_of(line: &Argument) -> Result<Verb> {
    let verb = Command::Raw(line.clone()).verb();
    let rest = line
        .as_bytes()
        .get(verb.as_str().len()..)
        .unwrap_or_default();
    let is_verb = verb.as_str().bytes().all(|byte| byte.is_ascii_alphabetic());
    if verb.as_str().is_empty() || !is_verb || rest.first().is_some_and(|&byte| byte != b' ') {
        let what = "a command is letters, and then a blank if anything";
        return Err(Error::Argument(ArgumentError::Value(what)));
    }
    Ok(verb)
}

/// Refuses verbs that have a method.
pub(crate) fn check_verb(verb: &Verb) -> Result<()> {
    match METHODS.iter().find(|(name, _)| verb == name) {
        Some(&(verb, method)) => Err(Error::Argument(ArgumentError::Method { verb, method })),
        None => Ok(()),
    }
}

/// A line as a command, so that those which change what the server holds change what is known
/// of it too.
fn parse(line: Argument) -> Result<Command> {
    let verb = verb_of(&line)?;
    check_verb(&verb)?;
    let command = Command::Raw(line.clone());
    let rest = line
        .as_bytes()
        .get(verb.as_str().len()..)
        .unwrap_or_default();
    let rest = rest.trim_ascii_start();
    Ok(match verb.as_str() {
        "TYPE" => match rest {
            b"A" | b"a" => Command::Type(RepresentationType::Ascii),
            b"I" | b"i" => Command::Type(RepresentationType::Image),
            _ => return Err(Error::Argument(ArgumentError::Value("TYPE is A or I here"))),
        },
        "REST" => match std::str::from_utf8(rest)
            .ok()
            .and_then(|text| text.parse().ok())
        {
            Some(offset) => Command::Rest(offset),
            None => return Err(Error::Argument(ArgumentError::Value("REST takes a number"))),
        },
        _ => command,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_lines_cannot_do_what_methods_must() {
        for line in [
            "RETR\ta", "PASS\tb", " RETR a", "CPSV", "RANG 1 2", "RETR a", "retr a", "PASV",
            "user joe", "AUTH TLS", "QUIT", "TYPE E", "REST x", "",
        ] {
            let result = parse(Argument::new(line).unwrap());
            assert!(
                matches!(result, Err(Error::Argument(_))),
                "{line}: {result:?}"
            );
        }
        let command = parse(Argument::new("type i").unwrap()).unwrap();
        assert_eq!(command, Command::Type(RepresentationType::Image));
        let command = parse(Argument::new("SITE CHMOD 600 a").unwrap()).unwrap();
        assert!(matches!(command, Command::Raw(_)));
    }
}

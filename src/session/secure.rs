//! TLS on control and data connections.

use std::{io, sync::Arc};

use super::{FtpStream, learned::Learned};
use crate::{
    error::{ArgumentError, Error, Result},
    net::{
        Endpoint,
        tls::{TlsClient, TlsSettings, TlsSetupError},
    },
    protocol::{AuthMechanism, Command, Protection, Reply, ReplyCode},
};

/// Whether this is ProFTPD, by its greeting or by its answer to `AUTH TLS`.
///
/// It demands that data connections resume the session of the control connection, and gives no
/// TLS 1.3 ticket back for an upload, so that every third one would be refused. TLS 1.2 sessions
/// can be resumed for ever.
fn gives_no_tickets_on_uploads(welcome: &Reply, auth: &Reply) -> bool {
    // pyftpdlib answers `AUTH TLS` in the same words.
    welcome.mentions("ProFTPD")
        || (auth.mentions("AUTH TLS successful") && !welcome.mentions("pyftpdlib"))
}

impl FtpStream {
    /// Puts TLS under the control connection and, from then on, under data connections
    /// (`AUTH TLS`, `PBSZ 0`, `PROT P`; RFC 4217). To be called before the login.
    ///
    /// # Errors
    /// The server's refusal, after which the session goes on in the clear and nothing was sent
    /// that should not be; what TLS says of the server, which ends the session;
    /// [`Error::Unsupported`] when TLS runs already.
    ///
    /// # Cancel safety
    /// Dropped half-way, the session is broken and says so.
    #[doc(alias = "auth")]
    pub async fn secure(&mut self) -> Result<()> {
        self.encrypt().await?;
        self.protect().await
    }

    /// Puts TLS under the control connection.
    pub(super) async fn encrypt(&mut self) -> Result<()> {
        if self.control.is_tls() {
            return Err(Error::Unsupported("TLS runs on this session already"));
        }
        // A setting that cannot work is told before the server hears of it.
        client(&self.options.tls, &self.endpoint, false)?;
        let reply = self.call(&Command::Auth(AuthMechanism::Tls)).await?;
        if reply.code() != ReplyCode::SECURITY_ACCEPTED {
            return Err(Error::from_reply(reply));
        }
        let tls12_only = gives_no_tickets_on_uploads(&self.welcome, &reply);
        let client = client(&self.options.tls, &self.endpoint, tls12_only)?;
        self.control.upgrade(&client).await?;
        self.tls = Some(client);
        // What was said in the clear may have been somebody else's words, and what was agreed on
        // before does not hold any more.
        self.learned = Learned::default();
        self.protection = None;
        self.protect_after_login = false;
        Ok(())
    }

    /// Encrypts data connections from now on (`PBSZ 0`, `PROT P`; RFC 4217 section 9). It is so
    /// after [`secure`](Self::secure) already.
    ///
    /// # Errors
    /// [`Error::Unsupported`] without TLS on the control connection; the server's refusal.
    pub async fn prot_p(&mut self) -> Result<()> {
        self.needs_tls()?;
        self.demand(&Command::Pbsz(0)).await?;
        self.demand(&Command::Prot(Protection::Private)).await?;
        self.protect_after_login = false;
        self.protection = Some(Protection::Private);
        Ok(())
    }

    /// Sends data in the clear from now on (`PROT C`), while commands stay encrypted.
    ///
    /// # Errors
    /// [`Error::Unsupported`] without TLS on the control connection; the server's refusal, after
    /// which nothing has changed.
    pub async fn prot_c(&mut self) -> Result<()> {
        self.needs_tls()?;
        self.demand(&Command::Prot(Protection::Clear)).await?;
        self.protect_after_login = false;
        self.protection = Some(Protection::Clear);
        Ok(())
    }

    /// Takes TLS off the control connection (`CCC`, RFC 4217 section 12.3), for firewalls that
    /// must see ports. Data connections stay as they are.
    ///
    /// From here on anybody on the way can read and change commands and replies.
    ///
    /// # Errors
    /// [`Error::Unsupported`] without TLS on the control connection; the server's refusal, after
    /// which nothing has changed; what TLS says, which ends the session.
    ///
    /// # Cancel safety
    /// Dropped half-way, the session is broken and says so.
    pub async fn ccc(&mut self) -> Result<()> {
        self.needs_tls()?;
        self.demand(&Command::Ccc).await?;
        self.control.downgrade(self.options.data_timeout).await
    }

    fn needs_tls(&self) -> Result<()> {
        if self.control.is_tls() {
            Ok(())
        } else {
            Err(Error::Unsupported(
                "the protection of data without TLS on the control connection",
            ))
        }
    }

    /// Asks for encrypted data connections.
    pub(super) async fn protect(&mut self) -> Result<()> {
        // Whatever a server says to PBSZ, its word on PROT is what counts.
        let reply = self.call(&Command::Pbsz(0)).await?;
        if wants_login(&reply) {
            self.protect_after_login = true;
            return Ok(());
        }
        let reply = self.call(&Command::Prot(Protection::Private)).await?;
        self.take_protection(reply)
    }

    /// What the reply to `PROT P` means.
    pub(super) fn take_protection(&mut self, reply: Reply) -> Result<()> {
        let implicit = self.options.mode == super::TlsMode::Implicit;
        self.protect_after_login = wants_login(&reply);
        if reply.code().is_completion() || (implicit && reply.code().is_unknown_command()) {
            // With implicit TLS, a server that does not know PROT protects all the same.
            self.protection = Some(Protection::Private);
            Ok(())
        } else if self.protect_after_login {
            Ok(())
        } else {
            Err(Error::from_reply(reply))
        }
    }

    /// Asks again for what was refused because nobody had logged in.
    pub(super) async fn protect_when_logged_in(&mut self) -> Result<()> {
        if !self.protect_after_login {
            return Ok(());
        }
        self.protect().await?;
        if self.protect_after_login {
            // Refused twice for want of a login that there is.
            let reply = self.control.last_reply().cloned();
            return Err(reply.map_or(
                Error::Unsupported("encrypted data connections"),
                Error::from_reply,
            ));
        }
        Ok(())
    }

    /// Whether data connections run TLS; never in the clear by accident.
    ///
    /// # Errors
    /// TLS runs and nothing was agreed on for data connections.
    pub(crate) fn data_is_private(&self) -> Result<bool> {
        match (self.control.is_tls(), self.protection) {
            (false, None) | (_, Some(Protection::Clear)) => Ok(false),
            // Also when TLS was taken off the control connection.
            (_, Some(Protection::Private)) => Ok(true),
            (true, None) => Err(Error::Unsupported(
                "transfers before the server has agreed to encrypt them",
            )),
        }
    }
}

fn wants_login(reply: &Reply) -> bool {
    reply.code() == ReplyCode::NOT_LOGGED_IN || reply.code() == ReplyCode::BAD_SEQUENCE
}

/// A TLS client for one session.
pub(super) fn client(
    settings: &TlsSettings,
    endpoint: &Endpoint,
    tls12_only: bool,
) -> Result<TlsClient> {
    TlsClient::new(settings, endpoint, tls12_only).map_err(|error| match error {
        TlsSetupError::Unsupported(what) => Error::Unsupported(what),
        TlsSetupError::Value(what) => Error::Argument(ArgumentError::Value(what)),
        TlsSetupError::Rustls(error) => {
            Error::Tls(Arc::new(io::Error::new(io::ErrorKind::InvalidInput, error)))
        }
    })
}

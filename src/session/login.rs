//! Who the user is.

use super::{ConnectOptions, FtpStream, TlsMode, learned::Learned};
use crate::{
    error::{Error, Result},
    protocol::{Argument, Command, Protection, Reply, ReplyCode, Secret},
    url::{FtpUrl, Scheme},
};

const ANONYMOUS: &str = "anonymous";
const ANONYMOUS_PASSWORD: &str = "anonymous@";

/// What a login may need.
pub(super) struct Login {
    user: Argument,
    password: Secret,
    account: Option<Secret>,
}

impl Login {
    pub(super) fn new(
        user: impl AsRef<[u8]>,
        password: impl AsRef<[u8]>,
        options: &ConnectOptions,
    ) -> Result<Self> {
        Ok(Self {
            user: Argument::new(user)?,
            password: Secret::new(password)?,
            account: options.account.as_ref().map(Secret::new).transpose()?,
        })
    }
}

impl FtpStream {
    /// Logs in (`USER`, then `PASS` and `ACCT` as the server asks for them; RFC 959 section 5.4).
    ///
    /// # Errors
    /// [`Error::Argument`] when the name or the password holds CR, LF or NUL, with nothing sent;
    /// the server's refusal; [`Error::Unsupported`] when it wants an account and
    /// [`ConnectOptions::account`] named none.
    ///
    /// # Cancel safety
    /// Dropped half-way, the session is broken and says so.
    pub async fn login(
        &mut self,
        user: impl AsRef<[u8]> + Send,
        password: impl AsRef<[u8]> + Send,
    ) -> Result<()> {
        let login = Login::new(user, password, &self.options)?;
        self.learned = Learned::default();
        let reply = self.call(&Command::User(login.user.clone())).await?;
        self.go_on(login, reply).await?;
        self.protect_when_logged_in().await
    }

    /// Has data connections encrypted and logs in, with three commands in one write that do not
    /// hang on each other. The password waits until it is asked for.
    pub(super) async fn protect_and_login(&mut self, login: Login) -> Result<()> {
        self.settle().await?;
        self.control.send(&Command::Pbsz(0))?;
        let prot = self.control.send(&Command::Prot(Protection::Private))?;
        let user = self.control.send(&Command::User(login.user.clone()))?;
        let prot = self.control.reply_to(prot).await?;
        self.take_protection(prot)?;
        let reply = self.control.reply_to(user).await?;
        self.go_on(login, reply).await?;
        self.protect_when_logged_in().await
    }

    /// Gives what the server asks for with its reply to `USER`.
    async fn go_on(&mut self, login: Login, mut reply: Reply) -> Result<()> {
        if reply.code() == ReplyCode::NEED_PASSWORD {
            reply = self.call(&Command::Pass(login.password)).await?;
        }
        if reply.code() == ReplyCode::NEED_ACCOUNT {
            let Some(account) = login.account else {
                return Err(Error::Unsupported(
                    "a login without the account that the server wants",
                ));
            };
            reply = self.call(&Command::Acct(account)).await?;
        }
        if reply.code().is_completion() {
            Ok(())
        } else {
            Err(Error::from_reply(reply))
        }
    }

    /// Logs in as `anonymous`.
    ///
    /// # Errors
    /// As [`login`](Self::login).
    pub async fn login_anonymous(&mut self) -> Result<()> {
        self.login(ANONYMOUS, ANONYMOUS_PASSWORD).await
    }

    /// Logs out and starts over (`REIN`, RFC 959 section 4.1.1); [`login`](Self::login) comes next.
    ///
    /// # Errors
    /// [`Error::Unsupported`] under TLS, of which servers make different things; the server's
    /// refusal.
    ///
    /// # Cancel safety
    /// Dropped half-way, the session is broken and says so.
    pub async fn rein(&mut self) -> Result<()> {
        if self.control.is_tls() {
            return Err(Error::Unsupported("starting over under TLS"));
        }
        self.demand(&Command::Rein).await?;
        self.learned = Learned::default();
        Ok(())
    }

    /// Names the account to charge (`ACCT`), for servers that ask for one after the login.
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    #[doc(alias = "acct")]
    pub async fn account(&mut self, account: impl AsRef<[u8]> + Send) -> Result<()> {
        self.demand(&Command::Acct(Secret::new(account)?))
            .await
            .map(drop)
    }
}

impl ConnectOptions {
    /// These options, with what `url` says of TLS and the user.
    pub(super) fn for_url(mut self, url: &FtpUrl) -> Self {
        self.mode = match url.scheme() {
            Scheme::Ftps => TlsMode::Implicit,
            Scheme::Ftpes => TlsMode::Explicit,
            Scheme::Ftp => self.mode,
        };
        match (url.user(), &self.credentials) {
            (Some(user), Some(known)) if known.user == user && url.password().is_none() => self,
            (Some(user), _) => {
                let password = url.password().unwrap_or_default();
                self.credentials(user, password)
            }
            (None, Some(_)) => self,
            (None, None) => self.credentials(ANONYMOUS, ANONYMOUS_PASSWORD),
        }
    }
}

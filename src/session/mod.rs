//! A session with one server.

mod directory;
mod file;
mod keepalive;
mod learned;
mod limits;
mod login;
mod options;
pub(crate) mod raw;
mod secure;
mod server;
mod settle;
mod tickets;
mod timer;

use std::{future::Future, net::SocketAddr, sync::Arc};

use self::login::Login;
pub(crate) use self::{keepalive::Keepalive, learned::Learned, timer::Timer};
pub use self::{
    limits::Limits,
    options::{ConnectOptions, DataMode, TlsMode},
    server::{DEFAULT_PORT, IMPLICIT_TLS_PORT, Server},
};
use crate::{
    control::Control,
    error::{Error, Result},
    net::{
        DataConnection, Endpoint, Stream,
        tls::{TlsClient, TlsFacts},
    },
    protocol::{Argument, Command, Features, Protection, Reply, ReplyCode},
    url::FtpUrl,
};

/// A session with an FTP server, over one control connection.
///
/// It has ftplib's verbs as async methods. A transfer borrows it, so nothing else can be sent
/// while one runs. See the [crate page](crate) for a first program.
///
/// Every command and every reply is a [`tracing`] event of level DEBUG with the target
/// `tokio_ftp::control`, passwords masked.
///
/// # Cancel safety
/// Every method may be dropped at any await. The next one reads the replies that are still owed
/// and then answers its own reply, or says [`Error::Broken`]. A login, a change of TLS and the
/// end of the session are the exceptions: dropped half-way, they leave a session that is broken
/// and says so.
#[derive(Debug)]
#[doc(alias = "set_debuglevel")]
#[doc(alias = "debug")]
pub struct FtpStream {
    pub(crate) control: Control,
    pub(crate) options: Arc<ConnectOptions>,
    pub(crate) endpoint: Endpoint,
    pub(crate) tls: Option<TlsClient>,
    /// How data connections are protected, once that was agreed on under TLS.
    pub(crate) protection: Option<Protection>,
    /// `PROT` was refused because nobody had logged in.
    protect_after_login: bool,
    /// The data connection of a download. It is here and not in the guard, so that a guard that
    /// is dropped, or forgotten, leaves something to settle.
    pub(crate) data: Option<DataConnection>,
    /// Whether the last data connection had to negotiate a TLS session of its own.
    pub(crate) last_data_was_full_handshake: bool,
    /// Whether the port of the last data connection was one that had been asked for ahead.
    pub(crate) port_was_ahead: bool,
    pub(crate) timer: Timer,
    pub(crate) keepalive: Keepalive,
    data_mode: DataMode,
    /// Nobody here holds the data connection of the running transfer, so its end cannot end it.
    pub(crate) unattended: bool,
    /// The server makes the TLS handshake of data connections as a client (`SSCN ON`).
    pub(crate) handshakes_as_client: bool,
    /// The server has let a data connection pass that did not resume the TLS session.
    pub(crate) full_handshakes_pass: bool,
    /// Uploads were seen to bring no TLS tickets (ProFTPD).
    uploads_bring_no_tickets: bool,
    pub(crate) learned: Learned,
    /// Whether `EPSV` works here, as far as is known.
    pub(crate) epsv: bool,
    /// The directory to go back to after a listing that had to change it.
    pub(crate) away: Option<Argument>,
    welcome: Reply,
}

impl FtpStream {
    /// Connects without TLS and reads the greeting; [`login`](Self::login) comes next.
    ///
    /// # Errors
    /// As [`ConnectOptions::connect`].
    #[doc(alias = "FTP")]
    pub async fn connect<S>(server: S) -> Result<Self>
    where
        S: TryInto<Server> + Send,
        S::Error: Into<Error>,
    {
        ConnectOptions::new().connect(server).await
    }

    /// How to connect, to be told step by step.
    #[doc(alias = "FTP_TLS")]
    pub fn builder() -> ConnectOptions {
        ConnectOptions::new()
    }

    /// Connects and logs in as a URL says, and gives back the path that it names.
    ///
    /// `ftp://` is plain, `ftps://` TLS from the first byte on port 990, `ftpes://` TLS by
    /// `AUTH TLS`. Without a user it logs in as `anonymous`. The path is as RFC 1738 section 3.2.2
    /// has it: `ftp://host/a/b` is `a/b` from the login directory, `ftp://host/%2Fa/b` is `/a/b`.
    ///
    /// # Errors
    /// [`Error::Argument`] says where a URL is wrong; else as [`ConnectOptions::connect`].
    pub async fn open(url: &str) -> Result<(Self, Vec<u8>)> {
        ConnectOptions::new().open(url).await
    }

    /// The greeting.
    #[doc(alias = "getwelcome")]
    pub fn welcome(&self) -> &Reply {
        &self.welcome
    }

    /// The last reply that was read.
    #[doc(alias = "lastresp")]
    pub fn last_reply(&self) -> Option<&Reply> {
        self.control.last_reply()
    }

    /// Where the control connection goes, as it was asked for.
    #[doc(alias = "host")]
    #[doc(alias = "port")]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The address of the server; `None` where a [`Connector`](crate::Connector) knows none.
    #[doc(alias = "af")]
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.control.peer()
    }

    /// Whether the session is of no further use: every method will say [`Error::Broken`].
    ///
    /// It is `false` for a session that an abandoned operation has left with replies to read;
    /// whether that ends well is known after the next command.
    pub fn is_broken(&self) -> bool {
        self.control.is_broken()
    }

    /// What was agreed on for the control connection; `None` without TLS.
    pub fn tls(&self) -> Option<&TlsFacts> {
        self.control.tls()
    }

    /// Who opens data connections from now on.
    pub fn data_mode(&self) -> DataMode {
        self.data_mode
    }

    /// Changes who opens data connections; see [`ConnectOptions::data_mode`].
    #[doc(alias = "set_pasv")]
    #[doc(alias = "passiveserver")]
    pub fn set_data_mode(&mut self, mode: DataMode) {
        self.data_mode = mode;
    }

    /// Ends the session in good order (`QUIT`, RFC 959 section 4.1.1) and closes.
    ///
    /// # Errors
    /// The server's refusal or what the connection says; it is closed in any case.
    #[doc(alias = "close")]
    pub async fn quit(mut self) -> Result<()> {
        let reply = self.call(&Command::Quit).await;
        self.control.close().await;
        match reply? {
            reply if reply.code().is_completion() => Ok(()),
            reply => Err(Error::from_reply(reply)),
        }
    }

    pub(super) async fn establish(options: &ConnectOptions, endpoint: Endpoint) -> Result<Self> {
        let plain = options.dial(&endpoint, None).await?;
        let (stream, tls) = match options.mode {
            TlsMode::Implicit => {
                let client = secure::client(&options.tls, &endpoint, false)?;
                let tls = client.handshake(plain).await.map_err(Error::tls)?;
                (Stream::Tls(Box::new(tls)), Some(client))
            }
            TlsMode::Off | TlsMode::Explicit => (Stream::Plain(plain), None),
        };
        let (mut control, greeting) =
            Control::new(stream, options.limits.reply, options.reply_timeout);
        let welcome = control.reply_to(greeting).await?;
        if welcome.code() != ReplyCode::READY {
            return Err(Error::from_reply(welcome));
        }
        let mut session = Self {
            control,
            epsv: options.epsv,
            options: Arc::new(options.clone()),
            endpoint,
            tls,
            protection: None,
            protect_after_login: false,
            data: None,
            last_data_was_full_handshake: false,
            port_was_ahead: false,
            timer: Timer::default(),
            keepalive: Keepalive::default(),
            data_mode: options.data_mode,
            unattended: false,
            handshakes_as_client: false,
            full_handshakes_pass: false,
            uploads_bring_no_tickets: false,
            learned: Learned::default(),
            away: None,
            welcome,
        };
        if options.mode == TlsMode::Explicit {
            session.encrypt().await?;
        }
        let login = options.credentials.as_ref();
        let private = options.mode != TlsMode::Off;
        match login {
            Some(login) if private && options.pipelining => {
                let login = Login::new(&login.user, &login.password, options)?;
                session.protect_and_login(login).await?;
            }
            _ => {
                if private {
                    session.protect().await?;
                }
                if let Some(login) = login {
                    session.login(&login.user, &login.password).await?;
                }
            }
        }
        Ok(session)
    }

    /// Settles what went before, then sends `command` and waits for its reply, whatever it says.
    pub(crate) async fn call(&mut self, command: &Command) -> Result<Reply> {
        self.settle().await?;
        self.control.exchange(command).await
    }

    /// As [`call`](Self::call), for commands where only a 2xx will do.
    pub(crate) async fn demand(&mut self, command: &Command) -> Result<Reply> {
        let reply = self.call(command).await?;
        if reply.code().is_completion() {
            Ok(reply)
        } else {
            Err(Error::from_reply(reply))
        }
    }

    /// Makes an argument of a path.
    ///
    /// A server may have to be told that names are UTF-8 before the first that is not ASCII.
    pub(crate) async fn path(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Argument> {
        let argument = Argument::new(path)?;
        if !argument.as_bytes().is_ascii() && self.known_features().is_none() {
            // Boxed, because commands that take a path are themselves sent from in there.
            let asked: std::pin::Pin<Box<dyn Future<Output = Result<&Features>> + Send + '_>> =
                Box::pin(self.features());
            asked.await?;
        }
        Ok(argument)
    }
}

impl AsMut<Self> for FtpStream {
    fn as_mut(&mut self) -> &mut Self {
        self
    }
}

impl ConnectOptions {
    /// As [`FtpStream::open`], with these options; the URL decides about TLS and the user.
    ///
    /// # Errors
    /// As [`FtpStream::open`].
    pub async fn open(&self, url: &str) -> Result<(FtpStream, Vec<u8>)> {
        let url = FtpUrl::parse(url)?;
        let options = self.clone().for_url(&url);
        let server = Server::new(url.host(), url.port())?;
        let session = options.connect(server).await?;
        Ok((session, url.path().to_vec()))
    }
}

//! How to connect.

use std::{fmt, net::IpAddr, ops::RangeInclusive, sync::Arc, time::Duration};

use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;

use super::{
    FtpStream, Limits,
    server::{DEFAULT_PORT, IMPLICIT_TLS_PORT, Server},
};
use crate::{
    error::{Error, Phase, Result},
    net::{
        Connector, Endpoint, OnDrop, Plain, TcpConnector,
        tls::{TlsEof, TlsRoots, TlsSettings, TlsVersions, is_version_refused},
    },
    protocol::MASK,
};

/// Whether and when the control connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum TlsMode {
    /// Never. User names, passwords and files go in the clear.
    #[default]
    Off,
    /// By `AUTH TLS`, before the login (RFC 4217). A server that refuses fails the connection;
    /// nothing falls back to the clear.
    Explicit,
    /// From the first byte, on port 990 by default.
    Implicit,
}

/// Who opens data connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum DataMode {
    /// The client does (`EPSV`, `PASV`): works through firewalls and NAT on the client's side.
    #[default]
    #[doc(alias = "makepasv")]
    Passive,
    /// The server does (`PORT`, `EPRT`): works where the server can reach the client. Only its
    /// host is let in.
    #[doc(alias = "makeport")]
    #[doc(alias = "sendport")]
    #[doc(alias = "sendeprt")]
    Active,
}

/// How to connect: a plain value to keep, clone and use again.
///
/// A setter only stores; what is wrong with a value is told by [`connect`](Self::connect), or by
/// the first transfer that it concerns.
///
/// # Examples
/// ```no_run
/// use std::time::Duration;
/// use tokio_ftp::{FtpStream, TlsMode};
///
/// # async fn run() -> tokio_ftp::Result<()> {
/// let mut ftp = FtpStream::builder()
///     .credentials("joe", "secret")
///     .tls(TlsMode::Explicit)
///     .idle_timeout(Duration::from_secs(20))
///     .connect("ftp.example.org")
///     .await?;
/// println!("{}", ftp.pwd().await?);
/// # ftp.quit().await
/// # }
/// ```
#[derive(Clone)]
pub struct ConnectOptions {
    pub(super) credentials: Option<Credentials>,
    pub(super) account: Option<Vec<u8>>,
    pub(super) mode: TlsMode,
    pub(crate) tls: TlsSettings,
    pub(crate) tls_eof: TlsEof,
    pub(super) data_mode: DataMode,
    pub(crate) active_ports: Option<RangeInclusive<u16>>,
    pub(crate) advertise: Option<IpAddr>,
    pub(crate) telnet_synch: bool,
    pub(crate) epsv: bool,
    pub(crate) trust_pasv_host: bool,
    pub(crate) pipelining: bool,
    connect_timeout: Duration,
    pub(crate) reply_timeout: Duration,
    pub(crate) idle_timeout: Duration,
    pub(crate) data_timeout: Duration,
    pub(crate) final_timeout: Duration,
    pub(crate) settle_timeout: Duration,
    pub(crate) noop_interval: Option<Duration>,
    connector: Option<Arc<dyn Connector>>,
    local: Option<IpAddr>,
    keepalive: Option<Duration>,
    pub(crate) limits: Limits,
}

/// What a login needs; checked when it is used.
#[derive(Clone)]
pub(super) struct Credentials {
    pub(super) user: Vec<u8>,
    pub(super) password: Vec<u8>,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            credentials: None,
            account: None,
            mode: TlsMode::Off,
            tls: TlsSettings::default(),
            tls_eof: TlsEof::Verify,
            data_mode: DataMode::Passive,
            active_ports: None,
            advertise: None,
            telnet_synch: false,
            epsv: true,
            trust_pasv_host: false,
            pipelining: false,
            connect_timeout: Duration::from_secs(30),
            reply_timeout: Duration::from_secs(60),
            idle_timeout: Duration::from_secs(60),
            data_timeout: Duration::from_secs(15),
            final_timeout: Duration::from_secs(300),
            settle_timeout: Duration::from_secs(15),
            noop_interval: None,
            connector: None,
            local: None,
            keepalive: Some(Duration::from_secs(60)),
            limits: Limits::default(),
        }
    }
}

impl ConnectOptions {
    /// The defaults: plain FTP, passive, no login.
    pub fn new() -> Self {
        Self::default()
    }

    /// Logs in as `user`. Defaults to no login; [`FtpStream::login`] does it later.
    pub fn credentials(mut self, user: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Self {
        self.credentials = Some(Credentials {
            user: user.as_ref().to_vec(),
            password: password.as_ref().to_vec(),
        });
        self
    }

    /// The account for servers that ask for one with a 332 (`ACCT`). Defaults to none, and such a
    /// server refuses the login.
    pub fn account(mut self, account: impl AsRef<[u8]>) -> Self {
        self.account = Some(account.as_ref().to_vec());
        self
    }

    /// Whether and when TLS starts. Defaults to [`TlsMode::Off`].
    pub fn tls(mut self, mode: TlsMode) -> Self {
        self.mode = mode;
        self
    }

    /// The rustls configuration to use: roots, versions, client certificates. Its session store
    /// is replaced by one for each session. Defaults to one that trusts
    /// [`TlsRoots::default`](TlsRoots) and offers TLS 1.3 and 1.2.
    pub fn tls_config(mut self, config: impl Into<Arc<ClientConfig>>) -> Self {
        self.tls.config = Some(config.into());
        self
    }

    /// The name that the server's certificate must carry. Defaults to the host connected to.
    pub fn tls_server_name(mut self, name: impl Into<String>) -> Self {
        self.tls.server_name = Some(name.into());
        self
    }

    /// The versions of TLS to offer. Defaults to [`TlsVersions::Auto`]; of no effect beside a
    /// [`tls_config`](Self::tls_config), which has its own.
    pub fn tls_versions(mut self, versions: TlsVersions) -> Self {
        self.tls.versions = versions;
        self
    }

    /// Whose authorities are trusted. Defaults to [`TlsRoots::default`](TlsRoots); of no effect
    /// beside a [`tls_config`](Self::tls_config).
    pub fn tls_roots(mut self, roots: TlsRoots) -> Self {
        self.tls.roots = roots;
        self
    }

    /// Trusts the authority of this certificate (DER) too. Of no effect beside a
    /// [`tls_config`](Self::tls_config).
    pub fn tls_add_root(mut self, der: impl AsRef<[u8]>) -> Self {
        self.tls.added_roots.push(der.as_ref().into());
        self
    }

    /// Trusts exactly the certificate whose SHA-256 this is, whoever signed it and whatever name
    /// it carries. Defaults to the usual checks.
    pub fn tls_pin(mut self, sha256: [u8; 32]) -> Self {
        self.tls.pin = Some(sha256);
        self
    }

    /// What an end of data without close_notify means. Defaults to [`TlsEof::Verify`].
    pub fn tls_eof(mut self, eof: TlsEof) -> Self {
        self.tls_eof = eof;
        self
    }

    /// Takes any certificate, so that whoever sits on the way can read and change everything.
    /// Defaults to `false`.
    pub fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.tls.accept_invalid = accept;
        self
    }

    /// Who opens data connections. Defaults to [`DataMode::Passive`].
    pub fn data_mode(mut self, mode: DataMode) -> Self {
        self.data_mode = mode;
        self
    }

    /// The ports to listen on in active mode, for firewalls that let some in. Defaults to any.
    pub fn active_ports(mut self, ports: RangeInclusive<u16>) -> Self {
        self.active_ports = Some(ports);
        self
    }

    /// The address that the server is told to connect to in active mode, for clients behind a NAT
    /// that passes connections on. Defaults to the control connection's own.
    pub fn advertise(mut self, address: IpAddr) -> Self {
        self.advertise = Some(address);
        self
    }

    /// Whether a Telnet interrupt and synch go before `ABOR`, as urgent data (RFC 959 section
    /// 4.1.3), for servers that do not read commands during a transfer. Defaults to `false`: few
    /// servers want it, and some answer it. Of no effect under TLS.
    #[doc(alias = "MSG_OOB")]
    pub fn telnet_synch(mut self, synch: bool) -> Self {
        self.telnet_synch = synch;
        self
    }

    /// Whether `EPSV` (RFC 2428) is tried before `PASV`. Defaults to `true`; a server that refuses
    /// it, or whose port is not reached, gets `PASV` for the rest of the session.
    pub fn epsv(mut self, epsv: bool) -> Self {
        self.epsv = epsv;
        self
    }

    /// Whether data connections go to the address that a `PASV` reply names. Defaults to `false`:
    /// they go to the control connection's peer, so that no server can aim the client at others.
    #[doc(alias = "trust_server_pasv_ipv4_address")]
    pub fn trust_pasv_host(mut self, trust: bool) -> Self {
        self.trust_pasv_host = trust;
        self
    }

    /// Whether round trips are saved: a transfer command goes out together with the `EPSV` or
    /// `PASV` of the next transfer, and does not wait for its data connection. Worth it for many
    /// small files, above all over long distances. Defaults to `false`.
    ///
    /// - Ports are asked for ahead from the second transfer of a session on. The first shows, by a
    ///   `NOOP` behind its command, whether the server leaves alone what waits behind a transfer;
    ///   one that does not (pyftpdlib, libunftp) is never sent anything ahead. A port is used within
    ///   10 s, or asked for again.
    /// - An upload without TLS does not wait for the server's consent. A refusal may then come from
    ///   the first write, or from [`finish`](crate::Upload::finish), in place of
    ///   [`stor`](FtpStream::stor).
    /// - `PBSZ`, `PROT` and `USER` go out together. From the dial, a login over TLS 1.3 takes six
    ///   round trips in place of eight: TCP, greeting, `AUTH`, handshake, those three, `PASS`. Each
    ///   of these has to have its answer before the next may be said.
    ///
    /// A session that does nothing leaves the port that it asked for last open on the server.
    ///
    /// Of no effect on transfers in active mode, and beside a
    /// [`noop_interval`](Self::noop_interval).
    pub fn pipelining(mut self, pipelining: bool) -> Self {
        self.pipelining = pipelining;
        self
    }

    /// How long connecting may take, from name to login. Defaults to 30 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a reply may take. Defaults to 60 s.
    #[doc(alias = "timeout")]
    pub fn reply_timeout(mut self, limit: Duration) -> Self {
        self.reply_timeout = limit;
        self
    }

    /// How long a data connection may bring, or take, nothing, counted from the read or write that
    /// first had to wait. The time that a caller takes between reads that bring something does not
    /// count; a read that is dropped while it waits counts on. Defaults to 60 s.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// How long opening a data connection may take, and as long again its TLS handshake. A download
    /// whose control connection is lost waits no longer than this for its next bytes either, or
    /// than [`idle_timeout`](Self::idle_timeout). Defaults to 15 s.
    pub fn data_timeout(mut self, limit: Duration) -> Self {
        self.data_timeout = limit;
        self
    }

    /// How long the server may take to confirm an upload, once all of it was sent. Defaults to
    /// 300 s: some servers check or move the file first.
    pub fn final_timeout(mut self, limit: Duration) -> Self {
        self.final_timeout = limit;
        self
    }

    /// How long the replies to an abandoned operation are waited for before the session is given
    /// up as broken. Defaults to 15 s.
    pub fn settle_timeout(mut self, limit: Duration) -> Self {
        self.settle_timeout = limit;
        self
    }

    /// What makes the connections. Defaults to TCP.
    pub fn connector(mut self, connector: Arc<dyn Connector>) -> Self {
        self.connector = Some(connector);
        self
    }

    /// The local address that connections leave from, for TCP. Defaults to the system's choice.
    #[doc(alias = "source_address")]
    pub fn local_addr(mut self, address: IpAddr) -> Self {
        self.local = Some(address);
        self
    }

    /// After how much silence TCP keepalive probes start, `None` for never. Defaults to 60 s, so
    /// that a NAT does not forget the control connection during a long transfer.
    pub fn keepalive(mut self, idle: Option<Duration>) -> Self {
        self.keepalive = idle;
        self
    }

    /// How often `NOOP` is sent during a transfer, for as long as somebody reads or writes it: for
    /// a NAT that forgets a control connection in spite of [`keepalive`](Self::keepalive), or a
    /// server that counts a long transfer as idleness. Less than a second is a second, and more than
    /// a day is a day. Defaults to `None`, which is never.
    ///
    /// A 200, a 50x and whatever names `NOOP` is never taken for the transfer's reply. vsftpd, and
    /// ProFTPD without TLS, answer only when the transfer is over, all at once; where a thousand
    /// are unanswered, no more are sent. Pure-FTPd, and whoever refuses one, is sent no second one
    /// before the first is answered.
    pub fn noop_interval(mut self, interval: Option<Duration>) -> Self {
        const SECOND: Duration = Duration::from_secs(1);
        const DAY: Duration = Duration::from_secs(86_400);
        self.noop_interval = interval.map(|interval| interval.clamp(SECOND, DAY));
        self
    }

    /// How much of what a server sends is held at once. Defaults to [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Connects: dial, greeting, TLS as chosen, and login when credentials were given.
    ///
    /// # Errors
    /// [`Error::Argument`] for a server, a name or a password that cannot be; [`Error::Timeout`]
    /// when [`connect_timeout`](Self::connect_timeout) has passed; the server's refusal; what TLS
    /// or the network says. Nothing stays open.
    ///
    /// # Cancel safety
    /// Dropping the future closes the connection.
    pub async fn connect<S>(&self, server: S) -> Result<FtpStream>
    where
        S: TryInto<Server> + Send,
        S::Error: Into<Error>,
    {
        let server = server.try_into().map_err(Into::into)?;
        let port = match self.mode {
            TlsMode::Implicit => IMPLICIT_TLS_PORT,
            TlsMode::Off | TlsMode::Explicit => DEFAULT_PORT,
        };
        timeout(self.connect_timeout, self.establish(server.endpoint(port)))
            .await
            .unwrap_or(Err(Error::Timeout(Phase::Connect)))
    }

    async fn establish(&self, endpoint: Endpoint) -> Result<FtpStream> {
        match FtpStream::establish(self, endpoint.clone()).await {
            // TLS 1.2 alone was offered to what seemed to be ProFTPD, and it has only 1.3.
            Err(Error::Tls(error))
                if self.tls.versions == TlsVersions::Auto
                    && self.tls.config.is_none()
                    && is_version_refused(&error) =>
            {
                let options = self.clone().tls_versions(TlsVersions::Both);
                FtpStream::establish(&options, endpoint).await
            }
            result => result,
        }
    }

    /// Opens one connection, for control, or for `data`, where that holds as well while it is being
    /// made, as far as the connector has it.
    pub(crate) async fn dial(
        &self,
        endpoint: &Endpoint,
        data: Option<OnDrop>,
    ) -> std::io::Result<Plain> {
        match &self.connector {
            Some(connector) => connector.connect(endpoint).await.map(Plain::other),
            None => TcpConnector::new(self.local, self.keepalive)
                .data(data)
                .connect(endpoint)
                .await
                .map(Plain::tcp),
        }
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self
            .credentials
            .as_ref()
            .map(|login| login.user.escape_ascii().to_string());
        f.debug_struct("ConnectOptions")
            .field("user", &user)
            .field("password", &self.credentials.as_ref().map(|_| MASK))
            .field("account", &self.account.as_ref().map(|_| MASK))
            .field("tls", &self.mode)
            .field("data_mode", &self.data_mode)
            .field("epsv", &self.epsv)
            .field("trust_pasv_host", &self.trust_pasv_host)
            .field("pipelining", &self.pipelining)
            .field("connect_timeout", &self.connect_timeout)
            .field("reply_timeout", &self.reply_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("connector", &self.connector)
            .finish_non_exhaustive()
    }
}

//! Real FTP servers, each with a user, a directory and ports of its own.

use std::{
    fmt, fs, io,
    net::SocketAddr,
    ops::RangeInclusive,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    certs::Certificates,
    options::{Options, Shown, Tls},
    ports::{self, Ports},
    probe::Probe,
    process::Process,
    proftpd, pureftpd, pyftpdlib,
    setup::{ID, PASSWORD, Programs, ROOT, Setup, USER},
    unftp, vsftpd,
};

const READY_WITHIN: Duration = Duration::from_secs(10);
const ATTEMPTS: usize = 5;

/// A server program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Vsftpd,
    Proftpd,
    PureFtpd,
    Pyftpdlib,
    Unftp,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [
        Self::Vsftpd,
        Self::Proftpd,
        Self::PureFtpd,
        Self::Pyftpdlib,
        Self::Unftp,
    ];

    /// As its makers write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Vsftpd => "vsftpd",
            Self::Proftpd => "ProFTPD",
            Self::PureFtpd => "Pure-FTPd",
            Self::Pyftpdlib => "pyftpdlib",
            Self::Unftp => "libunftp",
        }
    }

    /// Whether the server knows the mode at all: Pure-FTPd and libunftp have no implicit TLS.
    pub(crate) fn speaks(self, tls: Tls) -> bool {
        tls != Tls::Implicit || !matches!(self, Self::PureFtpd | Self::Unftp)
    }

    /// Whether the server can demand that data connections resume the control
    /// connection's session.
    pub(crate) fn can_require_reuse(self) -> bool {
        matches!(self, Self::Vsftpd | Self::Proftpd)
    }
}

/// A server that runs until the value is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    kind: Kind,
    address: SocketAddr,
    certificates: Certificates,
    // Before the directory: fields are dropped in this order, and the
    // processes write into it until they are gone.
    _process: Process,
    directory: TempDir,
    ports: Ports,
}

impl Server {
    /// Starts a server and waits for its greeting.
    ///
    /// # Errors
    /// `Failure` with the end of the server's logs: it is not installed, its
    /// configuration is wrong, or it did not greet within ten seconds.
    pub(crate) fn start(kind: Kind, options: &Options) -> Result<Self, Failure> {
        let fail = |reason: String| Failure {
            kind,
            options: options.clone(),
            reason,
            log: String::new(),
        };
        if !kind.speaks(options.tls) {
            return Err(fail("the server does not know this TLS mode".into()));
        }
        if options.reuse_required && !kind.can_require_reuse() {
            return Err(fail("the server cannot require session reuse".into()));
        }
        let programs = Programs::find().map_err(|error| fail(error.to_string()))?;
        for _ in 0..ATTEMPTS {
            match Self::attempt(kind, options, &programs) {
                Ok(Attempt::Ready(server)) => return Ok(server),
                Ok(Attempt::PortTaken) => {}
                Ok(Attempt::Failed { reason, log }) => {
                    return Err(Failure {
                        log,
                        ..fail(reason)
                    });
                }
                Err(error) => return Err(fail(error.to_string())),
            }
        }
        Err(fail(format!(
            "each of {ATTEMPTS} free ports was taken before the server bound it"
        )))
    }

    fn attempt(kind: Kind, options: &Options, programs: &Programs) -> io::Result<Attempt> {
        let directory = layout()?;
        let certificates = Certificates::write(&directory.path().join("tls"), options.shown)?;
        let ports = Ports::reserve()?;
        let address = SocketAddr::new(options.ip, ports.control());
        let setup = Setup {
            options,
            programs,
            directory: directory.path(),
            certificates: &certificates,
            address,
            passive: ports.passive(),
        };
        let launch = match kind {
            Kind::Vsftpd => vsftpd::launch(&setup),
            Kind::Proftpd => proftpd::launch(&setup),
            Kind::PureFtpd => pureftpd::launch(&setup),
            Kind::Pyftpdlib => pyftpdlib::launch(&setup),
            Kind::Unftp => unftp::launch(&setup),
        }?;
        let launch = if options.small_disk {
            let disk = setup.root().join("full");
            fs::create_dir(&disk)?;
            launch.small_disk(disk)
        } else {
            launch
        };
        let launch = launch.env("TZ", options.time_zone).env("LC_ALL", "C.UTF-8");
        let mut process = launch.spawn(&setup.log("output"))?;

        let roots = (options.tls == Tls::Implicit).then_some(certificates.authority_der.as_slice());
        let deadline = Instant::now() + READY_WITHIN;
        let reason = loop {
            let greeting = Probe::connect(address, roots);
            // The port is ours but for programs that know nothing of reservations; a greeting of
            // such a one ends here too.
            if let Some(status) = process.ended()? {
                if !ports::is_free(address) {
                    return Ok(Attempt::PortTaken);
                }
                break format!("ended with {status} before it was ready");
            }
            let up = match &greeting {
                Ok(probe) => probe.welcome().code == 220,
                // Only somebody who is there can show a certificate.
                Err(error) => {
                    options.shown != Shown::Good && error.to_string().contains("certificate")
                }
            };
            match greeting {
                _ if up => {
                    return Ok(Attempt::Ready(Self {
                        kind,
                        address,
                        certificates,
                        _process: process,
                        directory,
                        ports,
                    }));
                }
                Ok(probe) => break format!("greeted with {}", probe.welcome()),
                Err(error) if Instant::now() > deadline => {
                    break format!("did not greet within {READY_WITHIN:?}, last: {error}");
                }
                Err(_) => thread::sleep(Duration::from_millis(5)),
            }
        };
        drop(process);
        Ok(Attempt::Failed {
            reason,
            log: logs(directory.path()),
        })
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Where the server listens: a loopback address; over TLS it is also
    /// `localhost`.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn host(&self) -> String {
        self.address.ip().to_string()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The ports that are the server's alone: that of control connections, and those of data
    /// connections in passive mode.
    pub(crate) fn ports(&self) -> RangeInclusive<u16> {
        self.ports.all()
    }

    pub(crate) fn user(&self) -> &'static str {
        USER
    }

    pub(crate) fn password(&self) -> &'static str {
        PASSWORD
    }

    /// The directory that is `/` for the user.
    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join(ROOT)
    }

    /// The certificate that a client has to trust, in DER.
    pub(crate) fn authority_der(&self) -> &[u8] {
        &self.certificates.authority_der
    }

    /// The same as a file in PEM.
    pub(crate) fn authority_pem(&self) -> &Path {
        &self.certificates.authority
    }

    /// The end of everything that the server logged so far.
    pub(crate) fn log(&self) -> String {
        logs(self.directory.path())
    }

    /// Puts a file of the user's below the root, and the directories it needs.
    pub(crate) fn put(&self, path: impl AsRef<Path>, content: &[u8]) -> io::Result<()> {
        let path = path.as_ref();
        if let Some(parent) = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
        {
            self.make_dir(parent)?;
        }
        let path = self.root().join(path);
        fs::write(&path, content)?;
        chown(&path, Some(ID), Some(ID))
    }

    /// Makes a directory of the user's below the root, with its parents.
    pub(crate) fn make_dir(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let mut directory = self.root();
        for part in path.as_ref() {
            directory.push(part);
            if !directory.is_dir() {
                fs::create_dir(&directory)?;
                chown(&directory, Some(ID), Some(ID))?;
            }
        }
        Ok(())
    }

    /// What a file below the root holds now.
    pub(crate) fn content(&self, path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
        fs::read(self.root().join(path))
    }
}

enum Attempt {
    Ready(Server),
    PortTaken,
    Failed { reason: String, log: String },
}

/// Why a server did not start. Debug is as readable as Display, because that
/// is what `unwrap` prints.
pub(crate) struct Failure {
    kind: Kind,
    options: Options,
    reason: String,
    log: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} with {:?}: {}\n{}",
            self.kind, self.options, self.reason, self.log
        )
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Failure {}

/// The directories of one server. Session processes are not root and have to
/// pass through the outermost one.
fn layout() -> io::Result<TempDir> {
    let directory = TempDir::with_prefix("ftp-server-")?;
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))?;
    for name in [ROOT, "etc", "log", "run", "empty", "tls"] {
        fs::create_dir(directory.path().join(name))?;
    }
    let root = directory.path().join(ROOT);
    chown(&root, Some(ID), Some(ID)).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("{error}; the servers' users are not ours, so this takes root"),
        )
    })?;
    Ok(directory)
}

/// The last lines of each log file.
fn logs(directory: &Path) -> String {
    const LINES: usize = 30;
    let mut text = String::new();
    let Ok(files) = fs::read_dir(directory.join("log")) else {
        return text;
    };
    for file in files.flatten() {
        let content = fs::read(file.path()).unwrap_or_default();
        let content = String::from_utf8_lossy(&content);
        let lines: Vec<_> = content.lines().collect();
        text.push_str(&format!("--- {}\n", file.file_name().to_string_lossy()));
        for line in &lines[lines.len().saturating_sub(LINES)..] {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

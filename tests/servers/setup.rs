//! What a server's configuration is made of.

use std::{
    env, fs, io,
    net::SocketAddr,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use crate::{certs::Certificates, options::Options, process::Launch};

/// The user of every server. There is no such account on the system.
pub(crate) const USER: &str = "tester";
/// With blanks, because a client has to send those as they are.
pub(crate) const PASSWORD: &str = "secret word 1";
/// `PASSWORD` as `crypt(3)` has it (SHA-512), for the servers' user files.
pub(crate) const PASSWORD_HASH: &str = "$6$tokioftp$rmH.iIwfo6Hox5WRQkUgNyHrurUW.i2yyiRBpuXVu8MPLXBsynodwf5DoxgcbPWz8BEK2pG5oajT9nGQeckmo/";
/// User and group of the session processes: nobody's, and not root, so that
/// permissions hold.
pub(crate) const ID: u32 = 2121;

/// The user's directory within a server's own.
pub(crate) const ROOT: &str = "root";

/// What `install.sh` brought.
#[derive(Debug)]
pub(crate) struct Programs {
    directory: PathBuf,
    libraries: String,
}

impl Programs {
    pub(crate) fn find() -> io::Result<Self> {
        let directory = env::var_os("SERVERS_DIR").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/servers"),
            PathBuf::from,
        );
        let list = directory.join("library-path");
        let libraries = fs::read_to_string(&list).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!(
                    "{}: {error}; run tests/servers/install.sh first",
                    list.display()
                ),
            )
        })?;
        Ok(Self {
            directory,
            libraries: libraries.trim_end().to_owned(),
        })
    }

    /// A file beside the servers.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// A file of Debian's packages, such as `usr/sbin/vsftpd`.
    pub(crate) fn debian(&self, path: &str) -> io::Result<PathBuf> {
        self.existing(&format!("debian/{path}"))
    }

    /// The directory of Python's modules.
    pub(crate) fn python(&self) -> io::Result<PathBuf> {
        self.existing("python")
    }

    /// Where the loader finds the libraries that came with the packages.
    pub(crate) fn libraries(&self) -> &str {
        &self.libraries
    }

    /// The program at `path` with the libraries that came with it.
    pub(crate) fn launch(&self, path: &str) -> io::Result<Launch> {
        Ok(Launch::new(self.debian(path)?).env("LD_LIBRARY_PATH", &self.libraries))
    }

    fn existing(&self, path: &str) -> io::Result<PathBuf> {
        let path = self.directory.join(path);
        if path.exists() {
            return Ok(path);
        }
        let message = format!(
            "{} is missing; run tests/servers/install.sh first",
            path.display()
        );
        Err(io::Error::new(io::ErrorKind::NotFound, message))
    }
}

/// All that a server's configuration is made of.
#[derive(Debug)]
pub(crate) struct Setup<'a> {
    pub(crate) options: &'a Options,
    pub(crate) programs: &'a Programs,
    pub(crate) certificates: &'a Certificates,
    pub(crate) address: SocketAddr,
    pub(crate) passive: RangeInclusive<u16>,
    /// The directory of this server alone.
    pub(crate) directory: &'a Path,
}

impl Setup<'_> {
    /// The directory that is `/` for the user.
    pub(crate) fn root(&self) -> PathBuf {
        self.directory.join(ROOT)
    }

    /// A log file, whose end is shown on a failure.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.directory.join("log").join(name)
    }

    /// A directory for pid files and the like.
    pub(crate) fn run(&self) -> PathBuf {
        self.directory.join("run")
    }

    /// A directory that is empty and stays so.
    pub(crate) fn empty(&self) -> PathBuf {
        self.directory.join("empty")
    }

    /// Writes a configuration file.
    pub(crate) fn write(&self, name: &str, content: &str) -> io::Result<PathBuf> {
        let path = self.directory.join("etc").join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, content)?;
        Ok(path)
    }

    /// A configuration of OpenSSL with the wanted versions, for servers that
    /// have no setting for them.
    pub(crate) fn openssl_conf(&self) -> io::Result<PathBuf> {
        let (low, high) = self.options.versions.bounds();
        self.write(
            "openssl.cnf",
            &format!(
                "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = limits\n\
                 [limits]\nMinProtocol = TLSv{low}\nMaxProtocol = TLSv{high}\n"
            ),
        )
    }
}

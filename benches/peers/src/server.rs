//! A real server with files to move, in memory.

use std::{
    fs,
    io::{self, BufWriter, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    process, thread,
    time::{Duration, Instant},
};

use nix::sched::{CloneFlags, setns};
use tempfile::TempDir;

use crate::{
    arguments::{Link, Program},
    certs::Certificates,
    job::{Task, large_name, pattern, piece, sent_name, small_name, small_size},
    options::{Options, Tls, Versions},
    process::{Launch, Process},
    proftpd, pureftpd,
    setup::{ID, Programs, ROOT, Setup},
    vsftpd,
};

/// Of the loopback's own, so that no port is taken.
const NEAR: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 77, 1));
const MEMORY: &str = "/dev/shm";
const PREFIX: &str = "peers-";
const READY_WITHIN: Duration = Duration::from_secs(10);
/// How long a server's log may lag behind its last reply.
const LOGGED_WITHIN: Duration = Duration::from_secs(2);

/// Where a server runs.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Near,
    Far { address: IpAddr, namespace: String },
}

/// A server that runs until the value is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    program: Program,
    pub(crate) address: SocketAddr,
    certificates: Option<Certificates>,
    // Before the directory, into which it writes until it is gone.
    _process: Process,
    directory: TempDir,
}

impl Server {
    /// Starts a server with large files of these sizes, in bytes, and so many small ones.
    pub(crate) fn start(
        program: Program,
        link: Link,
        place: &Place,
        sizes: &[u64],
        files: usize,
    ) -> io::Result<Self> {
        let directory = layout()?;
        fill(&directory.path().join(ROOT), sizes, files)?;
        let ip = match place {
            Place::Near => NEAR,
            Place::Far { address, .. } => *address,
        };
        let certificates = Certificates::write(&directory.path().join("tls"), ip)?;
        let address = SocketAddr::new(ip, free_port()?);
        let mut options = Options::new(match link {
            Link::Plain => Tls::None,
            Link::Tls => Tls::Explicit,
        });
        options.ip = ip;
        options.versions = Versions::Only13;
        if program == Program::Vsftpd {
            // The transfers are logged, each line of the dialogue need not be.
            options.extra = vec!["log_ftp_protocol=NO".into(), "debug_ssl=NO".into()];
        }
        let setup = Setup {
            options: &options,
            programs: &Programs::find()?,
            certificates: &certificates,
            address,
            passive: 10_000..=31_999,
            directory: directory.path(),
        };
        let launch = match program {
            Program::Vsftpd => vsftpd::launch(&setup),
            Program::Proftpd => proftpd::launch(&setup),
            Program::PureFtpd => pureftpd::launch(&setup),
        }?;
        let launch = launch.env("TZ", "UTC0").env("LC_ALL", "C.UTF-8");
        let mut process = spawn(&launch, place, &setup.log("output"))?;
        let deadline = Instant::now() + READY_WITHIN;
        while let Err(error) = greeting(address) {
            if Instant::now() > deadline || process.ended()?.is_some() {
                let output = fs::read_to_string(setup.log("output")).unwrap_or_default();
                let name = program.name();
                return Err(io::Error::other(format!("{name}: {error}; {output}")));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Self {
            program,
            address,
            certificates: (link == Link::Tls).then_some(certificates),
            _process: process,
            directory,
        })
    }

    /// The directory that is `/` for the user; what is sent is read from here as well.
    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join(ROOT)
    }

    /// The authority to be trusted, in PEM, where there is TLS.
    pub(crate) fn authority(&self) -> Option<&Path> {
        let certificates = self.certificates.as_ref()?;
        Some(&certificates.authority)
    }

    /// A place for what clients need and leave.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.directory.path().join("run")
    }

    /// The time of a round trip: a connection takes one.
    pub(crate) fn round_trip(&self) -> io::Result<f64> {
        let mut best = f64::MAX;
        for _ in 0..5 {
            let started = Instant::now();
            TcpStream::connect(self.address)?;
            best = best.min(started.elapsed().as_secs_f64());
        }
        Ok(best)
    }

    /// Forgets what former tasks left; all is as at the start.
    pub(crate) fn clear(&self, task: &Task) -> io::Result<()> {
        for (name, _) in task.content() {
            match fs::remove_file(self.root().join(sent_name(&name))) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        // All servers open their log to append.
        fs::write(self.transfers(), "")
    }

    /// Whether everything was moved: files that were sent are compared, those that were fetched
    /// are counted by what the server logged.
    pub(crate) fn check(&self, task: &Task) -> Result<(), String> {
        if task.job.sends() {
            for (name, _) in task.content() {
                let sent = fs::read(self.root().join(sent_name(&name)));
                let sent = sent.map_err(|error| format!("{name}: {error}"))?;
                if fs::read(task.local(&name)).ok() != Some(sent) {
                    return Err(format!("{name} is not the same on the server"));
                }
            }
            return Ok(());
        }
        let wanted = (task.content().len(), task.bytes());
        let deadline = Instant::now() + LOGGED_WITHIN;
        loop {
            let found = self.fetched();
            if found == wanted {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!(
                    "{found:?} files and bytes were fetched of {wanted:?}"
                ));
            }
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// How many files were fetched to the end, and how many bytes they have.
    fn fetched(&self) -> (usize, u64) {
        let log = fs::read_to_string(self.transfers()).unwrap_or_default();
        let sizes = log.lines().filter_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            match (self.program, &words[..]) {
                // The time in five words, seconds, host, then: size, name, and how it went.
                (
                    Program::Vsftpd | Program::Proftpd,
                    [_, _, _, _, _, _, _, size, _, "b", "_", "o", .., "c"],
                ) => size.parse().ok(),
                (Program::PureFtpd, [.., "\"GET", _, "200", size]) => size.parse().ok(),
                _ => None,
            }
        });
        let sizes: Vec<u64> = sizes.collect();
        (sizes.len(), sizes.iter().sum())
    }

    fn transfers(&self) -> PathBuf {
        self.directory.path().join("log/transfers")
    }
}

/// Children are born into the network namespace of the thread that starts them.
fn spawn(launch: &Launch, place: &Place, output: &Path) -> io::Result<Process> {
    let Place::Far { namespace, .. } = place else {
        return launch.spawn(output);
    };
    let namespace = fs::File::open(Path::new("/run/netns").join(namespace))?;
    thread::scope(|scope| {
        let spawned = scope.spawn(|| {
            setns(&namespace, CloneFlags::CLONE_NEWNET)?;
            launch.spawn(output)
        });
        spawned
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("could not be spawned")))
    })
}

fn greeting(address: SocketAddr) -> io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(READY_WITHIN))?;
    let mut code = [0; 3];
    stream.read_exact(&mut code)?;
    match &code {
        b"220" => Ok(()),
        _ => Err(io::Error::other("no greeting")),
    }
}

/// Below the passive ports, and of nobody here; in a namespace there is nobody else at all.
fn free_port() -> io::Result<u16> {
    (2121..9999)
        .find(|port| TcpListener::bind((NEAR, *port)).is_ok())
        .ok_or_else(|| io::ErrorKind::AddrInUse.into())
}

/// In memory, so that no disk is measured.
fn layout() -> io::Result<TempDir> {
    sweep()?;
    let prefix = format!("{PREFIX}{}-", process::id());
    let directory = TempDir::with_prefix_in(prefix, MEMORY)?;
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755))?;
    for name in [ROOT, "etc", "log", "run", "empty", "tls"] {
        fs::create_dir(directory.path().join(name))?;
    }
    chown(directory.path().join(ROOT), Some(ID), Some(ID))?;
    Ok(directory)
}

/// Gives back the memory that runs took which were killed.
fn sweep() -> io::Result<()> {
    for entry in fs::read_dir(MEMORY)? {
        let entry = entry?;
        let name = entry.file_name().into_string().unwrap_or_default();
        let owner = name
            .strip_prefix(PREFIX)
            .and_then(|name| name.split_once('-'));
        if owner.is_some_and(|(owner, _)| !Path::new("/proc").join(owner).exists()) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn fill(root: &Path, sizes: &[u64], files: usize) -> io::Result<()> {
    let small = (0..files).map(|number| (small_name(number), small_size(number)));
    let large = sizes.iter().map(|size| (large_name(*size), *size));
    for (name, size) in small.chain(large) {
        let path = root.join(name);
        let block = pattern(size);
        let mut file = BufWriter::new(fs::File::create(&path)?);
        let mut left = size;
        while left > 0 {
            let piece = piece(&block, left);
            file.write_all(piece)?;
            left -= piece.len() as u64;
        }
        file.flush()?;
        chown(&path, Some(ID), Some(ID))?;
    }
    Ok(())
}

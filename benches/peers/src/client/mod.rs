//! Those who do the jobs.

mod bare;
mod curl;
mod ftplib;
mod lftp;
mod ours;
mod rclone;
mod session;
mod suppaftp;

use std::{
    env,
    error::Error,
    io,
    path::{Path, PathBuf},
    process::Command,
};

use clap::ValueEnum;

use self::{bare::Bare, ours::Ours, session::perform, suppaftp::Suppaftp};
use crate::{
    arguments::Link,
    job::{Job, Task},
    report::Report,
};

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Client {
    #[value(name = "tokio-ftp")]
    Ours,
    /// The same with commands sent ahead.
    Pipelined,
    Suppaftp,
    /// The same bytes by hand, over a `TcpStream` or a `TlsStream`: what there is to be gained.
    Bare,
    Curl,
    Lftp,
    Rclone,
    Ftplib,
}

impl Client {
    /// As its makers write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "tokio-ftp",
            Self::Pipelined => "pipelined",
            Self::Suppaftp => "suppaftp",
            Self::Bare => "bare tokio",
            Self::Curl => "curl",
            Self::Lftp => "lftp",
            Self::Rclone => "rclone",
            Self::Ftplib => "ftplib",
        }
    }

    /// Whether there is anything to be learned from it.
    pub(crate) fn does(self, job: Job, link: Link) -> bool {
        match job {
            Job::Down | Job::Up => self != Self::Pipelined,
            Job::FilesDown | Job::FilesUp => match self {
                Self::Rclone => false,
                Self::Bare => link == Link::Plain,
                _ => true,
            },
            Job::Sessions | Job::Idle => matches!(self, Self::Ours | Self::Suppaftp),
            Job::Login => !matches!(self, Self::Lftp | Self::Rclone),
        }
    }

    /// A process that does the task. `scratch` is a directory for whatever it has to read.
    ///
    /// # Errors
    /// [`NotFound`](io::ErrorKind::NotFound) when the client is not there.
    pub(crate) fn command(self, task: &Task, scratch: &Path) -> io::Result<Command> {
        match self {
            Self::Ours | Self::Pipelined | Self::Suppaftp | Self::Bare => {
                let mut command = Command::new(env::current_exe()?);
                let name = self.to_possible_value();
                command
                    .arg("client")
                    .args(name.as_ref().map(|value| value.get_name()))
                    .args(task.arguments());
                Ok(command)
            }
            Self::Curl => curl::command(task, scratch),
            Self::Lftp => lftp::command(task, scratch),
            Self::Rclone => rclone::command(task),
            Self::Ftplib => ftplib::command(task, scratch),
        }
    }

    /// Does the task in this process.
    pub(crate) fn run(self, task: &Task) -> Result<Report, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let local = tokio::task::LocalSet::new();
        local.block_on(&runtime, async {
            match self {
                Self::Ours => perform::<Ours<false>>(task).await,
                Self::Pipelined => perform::<Ours<true>>(task).await,
                Self::Suppaftp => perform::<Suppaftp>(task).await,
                Self::Bare if matches!(task.job, Job::FilesDown | Job::FilesUp) => {
                    bare::pipeline(task).await
                }
                Self::Bare => perform::<Bare>(task).await,
                _ => Err("is a program of its own".into()),
            }
        })
    }
}

/// A program in one of the places where `install.sh` and the system put them.
fn find(program: &str) -> io::Result<PathBuf> {
    let own = env::var_os("PEERS_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("target/peers"),
        PathBuf::from,
    );
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain([own.join("usr/bin")])
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
        .ok_or_else(|| io::ErrorKind::NotFound.into())
}

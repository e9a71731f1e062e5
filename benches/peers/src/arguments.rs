//! The command line.

use std::net::IpAddr;

use clap::{Parser, Subcommand, ValueEnum};

use crate::{
    client::Client,
    job::{Job, Task},
};

/// tokio-ftp beside other clients, in one run.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// The server programs; both by default.
    #[arg(long, value_enum)]
    pub(crate) server: Vec<Program>,
    /// With or without TLS; both by default.
    #[arg(long, value_enum)]
    pub(crate) link: Vec<Link>,
    /// What is to be done; everything by default.
    #[arg(long, value_enum)]
    pub(crate) job: Vec<Job>,
    /// By whom; by all that can by default.
    #[arg(long, value_enum)]
    pub(crate) client: Vec<Client>,
    /// How often; the table shows medians.
    #[arg(long, default_value_t = 7)]
    pub(crate) runs: usize,
    /// The large file, in MiB.
    #[arg(long, default_value_t = 1024)]
    pub(crate) size: u64,
    /// The number of small files.
    #[arg(long, default_value_t = 2000)]
    pub(crate) files: usize,
    /// The number of sessions at a time.
    #[arg(long, default_value_t = 16)]
    pub(crate) sessions: usize,
    /// The number of idle sessions.
    #[arg(long, default_value_t = 500)]
    pub(crate) idle: usize,
    /// The server's address at the other end of a long link, in place of the loopback.
    #[arg(long)]
    pub(crate) far: Option<IpAddr>,
    /// The network namespace that has this address.
    #[arg(long, default_value = "far", requires = "far")]
    pub(crate) namespace: String,
    /// Also counts system calls and instructions, in one more run.
    #[arg(long)]
    pub(crate) counts: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// One client of this program doing one task, in a process of its own.
    #[command(hide = true)]
    Client {
        client: Client,
        #[command(flatten)]
        task: Task,
    },
    /// The first server, running until standard input ends, for a profiler beside it. Prints for
    /// each job the commands that do it there.
    Serve,
}

/// A server program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Program {
    Vsftpd,
    Proftpd,
    #[value(name = "pureftpd")]
    PureFtpd,
}

impl Program {
    /// As its makers write it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Vsftpd => "vsftpd",
            Self::Proftpd => "ProFTPD",
            Self::PureFtpd => "Pure-FTPd",
        }
    }
}

/// What is below FTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Link {
    Plain,
    Tls,
}

/// What was asked for, or else all that there is.
pub(crate) fn or_all<T: Clone + ValueEnum>(asked: &[T]) -> Vec<T> {
    if asked.is_empty() {
        T::value_variants().to_vec()
    } else {
        asked.to_vec()
    }
}

//! What is to be done, by whichever client.

use std::{
    ffi::OsString,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::{Args, ValueEnum};

/// Something that every client can be asked to do in one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Job {
    /// One large file, read and thrown away.
    Down,
    /// One large file, written.
    Up,
    /// Many small files in one session, read and thrown away.
    FilesDown,
    /// Many small files in one session, written.
    FilesUp,
    /// Many small files in several sessions at a time, read; measured from the logins on.
    Sessions,
    /// Sessions that do nothing, and what they take of the memory.
    Idle,
    /// From the dial to the end of the login, and the goodbye.
    Login,
}

/// A job with its sizes, its server and its files. It is also how a client of this program is
/// told what to do, hence the arguments.
#[derive(Clone, Debug, Args)]
pub(crate) struct Task {
    pub(crate) job: Job,
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// How many bytes the large file has.
    #[arg(long)]
    pub(crate) size: u64,
    /// How many small files there are.
    #[arg(long)]
    pub(crate) files: usize,
    /// How many sessions there are, of several at a time or of idle ones.
    #[arg(long)]
    pub(crate) sessions: usize,
    /// The directory with what is sent.
    #[arg(long)]
    pub(crate) source: PathBuf,
    /// The authority to be trusted, in PEM; without one there is no TLS.
    #[arg(long)]
    pub(crate) authority: Option<PathBuf>,
}

/// The block that all clients here read and write with.
pub(crate) const BLOCK: usize = 64 * 1024;

impl Job {
    /// Whether files go to the server.
    pub(crate) fn sends(self) -> bool {
        matches!(self, Self::Up | Self::FilesUp)
    }

    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

impl Task {
    /// The task as this program's own command line has it.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec![
            self.job.name().into(),
            self.address.to_string().into(),
            format!("--size={}", self.size).into(),
            format!("--files={}", self.files).into(),
            format!("--sessions={}", self.sessions).into(),
            "--source".into(),
            self.source.clone().into(),
        ];
        if let Some(authority) = &self.authority {
            arguments.extend(["--authority".into(), authority.clone().into()]);
        }
        arguments
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.authority.is_some()
    }

    pub(crate) fn host(&self) -> String {
        self.address.ip().to_string()
    }

    /// What the task moves: the names at the source with their lengths.
    pub(crate) fn content(&self) -> Vec<(String, u64)> {
        match self.job {
            Job::Down | Job::Up => vec![(large_name(self.size), self.size)],
            Job::FilesDown | Job::FilesUp | Job::Sessions => (0..self.files)
                .map(|number| (small_name(number), small_size(number)))
                .collect(),
            Job::Idle | Job::Login => Vec::new(),
        }
    }

    /// How many bytes the task moves.
    pub(crate) fn bytes(&self) -> u64 {
        self.content().iter().map(|(_, size)| size).sum()
    }

    /// Where a file to be sent lies.
    pub(crate) fn local(&self, name: &str) -> PathBuf {
        Path::new(&self.source).join(name)
    }
}

/// What a file is called on the server once it was sent there.
pub(crate) fn sent_name(name: &str) -> String {
    format!("sent-{name}")
}

/// The large file of this size, on the server and in the source.
pub(crate) fn large_name(size: u64) -> String {
    format!("large-{size}")
}

pub(crate) fn small_name(number: usize) -> String {
    format!("small-{number:05}")
}

/// Between one and four kibibytes.
pub(crate) fn small_size(number: usize) -> u64 {
    1024 + (number as u64 * 641) % 3073
}

/// The content of a file of `size` bytes, or its first block: the rest is the same again.
pub(crate) fn pattern(size: u64) -> Vec<u8> {
    let length = usize::try_from(size).unwrap_or(BLOCK).min(BLOCK);
    let mut state = size | 1;
    let words = (0..length.div_ceil(8)).flat_map(|_| {
        // xorshift: fast, and the files differ.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    words.take(length).collect()
}

/// The first `left` bytes of the block, or all of it.
pub(crate) fn piece(block: &[u8], left: u64) -> &[u8] {
    let length = usize::try_from(left).unwrap_or(usize::MAX);
    &block[..block.len().min(length)]
}

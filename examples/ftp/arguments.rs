//! The command line.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum, value_parser};

use crate::output::DASH;

const ABOUT: &str = "A client for FTP and FTPS.

SERVER is a URL, ftp://[USER@]HOST[:PORT]/PATH, or [USER@]HOST[:PORT].
  ftp://    in the clear, or as --tls says
  ftpes://  TLS by AUTH TLS on port 21 (--tls explicit)
  ftps://   TLS from the first byte on port 990 (--tls implicit)
Paths behind a URL start from its path. A URL's path starts where the login leads; one from the
server's root begins with /%2F, as in ftp://host/%2Fetc/motd.";

const MORE: &str = "\
The login: --user or the URL's, else what ~/.netrc (or $NETRC) has for the host, else anonymous.
A password comes from ~/.netrc or is asked for; one in a URL is seen by other users of the machine.

Exit status:
  0 done                       5 no such file or directory
  1 anything else              6 refused otherwise by the server
  2 wrong usage                7 TLS or a certificate
  3 no connection, or lost     8 took too long
  4 login refused              9 a file or pipe here
                             130 interrupted (Ctrl-C)

Examples:
  ftp ls ftp.example.org pub                  what is in pub
  ftp ls --json ftp.example.org | jq .name    the same for programs
  ftp get ftp://ftp.example.org/pub/a.iso     a.iso, into this directory
  ftp get --resume ftp.example.org pub/a.iso  the rest of it, after an interruption
  ftp get ftp://ftp.example.org/pub a b c     pub/a, pub/b and pub/c
  ftp get -o - ftp.example.org a.tgz | tar xz into a pipe
  ftp put ftpes://joe@ftp.example.org/in/ *.csv
                                              over TLS, the password asked for
  dump | ftp put ftp.example.org - -o dump    from a pipe
  ftp quote ftp.example.org SITE HELP         one command as it is";

/// What the user wants.
#[derive(Debug, Parser)]
#[command(name = "ftp", version, about = "A client for FTP and FTPS", long_about = ABOUT)]
#[command(after_help = "--help tells more, with examples.", after_long_help = MORE)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) options: Options,
}

/// What holds for every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Options {
    /// User name [default: the URL's, ~/.netrc's, or anonymous]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) user: Option<OsString>,

    /// File with logins [default: $NETRC, or ~/.netrc]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) netrc: Option<PathBuf>,

    /// Whether and when TLS starts [default: as the URL says, else off]
    #[arg(long, global = true, value_name = "WHEN")]
    pub(crate) tls: Option<Tls>,

    /// Trust the certificate authorities in FILE (PEM or DER) too
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) cacert: Option<PathBuf>,

    /// Take any certificate, so that whoever sits on the way can read and change everything
    #[arg(long, global = true)]
    pub(crate) insecure: bool,

    /// Let the server open data connections (PORT, EPRT)
    #[arg(long, global = true)]
    pub(crate) active: bool,

    /// Seconds for connecting and logging in
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = 30)]
    #[arg(value_parser = value_parser!(u64).range(1..=86_400))]
    pub(crate) connect_timeout: u64,

    /// Seconds that the server may be silent [default: 60, and 300 to confirm an upload]
    #[arg(long, global = true, value_name = "SECONDS")]
    #[arg(value_parser = value_parser!(u64).range(1..=86_400))]
    pub(crate) timeout: Option<u64>,

    /// Show what is said to and by the server, without passwords, on standard error
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,

    /// No progress on the terminal
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// Whether and when TLS starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Tls {
    /// Never
    Off,
    /// By AUTH TLS, before the login
    Explicit,
    /// From the first byte
    Implicit,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Download files
    ///
    /// A file that is here already is written over, once the server sends the new one. What an
    /// interrupted download leaves is its beginning: --resume goes on from there.
    Get(Get),
    /// Upload files
    ///
    /// `put SERVER FILE…`, or `put FILE… URL`. Without -o, or where that ends in `/`, files keep
    /// their names.
    Put(Put),
    /// List directories
    Ls(Ls),
    /// Write files to standard output
    Cat(Cat),
    /// Delete files
    Rm(Paths),
    /// Make directories
    Mkdir {
        #[command(flatten)]
        paths: Paths,
        /// With those above them, and without complaint where they are there
        #[arg(short, long)]
        parents: bool,
    },
    /// Remove directories
    Rmdir {
        #[command(flatten)]
        paths: Paths,
        /// With all that is in them
        #[arg(short, long)]
        recursive: bool,
    },
    /// Rename or move a file or directory
    Mv {
        /// URL or host
        server: OsString,
        /// Its path now
        from: OsString,
        /// Its path then
        to: OsString,
    },
    /// Show what the server knows of files, or of the session where none is named
    Stat {
        #[command(flatten)]
        paths: Paths,
        /// One JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Send one command as it is and show the reply
    Quote {
        /// URL or host
        server: OsString,
        /// The command
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
}

impl Command {
    /// Whether it leaves something to resume where it breaks off.
    pub(crate) fn is_resumable(&self) -> bool {
        match self {
            Self::Get(get) => !get.ascii && get.output.as_deref() != Some(DASH.as_ref()),
            Self::Put(put) => !put.ascii && !put.places.iter().any(|place| place == DASH),
            _ => false,
        }
    }
}

/// A server and paths on it.
#[derive(Debug, Args)]
pub(crate) struct Paths {
    /// URL or host
    pub(crate) server: OsString,
    /// Paths, from the URL's path on
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    #[command(flatten)]
    pub(crate) paths: Paths,
    /// File or directory to write to, `-` for standard output [default: the file's own name]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Go on where an earlier download broke off
    #[arg(long, conflicts_with = "ascii")]
    pub(crate) resume: bool,
    /// As text: line ends become those of this system
    #[arg(long)]
    pub(crate) ascii: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Put {
    /// A server and files, or files and a URL; `-` is standard input
    #[arg(required = true, num_args = 2.., value_names = ["SERVER", "FILE"])]
    pub(crate) places: Vec<OsString>,
    /// Path on the server; a directory where it ends in `/`
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<OsString>,
    /// Go on where an earlier upload broke off
    #[arg(long, conflicts_with = "ascii")]
    pub(crate) resume: bool,
    /// As text: line ends become those of the server's system
    #[arg(long)]
    pub(crate) ascii: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ls {
    #[command(flatten)]
    pub(crate) paths: Paths,
    /// Names only
    #[arg(long, group = "form")]
    pub(crate) names: bool,
    /// The lines as the server sends them
    #[arg(long, group = "form")]
    pub(crate) raw: bool,
    /// One JSON object a line
    #[arg(long, group = "form")]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Cat {
    #[command(flatten)]
    pub(crate) paths: Paths,
    /// As text: line ends become those of this system
    #[arg(long)]
    pub(crate) ascii: bool,
}

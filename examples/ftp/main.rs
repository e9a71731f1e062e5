//! A command-line client for FTP and FTPS.
//!
//! ```sh
//! cargo run --example ftp -- ls ftp://ftp.example.org/pub/
//! cargo run --example ftp -- get --resume ftp://ftp.example.org/pub/large.iso
//! cargo run --example ftp -- put ftpes://joe@ftp.example.org/in/ report.csv
//! cargo run --example ftp -- --help
//! ```
//!
//! A place is a URL, or a host before paths. The login comes from `--user` or the URL, then from
//! `~/.netrc`, and is anonymous else; a password is asked for on the terminal. On a terminal a bar
//! shows rate and remaining time, in a pipe nothing does. The exit status tells what kind of thing
//! went wrong; `--help` lists them all.
//!
//! What `python -m ftplib [-d] [-r[file]] host [-l[dir]] [-d[dir]] [-p] [file…]` does is here:
//!
//! | there | here |
//! |---|---|
//! | `-d` | `-v` |
//! | `-rFILE` | `--netrc FILE` |
//! | `host -lDIR` | `ls --raw host DIR` |
//! | `host -dDIR file` | `cat ftp://host/DIR file` |
//! | `-p` | `--active` |
//! | `host file…` | `cat host file…` |

mod arguments;
mod failure;
mod listing;
mod login;
mod netrc;
mod output;
mod place;
mod screen;
mod session;
mod text;
mod traffic;
mod transfer;

use std::process::ExitCode;

use clap::Parser;

use crate::{arguments::Arguments, failure::Failure, screen::Screen};

type Result<T, E = Failure> = std::result::Result<T, E>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let screen = Screen::new(arguments.options.quiet);
    if arguments.options.verbose {
        traffic::show(&screen);
    }
    // Ctrl-C goes first: the prompt for a password restores the terminal only where the signal is
    // handled.
    let done = tokio::select! {
        biased;
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::interrupted(&arguments.command)),
        done = session::run(&arguments, &screen) => done,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.tell(&screen);
            failure.code()
        }
    }
}

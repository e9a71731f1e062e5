//! The crate at work: a tree of files goes up to an FTPS server, is listed, comes back over
//! several sessions at once, and is compared byte by byte.
//!
//! ```sh
//! cargo run --example quickstart                          # against a server in this process
//! cargo run --example quickstart -- ftp://host/dir        # list a directory of any server
//! cargo run --example quickstart -- ftpes://host/file to  # read a file, here into the file `to`
//! ```
//!
//! `job.rs` is the client of the first form and `visit.rs` that of the other two; the rest is the
//! server, the files and the printing.

mod job;
mod server;
mod show;
mod tree;
mod visit;

use std::{env, error::Error, process::ExitCode};

use crate::visit::Visit;

type Result<T, E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

const USAGE: &str = "\
Usage: quickstart                              the main job, with a server in this process
       quickstart [--insecure] URL [FILE]      list a directory or read a file of any server

URL    ftp://host/path     in the clear
       ftpes://host/path   TLS by AUTH TLS on port 21
       ftps://host/path    TLS from the first byte on port 990
       as ftp://user:password@host:port/path; a path from the server's root begins with /%2F
FILE   where to store what is read; without it, the beginning of a text is shown
--insecure   takes any certificate; for servers of your own with one that nobody signed";

// One thread for all: libunftp goes over to TLS in a task of its own, and on several threads a
// fast client can be ahead of it.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Visit::parse(env::args().skip(1)) {
        Ok(None) => job::run().await,
        Ok(Some(visit)) => visit.run().await,
        Err(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(Some(problem)) => Err(format!("{problem}\n\n{USAGE}").into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", show::plain(&error.to_string()));
            ExitCode::FAILURE
        }
    }
}

//! What FTP costs here and in other clients: the same jobs, on the same servers, in one run.
//!
//! ```text
//! tests/servers/install.sh            # the servers, into target/servers
//! benches/peers/install.sh            # lftp and rclone, into benches/peers/target/peers
//! cd benches/peers
//! export SERVERS_DIR=$PWD/../../target/servers
//! cargo run --release --bin peers -- --server vsftpd --job down --runs 7
//! ```
//!
//! Needs root, Linux, and memory for three times the large file: servers and files are in
//! `/dev/shm`. curl and Python's ftplib are those of the system. Everybody is a process of its
//! own, the libraries too (this program starts itself once more), and is measured from its start
//! to its end: elapsed time, and the processor's time of the client alone. Clients take turns
//! within each run, so that other load hits all alike; the table has the medians, and behind each
//! in parentheses how many times as good tokio-ftp is (below 1: it is behind). What was sent is
//! compared with its source afterwards, what was fetched is counted by the server's log; a client
//! that did not do all of its job has failed, and has no time.
//!
//! `--counts` adds system calls (`perf`, or `strace`) and instructions outside of the kernel
//! (`perf`, or Valgrind, for which the job is made smaller), of one run each. A process has to
//! start and log in as well: that is in all numbers, and `login` tells how much it is.
//!
//! # A long link
//! `--far ADDRESS` starts the servers at this address, in the network namespace `far` or that of
//! `--namespace`. Any emulator of links between this host and a namespace will do, such as
//! ```text
//! ip netns add far
//! ip link add near type veth peer name far netns far
//! ip addr add 10.99.0.1/24 dev near && ip link set near up
//! ip -n far addr add 10.99.0.2/24 dev far && ip -n far link set far up
//! tc qdisc add dev near root netem delay 25ms limit 100000
//! tc -n far qdisc add dev far root netem delay 25ms limit 100000
//! cargo run --release --bin peers -- --far 10.99.0.2 --size 64 --files 100
//! ```
//!
//! # A profile
//! `peers serve` starts a server and prints the command lines of this program's own clients, for
//! `perf record` and the like.

mod arguments;
mod certs;
mod client;
mod counts;
mod job;
mod measure;
mod report;
mod round;
mod server;
mod table;

// The servers are those of the crate's own tests, which use more of this.
#[allow(dead_code)]
#[path = "../../../tests/servers/options.rs"]
mod options;
#[allow(dead_code)]
#[path = "../../../tests/servers/process.rs"]
mod process;
#[path = "../../../tests/servers/proftpd.rs"]
mod proftpd;
#[path = "../../../tests/servers/pureftpd.rs"]
mod pureftpd;
#[allow(dead_code)]
#[path = "../../../tests/servers/setup.rs"]
mod setup;
#[path = "../../../tests/servers/vsftpd.rs"]
mod vsftpd;

use std::{alloc::System, error::Error, process::ExitCode};

use clap::Parser;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use crate::arguments::{Arguments, Command};

/// Counts for all clients that are in this program, so that the cost is the same.
#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match &arguments.command {
        Some(Command::Client { client, task }) => client.run(task).map(|report| print!("{report}")),
        Some(Command::Serve) => round::serve(&arguments).map_err(Box::<dyn Error>::from),
        None => round::measure_all(&arguments).map_err(Box::<dyn Error>::from),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

//! The library against real servers: vsftpd, ProFTPD, Pure-FTPd, pyftpdlib,
//! libunftp.
//!
//! `tests/servers/install.sh` brings them; then `cargo test --test servers`.
//! Needs Linux and root, because the servers get mounts and a user of their
//! own, and `openssl` as a second client. A server that is missing or does not
//! start is a failure, never skipped.

mod certs;
mod farm;
mod options;
mod ports;
mod probe;
mod process;
mod proftpd;
mod pureftpd;
mod pyftpdlib;
mod setup;
mod unftp;
mod vsftpd;

// `cfg(test)` is always true here; it tells clippy that helpers of these tests
// may call `expect`.
#[cfg(test)]
mod active;
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod cell;
#[cfg(test)]
mod certificates;
#[cfg(test)]
#[path = "../it/simulation/chance.rs"]
mod chance;
#[cfg(test)]
mod doubts;
#[cfg(test)]
mod dropped;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod entries;
#[cfg(test)]
mod full;
#[cfg(test)]
mod fxp;
#[cfg(test)]
mod harness_check;
#[cfg(test)]
mod keepalive;
#[cfg(test)]
mod leaks;
#[cfg(test)]
mod load;
#[cfg(test)]
mod names;
#[cfg(test)]
mod pattern;
#[cfg(test)]
mod pipelining;
#[cfg(test)]
mod quirks;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod resumption;
#[cfg(test)]
mod round_trip;
#[cfg(test)]
mod session;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod summary;
#[cfg(test)]
mod surface;
#[cfg(test)]
mod table;
#[cfg(test)]
mod text;
#[cfg(test)]
mod traffic;
#[cfg(test)]
mod unconfirmed;

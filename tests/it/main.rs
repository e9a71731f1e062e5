//! The client against servers that follow scripts, and against libunftp in this process.

#[cfg(test)]
mod abort;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod confirmation;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod doubts;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod ftplib;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod keepalive;
#[cfg(test)]
mod list;
#[cfg(test)]
mod list_options;
#[cfg(test)]
mod local;
#[cfg(test)]
mod login;
#[cfg(test)]
mod metadata;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod passive;
#[cfg(test)]
mod pipelining;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod protection;
#[cfg(test)]
mod quirks;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod retr;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod stor;
#[cfg(test)]
mod support;
#[cfg(test)]
mod surface;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod tickets;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod tls_data;
#[cfg(test)]
mod unconfirmed;

//! FTP and FTPS for async Rust.
//!
//! An [`FtpStream`] drives one control connection. A transfer is a guard that borrows it, so that
//! sending a command in the middle of one does not compile. [`Download`] is
//! [`AsyncRead`](tokio::io::AsyncRead), [`Upload`] is [`AsyncWrite`](tokio::io::AsyncWrite);
//! [`into_stream`](Download::into_stream) and [`into_sink`](Upload::into_sink) make a `Stream` or
//! a `Sink` of `Bytes` of them. There is no background task, no lock and no callback.
//!
//! # A first program
//! ```no_run
//! use futures::TryStreamExt;
//! use tokio_ftp::FtpStream;
//!
//! # async fn run() -> tokio_ftp::Result<()> {
//! let mut ftp = FtpStream::connect("ftp.example.org").await?;
//! ftp.login_anonymous().await?;
//! let mut entries = ftp.list("pub").await?;
//! while let Some(entry) = entries.try_next().await? {
//!     println!("{:?} {}", entry.kind(), entry.name());
//! }
//! ftp.quit().await
//! # }
//! ```
//!
//! # Encrypted
//! Certificates are checked, data connections are encrypted too and resume the TLS session of the
//! control connection, which many servers demand.
//! ```no_run
//! use tokio_ftp::{FtpStream, TlsMode};
//!
//! # async fn run() -> tokio_ftp::Result<()> {
//! let mut ftp = FtpStream::builder()
//!     .tls(TlsMode::Explicit)
//!     .credentials("joe", "secret")
//!     .connect("ftp.example.org")
//!     .await?;
//! let report = ftp.read("reports/today.csv").await?;
//! # Ok(()) }
//! ```
//!
//! # Streams
//! ```no_run
//! use tokio::fs::File;
//!
//! # async fn run(mut ftp: tokio_ftp::FtpStream) -> Result<(), Box<dyn std::error::Error>> {
//! // Down: the end comes only when the server has confirmed the whole file.
//! let mut download = ftp.retr("large.iso").await?;
//! tokio::io::copy(&mut download, &mut File::create("large.iso").await?).await?;
//!
//! // Up: complete when the server has confirmed it.
//! let sent = ftp.upload("copy.iso", File::open("large.iso").await?).await?;
//! println!("{} bytes in {:?}", sent.bytes(), sent.elapsed());
//! # Ok(()) }
//! ```
//!
//! # A transfer that owns its session
//! A web backend hands a file straight into a response body. The download owns the session, so it
//! is `'static`; when the client goes away, all of it is dropped.
//! ```no_run
//! use bytes::Bytes;
//! use futures::Stream;
//! use tokio_ftp::{Download, FtpStream, Result, TransferOptions};
//!
//! async fn body(ftp: FtpStream, path: &str) -> Result<impl Stream<Item = Result<Bytes>> + 'static + use<>> {
//!     let download = Download::open(ftp, path, &TransferOptions::new()).await?;
//!     Ok(download.into_stream())
//! }
//! ```
//!
//! # Cancel safety
//! Any future may be dropped at any await, any guard may be dropped, forgotten or leaked. Every
//! reply that is owed is counted from the moment its command is encoded, and with it what its
//! success changes on the server. The next command first settles what is left; it then answers
//! with its own reply, or says [`Error::Broken`].
//!
//! - A dropped [`Download`] is aborted by the next command.
//! - A dropped [`Upload`] is *reset* at once, so that no server takes the part for the whole; a call
//!   that is dropped before it has given one, by the next command or with the session.
//! - A login, a change of TLS and [`quit`](FtpStream::quit), dropped half-way, leave a session
//!   that is broken and says so.
//!
//! # End of file
//! A [`Download`] ends only after the data connection has ended *and* the server has confirmed the
//! transfer. A 4xx or 5xx, fewer bytes than a known size, a connection or a TLS stream that was
//! cut are errors, and stay errors. [`tokio::io::copy`] cannot take a truncated file for a whole
//! one.
//!
//! Some networks forget the control connection during a long transfer, and the confirmation is
//! lost. Where all data went over, up or down, that is [`Error::Unconfirmed`]: a new session tells
//! by [`is_complete`](FtpStream::is_complete) whether the file is as long as it must be. A download
//! whose end can be told goes on when the control connection is gone, an upload is reset.
//!
//! # Waits and buffers
//! Each has a bound that a server cannot exceed; [`ConnectOptions`] changes them.
//!
//! | wait | bound | error | held by, under `tests/it` |
//! |---|---|---|---|
//! | connecting, from name to login | [30 s](ConnectOptions::connect_timeout) | [`Phase::Connect`] | `login::connecting_has_one_deadline_from_dial_to_login` |
//! | a reply | [60 s](ConnectOptions::reply_timeout) | [`Phase::Reply`] | `deadlines::reply_to_a_command`, `deadlines::reply_to_a_transfer` |
//! | the TLS handshake of a session that connected without | [60 s](ConnectOptions::reply_timeout) | [`Phase::Handshake`] | `deadlines::handshake_of_the_control_connection` |
//! | a data connection to the server | [15 s](ConnectOptions::data_timeout) | [`Phase::DataConnect`] | `deadlines::data_connection_that_nobody_answers` |
//! | a data connection from the server | [15 s](ConnectOptions::data_timeout) | [`Phase::Accept`] | `deadlines::data_connection_that_the_server_does_not_make` |
//! | the TLS handshake of either | [15 s](ConnectOptions::data_timeout) | [`Phase::DataHandshake`] | `deadlines::handshake_of_a_data_connection` |
//! | the next bytes of a transfer | [60 s](ConnectOptions::idle_timeout) | [`Phase::Idle`] | `deadlines::data_that_stands_still`, `deadlines::data_that_nobody_takes` |
//! | the same in a download whose control connection is lost | [15 s](ConnectOptions::data_timeout) | what was lost | `unconfirmed::download_goes_on_when_the_control_connection_is_gone` |
//! | the last reply of a download | [60 s](ConnectOptions::reply_timeout) | [`Phase::FinalReply`], mostly in [`Error::Unconfirmed`] | `deadlines::last_reply_to_a_download` |
//! | the peer's own end behind an upload under TLS | 5 s; 0.3 s once the upload is confirmed | none: the reply counts | `deadlines::end_of_the_peer_behind_an_upload` |
//! | the last reply of an upload | [300 s](ConnectOptions::final_timeout) | [`Phase::FinalReply`], mostly in [`Error::Unconfirmed`] | `deadlines::last_reply_to_an_upload` |
//! | settling what was abandoned | [15 s](ConnectOptions::settle_timeout) | [`Phase::Settle`] | `deadlines::settling` |
//! | the data of an aborted download, held open | 0.3 s and two round trips | none | `abort::data_connection_is_held_for_a_moment_after_abor` |
//! | the goodbye | [60 s](ConnectOptions::reply_timeout) | [`Phase::Reply`] | `deadlines::goodbye_that_is_not_answered` |
//!
//! A session that says its goodbye settles first, and closes within the bound of a reply. That is
//! also the bound of what a server has to say for a data connection that failed, and of an `ABOR`
//! that the network does not take; a listing for TLS tickets has that of a data connection.
//!
//! Only [`fxp`] waits as long as the two servers take; that a host is gone is told by
//! [TCP keepalive](ConnectOptions::keepalive), which all connections have.
//!
//! [`Limits`] bounds replies, listing lines and [`read`](FtpStream::read).
//!
//! # From ftplib
//! Everything that Python's `ftplib` offers, by its names there; the search of these pages knows
//! them too.
//!
//! | ftplib | here |
//! |---|---|
//! | `FTP(host, user, passwd, acct, timeout, source_address, encoding)` | [`FtpStream::builder`], [`ConnectOptions`] |
//! | `FTP_TLS(…)` | [`ConnectOptions::tls`], certificates checked |
//! | `connect`, `getwelcome`, `lastresp` | [`FtpStream::connect`], [`welcome`](FtpStream::welcome), [`last_reply`](FtpStream::last_reply) |
//! | `host`, `port`, `af` | [`endpoint`](FtpStream::endpoint), [`peer_addr`](FtpStream::peer_addr) |
//! | `timeout`, `source_address`, `maxline` | [`ConnectOptions::reply_timeout`] and its like, [`local_addr`](ConnectOptions::local_addr), [`Limits`] |
//! | `encoding` | names are bytes: [`Name`] |
//! | `set_debuglevel` | events of [`tracing`], target `tokio_ftp::control` |
//! | `login(user, passwd, acct)` | [`login`](FtpStream::login), [`login_anonymous`](FtpStream::login_anonymous), [`ConnectOptions::account`] |
//! | `acct` | [`account`](FtpStream::account) |
//! | `quit`, `close` | [`quit`](FtpStream::quit), dropping it |
//! | `sendcmd`, `voidcmd` | [`command`](FtpStream::command) |
//! | `putline`, `putcmd`, `getline`, `getmultiline`, `getresp`, `voidresp` | [`protocol::Command::encode`], [`protocol::ReplyDecoder`] |
//! | `set_pasv`, `passiveserver` | [`ConnectOptions::data_mode`], [`set_data_mode`](FtpStream::set_data_mode) |
//! | `trust_server_pasv_ipv4_address` | [`ConnectOptions::trust_pasv_host`] |
//! | `makepasv`, `makeport`, `sendport`, `sendeprt` | [`DataMode`] |
//! | `transfercmd`, `ntransfercmd` | [`transfer`](FtpStream::transfer) |
//! | `retrbinary(cmd, callback, blocksize, rest)` | [`retr`](FtpStream::retr), [`retr_with`](FtpStream::retr_with), [`Download::into_stream`] |
//! | `retrlines(cmd, callback)` | [`retr_lines`](FtpStream::retr_lines) |
//! | `storbinary(cmd, fp, blocksize, callback, rest)` | [`upload`](FtpStream::upload), [`stor`](FtpStream::stor), [`stor_with`](FtpStream::stor_with), [`Upload::into_sink`], [`Progress`] |
//! | `storlines(cmd, fp, callback)` | [`stor_lines`](FtpStream::stor_lines) |
//! | `abort` | [`Download::abort`], [`Upload::abort`], [`FtpStream::abort`] |
//! | `nlst`, `dir`, `mlsd(path, facts)` | [`nlst`](FtpStream::nlst), [`list_raw`](FtpStream::list_raw) and [`list`](FtpStream::list), [`mlsd`](FtpStream::mlsd) and [`set_facts`](FtpStream::set_facts) |
//! | `rename`, `delete`, `size` | [`rename`](FtpStream::rename), [`delete`](FtpStream::delete), [`size`](FtpStream::size) |
//! | `cwd`, `mkd`, `pwd`, `rmd` | [`cwd`](FtpStream::cwd), [`mkd`](FtpStream::mkd), [`pwd`](FtpStream::pwd), [`rmd`](FtpStream::rmd) |
//! | `auth`, `prot_p`, `prot_c`, `ccc` | [`secure`](FtpStream::secure), [`prot_p`](FtpStream::prot_p), [`prot_c`](FtpStream::prot_c), [`ccc`](FtpStream::ccc) |
//! | `Error`, `all_errors` | [`Error`] |
//! | `error_reply`, `error_temp`, `error_perm`, `error_proto` | [`Error::Unexpected`], [`Error::Temporary`], [`Error::Permanent`], [`Error::Protocol`] |
//! | `parse150`, `parse227`, `parse229`, `parse257` | [`Download::size_hint`], [`protocol::parse_pasv`], [`protocol::parse_epsv`], [`protocol::unquote`] |
//! | `ftpcp` | [`fxp`] |
//! | `FTP_PORT`, `MAXLINE`, `MSG_OOB` | [`DEFAULT_PORT`], [`Limits`], [`ConnectOptions::telnet_synch`] |
//! | `python -m ftplib` | `cargo run --example ftp` |
//!
//! A program in Python:
//! ```text
//! from ftplib import FTP
//!
//! with FTP("ftp.example.org") as ftp:
//!     ftp.login("joe", "secret")
//!     ftp.cwd("reports")
//!     with open("today.bin", "wb") as file:
//!         ftp.retrbinary("RETR today.bin", file.write)
//!     with open("answer.bin", "rb") as file:
//!         ftp.storbinary("STOR answer.bin", file)
//!     ftp.retrlines("RETR notes.txt", print)
//! ```
//! The same here:
//! ```no_run
//! use futures::TryStreamExt;
//! use tokio::{fs::File, io::AsyncWriteExt};
//! use tokio_ftp::FtpStream;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mut ftp = FtpStream::connect("ftp.example.org").await?;
//! ftp.login("joe", "secret").await?;
//! ftp.cwd("reports").await?;
//! let mut file = File::create("today.bin").await?;
//! let mut chunks = ftp.retr("today.bin").await?.into_stream();
//! while let Some(chunk) = chunks.try_next().await? {
//!     file.write_all(&chunk).await?;
//! }
//! ftp.upload("answer.bin", File::open("answer.bin").await?).await?;
//! let mut lines = ftp.retr_lines("notes.txt").await?;
//! while let Some(line) = lines.try_next().await? {
//!     println!("{}", String::from_utf8_lossy(&line));
//! }
//! ftp.quit().await?;
//! # Ok(()) }
//! ```
//!
//! # Layout
//! - here: sessions, transfers, errors
//! - [`protocol`]: commands, replies and what is written inside them, without any I/O
//! - [`listing`]: the dialects of directory listings, without any I/O
//! - [`tls`]: what can be chosen, and what was agreed on
//! - [`url`]: `ftp://`, `ftps://` and `ftpes://`
//!
//! # Features
//! - `aws-lc-rs` (default), `ring`: the cryptography under TLS
//! - `webpki-roots` (default), `platform-verifier`: whose certificate authorities can be trusted
#![cfg_attr(docsrs, feature(doc_cfg))]

mod control;
mod error;
pub mod listing;
mod net;
pub mod protocol;
mod session;
mod transfer;
pub mod url;

pub mod tls {
    //! What can be chosen, and what was agreed on, for encrypted connections.

    pub use crate::net::tls::{TlsEof, TlsFacts, TlsRoots, TlsVersions};
}

pub use self::{
    error::{ArgumentError, Error, Phase, ProtocolError, Result},
    listing::{Entry, EntryKind},
    net::{Connection, Connector, Dialing, Endpoint},
    protocol::{Name, Reply, ReplyCode},
    session::{
        ConnectOptions, DEFAULT_PORT, DataMode, FtpStream, IMPLICIT_TLS_PORT, Limits, Server,
        TlsMode,
    },
    transfer::{
        ChunkSink, Chunks, Download, Entries, Found, Lines, ListOptions, Listed, Names, Progress,
        Rejected, Transfer, TransferOptions, Transferred, Upload, Walk, WalkOptions, fxp,
    },
};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;

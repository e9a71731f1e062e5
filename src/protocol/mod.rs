//! The protocol without any I/O: commands, replies, and what is written inside them.
//!
//! Nothing here opens a socket, reads a clock or needs a runtime, so it serves as well for a
//! server, a proxy or a test. Bytes go into a [`ReplyDecoder`] and come out as [`Reply`] values; a
//! [`Command`] is appended to a buffer by [`Command::encode`].
//!
//! ```
//! use bytes::BytesMut;
//! use tokio_ftp::protocol::{Argument, Command, ReplyDecoder};
//!
//! let mut line = BytesMut::new();
//! Command::Retr(Argument::new("a file")?).encode(&mut line);
//! assert_eq!(line, "RETR a file\r\n");
//!
//! let mut received = BytesMut::from("150-Here it\r\n150 comes\r\n226 do");
//! let reply = ReplyDecoder::default().decode(&mut received)?.expect("a whole reply");
//! assert_eq!(reply.code(), 150);
//! assert_eq!(reply.text(), "Here it\ncomes");
//! assert_eq!(received, "226 do");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod argument;
mod code;
mod command;
mod decoder;
mod features;
mod host_port;
mod kinds;
mod name;
mod quoted;
mod reply;
mod secret;
mod size_hint;
mod timestamp;

pub use self::{
    argument::{Argument, InvalidArgument},
    code::ReplyCode,
    command::{Command, ModifyTime, Verb},
    decoder::{ReplyDecoder, ReplyError, ReplyLimits},
    features::Features,
    host_port::{ExtendedAddress, HostPort, parse_eprt, parse_epsv, parse_pasv, parse_port},
    kinds::{AuthMechanism, Protection, RepresentationType, TransferMode},
    name::Name,
    quoted::{quote, unquote},
    reply::Reply,
    secret::Secret,
    timestamp::Timestamp,
};
pub(crate) use self::{secret::MASK, size_hint::size_hint};

//! What can take too long.

use std::fmt;

/// What was awaited when the time was up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// Connecting: name, dial, greeting, TLS and login together.
    Connect,
    /// The TLS handshake of the control connection.
    Handshake,
    /// A reply on the control connection.
    Reply,
    /// The data connection.
    DataConnect,
    /// The server's connection, in active mode.
    Accept,
    /// The TLS handshake of the data connection.
    DataHandshake,
    /// The next bytes of a transfer.
    Idle,
    /// The last reply of a transfer.
    FinalReply,
    /// The replies that an earlier, abandoned operation still had to get.
    Settle,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connect => "while connecting",
            Self::Handshake => "in the TLS handshake",
            Self::Reply => "while waiting for a reply",
            Self::DataConnect => "while opening the data connection",
            Self::Accept => "while waiting for the server's data connection",
            Self::DataHandshake => "in the TLS handshake of the data connection",
            Self::Idle => "while the data connection was idle",
            Self::FinalReply => "while waiting for the reply that ends the transfer",
            Self::Settle => "while settling an earlier operation",
        })
    }
}

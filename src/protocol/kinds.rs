//! Arguments that are one letter on the wire.

use std::fmt;

/// How bytes of a file stand for its content: the argument of `TYPE` (RFC 959 section 3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RepresentationType {
    /// Text in network form, lines ended by CR LF. Servers start with it.
    Ascii,
    /// The bytes as they are: binary.
    Image,
}

/// Whether data connections are encrypted: the argument of `PROT` (RFC 4217 section 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protection {
    /// In the clear.
    Clear,
    /// Under TLS.
    Private,
}

/// How a file's bytes are laid out on the data connection: the argument of `MODE`
/// (RFC 959 section 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransferMode {
    /// The plain bytes, ended by the end of the connection. Servers start with it.
    Stream,
    /// A deflated stream.
    Deflate,
}

/// The security mechanism that `AUTH` asks for (RFC 4217 section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthMechanism {
    /// TLS on the control connection.
    Tls,
}

impl fmt::Display for RepresentationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ascii => "A",
            Self::Image => "I",
        })
    }
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "C",
            Self::Private => "P",
        })
    }
}

impl fmt::Display for TransferMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stream => "S",
            Self::Deflate => "Z",
        })
    }
}

impl fmt::Display for AuthMechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tls => "TLS",
        })
    }
}

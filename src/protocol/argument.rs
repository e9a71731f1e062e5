//! What may stand behind a verb.

use std::fmt::{self, Write};

use bytes::Bytes;
use memchr::memchr3;

/// The argument of a command: bytes that hold no CR, LF or NUL.
///
/// Below this type a command cannot be split in two, so nothing that a caller passes in (a path,
/// a user name, a raw command) can smuggle a second command to the server.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Argument(Bytes);

impl Argument {
    /// Takes `bytes` as they are.
    ///
    /// # Errors
    /// The bytes hold a CR, LF or NUL (RFC 959 section 5.3.1).
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, InvalidArgument> {
        let bytes = bytes.as_ref();
        match memchr3(b'\r', b'\n', 0, bytes) {
            Some(position) => Err(InvalidArgument {
                position,
                byte: bytes.get(position).copied().unwrap_or_default(),
            }),
            None => Ok(Self(Bytes::copy_from_slice(bytes))),
        }
    }

    /// The argument's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The argument, unless there is no byte at all.
    pub(crate) fn if_any(self) -> Option<Self> {
        (!self.is_empty()).then_some(self)
    }

    /// Whether there is no byte at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl AsRef<[u8]> for Argument {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // It ends in logs, where it must not act.
        escape_controls(&String::from_utf8_lossy(&self.0), f)
    }
}

/// Writes `text` with control characters escaped.
pub(super) fn escape_controls(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for character in text.chars() {
        if character.is_control() {
            write!(f, "{}", character.escape_default())?;
        } else {
            f.write_char(character)?;
        }
    }
    Ok(())
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// An argument holds a byte that would end the command early.
///
/// It says which byte and where, and not the argument itself, which may be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidArgument {
    position: usize,
    byte: u8,
}

impl InvalidArgument {
    /// Where the byte stands, counted from 0.
    pub fn position(&self) -> usize {
        self.position
    }

    /// The byte: CR, LF or NUL.
    pub fn byte(&self) -> u8 {
        self.byte
    }
}

impl fmt::Display for InvalidArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.byte {
            b'\r' => "a carriage return",
            b'\n' => "a line feed",
            _ => "a NUL",
        };
        write!(f, "{name} at byte {}", self.position)
    }
}

impl std::error::Error for InvalidArgument {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_end_a_command_are_refused() {
        for (input, position) in [
            (&b"a\rb"[..], 1),
            (b"a\nDELE b", 1),
            (b"a\r\nDELE b", 1),
            (b"\0", 0),
            (b"abc\0", 3),
        ] {
            let error = Argument::new(input).unwrap_err();
            assert_eq!(error.position(), position, "{input:?}");
        }
        for input in [&b""[..], b" a b ", b"caf\xe9", b"\xff\xff", b"a\tb"] {
            assert_eq!(Argument::new(input).unwrap().as_bytes(), input);
        }
    }
}

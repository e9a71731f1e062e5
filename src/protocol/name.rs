//! Names as a server sends them: bytes.

use std::{borrow::Cow, fmt, str::Utf8Error};

use bytes::Bytes;

/// A path or file name as the server sent it: bytes in no promised encoding.
///
/// RFC 2640 asks for UTF-8 and many servers send something else, so nothing is converted until
/// the caller asks for it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[doc(alias = "encoding")]
pub struct Name(Bytes);

impl Name {
    /// The name as the server sent it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name as text.
    ///
    /// # Errors
    /// The bytes are not UTF-8.
    pub fn to_str(&self) -> Result<&str, Utf8Error> {
        std::str::from_utf8(&self.0)
    }

    /// The name as text, every byte that is not UTF-8 replaced by U+FFFD.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// The name as text, each byte read as one Latin-1 character: right for old servers that
    /// never heard of UTF-8, and never failing.
    pub fn to_latin1(&self) -> String {
        self.0.iter().map(|&byte| char::from(byte)).collect()
    }

    /// A name in Latin-1, for servers that never heard of UTF-8; `None` when a character is not in
    /// Latin-1.
    ///
    /// ```
    /// use tokio_ftp::Name;
    ///
    /// let name = Name::from_latin1("café").unwrap();
    /// assert_eq!(name.as_bytes(), b"caf\xe9");
    /// assert_eq!(name.to_latin1(), "café");
    /// ```
    pub fn from_latin1(text: &str) -> Option<Self> {
        let bytes: Option<Vec<_>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        bytes.map(Self::from)
    }

    /// The bytes themselves.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// Whether the name has no byte at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Bytes> for Name {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Name {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl From<&[u8]> for Name {
    fn from(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes))
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        text.as_bytes().into()
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<[u8]> for Name {
    fn eq(&self, other: &[u8]) -> bool {
        self.as_bytes() == other
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_string_lossy())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_and_are_shown_lossily() {
        let name = Name::from(&b"caf\xe9 \xff"[..]);
        assert_eq!(name.as_bytes(), b"caf\xe9 \xff");
        assert!(name.to_str().is_err());
        assert_eq!(name.to_string(), "caf\u{fffd} \u{fffd}");
        assert_eq!(name.to_latin1(), "café ÿ");
        assert_eq!(format!("{name:?}"), r#""caf\xe9 \xff""#);
    }
}

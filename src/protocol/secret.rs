//! Passwords, kept out of every output.

use std::fmt;

use super::argument::{Argument, InvalidArgument};

/// What stands for a secret wherever one would be shown: of one width, so that not even the
/// length is told.
pub(crate) const MASK: &str = "********";

/// A password or an account: an [`Argument`] that never shows itself.
#[derive(Clone, PartialEq, Eq)]
#[doc(alias = "sanitize")]
pub struct Secret(Argument);

impl Secret {
    /// Takes `bytes` as they are.
    ///
    /// # Errors
    /// The bytes hold a CR, LF or NUL.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, InvalidArgument> {
        Argument::new(bytes).map(Self)
    }

    /// The secret itself, for the wire.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

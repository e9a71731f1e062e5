//! A session handed back with the reason why it could not be used.

use std::fmt;

use crate::error::Error;

/// A transfer that could not be opened, and the session that was to carry it.
///
/// It turns into its [`Error`] through `?`, which drops the session.
pub struct Rejected<S> {
    /// Why.
    pub error: Error,
    /// The session, to be used again unless it is broken.
    pub session: S,
}

impl<S> From<Rejected<S>> for Error {
    fn from(rejected: Rejected<S>) -> Self {
        rejected.error
    }
}

impl<S> fmt::Debug for Rejected<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected")
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

impl<S> fmt::Display for Rejected<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl<S> std::error::Error for Rejected<S> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.error)
    }
}

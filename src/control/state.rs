//! What the server holds for this session.

use super::ledger::{Effect, Owed};
use crate::protocol::{Reply, RepresentationType};

/// What the server is known to hold. What is not known is set again before it matters.
#[derive(Debug, Default)]
pub(crate) struct ServerState {
    /// RFC 959 has text at the start, and some servers binary.
    representation: Option<RepresentationType>,
    /// Whether a restart marker may be set that the next transfer would use.
    restart_dirty: bool,
}

impl ServerState {
    /// The representation type, when it is known.
    pub(crate) fn representation(&self) -> Option<RepresentationType> {
        self.representation
    }

    /// Whether a restart marker may be set; servers keep one through other commands, and the next
    /// transfer starts there.
    pub(crate) fn restart_dirty(&self) -> bool {
        self.restart_dirty
    }

    /// Notes a command on its way, whose reply may never be seen.
    pub(super) fn sent(&mut self, effect: Effect) {
        match effect {
            Effect::Type(_) => self.representation = None,
            Effect::Restart { .. } => self.restart_dirty = true,
            Effect::None | Effect::Transfer | Effect::Reinitialize => {}
        }
    }

    /// Notes the last reply to a command.
    pub(super) fn answered(&mut self, owed: &Owed, reply: &Reply) {
        let done = reply.code().is_completion();
        match owed.effect {
            Effect::Type(kind) if done => self.representation = Some(kind),
            Effect::Restart { offset: 0, .. } if done || reply.code().is_intermediate() => {
                self.restart_dirty = false;
            }
            // A server that does not know REST holds no marker.
            Effect::Restart { .. } if reply.code().is_unknown_command() => {
                self.restart_dirty = false;
            }
            Effect::Restart { dirty, .. } if reply.code().is_failure() => {
                self.restart_dirty = dirty;
            }
            // One that failed leaves the marker where it was, on some servers.
            Effect::Transfer if done => self.restart_dirty = false,
            Effect::Reinitialize if done => *self = Self::default(),
            _ => {}
        }
    }
}

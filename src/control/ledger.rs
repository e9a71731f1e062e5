//! Which replies the server owes, and which of them one that arrives can be.

use std::collections::VecDeque;

use crate::protocol::{Command, Reply, ReplyCode, RepresentationType, Verb};

/// Names one owed reply for as long as the session lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ticket(u64);

impl Ticket {
    /// Stands for nothing that was ever asked.
    pub(crate) const NONE: Self = Self(u64::MAX);
}

/// The replies that are owed, oldest first.
///
/// An entry is made when a command is encoded and goes when its last reply has come, whoever may
/// have lost interest in between. A reply goes to the oldest entry that it *can* answer, because
/// servers answer other commands inside a transfer, before its 226.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    owed: VecDeque<Owed>,
    next: u64,
    /// Whether a transfer ended and no later command was answered yet: then a 225, 226 or 426
    /// may still come that belongs to it, and answers nothing.
    after_transfer: bool,
    /// Whether there was any transfer, whose end some servers tell twice.
    any_transfer: bool,
    /// Whether the running transfer has had a second 1xx: nothing by itself, and the end of a
    /// transfer whose other side has left.
    preliminary_again: bool,
}

/// One owed reply.
#[derive(Debug)]
pub(super) struct Owed {
    pub(super) ticket: Ticket,
    pub(super) verb: Verb,
    pub(super) effect: Effect,
    kind: Kind,
    /// Whether the session is of no use when nobody knows how this was answered.
    critical: bool,
}

/// Which codes can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The server speaks first, and may ask for patience with a 120.
    Greeting,
    /// One final reply. What tells a path, a size or the like is never answered by a code that
    /// ends transfers.
    Plain { telling: bool },
    /// A reply with an address or a port.
    Passive,
    /// A preliminary reply and, after it, a final one.
    Transfer { begun: bool, aborted: bool },
    /// The reply to `ABOR`.
    Abort,
}

/// What the server holds differently once a command has succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    None,
    Type(RepresentationType),
    /// The restart marker is set, or with 0 taken away; `dirty` is what it was before.
    Restart {
        offset: u64,
        dirty: bool,
    },
    /// The transfer uses the restart marker up when it succeeds.
    Transfer,
    /// All is as it was at the start.
    Reinitialize,
}

/// Where a reply belongs.
#[derive(Debug)]
pub(super) enum Route {
    /// The first of two replies to a transfer.
    Preliminary(Ticket, Verb),
    /// The last reply to what was owed.
    Final(Owed),
    /// It belongs to nothing and does no harm.
    Ignored,
    /// It belongs to nothing that was asked.
    OutOfStep,
}

impl Ledger {
    /// A ledger on which the greeting is owed.
    pub(super) fn awaiting_greeting() -> (Self, Ticket) {
        let mut ledger = Self::default();
        let ticket = ledger.push(Kind::Greeting, Verb::default(), Effect::None, true);
        (ledger, ticket)
    }

    /// Enters a command that is being encoded.
    pub(super) fn enter(&mut self, command: &Command, dirty: bool) -> (Ticket, Effect) {
        let kind = match command {
            Command::Epsv | Command::Pasv => Kind::Passive,
            Command::Abor => Kind::Abort,
            // As at the start: 120 and then 220.
            Command::Rein => Kind::Greeting,
            command if command.is_transfer() => Kind::Transfer {
                begun: false,
                aborted: false,
            },
            // What is asked inside a transfer has a reply of its own, even when the transfer's end
            // is told a second time in between.
            command => Kind::Plain {
                telling: command.is_telling() || self.owes_transfer(),
            },
        };
        let effect = match command {
            Command::Type(kind) => Effect::Type(*kind),
            Command::Rest(offset) => Effect::Restart {
                offset: *offset,
                dirty,
            },
            Command::Rein => Effect::Reinitialize,
            _ if matches!(kind, Kind::Transfer { .. }) => Effect::Transfer,
            _ => Effect::None,
        };
        let critical = matches!(
            command,
            Command::User(_)
                | Command::Pass(_)
                | Command::Acct(_)
                | Command::Auth(_)
                | Command::Pbsz(_)
                | Command::Prot(_)
                | Command::Ccc
                | Command::Rein
                | Command::Quit
        );
        if kind == Kind::Abort {
            self.mark_aborted();
        }
        (self.push(kind, command.verb(), effect, critical), effect)
    }

    fn push(&mut self, kind: Kind, verb: Verb, effect: Effect, critical: bool) -> Ticket {
        let ticket = Ticket(self.next);
        // 2^64 commands take longer than the machine lasts.
        self.next = self.next.wrapping_add(1);
        self.owed.push_back(Owed {
            ticket,
            verb,
            effect,
            kind,
            critical,
        });
        ticket
    }

    /// Says that a running transfer was ended from this side, so that whatever comes may be its
    /// last reply: Pure-FTPd ends such a transfer with a second 150, which may have come already.
    fn mark_aborted(&mut self) {
        if std::mem::take(&mut self.preliminary_again) {
            self.owed
                .retain(|owed| !matches!(owed.kind, Kind::Transfer { .. }));
            self.after_transfer = true;
        }
        for owed in &mut self.owed {
            if let Kind::Transfer { aborted, .. } = &mut owed.kind {
                *aborted = true;
                // A 226 may be the reply to `ABOR` as well, and proves nothing of the transfer.
                owed.effect = Effect::None;
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.owed.is_empty()
    }

    pub(super) fn owes_critical(&self) -> bool {
        self.owed.iter().any(|owed| owed.critical)
    }

    pub(super) fn owes(&self, ticket: Ticket) -> bool {
        self.owed.iter().any(|owed| owed.ticket == ticket)
    }

    pub(super) fn owes_abort(&self) -> bool {
        self.owed.iter().any(|owed| owed.kind == Kind::Abort)
    }

    fn owes_transfer(&self) -> bool {
        let mut kinds = self.owed.iter().map(|owed| owed.kind);
        kinds.any(|kind| matches!(kind, Kind::Transfer { .. }))
    }

    /// How many replies to `NOOP` are owed.
    pub(super) fn noops_owed(&self) -> usize {
        let verbs = self.owed.iter().map(|owed| owed.verb.as_str());
        verbs.filter(|verb| *verb == "NOOP").count()
    }

    fn owes_port(&self) -> bool {
        self.owed.iter().any(|owed| owed.kind == Kind::Passive)
    }

    /// Finds what `reply` answers and takes it off when nothing more is to come for it.
    pub(super) fn route(&mut self, reply: &Reply) -> Route {
        let code = reply.code();
        let Some(position) = self.answered_by(reply) else {
            let route = self.unowed(code);
            self.preliminary_again |= matches!(route, Route::Ignored) && code.is_preliminary();
            return route;
        };
        let Some(owed) = self.owed.get_mut(position) else {
            return Route::OutOfStep;
        };
        match &mut owed.kind {
            Kind::Transfer { begun, .. } if code.is_preliminary() && !*begun => {
                *begun = true;
                Route::Preliminary(owed.ticket, owed.verb.clone())
            }
            Kind::Greeting if code.is_preliminary() => Route::Ignored,
            Kind::Transfer { .. } | Kind::Abort => {
                self.preliminary_again = false;
                self.after_transfer = true;
                self.any_transfer = true;
                self.take(position)
            }
            _ => {
                self.after_transfer = false;
                self.take(position)
            }
        }
    }

    fn take(&mut self, position: usize) -> Route {
        self.owed
            .remove(position)
            .map_or(Route::OutOfStep, Route::Final)
    }

    fn answered_by(&self, reply: &Reply) -> Option<usize> {
        let code = reply.code();
        let first = self
            .owed
            .iter()
            .position(|owed| self.can_answer(owed, code))?;
        let is_running = matches!(
            self.owed.get(first)?.kind,
            Kind::Transfer { begun: true, .. }
        );
        if is_running {
            // ProFTPD answers another command inside a transfer with a 200 or a 450 that names it.
            let named = self.owed.iter().position(|owed| {
                !matches!(owed.kind, Kind::Transfer { .. } | Kind::Abort)
                    && self.can_answer(owed, code)
                    && reply.names(owed.verb.as_str())
            });
            return named.or(Some(first));
        }
        Some(first)
    }

    fn can_answer(&self, owed: &Owed, code: ReplyCode) -> bool {
        let number = u16::from(code);
        match owed.kind {
            // A goodbye, which some servers say to a session that was idle for too long.
            _ if number == 221 && owed.verb.as_str() != "QUIT" => false,
            Kind::Greeting => true,
            Kind::Plain { .. } if code.is_preliminary() || matches!(number, 227..=229) => false,
            Kind::Plain { telling } => {
                !is_transfer_end(number) || !(self.after_transfer || telling)
            }
            Kind::Passive => matches!(number, 227..=229) || (code.is_failure() && number != 426),
            // Almost anything, but for what answers a command that came before the abort.
            Kind::Transfer { aborted: true, .. } => match number {
                227..=229 => false,
                200 => self.noops_owed() == 0,
                500..=504 => self.noops_owed() == 0 && !self.owes_port(),
                _ => true,
            },
            Kind::Transfer { begun: false, .. } => {
                matches!(number, 100..=199 | 226 | 250 | 400..=599)
            }
            Kind::Transfer { begun: true, .. } => match number {
                226 | 250 => true,
                400..=499 => true,
                500..=509 => false,
                510..=599 => true,
                _ => false,
            },
            Kind::Abort => !code.is_preliminary(),
        }
    }

    /// What to make of a reply that nothing can be answered by.
    fn unowed(&self, code: ReplyCode) -> Route {
        let number = u16::from(code);
        let transfer = self.owed.iter().find_map(|owed| match owed.kind {
            Kind::Transfer { begun, .. } => Some(begun),
            _ => None,
        });
        match (number, transfer) {
            // Some servers announce a transfer with a stray 200, or with two 1xx.
            (200, Some(false)) | (100..=199, Some(true)) => Route::Ignored,
            _ if self.any_transfer && is_transfer_end(number) => Route::Ignored,
            _ => Route::OutOfStep,
        }
    }
}

/// Whether a transfer that is over may still say this.
fn is_transfer_end(number: u16) -> bool {
    matches!(number, 225 | 226 | 426)
}

#[cfg(test)]
mod transcripts;

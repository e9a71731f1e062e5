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
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::protocol::{Argument, ReplyDecoder};

    fn reply(line: &str) -> Reply {
        let mut buffer = BytesMut::from(format!("{line}\r\n").as_bytes());
        ReplyDecoder::default()
            .decode(&mut buffer)
            .unwrap()
            .unwrap()
    }

    fn retr() -> Command {
        Command::Retr(Argument::new("a").unwrap())
    }

    /// Enters the commands, then routes the replies; each result is the index of the command that
    /// was answered (`150` of a transfer as `+index`), `-` for ignored, `!` for out of step.
    fn transcript(commands: &[Command], replies: &[&str]) -> String {
        let mut ledger = Ledger::default();
        for command in commands {
            ledger.enter(command, false);
        }
        let routes = replies.iter().map(|line| match ledger.route(&reply(line)) {
            Route::Preliminary(ticket, _) => format!("+{}", ticket.0),
            Route::Final(owed) => owed.ticket.0.to_string(),
            Route::Ignored => "-".to_owned(),
            Route::OutOfStep => "!".to_owned(),
        });
        routes.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_second_1xx_before_an_abort_was_the_last_reply() {
        let mut ledger = Ledger::default();
        ledger.enter(&retr(), false);
        for line in ["150 go", "150 0.000 seconds"] {
            ledger.route(&reply(line));
        }
        ledger.enter(&Command::Abor, false);
        assert!(matches!(
            ledger.route(&reply("226 aborted")),
            Route::Final(_)
        ));
        assert!(ledger.is_empty());
    }

    #[test]
    fn replies_find_their_commands() {
        use Command::{Abor, Epsv, Noop, Pwd};
        for (commands, replies, want) in [
            (&[Pwd, Noop][..], &["257 a", "200 b"][..], "0 1"),
            (&[retr()], &["150 a", "226 b"], "+0 0"),
            (&[retr()], &["226 b"], "0"),
            (&[retr()], &["550 b"], "0"),
            (&[retr()], &["200 stray", "150 a", "226 b"], "- +0 0"),
            (&[retr()], &["150 a", "150 again", "226 b"], "+0 - 0"),
            // Another command is answered inside the transfer.
            (&[retr(), Noop], &["150 a", "200 n", "226 b"], "+0 1 0"),
            (
                &[retr(), Epsv],
                &["150 a", "229 (|||1|)", "226 b"],
                "+0 1 0",
            ),
            (
                &[retr(), Epsv],
                &["150 a", "450 EPSV: busy", "226 b"],
                "+0 1 0",
            ),
            (&[retr(), Epsv], &["150 a", "500 ?", "226 b"], "+0 1 0"),
            (&[retr(), Noop], &["150 a", "226 b", "200 n"], "+0 0 1"),
            (&[retr(), Epsv], &["550 no", "229 (|||1|)"], "0 1"),
            (
                &[retr(), Epsv],
                &["150 a", "426 cut", "229 (|||1|)"],
                "+0 0 1",
            ),
            // Never the end of a transfer.
            (&[retr()], &["150 a", "227 (1,2,3,4,5,6)"], "+0 !"),
            (&[retr()], &["150 a", "200 b"], "+0 !"),
            (&[retr()], &["150 a", "500 b"], "+0 !"),
            (&[retr()], &["150 a", "522 b"], "+0 0"),
            // A transfer's end that comes twice or late.
            (
                &[retr(), Pwd],
                &["150 a", "426 b", "226 c", "257 d"],
                "+0 0 - 1",
            ),
            (&[Pwd], &["226 a"], "!"),
            (&[Noop], &["226 a"], "0"),
            (
                &[retr(), Noop, Pwd],
                &["226 a", "200 b", "226 again", "257 c"],
                "0 1 - 2",
            ),
            (&[retr()], &["257 a"], "!"),
            (&[retr()], &["331 a"], "!"),
            (&[], &["226 a"], "!"),
            (&[], &["200 a"], "!"),
            (&[Pwd], &["150 a"], "!"),
            // Aborts end with two replies of nearly any code.
            (&[retr(), Abor], &["150 a", "426 b", "226 c"], "+0 0 1"),
            (&[retr(), Abor], &["150 a", "226 b", "426 c"], "+0 0 1"),
            (&[retr(), Abor], &["150 a", "150 done", "226 c"], "+0 0 1"),
            (&[retr(), Abor], &["150 a", "451 b", "225 c"], "+0 0 1"),
            (&[retr(), Abor], &["550 a", "225 c"], "0 1"),
            (&[Abor], &["226 c"], "0"),
            // What names a command answers it, and only its first word names one.
            (
                &[retr(), Noop],
                &["150 a", "250 NOOP ok", "426 cut"],
                "+0 1 0",
            ),
            (
                &[retr(), Noop],
                &["150 a", "451 snoop.cap: read error", "200 n"],
                "+0 0 1",
            ),
            (
                &[retr(), Abor],
                &[
                    "150 a",
                    "426 Transfer aborted. Data connection closed",
                    "226 Abort successful",
                ],
                "+0 0 1",
            ),
            // With a port asked for ahead, which an abort may overtake.
            (
                &[retr(), Epsv, Abor],
                &["150 a", "426 b", "229 (|||1|)", "225 c"],
                "+0 0 1 2",
            ),
            (
                &[retr(), Epsv, Abor],
                &["150 a", "229 (|||1|)", "426 b", "226 c"],
                "+0 1 0 2",
            ),
            (
                &[retr(), Epsv, Abor],
                &["150 a", "450 EPSV: busy", "426 b", "226 c"],
                "+0 1 0 2",
            ),
            (
                &[retr(), Epsv, Abor],
                &["150 a", "500 ?", "150 done", "226 c"],
                "+0 1 0 2",
            ),
            (
                &[retr(), Epsv, Abor],
                &["150 a", "226 b", "500 ?", "226 c"],
                "+0 0 1 2",
            ),
            // A goodbye answers nothing else.
            (&[Command::Quit], &["221 bye"], "0"),
            (&[Pwd], &["221 idle for too long"], "!"),
            (&[Noop], &["221 idle for too long"], "!"),
            (&[retr()], &["150 a", "221 idle for too long"], "+0 !"),
            // With a sign of life before.
            (
                &[retr(), Noop, Abor],
                &["150 a", "450 NOOP: busy", "426 b", "226 c"],
                "+0 1 0 2",
            ),
            (
                &[retr(), Noop, Abor],
                &["150 a", "200 n", "426 b", "226 c"],
                "+0 1 0 2",
            ),
            (
                &[retr(), Noop, Abor],
                &["150 a", "426 b", "200 n", "226 c"],
                "+0 0 1 2",
            ),
            (
                &[retr(), Noop, Abor],
                &["150 a", "500 n", "426 b", "226 c"],
                "+0 1 0 2",
            ),
            (
                &[retr(), Noop, Abor],
                &["150 a", "226 b", "200 n", "426 c"],
                "+0 0 1 2",
            ),
            // With several, on a server that answers them behind the transfer.
            (
                &[retr(), Noop, Noop, Noop],
                &["150 a", "226 b", "200 n", "200 n", "200 n"],
                "+0 0 1 2 3",
            ),
            (
                &[retr(), Noop, Noop, Noop],
                &["150 a", "426 b", "226 b", "200 n", "200 n", "200 n"],
                "+0 0 - 1 2 3",
            ),
            (
                &[retr(), Noop, Noop, Pwd],
                &["150 a", "426 b", "200 n", "226 again", "200 n", "257 c"],
                "+0 0 1 - 2 3",
            ),
            (
                &[retr(), Noop, Noop],
                &["150 a", "450 NOOP: busy", "226 b", "200 n"],
                "+0 1 0 2",
            ),
            (
                &[retr(), Noop, Noop],
                &["150 a", "500 n", "552 b", "500 n"],
                "+0 1 0 2",
            ),
            (
                &[retr(), Noop, Noop, Abor],
                &["150 a", "426 b", "200 n", "200 n", "226 c"],
                "+0 0 1 2 3",
            ),
            (
                &[retr(), Noop, Noop, Abor],
                &["150 a", "426 b", "226 c", "200 n", "200 n"],
                "+0 0 3 1 2",
            ),
            (
                &[retr(), Noop, Noop, Abor],
                &["150 a", "200 n", "226 b", "200 n", "426 c"],
                "+0 1 0 2 3",
            ),
            (
                &[retr(), Noop, Noop, Abor],
                &["150 a", "500 n", "500 n", "426 b", "226 c"],
                "+0 1 2 0 3",
            ),
            (
                &[retr(), Noop, Noop, Abor],
                &["150 a", "150 done", "200 n", "226 c", "200 n"],
                "+0 0 1 3 2",
            ),
        ] {
            assert_eq!(
                transcript(commands, replies),
                want,
                "{commands:?} {replies:?}"
            );
        }
    }
}

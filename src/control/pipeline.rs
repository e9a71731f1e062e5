//! Commands that go out behind a transfer command, in the same write.

use std::time::Duration;

use tokio::time::Instant;

use super::{ledger::Ticket, transfer::TransferReplies};
use crate::protocol::{Command, Reply};

/// The most that is written at once, in bytes. ProFTPD and Pure-FTPd stall over larger TLS records.
pub(super) const WRITE: usize = 4_000;

/// How old a port may be that was asked for ahead. Servers stop listening after 15 s or more.
const PORT_AGE: Duration = Duration::from_secs(10);

/// What is known of a server's way with commands that wait behind a transfer, and the port that
/// was got from it that way.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    order: Order,
    follower: Option<Follower>,
    /// When the transfer before the follower was not over yet, for sure.
    awaited: Option<Instant>,
    port: Option<Port>,
}

/// Whether the server looks at a command only when the transfer before it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Order {
    #[default]
    Unknown,
    /// It has done so behind this transfer, which may have been over at once for want of data.
    Likely(Ticket),
    Kept,
    /// It does not: pyftpdlib even ends a running transfer when it reads `EPSV`.
    NotKept,
}

/// The command behind a transfer.
#[derive(Debug, Clone, Copy)]
enum Follower {
    /// `NOOP`, to see when it is answered.
    Probe(Ticket),
    /// `EPSV` or `PASV`.
    Port(Ticket),
}

#[derive(Debug)]
struct Port {
    reply: Reply,
    since: Instant,
}

impl Pipeline {
    /// What is to go out behind a transfer command; `port` asks for a passive port.
    pub(super) fn follower(&self, port: Command) -> Option<Command> {
        match self.order {
            Order::Unknown | Order::Likely(_) => Some(Command::Noop),
            Order::Kept => Some(port),
            Order::NotKept => None,
        }
    }

    /// The follower is on its way.
    pub(super) fn follows(&mut self, command: &Command, ticket: Ticket) {
        self.follower = Some(match command {
            Command::Noop => Follower::Probe(ticket),
            _ => Follower::Port(ticket),
        });
        self.awaited = Some(Instant::now());
    }

    /// The transfer goes on. A port grows old from when it is named, which is right behind the
    /// transfer's end, and may be long before anybody reads that.
    pub(super) fn waits(&mut self) {
        if self.follower.is_some() {
            self.awaited = Some(Instant::now());
        }
    }

    /// Notes a command on its way. Those that are about data connections, or about who is logged
    /// in, leave no port behind; an `ABOR` may overtake what waits.
    pub(super) fn sent(&mut self, command: &Command) {
        let verb = command.verb();
        if matches!(
            verb.as_str(),
            "EPSV"
                | "PASV"
                | "LPSV"
                | "SPSV"
                | "CPSV"
                | "EPRT"
                | "PORT"
                | "LPRT"
                | "SSCN"
                | "ABOR"
                | "REIN"
                | "USER"
                | "AUTH"
                | "PROT"
                | "CCC"
        ) {
            self.port = None;
        }
        match command {
            Command::Abor => self.follower = None,
            // Behind a proxy another user may be with another server.
            Command::User(_) | Command::Rein => self.order = Order::Unknown,
            _ => {}
        }
    }

    /// Notes the last reply to a command. `transfer` is the one that it may have been behind, when
    /// that is over.
    pub(super) fn answered(
        &mut self,
        ticket: Ticket,
        reply: &Reply,
        transfer: Option<&TransferReplies>,
    ) {
        let follower = match self.follower {
            Some(Follower::Probe(at) | Follower::Port(at)) if at == ticket => self.follower.take(),
            _ => return,
        };
        let Some(transfer) = transfer else {
            self.order = Order::NotKept;
            return;
        };
        let passed = transfer.opening.is_some() && transfer.is_completed();
        match follower {
            Some(Follower::Probe(_)) if passed => self.order = Order::Likely(transfer.ticket),
            Some(Follower::Port(_)) if reply.code().is_failure() => self.order = Order::NotKept,
            // ProFTPD stops listening when it has refused a transfer.
            Some(Follower::Port(_)) if passed => {
                self.port = Some(Port {
                    reply: reply.clone(),
                    since: self.awaited.unwrap_or_else(Instant::now),
                });
            }
            _ => {}
        }
    }

    /// Whether the order is kept, now that `transfer` was the last one. One without data proves
    /// nothing: pyftpdlib is through with it before it reads on.
    pub(super) fn keeps_order(&mut self, transfer: Option<&TransferReplies>) -> bool {
        if let Order::Likely(probed) = self.order {
            self.order = match transfer {
                Some(transfer) if transfer.ticket == probed && transfer.had_data => Order::Kept,
                _ => Order::Unknown,
            };
        }
        self.order == Order::Kept
    }

    /// The reply that named a port ahead, for one use.
    pub(super) fn take_port(&mut self) -> Option<Reply> {
        let port = self.port.take()?;
        (port.since.elapsed() < PORT_AGE).then_some(port.reply)
    }
}

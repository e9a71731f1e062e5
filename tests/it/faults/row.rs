//! What one server does, and what a client must make of it.

use std::{future::Future, pin::Pin};

use tokio_ftp::{ConnectOptions, FtpStream, Result};

use crate::support::script::{Sent, Server};

/// What a caller has seen of an operation, in words.
pub(super) type Seen<'a> = Pin<Box<dyn Future<Output = Result<String>> + Send + 'a>>;

/// An operation.
pub(super) type Call = for<'a> fn(&'a mut FtpStream) -> Seen<'a>;

/// What is true of some servers, and the rows that tell it.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) server: &'static str,
    pub(super) does: &'static str,
    pub(super) rows: Vec<Row>,
    /// Where it is told as well, or why it is not told by a row.
    pub(super) elsewhere: &'static str,
}

/// A fact that is told by `rows`.
pub(super) fn fact(
    server: &'static str,
    does: &'static str,
    rows: impl IntoIterator<Item = Row>,
) -> Fact {
    Fact {
        server,
        does,
        rows: rows.into_iter().collect(),
        elsewhere: "",
    }
}

impl Fact {
    /// Says where it is told as well, or why it is not told here.
    pub(super) fn elsewhere(mut self, place: &'static str) -> Self {
        self.elsewhere = place;
        self
    }
}

/// How the session stands behind the operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    /// It answers the next command with that command's own reply.
    Usable,
    /// It says that it is broken, for ever.
    Broken,
    /// There is none.
    Closed,
}

/// One transcript.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) options: ConnectOptions,
    /// What comes before the transcript, in which nothing goes wrong.
    pub(super) opening: String,
    pub(super) transcript: String,
    pub(super) call: Call,
    /// What the caller sees: the answer, or `! ` and the error; with `…` for any end.
    pub(super) want: &'static str,
    /// What it may see instead where a reply comes late, or never.
    pub(super) or: &'static [&'static str],
    /// What it may see instead where bytes come in two parts.
    pub(super) or_in_two: &'static [&'static str],
    pub(super) after: After,
    /// How many seconds pass that the transcript does not wait.
    pub(super) seconds: u64,
    /// How many more may pass where bytes come in two parts.
    pub(super) more_seconds: u64,
    /// Where the last data connection goes.
    pub(super) dialled: Option<&'static str>,
    /// What the server does before anything else.
    pub(super) prepare: fn(&mut Server),
    /// Why a reply that comes late may break the session.
    pub(super) breaks: Option<&'static str>,
    /// Why it is played as it is only.
    pub(super) whole: Option<&'static str>,
}

/// What every session begins with.
const GREETING: &str = "S: 220 ready";

/// A session behind its greeting.
pub(super) fn row(
    name: &'static str,
    transcript: impl Into<String>,
    call: Call,
    want: &'static str,
) -> Row {
    Row {
        name,
        options: ConnectOptions::new(),
        opening: GREETING.to_owned(),
        transcript: transcript.into(),
        call,
        want,
        or: &[],
        or_in_two: &[],
        after: After::Usable,
        seconds: 0,
        more_seconds: 0,
        dialled: None,
        prepare: |_| {},
        breaks: None,
        whole: None,
    }
}

/// A session from its first word.
pub(super) fn from_greeting(
    name: &'static str,
    transcript: impl Into<String>,
    call: Call,
    want: &'static str,
) -> Row {
    row(name, transcript, call, want).opening("")
}

/// The first download of a session, from the reply to its command on.
pub(super) fn retr(rest: &str) -> String {
    format!("C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a\n{rest}")
}

/// The first upload of a session, from the reply to its command on.
pub(super) fn stor(rest: &str) -> String {
    format!("C: TYPE I\nS: 200 ok\nPASSIVE\nC: STOR a\n{rest}")
}

/// What is seen of replies that do not come although nobody can go on without them.
pub(super) const UNSETTLED: &str =
    "! the session is broken: timed out while settling an earlier operation";

/// What is said before the reason why the last reply of a transfer did not come.
const UNCONFIRMED: &str = "not confirmed: all data went over, and the last reply did not come: ";

impl Row {
    pub(super) fn opening(mut self, opening: impl Into<String>) -> Self {
        self.opening = opening.into();
        self
    }

    pub(super) fn transcript(mut self, transcript: &str) -> Self {
        transcript.clone_into(&mut self.transcript);
        self
    }

    /// What comes behind the transcript so far.
    pub(super) fn then(mut self, transcript: &str) -> Self {
        self.transcript.push_str(transcript);
        self
    }

    pub(super) fn options(mut self, options: ConnectOptions) -> Self {
        self.options = options;
        self
    }

    pub(super) fn or(mut self, others: &'static [&'static str]) -> Self {
        self.or = others;
        self
    }

    pub(super) fn or_in_two(mut self, others: &'static [&'static str]) -> Self {
        self.or_in_two = others;
        self
    }

    pub(super) fn broken(mut self) -> Self {
        self.after = After::Broken;
        self
    }

    pub(super) fn closed(mut self) -> Self {
        self.after = After::Closed;
        self
    }

    pub(super) fn takes(mut self, seconds: u64) -> Self {
        self.seconds = seconds;
        self
    }

    pub(super) fn takes_up_to(mut self, seconds: u64) -> Self {
        self.more_seconds = seconds;
        self
    }

    pub(super) fn dials(mut self, endpoint: &'static str) -> Self {
        self.dialled = Some(endpoint);
        self
    }

    pub(super) fn prepare(mut self, prepare: fn(&mut Server)) -> Self {
        self.prepare = prepare;
        self
    }

    pub(super) fn breaks(mut self, reason: &'static str) -> Self {
        self.breaks = Some(reason);
        self
    }

    pub(super) fn whole(mut self, reason: &'static str) -> Self {
        self.whole = Some(reason);
        self
    }

    /// Whether a reply that comes late may break the session: nobody goes on with a login or TLS
    /// that was half agreed on.
    pub(super) fn may_break(&self) -> bool {
        const CRITICAL: [&str; 7] = ["USER", "PASS", "ACCT", "AUTH", "PBSZ", "PROT", "CCC"];
        let mut asked = self.transcript.lines().map(str::trim_start);
        self.after == After::Broken
            || self.breaks.is_some()
            || asked.any(|step| {
                let line = step.strip_prefix("C: ").unwrap_or_default();
                CRITICAL.iter().any(|verb| line.starts_with(verb))
            })
    }

    /// How much there is to cut and to delay.
    pub(super) fn sent(&self) -> Sent {
        match self.whole {
            None => Sent::by(&self.transcript),
            Some(_) => Sent::default(),
        }
    }

    /// How many seconds the transcript waits.
    pub(super) fn waits(&self) -> u64 {
        let waits = self.transcript.lines().map(str::trim_start);
        let waits = waits.filter_map(|step| step.strip_prefix("S! wait "));
        waits.map(|time| time.parse::<u64>().unwrap()).sum()
    }

    /// Whether a caller may see this where all goes as told.
    pub(super) fn wants(&self, seen: &str) -> bool {
        matches(self.want, seen)
    }

    /// Whether a caller may see this where bytes come in two parts.
    pub(super) fn wants_in_two(&self, seen: &str) -> bool {
        self.wants(seen) || self.or_in_two.iter().any(|other| matches(other, seen))
    }

    /// Whether a caller may see this where a reply comes late, or never: what is wanted, up to
    /// where the time is up.
    pub(super) fn wants_late(&self, seen: &str) -> bool {
        let is_up = seen.match_indices("! ").any(|(at, mark)| {
            let (before, error) = (&seen[..at], &seen[at + mark.len()..]);
            let cause = ["the session is broken: ", UNCONFIRMED]
                .iter()
                .find_map(|outer| error.strip_prefix(outer));
            self.want.starts_with(before) && cause.unwrap_or(error).starts_with("timed out")
        });
        is_up || self.wants(seen) || self.or.iter().any(|other| matches(other, seen))
    }
}

fn matches(want: &str, seen: &str) -> bool {
    match want.strip_suffix('…') {
        Some(start) => seen.starts_with(start),
        None => seen == want,
    }
}

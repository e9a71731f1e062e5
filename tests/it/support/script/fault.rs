//! One thing that goes otherwise than in the transcript.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{FIRST_PORT, passive_reply, unescape};

/// What goes otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) enum Fault {
    /// Nothing, and nothing is counted.
    #[default]
    Off,
    /// Nothing.
    Nothing,
    /// What comes behind so many bytes of the control connection comes by itself, when nobody has
    /// anything left to do.
    CutControl(usize),
    /// The same on data connections.
    CutData(usize),
    /// So many lines are said on the control connection, and the next one only when the caller has
    /// given up. From there on the server answers what it is asked.
    Hold(usize, Arc<Notify>),
    /// What was held back is said.
    Sprung,
}

/// How much a server sends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// Bytes on the control connection.
    pub(crate) control: usize,
    /// Lines on the control connection.
    pub(crate) lines: usize,
    /// Bytes on data connections.
    pub(crate) data: usize,
    /// Whether the last line has not ended.
    inside: bool,
}

/// How bytes are sent.
pub(super) enum Way {
    Whole,
    Cut(usize),
    Held(usize, Arc<Notify>),
}

impl Fault {
    /// Whether the client may have heard enough, and be gone.
    pub(super) fn forgives(&self) -> bool {
        !matches!(self, Self::Off | Self::Nothing)
    }

    pub(super) fn on_control(&self, sent: &mut Sent, bytes: &[u8]) -> Way {
        let before = *sent;
        if matches!(self, Self::Off | Self::Sprung) {
            return Way::Whole;
        }
        sent.say(bytes);
        match self {
            Self::CutControl(at) => cut(before.control, *at, bytes),
            Self::Hold(line, until) if sent.lines > *line => {
                let at = start_of_line(before, *line, bytes);
                Way::Held(at, Arc::clone(until))
            }
            _ => Way::Whole,
        }
    }

    pub(super) fn on_data(&self, sent: &mut Sent, bytes: &[u8]) -> Way {
        let before = sent.data;
        if !matches!(self, Self::Off) {
            sent.data += bytes.len();
        }
        match self {
            Self::CutData(at) => cut(before, *at, bytes),
            _ => Way::Whole,
        }
    }
}

fn cut(before: usize, at: usize, bytes: &[u8]) -> Way {
    match at.checked_sub(before) {
        Some(at) if (1..=bytes.len()).contains(&at) => Way::Cut(at),
        _ => Way::Whole,
    }
}

/// Where the line of this number begins in what is said now.
fn start_of_line(mut sent: Sent, line: usize, bytes: &[u8]) -> usize {
    let mut at = 0;
    while at < bytes.len() {
        sent.say(&bytes[at..=at]);
        if sent.lines > line {
            break;
        }
        at += 1;
    }
    at
}

impl Sent {
    /// How much `transcript` has a server send.
    pub(crate) fn by(transcript: &str) -> Self {
        let mut sent = Self::default();
        for step in transcript.lines().map(str::trim_start) {
            if let Some(words) = Self::words(step) {
                sent.say(&words);
            } else if let Some(bytes) = step.strip_prefix("D> ") {
                sent.data += unescape(bytes).len();
            }
        }
        sent
    }

    /// What a step has a server say on the control connection.
    pub(crate) fn words(step: &str) -> Option<Vec<u8>> {
        let (kind, text) = step.split_at_checked(2)?;
        let text = text.strip_prefix(' ').unwrap_or(text);
        match kind {
            "S:" => Some(format!("{text}\r\n").into_bytes()),
            "S~" => Some(unescape(text)),
            "PA" => Some(passive_reply(FIRST_PORT).into_bytes()),
            _ => None,
        }
    }

    /// Counts what is said.
    pub(crate) fn say(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.lines += usize::from(!self.inside);
            self.inside = *byte != b'\n';
        }
        self.control += bytes.len();
    }
}

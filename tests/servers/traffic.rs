//! What goes over the control connection, taken from the library's own events.

use std::{
    fmt::{self, Write},
    sync::{Arc, Mutex},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::{DefaultGuard, set_default},
};

/// The commands and replies of this thread, for as long as the value lives.
pub(crate) struct Traffic {
    lines: Arc<Mutex<Vec<Line>>>,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Line {
    verb: String,
    reply: String,
}

impl Traffic {
    pub(crate) fn record() -> Self {
        let lines = Arc::default();
        let guard = set_default(Recorder(Arc::clone(&lines)));
        Self {
            lines,
            _guard: guard,
        }
    }

    /// The replies to commands with this verb, in order.
    pub(crate) fn replies_to(&self, verb: &str) -> Vec<String> {
        let lines = self.lines.lock().expect("nobody panicked in here");
        lines
            .iter()
            .filter(|line| line.verb == verb)
            .map(|line| line.reply.clone())
            .collect()
    }

    /// All of it, a reply a line.
    pub(crate) fn transcript(&self) -> String {
        let lines = self.lines.lock().expect("nobody panicked in here");
        lines
            .iter()
            .map(|line| format!("{}: {}\n", line.verb, line.reply))
            .collect()
    }
}

struct Recorder(Arc<Mutex<Vec<Line>>>);

impl Subscriber for Recorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "tokio_ftp::control"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        self.0.lock().expect("nobody panicked in here").push(line);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let text = match field.name() {
            "verb" => &mut self.verb,
            "reply" => &mut self.reply,
            _ => return,
        };
        write!(text, "{value:?}").expect("a string takes everything");
    }
}

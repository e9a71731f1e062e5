//! What goes over the control connection, taken from the library's own events.

use std::{
    cell::RefCell,
    fmt::{self, Write},
    sync::{Arc, Mutex, Once, Weak},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::set_global_default,
};

type Lines = Mutex<Vec<Line>>;

thread_local! {
    static RECORDS: RefCell<Vec<Weak<Lines>>> = const { RefCell::new(Vec::new()) };
}

/// The commands and replies of this thread, for as long as the value lives.
pub(crate) struct Traffic {
    lines: Arc<Lines>,
}

#[derive(Clone, Default)]
struct Line {
    verb: String,
    reply: String,
}

impl Traffic {
    pub(crate) fn record() -> Self {
        // One subscriber for all threads: where each sets and drops its own, events get lost
        // while another thread does so.
        static SUBSCRIBED: Once = Once::new();
        SUBSCRIBED.call_once(|| set_global_default(Recorder).expect("nobody else subscribes"));
        let lines = Arc::default();
        RECORDS.with_borrow_mut(|records| {
            records.retain(|record| record.strong_count() > 0);
            records.push(Arc::downgrade(&lines));
        });
        Self { lines }
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

    /// Verbs and replies, in order, of the commands with these verbs.
    pub(crate) fn answered(&self, verbs: &[&str]) -> Vec<String> {
        let lines = self.lines.lock().expect("nobody panicked in here");
        lines
            .iter()
            .filter(|line| verbs.contains(&line.verb.as_str()))
            .map(|line| format!("{} {}", line.verb, line.reply))
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

struct Recorder;

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
        RECORDS.with_borrow(|records| {
            for lines in records.iter().filter_map(Weak::upgrade) {
                let mut lines = lines.lock().expect("nobody panicked in here");
                lines.push(line.clone());
            }
        });
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

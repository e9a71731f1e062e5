//! What is said on the control connection, for `--verbose`.

use std::fmt::{self, Write as _};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::{screen::Screen, text};

const CONTROL: &str = "tokio_ftp::control";

/// Shows commands, replies and warnings from now on. The library has taken secrets out of them.
pub(crate) fn show(screen: &Screen) {
    let traffic = Traffic {
        screen: screen.clone(),
    };
    // It can only fail where another subscriber was set before; there is none.
    let _ = tracing::subscriber::set_global_default(traffic);
}

struct Traffic {
    screen: Screen,
}

impl Subscriber for Traffic {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let target = metadata.target();
        let is_warning = *metadata.level() <= Level::WARN;
        target == CONTROL || (is_warning && target.starts_with("tokio_ftp"))
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let Line {
            command,
            reply,
            message,
            rest,
        } = line;
        let line = match (command, reply) {
            (Some(command), _) => format!("> {command}"),
            (_, Some(reply)) => format!("< {reply}"),
            _ => format!("! {message}{rest}"),
        };
        self.screen.note(&text::escape(&line));
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The fields of an event.
#[derive(Default)]
struct Line {
    command: Option<String>,
    reply: Option<String>,
    message: String,
    rest: String,
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "command" => self.command = Some(format!("{value:?}")),
            "reply" => self.reply = Some(format!("{value:?}")),
            "message" => self.message = format!("{value:?}"),
            name => {
                let _ = write!(self.rest, ", {name} {value:?}");
            }
        }
    }
}

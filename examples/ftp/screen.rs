//! Standard error: notes, and bars that show how far a transfer is.

use std::io::{IsTerminal, Write, stderr};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use tokio_ftp::Transferred;

use crate::text;

const KNOWN: &str = "{msg}  {percent:>3}% [{bar:20}] {binary_bytes}/{binary_total_bytes}  {binary_bytes_per_sec}  {eta} left";
const UNKNOWN: &str = "{msg}  {binary_bytes}  {binary_bytes_per_sec}  {elapsed}";

/// Cheap to clone; all clones are the same screen.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    bars: MultiProgress,
    shows: bool,
}

impl Screen {
    /// Shows bars on a terminal, unless `quiet`.
    pub(crate) fn new(quiet: bool) -> Self {
        let shows = !quiet && stderr().is_terminal();
        let target = if shows {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        Self {
            bars: MultiProgress::with_draw_target(target),
            shows,
        }
    }

    /// A line, above what is drawn.
    pub(crate) fn note(&self, line: &str) {
        // A standard error that cannot be written to leaves nobody to tell.
        self.bars.suspend(|| writeln!(stderr(), "{line}").ok());
    }

    /// A bar for the file `name`, of which `kept` bytes are there already.
    pub(crate) fn bar(&self, name: &[u8], kept: u64, total: Option<u64>) -> ProgressBar {
        let template = if total.is_some() { KNOWN } else { UNKNOWN };
        let style = ProgressStyle::with_template(template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("=> ");
        let bar = ProgressBar::hidden()
            .with_style(style)
            .with_message(text::plain(name))
            .with_position(kept)
            .with_finish(ProgressFinish::Abandon);
        if let Some(total) = total {
            bar.set_length(total);
        }
        bar.reset_eta();
        if self.shows { self.bars.add(bar) } else { bar }
    }

    /// Puts what became of a transfer in the place of its bar.
    pub(crate) fn done(&self, bar: &ProgressBar, done: &Transferred) {
        let was_shown = !bar.is_hidden();
        bar.finish_and_clear();
        if was_shown {
            let seconds = done.elapsed().as_secs_f64().max(1e-6);
            let (name, bytes) = (bar.message(), done.bytes());
            let rate = text::size((bytes as f64 / seconds) as u64);
            let size = text::size(bytes);
            self.note(&format!("{name}  {size} in {seconds:.1} s, {rate}/s"));
        }
    }

    /// A line that is of interest to a person only.
    pub(crate) fn remark(&self, line: &str) {
        if self.shows {
            self.note(line);
        }
    }
}

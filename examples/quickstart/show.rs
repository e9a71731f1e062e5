//! Numbers and names as people like to read them.

use std::{
    fmt::Write as _,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use tokio_ftp::{Entry, EntryKind};

/// A number of bytes: `512 B`, `1.5 KiB`, `32.0 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let mut amount = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if amount < 1000.0 {
            let digits = usize::from(unit != "B");
            return format!("{amount:.digits$} {unit}");
        }
        amount /= 1024.0;
    }
    format!("{amount:.1} TiB")
}

/// Bytes a second.
pub(crate) fn rate(bytes: u64, elapsed: Duration) -> String {
    // A moment too short to measure would make it infinite.
    let seconds = elapsed.as_secs_f64().max(1e-6);
    format!("{}/s", size((bytes as f64 / seconds) as u64))
}

pub(crate) fn duration(elapsed: Duration) -> String {
    if elapsed < Duration::from_secs(1) {
        format!("{:.1} ms", elapsed.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", elapsed.as_secs_f64())
    }
}

/// One thing that was done, and what it took.
pub(crate) fn step(name: &str, what: &str, elapsed: Duration) {
    println!("{name:<9} {what:<46} {:>10}", duration(elapsed));
}

/// What more there is to say of a step.
pub(crate) fn detail(text: &str) {
    println!("{:<9} {text}", "");
}

/// An entry on a line: kind and permissions, size, time, name.
pub(crate) fn entry(entry: &Entry, directory: &str) -> String {
    let kind = match entry.kind() {
        EntryKind::File => "file",
        EntryKind::Directory => "dir",
        EntryKind::Symlink => "link",
        _ => "other",
    };
    let size = entry.size().filter(|_| !entry.is_dir());
    let size = size.map_or_else(|| "-".to_owned(), self::size);
    let modified = entry.modified().and_then(|modified| time(modified.time()));
    let modified = modified.unwrap_or_default();
    let name = plain(&entry.name().to_string_lossy());
    let mut line = format!("{kind:<5} {size:>10}  {modified:<16}  {directory}{name}");
    if let Some(target) = entry.target() {
        let _ = write!(line, " -> {}", plain(&target.to_string_lossy()));
    }
    line
}

fn time(time: SystemTime) -> Option<String> {
    let time = Timestamp::try_from(time).ok()?;
    Some(time.strftime("%Y-%m-%d %H:%M").to_string())
}

/// A server's words without the control characters that would command the terminal.
pub(crate) fn plain(text: &str) -> String {
    text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
}

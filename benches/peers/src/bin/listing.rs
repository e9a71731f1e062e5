//! What a line of a listing costs to read, here and in suppaftp, on the same lines in one run.
//!
//! `cargo run --release --bin listing`. Rounds alternate between the two parsers and the best of
//! each counts, so that other load on the machine hits both alike. The lines are there beforehand,
//! and what both sides say of each is compared. The first columns are for making an entry of a line
//! and dropping it, the last ones for asking it for kind, name, size and time as well; names of this
//! crate are counted references, those of the peer are borrowed. With `ours` or `peer` and a form
//! (`unix`, `unix-recent`, `unix-link`, `mlsx`) behind, one parser alone reads the lines a hundred
//! times and asks, for a profiler.

use std::{
    env,
    hint::black_box,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use suppaftp::list::{File, ListParser, ParseResult};
use tokio_ftp::listing::{EntryKind, Line, Parser};

const LINES: usize = 1000;
const ROUNDS: usize = 1000;

/// Lines of one form, and how either side is told to read them.
struct Form {
    name: &'static str,
    lines: Vec<Bytes>,
    parser: fn() -> Parser,
    peer: fn(&str) -> ParseResult<File>,
}

fn main() {
    let words: Vec<String> = env::args().skip(1).collect();
    let forms = forms();
    if let [side, name] = &words[..] {
        for form in forms.iter().filter(|form| form.name == name) {
            for _ in 0..100 {
                match side.as_str() {
                    "peer" => form.read_by_peer(true),
                    _ => form.read(true),
                };
            }
        }
        return;
    }
    println!(
        "{:12} {:>12} {:>12} {:>8}   {:>12} {:>12} {:>8}",
        "ns a line", "tokio-ftp", "suppaftp", "ratio", "with values", "suppaftp", "ratio"
    );
    for form in forms {
        form.compare();
        let mut best = [[Duration::MAX; 2]; 2];
        for _ in 0..ROUNDS {
            for (best, asks) in best.iter_mut().zip([false, true]) {
                best[0] = best[0].min(form.read(asks));
                best[1] = best[1].min(form.read_by_peer(asks));
            }
        }
        let [parsed, asked] = best.map(|best| {
            let [ours, peers] = best.map(|time| time.as_nanos() as f64 / LINES as f64);
            let ratio = peers / ours;
            format!("{ours:>12.0} {peers:>12.0} {ratio:>8.1}")
        });
        println!("{:12} {parsed}   {asked}", form.name);
    }
}

fn forms() -> Vec<Form> {
    let unix = |name, line: fn(usize) -> String| Form {
        name,
        lines: lines(line),
        parser: || Parser::new(SystemTime::now()),
        peer: ListParser::parse_posix,
    };
    vec![
        unix("unix", |n| {
            format!("-rw-r--r--   1 ftp      ftp      {n:>12} Jan 22  2019 notes-{n}.txt")
        }),
        unix("unix-recent", |n| {
            format!("drwxr-xr-x   2 1000     1000     {n:>12} Jan 22 10:59 notes-{n}")
        }),
        unix("unix-link", |n| {
            format!("lrwxrwxrwx   1 ftp      ftp      {n:>12} Jan 22  2019 link-{n} -> ../n/{n}")
        }),
        Form {
            name: "mlsx",
            lines: lines(|n| {
                format!(
                    "type=file;size={n};modify=20240122105900;UNIX.mode=0644;UNIX.uid=1000;\
                     UNIX.gid=1000;unique=FD00U{n}; notes-{n}.txt"
                )
            }),
            parser: Parser::mlsx,
            peer: ListParser::parse_mlsd,
        },
    ]
}

/// Lines that share one buffer, as those of a transfer do.
fn lines(line: fn(usize) -> String) -> Vec<Bytes> {
    let texts: Vec<String> = (0..LINES).map(line).collect();
    let mut buffer = Bytes::from(texts.concat());
    let cut = texts.iter().map(|text| buffer.split_to(text.len()));
    cut.collect()
}

impl Form {
    fn read(&self, asks: bool) -> Duration {
        let mut parser = (self.parser)();
        let lines = self.lines.clone();
        let start = Instant::now();
        for line in lines {
            let read = parser.parse(line);
            let Line::Entry(entry) = black_box(&read) else {
                panic!("{read:?}");
            };
            if asks {
                black_box(entry.kind());
                black_box(entry.name());
                black_box(entry.size());
                black_box(entry.modified().map(|modified| modified.time()));
            }
        }
        start.elapsed()
    }

    /// The same by the peer, which takes text.
    fn read_by_peer(&self, asks: bool) -> Duration {
        let lines: Vec<&str> = self.lines.iter().map(text).collect();
        let start = Instant::now();
        for line in lines {
            let read = (self.peer)(line);
            let Ok(file) = black_box(&read) else {
                panic!("{line}");
            };
            if asks {
                black_box(file.file_type());
                black_box(file.name());
                black_box(file.size());
                black_box(file.modified());
            }
        }
        start.elapsed()
    }

    /// Has both sides say the same of every line.
    fn compare(&self) {
        let mut parser = (self.parser)();
        for line in &self.lines {
            let file = (self.peer)(text(line));
            let (Line::Entry(entry), Ok(file)) = (parser.parse(line.clone()), file) else {
                panic!("{}", line.escape_ascii());
            };
            let kind = match (file.is_directory(), file.is_symlink()) {
                (true, _) => EntryKind::Directory,
                (_, true) => EntryKind::Symlink,
                _ => EntryKind::File,
            };
            assert_eq!(entry.kind(), kind);
            assert_eq!(entry.name(), file.name());
            assert_eq!(entry.size(), Some(file.size() as u64));
            assert_eq!(
                entry.modified().map(|modified| modified.time()),
                Some(file.modified())
            );
        }
    }
}

fn text(line: &Bytes) -> &str {
    str::from_utf8(line).unwrap_or_default()
}

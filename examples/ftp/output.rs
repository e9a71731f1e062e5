//! Standard output, a terminal or a pipe.

use std::{
    fs,
    io::{self, IsTerminal, Write, stdout},
    path::Path,
};

use tokio::fs::File;

use crate::{Result, failure::Failure, text};

/// What the name of a file stands for standard input or output.
pub(crate) const DASH: &str = "-";

/// Lines for standard output. On a terminal, control characters are escaped; in a pipe, names are
/// the bytes that they are.
#[derive(Debug)]
pub(crate) struct Output {
    lines: Vec<u8>,
    is_terminal: bool,
}

impl Output {
    pub(crate) fn new() -> Self {
        Self {
            lines: Vec::new(),
            is_terminal: stdout().is_terminal(),
        }
    }

    pub(crate) fn line(&mut self, line: &[u8]) -> Result<()> {
        if self.is_terminal {
            self.lines.extend_from_slice(text::plain(line).as_bytes());
        } else {
            self.lines.extend_from_slice(line);
        }
        self.lines.push(b'\n');
        // Long listings are seen as they come.
        if self.is_terminal || self.lines.len() > 8 * 1024 {
            self.flush()?;
        }
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> Result<()> {
        let written = stdout()
            .write_all(&self.lines)
            .and_then(|()| stdout().flush());
        self.lines.clear();
        written.map_err(|error| Failure::local("standard output".as_ref(), &error))
    }
}

/// Standard output or input as a file, for transfers.
pub(crate) fn duplicate(standard: Standard) -> Result<File> {
    let (duplicate, name) = match standard {
        Standard::Input => (handle(&io::stdin()), "standard input"),
        Standard::Output => (handle(&stdout()), "standard output"),
    };
    let name: &Path = name.as_ref();
    duplicate
        .map(File::from_std)
        .map_err(|error| Failure::local(name, &error))
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Standard {
    Input,
    Output,
}

#[cfg(unix)]
fn handle(standard: &impl std::os::fd::AsFd) -> io::Result<fs::File> {
    standard.as_fd().try_clone_to_owned().map(fs::File::from)
}

#[cfg(windows)]
fn handle(standard: &impl std::os::windows::io::AsHandle) -> io::Result<fs::File> {
    standard
        .as_handle()
        .try_clone_to_owned()
        .map(fs::File::from)
}

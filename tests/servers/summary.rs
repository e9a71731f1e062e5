//! What is to stand in the log of a run, also of a test that passes.

use std::{fmt::Arguments, io::Write};

/// Past the capture of a test's output, which takes `println!` and `eprintln!`.
pub(crate) fn tell(summary: Arguments<'_>) {
    // Whoever closed standard error does not want to know.
    let _ = writeln!(std::io::stderr(), "{summary}");
}

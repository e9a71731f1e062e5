//! What a client says of itself, where that is more exact than what is seen from outside.

use std::fmt;

/// Lines of a name and a number on standard output.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Report {
    /// How long it took, without what was before, such as the start of an interpreter.
    pub(crate) seconds: Option<f64>,
    /// Seconds of the processor, likewise.
    pub(crate) cpu: Option<f64>,
    /// Bytes of resident memory for each session.
    pub(crate) resident: Option<f64>,
    /// Bytes of live heap for each session.
    pub(crate) heap: Option<f64>,
}

impl Report {
    pub(crate) fn parse(text: &str) -> Self {
        let mut report = Self::default();
        for line in text.lines() {
            let Some((name, number)) = line.split_once(' ') else {
                continue;
            };
            let number = number.trim().parse().ok();
            match name {
                "seconds" => report.seconds = number,
                "cpu" => report.cpu = number,
                "resident" => report.resident = number,
                "heap" => report.heap = number,
                _ => {}
            }
        }
        report
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, number) in [
            ("seconds", self.seconds),
            ("cpu", self.cpu),
            ("resident", self.resident),
            ("heap", self.heap),
        ] {
            if let Some(number) = number {
                writeln!(f, "{name} {number}")?;
            }
        }
        Ok(())
    }
}

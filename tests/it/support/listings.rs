//! Pieces of transcripts in which something is listed.

/// A server on Unix without MLSD says what it can do.
pub(crate) const FEATURES: &str = "
    C: FEAT
    S~ 211-Features\\r\\n TVFS\\r\\n211 End\\r\\n
";

/// Lists and names come as text.
pub(crate) const TEXT: &str = "
    C: TYPE A
    S: 200 ok
";

/// What shows that the session is in step.
pub(crate) const NOOP: &str = "
    C: NOOP
    S: 200 ok
";

/// Into `d`, by a client that makes sure that it can come back.
pub(crate) const ENTER: &str = "
    C: PWD
    S: 257 \"/home\"
    C: CWD d
    S: 250 ok
";

/// Two files and a directory.
pub(crate) const A: &str = "-rw-r--r--   1 joe  staff   12 Jan  2  2024 a";
pub(crate) const B: &str = "-rw-r--r--   1 joe  staff   12 Jan  2  2024 b";
pub(crate) const D: &str = "drwxr-xr-x   2 joe  staff 4096 Jan  2  2024 d";

/// A file that is called as a switch.
pub(crate) const DASH: &str = "-rw-r--r--   1 joe  staff   12 Jan  2  2024 -a";

/// The directory itself, and its parent.
pub(crate) const DOT: &str = "drwxr-xr-x   2 joe  staff 4096 Jan  2  2024 .";
pub(crate) const DOTS: &str = "drwxr-xr-x   2 joe  staff 4096 Jan  2  2024 ..";

/// One data connection with these lines.
pub(crate) fn transfer(command: &str, lines: &[&str]) -> String {
    format!("PASSIVE\nC: {command}\n{}", sent(lines))
}

/// What the server says and sends of it.
pub(crate) fn sent(lines: &[&str]) -> String {
    format!("S: 150 go\n{}D! close\nS: 226 done\n", data(lines))
}

pub(crate) fn data(lines: &[&str]) -> String {
    lines
        .iter()
        .map(|line| format!("D> {line}\\r\\n\n"))
        .collect()
}

pub(crate) fn refused(command: &str, refusal: &str) -> String {
    format!("PASSIVE\nC: {command}\nS: {refusal}\n")
}

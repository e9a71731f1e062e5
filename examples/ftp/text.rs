//! Names between the command line, the file system, the server and the terminal.

use std::{
    ffi::{OsStr, OsString},
    fmt::Write as _,
    path::{Component, Path},
};

/// What a path or a word of the command line is to a server: the same bytes.
pub(crate) fn bytes(text: &OsStr) -> Vec<u8> {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStrExt::as_bytes(text).to_vec();
    #[cfg(not(unix))]
    return text.to_string_lossy().into_owned().into_bytes();
}

fn os_string(name: &[u8]) -> Option<OsString> {
    #[cfg(unix)]
    return Some(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name).to_owned());
    #[cfg(not(unix))]
    return std::str::from_utf8(name).ok().map(OsString::from);
}

/// The last part of a remote path as the name of a file here; `None` where it is none, or would
/// lead out of the directory.
pub(crate) fn file_name(path: &[u8]) -> Option<OsString> {
    let last = path.rsplit(|&byte| byte == b'/').next()?;
    let name = os_string(last)?;
    let mut components = Path::new(&name).components();
    match (components.next(), components.next()) {
        (Some(Component::Normal(only)), None) if only == name => Some(name),
        _ => None,
    }
}

/// `path` from `base` on; both are the server's.
pub(crate) fn join(base: &[u8], path: &[u8]) -> Vec<u8> {
    if base.is_empty() || path.starts_with(b"/") {
        path.to_vec()
    } else if path.is_empty() {
        base.to_vec()
    } else {
        let base = base.strip_suffix(b"/").unwrap_or(base);
        [base, b"/", path].concat()
    }
}

/// A name without the control characters that would command a terminal.
pub(crate) fn plain(name: &[u8]) -> String {
    escape(&String::from_utf8_lossy(name))
}

/// The same for text; lines stay.
pub(crate) fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A JSON string (RFC 8259 section 7); bytes that are not UTF-8 are replaced.
pub(crate) fn json(text: &[u8]) -> String {
    let mut quoted = String::from("\"");
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            // C1 too: allowed, but it would reach a terminal.
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A number of bytes as people read it.
pub(crate) fn size(bytes: u64) -> String {
    indicatif::BinaryBytes(bytes).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_become_local_files() {
        assert_eq!(file_name(b"/a/b c"), Some("b c".into()));
        for path in [&b""[..], b"a/", b"a/..", b".", b"/"] {
            assert_eq!(file_name(path), None, "{}", path.escape_ascii());
        }
    }

    #[test]
    fn json_strings_are_escaped() {
        assert_eq!(json(b"a\"b\\c\n\x1b"), r#""a\"b\\c\u000a\u001b""#);
        assert_eq!(json("é".as_bytes()), "\"é\"");
    }

    #[test]
    fn paths_start_from_the_url() {
        for (base, path, want) in [
            ("", "a", "a"),
            ("pub", "a", "pub/a"),
            ("pub/", "a", "pub/a"),
            ("pub", "/a", "/a"),
            ("/", "a", "/a"),
            ("pub", "", "pub"),
        ] {
            assert_eq!(join(base.as_bytes(), path.as_bytes()), want.as_bytes());
        }
    }
}

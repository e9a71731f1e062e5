//! Path names in 257 replies: in double quotes, quotes inside doubled (RFC 959 appendix II).

use memchr::{memchr, memmem, memrchr};

use crate::protocol::Name;

/// The path in the text of a 257 reply to `PWD` or `MKD` (RFC 959 appendix II).
///
/// The text is the reply without its code. The path stands in double quotes at its start, with
/// each quote in the path doubled; whatever follows the closing quote is commentary, quotes
/// included. An empty pair of quotes is an empty name.
///
/// Pure-FTPd doubles nothing. Its texts are known by their ends, and so is a closing quote that
/// has a letter behind it, which cannot close; the path then ends at the last quote.
///
/// Some servers quote nothing. Their text is taken only where it can mean one thing: it begins
/// with `/`, holds no quote, and is a single word or a word followed by `is …`
/// (`/home/joe is current directory`). `None` for every other text, so that a path with blanks is
/// never cut short.
///
/// ```
/// use tokio_ftp::protocol::unquote;
///
/// let path = unquote(br#""/a ""b"" c" is the current directory"#);
/// assert_eq!(path.unwrap(), r#"/a "b" c"#);
/// assert_eq!(unquote(b"/two words is the current directory"), None);
/// ```
#[doc(alias = "parse257")]
pub fn unquote(text: &[u8]) -> Option<Name> {
    let text = text.trim_ascii_start();
    match text.strip_prefix(b"\"") {
        Some(text) => not_doubled(text).or_else(|| in_quotes(text)),
        None => bare(text),
    }
}

/// What Pure-FTPd says behind a path.
const NOT_DOUBLED: [&[u8]; 2] = [
    b"\" is your current location",
    b"\" : The directory was successfully created",
];

fn not_doubled(text: &[u8]) -> Option<Name> {
    NOT_DOUBLED
        .iter()
        .find_map(|end| text.strip_suffix(*end))
        .map(Name::from)
}

/// The path in double quotes, each quote inside it doubled (RFC 959 appendix II).
pub fn quote(path: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(path.len().saturating_add(2));
    quoted.push(b'"');
    for &byte in path {
        if byte == b'"' {
            quoted.push(b'"');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    quoted
}

/// What stands before the closing quote; `None` without one, since the rest may be missing.
fn in_quotes(text: &[u8]) -> Option<Name> {
    let mut path = Vec::new();
    let mut rest = text;
    loop {
        let (part, after) = rest.split_at_checked(memchr(b'"', rest)?)?;
        path.extend_from_slice(part);
        match after.strip_prefix(b"\"\"") {
            Some(after) => {
                path.push(b'"');
                rest = after;
            }
            None => {
                let closes = after
                    .get(1)
                    .is_none_or(|next| !next.is_ascii_alphanumeric());
                let end = if closes { None } else { memrchr(b'"', text) };
                return Some(match end {
                    Some(end) => text.get(..end)?.into(),
                    None => path.into(),
                });
            }
        }
    }
}

fn bare(text: &[u8]) -> Option<Name> {
    let text = text.trim_ascii_end();
    if !text.starts_with(b"/") || text.contains(&b'"') {
        return None;
    }
    let Some(end) = text.iter().position(u8::is_ascii_whitespace) else {
        return Some(text.into());
    };
    let (path, comment) = text.split_at_checked(end)?;
    let comment = comment.strip_prefix(b" is ")?;
    // A second " is " leaves open which of the two ends the path.
    let ambiguous = memmem::find(comment, b" is ").is_some() || comment.starts_with(b"is ");
    (!ambiguous).then(|| path.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quoted_paths_of_all_shapes() {
        let table: &[(&[u8], Option<&[u8]>)] = &[
            (br#""/foo/bar""#, Some(b"/foo/bar")),
            (br#""/a "b"" is your current location"#, Some(br#"/a "b""#)),
            (br#""/a" b" is your current location"#, Some(br#"/a" b"#)),
            (br#""/a"b" is current directory"#, Some(br#"/a"b"#)),
            (br#""/foo/bar" is current directory"#, Some(b"/foo/bar")),
            (br#" "/foo/bar" created"#, Some(b"/foo/bar")),
            (br#""""#, Some(b"")),
            (br#""" is what"#, Some(b"")),
            (br#""""""#, Some(b"\"")),
            (br#""/foo/b""ar""#, Some(br#"/foo/b"ar"#)),
            (br#""/foo/b""ar"" ""#, Some(br#"/foo/b"ar" "#)),
            (br#""/foo/b""""ar" created"#, Some(br#"/foo/b""ar"#)),
            (br#""/foo/bar""" created"#, Some(br#"/foo/bar""#)),
            (br#""/foo" is now "current""#, Some(b"/foo")),
            (br#""/foo" "bar""#, Some(b"/foo")),
            (br#""/foo"bar"#, Some(b"/foo")),
            (br#""  /foo  ""#, Some(b"  /foo  ")),
            (b"\"/caf\xe9 \xff\" created", Some(b"/caf\xe9 \xff")),
            (br#""C:\dir""#, Some(br"C:\dir")),
            (br#""/foo/bar"#, None),
            (br#""/foo/bar"""#, None),
            (br#"""""#, None),
            (br#"""#, None),
        ];
        for &(text, wanted) in table {
            let path = unquote(text);
            let path = path.as_ref().map(Name::as_bytes);
            assert_eq!(path, wanted, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn unquoted_path_is_taken_only_where_it_can_mean_one_thing() {
        let table: &[(&[u8], Option<&[u8]>)] = &[
            (b"/home/joe", Some(b"/home/joe")),
            (b" /home/joe ", Some(b"/home/joe")),
            (b"/", Some(b"/")),
            (b"/home/joe is current directory", Some(b"/home/joe")),
            (b"/home/joe is the current directory.", Some(b"/home/joe")),
            (b"/home/j\xf6 is current directory", Some(b"/home/j\xf6")),
            (b"/home/joe smith is current directory", None),
            (b"/home/what is this is current directory", None),
            (b"/home/what is is current directory", None),
            (b"/home/joe created", None),
            (b"/home/joe island", None),
            (b"/home/joe  is current directory", None),
            (br#"/home/joe is "current" directory"#, None),
            (br#"/home/"joe""#, None),
            (b"home/joe", None),
            (b"Current directory is /home/joe", None),
            (b"Directory created", None),
            (b"", None),
        ];
        for &(text, wanted) in table {
            let path = unquote(text);
            let path = path.as_ref().map(Name::as_bytes);
            assert_eq!(path, wanted, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn quotes_inside_are_doubled() {
        assert_eq!(quote(br#"/a "b""#), br#""/a ""b""""#);
        assert_eq!(quote(b""), br#""""#);
    }

    proptest! {
        #[test]
        fn no_text_panics(text: Vec<u8>, likely in "[\"/ is]{0,20}") {
            let _ = (unquote(&text), unquote(likely.as_bytes()));
        }

        #[test]
        fn what_is_quoted_is_unquoted(path: Vec<u8>, likely in "[\"/ is]{0,20}") {
            for path in [&path[..], likely.as_bytes()] {
                let mut reply = quote(path);
                prop_assert_eq!(unquote(&reply), Some(path.into()));
                reply.extend_from_slice(b" \"is\" current");
                prop_assert_eq!(unquote(&reply), Some(path.into()));
            }
        }
    }
}

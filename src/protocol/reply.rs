//! What a server answers.

use std::{borrow::Cow, fmt};

use bytes::Bytes;
use memchr::memchr;

use super::{argument::escape_controls, code::ReplyCode, command::Verb};

/// One reply: a code and its text, which may have several lines (RFC 959 section 4.2).
///
/// The text is kept as it came, as bytes; a server may answer in any encoding.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    code: ReplyCode,
    /// The lines as they came, codes included, without the last line end.
    raw: Bytes,
    verb: Option<Verb>,
}

impl Reply {
    /// A reply of lines that the decoder has found whole.
    pub(super) fn new(code: ReplyCode, raw: Bytes) -> Self {
        Self {
            code,
            raw,
            verb: None,
        }
    }

    pub(crate) fn answering(mut self, verb: &Verb) -> Self {
        self.verb = Some(verb.clone());
        self
    }

    /// The reply's code.
    pub fn code(&self) -> ReplyCode {
        self.code
    }

    /// The verb of the command that this answers; `None` for the greeting, and for what the
    /// server said unasked.
    pub fn verb(&self) -> Option<&str> {
        self.verb.as_ref().map(Verb::as_str)
    }

    /// The lines, without line ends and without the code before them.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let code = self.code;
        let mut rest = Some(&self.raw[..]);
        std::iter::from_fn(move || {
            let line = rest?;
            match memchr(b'\n', line) {
                Some(end) => {
                    let (line, after) = line.split_at(end);
                    rest = after.get(1..);
                    Some(line.strip_suffix(b"\r").unwrap_or(line))
                }
                None => {
                    rest = None;
                    Some(line)
                }
            }
        })
        .map(move |line| without_code(line, code))
    }

    /// The text, without codes, one line a line; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.raw.len());
        for (number, line) in self.lines().enumerate() {
            if number > 0 {
                text.push('\n');
            }
            text.push_str(&String::from_utf8_lossy(line));
        }
        text
    }

    /// The first line's bytes, without the code: where a path, a size or an address stands.
    pub(crate) fn first_line(&self) -> &[u8] {
        self.lines().next().unwrap_or_default()
    }

    /// The reply as it came, codes and inner line ends included.
    pub fn as_bytes(&self) -> &[u8] {
        &self.raw
    }

    /// Whether the text holds `word`, whatever its case.
    pub(crate) fn mentions(&self, word: &str) -> bool {
        let word = word.as_bytes();
        !word.is_empty()
            && self
                .raw
                .windows(word.len())
                .any(|window| window.eq_ignore_ascii_case(word))
    }

    /// Whether the text begins with `verb`, whatever its case.
    pub(crate) fn names(&self, verb: &str) -> bool {
        let text = self.first_line().trim_ascii_start();
        let letters = text.iter().take_while(|byte| byte.is_ascii_alphanumeric());
        text.get(..letters.count())
            .is_some_and(|word| word.eq_ignore_ascii_case(verb.as_bytes()))
    }
}

/// A line without `ddd-` or `ddd ` before it. Inner lines may come with the code or without.
fn without_code(line: &[u8], code: ReplyCode) -> &[u8] {
    let digits = u16::from(code).to_string();
    match line.strip_prefix(digits.as_bytes()) {
        Some([b'-' | b' ', text @ ..]) => text,
        Some([]) => &[],
        _ => line,
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.text();
        let text: Cow<'_, str> = if text.contains('\n') {
            text.replace('\n', " / ").into()
        } else {
            text.into()
        };
        write!(f, "{} ", self.code)?;
        // What a server sends ends in logs and on terminals, where it must not act.
        escape_controls(text.trim(), f)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.raw.escape_ascii())
    }
}

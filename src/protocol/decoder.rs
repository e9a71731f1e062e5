//! Replies out of a stream of bytes.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;

use super::{code::ReplyCode, reply::Reply};

/// How much one reply may take, and how it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplyLimits {
    line: usize,
    reply: usize,
    lines: usize,
    telnet_escapes: bool,
    mixed_codes: bool,
}

impl Default for ReplyLimits {
    /// 8 KiB a line, 64 KiB and 1,024 lines a reply.
    fn default() -> Self {
        Self {
            line: 8 * 1024,
            reply: 64 * 1024,
            lines: 1024,
            telnet_escapes: false,
            mixed_codes: false,
        }
    }
}

impl ReplyLimits {
    /// The longest line, in bytes, its end included. Defaults to 8 KiB.
    pub fn line(mut self, bytes: usize) -> Self {
        self.line = bytes;
        self
    }

    /// The longest reply, in bytes. Defaults to 64 KiB.
    pub fn reply(mut self, bytes: usize) -> Self {
        self.reply = bytes;
        self
    }

    /// Whether a byte 0xFF comes doubled, as Telnet has it (RFC 854), and is to be made single
    /// again. vsftpd does that to names in replies, and nobody else is known to. Defaults to
    /// `false`.
    pub fn telnet_escapes(mut self, doubled: bool) -> Self {
        self.telnet_escapes = doubled;
        self
    }

    /// Whether a reply of several lines ends with whatever code a blank follows, and has that one
    /// code. glFTPd is known to begin a reply with another code than it ends it with; of other
    /// servers a line such as `100 users online` would then end a reply that goes on. Defaults to
    /// `false`.
    pub fn mixed_codes(mut self, mixed: bool) -> Self {
        self.mixed_codes = mixed;
        self
    }

    /// The most lines of one reply. Defaults to 1,024.
    pub fn lines(mut self, lines: usize) -> Self {
        self.lines = lines;
        self
    }
}

/// Bytes that are no reply (RFC 959 section 4.2), or more of them than allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplyError {
    /// A reply does not begin with three digits, the first of them 1 to 5.
    #[error("a reply without a code: \"{}\"", .0.escape_ascii())]
    NoCode(Bytes),
    /// A line is longer than allowed.
    #[error("a reply line of more than {0} bytes")]
    LineTooLong(usize),
    /// A reply is longer than allowed.
    #[error("a reply of more than {0} bytes")]
    ReplyTooLong(usize),
    /// A reply has more lines than allowed.
    #[error("a reply of more than {0} lines")]
    TooManyLines(usize),
}

/// Cuts a stream of bytes into replies, however it arrives.
///
/// Lines end with CR LF or a bare LF. A reply that begins `ddd-` ends with the line that begins
/// with the same code and a blank, or that is the bare code; whatever stands between is its text.
#[derive(Debug, Clone, Default)]
pub struct ReplyDecoder {
    limits: ReplyLimits,
    /// Where the line begins that is not complete yet.
    line_start: usize,
    /// How far that line was searched for its end.
    scanned: usize,
    lines: usize,
    /// The code of the multi-line reply that is under way.
    open: Option<ReplyCode>,
}

impl ReplyDecoder {
    /// A decoder that holds replies to `limits`.
    pub fn new(limits: ReplyLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// Takes the next whole reply off the front of `buffer`; `None` when more bytes are needed.
    ///
    /// # Errors
    /// The bytes are no reply, or too many. The decoder is then of no further use: what follows
    /// cannot be told apart any more.
    #[doc(alias = "getline")]
    #[doc(alias = "getmultiline")]
    #[doc(alias = "getresp")]
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Reply>, ReplyError> {
        while let Some(end) = self.line_end(buffer)? {
            let line = buffer.get(self.line_start..end).unwrap_or_default();
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let whole = match (self.open, Head::of(line)) {
                (None, None) => {
                    let shown = line.get(..64).unwrap_or(line);
                    return Err(ReplyError::NoCode(Bytes::copy_from_slice(shown)));
                }
                (None, Some(head)) if head.continues => {
                    self.open = Some(head.code);
                    None
                }
                (None, Some(head)) => Some(head.code),
                (Some(code), Some(head))
                    if !head.continues && (head.code == code || self.limits.mixed_codes) =>
                {
                    Some(head.code)
                }
                (Some(_), _) => None,
            };
            self.lines += 1;
            if let Some(code) = whole {
                let text_end = self.line_start + line.len();
                let raw = buffer.get(..text_end).unwrap_or_default();
                let raw = if self.limits.telnet_escapes {
                    undoubled(raw)
                } else {
                    Bytes::copy_from_slice(raw)
                };
                buffer.advance(end);
                *self = Self::new(self.limits);
                return Ok(Some(Reply::new(code, raw)));
            }
            if self.lines >= self.limits.lines {
                return Err(ReplyError::TooManyLines(self.limits.lines));
            }
            self.line_start = end;
            self.scanned = end;
        }
        Ok(None)
    }

    /// Where the current line ends, its LF included.
    fn line_end(&mut self, buffer: &[u8]) -> Result<Option<usize>, ReplyError> {
        let unseen = buffer.get(self.scanned..).unwrap_or_default();
        let end = memchr(b'\n', unseen).map(|at| self.scanned + at + 1);
        self.scanned = end.unwrap_or(buffer.len());
        // The limit that comes first in the stream is the one that counts, in whatever pieces the
        // bytes arrive.
        let line_limit = self.line_start.saturating_add(self.limits.line);
        if self.scanned > line_limit.min(self.limits.reply) {
            return Err(if line_limit <= self.limits.reply {
                ReplyError::LineTooLong(self.limits.line)
            } else {
                ReplyError::ReplyTooLong(self.limits.reply)
            });
        }
        Ok(end)
    }
}

/// The bytes with one 0xFF for every two.
fn undoubled(bytes: &[u8]) -> Bytes {
    let mut single = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(&byte) = rest.next() {
        single.push(byte);
        if byte == 0xff && rest.as_slice().first() == Some(&0xff) {
            rest.next();
        }
    }
    single.into()
}

/// What a line of a reply begins with.
struct Head {
    code: ReplyCode,
    continues: bool,
}

impl Head {
    fn of(line: &[u8]) -> Option<Self> {
        let (digits, rest) = line.split_at_checked(3)?;
        let mut code = 0;
        for digit in digits {
            code = code * 10 + u16::from(digit.is_ascii_digit().then(|| digit - b'0')?);
        }
        let continues = match rest.first() {
            None | Some(b' ') => false,
            Some(b'-') => true,
            Some(_) => return None,
        };
        Some(Self {
            code: ReplyCode::new(code)?,
            continues,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decode_all(input: &[u8]) -> (Vec<Reply>, Option<ReplyError>) {
        decode_within(ReplyLimits::default(), input)
    }

    fn decode_within(limits: ReplyLimits, input: &[u8]) -> (Vec<Reply>, Option<ReplyError>) {
        let mut buffer = BytesMut::from(input);
        let mut decoder = ReplyDecoder::new(limits);
        let mut replies = Vec::new();
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(reply)) => replies.push(reply),
                Ok(None) => return (replies, None),
                Err(error) => return (replies, Some(error)),
            }
        }
    }

    #[test]
    fn replies_of_every_shape() {
        for (input, want) in [
            ("220 ready\r\n", &[(220, "ready")][..]),
            ("220 ready\n", &[(220, "ready")]),
            ("200\r\n", &[(200, "")]),
            ("200 \r\n", &[(200, "")]),
            ("150 a\r\n226 b\r\n", &[(150, "a"), (226, "b")]),
            (
                "220-Hi\r\n100 users online\r\n220 ready\r\n",
                &[(220, "Hi\n100 users online\nready")],
            ),
            (
                "211-Features:\r\n MDTM\r\n SIZE\r\n211 End\r\n",
                &[(211, "Features:\n MDTM\n SIZE\nEnd")],
            ),
            (
                "230-one\r\n230-two\r\n230 three\r\n",
                &[(230, "one\ntwo\nthree")],
            ),
            ("220-a\r\n220\r\n", &[(220, "a\n")]),
            (
                "220-a\r\n\r\n 220 x\r\n2200\r\n220 b\r\n",
                &[(220, "a\n\n 220 x\n2200\nb")],
            ),
            (
                "220-a\n221 b\n220 c\n221 d\n",
                &[(220, "a\n221 b\nc"), (221, "d")],
            ),
            ("220-incomplete\r\n", &[]),
            ("220 incomplete", &[]),
        ] {
            let (replies, error) = decode_all(input.as_bytes());
            assert_eq!(error, None, "{input:?}");
            let got: Vec<_> = replies
                .iter()
                .map(|reply| (u16::from(reply.code()), reply.text()))
                .collect();
            let want: Vec<_> = want
                .iter()
                .map(|&(code, text)| (code, text.to_owned()))
                .collect();
            assert_eq!(got, want, "{input:?}");
        }
    }

    #[test]
    fn what_has_no_code_is_refused() {
        for input in [
            "\r\n",
            "1 Hola\r\n",
            "hello\r\n",
            "020 a\r\n",
            "600 a\r\n",
            "999 a\r\n",
            "22\r\n",
            "220x\r\n",
            "2200 a\r\n",
            "22\u{0660} a\r\n",
        ] {
            let (replies, error) = decode_all(input.as_bytes());
            assert!(replies.is_empty(), "{input:?}");
            assert!(
                matches!(error, Some(ReplyError::NoCode(_))),
                "{input:?}: {error:?}"
            );
        }
    }

    #[test]
    fn text_that_is_not_utf8_is_kept() {
        let (replies, error) = decode_all(b"257 \"/caf\xe9\" \xff\r\n");
        assert_eq!(error, None);
        assert_eq!(replies[0].first_line(), b"\"/caf\xe9\" \xff");
    }

    #[test]
    fn doubled_0xff_is_made_single_where_asked() {
        for (telnet_escapes, want) in [
            (false, &b"a\xff\xff\xff\xff\xffb"[..]),
            (true, b"a\xff\xff\xffb"),
        ] {
            let limits = ReplyLimits::default().telnet_escapes(telnet_escapes);
            let mut buffer = BytesMut::from(&b"257 a\xff\xff\xff\xff\xffb\r\n"[..]);
            let reply = ReplyDecoder::new(limits)
                .decode(&mut buffer)
                .unwrap()
                .unwrap();
            assert_eq!(reply.first_line(), want);
        }
    }

    #[test]
    fn reply_may_end_with_another_code_where_asked() {
        let input = b"220-hello\r\n230-more\r\n230 in\r\n220 end\r\n";
        for (mixed, codes) in [(true, &[230, 220][..]), (false, &[220])] {
            let limits = ReplyLimits::default().mixed_codes(mixed);
            let (replies, error) = decode_within(limits, input);
            let found: Vec<_> = replies
                .iter()
                .map(|reply| u16::from(reply.code()))
                .collect();
            assert_eq!(found, codes);
            assert_eq!(error, None);
        }
    }

    #[test]
    fn limits_hold_before_a_line_or_a_reply_ends() {
        let limits = ReplyLimits::default().line(16).reply(40).lines(3);
        for (input, want) in [
            (&b"220 0123456789abcdef"[..], ReplyError::LineTooLong(16)),
            (
                b"220-0123456789\r\n0123456789abc\r\n0123456789abc\r\n",
                ReplyError::ReplyTooLong(40),
            ),
            // Both limits are passed in one go, and the line's comes first or last.
            (
                b"220-0123456789\r\n0123456789abcdefghijklmnopqrstuvwxyz\r\n",
                ReplyError::LineTooLong(16),
            ),
            (
                b"220-0123456789\r\n0123456789abc\r\n0123456789abcdefgh\r\n",
                ReplyError::ReplyTooLong(40),
            ),
            (b"220-\n\n\n", ReplyError::TooManyLines(3)),
        ] {
            let mut decoder = ReplyDecoder::new(limits);
            let got = decoder.decode(&mut BytesMut::from(input)).unwrap_err();
            assert_eq!(got, want);
        }
        let (replies, error) = decode_all(&[b"220 ".as_slice(), &[b'x'; 8186], b"\r\n"].concat());
        assert_eq!((replies.len(), error), (1, None));
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_replies(
            input in "(([1-6][0-9]{2}[ -]?|)[a-z0-9 -]{0,6}\r?\n?){0,12}",
            cuts in prop::collection::vec(0usize..80, 0..12),
            (line, reply, lines) in (1usize..20, 1usize..40, 1usize..6),
        ) {
            let limits = ReplyLimits::default().line(line).reply(reply).lines(lines);
            let (want, want_error) = decode_within(limits, input.as_bytes());
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(input.len())).collect();
            cuts.push(input.len());
            cuts.sort_unstable();
            let mut decoder = ReplyDecoder::new(limits);
            let mut buffer = BytesMut::new();
            let (mut from, mut got, mut got_error) = (0, Vec::new(), None);
            'feed: for cut in cuts {
                buffer.extend_from_slice(&input.as_bytes()[from..cut]);
                from = cut;
                loop {
                    match decoder.decode(&mut buffer) {
                        Ok(Some(reply)) => got.push(reply),
                        Ok(None) => break,
                        Err(error) => { got_error = Some(error); break 'feed; }
                    }
                }
            }
            prop_assert_eq!(got, want);
            prop_assert_eq!(got_error, want_error);
        }

        #[test]
        fn no_input_panics(input in prop::collection::vec(any::<u8>(), 0..300)) {
            let (replies, _) = decode_all(&input);
            for reply in replies {
                let _ = (reply.text(), reply.to_string(), reply.first_line());
            }
        }
    }
}

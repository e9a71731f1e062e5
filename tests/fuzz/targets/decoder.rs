//! Replies come out the same however their bytes arrive, none exceeds its limits, and nothing
//! comes out behind an error.
//!
//! The first byte chooses the limits, the second one the size of the pieces.

#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use tokio_ftp::{
    Reply,
    protocol::{ReplyDecoder, ReplyError, ReplyLimits},
};

fuzz_target!(|input: &[u8]| {
    let [choice, size, bytes @ ..] = input else {
        return;
    };
    let bounds = Bounds::chosen_by(*choice);
    let whole = bounds.decode(bytes, bytes.len().max(1));
    for size in [1, usize::from(*size).max(1)] {
        assert_eq!(bounds.decode(bytes, size), whole, "in pieces of {size}");
    }
});

struct Bounds {
    line: usize,
    reply: usize,
    lines: usize,
    telnet_escapes: bool,
}

impl Bounds {
    fn chosen_by(choice: u8) -> Self {
        let (line, reply, lines) = match choice & 3 {
            0 => (8 * 1024, 64 * 1024, 1024),
            1 => (64, 256, 8),
            2 => (32, 40, 4),
            _ => (256, 128, 1024),
        };
        Self {
            line,
            reply,
            lines,
            telnet_escapes: choice & 4 != 0,
        }
    }

    fn decoder(&self) -> ReplyDecoder {
        let limits = ReplyLimits::default()
            .line(self.line)
            .reply(self.reply)
            .lines(self.lines)
            .telnet_escapes(self.telnet_escapes);
        ReplyDecoder::new(limits)
    }

    fn decode(&self, bytes: &[u8], size: usize) -> (Vec<Reply>, Option<ReplyError>) {
        let mut decoder = self.decoder();
        let mut buffer = BytesMut::new();
        let mut replies = Vec::new();
        let mut taken = 0;
        for piece in bytes.chunks(size) {
            buffer.extend_from_slice(piece);
            loop {
                let before = buffer.len();
                match decoder.decode(&mut buffer) {
                    Ok(Some(reply)) => {
                        let used = before - buffer.len();
                        self.check(&reply, &bytes[taken..taken + used]);
                        taken += used;
                        replies.push(reply);
                    }
                    Ok(None) => {
                        assert!(buffer.len() <= self.reply, "more is held than one reply");
                        break;
                    }
                    Err(error) => {
                        stays_silent(&mut decoder, &mut buffer);
                        return (replies, Some(error));
                    }
                }
            }
        }
        assert_eq!(buffer, bytes[taken..]);
        (replies, None)
    }

    /// A reply is what was taken for it, without its last line end.
    fn check(&self, reply: &Reply, taken: &[u8]) {
        let raw = reply.as_bytes();
        let lines: Vec<_> = raw.split(|&byte| byte == b'\n').collect();
        assert!(taken.len() <= self.reply);
        assert!(lines.len() <= self.lines);
        assert!(lines.iter().all(|line| line.len() <= self.line));
        let line = taken.strip_suffix(b"\n").unwrap();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !self.telnet_escapes {
            assert_eq!(raw, line);
        }
        let code = u16::from(reply.code()).to_string();
        assert!(("100"..="599").contains(&&code[..]));
        // RFC 959 section 4.2: "ddd-", and then no line that begins with "ddd " before the last.
        let ends = |line: &[u8]| {
            let rest = line.strip_prefix(code.as_bytes());
            rest.is_some_and(|rest| matches!(rest, [] | b"\r" | [b' ', ..]))
        };
        let (last, inner) = lines.split_last().unwrap();
        assert!(ends(last) && !inner.iter().any(|line| ends(line)));
        assert!(raw.starts_with(code.as_bytes()));
        assert_eq!(raw.get(3) == Some(&b'-'), !inner.is_empty());
        assert_eq!(reply.lines().count(), lines.len());
        assert!(!reply.to_string().contains(char::is_control));
        assert!(!format!("{reply:?}").contains(char::is_control));
    }
}

/// What follows an error cannot be told apart, so that no reply is made of it.
fn stays_silent(decoder: &mut ReplyDecoder, buffer: &mut BytesMut) {
    for more in ["", "220 ready\r\n", "\n220-a\n220 b\n", "x", "\r\n200\r\n"] {
        buffer.extend_from_slice(more.as_bytes());
        let decoded = decoder.decode(buffer);
        assert!(!matches!(decoded, Ok(Some(_))), "{decoded:?}");
    }
}

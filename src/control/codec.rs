//! Commands out, replies in.

use std::io;

use bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder};

use crate::{
    error::Error,
    protocol::{Command, Reply, ReplyDecoder, ReplyLimits},
};

/// What an idle control connection keeps of buffers, in bytes. Commands and replies are short.
pub(super) const BUFFER: usize = 256;

/// Frames the control connection. What is half read or half written stays in its buffers, so a
/// future that is dropped loses nothing.
#[derive(Debug)]
pub(super) struct Codec(ReplyDecoder);

impl Codec {
    pub(super) fn new(limits: ReplyLimits) -> Self {
        Self(ReplyDecoder::new(limits))
    }
}

impl Decoder for Codec {
    type Item = Reply;
    type Error = Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Reply>, Error> {
        let reply = self.0.decode(buffer)?;
        if buffer.is_empty() {
            // The next reply is read from the front again, and so in one piece.
            buffer.reserve(BUFFER);
            if buffer.capacity() > BUFFER {
                // A long reply has been; nobody knows when the next one is.
                *buffer = BytesMut::with_capacity(BUFFER);
            }
        }
        Ok(reply)
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> Result<Option<Reply>, Error> {
        match self.decode(buffer)? {
            None if !buffer.is_empty() => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the server closed the control connection in the middle of a reply",
            )
            .into()),
            reply => Ok(reply),
        }
    }
}

impl Encoder<&Command> for Codec {
    type Error = Error;

    fn encode(&mut self, command: &Command, buffer: &mut BytesMut) -> Result<(), Error> {
        command.encode(buffer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(codec: &mut Codec, buffer: &mut BytesMut) -> String {
        let reply = codec.decode(buffer).unwrap().expect("a reply");
        String::from_utf8_lossy(reply.first_line()).into_owned()
    }

    #[test]
    fn long_reply_leaves_no_large_buffer_behind() {
        let mut codec = Codec::new(ReplyLimits::default());
        let mut buffer = BytesMut::with_capacity(BUFFER);
        let long = "a".repeat(4 * BUFFER);
        for behind in ["", "200 short\r\n"] {
            buffer.extend_from_slice(format!("200 {long}\r\n{behind}").as_bytes());
            assert!(buffer.capacity() > BUFFER);
            assert_eq!(take(&mut codec, &mut buffer), long);
            if !behind.is_empty() {
                assert_eq!(take(&mut codec, &mut buffer), "short");
            }
            assert_eq!(buffer.capacity(), BUFFER, "{behind:?}");
        }
    }

    #[test]
    fn short_replies_are_read_into_one_buffer() {
        let mut codec = Codec::new(ReplyLimits::default());
        let mut buffer = BytesMut::with_capacity(BUFFER);
        let front = buffer.as_ptr();
        // Together more than it holds.
        for _ in 0..BUFFER {
            buffer.extend_from_slice(b"200 ok\r\n");
            assert_eq!(take(&mut codec, &mut buffer), "ok");
            assert_eq!((buffer.as_ptr(), buffer.capacity()), (front, BUFFER));
        }
    }
}

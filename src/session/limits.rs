//! Bounds on what a server may make the client hold.

use crate::protocol::ReplyLimits;

/// How much of what a server sends is held at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(alias = "MAXLINE")]
#[doc(alias = "maxline")]
pub struct Limits {
    pub(crate) reply: ReplyLimits,
    pub(crate) listing_line: usize,
    pub(crate) read: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reply: ReplyLimits::default(),
            listing_line: 8 * 1024,
            read: 64 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// What one reply may take. Defaults to 8 KiB a line, 64 KiB and 1,024 lines.
    pub fn reply(mut self, limits: ReplyLimits) -> Self {
        self.reply = limits;
        self
    }

    /// The longest line of a listing or a text file, in bytes. Defaults to 8 KiB.
    pub fn listing_line(mut self, bytes: usize) -> Self {
        self.listing_line = bytes;
        self
    }

    /// The longest file that [`FtpStream::read`](crate::FtpStream::read) takes into memory, in bytes. Defaults to 64 MiB.
    pub fn read(mut self, bytes: u64) -> Self {
        self.read = bytes;
        self
    }
}

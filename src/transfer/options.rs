//! How a file is transferred, and what became of it.

use std::time::Duration;

use crate::protocol::{Reply, RepresentationType};

/// How a file is transferred.
///
/// # Examples
/// ```
/// use tokio_ftp::TransferOptions;
///
/// // The rest of a file of which 4,096 bytes are here.
/// let options = TransferOptions::new().offset(4096);
/// ```
#[derive(Debug, Clone, Default)]
pub struct TransferOptions {
    pub(crate) offset: u64,
    pub(crate) ascii: bool,
    pub(crate) append: bool,
    pub(crate) size: Option<u64>,
    pub(crate) length: Option<u64>,
    pub(crate) ignore_size_hint: bool,
}

impl TransferOptions {
    /// The whole file, byte by byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where to start, in bytes from the beginning (`REST`, RFC 3659 section 5). Defaults to 0.
    ///
    /// On an upload, what the file holds behind the last byte sent stays there with most servers.
    pub fn offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }

    /// Transfers as text (`TYPE A`): the bytes are passed on as they are on the wire, where lines
    /// end with CR LF. Defaults to `false`; not possible together with an offset.
    pub fn ascii(mut self, ascii: bool) -> Self {
        self.ascii = ascii;
        self
    }

    /// Appends to the file (`APPE` in place of `STOR`). Of no effect on downloads. Defaults to
    /// `false`.
    pub fn append(mut self, append: bool) -> Self {
        self.append = append;
        self
    }

    /// How long the whole file is, in bytes, from its beginning. A download that brings less is
    /// [`Error::Truncated`](crate::Error::Truncated); an upload is checked against it by
    /// [`Upload::finish`](crate::Upload::finish). Defaults to what the server says when the
    /// transfer begins.
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// How many bytes to download at the most; the end comes after them, and
    /// [`Download::finish`](crate::Download::finish) aborts the rest. Defaults to all.
    pub fn length(mut self, bytes: u64) -> Self {
        self.length = Some(bytes);
        self
    }

    /// Whether to disregard the size that the server names when the transfer begins, for servers
    /// that name a wrong one. Defaults to `false`.
    pub fn ignore_size_hint(mut self, ignore: bool) -> Self {
        self.ignore_size_hint = ignore;
        self
    }

    pub(crate) fn representation(&self) -> RepresentationType {
        if self.ascii {
            RepresentationType::Ascii
        } else {
            RepresentationType::Image
        }
    }
}

/// A transfer that is complete, by the word of both sides.
#[derive(Debug, Clone)]
pub struct Transferred {
    pub(super) bytes: u64,
    pub(super) reply: Reply,
    pub(super) elapsed: Duration,
    pub(super) resumed: Option<bool>,
}

impl Transferred {
    /// How many bytes went over the data connection.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The server's last reply to it.
    pub fn reply(&self) -> &Reply {
        &self.reply
    }

    /// How long it took, from the command to the last reply.
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Whether the TLS session of the data connection was resumed; `None` without TLS.
    pub fn tls_resumed(&self) -> Option<bool> {
        self.resumed
    }
}

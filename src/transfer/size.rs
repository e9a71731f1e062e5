//! How many bytes a transfer brings, and how long its file is then.

use super::options::TransferOptions;
use crate::{
    protocol::{RepresentationType, size_hint},
    session::FtpStream,
};

/// How many bytes are to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Unknown,
    Exactly(u64),
    /// The server named a number at an offset: the whole file's (vsftpd) or the rest's (ProFTPD).
    Hinted {
        named: u64,
        offset: u64,
    },
}

impl Size {
    pub(super) fn of(session: &FtpStream, options: &TransferOptions) -> Self {
        if options.representation() != RepresentationType::Image {
            return Self::Unknown;
        }
        if let Some(size) = options.size {
            return Self::Exactly(size.saturating_sub(options.offset));
        }
        let opening = session
            .control
            .transfer()
            .and_then(|transfer| transfer.opening.as_ref());
        match opening
            .and_then(size_hint)
            .filter(|_| !options.ignore_size_hint)
        {
            None => Self::Unknown,
            Some(named) if options.offset == 0 => Self::Exactly(named),
            Some(named) => Self::Hinted {
                named,
                offset: options.offset,
            },
        }
    }

    /// How many bytes are missing when `received` is all: the number that there should be.
    pub(super) fn missing(self, received: u64) -> Option<u64> {
        match self {
            Self::Unknown => None,
            Self::Exactly(size) => (received < size).then_some(size),
            Self::Hinted { named, offset } => {
                let is_rest = named.checked_sub(offset) == Some(received);
                (received < named && !is_rest).then_some(named)
            }
        }
    }

    /// Whether `received` is all, beyond doubt: nobody knows how long a file is that has grown.
    pub(super) fn is_reached(self, received: u64) -> bool {
        match self {
            Self::Unknown => false,
            Self::Exactly(size) => received == size,
            Self::Hinted { named, .. } => received == named,
        }
    }

    pub(super) fn hint(self) -> Option<u64> {
        match self {
            Self::Exactly(size) => Some(size),
            Self::Unknown | Self::Hinted { .. } => None,
        }
    }
}

/// How long the whole file must be on the server when all bytes of a transfer have gone over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WholeSize {
    Unknown,
    Exactly(u64),
    /// So many bytes, and those that went over.
    Behind(u64),
}

impl WholeSize {
    pub(super) fn of_download(options: &TransferOptions) -> Self {
        if options.ascii {
            // A text may have another length there.
            Self::Unknown
        } else {
            Self::Behind(options.offset)
        }
    }

    pub(super) fn of_upload(options: &TransferOptions) -> Self {
        match options.size {
            _ if options.ascii => Self::Unknown,
            Some(size) => Self::Exactly(size),
            None if options.append => Self::Unknown,
            None => Self::Behind(options.offset),
        }
    }

    pub(super) fn bytes(self, moved: u64) -> Option<u64> {
        match self {
            Self::Unknown => None,
            Self::Exactly(size) => Some(size),
            Self::Behind(offset) => offset.checked_add(moved),
        }
    }
}

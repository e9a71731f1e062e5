//! Data connections for commands as the caller writes them.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    TransferOptions,
    data::{Direction, Plan},
    download::Download,
    options::Transferred,
    receiver::Receiver,
    sender::Sender,
    size::WholeSize,
    upload::Upload,
};
use crate::{
    error::{ArgumentError, Error, Result},
    protocol::{Argument, Command, RepresentationType, Verb},
    session::{
        FtpStream,
        raw::{check_verb, verb_of},
    },
};

/// A transfer whose direction its command decides. There are just these two.
#[derive(Debug)]
pub enum Transfer<S> {
    /// The server sends.
    Download(Download<S>),
    /// The server receives.
    Upload(Upload<S>),
}

impl FtpStream {
    /// Sends a command as it is and gives its data connection, from `offset` where that is not 0.
    ///
    /// `STOR`, `APPE` and `STOU` receive; every other command sends. No `TYPE` goes out before it:
    /// [`command("TYPE I")`](Self::command) says what it should be.
    ///
    /// # Errors
    /// [`Error::Argument`](crate::Error::Argument) for CR, LF or NUL, and for a verb that opens no
    /// data connection and has a method; else as
    /// [`retr`](Self::retr) and [`stor`](Self::stor).
    #[doc(alias = "transfercmd")]
    #[doc(alias = "ntransfercmd")]
    pub async fn transfer(
        &mut self,
        line: impl AsRef<[u8]> + Send,
        offset: u64,
    ) -> Result<Transfer<&mut Self>> {
        let line = Argument::new(line)?;
        let verb = verb_of(&line)?;
        let direction = direction_of(&verb)?;
        let is_image = self.control.server().representation() == Some(RepresentationType::Image);
        if offset > 0 && (verb == "APPE" || !is_image) {
            return Err(Error::Unsupported(
                "an offset behind APPE, or without TYPE I before",
            ));
        }
        let command = Command::RawTransfer(line.clone());
        let plan = Plan {
            command,
            representation: None,
            offset,
            direction,
            inside: false,
        };
        let opened = self.start(&plan).await?;
        let options = TransferOptions::new().offset(offset).ascii(!is_image);
        let whole = match verb.as_str() {
            "RETR" => WholeSize::of_download(&options),
            "STOR" => WholeSize::of_upload(&options),
            // Of a listing there is no file, and who appends does not say to how much.
            _ => WholeSize::Unknown,
        };
        Ok(match direction {
            Direction::Down => {
                let mut receiver = Receiver::new(self, &opened, &options);
                receiver.whole = whole;
                Transfer::Download(Download::new(self, receiver))
            }
            Direction::Up => {
                let sender = Sender::new(self, &opened, line, whole);
                // The path of a raw line is not known, and so its length afterwards neither.
                Transfer::Upload(Upload::new(self, sender, &TransferOptions::new()))
            }
        })
    }
}

/// Verbs that certainly open no data connection.
const NO_TRANSFER: [&str; 20] = [
    "ALLO", "CDUP", "CWD", "DELE", "FEAT", "HELP", "HOST", "MDTM", "MFMT", "MKD", "MLST", "NOOP",
    "OPTS", "PWD", "REST", "RMD", "RNFR", "RNTO", "SIZE", "TYPE",
];

fn direction_of(verb: &Verb) -> Result<Direction> {
    match verb.as_str() {
        "STOR" | "APPE" | "STOU" => Ok(Direction::Up),
        "RETR" | "LIST" | "NLST" | "MLSD" => Ok(Direction::Down),
        verb if NO_TRANSFER.contains(&verb) => Err(Error::Argument(ArgumentError::Value(
            "a command that opens no data connection",
        ))),
        _ => check_verb(verb).map(|()| Direction::Down),
    }
}

impl<S> Transfer<S>
where
    S: AsMut<FtpStream> + Send + Unpin,
{
    /// Sees the transfer to its end; see [`Download::finish`] and [`Upload::finish`].
    ///
    /// # Errors
    /// What ended it early; [`Error::Unconfirmed`] for a last reply that was lost.
    pub async fn finish(&mut self) -> Result<Transferred> {
        match self {
            Self::Download(download) => download.finish().await,
            Self::Upload(upload) => upload.finish().await,
        }
    }
}

impl<S> AsyncRead for Transfer<S>
where
    S: AsMut<FtpStream> + Unpin,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Download(download) => Pin::new(download).poll_read(cx, buf),
            Self::Upload(_) => Poll::Ready(Err(wrong_way())),
        }
    }
}

impl<S> AsyncWrite for Transfer<S>
where
    S: AsMut<FtpStream> + Unpin,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Download(_) => Poll::Ready(Err(wrong_way())),
            Self::Upload(upload) => Pin::new(upload).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Download(_) => Poll::Ready(Ok(())),
            Self::Upload(upload) => Pin::new(upload).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Download(_) => Poll::Ready(Ok(())),
            Self::Upload(upload) => Pin::new(upload).poll_shutdown(cx),
        }
    }
}

fn wrong_way() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "the bytes of this transfer go the other way",
    )
}

//! Text files, whose lines end as the network has it.

use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};

use super::{Lines, TransferOptions, options::Transferred};
use crate::{
    error::{Error, ProtocolError, Result},
    protocol::Command,
    session::FtpStream,
};

/// How much is collected before it is sent, in bytes.
const BLOCK: usize = 32 * 1024;

impl FtpStream {
    /// A text file (`RETR` under `TYPE A`), line by line.
    ///
    /// Lines come without their CR LF or LF; a lone CR stays. A line longer than
    /// [`Limits::listing_line`](crate::Limits::listing_line) is an error.
    ///
    /// # Errors
    /// As [`retr`](Self::retr).
    #[doc(alias = "retrlines")]
    pub async fn retr_lines(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Lines<&mut Self>> {
        let path = self.path(path).await?;
        let reader = self.open_lines(Command::Retr(path)).await?;
        Ok(Lines::new(self, reader))
    }

    /// Uploads text (`STOR` under `TYPE A`), and completes the file.
    ///
    /// However a line ends in `text`, with LF or with CR LF, it goes out with CR LF; the last one
    /// gains an end where it has none.
    ///
    /// # Errors
    /// [`Error::Protocol`] for a line longer than
    /// [`Limits::listing_line`](crate::Limits::listing_line), [`Error::Local`] for what `text`
    /// says, and the upload is reset; [`Error::Unconfirmed`] for a last reply that was lost; else
    /// as [`stor`](Self::stor) and what ends the upload early.
    #[doc(alias = "storlines")]
    pub async fn stor_lines<R>(
        &mut self,
        path: impl AsRef<[u8]> + Send,
        mut text: R,
    ) -> Result<Transferred>
    where
        R: AsyncBufRead + Unpin + Send,
    {
        let limit = self.options.limits.listing_line as u64;
        let mut upload = self
            .stor_with(path, &TransferOptions::new().ascii(true))
            .await?;
        let (mut line, mut block) = (Vec::new(), Vec::new());
        loop {
            line.clear();
            let mut bounded = (&mut text).take(limit.saturating_add(2));
            let read = bounded.read_until(b'\n', &mut line).await;
            if read.map_err(Error::local)? == 0 {
                upload.write_all(&block).await?;
                return upload.finish().await;
            }
            let content = without_end(&line);
            if content.len() as u64 > limit {
                let what = "a line";
                return Err(Error::Protocol(ProtocolError::TooLarge { what, limit }));
            }
            block.extend_from_slice(content);
            block.extend_from_slice(b"\r\n");
            if block.len() >= BLOCK {
                upload.write_all(&block).await?;
                block.clear();
            }
        }
    }
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

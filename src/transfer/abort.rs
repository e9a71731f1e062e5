//! Ending a transfer from this side.

use std::future::poll_fn;

use tokio::time::timeout;

use crate::{
    error::{Error, Phase, Result},
    session::FtpStream,
};

impl FtpStream {
    /// Puts `ABOR` on the wire, so that the server reads it before it sees the data connection
    /// go.
    pub(super) async fn send_abort(&mut self) -> Result<()> {
        self.say_abort()?;
        let control = &mut self.control;
        let sent = poll_fn(|cx| control.poll_flush(cx));
        timeout(self.options.reply_timeout, sent)
            .await
            .unwrap_or(Err(Error::Timeout(Phase::Reply)))
    }

    /// Asks the server to end whatever transfer it still has (`ABOR`, RFC 959 section 4.1.3), and
    /// gets back in step.
    ///
    /// A transfer that runs is ended by [`Download::abort`](crate::Download::abort) or
    /// [`Upload::abort`](crate::Upload::abort); this one is for a session whose guard is gone.
    ///
    /// # Errors
    /// [`Error::Broken`] when the session did not survive it.
    pub async fn abort(&mut self) -> Result<()> {
        self.send_abort().await?;
        self.settle().await
    }
}

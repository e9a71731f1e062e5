//! Getting back in step after an operation that nobody saw through.

use std::{future::poll_fn, task::Poll, time::Duration};

use tokio::time::timeout;

use super::FtpStream;
use crate::{
    error::{Error, Result},
    protocol::{Argument, Command, Protection},
};

/// How long the data connection of an aborted download is held open, beside two round trips.
///
/// ProFTPD gives the whole session up when the data connection goes before it has read `ABOR`.
const GRACE: Duration = Duration::from_millis(300);

impl FtpStream {
    /// Reads what earlier operations have left behind: what is left of an abandoned download, the
    /// replies that are owed, the directory that a listing changed. Every command begins here.
    ///
    /// # Errors
    /// [`Error::Broken`], then and ever after, when that cannot be done.
    ///
    /// # Cancel safety
    /// It goes on where it was.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        self.settle_replies().await?;
        if self.handshakes_as_client {
            self.sscn(false).await?;
        }
        if let Some(home) = &self.away {
            let reply = self.control.exchange(&Command::Cwd(home.clone())).await?;
            if !reply.code().is_completion() {
                // Every relative path would now name something else.
                let error = Error::from_reply(reply);
                return Err(self.control.break_with(error).broken());
            }
            self.away = None;
        }
        Ok(())
    }

    /// The same without leaving the directory that a listing went to.
    pub(crate) async fn settle_replies(&mut self) -> Result<()> {
        if self.data.is_some() {
            let wound_down = self.wind_down().await;
            self.data = None;
            wound_down.map_err(|error| error.broken())?;
        }
        if self.unattended {
            self.say_abort().map_err(|error| error.broken())?;
            self.unattended = false;
        }
        self.control.settle(self.options.settle_timeout).await
    }

    /// Has the server make the TLS handshake of data connections as a client, or as a server
    /// again; then whatever cannot be undone breaks the session, for no data connection from here
    /// would come about any more.
    pub(crate) async fn sscn(&mut self, as_client: bool) -> Result<()> {
        // Until a reply says otherwise it may be on.
        self.handshakes_as_client = true;
        let line = if as_client { "SSCN ON" } else { "SSCN OFF" };
        let reply = self
            .control
            .exchange(&Command::Raw(Argument::new(line)?))
            .await?;
        let done = reply.code().is_completion();
        self.handshakes_as_client = as_client && done;
        match (done, as_client) {
            (true, _) => Ok(()),
            (false, true) => Err(Error::from_reply(reply)),
            (false, false) => Err(self.control.break_with(Error::from_reply(reply)).broken()),
        }
    }

    /// Puts `ABOR` into the write buffer, unless it is there or there is nothing to abort.
    pub(crate) fn say_abort(&mut self) -> Result<()> {
        if self.control.transfer_is_over() || self.control.owes_abort() {
            return Ok(());
        }
        if self.options.telnet_synch {
            self.control.interrupt();
        }
        self.control.send(&Command::Abor).map(drop)
    }

    /// How long what is on the way is waited for.
    pub(crate) fn grace(&self) -> Duration {
        GRACE.saturating_add(self.control.round_trip().saturating_mul(2))
    }

    /// Ends the download that nobody reads any more, or an upload that was given up before there
    /// was a connection, so that the session outlives it.
    async fn wind_down(&mut self) -> Result<()> {
        self.control.take_in().await?;
        let grace = self.grace();
        let Some(data) = &mut self.data else {
            return Ok(());
        };
        if self.control.transfer_is_over() && !self.control.owes_abort() {
            return Ok(());
        }
        if data.is_dialing() {
            // The server waits for the connection, and reads nothing before.
            let control = &mut self.control;
            let connected = poll_fn(|cx| match control.poll_settled(cx) {
                Poll::Pending => data.poll_connected(cx).map_err(Error::from),
                settled => settled,
            });
            let connected = timeout(self.options.settle_timeout, connected).await;
            if !matches!(connected, Ok(Ok(()))) {
                self.unattended = true;
                return Ok(());
            }
        }
        if let (Some(client), Some(Protection::Private), false) =
            (&self.tls, self.protection, data.tls_started())
        {
            // The server waits for the handshake and hears nothing before it.
            data.start_tls(client).map_err(Error::tls)?;
        }
        if data.is_upload() {
            let control = &mut self.control;
            let open = poll_fn(|cx| match control.poll_settled(cx) {
                Poll::Pending => data.poll_open(cx).map_err(Error::from),
                settled => settled,
            });
            if matches!(timeout(grace, open).await, Ok(Ok(()))) {
                self.await_ticket().await;
            }
            // Whatever came of it: it is reset now.
            return Ok(());
        }
        // What is here already may be all of it; then there is nothing to abort.
        let ended = poll_fn(|cx| Poll::Ready(data.poll_drain(cx).is_ready())).await;
        if !ended {
            self.say_abort()?;
            let Self {
                data: Some(data),
                control,
                ..
            } = self
            else {
                return Ok(());
            };
            let held = poll_fn(|cx| match control.poll_settled(cx) {
                Poll::Pending => data.poll_drain(cx).map(|_| Ok(())),
                settled => settled,
            });
            if let Ok(Err(error)) = timeout(grace, held).await {
                return Err(error);
            }
        }
        if let Some(data) = self.data.take() {
            data.close();
        }
        Ok(())
    }
}

//! Files, without their content.

use std::time::SystemTime;

use super::FtpStream;
use crate::{
    error::{Error, Result},
    protocol::{Argument, Command, ModifyTime, RepresentationType, Timestamp},
};

impl FtpStream {
    /// The length of a file in bytes (`SIZE`, RFC 3659 section 4), asked for under `TYPE I`.
    ///
    /// `None` is for a server that says yes and no number.
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal, a missing file among them.
    pub async fn size(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Option<u64>> {
        let path = self.path(path).await?;
        // Under TYPE A the length would be that of the text in network form, or a 550.
        self.set_type(RepresentationType::Image).await?;
        let reply = self.demand(&Command::Size(path)).await?;
        let text = reply.first_line().trim_ascii();
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (number, rest) = text.split_at_checked(digits).unwrap_or_default();
        // Digits that run into something else are not a length.
        let alone = rest.first().is_none_or(u8::is_ascii_whitespace);
        Ok(std::str::from_utf8(number)
            .ok()
            .filter(|_| alone)
            .and_then(|text| text.parse().ok()))
    }

    /// The time of a file's last change (`MDTM`, RFC 3659 section 3), in UTC.
    ///
    /// `None` is for a server that says yes and no time.
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal, a missing file among them.
    pub async fn mdtm(&mut self, path: impl AsRef<[u8]> + Send) -> Result<Option<SystemTime>> {
        let path = self.path(path).await?;
        let reply = self.demand(&Command::Mdtm(path)).await?;
        Ok(Timestamp::parse(reply.first_line()).map(SystemTime::from))
    }

    /// Sets the time of a file's last change, to the second, by `MFMT`, by `MDTM` with a time, or
    /// by `SITE UTIME`, whichever the server knows first.
    ///
    /// # Errors
    /// [`Error::Argument`], also for a time outside the years 0 to 9999; the server's refusal, which
    /// is one of an unknown command where the file is there and the server knows none of these.
    pub async fn set_modified(
        &mut self,
        path: impl AsRef<[u8]> + Send,
        time: SystemTime,
    ) -> Result<()> {
        let path = self.path(path).await?;
        let Some(stamp) = Timestamp::from_system_time(time) else {
            return Err(Error::Argument(crate::error::ArgumentError::Value(
                "a time outside the years 0 to 9999",
            )));
        };
        let line = |head: &str, tail: &str| {
            Argument::new([head.as_bytes(), path.as_bytes(), tail.as_bytes()].concat())
        };
        let attempts = [
            Command::Mfmt(ModifyTime::new(stamp, path.clone())),
            Command::Mdtm(line(&format!("{stamp} "), "")?),
            Command::Site(line("UTIME ", &format!(" {stamp} {stamp} {stamp} UTC"))?),
        ];
        // What is not known tells less than what was refused.
        let mut unknown = None;
        let mut refused = None;
        for command in attempts {
            let reply = self.call(&command).await?;
            match (reply.code(), &command) {
                (code, _) if code.is_completion() => return Ok(()),
                (code, _) if code.is_unknown_command() => unknown = unknown.or(Some(reply)),
                (_, Command::Mdtm(_)) => refused = Some(reply),
                _ => return Err(Error::from_reply(reply)),
            }
        }
        // A server without this form of MDTM looks for a file of such a name.
        if refused.is_some() && self.mdtm(path).await.is_ok() {
            refused = None;
        }
        Err(refused.or(unknown).map_or(
            Error::Unsupported("setting a file's time"),
            Error::from_reply,
        ))
    }

    /// Sets a file's permissions (`SITE CHMOD`), `mode` being the lower twelve bits of a Unix mode.
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    pub async fn chmod(&mut self, path: impl AsRef<[u8]> + Send, mode: u32) -> Result<()> {
        let path = self.path(path).await?;
        let line = [
            format!("CHMOD {:03o} ", mode & 0o7777).as_bytes(),
            path.as_bytes(),
        ]
        .concat();
        self.demand(&Command::Site(Argument::new(line)?))
            .await
            .map(drop)
    }

    /// Renames a file or a directory (`RNFR`, `RNTO`).
    ///
    /// # Errors
    /// [`Error::Argument`], the server's refusal, or [`Error::Unexpected`] when it takes the first
    /// half for the whole.
    pub async fn rename(
        &mut self,
        from: impl AsRef<[u8]> + Send,
        to: impl AsRef<[u8]> + Send,
    ) -> Result<()> {
        let (from, to) = (self.path(from).await?, self.path(to).await?);
        let reply = self.call(&Command::Rnfr(from)).await?;
        if !reply.code().is_intermediate() {
            return Err(Error::from_reply(reply));
        }
        self.demand(&Command::Rnto(to)).await.map(drop)
    }

    /// Deletes a file (`DELE`).
    ///
    /// # Errors
    /// [`Error::Argument`] or the server's refusal.
    pub async fn delete(&mut self, path: impl AsRef<[u8]> + Send) -> Result<()> {
        let path = self.path(path).await?;
        self.demand(&Command::Dele(path)).await.map(drop)
    }

    /// Switches the representation type, unless it is known to be in force.
    async fn set_type(&mut self, kind: RepresentationType) -> Result<()> {
        self.settle().await?;
        self.ensure_type(kind).await
    }

    /// The same in the middle of something that needs no settling.
    pub(crate) async fn ensure_type(&mut self, kind: RepresentationType) -> Result<()> {
        if self.control.server().representation() == Some(kind) {
            return Ok(());
        }
        let reply = self.control.exchange(&Command::Type(kind)).await?;
        if reply.code().is_completion() {
            Ok(())
        } else {
            Err(Error::from_reply(reply))
        }
    }
}

//! What is found out about a server once, and then remembered.

use super::FtpStream;
use crate::{
    error::{Error, Result},
    protocol::{Argument, Command, Features, Name},
};

/// What the session has learned of its server. Another host, or another user, may have others.
#[derive(Debug, Default)]
pub(crate) struct Learned {
    features: Option<Features>,
    /// The reply to `SYST`; empty where the server does not say.
    pub(crate) system: Option<Name>,
    /// How far the times in `LIST` are ahead of UTC, in seconds.
    pub(crate) list_offset: Option<i32>,
    /// Whether `LIST -a` shows what `LIST` shows, and more.
    pub(crate) lists_all: Option<bool>,
    /// Whether `LIST -a` shows the directory itself, as `LIST` does not.
    pub(crate) lists_itself: Option<bool>,
}

impl Learned {
    /// Whether the server says that it runs on Unix, or does not say.
    pub(crate) fn may_be_unix(&self) -> bool {
        self.system.as_ref().is_none_or(|system| {
            let system = system.as_bytes().to_ascii_lowercase();
            system.is_empty() || system.windows(4).any(|word| word == b"unix")
        })
    }
}

impl FtpStream {
    /// What the server can do beyond RFC 959 (`FEAT`, RFC 2389), asked once and then remembered.
    ///
    /// A server that does not know the command has no features. Where UTF-8 is offered it is
    /// switched on.
    ///
    /// # Errors
    /// A 4xx, or what ends the session.
    pub async fn features(&mut self) -> Result<&Features> {
        self.settle().await?;
        self.ask_features().await
    }

    /// The same in the middle of something that needs no settling.
    pub(crate) async fn ask_features(&mut self) -> Result<&Features> {
        if self.learned.features.is_none() {
            let reply = self.control.exchange(&Command::Feat).await?;
            let features = match reply.code() {
                code if code.is_completion() => Features::parse(reply.lines()),
                code if code.is_permanent_failure() => Features::default(),
                _ => return Err(Error::from_reply(reply)),
            };
            if features.has("UTF8") {
                // Refused or not, names go as the bytes they are.
                self.control
                    .exchange(&Command::Opts(Argument::new("UTF8 ON")?))
                    .await?;
            }
            self.learned.features = Some(features);
        }
        Ok(self.learned.features.get_or_insert_default())
    }

    /// The features as far as they were asked for.
    pub(crate) fn known_features(&self) -> Option<&Features> {
        self.learned.features.as_ref()
    }

    /// The kind of system (`SYST`, RFC 959 section 4.1.3).
    ///
    /// # Errors
    /// The server's refusal.
    pub async fn system(&mut self) -> Result<Name> {
        let reply = self.demand(&Command::Syst).await?;
        let system = Name::from(reply.first_line());
        self.learned.system = Some(system.clone());
        Ok(system)
    }

    /// Asks for it as a hint at what listings look like, unless it is known, or known that names
    /// are as Unix has them. To be called where nothing is to be settled.
    pub(crate) async fn ask_system(&mut self) -> Result<()> {
        if self.learned.system.is_some() {
            return Ok(());
        }
        let is_like_unix = self.ask_features().await?.has("TVFS");
        let system = if is_like_unix {
            Name::default()
        } else {
            let reply = self.control.exchange(&Command::Syst).await?;
            if reply.code().is_completion() {
                Name::from(reply.first_line())
            } else {
                Name::default()
            }
        };
        self.learned.system = Some(system);
        Ok(())
    }
}

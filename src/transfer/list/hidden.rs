//! Finding out whether a server shows more when it is asked for all.

use std::collections::HashSet;

use super::options::ListOptions;
use crate::{
    error::{Error, Result},
    listing::EntryKind,
    protocol::{Argument, Name},
    session::FtpStream,
};

/// How many names of the usual listing are looked for in the full one.
const COMPARED: usize = 1_000;

impl FtpStream {
    /// What to ask `LIST` for in the working directory.
    pub(super) async fn list_switch(&mut self, options: &ListOptions) -> Result<Option<Argument>> {
        if options.hidden && self.lists_all(options).await? {
            Ok(Some(Argument::new("-a")?))
        } else {
            Ok(None)
        }
    }

    /// Whether `LIST -a` shows all that `LIST` shows: it may show the file `-a`, or nothing.
    pub(super) async fn lists_all(&mut self, options: &ListOptions) -> Result<bool> {
        if let Some(known) = self.learned.lists_all {
            return Ok(known);
        }
        // To some `ls` the switch is a complaint among the lines.
        let options = options.clone().strict(false);
        let mut usual = HashSet::new();
        let mut listing = self.list_here(None, &options).await?;
        while let Some(entry) = listing.next(self).await {
            let entry = entry?;
            // Of a file with that name the switch would be as good a name.
            if usual.len() < COMPARED && entry.name() != *"-a" {
                usual.insert(entry.name());
            }
        }
        let was_empty = usual.is_empty();
        let always_itself = listing.shows_itself();
        let mut hidden = false;
        let mut all = match self.list_here(Some(Argument::new("-a")?), &options).await {
            Ok(listing) => listing.with_dots(),
            Err(error) => return self.lists_no_more(error),
        };
        while let Some(entry) = all.next(self).await {
            match entry {
                Ok(entry) => {
                    hidden |= is_hidden(&entry.name(), entry.kind());
                    usual.remove(&entry.name());
                }
                Err(error) => return self.lists_no_more(error),
            }
        }
        // Where there is nothing to compare, at least what is hidden has to come to light.
        let lists_all = usual.is_empty() && (hidden || !was_empty);
        // A file may have been deleted in between.
        let is_certain = lists_all || !was_empty && !hidden;
        if is_certain {
            self.learned.lists_all = Some(lists_all);
        }
        let itself = all.shows_itself() && !always_itself;
        if itself || is_certain {
            self.learned.lists_itself = Some(itself);
        }
        Ok(lists_all)
    }

    /// What a refusal says of the switch; one for want of a data connection says nothing.
    fn lists_no_more(&mut self, error: Error) -> Result<bool> {
        let is_final = match &error {
            Error::Permanent(_) => true,
            Error::Temporary(reply) => match u16::from(reply.code()) {
                451 => true,
                450 => false,
                _ => return Err(error),
            },
            _ => return Err(error),
        };
        if self.is_broken() {
            return Err(error);
        }
        if is_final {
            self.learned.lists_all = Some(false);
        }
        Ok(false)
    }
}

fn is_hidden(name: &Name, kind: EntryKind) -> bool {
    matches!(
        kind,
        EntryKind::CurrentDirectory | EntryKind::ParentDirectory
    ) || name.as_bytes().first() == Some(&b'.')
}

//! How far a server's clock is from UTC.

use std::time::SystemTime;

use super::options::ListOptions;
use crate::{
    error::{Error, Result},
    listing::{Modified, Precision},
    protocol::Argument,
    session::FtpStream,
    transfer::metadata::join,
};

/// Time zones are multiples of a quarter of an hour away from UTC.
const QUARTER: i64 = 900;

/// And no more than 14 hours.
const FARTHEST: i64 = 14 * 3600;

impl FtpStream {
    /// Finds out how far the times in `LIST` are ahead of UTC, in seconds: by the youngest file
    /// of a directory, whose time is in the listing and, in UTC, in the reply to `MDTM`. Later
    /// listings of the session take times for such, where
    /// [`ListOptions::server_offset`](crate::ListOptions::server_offset) says nothing else.
    ///
    /// `None` where no file there has a time of day in the listing, where the server does not
    /// know `MDTM`, and where the two times are no time zones apart, because the file is being
    /// written, for one; what was learned before then stays. It is one number: the times of files
    /// from the other half of the year may be off by the hour of summer time. A server that breaks
    /// RFC 3659 and says local times to `MDTM` too (vsftpd with `use_localtime`) seems to be in UTC.
    ///
    /// # Errors
    /// As [`list`](Self::list).
    ///
    /// # Examples
    /// ```no_run
    /// # async fn run(mut ftp: tokio_ftp::FtpStream) -> tokio_ftp::Result<()> {
    /// if let Some(seconds) = ftp.learn_offset("pub").await? {
    ///     println!("the server's clock is {} h ahead of UTC", seconds as f64 / 3600.0);
    /// }
    /// # Ok(()) }
    /// ```
    pub async fn learn_offset(
        &mut self,
        directory: impl AsRef<[u8]> + Send,
    ) -> Result<Option<i32>> {
        let directory = self.path(directory).await?;
        let in_utc = ListOptions::new().server_offset(0);
        let mut listing = self.open_list(directory.clone(), &in_utc).await?;
        let mut youngest: Option<(Modified, Argument)> = None;
        while let Some(entry) = listing.next(self).await {
            let entry = entry?;
            let Some(modified) = entry.modified().filter(Modified::is_local) else {
                continue;
            };
            let is_younger = youngest
                .as_ref()
                .is_none_or(|(other, _)| other.time() < modified.time());
            if entry.is_file()
                && modified.precision() > Precision::Day
                && is_younger
                && let Ok(path) = join(&directory, &entry.name())
            {
                youngest = Some((modified, path));
            }
        }
        let Some((listed, path)) = youngest else {
            return Ok(None);
        };
        let offset = match self.mdtm(path).await {
            Ok(Some(time)) => offset(listed, time),
            Ok(None) => None,
            Err(Error::Permanent(_)) => None,
            Err(error) => return Err(error),
        };
        if offset.is_some() {
            self.learned.list_offset = offset;
        }
        Ok(offset)
    }
}

/// How far the time of a listing is ahead of the same time in UTC.
fn offset(listed: Modified, time: SystemTime) -> Option<i32> {
    let seconds = |time: SystemTime| match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_secs()).ok(),
        Err(before) => i64::try_from(before.duration().as_secs()).ok().map(|s| -s),
    };
    let ahead = seconds(listed.time())?.checked_sub(seconds(time)?)?;
    // A listing leaves out the seconds, so that it seems to be up to a minute behind.
    let zone = (ahead + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
    let off = ahead - zone;
    (zone.abs() <= FARTHEST && (-59..=0).contains(&off))
        .then(|| i32::try_from(zone).ok())
        .flatten()
}

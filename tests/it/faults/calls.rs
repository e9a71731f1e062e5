//! What callers do, and what they see of it.

use std::{
    fmt::Write,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::{Stream, TryStreamExt};
use tokio::io::AsyncWriteExt;
use tokio_ftp::{
    Download, Entries, Entry, EntryKind, FtpStream, ListOptions, Result, TransferOptions, Upload,
    listing::Precision,
};

use super::row::Seen;
use crate::support::quiet;

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident |$ftp:ident| $body:block)*) => {$(
        $(#[$doc])*
        pub(super) fn $name($ftp: &mut FtpStream) -> Seen<'_> {
            Box::pin(async move { $body })
        }
    )*};
}

/// Until everything has arrived that was sent so far, in one part or two.
pub(super) async fn later() {
    for _ in 0..5 {
        quiet().await;
    }
}

/// What became of one call among several.
pub(super) fn outcome<T: ToString>(result: Result<T>) -> String {
    match result {
        Ok(value) => value.to_string(),
        Err(error) => format!("! {error}"),
    }
}

fn shown(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().escape_ascii().to_string()
}

fn done(_: impl Sized) -> &'static str {
    "done"
}

calls! {
    nothing |_ftp| { Ok(String::new()) }
    welcome |ftp| { Ok(ftp.welcome().text().replace('\n', " | ")) }
    noop |ftp| { ftp.noop().await.map(|()| "done".to_owned()) }
    /// The second command goes out when all that came behind the first one's reply is here.
    noop_and_later_delete |ftp| {
        let first = outcome(ftp.noop().await.map(done));
        later().await;
        Ok(format!("{first}, {}", outcome(ftp.delete("a").await.map(done))))
    }
    login |ftp| { ftp.login("joe", "pw").await.map(|()| "done".to_owned()) }
    pwd |ftp| { ftp.pwd().await.map(shown) }
    cwd |ftp| { ftp.cwd("d").await.map(|()| "done".to_owned()) }
    mkd |ftp| { Ok(ftp.mkd("d").await?.map_or_else(|| "made".to_owned(), shown)) }
    rmd |ftp| { ftp.rmd("d").await.map(|()| "done".to_owned()) }
    delete |ftp| { ftp.delete("a").await.map(|()| "done".to_owned()) }
    rename |ftp| { ftp.rename("a", "b").await.map(|()| "done".to_owned()) }
    size |ftp| { Ok(format!("{:?}", ftp.size("a").await?)) }
    mdtm |ftp| { Ok(ftp.mdtm("a").await?.map_or_else(|| "None".to_owned(), seconds)) }
    stat |ftp| { Ok(ftp.stat("").await?.text().replace('\n', " | ")) }
    /// Names in upper case, if the server is known to have them.
    features |ftp| {
        let features = ftp.features().await?;
        let names: Vec<_> = features.iter().map(|(name, value)| {
            let upper = name.to_uppercase();
            assert!(features.has(&upper));
            format!("{upper} {value}")
        }).collect();
        Ok(names.join(", "))
    }
    read |ftp| { ftp.read("a").await.map(shown) }
    read_twice |ftp| {
        let first = ftp.read("a").await?;
        Ok(format!("{}, {}", shown(first), shown(ftp.read("a").await?)))
    }
    read_and_read_again |ftp| {
        let first = outcome(ftp.read("a").await.map(shown));
        Ok(format!("{first}, {}", outcome(ftp.read("a").await.map(shown))))
    }
    read_8_bytes |ftp| { read_with(ftp, &TransferOptions::new().size(8)).await }
    read_0_bytes |ftp| { read_with(ftp, &TransferOptions::new().size(0)).await }
    read_from_100 |ftp| { read_with(ftp, &TransferOptions::new().offset(100)).await }
    upload |ftp| {
        Ok(format!("{} bytes", ftp.upload("a", &b"abc"[..]).await?.bytes()))
    }
    upload_nothing |ftp| {
        Ok(format!("{} bytes", ftp.upload("a", &b""[..]).await?.bytes()))
    }
    /// More than the network holds, until the server has had enough.
    upload_for_ever |ftp| {
        ftp.upload("a", tokio::io::repeat(0)).await.map(|_| "done".to_owned())
    }
    drop_upload |ftp| {
        let mut upload = ftp.stor("a").await?;
        upload.write_all(b"half").await?;
        upload.flush().await?;
        later().await;
        drop(upload);
        outcome_of_noop(ftp).await
    }
    drop_download |ftp| {
        let mut download = ftp.retr("a").await?;
        let mut part = Vec::new();
        while part.len() < 4 {
            part.extend(download.chunk().await?.unwrap_or_default());
        }
        drop(download);
        Ok(format!("{}, {}", shown(part), outcome_of_noop(ftp).await?))
    }
    abort_download |ftp| {
        let mut download = ftp.retr("a").await?;
        while download.received() < 4 {
            download.chunk().await?;
        }
        download.abort().await.map(|()| "aborted".to_owned())
    }
    abort_upload |ftp| {
        let mut upload = ftp.stor("a").await?;
        upload.write_all(b"half").await?;
        upload.abort().await.map(|()| "aborted".to_owned())
    }
    list |ftp| { entries(ftp.list("").await?).await }
    list_d |ftp| { entries(ftp.list("d").await?).await }
    mlsd |ftp| { entries(ftp.mlsd("").await?).await }
    mlst |ftp| { Ok(entry(&ftp.mlst("a").await?)) }
    nlst |ftp| {
        let names: Vec<_> = ftp.nlst("").await?.try_collect().await?;
        let names: Vec<_> = names.iter().map(shown).collect();
        Ok(names.join(", "))
    }
    nlst_d |ftp| {
        let names: Vec<_> = ftp.nlst("d").await?.try_collect().await?;
        let names: Vec<_> = names.iter().map(shown).collect();
        Ok(names.join(", "))
    }
    /// With the times, as far as the server says them.
    list_times |ftp| {
        let entries: Vec<_> = ftp.list("").await?.try_collect().await?;
        let times: Vec<_> = entries.iter().map(time).collect();
        Ok(times.join(", "))
    }
    /// With whatever is known beside name, kind and size.
    list_owners |ftp| {
        let entries: Vec<_> = ftp.list("").await?.try_collect().await?;
        let all: Vec<_> = entries.iter().map(|found| {
            let owner = found.owner().map(shown).unwrap_or_default();
            let group = found.group().map(shown).unwrap_or_default();
            let mode = found.permissions().unwrap_or_default();
            format!("{} {mode:o} {owner}:{group}", entry(found))
        }).collect();
        Ok(all.join(", "))
    }
    list_unknown |ftp| {
        let mut listing = ftp.list("").await?;
        let mut names = Vec::new();
        while let Some(found) = listing.try_next().await? {
            names.push(shown(found.name()));
        }
        let unknown: Vec<_> = listing.unknown().iter().map(shown).collect();
        Ok(format!("{}, and not \"{}\"", names.join(", "), unknown.join("\", \"")))
    }
    list_strictly |ftp| {
        let options = ListOptions::new().strict(true);
        entries(Entries::open(ftp, "", &options).await?).await
    }
}

async fn outcome_of_noop(ftp: &mut FtpStream) -> Result<String> {
    ftp.noop().await.map(|()| "done".to_owned())
}

async fn read_with(ftp: &mut FtpStream, options: &TransferOptions) -> Result<String> {
    let mut download = Download::open(ftp, "a", options).await?;
    let mut file = Vec::new();
    while let Some(chunk) = download.chunk().await? {
        file.extend_from_slice(&chunk);
    }
    Ok(shown(file))
}

/// Uploads `abc`, and says whether TLS was resumed.
pub(super) async fn upload_with(ftp: &mut FtpStream, options: &TransferOptions) -> Result<String> {
    let mut upload = Upload::open(ftp, "a", options).await?;
    upload.write_all(b"abc").await?;
    let done = upload.finish().await?;
    Ok(match done.tls_resumed() {
        Some(true) => "resumed".to_owned(),
        Some(false) => "not resumed".to_owned(),
        None => "in the clear".to_owned(),
    })
}

pub(super) async fn entries<S>(listing: S) -> Result<String>
where
    S: Stream<Item = Result<Entry>> + Send,
{
    let entries: Vec<_> = listing.try_collect().await?;
    let entries: Vec<_> = entries.iter().map(entry).collect();
    Ok(entries.join(", "))
}

/// Kind, name in quotes, target and size.
pub(super) fn entry(entry: &Entry) -> String {
    let kind = match entry.kind() {
        EntryKind::File => "file",
        EntryKind::Directory => "dir",
        EntryKind::Symlink => "link",
        EntryKind::CurrentDirectory => "cdir",
        EntryKind::ParentDirectory => "pdir",
        EntryKind::CharDevice => "char",
        EntryKind::BlockDevice => "block",
        EntryKind::Fifo => "fifo",
        EntryKind::Socket => "socket",
        EntryKind::Door => "door",
        _ => "other",
    };
    let mut text = format!("{kind} \"{}\"", shown(entry.name()));
    if let Some(target) = entry.target() {
        let _ = write!(text, " -> {}", shown(target));
    }
    if let Some(size) = entry.size() {
        let _ = write!(text, " {size}");
    }
    text
}

/// The seconds, or `recent` for a time that the server gives without a year.
pub(super) fn time(entry: &Entry) -> String {
    let Some(modified) = entry.modified() else {
        return "never".to_owned();
    };
    let precision = match modified.precision() {
        Precision::Day => "day",
        Precision::Minute => "minute",
        Precision::Second => "second",
        _ => "finer",
    };
    let year = Duration::from_secs(367 * 86_400);
    let is_recent = modified.time() > SystemTime::now() - year;
    let time = if is_recent {
        "recent".to_owned()
    } else {
        seconds(modified.time())
    };
    format!("{time} to the {precision}")
}

fn seconds(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{}", since.as_secs_f64())
}

//! Directories and files as lines for people and for programs.

use std::{fmt::Write as _, time::SystemTime};

use futures::TryStreamExt;
use jiff::Timestamp;
use tokio_ftp::{Entry, EntryKind, Error, FtpStream, Name, listing::Precision};

use crate::{
    Result,
    arguments::Ls,
    failure::{Failure, Tally},
    output::Output,
    screen::Screen,
    text,
};

pub(crate) async fn list(
    ftp: &mut FtpStream,
    paths: &[Vec<u8>],
    ls: &Ls,
    screen: &Screen,
) -> Result<()> {
    let mut output = Output::new();
    let mut tally = Tally::default();
    for (number, path) in paths.iter().enumerate() {
        if paths.len() > 1 && !ls.json {
            if number > 0 {
                output.line(b"")?;
            }
            output.line(&[path, &b":"[..]].concat())?;
        }
        let listed = directory(ftp, path, ls, &mut output, screen).await;
        output.flush()?;
        tally.add(listed.map_err(|failure| failure.at(path)), screen);
        if ftp.is_broken() {
            break;
        }
    }
    tally.end()
}

async fn directory(
    ftp: &mut FtpStream,
    path: &[u8],
    ls: &Ls,
    output: &mut Output,
    screen: &Screen,
) -> Result<()> {
    if ls.raw {
        let mut lines = ftp.list_raw(path).await?;
        while let Some(line) = lines.try_next().await? {
            output.line(&line)?;
        }
        return Ok(());
    }
    let mut entries = match ftp.list(path).await {
        Ok(entries) => entries,
        // It may be a file, of which servers make different things.
        Err(error @ (Error::Temporary(_) | Error::Permanent(_))) if !path.is_empty() => {
            return match ftp.metadata(path).await {
                Ok(entry) if !entry.is_dir() => show(&entry, path, ls, output),
                _ => Err(error.into()),
            };
        }
        Err(error) => return Err(error.into()),
    };
    while let Some(entry) = entries.try_next().await? {
        let name = entry.name();
        show(&entry, name.as_bytes(), ls, output)?;
    }
    let unknown = entries.unknown_count();
    if unknown > 0 {
        screen.note(&format!(
            "warning: {unknown} lines are not understood; --raw shows them"
        ));
    }
    Ok(())
}

fn show(entry: &Entry, name: &[u8], ls: &Ls, output: &mut Output) -> Result<()> {
    if ls.names {
        output.line(name)
    } else if ls.json {
        output.line(json(entry, name).as_bytes())
    } else {
        output.line(&long(entry, name))
    }
}

/// What the server knows of each path, or of the session.
pub(crate) async fn stat(
    ftp: &mut FtpStream,
    paths: &[Vec<u8>],
    as_json: bool,
    screen: &Screen,
) -> Result<()> {
    let mut output = Output::new();
    if let [path] = paths
        && path.is_empty()
    {
        let reply = ftp.stat("").await?;
        for line in reply.lines() {
            output.line(line)?;
        }
        return output.flush();
    }
    let mut tally = Tally::default();
    for path in paths {
        let told = match ftp.metadata(path).await {
            Ok(entry) if as_json => output.line(json(&entry, path).as_bytes()),
            Ok(entry) => facts(&entry, path, &mut output),
            Err(error) => Err(Failure::from(error).at(path)),
        };
        output.flush()?;
        tally.add(told, screen);
        if ftp.is_broken() {
            break;
        }
    }
    tally.end()
}

fn facts(entry: &Entry, path: &[u8], output: &mut Output) -> Result<()> {
    let mut fact = |name: &str, value: Option<Vec<u8>>| match value {
        Some(value) => output.line(&[format!("{name:<12}").as_bytes(), &value].concat()),
        None => Ok(()),
    };
    let of_name = |name: Option<Name>| name.map(|name| name.as_bytes().to_vec());
    fact("Path", Some(path.to_vec()))?;
    fact("Kind", Some(kind(entry.kind()).into()))?;
    let size = |size| match size {
        0..1024 => format!("{size} bytes"),
        _ => format!("{size} bytes ({})", text::size(size)),
    };
    fact("Size", entry.size().map(|bytes| size(bytes).into()))?;
    fact("Modified", modified(entry).map(Vec::from))?;
    let mode = |mode| format!("{} ({mode:04o})", permissions(entry));
    fact(
        "Permissions",
        entry.permissions().map(|bits| mode(bits).into()),
    )?;
    fact("Owner", of_name(entry.owner()))?;
    fact("Group", of_name(entry.group()))?;
    fact("Target", of_name(entry.target()))
}

/// An entry as `ls -l` has it, but for the time, which is in UTC and always has its year.
fn long(entry: &Entry, name: &[u8]) -> Vec<u8> {
    let of_name = |name: Option<Name>| {
        name.map_or_else(|| "-".to_owned(), |name| text::plain(name.as_bytes()))
    };
    let size = entry.size().filter(|_| !entry.is_dir());
    let mut line = format!(
        "{} {:<8} {:<8} {:>12} {:<16} ",
        permissions(entry),
        of_name(entry.owner()),
        of_name(entry.group()),
        size.map_or_else(|| "-".to_owned(), |size| size.to_string()),
        minute(entry).unwrap_or_else(|| "-".to_owned()),
    )
    .into_bytes();
    line.extend_from_slice(name);
    if let Some(target) = entry.target() {
        line.extend_from_slice(b" -> ");
        line.extend_from_slice(target.as_bytes());
    }
    line
}

fn permissions(entry: &Entry) -> String {
    let mut shown = String::from(match entry.kind() {
        EntryKind::File => "-",
        EntryKind::Symlink => "l",
        EntryKind::CharDevice => "c",
        EntryKind::BlockDevice => "b",
        EntryKind::Fifo => "p",
        EntryKind::Socket => "s",
        _ if entry.is_dir() => "d",
        _ => "?",
    });
    let Some(bits) = entry.permissions() else {
        return format!("{shown:<10}");
    };
    for (shift, special, letters) in [(6, 0o4000, "sS"), (3, 0o2000, "sS"), (0, 0o1000, "tT")] {
        let three = bits >> shift;
        let has = |bit: u32, letter: char| if three & bit != 0 { letter } else { '-' };
        shown.extend([has(4, 'r'), has(2, 'w')]);
        let mut letters = letters.chars();
        shown.extend(match (bits & special != 0, three & 1 != 0) {
            (true, true) => letters.next(),
            (true, false) => letters.nth(1),
            (false, _) => Some(has(1, 'x')),
        });
    }
    shown
}

fn kind(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::File => "file",
        EntryKind::Directory | EntryKind::CurrentDirectory | EntryKind::ParentDirectory => {
            "directory"
        }
        EntryKind::Symlink => "symlink",
        EntryKind::Unknown => "unknown",
        _ => "other",
    }
}

/// The entry as an object of JSON on one line; what the server does not say is left out.
fn json(entry: &Entry, name: &[u8]) -> String {
    let mut object = format!("{{\"name\":{}", text::json(name));
    if std::str::from_utf8(name).is_err() {
        // JSON has no bytes; these are the name's.
        let hex: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = write!(object, ",\"name_hex\":\"{hex}\"");
    }
    let _ = write!(object, ",\"kind\":\"{}\"", kind(entry.kind()));
    if let Some(size) = entry.size() {
        let _ = write!(object, ",\"size\":{size}");
    }
    if let Some(modified) = modified(entry) {
        let _ = write!(object, ",\"modified\":\"{modified}\"");
    }
    if let Some(mode) = entry.permissions() {
        let _ = write!(object, ",\"permissions\":\"{mode:04o}\"");
    }
    for (key, value) in [
        ("owner", entry.owner()),
        ("group", entry.group()),
        ("target", entry.target()),
    ] {
        if let Some(value) = value {
            let _ = write!(object, ",\"{key}\":{}", text::json(value.as_bytes()));
        }
    }
    object.push('}');
    object
}

/// The time of the last change in RFC 3339.
fn modified(entry: &Entry) -> Option<String> {
    timestamp(entry.modified()?.time()).map(|time| time.to_string())
}

/// The same to the minute, or to the day where that is all that is known.
fn minute(entry: &Entry) -> Option<String> {
    let modified = entry.modified()?;
    let format = match modified.precision() {
        Precision::Day => "%Y-%m-%d",
        _ => "%Y-%m-%d %H:%M",
    };
    timestamp(modified.time()).map(|time| time.strftime(format).to_string())
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}

#[cfg(test)]
mod tests {
    use tokio_ftp::listing::parse_mlst;

    use super::*;

    #[test]
    fn an_entry_in_every_form() {
        let line: &[u8] = b" type=file;size=5;modify=20240102030405;UNIX.mode=04755; a\x1b\xff";
        let entry = parse_mlst(bytes::Bytes::copy_from_slice(line)).unwrap();
        let name = entry.name();
        assert_eq!(
            json(&entry, name.as_bytes()),
            "{\"name\":\"a\\u001b\u{fffd}\",\"name_hex\":\"611bff\",\"kind\":\"file\",\"size\":5,\
             \"modified\":\"2024-01-02T03:04:05Z\",\"permissions\":\"4755\"}"
        );
        assert_eq!(
            long(&entry, b"a"),
            b"-rwsr-xr-x -        -                   5 2024-01-02 03:04 a"
        );
    }
}

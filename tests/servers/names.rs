//! Names that are easy to get wrong.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt};

use futures::TryStreamExt;
use tokio_ftp::{Error, FtpStream, Limits, protocol::ReplyLimits};

use crate::{
    cell::Cell,
    farm::{Kind, Server},
    options::{Tls, Versions},
};

/// Each is made, found in the listing, read, renamed to and deleted.
pub(crate) const NAMES: &[&[u8]] = &[
    b"two words",
    b" leading",
    b"trailing ",
    b"quo\"te",
    b"it's",
    b"semi;colon; size=3; x",
    b".hidden",
    b"...",
    b"-dash",
    b"~tilde",
    b"b[1]",
    b"star*",
    b"what?",
    b"{a,b}",
    b"back\\slash",
    b"per%41cent",
    b"a -> b",
    b"#hash",
    b"tab\there",
    "caf\u{e9}".as_bytes(),
    "\u{65e5}\u{672c}".as_bytes(),
    // The same as the first of these two, as Latin-1 has it.
    b"caf\xe9",
    b"iac\xff",
    b"iac\xff\xff",
];

pub(crate) async fn names(cell: Cell, server: &Server, ftp: &mut FtpStream) {
    let mut wrong = Vec::new();
    for name in NAMES {
        let mangled = cell.kind.mangles(name);
        match keeps(server, ftp, name).await {
            Ok(()) if mangled => wrong.push(format!("{}: kept", name.escape_ascii())),
            Err(what) if !mangled => wrong.push(format!("{}: {what}", name.escape_ascii())),
            _ => {}
        }
        if ftp.is_broken() {
            *ftp = cell.login(server).await;
        }
    }
    assert!(
        wrong.is_empty(),
        "{cell}: names not as the table says: {wrong:#?}\n{}",
        server.log()
    );
}

/// What becomes of the name otherwise than it should.
pub(crate) async fn keeps(server: &Server, ftp: &mut FtpStream, name: &[u8]) -> Result<(), String> {
    let directory = server.root().join("names");
    let _ = fs::remove_dir_all(&directory);
    server.make_dir("names").expect("a directory");
    let path = [b"names/", name].concat();
    let stored = directory.join(OsStr::from_bytes(name));
    let refused = |verb: &str, error: Error| format!("{verb}: {error}");

    let sent = ftp.upload(&path, name).await;
    sent.map_err(|e| refused("STOR", e))?;
    if fs::read(&stored).ok().as_deref() != Some(name) {
        let names: Vec<_> = fs::read_dir(&directory)
            .expect("a directory")
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        return Err(format!("stored as {names:?}"));
    }
    let read = ftp.read(&path).await.map_err(|e| refused("RETR", e))?;
    assert_eq!(read, name);
    let entries: Vec<_> = match ftp.list("names").await {
        Ok(entries) => entries.try_collect().await,
        Err(error) => Err(error),
    }
    .map_err(|e| refused("the listing", e))?;
    let listed: Vec<_> = entries.iter().map(|entry| entry.name()).collect();
    if listed.len() != 1 || listed[0] != *name {
        return Err(format!("listed as {listed:?}"));
    }
    let size = ftp.size(&path).await.map_err(|e| refused("SIZE", e))?;
    assert_eq!(size, Some(name.len() as u64));
    let away = ftp.rename(&path, "names/other").await;
    away.map_err(|e| refused("RNFR", e))?;
    let back = ftp.rename("names/other", &path).await;
    back.map_err(|e| refused("RNTO", e))?;
    if !stored.exists() {
        return Err("renamed to something else".into());
    }
    ftp.delete(&path).await.map_err(|e| refused("DELE", e))?;
    // The same as the name of a directory, which PWD then quotes.
    ftp.mkd(&path).await.map_err(|e| refused("MKD", e))?;
    ftp.cwd(&path).await.map_err(|e| refused("CWD", e))?;
    let here = ftp.pwd().await.map_err(|e| refused("PWD", e))?;
    ftp.cwd("/").await.map_err(|e| refused("CWD", e))?;
    if here != *[b"/", path.as_slice()].concat() {
        return Err(format!("PWD says {here:?}"));
    }
    ftp.rmd(&path).await.map_err(|e| refused("RMD", e))?;
    if stored.exists() {
        return Err("not removed".into());
    }
    Ok(())
}

/// What vsftpd doubles for Telnet's sake is undone where that is asked for.
#[tokio::test]
async fn telnet_escapes_are_undone_where_asked() {
    let cell = Cell::new(Kind::Vsftpd, Tls::None, Versions::Both);
    let server = cell.start();
    let replies = ReplyLimits::default().telnet_escapes(true);
    let options = cell
        .options(&server)
        .limits(Limits::default().reply(replies));
    let mut ftp = cell.connect(&server, &options).await.expect("a login");
    for name in [&b"iac\xff"[..], b"iac\xff\xff"] {
        assert!(cell.kind.mangles(name), "the table says so");
        let kept = keeps(&server, &mut ftp, name).await;
        assert_eq!(kept, Ok(()), "{}", name.escape_ascii());
    }
}

//! What a session does from login to quit.

use std::{
    fs,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    time::{Duration, SystemTime},
};

use futures::TryStreamExt;
use tokio::io::AsyncWriteExt;
use tokio_ftp::{EntryKind, Error, FtpStream, Result, TransferOptions};

use crate::{
    cell::{Cell, content},
    farm::Server,
    quirks::Quirk,
};

pub(crate) async fn directories(ftp: &mut FtpStream) -> Result<()> {
    assert_eq!(ftp.pwd().await?, "/");
    ftp.mkd("a dir").await?;
    ftp.cwd("a dir").await?;
    assert_eq!(ftp.pwd().await?, "/a dir");
    ftp.mkd("quoted \"name\"").await?;
    ftp.cwd("quoted \"name\"").await?;
    let path = ftp.pwd().await?;
    assert_eq!(path, "/a dir/quoted \"name\"", "{:?}", ftp.last_reply());
    ftp.cwd("..").await?;
    ftp.rmd("quoted \"name\"").await?;
    ftp.cdup().await?;
    assert_eq!(ftp.pwd().await?, "/");
    ftp.rmd("a dir").await?;
    ftp.noop().await?;
    ftp.system().await?;
    Ok(())
}

pub(crate) async fn metadata(cell: Cell, ftp: &mut FtpStream) -> Result<()> {
    ftp.create_dir_all("tree/of/dirs").await?;
    ftp.create_dir_all("tree/of/dirs").await?;
    assert!(ftp.exists("tree/of").await?);
    assert!(ftp.exists("/").await?);
    assert!(!ftp.exists("tree/nothing").await?);
    assert!(!ftp.exists("nothing/nothing").await?);
    ftp.upload("tree/of/file", &b"12345"[..]).await?;
    ftp.upload("tree/of/dirs/*", &b"1"[..]).await?;
    let entry = ftp.metadata("tree/of/file").await?;
    assert_eq!((entry.kind(), entry.size()), (EntryKind::File, Some(5)));
    assert!(ftp.metadata("tree/of/dirs").await?.is_dir());
    let error = ftp
        .metadata("tree/nothing")
        .await
        .expect_err("there is no such file");
    assert!(error.is_not_found(), "{error:?}");
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let set = ftp.set_modified("tree/of/file", then).await;
    if cell.kind.answered("set_modified", set).is_some() {
        assert_eq!(ftp.mdtm("tree/of/file").await?, Some(then));
    }
    ftp.remove_dir_all("tree").await?;
    assert!(!ftp.exists("tree").await?);
    assert_eq!(ftp.pwd().await?, "/");
    Ok(())
}

pub(crate) async fn transfers(ftp: &mut FtpStream) -> Result<()> {
    for (length, name) in [
        (0, "empty"),
        (1, "one"),
        (1 << 20, "caf\u{e9} with blanks;=.bin"),
    ] {
        let bytes = content(length, 1);
        let sent = ftp.upload(name, bytes.as_slice()).await?;
        assert_eq!(sent.bytes(), length as u64);
        assert_eq!(ftp.size(name).await?, Some(length as u64), "{name}");
        assert!(ftp.mdtm(name).await?.is_some());
        assert_eq!(ftp.read(name).await?, bytes, "{name}");
    }
    let whole = content(300_000, 2);
    // Up in two halves, by APPE and by REST with STOR, and down from the middle.
    ftp.upload("halves", &whole[..100_000]).await?;
    let mut rest = ftp.appe("halves").await?;
    rest.write_all(&whole[100_000..200_000]).await?;
    rest.finish().await?;
    let options = TransferOptions::new().offset(200_000);
    let mut rest = ftp.stor_with("halves", &options).await?;
    rest.write_all(&whole[200_000..]).await?;
    rest.finish().await?;
    assert_eq!(ftp.read("halves").await?, whole);
    let options = TransferOptions::new().offset(250_000);
    let chunks = ftp.retr_with("halves", &options).await?.into_stream();
    let tail: Vec<_> = chunks.try_collect().await?;
    assert_eq!(tail.concat(), &whole[250_000..]);
    let options = TransferOptions::new().offset(1000).length(500);
    let mut part = ftp.retr_with("halves", &options).await?;
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await? {
        bytes.extend_from_slice(&chunk);
    }
    part.finish().await?;
    assert_eq!(bytes, &whole[1000..1500]);
    ftp.rename("halves", "renamed").await?;
    ftp.delete("renamed").await?;
    Ok(())
}

pub(crate) async fn listings(cell: Cell, ftp: &mut FtpStream) -> Result<()> {
    ftp.mkd("list").await?;
    ftp.mkd("list/sub").await?;
    ftp.mkd("list/hollow").await?;
    for name in ["one", "two words", " leading", "-dash", "b[1]"] {
        ftp.upload(format!("list/{name}"), name.as_bytes()).await?;
    }
    let mut entries: Vec<_> = ftp.list("list").await?.try_collect().await?;
    entries.sort_by_key(|entry| entry.name());
    let found: Vec<_> = entries
        .iter()
        .map(|entry| (entry.name().to_string(), entry.kind(), entry.size()))
        .collect();
    let file = |name: &str| (name.to_owned(), EntryKind::File, Some(name.len() as u64));
    let names: Vec<_> = found.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            " leading",
            "-dash",
            "b[1]",
            "hollow",
            "one",
            "sub",
            "two words"
        ]
    );
    for name in ["one", "two words", " leading", "-dash", "b[1]"] {
        assert!(found.contains(&file(name)), "{found:?}");
    }
    for entry in &entries {
        assert!(entry.modified().is_some(), "{entry:?}");
        // Where MLSD has no UNIX.mode, what the user may do is told by perm.
        assert!(
            entry.permissions().is_some()
                || entry.fact("perm").is_some()
                || cell.kind.has(Quirk::NoPermissions),
            "{entry:?}"
        );
    }
    assert_eq!(ftp.pwd().await?, "/");
    // Empty, missing and a file are three different things.
    let hollow: Vec<_> = ftp.list("list/hollow").await?.try_collect().await?;
    assert!(hollow.is_empty());
    assert_eq!(ftp.pwd().await?, "/");
    let missing = match ftp.list("list/missing").await {
        Ok(entries) => entries.try_collect::<Vec<_>>().await,
        Err(error) => Err(error),
    };
    let error = missing.expect_err("a missing directory was listed");
    assert!(error.is_not_found(), "{error:?}");
    assert_eq!(ftp.pwd().await?, "/");
    let mut names: Vec<_> = ftp.nlst("list").await?.try_collect().await?;
    // Pure-FTPd names the directory itself and its parent too.
    names.retain(|name| !name.as_bytes().ends_with(b"/.") && !name.as_bytes().ends_with(b"/.."));
    assert_eq!(names.len(), 7, "{names:?}");
    let lines: Vec<_> = ftp.list_raw("list").await?.try_collect().await?;
    assert!(lines.len() >= 7, "{lines:?}");
    if ftp.features().await?.has("MLST") {
        let entry = ftp.mlst("list/one").await?;
        assert_eq!(entry.size(), Some(3));
        let entries: Vec<_> = ftp.mlsd("list").await?.try_collect().await?;
        assert!(entries.len() >= 7);
    }
    Ok(())
}

/// Commands that some servers do not know.
pub(crate) async fn commands(cell: Cell, server: &Server, ftp: &mut FtpStream) -> Result<()> {
    let kind = cell.kind;
    server.put("file", b"12345").expect("a file");
    let mode = || {
        let metadata = fs::metadata(server.root().join("file")).expect("a file");
        metadata.permissions().mode() & 0o777
    };
    let before = mode();
    let changed = kind.answered("chmod", ftp.chmod("file", 0o604).await);
    let expected = changed.map_or(before, |()| 0o604);
    assert_eq!(mode(), expected, "{cell}: {:o}", mode());
    kind.answered("help", ftp.help("").await);
    kind.answered("stat", ftp.stat("").await);
    kind.answered("stat of a file", ftp.stat("file").await);
    kind.answered("allo", ftp.allo(5).await);
    kind.answered("site", ftp.site("HELP").await);
    kind.answered("abort", ftp.abort().await);
    let mut upload = ftp.stou().await?;
    upload.write_all(b"unique").await?;
    let name = upload.name().cloned();
    upload.finish().await?;
    assert_eq!(name.is_none(), kind.has(Quirk::UniqueUntold), "{cell}");
    let there: Vec<_> = fs::read_dir(server.root())
        .expect("a directory")
        .flatten()
        .filter(|entry| fs::read(entry.path()).is_ok_and(|bytes| bytes == b"unique"))
        .map(|entry| entry.file_name())
        .collect();
    assert_eq!(there.len(), 1, "{cell}: {name:?}: {there:?}");
    if let Some(name) = &name {
        let name = name.as_bytes();
        assert_eq!(name.strip_prefix(b"/").unwrap_or(name), there[0].as_bytes());
    }
    ftp.delete(there[0].as_bytes()).await?;
    assert_eq!(ftp.read("file").await?, &b"12345"[..], "{cell}");
    ftp.delete("file").await
}

pub(crate) async fn errors(ftp: &mut FtpStream) {
    // libunftp says so only after its 150.
    let error = ftp
        .read("nothing here")
        .await
        .expect_err("there is no such file");
    assert!(error.is_not_found(), "{error:?}");
    let error = ftp
        .delete("nothing here")
        .await
        .expect_err("there is no such file");
    assert_eq!(error.code().map(u16::from), Some(550), "{error:?}");
    let error = ftp
        .cwd("nothing here")
        .await
        .expect_err("there is no such directory");
    assert!(error.is_not_found(), "{error:?}");
    let error = ftp
        .command("GIBBERISH")
        .await
        .expect_err("no server knows this");
    assert!(matches!(error, Error::Permanent(_)), "{error:?}");
    assert_eq!(error.code().map(u16::from), Some(500), "{error:?}");
    ftp.noop()
        .await
        .expect("the session goes on after refusals");
}

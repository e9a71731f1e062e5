//! Listings, entry by entry against the file system.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File, Metadata},
    os::unix::{ffi::OsStrExt, fs as unix, fs::MetadataExt, fs::PermissionsExt},
    time::{Duration, SystemTime},
};

use futures::TryStreamExt;
use tokio_ftp::{Entry, EntryKind, Error, FtpStream, Result, listing::Precision};

use crate::{
    cell::Cell,
    farm::Server,
    quirks::Quirk,
    setup::{ID, USER},
};

pub(crate) async fn entries(cell: Cell, server: &Server, ftp: &mut FtpStream) -> Result<()> {
    let root = server.root().join("entries");
    for (number, fill) in [nothing, one, some].into_iter().enumerate() {
        server.make_dir("entries").expect("a directory");
        fill(server);
        let listed: Vec<_> = ftp.list("entries").await?.try_collect().await?;
        compare(&format!("{cell}: listing {number}"), server, &listed);
        ftp.cwd("entries").await?;
        let listed: Vec<_> = ftp.list("").await?.try_collect().await?;
        compare(&format!("{cell}: bare listing {number}"), server, &listed);
        let names: Result<Vec<_>> = ftp.nlst("").await?.try_collect().await;
        match names {
            Err(Error::Tls(_)) if listed.is_empty() && cell.kind.has(Quirk::EmptyNamesCut) => {}
            names => {
                let mut names = names?;
                names.retain(|name| *name != *"." && *name != *"..");
                assert_eq!(names.len(), listed.len(), "{cell}: {names:?}");
            }
        }
        ftp.cdup().await?;
        fs::remove_dir_all(&root).expect("nobody else is there");
    }
    Ok(())
}

fn nothing(_: &Server) {}

fn one(server: &Server) {
    server.put("entries/one", b"1").expect("a file");
}

fn some(server: &Server) {
    let root = server.root().join("entries");
    let now = SystemTime::now();
    let day = Duration::from_secs(24 * 3600);
    for (name, length, mode, age) in [
        ("empty", 0, 0o644, day / 24),
        ("old", 5, 0o600, day * 9000),
        ("half a year", 12_345, 0o755, day * 200),
        ("huge", 5 << 30, 0o640, day * 3),
        ("read-only", 1, 0o444, day * 30),
    ] {
        let path = format!("entries/{name}");
        server.put(&path, b"").expect("a file");
        let path = server.root().join(path);
        let file = File::options().write(true).open(&path).expect("a file");
        // Of holes alone, so that it takes no room.
        file.set_len(length).expect("a length");
        file.set_modified(now - age).expect("a time");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
    }
    server.make_dir("entries/directory").expect("a directory");
    fs::set_permissions(root.join("directory"), fs::Permissions::from_mode(0o750)).expect("a mode");
    unix::symlink("old", root.join("link")).expect("a link");
}

fn compare(what: &str, server: &Server, listed: &[Entry]) {
    let root = server.root().join("entries");
    let there: Vec<_> = fs::read_dir(&root)
        .expect("a directory")
        .flatten()
        .map(|entry| entry.file_name())
        .collect();
    let listed: BTreeMap<_, _> = listed.iter().map(|entry| (entry.name(), entry)).collect();
    assert_eq!(listed.len(), there.len(), "{what}: {listed:?}");
    for (name, entry) in listed {
        let path = root.join(OsStr::from_bytes(name.as_bytes()));
        let itself = fs::symlink_metadata(&path)
            .unwrap_or_else(|error| panic!("{what}: {entry:?} is not there: {error}"));
        // Some servers tell of a link, others of what it points to.
        let followed = itself.is_symlink() && !entry.is_symlink();
        if followed && server.kind().has(Quirk::LinksAreFiles) {
            assert_eq!(entry.kind(), EntryKind::File, "{what}: {entry:?}");
            continue;
        }
        let metadata = if followed {
            fs::metadata(&path).expect("it points to something")
        } else {
            itself
        };
        if entry.is_symlink() {
            assert!(entry.target().is_none_or(|target| target == *"old"));
        }
        check(what, entry, &metadata);
    }
}

fn check(what: &str, entry: &Entry, metadata: &Metadata) {
    let kind = match () {
        () if metadata.is_dir() => EntryKind::Directory,
        () if metadata.is_symlink() => EntryKind::Symlink,
        () => EntryKind::File,
    };
    assert_eq!(entry.kind(), kind, "{what}: {entry:?}");
    if kind == EntryKind::File {
        assert_eq!(entry.size(), Some(metadata.len()), "{what}: {entry:?}");
    }
    let modified = entry.modified().expect("every listing says a time");
    let unit = match modified.precision() {
        Precision::Day => 24 * 3600,
        Precision::Minute => 60,
        _ => 1,
    };
    let told = modified.time();
    let real = metadata.modified().expect("every file has a time");
    assert!(
        told <= real && real < told + Duration::from_secs(unit),
        "{what}: {entry:?}: {told:?} for {real:?}"
    );
    if let Some(permissions) = entry.permissions() {
        let real = metadata.mode() & 0o7777;
        assert_eq!(permissions, real, "{what}: {entry:?}");
    }
    for (told, names) in [
        (entry.owner(), [USER.to_owned(), ID.to_string()]),
        (entry.group(), [USER.to_owned(), ID.to_string()]),
    ] {
        // A link is made by whoever runs the tests.
        if let Some(told) = told.filter(|_| metadata.uid() == ID) {
            assert!(names.iter().any(|name| told == **name), "{what}: {entry:?}");
        }
    }
}

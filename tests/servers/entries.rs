//! Listings, entry by entry against the file system.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File, Metadata},
    os::unix::{ffi::OsStrExt, fs as unix, fs::MetadataExt, fs::PermissionsExt},
    path::Path,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures::TryStreamExt;
use jiff::Timestamp;
use tokio_ftp::{
    Entry, EntryKind, Error, FtpStream, Result,
    listing::{Line, Parser, Precision},
};

use crate::{
    cell::Cell,
    farm::{Kind, Server},
    quirks::Quirk,
    setup::{ID, USER},
};

pub(crate) async fn entries(cell: Cell, server: &Server, ftp: &mut FtpStream) -> Result<()> {
    let root = server.root().join("entries");
    for (number, fill) in [nothing, one, some].into_iter().enumerate() {
        server.make_dir("entries").expect("a directory");
        fill(server);
        let listed: Vec<_> = ftp.list("entries").await?.try_collect().await?;
        compare(&format!("{cell}: listing {number}"), server, &root, &listed);
        if ftp.features().await?.has("MLST") {
            let listed = by_list(ftp, "entries").await?;
            compare(&format!("{cell}: LIST {number}"), server, &root, &listed);
        }
        ftp.cwd("entries").await?;
        let listed: Vec<_> = ftp.list("").await?.try_collect().await?;
        compare(
            &format!("{cell}: bare listing {number}"),
            server,
            &root,
            &listed,
        );
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
    unix::lchown(root.join("link"), Some(ID), Some(ID)).expect("an owner");
}

/// The entries that LIST tells of, for servers that `list` asks by MLSD.
pub(crate) async fn by_list(ftp: &mut FtpStream, path: &str) -> Result<Vec<Entry>> {
    let lines = ftp.list_raw(path).await?;
    Ok(parse(lines.try_collect().await?, 0))
}

/// The entries of these lines, whose times are so many seconds ahead of UTC; there must be no
/// line that is not understood.
pub(crate) fn parse(lines: Vec<Bytes>, ahead: i32) -> Vec<Entry> {
    let mut parser = Parser::new(SystemTime::now()).offset(ahead);
    let mut entries = Vec::new();
    for line in lines {
        match parser.parse(line) {
            Line::Entry(entry) => entries.push(entry),
            Line::Unknown(line) => panic!("not understood: {}", line.escape_ascii()),
            _ => {}
        }
    }
    entries
}

/// Each entry is there as it is told, and all that is there is told.
pub(crate) fn compare(what: &str, server: &Server, root: &Path, listed: &[Entry]) {
    let there: Vec<_> = fs::read_dir(root)
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
        let mlsd = entry.fact("type").is_some();
        if mlsd && itself.is_symlink() {
            let is_file = followed && entry.size() == Some(itself.len());
            let expected = server.kind().has(Quirk::LinksAreFiles);
            assert_eq!(is_file, expected, "{what}: {entry:?}");
            if is_file {
                assert_eq!(entry.kind(), EntryKind::File, "{what}: {entry:?}");
                continue;
            }
        }
        let metadata = if followed {
            fs::metadata(&path).expect("it points to something")
        } else {
            itself
        };
        if entry.is_symlink() {
            // LIST always says where a link points to, MLSD hardly ever: Pure-FTPd leaves it empty.
            let told = entry.fact("type").is_none_or(|kind| {
                let kind = kind.to_ascii_lowercase();
                kind.strip_prefix(b"os.unix=slink:")
                    .is_some_and(|target| !target.is_empty())
            });
            let target = entry.target().map(|target| target == *"old");
            assert_eq!(target, told.then_some(true), "{what}: {entry:?}");
        }
        check(what, server.kind(), entry, &metadata);
    }
}

/// What a listing says of a time whose year it leaves out.
fn day_and_time(time: SystemTime) -> String {
    let time = Timestamp::try_from(time).expect("a time of this age");
    time.strftime("%m-%d %H:%M").to_string()
}

/// Kind, size, time to the precision of the listing, permissions and owner are those of the file.
pub(crate) fn check(what: &str, server: Kind, entry: &Entry, metadata: &Metadata) {
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
    let mlsd = entry.fact("type").is_some();
    let precision = modified.precision();
    assert!(!mlsd || precision == Precision::Second, "{what}: {entry:?}");
    let right = told <= real && real < told + Duration::from_secs(unit);
    let future = real > SystemTime::now();
    if !mlsd && future && server.has(Quirk::FutureWithoutYear) {
        assert!(!right, "{what}: {entry:?}");
        assert_eq!(day_and_time(told), day_and_time(real), "{what}: {entry:?}");
    } else {
        assert!(right, "{what}: {entry:?}: {told:?} for {real:?}");
    }
    let untold = mlsd && server.has(Quirk::NoModeInMlsd);
    let mode = (!untold).then_some(metadata.mode() & 0o7777);
    assert_eq!(entry.permissions(), mode, "{what}: {entry:?}");
    for (told, id, quirk) in [
        (entry.owner(), metadata.uid(), Quirk::NoOwnerInMlsd),
        (entry.group(), metadata.gid(), Quirk::NoGroupInMlsd),
    ] {
        let untold = mlsd && server.has(quirk);
        assert_eq!(told.is_none(), untold, "{what}: {entry:?}");
        let Some(told) = told else { continue };
        assert_eq!(id, ID, "{what}: {entry:?}");
        let right = told == *USER || told == *ID.to_string();
        assert!(right, "{what}: {entry:?}");
    }
}

//! Names that are easy to get wrong.

use std::{fs, os::unix::ffi::OsStrExt};

use futures::TryStreamExt;
use tokio_ftp::{DataMode, Error, FtpStream, Limits, protocol::ReplyLimits};

use crate::{
    cell::Cell,
    farm::{Kind, Server},
    options::{Tls, Versions},
    quirks::Fate,
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
    for name in NAMES {
        let fate = cell.kind.fate(name);
        let seen = watch(server, ftp, name).await;
        let name = name.escape_ascii();
        let expected = fate.expected(seen.name, cell.data);
        assert_eq!(seen, expected, "{cell}: {name}\n{}", server.log());
    }
}

/// What every command with a name comes to: refusals by their codes, names in no order of theirs
/// because there is never more than one.
#[derive(Debug, PartialEq)]
struct Seen {
    name: &'static [u8],
    sent: Outcome,
    stored: Vec<Vec<u8>>,
    read: Outcome,
    listed: Vec<Vec<u8>>,
    size: Outcome,
    renamed: [Outcome; 2],
    named_back: Vec<Vec<u8>>,
    deleted: Outcome,
    left: Vec<Vec<u8>>,
    made: Outcome,
    directories: Vec<Vec<u8>>,
    entered: Outcome,
    here: Vec<u8>,
    removed: Outcome,
    directories_left: Vec<Vec<u8>>,
}

type Outcome = Result<(), u16>;

fn outcome<T>(what: &str, result: Result<T, Error>) -> Outcome {
    result.map(drop).map_err(|error| {
        let refused = matches!(error, Error::Permanent(_) | Error::Temporary(_));
        assert!(refused, "{what}: {error:?}");
        error.code().map_or(0, u16::from)
    })
}

impl Fate {
    fn expected(self, name: &'static [u8], data: DataMode) -> Seen {
        let there = || vec![name.to_owned()];
        let kept = Seen {
            name,
            sent: Ok(()),
            stored: there(),
            read: Ok(()),
            listed: there(),
            size: Ok(()),
            renamed: [Ok(()), Ok(())],
            named_back: there(),
            deleted: Ok(()),
            left: Vec::new(),
            made: Ok(()),
            directories: there(),
            entered: Ok(()),
            here: [b"/names/", name].concat(),
            removed: Ok(()),
            directories_left: Vec::new(),
        };
        let under = |other: &[u8]| Seen {
            stored: vec![other.to_owned()],
            listed: vec![other.to_owned()],
            named_back: vec![other.to_owned()],
            directories: vec![other.to_owned()],
            here: [b"/names/", other].concat(),
            ..Self::Kept.expected(name, data)
        };
        match self {
            Self::Kept => kept,
            Self::Alias(other) => under(other),
            Self::Renamed(other) => Seen {
                read: Err(550),
                size: Err(550),
                renamed: [Err(550), Err(550)],
                deleted: Err(550),
                left: vec![other.to_owned()],
                entered: Err(550),
                here: b"/".to_vec(),
                removed: Err(550),
                directories_left: vec![other.to_owned()],
                ..under(other)
            },
            Self::Refused(code) => Seen {
                sent: Err(code),
                stored: Vec::new(),
                // In passive mode that is already the answer to PRET.
                read: Err(if data == DataMode::Passive { 550 } else { code }),
                listed: Vec::new(),
                size: Err(550),
                renamed: [Err(code), Err(550)],
                named_back: Vec::new(),
                deleted: Err(code),
                made: Err(code),
                directories: Vec::new(),
                entered: Err(code),
                here: b"/".to_vec(),
                removed: Err(code),
                ..kept
            },
            Self::NoDirectory(code) => Seen {
                made: Err(code),
                directories: Vec::new(),
                entered: Err(550),
                here: b"/".to_vec(),
                removed: Err(550),
                ..kept
            },
            Self::Unlisted => Seen {
                listed: Vec::new(),
                ..kept
            },
            Self::PwdSays(other) => Seen {
                here: [b"/names/", other].concat(),
                ..kept
            },
        }
    }
}

/// Does with the name all that can be done with one.
async fn watch(server: &Server, ftp: &mut FtpStream, name: &'static [u8]) -> Seen {
    let directory = server.root().join("names");
    let afresh = || {
        let _ = fs::remove_dir_all(&directory);
        server.make_dir("names").expect("a directory");
    };
    let there = || -> Vec<Vec<u8>> {
        let entries = fs::read_dir(&directory).expect("a directory").flatten();
        entries
            .map(|entry| entry.file_name().as_bytes().to_owned())
            .collect()
    };
    let path = [b"names/", name].concat();

    afresh();
    let sent = outcome("STOR", ftp.upload(&path, name).await);
    let stored = there();
    let read = ftp.read(&path).await;
    if let Ok(read) = &read {
        assert_eq!(read, name);
    }
    let read = outcome("RETR", read);
    let listed = async {
        let entries = ftp.list("names").await?;
        entries.try_collect::<Vec<_>>().await
    };
    let listed = listed.await.expect("a listing");
    let listed = listed
        .iter()
        .map(|entry| entry.name().as_bytes().to_owned())
        .collect();
    let size = ftp.size(&path).await;
    if let Ok(size) = size {
        assert_eq!(size, Some(name.len() as u64));
    }
    let size = outcome("SIZE", size);
    let away = outcome("RNFR", ftp.rename(&path, "names/other").await);
    let back = outcome("RNTO", ftp.rename("names/other", &path).await);
    let named_back = there();
    let deleted = outcome("DELE", ftp.delete(&path).await);
    let left = there();

    // The same as the name of a directory, which PWD then quotes.
    afresh();
    let made = outcome("MKD", ftp.mkd(&path).await);
    let directories = there();
    let entered = outcome("CWD", ftp.cwd(&path).await);
    let here = ftp.pwd().await.expect("a session goes on");
    ftp.cwd("/").await.expect("a session goes on");
    let removed = outcome("RMD", ftp.rmd(&path).await);
    Seen {
        name,
        sent,
        stored,
        read,
        listed,
        size,
        renamed: [away, back],
        named_back,
        deleted,
        left,
        made,
        directories,
        entered,
        here: here.as_bytes().to_owned(),
        removed,
        directories_left: there(),
    }
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
        assert_ne!(cell.kind.fate(name), Fate::Kept, "the list says so");
        let seen = watch(&server, &mut ftp, name).await;
        assert_eq!(seen, Fate::Kept.expected(name, cell.data));
    }
}

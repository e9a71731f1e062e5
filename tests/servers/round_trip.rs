//! A round trip with `ls`: files with random names, sizes, times and modes, each as it is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs::{self, File},
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, chown},
    },
    path::Path,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures::TryStreamExt;
use tokio::io::AsyncReadExt;
use tokio_ftp::{Entries, Entry, FtpStream, ListOptions, Result, Transfer};

use crate::{
    cell::Cell,
    entries::{check, parse},
    farm::Kind,
    options::{Tls, Versions},
    quirks::{Listing, shows},
    setup::ID,
};

const FILES: usize = 20_000;

/// So much ahead of UTC that a day begins at another time: five hours and a half.
const AHEAD: i32 = 19_800;

/// The same numbers in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).expect("an index")]
    }

    fn bytes(&mut self, longest: u64) -> Vec<u8> {
        let length = 1 + self.below(longest);
        let mut bytes = Vec::new();
        while bytes.len() < usize::try_from(length).expect("a length") {
            let byte = self.below(256).to_le_bytes()[0];
            if !b"/\0\r\n".contains(&byte) {
                bytes.push(byte);
            }
        }
        bytes
    }

    fn word(&mut self) -> Vec<u8> {
        let length = 1 + self.below(12);
        (0..length)
            .map(|_| self.one_of(b"abcdefghijklmnopqrstuvwxyz0123456789"))
            .collect()
    }

    /// Any bytes at all, or something that a parser of listings could take for something else.
    fn name(&mut self) -> Vec<u8> {
        let word = self.word();
        let other = self.word();
        match self.below(12) {
            0 => [
                &b"-rw-r--r--   1 joe      users        1234 Jan 22  2024 "[..],
                &word,
            ]
            .concat(),
            1 => {
                let column: &[u8] = self.one_of(&[
                    b"total 42",
                    b"Jan 22 10:59",
                    b"2024-01-22 10:59",
                    b"12",
                    b"<DIR>",
                    b"1970",
                    b"10:59",
                    b"Feb 30",
                    b";1",
                    b"+i8388621.48594,m825718503,r,s280,",
                ]);
                [column, self.one_of(&[b"", b" ", b"  "]), &word].concat()
            }
            2 => [&word[..], b" -> ", &other].concat(),
            3 => [self.one_of(&[&b" "[..], b"   ", b"\t"]), &word].concat(),
            4 => [
                &word[..],
                self.one_of(&[&b" "[..], b"   ", b"\t", b"*", b"@", b"="]),
            ]
            .concat(),
            5 => [
                self.one_of(&[&b"."[..], b"..", b"...", b"-", b"--", b"-la "]),
                &word,
            ]
            .concat(),
            6 => [
                self.one_of(&[
                    &b"type=dir;size=3; "[..],
                    b"modify=20240122105900; ",
                    b";",
                    b"; ",
                ]),
                &word,
            ]
            .concat(),
            _ => self.bytes(60),
        }
    }

    /// Now, in the last half year, at its edge, years ago, and to come where that is asked for.
    fn time(&mut self, now: SystemTime, future: bool) -> SystemTime {
        const DAY: u64 = 24 * 3600;
        let second = Duration::from_secs(self.below(DAY));
        let days = |days| Duration::from_secs(DAY * days);
        match self.below(if future { 6 } else { 5 }) {
            0 => now - second / 24,
            1 | 2 => now - days(self.below(175)) - second,
            3 => now - days(175 + self.below(20)) - second,
            4 => now - days(200 + self.below(15_000)) - second,
            _ => now + days(2 + self.below(3_000)) + second,
        }
    }

    fn size(&mut self) -> u64 {
        let bits = self.below(34);
        self.below((1 << bits) + 1)
    }
}

/// Makes the files, each under a name of its own.
fn fill(directory: &Path, count: usize, future: bool) {
    let mut random = Random(0x5eed);
    let now = SystemTime::now();
    let mut taken = BTreeSet::new();
    let mut made = 0;
    while made < count {
        let name = random.name();
        if matches!(&name[..], b"." | b"..") || !taken.insert(name.clone()) {
            continue;
        }
        made += 1;
        let path = directory.join(OsStr::from_bytes(&name));
        let file = File::create(&path).expect("a file");
        file.set_len(random.size()).expect("of holes alone");
        chown(&path, Some(ID), Some(ID)).expect("an owner");
        let mode = u32::try_from(random.below(0o10000)).expect("a mode");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("a mode");
        file.set_modified(random.time(now, future)).expect("a time");
    }
}

/// Every file is in the listing as `stat` has it, but for those that the server leaves out there,
/// and nothing else is.
fn compare(kind: Kind, listing: Listing, directory: &Path, entries: &[Entry]) {
    let what = format!("{kind:?} {listing:?}");
    let mut listed = BTreeMap::new();
    for entry in entries {
        let name = entry.name().as_bytes().to_owned();
        if matches!(&name[..], b"." | b"..") {
            continue;
        }
        let before = listed.insert(name, entry);
        assert!(before.is_none(), "{what}: twice: {entry:?}");
    }
    let mut missing = Vec::new();
    for file in fs::read_dir(directory).expect("a directory") {
        let file = file.expect("a file");
        let name = file.file_name().as_bytes().to_owned();
        let told = shows(kind, listing, &name);
        match listed.remove(&name) {
            Some(entry) if told => check(&what, kind, entry, &file.metadata().expect("a file")),
            Some(entry) => panic!("{what}: not left out: {entry:?}"),
            None if told => missing.push(name),
            None => {}
        }
    }
    let escaped = |name: &Vec<u8>| name.escape_ascii().to_string();
    let some: Vec<_> = missing.iter().take(20).map(escaped).collect();
    let more: Vec<_> = listed.keys().take(20).map(escaped).collect();
    assert!(
        missing.is_empty() && listed.is_empty(),
        "{what}: {} missing: {some:#?}\n{} too many: {more:#?}",
        missing.len(),
        listed.len()
    );
}

async fn by_list(ftp: &mut FtpStream, ahead: i32) -> Result<Vec<Entry>> {
    let lines = ftp.list_raw("trip").await?;
    Ok(parse(lines.try_collect().await?, ahead))
}

/// With the names that begin with a dot.
async fn by_list_all(ftp: &mut FtpStream) -> Result<Vec<Entry>> {
    ftp.cwd("trip").await?;
    let Transfer::Download(mut download) = ftp.transfer("LIST -a", 0).await? else {
        panic!("LIST sends");
    };
    let mut text = Vec::new();
    download.read_to_end(&mut text).await?;
    drop(download);
    ftp.cdup().await?;
    // Names have neither CR nor LF.
    let text = text.strip_suffix(b"\r\n").expect("an end of the last line");
    let lines = text.split(|byte| *byte == b'\n').map(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Bytes::copy_from_slice(line)
    });
    Ok(parse(lines.collect(), 0))
}

async fn round_trip(kind: Kind) {
    let cell = Cell::new(kind, Tls::None, Versions::Both);
    // Else it leaves out the names that begin with a dot, which the names of the short suite show.
    let dots = (kind == Kind::Vsftpd).then_some("force_dot_files=YES");
    let server = cell.start_with(|options| dots.into_iter().fold(options, |o, line| o.extra(line)));
    server.make_dir("trip").expect("a directory");
    let directory = server.root().join("trip");
    fill(&directory, FILES, true);
    let mut ftp = cell.login(&server).await;
    let entries = by_list(&mut ftp, 0).await.expect("a listing");
    compare(kind, Listing::List, &directory, &entries);
    let entries = by_list_all(&mut ftp).await.expect("a listing");
    compare(kind, Listing::All, &directory, &entries);
    if ftp.features().await.expect("FEAT").has("MLST") {
        let entries = ftp.mlsd("trip").await.expect("a listing");
        let entries: Vec<_> = entries.try_collect().await.expect("a listing");
        compare(kind, Listing::Mlsd, &directory, &entries);
    }
}

#[tokio::test]
async fn every_entry_of_vsftpd_is_equal_to_stat() {
    round_trip(Kind::Vsftpd).await;
}

#[tokio::test]
async fn every_entry_of_proftpd_is_equal_to_stat() {
    round_trip(Kind::Proftpd).await;
}

#[tokio::test]
async fn every_entry_of_pureftpd_is_equal_to_stat() {
    round_trip(Kind::PureFtpd).await;
}

/// The server's own times, in a listing whose reader knows how far they are from UTC.
#[tokio::test]
async fn local_times_are_read_with_the_servers_offset() {
    for (kind, local) in [
        (
            Kind::Vsftpd,
            &["use_localtime=YES", "force_dot_files=YES"][..],
        ),
        (Kind::Proftpd, &["TimesGMT off"]),
        (Kind::PureFtpd, &[]),
    ] {
        let cell = Cell::new(kind, Tls::None, Versions::Both);
        let server = cell.start_with(|options| {
            let options = options.time_zone("XST-5:30");
            local
                .iter()
                .fold(options, |options, line| options.extra(*line))
        });
        server.make_dir("trip").expect("a directory");
        let directory = server.root().join("trip");
        // Those without a year would be of another day in another year's calendar.
        fill(&directory, 500, false);
        let mut ftp = cell.login(&server).await;
        let entries = by_list(&mut ftp, AHEAD).await.expect("a listing");
        compare(kind, Listing::List, &directory, &entries);
        if ftp.features().await.expect("FEAT").has("MLST") {
            let entries = ftp.mlsd("trip").await.expect("a listing");
            let entries: Vec<_> = entries.try_collect().await.expect("a listing");
            compare(kind, Listing::Mlsd, &directory, &entries);
        } else {
            let options = ListOptions::new().server_offset(AHEAD);
            let entries = Entries::open(&mut ftp, "trip", &options).await;
            let entries = entries.expect("a listing").try_collect::<Vec<_>>().await;
            compare(
                kind,
                Listing::List,
                &directory,
                &entries.expect("a listing"),
            );
        }
        server.put("young/file", b"new").expect("a file");
        let learned = ftp.learn_offset("young").await.expect("an offset");
        // The MDTM of vsftpd is in local time too then, against the RFC and by its manual.
        let expected = if kind == Kind::Vsftpd { 0 } else { AHEAD };
        assert_eq!(learned, Some(expected), "{kind:?}");
    }
}

//! Every async method of a session, on every server.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use futures::TryStreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_ftp::{
    Download, Entries, Error, FtpStream, ListOptions, Phase, Result, TlsMode, Transfer,
    TransferOptions, Upload, WalkOptions,
};

use crate::{
    cell::{Cell, RACES, content},
    farm::{Kind, Server},
    options::{Tls, Versions},
    quirks::Quirk,
};

/// What has been run, with success somewhere.
#[derive(Default)]
struct Surface(BTreeSet<&'static str>);

impl Surface {
    /// The method may be refused only where and as the list in `quirks` says.
    fn ran<T>(&mut self, kind: Kind, method: &'static str, result: Result<T>) -> Option<T> {
        let value = kind.answered(method, result);
        if value.is_some() || NOWHERE.contains(&method) {
            self.0.insert(method);
        }
        value
    }

    /// Of this one nothing else is expected than success.
    fn worked<T>(&mut self, method: &'static str, result: Result<T>) -> Result<T> {
        if result.is_ok() {
            self.0.insert(method);
        }
        result
    }
}

/// What `fxp.rs` runs, and what every test begins and ends with.
const ELSEWHERE: [&str; 3] = ["fxp", "connect", "quit"];

/// What every server refuses.
const NOWHERE: [&str; 1] = ["host"];

#[tokio::test]
async fn every_async_method_runs_on_a_real_server() {
    let mut surface = Surface::default();
    for kind in Kind::ALL {
        for tls in [Tls::None, Tls::Explicit] {
            let cell = Cell::new(kind, tls, Versions::Both);
            let server = cell.start();
            server.make_dir("d/e").expect("a directory");
            server.put("d/text", b"one\ntwo\n").expect("a file");
            let failed = |what: &str, e| panic!("{cell}: {what}: {e:?}\n{}", server.log());
            before_login(cell, &server, &mut surface).await;
            let mut ftp = cell.login(&server).await;
            transfers(&mut ftp, &mut surface)
                .await
                .unwrap_or_else(|e| failed("transfers", e));
            listings(cell, &mut ftp, &mut surface)
                .await
                .unwrap_or_else(|e| failed("listings", e));
            files(cell, &mut ftp, &mut surface)
                .await
                .unwrap_or_else(|e| failed("files", e));
            if tls == Tls::None {
                starting_over(cell, &server, ftp, &mut surface).await;
            } else {
                ftp.quit().await.unwrap_or_else(|e| failed("quit", e));
                protection(cell, &server, &mut surface).await;
            }
        }
    }
    let missing: Vec<_> = methods()
        .into_iter()
        .filter(|method| !surface.0.contains(method.as_str()))
        .filter(|method| !ELSEWHERE.contains(&method.as_str()))
        .collect();
    assert_eq!(missing, [""; 0]);
}

/// The names of all of them, taken from the source.
fn methods() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut methods = BTreeSet::new();
    for floor in ["session", "transfer", "transfer/list"] {
        for file in fs::read_dir(root.join(floor)).expect("the source") {
            let file = file.expect("the source").path();
            if file.is_dir() {
                continue;
            }
            let source = fs::read_to_string(file).expect("the source");
            for method in source.split("pub async fn ").skip(1) {
                let (name, _) = method.split_once(['(', '<']).expect("a name");
                methods.insert(name.to_owned());
            }
        }
    }
    assert!(methods.len() > 45, "where are the others? {methods:?}");
    methods
}

async fn before_login(cell: Cell, server: &Server, surface: &mut Surface) {
    let kind = cell.kind;
    let connected = async || {
        let options = cell.options_without_login(server);
        cell.connect(server, &options).await.expect("a greeting")
    };
    if cell.tls == Tls::None {
        // It comes before TLS, or it is out of place.
        let mut ftp = connected().await;
        surface.ran(kind, "host", ftp.host("localhost").await);
    }
    let mut ftp = connected().await;
    surface.ran(kind, "login_anonymous", ftp.login_anonymous().await);
    let mut ftp = connected().await;
    let result = ftp.login(server.user(), server.password()).await;
    surface.ran(kind, "login", result);
    surface.ran(kind, "account", ftp.account("payer").await);
    if cell.tls == Tls::None {
        let address = server.address();
        let url = format!("ftp://{}:secret%20word%201@{address}/d/text", server.user());
        let opened = surface.worked("open", FtpStream::open(&url).await);
        let (mut ftp, path) = opened.expect("a login");
        assert_eq!(ftp.read(&path).await.expect("a download"), "one\ntwo\n");
    }
}

async fn transfers(ftp: &mut FtpStream, surface: &mut Surface) -> Result<()> {
    let bytes = content(300_000, 14);
    let binary = TransferOptions::new();
    let offset = TransferOptions::new().offset(100_000);
    let sent = surface.worked("upload", ftp.upload("up", &bytes[..]).await)?;
    assert_eq!(sent.bytes(), 300_000);
    let mut upload = surface.worked("stor", ftp.stor("parts").await)?;
    upload.write_all(&bytes[..100_000]).await?;
    surface.worked("finish", upload.finish().await)?;
    let mut upload = surface.worked("stor_with", ftp.stor_with("parts", &offset).await)?;
    upload.write_all(&bytes[100_000..200_000]).await?;
    upload.shutdown().await?;
    let mut upload = surface.worked("appe", ftp.appe("parts").await)?;
    upload.write_all(&bytes[200_000..]).await?;
    upload.finish().await?;
    let mut upload = Upload::open(&mut *ftp, "more", &binary).await?;
    upload.write_all(b"more").await?;
    upload.finish().await?;
    let mut upload = surface.worked("stou", ftp.stou().await)?;
    upload.finish().await?;

    assert_eq!(surface.worked("read", ftp.read("parts").await)?, bytes);
    let mut copy = Vec::new();
    surface.worked("download", ftp.download("up", &mut copy).await)?;
    assert_eq!(copy, bytes);
    let local = tempfile::NamedTempFile::new()?;
    let got = ftp.download_to_file("up", &local).await;
    assert_eq!(
        surface.worked("download_to_file", got)?.bytes(),
        sent.bytes()
    );
    let sent = ftp.upload_from_file("again", &local).await;
    surface.worked("upload_from_file", sent)?;
    assert_eq!(ftp.read("again").await?, bytes);
    ftp.delete("again").await?;
    let mut download = surface.worked("retr", ftp.retr("up").await)?;
    let chunk = surface.worked("chunk", download.chunk().await)?;
    assert!(chunk.is_some_and(|chunk| bytes.starts_with(&chunk)));
    surface.worked("abort", download.abort().await)?;
    let mut download = surface.worked("retr_with", ftp.retr_with("up", &offset).await)?;
    let mut tail = Vec::new();
    download.read_to_end(&mut tail).await?;
    assert_eq!(tail, &bytes[100_000..]);
    let mut download = Download::open(&mut *ftp, "more", &binary).await?;
    assert_eq!(download.finish().await?.bytes(), 4);

    surface.worked("stor_lines", ftp.stor_lines("text", &b"1\n2\r\n"[..]).await)?;
    let lines = surface.worked("retr_lines", ftp.retr_lines("text").await)?;
    assert_eq!(lines.try_collect::<Vec<_>>().await?, ["1", "2"]);

    surface.worked("command", ftp.command("TYPE I").await)?;
    let transfer = surface.worked("transfer", ftp.transfer("STOR raw", 0).await)?;
    let Transfer::Upload(mut upload) = transfer else {
        panic!("STOR receives");
    };
    upload.write_all(&bytes).await?;
    upload.finish().await?;
    let transfer = ftp.transfer("RETR raw", 299_990).await?;
    let Transfer::Download(mut download) = transfer else {
        panic!("RETR sends");
    };
    let mut tail = Vec::new();
    download.read_to_end(&mut tail).await?;
    assert_eq!(tail, &bytes[299_990..]);
    Ok(())
}

async fn listings(cell: Cell, ftp: &mut FtpStream, surface: &mut Surface) -> Result<()> {
    let kind = cell.kind;
    let entries = surface.worked("list", ftp.list("d").await)?;
    assert_eq!(entries.try_collect::<Vec<_>>().await?.len(), 2);
    let entries = Entries::open(&mut *ftp, "d", &ListOptions::new().strict(true)).await?;
    assert_eq!(entries.try_collect::<Vec<_>>().await?.len(), 2);
    let lines = surface.worked("list_raw", ftp.list_raw("d").await)?;
    assert!(lines.try_collect::<Vec<_>>().await?.len() >= 2);
    let names = surface.worked("nlst", ftp.nlst("d").await)?;
    assert!(names.try_collect::<Vec<_>>().await?.len() >= 2);
    let entries = ftp
        .mlsd("d")
        .await
        .map(|entries| entries.try_collect::<Vec<_>>());
    if let Some(entries) = surface.ran(kind, "mlsd", entries) {
        assert!(entries.await?.len() >= 2);
    }
    let entry = surface.ran(kind, "mlst", ftp.mlst("d/text").await);
    assert!(entry.is_none_or(|entry| entry.size() == Some(8)));

    let offset = surface.worked("learn_offset", ftp.learn_offset("d").await)?;
    assert_eq!(offset, Some(0), "{cell}");

    let mut found = BTreeSet::new();
    let mut walk = ftp.walk("", &WalkOptions::new())?;
    while let Some(one) = surface.worked("next", walk.next().await)? {
        let path = one.path().as_bytes();
        // Not what STOU has named by chance.
        if path == b"d" || path.starts_with(b"d/") {
            found.insert((one.path().to_string(), one.depth(), one.entry().is_dir()));
        }
    }
    let expected = [("d", 0, true), ("d/e", 1, true), ("d/text", 1, false)];
    let expected = expected.map(|(path, depth, is_dir)| (path.to_owned(), depth, is_dir));
    assert_eq!(found, BTreeSet::from(expected), "{cell}");
    Ok(())
}

async fn files(cell: Cell, ftp: &mut FtpStream, surface: &mut Surface) -> Result<()> {
    let kind = cell.kind;
    surface.worked("features", ftp.features().await.map(drop))?;
    surface.worked("system", ftp.system().await)?;
    surface.worked("noop", ftp.noop().await)?;
    surface.ran(kind, "help", ftp.help("").await);
    surface.ran(kind, "stat", ftp.stat("").await);
    surface.ran(kind, "allo", ftp.allo(5).await);
    surface.ran(kind, "site", ftp.site("HELP").await);
    let time = surface.worked("mdtm", ftp.mdtm("up").await)?;
    let time = time.expect("a time");
    surface.ran(kind, "set_modified", ftp.set_modified("up", time).await);
    surface.ran(kind, "chmod", ftp.chmod("up", 0o600).await);
    let size = surface.worked("size", ftp.size("up").await)?;
    assert_eq!(size, Some(300_000));
    let entry = surface.worked("metadata", ftp.metadata("up").await)?;
    assert_eq!(entry.size(), Some(300_000));
    assert!(surface.worked("exists", ftp.exists("up").await)?);
    let cause = Arc::new(Error::Timeout(Phase::FinalReply));
    let error = Error::Unconfirmed {
        size: Some(300_000),
        cause,
    };
    assert!(surface.worked("is_complete", ftp.is_complete("up", &error).await)?);
    surface.worked("rename", ftp.rename("up", "away").await)?;
    surface.worked("delete", ftp.delete("away").await)?;
    surface.worked("mkd", ftp.mkd("new").await)?;
    surface.worked("cwd", ftp.cwd("new").await)?;
    assert_eq!(surface.worked("pwd", ftp.pwd().await)?, "/new");
    surface.worked("cdup", ftp.cdup().await)?;
    surface.worked("rmd", ftp.rmd("new").await)?;
    surface.worked("create_dir_all", ftp.create_dir_all("x/y/z").await)?;
    surface.worked("remove_dir_all", ftp.remove_dir_all("x").await)?;
    Ok(())
}

/// What may end a session, and so comes last: other facts, and another login.
async fn starting_over(cell: Cell, server: &Server, mut ftp: FtpStream, surface: &mut Surface) {
    let kind = cell.kind;
    if surface.ran(kind, "rein", ftp.rein().await).is_some() {
        let error = ftp.pwd().await.expect_err("nobody is logged in");
        assert_eq!(error.code().map(u16::from), Some(530), "{cell}: {error:?}");
        let again = ftp.login(server.user(), server.password()).await;
        again.expect("a login");
    }
    let chosen = ftp.set_facts(&["type", "size"]).await;
    if surface.ran(kind, "set_facts", chosen).is_some() {
        let entry = ftp.mlst("d/text").await.expect("an entry");
        assert_eq!(entry.size(), Some(8), "{cell}: {entry:?}");
        let obeyed = entry.modified().is_none();
        assert_eq!(
            obeyed,
            !kind.has(Quirk::FactsNotChosen),
            "{cell}: {entry:?}"
        );
    }
}

/// Data in the clear and encrypted again, and commands in the clear.
async fn protection(cell: Cell, server: &Server, surface: &mut Surface) {
    let kind = cell.kind;
    let mut ftp = cell.login(server).await;
    let lax = kind.has(Quirk::PlainDataTaken);
    let granted = surface.ran(kind, "prot_c", ftp.prot_c().await).is_some();
    let read = ftp.read("d/text").await;
    if granted && !lax {
        let error = read.expect_err("data has to be encrypted");
        assert!(
            matches!(error.code().map(u16::from), Some(521 | 522 | 550)),
            "{cell}: {error:?}"
        );
    } else {
        assert_eq!(read.expect("a download"), "one\ntwo\n", "{cell}");
    }
    if ftp.is_broken() {
        // vsftpd says 522, which is also what it says before it hangs up.
        assert_eq!(kind, Kind::Vsftpd);
        ftp = cell.login(server).await;
    }
    surface.ran(kind, "prot_p", ftp.prot_p().await);
    let mut bytes = Vec::new();
    let got = ftp
        .download("d/text", &mut bytes)
        .await
        .expect("a download");
    assert!(got.tls_resumed().is_some(), "{cell}: in the clear");
    surface.ran(kind, "ccc", ftp.ccc().await);
    assert_eq!(ftp.pwd().await.expect("the session goes on"), "/");
    ftp.upload("d/text", &b"new"[..]).await.expect("an upload");

    let options = cell.options_without_login(server).tls(TlsMode::Off);
    let mut races = 0;
    let mut ftp = loop {
        let mut ftp = options.connect(server.address()).await.expect("a greeting");
        match ftp.secure().await {
            Err(error) if races < RACES && cell.lost_race(&error) => races += 1,
            done => {
                surface.worked("secure", done).expect("TLS");
                break ftp;
            }
        }
    };
    let login = ftp.login(server.user(), server.password()).await;
    login.expect("a login");
    assert_eq!(ftp.read("d/text").await.expect("a download"), "new");
}

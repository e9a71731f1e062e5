//! What works where: the table `TABLE.md`, written anew by asking the servers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};

use futures::TryStreamExt;
use tokio::io::AsyncWriteExt;
use tokio_ftp::{DataMode, Error, FtpStream, Result, TransferOptions};

use crate::{
    cell::{Cell, content},
    farm::{Kind, Server},
    full,
    options::{Options, Tls, Versions},
    quirks::{MANGLED, QUIRKS, Quirk, REFUSED, ends_of_reset_uploads},
    setup::Programs,
    traffic::Traffic,
};

const HEAD: &str = "# What works where

Written by `cargo test --test servers table`, which fails where this page is not what the servers
say; the new page is then `target/servers/table.md`. Numbers are reply codes. Where
one of several answers comes, the suite has the list, and any other fails.
";

/// What is seen of one server, in the order of the rows.
type Column = Vec<(&'static str, String)>;

#[tokio::test]
async fn table_says_what_the_servers_do() {
    let mut features = BTreeMap::new();
    let mut columns = Vec::new();
    for kind in Kind::ALL {
        let mut column = Column::new();
        secured(kind, &mut column, &mut features).await;
        modes(kind, &mut column).await;
        plain(kind, &mut column).await;
        columns.push(column);
    }
    let mut text = HEAD.to_owned();
    heading(&mut text, "Modes and answers", "");
    for (number, (row, _)) in columns[0].iter().enumerate() {
        let values = columns.iter().map(|column| column[number].1.as_str());
        line(&mut text, row, values);
    }
    heading(&mut text, "Methods that are refused", "");
    let methods: BTreeSet<_> = REFUSED.iter().map(|(method, ..)| *method).collect();
    for method in methods {
        let said = Kind::ALL.map(|kind| {
            let row = REFUSED
                .iter()
                .find(|(other, refusing, _)| *other == method && *refusing == kind);
            row.map_or_else(|| "yes".to_owned(), |(.., code)| code.to_string())
        });
        line(
            &mut text,
            &format!("`{method}`"),
            said.iter().map(String::as_str),
        );
    }
    heading(&mut text, "FEAT over TLS", "");
    for (name, kinds) in &features {
        let said = |kind: Kind| {
            if kinds.contains(kind.name()) {
                "yes"
            } else {
                "no"
            }
        };
        let values = Kind::ALL.map(said);
        line(&mut text, &format!("`{name}`"), values);
    }
    text.push_str("\n## Otherwise than others\n\n| server | does |\n|---|---|\n");
    for (_, kinds, what) in QUIRKS {
        let _ = writeln!(text, "| {} | {what} |", list(kinds));
    }
    text.push_str("\n## Names that are not kept\n\n| name | server | does |\n|---|---|---|\n");
    for (name, kinds, _, what) in MANGLED {
        let name = name.escape_ascii();
        let _ = writeln!(text, "| `{name}` | {} | {what} |", list(kinds));
    }

    let new = Programs::find().expect("servers").file("table.md");
    fs::write(&new, &text).expect("the table is written");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/TABLE.md");
    let kept = fs::read_to_string(kept).unwrap_or_default();
    assert!(
        kept == text,
        "tests/servers/TABLE.md is not what the servers say; see {}\n{text}",
        new.display()
    );
}

fn heading(text: &mut String, title: &str, first: &str) {
    let _ = writeln!(text, "\n## {title}\n");
    line(text, first, Kind::ALL.map(Kind::name));
    line(text, "---", Kind::ALL.map(|_| "---"));
}

fn line<'a>(text: &mut String, first: &str, values: impl IntoIterator<Item = &'a str>) {
    let _ = write!(text, "| {first} |");
    for value in values {
        let _ = write!(text, " {value} |");
    }
    text.push('\n');
}

fn list(kinds: &[Kind]) -> String {
    kinds
        .iter()
        .map(|kind| kind.name())
        .collect::<Vec<_>>()
        .join(", ")
}

fn yes(it_does: bool) -> String {
    if it_does { "yes" } else { "no" }.to_owned()
}

/// What comes of a listing of nothing: lines all the same, or the code of the refusal.
fn shown(lines: Result<usize>) -> String {
    match lines {
        Ok(0) => "226, empty".to_owned(),
        Ok(_) => "226, its own name".to_owned(),
        Err(Error::Unexpected(reply)) => format!("{}, and says so", reply.code()),
        refused => outcome(refused),
    }
}

/// The code of the refusal, or that there was none.
fn outcome<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => "yes".to_owned(),
        Err(error) => error
            .code()
            .map_or_else(|| "no answer".to_owned(), |code| code.to_string()),
    }
}

async fn secured(
    kind: Kind,
    column: &mut Column,
    features: &mut BTreeMap<String, BTreeSet<&'static str>>,
) {
    for (row, tls) in [
        ("explicit TLS", Tls::Explicit),
        ("implicit TLS", Tls::Implicit),
    ] {
        column.push((row, tls_mode(kind, tls).await));
    }
    for (row, versions) in [
        (
            "TLS 1.2: data connections resume the session",
            Versions::Only12,
        ),
        (
            "TLS 1.3: data connections resume the session",
            Versions::Only13,
        ),
    ] {
        let cell = Cell::new(kind, Tls::Explicit, versions);
        let server = cell.start();
        let mut ftp = cell.login(&server).await;
        let mut resumed = true;
        for _ in 0..5 {
            let sent = ftp.upload("file", &b"bytes"[..]).await.expect("an upload");
            let got = ftp.download("file", &mut Vec::new()).await;
            resumed &= sent.tls_resumed() == Some(true);
            resumed &= got.expect("a download").tls_resumed() == Some(true);
        }
        column.push((row, yes(resumed)));
        for (name, _) in ftp.features().await.expect("FEAT").iter() {
            features
                .entry(name.to_owned())
                .or_default()
                .insert(kind.name());
        }
    }
}

/// Whether a login and a transfer go that way. Pure-FTPd and libunftp have no setting for implicit
/// TLS; what they make of it when they are set up for explicit TLS is what a client would meet.
async fn tls_mode(kind: Kind, tls: Tls) -> String {
    let set_up = if kind.speaks(tls) { tls } else { Tls::Explicit };
    let server = Cell::new(kind, set_up, Versions::Both).start();
    let cell = Cell::new(kind, tls, Versions::Both);
    let result = async {
        let mut ftp = cell.connect(&server, &cell.options(&server)).await?;
        ftp.upload("file", &b"bytes"[..]).await
    };
    let result = result.await;
    assert_eq!(result.is_ok(), kind.speaks(tls), "{cell}: {result:?}");
    yes(result.is_ok())
}

async fn modes(kind: Kind, column: &mut Column) {
    let cell = Cell::new(kind, Tls::None, Versions::Both);
    for (row, server) in [
        ("active mode", cell.start()),
        ("active mode over IPv6", cell.ipv6().start()),
    ] {
        let mut ftp = cell.login(&server).await;
        ftp.set_data_mode(DataMode::Active);
        column.push((row, outcome(ftp.upload("file", &b"bytes"[..]).await)));
    }
}

async fn plain(kind: Kind, column: &mut Column) {
    let cell = Cell::new(kind, Tls::None, Versions::Both);
    let options = Options::new(Tls::None).small_disk();
    let server = Server::start(kind, &options).unwrap_or_else(|error| panic!("{error}"));
    let mut ftp = cell.login(&server).await;
    let result = answers(&server, &mut ftp, column).await;
    result.unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log()));

    let mut ftp = FtpStream::connect(server.address())
        .await
        .expect("a greeting");
    let result = ftp.login(server.user(), "another").await;
    column.push(("wrong password", outcome(result).replace("yes", "let in")));
}

async fn answers(server: &Server, ftp: &mut FtpStream, column: &mut Column) -> Result<()> {
    server.put("file", b"1\n2\n3\n").expect("a file");
    let then = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let set = ftp.set_modified("file", then).await;
    column.push(("time of change can be set", outcome(set)));
    let set = ftp.chmod("file", 0o600).await;
    column.push(("permissions can be set", outcome(set)));
    let has = ftp.features().await?.has("MLST");
    column.push(("listings by", if has { "MLSD" } else { "LIST" }.to_owned()));
    let entry = ftp.metadata("file").await?;
    column.push((
        "listings say permissions",
        yes(entry.permissions().is_some()),
    ));
    column.push(("listings say owners", yes(entry.owner().is_some())));

    ftp.stor_lines("text", &b"1\n2\n"[..]).await?;
    let obeyed = server.content("text").expect("a file") == b"1\n2\n";
    column.push(("text mode is obeyed", yes(obeyed)));
    let unique = match ftp.stou().await {
        Ok(mut upload) => upload.finish().await.map(|_| ()),
        Err(error) => Err(error),
    };
    column.push(("STOU", outcome(unique)));
    let options = TransferOptions::new().offset(2);
    let mut upload = ftp.stor_with("file", &options).await?;
    upload.write_all(b"X").await?;
    let finished = upload.finish().await;
    let cut = server.content("file").expect("a file") == b"1\nX";
    column.push(("STOR at an offset cuts the rest", yes(cut)));
    // Where it does not, the file is not what the caller meant it to be.
    assert_eq!(finished.is_ok(), cut, "{finished:?}");

    let raw = async |ftp: &mut FtpStream, path| {
        let lines = ftp.list_raw(path).await?;
        let lines: Vec<_> = lines.try_collect().await?;
        Ok::<_, Error>(lines.len())
    };
    let missing = raw(ftp, "missing").await;
    column.push(("LIST of nothing", shown(missing)));
    server.put("dark/file", b"1").expect("a file");
    let dark = server.root().join("dark");
    fs::set_permissions(dark, fs::Permissions::from_mode(0o311)).expect("a mode");
    let unreadable = raw(ftp, "dark").await;
    column.push((
        "LIST of what may be entered and not read",
        shown(unreadable),
    ));
    // What `nlst` itself comes to is an error everywhere.
    for (row, path) in [
        ("NLST of nothing", "missing"),
        ("NLST of what may be entered and not read", "dark"),
    ] {
        let traffic = Traffic::record();
        let names: Result<Vec<_>> = async { ftp.nlst(path).await?.try_collect().await }.await;
        names.expect_err("not told from an empty directory");
        let replies = traffic.replies_to("NLST");
        let codes = replies.iter().filter_map(|reply| reply.get(..3));
        let codes: Vec<_> = codes.filter(|code| *code != "150").collect();
        column.push((row, codes.join(", and inside ")));
    }
    let traffic = Traffic::record();
    let missing = outcome(ftp.read("missing").await);
    let opened = traffic.replies_to("RETR").len() > 1;
    assert_eq!(opened, server.kind().has(Quirk::RefusesLate));
    let missing = if opened {
        format!("150, {missing}")
    } else {
        missing
    };
    column.push(("RETR of nothing", missing));
    column.push(("unknown command", outcome(ftp.command("GIBBERISH").await)));
    let full = ftp
        .upload("full/file", content(8 << 20, 6).as_slice())
        .await;
    // Which of several it is can be different the next time.
    let kind = server.kind();
    let allowed = full::codes(kind);
    let told = full.expect_err("the disk is full").code().map(u16::from);
    let untold = kind.has(Quirk::FullDiskUntold);
    assert!(
        told.map_or(untold, |code| allowed.contains(&code)),
        "{told:?}"
    );
    let mut full: Vec<_> = allowed.iter().map(u16::to_string).collect();
    if untold {
        full.push("no answer".to_owned());
    }
    let full = full.join(" or ");
    column.push(("STOR on a full disk", full));
    let silent = if kind.has(Quirk::LosesLastReply) {
        " or no answer"
    } else {
        ""
    };
    let end = format!("{}{silent}", ends_of_reset_uploads(kind));
    column.push(("STOR that is reset", end));
    Ok(())
}

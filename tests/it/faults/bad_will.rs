//! Bad will: servers and networks that want harm, and callers who pass on what others wrote.

use futures::TryStreamExt;
use tokio_ftp::{
    ConnectOptions, FtpStream, Limits, TlsMode, TransferOptions, WalkOptions, protocol::ReplyLimits,
};

use super::{
    calls::{delete, drop_download, drop_upload, list, nlst, noop, nothing, outcome, read},
    row::{Call, Fact, Row, Seen, fact, retr, row, stor},
};
use crate::tls::explicit;

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "a caller's input",
            "CR, LF, NUL in a path, user, password or raw command",
            inputs(),
        )
        .elsewhere("login.rs has every method"),
        fact(
            "server",
            "PASV to an inner host (bounce), a huge reply, a huge listing \
             line, an endless listing",
            [
                bounce("a host inside", "10,0,0,1"),
                bounce("the client itself", "127,0,0,1"),
                bounce("a router", "192,168,0,1"),
                row(
                    "a huge reply",
                    "C: NOOP\nS~ 200-a\\r\\n200-b\\r\\n200-c\\r\\n200-d\\r\\n200-e\\r\\n",
                    noop,
                    "! protocol error: a reply of more than 3 lines",
                )
                .options(limits().limits(Limits::default().reply(ReplyLimits::default().lines(3))))
                .broken(),
                row(
                    "a huge listing line",
                    "C: TYPE A\nS: 200 ok\nPASSIVE\nC: NLST\nS: 150 go\nD> a\\r\\n0123456789\n\
                     C: ABOR\nD! close\nS: 426 cut\nS: 226 done\nC: NOOP\nS: 200 ok",
                    |ftp| {
                        Box::pin(async move {
                            let names = ftp.nlst("").await?;
                            let error = names.try_collect::<Vec<_>>().await.map(|_| "all");
                            let after = outcome(ftp.noop().await.map(|()| "done"));
                            Ok(format!("{}, {after}", outcome(error)))
                        })
                    },
                    "! protocol error: a line of more than 8 bytes, done",
                )
                .options(limits()),
                row(
                    "a listing line just short enough",
                    "C: TYPE A\nS: 200 ok\nPASSIVE\nC: NLST\nS: 150 go\nD> 01234567\\r\\n01234567\n\
                     D! close\nS: 226 done",
                    nlst,
                    "01234567, 01234567",
                )
                .options(limits()),
                row(
                    "a file that is larger than memory should hold",
                    format!(
                        "{}\nC: NOOP\nS: 200 ok",
                        retr("S: 150 go\nD> 01234567\nD! close\nS: 226 done")
                    ),
                    |ftp| {
                        Box::pin(async move {
                            let file = outcome(ftp.read("a").await.map(|file| file.len()));
                            Ok(format!("{file}, {}", noop(ftp).await?))
                        })
                    },
                    "! protocol error: a file of more than 4 bytes, done",
                )
                .options(ConnectOptions::new().limits(Limits::default().read(4)))
                .whole("a part of the file may be left to abort, or not"),
            ],
        )
        .elsewhere("hostile.rs and list.rs: without end, in constant memory"),
        fact(
            "server",
            "names ../x, /etc/x, a/b, C:x, CON, NUL, two names that fold to \
             one, in a mirrored listing",
            [
                removal("a name above", "../x", OUTSIDE),
                removal("an absolute name", "/etc/x", OUTSIDE),
                removal("a path", "a/b", OUTSIDE),
                removal("the directory above", "..", OUTSIDE),
                walk("a walk to a name above", "../x", OUTSIDE),
                walk("a walk to an absolute name", "/etc/x", OUTSIDE),
                removal("a NUL", "a\\x00b", "! invalid argument: …"),
                walk("a walk to a NUL", "a\\x00b", "! invalid argument: …"),
                row(
                    "names that other systems than the server's have no place for",
                    "S: 150 go\nD> type=file; C:x\\r\\n\nD> type=file; CON\\r\\n\n\
                     D> type=file; a\\r\\n\nD> type=file; A\\r\\n\n\
                     D! close\nS: 226 done",
                    walked,
                    "d/C:x, d/CON, d/a, d/A",
                )
                .opening(format!("S: 220 ready\n{MLSD}")),
            ],
        )
        .elsewhere("nothing here makes a local name of a server's: there is no mirror yet"),
        fact(
            "server",
            "symlink that leaves the tree or loops",
            [
                row(
                    "links in a walk",
                    "S: 150 go\nD> type=OS.unix=slink:/; root\\r\\n\n\
                     D> type=OS.unix=slink:.; loop\\r\\n\n\
                     D! close\nS: 226 done",
                    walked,
                    "d/root, d/loop",
                )
                .opening(format!("S: 220 ready\n{MLSD}")),
                row(
                    "a link that is listed as a directory, in a tree that is removed",
                    format!(
                        "C: DELE d\nS: 550 a directory\n{MLSD}\n\
                         S: 150 go\nD> type=dir; link\\r\\n\n\
                         D! close\nS: 226 done\nC: DELE d/link\nS: 250 ok\n\
                         PASSIVE\nC: MLSD d\nS: 150 go\nD! close\nS: 226 done\nC: RMD d\nS: 250 ok"
                    ),
                    |ftp| {
                        Box::pin(async move {
                            ftp.remove_dir_all("d").await.map(|()| "done".to_owned())
                        })
                    },
                    "done",
                ),
            ],
        )
        .elsewhere("what a mirror follows: there is none yet"),
        fact(
            "man in the middle",
            "text injected before TLS; downgrade by refusing AUTH; data stream cut",
            [
                row(
                    "replies injected behind the 234",
                    "C: AUTH TLS\n\
                     S~ 234 go\\r\\n200 ok\\r\\n200 ok\\r\\n230 come in\\r\\n\n\
                     S! deaf",
                    nothing,
                    "! protocol error: 29 bytes behind the reply that starts or ends TLS",
                )
                .or(&["! protocol error: …", "! TLS failed: …"])
                .or_in_two(&["! protocol error: …", "! TLS failed: …"])
                .options(joe())
                .closed(),
                row(
                    "AUTH refused on the way",
                    "C: AUTH TLS\nS: 502 no",
                    nothing,
                    "! AUTH: 502 no",
                )
                .options(joe())
                .closed(),
                row(
                    "AUTH answered as if there were no TLS",
                    "C: AUTH TLS\nS: 234 go\nS: 220 welcome\nS! deaf",
                    nothing,
                    "! protocol error: 13 bytes behind the reply that starts or ends TLS",
                )
                .or(&["! protocol error: …", "! TLS failed: …"])
                .or_in_two(&["! protocol error: …", "! TLS failed: …"])
                .options(joe())
                .closed(),
                row(
                    "a plain greeting under implicit TLS",
                    "S: 220 ready\nS! deaf",
                    nothing,
                    "! TLS failed: …",
                )
                .opening("")
                .options(implicit())
                .closed(),
                cut(
                    "a download that is cut",
                    "S: 150 go\nD! tls\nD> half\nD! cut\nS: 226 done",
                    "! TLS failed: …",
                ),
                cut(
                    "a download that is reset",
                    "S: 150 go\nD! tls\nD> half\nD! reset\nS: 226 done",
                    "! connection failed: connection reset",
                ),
                cut(
                    "a download that is cut, of a known size",
                    "S: 150 a (8 bytes)\nD! tls\nD> half\nD! cut\nS: 226 done",
                    "! truncated: 4 of 8 bytes arrived",
                )
                .or(&["! TLS failed: …"]),
                row(
                    "a listing that is cut",
                    "S: 150 go\nD! tls\nD> -rw-r--r-- 1 o g 12 Jan  2  2024 a\\r\\n\n\
                     D! cut\nS: 226 done",
                    list,
                    "! TLS failed: …",
                )
                .opening(format!(
                    "{AGREED}C: FEAT\nS: 500\nC: SYST\nS: 500\nC: TYPE A\nS: 200 ok\n\
                     PASSIVE\nC: LIST"
                ))
                .options(explicit()),
                row(
                    "a control connection that is cut in mid-TLS",
                    "C: DELE a\nS~ 25\nS! reset",
                    delete,
                    "! connection failed: …",
                )
                .opening(AGREED)
                .options(explicit())
                .broken(),
            ],
        ),
        fact(
            "web client",
            "goes away in the middle of a request",
            [
                row(
                    "in the middle of a download",
                    retr(
                        "S: 150 go\nD> half\nC: ABOR\nD! close\nS: 426 cut\nS: 226 done\n\
                     C: NOOP\nS: 200 ok",
                    ),
                    drop_download,
                    "half, done",
                )
                .breaks("an abort whose replies come late"),
                row(
                    "behind all of a download",
                    retr("S: 150 go\nD> half\nD! close\nS: 226 done\nC: NOOP\nS: 200 ok"),
                    |ftp| {
                        Box::pin(async move {
                            let download = ftp.retr("a").await?;
                            super::calls::later().await;
                            drop(download);
                            noop(ftp).await
                        })
                    },
                    "done",
                )
                .whole("what is not here yet is aborted"),
                row(
                    "in the middle of an upload",
                    stor("S: 150 go\nD< half\nD! was reset\nS: 426 cut\nC: NOOP\nS: 200 ok"),
                    drop_upload,
                    "done",
                ),
                row(
                    "in the middle of a part",
                    retr("S: 150 go\nD> abcdef\nC: ABOR\nD! close\nS: 426 cut\nS: 226 done"),
                    |ftp| {
                        Box::pin(async move {
                            let options = TransferOptions::new().length(3);
                            let mut download = ftp.retr_with("a", &options).await?;
                            download.finish().await.map(|done| done.bytes().to_string())
                        })
                    },
                    "3",
                ),
            ],
        )
        .elsewhere(
            "cancel.rs and sweep.rs drop everything everywhere, and simulation/shelf.rs shares \
             sessions; there is no pool yet",
        ),
    ]
}

const AGREED: &str = "S: 220 ready\nC: AUTH TLS\nS: 234 go\nS! tls\nC: PBSZ 0\n\
     S: 200 ok\nC: PROT P\nS: 200 ok\n";

/// Up to a listing of `d`.
const MLSD: &str = "C: FEAT\nS~ 211-Features\\r\\n MLST type*;\\r\\n211 End\\r\\n\n\
                    C: TYPE A\nS: 200 ok\n\
                    PASSIVE\nC: MLSD d";

/// How a listing is left behind its first line.
const LEFT: &str = "C: ABOR\nD! close\nS: 426 cut\nS: 226 done";

fn limits() -> ConnectOptions {
    ConnectOptions::new().limits(Limits::default().listing_line(8))
}

fn joe() -> ConnectOptions {
    explicit().credentials("joe", "pw")
}

fn implicit() -> ConnectOptions {
    crate::support::certs::certificate()
        .trusted_by(ConnectOptions::new().tls(TlsMode::Implicit))
        .credentials("joe", "pw")
}

fn bounce(name: &'static str, host: &str) -> Row {
    let transcript = format!(
        "C: TYPE I\nS: 200 ok\nD! open 2001\nC: PASV\nS: 227 ({host},7,209)\n\
         C: RETR a\nS: 150 go\nD> abc\nD! close\nS: 226 done"
    );
    row(name, transcript, read, "abc")
        .options(ConnectOptions::new().epsv(false))
        .dials("192.0.2.10:2001")
}

fn cut(name: &'static str, rest: &str, want: &'static str) -> Row {
    row(name, rest, read, want)
        .opening(format!("{AGREED}C: TYPE I\nS: 200 ok\nPASSIVE\nC: RETR a"))
        .options(explicit())
}

/// Nothing is sent but what comes first, and the session goes on.
fn inputs() -> Vec<Row> {
    macro_rules! refused {
        ($($name:literal |$ftp:ident, $bad:ident| $call:expr;)*) => {
            vec![$({
                let call: Call = |$ftp| Box::pin(async move {
                    let mut seen = Vec::new();
                    for $bad in ["a\rb", "a\nDELE b", "a\0", "\r\n"] {
                        let seen_now = outcome($call.await.map(|_| "sent"));
                        let is_refused = seen_now.starts_with("! invalid argument: ");
                        seen.push(if is_refused { "refused".to_owned() } else { seen_now });
                    }
                    seen.dedup();
                    Ok(seen.join(", "))
                });
                row($name, "", call, "refused")
            }),*]
        };
    }
    refused! {
        "a path to CWD" |ftp, bad| ftp.cwd(bad);
        "a path to RETR" |ftp, bad| ftp.retr(bad);
        "a path to STOR" |ftp, bad| ftp.stor(bad);
        "a path to LIST" |ftp, bad| ftp.list(bad);
        "a path to DELE" |ftp, bad| ftp.delete(bad);
        "a path to RNFR" |ftp, bad| ftp.rename(bad, "b");
        "a path to RNTO" |ftp, bad| ftp.rename("a", bad);
        "a path to remove with all in it" |ftp, bad| ftp.remove_dir_all(bad);
        "a user" |ftp, bad| ftp.login(bad, "pw");
        "a password" |ftp, bad| ftp.login("joe", bad);
        "an account" |ftp, bad| ftp.account(bad);
        "a raw command" |ftp, bad| ftp.command(bad);
        "a raw transfer" |ftp, bad| ftp.transfer(bad, 0);
    }
    .into_iter()
    .chain([
        row(
            "a user in the options",
            "",
            nothing,
            "! invalid argument: …",
        )
        .options(ConnectOptions::new().credentials("joe\r\nDELE a", "pw"))
        .closed(),
        row(
            "a password in the options",
            "",
            nothing,
            "! invalid argument: …",
        )
        .options(ConnectOptions::new().credentials("joe", "pw\nDELE a"))
        .closed(),
    ])
    .collect()
}

/// What is said of a name that is not in its directory.
const OUTSIDE: &str = "! protocol error: a listing line not understood: …";

/// A tree that is removed, and a name that is not in it.
fn removal(name: &'static str, bad: &str, want: &'static str) -> Row {
    let transcript = format!(
        "C: DELE d\nS: 550 a directory\n{MLSD}\nS: 150 go\n\
         D> type=file; {bad}\\r\\n\n{LEFT}"
    );
    row(
        name,
        transcript,
        |ftp| Box::pin(async move { ftp.remove_dir_all("d").await.map(|()| "done".to_owned()) }),
        want,
    )
    .breaks("an abort whose replies come late")
}

/// What is found below `d`.
fn walked(ftp: &mut FtpStream) -> Seen<'_> {
    Box::pin(async move {
        let mut walk = ftp.walk("d", &WalkOptions::new())?;
        let mut paths = Vec::new();
        while let Some(found) = walk.next().await? {
            paths.push(found.path().to_string());
        }
        Ok(paths.join(", "))
    })
}

fn walk(name: &'static str, bad: &str, want: &'static str) -> Row {
    row(
        name,
        format!("S: 150 go\nD> type=dir; {bad}\\r\\n\n{LEFT}"),
        walked,
        want,
    )
    .breaks("an abort whose replies come late")
    .opening(format!("S: 220 ready\n{MLSD}"))
}

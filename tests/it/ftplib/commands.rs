//! Commands.

use futures::TryStreamExt;
use tokio_ftp::{EntryKind, Error};

use crate::support::{code, script::session};

const LISTING: &str = "C: TYPE A\nS: 200 ok\nPASSIVE\n";

/// `login`: 3xx to USER asks for PASS, to PASS for ACCT; a 230 to USER is enough.
#[tokio::test(start_paused = true)]
async fn login() {
    for transcript in [
        "C: USER joe\nS: 331 more\nC: PASS x\nS: 230 yes",
        "C: USER joe\nS: 230 yes",
    ] {
        let (mut ftp, server) = session(transcript).await;
        ftp.login("joe", "x").await.unwrap();
        drop(ftp);
        server.done().await;
    }
    let (mut ftp, server) =
        session("C: USER anonymous\nS: 331 more\nC: PASS anonymous@\nS: 230 yes").await;
    ftp.login_anonymous().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// `acct`.
#[tokio::test(start_paused = true)]
async fn acct() {
    let (mut ftp, server) = session("C: ACCT payer\nS: 230 yes").await;
    ftp.account("payer").await.unwrap();
    drop(ftp);
    server.done().await;
}

/// `nlst` and `dir`; an empty directory told by 450 is empty.
#[tokio::test(start_paused = true)]
async fn nlst_and_dir() {
    let (mut ftp, server) = session(&format!(
        "{LISTING}C: NLST d
         S: 150 go
         D> one\\r\\ntwo words\\r\\n
         D! close
         S: 226 done
         PASSIVE
         C: LIST
         S: 150 go
         D> a line\\r\\n another \\r\\n
         D! close
         S: 226 done
         PASSIVE
         C: NLST e
         S: 450 No files found
         C: PWD
         S: 257 \"/\"
         C: CWD e
         S: 250 ok
         PASSIVE
         C: NLST
         S: 450 No files found"
    ))
    .await;
    let names: Vec<_> = ftp.nlst("d").await.unwrap().try_collect().await.unwrap();
    assert_eq!(names, ["one", "two words"]);
    let lines: Vec<_> = ftp.list_raw("").await.unwrap().try_collect().await.unwrap();
    assert_eq!(lines, ["a line", " another "]);
    let names: Vec<_> = ftp.nlst("e").await.unwrap().try_collect().await.unwrap();
    assert!(names.is_empty());
    drop(ftp);
    server.done().await;
}

/// `mlsd`: facts in any case, `=` in values, blanks and `;` in names.
#[tokio::test(start_paused = true)]
async fn mlsd() {
    let (mut ftp, server) = session(&format!(
        "C: OPTS MLST type;size;
         S: 200 ok
         {LISTING}C: MLSD d
         S: 150 go
         D> type=cdir; .\\r\\nTYPE=file;Size=5;x=a=b; two words; and =\\r\\ntype=dir;  leading\\r\\n
         D! close
         S: 226 done
         PASSIVE
         C: MLSD
         S: 150 go
         D! close
         S: 226 done"
    ))
    .await;
    ftp.set_facts(&["type", "size"]).await.unwrap();
    let entries: Vec<_> = ftp.mlsd("d").await.unwrap().try_collect().await.unwrap();
    let found: Vec<_> = entries
        .iter()
        .map(|e| (e.name().to_string(), e.kind(), e.size()))
        .collect();
    assert_eq!(
        found,
        [
            (".".to_owned(), EntryKind::CurrentDirectory, None),
            ("two words; and =".to_owned(), EntryKind::File, Some(5)),
            (" leading".to_owned(), EntryKind::Directory, None),
        ]
    );
    assert_eq!(entries[1].fact("X"), Some(&b"a=b"[..]));
    let entries: Vec<_> = ftp.mlsd("").await.unwrap().try_collect().await.unwrap();
    assert!(entries.is_empty());
    drop(ftp);
    server.done().await;
}

/// `rename`: RNFR must be answered by a 3xx.
#[tokio::test(start_paused = true)]
async fn rename() {
    let (mut ftp, server) =
        session("C: RNFR a\nS: 350 to\nC: RNTO b\nS: 250 done\nC: RNFR a\nS: 200 what").await;
    ftp.rename("a", "b").await.unwrap();
    assert!(matches!(
        ftp.rename("a", "b").await,
        Err(Error::Unexpected(_))
    ));
    drop(ftp);
    server.done().await;
}

/// `delete`: any 2xx; 199 is none.
#[tokio::test(start_paused = true)]
async fn delete() {
    let (mut ftp, server) =
        session("C: DELE a\nS: 250 done\nC: DELE a\nS: 200 done\nC: DELE a\nS: 199 what").await;
    ftp.delete("a").await.unwrap();
    ftp.delete("a").await.unwrap();
    assert!(matches!(ftp.delete("a").await, Err(Error::Unexpected(_))));
    drop(ftp);
    server.done().await;
}

/// `cwd`: `..` is CDUP, and CWD where that is not known; nothing is `.`.
#[tokio::test(start_paused = true)]
async fn cwd() {
    let (mut ftp, server) = session(
        "C: CWD a b\nS: 250 done\nC: CDUP\nS: 200 done
         C: CDUP\nS: 500 what\nC: CWD ..\nS: 250 done
         C: CDUP\nS: 502 what\nC: CWD ..\nS: 250 done
         C: CDUP\nS: 550 no\nC: CWD .\nS: 250 done",
    )
    .await;
    ftp.cwd("a b").await.unwrap();
    for _ in 0..3 {
        ftp.cwd("..").await.unwrap();
    }
    assert_eq!(code(&ftp.cwd("..").await.unwrap_err()), 550);
    ftp.cwd("").await.unwrap();
    drop(ftp);
    server.done().await;
}

/// `size`: under TYPE I, which ftplib leaves to the caller.
#[tokio::test(start_paused = true)]
async fn size() {
    let (mut ftp, server) = session(
        "C: TYPE I\nS: 200 ok\nC: SIZE a\nS: 213 1000\nC: SIZE a\nS: 200 well
         C: SIZE a\nS: 550 no",
    )
    .await;
    assert_eq!(ftp.size("a").await.unwrap(), Some(1000));
    assert_eq!(ftp.size("a").await.unwrap(), None);
    assert!(ftp.size("a").await.unwrap_err().is_not_found());
    drop(ftp);
    server.done().await;
}

/// `mkd`, `pwd`: the path in the 257, nothing where there is none.
#[tokio::test(start_paused = true)]
async fn mkd_and_pwd() {
    let (mut ftp, server) = session(
        "C: MKD a\nS: 257 \"/a\"\nC: MKD b\nS: 250 done\nC: PWD\nS: 257 \"/\"\nC: PWD\nS: 257 what",
    )
    .await;
    assert_eq!(ftp.mkd("a").await.unwrap().unwrap(), "/a");
    assert_eq!(ftp.mkd("b").await.unwrap(), None);
    assert_eq!(ftp.pwd().await.unwrap(), "/");
    assert!(matches!(ftp.pwd().await, Err(Error::Protocol(_))));
    drop(ftp);
    server.done().await;
}

/// `rmd`.
#[tokio::test(start_paused = true)]
async fn rmd() {
    let (mut ftp, server) = session("C: RMD a\nS: 250 done\nC: RMD a\nS: 550 no").await;
    ftp.rmd("a").await.unwrap();
    assert!(ftp.rmd("a").await.unwrap_err().is_not_found());
    drop(ftp);
    server.done().await;
}

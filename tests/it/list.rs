//! Listings, and doubts about them.

use std::fs;

use futures::TryStreamExt;
use tokio_ftp::{
    ConnectOptions, Entries, EntryKind, Error, FtpStream, ListOptions, ProtocolError, TlsMode,
};

use crate::support::{
    code,
    listings::{D, NOOP, TEXT, transfer},
    script::{session, session_of},
    unftp::Unftp,
};

/// A server of RFC 959 and no more.
const OLD: &str = "
    C: FEAT
    S: 502 what?
    C: SYST
    S: 502 what?
    C: TYPE A
    S: 200 ok
";

const NEW: &str = "
    C: FEAT
    S~ 211-Features\\r\\n MLST type*;size*;\\r\\n UTF8\\r\\n211 End\\r\\n
    C: OPTS UTF8 ON
    S: 200 ok
    C: TYPE A
    S: 200 ok
";

const FILE: &str = "-rw-r--r--   1 joe  staff   12 Jan  2  2024 a file";
const DIRECTORY: &str = "drwxr-xr-x   2 joe  staff 4096 Jan  2  2024 dir";

async fn names(ftp: &mut FtpStream, path: &str) -> Result<Vec<String>, Error> {
    let entries: Vec<_> = ftp.list(path).await?.try_collect().await?;
    Ok(entries
        .iter()
        .map(|entry| entry.name().to_string())
        .collect())
}

#[tokio::test(start_paused = true)]
async fn listing_is_by_mlsd_where_the_server_has_it() {
    let lines = [
        "type=cdir;size=4096; .",
        "Type=pdir; ..",
        "type=file;size=12;modify=20240102030405; a file",
        "type=dir; dir",
        "type=OS.unix=slink:/target; link",
    ];
    let transcript = [
        NEW.to_owned(),
        transfer("MLSD", &lines),
        transfer("MLSD d", &lines),
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    let entries: Vec<_> = ftp.list("").await.unwrap().try_collect().await.unwrap();
    let kinds: Vec<_> = entries.iter().map(|entry| entry.kind()).collect();
    // The directory itself and its parent are nothing that is in it.
    assert_eq!(
        kinds,
        [EntryKind::File, EntryKind::Directory, EntryKind::Symlink]
    );
    assert_eq!(entries[0].name(), *"a file");
    assert_eq!(entries[0].size(), Some(12));
    assert_eq!(entries[2].target().unwrap(), *"/target");
    let all: Vec<_> = ftp.mlsd("d").await.unwrap().try_collect().await.unwrap();
    assert_eq!(all.len(), 5);
    assert_eq!(all[0].kind(), EntryKind::CurrentDirectory);
    assert_eq!(all[1].kind(), EntryKind::ParentDirectory);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn listing_is_by_list_elsewhere() {
    let lines = ["total 42", FILE, DIRECTORY];
    let transcript = [OLD, &transfer("LIST d", &lines), &transfer("LIST", &lines)];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_eq!(names(&mut ftp, "d").await.unwrap(), ["a file", "dir"]);
    // Asked for its features once.
    assert_eq!(names(&mut ftp, "").await.unwrap(), ["a file", "dir"]);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn listing_that_is_empty_or_names_itself_is_not_believed() {
    let path = "drwxr-xr-x   2 joe  staff 4096 Jan  2  2024 /x/d/";
    for (argument, lines) in [
        ("d", &[][..]),
        ("d", &["total 0"]),
        ("d", &[D]),
        ("/x/d", &[D]),
        ("/x/d/", &[path]),
    ] {
        // It is there and holds one file that is called as it is.
        let transcript = [
            OLD,
            &transfer(&format!("LIST {argument}"), lines),
            "C: PWD\nS: 257 \"/home\"\n",
            &format!("C: CWD {argument}\nS: 250 ok\n"),
            &transfer("LIST", &[D]),
            "C: CWD /home\nS: 250 ok\n",
            NOOP,
        ];
        let (mut ftp, server) = session(&transcript.concat()).await;
        assert_eq!(names(&mut ftp, argument).await.unwrap(), ["d"]);
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;

        // It is not there, or must not be read.
        let transcript = [
            OLD,
            &transfer(&format!("LIST {argument}"), lines),
            "C: PWD\nS: 257 \"/home\"\n",
            &format!("C: CWD {argument}\nS: 550 no such directory\n"),
            NOOP,
        ];
        let (mut ftp, server) = session(&transcript.concat()).await;
        let error = names(&mut ftp, argument).await.unwrap_err();
        assert_eq!(error.to_string(), "CWD: 550 no such directory");
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn way_back_that_is_refused_breaks_the_session() {
    let transcript = [
        OLD,
        &transfer("LIST d", &[]),
        "C: PWD\nS: 257 \"/home\"\nC: CWD d\nS: 250 ok\n",
        &transfer("LIST", &[FILE]),
        "C: CWD /home\nS: 550 no\n",
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_eq!(names(&mut ftp, "d").await.unwrap(), ["a file"]);
    let error = ftp.delete("x").await.unwrap_err();
    assert!(error.is_broken() && code(&error) == 550, "{error:?}");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn argument_that_looks_like_options_is_disguised() {
    let transcript = [
        OLD,
        &transfer("LIST ./-la", &[FILE, DIRECTORY]),
        &transfer("NLST ./-R", &["x"]),
        &transfer("LIST ./-x", &[FILE]),
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_eq!(names(&mut ftp, "-la").await.unwrap().len(), 2);
    let listed: Vec<_> = ftp.nlst("-R").await.unwrap().try_collect().await.unwrap();
    assert_eq!(listed[0], *"x");
    let raw: Vec<_> = ftp
        .list_raw("-x")
        .await
        .unwrap()
        .try_collect()
        .await
        .unwrap();
    assert_eq!(raw, [FILE]);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn refusal_that_means_an_empty_directory_is_an_empty_listing() {
    for (refusal, empty) in [
        ("450 No files found", true),
        ("550 No files found.", true),
        ("550 No data sets found.", true),
        ("450 busy", false),
        ("550 No such file or directory", false),
        ("425 No files found", false),
    ] {
        let transcript = format!("{TEXT}PASSIVE\nC: NLST\nS: {refusal}\n{NOOP}");
        let (mut ftp, server) = session(&transcript).await;
        match ftp.nlst("").await {
            Ok(names) => {
                let names: Vec<_> = names.try_collect().await.unwrap();
                assert!(empty && names.is_empty(), "{refusal}");
            }
            Err(error) => {
                assert!(!empty, "{refusal}");
                assert_eq!(error.to_string(), format!("NLST: {refusal}"));
            }
        }
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn success_that_says_failure_is_an_error() {
    let (mut ftp, server) = session(&format!(
        "{OLD}
         PASSIVE
         C: LIST
         S: 150 go
         D! close
         S: 226 Transfer done (but failed to open directory).
         {NOOP}"
    ))
    .await;
    let error = names(&mut ftp, "").await.unwrap_err();
    assert!(error.to_string().contains("failed to open"), "{error}");
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn half_a_listing_is_never_the_whole() {
    for end in [
        "D! close\nS: 426 cut",
        "D! reset\nS: 226 done",
        "D! close\nS: 451 disk",
    ] {
        let (mut ftp, server) = session(&format!(
            "{OLD}
             PASSIVE
             C: LIST
             S: 150 go
             D> {FILE}\\r\\n{DIRECTORY}\\r\\n
             S! wait 1
             {end}
             {NOOP}"
        ))
        .await;
        let mut entries = ftp.list("").await.unwrap();
        assert!(entries.try_next().await.unwrap().is_some());
        assert!(entries.try_next().await.unwrap().is_some());
        entries.try_next().await.unwrap_err();
        assert!(entries.try_next().await.unwrap().is_none());
        assert!(entries.transferred().is_none());
        drop(entries);
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn line_that_no_dialect_knows_is_kept_aside_or_an_error() {
    let lines = [FILE, "what is this?", DIRECTORY, "\\xff\\xfe", FILE];
    let transcript = [OLD, &transfer("LIST", &lines), NOOP];
    let (mut ftp, server) = session(&transcript.concat()).await;
    let mut entries = ftp.list("").await.unwrap();
    let mut count = 0;
    while entries.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!((count, entries.unknown_count()), (3, 2));
    assert_eq!(entries.unknown()[0], *"what is this?");
    assert_eq!(entries.unknown()[1].as_bytes(), b"\xff\xfe");
    drop(entries);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;

    let (mut ftp, server) = session(&transcript.concat()).await;
    let strict = ListOptions::new().strict(true);
    let mut entries = Entries::open(&mut ftp, "", &strict).await.unwrap();
    assert!(entries.try_next().await.unwrap().is_some());
    let error = entries.try_next().await.unwrap_err();
    assert!(
        matches!(error, Error::Protocol(ProtocolError::Listing(_))),
        "{error:?}"
    );
    assert!(entries.try_next().await.unwrap().is_none());
    drop(entries);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn endless_listing_streams_in_constant_memory() {
    const LINES: usize = 100_000;
    let (mut ftp, server) = session_of(ConnectOptions::new(), |mut server| async move {
        server.play(OLD).await;
        server.play("PASSIVE\nC: LIST\nS: 150 go").await;
        let block = format!("{FILE}\r\n").repeat(100);
        for _ in 0..LINES / 100 {
            server.send(block.as_bytes()).await;
        }
        server.play("D! close\nS: 226 done").await;
        server.rest().await;
    })
    .await;
    let mut entries = ftp.list("").await.unwrap();
    let mut count = 0;
    while entries.try_next().await.unwrap().is_some() {
        count += 1;
    }
    assert_eq!(count, LINES);
    drop(entries);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn lines_end_with_lf_alone_or_with_the_data() {
    let (mut ftp, server) = session(
        "C: TYPE A
         S: 200 ok
         PASSIVE
         C: RETR a
         S: 150 go
         D> one\\r\\ntwo\\n\\r\\nth\\rree
         D! close
         S: 226 done",
    )
    .await;
    let lines = ftp.retr_lines("a").await.unwrap();
    let lines: Vec<_> = lines.try_collect().await.unwrap();
    assert_eq!(lines, ["one", "two", "", "th\rree"]);
    drop(ftp);
    server.done().await;
}

#[tokio::test]
async fn real_server_is_listed_typed() {
    for mode in [TlsMode::Off, TlsMode::Explicit] {
        let server = Unftp::start().await;
        fs::create_dir(server.path("dir")).unwrap();
        fs::create_dir(server.path("dir/empty")).unwrap();
        fs::write(server.path("dir/a file"), b"twelve bytes").unwrap();
        fs::write(server.path("dir/föhn"), b"").unwrap();
        let mut ftp = server.session(mode).await;
        let entries = ftp.list("dir").await.unwrap();
        let mut entries: Vec<_> = entries.try_collect().await.unwrap();
        entries.sort_by_key(|entry| entry.name().to_string());
        let seen: Vec<_> = entries
            .iter()
            .map(|entry| (entry.name().to_string(), entry.kind()))
            .collect();
        assert_eq!(
            seen,
            [
                ("a file".to_owned(), EntryKind::File),
                ("empty".to_owned(), EntryKind::Directory),
                ("föhn".to_owned(), EntryKind::File),
            ]
        );
        assert_eq!(entries[0].size(), Some(12));
        assert_eq!(names(&mut ftp, "dir/empty").await.unwrap(), [""; 0]);
        let entry = ftp.mlst("dir/a file").await.unwrap();
        assert_eq!(entry.size(), Some(12));
        assert!(names(&mut ftp, "nosuch").await.is_err());
    }
}

/// OpenVMS writes a long name on a line of its own, and what there is to say of it on the next.
#[tokio::test(start_paused = true)]
async fn entries_of_two_lines_arrive_and_so_does_the_last_one() {
    let (mut ftp, server) = session(
        "C: FEAT
         S: 500 what
         C: SYST
         S: 215 VMS
         C: TYPE A
         S: 200 ok
         PASSIVE
         C: LIST
         S: 150 go
         D> Directory DISK:[JOE]\\r\\n\\r\\nSHORT.TXT;1   2/3   21-JAN-2024 12:00:00 [G,JOE] (RWED,RWED,RE,)\\r\\n
         D> A_VERY_LONG_NAME_THAT_NEEDS_ITS_LINE.TXT;2\\r\\n   4/6   21-JAN-2024 12:00:00 [G,JOE] (RWED,RWED,RE,)\\r\\n
         D! close
         S: 226 done",
    )
    .await;
    let entries: Vec<_> = ftp.list("").await.unwrap().try_collect().await.unwrap();
    let names: Vec<_> = entries
        .iter()
        .map(|entry| entry.name().to_string())
        .collect();
    assert_eq!(
        names,
        ["SHORT.TXT;1", "A_VERY_LONG_NAME_THAT_NEEDS_ITS_LINE.TXT;2"]
    );
    drop(ftp);
    server.done().await;
}

//! What takes more than one command.

use tokio_ftp::{EntryKind, Error, ProtocolError, WalkOptions};

use crate::support::{code, script::session};

const NO_FEATURES: &str = "C: FEAT\nS: 500 what\nC: SYST\nS: 500 what\n";
const LISTING: &str = "C: TYPE A\nS: 200 ok\nPASSIVE\n";

#[tokio::test(start_paused = true)]
async fn facts_of_a_path_come_from_mlst_where_there_is_one() {
    let (mut ftp, server) = session(
        "C: FEAT\nS~ 211-Features\\r\\n MLST type*;size*;\\r\\n211 End\\r\\n
         C: MLST d/a\nS~ 250-Listing\\r\\n type=file;size=5; /d/a\\r\\n250 End\\r\\n
         C: MLST d/b\nS: 550 no
         C: PWD\nS: 257 \"/\"
         C: CWD d/b\nS: 550 no
         C: MLST d/c\nS: 550 Permission denied
         C: PWD\nS: 257 \"/\"
         C: CWD d/c\nS: 550 Permission denied",
    )
    .await;
    let entry = ftp.metadata("d/a").await.unwrap();
    assert_eq!((entry.kind(), entry.size()), (EntryKind::File, Some(5)));
    assert!(!ftp.exists("d/b").await.unwrap());
    assert_eq!(code(&ftp.exists("d/c").await.unwrap_err()), 550);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn facts_of_a_path_come_from_its_directory_elsewhere() {
    let listing = "C: LIST d\nS: 150 go
         D> -rw-r--r-- 1 o g 5 Jan 22 2024 a\\r\\n-rw-r--r-- 1 o g 6 Jan 22 2024 b\\r\\n
         D! close\nS: 226 done\n";
    let (mut ftp, server) = session(&format!(
        "{NO_FEATURES}{LISTING}{listing}PASSIVE\n{listing}C: TYPE I\nS: 200 ok\nC: SIZE d/x\nS: 550 no
         C: SIZE d/y\nS: 213 5
         C: SIZE d\nS: 550 no\nC: PWD\nS: 257 \"/\"\nC: CWD d\nS: 250 done\nC: CWD /\nS: 250 done
         C: SIZE d/x\nS: 550 no\nC: PWD\nS: 257 \"/\"\nC: CWD d/x\nS: 550 no"
    ))
    .await;
    assert_eq!(ftp.metadata("d/b").await.unwrap().size(), Some(6));
    assert!(ftp.metadata("d/x").await.unwrap_err().is_not_found());
    assert!(ftp.exists("d/y").await.unwrap());
    assert!(ftp.exists("d").await.unwrap());
    assert!(!ftp.exists("d/x").await.unwrap());
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn directories_are_made_from_the_top_and_those_that_are_there_do_not_matter() {
    let (mut ftp, server) = session(
        "C: MKD a/b/c\nS: 550 no
         C: MKD a\nS: 521 is there
         C: MKD a/b\nS: 257 \"/a/b\"
         C: MKD a/b/c\nS: 257 \"/a/b/c\"
         C: MKD d\nS: 550 is there
         C: MKD d\nS: 550 is there
         C: PWD\nS: 257 \"/\"
         C: CWD d\nS: 250 done
         C: CWD /\nS: 250 done
         C: MKD e\nS: 550 Permission denied
         C: MKD e\nS: 550 Permission denied
         C: PWD\nS: 257 \"/\"
         C: CWD e\nS: 550 no such directory",
    )
    .await;
    ftp.create_dir_all("a/b/c").await.unwrap();
    ftp.create_dir_all("d").await.unwrap();
    let error = ftp.create_dir_all("e").await.unwrap_err();
    assert_eq!(error.to_string(), "MKD: 550 Permission denied");
    drop(ftp);
    server.done().await;
}

/// Whatever a listing says, a directory is entered only after the server has refused to delete it:
/// some servers list a link to a directory as the directory.
#[tokio::test(start_paused = true)]
async fn a_directory_is_removed_with_all_that_is_in_it_and_links_are_not_followed() {
    let features = "C: FEAT\nS~ 211-Features\\r\\n MLST type*;\\r\\n211 End\\r\\n\n";
    let empty = "S: 150 go\nD! close\nS: 226 done\n";
    let (mut ftp, server) = session(&format!(
        "C: DELE d\nS: 550 a directory
         {features}{LISTING}C: MLSD d\nS: 150 go
         D> type=cdir; .\\r\\ntype=file; a\\r\\ntype=dir; s\\r\\ntype=dir; link\\r\\n
         D! close\nS: 226 done
         C: DELE d/a\nS: 250 done\nC: DELE d/s\nS: 550 a directory\nC: DELE d/link\nS: 250 done
         PASSIVE\nC: MLSD d/s\n{empty}C: RMD d/s\nS: 250 done
         PASSIVE\nC: MLSD d\n{empty}C: RMD d\nS: 250 done
         C: DELE link\nS: 250 done"
    ))
    .await;
    ftp.remove_dir_all("d").await.unwrap();
    ftp.remove_dir_all("link").await.unwrap();
    assert!(matches!(
        ftp.remove_dir_all("").await,
        Err(Error::Argument(_))
    ));
    drop(ftp);
    server.done().await;
}

/// A server that grants a deletion and goes on listing the file is not asked for ever.
#[tokio::test(start_paused = true)]
async fn a_file_that_does_not_go_ends_in_the_refusal_of_its_directory() {
    let features = "C: FEAT\nS~ 211-Features\\r\\n MLST type*;\\r\\n211 End\\r\\n\n";
    let listing = "C: MLSD d\nS: 150 go\nD> type=file; a\\r\\n\nD! close\nS: 226 done\n";
    let (mut ftp, server) = session(&format!(
        "C: DELE d\nS: 550 a directory
         {features}{LISTING}{listing}C: DELE d/a\nS: 250 done
         PASSIVE\n{listing}C: RMD d\nS: 550 not empty"
    ))
    .await;
    let error = ftp.remove_dir_all("d").await.unwrap_err();
    assert_eq!(error.to_string(), "RMD: 550 not empty");
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn nothing_outside_a_directory_is_removed_with_it() {
    for name in ["../x", "/etc/x", "a/b", "..", "."] {
        let features = "C: FEAT\nS~ 211-Features\\r\\n MLST type*;\\r\\n211 End\\r\\n\n";
        let (mut ftp, server) = session(&format!(
            "C: DELE d\nS: 550 a directory
             {features}{LISTING}C: MLSD d\nS: 150 go\nD> type=file; {name}\\r\\n
             D! close\nS: 226 done"
        ))
        .await;
        let error = ftp.remove_dir_all("d").await.unwrap_err();
        assert!(matches!(error, Error::Protocol(_)), "{name}: {error:?}");
        drop(ftp);
        server.done().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_walk_names_all_the_upper_ones_first_and_goes_on_behind_what_is_refused() {
    let features = "C: FEAT\nS~ 211-Features\\r\\n MLST type*;\\r\\n211 End\\r\\n\n";
    let (mut ftp, server) = session(&format!(
        "{features}{LISTING}C: MLSD d\nS: 150 go
         D> type=cdir; .\\r\\ntype=dir; s\\r\\ntype=dir; no\\r\\ntype=file; a\\r\\n
         D! close\nS: 226 done
         PASSIVE\nC: MLSD d/s\nS: 150 go\nD> type=dir; deep\\r\\n\nD! close\nS: 226 done
         PASSIVE\nC: MLSD d/no\nS: 550 Permission denied"
    ))
    .await;
    let mut walk = ftp.walk("d", &WalkOptions::new().depth(1)).unwrap();
    let mut found = Vec::new();
    let error = loop {
        match walk.next().await {
            Ok(Some(next)) => found.push((next.path().to_string(), next.depth())),
            Ok(None) => panic!("a refusal was passed over"),
            Err(error) => break error,
        }
    };
    let want = [("d/s", 0), ("d/no", 0), ("d/a", 0), ("d/s/deep", 1)];
    assert_eq!(found, want.map(|(path, depth)| (path.to_owned(), depth)));
    assert_eq!(code(&error), 550);
    assert!(walk.next().await.unwrap().is_none());
    drop(ftp);
    server.done().await;
}

/// A link that is listed as the directory it points to leads round and round.
#[tokio::test(start_paused = true)]
async fn a_walk_does_not_enter_where_it_is_already() {
    let features = "C: FEAT\nS~ 211-Features\\r\\n MLST type*;unique*;\\r\\n211 End\\r\\n\n";
    let (mut ftp, server) = session(&format!(
        "{features}{LISTING}C: MLSD\nS: 150 go
         D> type=dir;unique=1; a\\r\\ntype=dir;unique=2; b\\r\\n
         D! close\nS: 226 done
         PASSIVE\nC: MLSD a\nS: 150 go\nD> type=dir;unique=3; in\\r\\n\nD! close\nS: 226 done
         PASSIVE\nC: MLSD b\nS: 150 go\nD! close\nS: 226 done
         PASSIVE\nC: MLSD a/in\nS: 150 go
         D> type=dir;unique=1; up\\r\\ntype=dir;unique=2; over\\r\\n
         D! close\nS: 226 done
         PASSIVE\nC: MLSD a/in/over\nS: 150 go\nD! close\nS: 226 done
         C: NOOP\nS: 200 ok"
    ))
    .await;
    let mut walk = ftp.walk("", &WalkOptions::new()).unwrap();
    let mut found = Vec::new();
    while let Some(next) = walk.next().await.unwrap() {
        found.push(next.path().to_string());
    }
    assert_eq!(found, ["a", "b", "a/in", "a/in/up", "a/in/over"]);
    drop(walk);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn a_walk_keeps_only_so_many_directories_in_mind() {
    let features = "C: FEAT\nS~ 211-Features\\r\\n MLST type*;\\r\\n211 End\\r\\n\n";
    let (mut ftp, server) = session(&format!(
        "{features}{LISTING}C: MLSD\nS: 150 go
         D> type=dir; a\\r\\ntype=dir; b\\r\\ntype=dir; c\\r\\n
         D! close\nS: 226 done"
    ))
    .await;
    let mut walk = ftp.walk("", &WalkOptions::new().waiting(2)).unwrap();
    for name in ["a", "b"] {
        assert_eq!(*walk.next().await.unwrap().unwrap().path(), *name);
    }
    let error = walk.next().await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Protocol(ProtocolError::TooLarge { limit: 2, .. })
        ),
        "{error:?}"
    );
    drop(walk);
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn a_time_is_set_by_whatever_the_server_knows() {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    for transcript in [
        "C: MFMT 20010909014640 a\nS: 213 done",
        "C: MFMT 20010909014640 a\nS: 500 what\nC: MDTM 20010909014640 a\nS: 213 done",
        "C: MFMT 20010909014640 a\nS: 502 what\nC: MDTM 20010909014640 a\nS: 550 no such file
         C: SITE UTIME a 20010909014640 20010909014640 20010909014640 UTC\nS: 200 done",
    ] {
        let (mut ftp, server) = session(transcript).await;
        ftp.set_modified("a", time).await.unwrap();
        drop(ftp);
        server.done().await;
    }
    let unknown = "C: MFMT 20010909014640 a\nS: 502 what
         C: MDTM 20010909014640 a\nS: 550 no such file
         C: SITE UTIME a 20010909014640 20010909014640 20010909014640 UTC\nS: 500 what\nC: MDTM a\n";
    for (transcript, refusal) in [
        ("C: MFMT 20010909014640 a\nS: 550 no".to_owned(), 550),
        // The file is there, so it was the command that was not known; or it is not there.
        (format!("{unknown}S: 213 20010101000000"), 502),
        (format!("{unknown}S: 550 no such file"), 550),
    ] {
        let (mut ftp, server) = session(&transcript).await;
        let error = ftp.set_modified("a", time).await.unwrap_err();
        assert_eq!(code(&error), refusal);
        drop(ftp);
        server.done().await;
    }
}

//! Directories of which NLST names nothing, or only themselves.

use futures::TryStreamExt;

use super::{BACK, in_step, names};
use crate::support::{
    code,
    listings::{DOT, DOTS, FEATURES, NOOP, TEXT, refused, transfer},
    script::session,
};

/// MLSD does not lie: ProFTPD, whose NLST does.
#[tokio::test(start_paused = true)]
async fn no_names_are_confirmed_by_mlsd() {
    let feature = "C: FEAT\nS~ 211-Features\\r\\n MLST type*;\\r\\n TVFS\\r\\n211 End\\r\\n\n";
    for (mlsd, unread) in [
        (refused("MLSD", "550 d: Permission denied"), true),
        (
            "PASSIVE\nC: MLSD\nS: 150 go\nD! close\nS: 550 Permission denied\n".to_owned(),
            true,
        ),
        (transfer("MLSD", &[]), false),
        (transfer("MLSD", &["type=cdir; ."]), false),
        (refused("MLSD", "550 No files found"), false),
        // Announced and not there, or not now: the switch is asked.
        (
            refused("MLSD", "502 what?") + &transfer("LIST -a", &[DOT, DOTS]),
            false,
        ),
        (
            refused("MLSD", "450 busy") + &transfer("LIST -a", &[DOT, DOTS]),
            false,
        ),
    ] {
        let transcript = [TEXT, &transfer("NLST", &[]), feature, &mlsd, NOOP];
        let (mut ftp, server) = session(&transcript.concat()).await;
        match names(&mut ftp, "").await {
            Ok(names) => assert!(!unread && names.is_empty(), "{mlsd}"),
            Err(error) => assert!(unread && code(&error) == 550, "{mlsd}: {error:?}"),
        }
        in_step(ftp, server).await;
    }
}

/// vsftpd says 226 to NLST of a missing directory, and names one that it cannot open.
#[tokio::test(start_paused = true)]
async fn no_names_and_the_own_name_are_not_believed() {
    for (argument, lines) in [("d", &[][..]), ("d", &["d"]), ("/x/d/", &["/x/d"])] {
        let home = "C: PWD\nS: 257 \"/home\"\n";
        // What names itself could be a file.
        let (no_file, text) = if lines.is_empty() {
            (String::new(), "")
        } else {
            let size = format!("SIZE {argument}\nS: 550 Could not get file size.\n");
            (format!("C: TYPE I\nS: 200 ok\nC: {size}"), TEXT)
        };
        let asked = transfer(&format!("NLST {argument}"), lines) + &no_file;
        let transcript = [
            TEXT,
            &asked,
            home,
            &format!("C: CWD {argument}\nS: 550 Failed to change directory.\n"),
            NOOP,
        ];
        let (mut ftp, server) = session(&transcript.concat()).await;
        let error = names(&mut ftp, argument).await.unwrap_err();
        assert_eq!(error.to_string(), "CWD: 550 Failed to change directory.");
        in_step(ftp, server).await;

        // It is there, and holds one file that is called as it is.
        let enter = format!("{home}C: CWD {argument}\nS: 250 ok\n{text}");
        let inside = transfer("NLST", &["d"]);
        let transcript = [TEXT, &asked, &enter, &inside, BACK, NOOP];
        let (mut ftp, server) = session(&transcript.concat()).await;
        assert_eq!(names(&mut ftp, argument).await.unwrap(), ["d"]);
        in_step(ftp, server).await;

        // It is there, and empty.
        let transcript = [
            TEXT,
            &asked,
            &enter,
            &transfer("NLST", &[]),
            FEATURES,
            &transfer("LIST -a", &[DOT, DOTS]),
            BACK,
            NOOP,
        ];
        let (mut ftp, server) = session(&transcript.concat()).await;
        assert_eq!(names(&mut ftp, argument).await.unwrap(), [""; 0]);
        in_step(ftp, server).await;
    }
}

/// NLST of a file is that file, as far as the server can tell.
#[tokio::test(start_paused = true)]
async fn file_has_its_own_name() {
    for size in ["213 12", "502 what?", "500 what?"] {
        let transcript = [
            TEXT,
            &transfer("NLST d/f", &["d/f"]),
            &format!("C: TYPE I\nS: 200 ok\nC: SIZE d/f\nS: {size}\n"),
            NOOP,
        ];
        let (mut ftp, server) = session(&transcript.concat()).await;
        assert_eq!(names(&mut ftp, "d/f").await.unwrap(), ["d/f"], "{size}");
        in_step(ftp, server).await;
    }
}

/// vsftpd and Pure-FTPd, to each kind of listing.
#[tokio::test(start_paused = true)]
async fn success_that_says_failure_is_an_error_of_names_and_lines() {
    for success in [
        "226 Transfer done (but failed to open directory).",
        "226-Sorry, we were unable to read [.]\\r\\n226-Options: -l\\r\\n226 0 matches total",
    ] {
        let no = |command| {
            format!("PASSIVE\nC: {command}\nS: 150 go\nD! close\nS~ {success}\\r\\n\n{NOOP}")
        };
        let transcript = [FEATURES, TEXT, &no("LIST"), &no("LIST"), &no("NLST")];
        let (mut ftp, server) = session(&transcript.concat()).await;
        let mut listing = ftp.list("").await.unwrap();
        listing.try_next().await.unwrap_err();
        assert!(listing.try_next().await.unwrap().is_none());
        assert_eq!(code(&listing.finish().await.unwrap_err()), 226);
        assert!(listing.transferred().is_none());
        drop(listing);
        ftp.noop().await.unwrap();
        let mut lines = ftp.list_raw("").await.unwrap();
        assert_eq!(code(&lines.try_next().await.unwrap_err()), 226);
        assert!(lines.transferred().is_none());
        drop(lines);
        ftp.noop().await.unwrap();
        let mut names = ftp.nlst("").await.unwrap();
        assert_eq!(code(&names.try_next().await.unwrap_err()), 226);
        assert!(names.transferred().is_none());
        drop(names);
        in_step(ftp, server).await;
    }
    // A file of that name is none of this.
    let (mut ftp, server) = session(
        "C: TYPE A\nS: 200 ok\nPASSIVE\nC: RETR failed to open directory\nS: 150 go\nD> a\n\
         D! close\nS: 226 failed to open directory sent",
    )
    .await;
    let lines = ftp.retr_lines("failed to open directory").await.unwrap();
    assert_eq!(lines.try_collect::<Vec<_>>().await.unwrap(), ["a"]);
    drop(ftp);
    server.done().await;
}

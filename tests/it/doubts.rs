//! Listings that show nothing, and what is behind them.

use std::io::ErrorKind;

use futures::TryStreamExt;
use tokio_ftp::{ConnectOptions, Entries, Error, FtpStream, ListOptions};

use crate::support::{
    Polled, code,
    script::{Server, session, session_of},
};

/// A server without MLSD whose first listing is to come.
const START: &str = "
    C: FEAT
    S~ 211-Features\\r\\n TVFS\\r\\n211 End\\r\\n
    C: TYPE A
    S: 200 ok
";

const TEXT: &str = "
    C: TYPE A
    S: 200 ok
";

const FEATURES: &str = "
    C: FEAT
    S~ 211-Features\\r\\n TVFS\\r\\n211 End\\r\\n
";

const ENTER: &str = "C: PWD\nS: 257 \"/home\"\nC: CWD d\nS: 250 ok\n";

const BACK: &str = "C: CWD /home\nS: 250 ok\n";

/// Before it leaves, the client makes sure that it can come back.
const STAY: &str = "C: PWD\nS: 257 \"/home\"\nC: CWD /home\nS: 250 ok\n";

const ROOT: &str = "C: PWD\nS: 257 \"/home\"\nC: CWD /\nS: 250 ok\n";

const NOOP: &str = "C: NOOP\nS: 200 ok\n";

const A: &str = "-rw-r--r--   1 joe  staff   12 Jan  2  2024 a";
const DASH: &str = "-rw-r--r--   1 joe  staff   12 Jan  2  2024 -a";
const DOT: &str = "drwxr-xr-x   2 joe  staff 4096 Jan  2  2024 .";
const DOTS: &str = "drwxr-xr-x   2 joe  staff 4096 Jan  2  2024 ..";

/// One data connection with these lines.
fn transfer(command: &str, lines: &[&str]) -> String {
    let data: String = lines
        .iter()
        .map(|line| format!("D> {line}\\r\\n\n"))
        .collect();
    format!("PASSIVE\nC: {command}\nS: 150 go\n{data}D! close\nS: 226 done\n")
}

fn refused(command: &str, refusal: &str) -> String {
    format!("PASSIVE\nC: {command}\nS: {refusal}\n")
}

/// The switch is tried where there is something to compare, and shows the directory itself.
fn shown_in_root() -> String {
    let plain = transfer("LIST", &[A]);
    format!(
        "{STAY}{ROOT}{plain}{}",
        transfer("LIST -a", &[DOT, DOTS, A])
    )
}

async fn entries(ftp: &mut FtpStream, path: &str) -> Result<Vec<String>, Error> {
    let entries: Vec<_> = ftp.list(path).await?.try_collect().await?;
    let names = entries.iter().map(|entry| entry.name().to_string());
    Ok(names.collect())
}

async fn names(ftp: &mut FtpStream, path: &str) -> Result<Vec<String>, Error> {
    let names: Vec<_> = ftp.nlst(path).await?.try_collect().await?;
    Ok(names.iter().map(ToString::to_string).collect())
}

fn assert_unread(error: &Error) {
    assert!(matches!(error, Error::Unreadable), "{error:?}");
    assert!(!error.is_transient() && !error.is_not_found());
    let error = std::io::Error::from(error.clone());
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

/// Lists where the session is, so many times, and finds each time that it is empty.
async fn believed(transcript: &[&str], times: usize) {
    let transcript = [START, &transcript.concat(), NOOP].concat();
    let (mut ftp, server) = session(&transcript).await;
    for _ in 0..times {
        assert_eq!(entries(&mut ftp, "").await.unwrap(), [""; 0]);
    }
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// ProFTPD without MLSD, of a directory that may be entered and not be read.
#[tokio::test(start_paused = true)]
async fn directory_that_does_not_even_show_itself_is_unreadable() {
    let (silent, all) = (transfer("LIST", &[]), transfer("LIST -a", &[]));
    let transcript = [
        START,
        &transfer("LIST d", &[]),
        ENTER,
        &silent,
        &all,
        BACK,
        &shown_in_root(),
        BACK,
        // From now on it is known what the switch shows.
        &silent,
        &all,
        &transfer("NLST d", &[]),
        ENTER,
        &transfer("NLST", &[]),
        &all,
        BACK,
        NOOP,
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_unread(&entries(&mut ftp, "d").await.unwrap_err());
    assert_unread(&entries(&mut ftp, "").await.unwrap_err());
    assert_unread(&names(&mut ftp, "d").await.unwrap_err());
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn directory_that_shows_itself_is_empty() {
    let empty = [
        transfer("LIST", &[]),
        transfer("LIST -a", &["total 0", DOT, DOTS]),
    ]
    .concat();
    believed(&[&empty, &empty], 2).await;
}

/// Where the server has said anything at all, nothing more is asked.
#[tokio::test(start_paused = true)]
async fn directory_of_which_anything_is_said_was_read() {
    for answer in [
        transfer("LIST", &["total 0"]),
        transfer("LIST", &[DOT, DOTS]),
        transfer("LIST", &["what is this?"]),
        refused("LIST", "450 No files found"),
        refused("LIST", "550 Directory is empty"),
    ] {
        believed(&[&answer], 1).await;
    }
    for answer in [
        transfer("NLST", &["."]),
        refused("NLST", "450 No files found"),
    ] {
        let transcript = [TEXT, &answer, NOOP];
        let (mut ftp, server) = session(&transcript.concat()).await;
        names(&mut ftp, "").await.unwrap();
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

/// To some servers `-a` is the name of a file that is not there, and to others nothing at all. The
/// second empty directory costs nothing more.
#[tokio::test(start_paused = true)]
async fn switch_that_shows_no_directory_itself_proves_nothing() {
    let silent = transfer("LIST", &[]);
    for in_root in [
        // Ignored.
        [transfer("LIST", &[A]), transfer("LIST -a", &[A])],
        // Taken for a name.
        [transfer("LIST", &[A]), transfer("LIST -a", &[])],
        [
            transfer("LIST", &[A]),
            refused("LIST -a", "550 no such file"),
        ],
        [transfer("LIST", &[DASH]), transfer("LIST -a", &[DASH])],
        // Nothing to compare.
        [silent.clone(), transfer("LIST -a", &[])],
        // Shown there without the switch, too, and so perhaps nowhere else.
        [
            transfer("LIST", &[DOT, DOTS, A]),
            transfer("LIST -a", &[DOT, DOTS, A]),
        ],
    ] {
        let all = transfer("LIST -a", &[]);
        let in_root = in_root.concat();
        let steps = [&silent[..], &all, STAY, ROOT, &in_root, BACK, &silent];
        believed(&steps, 2).await;
    }
}

#[tokio::test(start_paused = true)]
async fn switch_that_shows_something_else_is_none() {
    let silent = transfer("LIST", &[]);
    for all in [
        transfer("LIST -a", &[DASH]),
        transfer("LIST -a", &["-a: No such file or directory"]),
        refused("LIST -a", "450 No files found"),
    ] {
        believed(&[&silent, &all], 1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn switch_that_is_refused_proves_nothing() {
    let silent = transfer("LIST", &[]);
    for refusal in ["501 no options here", "550 no such file"] {
        let refusal = refused("LIST -a", refusal);
        let in_root = [STAY, ROOT, &transfer("LIST", &[A]), &refusal, BACK].concat();
        believed(&[&silent, &refusal, &in_root, &silent], 2).await;
    }
    for refusal in [
        "PASSIVE\nC: LIST -a\nS: 150 go\nD! close\nS: 451 no such file\n",
        &refused("LIST -a", "450 busy"),
        &refused("LIST -a", "425 no data connection"),
    ] {
        believed(&[&silent, refusal, &silent, refusal], 2).await;
    }
}

/// What is refused here and not in `/` is refused because of the directory.
#[tokio::test(start_paused = true)]
async fn switch_that_is_refused_here_alone_is_the_answer() {
    let refusal = refused("LIST -a", "550 Permission denied");
    let transcript = [
        START,
        &transfer("LIST", &[]),
        &refusal,
        &shown_in_root(),
        BACK,
        NOOP,
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_eq!(code(&entries(&mut ftp, "").await.unwrap_err()), 550);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn root_that_is_refused_proves_nothing() {
    let (silent, all) = (transfer("LIST", &[]), transfer("LIST -a", &[]));
    for refusal in ["550 no", "450 busy"] {
        let no_root = format!("{STAY}C: PWD\nS: 257 \"/home\"\nC: CWD /\nS: {refusal}\n");
        believed(&[&silent, &all, &no_root, &silent], 2).await;
    }
    let denied = refused("LIST", "550 Permission denied");
    let unreadable = [STAY, ROOT, &denied, BACK].concat();
    believed(&[&silent, &all, &unreadable, &silent], 2).await;
}

/// Somebody else has removed it: there is nothing in it, and no way back to it.
#[tokio::test(start_paused = true)]
async fn directory_that_is_gone_is_not_left() {
    let (silent, all) = (transfer("LIST", &[]), transfer("LIST -a", &[]));
    // vsftpd cannot say where it is then, and others cannot go there.
    believed(&[&silent, &all, "C: PWD\nS: 257 \"\"\n", &silent], 2).await;
    believed(&[&silent, &all, "C: PWD\nS: 550 gone\n", &silent], 2).await;
    let gone = "C: PWD\nS: 257 \"/home\"\nC: CWD /home\nS: 550 gone\n";
    let transcript = [START, &silent, &all, gone, "C: CWD /\nS: 250 ok\n"];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_eq!(code(&entries(&mut ftp, "").await.unwrap_err()), 550);
    ftp.cwd("/").await.unwrap();
    drop(ftp);
    server.done().await;
}

/// Directories show themselves on Unix.
#[tokio::test(start_paused = true)]
async fn other_systems_are_not_asked() {
    let transcript = [
        "C: FEAT\nS: 502 what?\nC: SYST\nS: 215 Windows_NT\n",
        TEXT,
        &transfer("LIST", &[]),
        NOOP,
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_eq!(entries(&mut ftp, "").await.unwrap(), [""; 0]);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// What was found out for hidden names need not be found out again.
#[tokio::test(start_paused = true)]
async fn switch_is_known_from_hidden_names() {
    let all = transfer("LIST -a", &[DOT, DOTS, A]);
    let silent = [transfer("LIST", &[]), transfer("LIST -a", &[])].concat();
    let transcript = [START, &transfer("LIST", &[A]), &all, &all, &silent, NOOP];
    let (mut ftp, server) = session(&transcript.concat()).await;
    let options = ListOptions::new().hidden(true);
    let mut listing = Entries::open(&mut ftp, "", &options).await.unwrap();
    assert_eq!(listing.finish().await.unwrap().entries(), 1);
    drop(listing);
    assert_unread(&entries(&mut ftp, "").await.unwrap_err());
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

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
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
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
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;

        // It is there, and holds one file that is called as it is.
        let enter = format!("{home}C: CWD {argument}\nS: 250 ok\n{text}");
        let inside = transfer("NLST", &["d"]);
        let transcript = [TEXT, &asked, &enter, &inside, BACK, NOOP];
        let (mut ftp, server) = session(&transcript.concat()).await;
        assert_eq!(names(&mut ftp, argument).await.unwrap(), ["d"]);
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;

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
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
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
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
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
        let transcript = [START, &no("LIST"), &no("LIST"), &no("NLST")];
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
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
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

/// A server on Unix without MLSD, whose user may enter `/d` and not read it.
async fn unix(mut server: Server) {
    let mut here = "/home".to_owned();
    while let Some(line) = server.next_line().await {
        let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
        let lines = match (here.as_str(), argument) {
            ("/d", _) | (_, "d") => &[][..],
            (_, "-a") => &[DOT, DOTS, A],
            _ => &[A],
        };
        let answer = match verb {
            "FEAT" => "S~ 211-Features\\r\\n TVFS\\r\\n211 End\\r\\n".to_owned(),
            "PWD" => format!("S: 257 \"{here}\""),
            "TYPE" => "S: 200 ok".to_owned(),
            "ABOR" => "S: 225 nothing to abort".to_owned(),
            "CWD" => {
                here = if argument == "d" { "/d" } else { argument }.to_owned();
                "S: 250 ok".to_owned()
            }
            "EPSV" => format!("S: 229 go (|||{}|)", server.listen()),
            "LIST" | "NLST" => {
                let data: String = lines
                    .iter()
                    .map(|line| format!("D> {line}\\r\\n\n"))
                    .collect();
                format!("S: 150 go\nD! accept\n{data}D! close\nS: 226 done")
            }
            _ => panic!("not of this server: {line}"),
        };
        server.play(&answer).await;
    }
}

/// Dropped after each poll, the doubt leaves the session in step, where it was, and no less wary.
#[tokio::test(start_paused = true)]
async fn doubt_may_be_dropped_at_every_poll() {
    for (by_names, late) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut dropped = 0;
        for polls in 0.. {
            let (mut ftp, server) = session_of(ConnectOptions::new(), unix).await;
            let doubted = async {
                if by_names {
                    names(&mut ftp, "d").await
                } else {
                    entries(&mut ftp, "d").await
                }
            };
            let done = if late {
                Polled::late(doubted, polls).await
            } else {
                Polled::new(doubted, polls).await
            };
            assert_eq!(ftp.pwd().await.unwrap(), *"/home", "after {polls}");
            assert_eq!(entries(&mut ftp, "").await.unwrap(), ["a"]);
            assert_unread(&entries(&mut ftp, "d").await.unwrap_err());
            assert_eq!(ftp.pwd().await.unwrap(), *"/home", "after {polls}");
            drop(ftp);
            server.done().await;
            if let Some(done) = done {
                assert_unread(&done.unwrap_err());
                break;
            }
            dropped = polls;
        }
        assert!(dropped > 15, "dropped at {dropped} polls only");
    }
}

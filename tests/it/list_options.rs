//! What can be chosen about listings, and what is found out about a server for them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::TryStreamExt;
use tokio_ftp::{Entries, EntryKind, Error, FtpStream, ListOptions, listing::DateOrder};

use crate::support::{
    code,
    listings::{A, B, DASH, DOT, DOTS, FEATURES, NOOP, TEXT, refused, transfer},
    script::session,
};

const HIDDEN: &str = "-rw-r--r--   1 joe  staff   12 Jan  2  2024 .profile";

async fn names(ftp: &mut FtpStream, path: &str) -> Result<Vec<String>, Error> {
    let options = ListOptions::new().hidden(true);
    let entries = Entries::open(ftp, path, &options).await?;
    let entries: Vec<_> = entries.try_collect().await?;
    Ok(entries
        .iter()
        .map(|entry| entry.name().to_string())
        .collect())
}

#[tokio::test(start_paused = true)]
async fn hidden_names_are_shown_once_the_switch_is_known_to_be_one() {
    let transcript = [
        FEATURES,
        TEXT,
        &transfer("LIST", &["total 2", A, B]),
        &transfer("LIST -a", &["total 4", DOT, DOTS, HIDDEN, A, B]),
        &transfer("LIST -a", &["total 4", DOT, DOTS, HIDDEN, A, B]),
        // It is known from now on. The path goes by CWD, for behind a switch a blank ends it.
        "C: PWD\nS: 257 \"/\"\nC: CWD two words\nS: 250 ok\n",
        &transfer("LIST -a", &[DOT, DOTS, B]),
        "C: CWD /\nS: 250 ok\nC: NOOP\nS: 200 ok\n",
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_eq!(names(&mut ftp, "").await.unwrap(), [".profile", "a", "b"]);
    assert_eq!(names(&mut ftp, "two words").await.unwrap(), ["b"]);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

/// To these servers `-a` is a file, or nothing that they know.
#[tokio::test(start_paused = true)]
async fn a_switch_that_is_none_is_not_believed() {
    for answer in [
        transfer("LIST -a", &[]),
        transfer("LIST -a", &[A]),
        transfer("LIST -a", &[DASH]),
        refused("LIST -a", "550 no such file"),
        refused("LIST -a", "501 no options here"),
        "PASSIVE\nC: LIST -a\nS: 150 go\nD! close\nS: 451 no such file\n".to_owned(),
    ] {
        let plain = transfer("LIST", &[A, B]);
        let transcript = [FEATURES, TEXT, &plain, &answer, &plain, &plain, NOOP];
        let (mut ftp, server) = session(&transcript.concat()).await;
        assert_eq!(names(&mut ftp, "").await.unwrap(), ["a", "b"], "{answer}");
        // Nor asked for again.
        assert_eq!(names(&mut ftp, "").await.unwrap(), ["a", "b"], "{answer}");
        ftp.noop().await.unwrap();
        drop(ftp);
        server.done().await;
    }
}

/// Where nothing can be compared nothing is concluded, neither yes nor no.
#[tokio::test(start_paused = true)]
async fn a_switch_is_put_to_the_test_until_there_is_an_answer() {
    let all = transfer("LIST -a", &[DOT, DOTS, HIDDEN]);
    let transcript = [
        FEATURES,
        TEXT,
        // A directory with nothing but the file of that name.
        &transfer("LIST", &[DASH]),
        &transfer("LIST -a", &[DASH]),
        &transfer("LIST", &[DASH]),
        // One that seems to be empty, and what is shown elsewhere.
        &transfer("LIST", &[]),
        &transfer("LIST -a", &[]),
        &transfer("LIST", &[]),
        &transfer("LIST -a", &[]),
        "C: PWD\nS: 257 \"/home\"\nC: CWD /home\nS: 250 ok\n",
        "C: PWD\nS: 257 \"/home\"\nC: CWD /\nS: 550 no\n",
        // A file that was deleted in between.
        &transfer("LIST", &[A, B]),
        &transfer("LIST -a", &[DOT, DOTS, A]),
        &transfer("LIST", &[A]),
        // No data connection, or one that is busy: nothing is said of the switch.
        &transfer("LIST", &[A]),
        "PASSIVE\nC: LIST -a\nS: 450 busy\n",
        &transfer("LIST", &[A]),
        // Nothing but what is hidden.
        &transfer("LIST", &[]),
        &all,
        &all,
        &all,
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    for want in [
        &["-a"][..],
        &[],
        &["a"],
        &["a"],
        &[".profile"],
        &[".profile"],
    ] {
        assert_eq!(names(&mut ftp, "").await.unwrap(), want);
    }
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_transfer_is_no_answer_about_the_switch() {
    let plain = transfer("LIST", &[A, B]);
    let transcript = [
        FEATURES,
        TEXT,
        &plain,
        &refused("LIST -a", "425 cannot open a data connection"),
        // Asked again, and to the `ls` of some servers a switch is a file that is not there.
        &plain,
        &transfer("LIST -a", &["-a: No such file or directory"]),
        &plain,
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_eq!(code(&names(&mut ftp, "").await.unwrap_err()), 425);
    let options = ListOptions::new().hidden(true).strict(true);
    let mut entries = Entries::open(&mut ftp, "", &options).await.unwrap();
    assert_eq!(entries.finish().await.unwrap().entries(), 2);
    drop(entries);
    drop(ftp);
    server.done().await;
}

/// Found out by a listing of the directory that is asked for, never of another one.
#[tokio::test(start_paused = true)]
async fn a_refused_directory_is_no_answer_about_the_switch() {
    let transcript =
        format!("{FEATURES}C: PWD\nS: 257 \"/\"\nC: CWD d\nS: 550 no\nC: NOOP\nS: 200 ok\n");
    let (mut ftp, server) = session(&transcript).await;
    assert_eq!(code(&names(&mut ftp, "d").await.unwrap_err()), 550);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn a_directory_is_removed_with_what_is_hidden_in_it() {
    let within = |listing: &str| {
        format!("C: PWD\nS: 257 \"/\"\nC: CWD d\nS: 250 ok\n{listing}C: CWD /\nS: 250 ok\n")
    };
    let nothing = transfer("LIST", &[]);
    let doubted = format!("{}{}", transfer("LIST d", &[]), within(&nothing));
    let transcript = [
        "C: DELE d\nS: 550 a directory\n",
        FEATURES,
        TEXT,
        &doubted,
        "C: RMD d\nS: 550 not empty\n",
        &within(
            &[
                &nothing[..],
                &transfer("LIST -a", &[DOT, DOTS, HIDDEN]),
                &transfer("LIST -a", &[DOT, DOTS, HIDDEN]),
            ]
            .concat(),
        ),
        "C: DELE d/.profile\nS: 250 ok\n",
        &within(&transfer("LIST -a", &[DOT, DOTS])),
        "C: RMD d\nS: 250 ok\n",
        // What is refused for another reason stays refused.
        "C: DELE d\nS: 550 a directory\n",
        &doubted,
        "C: RMD d\nS: 550 no permission\n",
        &within(&transfer("LIST -a", &[DOT, DOTS])),
        NOOP,
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    ftp.remove_dir_all("d").await.unwrap();
    let error = ftp.remove_dir_all("d").await.unwrap_err();
    assert_eq!(error.to_string(), "RMD: 550 no permission");
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

const LISTED: [&str; 5] = [
    "drwxr-xr-x   2 joe  staff 4096 Jan  2 12:00 newer",
    "-rw-r--r--   1 joe  staff   12 Jan  2  2010 older",
    "-rw-r--r--   1 joe  staff   12 2024-06-01 12:34 file",
    "-rw-r--r--   1 joe  staff   12 2024-05-01 12:34 not the youngest",
    "-rw-r--r--   1 joe  staff   12 2024-05-31 12:34 nor this",
];

#[tokio::test(start_paused = true)]
async fn the_offset_is_learned_from_the_youngest_file() {
    for (utc, offset) in [
        ("213 20240601123459", Some(0)),
        ("213 20240601103401.25", Some(7200)),
        ("213 20240601180430", Some(-19_800)),
        ("213 20240531223400", Some(50_400)),
        // Not a time zone: the file has changed.
        ("213 20240601104501", None),
        ("213 20240602180430", None),
        ("213 soon", None),
        ("550 no", None),
        ("502 what?", None),
    ] {
        let lines = LISTED;
        let transcript = [
            FEATURES,
            TEXT,
            &transfer("LIST d", &lines),
            &format!("C: MDTM d/file\nS: {utc}\n"),
            &transfer("LIST d", &lines[2..3]),
            &transfer("LIST d", &lines[2..3]),
        ];
        let (mut ftp, server) = session(&transcript.concat()).await;
        assert_eq!(ftp.learn_offset("d").await.unwrap(), offset, "{utc}");
        let as_if_utc = UNIX_EPOCH + Duration::from_secs(1_717_245_240);
        let local = i64::from(offset.unwrap_or(0));
        assert_eq!(
            shifted(only_time(&mut ftp, &ListOptions::new()).await, local),
            as_if_utc
        );
        // What the caller says goes before what was learned.
        let options = ListOptions::new().server_offset(3600);
        assert_eq!(
            shifted(only_time(&mut ftp, &options).await, 3600),
            as_if_utc
        );
        drop(ftp);
        server.done().await;
    }
}

fn shifted(time: SystemTime, seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        time - distance
    } else {
        time + distance
    }
}

async fn only_time(ftp: &mut FtpStream, options: &ListOptions) -> SystemTime {
    let mut entries = Entries::open(ftp, "d", options).await.unwrap();
    let entry = entries.try_next().await.unwrap().unwrap();
    assert!(entries.try_next().await.unwrap().is_none());
    entry.modified().unwrap().time()
}

#[tokio::test(start_paused = true)]
async fn the_offset_is_not_learned_from_days() {
    let transcript = [FEATURES, TEXT, &transfer("LIST", &LISTED[..2]), NOOP];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_eq!(ftp.learn_offset("").await.unwrap(), None);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn the_order_of_a_date_can_be_said() {
    let line = "05-06-24  12:34PM       12 file";
    let listing = transfer("LIST d", &[line]);
    let transcript = [FEATURES, TEXT, &listing, &listing];
    let (mut ftp, server) = session(&transcript.concat()).await;
    let may = only_time(&mut ftp, &ListOptions::new()).await;
    let options = ListOptions::new().date_order(DateOrder::DayFirst);
    let june = only_time(&mut ftp, &options).await;
    assert_eq!(
        june.duration_since(may).unwrap(),
        Duration::from_secs(30 * 86_400)
    );
    drop(ftp);
    server.done().await;
}

#[tokio::test(start_paused = true)]
async fn a_listing_says_at_its_end_what_it_was() {
    let lines = [A, "what is this?", DOT, B, "or this?"];
    let transcript = [
        FEATURES,
        TEXT,
        &transfer("LIST", &lines),
        "PASSIVE\nC: LIST\nS: 150 go\n",
        &format!("D> {A}\\r\\n{B}\\r\\n\nD! close\nS: 426 cut\n"),
        NOOP,
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    let mut entries = ftp.list("").await.unwrap();
    let first = entries.try_next().await.unwrap().unwrap();
    assert_eq!(first.kind(), EntryKind::File);
    let listed = entries.finish().await.unwrap();
    assert_eq!((listed.entries(), listed.unknown()), (2, 2));
    assert_eq!(u16::from(listed.transferred().reply().code()), 226);
    assert_eq!(entries.unknown()[1], *"or this?");
    drop(entries);
    // A listing that was cut has no summary, however often it is asked for.
    let mut entries = ftp.list("").await.unwrap();
    for _ in 0..2 {
        assert_eq!(code(&entries.finish().await.unwrap_err()), 426);
    }
    drop(entries);
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

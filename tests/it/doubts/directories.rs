//! Directories of which a listing shows nothing.

use tokio_ftp::{Entries, ListOptions};

use super::{BACK, assert_unread, entries, in_step, names};
use crate::support::{
    code,
    listings::{A, DASH, DOT, DOTS, ENTER, FEATURES, NOOP, TEXT, refused, transfer},
    script::session,
};

/// Before it leaves, the client makes sure that it can come back.
const STAY: &str = "C: PWD\nS: 257 \"/home\"\nC: CWD /home\nS: 250 ok\n";

const ROOT: &str = "C: PWD\nS: 257 \"/home\"\nC: CWD /\nS: 250 ok\n";

/// The switch is tried where there is something to compare, and shows the directory itself.
fn shown_in_root() -> String {
    let plain = transfer("LIST", &[A]);
    format!(
        "{STAY}{ROOT}{plain}{}",
        transfer("LIST -a", &[DOT, DOTS, A])
    )
}

/// Lists where the session is, so many times, and finds each time that it is empty.
async fn believed(transcript: &[&str], times: usize) {
    let transcript = [FEATURES, TEXT, &transcript.concat(), NOOP].concat();
    let (mut ftp, server) = session(&transcript).await;
    for _ in 0..times {
        assert_eq!(entries(&mut ftp, "").await.unwrap(), [""; 0]);
    }
    in_step(ftp, server).await;
}

/// ProFTPD without MLSD, of a directory that may be entered and not be read.
#[tokio::test(start_paused = true)]
async fn directory_that_does_not_even_show_itself_is_unreadable() {
    let (silent, all) = (transfer("LIST", &[]), transfer("LIST -a", &[]));
    let transcript = [
        FEATURES,
        TEXT,
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
    in_step(ftp, server).await;
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
        in_step(ftp, server).await;
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
        FEATURES,
        TEXT,
        &transfer("LIST", &[]),
        &refusal,
        &shown_in_root(),
        BACK,
        NOOP,
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    assert_eq!(code(&entries(&mut ftp, "").await.unwrap_err()), 550);
    in_step(ftp, server).await;
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
    let transcript = [FEATURES, TEXT, &silent, &all, gone, "C: CWD /\nS: 250 ok\n"];
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
    in_step(ftp, server).await;
}

/// What was found out for hidden names need not be found out again.
#[tokio::test(start_paused = true)]
async fn switch_is_known_from_hidden_names() {
    let all = transfer("LIST -a", &[DOT, DOTS, A]);
    let silent = [transfer("LIST", &[]), transfer("LIST -a", &[])].concat();
    let transcript = [
        FEATURES,
        TEXT,
        &transfer("LIST", &[A]),
        &all,
        &all,
        &silent,
        NOOP,
    ];
    let (mut ftp, server) = session(&transcript.concat()).await;
    let options = ListOptions::new().hidden(true);
    let mut listing = Entries::open(&mut ftp, "", &options).await.unwrap();
    assert_eq!(listing.finish().await.unwrap().entries(), 1);
    drop(listing);
    assert_unread(&entries(&mut ftp, "").await.unwrap_err());
    in_step(ftp, server).await;
}

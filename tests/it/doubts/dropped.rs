//! Doubts that nobody waits for.

use tokio_ftp::ConnectOptions;

use super::{assert_unread, entries, names};
use crate::support::{
    Polled,
    listings::{A, DOT, DOTS, sent},
    script::{Server, session_of},
};

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
            "LIST" | "NLST" => sent(lines),
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

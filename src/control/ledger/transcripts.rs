//! What servers answer, in which order, and what each reply is taken for.

use bytes::BytesMut;

use super::*;
use crate::protocol::{Argument, ReplyDecoder};

fn reply(line: &str) -> Reply {
    let mut buffer = BytesMut::from(format!("{line}\r\n").as_bytes());
    ReplyDecoder::default()
        .decode(&mut buffer)
        .unwrap()
        .unwrap()
}

fn retr() -> Command {
    Command::Retr(Argument::new("a").unwrap())
}

/// Enters the commands, then routes the replies; each result is the index of the command that
/// was answered (`150` of a transfer as `+index`), `-` for ignored, `!` for out of step.
fn transcript(commands: &[Command], replies: &[&str]) -> String {
    let mut ledger = Ledger::default();
    for command in commands {
        ledger.enter(command, false);
    }
    let routes = replies.iter().map(|line| match ledger.route(&reply(line)) {
        Route::Preliminary(ticket, _) => format!("+{}", ticket.0),
        Route::Final(owed) => owed.ticket.0.to_string(),
        Route::Ignored => "-".to_owned(),
        Route::OutOfStep => "!".to_owned(),
    });
    routes.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_second_1xx_before_an_abort_was_the_last_reply() {
    let mut ledger = Ledger::default();
    ledger.enter(&retr(), false);
    for line in ["150 go", "150 0.000 seconds"] {
        ledger.route(&reply(line));
    }
    ledger.enter(&Command::Abor, false);
    assert!(matches!(
        ledger.route(&reply("226 aborted")),
        Route::Final(_)
    ));
    assert!(ledger.is_empty());
}

#[test]
fn replies_find_their_commands() {
    use Command::{Abor, Epsv, Noop, Pwd};
    for (commands, replies, want) in [
        (&[Pwd, Noop][..], &["257 a", "200 b"][..], "0 1"),
        (&[retr()], &["150 a", "226 b"], "+0 0"),
        (&[retr()], &["226 b"], "0"),
        (&[retr()], &["550 b"], "0"),
        (&[retr()], &["200 stray", "150 a", "226 b"], "- +0 0"),
        (&[retr()], &["150 a", "150 again", "226 b"], "+0 - 0"),
        // Another command is answered inside the transfer.
        (&[retr(), Noop], &["150 a", "200 n", "226 b"], "+0 1 0"),
        (
            &[retr(), Epsv],
            &["150 a", "229 (|||1|)", "226 b"],
            "+0 1 0",
        ),
        (
            &[retr(), Epsv],
            &["150 a", "450 EPSV: busy", "226 b"],
            "+0 1 0",
        ),
        (&[retr(), Epsv], &["150 a", "500 ?", "226 b"], "+0 1 0"),
        (&[retr(), Noop], &["150 a", "226 b", "200 n"], "+0 0 1"),
        (&[retr(), Epsv], &["550 no", "229 (|||1|)"], "0 1"),
        (
            &[retr(), Epsv],
            &["150 a", "426 cut", "229 (|||1|)"],
            "+0 0 1",
        ),
        // Never the end of a transfer.
        (&[retr()], &["150 a", "227 (1,2,3,4,5,6)"], "+0 !"),
        (&[retr()], &["150 a", "200 b"], "+0 !"),
        (&[retr()], &["150 a", "500 b"], "+0 !"),
        (&[retr()], &["150 a", "522 b"], "+0 0"),
        // A transfer's end that comes twice or late.
        (
            &[retr(), Pwd],
            &["150 a", "426 b", "226 c", "257 d"],
            "+0 0 - 1",
        ),
        (&[Pwd], &["226 a"], "!"),
        (&[Noop], &["226 a"], "0"),
        (
            &[retr(), Noop, Pwd],
            &["226 a", "200 b", "226 again", "257 c"],
            "0 1 - 2",
        ),
        (&[retr()], &["257 a"], "!"),
        (&[retr()], &["331 a"], "!"),
        (&[], &["226 a"], "!"),
        (&[], &["200 a"], "!"),
        (&[Pwd], &["150 a"], "!"),
        // Aborts end with two replies of nearly any code.
        (&[retr(), Abor], &["150 a", "426 b", "226 c"], "+0 0 1"),
        (&[retr(), Abor], &["150 a", "226 b", "426 c"], "+0 0 1"),
        (&[retr(), Abor], &["150 a", "150 done", "226 c"], "+0 0 1"),
        (&[retr(), Abor], &["150 a", "451 b", "225 c"], "+0 0 1"),
        (&[retr(), Abor], &["550 a", "225 c"], "0 1"),
        (&[Abor], &["226 c"], "0"),
        // What names a command answers it, and only its first word names one.
        (
            &[retr(), Noop],
            &["150 a", "250 NOOP ok", "426 cut"],
            "+0 1 0",
        ),
        (
            &[retr(), Noop],
            &["150 a", "451 snoop.cap: read error", "200 n"],
            "+0 0 1",
        ),
        (
            &[retr(), Abor],
            &[
                "150 a",
                "426 Transfer aborted. Data connection closed",
                "226 Abort successful",
            ],
            "+0 0 1",
        ),
        // With a port asked for ahead, which an abort may overtake.
        (
            &[retr(), Epsv, Abor],
            &["150 a", "426 b", "229 (|||1|)", "225 c"],
            "+0 0 1 2",
        ),
        (
            &[retr(), Epsv, Abor],
            &["150 a", "229 (|||1|)", "426 b", "226 c"],
            "+0 1 0 2",
        ),
        (
            &[retr(), Epsv, Abor],
            &["150 a", "450 EPSV: busy", "426 b", "226 c"],
            "+0 1 0 2",
        ),
        (
            &[retr(), Epsv, Abor],
            &["150 a", "500 ?", "150 done", "226 c"],
            "+0 1 0 2",
        ),
        (
            &[retr(), Epsv, Abor],
            &["150 a", "226 b", "500 ?", "226 c"],
            "+0 0 1 2",
        ),
        // A goodbye answers nothing else.
        (&[Command::Quit], &["221 bye"], "0"),
        (&[Pwd], &["221 idle for too long"], "!"),
        (&[Noop], &["221 idle for too long"], "!"),
        (&[retr()], &["150 a", "221 idle for too long"], "+0 !"),
        // With a sign of life before.
        (
            &[retr(), Noop, Abor],
            &["150 a", "450 NOOP: busy", "426 b", "226 c"],
            "+0 1 0 2",
        ),
        (
            &[retr(), Noop, Abor],
            &["150 a", "200 n", "426 b", "226 c"],
            "+0 1 0 2",
        ),
        (
            &[retr(), Noop, Abor],
            &["150 a", "426 b", "200 n", "226 c"],
            "+0 0 1 2",
        ),
        (
            &[retr(), Noop, Abor],
            &["150 a", "500 n", "426 b", "226 c"],
            "+0 1 0 2",
        ),
        (
            &[retr(), Noop, Abor],
            &["150 a", "226 b", "200 n", "426 c"],
            "+0 0 1 2",
        ),
        // With several, on a server that answers them behind the transfer.
        (
            &[retr(), Noop, Noop, Noop],
            &["150 a", "226 b", "200 n", "200 n", "200 n"],
            "+0 0 1 2 3",
        ),
        (
            &[retr(), Noop, Noop, Noop],
            &["150 a", "426 b", "226 b", "200 n", "200 n", "200 n"],
            "+0 0 - 1 2 3",
        ),
        (
            &[retr(), Noop, Noop, Pwd],
            &["150 a", "426 b", "200 n", "226 again", "200 n", "257 c"],
            "+0 0 1 - 2 3",
        ),
        (
            &[retr(), Noop, Noop],
            &["150 a", "450 NOOP: busy", "226 b", "200 n"],
            "+0 1 0 2",
        ),
        (
            &[retr(), Noop, Noop],
            &["150 a", "500 n", "552 b", "500 n"],
            "+0 1 0 2",
        ),
        (
            &[retr(), Noop, Noop, Abor],
            &["150 a", "426 b", "200 n", "200 n", "226 c"],
            "+0 0 1 2 3",
        ),
        (
            &[retr(), Noop, Noop, Abor],
            &["150 a", "426 b", "226 c", "200 n", "200 n"],
            "+0 0 3 1 2",
        ),
        (
            &[retr(), Noop, Noop, Abor],
            &["150 a", "200 n", "226 b", "200 n", "426 c"],
            "+0 1 0 2 3",
        ),
        (
            &[retr(), Noop, Noop, Abor],
            &["150 a", "500 n", "500 n", "426 b", "226 c"],
            "+0 1 2 0 3",
        ),
        (
            &[retr(), Noop, Noop, Abor],
            &["150 a", "150 done", "200 n", "226 c", "200 n"],
            "+0 0 1 3 2",
        ),
    ] {
        assert_eq!(
            transcript(commands, replies),
            want,
            "{commands:?} {replies:?}"
        );
    }
}

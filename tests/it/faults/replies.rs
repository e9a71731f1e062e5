//! Replies: how they are cut and spelled.

use tokio_ftp::{ConnectOptions, Limits, protocol::ReplyLimits};

use super::{
    calls::{delete, features, noop, nothing, pwd, read, stat, welcome},
    row::{Fact, Row, fact, from_greeting, retr, row},
};

pub(super) fn facts() -> Vec<Fact> {
    vec![
        fact(
            "any",
            "splits a reply over packets; sends two replies in one packet; \
             ends lines with bare LF",
            [
                row(
                    "a reply in five packets",
                    "C: PWD\nS~ 2\nS! wait 1\nS~ 57\nS! wait 1\nS~  \"/a\nS! wait 1\nS~ \"\\r\n\
                     S! wait 1\nS~ \\n",
                    pwd,
                    "/a",
                ),
                row(
                    "150 and 226 in one packet",
                    retr("S~ 150 go\\r\\n226 done\\r\\n\nD> abc\nD! close"),
                    read,
                    "abc",
                ),
                row("a bare LF", "C: PWD\nS~ 257 \"/a\"\\n", pwd, "/a"),
                row(
                    "bare LFs inside a reply",
                    "C: STAT\nS~ 211-one\\n two\\r\\n211-three\\n211 end\\n",
                    stat,
                    "one |  two | three | end",
                ),
            ],
        ),
        fact(
            "any",
            "220-Hi / 100 users online / 220 ready",
            [
                from_greeting(
                    "a greeting with numbers in it",
                    "S~ 220-Hi\\r\\n100 users online\\r\\n220 ready\\r\\n",
                    welcome,
                    "Hi | 100 users online | ready",
                ),
                from_greeting(
                    "a greeting that repeats its code",
                    "S~ 220-Hi\\r\\n220-\\r\\n 220 not yet\\r\\n2200 visits\\r\\n220 \
                     ready\\r\\n",
                    welcome,
                    "Hi |  |  220 not yet | 2200 visits | ready",
                ),
                row(
                    "other codes inside a reply",
                    "C: STAT\n\
                     S~ 211-state\\r\\n226 no end\\r\\n421 nor this\\r\\n211 \
                     end\\r\\n",
                    stat,
                    "state | 226 no end | 421 nor this | end",
                ),
            ],
        ),
        fact(
            "some (glFTPd)",
            "ends a multi-line reply with another code",
            [
                row(
                    "another code at the end, which is off by default",
                    "C: NOOP\nS~ 200-well\\r\\n250 done\\r\\n\nS! stall",
                    noop,
                    "! timed out while waiting for a reply",
                )
                .takes(60)
                .broken(),
                row(
                    "another code at the end, where that is put up with",
                    "C: NOOP\nS~ 200-well\\r\\n250 done\\r\\n",
                    noop,
                    "done",
                )
                .options(
                    ConnectOptions::new()
                        .limits(Limits::default().reply(ReplyLimits::default().mixed_codes(true))),
                ),
            ],
        ),
        fact(
            "any",
            "a bare 200 without text",
            [
                row("a bare code", "C: NOOP\nS: 200", noop, "done"),
                row("a bare code and LF", "C: NOOP\nS~ 200\\n", noop, "done"),
                row(
                    "a bare code at both ends",
                    "C: NOOP\nS~ 200-\\r\\n200\\r\\n",
                    noop,
                    "done",
                ),
                from_greeting("a bare greeting", "S: 220", welcome, ""),
                row(
                    "bare codes around a transfer",
                    "C: TYPE I\nS: 200\nPASSIVE\nC: RETR a\nS: 150\nD> abc\nD! close\nS: 226",
                    read,
                    "abc",
                ),
            ],
        ),
        fact(
            "any",
            "211 No features on one line; feature lines without leading \
             blank; lower case",
            [
                feat("one line", "S: 211 No features", ""),
                feat("one line that says little", "S: 211", ""),
                feat("no lines between", "S~ 211-Features\\r\\n211 End\\r\\n", ""),
                feat("no such command", "S: 500 what?", ""),
                feat("not implemented", "S: 502 what?", ""),
                feat(
                    "as it should be",
                    "S~ 211-Features\\r\\n MDTM\\r\\n REST STREAM\\r\\n211 End\\r\\n",
                    "MDTM , REST STREAM",
                ),
                feat(
                    "no leading blank",
                    "S~ 211-Features\\r\\nMDTM\\r\\nREST STREAM\\r\\n211 End\\r\\n",
                    "MDTM , REST STREAM",
                ),
                feat(
                    "the code before each line",
                    "S~ 211-Features\\r\\n211-MDTM\\r\\n211-REST STREAM\\r\\n211 End\\r\\n",
                    "MDTM , REST STREAM",
                ),
                feat(
                    "lower case",
                    "S~ 211-features\\r\\n mdtm\\r\\n rest stream\\r\\n211 end\\r\\n",
                    "MDTM , REST stream",
                ),
            ],
        ),
        fact(
            "any",
            "endless reply, or a line without end",
            [
                small(
                    "a line without end",
                    "C: NOOP\nS~ 200 abcdefghijklmnopqrstuvwxyz",
                    "! protocol error: a reply line of more than 16 bytes",
                ),
                small(
                    "no code and no end",
                    "C: NOOP\nS~ abcdefghijklmnopqrstuvwxyz",
                    "! protocol error: a reply line of more than 16 bytes",
                ),
                small(
                    "ever more short lines",
                    "C: NOOP\nS~ 200-\\r\\n\\r\\n\\r\\n\\r\\n\\r\\n",
                    "! protocol error: a reply of more than 3 lines",
                ),
                small(
                    "few long lines",
                    "C: NOOP\nS~ 200-abcdefghi\\r\\n200-abcdefghi\\r\\n200-abcdefghi",
                    "! protocol error: a reply of more than 40 bytes",
                ),
            ],
        )
        .elsewhere("hostile.rs: endless_reply_ends_at_the_cap sends without end"),
        fact(
            "any",
            "reply text that is not UTF-8 (227 included)",
            [
                from_greeting(
                    "a greeting in Latin-1",
                    "S~ 220 gr\\xfc\\xdf Gott\\r\\n",
                    welcome,
                    "gr\u{fffd}\u{fffd} Gott",
                ),
                row(
                    "a path in Latin-1",
                    "C: PWD\nS~ 257 \"/\\xe9t\\xe9\"\\r\\n",
                    pwd,
                    "/\\xe9t\\xe9",
                ),
                row(
                    "a port in Latin-1",
                    "C: TYPE I\nS: 200 ok\nC: PASV\nD! open 2001\n\
                     S~ 227 Mode passif activ\\xe9 (192,0,2,10,7,209)\\r\\n\n\
                     C: RETR a\nS~ 150 d\\xe9but\\r\\n\nD> abc\nD! close\nS~ 226 termin\\xe9\\r\\n",
                    read,
                    "abc",
                )
                .options(ConnectOptions::new().epsv(false)),
                row(
                    "a refusal in Latin-1",
                    "C: DELE a\nS~ 550 \\xe9chec\\r\\n",
                    delete,
                    "! DELE: 550 \u{fffd}chec",
                ),
            ],
        ),
        fact(
            "any",
            "120 before 220",
            [
                from_greeting(
                    "patience, and a greeting",
                    "S: 120 in a minute\nS! wait 20\nS: 220 ready",
                    welcome,
                    "ready",
                ),
                from_greeting(
                    "patience twice in one packet",
                    "S~ 120 soon\\r\\n120-very\\r\\n120 soon\\r\\n220 ready\\r\\n",
                    welcome,
                    "ready",
                ),
                from_greeting(
                    "patience without end",
                    "S: 120 in a minute\nS! stall",
                    nothing,
                    "! timed out while connecting",
                )
                .takes(30)
                .closed(),
            ],
        ),
    ]
}

fn feat(name: &'static str, reply: &str, want: &'static str) -> Row {
    row(name, format!("C: FEAT\n{reply}"), features, want)
}

pub(super) fn replies(limits: ReplyLimits) -> ConnectOptions {
    ConnectOptions::new().limits(Limits::default().reply(limits))
}

/// A session that takes little.
fn small(name: &'static str, transcript: &str, want: &'static str) -> Row {
    let limits = ReplyLimits::default().line(16).reply(40).lines(3);
    row(name, transcript, noop, want)
        .options(replies(limits))
        .broken()
}

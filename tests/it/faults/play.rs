//! Playing rows: as they are, cut in two at every byte, and with every line late.

use std::{fmt, sync::Arc, time::Duration};

use tokio::{
    sync::Notify,
    time::{Instant, timeout},
};
use tokio_ftp::{ConnectOptions, Error, FtpStream};

use super::{
    calls::later,
    row::{After, Fact, Row},
};
use crate::support::script::{Fault, HOST, IN_STEP, Running, Sent, serve};

/// How long anything may take where a reply does not come: the longest of the deadlines, and what
/// some others add to it.
const PATIENCE: Duration = Duration::from_secs(600);

/// What is wrong with one play, in words.
pub(super) type Verdict = Result<(), String>;

/// How much was played.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) rows: usize,
    pub(super) cuts: usize,
    pub(super) delays: usize,
}

impl Count {
    /// How much there is to play, where each line is held back so many times.
    pub(super) fn of(facts: &[Fact], holds: usize) -> Self {
        let mut count = Self::default();
        for row in facts.iter().flat_map(|fact| &fact.rows) {
            let sent = row.sent();
            count.rows += 1;
            count.cuts += sent.control + sent.data;
            count.delays += holds * sent.lines;
        }
        count
    }

    pub(super) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.cuts += other.cuts;
        self.delays += other.delays;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, cuts, delays } = self;
        write!(f, "{rows} rows, {cuts} cuts, {delays} delays")
    }
}

/// Plays all rows, and says which of them fail.
pub(super) async fn play(facts: &[Fact]) -> Count {
    let mut count = Count::default();
    let mut failures = Vec::new();
    for row in facts.iter().flat_map(|fact| &fact.rows) {
        let failed = play_row(row, &mut count).await;
        // One of each kind tells enough.
        failures.extend(failed.into_iter().take(3));
    }
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n"));
    count
}

async fn play_row(row: &Row, count: &mut Count) -> Vec<String> {
    let mut failures = Vec::new();
    let mut note = |what: String, verdict: Verdict| {
        if let Err(error) = verdict {
            failures.push(format!("{}, {what}:\n    {error}", row.name));
        }
    };
    count.rows += 1;
    note("as it is".to_owned(), follow(row, Fault::Nothing).await);
    let sent = row.sent();
    for at in 1..=sent.control {
        count.cuts += 1;
        let verdict = follow(row, Fault::CutControl(at)).await;
        note(format!("cut behind byte {at} of the replies"), verdict);
    }
    for at in 1..=sent.data {
        count.cuts += 1;
        let verdict = follow(row, Fault::CutData(at)).await;
        note(format!("cut behind byte {at} of the data"), verdict);
    }
    for line in 0..sent.lines {
        for comes in [false, true] {
            count.delays += 1;
            let how = if comes { "late" } else { "never" };
            let verdict = hold(row, line, comes).await;
            note(format!("line {line} of the replies comes {how}"), verdict);
        }
    }
    failures
}

/// A server that does what the row says, but for `fault`.
fn server(row: &Row, fault: Fault) -> (ConnectOptions, Running) {
    let (opening, transcript) = (row.opening.clone(), row.transcript.clone());
    let (prepare, usable) = (row.prepare, row.after == After::Usable);
    let (network, running) = serve(move |mut server| async move {
        prepare(&mut server);
        server.play(&opening).await;
        server.arm(fault);
        server.play(&transcript).await;
        server.disarm();
        if usable {
            let transcript = format!("C: PWD\nS: 257 \"{IN_STEP}\"");
            server.play(&transcript).await;
        }
        server.rest().await;
    });
    (row.options.clone().connector(Arc::new(network)), running)
}

/// Calls, within an hour, and tells what the caller sees.
async fn call(row: &Row, options: ConnectOptions) -> (String, Option<FtpStream>) {
    let hour = Duration::from_secs(3600);
    let called = async {
        match options.connect((HOST, 21)).await {
            Err(error) => (told(&error), None),
            Ok(mut ftp) => {
                let seen = (row.call)(&mut ftp).await;
                (seen.unwrap_or_else(|error| told(&error)), Some(ftp))
            }
        }
    };
    let called = timeout(hour, called).await;
    called.unwrap_or_else(|_| ("it hangs".to_owned(), None))
}

pub(super) fn told(error: &Error) -> String {
    format!("! {error}")
}

/// All must be as the row says.
async fn follow(row: &Row, fault: Fault) -> Verdict {
    let is_whole = matches!(fault, Fault::Nothing);
    let (options, running) = server(row, fault);
    let started = Instant::now();
    let (seen, session) = call(row, options).await;
    let seconds = started.elapsed().as_secs();
    let expected = if is_whole {
        row.wants(&seen)
    } else {
        row.wants_in_two(&seen)
    };
    check(expected, || {
        format!(
            "the caller sees\n      {seen}\n    and not\n      {}",
            row.want
        )
    })?;
    let more = if is_whole { 0 } else { row.more_seconds };
    let limit = row.waits() + row.seconds + more;
    check(seconds <= limit && seconds >= row.seconds, || {
        format!("{seconds} s passed, and not {} to {limit}", row.seconds)
    })?;
    match (row.after, session) {
        (After::Usable, Some(mut ftp)) => is_in_step(&mut ftp).await?,
        (After::Broken, Some(mut ftp)) => {
            later().await;
            let error = ftp.noop().await.err();
            check(error.is_some_and(|error| error.is_broken()), || {
                "the session goes on".to_owned()
            })?;
            stays_broken(&mut ftp).await?;
        }
        (After::Closed, _) => {}
        (after, None) => return Err(format!("there is no session to be {after:?}")),
    }
    let network = running.network.clone();
    let (sent, wanted) = (running.sent(), Sent::by(&row.transcript));
    running.outcome().await?;
    check(sent == wanted, || {
        format!("the server sent {sent:?} and not {wanted:?}")
    })?;
    let dialled = network.dialled().pop();
    check(
        row.dialled
            .is_none_or(|want| dialled.as_deref() == Some(want)),
        || format!("{dialled:?} was dialled last"),
    )
}

/// One line comes when the caller has given up, or not even then.
async fn hold(row: &Row, line: usize, comes: bool) -> Verdict {
    let release = Arc::new(Notify::new());
    let (options, running) = server(row, Fault::Hold(line, Arc::clone(&release)));
    let started = Instant::now();
    let (seen, session) = call(row, options).await;
    check(row.wants_late(&seen), || {
        format!("the caller sees\n      {seen}")
    })?;
    let limit = PATIENCE + Duration::from_secs(row.waits());
    check(started.elapsed() < limit, || {
        format!("it took {:?}", started.elapsed())
    })?;
    if comes {
        release.notify_one();
    }
    if let Some(mut ftp) = session {
        let verdict = if comes {
            match is_in_step(&mut ftp).await {
                Err(_) if (row.may_break() || seen.contains("broken")) && ftp.is_broken() => {
                    stays_broken(&mut ftp).await
                }
                verdict => verdict,
            }
        } else {
            breaks(&mut ftp).await
        };
        verdict?;
    }
    release.notify_one();
    check(running.sent().lines > line, || {
        "the server never came to that line".to_owned()
    })?;
    running.outcome().await
}

pub(super) async fn is_in_step(ftp: &mut FtpStream) -> Verdict {
    match ftp.pwd().await {
        Ok(path) => check(path == *IN_STEP && !ftp.is_broken(), || {
            format!("the next command sees {path}")
        }),
        Err(error) => Err(format!("the next command fails: {error}")),
    }
}

/// A server that says nothing any more breaks the session before long, for ever.
pub(super) async fn breaks(ftp: &mut FtpStream) -> Verdict {
    let started = Instant::now();
    for _ in 0..3 {
        let answer = ftp.pwd().await;
        check(answer.is_err(), || {
            format!("the next command sees {answer:?} of a server that is silent")
        })?;
    }
    check(started.elapsed() < PATIENCE, || {
        format!("the next commands took {:?}", started.elapsed())
    })?;
    stays_broken(ftp).await
}

async fn stays_broken(ftp: &mut FtpStream) -> Verdict {
    let started = Instant::now();
    for _ in 0..2 {
        let error = ftp.noop().await.err();
        check(
            ftp.is_broken() && error.is_some_and(|error| error.is_broken()),
            || "the session does not stay broken".to_owned(),
        )?;
    }
    check(started.elapsed().as_secs() == 0, || {
        "a broken session waits for something".to_owned()
    })
}

pub(super) fn check(good: bool, otherwise: impl FnOnce() -> String) -> Verdict {
    if good { Ok(()) } else { Err(otherwise()) }
}

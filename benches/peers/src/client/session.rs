//! The jobs, for every client that is a library.

use std::{error::Error, fs, time::Instant};

use nix::sys::resource::UsageWho;
use tokio::task::JoinSet;

use crate::{
    HEAP,
    job::{BLOCK, Job, Task, pattern, sent_name},
    measure::processor,
    report::Report,
};

/// A session of a client.
pub(super) trait Session: Sized + 'static {
    /// Connects and logs in, with TLS where the task has an authority.
    async fn open(task: &Task) -> Result<Self, Box<dyn Error>>;

    /// Says that files are to be moved as they are; no part of a login.
    async fn binary(&mut self) -> Result<(), Box<dyn Error>>;

    /// Reads a file by way of `block`, and says how many bytes it has.
    async fn fetch(&mut self, name: &str, block: &mut [u8]) -> Result<u64, Box<dyn Error>>;

    /// Writes a file of `size` bytes, which are those of `block` over and over.
    async fn send(&mut self, name: &str, size: u64, block: &[u8]) -> Result<(), Box<dyn Error>>;

    async fn quit(self) -> Result<(), Box<dyn Error>>;
}

/// Does the task with sessions of `S`.
pub(super) async fn perform<S: Session>(task: &Task) -> Result<Report, Box<dyn Error>> {
    let mut report = Report::default();
    match task.job {
        Job::Down | Job::FilesDown => {
            let mut session = S::open(task).await?;
            session.binary().await?;
            fetch_all(&mut session, task.content()).await?;
            session.quit().await?;
        }
        Job::Up | Job::FilesUp => {
            let mut session = S::open(task).await?;
            session.binary().await?;
            for (name, size) in task.content() {
                let block = pattern(size);
                session.send(&sent_name(&name), size, &block).await?;
            }
            session.quit().await?;
        }
        Job::Sessions => report = share::<S>(task).await?,
        Job::Idle => report = rest::<S>(task).await?,
        Job::Login => {
            let started = Instant::now();
            let session = S::open(task).await?;
            report.seconds = Some(started.elapsed().as_secs_f64());
            session.quit().await?;
        }
    }
    Ok(report)
}

async fn fetch_all<S: Session>(
    session: &mut S,
    content: impl IntoIterator<Item = (String, u64)>,
) -> Result<(), Box<dyn Error>> {
    let mut block = vec![0; BLOCK];
    for (name, size) in content {
        let fetched = session.fetch(&name, &mut block).await?;
        if fetched != size {
            return Err(format!("{name}: {fetched} bytes in place of {size}").into());
        }
    }
    Ok(())
}

/// The files shared out among the sessions.
async fn share<S: Session>(task: &Task) -> Result<Report, Box<dyn Error>> {
    let mut sessions = Vec::new();
    for _ in 0..task.sessions {
        let mut session = S::open(task).await?;
        session.binary().await?;
        sessions.push(session);
    }
    let content = task.content();
    let share = content.len().div_ceil(task.sessions.max(1)).max(1);
    let cpu = processor(UsageWho::RUSAGE_SELF)?;
    let started = Instant::now();
    let mut running = JoinSet::new();
    for (mut session, files) in sessions.into_iter().zip(content.chunks(share)) {
        let files = files.to_vec();
        running.spawn_local(async move {
            let fetched = fetch_all(&mut session, files).await;
            // An error that is no text cannot leave the task.
            (session, fetched.map_err(|error| error.to_string()))
        });
    }
    let ended = running.join_all().await;
    let report = Report {
        seconds: Some(started.elapsed().as_secs_f64()),
        cpu: Some(processor(UsageWho::RUSAGE_SELF)? - cpu),
        ..Report::default()
    };
    for (session, fetched) in ended {
        fetched?;
        session.quit().await?;
    }
    Ok(report)
}

/// Sessions that do nothing. What the first one leaves for all is not counted.
async fn rest<S: Session>(task: &Task) -> Result<Report, Box<dyn Error>> {
    let mut sessions = Vec::with_capacity(task.sessions + 1);
    sessions.push(S::open(task).await?);
    let before = (resident()?, live());
    for _ in 0..task.sessions {
        sessions.push(S::open(task).await?);
    }
    let count = task.sessions as f64;
    Ok(Report {
        resident: Some((resident()? - before.0) / count),
        heap: Some((live() - before.1) / count),
        ..Report::default()
    })
}

/// Bytes of memory that are there, exactly; `/proc/self/status` has them to some dozen pages.
fn resident() -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/smaps_rollup")?;
    let words = text.lines().find_map(|line| line.strip_prefix("Rss:"));
    let kib = words.and_then(|words| words.split_whitespace().next());
    Ok(kib.ok_or("no Rss")?.parse::<f64>()? * 1024.0)
}

/// Bytes of the heap that are in use.
fn live() -> f64 {
    let stats = HEAP.stats();
    stats.bytes_allocated as f64 + stats.bytes_reallocated as f64 - stats.bytes_deallocated as f64
}

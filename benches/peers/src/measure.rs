//! What a process takes.

use std::{
    fs::File,
    io,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use nix::sys::resource::{UsageWho, getrusage};
use wait_timeout::ChildExt;

use crate::report::Report;

/// Whoever takes longer has failed, so that a client that stalls does not hold up the others.
const PATIENCE: Duration = Duration::from_secs(300);

/// What a process took that did well.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    pub(crate) seconds: f64,
    /// Seconds of the processor, in the process and in the kernel for it.
    pub(crate) cpu: f64,
    pub(crate) report: Report,
}

/// Runs a process to its end. An error has the last of what it said.
pub(crate) fn run(command: &mut Command, scratch: &Path) -> Result<Taken, String> {
    let (output, errors) = (scratch.join("stdout"), scratch.join("stderr"));
    let taken = start(command, &output, &errors).map_err(|error| error.to_string())?;
    let said = |path: &Path| std::fs::read(path).unwrap_or_default();
    let (seconds, cpu, success) = taken;
    if !success {
        let errors = said(&errors);
        let errors = String::from_utf8_lossy(&errors);
        let last = errors.lines().rfind(|line| !line.trim().is_empty());
        return Err(last.unwrap_or("no word").trim().to_owned());
    }
    Ok(Taken {
        seconds,
        cpu,
        report: Report::parse(&String::from_utf8_lossy(&said(&output))),
    })
}

fn start(command: &mut Command, output: &Path, errors: &Path) -> io::Result<(f64, f64, bool)> {
    command
        .stdin(Stdio::null())
        .stdout(File::create(output)?)
        .stderr(File::create(errors)?);
    let before = processor(UsageWho::RUSAGE_CHILDREN)?;
    let started = Instant::now();
    let mut child = command.spawn()?;
    let Some(status) = child.wait_timeout(PATIENCE)? else {
        child.kill()?;
        child.wait()?;
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("not done within {PATIENCE:?}"),
        ));
    };
    let seconds = started.elapsed().as_secs_f64();
    // Of no other child: the server's process has not ended.
    let cpu = processor(UsageWho::RUSAGE_CHILDREN)? - before;
    Ok((seconds, cpu, status.success()))
}

/// Seconds of the processor so far.
pub(crate) fn processor(who: UsageWho) -> io::Result<f64> {
    let usage = getrusage(who)?;
    let seconds = [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6);
    Ok(seconds.iter().sum())
}

//! What a process does that no other load on the machine changes: its system calls and its
//! instructions.

use std::{fs, path::Path, process::Command};

use crate::measure::run;

/// How many system calls the process makes, its threads and children included: as `perf` counts
/// them, or else `strace`.
pub(crate) fn calls(command: &Command, scratch: &Path) -> Result<f64, String> {
    let event = "raw_syscalls:sys_enter";
    if perf(event, &Command::new("true"), scratch).is_ok() {
        return perf(event, command, scratch);
    }
    let output = scratch.join("strace");
    let mut strace = Command::new("strace");
    strace
        .args(["-c", "-f", "-U", "calls,name", "-o"])
        .arg(&output);
    run(&mut behind(strace, command), scratch)?;
    first_number(&output, |line| line.ends_with("total"))
}

/// How many instructions the process executes, without those of the kernel: as the processor
/// counts them, or else Valgrind.
pub(crate) fn instructions(command: &Command, scratch: &Path) -> Result<f64, String> {
    let event = "instructions:u";
    if perf(event, &Command::new("true"), scratch).is_ok() {
        return perf(event, command, scratch);
    }
    let output = scratch.join("valgrind");
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(format!("--log-file={}", output.display()));
    run(&mut behind(valgrind, command), scratch)?;
    let text = fs::read_to_string(&output).unwrap_or_default();
    let count = text
        .lines()
        .find_map(|line| line.split_once("Collected :"))
        .and_then(|(_, count)| count.trim().parse().ok());
    count.ok_or_else(|| "no count".into())
}

/// How often `event` comes, where this machine can tell.
fn perf(event: &str, command: &Command, scratch: &Path) -> Result<f64, String> {
    let output = scratch.join("perf");
    let mut perf = Command::new("perf");
    perf.args(["stat", "-x,", "-e", event, "-o"]).arg(&output);
    run(&mut behind(perf, command), scratch)?;
    first_number(&output, |line| line.contains(event))
}

/// `command` run by `tool`.
fn behind(mut tool: Command, command: &Command) -> Command {
    tool.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            tool.env(name, value);
        }
    }
    tool
}

/// The number at the start of the first line that is `wanted`.
fn first_number(path: &Path, wanted: impl Fn(&str) -> bool) -> Result<f64, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let line = text.lines().find(|line| wanted(line));
    let word = line.and_then(|line| line.trim().split([',', ' ']).next());
    word.and_then(|word| word.parse().ok())
        .ok_or_else(|| "no count".into())
}

//! ftplib, of Python.

use std::{fs, io, path::Path, process::Command};

use super::find;
use crate::{
    job::{BLOCK, Task, sent_name},
    setup::{PASSWORD, USER},
};

pub(super) fn command(task: &Task, scratch: &Path) -> io::Result<Command> {
    let list = scratch.join("files");
    let content = task.content();
    let lines = content.iter().map(|(name, size)| {
        let sent = sent_name(name);
        format!("{name}\t{sent}\t{size}\n")
    });
    fs::write(&list, lines.collect::<String>())?;
    // Itself, and no script in its place that starts it.
    let output = Command::new(find("python3")?)
        .args(["-c", "import sys; print(sys.executable)"])
        .output()?;
    let program = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let mut command = Command::new(program);
    command
        .args(["-c", include_str!("with_ftplib.py")])
        .arg(if task.job.sends() { "up" } else { "down" })
        .arg(task.host())
        .arg(task.address.port().to_string())
        .args([USER, PASSWORD])
        .arg(BLOCK.to_string())
        .arg(list)
        .arg(&task.source)
        .args(&task.authority);
    Ok(command)
}

//! lftp: one session that is told all in a script.

use std::{fmt::Write, fs, io, path::Path, process::Command};

use super::find;
use crate::{
    job::{Task, sent_name},
    setup::{PASSWORD, USER},
};

pub(super) fn command(task: &Task, scratch: &Path) -> io::Result<Command> {
    let program = find("lftp")?;
    let file = scratch.join("lftp.script");
    fs::write(&file, script(task).unwrap_or_default())?;
    let mut command = Command::new(program);
    command
        .env("HOME", scratch)
        .arg("--norc")
        .arg("-f")
        .arg(file);
    Ok(command)
}

fn script(task: &Task) -> Result<String, std::fmt::Error> {
    let mut text =
        String::from("set cmd:fail-exit true\nset net:max-retries 2\nset xfer:clobber true\n");
    match &task.authority {
        Some(authority) => writeln!(
            text,
            "set ftp:ssl-force true\nset ftp:ssl-protect-data true\nset ssl:ca-file \"{}\"",
            authority.display()
        )?,
        None => writeln!(text, "set ftp:ssl-allow false")?,
    }
    let (ip, port) = (task.address.ip(), task.address.port());
    writeln!(text, "open -u {USER},\"{PASSWORD}\" -p {port} {ip}")?;
    text.push_str(if task.job.sends() { "put" } else { "get" });
    for (name, _) in task.content() {
        if task.job.sends() {
            let local = task.local(&name);
            write!(text, " {} -o {}", local.display(), sent_name(&name))?;
        } else {
            write!(text, " {name} -o /dev/null")?;
        }
    }
    writeln!(text, "\nbye")?;
    Ok(text)
}

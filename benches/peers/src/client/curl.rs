//! curl: one process that is told all in a configuration file.

use std::{fmt::Write, fs, io, path::Path, process::Command};

use super::find;
use crate::{
    job::{Job, Task, sent_name},
    setup::{PASSWORD, USER},
};

pub(super) fn command(task: &Task, scratch: &Path) -> io::Result<Command> {
    let program = find("curl")?;
    let config = scratch.join("curl.conf");
    fs::write(&config, configuration(task).unwrap_or_default())?;
    let mut command = Command::new(program);
    command.args(["--disable", "--config"]).arg(config);
    Ok(command)
}

fn configuration(task: &Task) -> Result<String, std::fmt::Error> {
    let mut text = format!("silent\nshow-error\nfail-early\nuser = \"{USER}:{PASSWORD}\"\n");
    if let Some(authority) = &task.authority {
        writeln!(text, "ssl-reqd\ncacert = \"{}\"", authority.display())?;
    }
    let server = format!("ftp://{}", task.address);
    if task.job == Job::Login {
        writeln!(
            text,
            "head\nurl = \"{server}/\"\noutput = \"/dev/null\"\n\
             write-out = \"seconds %{{time_total}}\\n\""
        )?;
    }
    for (name, _) in task.content() {
        if task.job.sends() {
            let local = task.local(&name);
            let local = local.display();
            let sent = sent_name(&name);
            writeln!(text, "url = \"{server}/{sent}\"\nupload-file = \"{local}\"")?;
        } else {
            writeln!(text, "url = \"{server}/{name}\"\noutput = \"/dev/null\"")?;
        }
    }
    Ok(text)
}

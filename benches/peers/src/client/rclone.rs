//! rclone: without a configuration, and of its FTP alone.

use std::{io, process::Command};

use super::find;
use crate::{
    job::{Task, large_name, sent_name},
    setup::{PASSWORD, USER},
};

pub(super) fn command(task: &Task) -> io::Result<Command> {
    let program = find("rclone")?;
    // It takes passwords in this form only.
    let obscured = Command::new(&program)
        .args(["obscure", PASSWORD])
        .output()?;
    let obscured = String::from_utf8_lossy(&obscured.stdout);
    let mut command = Command::new(program);
    command
        .args(["--config", "/dev/null", "--retries", "1"])
        .args(["--ftp-user", USER, "--ftp-pass", obscured.trim()])
        .args(["--ftp-host", &task.host()])
        .args(["--ftp-port", &task.address.port().to_string()]);
    if task.is_tls() {
        // It has no option for an authority of FTP.
        command.args(["--ftp-explicit-tls", "--ftp-no-check-certificate"]);
    }
    let name = large_name(task.size);
    if task.job.sends() {
        let sent = format!(":ftp:{}", sent_name(&name));
        command.arg("copyto").arg(task.local(&name)).arg(sent);
    } else {
        let remote = format!(":ftp:{name}");
        command.args(["cat", "--discard"]).arg(remote);
    }
    Ok(command)
}

//! A server's process, which leaves nothing behind.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Binds the pairs of paths up to `--`, and a small file system where the first
/// of a pair is `-`, then runs the rest as a child of this shell until that
/// ends or until standard input does.
///
/// The shell is the first process of its own process namespace: when it ends,
/// the kernel ends every session process of the server too. Standard input is
/// a pipe from the test, so that this also happens when the test is killed.
///
/// The server's own standard input is its output: that is where vsftpd says
/// why it does not start.
const SUPERVISOR: &str = r#"
exec 3<&0 </dev/null
while [ "$1" != -- ]; do
    if [ "$1" = - ]; then
        mount -t tmpfs -o size=1m,mode=777 tmpfs "$2" || exit 1
    else
        mount --bind "$1" "$2" || exit 1
    fi
    shift 2
done
shift
"$@" 3<&- 0>&1 &
server=$!
{ read -r line <&3; kill -KILL "$server"; } &
exec 3<&-
wait "$server"
"#;

/// How a server is to be run.
#[derive(Debug)]
pub(crate) struct Launch {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    binds: Vec<(PathBuf, PathBuf)>,
}

impl Launch {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            binds: Vec::new(),
        }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().into());
        self
    }

    pub(crate) fn args(self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        arguments.into_iter().fold(self, Self::arg)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.push((name.into(), value.as_ref().into()));
        self
    }

    /// The server sees `source` where it looks for `target`; nobody else does.
    pub(crate) fn bind(mut self, source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        self.binds.push((source.into(), target.into()));
        self
    }

    /// The server sees a file system of one mebibyte at `target`.
    pub(crate) fn small_disk(self, target: impl Into<PathBuf>) -> Self {
        self.bind("-", target)
    }

    /// Starts the server; its output goes into the file `output`.
    pub(crate) fn spawn(&self, output: &Path) -> io::Result<Process> {
        let output = File::create(output)?;
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "sh",
            "-c",
            SUPERVISOR,
            "sh",
        ]);
        for (source, target) in &self.binds {
            command.arg(source).arg(target);
        }
        // Through `env`, because the server's libraries are not for the
        // shell and `mount`.
        command.args(["--", "env"]);
        for (name, value) in &self.environment {
            let mut pair = name.clone();
            pair.push("=");
            pair.push(value);
            command.arg(pair);
        }
        command.arg(&self.program).args(&self.arguments);
        command
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output);
        let mut child = command.spawn()?;
        let lifeline = child.stdin.take();
        Ok(Process { child, lifeline })
    }
}

/// A running server with all its session processes. Dropping it ends them and
/// returns when the last one is gone.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lifeline: Option<ChildStdin>,
}

impl Process {
    /// How the server ended, if it did.
    pub(crate) fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.lifeline.take());
        let deadline = Instant::now() + Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                // `--kill-child` passes this on to the namespace.
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}

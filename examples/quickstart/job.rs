//! The main job: up, listed, down again, and compared.

use std::{
    iter,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use futures::TryStreamExt;
use tokio::{
    fs,
    io::{self, AsyncReadExt, AsyncWriteExt},
    task::JoinSet,
};
use tokio_ftp::{ConnectOptions, FtpStream, TlsMode, TransferOptions, Transferred, tls::TlsRoots};

use crate::{
    Result,
    server::{Server, connect},
    show,
    tree::{self, File},
};

/// How many sessions download at once.
const SESSIONS: usize = 4;

/// What a number of transfers came to.
#[derive(Debug, Default)]
struct Total {
    files: u64,
    bytes: u64,
    resumed: u64,
}

impl Total {
    fn add(&mut self, transferred: &Transferred) {
        self.files += 1;
        self.bytes += transferred.bytes();
        self.resumed += u64::from(transferred.tls_resumed() == Some(true));
    }

    fn merge(&mut self, other: &Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.resumed += other.resumed;
    }

    fn show(&self, name: &str, what: &str, started: Instant) {
        let elapsed = started.elapsed();
        let (files, bytes) = (self.files, show::size(self.bytes));
        show::step(name, &format!("{files} files, {bytes}{what}"), elapsed);
        let rate = show::rate(self.bytes, elapsed);
        let resumed = self.resumed;
        show::detail(&format!(
            "{rate}, TLS session resumed on {resumed} of {files} data connections"
        ));
    }
}

/// Runs the job in directories that are gone when it ends.
pub(crate) async fn run() -> Result<()> {
    let started = Instant::now();
    let here = tempfile::tempdir()?;
    let [ours, served, back] = ["ours", "served", "back"].map(|name| here.path().join(name));
    for directory in [&ours, &served, &back] {
        fs::create_dir(directory).await?;
    }
    let files = tree::plant(&ours)?;
    let server = Server::start(&served).await?;
    show::step(
        "Server",
        &format!("libunftp at {}", server.address()),
        started.elapsed(),
    );
    show::detail("in this process, explicit TLS, certificate made just now");

    let options = FtpStream::builder()
        .credentials("anonymous", "quickstart@localhost")
        .tls(TlsMode::Explicit)
        .tls_roots(TlsRoots::None)
        .tls_add_root(server.certificate());
    let connecting = Instant::now();
    let mut ftp = connect(&options, server.address()).await?;
    show::step(
        "Connect",
        "certificate verified, logged in",
        connecting.elapsed(),
    );
    if let Some(tls) = ftp.tls() {
        show::detail(&format!("{}, {}", tls.version(), tls.cipher_suite()));
    }

    upload(&mut ftp, &files, &ours).await?;
    list(&mut ftp, &files).await?;
    download(&options, &server, &files, &back).await?;
    let resumed = resume(&mut ftp, here.path()).await?;
    ftp.quit().await?;

    let comparing = Instant::now();
    let mut bytes = tree::compare(&ours.join(tree::LARGE), &resumed)?;
    for file in &files {
        bytes += tree::compare(&ours.join(&file.path), &back.join(&file.path))?;
    }
    let what = format!("{} read back", show::size(bytes));
    show::step("Compare", &what, comparing.elapsed());
    show::detail("every byte is the same");
    println!(
        "\nAll is well, after {}.",
        show::duration(started.elapsed())
    );
    Ok(())
}

async fn upload(ftp: &mut FtpStream, files: &[File], from: &Path) -> Result<()> {
    let started = Instant::now();
    let mut total = Total::default();
    for directory in tree::DIRECTORIES {
        ftp.mkd(directory).await?;
    }
    for file in files {
        let content = fs::File::open(from.join(&file.path)).await?;
        let transferred = ftp
            .upload(&file.path, content)
            .await
            .map_err(|error| format!("upload of {}: {error}", file.path))?;
        total.add(&transferred);
    }
    total.show("Upload", ", one session", started);
    Ok(())
}

/// Lists every directory, and checks that each file is there once with its size.
async fn list(ftp: &mut FtpStream, files: &[File]) -> Result<()> {
    let started = Instant::now();
    let mut lines = Vec::new();
    let mut found = 0;
    for directory in iter::once("").chain(tree::DIRECTORIES) {
        let prefix = if directory.is_empty() {
            String::new()
        } else {
            format!("{directory}/")
        };
        let mut entries = ftp.list(directory).await?;
        while let Some(entry) = entries.try_next().await? {
            let path = format!("{prefix}{}", entry.name());
            lines.push((path.clone(), show::entry(&entry, &prefix)));
            if entry.is_dir() {
                continue;
            }
            let is_it = |file: &File| file.path == path && Some(file.size) == entry.size();
            if !files.iter().any(is_it) {
                return Err(format!("listed, but not what was sent: {entry:?}").into());
            }
            found += 1;
        }
    }
    if found != files.len() {
        return Err(format!("{found} files listed of {} sent", files.len()).into());
    }
    lines.sort();
    show::step(
        "List",
        &format!("{} entries", lines.len()),
        started.elapsed(),
    );
    lines.iter().for_each(|(_, line)| show::detail(line));
    Ok(())
}

/// Downloads all files over several sessions at once, each in a task of its own.
async fn download(
    options: &ConnectOptions,
    server: &Server,
    files: &[File],
    to: &Path,
) -> Result<()> {
    let started = Instant::now();
    for directory in tree::DIRECTORIES {
        fs::create_dir(to.join(directory)).await?;
    }
    let to: Arc<Path> = to.into();
    let mut sessions = JoinSet::<Result<Total>>::new();
    for number in 0..SESSIONS {
        let share: Vec<File> = files
            .iter()
            .skip(number)
            .step_by(SESSIONS)
            .cloned()
            .collect();
        let (options, address, to) = (options.clone(), server.address(), Arc::clone(&to));
        sessions.spawn(async move {
            let mut ftp = connect(&options, address).await?;
            let mut total = Total::default();
            for file in &share {
                let mut local = fs::File::create(to.join(&file.path)).await?;
                let transferred = ftp
                    .download(&file.path, &mut local)
                    .await
                    .map_err(|error| format!("download of {}: {error}", file.path))?;
                total.add(&transferred);
            }
            ftp.quit().await?;
            Ok(total)
        });
    }
    let mut total = Total::default();
    while let Some(share) = sessions.join_next().await {
        total.merge(&share??);
    }
    total.show(
        "Download",
        &format!(", {SESSIONS} sessions at once"),
        started,
    );
    Ok(())
}

/// Breaks a download off, and gets the rest of the file later over the same session.
async fn resume(ftp: &mut FtpStream, to: &Path) -> Result<PathBuf> {
    let path = to.join("resumed.bin");
    let mut local = fs::File::create(&path).await?;

    let started = Instant::now();
    let mut part = ftp.retr(tree::LARGE).await?.take(12 * 1024 * 1024 + 345);
    let kept = io::copy(&mut part, &mut local).await?;
    // Nothing to close, nothing to wait for: dropping it is enough.
    drop(part);
    let what = format!("download dropped after {}", show::size(kept));
    show::step("Break off", &what, started.elapsed());

    let started = Instant::now();
    let directory = ftp.pwd().await?;
    let answer = show::duration(started.elapsed());
    show::detail(&format!(
        "the session lives on: in {directory}, told after {answer}"
    ));

    let started = Instant::now();
    let options = TransferOptions::new().offset(kept);
    let mut rest = ftp.retr_with(tree::LARGE, &options).await?;
    io::copy(&mut rest, &mut local).await?;
    let rest = rest.finish().await?;
    local.flush().await?;
    let what = format!("the other {} from byte {kept}", show::size(rest.bytes()));
    show::step("Resume", &what, started.elapsed());
    Ok(path)
}

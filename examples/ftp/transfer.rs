//! Files from here to there and back.

use std::{
    ffi::{OsStr, OsString},
    io::{IsTerminal, SeekFrom, stdout},
    path::{Path, PathBuf},
};

use futures::TryStreamExt;
use tokio::{
    fs::{self, File, OpenOptions},
    io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, BufReader},
};
use tokio_ftp::{Error, FtpStream, Progress, TransferOptions, Transferred};

use crate::{
    Result,
    arguments::{Cat, Get, Put},
    failure::{Class, Failure, Tally},
    output::{DASH, Standard, duplicate},
    place::Place,
    screen::Screen,
    text,
};

/// How much is moved at once, in bytes.
const BLOCK: usize = 64 * 1024;

/// How much of what both sides have must be the same before a transfer is resumed, in bytes.
const OVERLAP: u64 = 4 * 1024;

/// A session that is about to transfer files.
pub(crate) struct Transfer<'a> {
    ftp: &'a mut FtpStream,
    place: &'a Place,
    screen: &'a Screen,
    resume: bool,
    ascii: bool,
}

/// Where a download goes.
enum Target {
    Output,
    File(PathBuf),
}

impl<'a> Transfer<'a> {
    pub(crate) fn new(ftp: &'a mut FtpStream, place: &'a Place, screen: &'a Screen) -> Self {
        Self {
            ftp,
            place,
            screen,
            resume: false,
            ascii: place.ascii,
        }
    }

    pub(crate) async fn get(mut self, get: &Get, paths: &[Vec<u8>]) -> Result<()> {
        self.resume = get.resume;
        self.ascii |= get.ascii;
        let output = get.output.as_deref();
        let is_one_file = output.is_some_and(|path| path != Path::new(DASH) && !path.is_dir());
        if paths.len() > 1 && is_one_file {
            return Err(Failure::usage(
                "-o is one file, or no directory that is there, for several downloads",
            ));
        }
        self.download_all(paths, output).await
    }

    pub(crate) async fn cat(mut self, cat: &Cat, paths: &[Vec<u8>]) -> Result<()> {
        self.ascii |= cat.ascii;
        self.download_all(paths, Some(DASH.as_ref())).await
    }

    pub(crate) async fn put(mut self, put: &Put, files: &[OsString]) -> Result<()> {
        self.resume = put.resume;
        self.ascii |= put.ascii;
        let to = self.place.path(put.output.as_deref().unwrap_or_default());
        let is_directory = to.is_empty() || to.ends_with(b"/") || files.len() > 1;
        let mut tally = Tally::default();
        for file in files {
            let name = Path::new(file).file_name().filter(|_| file != DASH);
            let path = match name {
                Some(name) if is_directory => text::join(&to, &text::bytes(name)),
                None if is_directory => {
                    let failure = Failure::usage("no name for it on the server");
                    tally.add(Err(failure.hint("-o names it")), self.screen);
                    continue;
                }
                _ => to.clone(),
            };
            let done = self.upload(file, &path).await;
            let done = done.map_err(|failure| match failure.class() {
                Class::Refused | Class::NotFound if !is_directory => {
                    failure.hint("if it is a directory there, write a / behind it")
                }
                _ => failure,
            });
            tally.add(done.map_err(|failure| failure.at(&path)), self.screen);
            if self.ftp.is_broken() {
                break;
            }
        }
        tally.end()
    }

    async fn download_all(&mut self, paths: &[Vec<u8>], output: Option<&Path>) -> Result<()> {
        let mut tally = Tally::default();
        for path in paths {
            let done = match Target::new(output, path) {
                Ok(target) => self.download(path, &target).await,
                Err(failure) => Err(failure),
            };
            tally.add(done.map_err(|failure| failure.at(path)), self.screen);
            if self.ftp.is_broken() {
                break;
            }
        }
        tally.end()
    }

    async fn download(&mut self, path: &[u8], target: &Target) -> Result<()> {
        if self.ascii {
            return self.download_text(path, target).await;
        }
        let kept = match target {
            Target::File(local) if self.resume => length(local).await?,
            _ => 0,
        };
        let size = self.size(path).await?;
        check_length(kept, size, "here", "on the server")?;
        let overlap = kept.min(OVERLAP);
        let mut options = TransferOptions::new().offset(kept - overlap);
        if let Some(size) = size {
            options = options.size(size);
        }
        let mut download = self.ftp.retr_with(path, &options).await?;
        // Only now, so that a refused download leaves the file that was there.
        let mut local = target.open(kept).await?;
        if overlap > 0 {
            let mut theirs = vec![0; overlap as usize];
            download.read_exact(&mut theirs).await?;
            local.expect(kept - overlap, &theirs).await?;
        }
        let name = target.name(path);
        let total = size.or_else(|| Some(kept - overlap + download.size_hint()?));
        let bar = target.is_quiet().then(indicatif::ProgressBar::hidden);
        let bar = bar.unwrap_or_else(|| self.screen.bar(&name, kept, total));
        let result = async {
            while let Some(chunk) = download.chunk().await? {
                local.write(&chunk).await?;
                bar.inc(chunk.len() as u64);
            }
            Ok(download.finish().await?)
        };
        let result: Result<Transferred> = result.await;
        // What came before a failure is kept too.
        let flushed = local.flush().await;
        let done = result.map_err(|failure| match target {
            Target::File(_) => failure.hint("what has come is kept: --resume goes on from there"),
            Target::Output => failure,
        })?;
        flushed?;
        self.screen.done(&bar, &done);
        Ok(())
    }

    async fn download_text(&mut self, path: &[u8], target: &Target) -> Result<()> {
        let mut lines = self.ftp.retr_lines(path).await?;
        let mut local = target.open(0).await?;
        let bar = target.is_quiet().then(indicatif::ProgressBar::hidden);
        let bar = bar.unwrap_or_else(|| self.screen.bar(&target.name(path), 0, None));
        while let Some(line) = lines.try_next().await? {
            local.write(&line).await?;
            local.write(LINE_END).await?;
            bar.inc(line.len() as u64 + 1);
        }
        local.flush().await?;
        if let Some(done) = lines.transferred() {
            self.screen.done(&bar, done);
        }
        Ok(())
    }

    async fn upload(&mut self, file: &OsStr, path: &[u8]) -> Result<()> {
        let mut local = Local::open(file).await?;
        if self.ascii {
            return self.upload_text(local, path).await;
        }
        let kept = match (self.resume, local.length) {
            (true, None) => {
                return Err(Failure::usage("only an upload of a file can be resumed"));
            }
            (true, Some(_)) => self.size(path).await?.unwrap_or(0),
            (false, _) => 0,
        };
        check_length(kept, local.length, "on the server", "here")?;
        if kept > 0 {
            self.compare_end(&mut local, path, kept).await?;
            if Some(kept) == local.length {
                self.screen.remark("all of it is there already");
                return Ok(());
            }
        }
        // Appending, because some servers that allow it forbid to store at an offset.
        let mut options = TransferOptions::new().append(kept > 0);
        if let Some(length) = local.length {
            options = options.size(length);
        }
        let mut upload = self.ftp.stor_with(path, &options).await?;
        let bar = self.screen.bar(path, kept, local.length);
        let result = async {
            let mut block = vec![0; BLOCK];
            loop {
                let read = local.read(&mut block).await?;
                if read == 0 {
                    break;
                }
                let part = block.get(..read).unwrap_or_default();
                upload.write_all(part).await?;
                bar.inc(read as u64);
            }
            Ok(upload.finish().await?)
        };
        let result: Result<Transferred> = result.await;
        let done = result.map_err(|failure| match local.length {
            Some(_) => failure.hint("the server may have kept a part: --resume goes on from there"),
            None => failure,
        })?;
        self.screen.done(&bar, &done);
        Ok(())
    }

    async fn upload_text(&mut self, local: Local, path: &[u8]) -> Result<()> {
        let bar = self.screen.bar(path, 0, local.length);
        let report = {
            let bar = bar.clone();
            move |bytes| bar.set_position(bytes)
        };
        let text = BufReader::new(Progress::new(local.file, report));
        let done = self.ftp.stor_lines(path, text).await?;
        self.screen.done(&bar, &done);
        Ok(())
    }

    /// Refuses to go on where the end of what the server has is not what is here.
    async fn compare_end(&mut self, local: &mut Local, path: &[u8], kept: u64) -> Result<()> {
        let from = kept - kept.min(OVERLAP);
        let mut theirs = Vec::new();
        let options = TransferOptions::new().offset(from).size(kept);
        match self.ftp.retr_with(path, &options).await {
            Ok(mut download) => download.read_to_end(&mut theirs).await.map(drop)?,
            Err(Error::Temporary(_) | Error::Permanent(_)) => {
                self.screen
                    .note("warning: the server does not show what it has; going on unchecked");
                local.seek(kept).await?;
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        }
        local.expect(from, &theirs).await
    }

    /// How long a remote file is; `None` where the server does not say, or there is none.
    async fn size(&mut self, path: &[u8]) -> Result<Option<u64>> {
        match self.ftp.size(path).await {
            Ok(size) => Ok(size),
            Err(Error::Temporary(_) | Error::Permanent(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(windows)]
const LINE_END: &[u8] = b"\r\n";
#[cfg(not(windows))]
const LINE_END: &[u8] = b"\n";

impl Target {
    fn new(output: Option<&Path>, path: &[u8]) -> Result<Self> {
        if output == Some(Path::new(DASH)) {
            return Ok(Self::Output);
        }
        let own = || {
            text::file_name(path)
                .ok_or_else(|| Failure::usage("it has no name for a file here").hint("-o names it"))
        };
        Ok(Self::File(match output {
            Some(directory) if directory.is_dir() => directory.join(own()?),
            Some(file) => file.to_owned(),
            None => own()?.into(),
        }))
    }

    /// Opens it for writing behind the `kept` bytes that are there.
    async fn open(&self, kept: u64) -> Result<Local> {
        let Self::File(path) = self else {
            return Ok(Local {
                file: duplicate(Standard::Output)?,
                path: "standard output".into(),
                length: None,
            });
        };
        let opened = OpenOptions::new()
            .read(kept > 0)
            .write(true)
            .create(true)
            .truncate(kept == 0)
            .open(path)
            .await;
        let path = path.clone();
        match opened {
            Ok(file) => Ok(Local {
                file,
                path,
                length: None,
            }),
            Err(error) => Err(Failure::local(&path, &error)),
        }
    }

    fn name(&self, path: &[u8]) -> Vec<u8> {
        match self {
            Self::Output => path.to_vec(),
            Self::File(local) => text::bytes(local.file_name().unwrap_or_default()),
        }
    }

    /// Whether a bar would come between what is written.
    fn is_quiet(&self) -> bool {
        matches!(self, Self::Output) && stdout().is_terminal()
    }
}

/// A file here, whose errors say its name.
struct Local {
    file: File,
    path: PathBuf,
    /// How long it is, if it is a plain file that is read.
    length: Option<u64>,
}

impl Local {
    async fn open(path: &OsStr) -> Result<Self> {
        if path == DASH {
            return Ok(Self {
                file: duplicate(Standard::Input)?,
                path: "standard input".into(),
                length: None,
            });
        }
        let path = PathBuf::from(path);
        let opened = async {
            let file = File::open(&path).await?;
            let facts = file.metadata().await?;
            std::io::Result::Ok((file, facts))
        };
        let (file, facts) = opened
            .await
            .map_err(|error| Failure::local(&path, &error))?;
        if facts.is_dir() {
            let error = std::io::ErrorKind::IsADirectory.into();
            return Err(Failure::local(&path, &error));
        }
        Ok(Self {
            file,
            path,
            length: facts.is_file().then_some(facts.len()),
        })
    }

    async fn read(&mut self, block: &mut [u8]) -> Result<usize> {
        let read = self.file.read(block).await;
        read.map_err(|error| Failure::local(&self.path, &error))
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| Failure::local(&self.path, &error))
    }

    async fn flush(&mut self) -> Result<()> {
        let flushed = self.file.flush().await;
        flushed.map_err(|error| Failure::local(&self.path, &error))
    }

    async fn seek(&mut self, to: u64) -> Result<()> {
        let sought = self.file.seek(SeekFrom::Start(to)).await;
        sought
            .map(drop)
            .map_err(|error| Failure::local(&self.path, &error))
    }

    /// Stands behind `theirs`, once that is what the file has at `from`.
    async fn expect(&mut self, from: u64, theirs: &[u8]) -> Result<()> {
        self.seek(from).await?;
        let mut ours = vec![0; theirs.len()];
        let read = self.file.read_exact(&mut ours).await;
        read.map_err(|error| Failure::local(&self.path, &error))?;
        if ours != theirs {
            return Err(Failure::other(
                "what is here and what is on the server are not parts of one file",
            )
            .hint("do it without --resume, if the whole file is to be transferred anew"));
        }
        self.seek(from + theirs.len() as u64).await
    }
}

/// How long a file here is; 0 where there is none.
async fn length(path: &Path) -> Result<u64> {
    match fs::metadata(path).await {
        Ok(facts) => Ok(facts.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(Failure::local(path, &error)),
    }
}

fn check_length(kept: u64, size: Option<u64>, part: &str, whole: &str) -> Result<()> {
    match size {
        Some(size) if kept > size => Err(Failure::other(format!(
            "{kept} bytes are {part} and only {size} {whole}: that is no part of it"
        ))
        .hint("do it without --resume, if the whole file is to be transferred anew")),
        _ => Ok(()),
    }
}

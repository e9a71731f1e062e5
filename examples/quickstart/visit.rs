//! A look at any server: the entries of a directory, or the content of a file.

use std::{
    io::{IsTerminal, Write, stderr, stdout},
    time::{Duration, Instant},
};

use futures::TryStreamExt;
use tokio::{fs, io::AsyncWriteExt};
use tokio_ftp::{ConnectOptions, Download, Error, FtpStream};

use crate::{Result, show};

/// How much of a text is shown, in bytes.
const PREVIEW: usize = 2048;

/// What to look at.
#[derive(Debug, Default)]
pub(crate) struct Visit {
    url: String,
    file: Option<String>,
    insecure: bool,
}

impl Visit {
    /// Reads a command line; no words are no visit.
    ///
    /// # Errors
    /// What is wrong with it, or `None` when it asks for help.
    pub(crate) fn parse(
        words: impl Iterator<Item = String>,
    ) -> Result<Option<Self>, Option<String>> {
        let mut visit = Self::default();
        let mut places = Vec::new();
        for word in words {
            match word.as_str() {
                "-h" | "--help" => return Err(None),
                "--insecure" => visit.insecure = true,
                option if option.starts_with('-') => return Err(Some(format!("no {option} here"))),
                _ => places.push(word),
            }
        }
        let mut places = places.into_iter();
        match (places.next(), places.next(), places.next()) {
            (Some(url), file, None) => (visit.url, visit.file) = (url, file),
            (None, ..) if visit.insecure => return Err(Some("a URL is missing".to_owned())),
            (None, ..) => return Ok(None),
            _ => return Err(Some("more than a URL and a file".to_owned())),
        }
        Ok(Some(visit))
    }

    pub(crate) async fn run(self) -> Result<()> {
        self.look().await.map_err(|error| {
            let hint = error.downcast_ref().and_then(hint).unwrap_or_default();
            format!("{error}{hint}").into()
        })
    }

    async fn look(&self) -> Result<()> {
        let started = Instant::now();
        let options = ConnectOptions::new().danger_accept_invalid_certs(self.insecure);
        let (mut ftp, path) = options.open(&self.url).await?;
        let tls = ftp.tls().map_or_else(
            || "without TLS".to_owned(),
            |tls| format!("{}, {}", tls.version(), tls.cipher_suite()),
        );
        eprintln!("Connected in {}, {tls}", show::duration(started.elapsed()));
        eprintln!("{}\n", show::plain(&ftp.welcome().text()));

        // A path does not say what it names, but only directories can be entered.
        let entered = match path.as_slice() {
            b"" => Ok(()),
            path => ftp.cwd(path).await,
        };
        match entered {
            Ok(()) => list(&mut ftp).await?,
            Err(Error::Temporary(_) | Error::Permanent(_)) => {
                self.read(ftp.retr(&path).await?).await?;
            }
            Err(error) => return Err(error.into()),
        }
        Ok(ftp.quit().await?)
    }

    async fn read(&self, mut download: Download<&mut FtpStream>) -> Result<()> {
        let mut file = match &self.file {
            Some(path) => Some(fs::File::create(path).await?),
            None => None,
        };
        let mut meter = Meter::new(download.size_hint());
        let mut head = Vec::new();
        while let Some(chunk) = download.chunk().await? {
            meter.show(download.received());
            if let Some(file) = &mut file {
                file.write_all(&chunk).await?;
            } else if head.len() < PREVIEW {
                head.extend_from_slice(&chunk);
            }
        }
        if let Some(file) = &mut file {
            file.flush().await?;
        }
        meter.clear();
        if !head.is_empty() {
            writeln!(stdout(), "{}\n", preview(&head))?;
        }
        let done = download.finish().await?;
        let (bytes, elapsed) = (done.bytes(), done.elapsed());
        let (amount, rate) = (show::size(bytes), show::rate(bytes, elapsed));
        let elapsed = show::duration(elapsed);
        eprintln!("Read {amount} ({bytes} bytes) in {elapsed}, {rate}");
        if let Some(path) = &self.file {
            eprintln!("It is in {path}");
        }
        Ok(())
    }
}

/// Prints the entries as they come: a directory may hold millions of them.
async fn list(ftp: &mut FtpStream) -> Result<()> {
    let started = Instant::now();
    let (mut files, mut others, mut bytes) = (0_u64, 0_u64, 0_u64);
    let mut entries = ftp.list("").await?;
    while let Some(entry) = entries.try_next().await? {
        // Unlike `println!`, this survives a reader that has seen enough.
        writeln!(stdout(), "{}", show::entry(&entry, ""))?;
        if entry.is_file() {
            files += 1;
            bytes += entry.size().unwrap_or_default();
        } else {
            others += 1;
        }
    }
    let (amount, elapsed) = (show::size(bytes), show::duration(started.elapsed()));
    eprintln!("\n{files} files of {amount}, other entries: {others}, in {elapsed}");
    if entries.unknown_count() > 0 {
        eprintln!("{} lines were not understood", entries.unknown_count());
    }
    Ok(())
}

/// The beginning of a text.
fn preview(content: &[u8]) -> String {
    let head = content.get(..PREVIEW).unwrap_or(content);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // The cut went through a character.
        Err(error) if error.error_len().is_none() && content.len() > PREVIEW => {
            let whole = head.get(..error.valid_up_to()).unwrap_or_default();
            std::str::from_utf8(whole).unwrap_or_default()
        }
        Err(_) => return "(no text: name a file to store it in)".to_owned(),
    };
    let more = if content.len() > PREVIEW {
        "\n[…]"
    } else {
        ""
    };
    format!("{}{more}", show::plain(text.trim_end()))
}

/// What may help against an error.
fn hint(error: &Error) -> Option<&'static str> {
    let verb = error.reply().and_then(|reply| reply.verb());
    Some(match (error, verb) {
        (Error::Argument(_), _) => {
            "\na URL looks like ftp://user:password@host:port/path; see --help"
        }
        (_, Some("USER" | "PASS")) => {
            "\nname a user, as in ftp://user:password@host/; or the server wants TLS: ftpes://"
        }
        (_, Some("AUTH")) => "\nthe server has no TLS; ftp:// goes in the clear",
        (_, Some("RETR")) if error.is_not_found() => {
            "\na path from the server's root begins with /%2F"
        }
        (Error::Tls(_), _) if error.to_string().contains("certificate") => {
            "\n--insecure takes any certificate, for servers of your own"
        }
        (Error::Tls(_), _) => "\nftps:// is TLS from the first byte, ftpes:// TLS by AUTH TLS",
        (Error::Timeout(_) | Error::Io(_), _) => "\nis it the right host and port?",
        _ => return None,
    })
}

/// Shows on a terminal how far a download is.
#[derive(Debug)]
struct Meter {
    size: Option<u64>,
    started: Instant,
    shown: Option<Instant>,
}

impl Meter {
    fn new(size: Option<u64>) -> Self {
        Self {
            size,
            started: Instant::now(),
            shown: None,
        }
    }

    fn show(&mut self, bytes: u64) {
        let recently = |shown: Instant| shown.elapsed() < Duration::from_millis(100);
        if !stderr().is_terminal() || self.shown.is_some_and(recently) {
            return;
        }
        let (amount, rate) = (show::size(bytes), show::rate(bytes, self.started.elapsed()));
        let share = self.size.map_or_else(String::new, |size| {
            let percent = 100.0 * bytes as f64 / size.max(1) as f64;
            format!(" of {} ({percent:.0} %)", show::size(size))
        });
        eprint!("\r\x1b[K{amount}{share}, {rate}");
        self.shown = Some(Instant::now());
    }

    fn clear(&self) {
        if self.shown.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}

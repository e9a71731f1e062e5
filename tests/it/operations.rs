//! Every public async operation, in one table: to drop at each of its polls, and to spawn.

use std::{future::Future, pin::Pin, sync::Arc, time::UNIX_EPOCH};

use bytes::Bytes;
use futures::{SinkExt, StreamExt, TryStreamExt};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::JoinHandle,
};
use tokio_ftp::{
    Download, Entries, EntryKind, Error, FtpStream, ListOptions, Phase, Result, TransferOptions,
    Upload, WalkOptions,
};

/// A directory of the server's that is an operation's own. It holds a file `old` and a directory
/// `d` with a file in it, and an empty directory `e`.
#[derive(Debug, Clone)]
pub(crate) struct Place(pub(crate) String);

impl Place {
    pub(crate) fn path(&self, name: &str) -> String {
        format!("/{}/{name}", self.0)
    }
}

/// What an operation is, and so what may become of its session when it is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It starts from a session without TLS that is not logged in, and may leave it broken.
    Opening,
    /// Nobody knows how the session stands when it is dropped half-way: it may be broken.
    Critical,
    /// A question and an answer: the session is in step whatever happens.
    Simple,
    /// Replies may be missing, where the server is at fault: the session may be broken.
    Transfer,
}

pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// One operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// Runs it on a session that is somebody else's.
    pub(crate) run: for<'a> fn(&'a mut FtpStream, &'a Place) -> Running<'a>,
    /// Spawns it with a session of its own.
    pub(crate) spawn: fn(FtpStream, Place) -> JoinHandle<Result<()>>,
}

/// A session, whether it is held by value or not.
trait Borrowed {
    fn borrowed(&mut self) -> &mut FtpStream;
}

impl Borrowed for FtpStream {
    fn borrowed(&mut self) -> &mut FtpStream {
        self
    }
}

macro_rules! operations {
    ($($name:literal $kind:ident |$ftp:ident, $at:ident| $body:block)*) => {
        pub(crate) const OPERATIONS: &[Operation] = &[$({
            fn run<'a>($ftp: &'a mut FtpStream, $at: &'a Place) -> Running<'a> {
                Box::pin(async move {
                    $body
                    Ok(())
                })
            }

            // The body once more, so that the compiler sees it where the session is owned.
            fn spawn(mut $ftp: FtpStream, $at: Place) -> JoinHandle<Result<()>> {
                tokio::spawn(async move {
                    $body
                    Ok(())
                })
            }

            Operation { name: $name, kind: Kind::$kind, run, spawn }
        }),*];
    };
}

/// More than goes into the buffers of a socket pair in one go.
static BLOCK: [u8; 100_000] = [7; 100_000];

operations! {
    "login" Opening |ftp, _at| { ftp.login("joe", "pw").await?; }
    "login_anonymous" Opening |ftp, _at| { ftp.login_anonymous().await?; }
    "secure" Opening |ftp, _at| { ftp.secure().await?; }
    "account" Critical |ftp, _at| { ftp.account("payer").await?; }
    "rein" Critical |ftp, _at| { ftp.rein().await?; }
    "prot_p" Critical |ftp, _at| { ftp.prot_p().await?; }
    "prot_c" Critical |ftp, _at| { ftp.prot_c().await?; }
    "ccc" Critical |ftp, _at| { ftp.ccc().await?; }
    "host" Simple |ftp, _at| { ftp.host("localhost").await?; }
    "features" Simple |ftp, _at| { ftp.features().await?; }
    "pwd" Simple |ftp, _at| { ftp.pwd().await?; }
    "cwd" Simple |ftp, at| { ftp.cwd(at.path("d")).await?; }
    "cwd not ascii" Simple |ftp, at| { ftp.cwd(at.path("dü")).await?; }
    "cdup" Simple |ftp, _at| { ftp.cdup().await?; }
    "mkd" Simple |ftp, at| { ftp.mkd(at.path("new")).await?; }
    "create_dir_all" Simple |ftp, at| { ftp.create_dir_all(at.path("x/y/z")).await?; }
    "rmd" Simple |ftp, at| { ftp.rmd(at.path("e")).await?; }
    "rename" Simple |ftp, at| { ftp.rename(at.path("old"), at.path("new")).await?; }
    "delete" Simple |ftp, at| { ftp.delete(at.path("old")).await?; }
    "size" Simple |ftp, at| { ftp.size(at.path("old")).await?; }
    "mdtm" Simple |ftp, at| { ftp.mdtm(at.path("old")).await?; }
    "set_modified" Simple |ftp, at| { ftp.set_modified(at.path("old"), UNIX_EPOCH).await?; }
    "chmod" Simple |ftp, at| { ftp.chmod(at.path("old"), 0o600).await?; }
    "noop" Simple |ftp, _at| { ftp.noop().await?; }
    "site" Simple |ftp, _at| { ftp.site("HELP").await?; }
    "system" Simple |ftp, _at| { ftp.system().await?; }
    "stat" Simple |ftp, _at| { ftp.stat("").await?; }
    "stat of a file" Simple |ftp, at| { ftp.stat(at.path("old")).await?; }
    "help" Simple |ftp, _at| { ftp.help("").await?; }
    "allo" Simple |ftp, _at| { ftp.allo(5).await?; }
    "command" Simple |ftp, _at| { ftp.command("TYPE I").await?; }
    "abort" Simple |ftp, _at| { ftp.abort().await?; }
    "retr" Transfer |ftp, at| {
        let mut file = Vec::new();
        ftp.retr(at.path("old")).await?.read_to_end(&mut file).await?;
    }
    "retr_with an offset" Transfer |ftp, at| {
        let options = TransferOptions::new().offset(1_000);
        let mut download = ftp.retr_with(at.path("old"), &options).await?;
        while download.chunk().await?.is_some() {}
    }
    "retr_with a length" Transfer |ftp, at| {
        let options = TransferOptions::new().length(1_000);
        ftp.retr_with(at.path("old"), &options).await?.finish().await?;
    }
    "retr refused" Transfer |ftp, at| { ftp.retr(at.path("nosuch")).await?; }
    "Download::finish" Transfer |ftp, at| { ftp.retr(at.path("old")).await?.finish().await?; }
    "Download::abort" Transfer |ftp, at| {
        let mut download = ftp.retr(at.path("old")).await?;
        download.chunk().await?;
        download.abort().await?;
    }
    "Download::open" Transfer |ftp, at| {
        let options = TransferOptions::new().ascii(true);
        Download::open(ftp.borrowed(), at.path("old"), &options).await?.finish().await?;
    }
    "next of walk" Transfer |ftp, at| {
        let mut walk = ftp.walk(at.path(""), &WalkOptions::new())?;
        while walk.next().await?.is_some() {}
    }
    "Download::into_stream" Transfer |ftp, at| {
        let mut chunks = ftp.retr(at.path("old")).await?.into_stream();
        while chunks.next().await.transpose()?.is_some() {}
    }
    "read" Transfer |ftp, at| { ftp.read(at.path("old")).await?; }
    "download" Transfer |ftp, at| {
        ftp.download(at.path("old"), &mut tokio::io::sink()).await?;
    }
    "download_to_file" Transfer |ftp, at| {
        let local = tempfile::NamedTempFile::new()?;
        ftp.download_to_file(at.path("old"), &local).await?;
    }
    "retr_lines" Transfer |ftp, at| {
        ftp.retr_lines(at.path("d/text")).await?.try_collect::<Vec<_>>().await?;
    }
    "stor" Transfer |ftp, at| {
        let mut upload = ftp.stor(at.path("new")).await?;
        upload.write_all(&BLOCK).await?;
        upload.flush().await?;
        upload.shutdown().await?;
    }
    "stor_with an offset" Transfer |ftp, at| {
        let options = TransferOptions::new().offset(1_000);
        let mut upload = ftp.stor_with(at.path("old"), &options).await?;
        upload.write_all(&BLOCK).await?;
        upload.finish().await?;
    }
    "appe" Transfer |ftp, at| {
        let mut upload = ftp.appe(at.path("old")).await?;
        upload.write_all(b"more").await?;
        upload.finish().await?;
    }
    "stou" Transfer |ftp, _at| {
        let mut upload = ftp.stou().await?;
        upload.write_all(b"more").await?;
        upload.finish().await?;
    }
    "Upload::abort" Transfer |ftp, at| {
        let mut upload = ftp.stor(at.path("new")).await?;
        upload.write_all(&BLOCK).await?;
        upload.abort().await?;
    }
    "Upload::open" Transfer |ftp, at| {
        let options = TransferOptions::new().append(true);
        Upload::open(ftp.borrowed(), at.path("old"), &options).await?.finish().await?;
    }
    "Upload::into_sink" Transfer |ftp, at| {
        let mut sink = ftp.stor(at.path("new")).await?.into_sink();
        sink.send(Bytes::from_static(&BLOCK)).await?;
        sink.close().await?;
    }
    "upload_from_file" Transfer |ftp, at| {
        let mut local = tempfile::NamedTempFile::new()?;
        std::io::Write::write_all(&mut local, &BLOCK)?;
        ftp.upload_from_file(at.path("new"), &local).await?;
    }
    "stor_lines" Transfer |ftp, at| {
        ftp.stor_lines(at.path("new"), &b"one\ntwo\r\nthree"[..]).await?;
    }
    "transfer down" Transfer |ftp, at| {
        ftp.command("TYPE I").await?;
        let mut transfer = ftp.transfer(format!("RETR {}", at.path("old")), 5).await?;
        transfer.finish().await?;
    }
    "transfer up" Transfer |ftp, at| {
        let mut transfer = ftp.transfer(format!("STOR {}", at.path("new")), 0).await?;
        transfer.write_all(&BLOCK).await?;
        transfer.finish().await?;
    }
    "upload" Transfer |ftp, at| { ftp.upload(at.path("new"), &BLOCK[..]).await?; }
    "list" Transfer |ftp, at| {
        ftp.list(at.path("d")).await?.try_collect::<Vec<_>>().await?;
    }
    "list of nothing" Transfer |ftp, at| {
        ftp.list(at.path("e")).await?.try_collect::<Vec<_>>().await?;
    }
    "Entries::open" Transfer |ftp, _at| {
        let options = ListOptions::new().strict(true);
        let entries = Entries::open(ftp.borrowed(), "", &options).await?;
        let count = entries.try_filter(|entry| {
            std::future::ready(entry.kind() == EntryKind::Directory)
        });
        count.try_collect::<Vec<_>>().await?;
    }
    "metadata" Simple |ftp, at| { ftp.metadata(at.path("old")).await?; }
    "exists" Simple |ftp, at| { ftp.exists(at.path("old")).await?; }
    "is_complete" Simple |ftp, at| {
        let cause = Arc::new(Error::Timeout(Phase::FinalReply));
        let error = Error::Unconfirmed { size: Some(5), cause };
        ftp.is_complete(at.path("old"), &error).await?;
    }
    "remove_dir_all" Transfer |ftp, at| { ftp.remove_dir_all(at.path("d")).await?; }
    "Entries::finish with hidden names" Transfer |ftp, at| {
        let options = ListOptions::new().hidden(true);
        Entries::open(ftp.borrowed(), at.path("d"), &options).await?.finish().await?;
    }
    "learn_offset" Transfer |ftp, at| { ftp.learn_offset(at.path("")).await?; }
    "mlsd" Transfer |ftp, at| {
        ftp.mlsd(at.path("d")).await?.try_collect::<Vec<_>>().await?;
    }
    "mlst" Simple |ftp, at| { ftp.mlst(at.path("old")).await?; }
    "nlst" Transfer |ftp, at| {
        ftp.nlst(at.path("d")).await?.try_collect::<Vec<_>>().await?;
    }
    "list_raw" Transfer |ftp, at| {
        ftp.list_raw(at.path("d")).await?.try_collect::<Vec<_>>().await?;
    }
}

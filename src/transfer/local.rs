//! Whole files between the server and this host.
//!
//! The file is read or written on a thread where blocking does no harm, in large blocks that go to
//! and fro between there and the transfer.

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc,
    task::{JoinHandle, spawn_blocking},
};

use super::{download::Download, options::Transferred};
use crate::{
    error::{Error, Result},
    session::FtpStream,
};

/// The size of a block, in bytes: smaller ones cost more turns between the threads, larger ones
/// leave the processor's cache.
const BLOCK: usize = 256 * 1024;

/// How many blocks there are to a transfer at the most.
const BLOCKS: usize = 4;

type Block = Vec<u8>;

impl FtpStream {
    /// Downloads `path` into the local file `local`, which is made, or emptied first. That happens
    /// only when the server has agreed to the transfer.
    ///
    /// # Errors
    /// As [`retr`](Self::retr), what ends the download early, [`Error::Unconfirmed`] for a last
    /// reply that was lost, and [`Error::Local`] for what the file says. The file then has what
    /// has come.
    ///
    /// # Cancel safety
    /// As [`Download`]; the file then has a part. One write, of at most 256 KiB, may be under way
    /// then and still be done.
    pub async fn download_to_file(
        &mut self,
        path: impl AsRef<[u8]> + Send,
        local: impl AsRef<Path> + Send,
    ) -> Result<Transferred> {
        let mut download = self.retr(path).await?;
        let mut writer = Writer::create(local.as_ref().to_owned());
        let copied = copy(&mut download, &mut writer).await;
        // The file is told first: a copy that stopped because of it has no reason of its own.
        writer.finish().await?;
        copied?;
        download.finish().await
    }

    /// Uploads the local file `local` as `path`.
    ///
    /// # Errors
    /// As [`stor`](Self::stor), what ends the upload early, [`Error::Unconfirmed`] for a last reply
    /// that was lost, and [`Error::Local`] for what the file says. A file that cannot be opened
    /// leaves the server's as it was; one that cannot be read on has the upload reset.
    ///
    /// # Cancel safety
    /// As [`Upload`](crate::Upload).
    pub async fn upload_from_file(
        &mut self,
        path: impl AsRef<[u8]> + Send,
        local: impl AsRef<Path> + Send,
    ) -> Result<Transferred> {
        let mut reader = Reader::open(local.as_ref().to_owned());
        let mut next = reader.next().await?;
        let mut upload = self.stor(path).await?;
        while let Some(block) = next {
            upload.write_all(&block).await?;
            reader.give_back(block);
            next = reader.next().await?;
        }
        upload.finish().await
    }
}

/// Until the end of either.
async fn copy(download: &mut Download<&mut FtpStream>, writer: &mut Writer) -> Result<()> {
    loop {
        let mut block = writer.block(download.size_hint()).await;
        let ended = loop {
            if block.len() >= BLOCK {
                break Ok(false);
            }
            match download.read_buf(&mut block).await {
                Ok(0) => break Ok(true),
                Ok(_) => {}
                Err(error) => break Err(Error::from(error)),
            }
        };
        let written = writer.write(block).await;
        if ended? || !written {
            return Ok(());
        }
    }
}

/// Writes a file on a thread of its own, until it is dropped.
struct Writer {
    full: mpsc::Sender<Block>,
    empty: mpsc::Receiver<Block>,
    made: usize,
    task: JoinHandle<io::Result<()>>,
    left: Leave,
}

/// Tells a thread, when this is dropped, that nobody is there any more.
#[derive(Default)]
struct Leave(Arc<AtomicBool>);

impl Drop for Leave {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Writer {
    fn create(local: PathBuf) -> Self {
        let (full, mut blocks) = mpsc::channel::<Block>(BLOCKS);
        let (written, empty) = mpsc::channel(BLOCKS);
        let left = Leave::default();
        let alone = Arc::clone(&left.0);
        let task = spawn_blocking(move || {
            // What is cancelled before it began must not empty a file that is another's by now.
            if alone.load(Ordering::Relaxed) {
                return Ok(());
            }
            let mut file = File::create(local)?;
            while let Some(mut block) = blocks.blocking_recv() {
                if alone.load(Ordering::Relaxed) {
                    return Ok(());
                }
                file.write_all(&block)?;
                block.clear();
                // Nobody wants it back behind the end.
                let _ = written.try_send(block);
            }
            Ok(())
        });
        Self {
            full,
            empty,
            made: 0,
            task,
            left,
        }
    }

    /// An empty block; not larger than what is to come, where that is known.
    async fn block(&mut self, expected: Option<u64>) -> Block {
        if self.made == BLOCKS
            && let Some(block) = self.empty.recv().await
        {
            return block;
        }
        if let Ok(block) = self.empty.try_recv() {
            return block;
        }
        self.made += 1;
        Block::with_capacity(capacity(expected))
    }

    /// Hands a block on; `false` when the file takes no more.
    async fn write(&mut self, block: Block) -> bool {
        block.is_empty() || self.full.send(block).await.is_ok()
    }

    /// Waits until everything is written, and says how that went.
    async fn finish(self) -> Result<()> {
        let Self {
            full, task, left, ..
        } = self;
        drop(full);
        let written = done(task).await;
        drop(left);
        written
    }
}

/// Reads a file on a thread of its own.
struct Reader {
    full: mpsc::Receiver<Block>,
    empty: mpsc::Sender<Block>,
    task: Option<JoinHandle<io::Result<()>>>,
}

impl Reader {
    fn open(local: PathBuf) -> Self {
        let (blocks, full) = mpsc::channel(BLOCKS - 1);
        let (empty, mut used) = mpsc::channel::<Block>(BLOCKS);
        let task = spawn_blocking(move || {
            let mut file = File::open(local)?;
            let size = capacity(file.metadata().ok().map(|facts| facts.len()));
            loop {
                let mut block = used
                    .try_recv()
                    .unwrap_or_else(|_| Block::with_capacity(size));
                block.clear();
                let read = (&mut file).take(BLOCK as u64).read_to_end(&mut block)?;
                // Whoever has gone wants no more.
                if read == 0 || blocks.blocking_send(block).is_err() {
                    return Ok(());
                }
            }
        });
        Self {
            full,
            empty,
            task: Some(task),
        }
    }

    /// The next block; nothing at the end.
    async fn next(&mut self) -> Result<Option<Block>> {
        match self.full.recv().await {
            Some(block) => Ok(Some(block)),
            None => match self.task.take() {
                Some(task) => done(task).await.map(|()| None),
                None => Ok(None),
            },
        }
    }

    fn give_back(&self, block: Block) {
        let _ = self.empty.try_send(block);
    }
}

/// The size of the blocks for a file of this length, as far as that is known.
fn capacity(length: Option<u64>) -> usize {
    let length = length.and_then(|length| usize::try_from(length).ok());
    // One byte more, so that the end is seen without a larger block.
    length.map_or(BLOCK, |length| length.saturating_add(1).min(BLOCK))
}

async fn done(task: JoinHandle<io::Result<()>>) -> Result<()> {
    let result = task.await.unwrap_or_else(|error| Err(error.into()));
    result.map_err(Error::local)
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    #[tokio::test]
    async fn file_is_read_in_blocks_of_no_more_than_it_needs() {
        let directory = tempdir().unwrap();
        let local = directory.path().join("file");
        for (length, blocks) in [
            (0, &[][..]),
            (5_000, &[(5_000, 5_001)]),
            (BLOCK, &[(BLOCK, BLOCK)]),
            (2 * BLOCK + 1, &[(BLOCK, BLOCK), (BLOCK, BLOCK), (1, BLOCK)]),
        ] {
            std::fs::write(&local, vec![7; length]).unwrap();
            let mut reader = Reader::open(local.clone());
            let mut read = Vec::new();
            while let Some(block) = reader.next().await.unwrap() {
                read.push((block.len(), block.capacity()));
            }
            assert_eq!(read, blocks, "{length}");
        }
    }
}

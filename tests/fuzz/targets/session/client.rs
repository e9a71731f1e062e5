//! A client that does what the input says, and doubts what it is told.

use std::time::SystemTime;

use futures::StreamExt;
use tokio::io::AsyncWriteExt;
use tokio_ftp::{
    Download, Entries, Error, FtpStream, Lines, ListOptions, Result, TransferOptions, WalkOptions,
};

use super::{
    contains,
    network::{End, Link, Network},
};

pub(crate) const USER: &str = "joe";
pub(crate) const PASSWORD: &str = "s3cr3t-0f-j03";

/// What every upload holds.
static CONTENT: [u8; 20_000] = [b'u'; 20_000];

/// Does what a letter stands for.
pub(crate) async fn act(letter: u8, ftp: &mut FtpStream, network: &Network) -> Result<()> {
    let before = network.links().len();
    match letter {
        b'l' => ftp.login(USER, PASSWORD).await,
        b'A' => ftp.secure().await,
        b'Q' => ftp.ccc().await,
        b'y' => ftp.noop().await,
        b'p' => ftp.pwd().await.map(drop),
        b'c' => ftp.cwd("dir \u{e9}").await,
        b'g' => ftp.cwd("..").await,
        b'd' => ftp.mkd("dir").await.map(drop),
        b'D' => ftp.create_dir_all("a/b/c").await,
        b'v' => ftp.rmd("dir").await,
        b'x' => ftp.remove_dir_all("dir").await,
        b'k' => ftp.delete("file").await,
        b'N' => ftp.rename("old", "new").await,
        b'z' => ftp.size("file").await.map(drop),
        b'M' => ftp.mdtm("file").await.map(drop),
        b'i' => ftp.metadata("dir").await.map(drop),
        b'e' => ftp.exists("dir").await.map(drop),
        b'F' => ftp.features().await.map(drop),
        b'C' => ftp.command("STAT").await.map(drop),
        b'L' => drain(ftp.list("").await?).await,
        b'K' => drain(ftp.list("dir").await?).await,
        b'm' => drain(ftp.mlsd("").await?).await,
        b'n' => drain(ftp.nlst("").await?).await,
        b'j' => ftp.mlst("dir").await.map(drop),
        b'H' => {
            let options = ListOptions::new().hidden(true).strict(true);
            drain(Entries::open(ftp, "dir", &options).await?).await
        }
        b'G' => ftp.learn_offset("dir").await.map(drop),
        b'u' => ftp.set_modified("file", SystemTime::UNIX_EPOCH).await,
        b'W' => {
            let mut walk = ftp.walk("", &WalkOptions::new().depth(3))?;
            while walk.next().await?.is_some() {}
            Ok(())
        }
        b'w' => assert_all_lines(ftp.list_raw("dir").await?, network).await,
        b'r' => assert_all_lines(ftp.retr_lines("file").await?, network).await,
        b'E' => ftp.stor_lines("file", &b"a\nb\r\nc"[..]).await.map(drop),
        b'X' => ftp.transfer("RETR file", 0).await?.finish().await.map(drop),
        b'R' => retr(ftp, network, &TransferOptions::new()).await,
        b'o' => retr(ftp, network, &TransferOptions::new().offset(3)).await,
        b't' => retr(ftp, network, &TransferOptions::new().ascii(true)).await,
        b'T' => retr(ftp, network, &TransferOptions::new().size(5)).await,
        b'P' => retr_part(ftp, network, before).await,
        b'h' => ftp.retr("file").await?.chunk().await.map(drop),
        b'b' => {
            let mut download = ftp.retr("file").await?;
            download.chunk().await?;
            download.abort().await
        }
        b'S' => stor(ftp, network, &TransferOptions::new()).await,
        b'a' => stor(ftp, network, &TransferOptions::new().append(true)).await,
        b'O' => stor(ftp, network, &TransferOptions::new().offset(7)).await,
        b's' => {
            let mut upload = ftp.stor("file").await?;
            let written = upload.write_all(&CONTENT).await;
            drop(upload);
            assert_reset(network);
            Ok(written?)
        }
        b'B' => {
            let mut upload = ftp.stor("file").await?;
            upload.write_all(&CONTENT).await?;
            let aborted = upload.abort().await;
            drop(upload);
            assert_reset(network);
            aborted
        }
        _ => Ok(()),
    }
}

/// Reads a stream to its end, which an error is.
async fn drain<T>(mut items: impl StreamExt<Item = Result<T>> + Unpin) -> Result<()> {
    while let Some(item) = items.next().await {
        if let Err(error) = item {
            assert!(items.next().await.is_none(), "an item behind an error");
            return Err(error);
        }
    }
    Ok(())
}

async fn retr(ftp: &mut FtpStream, network: &Network, options: &TransferOptions) -> Result<()> {
    let mut download = ftp.retr_with("file", options).await?;
    let link = last(network);
    let mut content = Vec::new();
    loop {
        match download.chunk().await {
            Ok(Some(chunk)) => content.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => {
                assert!(download.chunk().await.is_err(), "an end behind {error}");
                return Err(error);
            }
        }
    }
    assert_whole(&mut download, &link, &content).await;
    Ok(())
}

/// What is said to be complete is all that was served, and was ended in good order.
async fn assert_whole(download: &mut Download<&mut FtpStream>, link: &Link, content: &[u8]) {
    let hint = download.size_hint();
    let done = download.finish().await.expect("an end that stays one");
    assert_eq!(done.bytes(), content.len() as u64);
    assert!(done.reply().code().is_completion());
    assert!(content == link.served(), "not the bytes that were served");
    match link.server_end() {
        End::Orderly => {}
        // Nothing is missing where it is known how much there is.
        End::Cut => assert_eq!(hint, Some(done.bytes())),
        other => panic!("{other:?}"),
    }
    assert!(hint.is_none_or(|size| size <= done.bytes()));
}

/// The first bytes of a file are as many as were asked for.
async fn retr_part(ftp: &mut FtpStream, network: &Network, before: usize) -> Result<()> {
    let options = TransferOptions::new().length(9);
    let mut download = ftp.retr_with("file", &options).await?;
    let mut content = Vec::new();
    while let Some(chunk) = download.chunk().await? {
        content.extend_from_slice(&chunk);
    }
    assert!(content.len() <= 9);
    assert!(network.links().len() > before);
    assert!(last(network).served().starts_with(&content));
    let done = download.finish().await?;
    assert_eq!(done.bytes(), content.len() as u64);
    Ok(())
}

/// Lines that are said to be all are those that were served.
async fn assert_all_lines(mut lines: Lines<&mut FtpStream>, network: &Network) -> Result<()> {
    let mut read = Vec::new();
    while let Some(line) = lines.next().await {
        read.push(line?);
    }
    let done = lines.transferred().expect("an end that was earned");
    if !done.reply().code().is_completion() {
        assert!(read.is_empty(), "lines of a directory without any");
        return Ok(());
    }
    let served = last(network).served();
    let mut lines: Vec<_> = served.split(|&byte| byte == b'\n').collect();
    lines.pop_if(|line| line.is_empty());
    assert_eq!(read.len(), lines.len());
    for (read, line) in read.iter().zip(lines) {
        assert_eq!(read, line.strip_suffix(b"\r").unwrap_or(line));
    }
    Ok(())
}

async fn stor(ftp: &mut FtpStream, network: &Network, options: &TransferOptions) -> Result<()> {
    let mut upload = ftp.stor_with("file", options).await?;
    let link = last(network);
    upload.write_all(&CONTENT).await?;
    let done = upload.finish().await?;
    assert_eq!(done.bytes(), CONTENT.len() as u64);
    assert!(done.reply().code().is_completion());
    // A session may have been secured by a call.
    let is_private = done.tls_resumed().is_some();
    assert!(is_private || !network.is_private());
    if is_private {
        let sent = link.sent();
        assert!(sent.len() > CONTENT.len() && !contains(&sent, &CONTENT[..64]));
    } else {
        assert!(link.sent() == CONTENT);
    }
    assert_eq!(link.client_end(), End::Orderly);
    Ok(())
}

/// No server may take the part for the whole.
fn assert_reset(network: &Network) {
    assert_eq!(last(network).client_end(), End::Reset);
}

fn last(network: &Network) -> Link {
    network.links().pop().expect("a connection")
}

/// Every call on a broken session says at once that it is.
pub(crate) async fn assert_useless(ftp: &mut FtpStream, network: &Network) {
    assert!(ftp.is_broken());
    for letter in *b"ypcgdDvxkNzMieFCLKmnjHGuWwrEXRPhbSas" {
        match act(letter, ftp, network).await {
            Err(Error::Broken(_)) => {}
            other => panic!("{}: {other:?}", char::from(letter)),
        }
    }
}

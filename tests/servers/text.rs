//! Text mode.

use futures::TryStreamExt;
use tokio_ftp::{FtpStream, Result};

use crate::{cell::Cell, farm::Server, quirks::Quirk};

pub(crate) async fn text(cell: Cell, server: &Server, ftp: &mut FtpStream) -> Result<()> {
    ftp.stor_lines("text", &b"one\ntwo\r\n\nlast"[..]).await?;
    let stored = server.content("text").expect("a file");
    if cell.kind.has(Quirk::TextAsIs) {
        assert_eq!(stored, b"one\r\ntwo\r\n\r\nlast\r\n", "{cell}");
    } else {
        assert_eq!(stored, b"one\ntwo\n\nlast\n", "{cell}");
    }
    let lines: Vec<_> = ftp.retr_lines("text").await?.try_collect().await?;
    assert_eq!(lines, ["one", "two", "", "last"], "{cell}");
    // Made by somebody else, and without an end of the last line.
    server.put("text", b"first\n\nsecond").expect("a file");
    let lines: Vec<_> = ftp.retr_lines("text").await?.try_collect().await?;
    assert_eq!(lines, ["first", "", "second"], "{cell}");
    ftp.stor_lines("text", &b""[..]).await?;
    let lines: Vec<_> = ftp.retr_lines("text").await?.try_collect().await?;
    assert!(lines.is_empty(), "{cell}: {lines:?}");
    // What follows is binary again.
    let bytes = b"1\n2\r\n3\r".repeat(1000);
    ftp.upload("text", bytes.as_slice()).await?;
    assert_eq!(server.content("text").expect("a file"), bytes, "{cell}");
    assert_eq!(ftp.read("text").await?, bytes, "{cell}");
    ftp.delete("text").await
}

//! Disks that are full.

use std::{io, time::Duration};

use tokio_ftp::Error;

use crate::{
    cell::{Cell, content},
    farm::Kind,
    options::{Tls, Versions},
    quirks::Quirk,
};

/// With which code a server says that an upload filled its disk.
pub(crate) fn codes(kind: Kind) -> &'static [u16] {
    match kind {
        Kind::Vsftpd | Kind::PureFtpd => &[451],
        // What the system said last: the write's error or the close's.
        Kind::Proftpd => &[451, 452],
        Kind::Pyftpdlib => &[426],
        Kind::Unftp => &[452],
    }
}

/// More than the disk takes, up in one go: an error with the server's words, never a success, and
/// the session goes on. Where the server says nothing, the session says that it is broken.
#[tokio::test]
async fn full_disk_ends_an_upload() {
    let bytes = content(8 << 20, 6);
    for kind in Kind::ALL {
        for tls in [Tls::None, Tls::Explicit] {
            let cell = Cell::new(kind, tls, Versions::Both);
            let server = cell.start_with(|options| options.small_disk());
            let mut options = cell.options(&server);
            if kind.has(Quirk::FullDiskUntold) {
                // Nothing comes any more, however long one waits.
                let short = Duration::from_secs(3);
                options = options.reply_timeout(short).settle_timeout(short);
            }
            let mut ftp = cell.connect(&server, &options).await.expect("a login");
            ftp.upload("full/some", &bytes[..100_000])
                .await
                .unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log()));
            let error = ftp
                .upload("full/file", &bytes[..])
                .await
                .expect_err("the disk is full");
            println!("{cell}: {error}");
            match &error {
                Error::Permanent(reply) | Error::Temporary(reply) => {
                    let code = u16::from(reply.code());
                    assert!(codes(kind).contains(&code), "{cell}: {error:?}");
                    ftp.noop().await.expect("the session goes on");
                }
                Error::Io(cause) if kind.has(Quirk::FullDiskUntold) => {
                    let cut = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
                    assert!(cut.contains(&cause.kind()), "{cell}: {error:?}");
                    let next = ftp.noop().await.expect_err("no reply ever came");
                    assert!(next.is_broken() && ftp.is_broken(), "{cell}: {next:?}");
                    ftp = cell.login(&server).await;
                }
                _ => panic!("{cell}: {error:?}\n{}", server.log()),
            }
            // The rest of the disk is as it was.
            let some = ftp.read("full/some").await.expect("a download");
            assert_eq!(some, bytes[..100_000], "{cell}");
            ftp.delete("full/file").await.expect("the part is there");
            for (path, length) in [("full/file", 100_000), ("elsewhere", bytes.len())] {
                ftp.upload(path, &bytes[..length])
                    .await
                    .unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log()));
            }
        }
    }
}

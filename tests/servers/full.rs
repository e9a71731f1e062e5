//! Disks that are full.

use std::time::Duration;

use tokio_ftp::Error;

use crate::{
    cell::{Cell, content},
    farm::{Kind, Server},
    options::{Options, Tls, Versions},
    quirks::Quirk,
};

/// More than the disk takes, up in one go: an error with the server's words, never a success, and
/// the session goes on or says that it is broken.
#[tokio::test]
async fn full_disk_ends_an_upload() {
    let bytes = content(8 << 20, 6);
    for kind in Kind::ALL {
        for tls in [Tls::None, Tls::Explicit] {
            let cell = Cell::new(kind, tls, Versions::Both);
            let options = Options::new(tls).small_disk();
            let server = Server::start(kind, &options).unwrap_or_else(|error| panic!("{error}"));
            let options = cell
                .options(&server)
                .reply_timeout(Duration::from_secs(3))
                .settle_timeout(Duration::from_secs(3));
            let mut ftp = cell.connect(&server, &options).await.expect("a login");
            ftp.upload("full/some", &bytes[..100_000])
                .await
                .unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log()));
            let error = ftp
                .upload("full/file", &bytes[..])
                .await
                .expect_err("the disk is full");
            println!("{cell}: {error}");
            let answered = matches!(error, Error::Permanent(_) | Error::Temporary(_));
            let answered = answered || kind.has(Quirk::FullDiskUntold);
            assert!(answered, "{cell}: {error:?}\n{}", server.log());
            if let Err(error) = ftp.noop().await {
                assert!(ftp.is_broken(), "{cell}: {error:?}");
                ftp = cell.login(&server).await;
            }
            // The rest of the disk is as it was.
            let some = ftp.read("full/some").await.expect("a download");
            assert_eq!(some, bytes[..100_000], "{cell}");
            ftp.delete("full/file").await.expect("the part is there");
            ftp.upload("full/file", &bytes[..100_000])
                .await
                .unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log()));
            ftp.upload("elsewhere", &bytes[..])
                .await
                .unwrap_or_else(|e| panic!("{cell}: {e:?}\n{}", server.log()));
        }
    }
}

//! The short suite: all that a session does, on one server in each of its modes.

use std::time::Instant;

use tokio_ftp::Error;

use crate::{
    cell::Cell,
    dropped::{abandoned, abort_and_go_on},
    entries::entries,
    farm::Kind,
    names::names,
    refusals::refusals,
    session,
    text::text,
};

async fn every_mode(kind: Kind) {
    for cell in Cell::of(kind) {
        let started = Instant::now();
        let server = cell.start();
        let mut ftp = cell.login(&server).await;
        let failed = |what: &str, error: Error| -> ! {
            panic!("{cell}: {what}: {error:?}\n{}", server.log())
        };
        session::directories(&mut ftp)
            .await
            .unwrap_or_else(|e| failed("directories", e));
        session::metadata(cell, &mut ftp)
            .await
            .unwrap_or_else(|e| failed("metadata", e));
        session::transfers(&mut ftp)
            .await
            .unwrap_or_else(|e| failed("transfers", e));
        session::listings(cell, &mut ftp)
            .await
            .unwrap_or_else(|e| failed("listings", e));
        session::commands(cell, &server, &mut ftp)
            .await
            .unwrap_or_else(|e| failed("commands", e));
        session::errors(&mut ftp).await;
        names(cell, &server, &mut ftp).await;
        text(cell, &server, &mut ftp)
            .await
            .unwrap_or_else(|e| failed("text", e));
        entries(cell, &server, &mut ftp)
            .await
            .unwrap_or_else(|e| failed("entries", e));
        refusals(cell, &server, &mut ftp)
            .await
            .unwrap_or_else(|e| failed("refusals", e));
        abort_and_go_on(cell, &server, &mut ftp).await;
        abandoned(cell, &server, &mut ftp).await;
        ftp.quit().await.unwrap_or_else(|e| failed("quit", e));
        println!("{cell}: the short suite in {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn vsftpd_in_every_mode() {
    every_mode(Kind::Vsftpd).await;
}

#[tokio::test]
async fn proftpd_in_every_mode() {
    every_mode(Kind::Proftpd).await;
}

#[tokio::test]
async fn pureftpd_in_every_mode() {
    every_mode(Kind::PureFtpd).await;
}

#[tokio::test]
async fn pyftpdlib_in_every_mode() {
    every_mode(Kind::Pyftpdlib).await;
}

#[tokio::test]
async fn libunftp_in_every_mode() {
    every_mode(Kind::Unftp).await;
}

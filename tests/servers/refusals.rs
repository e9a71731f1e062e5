//! What a server refuses, and the session that goes on.

use std::{fs, os::unix::fs::PermissionsExt};

use tokio_ftp::{Error, FtpStream, Result};

use crate::{cell::Cell, farm::Server, quirks::Quirk};

/// The reply is the server's "no", and the session is none the worse for it.
async fn refused<T>(cell: Cell, ftp: &mut FtpStream, what: &str, result: Result<T>) -> Error {
    let Err(error) = result else {
        panic!("{cell}: {what} was not refused");
    };
    let answered = matches!(error, Error::Permanent(_) | Error::Temporary(_));
    assert!(answered, "{cell}: {what}: {error:?}");
    assert!(!ftp.is_broken(), "{cell}: {what}: {error:?}");
    let here = ftp.pwd().await;
    assert_eq!(here.expect("the session goes on"), "/", "{cell}: {what}");
    error
}

pub(crate) async fn refusals(cell: Cell, server: &Server, ftp: &mut FtpStream) -> Result<()> {
    let bytes = &b"bytes"[..];
    // The user may look into `locked`, and neither change it nor read what is in it.
    let root = server.root();
    for directory in ["locked", "locked/directory"] {
        fs::create_dir(root.join(directory)).expect("a directory");
    }
    let secret = root.join("locked/secret");
    fs::write(&secret, "secret").expect("a file");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).expect("a mode");
    server.put("mine/file", bytes).expect("a file");

    let result = ftp.upload("locked/new", bytes).await;
    let error = refused(cell, ftp, "an upload into a locked directory", result).await;
    assert!(!error.is_not_found() || cell.kind.has(Quirk::NoReasonTold));
    let result = ftp.read("locked/secret").await;
    let error = refused(cell, ftp, "a forbidden file", result).await;
    assert!(
        !error.is_not_found() || cell.kind.has(Quirk::NoReasonTold),
        "{cell}: {error:?}"
    );
    let result = ftp.delete("locked/secret").await;
    refused(cell, ftp, "deleting in a locked directory", result).await;
    let result = ftp.mkd("locked/new").await;
    refused(cell, ftp, "a directory in a locked one", result).await;
    let result = ftp.rmd("locked/directory").await;
    refused(cell, ftp, "removing from a locked directory", result).await;
    let result = ftp.rename("mine/file", "locked/file").await;
    refused(cell, ftp, "a rename into a locked directory", result).await;
    assert!(ftp.exists("mine/file").await?, "{cell}");

    let result = ftp.rename("mine/missing", "mine/other").await;
    let error = refused(cell, ftp, "a rename of nothing", result).await;
    assert!(error.is_not_found(), "{cell}: {error:?}");
    let result = ftp.rename("mine/file", "missing/file").await;
    refused(cell, ftp, "a rename to nowhere", result).await;
    let result = ftp.upload("missing/file", bytes).await;
    refused(cell, ftp, "an upload to nowhere", result).await;
    let result = ftp.rmd("mine").await;
    refused(cell, ftp, "removing a directory that holds a file", result).await;
    let result = ftp.mkd("mine").await;
    refused(cell, ftp, "a directory that is there", result).await;
    let result = ftp.delete("mine").await;
    refused(cell, ftp, "deleting a directory as a file", result).await;
    let result = ftp.cwd("mine/file").await;
    refused(cell, ftp, "a file for a directory", result).await;
    assert_eq!(ftp.read("mine/file").await?, bytes, "{cell}");
    assert!(!root.join("locked/new").exists() && secret.exists());
    fs::remove_dir_all(root.join("locked")).expect("nobody else is there");
    ftp.remove_dir_all("mine").await
}

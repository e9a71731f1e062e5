//! Listings that show nothing, and what is behind them.

mod directories;
mod dropped;
mod names;

use std::io::ErrorKind;

use futures::TryStreamExt;
use tokio_ftp::{Error, FtpStream};

use crate::support::script::Running;

const BACK: &str = "C: CWD /home\nS: 250 ok\n";

async fn entries(ftp: &mut FtpStream, path: &str) -> Result<Vec<String>, Error> {
    let entries: Vec<_> = ftp.list(path).await?.try_collect().await?;
    let names = entries.iter().map(|entry| entry.name().to_string());
    Ok(names.collect())
}

async fn names(ftp: &mut FtpStream, path: &str) -> Result<Vec<String>, Error> {
    let names: Vec<_> = ftp.nlst(path).await?.try_collect().await?;
    Ok(names.iter().map(ToString::to_string).collect())
}

fn assert_unread(error: &Error) {
    assert!(matches!(error, Error::Unreadable), "{error:?}");
    assert!(!error.is_transient() && !error.is_not_found());
    let error = std::io::Error::from(error.clone());
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
}

async fn in_step(mut ftp: FtpStream, server: Running) {
    ftp.noop().await.unwrap();
    drop(ftp);
    server.done().await;
}

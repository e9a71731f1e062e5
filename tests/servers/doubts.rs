//! Directories that are empty, unreadable or missing: three different things to every listing.

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use futures::TryStreamExt;
use tokio_ftp::{Entries, Error, FtpStream, ListOptions, Result, listing::CustomDialect};

use crate::{
    cell::Cell,
    farm::{Kind, Server},
    options::{Tls, Versions},
    quirks::Quirk,
};

/// How a directory is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// As `list` chooses.
    Default,
    /// `LIST`, whether there is MLSD or not.
    List,
    /// `LIST -a`, where it is understood.
    Hidden,
    Names,
}

/// The names in a directory, without itself and its parent.
async fn listed(ftp: &mut FtpStream, by: By, path: &str) -> Result<Vec<String>> {
    let nothing = CustomDialect::new(|_| None);
    let options = match by {
        By::Default => ListOptions::new(),
        By::List => ListOptions::new().custom(nothing),
        By::Hidden => ListOptions::new().custom(nothing).hidden(true),
        By::Names => {
            let names: Vec<_> = ftp.nlst(path).await?.try_collect().await?;
            let names = names.iter().map(|name| {
                let name = name.to_string();
                let file = name.rsplit('/').next().unwrap_or(&name);
                file.to_owned()
            });
            return Ok(names.filter(|name| name != "." && name != "..").collect());
        }
    };
    let entries = Entries::open(ftp, path, &options).await?;
    let entries: Vec<_> = entries.try_collect().await?;
    let names = entries.iter().map(|entry| entry.name().to_string());
    Ok(names.collect())
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode");
}

/// Directories of each kind, by names of which none is easy.
fn furnish(server: &Server) {
    for prefix in ["", "-", "two ", "g[1]", "in/"] {
        server
            .make_dir(format!("{prefix}empty"))
            .expect("a directory");
        server
            .put(format!("{prefix}full/file"), b"1")
            .expect("a file");
        for (name, mode) in [("dark", 0o311), ("shut", 0)] {
            let path = format!("{prefix}{name}");
            server.put(format!("{path}/file"), b"1").expect("a file");
            set_mode(&server.root().join(path), mode);
        }
    }
}

/// What there is in a directory of this name.
fn there(cell: Cell, by: By, name: &str, told: Result<Vec<String>>) {
    let what = format!("{cell}: {by:?}: {name}: {told:?}");
    let is_empty = name.ends_with("empty");
    match told {
        Ok(names) if name.ends_with("full") => assert_eq!(names, ["file"], "{what}"),
        Ok(names) => assert!(is_empty && names.is_empty(), "{what}"),
        Err(Error::Tls(_)) if by == By::Names && cell.tls != Tls::None => {
            assert!(is_empty && cell.kind.has(Quirk::EmptyNamesCut), "{what}");
        }
        Err(error) => {
            let missing = name.ends_with("missing");
            let unreadable = name.ends_with("dark") || name.ends_with("shut");
            assert!(missing || unreadable, "{what}");
            assert!(error.is_not_found() || !missing, "{what}");
            assert!(!error.is_broken(), "{what}");
        }
    }
}

async fn doubts(cell: Cell, server: &Server) {
    furnish(server);
    for by in [By::Default, By::List, By::Hidden, By::Names] {
        // The first listing of a session has nothing to go by.
        for first in ["empty", "dark", "shut", "missing", "full"] {
            let mut ftp = cell.login(server).await;
            there(cell, by, first, listed(&mut ftp, by, first).await);
            assert_eq!(ftp.pwd().await.expect("in step"), "/", "{cell}: {by:?}");
        }
        let mut ftp = cell.login(server).await;
        for prefix in ["", "-", "two ", "g[1]", "in/", "/in/"] {
            for name in ["dark", "empty", "shut", "missing", "full"] {
                let path = format!("{prefix}{name}");
                there(cell, by, &path, listed(&mut ftp, by, &path).await);
            }
        }
        assert_eq!(ftp.pwd().await.expect("in step"), "/", "{cell}: {by:?}");
        for name in ["dark", "empty", "full"] {
            // libunftp does not let anyone in who cannot read.
            match ftp.cwd(name).await {
                Ok(()) => there(cell, by, name, listed(&mut ftp, by, "").await),
                Err(error) => assert!(name == "dark", "{cell}: {error:?}"),
            }
            ftp.cwd("/").await.expect("the way back");
        }
    }
}

#[tokio::test]
async fn empty_unreadable_and_missing_directories_are_three_things() {
    for kind in Kind::ALL {
        for tls in [Tls::None, Tls::Explicit] {
            let cell = Cell::new(kind, tls, Versions::Both);
            doubts(cell, &cell.start()).await;
        }
    }
}

/// ProFTPD says 226 and nothing of what it cannot read, and without MLSD says it to all.
#[tokio::test]
async fn proftpd_without_mlsd_is_found_out() {
    for tls in [Tls::None, Tls::Explicit] {
        let cell = Cell::new(Kind::Proftpd, tls, Versions::Both);
        let server = cell.start_with(|options| options.extra("FactsAdvertise off"));
        doubts(cell, &server).await;
        let mut ftp = cell.login(&server).await;
        assert!(!ftp.features().await.expect("features").has("MLST"));
        for by in [By::Default, By::Names] {
            let error = listed(&mut ftp, by, "dark").await.expect_err("unreadable");
            assert!(
                matches!(error, Error::Unreadable),
                "{cell}: {by:?}: {error:?}"
            );
        }
    }
}

/// What can be removed need not be readable.
#[tokio::test]
async fn unreadable_directory_is_removed_when_it_is_empty() {
    for kind in [Kind::Vsftpd, Kind::Proftpd] {
        let cell = Cell::new(kind, Tls::None, Versions::Both);
        let server = cell.start_with(|options| match kind {
            Kind::Proftpd => options.extra("FactsAdvertise off"),
            _ => options,
        });
        server.make_dir("dark").expect("a directory");
        set_mode(&server.root().join("dark"), 0o311);
        let mut ftp = cell.login(&server).await;
        let removed = ftp.remove_dir_all("dark").await;
        // vsftpd says that it cannot be read.
        assert_eq!(
            removed.is_ok(),
            kind == Kind::Proftpd,
            "{cell}: {removed:?}"
        );
    }
}

/// A file is its own only name, where NLST tells of files at all.
#[tokio::test]
async fn names_of_a_file_are_its_own() {
    for kind in Kind::ALL {
        let cell = Cell::new(kind, Tls::None, Versions::Both);
        let server = cell.start();
        furnish(&server);
        let mut ftp = cell.login(&server).await;
        let told = listed(&mut ftp, By::Names, "full/file").await;
        if kind.has(Quirk::NamesOfDirectoriesOnly) {
            let error = told.expect_err("it is no directory");
            assert_eq!(error.code().map(u16::from), Some(550), "{cell}: {error:?}");
        } else {
            assert_eq!(told.expect("a name"), ["file"], "{cell}");
        }
        assert_eq!(ftp.pwd().await.expect("in step"), "/", "{cell}");
    }
}

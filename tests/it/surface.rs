//! What the types promise.

use std::{fs, path::Path};

use futures::TryStreamExt;
use tokio_ftp::{
    ChunkSink, Chunks, ConnectOptions, Download, Entries, Error, FtpStream, Lines, ListOptions,
    Names, Rejected, TlsMode, TransferOptions, Upload,
};

use crate::{
    operations::{Kind, OPERATIONS, Operation, Place},
    support::unftp::Unftp,
    sweep::furnish,
};

fn send_and_sync<T: Send + Sync>() {}

fn send_and_static<T: Send + Unpin + 'static>() {}

#[test]
fn sessions_and_errors_go_anywhere() {
    send_and_sync::<FtpStream>();
    send_and_sync::<ConnectOptions>();
    send_and_sync::<Error>();
    send_and_sync::<Download<FtpStream>>();
    send_and_sync::<Upload<FtpStream>>();
    send_and_static::<FtpStream>();
    send_and_static::<Download<FtpStream>>();
    send_and_static::<Upload<FtpStream>>();
    send_and_static::<Chunks<FtpStream>>();
    send_and_static::<ChunkSink<FtpStream>>();
    send_and_static::<Entries<FtpStream>>();
    send_and_static::<Lines<FtpStream>>();
    send_and_static::<Names<FtpStream>>();
    send_and_static::<Rejected<FtpStream>>();
    send_and_static::<Download<Box<FtpStream>>>();
}

/// What is dropped elsewhere: reading piece by piece in several operations, and what makes libunftp
/// hang up (`OPTS MLST`) in `cancel`.
const ELSEWHERE: [&str; 2] = ["chunk", "set_facts"];

/// The table is what is dropped at every poll and what is spawned; nothing may be missing in it.
#[test]
fn every_async_method_of_a_session_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut missing = Vec::new();
    let mut count = 0;
    for floor in ["session", "transfer", "transfer/list"] {
        for file in fs::read_dir(root.join(floor)).unwrap() {
            let file = file.unwrap().path();
            if file.is_dir() {
                continue;
            }
            let source = fs::read_to_string(file).unwrap();
            for method in source.split("pub async fn ").skip(1) {
                let (name, rest) = method.split_once(['(', '<']).unwrap();
                let is_method = rest.split_once(')').unwrap().0.contains("&mut self");
                let in_table = |operation: &Operation| {
                    let words = operation.name.split([' ', ':']);
                    words.into_iter().any(|word| word == name)
                };
                count += usize::from(is_method);
                if is_method && !ELSEWHERE.contains(&name) && !OPERATIONS.iter().any(in_table) {
                    missing.push(name.to_owned());
                }
            }
        }
    }
    assert!(count > 50, "{count} methods: where are the others?");
    assert_eq!(missing, [""; 0]);
}

#[tokio::test]
async fn every_operation_can_be_spawned_with_a_session_of_its_own() {
    let server = Unftp::start().await;
    for (number, operation) in OPERATIONS.iter().enumerate() {
        let at = Place(format!("spawned-{number}"));
        furnish(&server, &at);
        let session = match operation.kind {
            Kind::Opening => server.connected().await,
            _ => server.session(TlsMode::Off).await,
        };
        match (operation.spawn)(session, at).await.unwrap() {
            // What libunftp does not do is no matter here.
            Ok(()) | Err(Error::Permanent(_) | Error::Temporary(_) | Error::Unsupported(_)) => {}
            Err(error) => panic!("{}: {error:?}", operation.name),
        }
    }
}

#[tokio::test]
async fn operations_that_take_the_session_can_be_spawned_too() {
    let server = Unftp::start().await;
    let at = Place("own".to_owned());
    furnish(&server, &at);
    let options = server.options(TlsMode::Explicit).credentials("joe", "pw");
    let address = server.address();
    let done = tokio::spawn(async move {
        let ftp = options.connect(address).await?;
        let text = TransferOptions::new();
        let mut download = Download::open(ftp, at.path("old"), &text).await?;
        let bytes = download.finish().await?.bytes();
        let mut upload = Upload::open(download.into_session(), at.path("new"), &text).await?;
        upload.finish().await?;
        let options = ListOptions::new();
        let mut entries = Entries::open(upload.into_session(), at.path("d"), &options).await?;
        while entries.try_next().await?.is_some() {}
        entries.into_session().quit().await?;
        let (ftp, path) = ConnectOptions::new()
            .open(&format!("ftp://{}:{}/old", address.0, address.1))
            .await?;
        assert_eq!(path, b"old");
        let ftp_again = FtpStream::connect(address).await?;
        drop((ftp, ftp_again));
        Ok::<_, Error>(bytes)
    });
    assert!(done.await.unwrap().unwrap() > 0);
}

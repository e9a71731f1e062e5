//! Data connections that resume the TLS session of the control connection.

use std::{
    io::Write,
    process::{Command, Stdio},
    time::Instant,
};

use tokio::io::AsyncWriteExt;
use tokio_ftp::{FtpStream, tls::TlsVersions};

use crate::{
    cell::{Cell, RACES, content},
    dropped::dropped_after,
    farm::{Kind, Server},
    options::{Tls, Versions},
    quirks::Quirk,
    summary::tell,
};

const TRANSFERS: usize = 200;

/// 200 uploads and 200 downloads in a row on one session, then 20 uploads dropped half-way.
async fn long_session(cell: Cell, server: &Server, mut ftp: FtpStream) {
    let started = Instant::now();
    let (mut resumed, mut full) = (0, 0);
    let mut count = |what: Option<bool>| match what {
        Some(true) => resumed += 1,
        _ => full += 1,
    };
    let big = content(256 * 1024, 3);
    for number in 0..TRANSFERS {
        let bytes = &big[..number * 7];
        let path = format!("file{}", number % 10);
        let sent = ftp.upload(&path, bytes).await;
        let sent =
            sent.unwrap_or_else(|e| panic!("{cell}: upload {number}: {e:?}\n{}", server.log()));
        assert_eq!(
            server.content(&path).expect("the file is there"),
            bytes,
            "{cell}: {number}"
        );
        count(sent.tls_resumed());
    }
    for number in 0..TRANSFERS {
        let path = format!("file{}", number % 10);
        let mut got = Vec::new();
        let done = ftp.download(&path, &mut got).await;
        let done =
            done.unwrap_or_else(|e| panic!("{cell}: download {number}: {e:?}\n{}", server.log()));
        let want = &big[..(TRANSFERS - 10 + number % 10) * 7];
        assert_eq!(got, want, "{cell}: {number}");
        count(done.tls_resumed());
    }
    let took = started.elapsed();
    tell(format_args!(
        "resumption: {cell}: {resumed} resumed, {full} full, {took:?}"
    ));
    assert_eq!(full, 0, "{cell}: {full} data connections were not resumed");

    server.put("kept", b"kept").expect("a file is put there");
    let mut survived = 0;
    for number in 0..20 {
        let mut upload = match ftp.stor(format!("dropped{number}")).await {
            Ok(upload) => upload,
            Err(error) => {
                assert!(error.is_transient(), "{cell}: {error:?}\n{}", server.log());
                break;
            }
        };
        // Also before its ticket may have come.
        let part = &big[..(number % 2) * big.len()];
        upload.write_all(part).await.expect("half an upload");
        drop(upload);
        match ftp.pwd().await {
            Ok(path) => assert_eq!(path, "/"),
            Err(error) => {
                assert!(error.is_broken() && ftp.is_broken(), "{cell}: {error:?}");
                break;
            }
        }
        survived += 1;
    }
    tell(format_args!(
        "resumption: {cell}: {survived} of 20 dropped uploads survived"
    ));
    assert_eq!(survived, 20, "{cell}");
    // And given up while they were being opened, at one await or the other.
    for number in 0..20 {
        dropped_after(number % 5, ftp.stor("given up")).await;
        let path = ftp.pwd().await;
        let path = path.unwrap_or_else(|e| panic!("{cell}: {number}: {e:?}\n{}", server.log()));
        assert_eq!(path, "/", "{cell}: {number}");
    }
    if !ftp.is_broken() {
        assert_eq!(
            ftp.read("kept").await.expect("a whole file comes down"),
            "kept"
        );
        ftp.upload("kept", &big[..])
            .await
            .expect("a whole file goes up");
    }
    let kept = server.content("kept").expect("the file is there");
    assert!(
        kept == b"kept" || kept == big,
        "{cell}: a file was cut to {} bytes",
        kept.len()
    );
}

#[tokio::test]
async fn every_data_connection_is_resumed_where_servers_demand_it() {
    for kind in [Kind::Vsftpd, Kind::Proftpd] {
        for versions in [Versions::Only12, Versions::Only13, Versions::Both] {
            if kind == Kind::Proftpd && versions == Versions::Only13 {
                continue; // gives no tickets on uploads; the next test has it
            }
            let cell = Cell::new(kind, Tls::Explicit, versions);
            let server = cell.start();
            let ftp = cell.login(&server).await;
            long_session(cell, &server, ftp).await;
        }
    }
}

/// ProFTPD gives no ticket back on an upload, so under TLS 1.3 each third one would find none, be
/// refused, and have cut its target to nothing.
#[tokio::test]
async fn proftpd_under_tls13_never_cuts_a_target_for_want_of_a_ticket() {
    let cell = Cell::new(Kind::Proftpd, Tls::Explicit, Versions::Only13);
    let server = cell.start();
    let ftp = cell.login(&server).await;
    long_session(cell, &server, ftp).await;
}

/// The same where nothing but the client's own choice of version could help: it offers both, and
/// the greeting tells it to take TLS 1.2.
#[tokio::test]
async fn tls12_is_chosen_with_proftpd() {
    let cell = Cell::new(Kind::Proftpd, Tls::Explicit, Versions::Both);
    let server = cell.start();
    let ftp = cell.login(&server).await;
    assert_eq!(ftp.tls().expect("TLS runs").version(), "TLSv1.2");
    // Where it has nothing but TLS 1.3, that is found out.
    let cell = Cell::new(Kind::Proftpd, Tls::Explicit, Versions::Only13);
    let server = cell.start();
    let ftp = cell
        .options(&server)
        .tls_versions(TlsVersions::Auto)
        .connect(server.address())
        .await
        .expect("a login");
    assert_eq!(ftp.tls().expect("TLS runs").version(), "TLSv1.3");
}

/// Seen by another client: a server without tickets sends none, every other server some. That is
/// why data connections to the first are not expected to resume anything.
#[tokio::test]
async fn tickets_are_sent_by_all_but_the_servers_on_the_list() {
    for kind in Kind::ALL {
        let cell = Cell::new(kind, Tls::Explicit, Versions::Only13);
        let server = cell.start();
        // libunftp breaks a handshake now and then. Tickets come before the answer to QUIT.
        let said = (0..RACES)
            .map(|_| messages(&server))
            .find(|said| said.contains("Finished") && said.contains("\n221"));
        let said = said.unwrap_or_else(|| panic!("{cell}: no handshake\n{}", server.log()));
        let tickets = said.matches("NewSessionTicket").count();
        println!("{cell}: {tickets} tickets");
        assert_eq!(tickets == 0, kind.has(Quirk::NoTickets), "{cell}: {said}");
    }
}

/// What goes over the wire in a handshake and `QUIT`, as OpenSSL tells it.
fn messages(server: &Server) -> String {
    let mut child = Command::new("timeout")
        .args([
            "20",
            "openssl",
            "s_client",
            "-starttls",
            "ftp",
            "-tls1_3",
            "-msg",
            "-ign_eof",
        ])
        .arg("-connect")
        .arg(server.address().to_string())
        .arg("-CAfile")
        .arg(server.authority_pem())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("openssl is installed");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(b"QUIT\r\n").expect("it listens");
    let output = child.wait_with_output().expect("it ends with the session");
    drop(input);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

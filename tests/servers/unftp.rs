//! libunftp, served by this very test binary in a child process, so that it has a user, mounts and
//! an end of its own like the others.

use std::{env, fs, io, net::SocketAddr, ops::RangeInclusive, os::unix::fs::chown};

use libunftp::{
    ServerBuilder,
    options::{ActivePassiveMode, FtpsRequired, TlsFlags},
};
use unftp_sbe_fs::Filesystem;

use crate::{
    options::{Tls, Versions},
    process::Launch,
    setup::{ID, Setup},
};

/// The test below, which is the server where its settings are in the environment.
const SERVING: &str = "unftp::serves_from_a_process_of_its_own";

pub(crate) fn launch(setup: &Setup<'_>) -> io::Result<Launch> {
    // Where the build is, another user may not be allowed to go.
    let program = setup.run().join("unftp");
    fs::write(&program, "")?;
    let key = setup.write("key.pem", &fs::read_to_string(&setup.certificates.key)?)?;
    chown(&key, Some(ID), Some(ID))?;

    let mut launch = Launch::new("setpriv")
        .arg(format!("--reuid={ID}"))
        .arg(format!("--regid={ID}"))
        .args(["--clear-groups", "--"])
        .arg(&program)
        .args(["--exact", SERVING, "--nocapture"])
        .bind(env::current_exe()?, program)
        .env("UNFTP_ADDRESS", setup.address.to_string())
        .env("UNFTP_ROOT", setup.root())
        .env("UNFTP_FIRST_PORT", setup.passive.start().to_string())
        .env("UNFTP_LAST_PORT", setup.passive.end().to_string());
    if setup.options.tls != Tls::None {
        let versions = match setup.options.versions {
            Versions::Both => "1.2 1.3",
            Versions::Only12 => "1.2",
            Versions::Only13 => "1.3",
        };
        launch = launch
            .env("UNFTP_TLS", versions)
            .env("UNFTP_CERTIFICATE", &setup.certificates.certificate)
            .env("UNFTP_KEY", key);
    }
    // What it says when it ends has to fit on the last page of its log.
    let launch = launch.env("RUST_BACKTRACE", "0");
    Ok(launch.env("UNFTP_EXTRA", setup.options.extra.join("\n")))
}

/// Serves until the process is ended.
#[cfg(test)]
async fn serve(address: SocketAddr) {
    let root = variable("UNFTP_ROOT");
    let mut builder = ServerBuilder::new(Box::new(move || {
        Filesystem::new(&root).expect("the root is there")
    }))
    .active_passive_mode(ActivePassiveMode::ActiveAndPassive)
    .passive_ports(passive_ports());
    if let Ok(versions) = env::var("UNFTP_TLS") {
        let mut flags = TlsFlags::RESUMPTION_SESS_ID | TlsFlags::RESUMPTION_TICKETS;
        for version in versions.split(' ') {
            flags |= match version {
                "1.2" => TlsFlags::V1_2,
                _ => TlsFlags::V1_3,
            };
        }
        builder = builder
            .ftps(variable("UNFTP_CERTIFICATE"), variable("UNFTP_KEY"))
            .ftps_required(FtpsRequired::All, FtpsRequired::All)
            .ftps_tls_flags(flags);
    }
    for line in variable("UNFTP_EXTRA").lines() {
        builder = match line.split_once('=') {
            Some(("greeting", text)) => builder.greeting(text.to_owned().leak()),
            Some(("idle_session_timeout", seconds)) => {
                builder.idle_session_timeout(seconds.parse().expect("a number of seconds"))
            }
            _ => panic!("there is no setting {line}"),
        };
    }
    let server = builder.build().expect("settings that fit together");
    server
        .listen(address.to_string())
        .await
        .expect("a free port");
}

#[cfg(test)]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[cfg(test)]
fn passive_ports() -> RangeInclusive<u16> {
    let port = |name| variable(name).parse().expect("a port");
    port("UNFTP_FIRST_PORT")..=port("UNFTP_LAST_PORT")
}

#[cfg(test)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn serves_from_a_process_of_its_own() {
    use crate::{
        farm::{Kind, Server},
        options::Options,
    };

    if let Ok(address) = env::var("UNFTP_ADDRESS") {
        serve(address.parse().expect("an address")).await;
        return;
    }
    let options = Options::new(Tls::None).extra("greeting=Hello from a child process");
    let server = Server::start(Kind::Unftp, &options).expect("it starts");
    let ftp = tokio_ftp::FtpStream::connect(server.address())
        .await
        .expect("it greets");
    assert_eq!(ftp.welcome().text(), "Hello from a child process");
}

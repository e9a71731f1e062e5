//! Pure-FTPd, with a virtual user from a database file.

use std::{fs, io, path::PathBuf, process::Command};

use crate::{
    options::Tls,
    process::Launch,
    setup::{ID, PASSWORD_HASH, Setup, USER},
};

pub(crate) fn launch(setup: &Setup<'_>) -> io::Result<Launch> {
    let users = database(setup)?;
    // Counts of connections are kept by process number in /run, where every
    // Pure-FTPd would share them.
    let run = setup.run().join("system");
    fs::create_dir_all(&run)?;

    let mut launch = setup
        .programs
        .launch("usr/sbin/pure-ftpd")?
        .arg("--bind")
        .arg(format!("{},{}", setup.address.ip(), setup.address.port()))
        .arg("--passiveportrange")
        .arg(format!("{}:{}", setup.passive.start(), setup.passive.end()))
        .args(["--maxclientsnumber", "2000", "--maxclientsperip", "2000"])
        // Listings of more than 10,000 entries are cut by default.
        .args(["--limitrecursion", "1000000:100"])
        .args(["--minuid", "1", "--umask", "133:022"])
        .args([
            if setup.address.is_ipv6() {
                "--ipv6only"
            } else {
                "--ipv4only"
            },
            "--noanonymous",
            "--dontresolve",
            "--verboselog",
        ])
        .arg("--login")
        .arg(format!("puredb:{}", users.display()))
        .arg("--altlog")
        .arg(format!("clf:{}", setup.log("transfers").display()))
        .arg("--pidfile")
        .arg(setup.run().join("pid"))
        .env("OPENSSL_CONF", setup.openssl_conf()?)
        .bind(run, "/run");
    if setup.options.tls != Tls::None {
        // 3: neither a login nor a transfer without TLS.
        launch = launch
            .args(["--tls", "3", "--certfile"])
            .arg(&setup.certificates.combined);
    }
    Ok(launch.args(&setup.options.extra))
}

/// The database of users: one, confined to the root (that is what `/./` at
/// the end of a home says).
fn database(setup: &Setup<'_>) -> io::Result<PathBuf> {
    let home = setup.root();
    let list = setup.write(
        "pureftpd.passwd",
        &format!(
            "{USER}:{PASSWORD_HASH}:{ID}:{ID}::{}/./::::::::::::\n",
            home.display()
        ),
    )?;
    let database = list.with_extension("pdb");
    let output = Command::new(setup.programs.debian("usr/bin/pure-pw")?)
        .env("LD_LIBRARY_PATH", setup.programs.libraries())
        .arg("mkdb")
        .arg(&database)
        .arg("-f")
        .arg(&list)
        .output()?;
    if output.status.success() {
        return Ok(database);
    }
    Err(io::Error::other(format!(
        "pure-pw: {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    )))
}

//! ProFTPD, with its modules loaded from where they were unpacked.

use std::{fmt::Write, fs, io, os::unix::fs::PermissionsExt, path::Path};

use crate::{
    options::{Tls, Versions},
    process::Launch,
    setup::{ID, PASSWORD_HASH, Setup, USER},
};

/// What Debian does not build in: TLS, HASH and its kin, MODE Z, and SITE
/// UTIME, MKDIR and SYMLINK.
const MODULES: [&str; 4] = ["mod_tls", "mod_digest", "mod_deflate", "mod_site_misc"];

pub(crate) fn launch(setup: &Setup<'_>) -> io::Result<Launch> {
    let users = setup.write(
        "users",
        &format!(
            "{USER}:{PASSWORD_HASH}:{ID}:{ID}::{}:/bin/sh\n",
            setup.root().display()
        ),
    )?;
    let groups = setup.write("groups", &format!("{USER}:x:{ID}:{USER}\n"))?;
    // ProFTPD ignores a user file that others can read.
    for file in [&users, &groups] {
        restrict(file)?;
    }
    let mut text = String::new();
    modules(setup, &mut text)?;
    let _ = write!(
        text,
        "ServerType standalone
DefaultAddress {address}
Port {port}
SocketBindTight on
UseIPv6 {ipv6}
PassivePorts {first} {last}
MaxInstances none
User nobody
Group nogroup
UseReverseDNS off
AuthOrder mod_auth_file.c
AuthUserFile {users}
AuthGroupFile {groups}
RequireValidShell off
WtmpLog off
DelayEngine off
DefaultRoot ~
Umask 022 022
AllowOverwrite on
AllowStoreRestart on
AllowRetrieveRestart on
ControlsEngine off
PidFile {run}/pid
ScoreboardFile {run}/scoreboard
SystemLog {log}
TransferLog {transfers}
",
        ipv6 = if setup.address.is_ipv6() { "on" } else { "off" },
        address = setup.address.ip(),
        port = setup.address.port(),
        first = setup.passive.start(),
        last = setup.passive.end(),
        users = users.display(),
        groups = groups.display(),
        run = setup.run().display(),
        log = setup.log("proftpd").display(),
        transfers = setup.log("transfers").display(),
    );
    if setup.options.tls != Tls::None {
        tls(setup, &mut text);
    }
    for line in &setup.options.extra {
        let _ = writeln!(text, "{line}");
    }
    let configuration = setup.write("proftpd.conf", &text)?;
    Ok(setup
        .programs
        .launch("usr/sbin/proftpd")?
        .args(["--nodaemon", "--config"])
        .arg(configuration))
}

fn modules(setup: &Setup<'_>, text: &mut String) -> io::Result<()> {
    let directory = setup.programs.debian("usr/lib/proftpd")?;
    let _ = writeln!(text, "ModulePath {}", directory.display());
    for module in MODULES {
        let _ = writeln!(text, "LoadModule {module}.c");
    }
    // The last is of mod_facts, which Debian builds in: without it ProFTPD would not start.
    text.push_str("DeflateEngine on\nDigestEngine on\n");
    // The first word counts.
    let said = |line: &String| line.starts_with("FactsAdvertise");
    if !setup.options.extra.iter().any(said) {
        text.push_str("FactsAdvertise on\n");
    }
    Ok(())
}

fn tls(setup: &Setup<'_>, text: &mut String) {
    let versions = match setup.options.versions {
        Versions::Both => "TLSv1.2 TLSv1.3",
        Versions::Only12 => "TLSv1.2",
        Versions::Only13 => "TLSv1.3",
    };
    let _ = write!(
        text,
        "TLSEngine on
TLSRequired on
TLSProtocol {versions}
TLSECCertificateFile {certificate}
TLSECCertificateKeyFile {key}
TLSVerifyClient off
TLSLog {log}
",
        certificate = setup.certificates.certificate.display(),
        key = setup.certificates.key.display(),
        log = setup.log("tls").display(),
    );
    // Reuse is required unless it is said that it is not. One line, because a
    // second one would replace the first.
    let mut options = vec!["EnableDiags"];
    if !setup.options.reuse_required {
        options.push("NoSessionReuseRequired");
    }
    if setup.options.tls == Tls::Implicit {
        options.push("UseImplicitSSL");
    }
    let _ = writeln!(text, "TLSOptions {}", options.join(" "));
}

fn restrict(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

//! vsftpd, with accounts that only it sees.

use std::{fmt::Write, io, net::IpAddr};

use crate::{
    options::Tls,
    process::Launch,
    setup::{ID, PASSWORD_HASH, Setup, USER},
};

pub(crate) fn launch(setup: &Setup<'_>) -> io::Result<Launch> {
    // vsftpd knows the system's accounts only, by way of PAM: it gets its own
    // files in place of the system's. `nobody` is whom it becomes before the
    // login, `ftp` is the anonymous user.
    let home = setup.root();
    let home = home.display();
    let passwd = setup.write(
        "passwd",
        &format!(
            "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/usr/sbin/nologin\n\
             ftp:x:{ID}:{ID}::{home}:/usr/sbin/nologin\n{USER}:x:{ID}:{ID}::{home}:/bin/sh\n"
        ),
    )?;
    let group = setup.write(
        "group",
        &format!("root:x:0:\nnogroup:x:65534:\n{USER}:x:{ID}:\n"),
    )?;
    let shadow = setup.write(
        "shadow",
        &format!("root:*:19000:0:99999:7:::\n{USER}:{PASSWORD_HASH}:19000:0:99999:7:::\n"),
    )?;
    // A whole directory, because a file can only be bound over one that is
    // there. Without `nodelay` a wrong password costs two seconds.
    let service = setup.write(
        "pam.d/vsftpd",
        "auth required pam_unix.so nodelay\naccount required pam_unix.so\n",
    )?;
    let services = service.parent().unwrap_or(&service);

    let configuration = setup.write("vsftpd.conf", &configuration(setup))?;
    let launch = setup
        .programs
        .launch("usr/sbin/vsftpd")?
        .arg(configuration)
        .env("OPENSSL_CONF", setup.openssl_conf()?)
        .bind(passwd, "/etc/passwd")
        .bind(group, "/etc/group")
        .bind(shadow, "/etc/shadow")
        .bind(services, "/etc/pam.d");
    Ok(launch)
}

fn configuration(setup: &Setup<'_>) -> String {
    let mut text = format!(
        "{listen}
listen_port={port}
background=NO
pasv_min_port={first}
pasv_max_port={last}
max_clients=0
max_per_ip=0
pam_service_name=vsftpd
secure_chroot_dir={empty}
anonymous_enable=NO
local_enable=YES
local_umask=022
write_enable=YES
chroot_local_user=YES
allow_writeable_chroot=YES
delay_failed_login=0
xferlog_enable=YES
xferlog_file={transfers}
vsftpd_log_file={log}
dual_log_enable=YES
log_ftp_protocol=YES
",
        listen = match setup.address.ip() {
            IpAddr::V4(ip) => format!("listen=YES\nlisten_ipv6=NO\nlisten_address={ip}"),
            IpAddr::V6(ip) => format!("listen=NO\nlisten_ipv6=YES\nlisten_address6={ip}"),
        },
        port = setup.address.port(),
        first = setup.passive.start(),
        last = setup.passive.end(),
        empty = setup.empty().display(),
        transfers = setup.log("transfers").display(),
        log = setup.log("vsftpd").display(),
    );
    // The sandbox dates from older kernels and C libraries, which made fewer
    // system calls; and namespaces inside of ours are of no use.
    text.push_str("seccomp_sandbox=NO\nisolate=NO\nisolate_network=NO\n");
    if setup.options.tls != Tls::None {
        let yes_no = |yes| if yes { "YES" } else { "NO" };
        // The ciphers of the default are for RSA keys only.
        let _ = write!(
            text,
            "ssl_enable=YES
implicit_ssl={implicit}
force_local_data_ssl=YES
force_local_logins_ssl=YES
allow_anon_ssl=YES
require_ssl_reuse={reuse}
rsa_cert_file={certificate}
rsa_private_key_file={key}
ssl_ciphers=HIGH
debug_ssl=YES
",
            implicit = yes_no(setup.options.tls == Tls::Implicit),
            reuse = yes_no(setup.options.reuse_required),
            certificate = setup.certificates.certificate.display(),
            key = setup.certificates.key.display(),
        );
    }
    for line in &setup.options.extra {
        let _ = writeln!(text, "{line}");
    }
    text
}

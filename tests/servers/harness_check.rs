//! The harness itself: every server starts in every mode, lets its user in
//! and nobody else, speaks the TLS versions it was told to, and goes away.

use std::{fs, io, net::TcpStream, time::Duration};

use tokio_rustls::rustls::ProtocolVersion;

use crate::{
    cell::RACES,
    farm::{Kind, Server},
    options::{Options, Tls, Versions},
    probe::Probe,
    quirks::Quirk,
};

fn start(kind: Kind, options: &Options) -> Server {
    Server::start(kind, options).unwrap_or_else(|failure| panic!("{failure}"))
}

/// A connection on which `USER` may follow.
fn connect(server: &Server, tls: Tls) -> io::Result<Probe> {
    let authority = server.authority_der();
    match tls {
        Tls::None => Probe::connect(server.address(), None),
        Tls::Explicit => {
            // libunftp goes on reading text for a moment after its 234.
            let mut tries = if server.kind() == Kind::Unftp {
                RACES
            } else {
                1
            };
            loop {
                tries -= 1;
                let secured = Probe::connect(server.address(), None)?.secure(authority);
                match secured {
                    Err(error) if tries > 0 && error.to_string().contains("InvalidContentType") => {
                        println!("{:?}: a handshake answered with text", server.kind());
                    }
                    secured => return secured,
                }
            }
        }
        Tls::Implicit => Probe::connect(server.address(), Some(authority)),
    }
}

fn log_in(server: &Server, probe: &mut Probe) {
    let user = probe
        .command(&format!("USER {}", server.user()))
        .expect("USER");
    assert_eq!(user.code, 331, "{user}\n{}", server.log());
    let pass = probe
        .command(&format!("PASS {}", server.password()))
        .expect("PASS");
    assert_eq!(pass.code, 230, "{pass}\n{}", server.log());
}

/// Logs in, sees a file that was put there, and makes a directory.
fn use_it(kind: Kind, options: &Options) {
    let server = start(kind, options);
    server.put("in/greeting.txt", b"hello").expect("put");
    let mut probe = connect(&server, options.tls).expect("connect");
    assert_eq!(probe.welcome().code, 220);
    assert_eq!(probe.version(), expected_version(options));
    log_in(&server, &mut probe);
    for (command, code, part) in [
        ("PWD", 257, "\"/\""),
        ("TYPE I", 200, ""),
        ("SIZE /in/greeting.txt", 213, "213 5"),
        ("MKD made", 257, "made"),
        ("RNFR made", 350, ""),
        ("RNTO renamed", 250, ""),
        ("DELE in/greeting.txt", 250, ""),
        ("QUIT", 221, ""),
    ] {
        let answer = probe.command(command).expect(command);
        assert_eq!(
            answer.code,
            code,
            "{kind:?} {command}: {answer}\n{}",
            server.log()
        );
        assert!(answer.text.contains(part), "{kind:?} {command}: {answer}");
    }
    assert!(server.root().join("renamed").is_dir());
    assert!(server.content("in/greeting.txt").is_err());
}

fn expected_version(options: &Options) -> Option<ProtocolVersion> {
    match (options.tls, options.versions) {
        (Tls::None, _) => None,
        (_, Versions::Only12) => Some(ProtocolVersion::TLSv1_2),
        (_, Versions::Both | Versions::Only13) => Some(ProtocolVersion::TLSv1_3),
    }
}

fn use_every_mode(kind: Kind) {
    use_it(kind, &Options::new(Tls::None));
    for tls in [Tls::Explicit, Tls::Implicit] {
        if !kind.speaks(tls) {
            let refused =
                Server::start(kind, &Options::new(tls)).expect_err("a mode it does not know");
            assert!(refused.to_string().contains("TLS mode"), "{refused}");
            continue;
        }
        for versions in [Versions::Both, Versions::Only12, Versions::Only13] {
            for reuse in [false, true] {
                if !reuse || kind.can_require_reuse() {
                    use_it(
                        kind,
                        &Options::new(tls).versions(versions).reuse_required(reuse),
                    );
                }
            }
        }
    }
}

#[test]
fn vsftpd_in_every_mode() {
    use_every_mode(Kind::Vsftpd);
}

#[test]
fn proftpd_in_every_mode() {
    use_every_mode(Kind::Proftpd);
}

#[test]
fn pureftpd_in_every_mode() {
    use_every_mode(Kind::PureFtpd);
}

#[test]
fn pyftpdlib_in_every_mode() {
    use_every_mode(Kind::Pyftpdlib);
}

#[test]
fn libunftp_in_every_mode() {
    use_every_mode(Kind::Unftp);
}

#[test]
fn wrong_password_is_refused_by_all() {
    for kind in Kind::ALL {
        let server = start(kind, &Options::new(Tls::None));
        let mut probe = connect(&server, Tls::None).expect("connect");
        probe
            .command(&format!("USER {}", server.user()))
            .expect("USER");
        let answer = probe.command("PASS another word").expect("PASS");
        let lets_in = kind.has(Quirk::AnyPassword);
        let expected = if lets_in { 230 } else { 530 };
        assert_eq!(answer.code, expected, "{kind:?}: {answer}");
    }
}

#[test]
fn login_without_tls_is_refused_where_tls_is_on() {
    for kind in Kind::ALL {
        let server = start(kind, &Options::new(Tls::Explicit));
        let mut probe = connect(&server, Tls::None).expect("connect");
        let answer = probe
            .command(&format!("USER {}", server.user()))
            .expect("USER");
        let answer = match answer.code {
            331 => probe
                .command(&format!("PASS {}", server.password()))
                .expect("PASS"),
            _ => answer,
        };
        assert!(answer.code >= 400, "{kind:?}: {answer}");
    }
}

#[test]
fn dropped_server_leaves_neither_process_nor_file() {
    for kind in Kind::ALL {
        let server = start(kind, &Options::new(Tls::None));
        let (address, root) = (server.address(), server.root());
        // A session that is open has to go too.
        let mut probe = connect(&server, Tls::None).expect("connect");
        log_in(&server, &mut probe);
        drop(server);
        assert!(
            TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err(),
            "{kind:?} listens"
        );
        assert!(probe.command("NOOP").is_err(), "{kind:?} answers");
        assert!(
            !fs::exists(&root).unwrap_or(true),
            "{kind:?} left {}",
            root.display()
        );
    }
}

#[test]
fn failure_to_start_shows_the_log() {
    for (kind, nonsense) in [
        (Kind::Vsftpd, "no_such_setting=YES"),
        (Kind::Proftpd, "NoSuchSetting on"),
        (Kind::PureFtpd, "--no-such-setting"),
        (Kind::Pyftpdlib, "no_such_setting=1"),
        (Kind::Unftp, "no_such_setting=1"),
    ] {
        let failure =
            Server::start(kind, &Options::new(Tls::None).extra(nonsense)).expect_err("nonsense");
        let message = failure.to_string().replace('-', "_").to_lowercase();
        assert!(message.contains("before it was ready"), "{failure}");
        let log = message.split("___ output").nth(1).unwrap_or("");
        assert!(
            log.replace('_', "").contains("nosuchsetting"),
            "{kind:?}: {failure}"
        );
    }
}

#[test]
fn extra_lines_reach_the_server() {
    for (kind, line, greeting) in [
        (
            Kind::Vsftpd,
            "ftpd_banner=Hello from a test",
            "220 Hello from a test",
        ),
        (
            Kind::Proftpd,
            "ServerIdent on \"Hello from a test\"",
            "220 Hello from a test",
        ),
        (
            Kind::Pyftpdlib,
            "banner=\"Hello from a test\"",
            "220 Hello from a test",
        ),
        (
            Kind::Unftp,
            "greeting=Hello from a test",
            "220 Hello from a test",
        ),
        (Kind::PureFtpd, "--maxidletime=7", "7 minutes"),
    ] {
        let server = start(kind, &Options::new(Tls::None).extra(line));
        assert_eq!(server.kind(), kind);
        let probe = connect(&server, Tls::None).expect("connect");
        assert!(
            probe.welcome().text.contains(greeting),
            "{kind:?}: {}",
            probe.welcome()
        );
        assert!(server.authority_pem().exists());
        assert_eq!(server.host(), "127.0.0.1");
        assert_ne!(server.port(), 21);
    }
}

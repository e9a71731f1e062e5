//! Passwords and accounts, which nothing that is shown may hold.

use std::{
    cell::RefCell,
    fmt::{self, Debug, Write as _},
    sync::Once,
};

use tokio_ftp::{
    ConnectOptions, TlsMode,
    protocol::{Command, Secret},
    url::FtpUrl,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::set_global_default,
};

use crate::support::{
    certs::certificate,
    script::{connect, session},
};

const PASSWORD: &str = "hunter two";
const ACCOUNT: &str = "payer nine";

/// What events say of the commands with secrets, and of the one before them.
const EVENTS: [&str; 3] = ["command=USER joe ", "command=PASS ", "command=ACCT "];

thread_local! {
    /// What is shown on this thread; none where nobody looks.
    static SHOWN: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// From here on keeps all events of this thread, of whatever level and target, with all their
/// fields.
fn record() {
    // One subscriber for all threads: where each sets and drops its own, events get lost while
    // another thread does so.
    static SUBSCRIBED: Once = Once::new();
    SUBSCRIBED.call_once(|| set_global_default(Recorder).expect("nobody else subscribes"));
    SHOWN.set(Some(String::new()));
}

/// The same with what no event shows.
fn note(shown: fmt::Arguments<'_>) {
    show(|text| writeln!(text, "{shown}").unwrap());
}

/// All that was shown.
fn shown() -> String {
    SHOWN.take().expect("recorded")
}

fn show(with: impl FnOnce(&mut String)) {
    SHOWN.with_borrow_mut(|shown| shown.as_mut().map(with));
}

struct Recorder;

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        show(|text| attributes.record(&mut Text(text)));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        show(|text| values.record(&mut Text(text)));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        show(|text| {
            event.record(&mut Text(text));
            text.push('\n');
        });
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}

/// Whether what is looked through is really there.
fn assert_shown(shown: &str, all: &[&str]) {
    for wanted in all {
        assert!(shown.contains(wanted), "{wanted}: {shown}");
    }
}

fn assert_no_secret(shown: &str) {
    let lower = shown.to_lowercase();
    for secret in [PASSWORD, ACCOUNT] {
        let bytes = format!("{:?}", secret.as_bytes());
        let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        let encoded = secret.replace(' ', "%20");
        for form in [secret, &bytes[1..bytes.len() - 1], &hexadecimal, &encoded] {
            assert!(!lower.contains(form), "{form} in {shown}");
        }
    }
}

fn options() -> ConnectOptions {
    ConnectOptions::new()
        .credentials("joe", PASSWORD)
        .account(ACCOUNT)
}

#[tokio::test(start_paused = true)]
async fn nothing_shows_the_secrets_of_a_session() {
    record();
    for (mode, secured) in [
        (TlsMode::Off, ""),
        (
            TlsMode::Explicit,
            "C: AUTH TLS\nS: 234 go\nS! tls\nC: PBSZ 0\nS: 200 ok\nC: PROT P\nS: 200 ok\n",
        ),
    ] {
        for end in [
            "S: 230 in\nC: PWD\nS: 257 \"/\"\n",
            "S: 530 not this account\n",
            "S: 421 too many\n",
            "S! close\n",
            "S: what is this?\n",
            "S: 999 nothing\n",
            "S! stall\n",
        ] {
            let options = certificate().trusted_by(options()).tls(mode);
            let transcript = format!(
                "S: 220 ready\n{secured}C: USER joe\nS: 331 more\nC: PASS {PASSWORD}
                 S: 332 more\nC: ACCT {ACCOUNT}\n{end}"
            );
            note(format_args!("{options:?}"));
            let (session, server) = connect(options, &transcript).await;
            match session {
                Ok(mut ftp) => {
                    let path = ftp.pwd().await;
                    note(format_args!("{ftp:?} {:?} {path:?}", ftp.last_reply()));
                }
                Err(error) => {
                    let io = std::io::Error::from(error.clone());
                    note(format_args!("{error} {error:?} {io} {io:?}"));
                }
            }
            server.done().await;
        }
    }
    let shown = shown();
    assert_shown(&shown, &EVENTS);
    assert_shown(
        &shown,
        &["530 not this", "421 too many", "ConnectOptions {"],
    );
    assert_no_secret(&shown);
}

#[tokio::test(start_paused = true)]
async fn nothing_shows_the_secrets_of_later_commands_and_urls() {
    record();
    let (mut ftp, server) = session(&format!(
        "C: USER joe\nS: 331 more\nC: PASS {PASSWORD}\nS: 230 in\nC: ACCT {ACCOUNT}\nS: 530 no"
    ))
    .await;
    ftp.login("joe", PASSWORD).await.unwrap();
    let error = ftp.account(ACCOUNT).await.unwrap_err();
    note(format_args!("{error} {error:?} {ftp:?}"));
    // The verb says what is a secret, whatever the caller writes it with.
    for line in [
        format!("PASS {PASSWORD}"),
        format!("pass {PASSWORD}"),
        format!("ACCT {ACCOUNT}"),
        format!("ACCT {ACCOUNT}\r\n"),
        format!(" PASS {PASSWORD}"),
    ] {
        let error = ftp.command(&line).await.unwrap_err();
        note(format_args!("{error} {error:?}"));
    }
    for bad in [format!("{PASSWORD}\r\nDELE x"), format!("{PASSWORD}\0")] {
        let error = ftp.login("joe", &bad).await.unwrap_err();
        note(format_args!("{error} {error:?}"));
    }
    drop(ftp);
    server.done().await;

    let command = Command::Pass(Secret::new(PASSWORD).unwrap());
    note(format_args!("{command} {command:?}"));
    let encoded = PASSWORD.replace(' ', "%20");
    let url = FtpUrl::parse(&format!("ftp://joe:{encoded}@host/a")).unwrap();
    assert_eq!(url.password(), Some(PASSWORD.as_bytes()));
    note(format_args!("{url:?}"));
    for bad in [
        format!("ftp://joe:{encoded}@host:99999/a"),
        format!("ftp://joe:{encoded}%zz@host/a"),
        format!("http://joe:{encoded}@host/a"),
        format!("ftp://joe:{encoded}@/a"),
        format!("ftp://joe:{encoded}%0d%0a@host/a"),
        format!("ftp://joe:{PASSWORD}@host/a"),
    ] {
        if let Err(error) = FtpUrl::parse(&bad) {
            note(format_args!("{error} {error:?}"));
        }
        if let Err(error) = ConnectOptions::new().open(&bad).await {
            note(format_args!("{error} {error:?}"));
        }
    }
    let shown = shown();
    assert_shown(&shown, &EVENTS);
    assert_shown(
        &shown,
        &[
            "530 no",
            "FtpUrl(ftp://joe:***@host/a)",
            "invalid argument: ",
        ],
    );
    assert_no_secret(&shown);
}

/// What the test would see if something did show.
#[test]
#[should_panic(expected = "hunter two")]
fn a_secret_that_shows_is_found() {
    assert_no_secret("PASS Hunter Two");
}

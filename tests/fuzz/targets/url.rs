//! A URL that is shown is read again as the same one but for its password, which is never shown;
//! and no part of it can end a command early.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tokio_ftp::{
    Server,
    protocol::{Argument, Secret},
    url::{FtpUrl, UrlError},
};

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    match FtpUrl::parse(&text) {
        Ok(url) => hold(&url),
        Err(error) => check(&error, text.len()),
    }
    let mut parts = input.splitn(3, |&byte| byte == b'\n');
    let mut part = || parts.next().unwrap_or_default();
    assemble(part(), part(), part());
});

fn hold(url: &FtpUrl) {
    let shown = url.to_string();
    assert_eq!(format!("{url:?}"), format!("FtpUrl({shown})"));
    let again = FtpUrl::parse(&shown).expect("what is shown is a URL");
    // What stands for a password is the same for every password.
    assert_eq!(again.password(), url.password().map(|_| &b"***"[..]));
    assert_eq!(again.to_string(), shown);
    assert_eq!(again.scheme(), url.scheme());
    assert_eq!(again.user(), url.user());
    assert_eq!(again.host(), url.host());
    assert_eq!(again.port(), url.port());
    assert_eq!(again.path(), url.path());
    assert_eq!(again.type_code(), url.type_code());

    assert!(!shown.contains(|c: char| c.is_control() || c == ' '));
    assert_ne!(url.port(), Some(0));
    assert!(!url.host().is_empty());
    assert!(!url.host().contains(|c: char| c.is_control() || c == ' '));
    for part in [url.user(), Some(url.path())].into_iter().flatten() {
        Argument::new(part).expect("an argument");
    }
    let secret = Secret::new(url.password().unwrap_or_default());
    secret.expect("an argument");
    if let Ok(server) = Server::try_from((url.host(), url.default_port())) {
        Argument::new(server.host()).expect("an argument");
    }
}

/// An error says where and what, and repeats nothing.
fn check(error: &UrlError, length: usize) {
    assert!(error.offset() <= length);
    let shown = error.to_string();
    let place = format!("invalid FTP URL at byte {}: ", error.offset());
    assert!(shown.starts_with(&place) && shown.len() < place.len() + 60);
}

/// Parts with every byte written as `%` and two digits come back as they are.
fn assemble(user: &[u8], password: &[u8], path: &[u8]) {
    let escape = |part: &[u8]| part.iter().map(|byte| format!("%{byte:02x}")).collect();
    let [user_text, password_text, path_text]: [String; 3] = [user, password, path].map(escape);
    let text = format!("ftp://{user_text}:{password_text}@host/{path_text}");
    let breaks = |part: &[u8]| part.iter().any(|byte| b"\r\n\0".contains(byte));
    match FtpUrl::parse(&text) {
        Ok(url) => {
            assert_eq!(url.user(), Some(user));
            assert_eq!(url.password(), Some(password));
            assert_eq!(url.path(), path);
            hold(&url);
        }
        Err(error) => {
            assert!([user, password, path].into_iter().any(breaks), "{error}");
            check(&error, text.len());
        }
    }
}

//! A path that is quoted is found again, whatever it holds and whatever is said behind it; and
//! what is found in any text can be quoted again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tokio_ftp::{
    Name,
    protocol::{quote, unquote},
};

fuzz_target!(|input: &[u8]| {
    let path = Name::from(input);
    let quoted = quote(input);
    for behind in ["", " ", " created", " is the current directory", ".", "\r"] {
        let text = [&quoted[..], behind.as_bytes()].concat();
        assert_eq!(unquote(&text).as_ref(), Some(&path), "{behind:?}");
    }
    // Pure-FTPd doubles nothing.
    let text = [b"\"", input, b"\" is your current location"].concat();
    assert_eq!(unquote(&text), Some(path));

    if let Some(found) = unquote(input) {
        assert!(found.as_bytes().len() <= input.len());
        let text = quote(found.as_bytes());
        assert_eq!(unquote(&text), Some(found));
    }
});

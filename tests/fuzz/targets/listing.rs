//! A listing in a dialect that nobody has named: see [`lines`].

#![no_main]

mod lines;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    if let Some((parser, lines)) = lines::split(input) {
        lines::hold(parser, &lines);
    }
});

//! A listing in a dialect that the first byte chooses, which no line changes: see [`lines`]. A
//! byte beyond the dialects stands for the reply to MLST.

#![no_main]

mod lines;

use libfuzzer_sys::fuzz_target;
use tokio_ftp::listing::{Dialect, Line, Parser, parse_mlst};

fuzz_target!(|input: &[u8]| {
    let Some((&choice, input)) = input.split_first() else {
        return;
    };
    let Some((parser, lines)) = lines::split(input) else {
        return;
    };
    if let Some(&dialect) = Dialect::ALL.get(usize::from(choice)) {
        lines::hold(parser.dialect(dialect), &lines);
        return;
    }
    lines::hold(Parser::mlsx(), &lines);
    for line in lines {
        let entry = parse_mlst(line.clone());
        if let Some(entry) = &entry {
            lines::check(entry);
            assert_eq!(entry.raw(), line);
        }
        let alone = match Parser::mlsx().parse(line) {
            Line::Entry(entry) => Some(entry),
            _ => None,
        };
        assert_eq!(entry, alone);
    }
});

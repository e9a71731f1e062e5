//! What it costs to read a line of a listing, from memory.
//!
//! `cargo bench --bench listing`; times are for a listing of 1,000 lines.

use std::{
    hint::black_box,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio_ftp::listing::{Line, Parser};

const LINES: u64 = 1000;

fn listing(line: impl Fn(u64) -> String) -> Vec<Bytes> {
    (0..LINES).map(|number| line(number).into()).collect()
}

fn listings() -> [(&'static str, Vec<Bytes>); 7] {
    [
        (
            "unix",
            listing(|n| {
                format!("-rw-r--r--   1 ftp      ftp      {n:>12} Jan 22 10:59 notes-{n}.txt")
            }),
        ),
        (
            "unix_link",
            listing(|n| {
                format!(
                    "lrwxrwxrwx   1 1000     1000     {n:>12} Jan 22  2019 link-{n} -> ../n/{n}"
                )
            }),
        ),
        (
            "unix_german",
            listing(|n| {
                format!("-rw-r--r--   1 ftp      ftp  {n:>12} 22. Dez 10:59 notiz-{n}.txt")
            }),
        ),
        (
            "dos",
            listing(|n| format!("01-22-24  10:59AM {n:>20} notes-{n}.txt")),
        ),
        (
            "mlsx",
            listing(|n| {
                format!(
                    "modify=20240122105900;perm=adfrw;size={n};type=file;unique=FD00U{n};\
                     UNIX.mode=0644; notes-{n}.txt"
                )
            }),
        ),
        (
            "vms",
            listing(|n| {
                format!(
                    "NOTES{n}.TXT;1 {n}/{n}  2-JUN-1998 07:32:04  [GROUP,OWNER] (RWED,RWED,RE,)"
                )
            }),
        ),
        ("unknown", listing(|n| format!("nobody knows line {n}"))),
    ]
}

fn parse(c: &mut Criterion) {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_710_072_000);
    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Elements(LINES));
    for (name, lines) in listings() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut parser = Parser::new(now);
                let sizes = lines.iter().map(|line| match parser.parse(line.clone()) {
                    Line::Entry(entry) => black_box(entry).size().unwrap_or(0),
                    _ => 0,
                });
                sizes.sum::<u64>()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);

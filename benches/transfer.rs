//! How fast large files go over the loopback interface.

// Whoever measures wants no errors handled.
#![allow(clippy::expect_used)]

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio::io::{AsyncReadExt, repeat};

use self::support::{login, runtime, serve};

const SIZE: u64 = 64 << 20;

fn transfer(criterion: &mut Criterion) {
    let (runtime, server) = (runtime(), serve());
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("file");
    let mut ftp = runtime.block_on(login(server, false));
    let mut group = criterion.benchmark_group("transfer");
    group.throughput(Throughput::Bytes(SIZE)).sample_size(20);
    let path = SIZE.to_string();
    group.bench_function("download to memory", |bencher| {
        bencher.iter(|| {
            let mut sink = tokio::io::sink();
            let done = runtime.block_on(ftp.download(&path, &mut sink));
            assert_eq!(done.expect("a file").bytes(), SIZE);
        });
    });
    group.bench_function("download to a file", |bencher| {
        bencher.iter(|| {
            let done = runtime.block_on(ftp.download_to_file(&path, &file));
            assert_eq!(done.expect("a file").bytes(), SIZE);
        });
    });
    group.bench_function("upload from memory", |bencher| {
        bencher.iter(|| {
            let done = runtime.block_on(ftp.upload("file", repeat(7).take(SIZE)));
            assert_eq!(done.expect("a file").bytes(), SIZE);
        });
    });
    group.bench_function("upload from a file", |bencher| {
        bencher.iter(|| {
            let done = runtime.block_on(ftp.upload_from_file("file", &file));
            assert_eq!(done.expect("a file").bytes(), SIZE);
        });
    });
    group.finish();
}

criterion_group!(benches, transfer);
criterion_main!(benches);

//! What a session costs: to set it up, and for each small file.

// Whoever measures wants no errors handled.
#![allow(clippy::expect_used)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};

use self::support::{login, runtime, serve};

fn set_up(criterion: &mut Criterion) {
    let (runtime, server) = (runtime(), serve());
    criterion.bench_function("session: login and goodbye", |bencher| {
        bencher.iter(|| {
            runtime.block_on(async {
                let ftp = login(server, false).await;
                ftp.quit().await.expect("a goodbye");
            });
        });
    });
}

fn small_files(criterion: &mut Criterion) {
    let (runtime, server) = (runtime(), serve());
    let mut group = criterion.benchmark_group("session: a file of 2,000 bytes");
    for (name, pipelining) in [("in turn", false), ("pipelined", true)] {
        let mut ftp = runtime.block_on(login(server, pipelining));
        group.bench_function(format!("down, {name}"), |bencher| {
            bencher.iter(|| {
                let content = runtime.block_on(ftp.read("2000"));
                assert_eq!(content.expect("a file").len(), 2_000);
            });
        });
        group.bench_function(format!("up, {name}"), |bencher| {
            bencher.iter(|| {
                let sent = runtime.block_on(ftp.upload("file", &[7; 2_000][..]));
                assert_eq!(sent.expect("a file").bytes(), 2_000);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, set_up, small_files);
criterion_main!(benches);

//! How fast replies are read from a buffer.

use bytes::BytesMut;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tokio_ftp::protocol::ReplyDecoder;

/// How many replies a round has.
const REPLIES: u64 = 1_000;

const SHORT: &str = "226 Transfer complete.\r\n";
const LONG: &str = "211-Features:\r\n EPRT\r\n EPSV\r\n MDTM\r\n MFMT\r\n \
    MLST type*;size*;modify*;perm*;unique*;UNIX.mode*;\r\n PASV\r\n REST STREAM\r\n SIZE\r\n \
    TVFS\r\n UTF8\r\n211 End\r\n";

fn decoder(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decoder");
    group.throughput(Throughput::Elements(REPLIES));
    for (name, reply) in [("one line", SHORT), ("twelve lines", LONG)] {
        let replies: BytesMut = reply.repeat(REPLIES as usize).as_bytes().into();
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut buffer = replies.clone();
                let mut decoder = ReplyDecoder::default();
                let mut count = 0;
                while let Ok(Some(_)) = decoder.decode(&mut buffer) {
                    count += 1;
                }
                assert_eq!(count, REPLIES);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, decoder);
criterion_main!(benches);

//! A listing says the same however the network cuts it.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::SystemTime,
};

use bytes::Bytes;
use futures::TryStreamExt;
use proptest::{collection::vec, prelude::*};
use tokio::{
    io::{
        AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream, ReadBuf,
        duplex,
    },
    runtime,
};
use tokio_ftp::{
    ConnectOptions, Connection, Connector, Dialing, Endpoint, Name,
    listing::{Entry, EntryKind, Line, Parser},
};

use super::{corpus, unescape};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn known_lines_in_chunks_are_those_in_one_piece(
        lines in vec((prop::sample::select(lines()), prop::sample::select(&ENDS[..])), 0..24),
        sizes in vec(0..90_usize, 1..40),
    ) {
        let text: Vec<u8> = lines.iter().flat_map(|(line, end)| [line, *end].concat()).collect();
        compare(&text, &sizes);
    }

    #[test]
    fn any_bytes_in_chunks_are_those_in_one_piece(
        text in vec(prop_oneof![any::<u8>(), prop::sample::select(&b"\r\n \t-;=1"[..])], 0..400),
        sizes in vec(0..20_usize, 1..40),
    ) {
        compare(&text, &sizes);
    }
}

/// How a line may end; a lone CR does not end it.
const ENDS: [&[u8]; 5] = [b"\r\n", b"\r\n", b"\n", b"\r\r\n", b"\r"];

/// The lines of all dialects.
fn lines() -> Vec<Bytes> {
    let texts = corpus().map(|path| std::fs::read(path).unwrap());
    let raw = |text: Vec<u8>| {
        let lines = text.split(|&byte| byte == b'\n');
        let lines = lines.filter_map(|line| Some(unescape(line.strip_prefix(b"> ")?)));
        lines.collect::<Vec<_>>()
    };
    texts.flat_map(raw).collect()
}

/// Has the same text listed in one piece and in chunks of these sizes, over and over.
fn compare(text: &[u8], sizes: &[usize]) {
    let (entries, unknown) = list(VecDeque::from([text.to_vec()]));
    let mut chunks = VecDeque::new();
    let mut left = text;
    for &size in sizes.iter().chain([&1]).cycle() {
        let (chunk, behind) = left.split_at(size.min(left.len()));
        chunks.push_back(chunk.to_vec());
        left = behind;
        if left.is_empty() {
            break;
        }
    }
    assert_eq!(list(chunks), (entries.clone(), unknown.clone()));

    // Both are what the lines are: each is one entry, or unknown, or says nothing.
    let mut parser = Parser::new(SystemTime::now());
    let (mut meant, mut not_known) = (Vec::new(), Vec::new());
    let mut take = |line| match line {
        Line::Entry(entry) if !is_dot(&entry) => meant.push(entry),
        Line::Unknown(line) => not_known.push(Name::from(line)),
        _ => {}
    };
    let lines = cut(text);
    let count = lines.len();
    for line in lines {
        take(parser.parse(line));
    }
    parser.finish().map(take);
    assert!(meant.len() + not_known.len() <= count);
    assert_eq!((entries, unknown), (meant, not_known));
}

fn is_dot(entry: &Entry) -> bool {
    matches!(
        entry.kind(),
        EntryKind::CurrentDirectory | EntryKind::ParentDirectory
    )
}

/// The lines of a text, without the LF or CR LF that ends them.
fn cut(text: &[u8]) -> Vec<Bytes> {
    let mut lines: Vec<_> = text.split(|&byte| byte == b'\n').collect();
    lines.pop_if(|last| last.is_empty());
    let without_cr = |line: &[u8]| Bytes::copy_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
    lines.into_iter().map(without_cr).collect()
}

/// The entries of a listing whose data comes in these chunks, and its unknown lines.
fn list(chunks: VecDeque<Vec<u8>>) -> (Vec<Entry>, Vec<Name>) {
    let runtime = runtime::Builder::new_current_thread().enable_time().build();
    runtime.unwrap().block_on(async {
        let (control, server) = duplex(4096);
        let network = Network {
            control: Mutex::new(Some(control)),
            chunks: Mutex::new(chunks),
        };
        let server = tokio::spawn(serve(server));
        let options = ConnectOptions::new().connector(Arc::new(network));
        let mut ftp = options.connect("localhost").await.unwrap();
        let mut listing = ftp.list("").await.unwrap();
        let mut entries = Vec::new();
        while let Some(entry) = listing.try_next().await.unwrap() {
            entries.push(entry);
        }
        assert_eq!(listing.unknown_count(), listing.unknown().len() as u64);
        let unknown = listing.unknown().to_vec();
        drop(ftp);
        server.await.unwrap();
        (entries, unknown)
    })
}

/// Says yes to everything.
async fn serve(control: DuplexStream) {
    let mut control = BufReader::new(control);
    control.write_all(b"220 hello\r\n").await.unwrap();
    let mut command = String::new();
    while control.read_line(&mut command).await.unwrap_or(0) > 0 {
        let reply: &[u8] = match command.trim_end().split(' ').next() {
            Some("USER") => b"230 in\r\n",
            Some("FEAT") => b"211 none\r\n",
            Some("EPSV") => b"229 come (|||2000|)\r\n",
            Some("LIST") => b"150 now\r\n226 done\r\n",
            _ => b"200 well\r\n",
        };
        // The client may be gone.
        if control.write_all(reply).await.is_err() {
            break;
        }
        command.clear();
    }
}

/// A host that is called once, and once for data.
#[derive(Debug)]
struct Network {
    control: Mutex<Option<DuplexStream>>,
    chunks: Mutex<VecDeque<Vec<u8>>>,
}

impl Connector for Network {
    fn connect<'a>(&'a self, _: &'a Endpoint) -> Dialing<'a> {
        Box::pin(async move {
            let control = self.control.lock().unwrap().take();
            let pipe: Box<dyn Connection> = match control {
                Some(control) => Box::new(Control(control)),
                None => Box::new(Data {
                    chunks: std::mem::take(&mut self.chunks.lock().unwrap()),
                    waits: false,
                }),
            };
            Ok(pipe)
        })
    }
}

#[derive(Debug)]
struct Control(DuplexStream);

/// One chunk a read, and a wait before each.
#[derive(Debug)]
struct Data {
    chunks: VecDeque<Vec<u8>>,
    waits: bool,
}

const PEER: Option<SocketAddr> = Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 21));

impl Connection for Control {
    fn reset(&mut self) {}

    fn peer_addr(&self) -> Option<SocketAddr> {
        PEER
    }
}

impl Connection for Data {
    fn reset(&mut self) {}

    fn peer_addr(&self) -> Option<SocketAddr> {
        PEER
    }
}

impl AsyncRead for Control {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Control {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

impl AsyncRead for Data {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.waits = !self.waits;
        if self.waits {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        while let Some(mut chunk) = self.chunks.pop_front() {
            let rest = chunk.split_off(chunk.len().min(buffer.remaining()));
            if !rest.is_empty() {
                self.chunks.push_front(rest);
            }
            buffer.put_slice(&chunk);
            // No bytes would be the end.
            if !chunk.is_empty() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Data {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

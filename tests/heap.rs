//! What listings take of the heap, by an allocator that counts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    alloc::System,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::SystemTime,
};

use bytes::Bytes;
use futures::TryStreamExt;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::{
    io::{
        AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream, ReadBuf,
        duplex,
    },
    runtime,
    sync::mpsc,
};
use tokio_ftp::{
    ConnectOptions, Connection, Connector, Dialing, Endpoint,
    listing::{Line, Parser},
};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const MIB: usize = 1024 * 1024;

/// How many entries a block of a listing holds, which is sent over and over.
const BLOCK: usize = 1000;

/// A listing, and how it is asked for.
#[derive(Clone, Copy)]
struct Form {
    /// What the server says to FEAT.
    features: &'static [u8],
    command: &'static str,
    /// An entry with this number.
    entry: fn(usize) -> String,
    entries: usize,
    /// Lines of one entry.
    lines: usize,
}

/// All tests count on the same heap, so that they go one after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many bytes are in use.
fn live() -> usize {
    let stats = HEAP.stats();
    // A block that changed its size counts by the difference.
    let grown = stats.bytes_reallocated;
    (stats.bytes_allocated as isize + grown - stats.bytes_deallocated as isize) as usize
}

fn allocations() -> usize {
    let stats = HEAP.stats();
    stats.allocations + stats.reallocations
}

#[test]
fn a_line_is_read_without_allocation() {
    let _alone = alone();
    let lines = [
        "-rw-r--r--   1 ftp      ftp          1234 Jan 22 10:59 notes.txt",
        "lrwxrwxrwx   1 Max M    Domain Users    9 2024-01-22 10:59 latest -> notes.txt",
        "0100644   500  101   12345    1705920000       notes.txt",
        "01-22-24  10:59AM                 1234 notes.txt",
        "type=file;size=1234;modify=20240122105900;UNIX.owner=a b;x.y=z; notes.txt",
        "+i8388621.48594,m825718503,r,s280,up644,\tnotes.txt",
        "NOTES.TXT;3  9/12  2-JUN-1998 07:32:04  [GROUP,OWNER]    (RWED,RWED,RE,)",
        "d [R----F--] supervisor            512       Jan 16  2019    login",
        "PEP              4019 04/03/18 18:58:16 *STMF      notes.zip",
        "SAVE00 3390   2004/06/23  1    1  FB     128  6144  PS    USER.NOTES",
        "USER1A   JOB01906 USER1    OUTPUT A        RC=0000 3 spool files",
        "PROFILE  EXEC     V         72         12          1 1997-12-15  9:47:29 MIK191",
        "NOTES         101             528  6-Apr-07 14:21:18    255, 0 \"oooo\"",
        "587823    RSA          01-08-97   13:58  OS2KRNL",
        "  20.20   07/03/29 1026   d-ewrewr    2650     85920 CMDS",
        "     512    Jan-01-1980  00:00:00   boot.txt",
        "      206876  Apr 04, 2000 21:06 notes.txt",
        "-C--E-----FTP B MAILBOX1      18128       41 Aug 12 13:56 INVOICES",
        "-rw-r--r--   1 ftp      ftp          1.5k 22 ΦΕΒΡΟΥΑΡΊΟΥ 2019 notes.txt",
        "nobody knows this line",
    ];
    for line in lines {
        let mut parser = Parser::new(SystemTime::now());
        let mut read = || {
            let raw = Bytes::from_static(line.as_bytes());
            let before = allocations();
            let read = parser.parse(raw);
            let took = allocations() - before;
            let is_unknown = matches!(read, Line::Unknown(_));
            assert_eq!(is_unknown, line.starts_with("nobody"), "{line}");
            took
        };
        // The harness has threads of its own, which may allocate in between.
        let least = (0..10).map(|_| read()).min();
        assert_eq!(least, Some(0), "{line}");
    }
}

#[test]
fn a_million_entries_take_less_than_a_mebibyte() {
    check(Form {
        features: b"211 none\r\n",
        command: "LIST",
        entry: |number| {
            format!("-rw-r--r-- 1 ftp ftp {number:>12} Jan 22 10:59 notes-{number}\r\n")
        },
        entries: 1_000_000,
        lines: 1,
    });
}

#[test]
fn entries_of_mlsd_take_less_than_a_mebibyte() {
    check(Form {
        features: b"211-Here\r\n MLST type*;size*;modify*;\r\n211 End\r\n",
        command: "MLSD",
        entry: |number| {
            format!("type=file;size={number};modify=20240122105900; notes-{number}.txt\r\n")
        },
        entries: 100_000,
        lines: 1,
    });
}

#[test]
fn entries_of_two_lines_take_less_than_a_mebibyte() {
    check(Form {
        features: b"211 none\r\n",
        command: "LIST",
        entry: |number| {
            format!(
                "A_NAME_WITH_A_LINE_OF_ITS_OWN_{number}.TXT;1\r\n\
                 \x20               9/12  2-JUN-1998 07:32:04  [GROUP,OWNER]  (RWED,RWED,RE,)\r\n"
            )
        },
        entries: 50_000,
        lines: 2,
    });
}

fn check(form: Form) {
    let _alone = alone();
    let mut runtime = runtime::Builder::new_current_thread();
    runtime.enable_time().build().unwrap().block_on(list(form));
}

async fn list(form: Form) {
    let (control, server) = duplex(4096);
    let (dialled, data) = mpsc::channel(1);
    let network = Network {
        control: Mutex::new(Some(control)),
        dialled,
    };
    let server = tokio::spawn(serve(server, data, form));
    let options = ConnectOptions::new().connector(Arc::new(network));
    let mut ftp = options.connect("localhost").await.unwrap();

    let (before, allocations_before) = (live(), allocations());
    let mut peak = before;
    let mut entries = ftp.list("").await.unwrap();
    let mut count = 0;
    while let Some(entry) = entries.try_next().await.unwrap() {
        assert!(entry.is_file());
        count += 1;
        peak = peak.max(live());
    }
    assert_eq!(count, form.entries);
    assert_eq!(entries.unknown_count(), 0);
    let (grown, took) = (peak - before, allocations() - allocations_before);
    assert!(grown < MIB, "{grown} bytes");
    assert!(took < form.entries * form.lines, "{took} allocations");
    drop(ftp);
    server.await.unwrap();
}

/// Says yes to everything, and lists the same block again and again.
async fn serve(control: DuplexStream, mut data: mpsc::Receiver<DuplexStream>, form: Form) {
    let block: String = (0..BLOCK).map(form.entry).collect();
    let mut control = BufReader::new(control);
    control.write_all(b"220 hello\r\n").await.unwrap();
    let mut command = String::new();
    while control.read_line(&mut command).await.unwrap_or(0) > 0 {
        let reply: &[u8] = match command.trim_end().split(' ').next() {
            Some("USER") => b"230 in\r\n",
            Some("FEAT") => form.features,
            Some("EPSV") => b"229 come (|||2000|)\r\n",
            Some(command) if command == form.command => {
                control.write_all(b"150 now\r\n").await.unwrap();
                let mut data = data.recv().await.unwrap();
                for _ in 0..form.entries / BLOCK {
                    data.write_all(block.as_bytes()).await.unwrap();
                }
                drop(data);
                b"226 done\r\n"
            }
            _ => b"200 well\r\n",
        };
        // The client may be gone.
        if control.write_all(reply).await.is_err() {
            break;
        }
        command.clear();
    }
}

/// A host that is called once, and then for data.
#[derive(Debug)]
struct Network {
    control: Mutex<Option<DuplexStream>>,
    dialled: mpsc::Sender<DuplexStream>,
}

impl Connector for Network {
    fn connect<'a>(&'a self, _: &'a Endpoint) -> Dialing<'a> {
        Box::pin(async move {
            let control = self.control.lock().unwrap().take();
            let pipe = match control {
                Some(control) => control,
                None => {
                    let (near, far) = duplex(64 * 1024);
                    self.dialled.send(far).await.unwrap();
                    near
                }
            };
            Ok(Box::new(Pipe(pipe)) as Box<dyn Connection>)
        })
    }
}

#[derive(Debug)]
struct Pipe(DuplexStream);

impl Connection for Pipe {
    fn reset(&mut self) {}

    fn peer_addr(&self) -> Option<SocketAddr> {
        Some(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 21))
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

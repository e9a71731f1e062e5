//! Both ends of TLS on a socket.

use std::{future::poll_fn, sync::Mutex};

use rcgen::KeyPair;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto::aws_lc_rs, pki_types::PrivateKeyDer, server::StoresServerSessions,
    },
    server::TlsStream,
};

use super::*;
use crate::net::{
    Endpoint,
    outgoing::WRITE,
    tls::{TlsClient, TlsSettings, TlsVersions},
};

/// A connection, with and without a client for the TLS on it.
async fn connected() -> (Records, TcpStream) {
    let tls = client(TlsVersions::Both);
    dialled(&tls).await
}

fn client(versions: TlsVersions) -> TlsClient {
    let settings = TlsSettings {
        accept_invalid: true,
        versions,
        ..TlsSettings::default()
    };
    let endpoint = Endpoint::Name("localhost".to_owned(), 21);
    TlsClient::new(&settings, &endpoint, false).unwrap()
}

async fn dialled(tls: &TlsClient) -> (Records, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let client = TcpStream::connect(address).await.unwrap();
    let records = tls.records(Plain::tcp(client)).unwrap();
    (records, listener.accept().await.unwrap().0)
}

fn server() -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let provider = Arc::new(aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap()
}

/// Two ends of a TLS session.
async fn secured() -> (Records, TlsStream<TcpStream>) {
    let (mut records, socket) = connected().await;
    let acceptor = TlsAcceptor::from(Arc::new(server()));
    let (client, server) = tokio::join!(shake(&mut records), acceptor.accept(socket));
    client.unwrap();
    (records, server.unwrap())
}

async fn shake(records: &mut Records) -> io::Result<()> {
    poll_fn(|cx| records.poll_handshake(cx)).await
}

async fn read(records: &mut Records, space: &mut [u8]) -> io::Result<usize> {
    let mut buf = ReadBuf::new(space);
    poll_fn(|cx| records.poll_read(cx, &mut buf)).await?;
    Ok(buf.filled().len())
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n % 251) as u8).collect()
}

#[tokio::test]
async fn reads_are_as_long_as_their_space() {
    for space in [1, 7, 1000, RECORD + 1, 3 * RECORD, 1 << 20] {
        let (mut records, mut server) = secured().await;
        let sent = content(100_000);
        let all = sent.clone();
        let writing = tokio::spawn(async move {
            server.write_all(&all).await.unwrap();
            server.shutdown().await.unwrap();
            server
        });
        let (mut came, mut space) = (Vec::new(), vec![0; space]);
        loop {
            let read = read(&mut records, &mut space).await.unwrap();
            if read == 0 {
                break;
            }
            came.extend_from_slice(&space[..read]);
        }
        assert!(came == sent, "{} bytes", space.len());
        drop(writing.await.unwrap());
    }
}

#[tokio::test]
async fn one_read_takes_several_records() {
    let (mut records, mut server) = secured().await;
    server.write_all(&content(3 * 1000)).await.unwrap();
    for _ in 0..3 {
        server.write_all(&content(1000)).await.unwrap();
        server.flush().await.unwrap();
    }
    server.shutdown().await.unwrap();
    // All of it is in the socket.
    server.get_mut().0.shutdown().await.unwrap();
    let mut space = vec![0; 64 * 1024];
    assert_eq!(read(&mut records, &mut space).await.unwrap(), 6000);
    assert_eq!(read(&mut records, &mut space).await.unwrap(), 0);
    for _ in 0..2 {
        poll_fn(|cx| records.poll_shutdown(cx)).await.unwrap();
    }
}

#[tokio::test]
async fn end_without_close_notify_is_told_behind_the_data() {
    let (mut records, mut server) = secured().await;
    server.write_all(&content(5000)).await.unwrap();
    drop(server);
    let mut space = vec![0; 64 * 1024];
    assert_eq!(read(&mut records, &mut space).await.unwrap(), 5000);
    let cut = read(&mut records, &mut space).await.unwrap_err();
    assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn garbage_is_told_behind_the_data_and_again_and_answered_with_an_alert() {
    let (mut records, mut server) = secured().await;
    server.write_all(&content(5000)).await.unwrap();
    server.flush().await.unwrap();
    server
        .get_mut()
        .0
        .write_all(&[23, 3, 3, 0, 20])
        .await
        .unwrap();
    server.get_mut().0.write_all(&[0; 20]).await.unwrap();
    let mut space = vec![0; 64 * 1024];
    assert_eq!(read(&mut records, &mut space).await.unwrap(), 5000);
    for _ in 0..2 {
        let error = read(&mut records, &mut space).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot decrypt peer's message");
    }
    let told = server.read(&mut space).await.unwrap_err();
    assert!(told.to_string().contains("BadRecordMac"), "{told}");
}

#[tokio::test]
async fn keys_may_change_between_records() {
    let (mut records, mut server) = secured().await;
    let mut space = vec![0; 64 * 1024];
    for _ in 0..3 {
        server.write_all(&content(5000)).await.unwrap();
        server.get_mut().1.refresh_traffic_keys().unwrap();
        server.write_all(&content(5000)).await.unwrap();
        server.flush().await.unwrap();
        let mut came = 0;
        while came < 10_000 {
            came += read(&mut records, &mut space).await.unwrap();
        }
        assert_eq!(came, 10_000);
        // This side's follow before its next data.
        let piece = [io::IoSlice::new(b"abc")];
        let written = poll_fn(|cx| records.poll_write_vectored(cx, &piece)).await;
        assert_eq!(written.unwrap(), 3);
        assert_eq!(server.read(&mut space).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn pieces_go_out_in_full_records() {
    let (mut records, server) = secured().await;
    let mut socket = server.into_inner().0;
    let all = content(100_000);
    let mut taken = Vec::new();
    let mut sent = 0;
    while sent < all.len() {
        let pieces: Vec<_> = all[sent..].chunks(1000).map(io::IoSlice::new).collect();
        let written = poll_fn(|cx| records.poll_write_vectored(cx, &pieces));
        let written = written.await.unwrap();
        taken.push(written);
        sent += written;
    }
    poll_fn(|cx| records.poll_flush(cx)).await.unwrap();
    assert_eq!(taken, [WRITE, 100_000 - WRITE]);
    let mut lengths = Vec::new();
    for _ in 0..7 {
        let mut header = [0; 5];
        socket.read_exact(&mut header).await.unwrap();
        let [23, 3, 3, high, low] = header else {
            panic!("no record of data: {header:?}");
        };
        let length = u16::from_be_bytes([high, low]).into();
        socket.read_exact(&mut vec![0; length]).await.unwrap();
        // The type and the tag go with it (RFC 8446 section 5.2).
        lengths.push(length - 17);
    }
    let rest = 100_000 - 6 * RECORD;
    assert_eq!(
        lengths,
        [RECORD, RECORD, RECORD, RECORD, RECORD, RECORD, rest]
    );
}

#[tokio::test]
async fn peer_that_does_not_read_holds_writes_up() {
    let (mut records, mut server) = secured().await;
    let data = content(WRITE);
    let mut cx = Context::from_waker(Waker::noop());
    let mut sent = 0_usize;
    let piece = [io::IoSlice::new(&data)];
    while let Poll::Ready(written) = records.poll_write_vectored(&mut cx, &piece) {
        sent += written.unwrap();
    }
    assert!(records.outgoing.unsent().len() < 2 * WRITE);
    let reading = tokio::spawn(async move {
        let mut came = Vec::new();
        server.read_to_end(&mut came).await.unwrap();
        came
    });
    poll_fn(|cx| records.poll_shutdown(cx)).await.unwrap();
    assert!(reading.await.unwrap() == data.repeat(sent / WRITE));
}

#[tokio::test]
async fn handshake_that_is_cut_is_an_error() {
    let (mut records, socket) = connected().await;
    drop(socket);
    let kind = shake(&mut records).await.unwrap_err().kind();
    assert!(
        matches!(
            kind,
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset
        ),
        "{kind}"
    );
}

/// Gives back the session of whoever came last, whoever asks.
#[derive(Debug, Default)]
struct Mixed(Mutex<Vec<u8>>);

impl StoresServerSessions for Mixed {
    fn put(&self, _key: Vec<u8>, session: Vec<u8>) -> bool {
        *self.0.lock().unwrap() = session;
        true
    }

    fn get(&self, _key: &[u8]) -> Option<Vec<u8>> {
        Some(self.0.lock().unwrap().clone())
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.get(key)
    }

    fn can_cache(&self) -> bool {
        true
    }
}

#[tokio::test]
async fn session_that_is_resumed_with_other_keys_is_not_tried_again() {
    let mut config = server();
    config.session_storage = Arc::new(Mixed::default());
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let first = client(TlsVersions::Tls12);
    let mut outcomes = Vec::new();
    for tls in [&first, &client(TlsVersions::Tls12), &first, &first] {
        let (mut records, socket) = dialled(tls).await;
        let (done, _) = tokio::join!(shake(&mut records), acceptor.accept(socket));
        outcomes.push(done.map(|()| records.is_resumed()).ok());
    }
    assert_eq!(outcomes, [Some(false), Some(false), None, Some(false)]);
}

#[tokio::test]
async fn session_that_has_failed_is_not_ended_in_good_order() {
    let (mut records, mut server) = secured().await;
    server
        .get_mut()
        .0
        .write_all(&[23, 3, 3, 0, 20])
        .await
        .unwrap();
    server.get_mut().0.write_all(&[0; 20]).await.unwrap();
    let mut space = [0; 100];
    read(&mut records, &mut space).await.unwrap_err();
    let shut = poll_fn(|cx| records.poll_shutdown(cx)).await;
    assert_eq!(shut.unwrap_err().kind(), io::ErrorKind::InvalidData);
}

#[tokio::test]
async fn handshake_message_without_an_end_is_an_error() {
    let (mut records, mut socket) = connected().await;
    let feeding = tokio::spawn(async move {
        // A server's hello that says it has 60,000 bytes, of which each record brings one.
        let mut flood = vec![22, 3, 3, 0, 4, 2, 0, 0xea, 0x60];
        flood.extend([22, 3, 3, 0, 1, 0].repeat(30_000));
        // It stops listening before the end.
        let _ = socket.write_all(&flood).await;
        socket
    });
    let error = shake(&mut records).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert!(records.incoming.capacity() < 2 * MAX_INCOMING);
    drop(records);
    feeding.await.unwrap();
}

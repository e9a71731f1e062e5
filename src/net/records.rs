//! TLS under a data connection.
//!
//! The control connection has tokio-rustls, which keeps a record's ciphertext and its plaintext
//! in buffers of its own and reads one record at a time. That is right for lines; for files it
//! doubles what TLS costs. Here the socket is read in large pieces, records are deciphered where
//! they lie, and what is sent is enciphered straight into what is written.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker, ready},
};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncWrite, ReadBuf};
use tokio_rustls::rustls::{
    self, ClientConfig, HandshakeKind,
    client::{ClientConnectionData, UnbufferedClientConnection},
    pki_types::ServerName,
    unbuffered::{
        ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic,
    },
};
use tokio_util::io::poll_read_buf;

use super::{
    outgoing::{Outgoing, RECORD, first_records, gather},
    stream::{Plain, unless_asserted},
    tickets::TicketStore,
};

/// What a record adds to its plaintext at the most: header, nonce, type and tag.
const OVERHEAD: usize = 64;

/// The space that a read finds at least, in bytes: during the handshake, and for data.
const HANDSHAKE_READ: usize = 4 * 1024;
const READ: usize = 2 * RECORD;

/// What may lie there undeciphered, in bytes. A record is less, and so is a handshake message
/// that is not out to fill the memory.
const MAX_INCOMING: usize = 8 * RECORD;

/// How often [`Records::take_in_tickets`] reads at the most.
const TICKET_READS: usize = 4;

/// A TLS session and the connection that it runs over.
pub(super) struct Records {
    plain: Plain,
    session: UnbufferedClientConnection,
    tickets: Arc<TicketStore>,
    /// As it came, still to be deciphered.
    incoming: BytesMut,
    /// Deciphered, and more than its reader had space for.
    plaintext: BytesMut,
    outgoing: Outgoing,
    /// The handshake is through.
    open: bool,
    /// close_notify has been said.
    closing: bool,
    /// close_notify has come.
    peer_closed: bool,
    failed: Option<rustls::Error>,
}

/// How far the session gets with what has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// There is something to read.
    Data,
    /// Nothing to read; data may be sent.
    Open,
    /// The handshake wants more.
    Handshake,
}

impl Records {
    /// Takes a ticket out of the store; the first poll sends.
    pub(super) fn new(
        config: Arc<ClientConfig>,
        name: ServerName<'static>,
        tickets: Arc<TicketStore>,
        plain: Plain,
    ) -> io::Result<Self> {
        Ok(Self {
            plain,
            tickets,
            session: UnbufferedClientConnection::new(config, name).map_err(invalid)?,
            incoming: BytesMut::new(),
            plaintext: BytesMut::new(),
            outgoing: Outgoing::default(),
            open: false,
            closing: false,
            peer_closed: false,
            failed: None,
        })
    }

    pub(super) fn plain_mut(&mut self) -> &mut Plain {
        &mut self.plain
    }

    /// Whether the handshake is through.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Whether the handshake has resumed an earlier session.
    pub(super) fn is_resumed(&self) -> bool {
        self.session.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    pub(super) fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.open {
            let stage = self.advance(None, cx)?;
            let sent = self.poll_flush(cx)?;
            match stage {
                Stage::Data => {}
                Stage::Open => {
                    ready!(sent);
                    self.open = true;
                }
                Stage::Handshake => {
                    if ready!(self.poll_filled(cx))? == 0 {
                        let cut = "the peer left during the TLS handshake";
                        let cut = io::Error::new(io::ErrorKind::UnexpectedEof, cut);
                        return Poll::Ready(Err(cut));
                    }
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Reads what has come, of several records where there is space. An end without close_notify
    /// is [`io::ErrorKind::UnexpectedEof`].
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        while buf.remaining() > 0 {
            if self.plaintext.has_remaining() {
                let taken = self.plaintext.len().min(buf.remaining());
                buf.put_slice(&self.plaintext.split_to(taken));
                continue;
            }
            match self.advance(Some(buf), cx) {
                Ok(Stage::Data) => continue,
                // An end or an error behind it is told by the next call.
                _ if buf.filled().len() > before => break,
                Ok(_) if self.peer_closed => break,
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(error)),
            }
            if ready!(self.poll_filled(cx))? == 0 {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Takes what fills the next records, of the pieces in their order, and says how much that
    /// is. It is on its way then, or waits for [`poll_flush`](Self::poll_flush).
    pub(super) fn poll_write_vectored(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_sent(cx))?;
        let gathered;
        let Some(data) = (match first_records(pieces) {
            Some(data) => Some(data),
            None => {
                gathered = gather(pieces);
                (!gathered.is_empty()).then_some(&*gathered)
            }
        }) else {
            return Poll::Ready(Ok(0));
        };
        let space = data.len() + data.len().div_ceil(RECORD) * OVERHEAD;
        self.send(cx, space, |traffic, space| traffic.encrypt(data, space))?;
        // What does not go out at once was taken all the same; an error is final.
        let _ = self.poll_sent(cx)?;
        Poll::Ready(Ok(data.len()))
    }

    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_sent(cx))?;
        Pin::new(&mut self.plain).poll_flush(cx)
    }

    /// Sends close_notify and the end.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_sent(cx))?;
        if !self.closing {
            self.send(cx, OVERHEAD, |traffic, space| {
                traffic.queue_close_notify(space)
            })?;
            self.closing = true;
        }
        ready!(self.poll_sent(cx))?;
        match ready!(Pin::new(&mut self.plain).poll_shutdown(cx)) {
            // The peer has left, and has heard all that there was.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Poll::Ready(Ok(())),
            shut => Poll::Ready(shut),
        }
    }

    /// Reads, without waiting, what TLS has to say on a connection that is about to go: the
    /// tickets that later connections resume with.
    pub(super) fn take_in_tickets(&mut self) {
        let mut cx = Context::from_waker(Waker::noop());
        // They come before everything else; whoever sends more is not listened to.
        for _ in 0..TICKET_READS {
            let mut space = [0; HANDSHAKE_READ];
            let Ok(read @ 1..) = self.plain.read_now(&mut space) else {
                break;
            };
            let came = space.get(..read).unwrap_or_default();
            self.incoming.extend_from_slice(came);
            if !matches!(self.advance(None, &mut cx), Ok(Stage::Open)) {
                break;
            }
        }
    }

    /// Gets on with what has come, as far as there is something to read or to wait for. What
    /// finds no space in `buf` is kept.
    fn advance(
        &mut self,
        buf: Option<&mut ReadBuf<'_>>,
        cx: &mut Context<'_>,
    ) -> io::Result<Stage> {
        if let Some(error) = &self.failed {
            return Err(invalid(error.clone()));
        }
        self.process_records(buf).map_err(|error| {
            if !self.open && error == rustls::Error::DecryptError {
                // A session that the server has resumed with other keys; the next would be too.
                self.tickets.forget_tls12();
            }
            self.failed = Some(error.clone());
            // The alert that tells the peer why, as far as it goes without waiting.
            while let Ok(ConnectionState::EncodeTlsData(mut data)) =
                status(&mut self.session, &mut self.incoming).state
            {
                self.outgoing
                    .put(OVERHEAD, |space| encode(&mut data, space));
            }
            let _ = self.poll_sent(cx);
            invalid(error)
        })
    }

    fn process_records(
        &mut self,
        mut buf: Option<&mut ReadBuf<'_>>,
    ) -> Result<Stage, rustls::Error> {
        loop {
            let UnbufferedStatus { mut discard, state } =
                status(&mut self.session, &mut self.incoming);
            let stage = match state {
                Ok(ConnectionState::ReadTraffic(mut records)) => {
                    while let Some(record) = records.next_record() {
                        let record = record?;
                        discard += record.discard;
                        let space = buf.as_ref().map_or(0, |buf| buf.remaining());
                        let fits = record.payload.len().min(space);
                        let (fits, rest) = record.payload.split_at(fits);
                        if let Some(buf) = &mut buf {
                            buf.put_slice(fits);
                        }
                        self.plaintext.extend_from_slice(rest);
                    }
                    Ok(Some(Stage::Data))
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    self.outgoing
                        .put(OVERHEAD, |space| encode(&mut data, space));
                    Ok(None)
                }
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    // It goes out from `outgoing`.
                    data.done();
                    Ok(None)
                }
                Ok(ConnectionState::PeerClosed) => {
                    self.peer_closed = true;
                    Ok(None)
                }
                Ok(ConnectionState::BlockedHandshake) => Ok(Some(Stage::Handshake)),
                Ok(ConnectionState::WriteTraffic(_) | ConnectionState::Closed) => {
                    Ok(Some(Stage::Open))
                }
                // Early data, which is for servers.
                Ok(_) => Err(rustls::Error::General("a state of no client".into())),
                Err(error) => Err(error),
            };
            self.incoming.advance(discard);
            if let Some(stage) = stage? {
                return Ok(stage);
            }
        }
    }

    /// Has rustls write into `outgoing`.
    fn send(
        &mut self,
        cx: &mut Context<'_>,
        space: usize,
        mut write: impl FnMut(
            &mut WriteTraffic<'_, ClientConnectionData>,
            &mut [u8],
        ) -> Result<usize, EncryptError>,
    ) -> io::Result<()> {
        while self.advance(None, cx)? == Stage::Data {}
        // Nothing has come since, so that there is nothing to discard.
        let ready = status(&mut self.session, &mut self.incoming);
        let Ok(ConnectionState::WriteTraffic(mut traffic)) = ready.state else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        let mut exhausted = false;
        self.outgoing
            .put(space, |space| match write(&mut traffic, space) {
                Ok(written) => Ok(written),
                Err(EncryptError::InsufficientSize(size)) => Err(size.required_size),
                Err(EncryptError::EncryptExhausted) => {
                    exhausted = true;
                    Ok(0)
                }
            });
        if exhausted {
            return Err(invalid(rustls::Error::EncryptError));
        }
        Ok(())
    }

    /// Reads more of what the peer sends; 0 is the end.
    fn poll_filled(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.incoming.len() >= MAX_INCOMING {
            let long = "a TLS message that is too long";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, long)));
        }
        self.incoming
            .reserve(if self.open { READ } else { HANDSHAKE_READ });
        poll_read_buf(Pin::new(&mut self.plain), cx, &mut self.incoming)
    }

    /// Writes all of `outgoing`.
    fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outgoing.unsent().is_empty() {
            let unsent = self.outgoing.unsent();
            let sent = ready!(Pin::new(&mut self.plain).poll_write(cx, unsent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outgoing.sent(sent);
        }
        Poll::Ready(Ok(()))
    }
}

/// What rustls says to `incoming`, which is an error where it panics.
fn status<'c, 'i>(
    session: &'c mut UnbufferedClientConnection,
    incoming: &'i mut [u8],
) -> UnbufferedStatus<'c, 'i, ClientConnectionData> {
    unless_asserted(|| session.process_tls_records(incoming)).unwrap_or_else(|| UnbufferedStatus {
        discard: 0,
        state: Err(rustls::Error::General("a broken TLS session".into())),
    })
}

fn encode(
    data: &mut EncodeTlsData<'_, ClientConnectionData>,
    space: &mut [u8],
) -> Result<usize, usize> {
    match data.encode(space) {
        Ok(written) => Ok(written),
        Err(EncodeError::InsufficientSize(size)) => Err(size.required_size),
        Err(EncodeError::AlreadyEncoded) => Ok(0),
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
#[cfg(feature = "aws-lc-rs")]
mod tests {
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
}

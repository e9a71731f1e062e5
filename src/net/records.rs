//! TLS under a data connection.
//!
//! The control connection has tokio-rustls, which reads one record at a time, to the same place
//! each. That is right for lines. Of a download it makes the better part of the costs, on processors
//! whose `rep movsb` is slow between some places: rustls copies each record, and seems to hit on such
//! places every time. Here the socket is read in large pieces, in which no two records lie alike, and
//! one read of the caller's takes several. CPU seconds a GiB: 0.6 in place of 1.0.

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
            // The alert that tells the peer why, as far as it goes without waiting. It is asked
            // for once, because rustls would look at what is wrong again.
            let alert = status(&mut self.session, &mut self.incoming);
            if let Ok(ConnectionState::EncodeTlsData(mut data)) = alert.state {
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
mod tests;

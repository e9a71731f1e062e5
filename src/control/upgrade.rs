//! TLS on a connection that is in use.

use std::{future::poll_fn, io, pin::Pin, task::Poll, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncWriteExt, ReadBuf},
    time::timeout,
};
use tokio_util::codec::{Framed, FramedParts};

use super::{BUFFER, Control, codec::Codec};
use crate::{
    error::{Error, Phase, ProtocolError, Result},
    net::{
        Stream,
        tls::{TlsClient, TlsFacts},
        unless_asserted,
    },
};

impl Control {
    /// Puts TLS under the control connection.
    ///
    /// # Cancel safety
    /// Not: the session is broken afterwards, and says so.
    pub(crate) async fn upgrade(&mut self, client: &TlsClient) -> Result<()> {
        self.usable()?;
        let Some(framed) = self.framed.take() else {
            return Err(self.cancelled());
        };
        let FramedParts { io, read_buf, .. } = framed.into_parts();
        if !read_buf.is_empty() {
            return Err(self.break_with(ProtocolError::Injected(read_buf.len()).into()));
        }
        let Stream::Plain(plain) = io else {
            return Err(self.break_with(Error::Unsupported("TLS inside TLS")));
        };
        let tls = match timeout(self.reply_timeout, client.handshake(plain)).await {
            Ok(result) => result.map_err(|error| self.break_with(Error::tls(error)))?,
            Err(_) => return Err(self.break_with(Error::Timeout(Phase::Handshake))),
        };
        self.tls = Some(TlsFacts::of(&tls));
        let stream = Stream::Tls(Box::new(tls));
        self.framed = Some(Framed::with_capacity(
            stream,
            Codec::new(self.limits),
            BUFFER,
        ));
        Ok(())
    }

    /// Takes TLS off the control connection: each side says close_notify, and goes on in the
    /// clear.
    ///
    /// # Cancel safety
    /// Not: the session is broken afterwards, and says so.
    pub(crate) async fn downgrade(&mut self, limit: Duration) -> Result<()> {
        self.usable()?;
        let Some(framed) = self.framed.take() else {
            return Err(self.cancelled());
        };
        let FramedParts { io, read_buf, .. } = framed.into_parts();
        if !read_buf.is_empty() {
            return Err(self.break_with(ProtocolError::Injected(read_buf.len()).into()));
        }
        let Stream::Tls(mut tls) = io else {
            return Err(self.break_with(Error::Unsupported("taking TLS off where there is none")));
        };
        tls.get_mut().1.send_close_notify();
        let exchanged = async {
            tls.flush().await?;
            // Its close_notify is the end; data before it would be a reply to nothing.
            poll_fn(|cx| {
                let mut space = [0];
                let mut buf = ReadBuf::new(&mut space);
                let read = unless_asserted(|| Pin::new(&mut tls).poll_read(cx, &mut buf));
                match read {
                    Some(read) => read.map_ok(|()| buf.filled().len()),
                    None => Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
                }
            })
            .await
        };
        match timeout(limit, exchanged).await {
            Ok(Ok(0)) => {}
            Ok(Ok(_)) => {
                let error = io::Error::new(io::ErrorKind::InvalidData, "data after CCC");
                return Err(self.break_with(error.into()));
            }
            Ok(Err(error)) => return Err(self.break_with(Error::tls(error))),
            Err(_) => return Err(self.break_with(Error::Timeout(Phase::Handshake))),
        }
        let stream = Stream::Plain(tls.into_inner().0);
        self.tls = None;
        self.framed = Some(Framed::with_capacity(
            stream,
            Codec::new(self.limits),
            BUFFER,
        ));
        Ok(())
    }
}

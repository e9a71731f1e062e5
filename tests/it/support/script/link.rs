//! The server's end of one connection, with TLS or without.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_ftp::Connection;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use crate::support::network::Pipe;

pub(super) enum Link {
    Plain(Pipe),
    Tls(Box<TlsStream<Pipe>>),
    Gone,
}

impl Link {
    pub(super) async fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(pipe) => pipe.read(space).await,
            Self::Tls(tls) => tls.read(space).await,
            Self::Gone => Ok(0),
        }
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Plain(pipe) => pipe.write_all(bytes).await,
            Self::Tls(tls) => {
                tls.write_all(bytes).await?;
                tls.flush().await
            }
            Self::Gone => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    pub(super) async fn encrypt(&mut self, tls: &TlsAcceptor) {
        if let Self::Plain(pipe) = std::mem::replace(self, Self::Gone) {
            // A client that gives the handshake up leaves nothing to talk on.
            if let Ok(stream) = tls.accept(pipe).await {
                *self = Self::Tls(Box::new(stream));
            }
        }
    }

    /// Both sides say the end of TLS, and the connection goes on.
    pub(super) async fn decrypt(&mut self) {
        if let Self::Tls(mut tls) = std::mem::replace(self, Self::Gone) {
            let end = tls.read(&mut [0; 1]).await;
            assert!(matches!(end, Ok(0)), "not the end of TLS: {end:?}");
            tls.get_mut().1.send_close_notify();
            tls.flush().await.expect("the client is gone");
            *self = Self::Plain(tls.into_inner().0);
        }
    }

    /// Says the end in good order. A client that is gone already has it its way.
    pub(super) async fn finish(&mut self) {
        let _ = match self {
            Self::Plain(pipe) => pipe.shutdown().await,
            Self::Tls(tls) => tls.shutdown().await,
            Self::Gone => Ok(()),
        };
    }

    pub(super) async fn end(&mut self) {
        self.finish().await;
        *self = Self::Gone;
    }

    pub(super) fn reset(&mut self) {
        match self {
            Self::Plain(pipe) => pipe.reset(),
            Self::Tls(tls) => tls.get_mut().0.reset(),
            Self::Gone => {}
        }
        *self = Self::Gone;
    }
}

//! Waiting for the one connection that a server was asked to make.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    ops::RangeInclusive,
    task::{Context, Poll, ready},
};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tracing::warn;

/// How many connections may wait; all but the server's are turned away.
const BACKLOG: u32 = 16;

/// Listens for a connection from one host, and turns every other away.
#[derive(Debug)]
pub(crate) struct Listener {
    socket: TcpListener,
    peer: IpAddr,
}

impl Listener {
    /// Listens on the address of `local`, on one of `ports` or on any port.
    pub(crate) fn bind(
        local: SocketAddr,
        ports: Option<&RangeInclusive<u16>>,
        peer: IpAddr,
    ) -> io::Result<Self> {
        let mut taken = io::Error::new(io::ErrorKind::InvalidInput, "no port to listen on");
        for port in ports.cloned().unwrap_or(0..=0) {
            match listen(SocketAddr::new(local.ip(), port), local) {
                Ok(socket) => return Ok(Self { socket, peer }),
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied
                    ) =>
                {
                    taken = error;
                }
                Err(error) => return Err(error),
            }
        }
        Err(taken)
    }

    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The next connection from the peer.
    pub(crate) fn poll_accept(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<TcpStream>> {
        loop {
            let (stream, address) = match ready!(self.socket.poll_accept(cx)) {
                Ok(accepted) => accepted,
                // Somebody came and went.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Poll::Ready(Err(error)),
            };
            if address.ip().to_canonical() == self.peer.to_canonical() {
                return Poll::Ready(Ok(stream));
            }
            warn!(%address, "a data connection from somebody else was turned away");
        }
    }
}

fn listen(mut address: SocketAddr, local: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    if let (SocketAddr::V6(address), SocketAddr::V6(local)) = (&mut address, local) {
        // A link-local address is of no use without its link.
        address.set_scope_id(local.scope_id());
    }
    // A port of the range is of use again at once: after an upload this side has closed first, and
    // the port would be held for a minute. Elsewhere than on Unix the option means another thing.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

#[cfg(test)]
mod tests {
    use std::{future::poll_fn, net::Ipv4Addr};

    use super::*;

    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    #[tokio::test]
    async fn only_the_peer_is_let_in() {
        let mut listener = Listener::bind(SocketAddr::new(LOCAL, 0), None, LOCAL).unwrap();
        let address = listener.local_addr().unwrap();
        let stranger = TcpSocket::new_v4().unwrap();
        stranger.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        let _stranger = stranger.connect(address).await.unwrap();
        let friend = TcpStream::connect(address).await.unwrap();
        let accepted = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap();
        assert_eq!(accepted.peer_addr().unwrap(), friend.local_addr().unwrap());
    }

    #[tokio::test]
    async fn ports_that_are_taken_are_passed_over() {
        let first = Listener::bind(SocketAddr::new(LOCAL, 0), None, LOCAL).unwrap();
        let port = first.local_addr().unwrap().port();
        let one = port..=port;
        let error = Listener::bind(SocketAddr::new(LOCAL, 0), Some(&one), LOCAL).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        let some = port..=port.saturating_add(20);
        let second = Listener::bind(SocketAddr::new(LOCAL, 0), Some(&some), LOCAL).unwrap();
        assert!(second.local_addr().unwrap().port() > port);
    }
}

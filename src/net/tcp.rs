//! Connections over TCP.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures::stream::{FuturesUnordered, StreamExt};
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpSocket, TcpStream, lookup_host},
    time::timeout,
};

use super::{connector::Endpoint, data::OnDrop};

/// How long one address is tried alone before the next one joins in (RFC 8305 section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Dials TCP, with the settings that FTP wants.
#[derive(Debug, Clone, Default)]
pub(crate) struct TcpConnector {
    local: Option<IpAddr>,
    keepalive: Option<Duration>,
    data: Option<OnDrop>,
}

impl TcpConnector {
    pub(crate) fn new(local: Option<IpAddr>, keepalive: Option<Duration>) -> Self {
        Self {
            local,
            keepalive,
            data: None,
        }
    }

    /// For data, and what becomes of a connection that is given up before anybody has it; for
    /// control without.
    pub(crate) fn data(self, data: Option<OnDrop>) -> Self {
        Self { data, ..self }
    }

    /// Connects to an address, or to whichever of a name's addresses answers first.
    pub(crate) async fn connect(&self, endpoint: &Endpoint) -> io::Result<TcpStream> {
        match endpoint {
            Endpoint::Address(address) => self.dial(*address).await,
            Endpoint::Name(host, port) => {
                let found = lookup_host((host.as_str(), *port)).await?;
                let usable = found.filter(|address| {
                    self.local
                        .is_none_or(|local| local.is_ipv4() == address.is_ipv4())
                });
                self.race(alternating(usable.collect())).await
            }
        }
    }

    /// Tries the addresses in turn, without waiting long for one that does not answer.
    async fn race(&self, addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
        let mut untried = addresses.into_iter();
        let mut attempts = FuturesUnordered::new();
        let mut failure = io::Error::new(io::ErrorKind::NotFound, "the name has no usable address");
        loop {
            attempts.extend(untried.next().map(|address| self.dial(address)));
            let ended = if untried.len() > 0 {
                timeout(ATTEMPT_DELAY, attempts.next()).await
            } else {
                Ok(attempts.next().await)
            };
            match ended {
                Ok(Some(Ok(stream))) => return Ok(stream),
                Ok(Some(Err(error))) => failure = error,
                Ok(None) => return Err(failure),
                Err(_) => {}
            }
        }
    }

    async fn dial(&self, address: SocketAddr) -> io::Result<TcpStream> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        if let Some(local) = self.local {
            socket.bind(SocketAddr::new(local, 0))?;
        }
        let resets = self.data == Some(OnDrop::Reset);
        if resets {
            SockRef::from(&socket).set_linger(Some(Duration::ZERO))?;
        }
        let stream = socket.connect(address).await?;
        if resets {
            // From here on whoever has it says how it ends.
            SockRef::from(&stream).set_linger(None)?;
        }
        // Commands are small and each waits for its answer. Of data the end of every write would go
        // in a segment of its own, which made half as many segments again over loopback.
        if self.data.is_none() {
            stream.set_nodelay(true)?;
        }
        if let Some(idle) = self.keepalive {
            // A NAT that forgets the control connection during a long transfer is told early.
            SockRef::from(&stream).set_tcp_keepalive(&TcpKeepalive::new().with_time(idle))?;
        }
        Ok(stream)
    }
}

/// The addresses with both families by turns, that of the first one first: what is broken is
/// mostly a whole family.
fn alternating(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let count = addresses.len();
    let Some(first) = addresses.first().map(SocketAddr::is_ipv4) else {
        return addresses;
    };
    let (same, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv4() == first);
    let (mut same, mut other) = (same.into_iter(), other.into_iter());
    let mut ordered = Vec::with_capacity(count);
    while ordered.len() < count {
        ordered.extend(same.next());
        ordered.extend(other.next());
    }
    ordered
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |text: &str| -> Vec<SocketAddr> {
            text.split(' ')
                .map(|address| address.parse().unwrap())
                .collect()
        };
        for (given, want) in [
            (
                "[::1]:1 [::2]:1 1.1.1.1:1 2.2.2.2:1",
                "[::1]:1 1.1.1.1:1 [::2]:1 2.2.2.2:1",
            ),
            ("1.1.1.1:1 [::1]:1 [::2]:1", "1.1.1.1:1 [::1]:1 [::2]:1"),
            ("1.1.1.1:1 2.2.2.2:1", "1.1.1.1:1 2.2.2.2:1"),
        ] {
            assert_eq!(alternating(parse(given)), parse(want));
        }
    }

    #[tokio::test]
    async fn commands_go_at_once_and_data_in_full_segments() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = Endpoint::Address(listener.local_addr().unwrap());
        for (data, nodelay) in [
            (None, true),
            (Some(OnDrop::Close), false),
            (Some(OnDrop::Reset), false),
        ] {
            let connector = TcpConnector::default().data(data);
            let stream = connector.connect(&endpoint).await.unwrap();
            assert_eq!(stream.nodelay().unwrap(), nodelay, "{data:?}");
        }
    }

    #[tokio::test]
    async fn an_address_that_refuses_costs_nothing_when_another_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = gone.local_addr().unwrap();
        drop(gone);
        let connector = TcpConnector::default();
        let stream = connector.race(vec![closed, open]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open);
        let error = connector.race(vec![closed]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let error = connector.race(Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}

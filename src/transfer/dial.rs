//! Where a data connection goes, or comes from.

use std::{
    future::poll_fn,
    net::SocketAddr,
    sync::Arc,
    task::{Poll, ready},
};

use bytes::BytesMut;
use tracing::debug;

use super::data::Opening;
use crate::{
    error::{ArgumentError, Error, Phase, ProtocolError, Result},
    net::{DataConnection, Endpoint, Listener, deadline_after},
    protocol::{
        Argument, Command, ExtendedAddress, HostPort, Reply, ReplyCode, parse_epsv, parse_pasv,
    },
    session::{DataMode, FtpStream},
};

impl Opening<'_> {
    /// Listens for the server's connection, and tells it where.
    pub(super) async fn active(&mut self) -> Result<Listener> {
        let session = &*self.session;
        let (Some(local), Some(peer)) = (session.control.local(), session.control.peer()) else {
            return Err(Error::Unsupported("active mode over this connector"));
        };
        let ports = session.options.active_ports.as_ref();
        if ports.is_some_and(|ports| ports.is_empty()) {
            return Err(Error::Argument(ArgumentError::Value(
                "an empty range of active ports",
            )));
        }
        let listener = Listener::bind(local, ports, peer.ip())?;
        let mut address = listener.local_addr()?;
        if let Some(advertised) = session.options.advertise {
            address.set_ip(advertised);
        }
        address.set_ip(address.ip().to_canonical());
        let command = match address {
            SocketAddr::V4(address) => Command::Port(HostPort::new(address)),
            SocketAddr::V6(_) => Command::Eprt(ExtendedAddress::new(address)),
        };
        let reply = self.exchange(&command).await?;
        if reply.code().is_completion() {
            Ok(listener)
        } else {
            Err(Error::from_reply(reply))
        }
    }

    /// Opens a data connection to a port that the server names, or has named ahead.
    pub(super) async fn passive(&mut self, command: &Command) -> Result<DataConnection> {
        if let Some(reply) = self.session.control.take_port()
            && let Some(endpoint) = self.named_by(&reply)
        {
            self.session.port_was_ahead = true;
            return Ok(self.dialing(endpoint));
        }
        let mut announced = false;
        if self.session.wants_announcement() {
            self.announce(command).await?;
            announced = true;
        }
        loop {
            match self.passive_port().await {
                Err(Error::Permanent(_)) if !announced => {
                    // DrFTPD wants to know first what the connection is for.
                    let refusal = self.session.control.last_reply().cloned();
                    self.session.ask_features().await?;
                    if !self.session.wants_announcement() {
                        return Err(
                            refusal.map_or(Error::Unsupported("passive mode"), Error::from_reply)
                        );
                    }
                    self.announce(command).await?;
                    announced = true;
                }
                result => return result,
            }
        }
    }

    async fn announce(&mut self, command: &Command) -> Result<()> {
        let mut line = BytesMut::new();
        command.encode(&mut line);
        let reply = self
            .exchange(&Command::Pret(Argument::new(line.trim_ascii_end())?))
            .await?;
        if reply.code().is_completion() {
            Ok(())
        } else {
            Err(Error::from_reply(reply))
        }
    }

    async fn passive_port(&mut self) -> Result<DataConnection> {
        if !self.session.epsv {
            return self.pasv().await;
        }
        let reply = self.exchange(&Command::Epsv).await?;
        if reply.code().is_transient_failure() {
            return Err(Error::from_reply(reply));
        }
        let unreachable = match self.named_by_epsv(&reply) {
            Some(endpoint) => match self.connect(endpoint).await {
                Ok(data) => return Ok(data),
                Err(error) => Some(error),
            },
            None => None,
        };
        match self.pasv().await {
            Ok(data) => {
                debug!(%reply, "EPSV does not work here: PASV from now on");
                self.session.epsv = false;
                Ok(data)
            }
            // Where there is no PASV, as on IPv6, what kept EPSV from working is the reason.
            Err(Error::Permanent(refusal)) => {
                Err(unreachable.unwrap_or_else(|| Error::from_reply(refusal)))
            }
            Err(error) => Err(error),
        }
    }

    async fn pasv(&mut self) -> Result<DataConnection> {
        let reply = self.exchange(&Command::Pasv).await?;
        if reply.code() != ReplyCode::PASSIVE {
            return Err(Error::from_reply(reply));
        }
        match self.named_by_pasv(&reply) {
            Some(endpoint) => self.connect(endpoint).await,
            None => Err(Error::Protocol(ProtocolError::Malformed(reply))),
        }
    }

    /// Where a reply that was asked for ahead sends the data connection.
    fn named_by(&self, reply: &Reply) -> Option<Endpoint> {
        if self.session.epsv {
            self.named_by_epsv(reply)
        } else {
            self.named_by_pasv(reply)
        }
    }

    fn named_by_epsv(&self, reply: &Reply) -> Option<Endpoint> {
        let port = match u16::from(reply.code()) {
            229 => parse_epsv(reply.first_line()),
            // The answer to another question, but an answer.
            227 => parse_pasv(reply.first_line()).map(|address| address.port()),
            _ => None,
        };
        Some(self.peer(port?))
    }

    fn named_by_pasv(&self, reply: &Reply) -> Option<Endpoint> {
        let address = parse_pasv(reply.first_line())?;
        let trusted = self.session.options.trust_pasv_host && !address.ip().is_unspecified();
        Some(if trusted {
            Endpoint::Address(SocketAddr::V4(address))
        } else {
            self.peer(address.port())
        })
    }

    /// Another port of the host that the control connection goes to.
    fn peer(&self, port: u16) -> Endpoint {
        match self.session.control.peer() {
            Some(address) => Endpoint::Address(address).with_port(port),
            None => self.session.endpoint.with_port(port),
        }
    }

    /// Connects, unless the command need not wait for that.
    async fn connect(&mut self, endpoint: Endpoint) -> Result<DataConnection> {
        let mut data = self.dialing(endpoint);
        if !(self.session.pipelines() && self.session.control.keeps_order()) {
            let control = &mut self.session.control;
            let deadline = deadline_after(self.session.options.data_timeout);
            poll_fn(|cx| match data.poll_connected(cx) {
                Poll::Pending => {
                    ready!(control.poll_deadline(deadline, cx));
                    Poll::Ready(Err(Error::Timeout(Phase::DataConnect)))
                }
                connected => connected.map_err(Error::from),
            })
            .await?;
        }
        Ok(data)
    }

    fn dialing(&self, endpoint: Endpoint) -> DataConnection {
        let options = Arc::clone(&self.session.options);
        let on_drop = self.on_drop();
        DataConnection::dialing(
            async move { options.dial(&endpoint, Some(on_drop)).await },
            on_drop,
        )
    }
}

impl FtpStream {
    /// Whether the next port is asked for ahead. Nothing else may be said during a transfer then,
    /// no sign of life either.
    pub(super) fn pipelines(&self) -> bool {
        let options = &self.options;
        options.pipelining
            && options.noop_interval.is_none()
            && self.data_mode() == DataMode::Passive
            && !self.wants_announcement()
    }

    fn wants_announcement(&self) -> bool {
        self.known_features()
            .is_some_and(|features| features.has("PRET"))
    }
}

//! Where a data connection goes, or comes from.

use std::net::SocketAddr;

use bytes::BytesMut;
use tokio::time::timeout;
use tracing::debug;

use super::data::Opening;
use crate::{
    error::{ArgumentError, Error, Phase, ProtocolError, Result},
    net::{Endpoint, Listener, Plain},
    protocol::{Argument, Command, ExtendedAddress, HostPort, ReplyCode, parse_epsv, parse_pasv},
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

    /// Opens a data connection to a port that the server names.
    pub(super) async fn passive(&mut self, command: &Command) -> Result<Plain> {
        let mut announced = false;
        if self.wants_announcement() {
            self.announce(command).await?;
            announced = true;
        }
        loop {
            match self.passive_port().await {
                Err(Error::Permanent(_)) if !announced => {
                    // DrFTPD wants to know first what the connection is for.
                    let refusal = self.session.control.last_reply().cloned();
                    self.session.ask_features().await?;
                    if !self.wants_announcement() {
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

    fn wants_announcement(&self) -> bool {
        self.session
            .known_features()
            .is_some_and(|features| features.has("PRET"))
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

    async fn passive_port(&mut self) -> Result<Plain> {
        if !self.session.epsv {
            return self.pasv().await;
        }
        let reply = self.exchange(&Command::Epsv).await?;
        let port = match u16::from(reply.code()) {
            229 => parse_epsv(reply.first_line()),
            // The answer to another question, but an answer.
            227 => parse_pasv(reply.first_line()).map(|address| address.port()),
            _ if reply.code().is_transient_failure() => return Err(Error::from_reply(reply)),
            _ => None,
        };
        let unreachable = match port {
            Some(port) => match self.dial(self.peer(port)).await {
                Ok(plain) => return Ok(plain),
                Err(error) => Some(error),
            },
            None => None,
        };
        match self.pasv().await {
            Ok(plain) => {
                debug!(%reply, "EPSV does not work here: PASV from now on");
                self.session.epsv = false;
                Ok(plain)
            }
            // Where there is no PASV, as on IPv6, what kept EPSV from working is the reason.
            Err(Error::Permanent(refusal)) => {
                Err(unreachable.unwrap_or_else(|| Error::from_reply(refusal)))
            }
            Err(error) => Err(error),
        }
    }

    async fn pasv(&mut self) -> Result<Plain> {
        let reply = self.exchange(&Command::Pasv).await?;
        if reply.code() != ReplyCode::PASSIVE {
            return Err(Error::from_reply(reply));
        }
        let Some(address) = parse_pasv(reply.first_line()) else {
            return Err(Error::Protocol(ProtocolError::Malformed(reply)));
        };
        let trusted = self.session.options.trust_pasv_host && !address.ip().is_unspecified();
        let endpoint = if trusted {
            Endpoint::Address(SocketAddr::V4(address))
        } else {
            self.peer(address.port())
        };
        self.dial(endpoint).await
    }

    /// Another port of the host that the control connection goes to.
    fn peer(&self, port: u16) -> Endpoint {
        match self.session.control.peer() {
            Some(address) => Endpoint::Address(address).with_port(port),
            None => self.session.endpoint.with_port(port),
        }
    }

    async fn dial(&self, endpoint: Endpoint) -> Result<Plain> {
        match timeout(
            self.session.options.data_timeout,
            self.session.options.dial(&endpoint),
        )
        .await
        {
            Ok(result) => Ok(result?),
            Err(_) => Err(Error::Timeout(Phase::DataConnect)),
        }
    }
}

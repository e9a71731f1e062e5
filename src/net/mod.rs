//! Sockets. Nothing here knows FTP.

mod connector;
mod data;
mod listener;
mod stream;
mod tcp;
mod tickets;
pub(crate) mod tls;
mod verifier;

pub use self::connector::{Connection, Connector, Dialing, Endpoint};
pub(crate) use self::{
    data::{DataConnection, OnDrop},
    listener::Listener,
    stream::{Plain, Stream, unless_asserted},
    tcp::TcpConnector,
};

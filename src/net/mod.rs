//! Sockets. Nothing here knows FTP.

mod alarm;
mod connector;
mod data;
mod listener;
mod outgoing;
mod records;
mod stream;
mod tcp;
mod tickets;
pub(crate) mod tls;
mod verifier;

pub use self::connector::{Connection, Connector, Dialing, Endpoint};
pub(crate) use self::{
    alarm::{Alarm, deadline_after},
    data::{DataConnection, OnDrop},
    listener::Listener,
    stream::{Plain, Stream, unless_asserted},
    tcp::TcpConnector,
};

//! The TLS sessions that one FTP session may resume.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio_rustls::rustls::{
    NamedGroup,
    client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue},
    pki_types::ServerName,
};

/// How many TLS 1.3 tickets are kept; servers give one or two at a time.
const CAPACITY: usize = 8;

/// A session store for one FTP session, shared by its control and data connections only.
///
/// Servers that demand resumption (ProFTPD, vsftpd, FileZilla Server) demand that a data
/// connection resumes *its own* control session, so a store shared by several sessions would hand
/// out the wrong ticket. It counts, because a TLS 1.3 ticket serves once, and an upload that
/// starts without one is refused only after the server has cut the target to nothing.
///
/// All connections go to one server name, so it is not looked at.
#[derive(Debug, Default)]
pub(crate) struct TicketStore(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    key_exchange: Option<NamedGroup>,
    tls12: Option<Tls12ClientSessionValue>,
    tickets: VecDeque<Tls13ClientSessionValue>,
    ever: bool,
}

impl TicketStore {
    /// How many data connections can resume under TLS 1.3.
    pub(crate) fn count(&self) -> usize {
        self.kept().tickets.len()
    }

    /// Whether the server has ever given a TLS 1.3 ticket.
    pub(crate) fn server_gives_tickets(&self) -> bool {
        self.kept().ever
    }

    /// Forgets the session that TLS 1.2 resumes.
    pub(super) fn forget_tls12(&self) {
        self.kept().tls12 = None;
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here panics half-way through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientSessionStore for TicketStore {
    fn set_kx_hint(&self, _server_name: ServerName<'static>, group: NamedGroup) {
        self.kept().key_exchange = Some(group);
    }

    fn kx_hint(&self, _server_name: &ServerName<'_>) -> Option<NamedGroup> {
        self.kept().key_exchange
    }

    fn set_tls12_session(&self, _server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.kept().tls12 = Some(value);
    }

    fn tls12_session(&self, _server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.kept().tls12.clone()
    }

    fn remove_tls12_session(&self, _server_name: &ServerName<'static>) {
        self.kept().tls12 = None;
    }

    fn insert_tls13_ticket(
        &self,
        _server_name: ServerName<'static>,
        value: Tls13ClientSessionValue,
    ) {
        let mut kept = self.kept();
        kept.ever = true;
        if kept.tickets.len() == CAPACITY {
            kept.tickets.pop_front();
        }
        kept.tickets.push_back(value);
    }

    fn take_tls13_ticket(
        &self,
        _server_name: &ServerName<'static>,
    ) -> Option<Tls13ClientSessionValue> {
        self.kept().tickets.pop_back()
    }
}

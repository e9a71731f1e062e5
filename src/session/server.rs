//! Which server to connect to.

use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

use crate::{
    error::{ArgumentError, Error},
    net::Endpoint,
};

/// The port of FTP and of FTP over explicit TLS.
#[doc(alias = "FTP_PORT")]
pub const DEFAULT_PORT: u16 = 21;

/// The port of FTP over implicit TLS.
pub const IMPLICIT_TLS_PORT: u16 = 990;

/// A host and, where it is not the usual one, a port.
///
/// It is made of `"host"`, `"host:port"`, `"[::1]:2121"`, `("host", port)`, an address, or an
/// address and a port.
///
/// ```
/// use tokio_ftp::Server;
///
/// for text in ["ftp.example.org", "ftp.example.org:2121", "::1", "[::1]:2121", "192.0.2.1"] {
///     Server::try_from(text)?;
/// }
/// assert!(Server::try_from("ftp.example.org:ftp").is_err());
/// # Ok::<(), tokio_ftp::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Server {
    host: Host,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Host {
    Name(String),
    Address(IpAddr),
}

impl Server {
    pub(crate) fn new(host: &str, port: Option<u16>) -> Result<Self, Error> {
        let bare = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        let host = match bare.parse() {
            Ok(address) => Host::Address(address),
            Err(_) if is_name(host) => Host::Name(host.to_owned()),
            Err(_) => return Err(invalid("the server is no host name and no address")),
        };
        match port {
            Some(0) => Err(invalid("port 0 is no port of a server")),
            port => Ok(Self { host, port }),
        }
    }

    /// The host: a name, or an address without brackets.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        }
    }

    /// The port, where one was named.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// Where it is, on `default_port` when no other one was named.
    pub(crate) fn endpoint(&self, default_port: u16) -> Endpoint {
        let port = self.port.unwrap_or(default_port);
        match &self.host {
            Host::Name(name) => Endpoint::Name(name.clone(), port),
            Host::Address(address) => Endpoint::Address(SocketAddr::new(*address, port)),
        }
    }
}

fn is_name(host: &str) -> bool {
    !host.is_empty()
        && host.len() <= 255
        && !host.contains(|c: char| c.is_whitespace() || c.is_control() || ":/@[]".contains(c))
}

fn invalid(what: &'static str) -> Error {
    Error::Argument(ArgumentError::Value(what))
}

impl TryFrom<&str> for Server {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        if text.parse::<Ipv6Addr>().is_ok() {
            return Self::new(text, None);
        }
        match text.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && !port.ends_with(']') => {
                let port = port
                    .parse()
                    .map_err(|_| invalid("the port is no number of 1 to 65535"))?;
                Self::new(host, Some(port))
            }
            _ => Self::new(text, None),
        }
    }
}

impl TryFrom<String> for Server {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.as_str().try_into()
    }
}

impl TryFrom<&String> for Server {
    type Error = Error;

    fn try_from(text: &String) -> Result<Self, Error> {
        text.as_str().try_into()
    }
}

impl TryFrom<(&str, u16)> for Server {
    type Error = Error;

    fn try_from((host, port): (&str, u16)) -> Result<Self, Error> {
        Self::new(host, Some(port))
    }
}

impl TryFrom<(String, u16)> for Server {
    type Error = Error;

    fn try_from((host, port): (String, u16)) -> Result<Self, Error> {
        Self::new(&host, Some(port))
    }
}

impl From<SocketAddr> for Server {
    fn from(address: SocketAddr) -> Self {
        Self {
            host: Host::Address(address.ip()),
            port: Some(address.port()),
        }
    }
}

impl From<(IpAddr, u16)> for Server {
    fn from(address: (IpAddr, u16)) -> Self {
        SocketAddr::from(address).into()
    }
}

impl From<IpAddr> for Server {
    fn from(address: IpAddr) -> Self {
        Self {
            host: Host::Address(address),
            port: None,
        }
    }
}

impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.host, self.port) {
            (Host::Name(name), None) => f.write_str(name),
            (Host::Name(name), Some(port)) => write!(f, "{name}:{port}"),
            (Host::Address(address), None) => write!(f, "{address}"),
            (Host::Address(address), Some(port)) => SocketAddr::new(*address, port).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_in_text() {
        for (text, want) in [
            ("localhost", "localhost:21"),
            ("localhost:2121", "localhost:2121"),
            ("127.0.0.1", "127.0.0.1:21"),
            ("127.0.0.1:2121", "127.0.0.1:2121"),
            ("::1", "[::1]:21"),
            ("[::1]", "[::1]:21"),
            ("[::1]:2121", "[::1]:2121"),
        ] {
            let server = Server::try_from(text).unwrap();
            assert_eq!(server.endpoint(DEFAULT_PORT).to_string(), want, "{text}");
        }
        for text in [
            "", ":21", "a:0", "a:99999", "a:b", "a b", "a\r\nb", "ftp://a", "user@a", "[::1",
        ] {
            assert!(Server::try_from(text).is_err(), "{text:?}");
        }
    }
}

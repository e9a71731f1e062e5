//! Where to go: a server, and where on it paths start.

use std::ffi::{OsStr, OsString};

use tokio_ftp::{
    Server, TlsMode,
    url::{FtpUrl, Scheme, UrlType},
};

use crate::{Result, arguments::Tls, failure::Failure, text};

#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) server: Server,
    pub(crate) host: String,
    pub(crate) mode: TlsMode,
    pub(crate) user: Option<Vec<u8>>,
    pub(crate) password: Option<Vec<u8>>,
    /// Whether the URL says that it is of text.
    pub(crate) ascii: bool,
    base: Vec<u8>,
}

impl Place {
    pub(crate) fn parse(text: &OsStr, tls: Option<Tls>) -> Result<Self> {
        // Not repeated: it may hold a password.
        let text = text
            .to_str()
            .ok_or_else(|| Failure::usage("the server is not UTF-8"))?;
        if is_url(text) {
            Self::of_url(&FtpUrl::parse(text).map_err(tokio_ftp::Error::from)?, tls)
        } else {
            Self::of_host(text, tls)
        }
    }

    fn of_url(url: &FtpUrl, tls: Option<Tls>) -> Result<Self> {
        let mode = match (url.scheme(), tls) {
            (Scheme::Ftps, None | Some(Tls::Implicit)) => TlsMode::Implicit,
            (Scheme::Ftpes, None | Some(Tls::Explicit)) => TlsMode::Explicit,
            (Scheme::Ftp, tls) => mode(tls),
            _ => {
                let text = format!("--tls says something else than {url}");
                return Err(Failure::usage(text).hint("write ftp:// to let --tls decide"));
            }
        };
        let server = match url.port() {
            Some(port) => Server::try_from((url.host(), port)),
            None => Server::try_from(url.host()),
        };
        Ok(Self {
            server: server?,
            host: url.host().to_owned(),
            mode,
            user: url.user().map(<[u8]>::to_vec),
            password: url.password().map(<[u8]>::to_vec),
            ascii: url.type_code() == Some(UrlType::Ascii),
            base: url.path().to_vec(),
        })
    }

    fn of_host(text: &str, tls: Option<Tls>) -> Result<Self> {
        let (user, server) = match text.rsplit_once('@') {
            Some((user, server)) => (Some(user), server),
            None => (None, text),
        };
        if user.is_some_and(|user| user.contains(':')) {
            let failure = Failure::usage("a password does not belong before the host");
            return Err(failure.hint("leave it out and it is asked for, or put it in ~/.netrc"));
        }
        if server.contains('/') {
            let failure = Failure::usage("the host holds a slash");
            return Err(failure.hint("write ftp://HOST/PATH, or HOST PATH"));
        }
        let server_name = Server::try_from(server)?;
        // What is left without the port is what ~/.netrc calls the machine.
        let name = server_name.to_string();
        let host = match name.rsplit_once(':') {
            Some((host, port)) if port.parse::<u16>().is_ok() && !is_bare_ipv6(&name) => host,
            _ => &name,
        };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            server: server_name,
            mode: mode(tls),
            user: user.map(|user| user.as_bytes().to_vec()),
            password: None,
            ascii: false,
            base: Vec::new(),
        })
    }

    /// The path on the server that `path` is.
    pub(crate) fn path(&self, path: &OsStr) -> Vec<u8> {
        text::join(&self.base, &text::bytes(path))
    }

    /// The same for several; the place's own where there are none.
    pub(crate) fn paths(&self, paths: &[OsString]) -> Vec<Vec<u8>> {
        if paths.is_empty() {
            vec![self.base.clone()]
        } else {
            paths.iter().map(|path| self.path(path)).collect()
        }
    }

    /// As [`paths`](Self::paths), for commands that need at least one.
    pub(crate) fn named(&self, paths: &[OsString]) -> Result<Vec<Vec<u8>>> {
        let paths = self.paths(paths);
        if paths.iter().any(Vec::is_empty) {
            return Err(Failure::usage("a path is missing")
                .hint("put it behind the server: HOST PATH, or ftp://HOST/PATH"));
        }
        Ok(paths)
    }
}

/// Whether this is meant to be a URL, and cannot be a host.
pub(crate) fn is_url(text: impl AsRef<OsStr>) -> bool {
    text.as_ref()
        .to_str()
        .is_some_and(|text| text.contains("://"))
}

fn is_bare_ipv6(text: &str) -> bool {
    text.parse::<std::net::Ipv6Addr>().is_ok()
}

fn mode(tls: Option<Tls>) -> TlsMode {
    match tls {
        None | Some(Tls::Off) => TlsMode::Off,
        Some(Tls::Explicit) => TlsMode::Explicit,
        Some(Tls::Implicit) => TlsMode::Implicit,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_without_their_port() {
        for (text, host) in [
            ("a.example", "a.example"),
            ("a.example:2121", "a.example"),
            ("joe@a.example:2121", "a.example"),
            ("::1", "::1"),
            ("[::1]:2121", "::1"),
            ("ftp://joe@a.example:2121/x", "a.example"),
        ] {
            let place = Place::parse(text.as_ref(), None).unwrap();
            assert_eq!(place.host, host, "{text}");
        }
        for text in ["joe:secret@host", "host/path", "http://host/"] {
            assert!(Place::parse(text.as_ref(), None).is_err(), "{text}");
        }
        assert!(Place::parse("ftps://host/".as_ref(), Some(Tls::Off)).is_err());
    }
}

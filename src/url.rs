//! FTP addresses as URLs: `ftp://user:password@host:port/dir/file;type=i` (RFC 1738 section 3.2,
//! RFC 3986).

use std::{error, fmt, net::Ipv6Addr, str::FromStr};

/// Where a URL points: scheme, login, host, port, path and transfer type (RFC 1738 section 3.2).
///
/// Neither `Debug` nor `Display` shows the password: both put `***` in its place.
///
/// ```
/// use tokio_ftp::url::FtpUrl;
///
/// let url = FtpUrl::parse("ftps://joe:p%40ss@ftp.example.com/pub/a%20file")?;
/// assert_eq!(url.password(), Some(&b"p@ss"[..]));
/// assert_eq!(url.path(), b"pub/a file");
/// assert_eq!(url.to_string(), "ftps://joe:***@ftp.example.com/pub/a%20file");
/// # Ok::<(), tokio_ftp::url::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct FtpUrl {
    scheme: Scheme,
    user: Option<Vec<u8>>,
    password: Option<Vec<u8>>,
    host: String,
    port: Option<u16>,
    path: Vec<u8>,
    type_code: Option<UrlType>,
}

impl FtpUrl {
    /// The parts of the URL, `%` sequences decoded.
    ///
    /// Characters outside ASCII may stand in it as they are and mean their UTF-8 bytes. `?` belongs
    /// to the path (RFC 1738 section 3.2), and so does a `;` that does not begin `;type=`, as in
    /// OpenVMS's `FILE.TXT;1`. `.` and `..` are the server's to interpret and stay. A user name or
    /// password may hold `@`: the last one ends them.
    ///
    /// # Errors
    /// The text is no such URL, it holds a space, a control character or a `#`, or one of its parts
    /// would be decoded to a CR, LF or NUL, which no FTP command can carry. The error says at which
    /// byte, and never repeats what it found there.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let whole = Part(url, 0);
        whole.refuse(|c| c == ' ', "a space must be written %20")?;
        whole.refuse(|c| c == '#', "'#' must be written %23")?;
        whole.refuse(char::is_control, "control character")?;

        let scheme = "scheme is not ftp, ftps or ftpes";
        let (name, rest) = whole.split("://").ok_or_else(|| whole.error(scheme))?;
        let scheme = match name.0.to_ascii_lowercase().as_str() {
            "ftp" => Scheme::Ftp,
            "ftps" => Scheme::Ftps,
            "ftpes" => Scheme::Ftpes,
            _ => return Err(name.error(scheme)),
        };
        let (authority, path) = rest.split("/").unwrap_or_else(|| rest.cut((rest.0, "")));
        // Other programs end the host at these, and would read another one from the same text.
        authority.refuse(|c| c == '?', "'?' must be written %3F here")?;
        authority.refuse(|c| c == '\\', "'\\' must be written %5C here")?;
        let (login, server) = authority.rsplit("@").unzip();
        let (user, password) = login.and_then(|login| login.split(":")).unzip();
        let (host, port) = parse_server(server.unwrap_or(authority))?;
        let (path, type_code) = parse_path(path)?;

        Ok(Self {
            scheme,
            user: user.or(login).map(Part::decode).transpose()?,
            password: password.map(Part::decode).transpose()?,
            host,
            port,
            path,
            type_code,
        })
    }

    /// The scheme, which says how TLS begins.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The user name; empty, not absent, in `ftp://@host/`.
    pub fn user(&self) -> Option<&[u8]> {
        self.user.as_deref()
    }

    /// The password; empty, not absent, in `ftp://joe:@host/`.
    pub fn password(&self) -> Option<&[u8]> {
        self.password.as_deref()
    }

    /// The host: a name, an IPv4 address, or an IPv6 address without its brackets. Never empty.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port, where the URL names one; never 0.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The port that the scheme stands for: 990 for `ftps://`, else 21.
    pub fn default_port(&self) -> u16 {
        match self.scheme {
            Scheme::Ftp | Scheme::Ftpes => 21,
            Scheme::Ftps => 990,
        }
    }

    /// The path as a server takes it, empty where the URL has none.
    ///
    /// The `/` behind the host is no part of it (RFC 1738 section 3.2.2): `ftp://host/dir/file` is
    /// `dir/file` in the directory that the login leads to, and `ftp://host/%2Fetc/motd` is
    /// `/etc/motd`.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// How the path is to be transferred, where the URL ends in `;type=`.
    pub fn type_code(&self) -> Option<UrlType> {
        self.type_code
    }
}

impl FromStr for FtpUrl {
    type Err = UrlError;

    fn from_str(url: &str) -> Result<Self, UrlError> {
        Self::parse(url)
    }
}

impl fmt::Display for FtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scheme {
            Scheme::Ftp => "ftp://",
            Scheme::Ftps => "ftps://",
            Scheme::Ftpes => "ftpes://",
        })?;
        if let Some(user) = &self.user {
            encode(f, user, "")?;
            f.write_str(self.password.as_ref().map_or("@", |_| ":***@"))?;
        }
        // Of all hosts, only IPv6 addresses hold a colon.
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        let relative = self.path.strip_prefix(b"/");
        f.write_str(relative.map_or("/", |_| "/%2F"))?;
        encode(f, relative.unwrap_or(&self.path), "/")?;
        f.write_str(match self.type_code {
            Some(UrlType::Ascii) => ";type=a",
            Some(UrlType::Image) => ";type=i",
            Some(UrlType::Directory) => ";type=d",
            None => "",
        })
    }
}

impl fmt::Debug for FtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FtpUrl({self})")
    }
}

/// How TLS begins on the connection that a URL stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// `ftp://`: not at all.
    Ftp,
    /// `ftps://`: with the first byte (implicit), by default on port 990.
    Ftps,
    /// `ftpes://`: by AUTH TLS on the ordinary port (explicit).
    Ftpes,
}

/// The transfer type at the end of a URL, as in `;type=i` (RFC 1738 section 3.2.2).
///
/// The RFC names these three and no more will come, so that a `match` may be exhaustive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UrlType {
    /// `;type=a`: a file as text.
    Ascii,
    /// `;type=i`: a file as bytes.
    Image,
    /// `;type=d`: a list of the names in a directory.
    Directory,
}

/// Why a text is no FTP URL, and at which byte.
///
/// It repeats nothing of the text, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlError {
    offset: usize,
    problem: &'static str,
}

impl UrlError {
    /// The place of the problem, in bytes from the start of the URL.
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { offset, problem } = self;
        write!(f, "invalid FTP URL at byte {offset}: {problem}")
    }
}

impl error::Error for UrlError {}

/// A piece of the URL and the place in the URL where it begins. No place is beyond the URL's end,
/// so that sums of them do not overflow.
#[derive(Clone, Copy)]
struct Part<'a>(&'a str, usize);

impl<'a> Part<'a> {
    fn split(self, separator: &str) -> Option<(Self, Self)> {
        self.0.split_once(separator).map(|halves| self.cut(halves))
    }

    fn rsplit(self, separator: &str) -> Option<(Self, Self)> {
        self.0.rsplit_once(separator).map(|halves| self.cut(halves))
    }

    fn cut(self, (before, after): (&'a str, &'a str)) -> (Self, Self) {
        let start = self.0.len() - after.len();
        (Self(before, self.1), Self(after, self.1 + start))
    }

    fn error(self, problem: &'static str) -> UrlError {
        let offset = self.1;
        UrlError { offset, problem }
    }

    fn refuse(self, what: impl Fn(char) -> bool, problem: &'static str) -> Result<(), UrlError> {
        let found = self.0.find(what).map(|index| Self("", self.1 + index));
        found.map_or(Ok(()), |place| Err(place.error(problem)))
    }

    fn decode(self) -> Result<Vec<u8>, UrlError> {
        let mut decoded = Vec::with_capacity(self.0.len());
        let mut bytes = self.0.bytes().enumerate();
        while let Some((index, byte)) = bytes.next() {
            if byte != b'%' {
                decoded.push(byte);
                continue;
            }
            let place = Self("", self.1 + index);
            let mut digit = || char::from(bytes.next()?.1).to_digit(16);
            let (Some(high), Some(low)) = (digit(), digit()) else {
                return Err(place.error("'%' without two hexadecimal digits"));
            };
            match u8::try_from(high * 16 + low) {
                Ok(byte) if !matches!(byte, b'\r' | b'\n' | 0) => decoded.push(byte),
                _ => return Err(place.error("CR, LF or NUL")),
            }
        }
        Ok(decoded)
    }
}

fn parse_server(server: Part<'_>) -> Result<(String, Option<u16>), UrlError> {
    let (host, port) = if let Some((literal, after)) = server.split("]") {
        let address = literal.0.strip_prefix('[').unwrap_or_default();
        if address.parse::<Ipv6Addr>().is_err() {
            return Err(literal.error("not an IPv6 address in brackets"));
        }
        match after.split(":") {
            Some((Part("", _), port)) => (address, port),
            None if after.0.is_empty() => (address, after),
            _ => return Err(after.error("neither ':' nor '/' behind the host")),
        }
    } else {
        let halves = server.split(":");
        let (host, port) = halves.unwrap_or_else(|| server.cut((server.0, "")));
        if port.0.contains(':') {
            return Err(server.error("IPv6 address without brackets"));
        }
        if host.0.is_empty() {
            return Err(host.error("host is empty"));
        }
        let foreign = |c: char| c.is_ascii() && !is_unreserved(c);
        host.refuse(foreign, "character that no host name has")?;
        (host.0, port)
    };
    // An empty port is the default one (RFC 3986 section 3.2.3); `parse` would take a plus sign.
    let digits = port.0.bytes().all(|byte| byte.is_ascii_digit());
    match port.0.parse() {
        _ if port.0.is_empty() => Ok((host.to_owned(), None)),
        Ok(number) if digits && number != 0 => Ok((host.to_owned(), Some(number))),
        _ => Err(port.error("port is not a number from 1 to 65535")),
    }
}

fn parse_path(path: Part<'_>) -> Result<(Vec<u8>, Option<UrlType>), UrlError> {
    // Lowering ASCII letters moves no byte.
    let lower = path.0.to_ascii_lowercase();
    let directory = lower.rfind('/').unwrap_or_default();
    let found = lower.get(directory..).and_then(|file| file.find(";type="));
    let Some(halves) = found.and_then(|found| path.0.split_at_checked(directory + found)) else {
        return Ok((path.decode()?, None));
    };
    let (before, code) = path.cut(halves);
    let type_code = match code.0.to_ascii_lowercase().as_str() {
        ";type=a" => UrlType::Ascii,
        ";type=i" => UrlType::Image,
        ";type=d" => UrlType::Directory,
        _ => return Err(code.error("type is not a, i or d")),
    };
    Ok((before.decode()?, Some(type_code)))
}

/// RFC 3986 section 2.3.
fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

fn encode(f: &mut fmt::Formatter<'_>, bytes: &[u8], keep: &str) -> fmt::Result {
    bytes.iter().try_for_each(|&byte| match char::from(byte) {
        c if is_unreserved(c) || keep.contains(c) => write!(f, "{c}"),
        _ => write!(f, "%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Scheme, user, password, host, port, path and type, a blank between them.
    fn parts(url: &FtpUrl) -> String {
        let show = |part: Option<&[u8]>| match part {
            Some(part) => format!("'{}'", part.escape_ascii()),
            None => "-".to_owned(),
        };
        let (user, password, path) = (url.user(), url.password(), Some(url.path()));
        let [user, password, path] = [user, password, path].map(show);
        let (scheme, host, code) = (url.scheme(), url.host(), url.type_code());
        let port = url.port().unwrap_or_else(|| url.default_port());
        format!("{scheme:?} {user} {password} {host} {port} {path} {code:?}")
    }

    #[test]
    fn urls_of_all_shapes() {
        for (url, wanted) in [
            ("ftp://h", "Ftp - - h 21 '' None"),
            ("FTPes://H:65535/a", "Ftpes - - H 65535 'a' None"),
            ("ftp://joe:@h/", "Ftp 'joe' '' h 21 '' None"),
            ("ftp://@h/", "Ftp '' - h 21 '' None"),
            ("ftp://a:b:c@h/", "Ftp 'a' 'b:c' h 21 '' None"),
            ("ftp://a@b.c:d@e@h/f@g", "Ftp 'a@b.c' 'd@e' h 21 'f@g' None"),
            ("ftp://a%3Ab:c%2F%40@h/", "Ftp 'a:b' 'c/@' h 21 '' None"),
            ("ftp://\u{fc}:%ff@h/", r"Ftp '\xc3\xbc' '\xff' h 21 '' None"),
            ("ftp://127.0.0.1:2/a/b", "Ftp - - 127.0.0.1 2 'a/b' None"),
            ("ftps://[1::2]", "Ftps - - 1::2 990 '' None"),
            ("ftp://h\u{fc}t.de/", "Ftp - - h\u{fc}t.de 21 '' None"),
            ("ftp://h//dir/../f", "Ftp - - h 21 '/dir/../f' None"),
            ("ftp://h/%2Fetc/motd", "Ftp - - h 21 '/etc/motd' None"),
            ("ftp://h:/a%20b%3b?=:\\", r"Ftp - - h 21 'a b;?=:\\' None"),
            ("ftp://h/\u{e9}%e9", r"Ftp - - h 21 '\xc3\xa9\xe9' None"),
            ("ftp://h/f;type=i", "Ftp - - h 21 'f' Some(Image)"),
            ("ftp://h/F;1;TYPE=A", "Ftp - - h 21 'F;1' Some(Ascii)"),
            ("ftp://h/d/;type=d", "Ftp - - h 21 'd/' Some(Directory)"),
            ("ftp://h/d;type=x/f", "Ftp - - h 21 'd;type=x/f' None"),
            ("ftp://h/f%3Btype=x", "Ftp - - h 21 'f;type=x' None"),
        ] {
            assert_eq!(parts(&url.parse().unwrap()), wanted, "{url}");
        }
    }

    #[test]
    fn errors_say_where_and_never_what() {
        for (url, offset, problem) in [
            ("", 0, "scheme"),
            ("ftp:/secret", 0, "scheme"),
            ("ftp://h/secret file", 14, "space"),
            ("ftp://h/\tsecret", 8, "control"),
            ("ftp://j:secret\u{85}@h/", 14, "control"),
            ("ftp://h/secret#1", 14, "'#'"),
            ("ftp://j:secret?@h/", 14, "'?'"),
            ("ftp://secret\\@h/", 12, "'\\'"),
            ("ftp:///secret", 6, "empty"),
            ("ftp://j:secret@:21/", 15, "empty"),
            ("ftp://j:secret@fe80::1/", 15, "brackets"),
            ("ftp://j:secret@[::g]/", 15, "IPv6"),
            ("ftp://[::1%25eth0]/", 6, "IPv6"),
            ("ftp://[::1]x:1", 11, "behind the host"),
            ("ftp://[::1]secret", 11, "behind the host"),
            ("ftp://a,secret/", 7, "host name"),
            ("ftp://h%41/", 7, "host name"),
            ("ftp://h:65536/", 8, "port"),
            ("ftp://h:+21/", 8, "port"),
            ("ftp://h:0/secret", 8, "port"),
            ("ftp://j%zz:secret@h/", 7, "hexadecimal"),
            ("ftp://j:secret%4@h/", 14, "hexadecimal"),
            ("ftp://h/secret%2\u{e9}", 14, "hexadecimal"),
            ("ftp://h/\u{e9}%0D", 10, "CR"),
            ("ftp://j:secret%0a@h/", 14, "LF"),
            ("ftp://j%00:secret@h/", 7, "NUL"),
            ("ftp://h/secret;type=x", 14, "type"),
            ("ftp://h/secret;type=a;b", 14, "type"),
        ] {
            let error = FtpUrl::parse(url).unwrap_err();
            assert_eq!(error.offset(), offset, "{url:?}: {error}");
            assert!(error.to_string().contains(problem), "{url:?}: {error}");
            assert!(!format!("{error} {error:?}").contains("secret"), "{url:?}");
        }
    }

    #[test]
    fn password_is_never_shown() {
        let url = FtpUrl::parse("ftp://j%2F:secret@[::1]:2/%2Fa/b%20;type=d").unwrap();
        assert_eq!(url.to_string(), "ftp://j%2F:***@[::1]:2/%2Fa/b%20;type=d");
        assert_eq!(format!("{url:?}"), format!("FtpUrl({url})"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text: String, likely in "(ftp://)?[a:@/%0-9é;=?\\[\\]]{0,20}(;type=)?") {
            for text in [&text, &likely, &format!("ftp://{text}"), &format!("ftp://h/{text}")] {
                let _ = FtpUrl::parse(text);
            }
        }

        #[test]
        fn what_is_displayed_is_parsed(
            user: Option<Vec<u8>>,
            host in r"[a-z0-9.é-]{1,9}|\[::[0-9a-f]\]",
            port in prop::option::of(1_u16..),
            path: Vec<u8>,
        ) {
            let mut url = FtpUrl::parse(&format!("ftps://{host}/;type=a")).unwrap();
            (url.user, url.port, url.path) = (user, port, path);
            for part in url.user.iter_mut().chain([&mut url.path]) {
                part.retain(|byte| !b"\r\n\0".contains(byte));
            }
            prop_assert_eq!(url.to_string().parse(), Ok(url));
        }
    }
}

//! Addresses as FTP writes them: PORT and PASV (RFC 959 section 4.1.2), EPRT and EPSV (RFC 2428).

use std::{
    fmt,
    net::{IpAddr, SocketAddr, SocketAddrV4},
};

use memchr::memrchr_iter;

/// An IPv4 address and port that displays as the argument of `PORT`: `h1,h2,h3,h4,p1,p2`
/// (RFC 959 section 4.1.2).
///
/// ```
/// use tokio_ftp::protocol::HostPort;
///
/// let here = HostPort::new("192.0.2.7:1025".parse()?);
/// assert_eq!(here.to_string(), "192,0,2,7,4,1");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPort(SocketAddrV4);

impl HostPort {
    /// The argument that offers `address` to the server.
    pub fn new(address: SocketAddrV4) -> Self {
        Self(address)
    }

    /// The address and port themselves.
    pub fn address(&self) -> SocketAddrV4 {
        self.0
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.0.ip().octets();
        let [high, low] = self.0.port().to_be_bytes();
        write!(f, "{a},{b},{c},{d},{high},{low}")
    }
}

/// An address and port that displays as the argument of `EPRT`: `|1|132.235.1.2|6275|`
/// (RFC 2428 section 2).
///
/// ```
/// use tokio_ftp::protocol::ExtendedAddress;
///
/// let here = ExtendedAddress::new("[2001:db8::7]:5282".parse()?);
/// assert_eq!(here.to_string(), "|2|2001:db8::7|5282|");
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExtendedAddress(SocketAddr);

impl ExtendedAddress {
    /// The argument that offers `address` to the server.
    ///
    /// An IPv4 address mapped into IPv6 (`::ffff:192.0.2.7`) becomes the IPv4 address: only this
    /// host's socket is of the IPv6 family, and the server knows the connection as IPv4. The scope
    /// of a link-local address is dropped, since EPRT has no place for it.
    pub fn new(address: SocketAddr) -> Self {
        Self(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }

    /// The address and port themselves.
    pub fn address(&self) -> SocketAddr {
        self.0
    }
}

impl fmt::Display for ExtendedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = match self.0 {
            SocketAddr::V4(_) => 1,
            SocketAddr::V6(_) => 2,
        };
        write!(f, "|{family}|{}|{}|", self.0.ip(), self.0.port())
    }
}

/// The address in the text of a 227 reply to `PASV`: the first six numbers with commas between
/// them (RFC 959 section 4.1.2).
///
/// The text is the reply without its code. RFC 1123 section 4.1.2.6 warns that no two servers word
/// it alike, so neither the parentheses nor anything else around the numbers is asked for, and
/// blanks beside the commas do no harm. `None` when there are no such numbers, when one of them is
/// above 255, or when the port is 0.
///
/// The address is what the server says: whether to believe it is the caller's matter.
#[doc(alias = "parse227")]
pub fn parse_pasv(text: &[u8]) -> Option<SocketAddrV4> {
    let mut rest = text;
    loop {
        let start = rest.iter().position(u8::is_ascii_digit)?;
        rest = rest.get(start..)?;
        if let Some(numbers) = six_numbers(rest) {
            return from_numbers(numbers);
        }
        (_, rest) = number(rest)?;
    }
}

/// The port in the text of a 229 reply to `EPSV`, such as
/// `Entering Extended Passive Mode (|||6446|)` (RFC 2428 section 3).
///
/// The text is the reply without its code. The last group in parentheses counts, with any
/// delimiter from `!` to `~` that is no digit; where there is none, the last bare one with `|`.
/// Protocol and host are ignored, and text may follow. `None` when there is no such group, a 227's
/// address among others, or its port is not 1–65535.
#[doc(alias = "parse229")]
pub fn parse_epsv(text: &[u8]) -> Option<u16> {
    let inside = || {
        memrchr_iter(b'(', text)
            .filter_map(|open| text.get(open..)?.get(1..))
            .find_map(epsv_group)
    };
    // Without parentheses, another delimiter could be the comma of a 227 or a full stop.
    let bare = || {
        memrchr_iter(b'|', text)
            .filter_map(|start| text.get(start..))
            .find_map(epsv_group)
    };
    inside().or_else(bare).and_then(port)
}

/// The address in the argument of a `PORT` command, `h1,h2,h3,h4,p1,p2` and nothing else (RFC 959
/// section 4.1.2).
///
/// `None` when it has another form or the port is 0.
pub fn parse_port(argument: &[u8]) -> Option<SocketAddrV4> {
    let mut parts = argument.split(|&byte| byte == b',');
    let mut numbers = [0; 6];
    for slot in &mut numbers {
        let part = parts.next().filter(|part| part.len() <= 3)?;
        *slot = whole_number(part)?;
    }
    match parts.next() {
        Some(_) => None,
        None => from_numbers(numbers),
    }
}

/// The address in the argument of an `EPRT` command, such as `|1|132.235.1.2|6275|` and nothing
/// else (RFC 2428 section 2).
///
/// Any delimiter from `!` to `~` that is no digit is taken. `None` when the argument has another
/// form, names a protocol other than 1 and 2 or an address of another family, or its port is not
/// 1–65535.
pub fn parse_eprt(argument: &[u8]) -> Option<SocketAddr> {
    let (&delimiter, rest) = argument.split_first()?;
    if !is_delimiter(delimiter) {
        return None;
    }
    let mut parts = rest.split(|&byte| byte == delimiter);
    let (family, host, digits) = (parts.next()?, parts.next()?, parts.next()?);
    if !parts.next()?.is_empty() || parts.next().is_some() {
        return None;
    }
    let host = str::from_utf8(host).ok()?;
    let ip = match family {
        b"1" => IpAddr::V4(host.parse().ok()?),
        b"2" => IpAddr::V6(host.parse().ok()?),
        _ => return None,
    };
    Some(SocketAddr::new(ip, port(whole_number(digits)?)?))
}

/// The port, in range or not, of a group that begins with its delimiter: `|||6446|…`.
fn epsv_group(text: &[u8]) -> Option<u32> {
    let (&delimiter, rest) = text.split_first()?;
    if !is_delimiter(delimiter) {
        return None;
    }
    let mut parts = rest.split(|&byte| byte == delimiter);
    let (family, host, digits) = (parts.next()?, parts.next()?, parts.next()?);
    // What follows is anything: this only asks that the port was closed by a delimiter.
    parts.next()?;
    if !family.iter().all(u8::is_ascii_digit) || !host.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    whole_number(digits)
}

/// RFC 2428 allows every character from 33 to 126; a digit could not be told from the port.
fn is_delimiter(byte: u8) -> bool {
    byte.is_ascii_graphic() && !byte.is_ascii_digit()
}

fn six_numbers(text: &[u8]) -> Option<[u32; 6]> {
    let (first, mut rest) = number(text)?;
    let mut numbers = [first, 0, 0, 0, 0, 0];
    for slot in numbers.iter_mut().skip(1) {
        rest = rest.trim_ascii_start().strip_prefix(b",")?;
        (*slot, rest) = number(rest.trim_ascii_start())?;
    }
    Some(numbers)
}

fn from_numbers(numbers: [u32; 6]) -> Option<SocketAddrV4> {
    let mut octets = [0; 6];
    for (octet, number) in octets.iter_mut().zip(numbers) {
        *octet = u8::try_from(number).ok()?;
    }
    let [a, b, c, d, high, low] = octets;
    let port = port(u16::from_be_bytes([high, low]).into())?;
    Some(SocketAddrV4::new([a, b, c, d].into(), port))
}

fn port(number: u32) -> Option<u16> {
    u16::try_from(number).ok().filter(|&port| port != 0)
}

fn whole_number(text: &[u8]) -> Option<u32> {
    number(text)
        .filter(|(_, rest)| rest.is_empty())
        .map(|(value, _)| value)
}

/// The number that the text begins with and what follows it. A number too large for its type stops
/// at the largest, which is out of every range here.
fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    if digits.is_empty() {
        return None;
    }
    let value = digits.iter().fold(0_u32, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u32::from(digit.wrapping_sub(b'0')))
    });
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pasv_replies_of_all_shapes() {
        let local = Some("127.0.0.1:1025");
        let table: &[(&[u8], Option<&str>)] = &[
            (b"Entering Passive Mode (127,0,0,1,4,1).", local),
            (b"Entering Passive Mode (127,0,0,1,4,1)", local),
            (b"Entering Passive Mode 127,0,0,1,4,1", local),
            (b"Entering Passive Mode 127,0,0,1,4,1 thanks", local),
            (b"Entering Passive Mode (127, 0, 0, 1, 4, 1)", local),
            (b"Entering Passive Mode ( 127 ,0 ,0 ,1 ,4 ,1 )", local),
            (b"Entering Passive Mode (127,000,000,001,004,001)", local),
            (b"=127,0,0,1,4,1", local),
            (b"127,0,0,1,4,1", local),
            (b"Mode passif activ\xe9 \xff (127,0,0,1,4,1)\xfe", local),
            (
                b"Entering Passive Mode 2 (1,2,3,4,5,6)",
                Some("1.2.3.4:1286"),
            ),
            (b"Mode 7, 8, 9, (1,2,3,4,5,6), then 1", Some("1.2.3.4:1286")),
            (b"user 12 of 1,000: (1,2,3,4,5,6)", Some("1.2.3.4:1286")),
            (b"(1,2,3,4,5,6) (9,9,9,9,9,9)", Some("1.2.3.4:1286")),
            (b"(0,0,0,0,4,1)", Some("0.0.0.0:1025")),
            (b"(255,255,255,255,255,255)", Some("255.255.255.255:65535")),
            (b"(127,0,0,1,0,1)", Some("127.0.0.1:1")),
            (b"(127,0,0,1,0,0)", None),
            (b"(256,0,0,1,4,1)", None),
            (b"(127,0,0,1,4,256)", None),
            (b"(127,0,0,1,4,4294967300)", None),
            (b"(127,0,0,1,4)", None),
            (b"(127.0.0.1,4,1)", None),
            (b"(127,0,0,1,4,-1)", None),
            (b"(127 0 0 1 4 1)", None),
            (b"(127,0,0,,1,4,1)", None),
            (b"Entering Extended Passive Mode (|||6446|)", None),
            (b"Entering Passive Mode", None),
            (b"", None),
        ];
        for &(text, wanted) in table {
            let wanted = wanted.map(|address| address.parse().unwrap());
            assert_eq!(parse_pasv(text), wanted, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn epsv_replies_of_all_shapes() {
        let table: &[(&[u8], Option<u16>)] = &[
            (b"Entering Extended Passive Mode (|||6446|)", Some(6446)),
            (b"Entering Extended Passive Mode (|||6446|).", Some(6446)),
            (b"Entering Extended Passive Mode |||6446|", Some(6446)),
            (b"(|||6446|) and more (of 3) | text", Some(6446)),
            (b"(!!!1234!)", Some(1234)),
            (b"(xxx1234x)", Some(1234)),
            (b"(~~~1~)", Some(1)),
            (b"(|||65535|)", Some(65535)),
            (b"(|1|127.0.0.1|6446|)", Some(6446)),
            (b"(|2|fe80::1%eth0|6446|)", Some(6446)),
            (b"(note) (|||1|) (|||2|)", Some(2)),
            (b"(|||6446|) see /1/a/2/", Some(6446)),
            (b"\xe9tendu \xff (|||6446|)\xfe", Some(6446)),
            (b"(|||0|)", None),
            (b"(|||65536|)", None),
            (b"(|||4294967300|)", None),
            (b"(|||6446)", None),
            (b"Extended Passive Mode |||6446", None),
            (b"(||6446|)", None),
            (b"(||||)", None),
            (b"(||!6446!)", None),
            (b"(|||64a6|)", None),
            (b"(||| 6446 |)", None),
            (b"(|||-1|)", None),
            (b"(99964469)", None),
            (b"aaa6446a", None),
            (b"wait...6446.", None),
            (b"Passive Mode |1|127.0.0.1|6446| ok", Some(6446)),
            (b"Entering Passive Mode =127,0,0,1,4,1", None),
            (b"(\x7f\x7f\x7f6446\x7f)", None),
            (b"(   6446 )", None),
            (b"Entering Passive Mode (127,0,0,1,4,1)", None),
            (b"(", None),
            (b"", None),
        ];
        for &(text, wanted) in table {
            assert_eq!(parse_epsv(text), wanted, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn port_argument_is_exact() {
        let table: &[(&[u8], Option<&str>)] = &[
            (b"132,235,1,2,24,131", Some("132.235.1.2:6275")),
            (b"132,235,1,2,24,131,1", None),
            (b"132,235,1,2,24,131 ", None),
            (b"(132,235,1,2,24,131)", None),
            (b"132, 235,1,2,24,131", None),
            (b"132,235,1,2,24", None),
            (b"132,235,1,2,24,", None),
            (b"132,235,1,2,24,0131", None),
            (b"132,235,1,2,24,256", None),
            (b"132,235,1,2,0,0", None),
            (b"", None),
        ];
        for &(text, wanted) in table {
            let wanted = wanted.map(|address| address.parse().unwrap());
            assert_eq!(parse_port(text), wanted, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn eprt_argument_is_exact() {
        let six = Some("[1080::8:800:200C:417A]:5282");
        let table: &[(&[u8], Option<&str>)] = &[
            (b"|1|132.235.1.2|6275|", Some("132.235.1.2:6275")),
            (b"!1!132.235.1.2!6275!", Some("132.235.1.2:6275")),
            (b"|2|1080::8:800:200C:417A|5282|", six),
            (b"|2|132.235.1.2|6275|", None),
            (b"|1|1080::8:800:200C:417A|5282|", None),
            (b"|3|132.235.1.2|6275|", None),
            (b"|1|132.235.1.2|0|", None),
            (b"|1|132.235.1.2|65536|", None),
            (b"|1|132.235.1.2|6275", None),
            (b"|1|132.235.1.2|6275|x", None),
            (b"|1|132.235.1.2|6275||", None),
            (b"|1|132.235.1|6275|", None),
            (b"|1||6275|", None),
            (b"111132.235.1.2162751", None),
            (b"|1|\xff|6275|", None),
            (b"", None),
        ];
        for &(text, wanted) in table {
            let wanted = wanted.map(|address| address.parse().unwrap());
            assert_eq!(parse_eprt(text), wanted, "{}", text.escape_ascii());
        }
    }

    #[test]
    fn arguments_read_like_the_rfcs() {
        let port = HostPort::new("132.235.1.2:6275".parse().unwrap());
        assert_eq!(port.to_string(), "132,235,1,2,24,131");
        for (address, wanted) in [
            ("132.235.1.2:6275", "|1|132.235.1.2|6275|"),
            (
                "[1080::8:800:200C:417A]:5282",
                "|2|1080::8:800:200c:417a|5282|",
            ),
            ("[::ffff:132.235.1.2]:6275", "|1|132.235.1.2|6275|"),
            ("[fe80::1%3]:21", "|2|fe80::1|21|"),
        ] {
            let address = ExtendedAddress::new(address.parse().unwrap());
            assert_eq!(address.to_string(), wanted);
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text: Vec<u8>, likely in "[(|!,0-9 a:.)]{0,40}") {
            for text in [&text[..], likely.as_bytes()] {
                let _ = (parse_pasv(text), parse_epsv(text), parse_port(text), parse_eprt(text));
            }
        }

        #[test]
        fn what_is_displayed_is_parsed(ip: [u8; 4], port in 1_u16..) {
            let address = SocketAddrV4::new(Ipv4Addr::from(ip), port);
            let text = HostPort::new(address).to_string();
            prop_assert_eq!(parse_port(text.as_bytes()), Some(address));
            prop_assert_eq!(parse_pasv(format!("Go ({text}).").as_bytes()), Some(address));
        }

        #[test]
        fn what_is_displayed_extended_is_parsed(ip: IpAddr, port in 1_u16..) {
            let address = ExtendedAddress::new(SocketAddr::new(ip, port));
            let text = address.to_string();
            prop_assert_eq!(parse_eprt(text.as_bytes()), Some(address.address()));
            prop_assert_eq!(parse_epsv(format!("Go ({text})").as_bytes()), Some(port));
        }
    }
}

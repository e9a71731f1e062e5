//! An address or a port that is found in a reply or an argument is found again where it is
//! written anew, and no port is 0.

#![no_main]

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use tokio_ftp::protocol::{
    ExtendedAddress, HostPort, parse_eprt, parse_epsv, parse_pasv, parse_port,
};

fuzz_target!(|text: &[u8]| {
    if let Some(address) = parse_port(text) {
        assert_eq!(parse_pasv(text), Some(address));
    }
    for address in [parse_pasv(text), parse_port(text)].into_iter().flatten() {
        assert_ne!(address.port(), 0);
        let argument = HostPort::new(address).to_string();
        assert_eq!(parse_port(argument.as_bytes()), Some(address));
        let reply = format!("Entering Passive Mode ({argument}).");
        assert_eq!(parse_pasv(reply.as_bytes()), Some(address));
        assert_eq!(parse_epsv(reply.as_bytes()), None);
        again(address.into());
    }
    if let Some(port) = parse_epsv(text) {
        assert_ne!(port, 0);
        for reply in [format!("Entering (|||{port}|)"), format!("|||{port}|")] {
            assert_eq!(parse_epsv(reply.as_bytes()), Some(port));
            assert_eq!(parse_pasv(reply.as_bytes()), None);
        }
    }
    if let Some(address) = parse_eprt(text) {
        assert_ne!(address.port(), 0);
        again(address);
        // An argument without a host is what a reply to EPSV holds.
        assert_eq!(parse_epsv(text), Some(address.port()));
    }
});

fn again(address: SocketAddr) {
    let extended = ExtendedAddress::new(address);
    let found = parse_eprt(extended.to_string().as_bytes());
    assert_eq!(found, Some(extended.address()));
}

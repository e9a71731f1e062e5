//! A small certificate authority, for whatever address the server has.

use std::{fs, io, net::IpAddr, path::Path, path::PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

/// The files that a server and its clients need.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// The authority's certificate in PEM.
    pub(crate) authority: PathBuf,
    /// The server's certificate in PEM.
    pub(crate) certificate: PathBuf,
    /// The server's private key in PEM.
    pub(crate) key: PathBuf,
    /// Key and certificate in one file, as Pure-FTPd wants them.
    pub(crate) combined: PathBuf,
}

impl Certificates {
    pub(crate) fn write(directory: &Path, address: IpAddr) -> io::Result<Self> {
        let [authority, certificate, key] = issue(address).map_err(io::Error::other)?;
        let files = Self {
            authority: directory.join("authority.pem"),
            certificate: directory.join("certificate.pem"),
            key: directory.join("key.pem"),
            combined: directory.join("combined.pem"),
        };
        fs::write(&files.combined, format!("{key}{certificate}"))?;
        fs::write(&files.authority, authority)?;
        fs::write(&files.certificate, certificate)?;
        fs::write(&files.key, key)?;
        Ok(files)
    }
}

/// The authority, a certificate of it for `address` and its key.
fn issue(address: IpAddr) -> Result<[String; 3], rcgen::Error> {
    let authority_key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    let name = "authority of the peers";
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&authority_key)?;
    let issuer = Issuer::new(params, authority_key);

    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new([address.to_string()])?;
    let name = address.to_string();
    params.distinguished_name.push(DnType::CommonName, name);
    let certificate = params.signed_by(&key, &issuer)?;
    Ok([authority.pem(), certificate.pem(), key.serialize_pem()])
}

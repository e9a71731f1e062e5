//! A small certificate authority for each server.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::options::Shown;

/// An authority, and a certificate of it for `localhost`, `127.0.0.1` and
/// `::1`.
///
/// rustls refuses a self-signed certificate that is its own authority
/// (`CaUsedAsEndEntity`), hence two certificates.
#[derive(Debug)]
pub(crate) struct Certificates {
    /// The authority's certificate, as a client's root store takes it.
    pub(crate) authority_der: Vec<u8>,
    /// The same, as a file in PEM.
    pub(crate) authority: PathBuf,
    /// The server's certificate in PEM.
    pub(crate) certificate: PathBuf,
    /// The server's private key in PEM, readable by its owner only.
    pub(crate) key: PathBuf,
    /// Key and certificate in one file, as Pure-FTPd wants them.
    pub(crate) combined: PathBuf,
}

impl Certificates {
    /// Makes the certificates and writes them into `directory`.
    pub(crate) fn write(directory: &Path, shown: Shown) -> io::Result<Self> {
        let (authority, certificate, key) = issue(shown).map_err(io::Error::other)?;
        let files = Self {
            authority_der: authority.der().to_vec(),
            authority: directory.join("authority.pem"),
            certificate: directory.join("certificate.pem"),
            key: directory.join("key.pem"),
            combined: directory.join("combined.pem"),
        };
        fs::write(&files.authority, authority.pem())?;
        fs::write(&files.certificate, certificate.pem())?;
        write_private(&files.key, &key.serialize_pem())?;
        write_private(
            &files.combined,
            &format!("{}{}", key.serialize_pem(), certificate.pem()),
        )?;
        Ok(files)
    }
}

fn issue(shown: Shown) -> Result<(rcgen::Certificate, rcgen::Certificate, KeyPair), rcgen::Error> {
    // Each under a name of its own, so that nobody takes one for another.
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let name = format!("authority {}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let authority_key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![
        KeyUsagePurpose::KeyCertSign,
        KeyUsagePurpose::DigitalSignature,
    ];
    let authority = params.self_signed(&authority_key)?;
    let issuer = Issuer::new(params, authority_key);

    let key = KeyPair::generate()?;
    let names = ["localhost", "127.0.0.1", "::1"].map(String::from);
    let mut params = CertificateParams::new(names)?;
    match shown {
        Shown::Expired => {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        Shown::NotYetValid => {
            params.not_before = date_time_ymd(2101, 1, 1);
            params.not_after = date_time_ymd(2102, 1, 1);
        }
        Shown::Good | Shown::SelfSigned => {}
    }
    params
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = match shown {
        Shown::SelfSigned => params.self_signed(&key)?,
        _ => params.signed_by(&key, &issuer)?,
    };
    Ok((authority, certificate, key))
}

/// ProFTPD warns about a key that others can read.
fn write_private(path: &Path, pem: &str) -> io::Result<()> {
    fs::write(path, pem)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))
}

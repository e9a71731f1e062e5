//! Connecting, and the commands that are one line of the library each.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::Path,
    time::Duration,
};

use tokio_ftp::{ConnectOptions, DataMode, FtpStream};
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};

use crate::{
    Result,
    arguments::{Arguments, Cat, Command, Get, Ls, Options},
    failure::{Class, Failure, Tally},
    listing,
    login::Login,
    output::Output,
    place::{Place, is_url},
    screen::Screen,
    text,
    transfer::Transfer,
};

/// Does what the command line says.
pub(crate) async fn run(arguments: &Arguments, screen: &Screen) -> Result<()> {
    let options = &arguments.options;
    let command = &arguments.command;
    let (server, files) = server(command);
    let place = Place::parse(server, options.tls)?;
    // Before anybody is asked for a password, or connected to.
    let paths = paths(command, &place)?;
    let login = Login::find(&place, options, screen)?;
    let mut ftp = connect(&place, &login, options).await?;
    if let Some(tls) = ftp.tls().filter(|_| options.verbose) {
        screen.note(&format!("! {}, {}", tls.version(), tls.cipher_suite()));
    }
    let transfer = Transfer::new(&mut ftp, &place, screen);
    let done = match command {
        Command::Get(get) => transfer.get(get, &paths).await,
        Command::Put(put) => transfer.put(put, files).await,
        Command::Cat(cat) => transfer.cat(cat, &paths).await,
        Command::Ls(ls) => listing::list(&mut ftp, &paths, ls, screen).await,
        Command::Stat { json, .. } => listing::stat(&mut ftp, &paths, *json, screen).await,
        Command::Mv { from, to, .. } => rename(&mut ftp, &place.path(from), place.path(to)).await,
        Command::Quote { words, .. } => quote(&mut ftp, words).await,
        Command::Rm(_) | Command::Mkdir { .. } | Command::Rmdir { .. } => {
            change(&mut ftp, command, &paths, screen).await
        }
    };
    // The work is done, or has failed: how the server parts changes neither.
    if !ftp.is_broken() {
        let _ = ftp.quit().await;
    }
    done
}

async fn rename(ftp: &mut FtpStream, from: &[u8], mut to: Vec<u8>) -> Result<()> {
    if to.ends_with(b"/") {
        let name = from.rsplit(|&byte| byte == b'/').next();
        to = text::join(&to, name.unwrap_or_default());
    }
    let renamed = ftp.rename(from, to).await;
    renamed.map_err(|error| Failure::from(error).at(from))
}

async fn quote(ftp: &mut FtpStream, words: &[OsString]) -> Result<()> {
    let words: Vec<_> = words.iter().map(|word| text::bytes(word)).collect();
    let reply = ftp.command(words.join(&b' ')).await?;
    let mut output = Output::new();
    output.line(reply.code().to_string().as_bytes())?;
    for line in reply.lines() {
        output.line(line)?;
    }
    output.flush()
}

/// Deletes, makes or removes.
async fn change(
    ftp: &mut FtpStream,
    command: &Command,
    paths: &[Vec<u8>],
    screen: &Screen,
) -> Result<()> {
    let mut tally = Tally::default();
    for path in paths {
        let done = match command {
            Command::Rm(_) => ftp.delete(path).await,
            Command::Mkdir { parents: true, .. } => ftp.create_dir_all(path).await,
            Command::Mkdir { .. } => ftp.mkd(path).await.map(drop),
            Command::Rmdir {
                recursive: true, ..
            } => ftp.remove_dir_all(path).await,
            _ => ftp.rmd(path).await,
        };
        let done = done.map_err(|error| Failure::from(error).at(path));
        tally.add(done, screen);
        if ftp.is_broken() {
            break;
        }
    }
    tally.end()
}

async fn connect(place: &Place, login: &Login, options: &Options) -> Result<FtpStream> {
    let mut connect = ConnectOptions::new()
        .credentials(&login.user, &login.password)
        .tls(place.mode)
        .danger_accept_invalid_certs(options.insecure)
        .connect_timeout(Duration::from_secs(options.connect_timeout));
    if let Some(account) = &login.account {
        connect = connect.account(account);
    }
    if options.active {
        connect = connect.data_mode(DataMode::Active);
    }
    if let Some(seconds) = options.timeout {
        let limit = Duration::from_secs(seconds);
        connect = connect
            .reply_timeout(limit)
            .idle_timeout(limit)
            .data_timeout(limit)
            .settle_timeout(limit)
            .final_timeout(limit);
    }
    if let Some(file) = &options.cacert {
        for certificate in certificates(file)? {
            connect = connect.tls_add_root(certificate);
        }
    }
    connect
        .connect(place.server.clone())
        .await
        .map_err(|error| {
            let failure = Failure::from(error).at(place.server.to_string().as_bytes());
            match failure.class() {
                Class::Login => failure.hint(&login.doubt),
                _ => failure,
            }
        })
}

/// The certificates in a file, in DER.
fn certificates(file: &Path) -> Result<Vec<Vec<u8>>> {
    let content = fs::read(file).map_err(|error| Failure::local(file, &error))?;
    if content.first() == Some(&0x30) {
        // An ASN.1 sequence, which no text begins with.
        return Ok(vec![content]);
    }
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&content)
        .map(|certificate| certificate.map(|der| der.to_vec()))
        .collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(Failure::usage(format!(
            "{}: no certificate in PEM or DER",
            file.display()
        ))),
    }
}

/// The server that a command is for, and the files here that an upload is of.
fn server(command: &Command) -> (&OsStr, &[OsString]) {
    match command {
        Command::Get(Get { paths, .. })
        | Command::Ls(Ls { paths, .. })
        | Command::Cat(Cat { paths, .. })
        | Command::Rm(paths)
        | Command::Mkdir { paths, .. }
        | Command::Rmdir { paths, .. }
        | Command::Stat { paths, .. } => (&paths.server, &[]),
        Command::Mv { server, .. } | Command::Quote { server, .. } => (server, &[]),
        Command::Put(put) => match put.places.as_slice() {
            [server, files @ ..] if is_url(server) => (server, files),
            [files @ .., server] if is_url(server) => (server, files),
            [server, files @ ..] => (server, files),
            [] => (OsStr::new(""), &[]),
        },
    }
}

/// The paths on the server that a command is for, where it takes any number.
fn paths(command: &Command, place: &Place) -> Result<Vec<Vec<u8>>> {
    match command {
        Command::Get(Get { paths, .. })
        | Command::Cat(Cat { paths, .. })
        | Command::Rm(paths)
        | Command::Mkdir { paths, .. }
        | Command::Rmdir { paths, .. } => place.named(&paths.paths),
        Command::Ls(Ls { paths, .. }) | Command::Stat { paths, .. } => {
            Ok(place.paths(&paths.paths))
        }
        Command::Put(_) | Command::Mv { .. } | Command::Quote { .. } => Ok(Vec::new()),
    }
}

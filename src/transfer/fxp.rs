//! Files from server to server.

use std::{future::poll_fn, net::SocketAddr};

use tokio::time::timeout;

use super::options::TransferOptions;
use crate::{
    error::{Error, Phase, ProtocolError, Result},
    protocol::{
        Argument, Command, ExtendedAddress, HostPort, Reply, ReplyCode, parse_epsv, parse_pasv,
    },
    session::FtpStream,
};

/// Copies a file from one server to another, over a data connection between the two (RFC 959
/// section 5.2); this side only gives the word.
///
/// `source` listens, `target` connects to it. Both must allow it: many servers refuse data
/// connections to others than the client. Of `options`, the type counts. With encrypted data
/// connections one of the servers must know `SSCN`.
///
/// # Errors
/// Either server's refusal; [`Error::Unsupported`] when one would encrypt and the other not, or
/// neither knows `SSCN`, or TLS was taken off. A failure on one side is told to the other, so that
/// both sessions stay in step; a part of the file may stay at the target.
///
/// # Cancel safety
/// Both sessions abort the transfer with their next command.
#[doc(alias = "ftpcp")]
pub async fn fxp(
    source: &mut FtpStream,
    path: impl AsRef<[u8]> + Send,
    target: &mut FtpStream,
    target_path: impl AsRef<[u8]> + Send,
    options: &TransferOptions,
) -> Result<()> {
    let path = source.path(path).await?;
    let target_path = target.path(target_path).await?;
    source.settle().await?;
    target.settle().await?;
    let secured = secure(source, target).await?;
    let result = copy(source, path, target, target_path, options).await;
    if secured && !target.is_broken() {
        target.settle().await?;
        sscn(target, "OFF").await?;
    }
    result
}

/// Sees to it that one of the servers is the client of the TLS handshake between them.
async fn secure(source: &mut FtpStream, target: &mut FtpStream) -> Result<bool> {
    match (source.data_is_private()?, target.data_is_private()?) {
        (false, false) => Ok(false),
        (true, true) if target.features().await?.has("SSCN") => {
            sscn(target, "ON").await?;
            Ok(true)
        }
        (true, true) => Err(Error::Unsupported(
            "encrypted data between servers without SSCN",
        )),
        _ => Err(Error::Unsupported("data that is encrypted at one end only")),
    }
}

async fn sscn(session: &mut FtpStream, state: &str) -> Result<()> {
    let line = Argument::new(format!("SSCN {state}"))?;
    session.demand(&Command::Raw(line)).await.map(drop)
}

async fn copy(
    source: &mut FtpStream,
    path: Argument,
    target: &mut FtpStream,
    target_path: Argument,
    options: &TransferOptions,
) -> Result<()> {
    // A target that awaits what the source then refuses is hard to call off: pyftpdlib answers
    // `STOR` and `ABOR` with one reply together. So the source is asked first.
    match source.size(&path).await {
        Err(error) if error.is_not_found() => return Err(error),
        _ => {}
    }
    let kind = options.representation();
    source.ensure_type(kind).await?;
    target.ensure_type(kind).await?;
    for session in [&mut *source, &mut *target] {
        if session.control.server().restart_dirty() {
            let reply = session.control.exchange(&Command::Rest(0)).await?;
            if session.control.server().restart_dirty() {
                return Err(Error::from_reply(reply));
            }
        }
    }
    let address = listening_address(source).await?;
    let port = match address {
        SocketAddr::V4(address) => Command::Port(HostPort::new(address)),
        SocketAddr::V6(_) => Command::Eprt(ExtendedAddress::new(address)),
    };
    target.demand(&port).await?;
    // The target first: it connects, and the source is listening already.
    let result = async {
        begin(target, &Command::Stor(target_path)).await?;
        begin(source, &Command::Retr(path)).await?;
        let ends = futures::future::join(end(source), end(target)).await;
        ends.0.and(ends.1)
    };
    let result = result.await;
    // Whoever has not ended by now is told to.
    let source_settled = source.settle().await;
    if result.is_err() && source_settled.is_ok() {
        // The target may hang on a connection that the source never took in, and hear nothing
        // before that goes: with the next port, the source gives this one up.
        listening_address(source).await?;
    }
    let target_settled = target.settle().await;
    result.and(source_settled).and(target_settled)
}

/// The address at which `source` awaits the target, by what is known of its host.
async fn listening_address(source: &mut FtpStream) -> Result<SocketAddr> {
    let Some(host) = source.control.peer() else {
        return Err(Error::Unsupported("servers without an address"));
    };
    if host.is_ipv6() {
        let reply = source.demand(&Command::Epsv).await?;
        let port = parse_epsv(reply.first_line());
        let port = port.ok_or(Error::Protocol(ProtocolError::Malformed(reply)))?;
        return Ok(SocketAddr::new(host.ip(), port));
    }
    let reply = source.control.exchange(&Command::Pasv).await?;
    if reply.code() != ReplyCode::PASSIVE {
        return Err(Error::from_reply(reply));
    }
    let Some(address) = parse_pasv(reply.first_line()) else {
        return Err(Error::Protocol(ProtocolError::Malformed(reply)));
    };
    Ok(if source.options.trust_pasv_host {
        SocketAddr::V4(address)
    } else {
        SocketAddr::new(host.ip(), address.port())
    })
}

async fn begin(session: &mut FtpStream, command: &Command) -> Result<()> {
    session.third_party = true;
    session.control.send(command)?;
    let limit = session.options.reply_timeout;
    let begun = poll_fn(|cx| session.control.poll_transfer_begun(cx));
    timeout(limit, begun)
        .await
        .unwrap_or(Err(Error::Timeout(Phase::Reply)))?;
    match closing(session) {
        Some(reply) if !reply.code().is_completion() => Err(Error::from_reply(reply)),
        _ => Ok(()),
    }
}

async fn end(session: &mut FtpStream) -> Result<()> {
    let limit = session.options.final_timeout;
    let over = poll_fn(|cx| session.control.poll_transfer(cx));
    timeout(limit, over)
        .await
        .unwrap_or(Err(Error::Timeout(Phase::FinalReply)))?;
    match closing(session) {
        Some(reply) if reply.code().is_completion() => Ok(()),
        Some(reply) => Err(Error::from_reply(reply)),
        None => Err(Error::Timeout(Phase::FinalReply)),
    }
}

fn closing(session: &FtpStream) -> Option<Reply> {
    session
        .control
        .transfer()
        .and_then(|transfer| transfer.closing.clone())
}

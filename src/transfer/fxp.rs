//! Files from server to server.

use std::{future::poll_fn, net::SocketAddr, pin::pin};

use futures::future::{Either, select};
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
/// How long it takes is between the servers, and nothing is seen of it here: bound it by
/// [`tokio::time::timeout`]. Once one side has ended, the other has
/// [`final_timeout`](crate::ConnectOptions::final_timeout).
///
/// # Errors
/// Either server's refusal; [`Error::Unsupported`] when one would encrypt and the other not,
/// neither knows `SSCN`, or TLS was taken off a control connection; [`Error::Truncated`] when the
/// target then has less than the source. A failure on one side is told to the other, so that both
/// sessions stay in step; a part of the file may stay at the target.
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
    // A target that awaits what the source then refuses is hard to call off: pyftpdlib answers
    // `STOR` and `ABOR` with one reply together. So the source is asked first.
    let size = match source.size(&path).await {
        Ok(size) => size,
        Err(error) if error.is_not_found() || error.is_broken() => return Err(error),
        Err(_) => None,
    };
    secure(source, target).await?;
    let copied = copy(source, path, target, &target_path, options).await;
    // Whoever has not ended by now is told to, and SSCN is taken back.
    let source_settled = source.settle().await;
    if copied.is_err() && source_settled.is_ok() {
        // The target may hang on a connection that the source never took in, and hear nothing
        // before that goes: with the next port, the source gives this one up.
        let _ = listening_address(source).await;
    }
    let target_settled = target.settle().await;
    copied?;
    if options.ascii || source_settled.is_err() || target_settled.is_err() {
        // Both have confirmed the copy; what became of a session afterwards it says itself.
        return Ok(());
    }
    let copy = target.size(&target_path).await.unwrap_or(None);
    match (size, copy) {
        (Some(expected), Some(received)) if received < expected => {
            Err(Error::Truncated { received, expected })
        }
        _ => Ok(()),
    }
}

/// Sees to it that one of the servers is the client of the TLS handshake between them.
async fn secure(source: &mut FtpStream, target: &mut FtpStream) -> Result<()> {
    match (source.data_is_private()?, target.data_is_private()?) {
        (false, false) => return Ok(()),
        (true, true) if source.control.is_tls() && target.control.is_tls() => {}
        _ => {
            return Err(Error::Unsupported(
                "data between servers that is encrypted by halves",
            ));
        }
    }
    for session in [target, source] {
        if session.features().await?.has("SSCN") {
            return session.sscn(true).await;
        }
    }
    Err(Error::Unsupported(
        "encrypted data between servers without SSCN",
    ))
}

async fn copy(
    source: &mut FtpStream,
    path: Argument,
    target: &mut FtpStream,
    target_path: &Argument,
    options: &TransferOptions,
) -> Result<()> {
    let kind = options.representation();
    for session in [&mut *source, &mut *target] {
        session.ensure_type(kind).await?;
        if session.control.server().restart_dirty() {
            let reply = session.control.exchange(&Command::Rest(0)).await?;
            if session.control.server().restart_dirty() {
                return Err(Error::from_reply(reply));
            }
        }
    }
    let port = match listening_address(source).await? {
        SocketAddr::V4(address) => Command::Port(HostPort::new(address)),
        address @ SocketAddr::V6(_) => Command::Eprt(ExtendedAddress::new(address)),
    };
    demand(target, &port).await?;
    // The target first: it connects, and the source is listening already.
    begin(target, &Command::Stor(target_path.clone())).await?;
    begin(source, &Command::Retr(path)).await?;
    let limits = [&*source, &*target].map(|session| session.options.final_timeout);
    let [source_limit, target_limit] = limits;
    match select(pin!(end(source)), pin!(end(target))).await {
        Either::Left((ended, target)) => {
            ended?;
            timeout(target_limit, target).await
        }
        Either::Right((ended, source)) => {
            ended?;
            timeout(source_limit, source).await
        }
    }
    .unwrap_or(Err(Error::Timeout(Phase::FinalReply)))
}

/// Sends a command in the middle of something that must not be settled.
async fn demand(session: &mut FtpStream, command: &Command) -> Result<Reply> {
    let reply = session.control.exchange(command).await?;
    if reply.code().is_completion() {
        Ok(reply)
    } else {
        Err(Error::from_reply(reply))
    }
}

/// The address at which `source` awaits the target, by what is known of its host.
async fn listening_address(source: &mut FtpStream) -> Result<SocketAddr> {
    let Some(host) = source.control.peer() else {
        return Err(Error::Unsupported("servers without an address"));
    };
    if host.is_ipv6() {
        let reply = demand(source, &Command::Epsv).await?;
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
    session.unattended = true;
    session.keepalive.restart();
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
    poll_fn(|cx| session.poll_transfer(cx)).await?;
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

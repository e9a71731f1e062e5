//! Starting a script, and seeing it through.

use std::{
    future::Future,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{task::JoinHandle, time::timeout};
use tokio_ftp::{ConnectOptions, FtpStream, Result};

use super::{HOST, Sent, Server};
use crate::support::network::{self, Network};

/// A script that is being followed.
pub(crate) struct Running {
    task: JoinHandle<()>,
    pub(crate) network: Network,
    sent: Arc<Mutex<Sent>>,
}

impl Running {
    /// Waits until the script is over. It has then been followed to the letter, and the client
    /// has sent nothing else.
    pub(crate) async fn done(self) {
        let hour = Duration::from_secs(3600);
        timeout(hour, self.task)
            .await
            .expect("the script is not over")
            .expect("the script was not followed");
    }

    /// The same, where more than one thing may be wrong.
    pub(crate) async fn outcome(self) -> std::result::Result<(), String> {
        let hour = Duration::from_secs(3600);
        let Ok(over) = timeout(hour, self.task).await else {
            return Err("the script is not over".to_owned());
        };
        over.map_err(|error| match error.try_into_panic() {
            Ok(panic) => match panic.downcast::<String>() {
                Ok(text) => *text,
                Err(_) => "the script was not followed".to_owned(),
            },
            Err(error) => error.to_string(),
        })
    }

    /// What the server has sent since [`Server::arm`].
    pub(crate) fn sent(&self) -> Sent {
        *self.sent.lock().unwrap()
    }
}

/// Starts a server that does what `script` says with the first connection.
pub(crate) fn serve<S, F>(script: S) -> (Network, Running)
where
    S: FnOnce(Server) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let network = Network::default();
    let mut listener = network.listen(21);
    let host = network.clone();
    let sent = Arc::new(Mutex::new(Sent::default()));
    let counted = Arc::clone(&sent);
    let task = tokio::spawn(async move {
        let Some(control) = listener.recv().await else {
            return;
        };
        script(Server::new(host, control, counted)).await;
    });
    let running = Running {
        task,
        network: network.clone(),
        sent,
    };
    (network, running)
}

/// Connects to a server that follows `transcript` from its first word.
pub(crate) async fn connect(
    options: ConnectOptions,
    transcript: &str,
) -> (Result<FtpStream>, Running) {
    connect_at(network::HOST, options, transcript).await
}

/// The same, where the server seems to be at `host`.
pub(crate) async fn connect_at(
    host: IpAddr,
    options: ConnectOptions,
    transcript: &str,
) -> (Result<FtpStream>, Running) {
    let transcript = transcript.to_owned();
    let (network, running) = serve(move |mut server| async move {
        server.play(&transcript).await;
        server.rest().await;
    });
    network.move_to(host);
    let session = options.connector(Arc::new(network)).connect(HOST).await;
    (session, running)
}

/// A session with a server that follows `transcript` after its greeting.
pub(crate) async fn session(transcript: &str) -> (FtpStream, Running) {
    session_with(ConnectOptions::new(), transcript).await
}

/// The same, with options.
pub(crate) async fn session_with(
    options: ConnectOptions,
    transcript: &str,
) -> (FtpStream, Running) {
    let transcript = transcript.to_owned();
    session_of(options, move |mut server| async move {
        server.play(&transcript).await;
        server.rest().await;
    })
    .await
}

/// A session with a server that does what `script` says after its greeting.
pub(crate) async fn session_of<S, F>(options: ConnectOptions, script: S) -> (FtpStream, Running)
where
    S: FnOnce(Server) -> F + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let (network, running) = serve(move |mut server| async move {
        server.play("S: 220 ready").await;
        script(server).await;
    });
    let session = options.connector(Arc::new(network)).connect(HOST).await;
    (session.unwrap(), running)
}

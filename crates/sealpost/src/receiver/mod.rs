//! A receiver of signed events, as a customer would write one: TLS, verification, one answer. What `sealpost listen` and the
//! demo listen with.

mod heard;
mod listener;

use std::net::SocketAddr;
use std::sync::{Arc, RwLock};

use anyhow::Result;
use rustls::ServerConfig;
use sealpost_seal::signature::SigningSecret;
use sealpost_store::World;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

pub(crate) use heard::{Forward, Heard, Verdict};

/// A receiver that listens. Dropping it closes it.
pub(crate) struct Receiver {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    heard: mpsc::UnboundedReceiver<Heard>,
    task: AbortHandle,
}

/// What a receiver knows.
#[derive(Clone)]
pub(crate) struct Knows {
    /// The shared secret; without one, nothing is believed.
    pub(crate) secret: Arc<RwLock<Option<SigningSecret>>>,
    /// To tell old signatures from fresh ones.
    pub(crate) world: World,
    /// Where to pass on what was believed.
    pub(crate) forward: Option<Forward>,
}

impl Receiver {
    /// Begins to listen on `address`.
    pub(crate) async fn start(address: SocketAddr, tls: Arc<ServerConfig>, knows: Knows) -> Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (tell, heard) = mpsc::unbounded_channel();
        let task = tokio::spawn(listener::run(listener, tls, knows, tell)).abort_handle();
        Ok(Self { address, heard, task })
    }

    /// The next request.
    pub(crate) async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

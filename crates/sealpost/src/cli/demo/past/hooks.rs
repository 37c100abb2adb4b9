//! Two systems of the clinic that hear of its messages, both on this machine: one that goes on listening for as long as the demo
//! runs, and one that stops.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, RwLock};

use rustls::ServerConfig;
use sealpost_seal::signature::{KeyEncoding, SigningSecret};
use sealpost_store::World;
use serde_json::{Value, json};
use tokio::task::AbortHandle;

use crate::cli::{Outcome, Stop};
use crate::files;
use crate::receiver::{Knows, Receiver};

/// A system that listens until this is dropped.
pub(in crate::cli::demo) struct Hook {
    port: u16,
    secret: String,
    task: AbortHandle,
}

impl Hook {
    /// A new one, on any port.
    pub(super) async fn open(tls: &Arc<ServerConfig>, world: &World) -> Outcome<Self> {
        let secret = SigningSecret::generate(&*world.rng);
        Self::listen(0, secret, tls, world).await
    }

    /// The one that was [remembered](Self::remember) here, on the same port; nothing if there is none. `Err` has the port if somebody
    /// else listens there.
    pub(in crate::cli::demo) async fn again(
        file: &Path,
        tls: &Arc<ServerConfig>,
        world: &World,
    ) -> Result<Option<Self>, u16> {
        let Some((port, secret)) = remembered(file) else { return Ok(None) };
        Self::listen(port, secret, tls, world).await.map(Some).map_err(|_| port)
    }

    async fn listen(port: u16, secret: SigningSecret, tls: &Arc<ServerConfig>, world: &World) -> Outcome<Self> {
        let text = secret.expose().to_owned();
        let knows = Knows { secret: Arc::new(RwLock::new(Some(secret))), world: world.clone(), forward: None };
        let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
        let mut receiver = Receiver::start(address, tls.clone(), knows).await?;
        let port = receiver.address.port();
        let task = tokio::spawn(async move { while receiver.next().await.is_some() {} }).abort_handle();
        Ok(Self { port, secret: text, task })
    }

    /// Where it listens.
    #[cfg(test)]
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Writes down where it listens and what it verifies with.
    pub(super) fn remember(&self, file: &Path) -> Outcome {
        Ok(files::write_private(file, format!("{}\n{}\n", self.port, self.secret).as_bytes())?)
    }

    /// The endpoint that leads here.
    pub(super) fn endpoint(&self, name: &str, description: &str, events: &[&str]) -> Value {
        json!({
            "name": name,
            "description": description,
            "url": format!("https://localhost:{}/hooks", self.port),
            "events": events,
            "secret": { "value": self.secret, "encoding": "base64" },
        })
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn remembered(file: &Path) -> Option<(u16, SigningSecret)> {
    let text = zeroize::Zeroizing::new(std::fs::read_to_string(file).ok()?);
    let (port, secret) = text.trim_end().split_once('\n')?;
    Some((port.parse().ok()?, SigningSecret::import(secret, KeyEncoding::Base64).ok()?))
}

/// The id in an answer.
pub(super) fn id(answer: &Value) -> Outcome<String> {
    answer["id"].as_str().map(str::to_owned).ok_or_else(|| Stop::failed("an answer has no `id`"))
}

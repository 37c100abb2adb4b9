//! Changes told between nodes, by `NOTIFY`.

use std::time::Duration;

use tokio_postgres::AsyncMessage;

use super::server::Server;
use crate::bus::{Bus, Change};
use crate::ctx::Org;
use crate::error::StoreError;
use crate::ids::OrgId;

/// How long to wait before the connection is tried again.
const RECONNECT: Duration = Duration::from_millis(250);
/// The channel that carries changes between nodes.
const CHANNEL: &str = "sealpost";

/// Hears what other nodes changed, until the process ends. While the connection is down nothing is heard; callers that
/// cache grants bound their age for that case.
pub(crate) fn listen(server: Server, node: [u8; 8], bus: Bus) {
    tokio::spawn(async move {
        loop {
            if let Err(error) = listen_once(&server, node, &bus).await {
                tracing::warn!(error = %error, "postgres.listen_lost");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    });
}

async fn listen_once(server: &Server, node: [u8; 8], bus: &Bus) -> Result<(), StoreError> {
    let (client, mut connection) = server.config.connect(server.tls.clone()).await?;
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let pump = tokio::spawn(async move {
        while let Some(message) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
            match message {
                Ok(AsyncMessage::Notification(note)) if sender.send(note.payload().to_owned()).is_err() => {
                    break;
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
    });
    client.batch_execute(&format!("listen {CHANNEL}")).await?;
    while let Some(payload) = heard.recv().await {
        if let Some(change) = parse(&payload, node, bus) {
            bus.publish(change);
        }
    }
    pump.abort();
    Ok(())
}

/// The statement that tells other nodes of `change`.
pub(super) fn telling(change: &Change, node: [u8; 8]) -> String {
    format!("select pg_notify('{CHANNEL}', '{}')", payload(change, node))
}

fn payload(change: &Change, node: [u8; 8]) -> String {
    format!(
        "{}|{}|{}|{}|{}",
        hex(&node),
        change.topic,
        hex(&change.org.id.bytes()),
        change.org.environment.as_str(),
        hex(&change.id)
    )
}

fn parse(payload: &str, node: [u8; 8], bus: &Bus) -> Option<Change> {
    let mut parts = payload.split('|');
    let from: [u8; 8] = unhex(parts.next()?)?;
    let topic = bus.topic(parts.next()?)?;
    let org = Org { id: OrgId::from_bytes(unhex(parts.next()?)?), environment: parts.next()?.parse().ok()? };
    let id = unhex(parts.next()?)?;
    (from != node).then(|| Change::new(topic, org, id))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(out)
}

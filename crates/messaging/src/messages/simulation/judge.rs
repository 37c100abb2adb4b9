//! What must hold at the end of a run.

use std::collections::BTreeMap;

use sealpost_store::MessageId;
use serde_json::Value;

use super::run::{Accepted, Run};
use crate::messages::model::{Message, State};
use crate::messages::store;

/// Compares what was promised, what the world has seen, and what is on record.
pub(super) async fn judge(run: &mut Run) -> Result<(), String> {
    let reports = reports(run)?;
    for (org, ctx) in run.house.organisations.iter().enumerate() {
        let newest = MessageId::from_bytes([0xff; 16]);
        let all = run.house.test.store.read(ctx, move |tx| store::page(tx, newest, 10_000)).await;
        let all = all.map_err(|error| error.to_string())?;
        let promised = run.accepted.iter().filter(|(_, accepted)| accepted.org == org).count();
        if all.len() != promised {
            return Err(format!("{promised} messages were accepted and {} are there", all.len()));
        }
        for message in &all {
            let Some((id, accepted)) = run.accepted.iter().find(|(id, _)| *id == message.id) else {
                return Err(format!("{} is there and was never accepted", message.id));
            };
            weigh(message, accepted).map_err(|why| format!("{id}, {}: {why}", message.class))?;
            let told = reports.get(&(id.to_string(), message.state.word().to_owned())).copied().unwrap_or(0);
            // Whoever takes a message back in this simulation tells nobody.
            if told != u64::from(message.state != State::Cancelled) {
                return Err(format!("{id} is {} and that was told in {told} events", message.state.word()));
            }
            *run.seen.ends.entry(message.state.word()).or_default() += 1;
            run.seen.repeated_codes += u64::from(accepted.mailed > 1);
        }
    }
    ledgers(run).await
}

/// Whether a message's end fits what relays have seen of it.
fn weigh(message: &Message, accepted: &Accepted) -> Result<(), String> {
    let (mailed, once) = (accepted.mailed, accepted.class != "otp");
    if !message.state.is_final() {
        return Err(format!("it rests in {}", message.state.word()));
    }
    if mailed > u64::from(message.attempts) {
        return Err(format!("{mailed} mails in {} attempts", message.attempts));
    }
    let fits = match message.state {
        State::Sent => mailed > 0 && (!once || mailed == 1),
        State::Unknown => !once || mailed <= 1,
        // A code that may have been sent goes back to the queue, and may come to any end from there.
        _ => !once || mailed == 0,
    };
    if fits { Ok(()) } else { Err(format!("{} after {mailed} mails", message.state.word())) }
}

/// By message and state: in how many events it was told.
fn reports(run: &Run) -> Result<BTreeMap<(String, String), u64>, String> {
    let mut reports = BTreeMap::new();
    for heard in run.heard.values() {
        let event: Value = serde_json::from_slice(&heard.body).map_err(|error| error.to_string())?;
        let text = |name: &str| event["data"][name].as_str().unwrap_or_default().to_owned();
        *reports.entry((text("message_id"), text("state"))).or_default() += 1;
    }
    Ok(reports)
}

/// Every ledger verifies, as an auditor would do it.
async fn ledgers(run: &Run) -> Result<(), String> {
    let store = &run.house.test.store;
    store.checkpoint().await.map_err(|error| error.to_string())?;
    let key = store.verifier_key().map_err(|error| error.to_string())?;
    for ctx in &run.house.organisations {
        let mut export = Vec::new();
        sealpost_govern::audit::export(store, ctx, &mut export).await.map_err(|error| error.to_string())?;
        sealpost_govern::audit::verify(&export[..], &key, &[]).map_err(|error| error.to_string())?;
    }
    Ok(())
}

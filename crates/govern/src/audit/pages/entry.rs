//! `GET /app/{env}/audit/{seq}`

use askama::Template;
use sealpost_access::permissions::LEDGER_READ;
use sealpost_ledger::{Checkpoint, verify_inclusion};
use sealpost_store::{Ctx, Store, Time};
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Line, State, When, grouped};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};
use serde_json::Value;

use super::words::{self, Who};
use crate::audit::api::Api;
use crate::audit::entry::{Entry, EnvironmentWord};
use crate::audit::service;

/// One entry, with proof.
#[derive(Template)]
#[template(path = "audit/pages/entry.html")]
pub(super) struct EntryPage {
    pub(super) list: String,
    pub(super) seq: u64,
    pub(super) act: (String, String),
    pub(super) action: String,
    pub(super) result: State,
    pub(super) reason: Option<String>,
    pub(super) damaged: bool,
    pub(super) facts: Option<Facts>,
    pub(super) details: Details,
    pub(super) leaf: Line,
    pub(super) proof: Proof,
}

/// What is known of an act.
pub(super) struct Facts {
    pub(super) at: When,
    pub(super) who: Who,
    pub(super) target: Option<(String, Option<String>)>,
    pub(super) environment: &'static str,
    pub(super) request: (String, String),
}

/// What else was recorded.
pub(super) enum Details {
    /// Names and values.
    Some(Vec<(String, String)>),
    /// Nothing.
    None,
    /// They were deleted.
    Pruned,
}

/// How it is proven.
pub(super) enum Proof {
    /// So many hashes lead to the signed root of so many leaves; and the hashes.
    Proven { size: String, hashes: Vec<String>, signed: When, root: String },
    /// It isn't signed yet.
    Pending,
    /// It isn't in the signed tree.
    Broken,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/audit/{seq}")
        .needs(LEDGER_READ)
        .page()
        .class(Class::Read)
        .acts("ledger.read")
        .summary("An entry of the ledger, with proof that it is one")
        .to(move |call| show(api.clone(), call))
}

async fn show(api: Api, call: Call) -> Result<Reply, Failure> {
    let seq: u64 = call.param("seq").parse().map_err(|_| not_found())?;
    api.record(&call.ctx).await?;
    let entry = service::entry(&api.house, &call.ctx, seq).await?.ok_or_else(not_found)?;
    let proof = prove(&api.house, &call.ctx, seq).await?;
    let environment = words::environment(&entry, &call.ctx);
    let page = page(&entry, proof, call.ctx.now(), |path| call.at(path), |id| call.page_of_in(environment, id));
    call.show(&page.action, &page)
}

/// Proves that the leaf is in the tree that was signed last, as whoever doesn't believe us would.
async fn prove(house: &Store, ctx: &Ctx, seq: u64) -> Result<Proof, Failure> {
    let Some(signed) = house.ledger_checkpoint(ctx).await?.filter(|signed| signed.size > seq) else {
        return Ok(Proof::Pending);
    };
    let (Ok(checkpoint), Some(found)) = (
        Checkpoint::parse_and_verify(&signed.note, &house.verifier_key()?),
        service::inclusion(house, ctx, seq, signed.size).await?,
    ) else {
        return Ok(Proof::Broken);
    };
    let root = checkpoint.root();
    if verify_inclusion(&found.leaf_hash, seq, checkpoint.size(), &found.proof, &root).is_err() {
        return Ok(Proof::Broken);
    }
    Ok(Proof::Proven {
        size: grouped(checkpoint.size()),
        hashes: found.proof.iter().map(|hash| hash.to_hex()).collect(),
        signed: When::new(signed.at, ctx.now()),
        root: root.to_hex(),
    })
}

pub(super) fn page(
    entry: &Entry,
    proof: Proof,
    now: Time,
    at: impl Fn(&str) -> String,
    page_of: impl Fn(&str) -> Option<String>,
) -> EntryPage {
    let act = entry.act.as_ref();
    EntryPage {
        list: at("/audit"),
        seq: entry.seq,
        act: act.map_or_else(|| ("Can’t be read".into(), String::new()), |act| words::act(&act.action)),
        action: act.map_or_else(|| "Damaged".to_owned(), |act| act.action.clone()),
        result: words::badge(entry),
        reason: act.and_then(|act| act.reason.as_ref()).map(|reason| reason.replace('_', " ")),
        damaged: entry.damaged,
        facts: act.map(|act| Facts {
            at: When::new(act.at, now),
            who: words::who(act, &page_of),
            target: act.target.as_ref().map(|target| words::linked(target, &page_of)),
            environment: match act.environment {
                Some(EnvironmentWord::Test) => "Test",
                Some(EnvironmentWord::Live) => "Live",
                None => "The organisation itself",
            },
            request: (act.request_id.to_string(), at(&format!("/audit?request_id={}", act.request_id))),
        }),
        details: match act {
            Some(act) if act.pruned => Details::Pruned,
            Some(act) => act.details.as_ref().map_or(Details::None, |details| Details::Some(lines(details))),
            None => Details::None,
        },
        leaf: Line::new(entry.leaf_hash.clone()),
        proof,
    }
}

/// The first level of a document as names and values.
fn lines(details: &Value) -> Vec<(String, String)> {
    let says = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    };
    match details {
        Value::Object(map) => map.iter().map(|(name, value)| (name.replace('_', " "), says(value))).collect(),
        other => vec![(String::new(), says(other))],
    }
}

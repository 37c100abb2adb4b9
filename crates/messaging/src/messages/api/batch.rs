//! `POST /v1/messages/batch`

use std::collections::HashSet;
use std::sync::Arc;

use schemars::JsonSchema;
use sealpost_access::permissions::MESSAGES_SEND;
use sealpost_store::{Ctx, Leaf, OrgKeys, Recorded, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Fault, Item, Once, Refusal, Reply, post};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::messages::Messages;
use crate::messages::accept::{NewMessage, NotAccepted, Prepared, RACES, accept};
use crate::messages::codes::{BATCH_KEYS, BATCH_SIZE, CONTACT_RACED};
use crate::messages::follow::By;

/// The most messages in a batch.
const MOST: usize = 1000;
/// The largest batch, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;

/// Messages to be sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Body {
    /// 1 to 1000 messages.
    #[schemars(with = "Vec<NewMessage>", length(min = 1, max = 1000))]
    messages: Vec<Value>,
}

/// What became of each, in order.
#[derive(Serialize, JsonSchema)]
struct Results<'r> {
    /// How many were accepted.
    accepted: usize,
    /// How many were refused.
    refused: usize,
    /// One for each message, in order.
    results: &'r [ItemResult],
}

/// What became of one message.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ItemResult {
    /// The status it would have had alone: 202, 422, …
    pub(crate) status: u16,
    /// The accepted message, or the problem.
    pub(crate) body: Value,
}

/// How what became of a batch is answered.
type Form = Arc<dyn Fn(&[ItemResult]) -> Result<Reply, Fault> + Send + Sync>;

pub(super) fn batch(messages: &Messages) -> Endpoint {
    let messages = messages.clone();
    post("/v1/messages/batch")
        .needs(MESSAGES_SEND)
        .class(Class::Batch)
        .acts("message.accept")
        .body_limit(LARGEST)
        .summary("Send up to 1000 messages")
        .describe("Each is accepted or refused by itself; all accepted ones are durable before the answer. A repeated batch with an `Idempotency-Key` gets the first one's answer, byte by byte. Items may carry idempotency keys of their own.")
        .takes::<Body>()
        .answers::<Results<'_>>(200)
        .refuses(&[&BATCH_KEYS, &BATCH_SIZE])
        .example(serde_json::json!({
            "messages": [{ "event": "otp.login", "to": { "phone": "+15550100123" }, "data": { "code": "417233" } }],
        }))
        .to(move |call: Call<Body>| handle(messages.clone(), call))
}

/// One item on its way through.
enum Stage {
    /// To be prepared, again if it was raced.
    Open,
    /// Ready for the transaction.
    Prepared(Box<Prepared>),
    /// Accepted, refused or replayed.
    Settled(ItemResult),
}

/// An item: what it says, what makes it done once, how far it is.
struct Entry {
    item: Item,
    once: Option<Once>,
    stage: Stage,
}

async fn handle(messages: Messages, call: Call<Body>) -> Result<Reply, Failure> {
    let (call, Body { messages: items }) = call.take_body();
    send_each_as(&messages, &call, &items, |results| {
        let accepted = results.iter().filter(|result| result.status < 300).count();
        Reply::ok(&Results { accepted, refused: results.len() - accepted, results })
    })
    .await
}

/// Accepts or refuses each message that a request in any form amounts to, and answers in that form.
pub(crate) async fn send_each_as(
    messages: &Messages,
    call: &Call,
    items: &[Value],
    form: impl Fn(&[ItemResult]) -> Result<Reply, Fault> + Send + Sync + 'static,
) -> Result<Reply, Failure> {
    let form: Form = Arc::new(form);
    if !(1..=MOST).contains(&items.len()) {
        return Err(Refusal::of(&BATCH_SIZE).at("/messages", "out_of_range").into());
    }
    if let Some(once) = call.once().cloned()
        && let Some(kept) = messages.store().peek(&call.ctx, move |tx| once.find(tx)).await?
    {
        return Ok(kept);
    }
    let keys = messages.store().keys().organisation(call.ctx.org.id).await?;
    let mut entries = entries(call, items, &keys)?;
    for _ in 0..RACES {
        for entry in &mut entries {
            if let Stage::Open = entry.stage {
                entry.stage = prepare(messages, &call.ctx, &entry.item).await?;
            }
        }
        match settle(messages, call, entries, form.clone()).await? {
            Round::Last(reply) => return Ok(reply),
            Round::Raced(left) => entries = left,
        }
    }
    // Not kept: what could not be decided on this time may be the next.
    Ok(form(&results(entries, &call.ctx))?)
}

fn results(entries: Vec<Entry>, ctx: &Ctx) -> Vec<ItemResult> {
    entries.into_iter().map(|entry| entry.stage.into_result(ctx)).collect()
}

/// Every item, with what makes it done once: its own key, or its place in a batch that has one.
fn entries(call: &Call, items: &[Value], keys: &Arc<OrgKeys>) -> Result<Vec<Entry>, Failure> {
    let path = call.route().path.as_bytes();
    let mut seen = HashSet::new();
    let mut entries = Vec::with_capacity(items.len());
    for (at, value) in items.iter().enumerate() {
        let item = Item::new(value)?;
        let own = item.text("idempotency_key").map(|key| format!("item {key}"));
        let placed = || call.header("idempotency-key").map(|key| format!("{at} of {key}"));
        let key = own.or_else(placed);
        if let Some(key) = &key
            && !seen.insert(key.clone())
        {
            return Err(Refusal::of(&BATCH_KEYS).at(format!("/messages/{at}/idempotency_key"), "repeated").into());
        }
        let once = key.map(|key| Once::new(keys.clone(), "batch_item", &key, &[path, &[0], &item.canonical()]));
        entries.push(Entry { item, once, stage: Stage::Open });
    }
    Ok(entries)
}

async fn prepare(messages: &Messages, ctx: &Ctx, item: &Item) -> Result<Stage, Failure> {
    let new = match item.read::<NewMessage>() {
        Ok(new) => new,
        Err(refusal) => return Ok(Stage::Settled(ItemResult::refused(&refusal, ctx))),
    };
    match messages.accepting.prepare(ctx, &new, By::Request).await {
        Ok(prepared) => Ok(Stage::Prepared(Box::new(prepared))),
        Err(Failure::Refused(refusal)) => Ok(Stage::Settled(ItemResult::refused(&refusal, ctx))),
        Err(fault) => Err(fault),
    }
}

/// What one transaction came to.
enum Round {
    /// Everything is decided, and the answer is kept if the request has a key.
    Last(Reply),
    /// Some items were raced and are open again.
    Raced(Vec<Entry>),
}

/// Brings every prepared item through one transaction; raced ones come back open.
async fn settle(messages: &Messages, call: &Call, entries: Vec<Entry>, form: Form) -> Result<Round, Failure> {
    let whole = call.once().cloned();
    messages
        .store()
        .write::<Round, Failure>(&call.ctx, move |tx| {
            let mut settled = Vec::with_capacity(entries.len());
            let mut recorded = None;
            for entry in entries {
                let (entry, leaf) = settle_one(tx, entry)?;
                settled.push(entry);
                recorded = leaf.or(recorded);
            }
            let round = if settled.iter().all(|entry| matches!(entry.stage, Stage::Settled(_))) {
                let reply = form(&results(settled, tx.ctx()))?;
                if let Some(whole) = whole {
                    whole.keep(tx, &reply)?;
                }
                Round::Last(reply)
            } else {
                Round::Raced(settled)
            };
            let nothing = || Leaf::of("message.accept").denied("nothing_accepted");
            Ok(match recorded {
                Some(recorded) => recorded.map(|()| round),
                None => tx.record(nothing(), round),
            })
        })
        .await
}

fn settle_one(tx: &mut Tx<'_>, entry: Entry) -> Result<(Entry, Option<Recorded<()>>), Failure> {
    let Entry { item, once, stage } = entry;
    let prepared = match stage {
        Stage::Prepared(prepared) => prepared,
        stage => return Ok((Entry { item, once, stage }, None)),
    };
    let kept = match &once {
        Some(once) => match once.find(tx) {
            Ok(kept) => kept,
            Err(Failure::Refused(refusal)) => {
                let stage = Stage::Settled(ItemResult::refused(&refusal, tx.ctx()));
                return Ok((Entry { item, once: Some(once.clone()), stage }, None));
            }
            Err(fault) => return Err(fault),
        },
        None => None,
    };
    if let Some(reply) = kept {
        let stage = Stage::Settled(ItemResult::of(&reply)?);
        return Ok((Entry { item, once, stage }, None));
    }
    let (stage, recorded) = match prepared.check(tx).and_then(|()| accept(tx, *prepared)) {
        Ok(accepted) => {
            let reply = Reply::json(202, accepted.value())?;
            if let Some(once) = &once {
                once.keep(tx, &reply)?;
            }
            (Stage::Settled(ItemResult::of(&reply)?), Some(accepted.map(drop)))
        }
        Err(NotAccepted::Raced) => (Stage::Open, None),
        Err(NotAccepted::Refused(Failure::Refused(refusal))) => {
            (Stage::Settled(ItemResult::refused(&refusal, tx.ctx())), None)
        }
        Err(NotAccepted::Refused(fault)) => return Err(fault),
    };
    Ok((Entry { item, once, stage }, recorded))
}

impl Stage {
    fn into_result(self, ctx: &Ctx) -> ItemResult {
        match self {
            Self::Settled(result) => result,
            Self::Open | Self::Prepared(_) => ItemResult::refused(&Refusal::of(&CONTACT_RACED), ctx),
        }
    }
}

impl ItemResult {
    fn of(reply: &Reply) -> Result<Self, Fault> {
        Ok(Self { status: reply.status(), body: serde_json::from_slice(reply.body()).map_err(Fault::new)? })
    }

    fn refused(refusal: &Refusal, ctx: &Ctx) -> Self {
        Self { status: refusal.code().status, body: refusal.to_value(ctx.request) }
    }
}

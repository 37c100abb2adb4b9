//! `GET /v1/ledger/entries`

use schemars::JsonSchema;
use sealpost_access::permissions::LEDGER_READ;
use sealpost_store::{RequestId, Time};
use sealpost_web::{Call, Class, Endpoint, Failure, Page, Reply, get};
use serde::Deserialize;

use super::Api;
use crate::audit::entry::{ActorWord, Entry, EnvironmentWord, ResultWord};
use crate::audit::filter::Filter;
use crate::audit::ids::TypedId;
use crate::audit::service;

/// Which entries, and which page of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct EntriesQuery {
    /// How many entries, 1 to 250; 50 unless said otherwise.
    #[schemars(range(min = 1, max = 250))]
    limit: Option<u16>,
    /// Where to begin: `next_cursor` of the page before.
    cursor: Option<String>,
    /// The act, `key.revoke`; everything done to one kind of thing, `key`; or one thing done to any kind, `.reveal`.
    action: Option<String>,
    /// The kind of party that acted.
    actor_kind: Option<ActorWord>,
    /// The party that acted, by its id.
    actor: Option<TypedId>,
    /// The thing it was done to, by its id.
    target: Option<TypedId>,
    /// How it ended.
    result: Option<ResultWord>,
    /// Why it ended so, as a code.
    reason: Option<String>,
    /// The request it belongs to: everything that one request did.
    request_id: Option<RequestId>,
    /// Where it happened.
    environment: Option<EnvironmentWord>,
    /// Not before this time.
    from: Option<Time>,
    /// Before this time.
    to: Option<Time>,
}

pub(super) fn route(api: Api) -> Endpoint {
    get("/v1/ledger/entries")
        .needs(LEDGER_READ)
        .class(Class::Search)
        .acts("ledger.read")
        .summary("Read the audit ledger")
        .describe(
            "Newest first. A live key sees the whole ledger, a test key the test environment. A page may be short, even empty, and \
             still have a next one: a filter that fits little is looked for a stretch at a time. Leaves `ledger.read`, at most once \
             a minute for each key.",
        )
        .queries::<EntriesQuery>()
        .answers::<Page<Entry>>(200)
        .to(move |call| entries(api.clone(), call))
}

async fn entries(api: Api, call: Call<(), EntriesQuery>) -> Result<Reply, Failure> {
    let EntriesQuery { limit, cursor, .. } = &call.query;
    Ok(Reply::ok(&page(&api, &call, filter(&call.query), *limit, cursor.as_deref()).await?)?)
}

/// A page of the entries that fit. That they are read is recorded.
pub(in crate::audit) async fn page<B, Q>(
    api: &Api,
    call: &Call<B, Q>,
    filter: Filter,
    limit: Option<u16>,
    cursor: Option<&str>,
) -> Result<Page<Entry>, Failure> {
    let listing = call.listing(api.house.keys(), &filter, limit)?;
    let position = listing.position(cursor)?;
    let before = position.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).map(u64::from_be_bytes);
    api.record(&call.ctx).await?;
    let fetch = listing.fetch();
    let scan = service::entries(&api.house, &call.ctx, filter, before, fetch).await?;

    // Where the look ended early, stretches without entries fill the page up, so that its cursor leads on from there.
    let mut rows: Vec<_> = scan.entries.into_iter().map(|entry| (entry.seq, Some(entry))).collect();
    if scan.looked_down_to > 0 {
        rows.resize_with(fetch as usize, || (scan.looked_down_to, None));
    }
    Ok(listing.sifted(rows, |(seq, _)| seq.to_be_bytes().to_vec(), |(_, entry)| entry))
}

fn filter(query: &EntriesQuery) -> Filter {
    Filter {
        action: query.action.clone(),
        actor_kind: query.actor_kind,
        actor: query.actor.clone(),
        target: query.target.clone(),
        result: query.result,
        reason: query.reason.clone(),
        request_id: query.request_id,
        environment: query.environment,
        from: query.from,
        to: query.to,
    }
}

//! `GET /v1/looks`

use schemars::JsonSchema;
use sealpost_access::permissions::LEDGER_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, Reply, get};
use serde::Deserialize;

use super::Api;
use crate::audit::TypedId;
use crate::looks::past::{self, Day, PastLook, Wanted};

/// Which looks, and which page of them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct LooksQuery {
    /// How many looks, 1 to 250; 50 unless said otherwise.
    #[schemars(range(min = 1, max = 250))]
    limit: Option<u16>,
    /// Where to begin: `next_cursor` of the page before.
    cursor: Option<String>,
    /// Of this member or key.
    actor: Option<TypedId>,
    /// At this object.
    object: Option<TypedId>,
    /// On this day (UTC): `2026-01-15`.
    day: Option<Day>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/looks")
        .needs(LEDGER_READ)
        .class(Class::Search)
        .acts("ledger.read")
        .summary("Read who looked at clear data, and why")
        .describe(
            "Newest first, from the ledger: a live key sees all looks, a test key those of the test environment. A page may be short, \
             even empty, and still have a next one. Leaves `ledger.read`, at most once a minute for each reader.",
        )
        .queries::<LooksQuery>()
        .answers::<Page<PastLook>>(200)
        .to(move |call| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<(), LooksQuery>) -> Result<Reply, Failure> {
    let LooksQuery { limit, cursor, actor, object, day } = &call.query;
    let wanted = Wanted { actor: actor.clone(), object: object.clone(), day: day.clone() };
    Ok(Reply::ok(&page(&api, &call, wanted, *limit, cursor.as_deref()).await?)?)
}

/// A page of looks. That they are read is recorded.
pub(in crate::looks) async fn page<B, Q>(
    api: &Api,
    call: &Call<B, Q>,
    wanted: Wanted,
    limit: Option<u16>,
    cursor: Option<&str>,
) -> Result<Page<PastLook>, Failure> {
    let listing = call.listing(api.house.keys(), &wanted, limit)?;
    let position = listing.position(cursor)?;
    let before = position.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).map(u64::from_be_bytes);
    api.readers.record(&api.house, &call.ctx).await?;
    let fetch = listing.fetch();
    let stretch = past::looks(&api.house, &call.ctx, wanted, before, fetch).await?;
    // Where the search ended early, stretches without looks fill the page up, so that its cursor leads on from there.
    let mut rows: Vec<_> = stretch.looks.into_iter().map(|look| (look.seq, Some(look))).collect();
    if stretch.looked_down_to > 0 {
        rows.resize_with(fetch as usize, || (stretch.looked_down_to, None));
    }
    Ok(listing.sifted(rows, |(seq, _)| seq.to_be_bytes().to_vec(), |(_, look)| look))
}

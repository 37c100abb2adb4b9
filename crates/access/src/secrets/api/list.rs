//! `GET /v1/secrets`

use schemars::JsonSchema;
use sealpost_web::{Call, Class, Endpoint, Failure, Listing, Page, Refusal, Reply, get};
use serde::Deserialize;

use super::Api;
use super::view::SecretView;
use crate::permissions::SECRETS_MANAGE;
use crate::secrets::named;

/// Which secrets.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SecretsQuery")]
struct Query {
    /// Only those with this in their names.
    #[schemars(length(max = 63))]
    q: Option<String>,
    /// How many elements, 1 to 250; 50 unless said otherwise.
    #[schemars(range(min = 1, max = 250))]
    limit: Option<u16>,
    /// Where to begin: `next_cursor` of the page before.
    cursor: Option<String>,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/secrets")
        .needs(SECRETS_MANAGE)
        .class(Class::Read)
        .summary("List secrets")
        .describe("In the order of their names, never with values. Those the product keeps for something of its own are among them.")
        .queries::<Query>()
        .answers::<Page<SecretView>>(200)
        .to(move |call| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let part = call.query.q.clone().unwrap_or_default();
    let listing = call.listing(api.house.keys(), &part, call.query.limit)?;
    let after = position(&listing, call.query.cursor.as_deref())?;
    let (fetch, users) = (listing.fetch(), api.users);
    let rows = api.house.read(&call.ctx, move |tx| named::list(tx, users, &after, &part, fetch)).await?;
    let page = listing.page(rows, |one| one.name.as_str().as_bytes().to_vec(), |one| SecretView::of(&one));
    Ok(Reply::ok(&page)?)
}

/// Behind which name a page begins.
pub(in crate::secrets) fn position(listing: &Listing<'_>, cursor: Option<&str>) -> Result<String, Refusal> {
    let position = listing.position(cursor)?;
    Ok(position.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default())
}

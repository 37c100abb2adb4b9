//! `/v1/scim/tokens`

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use sealpost_store::{Recorded, ScimTokenId, StoreError, Time, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, IdempotencyKey, Page, PageQuery, Reply, delete, get, post};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::{Api, position};
use crate::permissions::SCIM_MANAGE;
use crate::scim::codes::SCIM_TOKENS_FULL;
use crate::scim::{Issued, ScimToken, TokenName, store, tokens};

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![list(api), create(api), revoke(api)]
}

/// A token of a directory, without its text.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ScimToken")]
struct TokenView {
    id: ScimTokenId,
    name: String,
    /// The last four characters of its text.
    last4: String,
    /// The role that whoever made it had: through it nobody may more.
    role: String,
    created_at: Time,
    /// To the minute.
    last_used_at: Option<Time>,
    revoked_at: Option<Time>,
}

impl TokenView {
    fn of(token: &ScimToken) -> Self {
        let ScimToken { id, name, last4, role, created_at, last_used_at, revoked_at } = token.clone();
        Self { id, name, last4, role: role.to_string(), created_at, last_used_at, revoked_at }
    }
}

/// A token that was just made.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "NewScimToken")]
struct IssuedView<'a> {
    #[serde(flatten)]
    view: TokenView,
    /// Its text: shown now and never again. `null` if this answers a repeated request.
    token: Option<&'a str>,
}

/// A token to be made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScimTokenToMake")]
struct Body {
    /// What people will call it: the directory.
    name: TokenName,
    #[serde(rename = "idempotency_key")]
    _idempotency_key: Option<IdempotencyKey>,
}

fn list(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/scim/tokens")
        .needs(SCIM_MANAGE)
        .session()
        .class(Class::Read)
        .summary("List tokens of directories")
        .queries::<PageQuery>()
        .answers::<Page<TokenView>>(200)
        .to(move |call: Call<(), PageQuery>| {
            let api = api.clone();
            async move {
                let house = api.members.house();
                let listing = call.listing(house.keys(), &(), call.query.limit)?;
                let (before, fetch) = (position(&listing, call.query.cursor.as_deref())?, listing.fetch());
                let rows = house.read::<_, StoreError>(&call.ctx, move |tx| store::tokens(tx, before, fetch)).await?;
                Ok(Reply::ok(&listing.page(rows, |one| one.id.bytes().to_vec(), |one| TokenView::of(&one)))?)
            }
        })
}

fn create(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/v1/scim/tokens")
        .needs(SCIM_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("scim_token.create")
        .summary("Create a token for a directory")
        .describe("Its text is in this answer and nowhere else. It is good below `/scim/v2` alone, until it is revoked, and does to members no more than whoever creates it may.")
        .takes::<Body>()
        .example(json!({ "name": "Okta" }))
        .answers::<IssuedView<'static>>(201)
        .refuses(&[&SCIM_TOKENS_FULL])
        .to(move |call: Call<Body>| {
            let api = api.clone();
            async move {
                let (name, keys) = (call.body.name.clone(), api.members.house().keys().clone());
                let act = move |tx: &mut Tx<'_>| show_once(tokens::create(tx, &keys, &name)?);
                call.write(api.members.house(), act).await
            }
        })
}

/// The one answer that holds the token's text, and the one a repeated request gets.
fn show_once(issued: Recorded<Issued>) -> Result<Recorded<Reply>, Failure> {
    let Issued { token, plain } = issued.value();
    let view = |text| IssuedView { view: TokenView::of(token), token: text };
    let reply = Reply::secret_once(201, &view(Some(plain.expose())), &view(None))?;
    Ok(issued.map(|_| reply))
}

fn revoke(api: &Api) -> Endpoint {
    let api = api.clone();
    delete("/v1/scim/tokens/{id}")
        .needs(SCIM_MANAGE)
        .session()
        .class(Class::Write)
        .acts("scim_token.revoke")
        .summary("Revoke a token of a directory")
        .describe("The next request with it is refused, on every node. Can't be undone; members stay as they are.")
        .answers_with(204, "")
        .to(move |call: Call| {
            let api = api.clone();
            async move {
                let id: ScimTokenId = call.id("id")?;
                let act = move |tx: &mut Tx<'_>| Ok(tokens::revoke(tx, id)?.map(|()| Reply::empty()));
                call.write(api.members.house(), act).await
            }
        })
}

impl<'de> Deserialize<'de> for TokenName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("name_invalid"))
    }
}

impl JsonSchema for TokenName {
    fn schema_name() -> Cow<'static, str> {
        "ScimTokenName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 100 })
    }
}

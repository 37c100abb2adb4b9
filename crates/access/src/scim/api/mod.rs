//! The API of directories: what they ask below `/scim/v2`, and what people set up.

mod answer;
mod discovery;
mod groups;
mod query;
mod role_mappings;
mod schemas;
mod search;
mod tokens;
mod users;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealpost_store::{Ctx, OrgId, OrgKeys, ScimTokenId, StoreError, Time};
use sealpost_web::{Call, Failure, Feature, Listing, Refusal};
use serde_json::{Value, json};

use super::users::Desk;
use super::wire::Object;
use super::{codes, pages};
use crate::members::Members;
use crate::sessions::SessionAuthenticator;
use answer::expect_version;

/// Where directories ask.
const BASE: &str = "/scim/v2";

/// What the handlers need: where members are, who remembers what they may, and where all of it is.
#[derive(Clone)]
pub(super) struct Api {
    pub(super) members: Members,
    sessions: Arc<SessionAuthenticator>,
    url: Arc<str>,
}

/// How resources look: under which keys they are versioned, and where they are.
#[derive(Clone)]
pub(super) struct View {
    pub(super) org: OrgId,
    pub(super) keys: Arc<OrgKeys>,
    url: Arc<str>,
}

impl View {
    /// Where a resource is.
    pub(super) fn at(&self, kind: &str, id: &impl std::fmt::Display) -> String {
        format!("{}{BASE}/{kind}/{id}", self.url)
    }

    /// The resource with its `meta`: its version is a keyed hash of all it says.
    pub(super) fn finished(
        &self,
        mut object: Object,
        kind: &'static str,
        location: &str,
        (created, updated): (Time, Time),
    ) -> Object {
        let mut meta = json!({
            "resourceType": kind,
            "created": created,
            "lastModified": updated,
            "location": location,
        });
        object.insert("meta".to_owned(), meta.clone());
        let text = Value::Object(object.clone()).to_string();
        let mac = self.keys.purpose("scim-version").mac(&[text.as_bytes()]);
        let version = mac.first_chunk::<12>().map(|begin| URL_SAFE_NO_PAD.encode(begin)).unwrap_or_default();
        if let Some(meta) = meta.as_object_mut() {
            meta.insert("version".to_owned(), format!("W/\"{version}\"").into());
        }
        object.insert("meta".to_owned(), meta);
        object
    }
}

impl Api {
    /// How a directory sees its organisation.
    async fn view(&self, ctx: &Ctx) -> Result<View, StoreError> {
        let keys = self.members.house().keys().organisation(ctx.org.id).await?;
        Ok(View { org: ctx.org.id, keys, url: self.url.clone() })
    }

    /// Where directories ask.
    pub(super) fn base(&self) -> String {
        format!("{}{BASE}", self.url)
    }

    async fn desk(&self, ctx: &Ctx) -> Result<Desk, StoreError> {
        let epochs = self.members.house().keys().epochs(ctx.org.id, ctx.now()).await?;
        Ok(Desk { members: self.members.clone(), view: self.view(ctx).await?, epochs })
    }
}

/// Where a page of a list begins: behind this token.
pub(super) fn position(listing: &Listing<'_>, cursor: Option<&str>) -> Result<ScimTokenId, Refusal> {
    let position = listing.position(cursor)?;
    let id = position.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
    Ok(ScimTokenId::from_bytes(id.unwrap_or([0xff; 16])))
}

/// What `If-Match` says of a resource as it is now: the resource, or that it was changed since.
fn as_known<B, Q>(call: &Call<B, Q>) -> impl FnOnce(Object) -> Result<Object, Failure> + Send + use<B, Q> {
    let known = call.header("if-match").map(str::to_owned);
    move |object| expect_version(known.as_deref(), &object).map(|()| object).map_err(Into::into)
}

/// Routes of directories. `url` is where this server is, as its pages say it.
pub fn feature(members: Members, sessions: Arc<SessionAuthenticator>, url: &str) -> Feature {
    let api = Api { members, sessions, url: url.trim_end_matches('/').into() };
    let asked = [users::routes(&api), groups::routes(&api), search::routes(&api), discovery::routes(&api)];
    let set_up = [tokens::routes(&api), role_mappings::routes(&api), pages::routes(&api)];
    Feature {
        name: "scim",
        about: "Members and teams as a directory has them (SCIM 2.0, RFC 7643 and RFC 7644). A directory presents a token of its own, \
                which is good for nothing else. Whoever it deactivates is signed out within a second.",
        routes: asked.into_iter().chain(set_up).flatten().collect(),
        codes: codes::ALL,
    }
}

//! `GET` and `POST /app/{env}/keys/new`

use schemars::JsonSchema;
use sealpost_seal::token::KeyKind;
use sealpost_store::Recorded;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::shell::{Ask, Pages, ShownOnce};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::words;
use crate::api_keys::Cidrs;
use crate::api_keys::api::Api;
use crate::api_keys::codes::{MASK_PROFILE_EXCEEDED, SCOPES_EMPTY, SCOPES_EXCEEDED, SCOPES_NOT_PUBLISHABLE};
use crate::api_keys::model::{Ceiling, Issued, KeyMask, KeyName, Lifetime, NewKey};
use crate::api_keys::service::{self, Making};
use crate::permissions::{ALL, KEYS_MANAGE, PermissionNames};

/// A key to be made.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "KeyForm")]
struct Form {
    name: Option<String>,
    /// `secret` or `publishable`.
    kind: Option<String>,
    #[serde(default)]
    scopes: PermissionNames,
    mask_profile: Option<String>,
    expires_in_days: Option<String>,
    /// Networks with spaces, commas or line breaks between; anywhere if left empty.
    networks: Option<String>,
}

impl Form {
    /// The key, or what of it is none.
    fn read(&self) -> Result<NewKey, Refusal> {
        let wrong = |at: &'static str, code: &'static str| move || Refusal::of(&BODY_INVALID).at(at, code);
        let name = KeyName::parse(self.name.as_deref().unwrap_or_default().trim()).ok();
        let days = self.expires_in_days.as_deref().map(|days| days.trim().parse().ok());
        let lifetime = match days {
            None => Some(Lifetime::default()),
            Some(days) => days.and_then(|days| Lifetime::days(days).ok()),
        };
        let mask = self.mask_profile.as_deref().map_or(Some(KeyMask::default()), KeyMask::from_name);
        Ok(NewKey {
            name: name.ok_or_else(wrong("/name", "name_invalid"))?,
            kind: match self.kind.as_deref() {
                Some("publishable") => KeyKind::Publishable,
                None | Some("secret") => KeyKind::Secret,
                Some(_) => return Err(wrong("/kind", "field_invalid")()),
            },
            scopes: self.scopes.0,
            mask: mask.ok_or_else(wrong("/mask_profile", "mask_profile_unknown"))?,
            lifetime: lifetime.ok_or_else(wrong("/expires_in_days", "out_of_range"))?,
            cidrs: Cidrs::from_field(self.networks.as_deref(), "/networks")?,
        })
    }
}

pub(super) fn ask() -> Endpoint {
    get("/app/{env}/keys/new")
        .needs(KEYS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what a new key may do")
        .to(|call: Call| std::future::ready(question(&call, &Form::default()).show(&call)))
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/keys/new")
        .needs(KEYS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("key.create")
        .summary("Create an API key")
        .describe("Shows its text this once.")
        .takes_form::<Form>()
        .example(json!({ "name": "Shop backend", "kind": "secret", "scopes": ["messages:send"] }))
        .answers_with(200, "text/html")
        .refuses(&[&SCOPES_EXCEEDED, &SCOPES_NOT_PUBLISHABLE, &SCOPES_EMPTY, &MASK_PROFILE_EXCEEDED])
        .to(move |call: Call<Form>| handle(api.clone(), call))
}

async fn handle(api: Api, call: Call<Form>) -> Result<Reply, Failure> {
    match create(&api, &call).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

async fn create(api: &Api, call: &Call<Form>) -> Result<Reply, Failure> {
    let new = call.body.read()?;
    let with = Making::ready(&api.house, &call.ctx).await?;
    let (ceiling, pages) = (Ceiling::of(&call.caller), call.pages()?);
    call.write(&api.house, move |tx| show_once(&pages, service::create(tx, &with, ceiling, new)?)).await
}

/// The one page that holds the key's text, and the one a repeated request gets.
pub(super) fn show_once(pages: &Pages, issued: Recorded<Issued>) -> Result<Recorded<Reply>, Failure> {
    let Issued { key, plain } = issued.value();
    let says = "Put it where your program reads its secrets: never into a URL, a repository or a chat.";
    let next = ("Go on to the key".to_owned(), pages.at(&format!("/keys/{}", key.id)));
    let shown = ShownOnce::new(format!("{} is created", key.name.as_str()), says, next).secret("Key", plain.expose());
    let reply = pages.once("Key created", &shown, &shown.again())?;
    Ok(issued.map(|_| reply))
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let of = |value: &Option<String>, otherwise: &str| value.clone().unwrap_or_else(|| otherwise.to_owned());
    let kinds = vec![
        Choice::new("secret", "Secret: for servers only"),
        Choice::new("publishable", "Publishable: may stand in a web page, holds no scopes"),
    ];
    let scopes = call.caller.permissions.iter(ALL).map(|scope| Choice::new(scope.name(), scope.title()));
    let most = Ceiling::of(&call.caller).mask;
    let masks = KeyMask::ALL.into_iter().filter(|mask| *mask <= most);
    let masks = masks.map(|mask| Choice::new(mask.as_str(), words::mask(mask))).collect();
    let ticked: Vec<_> = form.scopes.0.iter(ALL).map(|scope| scope.name()).collect();
    let says = "At most what you may do yourself, and in this environment alone.";
    Ask::new(call, "Create a key", says, "/keys")
        .sensitive()
        .field(Field::new("name", "Name").value(of(&form.name, "")).placeholder("Shop backend").required())
        .field(Field::new("kind", "Kind").kind(Kind::Choice(kinds)).value(of(&form.kind, "secret")))
        .field(Field::new("scopes", "What it may do").kind(Kind::Ticks(scopes.collect())).value(ticked.join(",")))
        .field(
            Field::new("mask_profile", "What it sees of phone numbers")
                .kind(Kind::Choice(masks))
                .value(of(&form.mask_profile, KeyMask::default().as_str())),
        )
        .field(
            Field::new("expires_in_days", "Ends after so many days")
                .kind(Kind::Typed("number"))
                .value(of(&form.expires_in_days, "90"))
                .hint("1 to 366. You are reminded 14, 3 and 1 days before."),
        )
        .field(
            Field::new("networks", "From where")
                .value(of(&form.networks, ""))
                .placeholder("192.0.2.0/24")
                .hint("Networks with spaces between. Left empty, from anywhere."),
        )
        .submit("Create")
}

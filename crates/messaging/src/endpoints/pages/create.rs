//! `GET` and `POST /app/{env}/endpoints/new`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_access::secrets::may_refer;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_store::Store;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::shell::{Ask, ShownOnce};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::endpoints::Endpoints;
use crate::endpoints::api::body;
use crate::endpoints::codes::{ENDPOINT_EXISTS, ENDPOINT_INVALID, SECRET_INVALID, URL_REFUSED};
use crate::endpoints::proof::{self, WayWord};
use crate::endpoints::service::{self, NewEndpoint};
use crate::endpoints::signing::{self, GivenProfile, with_secrets};

/// A new endpoint.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EndpointForm")]
pub(super) struct Form {
    pub(super) name: Option<String>,
    pub(super) url: Option<String>,
    pub(super) description: Option<String>,
    /// Patterns with spaces or commas between; all events if left empty.
    pub(super) events: Option<String>,
    /// Names with spaces or commas between, besides `standard`.
    pub(super) profiles: Option<String>,
    /// How it proves that it wants to be called.
    pub(super) proof: Option<WayWord>,
    /// `on` or `off`: whether `standard` rides along.
    pub(super) standard: Option<String>,
    /// The name or id of a stored secret to sign with; one is made if left empty.
    pub(super) secret: Option<String>,
}

/// How it is to be signed, as a form says it.
pub(super) fn signing(
    profiles: Option<&str>,
    standard: Option<&str>,
    caller: &sealpost_web::Caller,
) -> Result<signing::Change, sealpost_web::Refusal> {
    let names = listed(profiles).into_iter().map(GivenProfile::Name).collect();
    // Whoever chooses that line has read it.
    signing::profiles(Some(names), standard.map(|word| word != "off"), true, caller)
}

/// The fields of a form that say how it is to be signed.
pub(super) fn signing_fields(ask: Ask, profiles: &str, standard: &str) -> Ask {
    let choices = vec![
        Choice::new("on", "Rides along: receivers can move to it, and tell repeats"),
        Choice::new("off", "Left out: I know that receivers have only what the others protect"),
    ];
    ask.field(
        Field::new("profiles", "Signed as")
            .value(profiles)
            .placeholder("fyno")
            .hint("What your receiver knows: fyno, fanfare, safravo, stripe-like, github-like, rfc9421. Several may be sent together."),
    )
    .field(Field::new("standard", "Standard Webhooks").kind(Kind::Choice(choices)).value(standard))
}

/// A list as people type one.
pub(super) fn listed(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default()
        .split([' ', ',', '\n'])
        .map(str::trim)
        .filter(|one| !one.is_empty())
        .map(str::to_owned)
        .collect()
}

pub(super) fn ask() -> Route {
    get("/app/{env}/endpoints/new")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask what a new endpoint is")
        .to(|call: Call| std::future::ready(question(&call, &Form::default()).show(&call)))
}

pub(super) fn create(store: &Store, endpoints: &Endpoints) -> Route {
    let (store, endpoints) = (store.clone(), endpoints.clone());
    post("/app/{env}/endpoints/new")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.create")
        .summary("Add an endpoint")
        .describe("Shows its secret this once.")
        .takes_form::<Form>()
        .example(json!({ "name": "billing", "url": "https://receiver.example.com/hooks", "events": "message.*" }))
        .answers_with(200, "text/html")
        .refuses(&[&ENDPOINT_EXISTS, &ENDPOINT_INVALID, &SECRET_INVALID, &URL_REFUSED, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call: Call<Form>| handle(store.clone(), endpoints.clone(), call))
}

async fn handle(store: Store, endpoints: Endpoints, call: Call<Form>) -> Result<Reply, Failure> {
    match make(&store, &endpoints, &call).await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

async fn make(store: &Store, endpoints: &Endpoints, call: &Call<Form>) -> Result<Reply, Failure> {
    let form = call.body.clone();
    let url = form.url.unwrap_or_default();
    endpoints.check_url(&call.ctx, &url, None).await?;
    let description = form.description.unwrap_or_default();
    body::description(&description)?;
    let new = NewEndpoint {
        name: body::name(form.name.as_deref().unwrap_or_default())?,
        url,
        description,
        events: body::events(listed(form.events.as_deref()))?,
        signing: signing(form.profiles.as_deref(), form.standard.as_deref(), &call.caller)?,
        secret: form.secret.as_deref().map(|named| body::stored(named, &call.caller)).transpose()?,
    };
    let proof = form.proof;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    // The page is made where the secret is; whoever comes second gets it without.
    let pages = call.pages()?;
    call.write(store, move |tx| {
        let created = service::create(tx, &keys, new)?;
        if let Some(way) = proof {
            proof::choose(tx, created.value().endpoint.id, way.into())?;
        }
        let made = created.value();
        let id = made.endpoint.id;
        let (says, next) = match &made.waits {
            None => (
                "Give the secret to the receiver first, then let the endpoint prove that it wants to be called: until then it hears of nothing.",
                ("Go on to verify it".to_owned(), pages.at(&format!("/endpoints/{id}"))),
            ),
            Some(approval) => (
                "Give the secret to the receiver. It is not called before others have agreed and it has proved that it wants to be.",
                ("What waits for others".to_owned(), pages.at(&format!("/approvals/{}", approval.id))),
            ),
        };
        let mut shown = ShownOnce::new(format!("Endpoint {} is added", made.endpoint.name), says, next);
        if let Some(secret) = &made.secret {
            shown = shown.secret("Signing secret", secret.expose());
        }
        shown = with_secrets(shown, &made.profile_secrets);
        shown = shown.other("Public key of the Ed25519 signatures", made.public_key.clone());
        let reply = pages.once("Endpoint added", &shown, &shown.again())?;
        Ok(created.map(|_| reply))
    })
    .await
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let of = |value: &Option<String>| value.clone().unwrap_or_default();
    let ask =
        Ask::new(call, "Add an endpoint", "It hears of nothing until it has proved that it wants to.", "/endpoints")
            .field(
                Field::new("name", "Name")
                    .value(of(&form.name))
                    .placeholder("billing")
                    .hint("a–z, 0–9, dash")
                    .required(),
            )
            .field(
                Field::new("url", "URL")
                    .kind(Kind::Typed("url"))
                    .value(of(&form.url))
                    .placeholder("https://billing.example.com/hooks")
                    .hint("https, a public host, port 443 or 8443; another one where others agree to it")
                    .required(),
            )
            .field(Field::new("description", "What it is for").value(of(&form.description)))
            .field(
                Field::new("events", "Events")
                    .value(of(&form.events))
                    .placeholder("message.*")
                    .hint("Names, message.* or *, with spaces between. Left empty, it hears of all."),
            );
    let ask = signing_fields(ask, &of(&form.profiles), form.standard.as_deref().unwrap_or("on"));
    // Only whoever manages secrets may name one.
    let ask = match may_refer(&call.caller) {
        Ok(()) => ask.field(
            Field::new("secret", "Stored secret to sign with")
                .value(of(&form.secret))
                .placeholder("shop-signing")
                .hint("Its name in Secrets. Left empty, one is made and shown this once."),
        ),
        Err(_) => ask,
    };
    ask.field(
        Field::new("proof", "It proves that it wants to be called")
            .kind(Kind::Choice(proof::WAYS.map(|(value, says)| Choice::new(value, says)).into()))
            .value(form.proof.map_or("ping", WayWord::word)),
    )
    .submit("Add")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_people_type_it() {
        assert_eq!(listed(Some("message.*, key.revoked  a.b")), ["message.*", "key.revoked", "a.b"]);
        assert!(listed(None).is_empty() && listed(Some(" , ")).is_empty());
    }
}

//! `GET` and `POST /app/{env}/endpoints/{id}/custom`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_seal::signature::Encoding;
use sealpost_store::{EndpointId, Store};
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::shell::{Ask, ShownOnce};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::with_secrets;
use crate::endpoints::codes::ENDPOINT_INVALID;
use crate::endpoints::model::Endpoint;
use crate::endpoints::policy::{self, POLICY_REFUSES};
use crate::endpoints::service::{self, Changes, find};
use crate::endpoints::signing::api::{Definition, custom};
use crate::endpoints::signing::model::{CUSTOM, Change, Entry, STANDARD};
use crate::versions::{Expected, Promoted};

/// A format of one's own.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CustomSignatureForm")]
struct Form {
    header: Option<String>,
    value: Option<String>,
    signed: Option<String>,
    encoding: Option<String>,
    prefix: Option<String>,
    separator: Option<String>,
    /// `Name: {placeholder}`, one a line.
    companions: Option<String>,
}

pub(super) fn ask(store: &Store) -> Route {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/custom")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask for a signature format of one's own")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let endpoint = store.read(&call.ctx, move |tx| find(tx, id)).await?;
                question(&call, id, &Form::of(&endpoint)).show(&call)
            }
        })
}

pub(super) fn describe(store: &Store) -> Route {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/custom")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.update")
        .done("Format changed")
        .summary("Describe a signature format of one's own")
        .describe("Shows the secret that is made for it this once.")
        .takes_form::<Form>()
        .example(json!({ "header": "X-Acme-Signature", "signed": "{body}", "encoding": "hex" }))
        .answers_with(200, "text/html")
        .also_answers(303, "")
        .refuses(&[&ENDPOINT_INVALID])
        .refuses(&POLICY_REFUSES)
        .to(move |call: Call<Form>| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                match described(&store, &call, id).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => question(&call, id, &call.body).again(&call, failure),
                }
            }
        })
}

async fn described(store: &Store, call: &Call<Form>, id: EndpointId) -> Result<Reply, Failure> {
    let custom = custom(read(call.body.clone())?).map_err(in_form)?;
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    let (pages, done) = (call.pages()?, call.done(&format!("/endpoints/{id}/signing")));
    call.write(store, move |tx| {
        let had = find(tx, id)?.profiles;
        let others =
            had.names().iter().filter(|name| ![CUSTOM, STANDARD].contains(name)).map(|name| Entry::named(name));
        let own = Entry { name: CUSTOM, definition: Some(custom), secret: None };
        let entries = Some(others.chain([own]).collect());
        let change = (Changes::default(), Change { entries, standard: None });
        let changed = service::change(tx, &keys, id, change, &Expected::default())?;
        let made = match changed.value() {
            Promoted::InForce((_, made)) if !made.is_empty() => made,
            became => {
                let reply = policy::settled(became, done, &pages.at("/approvals"));
                return Ok(changed.map(|_| reply));
            }
        };
        let next = ("To the endpoint".to_owned(), pages.at(&format!("/endpoints/{id}/signing")));
        let says = "The format has a secret of its own: its text is the key. Give it to the receiver.";
        let shown = with_secrets(ShownOnce::new("Signed in your own format", says, next), made);
        let reply = pages.once("New secret", &shown, &shown.again())?;
        Ok(changed.map(|_| reply))
    })
    .await
}

fn read(form: Form) -> Result<Definition, Refusal> {
    let wrong = |place, code| Refusal::of(&ENDPOINT_INVALID).at(place, code);
    let encoding = match form.encoding.as_deref().unwrap_or("hex") {
        "hex" => Encoding::Hex,
        "base64" => Encoding::Base64,
        _ => return Err(wrong("/encoding", "encoding_unknown")),
    };
    let separator = match form.separator.as_deref().unwrap_or_default() {
        "" => None,
        "comma" => Some(','),
        "semicolon" => Some(';'),
        "space" => Some(' '),
        _ => return Err(wrong("/separator", "separator_invalid")),
    };
    let lines = form.companions.unwrap_or_default();
    let pairs = lines.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
        let (name, value) = line.split_once(':').ok_or_else(|| wrong("/companions", "line_invalid"))?;
        Ok::<_, Refusal>((name.trim().to_owned(), value.trim().to_owned()))
    });
    Ok(Definition {
        header: form.header.unwrap_or_default().trim().to_owned(),
        value: form.value,
        signed: form.signed.unwrap_or_default(),
        encoding,
        prefix: form.prefix,
        separator,
        companions: Some(pairs.collect::<Result<_, _>>()?),
    })
}

/// What was wrong with a description, said beside the field of the form.
fn in_form(refusal: Refusal) -> Refusal {
    let places = ["header", "value", "signed", "prefix", "separator", "companions"];
    let wrong = refusal.errors().first().map(|wrong| (format!("{:?}", wrong.place), wrong.code.clone()));
    let Some((at, code)) = wrong else { return refusal };
    let place = places.into_iter().find(|place| at.contains(&format!("/{place}\""))).unwrap_or("header");
    Refusal::of(&ENDPOINT_INVALID).at(format!("/{place}"), code)
}

impl Form {
    /// As it is now.
    fn of(endpoint: &Endpoint) -> Self {
        let Some(custom) = &endpoint.custom else { return Self::default() };
        let spec = custom.spec();
        let companions = spec.companions.iter().map(|(name, value)| format!("{name}: {value}"));
        Self {
            header: Some(spec.header.clone()),
            value: Some(spec.value.clone()),
            signed: Some(spec.signed.clone()),
            encoding: Some(if spec.encoding == Encoding::Hex { "hex" } else { "base64" }.into()),
            prefix: Some(spec.prefix.clone()),
            separator: spec.separator.map(|separator| {
                match separator {
                    ',' => "comma",
                    ';' => "semicolon",
                    _ => "space",
                }
                .into()
            }),
            companions: Some(companions.collect::<Vec<_>>().join("\n")),
        }
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: EndpointId, form: &Form) -> Ask {
    let of = |value: &Option<String>, otherwise: &str| value.clone().unwrap_or_else(|| otherwise.to_owned());
    let encodings = vec![Choice::new("hex", "Hexadecimal"), Choice::new("base64", "Base64")];
    let separators = vec![
        Choice::new("", "Nothing: one signature only"),
        Choice::new("comma", "A comma"),
        Choice::new("semicolon", "A semicolon"),
        Choice::new("space", "A space"),
    ];
    Ask::new(
        call,
        "Sign in a format of your own",
        "For a receiver that checks what none of the profiles sends: HMAC-SHA256 over what you say.",
        &format!("/endpoints/{id}/signing"),
    )
    .field(Field::new("header", "Header").value(of(&form.header, "")).placeholder("X-Acme-Signature").required())
    .field(
        Field::new("value", "What stands in it")
            .value(of(&form.value, "{signatures}"))
            .hint("{timestamp}, {id}, {event} and other text, {signatures} at its end"),
    )
    .field(
        Field::new("signed", "What is signed")
            .value(of(&form.signed, "{timestamp}.{body}"))
            .hint("{body} once; {timestamp}, {id}, {event} where a header tells them. Without {timestamp} a delivery can be replayed.")
            .required(),
    )
    .field(Field::new("encoding", "Signatures are written in").kind(Kind::Choice(encodings)).value(of(&form.encoding, "hex")))
    .field(Field::new("prefix", "Before each signature").value(of(&form.prefix, "")).placeholder("sha256="))
    .field(Field::new("separator", "Between signatures").kind(Kind::Choice(separators)).value(of(&form.separator, "")))
    .field(
        Field::new("companions", "Other headers")
            .kind(Kind::Lines(3, true))
            .value(of(&form.companions, ""))
            .placeholder("X-Acme-Timestamp: {timestamp}"),
    )
    .submit("Sign so")
}

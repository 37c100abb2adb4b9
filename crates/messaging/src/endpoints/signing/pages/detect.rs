//! `GET` and `POST /app/{env}/endpoints/detect`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_seal::SecretText;
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Field, Kind};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::detected::DetectedPage;
use crate::endpoints::signing::api::looked_at;

/// One old delivery.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OldDeliveryForm")]
struct Form {
    /// `Name: value`, one a line.
    headers: Option<String>,
    body: Option<String>,
    #[schemars(with = "Option<String>")]
    secret: Option<SecretText>,
}

pub(super) fn ask() -> Route {
    get("/app/{env}/endpoints/detect")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask for one old delivery")
        .to(|call: Call| std::future::ready(question(&call, &Form::default()).show(&call)))
}

pub(super) fn detect() -> Route {
    post("/app/{env}/endpoints/detect")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Search)
        .changes_nothing("it looks at what it is given, and keeps nothing of it")
        .summary("Find out how an old delivery was signed")
        .takes_form::<Form>()
        .example(json!({
            "headers": "X-Hub-Signature-256: sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            "body": "Hello, World!",
            "secret": "It's a Secret to Everybody",
        }))
        .answers_with(200, "text/html")
        .to(|call: Call<Form>| async move {
            match found(&call).await {
                Ok(reply) => Ok(reply),
                Err(failure) => question(&call, &call.body).again(&call, failure),
            }
        })
}

async fn found(call: &Call<Form>) -> Result<Reply, Failure> {
    let Form { headers, body, secret } = &call.body;
    let wrong = |place, code| Refusal::of(&BODY_INVALID).at(place, code);
    let lines = headers.as_deref().unwrap_or_default().lines().map(str::trim).filter(|line| !line.is_empty());
    let pairs = lines.map(|line| {
        let (name, value) = line.split_once(':').ok_or_else(|| wrong("/headers", "line_invalid"))?;
        Ok::<_, Refusal>((name.trim().to_owned(), value.trim().to_owned()))
    });
    let headers = pairs.collect::<Result<Vec<_>, _>>()?;
    // A browser sends line ends of its own (URL Standard §5.1): what was one byte is two.
    let body = body.as_deref().unwrap_or_default().replace("\r\n", "\n").into_bytes();
    let secret = SecretText::new(secret.as_ref().map(SecretText::expose).unwrap_or_default().to_owned());
    let view = looked_at(headers, body, secret).await?;
    call.show("How it was signed", &DetectedPage::new(call.at("/endpoints/detect"), &view))
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let of = |value: &Option<String>| value.clone().unwrap_or_default();
    Ask::new(
        call,
        "Find out how a delivery was signed",
        "Paste one delivery of the sender you had before, with its secret: you see which profile, encoding and key verify. \
         Nothing of it is kept.",
        "/endpoints",
    )
    .field(
        Field::new("headers", "Headers")
            .kind(Kind::Lines(5, true))
            .value(of(&form.headers))
            .placeholder("X-Acme-Signature: sha256=…")
            .hint("Name: value, one a line")
            .required(),
    )
    .field(Field::new("body", "Body").kind(Kind::Lines(5, true)).value(of(&form.body)).hint("Exactly as it came"))
    .field(Field::new("secret", "Secret").kind(Kind::Typed("password")).required())
    .submit("Look")
}

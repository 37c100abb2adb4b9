//! `GET` and `POST /app/{env}/endpoints/{id}/encryption`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_access::secrets::SecretRef;
use sealpost_seal::payload::{KeyForm, Method};
use sealpost_store::{EndpointId, Store, Tx};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::words;
use crate::endpoints::codes::{ENCRYPTION_INVALID, ENCRYPTION_KEY_INVALID, SECRET_REFERENCE_REQUIRED};
use crate::endpoints::encryption::api::body::{Body, GivenKey};
use crate::endpoints::encryption::model::Keys;
use crate::endpoints::encryption::service::{self, Standing};
use crate::endpoints::policy::{self, POLICY_REFUSES};
use crate::endpoints::service::find;
use crate::versions::Expected;

/// How an endpoint is to be encrypted for.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EndpointEncryptionForm")]
struct Form {
    method: Option<String>,
    /// Pointers with spaces or line ends between; the whole body if left empty.
    fields: Option<String>,
    request: Option<String>,
    member: Option<String>,
    /// A stored secret's name.
    secret: Option<String>,
    version: Option<String>,
    encoding: Option<String>,
    /// A JWK.
    public_key: Option<String>,
    /// `yes` with a legacy method.
    legacy: Option<String>,
}

impl Form {
    fn of(standing: &Standing) -> Self {
        let e = &standing.encryption;
        let (version, encoding, public_key) = match &e.keys {
            Keys::Shared(key) => (key.version.map(|number| number.to_string()), Some(key.form.name().to_owned()), None),
            Keys::Recipient { public, .. } => (None, None, Some(public.to_jwk().to_string())),
        };
        Self {
            method: Some(e.method.name().to_owned()),
            fields: Some(e.scope.fields().join("\n")),
            request: Some(e.scope.shape().word().to_owned()),
            member: Some(e.member.as_str().to_owned()),
            secret: standing.secret.as_ref().map(|name| name.as_str().to_owned()),
            version,
            encoding,
            public_key,
            legacy: e.method.is_legacy().then(|| "yes".to_owned()),
        }
    }

    /// The same as the API takes it.
    fn body(&self) -> Result<Body, Refusal> {
        let wrong = |place, code| Refusal::of(&ENCRYPTION_INVALID).at(place, code);
        let fields = self.fields.as_deref().unwrap_or_default().split_whitespace().map(str::to_owned).collect();
        let version =
            given(&self.version).map(str::parse).transpose().map_err(|_| wrong("/version", "number_invalid"))?;
        let secret = given(&self.secret)
            .map(|text| SecretRef::parse(text).map_or(GivenKey::Inline, |secret| GivenKey::Stored(secret, version)));
        let public_key = given(&self.public_key).map(serde_json::from_str::<Map<String, Value>>).transpose();
        Ok(Body {
            method: given(&self.method).unwrap_or_default().to_owned(),
            fields,
            request: given(&self.request).map(str::to_owned),
            member: given(&self.member).map(str::to_owned),
            encoding: given(&self.encoding).filter(|_| self.is_shared()).map(str::to_owned),
            secret,
            public_key: public_key.map_err(|_| wrong("/public_key", "json_invalid"))?,
            legacy: given(&self.legacy) == Some("yes"),
            ..Body::default()
        })
    }

    /// Whether the method takes a shared key: the form always sends an encoding.
    fn is_shared(&self) -> bool {
        given(&self.method).and_then(Method::named).is_none_or(|method| method.key_len().is_some())
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

pub(super) fn ask(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/app/{env}/endpoints/{id}/encryption")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask how to encrypt for an endpoint")
        .to(move |call: Call| {
            let store = store.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let keys = store.keys().organisation(call.ctx.org.id).await?;
                let standing = store.read::<_, Failure>(&call.ctx, move |tx| {
                    find(tx, id)?;
                    Ok(service::standing(tx, &keys, id)?)
                });
                let form = standing.await?.as_ref().map(Form::of).unwrap_or_default();
                question(&call, id, &form).show(&call)
            }
        })
}

pub(super) fn route(store: &Store) -> Endpoint {
    let store = store.clone();
    post("/app/{env}/endpoints/{id}/encryption")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.set_encryption")
        .done("Encrypted from now on")
        .summary("Encrypt for an endpoint")
        .takes_form::<Form>()
        .example(json!({ "method": "jwe-ecdh-es",
            "public_key": r#"{"kty":"OKP","crv":"X25519","kid":"hooks-2026","x":"3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08"}"# }))
        .answers_with(303, "")
        .refuses(&[&ENCRYPTION_INVALID, &ENCRYPTION_KEY_INVALID, &SECRET_REFERENCE_REQUIRED])
        .refuses(&POLICY_REFUSES)
        .to(move |call: Call<Form>| handle(store.clone(), call))
}

async fn handle(store: Store, call: Call<Form>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let set = async {
        let wanted = call.body.body()?.by(&call.caller)?;
        let keys = store.keys().organisation(call.ctx.org.id).await?;
        let (done, approvals) = (call.done(&format!("/endpoints/{id}")), call.at("/approvals"));
        let set = move |tx: &mut Tx<'_>| {
            let set = service::set(tx, &keys, id, wanted, &Expected::default())?;
            Ok(set.map(|set| policy::settled(&set, done, &approvals)))
        };
        call.write(&store, set).await
    };
    match set.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, id, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, id: EndpointId, form: &Form) -> Ask {
    let of = |value: &Option<String>| value.clone().unwrap_or_default();
    let or = |value: &Option<String>, other: &str| value.clone().unwrap_or_else(|| other.to_owned());
    let methods = Method::ALL.map(|method| Choice::new(method.name(), words::method(method)));
    let forms = [KeyForm::Base64url, KeyForm::Base64, KeyForm::Hex, KeyForm::Text];
    let forms = forms.map(|form| Choice::new(form.name(), words::form(form)));
    let requests = [Choice::new("text", "Alone, as text"), Choice::new("json", "In a JSON object")];
    let known = [Choice::new("no", "No legacy method"), Choice::new("yes", "Changes on the way go unnoticed: known")];
    Ask::new(
        call,
        "Encrypt for this endpoint",
        "From the next attempt on. The key is a stored secret that the receiver has, too, or the receiver’s public key.",
        &format!("/endpoints/{id}"),
    )
    .field(
        Field::new("method", "By").kind(Kind::Choice(methods.into())).value(or(&form.method, Method::JweHkdf.name())),
    )
    .field(
        Field::new("secret", "Secret")
            .value(of(&form.secret))
            .placeholder("billing-payloads")
            .hint("The name of a stored secret of 32 bytes, 64 for AES-256-CBC with HMAC. Never the key itself."),
    )
    .field(Field::new("version", "Version").value(of(&form.version)).hint("Left empty, the newest encrypts."))
    .field(
        Field::new("encoding", "The secret’s text is")
            .kind(Kind::Choice(forms.into()))
            .value(or(&form.encoding, KeyForm::Base64url.name())),
    )
    .field(
        Field::new("public_key", "The receiver’s public key")
            .kind(Kind::Lines(3, true))
            .value(of(&form.public_key))
            .hint("A JWK on X25519 or P-256, for jwe-ecdh-es. A secret then only opens answers."),
    )
    .field(
        Field::new("fields", "Fields")
            .kind(Kind::Lines(3, true))
            .value(of(&form.fields))
            .hint("JSON pointers into data, one a line. Left empty, the whole body is encrypted."),
    )
    .field(Field::new("request", "Sent").kind(Kind::Choice(requests.into())).value(or(&form.request, "text")))
    .field(
        Field::new("member", "Name in the object")
            .value(of(&form.member))
            .placeholder("encrypted")
            .hint("What an object calls the ciphertext, in requests and answers."),
    )
    .field(Field::new("legacy", "Legacy").kind(Kind::Choice(known.into())).value(or(&form.legacy, "no")))
    .submit("Encrypt")
}

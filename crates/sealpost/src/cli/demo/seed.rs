//! A visibly fictional organisation: 555 numbers, example domains.

use std::path::Path;

use sealpost_access::api_keys::{self, KeyName, Lifetime, NewKey};
use sealpost_access::organisations::{self, OrganisationName};
use sealpost_access::permissions::EVERYTHING;
use sealpost_seal::SecretText;
use sealpost_seal::token::{KeyKind, PlainKey};
use sealpost_store::{ApiKeyId, CredentialKind, Ctx, Environment, Org, Store};
use serde_json::{Value, json};

use crate::api::{Api, ApiError};
use crate::cli::{Outcome, Stop};
use crate::files;

const NAME: &str = "Lakeside Clinic (fictional)";
const KEY_NAME: &str = "Demo";

/// Who gets the message of the demo. 555-01xx numbers are reserved for fiction.
pub(super) const PHONE: &str = "+15550100123";

/// The organisation, in its test environment, as its operator sees it.
pub(super) async fn organisation(store: &Store) -> Outcome<Ctx> {
    let known = organisations::list(store).await.map_err(anyhow::Error::from)?;
    let id = match known.iter().find(|one| one.name == NAME) {
        Some(one) => one.id,
        None => {
            let name = OrganisationName::parse(NAME).map_err(anyhow::Error::from)?;
            organisations::create(store, name).await.map_err(anyhow::Error::from)?
        }
    };
    Ok(organisations::operator(store, Org { id, environment: Environment::Test }))
}

/// The test key in this file, or a new one if it isn't there or isn't good any more.
pub(super) async fn key(store: &Store, ctx: &Ctx, file: &Path) -> Outcome<SecretText> {
    if let Ok(text) = crate::config::read_secret_file(file)
        && is_active(store, ctx, text.expose()).await?
    {
        return Ok(text);
    }
    let new = NewKey {
        name: KeyName::parse(KEY_NAME).map_err(anyhow::Error::from)?,
        kind: KeyKind::Secret,
        scopes: EVERYTHING,
        mask: Default::default(),
        lifetime: Lifetime::default(),
        cidrs: Default::default(),
    };
    let issued = api_keys::create_first(store, ctx, new).await.map_err(|_| Stop::failed("the test key was refused"))?;
    files::write_private(file, format!("{}\n", issued.plain.expose()).as_bytes())?;
    Ok(SecretText::new(issued.plain.expose().to_owned()))
}

async fn is_active(store: &Store, ctx: &Ctx, text: &str) -> Outcome<bool> {
    let Ok(plain) = PlainKey::parse(text) else { return Ok(false) };
    let found = store.credential(CredentialKind::ApiKey, plain.mac(store.keys().pepper())).await;
    let Some(credential) = found.map_err(anyhow::Error::from)?.filter(|found| found.org == ctx.org) else {
        return Ok(false);
    };
    let (id, now) = (ApiKeyId::from_bytes(credential.id), ctx.now());
    let key = store.read(ctx, move |tx| api_keys::find(tx, id)).await.map_err(anyhow::Error::from)?;
    Ok(key.is_some_and(|key| key.revoked_at.is_none() && key.successor.is_none() && key.expires_at > now))
}

/// The patients that are always there.
pub(super) fn patients() -> [Value; 3] {
    [
        json!({ "external_id": "patient-1", "name": "Ada Example", "phone": PHONE, "email": "ada@example.com" }),
        json!({ "external_id": "patient-2", "name": "Grace Example", "phone": "+15550100124", "email": "grace@example.org" }),
        json!({ "external_id": "patient-3", "name": "Linus Example", "phone": "+15550100125", "email": "linus@example.net" }),
    ]
}

/// The texts that are always there: the template, the name of its event, and the event's class.
pub(super) fn texts() -> [(Value, &'static str, &'static str); 2] {
    let otp = json!({ "name": "otp", "channel": "sms",
        "content": { "text": "{{ code }} is your Lakeside Clinic code. Never tell it to anybody." } });
    let reminder = json!({ "name": "visit-reminder", "channel": "email", "content": {
        "subject": "Your visit on {{ day }}",
        "text": "Dear {{ name }},\n\nwe look forward to seeing you on {{ day }}.\n\nLakeside Clinic" } });
    [(otp, "otp.login", "otp"), (reminder, "visit.reminder", "transactional")]
}

/// Contacts, templates and events, through the API. What is there already stays.
pub(super) async fn content(api: &Api) -> Outcome {
    for contact in patients() {
        create(api, "/v1/contacts", contact).await?;
    }
    for (template, event, class) in texts() {
        let id = self::template(api, &template).await?;
        create(api, "/v1/events", json!({ "name": event, "class": class, "template_id": id })).await?;
    }
    Ok(())
}

/// The id of a template: the one that was made, or the one of that name.
async fn template(api: &Api, template: &Value) -> Outcome<Value> {
    match api.post("/v1/templates", template, None).await {
        Ok(made) => Ok(made["id"].clone()),
        Err(ApiError::Refused { status: 409, .. }) => {
            let mut known = api.get("/v1/templates?limit=250").await?;
            let known = known["data"].as_array_mut().into_iter().flatten();
            let mut of_name = known.filter(|known| known["name"] == template["name"]);
            of_name.next().map(|known| known["id"].take()).ok_or_else(|| Stop::failed("a template of the demo is gone"))
        }
        Err(error) => Err(error.into()),
    }
}

/// Makes something that may be there already.
async fn create(api: &Api, path: &str, body: Value) -> Outcome {
    match api.post(path, &body, None).await {
        Ok(_) | Err(ApiError::Refused { status: 409, .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

//! What is planted, and how it goes again.

use sealpost_seal::SecretText;
use serde_json::{Value, json};

use super::marks::Marks;
use super::routes::Routes;
use crate::api::{Api, ApiError};
use crate::cli::{Outcome, Stop};

/// What the template and event are called that stay for the next run: they hold no mark.
const TEMPLATE: &str = "doctor-leaks";
const EVENT: &str = "doctor.leaks";
/// How often and how long the message is waited for.
const LOOKS: u32 = 100;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// What is there, as far as it was made.
#[derive(Default)]
pub(super) struct Planted {
    key: Option<(String, SecretText)>,
    contact: Option<String>,
    is_erased: bool,
    /// Objects with marks, by their collection.
    objects: Vec<(&'static str, String)>,
}

impl Planted {
    /// Makes a masked key, a person, a message to them and a secret, with a mark in every field.
    pub(super) async fn plant(&mut self, api: &Api, marks: &Marks, routes: &Routes) -> Outcome {
        let scopes: Vec<&str> = routes.permissions().filter(|name| *name != "data:reveal").collect();
        let key = json!({ "name": "doctor leaks", "kind": "secret", "scopes": scopes });
        let made = api.post("/v1/keys", &key, None).await.map_err(all_scopes)?;
        self.key = Some((text(&made, "id")?, SecretText::new(text(&made, "key")?)));
        if made["environment"] != "test" {
            return Err(Stop::refused("this key is of the live environment")
                .fix("marks are planted in the test environment: give a test key"));
        }
        self.objects.push(("/v1/keys", text(&made, "id")?));
        prepare(api).await?;
        let secret = json!({ "name": format!("doctor-{}", marks.word()), "value": marks.of("secret") });
        self.objects.push(("/v1/secrets", text(&api.post("/v1/secrets", &secret, None).await?, "id")?));
        let contact = json!({ "name": marks.of("name"), "email": marks.email(), "phone": marks.phone(),
            "external_id": marks.of("ext") });
        let contact = text(&api.post("/v1/contacts", &contact, None).await?, "id")?;
        self.contact = Some(contact.clone());
        self.objects.push(("/v1/contacts", contact.clone()));
        let message = json!({ "event": EVENT, "to": { "contact_id": contact }, "data": { "text": marks.of("data") } });
        let message = text(&api.post("/v1/messages", &message, None).await?, "id")?;
        self.objects.push(("/v1/messages", message.clone()));
        settled(api, &message).await?;
        // What fails is logged; nobody has ever defined this.
        let failing = json!({ "event": "doctor.never-defined", "to": { "phone": marks.phone(), "name": marks.of("name") },
            "data": { "text": marks.of("data") } });
        match api.post("/v1/messages", &failing, None).await {
            Err(ApiError::Refused { .. }) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(_) => Err(Stop::failed("a message of an event that nobody defined was accepted")),
        }
    }

    /// Speaks as the masked key.
    pub(super) fn masked(&self, api: &Api) -> Outcome<Api> {
        let (_, key) = self.key.as_ref().ok_or_else(|| Stop::failed("there is no masked key"))?;
        Ok(api.with_key(key)?)
    }

    /// The object of this collection.
    pub(super) fn object(&self, collection: &str) -> Option<&str> {
        self.objects.iter().find(|(of, _)| *of == collection).map(|(_, id)| id.as_str())
    }

    /// Erases the person.
    pub(super) async fn erase(&mut self, api: &Api) -> Outcome {
        if let Some(contact) = &self.contact {
            api.delete(&format!("/v1/contacts/{contact}")).await?;
            self.is_erased = true;
        }
        Ok(())
    }

    /// Takes away what can be; what doesn't go doesn't keep the others.
    pub(super) async fn remove(mut self, api: &Api) -> Outcome {
        let mut outcome = Ok(());
        if !self.is_erased {
            outcome = outcome.and(self.erase(api).await);
        }
        if let Some(secret) = self.object("/v1/secrets") {
            outcome = outcome.and(api.delete(&format!("/v1/secrets/{secret}")).await.map(drop).map_err(Stop::from));
        }
        if let Some((key, _)) = &self.key {
            let revoked = api.post_nothing(&format!("/v1/keys/{key}/revoke")).await;
            outcome = outcome.and(revoked.map(drop).map_err(Stop::from));
        }
        outcome
    }
}

/// The template and the event, which are made once.
async fn prepare(api: &Api) -> Outcome {
    let template = json!({ "name": TEMPLATE, "channel": "sms", "content": { "text": "{{ text }}" } });
    let template = match api.post("/v1/templates", &template, None).await {
        Ok(made) => text(&made, "id")?,
        Err(ApiError::Refused { status: 409, .. }) => called(api, "/v1/templates", TEMPLATE).await?,
        Err(error) => return Err(error.into()),
    };
    let event = json!({ "name": EVENT, "class": "otp", "template_id": template });
    match api.post("/v1/events", &event, None).await {
        Ok(_) | Err(ApiError::Refused { status: 409, .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The object of this name.
async fn called(api: &Api, collection: &str, name: &str) -> Outcome<String> {
    let mut path = format!("{collection}?limit=250");
    loop {
        let page = api.get(&path).await?;
        let all = page["data"].as_array().into_iter().flatten();
        if let Some(one) = all.into_iter().find(|one| one["name"] == name) {
            return text(one, "id");
        }
        let cursor =
            page["next_cursor"].as_str().ok_or_else(|| Stop::failed(format!("{name} is taken and not listed")))?;
        path = format!("{collection}?limit=250&cursor={cursor}");
    }
}

/// Waits until the message has gone wherever it goes: only then everything was written that is.
async fn settled(api: &Api, message: &str) -> Outcome {
    for _ in 0..LOOKS {
        let found = api.get(&format!("/v1/messages/{message}")).await?;
        if !matches!(found["state"].as_str(), Some("queued" | "sending")) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

fn all_scopes(error: ApiError) -> Stop {
    match &error {
        ApiError::Refused { code, .. } if code == "scopes_exceeded" || code == "permission_missing" => {
            Stop::from(error).fix("give a test key with every scope: it makes a masked one, and cleans up")
        }
        _ => error.into(),
    }
}

fn text(value: &Value, name: &str) -> Outcome<String> {
    let found = value[name].as_str().map(str::to_owned);
    found.ok_or_else(|| Stop::failed(format!("the answer has no `{name}`")))
}

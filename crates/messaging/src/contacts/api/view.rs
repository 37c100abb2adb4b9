//! How a contact is shown.

use schemars::JsonSchema;
use sealpost_seal::viewer::{Field, Viewer};
use sealpost_seal::{Personal, View};
use sealpost_store::{ContactId, Ctx, Time};
use serde::Serialize;
use serde_json::Value;

use crate::contacts::model::{Contact, Reveal};

/// A contact, as one viewer sees it.
#[derive(Serialize, JsonSchema)]
pub(super) struct ContactView {
    /// Its id.
    id: ContactId,
    /// `test` or `live`.
    environment: &'static str,
    /// Phone number: a string, or `{"masked":true,"display":"…"}`.
    #[schemars(with = "Value")]
    phone: Option<View>,
    /// E-mail address.
    #[schemars(with = "Value")]
    email: Option<View>,
    /// The person's id in your systems.
    #[schemars(with = "Value")]
    external_id: Option<View>,
    /// Name.
    #[schemars(with = "Value")]
    name: Option<View>,
    /// Language.
    locale: Option<String>,
    /// When it was made.
    created_at: Time,
    /// When it was last changed.
    updated_at: Time,
}

impl ContactView {
    /// As the viewer of `ctx` sees it.
    pub(super) fn of(ctx: &Ctx, contact: &Contact) -> Self {
        Self::seen(ctx, contact, |_| &ctx.viewer)
    }

    /// With `fields` as `viewer` sees them, and the others as the viewer of `ctx` does.
    pub(super) fn revealed(ctx: &Ctx, contact: &Contact, fields: &[Reveal], viewer: &Viewer) -> Self {
        Self::seen(ctx, contact, |field| if fields.contains(&field) { viewer } else { &ctx.viewer })
    }

    fn seen<'v>(ctx: &Ctx, contact: &Contact, viewer: impl Fn(Reveal) -> &'v Viewer) -> Self {
        let see = |which: Reveal, value: &Option<Personal<String>>| {
            value.as_ref().map(|value| viewer(which).text(value, which.field()))
        };
        let fields = &contact.fields;
        Self {
            id: contact.id,
            environment: ctx.org.environment.as_str(),
            phone: see(Reveal::Phone, &fields.phone),
            email: see(Reveal::Email, &fields.email),
            external_id: see(Reveal::ExternalId, &fields.external_id),
            name: see(Reveal::Name, &fields.name),
            locale: contact.locale.clone(),
            created_at: contact.created_at,
            updated_at: contact.updated_at,
        }
    }
}

impl Reveal {
    fn field(self) -> Field {
        match self {
            Self::Phone => Field::Phone,
            Self::Email => Field::Email,
            Self::Name => Field::Name,
            Self::ExternalId => Field::Other,
        }
    }
}

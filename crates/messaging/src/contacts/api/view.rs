//! How a contact is shown.

use schemars::JsonSchema;
use sealpost_seal::viewer::{Field, Viewer};
use sealpost_seal::{Personal, View};
use sealpost_store::{ContactId, Ctx, Time};
use sealpost_web::{Listing, Page};
use serde::Serialize;
use serde_json::Value;

use crate::contacts::model::{Candidate, Contact, Reveal};

/// A contact, as one viewer sees it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ContactView {
    /// Its id.
    pub(crate) id: ContactId,
    /// `test` or `live`.
    pub(crate) environment: &'static str,
    /// Phone number: a string, or `{"masked":true,"display":"…"}`.
    #[schemars(with = "Value")]
    pub(crate) phone: Option<View>,
    /// E-mail address.
    #[schemars(with = "Value")]
    pub(crate) email: Option<View>,
    /// The person's id in your systems.
    #[schemars(with = "Value")]
    pub(crate) external_id: Option<View>,
    /// Name.
    #[schemars(with = "Value")]
    pub(crate) name: Option<View>,
    /// Language.
    pub(crate) locale: Option<String>,
    /// Contacts that turned out to be the same person, with the addresses that found no place here. Not in lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::contacts) merged: Vec<MergedView>,
    /// When it was made.
    pub(crate) created_at: Time,
    /// When it was last changed.
    pub(crate) updated_at: Time,
}

/// A contact that was merged into another.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MergedContact")]
pub(in crate::contacts) struct MergedView {
    /// Its id, which leads to the other.
    pub(in crate::contacts) id: ContactId,
    /// A further phone number of the person.
    #[schemars(with = "Value")]
    pub(in crate::contacts) phone: Option<View>,
    /// A further e-mail address.
    #[schemars(with = "Value")]
    pub(in crate::contacts) email: Option<View>,
    /// A further id in your systems.
    #[schemars(with = "Value")]
    pub(in crate::contacts) external_id: Option<View>,
    /// Since when.
    pub(in crate::contacts) merged_at: Time,
}

impl ContactView {
    /// As the viewer of `ctx` sees it.
    pub(crate) fn of(ctx: &Ctx, contact: &Contact) -> Self {
        Self::seen(ctx, contact, |_| &ctx.viewer)
    }

    /// A page of them, as the viewer of `ctx` sees it.
    pub(in crate::contacts) fn page(ctx: &Ctx, listing: &Listing<'_>, candidates: Vec<Candidate>) -> Page<Self> {
        let view = |candidate: Candidate| candidate.contact.map(|contact| Self::of(ctx, &contact));
        listing.sifted(candidates, |candidate| candidate.id.bytes().to_vec(), view)
    }

    /// With `fields` as `viewer` sees them, and the others as the viewer of `ctx` does.
    pub(in crate::contacts) fn revealed(ctx: &Ctx, contact: &Contact, fields: &[Reveal], viewer: &Viewer) -> Self {
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
            merged: contact
                .merged
                .iter()
                .map(|merged| MergedView {
                    id: merged.id,
                    phone: see(Reveal::Phone, &merged.fields.phone),
                    email: see(Reveal::Email, &merged.fields.email),
                    external_id: see(Reveal::ExternalId, &merged.fields.external_id),
                    merged_at: merged.merged_at,
                })
                .collect(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_seal::viewer::{MaskProfile, RevealGrant};
    use sealpost_store::testing::world;
    use sealpost_store::{Actor, Environment, Org, OrgId, RequestId, SlotId};

    use crate::contacts::Merged;
    use crate::contacts::model::Fields;

    const MARKERS: [&str; 4] = ["+12025550143", "marker.zebra@example.com", "marker-okapi", "Marker Quagga"];

    fn contact() -> Contact {
        let [phone, email, external_id, name] = MARKERS.map(|text| Some(Personal::new(text.to_owned())));
        let now = Time::from_unix_ms(0);
        let [phone_too, email_too, ..] = MARKERS.map(|text| Some(Personal::new(text.to_owned())));
        let further = Merged {
            id: ContactId::from_bytes([6; 16]),
            merged_at: now,
            fields: Fields { phone: phone_too, email: email_too, ..Fields::default() },
        };
        Contact {
            id: ContactId::from_bytes([1; 16]),
            slot: SlotId::from_bytes([2; 16]),
            fields: Fields { external_id, name, email, phone },
            locale: None,
            created_at: now,
            updated_at: now,
            merged: vec![further],
        }
    }

    fn ctx(viewer: Viewer) -> Ctx {
        let org = Org { id: OrgId::from_bytes([3; 16]), environment: Environment::Test };
        let request = RequestId::from_bytes([4; 16]);
        Ctx { org, actor: Actor::SYSTEM, viewer, request, world: world().0 }
    }

    #[test]
    fn a_masked_viewer_never_gets_a_clear_value() {
        for profile in [MaskProfile::Full, MaskProfile::Last4, MaskProfile::First3Last4] {
            let view = ContactView::of(&ctx(Viewer::with_profile(profile)), &contact());
            let json = serde_json::to_string(&view).unwrap();
            assert!(MARKERS.iter().all(|marker| !json.contains(marker)), "{json}");
        }
    }

    #[test]
    fn a_reveal_shows_the_fields_it_was_for_and_no_other() {
        let clear = Viewer::clear(RevealGrant::after_leaf([5; 16]));
        let view = ContactView::revealed(&ctx(Viewer::masked()), &contact(), &[Reveal::Email], &clear);
        let json = serde_json::to_value(&view).unwrap();
        assert_eq!(json["email"], "marker.zebra@example.com");
        for masked in ["phone", "external_id", "name"] {
            assert_eq!(json[masked]["masked"], true, "{masked}");
        }
    }
}

//! `GET /app/{env}/contacts/duplicates/{id}`

use askama::Template;
use sealpost_access::permissions::{CONTACTS_READ, CONTACTS_WRITE};
use sealpost_store::ContactId;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Masked, Shape, State, Tone, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::says;
use crate::contacts::{Contact, ContactView, Same};
use crate::duplicates::Duplicates;

/// Two contacts side by side.
#[derive(Template)]
#[template(path = "duplicates/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) why: &'static str,
    pub(super) both: [Side; 2],
    pub(super) fields: Vec<Compared>,
    pub(super) dismiss: Option<String>,
}

/// One of them.
pub(super) struct Side {
    pub(super) id: ContactId,
    pub(super) href: String,
    pub(super) since: When,
    /// Where this one is kept and the other is merged into it.
    pub(super) keep: Option<String>,
}

/// A field of both.
pub(super) struct Compared {
    pub(super) label: &'static str,
    pub(super) values: [Option<Masked>; 2],
    pub(super) verdict: State,
}

pub(super) fn show(duplicates: &Duplicates) -> Endpoint {
    let duplicates = duplicates.clone();
    get("/app/{env}/contacts/duplicates/{id}")
        .needs(CONTACTS_READ)
        .page()
        .class(Class::Read)
        .summary("Two contacts who may be one person, side by side, masked")
        .to(move |call: Call| handle(duplicates.clone(), call))
}

async fn handle(duplicates: Duplicates, call: Call) -> Result<Reply, Failure> {
    let (pair, both) = duplicates.pair(&call.ctx, call.id("id")?).await?;
    let may = call.caller.permissions.contains(CONTACTS_WRITE);
    let same = Same::of(&both);
    let [one, other] = [both[0].id, both[1].id];
    let side = |contact: &Contact, merged: ContactId| Side {
        id: contact.id,
        href: call.at(&format!("/contacts/{}", contact.id)),
        since: When::new(contact.created_at, call.ctx.now()),
        keep: may.then(|| call.at(&format!("/contacts/{merged}/merge?into={}", contact.id))),
    };
    let sides = [side(&both[0], other), side(&both[1], one)];
    let page = ShowPage {
        list: call.at("/contacts/duplicates"),
        why: says(pair.because),
        both: sides,
        fields: compared(same, both.map(|contact| ContactView::of(&call.ctx, &contact))),
        dismiss: may.then(|| call.at(&format!("/contacts/duplicates/{}/dismiss", pair.id))),
    };
    call.show("Duplicate", &page)
}

fn compared(same: Same, [one, other]: [ContactView; 2]) -> Vec<Compared> {
    let field = |label, one: Option<_>, other: Option<_>, same| Compared {
        label,
        verdict: verdict(same, one.is_some() || other.is_some()),
        values: [one.map(Masked::from), other.map(Masked::from)],
    };
    vec![
        field("Name", one.name, other.name, same.name),
        field("Phone", one.phone, other.phone, same.phone),
        field("E-mail", one.email, other.email, same.email),
        field("Your id", one.external_id, other.external_id, same.external_id),
    ]
}

/// Whether both have the same, for people.
pub(super) fn verdict(same: Option<bool>, any: bool) -> State {
    match (same, any) {
        (Some(true), _) => State::new("Same", Shape::Done, Tone::Ok),
        (Some(false), _) => State::new("Different", Shape::Half, Tone::Warn),
        (None, true) => State::new("Only one", Shape::Ended, Tone::Idle),
        (None, false) => State::new("Neither", Shape::Ended, Tone::Idle),
    }
}

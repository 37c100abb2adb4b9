//! Decisions about contacts, without any I/O.

use sealpost_seal::{Purpose, pan};

use super::model::{Changes, ContactRefusal, Details, ExternalId, Name};
use sealpost_seal::normal::Email;

/// Whether a new contact may be kept as it is.
pub(super) fn check_new(details: &Details) -> Result<(), ContactRefusal> {
    if details.phone.is_none() && details.email.is_none() && details.external_id.is_none() {
        return Err(ContactRefusal::Unaddressed);
    }
    no_cards(details.email.as_ref(), details.external_id.as_ref(), details.name.as_ref())
}

/// Whether changes may be kept as they are.
pub(super) fn check_changes(changes: &Changes) -> Result<(), ContactRefusal> {
    no_cards(changes.email.set(), changes.external_id.set(), changes.name.set())
}

fn no_cards(
    email: Option<&Email>,
    external_id: Option<&ExternalId>,
    name: Option<&Name>,
) -> Result<(), ContactRefusal> {
    let texts = [
        ("email", email.map(Email::delivery_form)),
        ("external_id", external_id.map(ExternalId::text)),
        ("name", name.map(Name::text)),
    ];
    for (field, text) in texts {
        if text.is_some_and(|text| pan::contains(text.expose(Purpose::Guard))) {
            return Err(ContactRefusal::CardNumber { field });
        }
    }
    // Half in one and half in the other.
    let [_, (_, external_id), (field, name)] = texts;
    let halves = [external_id, name].map(|text| text.map_or("", |text| text.expose(Purpose::Guard).as_str()));
    if pan::contains_across(&halves) {
        return Err(ContactRefusal::CardNumber { field });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_number_in_a_free_field_is_refused() {
        let with = |name: &str| Details {
            external_id: Some(ExternalId::parse("x".into()).unwrap()),
            name: Some(Name::parse(name.into()).unwrap()),
            ..Details::default()
        };
        assert!(check_new(&with("Ada Lovelace")).is_ok());
        let refused = check_new(&with("Ada 4111 1111 1111 1111"));
        assert!(matches!(refused, Err(ContactRefusal::CardNumber { field: "name" })));
        let halves = Details { external_id: Some(ExternalId::parse("4111-1111".into()).unwrap()), ..with("1111 1111") };
        assert!(matches!(check_new(&halves), Err(ContactRefusal::CardNumber { .. })));
    }

    #[test]
    fn a_name_is_nothing_to_find_a_person_by() {
        let details = Details { name: Some(Name::parse("Ada".into()).unwrap()), ..Details::default() };
        assert!(matches!(check_new(&details), Err(ContactRefusal::Unaddressed)));
    }
}

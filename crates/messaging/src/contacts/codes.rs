//! Why contacts are refused, as clients learn it.

use sealpost_web::{Failure, Refusal, not_found};

use super::model::ContactRefusal;

sealpost_web::codes! {
    /// 403: whoever asks doesn't see the digits they would search by.
    MASK_PROFILE_HIDES_DIGITS = 403 "mask_profile_hides_digits" "Your mask profile hides the last digits of phone numbers";
    /// 409: another contact has one of these addresses. `contact_id` says which.
    CONTACT_EXISTS = 409 "contact_exists" "Another contact has one of these addresses";
    /// 422: the addresses belong to different contacts.
    RECIPIENT_AMBIGUOUS = 422 "recipient_ambiguous" "The addresses belong to different contacts";
    /// 422: nothing to find the person by.
    CONTACT_UNADDRESSED = 422 "contact_unaddressed" "A contact needs an e-mail address, a phone number or an external id";
    /// 422: a field holds a card number.
    CONTACT_CARD_NUMBER = 422 "contact_card_number" "A field holds a card number";
}

impl From<ContactRefusal> for Failure {
    fn from(refusal: ContactRefusal) -> Self {
        Self::Refused(match refusal {
            ContactRefusal::Exists { contact, by } => Refusal::of(&CONTACT_EXISTS)
                .at(format!("/{}", by.as_str()), "taken")
                .member("contact_id", contact.to_string()),
            ContactRefusal::Ambiguous => Refusal::of(&RECIPIENT_AMBIGUOUS),
            ContactRefusal::Unaddressed => Refusal::of(&CONTACT_UNADDRESSED),
            ContactRefusal::CardNumber { field } => {
                Refusal::of(&CONTACT_CARD_NUMBER).at(format!("/{field}"), "card_number")
            }
            ContactRefusal::NotFound => not_found(),
            ContactRefusal::Store(error) => return error.into(),
        })
    }
}

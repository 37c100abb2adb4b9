//! Decisions about a reply, as plain functions.

use sealpost_seal::pan;
use sealpost_web::Refusal;
use sealpost_web::problem::BODY_INVALID;
use serde_json::{Value, json};

use crate::messages::codes::CARD_NUMBER;

/// The longest text, in characters.
const LONGEST: usize = 4_096;
/// The longest name that whoever heard it may have for it.
const LONGEST_ID: usize = 128;

/// Refuses what can't be taken.
pub(super) fn check(text: &str, id: Option<&str>) -> Result<(), Refusal> {
    if text.is_empty() || text.chars().nth(LONGEST).is_some() {
        return Err(Refusal::of(&BODY_INVALID).at("/text", "out_of_range"));
    }
    if id.is_some_and(|id| !(1..=LONGEST_ID).contains(&id.len())) {
        return Err(Refusal::of(&BODY_INVALID).at("/id", "out_of_range"));
    }
    match [Some(("/text", text)), id.map(|id| ("/id", id))].into_iter().flatten().find(|(_, said)| pan::contains(said))
    {
        Some((place, _)) => Err(Refusal::of(&CARD_NUMBER).at(place, "card_number")),
        None => Ok(()),
    }
}

/// A reply, as the fields of a run that it begins name it.
pub(super) fn known(text: &str, id: Option<&str>) -> Value {
    match id {
        Some(id) => json!({ "data": { "text": text, "id": id } }),
        None => json!({ "data": { "text": text } }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, id: Option<&str>) -> Option<&'static str> {
        check(text, id).err().map(|refusal| refusal.code().code)
    }

    #[test]
    fn a_text_is_as_long_as_it_says_in_characters_and_holds_no_card() {
        for good in ["y".to_owned(), "ÿ".repeat(LONGEST)] {
            assert_eq!(refused(&good, None), None);
        }
        for bad in [String::new(), "ÿ".repeat(LONGEST + 1)] {
            assert_eq!(refused(&bad, None), Some("body_invalid"));
        }
        assert_eq!(refused("pay by 4111 1111 1111 1111", None), Some("card_number"));
    }

    #[test]
    fn a_name_is_there_or_it_is_none() {
        assert_eq!(refused("yes", Some("SM7")), None);
        for bad in [String::new(), "a".repeat(LONGEST_ID + 1)] {
            assert_eq!(refused("yes", Some(&bad)), Some("body_invalid"));
        }
        assert_eq!(refused("yes", Some("4111111111111111")), Some("card_number"));
        assert_eq!(known("yes", Some("SM7")), json!({ "data": { "text": "yes", "id": "SM7" } }));
        assert_eq!(known("yes", None), json!({ "data": { "text": "yes" } }));
    }
}

//! Decisions about signing, as plain functions.

use sealpost_access::secrets::{Origin, RemindAfter};
use sealpost_seal::signature::SigningSecret;
use sealpost_store::Time;

use super::model::{Dialect, STANDARD};

/// Whether a secret that is brought along may sign: a short one only if somebody says that it is an old one.
pub(in crate::endpoints) fn is_strong_enough(secret: &SigningSecret, is_imported: bool) -> bool {
    is_imported || !secret.is_weak()
}

/// Until when a secret from elsewhere should have been replaced.
pub(super) fn rotate_by(origin: Origin, created_at: Time) -> Option<Time> {
    const DAY_MS: i64 = 86_400_000;
    let days = i64::from(RemindAfter::default().as_days());
    (origin == Origin::Imported).then(|| created_at.plus_ms(days * DAY_MS))
}

/// Whether a profile gets a secret of its own when none is said: its receivers make another key of the same text than the endpoint's
/// own secret does, and that one was made here.
pub(super) fn gets_its_own(dialect: &Dialect, shared: Origin) -> bool {
    shared == Origin::Generated
        && dialect.takes_secrets()
        && dialect.key() == sealpost_seal::signature::KeyEncoding::Text
}

/// The profiles in the order they are kept: `standard` first, each once.
pub(super) fn in_order(names: impl Iterator<Item = &'static str>, standard: bool) -> Option<Vec<&'static str>> {
    let mut all: Vec<&'static str> = standard.then_some(STANDARD).into_iter().collect();
    for name in names.filter(|name| *name != STANDARD) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    (!all.is_empty()).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_seal::signature::{KeyEncoding, profiles};

    #[test]
    fn a_short_secret_signs_only_for_who_says_that_it_is_old() {
        let short = SigningSecret::import("fyno-shared-secret", KeyEncoding::Text).unwrap();
        let long = SigningSecret::import(&"x".repeat(32), KeyEncoding::Text).unwrap();
        assert!(!is_strong_enough(&short, false) && is_strong_enough(&short, true) && is_strong_enough(&long, false));
    }

    #[test]
    fn what_comes_from_elsewhere_has_ninety_days() {
        let now = Time::from_unix_ms(0);
        assert_eq!(rotate_by(Origin::Imported, now), Some(Time::from_unix_ms(90 * 86_400_000)));
        assert_eq!(rotate_by(Origin::Generated, now), None);
    }

    #[test]
    fn formats_whose_text_is_the_key_get_a_secret_of_their_own() {
        let own = |profile, origin| gets_its_own(&Dialect::Known(profile), origin);
        assert!(own(&profiles::FYNO, Origin::Generated) && own(&profiles::STRIPE_LIKE, Origin::Generated));
        assert!(!own(&profiles::SVIX, Origin::Generated) && !own(&profiles::FYNO, Origin::Imported));
        assert!(!gets_its_own(&Dialect::Message, Origin::Generated));
    }

    #[test]
    fn standard_rides_along_unless_it_is_turned_off() {
        let order = |names: &[&'static str], standard| in_order(names.iter().copied(), standard);
        assert_eq!(order(&[], true), Some(vec!["standard"]));
        assert_eq!(order(&["fyno", "standard", "fyno"], true), Some(vec!["standard", "fyno"]));
        assert_eq!(order(&["fyno", "standard"], false), Some(vec!["fyno"]));
        assert_eq!(order(&["standard"], false), None);
    }
}

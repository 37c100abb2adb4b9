//! Decisions about contacts, without any I/O.

use sealpost_seal::{Purpose, pan};
use sealpost_store::Time;

use super::model::{Changes, ContactRefusal, Details, ExternalId, Name};
use sealpost_seal::normal::Email;

/// The blind-index epoch of a moment: months since January 2026, UTC. Moments before it are in the first.
pub fn epoch_at(now: Time) -> u32 {
    let (year, month) = year_and_month(now);
    u32::try_from((year - 2026) * 12 + month - 1).unwrap_or(0)
}

/// The epochs under which a value may still be indexed, the current one first.
pub(super) fn epochs_at(now: Time) -> [u32; 2] {
    let current = epoch_at(now);
    [current, current.saturating_sub(1)]
}

/// The civil calendar from a count of days, after Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day
/// is the last.
fn year_and_month(now: Time) -> (i64, i64) {
    const DAY_MS: i64 = 86_400_000;
    /// Days from 0000-03-01 to 1970-01-01.
    const EPOCH: i64 = 719_468;
    /// Days in 400 years.
    const ERA: i64 = 146_097;
    let days = now.unix_ms().div_euclid(DAY_MS) + EPOCH;
    let (era, day) = (days.div_euclid(ERA), days.rem_euclid(ERA));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year + i64::from(month <= 2), month)
}

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
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const JANUARY_2026: i64 = 1_767_225_600_000;

    #[test]
    fn an_epoch_is_a_month_and_turns_at_midnight_utc() {
        for (moment, epoch) in [
            (JANUARY_2026, 0),
            (JANUARY_2026 - 1, 0),
            (1_769_903_999_999, 0),
            (1_769_904_000_000, 1),
            (1_835_395_199_999, 25),
            (1_835_395_200_000, 25),
            (1_835_481_600_000, 26),
            (0, 0),
        ] {
            assert_eq!(epoch_at(Time::from_unix_ms(moment)), epoch, "{moment}");
        }
        assert_eq!(epochs_at(Time::from_unix_ms(JANUARY_2026)), [0, 0]);
    }

    proptest! {
        #[test]
        fn epochs_never_go_back_and_last_28_to_31_days(days in 0_i64..40_000) {
            let at = |day: i64| epoch_at(Time::from_unix_ms(JANUARY_2026 + day * 86_400_000));
            prop_assert!(at(days + 1) - at(days) <= 1);
            prop_assert!(at(days + 31) > at(days));
            prop_assert!(at(days + 27) - at(days) <= 1);
        }

        #[test]
        fn no_moment_is_without_an_epoch(ms: i64) {
            let _ = epoch_at(Time::from_unix_ms(ms));
        }
    }

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
    }

    #[test]
    fn a_name_is_nothing_to_find_a_person_by() {
        let details = Details { name: Some(Name::parse("Ada".into()).unwrap()), ..Details::default() };
        assert!(matches!(check_new(&details), Err(ContactRefusal::Unaddressed)));
    }
}

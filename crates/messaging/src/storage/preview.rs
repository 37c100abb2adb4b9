//! What a policy would let go when, counted and not done.

use std::collections::BTreeMap;

use sealpost_store::{Ctx, StoreError, Time};

use super::model::ByClass;
use super::service::Storage;
use crate::events::Class;
use crate::messages::Day;

const DAY_MS: i64 = 86_400_000;

/// What is stored of a class, and when it would be let go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Horizon {
    pub(super) class: Class,
    /// Messages of which something is stored.
    pub(super) stored: u64,
    /// Those that would be let go at once, because they are too old.
    pub(super) now: u64,
    /// Those that would be let go in each month to come: `2026-01`.
    pub(super) months: BTreeMap<String, u64>,
}

impl Storage {
    /// What these rules would let go when, in this environment.
    pub(super) async fn horizon(&self, ctx: &Ctx, rules: &ByClass) -> Result<Vec<Horizon>, StoreError> {
        let days = self.counts(ctx).await?;
        Ok(Class::ALL.into_iter().map(|class| horizon(class, rules, &days, ctx.now())).collect())
    }
}

fn horizon(class: Class, rules: &ByClass, days: &[Day], now: Time) -> Horizon {
    let keeps = rules.rule(class).days.ms();
    let mut horizon = Horizon { class, stored: 0, now: 0, months: BTreeMap::new() };
    for day in days.iter().filter(|day| day.class == class.as_str()) {
        horizon.stored += day.messages;
        // All of a day go by its end.
        let due = Time::from_unix_ms((day.day + 1).saturating_mul(DAY_MS)).plus_ms(keeps);
        if due <= now {
            horizon.now += day.messages;
        } else {
            *horizon.months.entry(month(due)).or_default() += day.messages;
        }
    }
    horizon
}

/// `2026-01`.
fn month(at: Time) -> String {
    at.to_string().get(..7).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Days, Mode, Rule};

    #[test]
    fn what_is_stored_goes_by_the_end_of_its_days() {
        let now = Time::from_unix_ms(1_768_469_400_000);
        let today = now.unix_ms() / DAY_MS;
        let day = |ago: i64, messages| Day { class: "otp".into(), day: today - ago, messages };
        let days = [day(40, 1), day(30, 2), day(20, 4), day(0, 8)];
        let rule = Rule { mode: Mode::Keep, days: Days::new(30).unwrap() };
        let rules = ByClass { otp: rule, ..ByClass::default() };
        let found = horizon(Class::Otp, &rules, &days, now);
        assert_eq!((found.stored, found.now), (15, 1));
        assert_eq!(found.months.into_iter().collect::<Vec<_>>(), [("2026-01".into(), 6), ("2026-02".into(), 8)]);
        assert_eq!(horizon(Class::Marketing, &rules, &days, now).stored, 0);
    }
}

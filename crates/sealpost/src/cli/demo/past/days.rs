//! When what happens: a clinic's two weeks, as a list of acts in order.

use sealpost_store::Time;

use super::cast::{INVITED, PATIENTS};
use super::chance::Chance;

pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// How many days of messages.
pub(super) const DAYS: i64 = 14;
/// Codes asked for in each hour of a day, of a hundred or so: people sign in before work, at noon, and in the evening.
const HOURS: [u64; 24] = [0, 0, 0, 0, 0, 1, 3, 8, 11, 10, 8, 7, 9, 7, 6, 6, 7, 8, 10, 11, 9, 6, 3, 1];
/// Until when each attempt of a delivery that fails is due for sure, after the one before it: the `standard` schedule with its
/// widest spread.
const RETRIES: [i64; 9] = [
    6 * SECOND,
    36 * SECOND,
    144 * SECOND,
    12 * MINUTE,
    36 * MINUTE,
    144 * MINUTE,
    432 * MINUTE,
    864 * MINUTE,
    1728 * MINUTE,
];
/// How long before the present the second system stops to answer.
const OUTAGE: i64 = 4 * DAY;
/// How long before the present a storm empties the waiting room.
const STORM: i64 = 47 * MINUTE;

/// Something that happens. Patients are told by their place in the cast.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Somebody signs in, and gets a code.
    Code(usize),
    /// A code that would come too late.
    LateCode(usize),
    /// Many are told the same.
    Tell(Told, Vec<usize>),
    /// A reminder that is taken back before it leaves.
    TakeBack(usize),
    /// All of these are.
    Storm(Vec<usize>),
    /// A message that is refused: nobody may write to this address.
    WriteToSuppressed(usize),
    /// A message of the live environment, which has no sender yet.
    Live(usize),
    /// Somebody who may looks at what a message says.
    LookAtMessage,
    /// Somebody who may looks a patient up.
    LookAtContact(usize),
    /// Somebody tries who may not.
    TryToLook,
    /// Nobody may write to this address from now on.
    Suppress(usize),
    /// The second system stops to answer.
    Outage,
    /// The text of the codes changes.
    NewText,
    /// Those are invited who are invited so many days before the present.
    Invite(i64),
    /// A key is ended.
    RevokeKey,
    /// A key gets a successor.
    RotateKey,
    /// Whatever is due is done.
    Turn,
    /// What a server does by itself, once a day here.
    Evening,
}

/// What many are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Visit,
    Results,
    Invoice,
    Letter,
}

/// Everything that happens in the two weeks before `now`, in order.
pub(super) fn days(now: Time, chance: &mut Chance) -> Vec<(Time, Act)> {
    let midnight = Time::from_unix_ms(now.unix_ms() - now.unix_ms().rem_euclid(DAY));
    let mut acts = Vec::new();
    for day in 0..=DAYS {
        // 1970-01-01 was a Thursday.
        let begin = midnight.plus_ms((day - DAYS) * DAY);
        let weekday = (begin.unix_ms() / DAY + 3).rem_euclid(7);
        ordinary(begin, weekday >= 5, chance, &mut acts);
        if weekday == 1 {
            acts.push((begin.plus_ms(10 * HOUR), Act::Tell(Told::Letter, some(16, chance))));
        }
        acts.push((begin.plus_ms(DAY - MINUTE), Act::Evening));
    }
    special(now, chance, &mut acts);
    acts.retain(|(at, _)| (now.plus_ms(-DAYS * DAY)..now).contains(at));
    acts.sort_by_key(|(at, _)| *at);
    acts
}

/// What happens every day; less on weekends.
fn ordinary(begin: Time, weekend: bool, chance: &mut Chance, acts: &mut Vec<(Time, Act)>) {
    let (codes, visits, results) = if weekend { (4, 3, 1) } else { (7, 6, 2) };
    for _ in 0..codes + chance.below(3) {
        let hour = i64::try_from(chance.weighted(&HOURS)).unwrap_or(0);
        acts.push((begin.plus_ms(hour * HOUR + chance.between(0, HOUR)), Act::Code(any(chance))));
    }
    let early = 7 * HOUR + chance.between(0, 20 * MINUTE);
    acts.push((begin.plus_ms(early), Act::Tell(Told::Visit, some(visits + chance.below(3), chance))));
    for _ in 0..results {
        let at = chance.between(10 * HOUR, 17 * HOUR);
        acts.push((begin.plus_ms(at), Act::Tell(Told::Results, vec![any(chance)])));
    }
    if !weekend {
        let late = 16 * HOUR + chance.between(0, 30 * MINUTE);
        acts.push((begin.plus_ms(late), Act::Tell(Told::Invoice, some(3, chance))));
        acts.push((begin.plus_ms(chance.between(9 * HOUR, 16 * HOUR)), Act::LookAtMessage));
    }
}

/// What happens once or a few times, counted back from the present so that it is there at any hour.
fn special(now: Time, chance: &mut Chance, acts: &mut Vec<(Time, Act)>) {
    let ago = |ms: i64| now.plus_ms(-ms);
    acts.extend([
        (ago(13 * DAY + HOUR), Act::Suppress(6)),
        (ago(9 * DAY + 2 * HOUR), Act::Suppress(17)),
        (ago(2 * DAY + 5 * HOUR), Act::Suppress(24)),
        (ago(8 * DAY), Act::WriteToSuppressed(6)),
        (ago(31 * HOUR), Act::WriteToSuppressed(17)),
        (ago(6 * DAY + 3 * HOUR), Act::NewText),
        (ago(3 * DAY + 4 * HOUR), Act::RevokeKey),
        (ago(26 * HOUR), Act::RotateKey),
        (ago(11 * DAY), Act::TryToLook),
        (ago(5 * DAY + HOUR), Act::TryToLook),
        (ago(3 * HOUR), Act::TryToLook),
        (ago(10 * DAY + 30 * MINUTE), Act::LookAtContact(3)),
        (ago(4 * DAY + HOUR), Act::LookAtContact(12)),
        (ago(20 * HOUR), Act::LookAtContact(8)),
        (ago(2 * HOUR), Act::LookAtMessage),
        (ago(OUTAGE), Act::Outage),
        (ago(STORM), Act::Storm(some(14, chance))),
        (ago(STORM - 10 * SECOND), Act::Turn),
        (ago(STORM - MINUTE), Act::Turn),
        (ago(25 * MINUTE), Act::Code(any(chance))),
        (ago(11 * MINUTE), Act::Code(any(chance))),
        (ago(4 * MINUTE), Act::Code(any(chance))),
    ]);
    // Two before the outage, and three behind it of which the endpoint never hears. To whom nobody may write, nothing is taken back.
    for (ms, act) in [
        (12 * DAY, Act::TakeBack(10)),
        (7 * DAY + HOUR, Act::LateCode(any(chance))),
        (OUTAGE - HOUR, Act::LateCode(any(chance))),
        (OUTAGE - 9 * HOUR, Act::TakeBack(21)),
        (OUTAGE - 22 * HOUR, Act::LateCode(any(chance))),
    ] {
        acts.push((ago(ms), act));
        let mut after = 0;
        for wait in RETRIES {
            // Whatever the act itself takes lies between.
            after += wait + 5 * SECOND;
            acts.push((ago(ms - after), Act::Turn));
        }
    }
    for days in INVITED.map(|(.., days)| days) {
        acts.push((ago(days * DAY), Act::Invite(days)));
    }
    for (day, patient) in [(12, 1), (9, 4), (6, 9), (3, 14), (1, 20)] {
        acts.push((ago(day * DAY + chance.between(0, 8 * HOUR)), Act::Live(patient)));
    }
}

fn any(chance: &mut Chance) -> usize {
    usize::try_from(chance.below(PATIENTS.len() as u64)).unwrap_or(0)
}

/// So many different patients.
fn some(count: u64, chance: &mut Chance) -> Vec<usize> {
    let first = any(chance);
    // Seven shares no factor with 32, so nobody comes twice.
    (0..usize::try_from(count).unwrap_or(0).min(PATIENTS.len())).map(|n| (first + 7 * n) % PATIENTS.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Vec<(Time, Act)> {
        days(text.parse().unwrap(), &mut Chance::new(1))
    }

    fn messages(acts: &[(Time, Act)]) -> usize {
        let of = |act: &Act| match act {
            Act::Code(_) | Act::LateCode(_) | Act::TakeBack(_) | Act::Live(_) => 1,
            Act::Tell(_, all) | Act::Storm(all) => all.len(),
            _ => 0,
        };
        acts.iter().map(|(_, act)| of(act)).sum()
    }

    #[test]
    fn the_same_day_is_the_same_story_and_its_acts_are_in_order_and_past() {
        let now = "2026-01-15T09:38:00Z";
        assert_eq!(at(now), at(now));
        assert!(at(now).is_sorted_by_key(|(at, _)| *at));
        assert!(at(now).iter().all(|(at, _)| *at < now.parse().unwrap()));
    }

    #[test]
    fn at_any_hour_of_any_day_there_are_hundreds_of_messages_and_everything_special() {
        for now in ["2026-01-15T00:00:01Z", "2026-01-18T04:00:00Z", "2026-03-02T12:00:00Z", "2026-06-06T23:59:59Z"] {
            let acts = at(now);
            assert!((200..350).contains(&messages(&acts)), "{now}: {}", messages(&acts));
            for wanted in [Act::Outage, Act::RevokeKey, Act::RotateKey, Act::NewText, Act::TryToLook, Act::Evening] {
                assert!(acts.iter().any(|(_, act)| *act == wanted), "{now}: no {wanted:?}");
            }
        }
    }

    #[test]
    fn nobody_is_told_the_same_twice_in_a_batch() {
        let mut chosen = some(24, &mut Chance::new(3));
        chosen.sort_unstable();
        chosen.dedup();
        assert_eq!(chosen.len(), 24);
    }
}

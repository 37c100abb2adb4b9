//! What holds whatever channels answer.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sealpost_egress::smtp::{Deferral, EnhancedStatus, Outcome, RelayFailure, Reply, Stage};
use sealpost_store::{ChannelId, MessageId};

use super::model::{Answer, OnUnknown, Plan, RouteRefusal, Step, Strategy, Tried};
use super::rules::{Change, End, MOST_STEPS, Next, answer, changes, check, next, order, walk as simulated};
use crate::deliveries::RETRIES;

fn step(number: u8) -> Step {
    Step { channel: ChannelId::from_bytes([number; 16]), share: None, accepted_within_s: None }
}

fn plan(strategy: Strategy, shares: &[u32]) -> Plan {
    let share = |share: u32| (strategy == Strategy::Weighted).then_some(share);
    let steps = (0..).zip(shares).map(|(at, weight)| Step { share: share(*weight), ..step(at) }).collect();
    Plan { strategy, on_unknown: OnUnknown::Same, steps }
}

fn id(number: u64) -> MessageId {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    MessageId::from_bytes(bytes)
}

/// Goes along a route to its end, channels answering one after the other as listed; the rest never answer at once.
fn walk(on_unknown: OnUnknown, order: &[u32], answers: &[Answer], repeatable: bool) -> (Vec<Tried>, Next) {
    let (mut tried, mut answers) = (Vec::new(), answers.iter());
    loop {
        match next(on_unknown, order, &tried, repeatable, &RETRIES) {
            Next::Try { step, round, .. } => {
                assert!(tried.len() <= RETRIES.len() * MOST_STEPS, "a route without an end");
                tried.push(Tried { step, round, answer: *answers.next().unwrap_or(&Answer::Later) });
            }
            end => return (tried, end),
        }
    }
}

fn any_answer() -> impl Strategy_<Value = Answer> {
    prop_oneof![
        1 => Just(Answer::Accepted),
        1 => Just(Answer::Undeliverable),
        4 => Just(Answer::Refused),
        8 => Just(Answer::Later),
        4 => Just(Answer::Unknown),
    ]
}

use proptest::strategy::Strategy as Strategy_;

proptest! {
    #[test]
    fn every_route_ends_and_asks_no_channel_twice_in_a_round(
        order in (1..=MOST_STEPS as u32).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle()),
        answers in proptest::collection::vec(any_answer(), 0..100),
        repeatable: bool, goes_on: bool,
    ) {
        let on_unknown = if goes_on { OnUnknown::Next } else { OnUnknown::Same };
        let (tried, end) = walk(on_unknown, &order, &answers, repeatable);
        let mut asked = BTreeSet::new();
        for (at, one) in tried.iter().enumerate() {
            prop_assert!(asked.insert((one.round, one.step)), "twice in a round: {tried:?}");
            prop_assert!((one.round as usize) < RETRIES.len());
            let before = &tried[..at];
            prop_assert!(before.iter().all(|b| b.round <= one.round), "back to an earlier round: {tried:?}");
            prop_assert!(!before.iter().any(|b| b.step == one.step && b.answer == Answer::Refused), "{tried:?}");
            prop_assert!(!before.iter().any(|b| matches!(b.answer, Answer::Accepted | Answer::Undeliverable)));
            if let Some(last) = before.last().filter(|last| last.answer == Answer::Unknown) {
                prop_assert!(repeatable, "sent after nobody knew: {tried:?}");
                prop_assert!(goes_on || last.step == one.step, "another channel after nobody knew: {tried:?}");
            }
        }
        match end {
            Next::Sent => prop_assert_eq!(tried.last().map(|one| one.answer), Some(Answer::Accepted)),
            Next::Failed(_) => prop_assert!(tried.last().is_some_and(|one| one.answer != Answer::Accepted)),
            Next::Unknown => prop_assert!(tried.iter().any(|one| one.answer == Answer::Unknown)),
            Next::Try { .. } => unreachable!("a walk goes to the end"),
        }
    }

    #[test]
    fn while_channels_only_say_later_every_round_goes_in_order(
        order in (1..=MOST_STEPS as u32).prop_flat_map(|n| Just((0..n).collect::<Vec<_>>()).prop_shuffle()),
    ) {
        let (tried, end) = walk(OnUnknown::Same, &order, &[], false);
        prop_assert_eq!(end, Next::Failed("route_exhausted"));
        prop_assert_eq!(tried.len(), order.len() * RETRIES.len());
        for (at, one) in tried.iter().enumerate() {
            prop_assert_eq!((one.round as usize, one.step), (at / order.len(), order[at % order.len()]));
        }
    }

    #[test]
    fn every_order_has_every_step_once_and_is_the_same_again(
        shares in proptest::collection::vec(1_u32..1000, 2..=MOST_STEPS), number: u64, turn: u32, which in 0_usize..3,
    ) {
        let plan = plan(Strategy::ALL[which], &shares);
        prop_assert!(check(&plan).is_ok());
        let first = order(&plan, id(number), turn);
        let all: BTreeSet<_> = first.iter().copied().collect();
        prop_assert_eq!((all.len(), first.len()), (shares.len(), shares.len()));
        // A message that has begun is found on its way by the step it began with.
        prop_assert_eq!(order(&plan, id(number), first[0]), first);
    }
}

#[test]
fn whoever_goes_on_after_a_crash_comes_to_the_same_step() {
    let order = [2, 0, 1];
    let answers = [Answer::Later, Answer::Refused, Answer::Later, Answer::Later, Answer::Accepted];
    let (tried, end) = walk(OnUnknown::Next, &order, &answers, true);
    assert_eq!(end, Next::Sent);
    for at in 0..tried.len() {
        let Next::Try { step, round, .. } = next(OnUnknown::Next, &order, &tried[..at], true, &RETRIES) else {
            panic!("there was a next one")
        };
        assert_eq!((step, round), (tried[at].step, tried[at].round));
    }
    let steps: Vec<_> = tried.iter().map(|one| one.step).collect();
    assert_eq!(steps, [2, 0, 1, 2, 1], "the one that refused is left out of the second round");
}

#[test]
fn after_an_attempt_of_unknown_fate_another_channel_is_asked_only_where_the_route_says_so() {
    let (order, unknown) = ([0, 1], [Answer::Unknown, Answer::Accepted]);
    let steps = |on_unknown, repeatable| {
        let (tried, end) = walk(on_unknown, &order, &unknown, repeatable);
        (tried.iter().map(|one| one.step).collect::<Vec<_>>(), end)
    };
    assert_eq!(steps(OnUnknown::Next, true), (vec![0, 1], Next::Sent));
    assert_eq!(steps(OnUnknown::Same, true), (vec![0, 0], Next::Sent));
    assert_eq!(steps(OnUnknown::Next, false), (vec![0], Next::Unknown));
    assert_eq!(steps(OnUnknown::Same, false), (vec![0], Next::Unknown));
}

#[test]
fn what_nobody_took_and_one_may_have_is_not_called_failed() {
    let answers = [Answer::Unknown, Answer::Refused, Answer::Refused];
    assert_eq!(walk(OnUnknown::Next, &[0, 1], &answers, true).1, Next::Unknown);
    assert_eq!(walk(OnUnknown::Next, &[0], &[Answer::Refused], true).1, Next::Failed("route_exhausted"));
}

#[test]
fn shares_are_kept_over_a_hundred_thousand_messages_and_what_one_leaves_is_spread_by_the_others() {
    const MESSAGES: u64 = 100_000;
    let shares = [70, 20, 10];
    let plan = plan(Strategy::Weighted, &shares);
    let (mut firsts, mut seconds) = ([0_u32; 3], [0_u32; 3]);
    for number in 0..MESSAGES {
        let order = order(&plan, id(number), 0);
        firsts[order[0] as usize] += 1;
        if order[0] == 0 {
            seconds[order[1] as usize] += 1;
        }
    }
    for (count, share) in firsts.iter().zip(shares) {
        // Half a percent of all is more than three standard deviations, and ids are the same in every run.
        assert!(count.abs_diff(share * MESSAGES as u32 / 100) < MESSAGES as u32 / 200, "{firsts:?}");
    }
    let ratio = f64::from(seconds[1]) / f64::from(seconds[2]);
    assert!((1.9..2.1).contains(&ratio), "{seconds:?}");
}

#[test]
fn turns_are_equal() {
    let plan = plan(Strategy::RoundRobin, &[1, 1, 1]);
    let firsts: Vec<_> = (0..6).map(|turn| order(&plan, id(1), turn)[0]).collect();
    assert_eq!(firsts, [0, 1, 2, 0, 1, 2]);
    assert_eq!(order(&plan, id(1), 2), [2, 0, 1]);
    assert_eq!(order(&plan, id(1), u32::MAX).len(), 3);
}

#[test]
fn a_route_that_can_not_be_is_told_where() {
    let refused = |plan: Plan| match check(&plan) {
        Err(RouteRefusal::Plan { at, code }) => (at, code),
        other => panic!("{other:?}"),
    };
    let wrong = |at: &str, code| (at.to_owned(), code);
    assert_eq!(refused(plan(Strategy::FailOver, &[])), wrong("/steps", "too_few"));
    assert_eq!(refused(plan(Strategy::RoundRobin, &[1])), wrong("/steps", "too_few"));
    assert_eq!(refused(plan(Strategy::FailOver, &[1; MOST_STEPS + 1])), wrong("/steps", "too_many"));
    assert_eq!(refused(plan(Strategy::Weighted, &[1, 0])), wrong("/steps/1/share", "out_of_range"));
    let mut twice = plan(Strategy::FailOver, &[1, 1]);
    twice.steps[1].channel = twice.steps[0].channel;
    assert_eq!(refused(twice), wrong("/steps/1/channel_id", "twice"));
    let mut weighed = plan(Strategy::FailOver, &[1, 1]);
    weighed.steps[0].share = Some(1);
    assert_eq!(refused(weighed), wrong("/steps/0/share", "not_weighted"));
    let mut unweighed = plan(Strategy::Weighted, &[1, 1]);
    unweighed.steps[0].share = None;
    assert_eq!(refused(unweighed), wrong("/steps/0/share", "field_missing"));
    for within in [0, 4, 601] {
        let mut hasty = plan(Strategy::FailOver, &[1]);
        hasty.steps[0].accepted_within_s = Some(within);
        assert_eq!(refused(hasty), wrong("/steps/0/accepted_within_s", "out_of_range"));
    }
}

#[test]
fn what_is_wrong_with_the_recipient_no_other_channel_cures() {
    let reply = |code, enhanced: Option<(u16, u16)>| {
        let enhanced = enhanced.map(|(subject, detail)| EnhancedStatus { class: 5, subject, detail });
        Reply { code, enhanced }
    };
    let rejected = |stage, code, enhanced| answer(&Outcome::Rejected { stage, reply: reply(code, enhanced) });
    for (stage, code, enhanced, expected) in [
        (Stage::Recipient, 550, Some((1, 1)), Answer::Undeliverable),
        (Stage::Recipient, 550, None, Answer::Undeliverable),
        (Stage::Recipient, 553, None, Answer::Undeliverable),
        (Stage::Content, 552, Some((2, 2)), Answer::Undeliverable),
        (Stage::Recipient, 550, Some((7, 1)), Answer::Refused),
        (Stage::Recipient, 554, None, Answer::Refused),
        (Stage::Sender, 550, Some((1, 8)), Answer::Refused),
        (Stage::Sender, 553, None, Answer::Refused),
        (Stage::Content, 554, None, Answer::Refused),
        (Stage::Content, 552, Some((3, 4)), Answer::Refused),
    ] {
        assert_eq!(rejected(stage, code, enhanced), expected, "{stage:?} {code} {enhanced:?}");
    }
    assert_eq!(answer(&Outcome::Accepted { reply: reply(250, None) }), Answer::Accepted);
    assert_eq!(answer(&Outcome::Unknown), Answer::Unknown);
    assert_eq!(answer(&RelayFailure::Timeout.into()), Answer::Later);
    let later = Deferral::Reply { stage: Stage::Recipient, reply: reply(451, None) };
    assert_eq!(answer(&Outcome::Deferred(later)), Answer::Later);
}

#[test]
fn a_trial_is_what_would_happen() {
    let plan = plan(Strategy::FailOver, &[1, 1]);
    let [first, second] = [0, 1].map(|at: usize| plan.steps[at].channel);
    let says = |channel| if channel == first { Answer::Later } else { Answer::Accepted };
    let (went, end) = simulated(&plan, &order(&plan, id(1), 0), false, says);
    let asked: Vec<_> = went.iter().map(|one| (one.step, one.round, one.channel_id, one.after_ms)).collect();
    assert_eq!(asked, [(1, 1, first, 0), (2, 1, second, 0)]);
    assert_eq!(end, End { state: "sent", reason: None });
    let (went, end) = simulated(&plan, &[0, 1], false, |_| Answer::Later);
    assert_eq!((went[2].after_ms, went[4].after_ms), (5_000, 30_000));
    assert_eq!(end, End { state: "failed", reason: Some("route_exhausted") });
}

#[test]
fn two_versions_are_told_apart_step_by_step() {
    let (before, mut after) = (plan(Strategy::FailOver, &[1, 1]), plan(Strategy::FailOver, &[1]));
    assert_eq!(changes(&before, &before), []);
    after.steps[0].accepted_within_s = Some(20);
    after.on_unknown = OnUnknown::Next;
    let [first, second] = [0, 1].map(|at: usize| before.steps[at].channel.to_string());
    let change = |at: &str, from: &str, to: Option<String>| Change { at: at.into(), from: Some(from.into()), to };
    let expected = [
        change("on_unknown", "same", Some("next".into())),
        change("steps/0", &first, Some(format!("{first}, accepted within 20 s"))),
        change("steps/1", &second, None),
    ];
    assert_eq!(changes(&before, &after), expected);
}

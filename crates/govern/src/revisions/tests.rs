//! What rolling back promises, through the service, on both engines.

use sealpost_access::masking::{self, DailyReveals, Policy};
use sealpost_access::revisions::Revision;
use sealpost_seal::Rng;
use sealpost_store::testing::{SeededRng, TestStore};
use sealpost_store::{Ctx, OrgKeys, RevisionId, Store, StoreError, Tx, both_engines};
use sealpost_web::Failure;
use sealpost_web::problem::{CHANGED_MEANWHILE, NOT_FOUND};

use super::codes::REVISION_IN_FORCE;
use super::service;
use super::setting::Revisables;
use crate::approvals::codes::APPROVAL_OWN;
use crate::approvals::{Approval, GoesLive, Scene, State, refused, why};
use crate::masking as changing;
use crate::masking::codes::MASKING_RACED;
use crate::security::Turned;

fn settings() -> Revisables {
    Revisables::with(&[]).unwrap()
}

/// Everything masking has said, newest first, with what each change changed.
async fn said(scene: &Scene) -> Vec<Revision> {
    let keys = scene.keys().await;
    let read = move |tx: &mut Tx<'_>| {
        let newest = (RevisionId::from_bytes([0xff; 16]), 250);
        service::list(tx, &keys, &settings(), Some("masking"), newest)
    };
    let found = scene.house.store.read::<_, Failure>(&scene.asks, read).await.unwrap();
    found.into_iter().map(|(one, _)| one).collect()
}

async fn back(store: &Store, by: &Ctx, keys: std::sync::Arc<OrgKeys>, id: RevisionId) -> Result<Turned, Failure> {
    let act = move |tx: &mut Tx<'_>| service::roll_back(tx, &keys, &settings(), id, &why("as it was"));
    store.write::<_, Failure>(by, act).await
}

/// Says that much may be looked at a day, as if nothing took an approval.
async fn looks(scene: &Scene, by: &Ctx, count: u32) -> Result<changing::Outcome, Failure> {
    let (keys, reveals) = (scene.keys().await, DailyReveals::new(count).unwrap());
    let change = move |tx: &mut Tx<'_>| {
        changing::change(tx, &keys, Policy { reveals, ..Policy::default() }, Some(&why("a marker")))
    };
    scene.house.store.write::<_, Failure>(by, change).await
}

/// What is in force.
async fn standing(scene: &Scene) -> Policy {
    let keys = scene.keys().await;
    let read = move |tx: &mut Tx<'_>| masking::standing(tx, &keys);
    scene.house.store.read::<_, StoreError>(&scene.asks, read).await.unwrap().policy
}

#[test]
fn no_setting_is_claimed_twice() {
    assert!(Revisables::with(&[changing::REVISABLE]).is_err());
}

both_engines! {
    async fn every_change_is_a_revision_and_the_way_back_is_one_more(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        assert!(said(&scene).await.is_empty());
        looks(&scene, &scene.asks, 900).await.unwrap();
        scene.house.clock.advance_ms(1);
        let were = said(&scene).await;
        let told: Vec<_> = were.iter().map(|one| (one.number, one.why.as_deref(), one.actor.id)).collect();
        assert_eq!(told, [(1, Some("a marker"), scene.asks.actor.id), (0, None, [0; 16])]);
        assert_eq!(back(&scene.house.store, &scene.others[0], scene.keys().await, were[1].id).await.unwrap(), Turned::Done);
        assert_eq!(standing(&scene).await, Policy::default());
        let now = said(&scene).await;
        assert_eq!((now[0].number, &now[0].says, now[0].actor.id), (2, &were[1].says, scene.others[0].actor.id));
        assert_eq!((now[1].digest, &now[1].says), (were[0].digest, &were[0].says), "what was said stays");
        assert_ne!(now[0].digest, now[2].digest);
        assert_eq!(scene.acts().await.iter().rev().take(2).collect::<Vec<_>>(), ["revision.roll_back", "masking.change"]);
        for same in [now[0].id, now[2].id] {
            refused(back(&scene.house.store, &scene.asks, scene.keys().await, same).await, &REVISION_IN_FORCE);
        }
    }

    async fn a_revision_says_what_it_changed_and_what_going_back_would(house: TestStore) {
        let scene = Scene::with(house, 0).await;
        looks(&scene, &scene.asks, 900).await.unwrap();
        scene.house.clock.advance_ms(1);
        looks(&scene, &scene.asks, 100).await.unwrap();
        let (keys, second) = (scene.keys().await, said(&scene).await[1].id);
        let read = move |tx: &mut Tx<'_>| service::show(tx, &keys, &settings(), second);
        let seen = scene.house.store.read::<_, Failure>(&scene.asks, read).await.unwrap();
        let words = |lines: &[crate::approvals::Line]| -> Vec<_> {
            lines.iter().map(|line| (line.what.clone(), line.before.clone().unwrap(), line.after.clone().unwrap())).collect()
        };
        assert_eq!(words(&seen.changed), [("Looks a day".into(), "200".into(), "900".into())]);
        assert_eq!(words(&seen.back), [("Looks a day".into(), "100".into(), "900".into())]);
    }

    async fn back_to_something_weaker_waits_for_others_and_names_the_approval(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        looks(&scene, &scene.asks, 900).await.unwrap();
        scene.house.clock.advance_ms(1);
        looks(&scene, &scene.asks, 100).await.unwrap();
        scene.rule(1, GoesLive::OnApproval).await;
        let weaker = said(&scene).await[1].clone();
        let turned = back(&scene.house.store, &scene.asks, scene.keys().await, weaker.id).await.unwrap();
        let Turned::Waits(id) = turned else { panic!("nobody was asked") };
        assert_eq!(standing(&scene).await.reveals.count(), 100);
        let asked: Approval = scene.show(id).await;
        assert_eq!(scene.approve(&scene.others[0], id, asked.digest()).await.unwrap(), State::Live);
        assert_eq!(standing(&scene).await.reveals.count(), 900);
        let now = said(&scene).await;
        assert_eq!((now[0].approval, &now[0].says, now[0].why.as_deref()), (Some(id), &weaker.says, Some("as it was")));
        assert!(now[1..].iter().all(|one| one.approval.is_none()));
        // Less takes nobody else, and can be gone back to at once.
        let first = now.last().unwrap().id;
        assert_eq!(back(&scene.house.store, &scene.asks, scene.keys().await, first).await.unwrap(), Turned::Done);
    }

    async fn whoever_asks_to_go_back_has_made_that_change_whoever_made_it_first(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        looks(&scene, &scene.others[0], 900).await.unwrap();
        scene.house.clock.advance_ms(1);
        looks(&scene, &scene.asks, 100).await.unwrap();
        scene.rule(1, GoesLive::OnApproval).await;
        let weaker = said(&scene).await[1].clone();
        assert_eq!(weaker.actor.id, scene.others[0].actor.id);
        let turned = back(&scene.house.store, &scene.asks, scene.keys().await, weaker.id).await.unwrap();
        let Turned::Waits(id) = turned else { panic!("nobody was asked") };
        let asked = scene.show(id).await;
        assert_eq!(asked.asker().bytes(), scene.asks.actor.id);
        refused(scene.approve(&scene.asks, id, asked.digest()).await, &APPROVAL_OWN);
        assert_eq!(scene.approve(&scene.others[0], id, asked.digest()).await.unwrap(), State::Live);
    }

    async fn what_was_asked_for_does_not_go_live_after_a_roll_back_that_looks_like_nothing_happened(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        looks(&scene, &scene.asks, 100).await.unwrap();
        scene.rule(1, GoesLive::Manual).await;
        let asked = scene.more_looks().await;
        scene.approve(&scene.others[0], asked.id, asked.digest()).await.unwrap();
        let were = said(&scene).await;
        looks(&scene, &scene.asks, 50).await.unwrap();
        let before = were[0].id;
        let Turned::Waits(again) = back(&scene.house.store, &scene.asks, scene.keys().await, before).await.unwrap() else {
            panic!("nobody was asked")
        };
        let digest = scene.show(again).await.digest();
        scene.approve(&scene.others[0], again, digest).await.unwrap();
        assert_eq!(scene.apply(again).await.unwrap(), State::Live);
        assert_eq!(standing(&scene).await.reveals.count(), 100, "as it was when it was asked for");
        assert_eq!(scene.apply(asked.id).await.unwrap(), State::Conflict);
    }

    async fn of_a_hundred_who_roll_back_at_once_one_does(house: TestStore) {
        let scene = Scene::with(house, 0).await;
        looks(&scene, &scene.asks, 900).await.unwrap();
        let first = said(&scene).await[1].id;
        let other = scene.house.another_node().await.unwrap_or_else(|| scene.house.store.clone());
        let tries: Vec<_> = (0..100)
            .map(|number| {
                let store = if number % 2 == 0 { &scene.house.store } else { &other }.clone();
                let by = scene.asks.clone();
                tokio::spawn(async move {
                    let keys = store.keys().organisation(by.org.id).await.unwrap();
                    back(&store, &by, keys, first).await
                })
            })
            .collect();
        let mut done = 0;
        for one in tries {
            match one.await.unwrap() {
                Ok(turned) => {
                    assert_eq!(turned, Turned::Done);
                    done += 1;
                }
                Err(Failure::Refused(refusal)) => {
                    let expected = [&REVISION_IN_FORCE, &MASKING_RACED, &CHANGED_MEANWHILE];
                    assert!(expected.contains(&refusal.code()), "{}", refusal.code().code);
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(done, 1);
        let numbers: Vec<_> = said(&scene).await.iter().map(|one| one.number).collect();
        assert_eq!(numbers, [2, 1, 0]);
        assert_eq!(scene.acts().await.iter().filter(|act| *act == "revision.roll_back").count(), 1);
    }

    async fn without_its_leaf_nothing_is_rolled_back(house: TestStore) {
        let scene = Scene::with(house, 0).await;
        looks(&scene, &scene.asks, 900).await.unwrap();
        let first = said(&scene).await[1].id;
        scene.house.break_ledger(true);
        assert!(back(&scene.house.store, &scene.asks, scene.keys().await, first).await.is_err());
        scene.house.break_ledger(false);
        assert_eq!((standing(&scene).await.reveals.count(), said(&scene).await.len()), (900, 2));
    }

    async fn another_organisation_rolls_nothing_back(house: TestStore) {
        let scene = Scene::with(house, 0).await;
        looks(&scene, &scene.asks, 900).await.unwrap();
        let first = said(&scene).await[1].id;
        let theirs = scene.house.organisation().await;
        let keys = scene.house.store.keys().organisation(theirs.org.id).await.unwrap();
        refused(back(&scene.house.store, &theirs, keys, first).await, &NOT_FOUND);
    }
}

/// A walk at random through changes, roll-backs and decisions about them: whatever happens, what is in force is what the newest revision
/// says, numbers have no gaps, and whatever is weaker than what was before it has an approval with enough votes.
async fn walk(seed: u64) -> u32 {
    let scene = Scene::with(TestStore::sqlite().await, 2).await;
    let rng = SeededRng::new(seed);
    let below = |most: u32| {
        let mut bytes = [0; 4];
        rng.fill(&mut bytes);
        u32::from_le_bytes(bytes) % most
    };
    scene.rule(1, if seed.is_multiple_of(2) { GoesLive::OnApproval } else { GoesLive::Manual }).await;
    let (mut waiting, mut weaker) = (Vec::new(), 0);
    for _ in 0..60 {
        scene.house.clock.advance_ms(1);
        let by = if below(2) == 0 { &scene.asks } else { &scene.others[0] };
        match below(6) {
            0 => {
                if let Ok(changing::Outcome::Waits(asked)) = looks(&scene, by, 100 * below(5)).await {
                    waiting.push(asked.id);
                }
            }
            1 | 2 => {
                let all = said(&scene).await;
                if let Some(one) = all.get(below(1 + all.len() as u32) as usize) {
                    match back(&scene.house.store, by, scene.keys().await, one.id).await {
                        Ok(Turned::Waits(id)) => waiting.push(id),
                        Ok(Turned::Done) => {}
                        Err(failure) => refused(Err::<(), _>(failure), &REVISION_IN_FORCE),
                    }
                }
            }
            3 | 4 if !waiting.is_empty() => {
                let id = waiting[below(waiting.len() as u32) as usize];
                let digest = scene.show(id).await.digest();
                let _ = scene.approve(&scene.others[1], id, digest).await;
            }
            _ if !waiting.is_empty() => {
                let _ = scene.apply(waiting[below(waiting.len() as u32) as usize]).await;
            }
            _ => {}
        }
        let all = said(&scene).await;
        let numbers: Vec<_> = all.iter().map(|one| one.number).collect();
        assert_eq!(numbers, (0..all.len() as u32).rev().collect::<Vec<_>>(), "seed {seed}");
        let count = |one: &Revision| one.says["reveals_per_day"].as_u64().unwrap();
        if let Some(newest) = all.first() {
            assert_eq!(count(newest), u64::from(standing(&scene).await.reveals.count()), "seed {seed}");
        }
        weaker = 0;
        for pair in all.windows(2) {
            let (after, before) = (&pair[0], &pair[1]);
            if count(after) > count(before) {
                let asked = scene.show(after.approval.unwrap_or_else(|| panic!("seed {seed}: nobody agreed"))).await;
                assert!(asked.has_agreed_other(), "seed {seed}");
                assert_eq!(asked.wants(), &after.says, "seed {seed}: what went live isn't what was approved");
                weaker += 1;
            } else {
                assert!(after.approval.is_none(), "seed {seed}");
            }
        }
    }
    weaker
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_people_do_in_whatever_order_what_is_in_force_is_what_the_newest_revision_says() {
    let mut weaker = 0;
    for seed in 0..6 {
        weaker += walk(seed).await;
    }
    assert!(weaker > 5, "{weaker} that went live prove nothing");
}

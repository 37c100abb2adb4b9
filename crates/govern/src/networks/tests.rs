//! What the gate of networks promises, through the services, on both engines.

use sealpost_access::networks::codes::OWN_ADDRESS_EXCLUDED;
use sealpost_access::networks::{Known, Standing};
use sealpost_access::revisions::{self, Revision};
use sealpost_store::{ApprovalId, Ctx, StoreError, both_engines};
use sealpost_web::problem::CHANGED_MEANWHILE;

use super::*;
use crate::approvals::codes::{APPROVAL_OVER, APPROVAL_RACED};
use crate::approvals::{GoesLive, Scene, State, refused};

const OFFICE: &str = "192.0.2.10";
const MINUTE: i64 = 60_000;

/// Lists that let members in from there only; from anywhere, if it is empty.
fn lists(dashboard: &str) -> Lists {
    Lists { dashboard: Cidrs::from_text(dashboard).unwrap(), ..Lists::default() }
}

/// What becomes of it if somebody wants this from the office.
async fn wants(scene: &Scene, by: &Ctx, wanted: Lists) -> Result<Option<ApprovalId>, Failure> {
    wants_knowing(scene, by, wanted, Known::default()).await
}

async fn wants_knowing(scene: &Scene, by: &Ctx, wanted: Lists, known: Known) -> Result<Option<ApprovalId>, Failure> {
    let keys = scene.keys().await;
    let act = move |tx: &mut Tx<'_>| networks::decide_from(tx, &keys, GATE, wanted, (OFFICE.parse().unwrap(), &known));
    Ok(match scene.house.store.write::<_, Failure>(by, act).await? {
        Outcome::InForce(_) => None,
        Outcome::Waits(asked) => Some(asked.approval),
    })
}

async fn confirm(scene: &Scene) {
    let keys = scene.keys().await;
    let act = move |tx: &mut Tx<'_>| networks::confirm(tx, &keys, OFFICE.parse().unwrap(), &Known::default());
    scene.house.store.write::<_, Failure>(&scene.asks, act).await.unwrap();
}

async fn standing(scene: &Scene) -> Standing {
    scene.house.store.read::<_, StoreError>(&scene.asks, networks::standing).await.unwrap()
}

/// From where members are let in now.
async fn members_from(scene: &Scene) -> String {
    standing(scene).await.in_force(scene.asks.now()).dashboard.to_text()
}

/// Everything the lists have said, newest first.
async fn said(scene: &Scene) -> Vec<Revision> {
    let (keys, newest) = (scene.keys().await, sealpost_store::RevisionId::from_bytes([0xff; 16]));
    let read = move |tx: &mut Tx<'_>| revisions::page(tx, &keys, Some("network"), newest, 50);
    scene.house.store.read::<_, StoreError>(&scene.asks, read).await.unwrap()
}

async fn agreed(scene: &Scene, id: ApprovalId) -> State {
    let digest = scene.show(id).await.digest();
    scene.approve(&scene.others[0], id, digest).await.unwrap()
}

/// The office alone is let in, for good, and more takes an approval.
async fn tied_down(house: sealpost_store::testing::TestStore, goes_live: GoesLive) -> Scene {
    let scene = Scene::with(house, 1).await;
    assert_eq!(wants(&scene, &scene.asks, lists("192.0.2.0/24")).await.unwrap(), None);
    confirm(&scene).await;
    scene.takes(Module::Network, 1, goes_live).await;
    scene
}

both_engines! {
    async fn lists_that_let_more_in_wait_for_others_and_those_that_let_fewer_in_do_not(house: TestStore) {
        let scene = tied_down(house, GoesLive::OnApproval).await;
        assert_eq!(wants(&scene, &scene.asks, lists("192.0.2.0/28 192.0.2.128/25")).await.unwrap(), None);
        confirm(&scene).await;
        for more in [
            lists(""),
            lists("192.0.2.0/24"),
            lists("192.0.2.0/28 203.0.113.7"),
            Lists { keys: Cidrs::from_text("198.51.100.0/24").unwrap(), ..lists("192.0.0.0/16") },
        ] {
            assert!(wants(&scene, &scene.asks, more).await.unwrap().is_some());
        }
        refused(wants(&scene, &scene.asks, lists("203.0.113.0/24")).await, &OWN_ADDRESS_EXCLUDED);
        assert_eq!(members_from(&scene).await, "192.0.2.0/28 192.0.2.128/25");
        let asked = wants(&scene, &scene.asks, lists("192.0.2.0/24")).await.unwrap().unwrap();
        let all = scene.house.store.read(&scene.asks, |tx| (GATE.waiting)(tx, None)).await.unwrap();
        assert_eq!((all.len(), all.contains(&asked)), (5, true), "the page says what waits");
        assert_eq!(agreed(&scene, asked).await, State::Live);
        assert_eq!(members_from(&scene).await, "192.0.2.0/24");
        let now = said(&scene).await;
        let told: Vec<_> = now.iter().map(|one| (one.number, one.approval)).collect();
        assert_eq!(told, [(4, Some(asked)), (3, None), (2, None), (1, None)]);

        // The way back: to more when others agree, to less at once.
        let back = async |says: &Value| {
            let (keys, says) = (scene.keys().await, says.clone());
            let act = move |tx: &mut Tx<'_>| (REVISABLE.roll_back)(tx, &keys, says, None);
            scene.house.store.write::<_, Failure>(&scene.asks, act).await.unwrap()
        };
        assert!(matches!(back(&now[3].says).await, Turned::Waits(_)), "from anywhere, as it was at first");
        assert_eq!(back(&now[1].says).await, Turned::Done);
        assert_eq!(members_from(&scene).await, "192.0.2.0/28 192.0.2.128/25");
    }

    async fn what_others_agreed_to_undoes_itself_unless_somebody_who_is_let_in_confirms_it(house: TestStore) {
        let scene = tied_down(house, GoesLive::OnApproval).await;
        let asked = wants(&scene, &scene.asks, lists("192.0.2.0/23")).await.unwrap().unwrap();
        // Whoever asked is let in by what they asked for, and whoever agreed says nothing about who is.
        assert_eq!(agreed(&scene, asked).await, State::Live);
        scene.house.clock.advance_ms(10 * MINUTE - 1);
        assert_eq!(members_from(&scene).await, "192.0.2.0/23");
        scene.house.clock.advance_ms(1);
        assert_eq!(members_from(&scene).await, "192.0.2.0/24");
        networks::look_after(&scene.house.store).await.unwrap();
        let newest = said(&scene).await.remove(0);
        assert_eq!((newest.says["dashboard"][0].as_str(), newest.approval), (Some("192.0.2.0/24"), None));
        assert_eq!(scene.acts().await.last().map(String::as_str), Some("networks.revert"));
        let asked = wants(&scene, &scene.asks, lists("192.0.2.0/23")).await.unwrap().unwrap();
        assert_eq!(agreed(&scene, asked).await, State::Live);
        confirm(&scene).await;
        scene.house.clock.advance_ms(11 * MINUTE);
        networks::look_after(&scene.house.store).await.unwrap();
        assert_eq!(members_from(&scene).await, "192.0.2.0/23");
        assert_eq!(said(&scene).await[0].approval, Some(asked));
    }

    async fn what_has_moved_meanwhile_is_a_conflict_even_if_it_moved_by_itself(house: TestStore) {
        let scene = tied_down(house, GoesLive::OnApproval).await;
        let asked = wants(&scene, &scene.asks, lists("192.0.2.0/23")).await.unwrap().unwrap();
        assert_eq!(wants(&scene, &scene.asks, lists("192.0.2.0/28")).await.unwrap(), None);
        assert_eq!(agreed(&scene, asked).await, State::Conflict);
        assert_eq!(members_from(&scene).await, "192.0.2.0/28");
        // Asked while those held; they have undone themselves since, and nobody has written that down.
        let asked = wants(&scene, &scene.asks, lists("192.0.2.0/27")).await.unwrap().unwrap();
        scene.house.clock.advance_ms(10 * MINUTE);
        assert_eq!(agreed(&scene, asked).await, State::Conflict);
        let asked = wants(&scene, &scene.asks, lists("")).await.unwrap().unwrap();
        networks::look_after(&scene.house.store).await.unwrap();
        assert_eq!(agreed(&scene, asked).await, State::Live, "that it was written down moves nothing");
    }

    async fn of_a_hundred_at_once_one_puts_it_into_force(house: TestStore) {
        let scene = tied_down(house, GoesLive::Manual).await;
        let asked = wants(&scene, &scene.asks, lists("192.0.2.0/23")).await.unwrap().unwrap();
        assert_eq!(agreed(&scene, asked).await, State::Approved);
        let other = scene.house.another_node().await.unwrap_or_else(|| scene.house.store.clone());
        let tries: Vec<_> = (0..100)
            .map(|number| {
                let store = if number % 2 == 0 { &scene.house.store } else { &other }.clone();
                let by = scene.asks.clone();
                tokio::spawn(async move {
                    let all = crate::approvals::testing::all();
                    crate::approvals::testing::put_into_force(&store, &by, &all, asked).await
                })
            })
            .collect();
        let mut done = 0;
        for one in tries {
            match one.await.unwrap() {
                Ok(state) => {
                    assert_eq!(state, State::Live);
                    done += 1;
                }
                Err(Failure::Refused(refusal)) => {
                    let expected = [&APPROVAL_OVER, &APPROVAL_RACED, &CHANGED_MEANWHILE];
                    assert!(expected.contains(&refusal.code()), "{}", refusal.code().code);
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((done, said(&scene).await.len()), (1, 3));
        // Of those who decide on what they saw one does, too.
        let version = standing(&scene).await.version;
        let known = || Known { version: Some(version), tags: None };
        assert_eq!(wants_knowing(&scene, &scene.asks, lists("192.0.2.0/25"), known()).await.unwrap(), None);
        refused(wants_knowing(&scene, &scene.asks, lists("192.0.2.0/26"), known()).await, &CHANGED_MEANWHILE);
    }

    async fn without_its_leaf_nobody_is_let_in(house: TestStore) {
        let scene = tied_down(house, GoesLive::OnApproval).await;
        let asked = wants(&scene, &scene.asks, lists("")).await.unwrap().unwrap();
        let digest = scene.show(asked).await.digest();
        scene.house.break_ledger(true);
        assert!(scene.approve(&scene.others[0], asked, digest).await.is_err());
        scene.house.break_ledger(false);
        assert_eq!((members_from(&scene).await.as_str(), said(&scene).await.len()), ("192.0.2.0/24", 2));
        assert_eq!(scene.show(asked).await.state(scene.asks.now()), State::Pending);
    }
}

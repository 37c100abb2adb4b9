//! What the gate of people promises, through the services, on both engines.

use sealpost_access::members::codes::{ONESELF, OWNERS_ONLY, ROLE_EXCEEDS};
use sealpost_access::permissions::{CONTACTS_READ, MESSAGES_READ};
use sealpost_access::revisions::{self, Revision};
use sealpost_access::roles::{Minutes, NewRole, RoleName, SessionLimits, Standard, Visibility};
use sealpost_seal::viewer::MaskProfile;
use sealpost_store::{ApprovalId, Ctx, RoleId, StoreError, both_engines};
use sealpost_web::{Permission, PermissionSet};

use super::*;
use crate::approvals::codes::{APPROVAL_OVER, APPROVAL_RACED, APPROVAL_TIED};
use crate::approvals::{GoesLive, Scene, State, join, refused};

const fn who(ctx: &Ctx) -> MemberId {
    MemberId::from_bytes(ctx.actor.id)
}

async fn gives(scene: &Scene, by: &Ctx, to: &Ctx, role: RoleRef) -> Result<Option<ApprovalId>, Failure> {
    let (keys, to) = (scene.keys().await, TheirRole { member: who(to), role });
    let act = move |tx: &mut Tx<'_>| members::give(tx, &keys, GATE, to, None);
    Ok(match scene.house.store.write::<_, Failure>(by, act).await? {
        Outcome::InForce => None,
        Outcome::Waits(asked) => Some(asked.approval),
    })
}

async fn role_of(scene: &Scene, member: &Ctx) -> RoleRef {
    let id = who(member);
    let read = move |tx: &mut Tx<'_>| members::standing(tx, id);
    scene.house.store.read::<_, StoreError>(&scene.asks, read).await.unwrap().unwrap().0.reference
}

const fn ours(standard: Standard) -> RoleRef {
    RoleRef::Standard(standard)
}

/// Every role anybody had, newest first.
async fn said(scene: &Scene) -> Vec<Revision> {
    let (keys, newest) = (scene.keys().await, sealpost_store::RevisionId::from_bytes([0xff; 16]));
    let read = move |tx: &mut Tx<'_>| revisions::page(tx, &keys, Some("member"), newest, 50);
    scene.house.store.read::<_, StoreError>(&scene.asks, read).await.unwrap()
}

/// A role of the organisation's own that says this, made or changed.
async fn says(scene: &Scene, id: Option<RoleId>, permissions: &[Permission]) -> RoleId {
    let role = NewRole {
        name: RoleName::parse("Night shift").unwrap(),
        permissions: PermissionSet::of(permissions),
        visibility: Visibility::All,
        channels: None,
        masks: MaskProfile::Full,
        require_step_up: false,
        cidrs: Default::default(),
        limits: SessionLimits { idle: Minutes::new(5), absolute: Minutes::new(60) },
        reveals: None,
    };
    let keys = scene.keys().await;
    let act = move |tx: &mut Tx<'_>| match id {
        Some(id) => roles::update(tx, &keys, id, &role, None),
        None => roles::create(tx, &keys, &role, None),
    };
    scene.house.store.write::<_, Failure>(&scene.asks, act).await.unwrap().id
}

async fn agreed(scene: &Scene, by: &Ctx, id: ApprovalId) -> Result<State, Failure> {
    let digest = scene.show(id).await.digest();
    scene.approve(by, id, digest).await
}

both_engines! {
    async fn a_role_that_may_more_waits_for_others_and_never_for_whoever_gets_it(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        let sam = join(&scene.house.store, &scene.asks, Standard::Admin).await;
        scene.takes(Module::Member, 1, GoesLive::OnApproval).await;
        assert_eq!(gives(&scene, &scene.asks, &sam, ours(Standard::Viewer)).await.unwrap(), None);
        let asked = gives(&scene, &scene.asks, &sam, ours(Standard::Admin)).await.unwrap().unwrap();
        assert_eq!(role_of(&scene, &sam).await, ours(Standard::Viewer));
        let target = Some(sam.actor.id);
        let all = scene.house.store.read(&scene.asks, move |tx| (GATE.waiting)(tx, target)).await.unwrap();
        assert_eq!(all, [asked], "the page of the member says what waits");
        assert_eq!(agreed(&scene, &scene.others[0], asked).await.unwrap(), State::Live);
        assert_eq!(role_of(&scene, &sam).await, ours(Standard::Admin));
        let told: Vec<_> = said(&scene).await.iter().map(|one| (one.number, one.approval)).collect();
        assert_eq!(told, [(3, Some(asked)), (2, None), (1, None)]);

        // They may vote by now, on others' roles.
        let asked = gives(&scene, &scene.asks, &sam, ours(Standard::SuperAdmin)).await.unwrap().unwrap();
        refused(agreed(&scene, &sam, asked).await, &APPROVAL_TIED);
        assert_eq!(agreed(&scene, &scene.others[0], asked).await.unwrap(), State::Live);
        assert!(gives(&scene, &scene.asks, &sam, ours(Standard::Owner)).await.unwrap().is_some(), "an owner is more");
        let first = said(&scene).await.pop().unwrap().says;
        gives(&scene, &scene.asks, &sam, ours(Standard::Viewer)).await.unwrap();
        let keys = scene.keys().await;
        let back = move |tx: &mut Tx<'_>| (REVISABLE.roll_back)(tx, &keys, first, None);
        let back = scene.house.store.write::<_, Failure>(&scene.asks, back).await.unwrap();
        assert!(matches!(back, Turned::Waits(_)), "back to what may more waits as well");
    }

    async fn whoever_puts_it_into_force_gives_no_more_than_they_have_and_nothing_to_themselves(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        let [sam, admin] = [Standard::Agent, Standard::Admin].map(|role| join(&scene.house.store, &scene.asks, role));
        let (sam, admin) = (sam.await, admin.await);
        scene.takes(Module::Member, 1, GoesLive::OnApproval).await;
        for (role, code) in [(Standard::SuperAdmin, &ROLE_EXCEEDS), (Standard::Owner, &OWNERS_ONLY)] {
            let asked = gives(&scene, &scene.asks, &sam, ours(role)).await.unwrap().unwrap();
            refused(agreed(&scene, &admin, asked).await, code);
            assert_eq!(scene.show(asked).await.state(scene.asks.now()), State::Pending);
        }
        refused(gives(&scene, &admin, &admin, ours(Standard::Owner)).await, &ONESELF);
        refused(gives(&scene, &admin, &sam, ours(Standard::SuperAdmin)).await, &ROLE_EXCEEDS);
        scene.takes(Module::Member, 1, GoesLive::Manual).await;
        let asked = gives(&scene, &scene.asks, &admin, ours(Standard::SuperAdmin)).await.unwrap().unwrap();
        assert_eq!(agreed(&scene, &scene.others[0], asked).await.unwrap(), State::Approved);
        let all = crate::approvals::testing::all();
        refused(crate::approvals::testing::put_into_force(&scene.house.store, &admin, &all, asked).await, &ONESELF);
        assert_eq!((role_of(&scene, &sam).await, role_of(&scene, &admin).await), (ours(Standard::Agent), ours(Standard::Admin)));
    }

    async fn a_role_that_says_something_else_or_is_another_meanwhile_is_a_conflict(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        let sam = join(&scene.house.store, &scene.asks, Standard::Viewer).await;
        let night = says(&scene, None, &[MESSAGES_READ, CONTACTS_READ]).await;
        scene.takes(Module::Member, 1, GoesLive::OnApproval).await;
        let ask = async || gives(&scene, &scene.asks, &sam, ours(Standard::Agent)).await.unwrap().unwrap();
        let asked = ask().await;
        assert_eq!(gives(&scene, &scene.asks, &sam, RoleRef::Custom(night)).await.unwrap(), None, "it may less");
        assert_eq!(agreed(&scene, &scene.others[0], asked).await.unwrap(), State::Conflict);
        assert_eq!(role_of(&scene, &sam).await, RoleRef::Custom(night));

        let kim = join(&scene.house.store, &scene.asks, Standard::Auditor).await;
        let day = RoleRef::Custom(says(&scene, Some(night), &[MESSAGES_READ, CONTACTS_READ, sealpost_access::permissions::MESSAGES_SEND]).await);
        let asked = gives(&scene, &scene.asks, &kim, day).await.unwrap().unwrap();
        says(&scene, Some(night), &[MESSAGES_READ, sealpost_access::permissions::MESSAGES_SEND]).await;
        assert_eq!(agreed(&scene, &scene.others[0], asked).await.unwrap(), State::Conflict, "they saw another role");
        assert_eq!(role_of(&scene, &kim).await, ours(Standard::Auditor));
    }

    async fn of_a_hundred_at_once_one_gives_it_and_without_its_leaf_nobody_does(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        let sam = join(&scene.house.store, &scene.asks, Standard::Agent).await;
        scene.takes(Module::Member, 1, GoesLive::Manual).await;
        let asked = gives(&scene, &scene.asks, &sam, ours(Standard::Admin)).await.unwrap().unwrap();
        assert_eq!(agreed(&scene, &scene.others[0], asked).await.unwrap(), State::Approved);
        scene.house.break_ledger(true);
        assert!(scene.apply(asked).await.is_err());
        scene.house.break_ledger(false);
        assert_eq!((role_of(&scene, &sam).await, said(&scene).await.len()), (ours(Standard::Agent), 0));
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
        assert_eq!((done, role_of(&scene, &sam).await), (1, ours(Standard::Admin)));
        assert_eq!(said(&scene).await.len(), 2);
    }
}

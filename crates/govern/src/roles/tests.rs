//! What the gate of roles promises, through the services, on both engines.

use sealpost_access::members::codes::ROLE_EXCEEDS;
use sealpost_access::permissions::{CONTACTS_READ, MESSAGES_READ, SECURITY_MANAGE};
use sealpost_access::revisions::{self, Revision};
use sealpost_access::roles::{Minutes, RoleName, SessionLimits, Standard, StoredRole, Visibility};
use sealpost_seal::viewer::MaskProfile;
use sealpost_store::{Ctx, StoreError, both_engines};
use sealpost_web::{Permission, PermissionSet};

use super::*;
use crate::approvals::{GoesLive, Scene, State, join, refused};

/// A role that lets its members do this, and see as much of phone numbers.
fn role(permissions: &[Permission], masks: MaskProfile) -> NewRole {
    NewRole {
        name: RoleName::parse("Night shift").unwrap(),
        permissions: PermissionSet::of(permissions),
        visibility: Visibility::All,
        channels: None,
        masks,
        require_step_up: false,
        cidrs: Default::default(),
        limits: SessionLimits::LONGEST,
        reveals: None,
    }
}

async fn decide(scene: &Scene, by: &Ctx, id: Option<RoleId>, new: NewRole) -> Result<Outcome, Failure> {
    let keys = scene.keys().await;
    scene.house.store.write(by, move |tx: &mut Tx<'_>| roles::decide(tx, &keys, gate, (id, &new), None)).await
}

fn done(outcome: Outcome) -> StoredRole {
    match outcome {
        Outcome::InForce(role) => role,
        Outcome::Waits(_) => panic!("it takes an approval"),
    }
}

fn waits(outcome: Outcome) -> sealpost_store::ApprovalId {
    match outcome {
        Outcome::InForce(_) => panic!("nobody was asked"),
        Outcome::Waits(asked) => asked.approval,
    }
}

async fn all_roles(scene: &Scene) -> Vec<StoredRole> {
    scene.house.store.read::<_, StoreError>(&scene.asks, |tx| roles::list(tx, None, 10)).await.unwrap()
}

/// Everything roles have said, newest first.
async fn said(scene: &Scene) -> Vec<Revision> {
    let (keys, newest) = (scene.keys().await, sealpost_store::RevisionId::from_bytes([0xff; 16]));
    let read = move |tx: &mut Tx<'_>| revisions::page(tx, &keys, Some("role"), newest, 50);
    scene.house.store.read::<_, StoreError>(&scene.asks, read).await.unwrap()
}

both_engines! {
    async fn a_role_that_says_more_waits_for_others_and_one_that_says_less_does_not(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        let both = [CONTACTS_READ, MESSAGES_READ];
        let id = done(decide(&scene, &scene.asks, None, role(&both, MaskProfile::Full)).await.unwrap()).id;
        scene.takes(Module::Role, 1, GoesLive::OnApproval).await;
        done(decide(&scene, &scene.asks, Some(id), role(&[MESSAGES_READ], MaskProfile::Full)).await.unwrap());
        for more in [
            role(&both, MaskProfile::Full),
            role(&[MESSAGES_READ], MaskProfile::Last4),
            NewRole { require_step_up: false, reveals: None, ..role(&[CONTACTS_READ], MaskProfile::Full) },
        ] {
            waits(decide(&scene, &scene.asks, Some(id), more).await.unwrap());
        }
        let shorter = SessionLimits { idle: Minutes::new(5), absolute: Minutes::new(60) };
        let stricter = NewRole { require_step_up: true, limits: shorter, ..role(&[MESSAGES_READ], MaskProfile::Full) };
        done(decide(&scene, &scene.asks, Some(id), stricter).await.unwrap());
        let asked = waits(decide(&scene, &scene.asks, Some(id), role(&[MESSAGES_READ], MaskProfile::Full)).await.unwrap());
        let shown = scene.show(asked).await;
        assert_eq!(all_roles(&scene).await[0].role.limits, shorter);
        assert_eq!(scene.approve(&scene.others[0], asked, shown.digest()).await.unwrap(), State::Live);
        let now = &all_roles(&scene).await[0];
        assert_eq!((now.role.require_step_up, now.role.limits), (false, SessionLimits::LONGEST));
        let said = said(&scene).await;
        let numbers: Vec<_> = said.iter().map(|one| (one.number, one.approval.is_some())).collect();
        assert_eq!(numbers, [(4, true), (3, false), (2, false), (1, false)]);

        // Back to what it said at first is more than it says now; back to the strictest takes nobody else.
        let back = async |revision: &Revision| {
            let (keys, says) = (scene.keys().await, revision.says.clone());
            let act = move |tx: &mut Tx<'_>| (REVISABLE.roll_back)(tx, &keys, says, None);
            scene.house.store.write::<_, Failure>(&scene.asks, act).await.unwrap()
        };
        assert!(matches!(back(&said[3]).await, Turned::Waits(_)));
        assert_eq!(back(&said[1]).await, Turned::Done);
        assert_eq!(all_roles(&scene).await[0].role.limits, shorter);
    }

    async fn a_new_role_waits_and_is_made_by_whoever_may_do_as_much(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        scene.takes(Module::Role, 1, GoesLive::OnApproval).await;
        let new = role(&[SECURITY_MANAGE], MaskProfile::Full);
        let asked = waits(decide(&scene, &scene.asks, None, new).await.unwrap());
        let digest = scene.show(asked).await.digest();
        let admin = join(&scene.house.store, &scene.asks, Standard::Admin).await;
        refused(scene.approve(&admin, asked, digest).await, &ROLE_EXCEEDS);
        assert!(all_roles(&scene).await.is_empty() && scene.show(asked).await.state(scene.asks.now()) == State::Pending);
        assert_eq!(scene.approve(&scene.others[0], asked, digest).await.unwrap(), State::Live);
        assert_eq!(all_roles(&scene).await.len(), 1);
    }

    async fn a_role_that_was_changed_meanwhile_is_a_conflict(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        let id = done(decide(&scene, &scene.asks, None, role(&[MESSAGES_READ], MaskProfile::Last4)).await.unwrap()).id;
        scene.takes(Module::Role, 1, GoesLive::OnApproval).await;
        let wider = role(&[MESSAGES_READ, CONTACTS_READ], MaskProfile::Last4);
        let asked = waits(decide(&scene, &scene.asks, Some(id), wider).await.unwrap());
        let digest = scene.show(asked).await.digest();
        done(decide(&scene, &scene.asks, Some(id), role(&[MESSAGES_READ], MaskProfile::Full)).await.unwrap());
        assert_eq!(scene.approve(&scene.others[0], asked, digest).await.unwrap(), State::Conflict);
        assert_eq!(all_roles(&scene).await[0].role.masks, MaskProfile::Full);
    }
}

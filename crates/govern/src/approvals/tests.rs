//! What approvals promise, through the service, on both engines.

use std::sync::{Arc, Mutex};

use sealpost_access::mail::{Courier, Letter, Post};
use sealpost_access::masking::{self, DailyReveals, Masking, Policy as MaskingPolicy};
use sealpost_access::members::{self, Invitation, Members};
use sealpost_access::roles::{RoleRef, Standard};
use sealpost_seal::normal::Email;
use sealpost_seal::{Personal, Purpose};
use sealpost_store::testing::TestStore;
use sealpost_store::{
    Actor, ActorKind, ApprovalId, Ctx, Environment, MemberId, Org, OrgKeys, Store, StoreError, Tx, both_engines,
};
use sealpost_web::{BoxFuture, Code, Failure};

use super::codes::*;
use super::digest::Digest;
use super::model::{Approval, GoesLive, Module, Needed, Policy, Rule, State};
use super::policy::Outcome;
use super::rules::{ALONE_MS, LIFETIME_MS};
use super::service::{self, Narrowed, Word};
use super::store::Which;
use super::testing;
pub(crate) use super::testing::all;
use super::{policy, store, upkeep};
use crate::masking as changing;
use crate::reason::Reason;

/// Somebody agrees with exactly this.
pub(crate) async fn agree(house: &Store, by: &Ctx, approval: &Approval) -> Result<State, Failure> {
    let keys = house.keys().organisation(by.org.id).await?;
    let (id, digest) = (approval.id, approval.digest());
    let act = move |tx: &mut Tx<'_>| {
        service::approve(tx, &keys, &all(), &Word { id, digest, comment: None, signature: None })
    };
    Ok(house.write::<_, Failure>(by, act).await?.request.state)
}

pub(crate) fn why(text: &str) -> Reason {
    Reason::parse(text.into()).unwrap()
}

/// An organisation with an owner who asks, and others who may agree.
pub(crate) struct Scene {
    pub(crate) house: TestStore,
    pub(crate) asks: Ctx,
    pub(crate) others: Vec<Ctx>,
}

fn acting(ctx: &Ctx, member: MemberId) -> Ctx {
    Ctx { actor: Actor { kind: ActorKind::Member, id: member.bytes() }, ..ctx.clone() }
}

impl Scene {
    pub(crate) async fn with(house: TestStore, others: usize) -> Self {
        let ctx = house.organisation().await;
        let mut people = Vec::new();
        for _ in 0..=others {
            people.push(join(&house.store, &ctx, Standard::Owner).await);
        }
        let asks = people.remove(0);
        Self { house, asks, others: people }
    }

    pub(crate) async fn keys(&self) -> std::sync::Arc<OrgKeys> {
        self.house.store.keys().organisation(self.asks.org.id).await.unwrap()
    }

    /// From now on weaker masking takes so many others.
    pub(crate) async fn rule(&self, approvals: u8, goes_live: GoesLive) {
        self.takes(Module::Masking, approvals, goes_live).await;
    }

    /// From now on this takes so many others, and nothing else does.
    pub(crate) async fn takes(&self, module: Module, approvals: u8, goes_live: GoesLive) {
        let rule = Rule {
            approvals: Needed::try_from(approvals).unwrap(),
            roles: vec![],
            members: vec![],
            goes_live,
            signed: false,
        };
        let modules = [(module, rule)].into();
        let keys = self.keys().await;
        let put = move |tx: &mut Tx<'_>| policy::change(tx, &keys, Policy { modules }, None);
        let outcome = self.house.store.write::<_, Failure>(&self.asks, put).await.unwrap();
        assert!(matches!(outcome, Outcome::InForce(_)));
    }

    /// Wants nothing hidden any more, and gets a request.
    pub(crate) async fn off(&self) -> Approval {
        self.wants(MaskingPolicy { masking: Masking::Off, ..MaskingPolicy::default() }).await
    }

    /// The same, and that everybody may look more often.
    pub(crate) async fn more_looks(&self) -> Approval {
        let reveals = DailyReveals::new(900).unwrap();
        self.wants(MaskingPolicy { masking: Masking::Off, reveals, ..MaskingPolicy::default() }).await
    }

    pub(crate) async fn wants(&self, policy: MaskingPolicy) -> Approval {
        let keys = self.keys().await;
        let ask = move |tx: &mut Tx<'_>| changing::change(tx, &keys, policy, Some(&why("marker")));
        match self.house.store.write::<_, Failure>(&self.asks, ask).await.unwrap() {
            changing::Outcome::Waits(approval) => *approval,
            changing::Outcome::InForce(_) => panic!("nobody was asked"),
        }
    }

    pub(crate) async fn is_off(&self) -> bool {
        let keys = self.keys().await;
        let standing = self.house.store.read::<_, StoreError>(&self.asks, move |tx| masking::standing(tx, &keys)).await;
        standing.unwrap().policy.masking == Masking::Off
    }

    pub(crate) async fn approve(&self, by: &Ctx, id: ApprovalId, digest: Digest) -> Result<State, Failure> {
        let keys = self.keys().await;
        let act = move |tx: &mut Tx<'_>| {
            let comment = why("looks right");
            service::approve(tx, &keys, &all(), &Word { id, digest, comment: Some(&comment), signature: None })
        };
        Ok(self.house.store.write::<_, Failure>(by, act).await?.request.state)
    }

    pub(crate) async fn emergency(&self, by: &Ctx, id: ApprovalId, digest: Digest) -> Result<State, Failure> {
        let keys = self.keys().await;
        let act = move |tx: &mut Tx<'_>| {
            let comment = why("it leaks");
            service::emergency(tx, &keys, &all(), &Word { id, digest, comment: Some(&comment), signature: None })
        };
        Ok(self.house.store.write::<_, Failure>(by, act).await?.request.state)
    }

    pub(crate) async fn apply(&self, id: ApprovalId) -> Result<State, Failure> {
        promote(&self.house.store, &self.asks, self.keys().await, id).await
    }

    pub(crate) async fn show(&self, id: ApprovalId) -> Approval {
        let keys = self.keys().await;
        self.house.store.read::<_, Failure>(&self.asks, move |tx| service::show(tx, &keys, id)).await.unwrap()
    }

    /// What stands in their list of what waits for them.
    pub(crate) async fn waits_for(&self, who: &Ctx) -> Vec<ApprovalId> {
        let (keys, which) = (self.keys().await, Which::WaitingFor(MemberId::from_bytes(who.actor.id)));
        let newest = ApprovalId::from_bytes([0xff; 16]);
        let list = move |tx: &mut Tx<'_>| service::list(tx, &keys, which, &Narrowed::default(), (newest, 50));
        let found = self.house.store.read::<_, StoreError>(&self.asks, list).await.unwrap();
        found.into_iter().map(|one| one.id).collect()
    }

    pub(crate) async fn acts(&self) -> Vec<String> {
        let leaves = self.house.store.ledger_leaves(&self.asks, 0, 200).await.unwrap();
        leaves.iter().map(|row| sealpost_ledger::Leaf::decode(&row.leaf).unwrap().action.to_string()).collect()
    }
}

pub(crate) async fn join(store: &Store, ctx: &Ctx, role: Standard) -> Ctx {
    let member = store.write(ctx, move |tx| members::create(tx, RoleRef::Standard(role))).await.unwrap();
    acting(ctx, member)
}

async fn promote(store: &Store, by: &Ctx, keys: std::sync::Arc<OrgKeys>, id: ApprovalId) -> Result<State, Failure> {
    let act = move |tx: &mut Tx<'_>| service::apply(tx, &keys, &all(), id);
    Ok(store.write::<_, Failure>(by, act).await?.request.state)
}

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T, Failure>, code: &Code) {
    match outcome {
        Err(Failure::Refused(refusal)) => assert_eq!(refusal.code(), code),
        other => panic!("{other:?} instead of {}", code.code),
    }
}

both_engines! {
    async fn masking_goes_live_when_enough_others_have_agreed_and_not_before(house: TestStore) {
        let scene = Scene::with(house, 2).await;
        scene.rule(2, GoesLive::OnApproval).await;
        let asked = scene.off().await;
        assert!(!scene.is_off().await);
        refused(scene.approve(&scene.asks, asked.id, asked.digest()).await, &APPROVAL_OWN);
        refused(scene.approve(&scene.others[0], asked.id, Digest([7; 32])).await, &APPROVAL_CHANGED);
        assert_eq!(scene.approve(&scene.others[0], asked.id, asked.digest()).await.unwrap(), State::Pending);
        refused(scene.approve(&scene.others[0], asked.id, asked.digest()).await, &APPROVAL_VOTED);
        assert!(!scene.is_off().await);
        assert_eq!(scene.approve(&scene.others[1], asked.id, asked.digest()).await.unwrap(), State::Live);
        assert!(scene.is_off().await);
        let shown = scene.show(asked.id).await;
        assert_eq!(shown.content.reason.as_deref(), Some("marker"));
        assert_eq!(shown.said.iter().map(|said| said.comment.as_deref()).collect::<Vec<_>>(), [Some("looks right"); 2]);
        let acts = scene.acts().await;
        let ours: Vec<_> = acts.iter().filter(|act| act.starts_with("approval") || *act == "masking.change").collect();
        assert_eq!(ours, [
            "approval_policy.change", "approval.request", "approval.approve", "masking.change", "approval.approve",
        ]);
    }

    async fn to_hide_more_takes_nobody_else(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        let keys = scene.keys().await;
        let off = MaskingPolicy { masking: Masking::Off, ..MaskingPolicy::default() };
        let act = move |tx: &mut Tx<'_>| changing::change(tx, &keys, off, Some(&why("x")));
        scene.house.store.write::<_, Failure>(&scene.asks, act).await.unwrap();
        scene.rule(1, GoesLive::OnApproval).await;
        let keys = scene.keys().await;
        let act = move |tx: &mut Tx<'_>| changing::change(tx, &keys, MaskingPolicy::default(), None);
        let outcome = scene.house.store.write::<_, Failure>(&scene.asks, act).await.unwrap();
        assert!(matches!(outcome, changing::Outcome::InForce(_)) && !scene.is_off().await);
    }

    async fn of_a_hundred_who_put_it_into_force_at_once_one_does(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        scene.rule(1, GoesLive::Manual).await;
        let asked = scene.off().await;
        assert_eq!(scene.approve(&scene.others[0], asked.id, asked.digest()).await.unwrap(), State::Approved);
        let other = scene.house.another_node().await.unwrap_or_else(|| scene.house.store.clone());
        let tries: Vec<_> = (0..100)
            .map(|number| {
                let store = if number % 2 == 0 { &scene.house.store } else { &other }.clone();
                let (by, id) = (scene.asks.clone(), asked.id);
                tokio::spawn(async move {
                    let keys = store.keys().organisation(by.org.id).await.unwrap();
                    promote(&store, &by, keys, id).await
                })
            })
            .collect();
        let mut live = 0;
        for one in tries {
            match one.await.unwrap() {
                Ok(state) => {
                    assert_eq!(state, State::Live);
                    live += 1;
                }
                Err(Failure::Refused(refusal)) => assert_eq!(refusal.code(), &APPROVAL_OVER),
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(live, 1);
        assert_eq!(scene.acts().await.iter().filter(|act| *act == "masking.change").count(), 1);
        assert!(scene.is_off().await);
    }

    async fn what_has_moved_meanwhile_is_a_conflict_and_changes_nothing(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        scene.rule(1, GoesLive::Manual).await;
        let (asked, other) = (scene.off().await, scene.off().await);
        for one in [&asked, &other] {
            scene.approve(&scene.others[0], one.id, one.digest()).await.unwrap();
        }
        assert_eq!(scene.apply(asked.id).await.unwrap(), State::Live);
        assert_eq!(scene.apply(other.id).await.unwrap(), State::Conflict);
        assert_eq!(scene.acts().await.iter().filter(|act| *act == "masking.change").count(), 1);
        // Asked for anew, it is about what is live now, and nobody has agreed.
        let keys = scene.keys().await;
        let wanted = other.content.wanted.clone();
        let edit = move |tx: &mut Tx<'_>| service::edit(tx, &keys, &all(), other.id, wanted, Some(&why("again")));
        let edited = scene.house.store.write::<_, Failure>(&scene.asks, edit).await.unwrap();
        assert_eq!((edited.request.state, edited.said.len()), (State::Pending, 0));
        assert_ne!(edited.digest(), other.digest());
        refused(scene.apply(other.id).await, &APPROVAL_TOO_FEW);
    }

    async fn whoever_changes_what_was_asked_for_has_no_votes_any_more(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        scene.rule(1, GoesLive::Manual).await;
        let asked = scene.off().await;
        assert_eq!(scene.approve(&scene.others[0], asked.id, asked.digest()).await.unwrap(), State::Approved);
        let id = asked.id;
        for by in [&scene.others[0], &scene.asks] {
            let keys = scene.keys().await;
            let wanted = serde_json::json!({ "mode": "off", "rules": null, "test": null, "reveals_per_day": 9000 });
            let edit = move |tx: &mut Tx<'_>| service::edit(tx, &keys, &all(), id, wanted, None);
            let edited = scene.house.store.write::<_, Failure>(by, edit).await;
            if by.actor == scene.asks.actor {
                assert!(edited.is_ok());
            } else {
                refused(edited, &APPROVAL_NOT_YOURS);
            }
        }
        refused(scene.apply(id).await, &APPROVAL_TOO_FEW);
        refused(scene.approve(&scene.others[0], id, asked.digest()).await, &APPROVAL_CHANGED);
        assert!(!scene.is_off().await);
    }

    async fn what_a_key_does_counts_for_whoever_made_it(house: TestStore) {
        use sealpost_access::api_keys::{self, Cidrs, KeyMask, KeyName, Lifetime, NewKey};
        let scene = Scene::with(house, 1).await;
        scene.rule(1, GoesLive::OnApproval).await;
        let asked = scene.off().await;
        // A key of the test environment doesn't decide about both.
        let live = |ctx: &Ctx| Ctx { org: Org { environment: Environment::Live, ..ctx.org }, ..ctx.clone() };
        let mut keys_of = Vec::new();
        for by in [live(&scene.asks), live(&scene.others[0]), live(&scene.house.ctx(scene.asks.org))] {
            let new = NewKey {
                kind: sealpost_seal::token::KeyKind::Secret,
                name: KeyName::parse("n").unwrap(),
                scopes: sealpost_web::PermissionSet::of(&[sealpost_access::permissions::APPROVALS_VOTE]),
                mask: KeyMask::default(),
                cidrs: Cidrs::default(),
                lifetime: Lifetime::default(),
            };
            let made = api_keys::create_first(&scene.house.store, &by, new).await.unwrap();
            keys_of.push(Ctx { actor: Actor { kind: ActorKind::Key, id: made.key.id.bytes() }, ..by });
        }
        refused(scene.approve(&keys_of[0], asked.id, asked.digest()).await, &APPROVAL_OWN);
        refused(scene.approve(&keys_of[2], asked.id, asked.digest()).await, &APPROVAL_PERSON_UNKNOWN);
        assert_eq!(scene.approve(&keys_of[1], asked.id, asked.digest()).await.unwrap(), State::Live);
    }

    async fn where_votes_have_to_be_signed_no_vote_counts_that_is_not(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        let rule = Rule { approvals: Needed::ONE, roles: vec![], members: vec![], goes_live: GoesLive::OnApproval, signed: true };
        let (keys, modules) = (scene.keys().await, [(Module::Masking, rule)].into());
        let put = move |tx: &mut Tx<'_>| policy::change(tx, &keys, Policy { modules }, None);
        scene.house.store.write::<_, Failure>(&scene.asks, put).await.unwrap();
        let asked = scene.off().await;
        refused(scene.approve(&scene.others[0], asked.id, asked.digest()).await, &APPROVAL_UNSIGNED);
        refused(scene.emergency(&scene.others[0], asked.id, asked.digest()).await, &APPROVAL_UNSIGNED);
        assert!(scene.show(asked.id).await.said.is_empty() && !scene.is_off().await);
        // One no is enough, and is nothing that anybody has to prove.
        assert_eq!(testing::refuse(&scene.house.store, &scene.others[0], &all(), asked.id).await.unwrap(), State::Rejected);
    }

    async fn whoever_is_alone_may_agree_after_a_day_and_only_signed_in(house: TestStore) {
        let scene = Scene::with(house, 0).await;
        scene.rule(1, GoesLive::OnApproval).await;
        let asked = scene.off().await;
        refused(scene.approve(&scene.asks, asked.id, asked.digest()).await, &APPROVAL_TOO_EARLY);
        scene.house.clock.advance_ms(ALONE_MS);
        assert_eq!(scene.approve(&scene.asks, asked.id, asked.digest()).await.unwrap(), State::Live);
        let asked = scene.more_looks().await;
        scene.house.clock.advance_ms(ALONE_MS);
        join(&scene.house.store, &scene.asks, Standard::Owner).await;
        refused(scene.approve(&scene.asks, asked.id, asked.digest()).await, &APPROVAL_OWN);
    }

    async fn two_people_may_act_in_an_emergency_and_somebody_looks_at_it_afterwards(house: TestStore) {
        let scene = Scene::with(house, 2).await;
        scene.rule(2, GoesLive::Manual).await;
        let asked = scene.off().await;
        assert_eq!(scene.emergency(&scene.asks, asked.id, asked.digest()).await.unwrap(), State::Pending);
        refused(scene.emergency(&scene.asks, asked.id, asked.digest()).await, &APPROVAL_VOTED);
        assert!(!scene.is_off().await, "one alone is none");
        assert_eq!(scene.emergency(&scene.others[0], asked.id, asked.digest()).await.unwrap(), State::Live);
        assert!(scene.is_off().await && scene.show(asked.id).await.emergency);
        scene.house.clock.advance_ms(24 * 3_600_000);
        let next = scene.more_looks().await;
        refused(scene.emergency(&scene.others[0], next.id, next.digest()).await, &APPROVAL_FOLLOW_UP_DUE);
        let follow_up = async |by: &Ctx| {
            let (keys, id) = (scene.keys().await, asked.id);
            let act = move |tx: &mut Tx<'_>| service::follow_up(tx, &keys, id, &why("it is over"));
            scene.house.store.write::<_, Failure>(by, act).await.map(|_| ())
        };
        refused(follow_up(&scene.asks).await, &APPROVAL_OWN);
        follow_up(&scene.others[1]).await.unwrap();
        refused(follow_up(&scene.others[1]).await, &APPROVAL_NO_EMERGENCY);
        assert_eq!(scene.emergency(&scene.others[0], next.id, next.digest()).await.unwrap(), State::Pending);
    }

    async fn rules_that_take_an_approval_are_changed_with_one(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        let rule = Rule { approvals: Needed::ONE, roles: vec![], members: vec![], goes_live: GoesLive::OnApproval, signed: false };
        let change = async |modules: Vec<(Module, Rule)>| {
            let (keys, modules) = (scene.keys().await, modules.into_iter().collect());
            let act = move |tx: &mut Tx<'_>| policy::change(tx, &keys, Policy { modules }, None);
            scene.house.store.write::<_, Failure>(&scene.asks, act).await
        };
        let many = Rule { approvals: Needed::try_from(5).unwrap(), ..rule.clone() };
        assert!(matches!(change(vec![(Module::Masking, many)]).await, Err(Failure::Refused(r)) if r.code() == &APPROVERS_TOO_FEW));
        assert!(matches!(change(vec![(Module::ApprovalPolicy, rule)]).await.unwrap(), Outcome::InForce(_)));
        let Outcome::Waits(asked) = change(vec![]).await.unwrap() else { panic!("nobody was asked") };
        let read = |tx: &mut Tx<'_>| store::standing(tx);
        assert_eq!(scene.house.store.read::<_, StoreError>(&scene.asks, read).await.unwrap().version, 1);
        assert_eq!(scene.approve(&scene.others[0], asked.id, asked.digest()).await.unwrap(), State::Live);
        let standing = scene.house.store.read::<_, StoreError>(&scene.asks, read).await.unwrap();
        assert_eq!((standing.version, standing.policy), (2, Policy::default()));
    }

    async fn what_nobody_decides_is_over_after_three_days_and_written_down(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        scene.rule(1, GoesLive::OnApproval).await;
        let asked = scene.off().await;
        scene.house.clock.advance_ms(LIFETIME_MS);
        refused(scene.approve(&scene.others[0], asked.id, asked.digest()).await, &APPROVAL_OVER);
        upkeep::end_overdue(&scene.house.store, &scene.asks).await.unwrap();
        upkeep::end_overdue(&scene.house.store, &scene.asks).await.unwrap();
        assert_eq!(scene.show(asked.id).await.request.state, State::Expired);
        assert_eq!(scene.acts().await.iter().filter(|act| *act == "approval.expire").count(), 1);
    }

    async fn without_its_leaf_nobody_has_voted(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        scene.rule(1, GoesLive::OnApproval).await;
        let asked = scene.off().await;
        scene.house.break_ledger(true);
        assert!(scene.approve(&scene.others[0], asked.id, asked.digest()).await.is_err());
        scene.house.break_ledger(false);
        assert!(scene.show(asked.id).await.said.is_empty() && !scene.is_off().await);
    }

    async fn another_organisation_finds_nothing(house: TestStore) {
        let scene = Scene::with(house, 1).await;
        scene.rule(1, GoesLive::OnApproval).await;
        let asked = scene.off().await;
        let theirs = scene.house.organisation().await;
        let keys = scene.house.store.keys().organisation(theirs.org.id).await.unwrap();
        let found = scene.house.store.read::<_, Failure>(&theirs, move |tx| service::show(tx, &keys, asked.id)).await;
        refused(found.map(|_| ()), &sealpost_web::problem::NOT_FOUND);
    }

    async fn whoever_is_demoted_loses_the_vote(house: TestStore) {
        let scene = Scene::with(house, 2).await;
        scene.rule(2, GoesLive::Manual).await;
        let asked = scene.off().await;
        for by in &scene.others {
            scene.approve(by, asked.id, asked.digest()).await.unwrap();
        }
        assert_eq!(scene.show(asked.id).await.request.state, State::Approved);
        let (keys, demoted) = (scene.keys().await, MemberId::from_bytes(scene.others[1].actor.id));
        let viewer = RoleRef::Standard(Standard::Viewer);
        let demote = move |tx: &mut Tx<'_>| members::set_role(tx, &keys, members::TheirRole { member: demoted, role: viewer }, None);
        scene.house.store.write::<_, Failure>(&scene.asks, demote).await.unwrap();
        refused(scene.apply(asked.id).await, &APPROVAL_TOO_FEW);
        refused(scene.approve(&scene.others[1], asked.id, asked.digest()).await, &APPROVAL_NOT_ASKED);
        assert!(!scene.is_off().await);
        let (keys, owner) = (scene.keys().await, RoleRef::Standard(Standard::Owner));
        let promote = move |tx: &mut Tx<'_>| members::set_role(tx, &keys, members::TheirRole { member: demoted, role: owner }, None);
        scene.house.store.write::<_, Failure>(&scene.asks, promote).await.unwrap();
        assert_eq!(scene.apply(asked.id).await.unwrap(), State::Live, "whoever may again has agreed");
    }

    async fn who_is_named_decides_and_nobody_else(house: TestStore) {
        let scene = Scene::with(house, 2).await;
        let named = MemberId::from_bytes(scene.others[1].actor.id);
        let rule = |members| Rule { approvals: Needed::ONE, roles: vec![], members, goes_live: GoesLive::OnApproval, signed: false };
        let change = async |rule: Rule| {
            let (keys, modules) = (scene.keys().await, [(Module::Masking, rule)].into());
            let act = move |tx: &mut Tx<'_>| policy::change(tx, &keys, Policy { modules }, None);
            scene.house.store.write::<_, Failure>(&scene.asks, act).await
        };
        let nobody = change(rule(vec![MemberId::from_bytes([9; 16])])).await;
        assert!(matches!(nobody, Err(Failure::Refused(r)) if r.code() == &APPROVERS_TOO_FEW));
        change(rule(vec![named])).await.unwrap();
        let asked = scene.off().await;
        refused(scene.approve(&scene.others[0], asked.id, asked.digest()).await, &APPROVAL_NOT_ASKED);
        assert_eq!(scene.approve(&scene.others[1], asked.id, asked.digest()).await.unwrap(), State::Live);
    }

    async fn those_who_can_agree_are_written_to_once_and_what_is_over_is_told(house: TestStore) {
        let scene = Scene::with(house, 0).await;
        let people = Members::new(scene.house.store.clone());
        for (address, role) in [("ada@example.com", Standard::Owner), ("ben@example.com", Standard::Admin), ("kim@example.com", Standard::Viewer)] {
            somebody(&scene, &people, address, role).await;
        }
        let bag = Arc::new(Bag::default());
        let post = Post::new(Some(bag.clone()), "https://sealpost.example");
        scene.rule(1, GoesLive::OnApproval).await;
        let asked = scene.off().await;
        upkeep::look_after(&scene.house.store, &post, &people).await.unwrap();
        let mut got = bag.wait_for(2).await;
        got.sort();
        let whom: Vec<_> = got.iter().map(|(to, _)| to.as_str()).collect();
        assert_eq!(whom, ["ada@example.com", "ben@example.com"], "neither who asked nor who may not vote");
        assert!(got.iter().all(|(_, text)| text.contains("/app/live/approvals") && text.contains("Weaker masking")));
        assert!(got.iter().all(|(_, text)| !text.contains("marker")), "what it is about stands behind signing in");

        // Nobody is written to twice, whatever becomes of it; and time ends what nobody decides.
        scene.house.clock.advance_ms(LIFETIME_MS);
        upkeep::look_after(&scene.house.store, &post, &people).await.unwrap();
        assert_eq!(scene.show(asked.id).await.request.state, State::Expired);
        let next = scene.more_looks().await;
        upkeep::look_after(&scene.house.store, &post, &people).await.unwrap();
        assert_eq!(bag.wait_for(4).await.len(), 4, "two for the next, and none for what is over");
        assert_eq!(scene.show(next.id).await.request.state, State::Pending);
    }
}

/// Letters as whoever delivers them gets them.
#[derive(Default)]
struct Bag(Mutex<Vec<(String, String)>>);

impl Courier for Bag {
    fn deliver<'a>(
        &'a self,
        _: &'a Ctx,
        to: &'a Personal<String>,
        letter: Letter,
    ) -> BoxFuture<'a, Result<(), &'static str>> {
        let to = to.expose(Purpose::Deliver).clone();
        self.0.lock().unwrap().push((to, letter.text));
        Box::pin(async { Ok(()) })
    }
}

impl Bag {
    /// What there is once there is as much: letters leave in the background.
    async fn wait_for(&self, count: usize) -> Vec<(String, String)> {
        for _ in 0..2_000 {
            let got = self.0.lock().unwrap().clone();
            if got.len() >= count {
                return got;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("no {count} letters");
    }
}

/// A member with an address, who has come in.
async fn somebody(scene: &Scene, people: &Members, address: &str, role: Standard) {
    let email = Email::parse(address).unwrap();
    let invitation = Invitation { email, name: None, role: RoleRef::Standard(role), teams: vec![] };
    let new = people.prepare(&scene.asks, invitation).await.unwrap();
    let (store, keys) = (scene.house.store.clone(), scene.keys().await);
    let invite = move |tx: &mut Tx<'_>| {
        let invited = members::invite(tx, (store.keys(), &keys), &new)?;
        // What following the link does.
        let id = invited.value().id;
        tx.put(sealpost_store::org_sql!("update member set state = 'active' where org = $1 and id = $2"), &[&id])?;
        Ok(invited)
    };
    scene.house.store.write::<_, Failure>(&scene.asks, invite).await.unwrap();
}

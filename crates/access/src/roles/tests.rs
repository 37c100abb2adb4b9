//! What roles promise, on both engines.

use sealpost_seal::viewer::MaskProfile;
use sealpost_store::testing::TestStore;
use sealpost_store::{Actor, ActorKind, ChannelId, Ctx, Environment, MemberId, RoleId, Store, both_engines};
use sealpost_web::{Authenticator, Caller, Failure, PermissionSet, Presented, Previews, Via};

use super::*;
use crate::api_keys::Cidrs;
use crate::links::{self, Purpose};
use crate::masking::DailyReveals;
use crate::members;
use crate::permissions::{CONTACTS_READ, KEYS_MANAGE, MESSAGES_READ, ROLES_MANAGE};
use crate::sessions::SessionAuthenticator;

struct House {
    test: TestStore,
    ctx: Ctx,
    owner: MemberId,
}

impl House {
    async fn new(test: TestStore) -> Self {
        let mut ctx = test.organisation().await;
        ctx.org.environment = Environment::Live;
        ctx.actor = Actor::OPERATOR;
        let owner = members::owner(&test.store, &ctx).await.unwrap();
        Self { ctx, owner, test }
    }

    fn store(&self) -> &Store {
        &self.test.store
    }

    fn by(&self, member: MemberId) -> Ctx {
        Ctx { actor: Actor { kind: ActorKind::Member, id: member.bytes() }, ..self.ctx.clone() }
    }

    async fn create(&self, by: MemberId, new: NewRole) -> Result<RoleId, &'static str> {
        let keys = self.store().keys().organisation(self.ctx.org.id).await.unwrap();
        code(self.store().write(&self.by(by), move |tx| create(tx, &keys, &new, None)).await).map(|stored| stored.id)
    }

    async fn update(&self, by: MemberId, id: RoleId, new: NewRole) -> Result<(), &'static str> {
        let keys = self.store().keys().organisation(self.ctx.org.id).await.unwrap();
        code(self.store().write(&self.by(by), move |tx| update(tx, &keys, id, &new, None)).await).map(drop)
    }

    async fn member(&self, role: RoleRef) -> MemberId {
        self.store().write(&self.ctx, move |tx| members::create(tx, role)).await.unwrap()
    }

    async fn session(&self, member: MemberId) -> String {
        let keys = self.store().keys().clone();
        let made = self.store().write(&self.ctx, move |tx| links::create(tx, &keys, member, Purpose::Operator)).await;
        let link = made.unwrap();
        let (peer, agent) = ("192.0.2.10".parse().unwrap(), crate::sessions::Agent::of(None));
        let followed = links::follow(self.store(), link.token.expose(), peer, agent, self.ctx.request).await.unwrap();
        followed.session.token.expose().to_owned()
    }
}

async fn present(node: &SessionAuthenticator, token: &str, peer: &str) -> Result<std::sync::Arc<Caller>, &'static str> {
    let presented = Presented { via: Via::Session, text: token, environment: Environment::Test };
    node.authenticate(presented, peer.parse().unwrap(), true).await.map_err(|denial| denial.refusal.code().code)
}

fn code<T>(outcome: Result<T, Failure>) -> Result<T, &'static str> {
    outcome.map_err(|failure| match failure {
        Failure::Refused(refusal) => refusal.code().code,
        Failure::Fault(fault) => panic!("{fault}"),
    })
}

fn night() -> NewRole {
    NewRole {
        name: RoleName::parse("Night shift").unwrap(),
        permissions: PermissionSet::of(&[MESSAGES_READ, CONTACTS_READ]),
        visibility: Visibility::Team,
        channels: Some(vec![ChannelId::from_bytes([7; 16])]),
        masks: MaskProfile::Last4,
        require_step_up: true,
        cidrs: Cidrs::new(vec!["192.0.2.0/24".parse().unwrap()]).unwrap(),
        limits: SessionLimits { idle: Minutes::new(15), absolute: Minutes::new(60) },
        reveals: DailyReveals::new(20).ok(),
    }
}

both_engines! {
    async fn a_role_says_what_was_written(test: TestStore) {
        let house = House::new(test).await;
        let id = house.create(house.owner, night()).await.unwrap();
        let role = house.store().read(&house.ctx, move |tx| find(tx, RoleRef::Custom(id))).await.unwrap();
        assert_eq!(role, Some(night().role(id)));
        assert_eq!(house.create(house.owner, night()).await, Err("role_name_taken"));
    }

    async fn a_members_session_is_what_their_role_says_now(test: TestStore) {
        let house = House::new(test).await;
        let id = house.create(house.owner, night()).await.unwrap();
        let token = house.session(house.member(RoleRef::Custom(id)).await).await;
        let node = SessionAuthenticator::new(house.store().clone());
        let caller = present(&node, &token, "192.0.2.10").await.unwrap();
        assert_eq!(caller.permissions, night().permissions);
        assert!(caller.session.unwrap().always_proves);
        assert_eq!(present(&node, &token, "198.51.100.1").await.err(), Some("session_address_refused"));

        let mut told = house.store().bus().subscribe(crate::sessions::CHANGED);
        let less = NewRole { permissions: PermissionSet::of(&[MESSAGES_READ]), ..night() };
        house.update(house.owner, id, less).await.unwrap();
        told.recv().await.unwrap();
        let caller = present(&node, &token, "192.0.2.10").await.unwrap();
        assert_eq!(caller.permissions, PermissionSet::of(&[MESSAGES_READ]));

        house.test.clock.advance_ms(15 * 60_000);
        assert_eq!(present(&node, &token, "192.0.2.10").await.err(), Some("session_ended"));
    }

    async fn nobody_makes_a_role_of_more_than_they_have_or_changes_their_own(test: TestStore) {
        let house = House::new(test).await;
        let maker = NewRole {
            permissions: PermissionSet::of(&[ROLES_MANAGE, MESSAGES_READ]),
            channels: None,
            cidrs: Cidrs::default(),
            ..night()
        };
        let id = house.create(house.owner, maker.clone()).await.unwrap();
        let member = house.member(RoleRef::Custom(id)).await;
        let named = |name: &str, new: NewRole| NewRole { name: RoleName::parse(name).unwrap(), ..new };
        for (new, outcome) in [
            (named("A", NewRole { permissions: PermissionSet::of(&[KEYS_MANAGE]), ..maker.clone() }), Err("role_exceeds")),
            (named("B", NewRole { visibility: Visibility::All, ..maker.clone() }), Err("role_exceeds")),
            (named("C", NewRole { masks: MaskProfile::None, ..maker.clone() }), Err("role_exceeds")),
            (named("D", NewRole { permissions: PermissionSet::of(&[MESSAGES_READ]), ..maker.clone() }), Ok(())),
        ] {
            assert_eq!(house.create(member, new.clone()).await.map(drop), outcome, "{new:?}");
        }
        assert_eq!(house.update(member, id, maker.clone()).await, Err("own_role"));
        assert_eq!(house.update(house.owner, id, maker).await, Ok(()));
    }

    async fn a_role_goes_when_nobody_has_it(test: TestStore) {
        let house = House::new(test).await;
        let id = house.create(house.owner, night()).await.unwrap();
        let member = house.member(RoleRef::Custom(id)).await;
        let removed = house.store().write(&house.ctx, move |tx| remove(tx, id)).await;
        assert_eq!(code(removed), Err("role_in_use"));
        let keys = house.store().keys().clone();
        house.store().write(&house.ctx, move |tx| members::remove(tx, &keys, member)).await.unwrap();
        house.store().write(&house.ctx, move |tx| remove(tx, id)).await.unwrap();
        let role = house.store().read(&house.ctx, move |tx| find(tx, RoleRef::Custom(id))).await.unwrap();
        assert_eq!(role, None);
    }
}

#[test]
fn a_role_of_their_own_is_not_called_like_one_of_ours() {
    for bad in ["", " A", "Owner", "super admin", "Super-Admin", "viewer", &"x".repeat(61)] {
        assert!(RoleName::parse(bad).is_none(), "{bad}");
    }
    assert!(RoleName::parse("Owners’ assistant").is_some());
}

both_engines! {
    async fn a_page_as_another_role_never_shows_more_than_ones_own(test: TestStore) {
        let house = House::new(test).await;
        let node = SessionAuthenticator::new(house.store().clone());
        let previews = RolePreviews::new(house.store().clone(), node.clone());
        let night = house.create(house.owner, night()).await.unwrap();
        for standard in Standard::ALL {
            let member = house.member(RoleRef::Standard(standard)).await;
            let token = house.session(member).await;
            let caller = present(&node, &token, "192.0.2.10").await.unwrap();
            let all = Standard::ALL.map(|one| one.word().to_owned()).into_iter().chain([night.to_string()]);
            for role in all {
                let seen = previews.as_role(&caller, &role).await;
                if !matches!(standard, Standard::Owner | Standard::SuperAdmin | Standard::Admin) {
                    assert!(matches!(seen, Err(Failure::Refused(refusal)) if refusal.code().code == "permission_missing"));
                    continue;
                }
                let seen = code(seen).unwrap();
                assert!(seen.caller.permissions.is_subset(caller.permissions), "{standard:?} as {role}");
                assert!(seen.caller.mask_profile <= caller.mask_profile, "{standard:?} as {role}");
                assert_eq!((seen.reference, seen.caller.actor), (role, caller.actor));
            }
            for nobody in ["", "nobody", "role_01m8fmbdtdfnfv6517rsq9g55k"] {
                assert!(previews.as_role(&caller, nobody).await.is_err());
            }
        }
    }

    async fn nobody_gives_more_looks_than_they_have(test: TestStore) {
        let house = House::new(test).await;
        let permissions = PermissionSet::of(&[MESSAGES_READ, ROLES_MANAGE]);
        let looks = |count: u32| DailyReveals::new(count).ok();
        let maker = NewRole { permissions, channels: None, reveals: looks(5), ..night() };
        let maker = house.create(house.owner, maker).await.unwrap();
        let member = house.member(RoleRef::Custom(maker)).await;
        let role = |name: &str, reveals| NewRole {
            name: RoleName::parse(name).unwrap(),
            permissions: PermissionSet::of(&[MESSAGES_READ]),
            channels: None,
            reveals,
            ..night()
        };
        assert_eq!(house.create(member, role("A", looks(6))).await.unwrap_err(), "role_exceeds");
        assert_eq!(house.create(member, role("B", None)).await.unwrap_err(), "role_exceeds");
        house.create(member, role("C", looks(5))).await.unwrap();
    }
}

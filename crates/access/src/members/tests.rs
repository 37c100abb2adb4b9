//! What members promise, on both engines.

use sealpost_seal::Purpose as Why;
use sealpost_seal::normal::Email;
use sealpost_store::testing::TestStore;
use sealpost_store::{
    Actor, ActorKind, Ctx, Environment, Epoch, Keys, MemberId, RequestId, Store, StoreError, Tx, both_engines, org_sql,
};
use sealpost_web::{Authenticator, Failure, Presented, Via};

use super::*;
use crate::identities::{self, Identity};
use crate::links::{self, IssuedLink, Purpose};
use crate::roles::{RoleRef, Standard};
use crate::sessions::{Agent, SessionAuthenticator};

const DAY_MS: i64 = 86_400_000;

/// A store, one organisation in it, and its first owner.
struct House {
    test: TestStore,
    members: Members,
    ctx: Ctx,
    owner: MemberId,
}

impl House {
    async fn new(test: TestStore) -> Self {
        let mut ctx = test.organisation().await;
        ctx.org.environment = Environment::Live;
        ctx.actor = Actor::OPERATOR;
        let owner = owner(&test.store, &ctx).await.unwrap();
        Self { members: Members::new(test.store.clone()), ctx, owner, test }
    }

    fn store(&self) -> &Store {
        &self.test.store
    }

    /// The context of a member who acts.
    fn by(&self, member: MemberId) -> Ctx {
        let actor = Actor { kind: ActorKind::Member, id: member.bytes() };
        Ctx { actor, request: RequestId::new(self.store().world()), ..self.ctx.clone() }
    }

    async fn invite(&self, by: MemberId, email: &str, role: Standard) -> Result<Invited, &'static str> {
        let ctx = self.by(by);
        let invitation = Invitation {
            email: Email::parse(email).unwrap(),
            name: Some(MemberName::parse("Sam Example".into()).unwrap()),
            role: RoleRef::Standard(role),
            teams: Vec::new(),
        };
        let new = self.members.prepare(&ctx, invitation).await.unwrap();
        let (keys, org) = (self.store().keys().clone(), self.store().keys().organisation(ctx.org.id).await.unwrap());
        code(self.store().write(&ctx, move |tx| invite(tx, (&keys, &org), &new)).await)
    }

    /// A member who came in by their link, and the token of their session.
    async fn member(&self, email: &str, role: Standard) -> (MemberId, String) {
        let invited = self.invite(self.owner, email, role).await.unwrap();
        (invited.id, self.follow(&invited.link).await.unwrap())
    }

    async fn follow(&self, link: &IssuedLink) -> Result<String, &'static str> {
        let (peer, request) = ("192.0.2.10".parse().unwrap(), RequestId::new(self.store().world()));
        let followed = links::follow(self.store(), link.token.expose(), peer, Agent::of(None), request).await;
        code(followed).map(|followed| followed.session.token.expose().to_owned())
    }

    async fn operator_link(&self, member: MemberId) -> IssuedLink {
        let keys = self.store().keys().clone();
        let made = self.store().write(&self.ctx, move |tx| links::create(tx, &keys, member, Purpose::Operator)).await;
        made.unwrap()
    }

    async fn set_role(&self, by: MemberId, of: MemberId, to: Standard) -> Result<(), &'static str> {
        let keys = self.store().keys().organisation(self.ctx.org.id).await.unwrap();
        let done = self
            .store()
            .write(&self.by(by), move |tx| {
                set_role(tx, &keys, TheirRole { member: of, role: RoleRef::Standard(to) }, None)
            })
            .await;
        code(done)
    }

    async fn act(
        &self,
        by: MemberId,
        act: impl FnOnce(&mut Tx<'_>, &Keys) -> Result<sealpost_store::Recorded<()>, Failure> + Send + 'static,
    ) -> Result<(), &'static str> {
        let keys = self.store().keys().clone();
        code(self.store().write(&self.by(by), move |tx| act(tx, &keys)).await)
    }

    async fn present(&self, node: &SessionAuthenticator, token: &str) -> Result<(), &'static str> {
        let presented = Presented { via: Via::Session, text: token, environment: Environment::Test };
        let answer = node.authenticate(presented, "192.0.2.10".parse().unwrap(), true).await;
        answer.map(drop).map_err(|denial| denial.refusal.code().code)
    }

    /// How many index rows there are under an epoch.
    async fn indexed(&self, epoch: Epoch) -> i64 {
        let count = self.store().read::<_, StoreError>(&self.ctx, move |tx| {
            let sql = org_sql!("select count(*) as n from member_index where org = $1 and epoch = $2");
            tx.optional(sql, &[&epoch.number()], |row| row.get::<i64>("n"))
        });
        count.await.unwrap().unwrap()
    }
}

fn code<T>(outcome: Result<T, Failure>) -> Result<T, &'static str> {
    outcome.map_err(|failure| match failure {
        Failure::Refused(refusal) => refusal.code().code,
        Failure::Fault(fault) => panic!("{fault}"),
    })
}

both_engines! {
    async fn whoever_is_invited_becomes_a_member_by_their_link(test: TestStore) {
        let house = House::new(test).await;
        let invited = house.invite(house.owner, "Sam@example.com", Standard::Agent).await.unwrap();
        let before = house.members.find(&house.ctx, invited.id).await.unwrap().unwrap();
        assert_eq!(before.state, MemberState::Invited);
        assert_eq!(before.email.unwrap().expose(Why::Guard), "Sam@example.com");
        assert_eq!(house.members.list(&house.ctx, true, None, 10).await.unwrap().len(), 1);

        let token = house.follow(&invited.link).await.unwrap();
        let after = house.members.find(&house.ctx, invited.id).await.unwrap().unwrap();
        assert_eq!((after.state, after.role), (MemberState::Active, RoleRef::Standard(Standard::Agent)));
        assert_eq!(house.follow(&invited.link).await, Err("link_spent"));

        // A link that others may have read is good for nothing but a passkey.
        let node = SessionAuthenticator::new(house.store().clone());
        let presented = Presented { via: Via::Session, text: &token, environment: Environment::Test };
        let caller = node.authenticate(presented, "192.0.2.10".parse().unwrap(), true).await.unwrap();
        assert!(caller.session.unwrap().confined);
    }

    async fn an_address_is_one_members_however_it_is_written(test: TestStore) {
        let house = House::new(test).await;
        house.invite(house.owner, "sam@example.com", Standard::Agent).await.unwrap();
        assert_eq!(house.invite(house.owner, "SAM@Example.com", Standard::Viewer).await.err(), Some("member_exists"));
        let found = house.members.by_email(&house.ctx, &Email::parse("sAm@example.com").unwrap()).await.unwrap();
        assert_eq!(found.unwrap().state, MemberState::Invited);
        assert!(house.members.by_email(&house.ctx, &Email::parse("x@example.com").unwrap()).await.unwrap().is_none());
    }

    async fn a_renewed_invitation_spends_the_link_before(test: TestStore) {
        let house = House::new(test).await;
        let first = house.invite(house.owner, "sam@example.com", Standard::Agent).await.unwrap();
        let (keys, id) = (house.store().keys().clone(), first.id);
        let second = code(house.store().write(&house.by(house.owner), move |tx| renew(tx, &keys, id)).await).unwrap();
        assert_eq!(house.follow(&first.link).await, Err("link_spent"));
        assert!(house.follow(&second.link).await.is_ok());
    }

    async fn another_role_cuts_the_sessions_on_every_node(test: TestStore) {
        let house = House::new(test).await;
        let (sam, token) = house.member("sam@example.com", Standard::Agent).await;
        let other_store = house.test.another_node().await.unwrap_or_else(|| house.store().clone());
        let nodes = [SessionAuthenticator::new(house.store().clone()), SessionAuthenticator::new(other_store.clone())];
        let mut told = other_store.bus().subscribe(crate::sessions::CHANGED);
        for node in &nodes {
            assert_eq!(house.present(node, &token).await, Ok(()));
        }
        house.set_role(house.owner, sam, Standard::Viewer).await.unwrap();
        told.recv().await.unwrap();
        for node in &nodes {
            assert_eq!(house.present(node, &token).await, Err("session_ended"));
        }
    }

    async fn who_is_suspended_is_out_until_they_are_resumed(test: TestStore) {
        let house = House::new(test).await;
        let (sam, token) = house.member("sam@example.com", Standard::Agent).await;
        let node = SessionAuthenticator::new(house.store().clone());
        house.act(house.owner, move |tx, _| suspend(tx, sam)).await.unwrap();
        assert_eq!(house.present(&node, &token).await, Err("session_ended"));
        assert_eq!(house.follow(&house.operator_link(sam).await).await.err(), Some("link_spent"));
        assert_eq!(house.act(house.owner, move |tx, _| suspend(tx, sam)).await, Err("member_state"));
        house.act(house.owner, move |tx, _| resume(tx, sam)).await.unwrap();
        // What was ended stays ended.
        assert_eq!(house.present(&SessionAuthenticator::new(house.store().clone()), &token).await, Err("session_ended"));
        assert!(house.follow(&house.operator_link(sam).await).await.is_ok());
    }

    async fn whoever_is_removed_is_an_id_and_nothing_else(test: TestStore) {
        let house = House::new(test).await;
        let (sam, token) = house.member("sam@example.com", Standard::Agent).await;
        let slot = house.store().read::<_, StoreError>(&house.ctx, move |tx| store::find(tx, sam)).await.unwrap();
        let slot = slot.unwrap().slot.unwrap();
        house.act(house.owner, move |tx, keys| remove(tx, keys, sam)).await.unwrap();
        house.members.shred(&house.ctx).await.unwrap();
        assert!(matches!(house.store().keys().slot(house.ctx.org.id, slot).await, Err(StoreError::KeyGone)));
        assert!(house.members.find(&house.ctx, sam).await.unwrap().is_none());
        let sam_again = house.members.by_email(&house.ctx, &Email::parse("sam@example.com").unwrap()).await.unwrap();
        assert!(sam_again.is_none());
        let node = SessionAuthenticator::new(house.store().clone());
        assert_eq!(house.present(&node, &token).await, Err("session_ended"));
        assert!(house.invite(house.owner, "sam@example.com", Standard::Agent).await.is_ok());
    }

    async fn the_last_owner_stays(test: TestStore) {
        let house = House::new(test).await;
        let owner = house.owner;
        let keys = house.store().keys().clone();
        let operator = house.store().write(&house.ctx, move |tx| remove(tx, &keys, owner)).await;
        assert_eq!(code(operator), Err("last_owner"));
        let (second, _) = house.member("two@example.com", Standard::Owner).await;
        assert_eq!(house.set_role(owner, owner, Standard::Viewer).await, Err("oneself"));
        house.set_role(second, owner, Standard::Admin).await.unwrap();
        assert_eq!(house.set_role(owner, second, Standard::Viewer).await, Err("owners_only"));
    }

    async fn of_two_owners_who_unmake_each_other_at_once_one_stays(test: TestStore) {
        let house = House::new(test).await;
        let one = house.owner;
        let (two, _) = house.member("two@example.com", Standard::Owner).await;
        let (a, b) = tokio::join!(house.set_role(one, two, Standard::Viewer), house.set_role(two, one, Standard::Viewer));
        assert_eq!([a, b].iter().filter(|outcome| outcome.is_ok()).count(), 1, "{a:?} {b:?}");
    }

    async fn nobody_invites_to_more_than_they_have(test: TestStore) {
        let house = House::new(test).await;
        let (admin, _) = house.member("admin@example.com", Standard::Admin).await;
        for (role, outcome) in [
            (Standard::Owner, Some("owners_only")),
            (Standard::SuperAdmin, Some("role_exceeds")),
            (Standard::Admin, None),
            (Standard::Agent, None),
        ] {
            let email = format!("{}@example.com", role.word().replace('_', "-"));
            let email = if role == Standard::Admin { "second@example.com".into() } else { email };
            assert_eq!(house.invite(admin, &email, role).await.err(), outcome, "{role:?}");
        }
        assert_eq!(house.set_role(admin, house.owner, Standard::Viewer).await, Err("owners_only"));
    }

    async fn at_the_turn_of_a_month_members_move_and_are_still_found(test: TestStore) {
        let house = House::new(test).await;
        let (sam, _) = house.member("sam@example.com", Standard::Agent).await;
        let first = Epoch::at(house.ctx.now());
        assert_eq!(house.indexed(first).await, 1);
        house.test.clock.advance_ms(31 * DAY_MS);
        let email = Email::parse("sam@example.com").unwrap();
        assert_eq!(house.members.by_email(&house.ctx, &email).await.unwrap().unwrap().id, sam);
        reindex(house.store(), &house.ctx).await.unwrap();
        assert_eq!((house.indexed(first).await, house.indexed(first.next()).await), (0, 1));
        assert_eq!(house.members.by_email(&house.ctx, &email).await.unwrap().unwrap().id, sam);
        assert_eq!(house.invite(house.owner, "sam@example.com", Standard::Agent).await.err(), Some("member_exists"));
    }

    async fn an_identity_is_one_connections_and_issuers(test: TestStore) {
        let house = House::new(test).await;
        let keys = house.store().keys().organisation(house.ctx.org.id).await.unwrap();
        let (sam, _) = house.member("sam@example.com", Standard::Agent).await;
        let own = Identity { connection: [1; 16], issuer: "https://idp.example", subject: "42" };
        let with = keys.clone();
        let link = move |tx: &mut sealpost_store::Tx<'_>| identities::link(tx, &with, sam, own);
        house.store().maintain(&house.ctx, link).await.unwrap();
        for (asked, found) in [
            (own, Some(sam)),
            (Identity { connection: [2; 16], ..own }, None),
            (Identity { issuer: "https://evil.example", ..own }, None),
            (Identity { issuer: "https://idp.example4", subject: "2", ..own }, None),
        ] {
            let with = keys.clone();
            let who = house.store().read(&house.ctx, move |tx| identities::find(tx, &with, asked)).await.unwrap();
            assert_eq!(who, found);
        }
        house.act(house.owner, move |tx, keys| remove(tx, keys, sam)).await.unwrap();
        let who = house.store().read(&house.ctx, move |tx| identities::find(tx, &keys, own)).await.unwrap();
        assert_eq!(who, None);
    }
}

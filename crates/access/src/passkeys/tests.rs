//! What passkeys promise, on both engines, with an authenticator in software.

use sealpost_ledger::Leaf;
use sealpost_seal::rng::SystemRng;
use sealpost_seal::webauthn::RelyingParty;
use sealpost_seal::webauthn::testing::{Authenticator, Used, VERIFIED};
use sealpost_store::testing::TestStore;
use sealpost_store::{Actor, ActorKind, Ctx, Environment, MemberId, RequestId, Store, StoreError, both_engines};
use sealpost_web::{Authenticator as _, Caller, Failure, Presented, Session, Via};

use super::*;
use crate::links::{self, Purpose};
use crate::members;
use crate::recovery_codes;
use crate::roles::{RoleRef, Standard};
use crate::sessions::{Agent, SessionAuthenticator};

const OURS: RelyingParty<'static> = RelyingParty { id: "sealpost.example.com", origin: "https://sealpost.example.com" };
const PEER: &str = "192.0.2.10";
/// The CSRF token of a visit, and of a session.
const VISIT: &str = "visit";
const PAGE: &str = "page";

struct House {
    test: TestStore,
    ctx: Ctx,
    passkeys: Passkeys,
    sessions: std::sync::Arc<SessionAuthenticator>,
}

impl House {
    async fn new(test: TestStore) -> Self {
        let mut ctx = test.organisation().await;
        (ctx.org.environment, ctx.actor) = (Environment::Live, Actor::OPERATOR);
        let passkeys = Passkeys::new(test.store.clone(), OURS.id, OURS.origin);
        let sessions = SessionAuthenticator::new(test.store.clone());
        Self { passkeys, sessions, ctx, test }
    }

    fn store(&self) -> &Store {
        &self.test.store
    }

    fn by(&self, member: MemberId) -> Ctx {
        let actor = Actor { kind: ActorKind::Member, id: member.bytes() };
        Ctx { actor, request: RequestId::new(self.store().world()), ..self.ctx.clone() }
    }

    async fn member(&self) -> MemberId {
        let role = RoleRef::Standard(Standard::Agent);
        self.store().write(&self.ctx, move |tx| members::create(tx, role)).await.unwrap()
    }

    /// The token of a session that a link of this kind began.
    async fn by_link(&self, member: MemberId, purpose: Purpose) -> String {
        let keys = self.store().keys().clone();
        let link = self.store().write(&self.ctx, move |tx| links::create(tx, &keys, member, purpose)).await.unwrap();
        let (peer, request) = (PEER.parse().unwrap(), RequestId::new(self.store().world()));
        let followed = links::follow(self.store(), link.token.expose(), peer, Agent::of(None), request).await.unwrap();
        followed.session.token.expose().to_owned()
    }

    async fn present(&self, token: &str) -> Result<std::sync::Arc<Caller>, &'static str> {
        self.sessions.forget();
        let presented = Presented { via: Via::Session, text: token, environment: Environment::Test };
        let answer = self.sessions.authenticate(presented, PEER.parse().unwrap(), true).await;
        answer.map_err(|denial| denial.refusal.code().code)
    }

    async fn session(&self, token: &str) -> Session {
        self.present(token).await.unwrap().session.unwrap()
    }

    async fn register(&self, member: MemberId, token: &str, device: &Authenticator) -> Result<Passkey, &'static str> {
        let (ctx, session) = (self.by(member), self.session(token).await);
        let options = self.passkeys.creation_options(&ctx, PAGE, "Sam".into()).await.unwrap();
        let made = device.register(OURS, &options.challenge);
        let answer = (&made.client_data[..], &made.attestation[..]);
        code(self.passkeys.register(&ctx, session, PAGE, Agent::of(None), answer).await)
    }

    /// A member with a passkey, and what holds it.
    async fn with_passkey(&self) -> (MemberId, Authenticator) {
        let (member, device) = (self.member().await, Authenticator::new(&SystemRng));
        let token = self.by_link(member, Purpose::Operator).await;
        self.register(member, &token, &device).await.unwrap();
        (member, device)
    }

    fn answer(&self, member: MemberId, device: &Authenticator, used: Used) -> Answer {
        let handle = self.passkeys.user_handle_for_tests(self.ctx.org, member);
        Answer {
            credential_id: device.credential_id.to_vec(),
            client_data: used.client_data,
            authenticator_data: used.authenticator_data,
            signature: used.signature,
            user_handle: Some(handle.to_vec()),
        }
    }

    async fn enter(&self, answer: &Answer, visit: &str) -> Result<String, &'static str> {
        let (peer, request) = (PEER.parse().unwrap(), RequestId::new(self.store().world()));
        let entered = self.passkeys.sign_in(answer, visit, peer, Agent::of(None), request).await;
        code(entered).map(|(_, opened)| opened.token.expose().to_owned())
    }

    async fn sign_in(&self, member: MemberId, device: &mut Authenticator) -> Result<String, &'static str> {
        let options = self.passkeys.sign_in_options(VISIT);
        let used = device.assert(OURS, &options.challenge);
        let answer = self.answer(member, device, used);
        self.enter(&answer, VISIT).await
    }

    async fn acts(&self) -> Vec<String> {
        let leaves = self.store().ledger_leaves(&self.ctx, 0, 1000).await.unwrap();
        let told = |leaf: Leaf| match leaf.reason {
            Some(reason) => format!("{} {}", leaf.action, reason),
            None => leaf.action.to_string(),
        };
        leaves.iter().map(|row| told(Leaf::decode(&row.leaf).unwrap())).collect()
    }

    async fn last_act(&self) -> String {
        self.acts().await.pop().unwrap_or_default()
    }
}

fn code<T>(outcome: Result<T, Failure>) -> Result<T, &'static str> {
    outcome.map_err(|failure| match failure {
        Failure::Refused(refusal) => refusal.code().code,
        Failure::Fault(fault) => panic!("{fault}"),
    })
}

both_engines! {
    async fn a_passkey_signs_its_member_in_and_proves_them_for_five_minutes(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = house.with_passkey().await;
        let token = house.sign_in(member, &mut device).await.unwrap();
        let caller = house.present(&token).await.unwrap();
        assert_eq!(caller.actor.id, member.bytes());
        let session = caller.session.unwrap();
        let now = house.test.store.world().clock.now();
        assert!(session.proved_lately(now) && !session.proved_lately(now.plus_ms(5 * 60_000)));
        assert_eq!(house.last_act().await, "session.create passkey");
    }

    async fn an_answer_is_believed_once(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = house.with_passkey().await;
        let used = device.assert(OURS, &house.passkeys.sign_in_options(VISIT).challenge);
        let answer = house.answer(member, &device, used);
        assert!(house.enter(&answer, VISIT).await.is_ok());
        assert_eq!(house.enter(&answer, VISIT).await, Err("challenge_spent"));
    }

    async fn of_the_same_answer_sent_many_times_at_once_one_is_believed(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = house.with_passkey().await;
        let used = device.assert(OURS, &house.passkeys.sign_in_options(VISIT).challenge);
        let answer = house.answer(member, &device, used);
        let (a, b, c) = tokio::join!(house.enter(&answer, VISIT), house.enter(&answer, VISIT), house.enter(&answer, VISIT));
        assert_eq!([a, b, c].iter().filter(|one| one.is_ok()).count(), 1);
    }

    async fn a_challenge_is_one_visitors_for_two_minutes_and_for_one_thing(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = house.with_passkey().await;
        let mut answer = |house: &House, challenge: Vec<u8>| {
            let used = device.assert(OURS, &challenge);
            house.answer(member, &device, used)
        };
        let one = answer(&house, house.passkeys.sign_in_options(VISIT).challenge);
        assert_eq!(house.enter(&one, "another visit").await, Err("challenge_spent"));
        let proof = house.passkeys.proof_options(&house.by(member), VISIT).await.unwrap().challenge;
        let other = answer(&house, proof);
        assert_eq!(house.enter(&other, VISIT).await, Err("challenge_spent"));
        let made_up = answer(&house, vec![7; 32]);
        assert_eq!(house.enter(&made_up, VISIT).await, Err("challenge_spent"));
        house.test.clock.advance_ms(2 * 60_000);
        assert_eq!(house.enter(&one, VISIT).await, Err("challenge_spent"));
    }

    async fn whatever_is_wrong_with_an_answer_the_answer_is_the_same_and_the_ledger_says_why(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = house.with_passkey().await;
        let phished = RelyingParty { origin: "https://sealpost.example.com.evil.example", ..OURS };
        let other_party = RelyingParty { id: "example.com", ..OURS };
        for (party, flags, framed, why) in [
            (phished, VERIFIED, false, "origin"),
            (other_party, VERIFIED, false, "relying_party"),
            (OURS, 0x01, false, "not_verified"),
            (OURS, 0x04, false, "not_present"),
            (OURS, VERIFIED | 0x08, false, "backup"),
            (OURS, VERIFIED, true, "framed"),
        ] {
            (device.flags, device.framed) = (flags, framed);
            let used = device.assert(party, &house.passkeys.sign_in_options(VISIT).challenge);
            let answer = house.answer(member, &device, used);
            assert_eq!(house.enter(&answer, VISIT).await, Err("passkey_refused"), "{why}");
            assert_eq!(house.last_act().await, format!("session.create {why}"));
        }
        (device.flags, device.framed) = (VERIFIED, false);
        let used = device.assert(OURS, &house.passkeys.sign_in_options(VISIT).challenge);
        let good = house.answer(member, &device, used);
        let mut forged = good.clone();
        forged.signature[5] ^= 1;
        let stranger = Answer { credential_id: vec![9; 32], ..good.clone() };
        let nameless = Answer { user_handle: None, ..good.clone() };
        let somebody_else = Answer { user_handle: Some(vec![1; 32]), ..good.clone() };
        for bad in [forged, stranger, nameless, somebody_else] {
            assert_eq!(house.enter(&bad, VISIT).await, Err("passkey_refused"));
        }
        assert!(house.enter(&good, VISIT).await.is_ok());
    }

    async fn a_passkey_that_counts_backwards_is_refused_and_told_of(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = (house.member().await, Authenticator::new(&SystemRng));
        device.counter = 10;
        let token = house.by_link(member, Purpose::Operator).await;
        house.register(member, &token, &device).await.unwrap();
        assert!(house.sign_in(member, &mut device).await.is_ok());
        let before = house.test.jobs_waiting(&house.ctx).await;
        device.counter = 5;
        assert_eq!(house.sign_in(member, &mut device).await, Err("passkey_refused"));
        assert_eq!(house.last_act().await, "session.create counter_regressed");
        assert_eq!(house.test.jobs_waiting(&house.ctx).await, before + 1);
        device.counter = 11;
        assert!(house.sign_in(member, &mut device).await.is_ok());
    }

    async fn a_session_is_proved_anew_by_its_own_members_passkey_alone(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = house.with_passkey().await;
        let (other, mut others) = house.with_passkey().await;
        let token = house.sign_in(member, &mut device).await.unwrap();
        house.test.clock.advance_ms(10 * 60_000);
        let (ctx, session) = (house.by(member), house.session(&token).await);
        let challenge = house.passkeys.proof_options(&ctx, PAGE).await.unwrap().challenge;
        let used = others.assert(OURS, &challenge);
        let foreign = house.answer(other, &others, used);
        assert_eq!(code(house.passkeys.prove(&ctx, session, PAGE, &foreign).await), Err("passkey_refused"));
        assert!(!house.session(&token).await.proved_lately(ctx.now()));
        let used = device.assert(OURS, &challenge);
        let own = Answer { user_handle: None, ..house.answer(member, &device, used) };
        house.passkeys.prove(&ctx, session, PAGE, &own).await.unwrap();
        assert!(house.session(&token).await.proved_lately(ctx.now()));
        assert_eq!(house.last_act().await, "session.prove");
    }

    async fn what_is_signed_holds_and_proves_who_signed_it_and_nothing_else_does(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = house.with_passkey().await;
        let (other, mut others) = house.with_passkey().await;
        device.counter = 10;
        let token = house.sign_in(member, &mut device).await.unwrap();
        house.test.clock.advance_ms(10 * 60_000);
        let (ctx, session, what) = (house.by(member), house.session(&token).await, [7; 32]);
        let challenge = house.passkeys.signature_options(&ctx, PAGE, &what).await.unwrap().challenge;
        let used = device.assert(OURS, &challenge);
        let answer = house.answer(member, &device, used);
        // It is a proof, and then what was signed, with the one answer: a device that counts has counted once.
        house.passkeys.prove(&ctx, session, PAGE, &answer).await.unwrap();
        assert_eq!(code(house.passkeys.prove(&ctx, session, PAGE, &answer).await), Err("challenge_spent"));
        let judged = house.passkeys.signature(&ctx, PAGE, &what, answer.clone()).await.ok().unwrap();
        house.store().write::<_, Failure>(&ctx, move |tx| {
            judged.believe(tx)?;
            Ok(tx.record(sealpost_store::Leaf::of("session.prove"), ()))
        }).await.unwrap();
        let signature = house.passkeys.signature(&ctx, PAGE, &what, answer.clone()).await.ok().unwrap().signature;
        assert_eq!(signature.verify(&what), Ok(()));
        assert_eq!(signature.verify(&[8; 32]), Err(DoesNotHold::SomethingElse));
        // Not about anything else, not in another session, not by anybody else, not with a challenge about nothing.
        let refused = async |ctx: &Ctx, whom: &str, what: &What, answer: &Answer| {
            code(house.passkeys.signature(ctx, whom, what, answer.clone()).await.map(|_| ())).err()
        };
        assert_eq!(refused(&ctx, PAGE, &[8; 32], &answer).await, Some("passkey_refused"));
        assert_eq!(refused(&ctx, "another page", &what, &answer).await, Some("challenge_spent"));
        let used = others.assert(OURS, &challenge);
        let foreign = house.answer(other, &others, used);
        assert_eq!(refused(&ctx, PAGE, &what, &foreign).await, Some("passkey_refused"));
        let plain = house.passkeys.proof_options(&ctx, PAGE).await.unwrap().challenge;
        let used = device.assert(OURS, &plain);
        assert_eq!(refused(&ctx, PAGE, &what, &house.answer(member, &device, used)).await, Some("passkey_refused"));
        house.test.clock.advance_ms(2 * 60_000);
        assert_eq!(refused(&ctx, PAGE, &what, &answer).await, Some("challenge_spent"));
        // Kept with another key, or with a bit of it changed, it holds no more.
        let kept = serde_json::to_value(&signature).unwrap();
        let theirs = house.passkeys.own(&house.by(other)).await.unwrap().remove(0).public_key;
        for (member, value) in [
            ("public_key", serde_json::to_value(api::body::Base64(theirs)).unwrap()),
            ("origin", "https://sealpost.example.org".into()),
            ("relying_party", "example.com".into()),
            ("authenticator_data", "AAAA".into()),
            ("signature", "AAAA".into()),
        ] {
            let mut changed = kept.clone();
            changed[member] = value;
            let changed: Signature = serde_json::from_value(changed).unwrap();
            assert!(matches!(changed.verify(&what), Err(DoesNotHold::Passkey(_))), "{member}");
        }
    }

    async fn a_confined_session_becomes_a_whole_one_by_its_first_passkey(test: TestStore) {
        let house = House::new(test).await;
        let (member, device) = (house.member().await, Authenticator::new(&SystemRng));
        let token = house.by_link(member, Purpose::Recovery).await;
        assert!(house.session(&token).await.confined);
        house.register(member, &token, &device).await.unwrap();
        assert!(!house.session(&token).await.confined);
        assert_eq!(house.register(member, &token, &device).await.err(), Some("passkey_exists"));
    }

    async fn whoever_finds_a_session_open_registers_no_passkey_in_it(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = house.with_passkey().await;
        let token = house.sign_in(member, &mut device).await.unwrap();
        let second = Authenticator::new(&SystemRng);
        house.test.clock.advance_ms(5 * 60_000);
        assert_eq!(house.register(member, &token, &second).await.err(), Some("step_up_required"));
    }

    async fn a_removed_passkey_ends_the_sessions_it_began_and_the_last_one_stays(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = house.with_passkey().await;
        let mut second = Authenticator::new(&SystemRng);
        let token = house.sign_in(member, &mut device).await.unwrap();
        let added = house.register(member, &token, &second).await.unwrap();
        let by_second = house.sign_in(member, &mut second).await.unwrap();
        let (keys, id) = (house.store().keys().clone(), added.id);
        house.store().write(&house.by(member), move |tx| remove(tx, &keys, id)).await.unwrap();
        assert_eq!(house.present(&by_second).await.err(), Some("session_ended"));
        assert_eq!(house.sign_in(member, &mut second).await, Err("passkey_refused"));
        let keys = house.store().keys().clone();
        let last = house.passkeys.own(&house.by(member)).await.unwrap()[0].id;
        let refused = house.store().write(&house.by(member), move |tx| remove(tx, &keys, last)).await;
        assert_eq!(code(refused), Err("last_passkey"));
    }

    async fn who_is_suspended_does_not_get_in(test: TestStore) {
        let house = House::new(test).await;
        let (member, mut device) = house.with_passkey().await;
        members::owner(house.store(), &house.ctx).await.unwrap();
        house.store().write(&house.ctx, move |tx| members::suspend(tx, member)).await.unwrap();
        assert_eq!(house.sign_in(member, &mut device).await, Err("passkey_refused"));
    }

    async fn a_recovery_code_lets_in_once_to_register_a_passkey(test: TestStore) {
        let house = House::new(test).await;
        let (member, _) = house.with_passkey().await;
        let keys = house.store().keys().clone();
        let first = house.store().write(&house.by(member), move |tx| recovery_codes::create(tx, &keys, member)).await.unwrap();
        assert_eq!(first.len(), recovery_codes::CODES);
        let enter = async |text: String| {
            let (peer, request) = (PEER.parse().unwrap(), RequestId::new(house.store().world()));
            code(recovery_codes::sign_in(house.store(), &text, peer, Agent::of(None), request).await)
        };
        let before = house.test.jobs_waiting(&house.ctx).await;
        let opened = enter(first[0].groups().to_uppercase()).await.unwrap();
        assert_eq!(house.test.jobs_waiting(&house.ctx).await, before + 1, "told of");
        assert!(house.session(opened.token.expose()).await.confined);
        assert_eq!(enter(first[0].groups().to_string()).await.err(), Some("recovery_code_refused"));
        assert_eq!(enter("00000-00000-00000".into()).await.err(), Some("recovery_code_refused"));
        // New ones make the old ones worthless.
        let keys = house.store().keys().clone();
        house.store().write(&house.by(member), move |tx| recovery_codes::create(tx, &keys, member)).await.unwrap();
        assert_eq!(enter(first[1].groups().to_string()).await.err(), Some("recovery_code_refused"));
    }

    async fn spent_challenges_are_forgotten_when_they_are_too_old(test: TestStore) {
        let house = House::new(test).await;
        house.with_passkey().await;
        let spent = async || {
            let count = house.store().read::<_, StoreError>(&house.ctx, |tx| {
                let sql = sealpost_store::org_sql!("select count(*) as n from spent_challenge where org = $1");
                tx.optional(sql, &[], |row| row.get::<i64>("n"))
            });
            count.await.unwrap()
        };
        forget_spent_challenges(house.store()).await.unwrap();
        assert_eq!(spent().await, Some(1));
        house.test.clock.advance_ms(2 * 60_000);
        forget_spent_challenges(house.store()).await.unwrap();
        assert_eq!(spent().await, Some(0));
    }
}

//! How endpoints are called, against receivers over real TLS, on both engines and with time in hand.

use std::sync::Arc;

use sealpost_access::secrets::{self, NewSecret, Origin, Overlap, STORED, SecretRef};
use sealpost_egress::tls::MinTls;
use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, DeliveryId, EndpointId, Leaf, NoticeId, SecretId, StoreError, Tx, both_engines};
use sealpost_web::Failure;

use super::body::BodyForm;
use super::model::{OwnAuthorities, Value};
use super::service::{self, GivenHeader, Wanted};
use crate::deliveries::{self, Attempt, Deliverer, Delivery, Occurrence, State};
use crate::dispatcher::{ByHand, Dispatcher};
use crate::endpoints::{Endpoints, secret_uses, testing};
use crate::endpoints::{Pki, Receiver};
use crate::versions::Expected;

/// A house with one organisation that calls endpoints by hand.
struct House {
    test: TestStore,
    ctx: Ctx,
    endpoints: Endpoints,
    hands: ByHand,
}

impl House {
    async fn new(test: TestStore, pki: &Pki) -> Self {
        let ctx = test.organisation().await;
        let client = pki.http();
        let endpoints = Endpoints::new(test.store.clone(), client.clone());
        let deliverer = Deliverer::new(test.store.clone(), endpoints.clone(), client, Arc::default());
        let hands = Dispatcher::new(test.store.clone(), Arc::default()).handle(deliveries::JOB, deliverer).by_hand();
        Self { test, ctx, endpoints, hands }
    }

    async fn stored(&self, value: &str) -> SecretId {
        self.stored_by(&self.ctx, value).await
    }

    async fn stored_by(&self, ctx: &Ctx, value: &str) -> SecretId {
        let keys = self.test.store.keys().organisation(ctx.org.id).await.unwrap();
        let new = imported(value);
        let make = move |tx: &mut Tx<'_>| {
            let id = secrets::create(tx, &keys, STORED, new)?;
            Ok::<_, StoreError>(tx.record(Leaf::of("secret.create"), id))
        };
        self.test.store.write(ctx, make).await.unwrap()
    }

    async fn rotate(&self, secret: SecretId, value: &str) {
        let keys = self.test.store.keys().organisation(self.ctx.org.id).await.unwrap();
        let new = imported(value);
        let rotate = move |tx: &mut Tx<'_>| {
            secrets::rotate(tx, &keys, secret, STORED, new, Overlap::NONE)?;
            Ok::<_, StoreError>(tx.record(Leaf::of("secret.rotate"), ()))
        };
        self.test.store.write(&self.ctx, rotate).await.unwrap();
    }

    async fn put(&self, endpoint: EndpointId, wanted: Wanted) -> Result<(), Failure> {
        let keys = self.test.store.keys().organisation(self.ctx.org.id).await.unwrap();
        let client = self.endpoints.client.clone();
        let put = move |tx: &mut Tx<'_>| {
            Ok(service::put(tx, &keys, &client, endpoint, wanted, &Expected::default())?.map(drop))
        };
        let put = self.test.store.write::<_, Failure>(&self.ctx, put).await;
        self.endpoints.forget(self.ctx.org, endpoint);
        put
    }

    /// Promises a delivery to this endpoint, later than any before.
    async fn promise(&self, endpoint: EndpointId) {
        self.test.clock.advance_ms(1);
        let occurrence = Occurrence {
            id: NoticeId::new(&self.ctx.world),
            kind: "message.delivered".into(),
            message: None,
            body: br#"{"data":{"n":1}}"#.as_slice().into(),
        };
        let promise = move |tx: &mut Tx<'_>| deliveries::promise(tx, &occurrence, &[endpoint]);
        self.test.store.maintain::<_, StoreError>(&self.ctx, promise).await.unwrap();
    }

    async fn turn(&mut self) -> usize {
        self.hands.turn().await.unwrap()
    }

    async fn seen(&self, endpoint: EndpointId) -> (Vec<Delivery>, Vec<(DeliveryId, Attempt)>) {
        let read = move |tx: &mut Tx<'_>| {
            Ok::<_, StoreError>((
                deliveries::newest_of(tx, endpoint, 50)?,
                deliveries::newest_attempts(tx, endpoint, 50)?,
            ))
        };
        self.test.store.read(&self.ctx, read).await.unwrap()
    }

    /// What the newest delivery's attempt came to.
    async fn outcome(&self, endpoint: EndpointId) -> String {
        let (_, attempts) = self.seen(endpoint).await;
        attempts.first().map(|(_, attempt)| attempt.outcome.clone()).unwrap_or_default()
    }
}

fn imported(value: &str) -> NewSecret {
    NewSecret::new(SecretText::new(value.into()), KeyEncoding::Text, Origin::Imported).unwrap()
}

fn header(name: &str, value: &str, secret: Option<SecretId>) -> GivenHeader {
    GivenHeader { name: name.into(), value: value.into(), secret: secret.map(SecretRef::Id) }
}

fn wanted(headers: Vec<GivenHeader>) -> Wanted {
    Wanted::default().with_headers(headers).unwrap_or_else(|_| panic!("headers that may be set"))
}

/// Which place of what is asked for is refused.
fn refused<T>(result: Result<T, Failure>) -> String {
    match result {
        Err(Failure::Refused(refusal)) => {
            refusal.errors().iter().map(|wrong| format!("{:?} {}", wrong.place, wrong.code)).collect()
        }
        Err(Failure::Fault(_)) => panic!("a fault"),
        Ok(_) => String::new(),
    }
}

both_engines! {
    async fn an_endpoint_is_tried_again_by_its_own_schedule_and_then_no_more(test: TestStore) {
        let pki = Pki::new();
        let (mut house, receiver) = (House::new(test, &pki).await, Receiver::start(&pki).await);
        let id = testing::active_at(&house.test.store, &house.ctx, "own", &receiver.url("/in")).await;
        let retries = Wanted::default().retried(Some(vec![10, 100])).unwrap_or_else(|_| panic!("a schedule"));
        house.put(id, retries).await.unwrap_or_else(|_| panic!("it is called so"));
        receiver.answers(503);
        house.promise(id).await;
        assert_eq!(house.turn().await, 1);
        // Waits are spread by a fifth.
        for (too_early, due) in [(7_999, 4_001), (79_999, 40_001)] {
            house.test.clock.advance_ms(too_early);
            assert_eq!(house.turn().await, 0);
            house.test.clock.advance_ms(due);
            assert_eq!(house.turn().await, 1);
        }
        let (deliveries, attempts) = house.seen(id).await;
        assert_eq!((deliveries[0].state, attempts.len(), receiver.heard().len()), (State::Dead, 3, 3));
        house.test.clock.advance_ms(5 * 86_400_000);
        assert_eq!(house.turn().await, 0);
    }

    async fn a_rate_lets_one_wait_and_holds_up_nobody_else(test: TestStore) {
        let pki = Pki::new();
        let mut house = House::new(test, &pki).await;
        let (slow, fast) = (Receiver::start(&pki).await, Receiver::start(&pki).await);
        let limited = testing::active_at(&house.test.store, &house.ctx, "limited", &slow.url("/in")).await;
        let free = testing::active_at(&house.test.store, &house.ctx, "free", &fast.url("/in")).await;
        let rate = Wanted::default().at_most(Some(2)).unwrap_or_else(|_| panic!("a rate"));
        house.put(limited, rate).await.unwrap_or_else(|_| panic!("it is called so"));
        for _ in 0..6 {
            house.promise(limited).await;
            house.promise(free).await;
        }
        assert_eq!(house.turn().await, 12);
        assert_eq!((slow.heard().len(), fast.heard().len()), (2, 6), "a second's worth, and all of the other's");
        for count in 3..=6 {
            house.test.clock.advance_ms(500);
            assert_eq!(house.turn().await, 1, "each at its own turn");
            assert_eq!(slow.heard().len(), count);
        }
        let (deliveries, attempts) = house.seen(limited).await;
        assert!(deliveries.iter().all(|one| one.state == State::Delivered && one.attempts == 1));
        assert_eq!(attempts.len(), 6, "waiting is no attempt");
    }

    async fn a_receiver_that_reads_forms_gets_one_and_its_bytes_are_what_is_signed(test: TestStore) {
        let pki = Pki::new();
        let (mut house, receiver) = (House::new(test, &pki).await, Receiver::start(&pki).await);
        let id = testing::active_at(&house.test.store, &house.ctx, "own", &receiver.url("/in")).await;
        house.put(id, Wanted::default().written(BodyForm::Form)).await.unwrap_or_else(|_| panic!("it is called so"));
        house.promise(id).await;
        house.turn().await;
        let heard = receiver.heard().pop().unwrap();
        assert!(heard.contains("content-type: application/x-www-form-urlencoded\r\n"), "{heard}");
        assert!(heard.ends_with("\r\n\r\ndata%5Bn%5D=1"), "{heard}");
        let tried = house.endpoints.test(&house.ctx, id).await.unwrap_or_else(|_| panic!("it is tried"));
        let heard = receiver.heard().pop().unwrap();
        assert!(tried.succeeded && heard.as_bytes().ends_with(&tried.body), "{heard}");
        assert_eq!(tried.content_type, "application/x-www-form-urlencoded");
        let ends_so = |signed: &[u8]| signed.ends_with(&tried.body);
        assert!(!tried.body.is_empty() && tried.signatures.iter().all(|one| ends_so(&one.signed)));
    }

    async fn headers_go_along_secret_ones_by_name_and_what_signs_is_never_doubled(test: TestStore) {
        let pki = Pki::new();
        let (mut house, receiver) = (House::new(test, &pki).await, Receiver::start(&pki).await);
        let id = testing::active_at(&house.test.store, &house.ctx, "own", &receiver.url("/in")).await;
        let secret = house.stored("first-token").await;
        let headers = vec![header("X-Tenant", "clinic", None), header("Authorization", "Bearer ", Some(secret))];
        house.put(id, wanted(headers)).await.unwrap_or_else(|_| panic!("it is called so"));
        house.promise(id).await;
        house.turn().await;
        let heard = receiver.heard().pop().unwrap();
        assert!(heard.contains("x-tenant: clinic\r\n") && heard.contains("authorization: Bearer first-token\r\n"), "{heard}");
        assert_eq!(heard.matches("webhook-signature:").count(), 1);
        house.rotate(secret, "second-token").await;
        house.endpoints.forget(house.ctx.org, id);
        house.promise(id).await;
        house.turn().await;
        let heard = receiver.heard().pop().unwrap();
        assert!(heard.contains("Bearer second-token") && !heard.contains("first-token"), "{heard}");
        let uses = house.test.store.read(&house.ctx, secret_uses).await.unwrap();
        let used: Vec<_> = uses.iter().filter(|one| one.secret == secret).collect();
        assert_eq!((used.len(), used[0].name.as_str()), (1, "own"));
        assert!(used[0].last_used_at.is_some());
        house.put(id, Wanted::default()).await.unwrap_or_else(|_| panic!("it is called as all are"));
        let uses = house.test.store.read(&house.ctx, secret_uses).await.unwrap();
        assert!(uses.iter().all(|one| one.secret != secret));
    }

    async fn a_credential_is_no_text_and_a_secret_has_to_fit_and_be_ours(test: TestStore) {
        let pki = Pki::new();
        let house = House::new(test, &pki).await;
        let theirs = house.test.organisation().await;
        let id = testing::active_at(&house.test.store, &house.ctx, "own", "https://hooks.test/in").await;
        for (name, value, code) in [
            ("authorization", "Bearer x", "secret_only"),
            ("X-Api-Key", "x", "secret_only"),
            ("connection", "close", "header_reserved"),
            ("webhook-id", "x", "header_reserved"),
            ("bad name", "x", "header_invalid"),
            ("x-tenant", "a\r\nb: c", "value_unsuitable"),
            ("x-tenant", "", "value_unsuitable"),
        ] {
            let result = Wanted::default().with_headers(vec![header(name, value, None)]).map_err(Failure::from);
            assert!(refused(result).contains(code), "{name}: {value}");
        }
        let twice = vec![header("x-tenant", "a", None), header("X-Tenant", "b", None)];
        assert!(refused(Wanted::default().with_headers(twice).map_err(Failure::from)).contains("given_twice"));
        let broken = house.stored("two\r\nlines: here").await;
        assert!(refused(house.put(id, wanted(vec![header("x-token", "", Some(broken))])).await).contains("value_unsuitable"));
        let elsewhere = house.stored_by(&theirs, "theirs").await;
        assert!(refused(house.put(id, wanted(vec![header("x-token", "", Some(elsewhere))])).await).contains("secret_unknown"));
    }

    async fn a_receiver_that_demands_a_certificate_gets_ours_and_one_with_its_own_authority_is_believed(test: TestStore) {
        let (public, own, clients) = (Pki::new(), Pki::new(), Pki::new());
        let (mut house, receiver) = (House::new(test, &public).await, Receiver::demanding(&own, &clients).await);
        let id = testing::active_at(&house.test.store, &house.ctx, "own", &receiver.url("/in")).await;
        house.promise(id).await;
        house.turn().await;
        assert_eq!(house.outcome(id).await, "tls_failed", "nobody vouches for it");
        let (chain, key) = clients.client();
        let key = house.stored(&key).await;
        let authorities = || Some(OwnAuthorities { pem: own.pem().into(), only: true });
        let certified = |key| {
            let wanted = Wanted::default().shown_as(Some((chain.clone(), SecretRef::Id(key))));
            wanted.and_then(|wanted| wanted.believing(authorities())).unwrap_or_else(|_| panic!("certificates"))
        };
        let anonymous = Wanted::default().believing(authorities()).unwrap_or_else(|_| panic!("authorities"));
        house.put(id, anonymous).await.unwrap_or_else(|_| panic!("it is called so"));
        house.promise(id).await;
        house.turn().await;
        assert!(receiver.heard().is_empty(), "it lets nobody in without one");
        house.put(id, certified(key)).await.unwrap_or_else(|_| panic!("it is called so"));
        house.promise(id).await;
        house.turn().await;
        assert_eq!((house.outcome(id).await.as_str(), receiver.heard().len()), ("delivered", 1));
        let uses = house.test.store.read(&house.ctx, secret_uses).await.unwrap();
        assert!(uses.iter().any(|one| one.secret == key && one.name == "own"), "its key is in use");
        let other = house.stored(&clients.client().1).await;
        assert!(refused(house.put(id, certified(other)).await).contains("key_mismatch"));
        let none = house.stored("hush").await;
        assert!(refused(house.put(id, certified(none)).await).contains("key_invalid"));
        // Somebody puts something else where the key was: nothing leaves, and why is in the log.
        house.rotate(key, "hush").await;
        house.endpoints.forget(house.ctx.org, id);
        house.promise(id).await;
        house.turn().await;
        assert_eq!((house.outcome(id).await.as_str(), receiver.heard().len()), ("transport_unusable", 1));
    }

    async fn what_is_set_is_what_is_stored_and_goes_with_the_endpoint(test: TestStore) {
        let pki = Pki::new();
        let house = House::new(test, &pki).await;
        let id = testing::active_at(&house.test.store, &house.ctx, "own", "https://hooks.test/in").await;
        let secret = house.stored("token").await;
        let all = wanted(vec![header("x-tenant", "clinic", None), header("x-token", "", Some(secret))])
            .retried(Some(vec![]))
            .and_then(|wanted| wanted.at_most(Some(7)))
            .and_then(|wanted| wanted.speaking(MinTls::V1_2, true))
            .unwrap_or_else(|_| panic!("a transport"))
            .written(BodyForm::Form);
        house.put(id, all).await.unwrap_or_else(|_| panic!("it is called so"));
        let read = |tx: &mut Tx<'_>, id| service::find(tx, id);
        let found = house.test.store.read(&house.ctx, move |tx| read(tx, id)).await.unwrap();
        assert_eq!((found.retries.as_ref().unwrap().attempts(), found.rate.unwrap().calls()), (1, 7));
        assert_eq!((found.min_tls, found.body, found.headers.len()), (MinTls::V1_2, BodyForm::Form, 2));
        assert!(matches!(&found.headers[1].value, Value::Stored { secret: named, .. } if *named == secret));
        let unacknowledged = Wanted::default().speaking(MinTls::V1_2, false).map_err(Failure::from);
        assert!(refused(unacknowledged).contains("acknowledgement_missing"));
        let gone = house.test.store.write(&house.ctx, move |tx| crate::endpoints::service::remove(tx, id)).await;
        gone.unwrap_or_else(|_| panic!("it goes"));
        let left = house.test.store.read(&house.ctx, move |tx| read(tx, id)).await.unwrap();
        assert!(left.is_standard() && left.updated_at.is_none());
    }
}

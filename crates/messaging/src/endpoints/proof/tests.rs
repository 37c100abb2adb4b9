//! What proofs promise, against a receiver over real TLS, on both engines and with time in hand.

use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, EndpointId, StoreError, Tx, both_engines, sql};
use sealpost_web::Failure;

use super::model::{Proof, WELL_KNOWN, Way};
use super::{service, store};
use crate::endpoints::model::{Endpoint, State};
use crate::endpoints::service::Changes;
use crate::endpoints::{Endpoints, preferred, testing};
use crate::endpoints::{Pki, Receiver};

const DAY_MS: i64 = 86_400_000;

struct House {
    test: TestStore,
    ctx: Ctx,
    endpoints: Endpoints,
}

impl House {
    async fn new(test: TestStore, pki: &Pki) -> Self {
        let ctx = test.organisation().await;
        let endpoints = Endpoints::new(test.store.clone(), pki.http());
        Self { test, ctx, endpoints }
    }

    async fn made(&self, name: &str, url: &str, way: Way) -> EndpointId {
        let id = testing::pending_at(&self.test.store, &self.ctx, name, url).await;
        let choose = move |tx: &mut Tx<'_>| service::choose(tx, id, way);
        self.test.store.maintain::<_, StoreError>(&self.ctx, choose).await.unwrap();
        id
    }

    async fn verify(&self, id: EndpointId) -> &'static str {
        let tried = self.endpoints.verify(&self.ctx, id).await.unwrap_or_else(|_| panic!("it is asked"));
        assert_eq!(tried.succeeded, matches!(tried.outcome, "proved" | "delivered"));
        tried.outcome
    }

    async fn seen(&self, id: EndpointId) -> (Endpoint, Proof) {
        let read = move |tx: &mut Tx<'_>| Ok((crate::endpoints::find(tx, id)?, service::find(tx, id)?));
        self.test.store.read::<_, Failure>(&self.ctx, read).await.unwrap_or_else(|_| panic!("it is there"))
    }

    async fn text(&self, id: EndpointId) -> String {
        let (_, proof) = self.seen(id).await;
        proof.text(self.test.store.keys().pepper(), self.ctx.org, id)
    }

    /// Lets so many days pass, each looked after.
    async fn days(&self, days: i64) {
        for _ in 0..days {
            self.test.clock.advance_ms(DAY_MS);
            self.endpoints.look_after().await.unwrap_or_else(|_| panic!("it is looked after"));
        }
    }

    async fn waiting(&self) -> i64 {
        self.test.jobs_waiting(&self.ctx).await
    }
}

both_engines! {
    async fn a_host_that_serves_the_text_of_this_endpoint_is_believed_and_no_other(test: TestStore) {
        let pki = Pki::new();
        let (house, receiver) = (House::new(test, &pki).await, Receiver::start(&pki).await);
        let first = house.made("first", &receiver.url("/a"), Way::WellKnown).await;
        let second = house.made("second", &receiver.url("/b"), Way::WellKnown).await;
        assert_eq!(house.verify(first).await, "text_missing");
        receiver.serves(WELL_KNOWN, &house.text(second).await);
        assert_eq!(house.verify(first).await, "text_missing", "another's text");
        assert_eq!(house.seen(first).await.0.state, State::Pending);
        receiver.serves(WELL_KNOWN, &format!("{}\n{}\n", house.text(second).await, house.text(first).await));
        assert_eq!((house.verify(first).await, house.verify(second).await), ("proved", "proved"));
        let (shown, proof) = house.seen(first).await;
        assert_eq!((shown.state, proof.proved_at), (State::Active, Some(house.ctx.now())));
        assert!(!proof.is_wanted(), "what is proved needn't be shown");
        assert!(receiver.heard().iter().all(|heard| heard.starts_with("GET /.well-known/sealpost-verify HTTP/1.1\r\n")));
    }

    async fn a_changed_url_asks_for_another_proof(test: TestStore) {
        let pki = Pki::new();
        let (house, receiver) = (House::new(test, &pki).await, Receiver::start(&pki).await);
        let id = house.made("moving", &receiver.url("/a"), Way::WellKnown).await;
        let before = house.text(id).await;
        receiver.serves(WELL_KNOWN, &before);
        assert_eq!(house.verify(id).await, "proved");
        let to = Changes { url: Some(receiver.url("/b")), ..Changes::default() };
        testing::change(&house.test.store, &house.ctx, id, to).await.unwrap_or_else(|_| panic!("it moves"));
        let (endpoint, proof) = house.seen(id).await;
        assert_eq!((endpoint.state, proof.proved_at, proof.way), (State::Pending, None, Way::WellKnown));
        assert_ne!(house.text(id).await, before);
        assert_eq!(house.verify(id).await, "text_missing", "the old text is good for the old place");
    }

    async fn a_proof_of_a_place_that_was_left_meanwhile_counts_for_nothing(test: TestStore) {
        let pki = Pki::new();
        let (house, receiver) = (House::new(test, &pki).await, Receiver::start(&pki).await);
        let id = house.made("moving", &receiver.url("/a"), Way::Ping).await;
        let (asked, proof) = house.seen(id).await;
        let to = Changes { url: Some(receiver.url("/b")), ..Changes::default() };
        testing::change(&house.test.store, &house.ctx, id, to).await.unwrap_or_else(|_| panic!("it moves"));
        // What was asked before comes to an end after.
        let take = move |tx: &mut Tx<'_>| service::take(tx, id, &proof, State::Pending, &asked.url);
        assert!(!house.test.store.write(&house.ctx, take).await.unwrap_or_else(|_| panic!("it is written down")));
        assert_eq!(house.seen(id).await.0.state, State::Pending);
    }

    async fn a_proof_is_renewed_by_itself_and_its_end_is_told_before_it_comes(test: TestStore) {
        let pki = Pki::new();
        let (house, receiver) = (House::new(test, &pki).await, Receiver::start(&pki).await);
        let id = house.made("kept", &receiver.url("/a"), Way::Ping).await;
        assert_eq!(house.verify(id).await, "delivered");
        house.days(75).await;
        assert_eq!(receiver.heard().len(), 1, "nothing is asked before it is due");
        house.days(1).await;
        assert_eq!((receiver.heard().len(), house.waiting().await), (2, 0), "renewed, and nobody is bothered");
        assert_eq!(house.seen(id).await.1.proved_at, Some(house.ctx.now()));
        receiver.answers(500);
        house.days(76).await;
        let (endpoint, proof) = house.seen(id).await;
        assert_eq!((endpoint.state, house.waiting().await), (State::Active, 1), "it is told once");
        assert!(proof.is_wanted());
        house.days(13).await;
        assert_eq!((house.seen(id).await.0.state, house.waiting().await), (State::Active, 1));
        assert_eq!(receiver.heard().len(), 2 + 14, "asked once a day");
        house.days(1).await;
        let (endpoint, proof) = house.seen(id).await;
        assert_eq!((endpoint.state, proof.proved_at, house.waiting().await), (State::Pending, None, 2));
        house.days(5).await;
        assert_eq!((house.waiting().await, receiver.heard().len()), (2, 2 + 15), "what lapsed is left in peace");
        receiver.answers(204);
        assert_eq!(house.verify(id).await, "delivered");
        assert_eq!(house.seen(id).await.0.state, State::Active);
    }

    async fn what_was_verified_before_proofs_had_an_end_gets_its_whole_time(test: TestStore) {
        let pki = Pki::new();
        let (house, receiver) = (House::new(test, &pki).await, Receiver::start(&pki).await);
        let id = testing::active_at(&house.test.store, &house.ctx, "old", &receiver.url("/a")).await;
        let forget = move |tx: &mut Tx<'_>| store::delete(tx, id);
        house.test.store.maintain::<_, StoreError>(&house.ctx, forget).await.unwrap();
        house.days(1).await;
        let (endpoint, proof) = house.seen(id).await;
        assert_eq!((endpoint.state, proof.proved_at), (State::Active, Some(house.ctx.now())));
        assert!(receiver.heard().is_empty());
    }

    async fn there_is_one_default_from_the_first_proof_on_and_it_passes_on(test: TestStore) {
        let pki = Pki::new();
        let (house, receiver) = (House::new(test, &pki).await, Receiver::start(&pki).await);
        let mut all = Vec::new();
        for name in ["first", "second", "third"] {
            all.push(house.made(name, &receiver.url("/a"), Way::Ping).await);
        }
        let defaults = || async {
            let all = house.endpoints.all(&house.ctx).await.unwrap();
            all.into_iter().filter(|one| one.is_default).map(|one| one.id).collect::<Vec<_>>()
        };
        assert!(defaults().await.is_empty(), "none has proved itself");
        for id in [all[1], all[0]] {
            assert_eq!(house.verify(id).await, "delivered");
        }
        assert_eq!(defaults().await, [all[1]], "the first that did");
        let make = |id| house.test.store.write(&house.ctx, move |tx| preferred::make_default(tx, id));
        assert!(matches!(make(all[2]).await, Err(Failure::Refused(_))), "not before it is verified");
        make(all[0]).await.unwrap_or_else(|_| panic!("it is verified"));
        assert_eq!(defaults().await, [all[0]]);
        let id = all[1];
        let two = move |tx: &mut Tx<'_>| {
            tx.execute(sql!("update endpoint set is_default = 1 where org = $1 and env = $2 and id = $3"), &[&id]).map(drop)
        };
        assert!(house.test.store.maintain::<_, StoreError>(&house.ctx, two).await.is_err(), "two can't be");
        let (gone, left) = (all[0], all[1]);
        let remove = move |tx: &mut Tx<'_>| crate::endpoints::service::remove(tx, gone);
        house.test.store.write(&house.ctx, remove).await.unwrap_or_else(|_| panic!("it goes"));
        assert_eq!(defaults().await, [left], "the oldest verified one is next");
        house.endpoints.forget(house.ctx.org, left);
        let hearing = |event: &'static str, named: Vec<String>| {
            let endpoints = house.endpoints.clone();
            let ctx = &house.ctx;
            async move { endpoints.hearing(ctx, event, &named).await.unwrap() }
        };
        let deaf = Changes { events: Some(crate::endpoints::model::Filter::new(vec!["api_key.*".into()]).unwrap()), ..Changes::default() };
        testing::change(&house.test.store, &house.ctx, left, deaf).await.unwrap_or_else(|_| panic!("it changes"));
        house.endpoints.forget(house.ctx.org, left);
        assert_eq!(hearing("message.delivered", vec![]).await, [left], "whatever its filter says");
        assert!(hearing("contact.erased", vec![]).await.is_empty(), "but only reports about messages");
        assert!(hearing("message.delivered", vec!["second".into()]).await.is_empty(), "and not where it is named and doesn't listen");
    }
}

/// A leaf for every change of a proof, also where nobody asked.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_leaf_nothing_is_proved() {
    let pki = Pki::new();
    let (house, receiver) = (House::new(TestStore::sqlite().await, &pki).await, Receiver::start(&pki).await);
    let id = house.made("kept", &receiver.url("/a"), Way::Ping).await;
    house.test.break_ledger(true);
    assert!(house.endpoints.verify(&house.ctx, id).await.is_err());
    house.test.break_ledger(false);
    let (endpoint, proof) = house.seen(id).await;
    assert_eq!((endpoint.state, proof.proved_at), (State::Pending, None));
}

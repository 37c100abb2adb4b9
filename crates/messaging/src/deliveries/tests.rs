//! What becomes of notices and deliveries, on both engines.

use std::sync::Arc;

use sealpost_access::notices::{self, Notice, NoticeKind};
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::tls::Trust;
use sealpost_store::testing::TestStore;
use sealpost_store::{
    Claim, Ctx, DeliveryId, EndpointId, NoticeId, SecretId, StoreError, Tx, both_engines, outbox, sql,
};
use serde_json::{Value, json};

use super::model::{Attempt, Delivery, EventPattern, State, Wanted};
use super::service::{self, Chosen, Occurrence, Resent};
use super::{Deliverer, JOB, Teller, store};
use crate::dispatcher::{Dispatcher, Handler};
use crate::endpoints::{Endpoints, testing};
use crate::endpoints::{Pki, Receiver};

const KIND: NoticeKind = NoticeKind::new("api_key.tested");

fn teller(house: &TestStore) -> Arc<Teller> {
    let client = Client::new(Network::system(Policy::strict()), &Trust::new([]).unwrap()).unwrap();
    Teller::new(house.store.clone(), Endpoints::new(house.store.clone(), client))
}

/// An endpoint in this state that hears of `events`.
async fn endpoint(house: &TestStore, ctx: &Ctx, state: &'static str, events: &'static str) -> EndpointId {
    let id = EndpointId::new(&ctx.world);
    let secret = SecretId::new(&ctx.world);
    let insert = move |tx: &mut sealpost_store::Tx<'_>| {
        tx.put(
            sql!(
                "insert into endpoint (org, env, id, name, url, description, events, profiles, state, state_detail, secret, signing,
                    created_at, updated_at)
                 values ($1, $2, $3, $4, 'https://hooks.example.com', '', $5, 'standard', $6, '', $7, $7, 0, 0)"
            ),
            &[&id, &id.to_string(), &events, &state, &secret],
        )
    };
    house.store.maintain::<_, StoreError>(ctx, insert).await.unwrap();
    id
}

/// Raises a notice; answers its id and the job that was promised.
async fn raised(house: &TestStore, ctx: &Ctx) -> (NoticeId, Claim) {
    let mut pushed = house.store.bus().subscribe(outbox::PUSHED);
    let notice = Notice::of(KIND).with("days", 3_u32);
    let id = house.store.maintain::<_, StoreError>(ctx, |tx| notices::raise(tx, notice)).await.unwrap();
    let claim = pushed.recv().await.unwrap().hint.unwrap().downcast::<Claim>().unwrap();
    (id, Arc::unwrap_or_clone(claim))
}

async fn deliveries(house: &TestStore, ctx: &Ctx, to: EndpointId) -> Vec<Delivery> {
    let newest = DeliveryId::from_bytes([0xff; 16]);
    house.store.read(ctx, move |tx| store::search(tx, &Wanted::of(to, None), newest, 10)).await.unwrap()
}

async fn is_told(house: &TestStore, ctx: &Ctx, id: NoticeId) -> bool {
    house.store.read(ctx, move |tx| notices::find(tx, id)).await.unwrap().is_none()
}

both_engines! {
    async fn a_notice_becomes_one_delivery_for_each_endpoint_that_hears_of_it(house: TestStore) {
        let ctx = house.organisation().await;
        let all = endpoint(&house, &ctx, "active", "*").await;
        let keys = endpoint(&house, &ctx, "active", "message.sent api_key.*").await;
        let deaf = endpoint(&house, &ctx, "active", "message.*").await;
        let unproven = endpoint(&house, &ctx, "pending", "*").await;
        let (id, claim) = raised(&house, &ctx).await;
        teller(&house).run(claim).await;
        for hearing in [all, keys] {
            let [delivery] = &deliveries(&house, &ctx, hearing).await[..] else { panic!("not one delivery") };
            assert_eq!((delivery.notice, delivery.kind.as_str(), delivery.message), (id, KIND.name(), None));
            let body: Value = serde_json::from_slice(&delivery.body).unwrap();
            let at = ctx.now().to_string();
            assert_eq!(body, json!({ "id": id, "type": KIND.name(), "timestamp": at, "environment": "test", "data": { "days": 3 } }));
        }
        assert!(deliveries(&house, &ctx, deaf).await.is_empty() && deliveries(&house, &ctx, unproven).await.is_empty());
        assert!(is_told(&house, &ctx, id).await);
        assert_eq!(house.jobs_waiting(&ctx).await, 2, "the deliveries, and nothing else");
    }

    async fn a_notice_that_nobody_hears_of_is_done_with(house: TestStore) {
        let ctx = house.organisation().await;
        let (id, claim) = raised(&house, &ctx).await;
        teller(&house).run(claim).await;
        assert!(is_told(&house, &ctx, id).await);
        assert_eq!(house.jobs_waiting(&ctx).await, 0);
    }

    async fn a_notice_whose_node_died_is_told_by_another_and_only_once(house: TestStore) {
        let ctx = house.organisation().await;
        let hearing = endpoint(&house, &ctx, "active", "*").await;
        let (id, slow) = raised(&house, &ctx).await;
        house.clock.advance_ms(120_000);
        let taken_over = house.store.sweep(10).await.unwrap().pop().unwrap();
        assert!(taken_over.hint.is_none(), "nothing is left in memory");
        let teller = teller(&house);
        teller.run(slow.clone()).await;
        assert!(!is_told(&house, &ctx, id).await, "it was taken over from the slow one");
        teller.run(taken_over).await;
        teller.run(slow).await;
        assert!(is_told(&house, &ctx, id).await);
        assert_eq!(deliveries(&house, &ctx, hearing).await.len(), 1);
    }
}

/// Deliveries of three kinds to two endpoints, a day apart, the older ones dead.
struct Shelf {
    ctx: Ctx,
    endpoints: [EndpointId; 2],
    all: Vec<DeliveryId>,
}

impl Shelf {
    async fn new(house: &TestStore) -> Self {
        let ctx = house.organisation().await;
        let endpoints = [endpoint(house, &ctx, "active", "*").await, endpoint(house, &ctx, "active", "*").await];
        let mut all = Vec::new();
        for (number, kind) in
            ["message.delivered", "message.failed", "contact.erased", "message.delivered"].into_iter().enumerate()
        {
            let occurrence = Occurrence {
                id: NoticeId::new(&ctx.world),
                kind: kind.into(),
                message: None,
                body: Default::default(),
            };
            let to = endpoints[number % 2];
            let promise = move |tx: &mut Tx<'_>| {
                super::promise(tx, &occurrence, &[to])?;
                let made = store::search(tx, &Wanted::of(to, None), DeliveryId::from_bytes([0xff; 16]), 1)?;
                Ok::<_, StoreError>(made[0].id)
            };
            let id = house.store.maintain(&ctx, promise).await.unwrap();
            if number < 3 {
                let end = move |tx: &mut Tx<'_>| {
                    let status = Some(500 + number as u16);
                    let at = tx.ctx().now();
                    let attempt = Attempt {
                        number: 1,
                        started_at: at,
                        finished_at: Some(at),
                        outcome: "refused".into(),
                        status,
                        latency_ms: Some(9),
                    };
                    store::add_attempt(tx, id, &attempt)?;
                    store::advance(tx, id, State::Dead, 1, None)
                };
                house.store.maintain::<_, StoreError>(&ctx, end).await.unwrap();
            }
            all.push(id);
            house.clock.advance_ms(86_400_000);
        }
        Self { ctx, endpoints, all }
    }

    /// Which of them are found, oldest first.
    async fn found(&self, house: &TestStore, wanted: Wanted) -> Vec<usize> {
        let newest = DeliveryId::from_bytes([0xff; 16]);
        let found = house.store.read::<_, StoreError>(&self.ctx, move |tx| store::search(tx, &wanted, newest, 10));
        let found = found.await.unwrap();
        assert!(found.is_sorted_by(|one, next| one.id > next.id), "newest first");
        let mut found: Vec<_> = found.iter().map(|one| self.all.iter().position(|id| *id == one.id).unwrap()).collect();
        found.sort_unstable();
        found
    }

    async fn resent(&self, house: &TestStore, chosen: Chosen) -> Resent {
        let resend = move |tx: &mut Tx<'_>| service::resend_many(tx, chosen);
        house.store.write(&self.ctx, resend).await.unwrap_or_else(|_| panic!("they are sent"))
    }
}

both_engines! {
    async fn deliveries_are_found_by_endpoint_state_event_time_and_status(house: TestStore) {
        let shelf = Shelf::new(&house).await;
        let now = shelf.ctx.now();
        let event = |event: &str| Wanted { event: Some(EventPattern::parse(event).unwrap()), ..Wanted::default() };
        let of = |endpoint| Wanted { endpoint: Some(endpoint), ..Wanted::default() };
        let dead = || Wanted { state: Some(State::Dead), ..Wanted::default() };
        let days_ago = |days: i64| Some(now.plus_ms(-days * 86_400_000));
        for (wanted, found) in [
            (Wanted::default(), vec![0, 1, 2, 3]),
            (dead(), vec![0, 1, 2]),
            (Wanted { state: Some(State::Queued), ..Wanted::default() }, vec![3]),
            (of(shelf.endpoints[0]), vec![0, 2]),
            (Wanted { state: Some(State::Queued), ..of(shelf.endpoints[1]) }, vec![3]),
            (event("message.delivered"), vec![0, 3]),
            (event("message.*"), vec![0, 1, 3]),
            (event("*"), vec![0, 1, 2, 3]),
            (event("message"), vec![]),
            (Wanted { state: Some(State::Dead), ..event("message.*") }, vec![0, 1]),
            (Wanted { endpoint: Some(shelf.endpoints[0]), ..event("contact.*") }, vec![2]),
            (Wanted { status: Some(501), ..Wanted::default() }, vec![1]),
            (Wanted { status: Some(502), ..dead() }, vec![2]),
            (Wanted { status: Some(500), ..of(shelf.endpoints[0]) }, vec![0]),
            (Wanted { status: Some(200), ..Wanted::default() }, vec![]),
            (Wanted { since: days_ago(3), ..Wanted::default() }, vec![1, 2, 3]),
            (Wanted { until: days_ago(3), ..Wanted::default() }, vec![0]),
            (Wanted { since: days_ago(3), until: days_ago(1), ..dead() }, vec![1, 2]),
        ] {
            assert_eq!(shelf.found(&house, wanted.clone()).await, found, "{wanted:?}");
        }
        let other = house.organisation().await;
        let foreign = Shelf { ctx: other, endpoints: shelf.endpoints, all: shelf.all };
        assert!(foreign.found(&house, Wanted::default()).await.is_empty());
    }

    async fn several_are_sent_once_more_and_one_that_cannot_be_keeps_no_other(house: TestStore) {
        let shelf = Shelf::new(&house).await;
        let nobody = DeliveryId::from_bytes([7; 16]);
        let resent = shelf.resent(&house, Chosen::These(vec![shelf.all[0], nobody, shelf.all[3], shelf.all[2]])).await;
        assert_eq!(resent.count, 2);
        let skipped: Vec<_> = resent.skipped.iter().map(|(id, code)| (*id, code.code)).collect();
        assert_eq!(skipped, [(nobody, "not_found"), (shelf.all[3], "delivery_under_way")]);
        let dead = || Wanted { state: Some(State::Dead), ..Wanted::default() };
        assert_eq!(shelf.found(&house, dead()).await, [1]);
        let since = shelf.ctx.now().plus_ms(-2 * 86_400_000);
        assert_eq!(shelf.resent(&house, Chosen::DeadSince(since, None)).await.count, 0, "it is older");
        let since = shelf.ctx.now().plus_ms(-9 * 86_400_000);
        assert_eq!(shelf.resent(&house, Chosen::DeadSince(since, Some(shelf.endpoints[0]))).await.count, 0, "another's");
        assert_eq!(shelf.resent(&house, Chosen::DeadSince(since, None)).await.count, 1);
        assert!(shelf.found(&house, dead()).await.is_empty());
    }

    async fn what_has_ended_is_kept_for_ninety_days_and_what_is_under_way_for_longer(house: TestStore) {
        let shelf = Shelf::new(&house).await;
        // The oldest is four days old.
        house.clock.advance_ms(service::KEPT_MS - 3 * 86_400_000);
        service::forget_old(&house.store, &shelf.ctx).await.unwrap();
        assert_eq!(shelf.found(&house, Wanted::default()).await, [1, 2, 3]);
        let attempts = |id| house.store.read::<_, StoreError>(&shelf.ctx, move |tx| store::attempts(tx, id));
        assert_eq!((attempts(shelf.all[0]).await.unwrap().len(), attempts(shelf.all[1]).await.unwrap().len()), (0, 1));
        house.clock.advance_ms(100 * 86_400_000);
        service::forget_old(&house.store, &shelf.ctx).await.unwrap();
        assert_eq!(shelf.found(&house, Wanted::default()).await, [3], "it waits for its receiver");
    }

    async fn an_open_breaker_lets_single_probes_through_and_closes_on_the_first_that_is_taken(house: TestStore) {
        let (pki, ctx) = (Pki::new(), house.organisation().await);
        let receiver = Receiver::start(&pki).await;
        let id = testing::active_at(&house.store, &ctx, "own", &receiver.url("/in")).await;
        let client = pki.http();
        let endpoints = Endpoints::new(house.store.clone(), client.clone());
        let deliverer = Deliverer::new(house.store.clone(), endpoints, client, Arc::default());
        let mut hands = Dispatcher::new(house.store.clone(), Arc::default()).handle(JOB, deliverer).by_hand();
        let promise = |count: usize| {
            let ctx = &ctx;
            let store = &house.store;
            async move {
                for _ in 0..count {
                    let occurrence = Occurrence { id: NoticeId::new(&ctx.world), kind: "message.sent".into(), message: None, body: b"{}".as_slice().into() };
                    let promise = move |tx: &mut Tx<'_>| service::promise(tx, &occurrence, &[id]);
                    store.maintain::<_, StoreError>(ctx, promise).await.unwrap();
                }
            }
        };
        let state = || async {
            let found = house.store.read(&ctx, move |tx| crate::endpoints::find(tx, id)).await;
            found.unwrap_or_else(|_| panic!("it is there")).state.word()
        };
        receiver.answers(503);
        promise(10).await;
        hands.turn().await.unwrap();
        assert_eq!((state().await, receiver.heard().len()), ("failing", 10));
        // Half open: of all that is due now one probes, and the others are put off until the next may.
        promise(5).await;
        hands.turn().await.unwrap();
        assert_eq!((state().await, receiver.heard().len()), ("failing", 11));
        house.clock.advance_ms(29_999);
        promise(1).await;
        hands.turn().await.unwrap();
        assert_eq!(receiver.heard().len(), 11, "not before its time");
        receiver.answers(204);
        house.clock.advance_ms(1);
        promise(1).await;
        while hands.turn().await.unwrap() > 0 {}
        assert_eq!(state().await, "active");
        // What was put off comes at its time, and all of it arrives.
        for _ in 0..20 {
            house.clock.advance_ms(3_600_000);
            while hands.turn().await.unwrap() > 0 {}
        }
        let newest = DeliveryId::from_bytes([0xff; 16]);
        let all = house.store.read::<_, StoreError>(&ctx, move |tx| store::search(tx, &Wanted::of(id, None), newest, 50));
        let all = all.await.unwrap();
        assert_eq!((all.len(), all.iter().filter(|one| one.state == State::Delivered).count()), (17, 17));
    }
}

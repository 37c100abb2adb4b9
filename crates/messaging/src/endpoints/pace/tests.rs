//! Nodes that call one endpoint: two of them where there can be two, on PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, DeliveryId, EndpointId, NoticeId, Store, StoreError, Time, Tx, both_engines};

use super::store;
use crate::deliveries::{self, Deliverer, Occurrence};
use crate::dispatcher::{ByHand, Dispatcher};
use crate::endpoints::rules::PROBE_MS;
use crate::endpoints::{Endpoints, Gate, Pki, Receiver, State, testing, transport};

/// A node that calls endpoints by hand.
struct Node {
    store: Store,
    endpoints: Endpoints,
    hands: ByHand,
}

impl Node {
    fn on(store: Store, pki: &Pki) -> Self {
        let client = pki.http();
        let endpoints = Endpoints::new(store.clone(), client.clone());
        let deliverer = Deliverer::new(store.clone(), endpoints.clone(), client, Arc::default());
        let hands = Dispatcher::new(store.clone(), Arc::default()).handle(deliveries::JOB, deliverer).by_hand();
        Self { store, endpoints, hands }
    }

    /// Two that know nothing of each other but the database. Only where that is a server may both take jobs.
    async fn pair(house: &TestStore, pki: &Pki) -> [Self; 2] {
        let other = house.another_node().await.unwrap_or_else(|| house.store.clone());
        [Self::on(house.store.clone(), pki), Self::on(other, pki)]
    }

    /// As many as may take jobs.
    async fn all(house: &TestStore, pki: &Pki) -> Vec<Self> {
        let stores = [Some(house.store.clone()), house.another_node().await];
        stores.into_iter().flatten().map(|store| Self::on(store, pki)).collect()
    }

    async fn promise(&self, ctx: &Ctx, endpoint: EndpointId, count: usize) {
        for _ in 0..count {
            let occurrence = Occurrence {
                id: NoticeId::new(&ctx.world),
                kind: "message.delivered".into(),
                message: None,
                body: b"{}".as_slice().into(),
            };
            let promise = move |tx: &mut Tx<'_>| deliveries::promise(tx, &occurrence, &[endpoint]);
            self.store.maintain::<_, StoreError>(ctx, promise).await.unwrap();
        }
    }

    async fn gate(&self, ctx: &Ctx, endpoint: EndpointId, delivery: u8) -> Gate {
        let ready = self.endpoints.ready(ctx, endpoint).await.unwrap().unwrap();
        self.endpoints.gate(ctx, &ready, DeliveryId::from_bytes([delivery; 16])).await.unwrap()
    }

    /// Waits until it has heard what another node did.
    async fn hears_of(&self, ctx: &Ctx, endpoint: EndpointId, state: &str) {
        for _ in 0..6_000 {
            let ready = self.endpoints.ready(ctx, endpoint).await.unwrap().unwrap();
            if ready.endpoint.state.word() == state {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("it never hears that the endpoint is {state}");
    }

    async fn fails_at(&mut self, ctx: &Ctx, endpoint: EndpointId, calls: usize) {
        self.promise(ctx, endpoint, calls).await;
        self.hands.turn().await.unwrap();
    }
}

async fn limited(house: &TestStore, ctx: &Ctx, url: &str, calls: u32) -> EndpointId {
    let id = testing::active_at(&house.store, ctx, "own", url).await;
    let put = move |tx: &mut Tx<'_>| transport::testing::limit(tx, id, calls);
    house.store.maintain::<_, StoreError>(ctx, put).await.unwrap();
    id
}

/// When the last probe went, as the database knows it; nothing if it never heard of this endpoint.
async fn known(house: &TestStore, ctx: &Ctx, endpoint: EndpointId) -> Option<Time> {
    house.store.read::<_, StoreError>(ctx, move |tx| store::probed_at(tx, endpoint)).await.unwrap()
}

both_engines! {
    async fn nodes_keep_a_rate_in_sum_and_all_of_them_call(house: TestStore) {
        const RATE: usize = 20;
        let (pki, ctx) = (Pki::new(), house.organisation().await);
        let receiver = Receiver::start(&pki).await;
        let mut nodes = Node::all(&house, &pki).await;
        let count = nodes.len();
        let id = limited(&house, &ctx, &receiver.url("/in"), RATE as u32).await;
        for node in &nodes {
            node.promise(&ctx, id, 120 / count).await;
        }
        let (mut heard, mut by) = (vec![], vec![0; count]);
        // 20 at once, 100 at 20 a second: five seconds, and none to spare is kept for longer than one.
        for tick in 0..80_usize {
            // By turns the first: whoever comes first takes all that is due.
            for at in (0..count).map(|at| (tick + at) % count) {
                let before = receiver.heard().len();
                nodes[at].hands.turn().await.unwrap();
                by[at] += receiver.heard().len() - before;
            }
            heard.push(receiver.heard().len());
            house.clock.advance_ms(100);
        }
        assert_eq!(*heard.last().unwrap(), 120, "{heard:?}");
        assert!(by.iter().all(|calls| *calls > 0), "{by:?}");
        for (at, before) in heard.iter().enumerate() {
            let within = heard.get(at + 10).map_or(0, |after| after - before);
            assert!(within <= 2 * RATE + 1, "{within} calls in the second after tick {at}: {heard:?}");
            assert!(*before <= RATE + RATE * (at + 1) / 10 + 2, "{before} calls by tick {at}: {heard:?}");
        }
    }

    async fn a_place_in_the_row_is_known_to_all_nodes_and_good_once(house: TestStore) {
        let (pki, ctx) = (Pki::new(), house.organisation().await);
        let [here, there] = Node::pair(&house, &pki).await;
        let id = limited(&house, &ctx, "https://hooks.test/in", 1).await;
        let now = ctx.now();
        assert_eq!(here.gate(&ctx, id, 1).await, Gate::Open);
        assert_eq!(here.gate(&ctx, id, 2).await, Gate::Later(now.plus_ms(1_000)));
        assert_eq!(there.gate(&ctx, id, 3).await, Gate::Later(now.plus_ms(2_000)), "one row");
        assert_eq!(there.gate(&ctx, id, 2).await, Gate::Later(now.plus_ms(1_000)), "asking again costs no place");
        house.clock.advance_ms(1_000);
        assert_eq!(there.gate(&ctx, id, 2).await, Gate::Open, "another node, or the same after a restart");
        assert_eq!(here.gate(&ctx, id, 2).await, Gate::Later(now.plus_ms(3_000)), "a later attempt lines up anew");
        // Who was held up for long lines up anew, too: all of them at once would be no rate.
        house.clock.advance_ms(60_000);
        let late = ctx.now();
        assert_eq!(here.gate(&ctx, id, 2).await, Gate::Open);
        assert_eq!(there.gate(&ctx, id, 3).await, Gate::Later(late.plus_ms(1_000)));
        // Another rate, another row.
        let put = move |tx: &mut Tx<'_>| {
            crate::endpoints::pace::forget(tx, id)?;
            transport::testing::limit(tx, id, 10)
        };
        house.store.maintain::<_, StoreError>(&ctx, put).await.unwrap();
        for node in [&here, &there] {
            node.endpoints.forget(ctx.org, id);
        }
        assert_eq!(there.gate(&ctx, id, 3).await, Gate::Open);
    }

    async fn what_one_node_finds_out_of_an_endpoint_holds_for_all_and_one_probe_is_all_there_is(house: TestStore) {
        let (pki, ctx) = (Pki::new(), house.organisation().await);
        let receiver = Receiver::start(&pki).await;
        let mut nodes = Node::all(&house, &pki).await.into_iter();
        let (Some(mut here), Some(mut there)) = (nodes.next(), nodes.next()) else { return };
        let id = testing::active_at(&house.store, &ctx, "own", &receiver.url("/in")).await;
        let once = move |tx: &mut Tx<'_>| transport::testing::once(tx, id);
        house.store.maintain::<_, StoreError>(&ctx, once).await.unwrap();
        receiver.answers(503);
        there.fails_at(&ctx, id, 7).await;
        assert_eq!((receiver.heard().len(), known(&house, &ctx, id).await), (7, None), "nobody asks the database");
        here.fails_at(&ctx, id, 10).await;
        assert_eq!(receiver.heard().len(), 17);
        for node in [&here, &there] {
            node.hears_of(&ctx, id, "failing").await;
        }
        // Half open: of what both have one probes.
        for (round, heard) in [(0, 18), (1, 19)] {
            house.clock.advance_ms(if round == 0 { 0 } else { PROBE_MS });
            here.promise(&ctx, id, 3).await;
            there.promise(&ctx, id, 3).await;
            let (one, other) = tokio::join!(here.hands.turn(), there.hands.turn());
            assert!(one.unwrap() + other.unwrap() > 0);
            assert_eq!(receiver.heard().len(), heard, "round {round}");
        }
        assert_eq!(known(&house, &ctx, id).await, Some(ctx.now()));
        house.clock.advance_ms(PROBE_MS - 1);
        for node in [&here, &there] {
            assert!(matches!(node.gate(&ctx, id, 9).await, Gate::Later(_)), "not before its time");
        }
        receiver.answers(204);
        house.clock.advance_ms(1);
        here.promise(&ctx, id, 1).await;
        while here.hands.turn().await.unwrap() > 0 {}
        for node in [&here, &there] {
            node.hears_of(&ctx, id, "active").await;
        }
        // What the other node had counted before that is over, too: with it, one more failure of these would open the breaker again.
        let before = receiver.heard().len();
        there.promise(&ctx, id, 2).await;
        while there.hands.turn().await.unwrap() > 0 {}
        receiver.answers(503);
        there.fails_at(&ctx, id, 2).await;
        assert!(receiver.heard().len() >= before + 4);
        let found = house.store.read(&ctx, move |tx| crate::endpoints::find(tx, id)).await;
        assert_eq!(found.unwrap_or_else(|_| panic!("it is there")).state, State::Active);
    }

    async fn one_change_of_state_is_one_entry_however_many_nodes_see_it(house: TestStore) {
        let (pki, ctx) = (Pki::new(), house.organisation().await);
        let receiver = Receiver::start(&pki).await;
        let [here, there] = Node::pair(&house, &pki).await;
        let id = testing::active_at(&house.store, &ctx, "own", &receiver.url("/in")).await;
        // Both know it as active when the calls of both have failed.
        let [mine, theirs] = [here.endpoints.ready(&ctx, id).await, there.endpoints.ready(&ctx, id).await];
        let (mine, theirs) = (mine.unwrap().unwrap(), theirs.unwrap().unwrap());
        let leaves = || async { house.store.ledger_head(&ctx).await.unwrap().map_or(0, |(head, _)| head.frontier.size()) };
        let before = leaves().await;
        for _ in 0..10 {
            here.endpoints.took(&ctx, &mine, false).await;
            there.endpoints.took(&ctx, &theirs, false).await;
        }
        assert_eq!(leaves().await, before + 1);
    }
}

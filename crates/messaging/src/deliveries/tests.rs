//! What becomes of notices, on both engines.

use std::sync::Arc;

use sealpost_access::notices::{self, Notice, NoticeKind};
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::tls::Trust;
use sealpost_store::testing::TestStore;
use sealpost_store::{Claim, Ctx, DeliveryId, EndpointId, NoticeId, SecretId, StoreError, both_engines, outbox, sql};
use serde_json::{Value, json};

use super::model::{Delivery, Wanted};
use super::{Teller, store};
use crate::dispatcher::Handler;
use crate::endpoints::Endpoints;

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

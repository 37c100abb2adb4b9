//! What links for others promise, on both engines.

use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, EndpointId, NoticeId, PortalLinkId, RequestId, StoreError, Tx, both_engines};
use sealpost_web::Failure;

use super::model::{Lifetime, PortalLink};
use super::service::{self, Seen};
use super::{TOKEN, store};
use crate::deliveries::{self, Occurrence};
use crate::endpoints::testing;

struct House {
    test: TestStore,
    ctx: Ctx,
}

impl House {
    async fn new(test: TestStore) -> Self {
        let ctx = test.organisation().await;
        Self { test, ctx }
    }

    async fn endpoint(&self, name: &str, deliveries: usize) -> EndpointId {
        let id = testing::active_at(&self.test.store, &self.ctx, name, "https://hooks.example.com/in").await;
        for _ in 0..deliveries {
            let occurrence = Occurrence {
                id: NoticeId::new(&self.ctx.world),
                kind: "message.delivered".into(),
                message: None,
                body: b"{\"secret\":1}".as_slice().into(),
            };
            let promise = move |tx: &mut Tx<'_>| deliveries::promise(tx, &occurrence, &[id]);
            self.test.store.maintain::<_, StoreError>(&self.ctx, promise).await.unwrap();
        }
        id
    }

    /// A link of so many seconds: its id and its token.
    async fn link(&self, endpoint: EndpointId, seconds: u32) -> (PortalLinkId, String) {
        let (keys, lifetime) = (self.test.store.keys().clone(), Lifetime::seconds(seconds).unwrap());
        let issue = move |tx: &mut Tx<'_>| service::issue(tx, &keys, endpoint, lifetime);
        let issued =
            self.test.store.write::<_, Failure>(&self.ctx, issue).await.unwrap_or_else(|_| panic!("it is made"));
        let url = issued.url("https://sealpost.example.com");
        let token = url.strip_prefix("https://sealpost.example.com/portal/").unwrap().to_owned();
        assert!(token.starts_with(TOKEN.prefix()));
        (issued.link.id, token)
    }

    async fn open(&self, token: &str) -> Option<Seen> {
        let request = RequestId::new(&self.ctx.world);
        service::open(&self.test.store, token, request).await.unwrap_or_else(|_| panic!("a link is answered"))
    }

    async fn found(&self, id: PortalLinkId) -> PortalLink {
        let find = move |tx: &mut Tx<'_>| service::find(tx, id);
        self.test.store.read(&self.ctx, find).await.unwrap_or_else(|_| panic!("it is there"))
    }
}

both_engines! {
    async fn a_link_shows_the_deliveries_of_one_endpoint_and_nothing_of_another(test: TestStore) {
        let house = House::new(test).await;
        let (own, _other) = (house.endpoint("own", 3).await, house.endpoint("other", 2).await);
        let (_, token) = house.link(own, 600).await;
        let seen = house.open(&token).await.unwrap();
        assert_eq!((seen.name.as_str(), seen.deliveries.len()), ("own", 3));
        assert!(seen.deliveries.iter().all(|(delivery, last)| delivery.endpoint == own && last.is_none()));
    }

    async fn the_first_opening_of_every_hour_is_on_record(test: TestStore) {
        let house = House::new(test).await;
        let own = house.endpoint("own", 1).await;
        let (id, token) = house.link(own, 86_400).await;
        for _ in 0..3 {
            assert!(house.open(&token).await.is_some());
        }
        assert_eq!(house.found(id).await.hours, 1);
        house.test.clock.advance_ms(3_600_000);
        for _ in 0..2 {
            assert!(house.open(&token).await.is_some());
        }
        let link = house.found(id).await;
        assert_eq!((link.hours, link.opened_at), (2, Some(house.ctx.now())));
    }

    async fn what_never_was_is_over_or_was_taken_back_is_all_the_same(test: TestStore) {
        let house = House::new(test).await;
        let own = house.endpoint("own", 1).await;
        let ((_, late), (back, revoked)) = (house.link(own, 60).await, house.link(own, 600).await);
        let take_back = |id| house.test.store.write(&house.ctx, move |tx| service::revoke(tx, id));
        assert!(take_back(back).await.is_ok());
        assert!(matches!(take_back(back).await, Err(Failure::Refused(_))), "once");
        house.test.clock.advance_ms(60_000);
        let forged = format!("{}0", &late[..late.len() - 1]);
        for token in [late.as_str(), revoked.as_str(), "portal_nobody", "", &forged, &late[..late.len() - 1], &"x".repeat(5_000)] {
            assert!(house.open(token).await.is_none(), "{token}");
        }
        assert_eq!((house.found(back).await.hours, house.found(back).await.opened_at), (0, None));
    }

    async fn links_go_with_their_endpoint_and_are_forgotten_a_month_after_their_time(test: TestStore) {
        let house = House::new(test).await;
        let (own, other) = (house.endpoint("own", 1).await, house.endpoint("other", 1).await);
        let ((_, gone), (_, old)) = (house.link(own, 86_400).await, house.link(other, 86_400).await);
        let remove = move |tx: &mut Tx<'_>| crate::endpoints::service::remove(tx, own);
        house.test.store.write(&house.ctx, remove).await.unwrap_or_else(|_| panic!("it goes"));
        assert!(house.open(&gone).await.is_none() && house.open(&old).await.is_some());
        let left = |endpoint| house.test.store.read::<_, StoreError>(&house.ctx, move |tx| store::of_endpoint(tx, endpoint));
        assert_eq!((left(own).await.unwrap().len(), left(other).await.unwrap().len()), (0, 1));
        house.test.clock.advance_ms(31 * 86_400_000);
        service::forget_old(&house.test.store, &house.ctx).await.unwrap();
        assert_eq!(left(other).await.unwrap().len(), 1, "its time was over less than a month ago");
        house.test.clock.advance_ms(2 * 86_400_000);
        service::forget_old(&house.test.store, &house.ctx).await.unwrap();
        assert!(left(other).await.unwrap().is_empty());
    }

    async fn without_its_leaf_a_link_shows_nothing(test: TestStore) {
        let house = House::new(test).await;
        let own = house.endpoint("own", 1).await;
        let (_, token) = house.link(own, 600).await;
        house.test.break_ledger(true);
        let tried = service::open(&house.test.store, &token, RequestId::new(&house.ctx.world)).await;
        house.test.break_ledger(false);
        assert!(tried.is_err());
        assert!(house.open(&token).await.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_in_no_file() {
    let house = House::new(TestStore::sqlite().await).await;
    let own = house.endpoint("own", 1).await;
    let (_, token) = house.link(own, 600).await;
    assert!(house.open(&token).await.is_some());
    for entry in std::fs::read_dir(house.test.folder.as_ref().unwrap().path()).unwrap() {
        let file = entry.unwrap().path();
        let Ok(kept) = std::fs::read(&file) else { continue };
        assert!(!kept.windows(token.len()).any(|window| window == token.as_bytes()), "in {}", file.display());
    }
}

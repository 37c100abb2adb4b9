//! What routes promise, through the service and over real relays, on both engines.

mod relay;
mod sending;

use std::sync::Arc;

use sealpost_store::testing::TestStore;
use sealpost_store::{ChannelId, Ctx, RouteId, StoreError, TemplateId, both_engines};

use super::model::{NewRoute, OnUnknown, Plan, Route, RouteRefusal, Step, Strategy};
use super::{APPROVABLE, Routes, service};
use crate::channels::{ChannelKind, Channels, NewChannel, NewEmail, Protection};
use crate::events::{Class, EventRefusal, Events, NewEvent, NewVersion};
use crate::label::Label;
use crate::templates::{Content, NewTemplate, Templates};
use crate::versions::{Promoted, testing};

fn label(name: &str) -> Label {
    Label::parse(name).unwrap()
}

fn email(port: u16) -> NewEmail {
    NewEmail {
        host: "127.0.0.1".into(),
        port,
        security: Protection::PlainLoopback,
        username: None,
        password: None,
        from_address: "news@mail.example.com".into(),
        from_name: None,
        reply_to: None,
        helo: "mail.example.com".into(),
        dkim: None,
        unsubscribe_base: None,
    }
}

async fn channel(channels: &Channels, ctx: &Ctx, name: &str, port: u16) -> ChannelId {
    channels.create(ctx, NewChannel { name: label(name), email: email(port) }).await.unwrap().id
}

fn plan(strategy: Strategy, on_unknown: OnUnknown, channels: &[ChannelId]) -> Plan {
    let share = (strategy == Strategy::Weighted).then_some(1);
    let step = |channel: &ChannelId| Step { channel: *channel, share, accepted_within_s: None };
    Plan { strategy, on_unknown, steps: channels.iter().map(step).collect() }
}

/// A house with two channels.
async fn two(house: &TestStore, ctx: &Ctx) -> [ChannelId; 2] {
    let channels = Channels::new(house.store.clone());
    [channel(&channels, ctx, "first", 2525).await, channel(&channels, ctx, "second", 2525).await]
}

fn new(name: &str, channels: &[ChannelId]) -> NewRoute {
    NewRoute { name: label(name), plan: plan(Strategy::FailOver, OnUnknown::Same, channels) }
}

/// The version that is in force, of a route of which nobody has said that this takes an approval.
fn now(promoted: Promoted<Route>) -> u32 {
    match promoted {
        Promoted::InForce(route) => route.live,
        Promoted::Waits(_) => panic!("nobody has said that this takes an approval"),
    }
}

async fn template(house: &TestStore, ctx: &Ctx, channel: ChannelKind) -> TemplateId {
    let subject = (channel == ChannelKind::Email).then(|| "x".to_owned());
    let content = Content { subject, text: "one".into(), html: None };
    let new = NewTemplate { name: label(channel.as_str()), channel, content };
    Templates::new(house.store.clone()).create(ctx, new).await.unwrap().0.id
}

both_engines! {
    async fn one_version_is_in_force_and_any_may_be_again(house: TestStore) {
        let ctx = house.organisation().await;
        let [first, second] = two(&house, &ctx).await;
        let routes = Routes::new(house.store.clone());
        let (route, _) = routes.create(&ctx, new("codes", &[first])).await.unwrap();
        assert_eq!(routes.in_force(&ctx, route.id).await.unwrap().unwrap().version, 1);
        let wider = plan(Strategy::RoundRobin, OnUnknown::Next, &[first, second]);
        routes.publish(&ctx, route.id, wider.clone(), false).await.unwrap();
        assert_eq!(routes.in_force(&ctx, route.id).await.unwrap().unwrap().version, 1, "a draft changes nothing");
        assert!(matches!(routes.promote(&ctx, route.id, 2, 2).await, Err(RouteRefusal::Moved)));
        assert!(matches!(routes.promote(&ctx, route.id, 3, 1).await, Err(RouteRefusal::VersionUnknown)));
        routes.promote(&ctx, route.id, 2, 1).await.unwrap();
        let live = routes.in_force(&ctx, route.id).await.unwrap().unwrap();
        assert_eq!((live.version, &*routes.plan(&ctx, live).await.unwrap()), (2, &wider));
        routes.promote(&ctx, route.id, 1, 2).await.unwrap();
        assert_eq!(routes.in_force(&ctx, route.id).await.unwrap().unwrap().version, 1, "taken back");
        routes.publish(&ctx, route.id, wider.clone(), true).await.unwrap();
        assert_eq!(routes.find(&ctx, route.id).await.unwrap().live, 3);
        assert_eq!(routes.versions(&ctx, route.id).await.unwrap().len(), 3);
    }

    async fn of_a_hundred_who_promote_at_once_one_does(house: TestStore) {
        let ctx = house.organisation().await;
        let [first, second] = two(&house, &ctx).await;
        let routes = Arc::new(Routes::new(house.store.clone()));
        let (route, _) = routes.create(&ctx, new("codes", &[first])).await.unwrap();
        for _ in 0..2 {
            let draft = plan(Strategy::FailOver, OnUnknown::Same, &[second]);
            routes.publish(&ctx, route.id, draft, false).await.unwrap();
        }
        let all = (0..100_u32).map(|number| {
            let (routes, ctx, id) = (routes.clone(), ctx.clone(), route.id);
            tokio::spawn(async move { routes.promote(&ctx, id, 2 + number % 2, 1).await.map(now) })
        });
        let mut done = Vec::new();
        for one in all.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(live) => done.push(live),
                Err(refusal) => assert!(matches!(refusal, RouteRefusal::Moved), "{refusal}"),
            }
        }
        assert_eq!(done, [routes.find(&ctx, route.id).await.unwrap().live]);
    }

    async fn in_live_what_was_never_in_force_waits_and_what_was_comes_back(house: TestStore) {
        let ctx = house.organisation().await;
        let owner = testing::owner(&house.store, &ctx).await;
        let (first, second) = (two(&house, &owner).await[0], channel(&Channels::new(house.store.clone()), &owner, "third", 2525).await);
        let routes = Routes::new(house.store.clone());
        let (old, _) = routes.create(&owner, new("codes", &[first])).await.unwrap();
        testing::takes(&house.store, &owner, "route").await;
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();

        // A route nobody agreed to is there, and messages go along none of it.
        let made = {
            let (keys, new) = (keys.clone(), new("news", &[second]));
            house.store.write(&owner, move |tx| service::create(tx, &keys, new)).await.unwrap()
        };
        assert_eq!((made.0.live, made.1.version.released_at), (0, None));
        assert_eq!(routes.in_force(&owner, made.0.id).await.unwrap(), None);
        let asked = *made.1.waits.unwrap();
        testing::grant(&house.store, &owner, &APPROVABLE, &asked).await.unwrap();
        routes.changed(&owner);
        assert_eq!(routes.in_force(&owner, made.0.id).await.unwrap().map(|live| live.version), Some(1));

        // A new version is a draft until then; one that was in force comes back at once.
        let (published, plan) = (keys.clone(), plan(Strategy::FailOver, OnUnknown::Next, &[second]));
        let id = old.id;
        let (route, published) =
            house.store.write(&owner, move |tx| service::publish(tx, &published, id, plan, true)).await.unwrap();
        assert_eq!((route.version, route.live), (2, 1));
        let Promoted::Waits(_) = routes.promote(&owner, old.id, 2, 1).await.unwrap() else { panic!("another way is no way around") };
        let asked = *published.waits.unwrap();
        testing::grant(&house.store, &owner, &APPROVABLE, &asked).await.unwrap();
        let route = routes.find(&owner, old.id).await.unwrap();
        assert_eq!((route.live, route.promotions), (2, 2));
        assert_eq!(now(routes.promote(&owner, old.id, 1, 2).await.unwrap()), 1);
        assert_eq!(now(routes.promote(&owner, old.id, 2, 1).await.unwrap()), 2);
        assert!(routes.versions(&owner, old.id).await.unwrap().iter().all(|version| version.released_at.is_some()));
        // A key that nobody can be told from asks for nothing, and test reaches nobody.
        let key = Ctx { actor: ctx.actor, ..owner.clone() };
        let by_key = routes.publish(&key, old.id, new("x", &[first]).plan, true).await;
        assert!(matches!(by_key, Err(RouteRefusal::Unasked(_))));
        let [there, _] = two(&house, &ctx).await;
        let (tried, _) = routes.create(&ctx, new("codes", &[there])).await.unwrap();
        assert_eq!(tried.live, 1);
    }

    async fn a_route_stands_on_channels_that_are_there_and_ours(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let ([first, second], foreign) = (two(&house, &ours).await, two(&house, &theirs).await);
        let routes = Routes::new(house.store.clone());
        let refused = routes.create(&ours, new("codes", &[first, foreign[0]])).await;
        assert!(matches!(refused, Err(RouteRefusal::ChannelUnsuitable { step: 1 })));
        let refused = routes.create(&ours, new("codes", &[first, second, first])).await;
        assert!(matches!(refused, Err(RouteRefusal::Plan { code: "twice", .. })));
        let (route, _) = routes.create(&ours, new("codes", &[first, second])).await.unwrap();
        assert!(matches!(routes.create(&ours, new("codes", &[first])).await, Err(RouteRefusal::NameTaken)));
        assert!(matches!(routes.find(&theirs, route.id).await, Err(RouteRefusal::NotFound)));
        let stolen = routes.publish(&theirs, route.id, new("x", &foreign).plan, true).await;
        assert!(matches!(stolen, Err(RouteRefusal::NotFound)));
        assert!(matches!(routes.promote(&theirs, route.id, 1, 1).await, Err(RouteRefusal::NotFound)));
        let wrong = routes.publish(&ours, route.id, new("x", &foreign).plan, true).await;
        assert!(matches!(wrong, Err(RouteRefusal::ChannelUnsuitable { step: 0 })));
        assert_eq!(routes.find(&ours, route.id).await.unwrap().version, 1, "a number that was refused is not taken");
    }

    async fn an_event_goes_along_a_route_of_its_kind_or_through_a_channel(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let [first, second] = two(&house, &ours).await;
        let (routes, events) = (Routes::new(house.store.clone()), Events::new(house.store.clone()));
        let (route, _) = routes.create(&ours, new("codes", &[first, second])).await.unwrap();
        let [mail, text] = [template(&house, &ours, ChannelKind::Email).await, template(&house, &ours, ChannelKind::Sms).await];
        let version = |template, channel, route: RouteId| NewVersion {
            class: Class::Otp, template, template_version: None, channel, route: Some(route),
        };
        let event = |version| NewEvent { name: label("otp"), version };
        for wrong in [version(mail, Some(first), route.id), version(text, None, route.id)] {
            assert!(matches!(events.create(&ours, event(wrong)).await, Err(EventRefusal::RouteUnsuitable)));
        }
        let foreign = template(&house, &theirs, ChannelKind::Email).await;
        let refused = events.create(&theirs, event(version(foreign, None, route.id))).await;
        assert!(matches!(refused, Err(EventRefusal::RouteUnsuitable)));
        events.create(&ours, event(version(mail, None, route.id))).await.unwrap();
        assert_eq!(events.by_name(&ours, "otp").await.unwrap().unwrap().route, Some(route.id));
    }

    async fn no_leaf_no_route(house: TestStore) {
        let ctx = house.organisation().await;
        let [first, _] = two(&house, &ctx).await;
        let routes = Routes::new(house.store.clone());
        house.break_ledger(true);
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let refused = house.store.write(&ctx, move |tx| service::create(tx, &keys, new("codes", &[first]))).await;
        assert!(matches!(refused, Err(RouteRefusal::Store(StoreError::Unrecorded))));
        house.break_ledger(false);
        assert!(routes.list(&ctx, None, 10).await.unwrap().is_empty());
        let (route, _) = routes.create(&ctx, new("codes", &[first])).await.unwrap();
        routes.publish(&ctx, route.id, new("x", &[first]).plan, false).await.unwrap();
        house.break_ledger(true);
        assert!(routes.promote(&ctx, route.id, 2, 1).await.is_err());
        house.break_ledger(false);
        let route = routes.find(&ctx, route.id).await.unwrap();
        assert_eq!((route.live, route.promotions), (1, 1));
    }
}

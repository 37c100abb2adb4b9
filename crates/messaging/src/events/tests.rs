//! What events promise, through the service, on both engines.

use sealpost_store::testing::TestStore;
use sealpost_store::{ChannelId, Ctx, StoreError, TemplateId, both_engines};

use super::*;
use crate::channels::{ChannelKind, Channels, NewChannel, NewEmail, Protection};
use crate::label::Label;
use crate::templates::{Content, NewTemplate, Templates};

fn label(name: &str) -> Label {
    Label::parse(name).unwrap()
}

fn version(template: TemplateId) -> NewVersion {
    NewVersion { class: Class::Otp, template, template_version: None, channel: None, route: None }
}

fn content(text: &str) -> Content {
    Content { subject: Some("x".into()), text: text.into(), html: None }
}

async fn template(house: &TestStore, ctx: &Ctx) -> TemplateId {
    let new = NewTemplate { name: label("mail"), channel: ChannelKind::Email, content: content("one") };
    Templates::new(house.store.clone()).create(ctx, new).await.unwrap().0.id
}

async fn channel(house: &TestStore, ctx: &Ctx, name: &str) -> ChannelId {
    house.clock.advance_ms(1);
    let email = NewEmail {
        host: "127.0.0.1".into(),
        port: 2525,
        security: Protection::PlainLoopback,
        username: None,
        password: None,
        from_address: "news@mail.example.com".into(),
        from_name: None,
        reply_to: None,
        helo: "mail.example.com".into(),
        dkim: None,
        unsubscribe_base: None,
    };
    Channels::new(house.store.clone()).create(ctx, NewChannel { name: label(name), email }).await.unwrap().id
}

/// Until what another part of the process did has been heard of.
async fn until<T: PartialEq + std::fmt::Debug>(expected: T, mut look: impl AsyncFnMut() -> T) {
    for _ in 0..2_000 {
        if look().await == expected {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(look().await, expected);
}

both_engines! {
    async fn a_name_means_the_newest_version_and_the_newest_template(house: TestStore) {
        let ctx = house.organisation().await;
        let events = Events::new(house.store.clone());
        let template = template(&house, &ctx).await;
        let (event, _) = events.create(&ctx, NewEvent { name: label("otp.login"), version: version(template) }).await.unwrap();
        let spec = events.by_name(&ctx, "otp.login").await.unwrap().unwrap();
        assert_eq!((spec.id, spec.version, spec.class, spec.template_version), (event.id, 1, Class::Otp, 1));
        assert_eq!((spec.channel, spec.channel_id), (ChannelKind::Email, None));
        Templates::new(house.store.clone()).publish(&ctx, template, content("two")).await.unwrap();
        until(2, async || events.by_name(&ctx, "otp.login").await.unwrap().unwrap().template_version).await;
        let pinned = NewVersion { class: Class::Marketing, template_version: Some(1), ..version(template) };
        events.publish(&ctx, event.id, pinned).await.unwrap();
        let spec = events.by_name(&ctx, "otp.login").await.unwrap().unwrap();
        assert_eq!((spec.version, spec.class, spec.template_version), (2, Class::Marketing, 1));
        assert_eq!(events.versions(&ctx, event.id).await.unwrap().len(), 2);
    }

    async fn without_a_channel_the_first_of_the_kind_is_meant(house: TestStore) {
        let ctx = house.organisation().await;
        let events = Events::new(house.store.clone());
        let template = template(&house, &ctx).await;
        let (event, _) = events.create(&ctx, NewEvent { name: label("otp"), version: version(template) }).await.unwrap();
        assert_eq!(events.by_name(&ctx, "otp").await.unwrap().unwrap().channel_id, None);
        let first = channel(&house, &ctx, "first").await;
        until(Some(first), async || events.by_name(&ctx, "otp").await.unwrap().unwrap().channel_id).await;
        let second = channel(&house, &ctx, "second").await;
        events.publish(&ctx, event.id, NewVersion { channel: Some(second), ..version(template) }).await.unwrap();
        assert_eq!(events.by_name(&ctx, "otp").await.unwrap().unwrap().channel_id, Some(second));
    }

    async fn an_event_stands_on_what_is_there_and_is_ours(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let events = Events::new(house.store.clone());
        let template = template(&house, &ours).await;
        let channel = channel(&house, &theirs, "theirs").await;
        let foreign = events.create(&theirs, NewEvent { name: label("a"), version: version(template) }).await;
        assert!(matches!(foreign, Err(EventRefusal::TemplateUnknown)));
        let future = NewVersion { template_version: Some(2), ..version(template) };
        assert!(matches!(events.create(&ours, NewEvent { name: label("a"), version: future }).await, Err(EventRefusal::TemplateUnknown)));
        let strange = NewVersion { channel: Some(channel), ..version(template) };
        assert!(matches!(events.create(&ours, NewEvent { name: label("a"), version: strange }).await, Err(EventRefusal::ChannelUnsuitable)));
        let (event, _) = events.create(&ours, NewEvent { name: label("a"), version: version(template) }).await.unwrap();
        assert!(matches!(events.create(&ours, NewEvent { name: label("a"), version: version(template) }).await, Err(EventRefusal::NameTaken)));
        assert!(events.by_name(&ours, "a").await.unwrap().is_some());
        assert!(events.by_name(&theirs, "a").await.unwrap().is_none());
        assert!(matches!(events.find(&theirs, event.id).await, Err(EventRefusal::NotFound)));
        assert!(matches!(events.publish(&theirs, event.id, version(template)).await, Err(EventRefusal::NotFound)));
    }

    async fn no_leaf_no_event(house: TestStore) {
        let ctx = house.organisation().await;
        let events = Events::new(house.store.clone());
        let template = template(&house, &ctx).await;
        house.break_ledger(true);
        let refused = events.create(&ctx, NewEvent { name: label("a"), version: version(template) }).await;
        assert!(matches!(refused, Err(EventRefusal::Store(StoreError::Unrecorded))));
        house.break_ledger(false);
        assert!(events.list(&ctx, None, 10).await.unwrap().is_empty());
    }
}

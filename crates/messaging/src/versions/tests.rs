//! What versions promise, through the services, on both engines. What approvals add is proven where somebody can vote, in the binary's tests.

use std::time::Duration;

use sealpost_store::testing::TestStore;
use sealpost_store::{Actor, ActorKind, Ctx, Environment, Org, StoreError, Tx, both_engines};

use super::*;
use crate::channels::ChannelKind;
use crate::events::{Class, EventRefusal, Events, NewEvent, NewVersion};
use crate::label::Label;
use crate::templates::{Content, New, NewTemplate, Template, TemplateRefusal, Templates};

fn label(name: &str) -> Label {
    Label::parse(name).unwrap()
}

fn says(text: &str) -> Content {
    Content { subject: None, text: text.to_owned(), html: None }
}

fn new(name: &str, text: &str) -> NewTemplate {
    NewTemplate { name: label(name), channel: ChannelKind::Sms, content: says(text) }
}

/// Somebody who signed in.
fn member(ctx: &Ctx) -> Ctx {
    Ctx { actor: Actor { kind: ActorKind::Member, id: [9; 16] }, ..ctx.clone() }
}

fn live(ctx: &Ctx) -> Ctx {
    Ctx { org: Org { environment: Environment::Live, ..ctx.org }, ..ctx.clone() }
}

async fn draft(house: &TestStore, ctx: &Ctx, templates: &Templates, of: &Template, text: &str) -> u32 {
    let publish = templates.prepare_version(ctx, of.id, says(text)).await.unwrap();
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let add = move |tx: &mut Tx<'_>| publish.publish(tx, &keys, New::Draft);
    house.store.write::<_, TemplateRefusal>(ctx, add).await.unwrap().1.version.version
}

async fn promote(templates: &Templates, ctx: &Ctx, of: &Template, version: u32) -> Result<Template, TemplateRefusal> {
    match templates.promote(ctx, of.id, version, Expected::default()).await? {
        Promoted::InForce(template) => Ok(template),
        Promoted::Waits(_) => panic!("nobody has said that this takes an approval"),
    }
}

fn in_force<T>(promoted: Promoted<T>) -> T {
    match promoted {
        Promoted::InForce(what) => what,
        Promoted::Waits(_) => panic!("nobody has said that this takes an approval"),
    }
}

/// Until what another part of the process, or another process, did has been heard of.
async fn until<T: PartialEq + std::fmt::Debug>(expected: T, mut look: impl AsyncFnMut() -> T) {
    for _ in 0..4_000 {
        if look().await == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(look().await, expected);
}

async fn event(
    events: &Events,
    ctx: &Ctx,
    name: &str,
    template: &Template,
    pinned: Option<u32>,
) -> crate::events::Event {
    let version =
        NewVersion { class: Class::Otp, template: template.id, template_version: pinned, channel: None, route: None };
    events.create(ctx, NewEvent { name: label(name), version }).await.unwrap().0
}

async fn acts(house: &TestStore, ctx: &Ctx) -> Vec<(String, sealpost_ledger::leaf::Environment)> {
    let leaves = house.store.ledger_leaves(ctx, 0, 200).await.unwrap();
    let read = |leaf: &[u8]| {
        let leaf = sealpost_ledger::Leaf::decode(leaf).unwrap();
        (leaf.action.to_string(), leaf.environment)
    };
    leaves.iter().map(|row| read(&row.leaf)).collect()
}

both_engines! {
    async fn a_draft_says_nothing_until_it_is_promoted_and_an_older_one_comes_back(house: TestStore) {
        let ctx = house.organisation().await;
        let templates = Templates::new(house.store.clone());
        let (template, _) = templates.create(&ctx, new("login", "one")).await.unwrap();
        assert_eq!((template.in_force, template.promotions), (Some(1), 1));
        assert_eq!(draft(&house, &ctx, &templates, &template, "two").await, 2);
        let standing = templates.find(&ctx, template.id).await.unwrap();
        assert_eq!((standing.version, standing.in_force), (2, Some(1)), "the newest isn't the one in force");
        assert_eq!(promote(&templates, &ctx, &template, 2).await.unwrap().in_force, Some(2));
        assert!(matches!(promote(&templates, &ctx, &template, 2).await, Err(TemplateRefusal::Version(VersionRefusal::InForce))));
        assert!(matches!(promote(&templates, &ctx, &template, 3).await, Err(TemplateRefusal::NotFound)));
        let back = promote(&templates, &ctx, &template, 1).await.unwrap();
        assert_eq!((back.version, back.in_force, back.promotions), (2, Some(1), 3), "every version stays");
        let believes = Expected { tags: None, in_force: Some(2) };
        let refused = templates.promote(&ctx, template.id, 2, believes).await;
        assert!(matches!(refused, Err(TemplateRefusal::Version(VersionRefusal::Moved))));
        let all: Vec<_> = acts(&house, &ctx).await.into_iter().map(|(act, _)| act).collect();
        assert_eq!(all, ["template.create", "template.publish", "template.promote", "template.promote"]);
    }

    async fn of_a_hundred_who_promote_one_does(house: TestStore) {
        let ctx = house.organisation().await;
        let templates = Templates::new(house.store.clone());
        let (template, _) = templates.create(&ctx, new("login", "one")).await.unwrap();
        draft(&house, &ctx, &templates, &template, "two").await;
        let all = (0..100).map(|_| {
            let (templates, ctx, template) = (templates.clone(), ctx.clone(), template.clone());
            tokio::spawn(async move { promote(&templates, &ctx, &template, 2).await })
        });
        let mut done = 0;
        for one in all.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(_) => done += 1,
                Err(TemplateRefusal::Version(VersionRefusal::InForce) | TemplateRefusal::Store(StoreError::Superseded)) => {}
                Err(other) => panic!("{other:?}"),
            }
        }
        let standing = templates.find(&ctx, template.id).await.unwrap();
        assert_eq!((done, standing.in_force, standing.promotions), (1, Some(2), 2));
        assert_eq!(acts(&house, &ctx).await.iter().filter(|(act, _)| act == "template.promote").count(), 1);
    }

    async fn messages_say_what_is_in_force_on_every_node(house: TestStore) {
        let ctx = house.organisation().await;
        let (templates, events) = (Templates::new(house.store.clone()), Events::new(house.store.clone()));
        let (template, _) = templates.create(&ctx, new("login", "one")).await.unwrap();
        let fired = event(&events, &ctx, "otp.login", &template, None).await;
        let node = house.another_node().await.map(Events::new);
        let all: Vec<&Events> = [&events].into_iter().chain(&node).collect();
        let spec = async |events: &Events| {
            let spec = events.by_name(&ctx, "otp.login").await.unwrap().unwrap();
            (spec.version, spec.template_version)
        };
        for events in &all {
            assert_eq!(spec(events).await, (1, 1));
        }
        draft(&house, &ctx, &templates, &template, "two").await;
        promote(&templates, &ctx, &template, 2).await.unwrap();
        for events in &all {
            until((1, 2), async || spec(events).await).await;
        }
        let pinned = NewVersion { class: Class::Otp, template: template.id, template_version: Some(1), channel: None, route: None };
        events.publish(&ctx, fired.id, pinned).await.unwrap();
        assert_eq!(spec(&events).await, (2, 1), "whoever did it sees it at once");
        in_force(events.promote(&ctx, fired.id, 1, Expected::default()).await.unwrap());
        assert_eq!(spec(&events).await, (1, 2));
        for events in &all {
            until((1, 2), async || spec(events).await).await;
        }
    }

    async fn what_was_tried_in_test_goes_live_byte_for_byte(house: TestStore) {
        let ctx = house.organisation().await;
        let (test, live) = (member(&ctx), live(&ctx));
        let templates = Templates::new(house.store.clone());
        let odd = "a\tb \u{e4}\u{301}  {{ code }}\r\n\n  z ";
        let (template, first) = templates.create(&test, new("login", odd)).await.unwrap();
        draft(&house, &test, &templates, &template, "not yet").await;

        let by_key = templates.go_live(&ctx, template.id, None).await;
        assert!(matches!(by_key, Err(TemplateRefusal::Version(VersionRefusal::MemberOnly))), "a key belongs to one environment");
        let there = in_force(templates.go_live(&test, template.id, None).await.unwrap());
        let versions = templates.versions(&live, there.id).await.unwrap();
        assert_eq!((there.name.as_str(), there.in_force, versions.len()), ("login", Some(1), 1));
        assert_ne!(there.id, template.id);
        assert_eq!(versions[0].content.text.as_bytes(), odd.as_bytes());
        assert_eq!(versions[0].content.digest(there.channel), first.content.digest(template.channel));
        assert!(matches!(templates.find(&test, there.id).await, Err(TemplateRefusal::NotFound)), "environments stay apart");
        let again = templates.go_live(&test, template.id, Some(1)).await;
        assert!(matches!(again, Err(TemplateRefusal::Version(VersionRefusal::InForce))));
        let back = templates.go_live(&member(&live), there.id, None).await;
        assert!(matches!(back, Err(TemplateRefusal::Version(VersionRefusal::FromTestOnly))));

        let there = in_force(templates.go_live(&test, template.id, Some(2)).await.unwrap());
        assert_eq!((there.version, there.in_force), (2, Some(2)));
        let (_, standing) = templates.elsewhere(&test, &template).await.unwrap().unwrap();
        assert_eq!(standing.unwrap().content.text, "not yet");
        let crossed: Vec<_> = acts(&house, &ctx).await.into_iter().filter(|(act, _)| act == "template.go_live").collect();
        let live = sealpost_ledger::leaf::Environment::Live;
        assert_eq!(crossed, [("template.go_live".to_owned(), live), ("template.go_live".to_owned(), live)]);
    }

    async fn an_event_takes_along_what_it_says(house: TestStore) {
        let ctx = house.organisation().await;
        let (test, live) = (member(&ctx), live(&ctx));
        let (templates, events) = (Templates::new(house.store.clone()), Events::new(house.store.clone()));
        let (template, _) = templates.create(&test, new("login", "one")).await.unwrap();
        let fired = event(&events, &test, "otp.login", &template, None).await;
        assert!(events.by_name(&live, "otp.login").await.unwrap().is_none());
        let by_key = events.go_live(&ctx, fired.id, None).await;
        assert!(matches!(by_key, Err(EventRefusal::Version(VersionRefusal::MemberOnly))));
        in_force(events.go_live(&test, fired.id, None).await.unwrap());
        let said = async || {
            let spec = events.by_name(&live, "otp.login").await.unwrap().unwrap();
            let version = templates.version(&live, spec.template, spec.template_version).await.unwrap();
            (spec.version, spec.template_version, version.content.text)
        };
        assert_eq!(said().await, (1, 1, "one".to_owned()));
        let again = events.go_live(&test, fired.id, None).await;
        assert!(matches!(again, Err(EventRefusal::Version(VersionRefusal::InForce))));

        // What it always says is what is in force in test: that is brought, too.
        templates.publish(&test, template.id, says("two")).await.unwrap();
        in_force(events.go_live(&test, fired.id, None).await.unwrap());
        until((2, 2, "two".to_owned()), said).await;
        // Pinned to what live said before, it names that there, and brings nothing.
        let pinned = NewVersion { class: Class::Otp, template: template.id, template_version: Some(1), channel: None, route: None };
        events.publish(&test, fired.id, pinned).await.unwrap();
        in_force(events.go_live(&test, fired.id, None).await.unwrap());
        until((3, 1, "one".to_owned()), said).await;
        let faces = |ctx: Ctx, id| {
            let events = events.clone();
            async move { events.faces(&ctx, id).await.unwrap()[0].1.digest() }
        };
        let there = events.elsewhere(&test, &fired).await.unwrap().unwrap().0;
        assert_eq!(faces(test.clone(), fired.id).await, faces(live.clone(), there.id).await, "the same has the same digest");
        // Pinned to what live never said, it brings that without touching what others say.
        let third = draft(&house, &test, &templates, &template, "three").await;
        let pinned = NewVersion { class: Class::Otp, template: template.id, template_version: Some(third), channel: None, route: None };
        events.publish(&test, fired.id, pinned).await.unwrap();
        in_force(events.go_live(&test, fired.id, None).await.unwrap());
        until((4, 3, "three".to_owned()), said).await;
        let (there, _) = templates.elsewhere(&test, &template).await.unwrap().unwrap();
        assert_eq!((there.version, there.in_force), (3, Some(2)));
    }

    async fn no_leaf_nothing_in_force_and_nothing_live(house: TestStore) {
        let ctx = house.organisation().await;
        let (test, live) = (member(&ctx), live(&ctx));
        let (templates, events) = (Templates::new(house.store.clone()), Events::new(house.store.clone()));
        let (template, _) = templates.create(&test, new("login", "one")).await.unwrap();
        let fired = event(&events, &test, "otp.login", &template, None).await;
        draft(&house, &test, &templates, &template, "two").await;
        house.break_ledger(true);
        assert!(promote(&templates, &test, &template, 2).await.is_err());
        assert!(templates.go_live(&test, template.id, None).await.is_err());
        assert!(events.go_live(&test, fired.id, None).await.is_err());
        house.break_ledger(false);
        assert_eq!(templates.find(&test, template.id).await.unwrap().in_force, Some(1));
        assert!(templates.list(&live, None, 10).await.unwrap().is_empty());
        assert!(events.list(&live, None, 10).await.unwrap().is_empty());
    }

    async fn a_name_that_is_something_else_in_live_is_not_overwritten(house: TestStore) {
        let ctx = house.organisation().await;
        let (test, live) = (member(&ctx), live(&ctx));
        let templates = Templates::new(house.store.clone());
        let (template, _) = templates.create(&test, new("login", "one")).await.unwrap();
        let content = Content { subject: Some("x".into()), ..says("one") };
        templates.create(&live, NewTemplate { name: label("login"), channel: ChannelKind::Email, content }).await.unwrap();
        let refused = templates.go_live(&test, template.id, None).await;
        assert!(matches!(refused, Err(TemplateRefusal::Version(VersionRefusal::Different))));
    }
}

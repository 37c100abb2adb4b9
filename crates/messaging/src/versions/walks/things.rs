//! What goes live in versions, as whoever walks at random handles it.

use sealpost_govern::approvals::{Approval, Module};
use sealpost_store::testing::TestStore;
use sealpost_store::{ChannelId, Ctx, Environment, EventId, RouteId, Store, TemplateId, Tx, WorkflowId};
use serde_json::json;

use crate::channels::{ChannelKind, Channels, NewChannel, NewEmail, Protection};
use crate::events::{self, Class, EventRefusal, Events, NewEvent, NewVersion};
use crate::label::Label;
use crate::routes::{self, NewRoute, OnUnknown, Plan, RouteRefusal, Routes, Step, Strategy};
use crate::templates::{Content, New, NewTemplate, TemplateRefusal, Templates};
use crate::versions::{Expected, Promoted};
use crate::workflows::{self, Definition, WorkflowRefusal};

/// What something may say.
pub(super) const CONTENTS: u32 = 3;

/// Kinds of things that go live in versions.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Template,
    Event,
    Route,
    Workflow,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Template, Self::Event, Self::Route, Self::Workflow];
}

/// One of them, of the same name in live and in test.
pub(super) enum Thing {
    Template(Templates, [TemplateId; 2]),
    Event(Events, [EventId; 2], [TemplateId; 2]),
    Route(Routes, [RouteId; 2], [[ChannelId; 2]; 2]),
    Workflow(Store, [WorkflowId; 2]),
}

/// What became of a wish: nothing; it is in force; others have to agree, with this.
pub(super) type Became = Option<Option<Approval>>;

fn became<T, E>(outcome: Result<Promoted<T>, E>) -> Became {
    match outcome {
        Ok(Promoted::InForce(_)) => Some(None),
        Ok(Promoted::Waits(approval)) => Some(Some(*approval)),
        Err(_) => None,
    }
}

const fn at(environment: Environment) -> usize {
    match environment {
        Environment::Live => 0,
        Environment::Test => 1,
    }
}

fn label(name: &str) -> Label {
    Label::parse(name).unwrap()
}

fn text(content: u32) -> Content {
    Content { subject: None, text: format!("it says {content}"), html: None }
}

fn class(content: u32) -> Class {
    [Class::Otp, Class::Transactional, Class::Marketing][content as usize]
}

fn version(content: u32, template: TemplateId) -> NewVersion {
    NewVersion { class: class(content), template, template_version: None, channel: None, route: None }
}

fn plan(content: u32, [first, second]: [ChannelId; 2]) -> Plan {
    let step = |channel| Step { channel, share: None, accepted_within_s: None };
    let steps = [vec![step(first)], vec![step(first), step(second)], vec![step(second), step(first)]];
    Plan { strategy: Strategy::FailOver, on_unknown: OnUnknown::Same, steps: steps[content as usize].clone() }
}

fn definition(content: u32) -> Definition {
    let nodes =
        json!({ "rest": { "type": "delay", "seconds": 60 + content, "next": "end" }, "end": { "type": "end" } });
    serde_json::from_value(json!({ "class": "otp", "start": "rest", "nodes": nodes })).unwrap()
}

/// Which of what it may say this is.
fn which(says: impl Fn(u32) -> bool) -> u32 {
    (0..CONTENTS).find(|content| says(*content)).unwrap()
}

impl Thing {
    /// One that says the first of what it may, in force in both environments of whoever acts.
    pub(super) async fn new(house: &TestStore, kind: Kind, by: [&Ctx; 2]) -> Self {
        let store = &house.store;
        match kind {
            Kind::Template => {
                let templates = Templates::new(store.clone());
                let ids = [template(&templates, by[0]).await, template(&templates, by[1]).await];
                Self::Template(templates, ids)
            }
            Kind::Event => {
                let (templates, events) = (Templates::new(store.clone()), Events::new(store.clone()));
                let (mut ids, mut of) = (Vec::new(), Vec::new());
                for by in by {
                    let template = template(&templates, by).await;
                    let new = NewEvent { name: label("otp.login"), version: version(0, template) };
                    ids.push(events.create(by, new).await.unwrap().0.id);
                    of.push(template);
                }
                Self::Event(events, [ids[0], ids[1]], [of[0], of[1]])
            }
            Kind::Route => {
                let (channels, routes) = (Channels::new(store.clone()), Routes::new(store.clone()));
                let (mut ids, mut along) = (Vec::new(), Vec::new());
                for by in by {
                    let both = [channel(&channels, by, "first").await, channel(&channels, by, "second").await];
                    let new = NewRoute { name: label("codes"), plan: plan(0, both) };
                    ids.push(routes.create(by, new).await.unwrap().0.id);
                    along.push(both);
                }
                Self::Route(routes, [ids[0], ids[1]], [along[0], along[1]])
            }
            Kind::Workflow => {
                let mut ids = Vec::new();
                for by in by {
                    let id = workflows::testing::create(store, by, "visit.follow-up", definition(0)).await;
                    workflows::testing::promote(store, by, id, 1, 0).await.unwrap();
                    ids.push(id);
                }
                Self::Workflow(store.clone(), [ids[0], ids[1]])
            }
        }
    }

    pub(super) const fn module(&self) -> Module {
        match self {
            Self::Template(..) => Module::Template,
            Self::Event(..) => Module::Event,
            Self::Route(..) => Module::Route,
            Self::Workflow(..) => Module::Workflow,
        }
    }

    /// Adds a version in the environment of whoever acts: its number, and what waits.
    pub(super) async fn write(&self, house: &Store, by: &Ctx, content: u32, becomes: New) -> (u32, Became) {
        let keys = house.keys().organisation(by.org.id).await.unwrap();
        let here = at(by.org.environment);
        let (number, waits) = match self {
            Self::Template(templates, ids) => {
                let publish = templates.prepare_version(by, ids[here], text(content)).await.unwrap();
                let add = move |tx: &mut Tx<'_>| publish.publish(tx, &keys, becomes);
                let published = house.write::<_, TemplateRefusal>(by, add).await.unwrap().1;
                (published.version.version, published.waits)
            }
            Self::Event(_, ids, templates) => {
                let (id, new) = (ids[here], version(content, templates[here]));
                let add = move |tx: &mut Tx<'_>| events::publish(tx, &keys, id, new, becomes);
                let published = house.write::<_, EventRefusal>(by, add).await.unwrap().1;
                (published.version.version, published.waits)
            }
            Self::Route(_, ids, channels) => {
                let (id, plan, in_force) = (ids[here], plan(content, channels[here]), becomes == New::InForce);
                let add = move |tx: &mut Tx<'_>| routes::publish(tx, &keys, id, plan, in_force);
                let published = house.write::<_, RouteRefusal>(by, add).await.unwrap().1;
                (published.version.version, published.waits)
            }
            Self::Workflow(house, ids) => {
                let number = workflows::testing::draft(house, by, ids[here], definition(content)).await;
                // A version of a workflow is always a draft first.
                return (number, if becomes == New::InForce { self.promote(by, number).await } else { None });
            }
        };
        (number, Some(waits.map(|waits| *waits)))
    }

    /// Wants a version in force in the environment of whoever acts.
    pub(super) async fn promote(&self, by: &Ctx, version: u32) -> Became {
        let here = at(by.org.environment);
        match self {
            Self::Template(all, ids) => became(all.promote(by, ids[here], version, Expected::default()).await),
            Self::Event(all, ids, _) => became(all.promote(by, ids[here], version, Expected::default()).await),
            Self::Route(all, ids, _) => {
                let standing = all.find(by, ids[here]).await.unwrap();
                let stale = all.promote(by, ids[here], version, standing.live + 1).await;
                assert!(matches!(stale, Err(RouteRefusal::Moved)), "whoever believes something else is told");
                became(all.promote(by, ids[here], version, standing.live).await)
            }
            Self::Workflow(house, ids) => {
                let (standing, _) = workflows::testing::stands(house, by, ids[here]).await;
                let stale = workflows::testing::promote(house, by, ids[here], version, standing.live_version + 1).await;
                assert!(matches!(stale, Err(WorkflowRefusal::Moved)), "whoever believes something else is told");
                became(workflows::testing::promote(house, by, ids[here], version, standing.live_version).await)
            }
        }
    }

    /// Wants in live what a version in test says. Of what nobody takes across it is wanted in force in test, which is nobody's business.
    pub(super) async fn go_live(&self, by: &Ctx, version: u32) -> Became {
        match self {
            Self::Template(all, ids) => became(all.go_live(by, ids[1], Some(version)).await),
            Self::Event(all, ids, _) => became(all.go_live(by, ids[1], Some(version)).await),
            Self::Route(..) | Self::Workflow(..) => {
                assert!(matches!(self.promote(by, version).await, Some(None)), "test waits for nobody");
                None
            }
        }
    }

    /// What is in force in live: how often that was decided, the version, and what it says.
    pub(super) async fn stands(&self, ctx: &Ctx) -> (u32, u32, u32) {
        match self {
            Self::Template(all, ids) => {
                let found = all.find(ctx, ids[0]).await.unwrap();
                let version = all.version(ctx, ids[0], found.in_force.unwrap()).await.unwrap();
                (found.promotions, version.version, which(|one| text(one) == version.content))
            }
            Self::Event(all, ids, _) => {
                let found = all.find(ctx, ids[0]).await.unwrap();
                let version = all.version(ctx, ids[0], found.in_force.unwrap()).await.unwrap();
                (found.promotions, version.version, which(|one| class(one) == version.class))
            }
            Self::Route(all, ids, channels) => {
                let found = all.find(ctx, ids[0]).await.unwrap();
                let version = all.version(ctx, ids[0], found.live).await.unwrap();
                (found.promotions, version.version, which(|one| plan(one, channels[0]) == version.plan))
            }
            Self::Workflow(house, ids) => {
                let (found, says) = workflows::testing::stands(house, ctx, ids[0]).await;
                (found.promotions, found.live_version, which(|one| definition(one) == says))
            }
        }
    }
}

async fn template(templates: &Templates, by: &Ctx) -> TemplateId {
    let new = NewTemplate { name: label("login"), channel: ChannelKind::Sms, content: text(0) };
    templates.create(by, new).await.unwrap().0.id
}

async fn channel(channels: &Channels, by: &Ctx, name: &str) -> ChannelId {
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
    channels.create(by, NewChannel { name: label(name), email }).await.unwrap().id
}

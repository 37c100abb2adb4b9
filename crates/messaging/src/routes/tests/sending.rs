//! Messages on their way, over real relays.

use std::sync::Arc;

use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::FixedResolver;
use sealpost_egress::smtp::Mailer;
use sealpost_egress::text::NameServers;
use sealpost_egress::tls::Trust;
use sealpost_store::testing::TestStore;
use sealpost_store::{
    ChannelId, Ctx, Environment, Leaf, MessageId, Recorded, RouteId, Store, StoreError, both_engines, sql,
};
use serde_json::{Value, json};

use super::relay::Manner::{Down, Hangs, Says, Takes, TakesSilently};
use super::relay::{Manner, Relay};
use super::{channel, label, plan};
use crate::dispatcher::ByHand;
use crate::events::{Class, NewEvent, NewVersion};
use crate::messages::{MessageState as State, scene};
use crate::routes::model::{Answer, Plan, Route, Tried};
use crate::routes::{OnUnknown, Strategy, store};
use crate::templates::{Content, NewTemplate};
use crate::{Messaging, MessagingConfig};

/// All features on this store, with a mailer that reaches this machine.
fn messaging(store: &Store) -> Messaging {
    let trust = Trust::new([]).unwrap();
    let network = |policy| Network::new(policy, FixedResolver::new());
    Messaging::new(MessagingConfig {
        store: store.clone(),
        client: Client::new(network(Policy::strict()), &trust).unwrap(),
        names: Arc::new(NameServers::these(&[]).unwrap()),
        mailer: Mailer::new(network(Policy::strict_mail().with_loopback()), &trust).unwrap(),
        public_url: "https://messages.example.com".into(),
    })
}

/// A house with relays, a route over all of them, and an event of each class that goes along it.
struct Scene {
    house: scene::House,
    ctx: Ctx,
    relays: Vec<Relay>,
    channels: Vec<ChannelId>,
    route: RouteId,
    hands: ByHand,
}

impl Scene {
    async fn new(test: TestStore, strategy: Strategy, on_unknown: OnUnknown, manners: &[Manner]) -> Self {
        Self::with(test, manners, |channels| plan(strategy, on_unknown, channels)).await
    }

    async fn with(test: TestStore, manners: &[Manner], says: impl FnOnce(&[ChannelId]) -> Plan) -> Self {
        let mut house = scene::House::around(test, 1, Environment::Live).await;
        house.messaging = messaging(&house.test.store);
        let ctx = house.organisations[0].clone();
        let (mut relays, mut channels) = (Vec::new(), Vec::new());
        for (number, manner) in manners.iter().enumerate() {
            let relay = Relay::start(*manner).await;
            channels.push(channel(&house.messaging.channels, &ctx, &format!("relay-{number}"), relay.port).await);
            relays.push(relay);
        }
        let route = made(&house.test.store, &ctx, says(&channels)).await;
        let content = Content { subject: Some("Code".into()), text: "{{ code }}".into(), html: None };
        let new = NewTemplate { name: label("code"), channel: crate::channels::ChannelKind::Email, content };
        let template = house.messaging.templates.create(&ctx, new).await.unwrap().0.id;
        for class in [Class::Otp, Class::Transactional] {
            let version = NewVersion { class, template, template_version: None, channel: None, route: Some(route) };
            let new = NewEvent { name: label(&format!("routed.{}", class.as_str())), version };
            house.messaging.events.create(&ctx, new).await.unwrap();
        }
        let hands = house.messaging.dispatcher().by_hand();
        Self { house, ctx, relays, channels, route, hands }
    }

    async fn send(&self, class: &str) -> MessageId {
        let body = json!({
            "event": format!("routed.{class}"), "to": { "email": "ann@example.com" }, "data": { "code": "417233" },
        });
        self.house.accept_body(0, body).await.unwrap_or_else(|()| panic!("it is refused"))
    }

    /// Does everything there is to do at this moment.
    async fn settle(&mut self) {
        while self.hands.turn().await.unwrap() > 0 {}
    }

    async fn later(&mut self, ms: i64) {
        self.house.test.clock.advance_ms(ms);
        self.settle().await;
    }

    async fn sent(&mut self, class: &str) -> MessageId {
        let id = self.send(class).await;
        self.settle().await;
        id
    }

    async fn state(&self, id: MessageId) -> (State, u32, Option<String>) {
        let message = self.house.messaging.messages.find(&self.ctx, id).await;
        let Ok(message) = message else { panic!("a message is gone") };
        (message.state, message.attempts, message.reason)
    }

    /// The steps that were tried, from 0, and what came of them.
    async fn tried(&self, id: MessageId) -> Vec<(u32, Answer)> {
        let tried = self.house.test.store.peek::<_, StoreError>(&self.ctx, move |tx| store::tried(tx, id)).await;
        tried.unwrap().into_iter().map(|Tried { step, answer, .. }| (step, answer)).collect()
    }

    /// What its timeline says, reports left out.
    async fn life(&self, id: MessageId) -> Vec<String> {
        let messages = &self.house.messaging.messages;
        let message = messages.find(&self.ctx, id).await.unwrap_or_else(|_| panic!("a message is gone"));
        let newest = MessageId::from_bytes([0xff; 16]);
        let whole = messages.whole(&self.ctx, &self.ctx.viewer, message.contact, newest, 100).await.unwrap();
        let whole = whole.iter().find(|whole| whole.id == id).expect("a message of theirs");
        let own = whole.timeline.iter().filter(|step| !step.kind.starts_with("report_"));
        let said = own.map(|step| {
            let at = step.route_step.map(|step| format!(" at {step}")).unwrap_or_default();
            let why = step.detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default();
            format!("{}{at}{why}", step.kind)
        });
        said.collect()
    }

    fn mails(&self) -> Vec<u32> {
        self.relays.iter().map(Relay::mails).collect()
    }

    /// The process dies and starts again.
    async fn restart(&mut self) {
        self.house.messaging = messaging(&self.house.test.store);
        self.hands = self.house.messaging.dispatcher().by_hand();
        self.house.test.end_leases().await;
    }
}

/// A route as it is stored: a step may be given less time here than a form would admit, so that nobody waits for it.
async fn made(house: &Store, ctx: &Ctx, says: Plan) -> RouteId {
    let (id, now) = (RouteId::new(&ctx.world), ctx.now());
    let kind = crate::channels::ChannelKind::Email;
    let route = Route { id, name: "route".into(), kind, version: 1, live: 0, promotions: 0, created_at: now };
    let made = house.write::<(), StoreError>(ctx, move |tx| -> Result<Recorded<()>, StoreError> {
        store::insert(tx, &route)?;
        store::insert_version(tx, id, 1, &says, now)?;
        store::put_into_force(tx, &route, 1)?;
        Ok(tx.record(Leaf::of("route.create").on(RouteId::PREFIX, id.bytes()), ()))
    });
    made.await.unwrap();
    id
}

/// What endpoints were promised to be told, by kind.
async fn told(scene: &Scene) -> Vec<Value> {
    let bodies = |tx: &mut sealpost_store::Tx<'_>| {
        tx.all(sql!("select body from delivery where org = $1 and env = $2 order by id"), &[], |row| {
            row.get::<Vec<u8>>("body")
        })
    };
    let bodies = scene.house.test.store.peek::<_, StoreError>(&scene.ctx, bodies).await.unwrap();
    bodies.iter().map(|body| serde_json::from_slice(body).unwrap()).collect()
}

both_engines! {
    async fn where_a_relay_is_down_the_next_one_delivers_and_the_report_says_which(test: TestStore) {
        let mut scene = Scene::new(test, Strategy::FailOver, OnUnknown::Same, &[Down, Takes]).await;
        let id = scene.sent("transactional").await;
        assert_eq!(scene.state(id).await, (State::Sent, 2, None));
        assert_eq!(scene.tried(id).await, [(0, Answer::Later), (1, Answer::Accepted)]);
        assert_eq!(scene.mails(), [0, 1]);
        let told = told(&scene).await;
        let report = told.iter().find(|report| report["type"] == "message.sent").expect("a report");
        let route = &report["data"]["route"];
        assert_eq!((&route["step"], &route["version"]), (&json!(2), &json!(1)));
        assert_eq!((&route["id"], &route["channel_id"]), (&json!(scene.route), &json!(scene.channels[1])));
        let told: Vec<_> = scene.life(id).await;
        assert_eq!(told, [
            "accepted", "attempt_started at 1", "queued at 1: connection_lost", "attempt_started at 2", "sent at 2",
        ]);
    }

    async fn a_relay_that_hangs_is_given_its_time_and_no_more(test: TestStore) {
        let mut scene = Scene::with(test, &[Hangs, Takes], |channels| {
            let mut plan = plan(Strategy::FailOver, OnUnknown::Same, channels);
            plan.steps[0].accepted_within_s = Some(1);
            plan
        }).await;
        let id = scene.sent("transactional").await;
        assert_eq!(scene.state(id).await, (State::Sent, 2, None));
        assert_eq!(scene.tried(id).await, [(0, Answer::Later), (1, Answer::Accepted)]);
        assert_eq!(scene.mails(), [0, 1]);
    }

    async fn what_another_channel_may_cure_goes_on_and_what_none_cures_does_not(test: TestStore) {
        let mut scene = Scene::new(test, Strategy::FailOver, OnUnknown::Next, &[Says("550 5.7.1 not from you\r\n"), Takes]).await;
        let id = scene.sent("transactional").await;
        assert_eq!(scene.state(id).await, (State::Sent, 2, None));
        assert_eq!(scene.tried(id).await, [(0, Answer::Refused), (1, Answer::Accepted)]);
        scene.relays[0].now(Says("451 4.7.1 later\r\n"));
        let id = scene.sent("otp").await;
        assert_eq!(scene.tried(id).await, [(0, Answer::Later), (1, Answer::Accepted)]);
        scene.relays[0].now(Says("550 5.1.1 nobody here\r\n"));
        let before = scene.mails();
        let id = scene.sent("otp").await;
        assert_eq!(scene.state(id).await, (State::Failed, 1, Some("rejected".into())));
        assert_eq!(scene.tried(id).await, [(0, Answer::Undeliverable)]);
        scene.later(86_400_000).await;
        assert_eq!(scene.mails(), before, "nobody else is asked");
    }

    async fn a_statement_of_unknown_fate_is_sent_by_no_other_channel(test: TestStore) {
        let mut scene = Scene::new(test, Strategy::FailOver, OnUnknown::Next, &[TakesSilently, Takes]).await;
        let id = scene.sent("transactional").await;
        scene.later(86_400_000).await;
        assert_eq!(scene.state(id).await, (State::Unknown, 1, Some("answer_lost".into())));
        assert_eq!(scene.mails(), [1, 0]);
        let id = scene.sent("otp").await;
        assert_eq!(scene.tried(id).await, [(0, Answer::Unknown), (1, Answer::Accepted)]);
        assert_eq!(scene.mails(), [2, 1]);
    }

    async fn a_code_of_unknown_fate_stays_with_its_channel_unless_the_route_says_otherwise(test: TestStore) {
        let mut scene = Scene::new(test, Strategy::FailOver, OnUnknown::Same, &[TakesSilently, Takes]).await;
        let id = scene.sent("otp").await;
        assert_eq!(scene.state(id).await.0, State::Queued);
        scene.relays[0].now(Takes);
        scene.later(5_000).await;
        assert_eq!(scene.tried(id).await, [(0, Answer::Unknown), (0, Answer::Accepted)]);
        assert_eq!(scene.mails(), [2, 0]);
    }

    async fn where_all_are_down_all_are_tried_again_later(test: TestStore) {
        let mut scene = Scene::new(test, Strategy::FailOver, OnUnknown::Same, &[Down, Down]).await;
        let id = scene.sent("transactional").await;
        assert_eq!(scene.state(id).await.0, State::Queued);
        assert_eq!(scene.tried(id).await, [(0, Answer::Later), (1, Answer::Later)]);
        scene.later(4_999).await;
        assert_eq!(scene.tried(id).await.len(), 2, "not before it is time");
        scene.relays[0].now(Takes);
        scene.later(1).await;
        assert_eq!(scene.state(id).await, (State::Sent, 3, None));
        assert_eq!(scene.mails(), [1, 0]);
    }

    async fn a_message_that_waits_between_two_rounds_may_run_out_of_time_and_says_so(test: TestStore) {
        let mut scene = Scene::new(test, Strategy::FailOver, OnUnknown::Same, &[Down]).await;
        let body = json!({
            "event": "routed.otp", "to": { "email": "ann@example.com" }, "data": { "code": "417233" },
            "send_before": scene.ctx.now().plus_ms(3_000),
        });
        let id = scene.house.accept_body(0, body).await.unwrap_or_else(|()| panic!("it is refused"));
        scene.settle().await;
        scene.relays[0].now(Takes);
        scene.later(5_000).await;
        assert_eq!(scene.state(id).await, (State::Expired, 1, Some("send_before".into())));
        let life = scene.life(id).await;
        assert_eq!(life, [
            "accepted", "attempt_started at 1", "queued at 1: connection_lost", "expired: send_before",
        ]);
        assert_eq!(scene.mails(), [0]);
    }

    async fn a_route_that_nobody_takes_a_message_on_ends(test: TestStore) {
        let mut scene = Scene::new(test, Strategy::FailOver, OnUnknown::Same, &[Down]).await;
        let id = scene.sent("transactional").await;
        for _ in 0..10 {
            scene.later(86_400_000).await;
        }
        assert_eq!(scene.state(id).await, (State::Failed, 10, Some("route_exhausted".into())));
        let refusing = Says("554 5.7.1 not from you\r\n");
        scene.relays[0].now(refusing);
        let id = scene.sent("transactional").await;
        assert_eq!(scene.state(id).await, (State::Failed, 1, Some("route_exhausted".into())));
    }

    async fn a_message_stays_on_the_version_it_was_accepted_with(test: TestStore) {
        let mut scene = Scene::new(test, Strategy::FailOver, OnUnknown::Same, &[Down, Takes]).await;
        let under_way = scene.send("transactional").await;
        let only = plan(Strategy::FailOver, OnUnknown::Same, &scene.channels[..1]);
        scene.house.messaging.routes.publish(&scene.ctx, scene.route, only, true).await.unwrap();
        scene.settle().await;
        assert_eq!(scene.state(under_way).await.0, State::Sent);
        let after = scene.sent("transactional").await;
        assert_eq!((scene.state(after).await.0, scene.tried(after).await.len()), (State::Queued, 1));
    }

    async fn turns_are_equal_and_a_message_that_fails_over_keeps_its_own(test: TestStore) {
        let mut scene = Scene::new(test, Strategy::RoundRobin, OnUnknown::Same, &[Takes, Takes]).await;
        for _ in 0..6 {
            scene.sent("transactional").await;
        }
        assert_eq!(scene.mails(), [3, 3]);
        scene.relays.iter().for_each(|relay| relay.now(Down));
        let id = scene.sent("transactional").await;
        scene.restart().await;
        scene.later(5_000).await;
        let steps: Vec<_> = scene.tried(id).await.iter().map(|(step, _)| *step).collect();
        assert_eq!((steps.len(), steps[0] == steps[2], steps[1] == steps[3]), (4, true, true), "{steps:?}");
    }

    async fn a_process_that_dies_while_a_channel_is_asked_neither_skips_nor_repeats_a_step(test: TestStore) {
        let mut scene = Scene::new(test, Strategy::FailOver, OnUnknown::Next, &[Hangs, Takes]).await;
        let [statement, code] = [scene.send("transactional").await, scene.send("otp").await];
        tokio::select! {
            _ = scene.hands.turn() => panic!("a relay that hangs has answered"),
            () = both_begun(&scene.house.test.store, &scene.ctx, [statement, code]) => {}
        }
        scene.relays[0].asked().await;
        scene.restart().await;
        scene.settle().await;
        assert_eq!(scene.state(statement).await, (State::Unknown, 1, Some("interrupted".into())));
        assert_eq!(scene.tried(statement).await, [(0, Answer::Unknown)]);
        assert_eq!(scene.state(code).await, (State::Sent, 2, None));
        assert_eq!(scene.tried(code).await, [(0, Answer::Unknown), (1, Answer::Accepted)]);
        assert_eq!(scene.mails(), [0, 1]);
    }
}

/// Once it is durable that a channel is about to be asked for each of these.
async fn both_begun(house: &Store, ctx: &Ctx, ids: [MessageId; 2]) {
    let begun = move |tx: &mut sealpost_store::Tx<'_>| {
        Ok::<_, StoreError>(ids.iter().all(|id| store::tried(tx, *id).is_ok_and(|tried| !tried.is_empty())))
    };
    while !house.peek(ctx, begun).await.unwrap() {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
}

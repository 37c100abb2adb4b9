//! A house of several organisations that send live mail and want to hear of it.

use std::sync::Arc;

use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::FixedResolver;
use sealpost_egress::smtp::Mailer;
use sealpost_egress::text::NameServers;
use sealpost_egress::tls::Trust;
use sealpost_seal::rng::{Rng, SystemRng};
use sealpost_store::testing::{SeededRng, TestStore};
use sealpost_store::{Ctx, Environment, MessageId, Store, Time};
use sealpost_web::Failure;
use serde_json::json;

use crate::channels::{ChannelKind, NewChannel, NewEmail, Protection};
use crate::endpoints;
use crate::events::{Class, NewEvent, NewVersion};
use crate::label::Label;
use crate::messages::accept::{NewMessage, NotAccepted, accept};
use crate::messages::follow::By;
use crate::templates::{Content, NewTemplate};
use crate::{Messaging, MessagingConfig};

/// Keys and nonces are the system's; what decides anything (four bytes of jitter) comes from the seed.
struct Dice(SeededRng);

impl Rng for Dice {
    fn fill(&self, out: &mut [u8]) {
        if out.len() == 4 { self.0.fill(out) } else { SystemRng.fill(out) }
    }
}

/// The store, and everybody in it.
pub(crate) struct House {
    pub(crate) test: TestStore,
    pub(crate) messaging: Messaging,
    /// A context for each organisation.
    pub(crate) organisations: Vec<Ctx>,
}

impl House {
    pub(super) async fn new(seed: u64, organisations: u64) -> Self {
        let test = TestStore::sqlite_with(Arc::new(Dice(SeededRng::new(seed)))).await;
        Self::around(test, organisations, Environment::Live).await
    }

    /// In this store, with everybody in this environment.
    pub(crate) async fn around(test: TestStore, organisations: u64, environment: Environment) -> Self {
        let messaging = messaging(&test.store);
        let mut house = Self { test, messaging, organisations: Vec::new() };
        for _ in 0..organisations {
            let mut ctx = house.test.organisation().await;
            ctx.org.environment = environment;
            house.furnish(&ctx).await;
            house.organisations.push(ctx);
        }
        house
    }

    /// The process dies and starts again: nothing in memory is left, and on one node every lease has ended.
    pub(super) async fn restart(&mut self) {
        self.messaging = messaging(&self.test.store);
        // Behind what the dead had handed to the database, and may fail with it.
        let _ = self.test.store.sweep(0).await;
        self.test.end_leases().await;
    }

    /// Accepts a message as the API does.
    pub(super) async fn accept(&self, org: usize, class: &str, send_before: Option<Time>) -> Result<MessageId, ()> {
        let body = json!({
            "event": format!("mail.{class}"),
            "to": { "email": "ann@example.com" },
            "data": { "code": "417233" },
            "send_before": send_before,
        });
        self.accept_body(org, body).await
    }

    /// Accepts what this body says, as the API does.
    pub(crate) async fn accept_body(&self, org: usize, body: serde_json::Value) -> Result<MessageId, ()> {
        let ctx =
            Ctx { request: sealpost_store::RequestId::new(self.test.store.world()), ..self.organisations[org].clone() };
        let new: NewMessage = serde_json::from_value(body).unwrap();
        loop {
            let prepared = self.messaging.messages.accepting.prepare(&ctx, &new, By::Request).await.map_err(drop)?;
            let accepted = self
                .test
                .store
                .write::<_, NotAccepted>(&ctx, move |tx| {
                    prepared.guard(tx)?;
                    accept(tx, prepared)
                })
                .await;
            return match accepted {
                Ok(view) => Ok(view.id),
                Err(NotAccepted::Raced) => continue,
                Err(NotAccepted::Refused(Failure::Refused(_) | Failure::Fault(_))) => Err(()),
            };
        }
    }

    async fn furnish(&self, ctx: &Ctx) {
        let label = |text: &str| Label::parse(text).unwrap();
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
        let messaging = &self.messaging;
        messaging.channels.create(ctx, NewChannel { name: label("mail"), email }).await.unwrap();
        let content = Content { subject: Some("News".into()), text: "{{ code }}".into(), html: None };
        let new = NewTemplate { name: label("mail"), channel: ChannelKind::Email, content };
        let (template, _) = messaging.templates.create(ctx, new).await.unwrap();
        for class in [Class::Otp, Class::Transactional, Class::Marketing] {
            let version =
                NewVersion { class, template: template.id, template_version: None, channel: None, route: None };
            let new = NewEvent { name: label(&format!("mail.{}", class.as_str())), version };
            messaging.events.create(ctx, new).await.unwrap();
        }
        endpoints::testing::active(&self.test.store, ctx).await;
    }
}

/// All features on this store.
pub(crate) fn messaging(store: &Store) -> Messaging {
    let network = || Network::new(Policy::strict(), FixedResolver::new());
    let trust = Trust::new([]).unwrap();
    Messaging::new(MessagingConfig {
        store: store.clone(),
        client: Client::new(network(), &trust).unwrap(),
        names: Arc::new(NameServers::these(&[]).unwrap()),
        mailer: Mailer::new(network(), &trust).unwrap(),
        public_url: "https://messages.example.com".into(),
    })
}

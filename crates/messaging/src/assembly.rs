//! All features of this crate, put together once.

use std::sync::Arc;

use sealpost_access::encryption::Reseal;
use sealpost_access::notices;
use sealpost_access::secrets::SecretUser;
use sealpost_egress::client::Client;
use sealpost_egress::smtp::Mailer;
use sealpost_egress::text::TextResolver;
use sealpost_govern::approvals::{self, Approvable};
use sealpost_govern::downloads::Exportable;
use sealpost_govern::revisions::Revisable;
use sealpost_govern::support;
use sealpost_store::Store;
use sealpost_web::Feature;
use sealpost_web::metrics::Metric;
use sealpost_web::shell::Nav;

use crate::channels::{self, Channels};
use crate::contacts::{self, Contacts};
use crate::deliveries::{self, Deliverer, Teller};
use crate::dispatcher::Dispatcher;
use crate::doors::{self, Door};
use crate::downloads;
use crate::duplicates::{self, Duplicates};
use crate::endpoints::{self, Endpoints};
use crate::erasures::{self, Erasures, ErasuresConfig};
use crate::events::{self, Events};
use crate::exports::{self, Exports};
use crate::home::{self, Home};
use crate::letters::Letters;
use crate::messages::{self, Accepting, EmailSender, Messages, Sender, Vault};
use crate::meters::Meters;
use crate::receipts::{self, Receipts};
use crate::routes::{self, Routes};
use crate::storage::{self, Policies, Storage, StorageConfig};
use crate::suppressions;
use crate::templates::{self, Templates};
use crate::unsubscribe::{self, Unsubscribe};
use crate::versions;
use crate::workflows::{self, Followed, Runner, Stands, Starter, Workflows};

/// What the features of this crate stand on.
pub struct MessagingConfig {
    /// Where everything is kept.
    pub store: Store,
    /// Through which endpoints are called.
    pub client: Client,
    /// Who is asked for records of DNS.
    pub names: Arc<dyn TextResolver>,
    /// Through which mail is sent.
    pub mailer: Mailer,
    /// Where this installation is reached from outside, `https://…`: unsubscribe links begin with it.
    pub public_url: String,
}

/// The features of this crate; cheap to clone, to be made once, on a running tokio runtime.
#[derive(Clone)]
pub struct Messaging {
    store: Store,
    client: Client,
    mailer: Mailer,
    /// The people an organisation writes to.
    pub contacts: Contacts,
    /// What messages say.
    pub templates: Templates,
    /// What the API fires by name.
    pub events: Events,
    /// The configured senders.
    pub channels: Channels,
    /// Ways over several of them.
    pub routes: Routes,
    /// Who hears of what happens.
    pub endpoints: Endpoints,
    /// The main job.
    pub messages: Messages,
    /// People who were forgotten.
    pub erasures: Erasures,
    /// How long what is stored.
    pub storage: Storage,
    /// What is done step by step.
    pub workflows: Workflows,
    vault: Vault,
    unsubscribe: Unsubscribe,
    meters: Arc<Meters>,
}

impl Messaging {
    /// Puts the features together.
    pub fn new(config: MessagingConfig) -> Self {
        let MessagingConfig { store, client, names, mailer, public_url } = config;
        let contacts = Contacts::new(store.clone());
        let templates = Templates::new(store.clone());
        let events = Events::new(store.clone());
        let (channels, routes) = (Channels::new(store.clone()), Routes::new(store.clone()));
        let endpoints = Endpoints::new(store.clone(), client.clone()).on(names, &public_url);
        let unsubscribe = Unsubscribe::new(&store, &public_url);
        let (policies, vault) = (Policies::new(store.clone()), Vault::new(&store));
        let starter = Starter {
            store: store.clone(),
            contacts: contacts.clone(),
            policies: policies.clone(),
            vault: vault.clone(),
        };
        let followed = Followed::new(starter.clone());
        let accepting = Accepting {
            store: store.clone(),
            contacts: contacts.clone(),
            events: events.clone(),
            routes: routes.clone(),
            templates: templates.clone(),
            endpoints: endpoints.clone(),
            policies: policies.clone(),
            vault: vault.clone(),
            follow: Arc::new(followed.clone()),
        };
        let messages = Messages::new(accepting, store.clone(), contacts.clone(), endpoints.clone());
        let erasures = Erasures::new(ErasuresConfig {
            store: store.clone(),
            contacts: contacts.clone(),
            messages: messages.clone(),
            endpoints: endpoints.clone(),
        });
        let workflows = Workflows::new(Stands {
            starter,
            followed: followed.clone(),
            vault: vault.clone(),
            public_url: public_url.clone(),
            store: store.clone(),
            contacts: contacts.clone(),
            events: events.clone(),
            messages: messages.clone(),
            endpoints: endpoints.clone(),
            policies: policies.clone(),
        });
        let storage = Storage::new(StorageConfig { store: store.clone(), policies, vault: vault.clone() });
        Self {
            store,
            client,
            mailer,
            contacts,
            templates,
            events,
            channels,
            routes,
            endpoints,
            messages,
            erasures,
            storage,
            workflows,
            vault,
            unsubscribe,
            meters: Arc::default(),
        }
    }

    /// What they add to the API.
    pub fn features(&self) -> Vec<Feature> {
        vec![
            messages::feature(&self.messages),
            contacts::feature(&self.contacts),
            duplicates::feature(&Duplicates::new(self.store.clone(), self.contacts.clone())),
            erasures::feature(&self.erasures),
            storage::feature(&self.storage),
            receipts::feature(&Receipts::new(self.messages.clone())),
            exports::feature(&Exports::new(
                self.store.clone(),
                self.contacts.clone(),
                self.messages.clone(),
                self.workflows.clone(),
            )),
            suppressions::feature(&self.store),
            templates::feature(&self.templates, &self.contacts),
            events::feature(&self.events, &self.templates),
            versions::feature(),
            workflows::feature(&self.workflows),
            channels::feature(&self.channels),
            routes::feature(&self.routes, &self.channels),
            endpoints::feature(&self.store, &self.endpoints),
            deliveries::feature(&self.store),
            unsubscribe::feature(&self.unsubscribe, &self.messages),
            home::feature(&Home::new(self.store.clone(), self.messages.clone(), self.endpoints.clone())),
        ]
    }

    /// What many rows can be taken of as a file.
    pub fn exportables(&self) -> Vec<Arc<dyn Exportable>> {
        downloads::sources(&self.store, &self.contacts, &self.messages)
    }

    /// What doors that are open add to the API.
    pub fn doors(&self, open: &[Door]) -> Option<Feature> {
        doors::feature(&self.messages, open)
    }

    /// The page that looks for people, after `/app/{env}`.
    pub const SEARCH: &str = contacts::SEARCH;

    /// What of this crate uses secrets.
    pub const SECRET_USERS: &[SecretUser] = &[endpoints::secret_uses, channels::secret_uses, workflows::secret_uses];

    /// What of this crate and of those below is sealed under an organisation's own key.
    pub const RESEALS: &[Reseal] = &[approvals::reseal, storage::reseal, support::reseal];

    /// What of this crate may take an approval.
    pub const APPROVABLES: &[Approvable] = &[
        exports::APPROVABLE,
        storage::APPROVABLE,
        templates::APPROVABLE,
        events::APPROVABLE,
        channels::APPROVABLE,
        endpoints::APPROVABLE,
        routes::APPROVABLE,
        workflows::APPROVABLE,
    ];

    /// What of this crate leaves revisions.
    pub const REVISABLES: &[Revisable] = &[storage::REVISABLE, channels::REVISABLE, endpoints::REVISABLE];

    /// Where their pages are found.
    pub fn navigation() -> Vec<Nav> {
        let work = [home::NAV, messages::NAV, messages::OUTBOX, contacts::NAV];
        work.into_iter()
            .chain([templates::NAV, events::NAV, routes::NAV, workflows::NAV])
            .chain([channels::NAV, endpoints::NAV, erasures::NAV, storage::NAV])
            .collect()
    }

    /// Who delivers letters to members.
    pub fn letters(&self) -> Letters {
        Letters::new(self.mailer.clone(), self.channels.clone())
    }

    /// What the work that follows an answer came to so far, for the metrics page.
    pub fn metrics(&self) -> Arc<dyn Metric> {
        self.meters.clone()
    }

    /// What does the work that follows an answer. Run one per process.
    pub fn dispatcher(&self) -> Dispatcher {
        let email =
            EmailSender::new(self.store.clone(), self.mailer.clone(), self.channels.clone(), self.unsubscribe.clone());
        let meters = &self.meters;
        let sender = Sender::new(
            self.store.clone(),
            self.contacts.clone(),
            self.endpoints.clone(),
            self.routes.clone(),
            email,
            self.vault.clone(),
            meters.clone(),
        );
        let deliverer = Deliverer::new(self.store.clone(), self.endpoints.clone(), self.client.clone(), meters.clone());
        let runner = Runner::new(self.workflows.clone(), self.client.clone());
        let teller = Teller::new(self.store.clone(), self.endpoints.clone());
        Dispatcher::new(self.store.clone(), meters.clone())
            .handle(messages::JOB, sender)
            .handle(deliveries::JOB, deliverer as Arc<_>)
            .handle(notices::JOB, teller)
            .handle(workflows::JOB, runner as Arc<_>)
    }
}

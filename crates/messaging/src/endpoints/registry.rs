//! Endpoints at hand: parsed, with their keys opened, and how they have been doing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use sealpost_access::notices::raise;
use sealpost_access::secrets;
use sealpost_egress::client::Client;
use sealpost_egress::target::Target;
use sealpost_egress::text::TextResolver;
use sealpost_seal::signature::WebhookKey;
use sealpost_store::{Ctx, DeliveryId, EndpointId, Leaf, Org, Store, StoreError, Time, Tx};

use super::model::{Hearer, Ready, State};
use super::pace::{self, Slice};
use super::policy as policies;
use super::rules::{self, Gate, Recent};
use super::transport;
use super::{CHANGED, ED25519, encryption, notices, signing, store};

/// Even without hearing of a change (another node, a broken connection) nothing is older than this.
const FRESH: Duration = Duration::from_secs(1);

/// Everything known about endpoints in this process; cheap to clone.
#[derive(Clone)]
pub struct Endpoints {
    pub(super) store: Store,
    pub(super) client: Client,
    /// Who is asked for records of DNS.
    pub(super) names: Option<Arc<dyn TextResolver>>,
    /// Where this installation is reached from outside.
    pub(super) public_url: Arc<str>,
    hearing: Cache<Org, Arc<Vec<Hearer>>>,
    ready: Cache<(Org, EndpointId), Arc<Ready>>,
    doing: Arc<Mutex<HashMap<EndpointId, Doing>>>,
}

/// How an endpoint has been doing lately.
#[derive(Default)]
struct Doing {
    recent: Recent,
    /// When what was last called had been changed.
    seen: Option<Time>,
    /// When a probe last went to it, of this node or another.
    probed_at: Option<Time>,
    slice: Arc<tokio::sync::Mutex<Slice>>,
}

impl Endpoints {
    /// With nothing at hand yet. Calls go out through `client`.
    pub fn new(store: Store, client: Client) -> Self {
        let endpoints = Self {
            store,
            client,
            names: None,
            public_url: "".into(),
            hearing: Cache::builder().max_capacity(10_000).time_to_live(FRESH).build(),
            ready: Cache::builder().max_capacity(10_000).time_to_live(FRESH * 60).build(),
            doing: Arc::default(),
        };
        let mut changes = endpoints.store.bus().subscribe(CHANGED);
        let listening = endpoints.clone();
        tokio::spawn(async move {
            while let Some(change) = changes.recv().await {
                listening.forget(change.org, EndpointId::from_bytes(change.id));
            }
        });
        // Rare, and any endpoint may sign with a secret that got another version.
        let (mut changes, ready) = (endpoints.store.bus().subscribe(secrets::CHANGED), endpoints.ready.clone());
        tokio::spawn(async move {
            while changes.recv().await.is_some() {
                ready.invalidate_all();
            }
        });
        endpoints
    }

    /// The same, asking `names` for records of DNS, on a server that the outside knows as `public_url`.
    pub fn on(mut self, names: Arc<dyn TextResolver>, public_url: &str) -> Self {
        (self.names, self.public_url) = (Some(names), public_url.trim_end_matches('/').into());
        self
    }

    /// Endpoints that hear of `event`: of those named, or, if none is, of all; what is told of a message that names none the default one
    /// hears whatever its filter says.
    pub async fn hearing(&self, ctx: &Ctx, event: &str, named: &[String]) -> Result<Vec<EndpointId>, StoreError> {
        if !named.is_empty() {
            return self.hearing_of_named(ctx, event, named).await;
        }
        let all = match self.hearing.get(&ctx.org) {
            Some(all) => all,
            None => {
                let all = Arc::new(self.store.peek(ctx, store::hearers).await?);
                self.hearing.insert(ctx.org, all.clone());
                all
            }
        };
        let is_report = event.starts_with("message.");
        let hears = |hearer: &&Hearer| hearer.events.hears(event) || (is_report && hearer.is_default);
        Ok(all.iter().filter(hears).map(|hearer| hearer.id).collect())
    }

    /// Three at most: found by their names, however many there are.
    async fn hearing_of_named(&self, ctx: &Ctx, event: &str, named: &[String]) -> Result<Vec<EndpointId>, StoreError> {
        let named = named.to_vec();
        let find = move |tx: &mut Tx<'_>| {
            let mut found = Vec::with_capacity(named.len());
            for name in &named {
                found.extend(store::hearer(tx, name)?);
            }
            Ok::<_, StoreError>(found)
        };
        let found = self.store.peek(ctx, find).await?;
        Ok(found.into_iter().filter(|hearer| hearer.events.hears(event)).map(|hearer| hearer.id).collect())
    }

    /// Whether there are verified endpoints of all these names.
    pub async fn are_known(&self, ctx: &Ctx, names: &[String]) -> Result<bool, StoreError> {
        let names = names.to_vec();
        self.store
            .peek(ctx, move |tx| {
                for name in &names {
                    if store::verified(tx, name)?.is_none() {
                        return Ok(false);
                    }
                }
                Ok(true)
            })
            .await
    }

    /// The endpoint of this name, if it is verified.
    pub(crate) async fn named(&self, ctx: &Ctx, name: &str) -> Result<Option<EndpointId>, StoreError> {
        let name = name.to_owned();
        self.store.peek(ctx, move |tx| store::verified(tx, &name)).await
    }

    /// The endpoint, ready to be called; nothing if it is gone.
    pub async fn ready(&self, ctx: &Ctx, id: EndpointId) -> Result<Option<Arc<Ready>>, StoreError> {
        if let Some(ready) = self.ready.get(&(ctx.org, id)) {
            return Ok(Some(ready));
        }
        let ready = self.load(ctx, id).await?.map(Arc::new);
        if let Some(ready) = &ready {
            self.ready.insert((ctx.org, id), ready.clone());
        }
        Ok(ready)
    }

    async fn load(&self, ctx: &Ctx, id: EndpointId) -> Result<Option<Ready>, StoreError> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let (policy, client) = (self.client.network().policy().clone(), self.client.clone());
        self.store
            .peek(ctx, move |tx| {
                let Some(endpoint) = store::find(tx, id)? else { return Ok(None) };
                // A URL that the policy of today refuses is not called, whatever it was when it was entered.
                let agreed = policies::agreed_port(tx, id)?;
                let target = Target::agreed(&endpoint.url, &policy, agreed);
                let target = target.map_err(|_| StoreError::Column("url".into()))?;
                let signers = signing::ready(tx, &keys, &endpoint)?;
                let key = secrets::usable(tx, &keys, endpoint.signing, ED25519)?
                    .into_iter()
                    .next()
                    .ok_or(StoreError::Missing("signing key"))?;
                let key = WebhookKey::parse(key.value.expose()).map_err(|_| StoreError::Column("signing".into()))?;
                let transport = transport::load(tx, &keys, &client, id)?;
                let sealing = encryption::ready(tx, &keys, id)?;
                Ok(Some(Ready {
                    endpoint,
                    target,
                    signers,
                    key: Arc::new(key),
                    transport: Arc::new(transport),
                    sealing: Arc::new(sealing),
                }))
            })
            .await
    }

    /// May the endpoint be called now, with this delivery? Letting a probe through counts as one, and so does a call of one that has
    /// a rate: who comes too early gets a place in the row and is let through at its turn. All nodes share the row and the probe.
    pub async fn gate(&self, ctx: &Ctx, ready: &Ready, delivery: DeliveryId) -> Result<Gate, StoreError> {
        let (id, now) = (ready.endpoint.id, ctx.now());
        let probed_at = self.doing().get(&id).and_then(|doing| doing.probed_at);
        let gate = rules::gate(&ready.endpoint.state, probed_at, now);
        if gate != Gate::Open {
            return Ok(gate);
        }
        if matches!(ready.endpoint.state, State::Failing { .. }) {
            let (gate, probed_at) = pace::probe(&self.store, ctx, id).await?;
            self.doing().entry(id).or_default().probed_at = Some(probed_at);
            return Ok(gate);
        }
        let Some(rate) = ready.transport.rate else { return Ok(gate) };
        let slice = self.doing().entry(id).or_default().slice.clone();
        pace::turn(&self.store, ctx, (id, rate), delivery, &slice).await
    }

    /// Takes note of how a call went; a change of state is recorded.
    pub async fn took(&self, ctx: &Ctx, ready: &Ready, succeeded: bool) {
        let from = ready.endpoint.state;
        let next = {
            let mut doing = self.doing();
            let doing = doing.entry(ready.endpoint.id).or_default();
            let changed_at = Some(ready.endpoint.updated_at);
            if doing.seen < changed_at {
                // What was counted before another node opened and closed the breaker would open it again.
                (doing.seen, doing.recent) = (changed_at, Recent::default());
            }
            rules::after_call(&from, &mut doing.recent, succeeded, ctx.now())
        };
        if let Some(to) = next {
            self.move_to(ctx, ready.endpoint.id, from, to).await;
        }
    }

    /// The receiver said 410: it wants no more.
    pub async fn gone(&self, ctx: &Ctx, ready: &Ready) {
        self.move_to(
            ctx,
            ready.endpoint.id,
            ready.endpoint.state,
            State::Disabled { since: ctx.now(), reason: "gone" },
        )
        .await;
    }

    /// Brings it to another state, unless another node did meanwhile: one change is one entry and one notice.
    async fn move_to(&self, ctx: &Ctx, id: EndpointId, from: State, to: State) {
        let org = ctx.org;
        let moved = self
            .store
            .maintain(ctx, move |tx| {
                if !store::set_state(tx, id, &from, &to)? {
                    return Ok::<_, StoreError>(false);
                }
                if let Some(notice) = notices::of(id, &to) {
                    raise(tx, notice)?;
                }
                tx.publish(sealpost_store::Change::new(CHANGED, org, id.bytes()));
                tx.note(Leaf::of("endpoint.change_state").on(EndpointId::PREFIX, id.bytes()).because(to.word()));
                Ok(true)
            })
            .await;
        match moved {
            Ok(true) => tracing::warn!(endpoint = %id, from = from.word(), to = to.word(), "endpoint.state_changed"),
            Ok(false) => {}
            Err(error) => tracing::error!(endpoint = %id, error = %error, "endpoint.state_change_failed"),
        }
        self.forget(ctx.org, id);
    }

    pub(super) fn forget(&self, org: Org, id: EndpointId) {
        self.hearing.invalidate(&org);
        self.ready.invalidate(&(org, id));
        // Its rate may be another one now: what was leased at the old one is not used.
        if let Some(doing) = self.doing().get_mut(&id) {
            doing.slice = Arc::default();
        }
    }

    fn doing(&self) -> std::sync::MutexGuard<'_, HashMap<EndpointId, Doing>> {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

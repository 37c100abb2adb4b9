//! Use cases of proofs.

use bytes::Bytes;
use sealpost_egress::Tenant;
use sealpost_egress::client::{Method, Outbound};
use sealpost_egress::resolve::ResolveError;
use sealpost_egress::target::Target;
use sealpost_store::{Ctx, EndpointId, Leaf, Recorded, StoreError, Tx};
use sealpost_web::Failure;
use serde_json::json;

use super::model::{Proof, WELL_KNOWN, Way, record_name};
use super::{rules, store};
use crate::endpoints::call::JSON;
use crate::endpoints::model::{Ready, State};
use crate::endpoints::registry::Endpoints;
use crate::endpoints::service::{PING_DEADLINE, Tried, changed};
use crate::endpoints::{policy, preferred, store as endpoints};

/// Most bytes of a served text that are read.
const MOST: usize = 8 * 1024;

/// What has to be published, and where.
pub(super) enum Place {
    /// Nothing: a ping will do.
    Nowhere,
    /// A record of this name.
    Record(String),
    /// A text at this URL.
    Url(String),
}

/// A new endpoint is to prove itself by a ping, unless somebody [chooses](choose) otherwise.
pub(in crate::endpoints) fn begin(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    let fresh = fresh(tx, Way::default());
    store::put(tx, endpoint, &fresh)
}

/// Its URL has changed: whatever was proved is about another place.
pub(in crate::endpoints) fn begin_again(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    let way = store::find(tx, endpoint)?.map(|proof| proof.way).unwrap_or_default();
    let fresh = fresh(tx, way);
    store::put(tx, endpoint, &fresh)
}

/// It is to prove itself in this way from now on. What it proved in another stays good for its time.
pub(in crate::endpoints) fn choose(tx: &mut Tx<'_>, endpoint: EndpointId, way: Way) -> Result<Proof, StoreError> {
    let known = find(tx, endpoint)?;
    if known.way == way {
        return Ok(known);
    }
    let proof = Proof { proved_at: known.proved_at, ..fresh(tx, way) };
    store::put(tx, endpoint, &proof)?;
    Ok(proof)
}

/// How far an endpoint is. One from before there was anything but pings begins now.
pub(in crate::endpoints) fn find(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Proof, StoreError> {
    Ok(store::find(tx, endpoint)?.unwrap_or(Proof {
        way: Way::Ping,
        nonce: String::new(),
        proved_at: None,
        tried_at: None,
        warned_at: None,
    }))
}

/// The endpoint goes, and what it proved.
pub(in crate::endpoints) fn forget(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<(), StoreError> {
    store::delete(tx, endpoint)
}

/// Another way, as a use case of its own.
pub(super) fn change(tx: &mut Tx<'_>, endpoint: EndpointId, way: Way) -> Result<Recorded<Proof>, Failure> {
    crate::endpoints::find(tx, endpoint)?;
    let proof = choose(tx, endpoint, way)?;
    Ok(tx.record(Leaf::of("endpoint.change_proof").on(EndpointId::PREFIX, endpoint.bytes()), proof))
}

fn fresh(tx: &Tx<'_>, way: Way) -> Proof {
    let nonce: [u8; 16] = sealpost_seal::rng::array(tx.ctx().rng());
    let nonce = nonce.iter().map(|byte| format!("{byte:02x}")).collect();
    Proof { way, nonce, proved_at: None, tried_at: None, warned_at: None }
}

impl Endpoints {
    /// Asks the endpoint to prove that it is there and wants this, in the way that was chosen. It is active once it has.
    pub async fn verify(&self, ctx: &Ctx, id: EndpointId) -> Result<Tried, Failure> {
        let ready = self.at_hand(ctx, id).await?;
        let proof = self.store.maintain(ctx, move |tx| kept(tx, id)).await?;
        let mut tried = self.ask(ctx, &ready, &proof).await?;
        let (from, url, outcome) = (ready.endpoint.state, ready.endpoint.url.clone(), tried.outcome);
        if tried.succeeded {
            tried.succeeded = self.store.write(ctx, move |tx| take(tx, id, &proof, from, &url)).await?;
            if !tried.succeeded {
                tried.outcome = CHANGED_MEANWHILE;
            }
        } else {
            let leaf = Leaf::of("endpoint.verify").on(EndpointId::PREFIX, id.bytes()).failed(outcome);
            self.store.write(ctx, move |tx| Ok::<_, Failure>(tx.record(leaf, ()))).await?;
        }
        self.forget(ctx.org, id);
        Ok(tried)
    }

    /// What the endpoint says now.
    pub(super) async fn ask(&self, ctx: &Ctx, ready: &Ready, proof: &Proof) -> Result<Tried, Failure> {
        let id = ready.endpoint.id;
        let text = proof.text(self.store.keys().pepper(), ctx.org, id);
        let (outcome, status) = match proof.way {
            Way::Ping => return self.tell(ctx, ready, "endpoint.ping", json!({ "endpoint_id": id })).await,
            Way::Dns => (self.ask_dns(&ready.target.host(), &text).await, None),
            Way::WellKnown => self.ask_host(ctx, ready, &text).await,
        };
        let succeeded = outcome == PROVED;
        Ok(Tried {
            succeeded,
            outcome,
            status,
            latency_ms: None,
            body: Bytes::new(),
            content_type: JSON,
            headers: Vec::new(),
            signatures: Vec::new(),
            encryption: None,
        })
    }

    async fn ask_dns(&self, host: &str, text: &str) -> &'static str {
        let Some(names) = &self.names else { return "name_not_resolved" };
        match names.text(&record_name(host)).await {
            Ok(records) if rules::is_among(records.iter().map(String::as_str), text) => PROVED,
            Ok(_) => "record_missing",
            Err(ResolveError::TimedOut) => "timeout",
            Err(ResolveError::NotFound) => "record_missing",
        }
    }

    /// With the TLS of its calls: a host that only its own authority speaks for is read by that.
    async fn ask_host(&self, ctx: &Ctx, ready: &Ready, text: &str) -> (&'static str, Option<u16>) {
        let target = ready.target.at(WELL_KNOWN);
        let Some(speech) = &ready.transport.speech else { return ("transport_unusable", None) };
        let tenant = Tenant::new(ctx.org.id.bytes());
        let mut outbound = Outbound::new(tenant, Method::Get, &target, Bytes::new());
        (outbound.deadline, outbound.most) = (PING_DEADLINE, MOST);
        (outbound.min_tls, outbound.terms) = (speech.min_tls, speech.terms.as_ref());
        match self.client.send(outbound).await {
            Ok(answer) if answer.status == 200 && !answer.truncated && rules::is_served(&answer.body, text) => {
                (PROVED, Some(answer.status))
            }
            Ok(answer) => ("text_missing", Some(answer.status)),
            Err(error) => (error.code(), None),
        }
    }
}

/// The outcome of a proof that holds.
const PROVED: &str = "proved";
/// Something else has to be proved by now.
const CHANGED_MEANWHILE: &str = "changed_meanwhile";

fn served_at(target: &Target) -> String {
    format!("{}{WELL_KNOWN}", target.origin())
}

/// Where the text has to stand for an endpoint with this URL.
pub(super) fn place(endpoints: &Endpoints, way: Way, url: &str) -> Place {
    // Others may have agreed to another port, or will; nothing is called here.
    let policy = endpoints.client.network().policy().clone().with_any_port();
    let Ok(target) = Target::parse(url, &policy) else { return Place::Nowhere };
    match way {
        Way::Ping => Place::Nowhere,
        Way::Dns => Place::Record(record_name(&target.host())),
        Way::WellKnown => Place::Url(served_at(&target)),
    }
}

/// How far it is, written down so that what is asked now can be held against what is true then.
pub(super) fn kept(tx: &mut Tx<'_>, endpoint: EndpointId) -> Result<Proof, StoreError> {
    match store::find(tx, endpoint)? {
        Some(proof) => Ok(proof),
        None => {
            let proof = fresh(tx, Way::Ping);
            store::put(tx, endpoint, &proof)?;
            Ok(proof)
        }
    }
}

/// Takes the proof, if it is still the one that was asked for: with a URL that changed meanwhile something else has to be proved.
pub(super) fn take(
    tx: &mut Tx<'_>,
    id: EndpointId,
    proof: &Proof,
    from: State,
    url: &str,
) -> Result<Recorded<bool>, Failure> {
    let leaf = Leaf::of("endpoint.verify").on(EndpointId::PREFIX, id.bytes());
    let endpoint = crate::endpoints::find(tx, id)?;
    policy::may_be_called(tx, &endpoint)?;
    if endpoint.url != url || !store::proved(tx, id, proof)? {
        return Ok(tx.record(leaf.failed(CHANGED_MEANWHILE), false));
    }
    if from != State::Active {
        endpoints::set_state(tx, id, &from, &State::Active)?;
    }
    // Nobody has to agree at present: it isn't asked later of one that is called.
    endpoints::admit(tx, id, true)?;
    preferred::adopt(tx, id)?;
    changed(tx, id);
    Ok(tx.record(leaf, true))
}

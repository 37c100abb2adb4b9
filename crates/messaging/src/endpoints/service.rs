//! Use cases of endpoints.

use std::time::Duration;

use bytes::Bytes;
use sealpost_access::secrets::{self, Kept, NewSecret, Origin, Overlap, SecretRef, SecretUse};
use sealpost_egress::target::Target;
use sealpost_govern::approvals::Approval;
use sealpost_seal::SecretText;
use sealpost_seal::payload::Method;
use sealpost_seal::signature::{KeyEncoding, SigningSecret, WebhookKey};
use sealpost_store::{Change, Ctx, EndpointId, Leaf, NoticeId, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::json;

use super::call::{CallError, JSON, Telling, seal, send, signatures};
use super::encryption::{self, Answered};
use super::model::{Endpoint, Filter, Profiles, Ready, State};
use super::registry::Endpoints;
use super::signing::{self, Explained, Shown};
use super::{CHANGED, ED25519, SIGNING, codes, policy, portal, preferred, proof, store, transport};
use crate::deliveries::{self, Notice};
use crate::versions::{Expected, Promoted};

/// A ping must be answered within this (parity E10).
pub(super) const PING_DEADLINE: Duration = Duration::from_secs(5);

/// What an endpoint is made from: checked.
pub(super) struct NewEndpoint {
    /// Its name.
    pub name: Name,
    /// Where it is.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Which events it hears of.
    pub events: Filter,
    /// How deliveries are signed.
    pub signing: signing::Change,
    /// A secret brought along or named; generated if absent.
    pub secret: Option<GivenSecret>,
}

/// What an endpoint is to sign with.
pub(super) enum GivenSecret {
    /// A value the receiver has already, and how it becomes a key.
    Value(SecretText, KeyEncoding),
    /// A secret that somebody stored by name: its text is the key.
    Stored(SecretRef),
}

/// An endpoint's name: `[a-z0-9][a-z0-9-]{0,62}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name(String);

impl Name {
    /// The name, if it is one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fits = (1..=63).contains(&text.len())
            && !text.starts_with('-')
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        fits.then(|| Self(text.to_owned()))
    }
}

/// A new endpoint with what is shown once.
pub(super) struct Created {
    /// As stored.
    pub endpoint: Endpoint,
    /// The shared secret, shown this once; nothing where the caller brought it.
    pub secret: Option<SecretText>,
    /// The public half of the Ed25519 key, `whpk_…`.
    pub public_key: String,
    /// The secrets of single profiles that were made, shown this once.
    pub profile_secrets: Vec<Shown>,
    /// What waits for others, if they have to agree before it is called.
    pub waits: Option<Box<Approval>>,
}

/// What a ping or test came to.
pub struct Tried {
    /// Whether the receiver took it.
    pub succeeded: bool,
    /// What it came to, as a code.
    pub outcome: &'static str,
    /// The receiver's HTTP status.
    pub status: Option<u16>,
    /// How long it took, in milliseconds.
    pub latency_ms: Option<u64>,
    /// The exact bytes that were signed and sent; none where nothing was, but looked up.
    pub body: Bytes,
    /// What they are.
    pub content_type: &'static str,
    /// The headers that signed them.
    pub headers: Vec<(String, String)>,
    /// Each signature, and how to do it again.
    pub signatures: Vec<Explained>,
    /// What of them was encrypted, if anything is.
    pub encryption: Option<TriedEncryption>,
}

/// What a ping or test looks like on both sides of its encryption.
pub struct TriedEncryption {
    /// By what.
    pub method: &'static str,
    /// Whether changes of it go unnoticed.
    pub legacy: bool,
    /// What the receiver knows the key by.
    pub key_id: String,
    /// What the receiver reads once it is open.
    pub clear: Bytes,
    /// How many fields are encrypted, where single ones are.
    pub fields: u32,
    /// How many are to be and aren't there.
    pub skipped: u32,
    /// What the answer was: `none`, `decrypted` or `response_undecryptable`; nothing if none came.
    pub answer: Option<&'static str>,
}

/// Makes an endpoint, pending until it has answered a signed ping.
pub(super) fn create(tx: &mut Tx<'_>, keys: &OrgKeys, new: NewEndpoint) -> Result<Recorded<Created>, Failure> {
    let ctx = tx.ctx();
    let (secret, shown) = signs_with(tx, keys, new.secret)?;
    let key = WebhookKey::generate(ctx.rng());
    let public_key = key.public().to_text();
    let signing = secrets::create(
        tx,
        keys,
        ED25519,
        kept(SecretText::new(key.to_text().to_string()), KeyEncoding::Text, Origin::Generated)?,
    )?;
    let mut endpoint = Endpoint {
        id: EndpointId::new(&ctx.world),
        name: new.name.0,
        url: new.url,
        description: new.description,
        events: new.events,
        profiles: Profiles::of(vec![signing::STANDARD]),
        custom: None,
        is_default: false,
        state: State::Pending,
        secret,
        signing,
        version: 1,
        is_admitted: true,
        created_at: ctx.now(),
        updated_at: ctx.now(),
    };
    if !store::insert(tx, &endpoint)? {
        return Err(Refusal::of(&codes::ENDPOINT_EXISTS).at("/name", "taken").into());
    }
    proof::begin(tx, endpoint.id)?;
    let profile_secrets = signing::set_up(tx, keys, &mut endpoint, new.signing)?;
    changed(tx, endpoint.id);
    let (asked, leaf) = policy::begin(tx, keys, &mut endpoint)?;
    let created = |waits| Created { endpoint, secret: shown, public_key, profile_secrets, waits };
    match asked {
        None => Ok(tx.record(leaf, created(None))),
        Some(asked) => {
            tx.note(leaf);
            Ok(asked.map(|approval| created(Some(Box::new(approval)))))
        }
    }
}

/// Where the secret of a new endpoint is, and its value if it was made here.
fn signs_with(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    given: Option<GivenSecret>,
) -> Result<(Kept, Option<SecretText>), Failure> {
    let (new, shown) = match given {
        Some(GivenSecret::Stored(wanted)) => return Ok((stored(tx, &wanted)?, None)),
        Some(GivenSecret::Value(value, encoding)) => (kept(value, encoding, Origin::Imported)?, None),
        None => {
            let secret = SigningSecret::generate(tx.ctx().rng());
            let copy = || SecretText::new(secret.expose().to_owned());
            (kept(copy(), secret.encoding(), Origin::Generated)?, Some(copy()))
        }
    };
    Ok((Kept::Own(secrets::create(tx, keys, SIGNING, new)?), shown))
}

/// The stored secret that is meant, held until this is done.
pub(super) fn stored(tx: &mut Tx<'_>, wanted: &SecretRef) -> Result<Kept, Failure> {
    let unknown = || Refusal::of(&codes::SECRET_INVALID).at("/secret/secret", "secret_unknown");
    Ok(Kept::Stored { stored: secrets::refer(tx, wanted)?.ok_or_else(unknown)? })
}

pub(super) fn kept(value: SecretText, encoding: KeyEncoding, origin: Origin) -> Result<NewSecret, Refusal> {
    NewSecret::new(value, encoding, origin)
        .map_err(|_| Refusal::of(&codes::SECRET_INVALID).at("/secret/value", "secret_invalid"))
}

/// Whether a secret brought along can sign: readable in its encoding, and long enough unless it is said to be an old one.
pub(super) fn importable(value: &str, encoding: KeyEncoding, is_imported: bool) -> Result<(), &'static str> {
    let secret = SigningSecret::import(value, encoding).map_err(|_| "secret_invalid")?;
    if signing::is_strong_enough(&secret, is_imported) { Ok(()) } else { Err("secret_weak") }
}

/// What may be changed later; absent is unchanged.
#[derive(Default)]
pub(super) struct Changes {
    /// A new place: it must answer a ping again.
    pub url: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Which events it hears of.
    pub events: Option<Filter>,
    /// Sign with this stored secret from now on.
    pub secret: Option<SecretRef>,
    /// Stop calling it.
    pub disabled: Option<bool>,
}

/// An endpoint that was changed, and the secrets of single profiles that were made, shown this once.
pub(super) type Changed = (Endpoint, Vec<Shown>);

/// Changes an endpoint and how it signs, or asks others, where that protects less than before.
pub(super) fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: EndpointId,
    (changes, signing): (Changes, signing::Change),
    expected: &Expected,
) -> Result<Recorded<Promoted<Changed>>, Failure> {
    let mut endpoint = store::find(tx, id)?.ok_or_else(not_found)?;
    policy::expect(&endpoint, expected)?;
    let before = policy::of(tx, &endpoint)?;
    let (after, carries) = policy::planned(&before, &endpoint, &changes, &signing)?;
    if let Some(asked) = policy::gate(tx, keys, &endpoint, (&before, after), carries, None)? {
        return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
    }
    let made = signing::change(tx, keys, &mut endpoint, signing)?;
    store_changes(tx, &mut endpoint, changes)?;
    changed(tx, id);
    let leaf = policy::keep(tx, keys, &mut endpoint, &before, None, Leaf::of("endpoint.update"))?;
    Ok(tx.record(leaf, Promoted::InForce((endpoint, made))))
}

/// Writes down what has changed about an endpoint.
pub(super) fn store_changes(tx: &mut Tx<'_>, endpoint: &mut Endpoint, changes: Changes) -> Result<(), Failure> {
    let id = endpoint.id;
    if let Some(url) = changes.url.filter(|url| *url != endpoint.url) {
        endpoint.url = url;
        endpoint.state = State::Pending;
        store::agree_port(tx, id, None)?;
        proof::begin_again(tx, id)?;
        signing::moved(tx, id)?;
    }
    if let Some(description) = changes.description {
        endpoint.description = description;
    }
    if let Some(events) = changes.events {
        endpoint.events = events;
    }
    if let Some(wanted) = &changes.secret {
        let before = std::mem::replace(&mut endpoint.secret, stored(tx, wanted)?);
        signing::shared_changed(tx, id)?;
        before.let_go(tx)?;
    }
    match changes.disabled {
        Some(true) => endpoint.state = State::Disabled { since: tx.ctx().now(), reason: "manual" },
        // Enabling again needs a fresh proof: the receiver may be another by now.
        Some(false) if matches!(endpoint.state, State::Disabled { .. }) => endpoint.state = State::Pending,
        _ => {}
    }
    endpoint.updated_at = tx.ctx().now();
    Ok(store::update(tx, endpoint)?)
}

/// Removes an endpoint and its keys. Deliveries that wait for it end as dead letters.
pub(super) fn remove(tx: &mut Tx<'_>, id: EndpointId) -> Result<Recorded<()>, Failure> {
    let endpoint = store::find(tx, id)?.ok_or_else(not_found)?;
    signing::let_go(tx, id)?;
    store::delete(tx, id)?;
    encryption::forget(tx, id)?;
    endpoint.secret.let_go(tx)?;
    secrets::remove(tx, endpoint.signing)?;
    proof::forget(tx, id)?;
    transport::forget(tx, id)?;
    portal::forget_of(tx, id)?;
    if endpoint.is_default {
        preferred::pass_on(tx)?;
    }
    changed(tx, id);
    Ok(tx.record(Leaf::of("endpoint.remove").on(EndpointId::PREFIX, id.bytes()), ()))
}

/// Gives an endpoint a new shared secret; both sign until the overlap ends.
pub(super) fn rotate_secret(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: EndpointId,
    overlap: Overlap,
) -> Result<Recorded<SecretText>, Failure> {
    let endpoint = store::find(tx, id)?.ok_or_else(not_found)?;
    let Kept::Own(own) = endpoint.secret else { return Err(Refusal::of(&codes::SECRET_STORED).into()) };
    signing::may_overlap(tx, &endpoint, overlap)?;
    let secret = SigningSecret::generate(tx.ctx().rng());
    let shown = SecretText::new(secret.expose().to_owned());
    let new = kept(SecretText::new(secret.expose().to_owned()), secret.encoding(), Origin::Generated)?;
    secrets::rotate(tx, keys, own, SIGNING, new, overlap)?;
    changed(tx, id);
    Ok(tx.record(Leaf::of("endpoint.rotate_secret").on(EndpointId::PREFIX, id.bytes()), shown))
}

pub(super) fn changed(tx: &mut Tx<'_>, id: EndpointId) {
    tx.publish(Change::new(CHANGED, tx.ctx().org, id.bytes()));
}

/// The endpoint of this id.
pub(crate) fn find(tx: &mut Tx<'_>, id: EndpointId) -> Result<Endpoint, Failure> {
    Ok(store::find(tx, id)?.ok_or_else(not_found)?)
}

/// Which secrets the endpoints of this environment sign with.
pub(crate) fn secret_uses(tx: &mut Tx<'_>) -> Result<Vec<SecretUse>, StoreError> {
    let mut uses: Vec<SecretUse> = Vec::new();
    let mut of_endpoints = Vec::new();
    for endpoint in store::all(tx)? {
        // Every call is signed, so the newest delivery that was tried is the last use, or close to it.
        let last = deliveries::newest_of(tx, endpoint.id, 1)?;
        let last_used_at = last.first().filter(|delivery| delivery.attempts > 0).map(|delivery| delivery.updated_at);
        let called_with = transport::secrets_of(tx, endpoint.id)?;
        let by = |secret| SecretUse {
            secret,
            kind: "endpoint",
            id: endpoint.id.to_string(),
            name: endpoint.name.clone(),
            page: Some(format!("/endpoints/{}", endpoint.id)),
            last_used_at,
        };
        uses.extend([endpoint.secret.id(), endpoint.signing].into_iter().chain(called_with).map(by));
        of_endpoints.push((endpoint.id, by(endpoint.signing)));
        uses.extend(encryption::secret_uses(tx, &endpoint, last_used_at)?);
    }
    let of = |id| of_endpoints.iter().find(|(known, _)| *known == id).map(|(_, of)| of.clone());
    uses.extend(signing::uses(tx, of)?);
    Ok(uses)
}

/// When an endpoint is tried again, if not by the standard schedule.
pub(crate) fn schedule_of(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<transport::Schedule>, StoreError> {
    Ok(transport::find(tx, id)?.into_schedule())
}

/// By what an endpoint is encrypted for, if it is: the method's name.
pub(crate) fn encrypted_by(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<&'static str>, StoreError> {
    Ok(encryption::method_of(tx, id)?.map(Method::name))
}

/// All endpoints.
pub(super) fn all(tx: &mut Tx<'_>) -> Result<Vec<Endpoint>, StoreError> {
    store::all(tx)
}

impl Endpoints {
    /// All endpoints of the environment, oldest first.
    pub(crate) async fn all(&self, ctx: &Ctx) -> Result<Vec<Endpoint>, StoreError> {
        self.store.read(ctx, store::all).await
    }

    /// Whether this may be the URL of an endpoint: of a new one, or of this one. A port that is all that is wrong with it may be asked for
    /// where others have to agree to endpoints.
    pub(super) async fn check_url(&self, ctx: &Ctx, url: &str, of: Option<EndpointId>) -> Result<(), Failure> {
        let policy = self.client.network().policy();
        let Err(error) = Target::entered(url, policy) else { return Ok(()) };
        if Target::other_port(url, policy).is_some() {
            let same = url.to_owned();
            let may_be = move |tx: &mut Tx<'_>| {
                let found = of.map(|id| store::find(tx, id)).transpose()?.flatten();
                let stands_there = found.is_some_and(|endpoint| endpoint.url == same);
                Ok::<_, StoreError>(stands_there || policy::is_guarded(tx)?)
            };
            if self.store.read(ctx, may_be).await? {
                return Ok(());
            }
        }
        Err(Refusal::of(&codes::URL_REFUSED).at("/url", error.code()).into())
    }

    /// Sends a test event and tells exactly what was sent and how it went.
    pub async fn test(&self, ctx: &Ctx, id: EndpointId) -> Result<Tried, Failure> {
        let ready = self.at_hand(ctx, id).await?;
        let tried = self.tell(ctx, &ready, "endpoint.test", json!({ "endpoint_id": id })).await?;
        let leaf = Leaf::of("endpoint.test").on(EndpointId::PREFIX, id.bytes());
        let leaf = if tried.succeeded { leaf } else { leaf.failed(tried.outcome) };
        self.store.write(ctx, move |tx| Ok::<_, Failure>(tx.record(leaf, ()))).await?;
        Ok(tried)
    }

    pub(super) async fn at_hand(&self, ctx: &Ctx, id: EndpointId) -> Result<std::sync::Arc<Ready>, Failure> {
        self.forget(ctx.org, id);
        let may_be_called = move |tx: &mut Tx<'_>| {
            let endpoint = find(tx, id)?;
            policy::may_be_called(tx, &endpoint)
        };
        self.store.read(ctx, may_be_called).await?;
        match self.ready(ctx, id).await {
            Ok(ready) => Ok(ready.ok_or_else(not_found)?),
            // The policy of this installation has become stricter than the URL.
            Err(StoreError::Column(name)) if name == "url" => Err(Refusal::of(&codes::URL_REFUSED).into()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn tell(
        &self,
        ctx: &Ctx,
        ready: &Ready,
        kind: &'static str,
        data: serde_json::Value,
    ) -> Result<Tried, Failure> {
        let id = NoticeId::new(&ctx.world);
        let body: Bytes =
            Notice { id, kind, timestamp: ctx.now().to_string(), environment: ctx.org.environment, data }.to_bytes()?;
        let name = id.to_string();
        let telling = Telling {
            id: &name,
            kind,
            body: body.clone(),
            media_type: JSON,
            attempt: 1,
            at: ctx.now(),
            deadline: PING_DEADLINE,
        };
        let tried = |outcome, body: Bytes, headers, encryption| Tried {
            succeeded: false,
            outcome,
            status: None,
            latency_ms: None,
            body,
            content_type: JSON,
            headers,
            signatures: Vec::new(),
            encryption,
        };
        let sealed = match seal(ready, &telling, ctx) {
            Ok(sealed) => sealed,
            Err(error) => return Ok(tried(error.code(), Bytes::new(), Vec::new(), None)),
        };
        let wire = telling.on_the_wire(&sealed);
        let Ok(headers) = signatures(ready, &wire) else {
            return Ok(tried(CallError::NotSignable.code(), Bytes::new(), Vec::new(), None));
        };
        let encryption = sealed.by.as_ref().map(|(method, key_id)| TriedEncryption {
            method: method.name(),
            legacy: method.is_legacy(),
            key_id: key_id.clone(),
            clear: body,
            fields: sealed.fields,
            skipped: sealed.skipped,
            answer: None,
        });
        let tried = tried("delivered", sealed.body.clone(), headers.clone(), encryption);
        let signatures = signing::explain(ready, &wire).unwrap_or_default();
        let tried = Tried { signatures, content_type: sealed.media_type, ..tried };
        Ok(match send(&self.client, ctx.org, ready, &telling, sealed, headers).await {
            Ok(answer) => {
                let succeeded = (200..300).contains(&answer.status);
                let outcome = if succeeded { "delivered" } else { "refused" };
                let latency_ms = Some(u64::try_from(answer.latency.as_millis()).unwrap_or(u64::MAX));
                let answered = ready.sealing.answered(&answer).map(Answered::code);
                let encryption = tried.encryption.map(|one| TriedEncryption { answer: answered, ..one });
                Tried { succeeded, outcome, status: Some(answer.status), latency_ms, encryption, ..tried }
            }
            Err(error) => Tried { outcome: error.code(), ..tried },
        })
    }
}

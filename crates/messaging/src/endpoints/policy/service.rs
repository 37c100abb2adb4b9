//! Use cases of policies.

use sealpost_access::revisions::{self, Change, Setting, Subject};
use sealpost_access::secrets::{self, SecretRef};
use sealpost_egress::guard::{AgreedPort, OtherPort, Policy as Strictness};
use sealpost_egress::target::Target;
use sealpost_govern::Reason;
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_govern::approvals::{self, Approval, Module};
use sealpost_seal::Purpose;
use sealpost_store::{EndpointId, Environment, Leaf, OrgKeys, Recorded, StoreError, Tx};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Call, Code, Failure, Fault, Refusal, Reply, not_found};
use serde_json::json;

use super::approval;
use super::model::Policy;
use super::rules;
use crate::endpoints::codes::{APPROVAL_APART, ENDPOINT_UNAPPROVED, SECRET_INVALID};
use crate::endpoints::model::{Endpoint, Filter, Profiles};
use crate::endpoints::service::{self, Changes};
use crate::endpoints::{encryption, signing, store, transport};
use crate::versions::codes::VERSION_MOVED;
use crate::versions::{Act, Expected, Promoted, Standing, VersionRefusal};

/// Its name among the settings that leave revisions.
pub(super) const SETTING: Setting = Setting::new("endpoint");

/// Of which endpoint's policy something is.
fn subject(tx: &Tx<'_>, endpoint: &Endpoint) -> Subject {
    Subject { setting: SETTING, target: Some(endpoint.id.bytes()), environment: Some(tx.ctx().org.environment) }
}

/// The policy of an endpoint, as it stands.
pub(in crate::endpoints) fn of(tx: &mut Tx<'_>, endpoint: &Endpoint) -> Result<Policy, StoreError> {
    let wrong = |_| StoreError::Column("definition".into());
    Ok(Policy {
        endpoint_id: endpoint.id,
        url: endpoint.url.clone(),
        description: endpoint.description.clone(),
        events: endpoint.events.patterns().to_vec(),
        profiles: endpoint.profiles.names().iter().map(|name| (*name).to_owned()).collect(),
        custom: endpoint.custom.as_ref().map(|own| serde_json::to_value(own.spec())).transpose().map_err(wrong)?,
        transport: transport::Written::of(&transport::find(tx, endpoint.id)?),
        encryption: encryption::written(tx, endpoint.id)?,
    })
}

/// What the policy would be, and whether the change brings something that is no part of it: a secret, or a profile that may get one of its
/// own.
pub(in crate::endpoints) fn planned(
    before: &Policy,
    endpoint: &Endpoint,
    changes: &Changes,
    signing: &signing::Change,
) -> Result<(Policy, bool), Failure> {
    let had = endpoint.profiles.names();
    let names = signing::planned(had, signing)?;
    let described = signing.described().map(|own| serde_json::to_value(own.spec())).transpose().map_err(Fault::new)?;
    let mut after = before.clone();
    after.url = changes.url.clone().unwrap_or(after.url);
    after.description = changes.description.clone().unwrap_or(after.description);
    after.events = changes.events.as_ref().map_or(after.events, |events| events.patterns().to_vec());
    after.custom = described.or(after.custom).filter(|_| names.contains(&signing::CUSTOM));
    after.profiles = names.iter().map(|name| (*name).to_owned()).collect();
    let carries = changes.secret.is_some() || signing.brings_secrets() || names.iter().any(|name| !had.contains(name));
    Ok((after, carries))
}

/// Whether endpoints take an approval here.
pub(in crate::endpoints) fn is_guarded(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.ctx().org.environment == Environment::Live && approvals::is_needed(tx, Module::Endpoint)?)
}

/// Asks others first, where what is wanted protects less than what is there and that takes an approval. `carries` is whether the change
/// brings something that is no part of a policy: what others agree to is all that happens then.
pub(in crate::endpoints) fn gate(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    endpoint: &Endpoint,
    (before, after): (&Policy, Policy),
    carries: bool,
    why: Option<&Reason>,
) -> Result<Option<Recorded<Approval>>, Failure> {
    if !is_guarded(tx)? {
        return Ok(None);
    }
    if !endpoint.is_admitted {
        return Err(Refusal::of(&ENDPOINT_UNAPPROVED).into());
    }
    if !rules::is_looser(before, &after) {
        return Ok(None);
    }
    if carries {
        return Err(Refusal::of(&APPROVAL_APART).into());
    }
    approval::ask(tx, keys, Act::Change, after, why).map(Some)
}

/// Keeps the policy of a new endpoint, and asks others before it is called, where that takes an approval.
pub(in crate::endpoints) fn begin(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    endpoint: &mut Endpoint,
) -> Result<(Option<Recorded<Approval>>, Leaf), Failure> {
    let after = of(tx, endpoint)?;
    let whole = serde_json::to_value(&after).map_err(Fault::new)?;
    let of = subject(tx, endpoint);
    let digest = revisions::keep(tx, keys, Change { of, number: Some(1), before: None, after: whole, why: None })?;
    let leaf = marked(tx, keys, Leaf::of("endpoint.create"), endpoint, (1, digest));
    if !is_guarded(tx)? {
        return Ok((None, leaf));
    }
    endpoint.is_admitted = false;
    store::admit(tx, endpoint.id, false)?;
    Ok((Some(approval::ask(tx, keys, Act::Admit, after, None)?), leaf))
}

/// Whether others have yet to agree to an endpoint at all.
pub(in crate::endpoints) fn is_held(tx: &mut Tx<'_>, endpoint: &Endpoint) -> Result<bool, StoreError> {
    Ok(!endpoint.is_admitted && is_guarded(tx)?)
}

/// Refuses to call an endpoint, for whatever it is, that others have yet to agree to.
pub(in crate::endpoints) fn may_be_called(tx: &mut Tx<'_>, endpoint: &Endpoint) -> Result<(), Failure> {
    if is_held(tx, endpoint)? { Err(Refusal::of(&ENDPOINT_UNAPPROVED).into()) } else { Ok(()) }
}

/// Keeps what the policy says after a change that was just stored, if it says something else than before, and answers the change's leaf.
/// The endpoint's version goes up from where it stood: of many who change it at once one does.
pub(in crate::endpoints) fn keep(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    endpoint: &mut Endpoint,
    before: &Policy,
    why: Option<&Reason>,
    leaf: Leaf,
) -> Result<Leaf, Failure> {
    let after = of(tx, endpoint)?;
    if after == *before {
        return Ok(leaf.on(EndpointId::PREFIX, endpoint.id.bytes()));
    }
    if !store::advance(tx, endpoint.id, endpoint.version)? {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    endpoint.version = endpoint.version.saturating_add(1);
    let change = Change {
        of: subject(tx, endpoint),
        number: Some(endpoint.version),
        before: Some(serde_json::to_value(before).map_err(Fault::new)?),
        after: serde_json::to_value(&after).map_err(Fault::new)?,
        why: why.map(|why| why.text().expose(Purpose::Seal).as_str()),
    };
    let digest = revisions::keep(tx, keys, change)?;
    Ok(marked(tx, keys, leaf, endpoint, (endpoint.version, digest)))
}

/// The leaf of a change, with which revision it made.
fn marked(tx: &Tx<'_>, keys: &OrgKeys, leaf: Leaf, endpoint: &Endpoint, (version, digest): (u32, [u8; 32])) -> Leaf {
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let details = json!({ "version": version, "digest": digest });
    leaf.on(EndpointId::PREFIX, endpoint.id.bytes()).with(keys.seal_audit(tx.ctx(), details.to_string().as_bytes()))
}

/// Puts a policy into force as it was written down: what was agreed to, or what was there before. Secrets it names must be there still.
pub(super) fn put(tx: &mut Tx<'_>, keys: &OrgKeys, to: &Policy, why: Option<&Reason>) -> Result<Recorded<()>, Failure> {
    let id = to.endpoint_id;
    let mut endpoint = store::find(tx, id)?.ok_or_else(not_found)?;
    let before = of(tx, &endpoint)?;
    for secret in to.secrets() {
        if secrets::refer(tx, &SecretRef::Id(secret))?.is_none() {
            return Err(Refusal::of(&SECRET_INVALID).at("/secret", "secret_unknown").into());
        }
    }
    let changes = Changes {
        url: Some(to.url.clone()),
        description: Some(to.description.clone()),
        events: Some(Filter::new(to.events.clone()).map_err(|_| StoreError::Column("events".into()))?),
        ..Changes::default()
    };
    service::store_changes(tx, &mut endpoint, changes)?;
    let profiles = Profiles::read(&to.profiles).map_err(|_| StoreError::Column("profiles".into()))?;
    signing::become_of(tx, keys, &mut endpoint, &profiles, to.custom()?)?;
    transport::become_of(tx, id, to.transport.clone())?;
    encryption::become_of(tx, id, to.encryption.clone())?;
    service::changed(tx, id);
    let leaf = keep(tx, keys, &mut endpoint, &before, why, Leaf::of("endpoint.update"))?;
    Ok(tx.record(leaf, ()))
}

/// Whether going back to a policy would need a profile to be set up anew: its secret went with it.
pub(super) fn can_be_signed(tx: &mut Tx<'_>, to: &Policy) -> Result<(), Failure> {
    let endpoint = store::find(tx, to.endpoint_id)?.ok_or_else(not_found)?;
    let has = |name: &String| endpoint.profiles.names().iter().any(|one| one == name);
    if to.profiles.iter().all(has) { Ok(()) } else { Err(Refusal::of(&APPROVAL_APART).into()) }
}

/// Whether a text may be an endpoint's URL at all; whether it may be called is asked whenever it is.
pub(super) fn is_url(text: &str) -> bool {
    somewhere(text).is_some()
}

/// Where a URL leads, whether or not it may be called.
fn somewhere(url: &str) -> Option<Target> {
    let any = Strictness::strict().with_loopback().with_any_port();
    Target::parse(url, &any).ok().filter(|_| url.len() <= 2_048)
}

/// Others have agreed to this URL of an endpoint, and to its port with it.
pub(super) fn agree(tx: &mut Tx<'_>, id: EndpointId, url: &str) -> Result<(), StoreError> {
    let port = somewhere(url).and_then(|target| OtherPort::of(target.port()));
    store::agree_port(tx, id, port)
}

/// The port that others have agreed to with the URL that stands there, if they have.
#[expect(clippy::disallowed_methods, reason = "what stands there was written by an approval, and goes with the URL")]
pub(in crate::endpoints) fn agreed_port(tx: &mut Tx<'_>, id: EndpointId) -> Result<Option<AgreedPort>, StoreError> {
    Ok(store::agreed_port(tx, id)?.map(AgreedPort::by_approval))
}

/// Why a policy isn't changed.
pub(in crate::endpoints) const POLICY_REFUSES: [&Code; 5] =
    [&VERSION_MOVED, &ENDPOINT_UNAPPROVED, &APPROVAL_APART, &APPROVAL_PERSON_UNKNOWN, &CHANGED_MEANWHILE];

/// Leads to what was done, or to what waits.
pub(in crate::endpoints) fn settled<T>(became: &Promoted<T>, done: Reply, approvals: &str) -> Reply {
    match became {
        Promoted::InForce(_) => done,
        Promoted::Waits(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
    }
}

/// How an endpoint's policy stands.
const fn standing(endpoint: &Endpoint) -> Standing {
    Standing { newest: endpoint.version, in_force: Some(endpoint.version), promotions: endpoint.version }
}

/// The entity tag of an endpoint: another as soon as its policy is.
pub(in crate::endpoints) fn tag(endpoint: &Endpoint) -> String {
    standing(endpoint).tag()
}

/// Refuses a change of whoever believes that another policy is in force.
pub(in crate::endpoints) fn expect(endpoint: &Endpoint, expected: &Expected) -> Result<(), Failure> {
    if expected.holds(&standing(endpoint)) { Ok(()) } else { Err(VersionRefusal::Moved.into()) }
}

/// What the caller believes.
pub(in crate::endpoints) fn expected<B, Q>(call: &Call<B, Q>, version: Option<u32>) -> Expected {
    Expected { tags: call.header("if-match").map(str::to_owned), in_force: version }
}

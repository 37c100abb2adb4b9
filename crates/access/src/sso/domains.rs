//! Domains that are an organisation's own: claimed, and proved by a record of their DNS.

use sealpost_store::{
    CredentialKind, Ctx, Environment, Keys, Leaf, Org, OrgId, OrgKeys, Recorded, SsoConnectionId, Store, StoreError,
    Tx, directory,
};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::json;

use super::codes::{DOMAIN_NOT_PROVED, DOMAIN_TAKEN, SSO_FULL};
use super::model::{Connection, Domain, MOST_DOMAINS};
use super::{Sso, policy, rules, store};

/// Claims a domain whose addresses are to be led to this connection. It counts once it is proved.
pub(super) fn claim(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    name: &str,
    connection: SsoConnectionId,
) -> Result<Recorded<Domain>, Failure> {
    let name = rules::own_domain(name).map_err(|code| Refusal::of(&BODY_INVALID).at("/domain", code))?;
    store::find(tx, connection)?.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/connection", "connection_unknown"))?;
    if store::domains(tx)?.len() as i64 >= MOST_DOMAINS {
        return Err(Refusal::of(&SSO_FULL).into());
    }
    let mut proof = [0; 20];
    tx.ctx().rng().fill(&mut proof);
    let proof = proof.iter().map(|byte| format!("{byte:02x}")).collect();
    let domain = Domain { name, connection, proof, verified_at: None, created_at: tx.ctx().now() };
    if !store::insert_domain(tx, &domain)? {
        return Err(taken());
    }
    let leaf = leaf(tx, keys, "sso_domain.create", &domain);
    Ok(tx.record(leaf, domain))
}

/// Asks the domain's DNS whether it says so. Of a name that others share no record says anything, also if it was claimed before that
/// was known.
pub(super) async fn is_proved(sso: &Sso, domain: &Domain) -> bool {
    if rules::is_shared(&domain.name) {
        return false;
    }
    let wanted = domain.record();
    sso.text.text(&domain.record_name()).await.is_ok_and(|records| records.contains(&wanted))
}

/// From now on the domain is proved; whoever calls has [asked](is_proved). One domain is one organisation's.
pub(super) fn verify(
    tx: &mut Tx<'_>,
    (keys, organisation): (&Keys, &OrgKeys),
    name: &str,
) -> Result<Recorded<Domain>, Failure> {
    let domain = store::domain(tx, name)?.ok_or_else(not_found)?;
    if domain.verified_at.is_none() {
        if !directory::claim(tx, CredentialKind::SsoDomain, &mac(keys, name), domain.connection.bytes())? {
            return Err(taken());
        }
        store::verify_domain(tx, name)?;
    }
    let domain = store::domain(tx, name)?.ok_or_else(not_found)?;
    let leaf = leaf(tx, organisation, "sso_domain.verify", &domain);
    Ok(tx.record(leaf, domain))
}

/// Why a domain isn't proved.
pub(super) fn not_proved() -> Failure {
    Refusal::of(&DOMAIN_NOT_PROVED).into()
}

/// Gives a domain up.
pub(super) fn remove(
    tx: &mut Tx<'_>,
    (keys, organisation): (&Keys, &OrgKeys),
    name: &str,
) -> Result<Recorded<()>, Failure> {
    let domain = store::domain(tx, name)?.ok_or_else(not_found)?;
    policy::spare_domain(tx, name)?;
    forget(tx, keys, &domain)?;
    let leaf = leaf(tx, organisation, "sso_domain.remove", &domain);
    Ok(tx.record(leaf, ()))
}

/// The same as part of something else.
pub(super) fn forget(tx: &mut Tx<'_>, keys: &Keys, domain: &Domain) -> Result<(), StoreError> {
    if domain.verified_at.is_some() {
        directory::remove(tx, CredentialKind::SsoDomain, &mac(keys, &domain.name))?;
    }
    store::delete_domain(tx, &domain.name)
}

/// Whether an organisation has proved that a domain is its own.
pub(super) fn is_own(tx: &mut Tx<'_>, name: &str) -> Result<bool, StoreError> {
    let name = rules::domain(name).unwrap_or_default();
    Ok(store::domain(tx, &name)?.is_some_and(|domain| domain.verified_at.is_some()))
}

/// The connection to which addresses of this domain are led. Before anybody is known.
pub(super) async fn lead(house: &Store, name: &str) -> Result<Option<(Org, Connection)>, StoreError> {
    let Some(name) = rules::domain(name) else { return Ok(None) };
    let found = house.credential(CredentialKind::SsoDomain, mac(house.keys(), &name)).await?;
    let Some(found) = found else { return Ok(None) };
    super::service::locate(house, SsoConnectionId::from_bytes(found.id)).await
}

/// The connections of an installation that has one organisation: they may be shown to whoever comes. Of several, none is told.
pub(crate) async fn shown(house: &Store) -> Result<Vec<Connection>, StoreError> {
    let all = house.organisations().await?;
    let [id] = all.as_slice() else { return Ok(Vec::new()) };
    let ctx = Ctx::system(Org { id: *id, environment: Environment::Live }, house.world().clone());
    let connections = house.peek::<_, StoreError>(&ctx, store::all).await?;
    Ok(connections.into_iter().filter(|connection| connection.enabled).collect())
}

fn mac(keys: &Keys, name: &str) -> [u8; 32] {
    keys.pepper().mac(&[b"sso-domain:", name.as_bytes()])
}

fn taken() -> Failure {
    Refusal::of(&DOMAIN_TAKEN).at("/domain", "domain_taken").into()
}

fn leaf(tx: &Tx<'_>, keys: &OrgKeys, action: &'static str, domain: &Domain) -> Leaf {
    let ctx = tx.ctx();
    let details = json!({ "domain": domain.name, "connection": domain.connection });
    let sealed = keys.seal_audit(ctx, details.to_string().as_bytes());
    Leaf::of(action).on(OrgId::PREFIX, ctx.org.id.bytes()).with(sealed)
}

//! Whether members have to sign in by a service.

use sealpost_store::{Leaf, MemberId, OrgId, Recorded, StoreError, Tx};
use sealpost_web::{Failure, Refusal};

use super::codes::{SSO_IN_USE, SSO_NOT_READY};
use super::model::{Connection, Kind};
use super::{oidc, rules, saml, store};
use crate::sessions::{self, Method};
use crate::sign_in::codes::SSO_REQUIRED;
use crate::{members, passkeys};

/// Whether members have to.
pub(super) fn is_required(tx: &mut Tx<'_>) -> Result<bool, StoreError> {
    store::is_required(tx)
}

impl Connection {
    /// The host at which the service is asked, or members are sent to it; nothing while it is being set up.
    pub fn host(&self) -> Option<String> {
        let address = match self.kind {
            Kind::Oidc => oidc::address(&self.settings)?,
            Kind::Saml => saml::address(&self.settings)?,
        };
        let host = address.strip_prefix("https://")?.split(['/', '?', '#']).next()?;
        (!host.is_empty()).then(|| host.to_owned())
    }
}

/// How signing in by services stands.
pub struct Standing {
    /// The services, oldest first.
    pub connections: Vec<Connection>,
    /// Whether members have to come by one.
    pub required: bool,
}

/// How it stands.
pub fn standing(tx: &mut Tx<'_>) -> Result<Standing, StoreError> {
    Ok(Standing { connections: store::all(tx)?, required: store::is_required(tx)? })
}

/// What is missing for members to have to: a way back in for an owner, a domain that is proved, a connection that has been used.
pub(super) fn missing(tx: &mut Tx<'_>) -> Result<Vec<&'static str>, StoreError> {
    let mut missing = Vec::new();
    let mut tried = false;
    for connection in store::all(tx)?.iter().filter(|connection| connection.enabled) {
        tried |= store::has_identities(tx, connection.id)?;
    }
    let proved = store::domains(tx)?.iter().any(|domain| domain.verified_at.is_some());
    let mut kept = false;
    for owner in members::owners(tx)? {
        kept |= passkeys::has_any(tx, owner)?;
    }
    missing.extend((!tried).then_some("used_connection"));
    missing.extend((!proved).then_some("verified_domain"));
    missing.extend((!kept).then_some("owner_passkey"));
    Ok(missing)
}

/// Has members sign in by a service from now on, or lifts that. Those who are signed in otherwise and are no owners are signed out.
pub(super) fn require(tx: &mut Tx<'_>, required: bool) -> Result<Recorded<bool>, Failure> {
    if required {
        let missing = missing(tx)?;
        if !missing.is_empty() {
            return Err(Refusal::of(&SSO_NOT_READY).member("missing", missing).into());
        }
        sessions::end_all_without_sso(tx)?;
    }
    store::set_required(tx, required)?;
    let org = tx.ctx().org;
    let leaf = Leaf::of("sso_policy.change").on(OrgId::PREFIX, org.id.bytes());
    Ok(tx.record(leaf.because(if required { "required" } else { "lifted" }), required))
}

/// Refuses to give up the last proved domain while members have to.
pub(super) fn spare_domain(tx: &mut Tx<'_>, name: &str) -> Result<(), Failure> {
    let others = store::domains(tx)?.iter().any(|one| one.verified_at.is_some() && one.name != name);
    if is_required(tx)? && !others { Err(Refusal::of(&SSO_IN_USE).into()) } else { Ok(()) }
}

/// Refuses a session that begins otherwise than the organisation wants.
pub(crate) fn expect(tx: &mut Tx<'_>, member: MemberId, method: Method) -> Result<(), Failure> {
    if method.is_sso() || !is_required(tx)? {
        return Ok(());
    }
    let row = members::find(tx, member)?;
    if row.is_some_and(|row| rules::may_come(row.role, method)) {
        return Ok(());
    }
    Err(Refusal::of(&SSO_REQUIRED).into())
}

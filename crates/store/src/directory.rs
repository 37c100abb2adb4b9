//! What must be found before the organisation is known: whose credential this is.

use crate::ctx::Org;
use crate::error::StoreError;
use crate::ids::OrgId;
use crate::sql;
use crate::sql::system_sql;
use crate::tx::Tx;

/// What kind of credential a directory entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// An API key.
    ApiKey,
    /// The link of a hand-over, by which somebody is shown a secret once.
    HandOver,
    /// A member's passkey.
    Passkey,
    /// A link by which somebody outside sees the deliveries of an endpoint.
    PortalLink,
    /// A code that lets a member in who has lost their passkeys.
    RecoveryCode,
    /// A token of a directory that provisions members.
    ScimToken,
    /// A member's session.
    Session,
    /// A one-time link that signs a member in.
    SignInLink,
    /// A connection to a service that signs members in: its id, so that whoever comes by it is led to its organisation.
    SsoConnection,
    /// A domain whose members sign in by a connection.
    SsoDomain,
    /// A one-time link by which somebody begins the support access they were granted.
    SupportLink,
    /// A session of support access.
    SupportSession,
    /// A one-click unsubscribe link (RFC 8058).
    Unsubscribe,
}

impl CredentialKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::ApiKey => "api_key",
            Self::HandOver => "handover",
            Self::Passkey => "passkey",
            Self::PortalLink => "portal_link",
            Self::RecoveryCode => "recovery_code",
            Self::ScimToken => "scim_token",
            Self::Session => "session",
            Self::SignInLink => "sign_in_link",
            Self::SsoConnection => "sso_connection",
            Self::SsoDomain => "sso_domain",
            Self::SupportLink => "support_link",
            Self::SupportSession => "support_session",
            Self::Unsubscribe => "unsubscribe",
        }
    }
}

/// Whose credential it is.
#[derive(Clone, Copy, Debug)]
pub struct Credential {
    /// Its organisation and environment.
    pub org: Org,
    /// The object that says what it may do.
    pub id: [u8; 16],
}

/// Enters a credential: the keyed hash of its token, never the token.
pub fn enter(tx: &mut Tx<'_>, kind: CredentialKind, mac: &[u8; 32], id: [u8; 16]) -> Result<(), StoreError> {
    tx.put(
        sql!("insert into credential (org, env, kind, mac, target) values ($1, $2, $3, $4, $5)"),
        &[&kind.as_str(), mac, &Id(id)],
    )
}

/// Enters what several may claim; false if somebody has.
pub fn claim(tx: &mut Tx<'_>, kind: CredentialKind, mac: &[u8; 32], id: [u8; 16]) -> Result<bool, StoreError> {
    let entered = tx.execute(
        sql!("insert into credential (org, env, kind, mac, target) values ($1, $2, $3, $4, $5) on conflict do nothing"),
        &[&kind.as_str(), mac, &Id(id)],
    )?;
    Ok(entered == 1)
}

/// Takes a credential out.
pub fn remove(tx: &mut Tx<'_>, kind: CredentialKind, mac: &[u8; 32]) -> Result<(), StoreError> {
    tx.put(
        sql!("delete from credential where org = $1 and env = $2 and kind = $3 and mac = $4"),
        &[&kind.as_str(), mac],
    )
}

pub(crate) fn find(tx: &mut Tx<'_>, kind: CredentialKind, mac: &[u8; 32]) -> Result<Option<Credential>, StoreError> {
    tx.optional(
        system_sql!("select org, env, target from credential where kind = $1 and mac = $2"),
        &[&kind.as_str(), mac],
        |row| Ok(Credential { org: Org { id: row.get("org")?, environment: row.get("env")? }, id: row.get("target")? }),
    )
}

/// Every organisation there is.
pub(crate) fn organisations(tx: &mut Tx<'_>) -> Result<Vec<OrgId>, StoreError> {
    tx.all(system_sql!("select org from organisation order by org"), &[], |row| row.get("org"))
}

/// Removes idempotent answers that have expired.
pub(crate) fn forget_expired_answers(tx: &mut Tx<'_>, limit: u32) -> Result<u64, StoreError> {
    let now = tx.ctx().now();
    tx.execute(
        system_sql!(
            "delete from idempotency where (org, env, mac) in
             (select org, env, mac from idempotency where expires_at <= $1 order by expires_at limit $2)"
        ),
        &[&now, &limit],
    )
}

/// Writes `probe` for the sake of writing: what it leaves is what was there.
pub(crate) fn leave_no_trace(tx: &mut Tx<'_>, probe: &[u8]) -> Result<(), StoreError> {
    let (nothing, now) = ([0u8; 32], tx.ctx().now());
    tx.execute(
        sql!(
            "insert into idempotency (org, env, mac, fingerprint, status, body, expires_at) values ($1, $2, $3, $3, 0, $4, $5)
             on conflict do nothing"
        ),
        &[&nothing, &probe, &now],
    )?;
    tx.execute(sql!("delete from idempotency where org = $1 and env = $2 and mac = $3"), &[&nothing]).map(drop)
}

/// Sixteen bytes bound as an id, whatever their kind.
pub(crate) struct Id(pub(crate) [u8; 16]);

impl crate::Param for Id {
    fn value(&self) -> crate::Value<'_> {
        crate::Value::Id(self.0)
    }
}

//! Who comes back from a service: which member that is, and their session.

use std::net::IpAddr;

use sealpost_seal::normal::Email;
use sealpost_seal::viewer::Viewer;
use sealpost_store::{Actor, ActorKind, Ctx, Environment, MemberId, Org, RequestId, StoreError, Time, Tx};
use sealpost_web::{Failure, Refusal};

use super::codes::SSO_REFUSED;
use super::model::{Connection, Kind};
use super::{Sso, domains, rules, store};
use crate::identities::{self, Identity};
use crate::members::{self, Invitation, MemberName, MemberState, NewMember};
use crate::roles::{RoleRef, Standard};
use crate::sessions::{self, Agent, Method, Opened, Opening, network_name};

/// What a service says of whoever comes back, after everything about it was verified.
pub(crate) struct Vouched {
    /// Who says it.
    pub(crate) issuer: String,
    /// What it calls them, for good.
    pub(crate) subject: String,
    /// Their address, if the service has verified it.
    pub(crate) email: Option<Email>,
    /// What colleagues will call them.
    pub(crate) name: Option<MemberName>,
    /// Their groups.
    pub(crate) groups: Vec<String>,
}

/// In which browser.
#[derive(Clone, Copy)]
pub(crate) struct Browser {
    /// From where.
    pub(crate) peer: IpAddr,
    /// Of what kind.
    pub(crate) agent: Agent,
    /// By which request.
    pub(crate) request: RequestId,
}

/// What of it counts once.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    /// A keyed hash of it.
    pub(crate) what: [u8; 32],
    /// Until when it could be believed.
    pub(crate) until: Time,
}

/// Which member somebody is.
enum Who {
    /// One who came this way before.
    Known(MemberId),
    /// One who has the address that the service has verified.
    ByAddress(MemberId),
    /// Nobody yet.
    New(NewMember),
}

impl Who {
    fn id(&self) -> MemberId {
        match self {
            Self::Known(id) | Self::ByAddress(id) => *id,
            Self::New(new) => new.id(),
        }
    }
}

/// Begins the session of whoever a service vouches for: a member who came this way before, one whom somebody invited or who is here
/// already and has the address, or a new one where the connection says so. What is spent is spent with it, or neither.
pub(crate) async fn arrive(
    sso: &Sso,
    org: Org,
    connection: &Connection,
    vouched: Vouched,
    browser: Browser,
    spent: Spent,
) -> Result<Opened, Failure> {
    let org = Org { environment: Environment::Live, ..org };
    match try_arrive(sso, org, connection, vouched, browser, spent).await {
        Err(Outcome::Refused(code)) => Err(refuse(sso, org, connection, code).await),
        Err(Outcome::Failed(failure)) => Err(failure),
        Ok(opened) => Ok(opened),
    }
}

/// Keeps for administrators why somebody was refused, and says no more than that to whoever it was.
pub(crate) async fn refuse(sso: &Sso, org: Org, connection: &Connection, code: &'static str) -> Failure {
    let (ctx, id) = (Ctx::system(org, sso.house.world().clone()), connection.id);
    let kept = sso.house.maintain::<_, StoreError>(&ctx, move |tx| store::note_refusal(tx, id, code));
    if let Err(error) = kept.await {
        tracing::error!(error = %error, "sso.refusal_not_kept");
    }
    Refusal::of(&SSO_REFUSED).at("/", code).into()
}

/// Why nobody arrives.
enum Outcome {
    /// They are refused, by this code.
    Refused(&'static str),
    /// Something else.
    Failed(Failure),
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for Outcome {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

async fn try_arrive(
    sso: &Sso,
    org: Org,
    connection: &Connection,
    vouched: Vouched,
    browser: Browser,
    spent: Spent,
) -> Result<Opened, Outcome> {
    let keys = sso.house.keys().organisation(org.id).await?;
    let system = Ctx::system(org, sso.house.world().clone());
    let Vouched { issuer, subject, email, name, groups } = vouched;
    let who = who(sso, &system, connection, (&issuer, &subject), (email, name)).await?;
    let member = who.id();
    let actor = Actor { kind: ActorKind::Member, id: member.bytes() };
    let ctx = Ctx { org, actor, viewer: Viewer::masked(), request: browser.request, world: sso.house.world().clone() };
    let (agent, network) = (browser.agent, network_name(&keys, member, browser.peer));
    let method = match connection.kind {
        Kind::Oidc => Method::Oidc,
        Kind::Saml => Method::Saml,
    };
    let opening = Opening { member, method, agent, network, passkey: None, connection: Some(connection.id) };
    let (all_keys, id, version) = (sso.house.keys().clone(), connection.id, connection.version);
    let act = move |tx: &mut Tx<'_>| {
        // What was verified was verified by what the connection said then.
        let connection = store::find(tx, id)?.filter(|one| one.enabled && one.version == version);
        let connection = connection.ok_or(Outcome::Refused("connection_changed"))?;
        if !store::spend(tx, &spent.what, spent.until)? {
            return Err(Outcome::Refused("replayed"));
        }
        let identity = Identity { connection: id.bytes(), issuer: &issuer, subject: &subject };
        settle(tx, &who)?;
        if !matches!(who, Who::Known(_)) {
            identities::link(tx, &keys, member, identity)?;
        }
        let to = rules::role_of(&connection.groups, &groups, connection.newcomers);
        if let Some(to) = to {
            members::follow_group(tx, &keys, member, to)?;
        }
        store::mark_used(tx, id)?;
        Ok(sessions::open(tx, &all_keys, &opening)?)
    };
    sso.house.write(&ctx, act).await
}

/// Which member it is, as far as can be said before anything is changed.
async fn who(
    sso: &Sso,
    system: &Ctx,
    connection: &Connection,
    (issuer, subject): (&str, &str),
    (email, name): (Option<Email>, Option<MemberName>),
) -> Result<Who, Outcome> {
    let keys = sso.house.keys().organisation(system.org.id).await?;
    let (id, issuer, subject) = (connection.id, issuer.to_owned(), subject.to_owned());
    let known = sso
        .house
        .peek::<_, StoreError>(system, move |tx| {
            let identity = Identity { connection: id.bytes(), issuer: &issuer, subject: &subject };
            identities::find(tx, &keys, identity)
        })
        .await?;
    if let Some(known) = known {
        return Ok(Who::Known(known));
    }
    let email = email.ok_or(Outcome::Refused("email_missing"))?;
    if let Some(row) = sso.members.by_email(system, &email).await? {
        return Ok(Who::ByAddress(row.id));
    }
    let role = connection.newcomers.ok_or(Outcome::Refused("member_unknown"))?;
    let domain = email.domain();
    let own = sso.house.peek::<_, StoreError>(system, move |tx| domains::is_own(tx, &domain)).await?;
    if !own {
        return Err(Outcome::Refused("domain_not_verified"));
    }
    Ok(Who::New(sso.members.prepare(system, Invitation { email, name, role, teams: Vec::new() }).await?))
}

/// Whoever it is may come in: has joined, if invited; was made, if new.
fn settle(tx: &mut Tx<'_>, who: &Who) -> Result<(), Outcome> {
    if let Who::New(new) = who {
        return match members::admit(tx, new)? {
            true => Ok(()),
            false => Err(Outcome::Refused("address_taken_meanwhile")),
        };
    }
    let id = who.id();
    let row = members::find(tx, id)?.ok_or(Outcome::Refused("member_unknown"))?;
    // Also one who came this way before they were an owner.
    if row.role == RoleRef::Standard(Standard::Owner) {
        return Err(Outcome::Refused("owner_signs_in_by_passkey"));
    }
    match row.state {
        MemberState::Active => Ok(()),
        MemberState::Invited => {
            crate::links::spend_all_of(tx, id)?;
            Ok(members::join(tx, id)?)
        }
        MemberState::Suspended => Err(Outcome::Refused("member_suspended")),
        MemberState::Removed => Err(Outcome::Refused("member_unknown")),
    }
}

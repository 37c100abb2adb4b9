//! Making and changing connections of this kind, inside the transaction of whoever asks.

use sealpost_egress::guard::Policy;
use sealpost_store::{Keys, OrgKeys, Recorded, SsoConnectionId, Tx};
use sealpost_web::{Failure, not_found};

use super::settings::{Draft, Settings};
use crate::sso::{Connection, Kind, New, create, service, set_settings};

/// Makes a connection.
pub(super) fn make(
    tx: &mut Tx<'_>,
    (keys, organisation): (&Keys, &OrgKeys),
    policy: &Policy,
    (name, draft): (String, &Draft),
) -> Result<Recorded<Connection>, Failure> {
    let settings = sealed(tx, organisation, draft.read(None, policy)?, draft);
    let new = New { kind: Kind::Oidc, name, settings: settings.to_text(), newcomers: None, groups: Vec::new() };
    create(tx, (keys, organisation), &new)
}

/// Changes one to what `draft` makes of what it is.
pub(super) fn change(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    policy: &Policy,
    (id, known): (SsoConnectionId, Option<u32>),
    (name, draft): (Option<String>, impl FnOnce(&Settings) -> Draft),
) -> Result<Recorded<Connection>, Failure> {
    let (_, standing) = find(tx, id)?;
    let draft = draft(&standing);
    let settings = sealed(tx, keys, draft.read(Some(&standing), policy)?, &draft);
    set_settings(tx, keys, id, known, (name, settings.to_text()))
}

/// A connection of this kind and what it keeps; another kind's isn't there.
pub(super) fn find(tx: &mut Tx<'_>, id: SsoConnectionId) -> Result<(Connection, Settings), Failure> {
    let found = service::find(tx, id)?.filter(|one| one.kind == Kind::Oidc).ok_or_else(not_found)?;
    let settings = Settings::stored(&found.settings)?;
    Ok((found, settings))
}

fn sealed(tx: &Tx<'_>, keys: &OrgKeys, mut settings: Settings, draft: &Draft) -> Settings {
    let ctx = tx.ctx();
    if let Some(secret) = draft.secret() {
        settings.keep(ctx.org.id, keys, secret, ctx.rng());
    }
    settings
}

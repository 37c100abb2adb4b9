//! Secrets and keys of connections that are sealed under an older version of the organisation's key are sealed anew under the one that
//! is used now.

use std::sync::Arc;

use sealpost_store::{Ctx, OrgKeys, Store, StoreError, Tx, org_sql};

use super::model::Kind;
use super::{oidc, saml, store};

/// Seals what every connection keeps anew.
pub(crate) async fn reseal(house: &Store, ctx: &Ctx, keys: &Arc<OrgKeys>) -> Result<(), StoreError> {
    let org = ctx.org.id;
    let mut anew = Vec::new();
    for connection in house.read::<_, StoreError>(ctx, store::all).await? {
        let fresh = match connection.kind {
            Kind::Oidc => oidc::resealed(&connection.settings, org, keys, ctx.rng())?,
            Kind::Saml => saml::resealed(&connection.settings, org, keys, ctx.rng())?,
        };
        anew.extend(fresh.map(|fresh| (connection.id, fresh, connection.settings)));
    }
    let put = move |tx: &mut Tx<'_>| {
        // Whoever changed a connection meanwhile sealed it anew.
        let update = org_sql!("update sso_connection set settings = $3 where org = $1 and id = $2 and settings = $4");
        anew.iter().try_for_each(|(id, fresh, before)| tx.put(update, &[id, fresh, before]))
    };
    house.maintain::<_, StoreError>(ctx, put).await
}

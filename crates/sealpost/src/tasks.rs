//! What goes on beside requests, for as long as the server runs.

use std::sync::Arc;
use std::time::Duration;

use sealpost_access::links;
use sealpost_access::members::Members;
use sealpost_access::{api_keys, encryption, members, networks, passkeys, secrets, sessions, sso, visits};
use sealpost_govern::{activity, approvals, audit, checkpoints, downloads, support};
use sealpost_messaging::contacts::{ContactRefusal, Contacts};
use sealpost_messaging::{Messaging, endpoints, erasures, storage, workflows};
use sealpost_store::{Ctx, Environment, Org, OrgId, Store, StoreError};
use sealpost_web::tls::Certificates;
use tokio::task::JoinSet;

use crate::config::LedgerConfig;
use crate::house::House;

/// How often the use of keys is written.
const KEY_USE: Duration = Duration::from_secs(5);
/// How often keys are looked after: so late, at most, a reminder comes.
const KEY_CARE: Duration = Duration::from_secs(15 * 60);
/// How often secrets are looked after: so late, at most, a reminder of their age comes.
const SECRET_CARE: Duration = Duration::from_secs(60 * 60);
/// How often hand-overs are looked for that nobody opened in time: so long, at most, a value is kept that nobody can open any more.
const HANDOVER_CARE: Duration = Duration::from_secs(30);
/// How often changes of networks are looked for that nobody confirmed. They are over before: this writes it down.
const NETWORK_CARE: Duration = Duration::from_secs(15);
/// How often requests for approval are looked for that nobody decided, or nobody was written about.
const APPROVAL_CARE: Duration = Duration::from_secs(15);
/// How often support access is looked after: so late, at most, its link goes out and its end is told. It ends by itself before.
const SUPPORT_CARE: Duration = Duration::from_secs(2);
/// How often erasures are looked for that a crash interrupted.
const ERASURE_CARE: Duration = Duration::from_secs(15);
/// How often proofs of endpoints are looked after: so late, at most, one is asked for anew.
const ENDPOINT_CARE: Duration = Duration::from_secs(60 * 60);
/// How often turns of keys are gone on with, and copies of keys are closed whose time has come.
const ENCRYPTION_CARE: Duration = Duration::from_secs(5);
/// How often it is looked whether the operator on the host has somebody let in.
const VISIT_CARE: Duration = Duration::from_secs(3);
/// How often what belongs to members is looked after.
const MEMBER_CARE: Duration = Duration::from_secs(15 * 60);
/// How often expired idempotent answers are removed.
const EXPIRY: Duration = Duration::from_secs(60);
/// The most answers removed in one transaction, so that it holds nobody up.
const EXPIRED: u32 = 2_000;
/// How often contacts are looked for whose blind indexes are of a month that is over.
const REINDEX: Duration = Duration::from_secs(3600);
/// Contacts moved at once.
const REINDEXED: u32 = 200;
/// How often details in the ledger are looked for that are too old.
const PRUNING: Duration = Duration::from_secs(3600);
/// How often certificate files are looked at.
const CERTIFICATES: Duration = Duration::from_secs(5);

/// Starts them; dropping the set ends them.
pub(crate) fn start(house: &House, certificates: &Arc<Certificates>, ledger: &LedgerConfig) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(api_keys::flush_forever(house.keys.uses(), KEY_USE));
    tasks.spawn(api_keys::look_after_forever(house.store.clone(), KEY_CARE));
    tasks.spawn(secrets::look_after_forever(house.store.clone(), SECRET_CARE));
    tasks.spawn(secrets::look_after_handovers_forever(house.store.clone(), HANDOVER_CARE));
    tasks.spawn(networks::look_after_forever(house.store.clone(), NETWORK_CARE));
    let members = Members::new(house.store.clone());
    let (store, post) = (house.store.clone(), house.post.clone());
    tasks.spawn(support::look_after_forever(store, post, members.clone(), SUPPORT_CARE));
    tasks.spawn(approvals::look_after_forever(house.store.clone(), house.post.clone(), members, APPROVAL_CARE));
    tasks.spawn(downloads::work_forever(house.downloads.clone()));
    tasks.spawn(erasures::look_after_forever(house.messaging.erasures.clone(), ERASURE_CARE));
    tasks.spawn(endpoints::look_after_forever(house.messaging.endpoints.clone(), ENDPOINT_CARE));
    tasks.spawn(storage::look_after_forever(house.messaging.storage.clone()));
    tasks.spawn(workflows::look_after_forever(house.messaging.workflows.clone()));
    tasks.spawn(encryption::look_after_forever(house.store.clone(), ENCRYPTION_CARE, Messaging::RESEALS));
    tasks.spawn(visits::look_after_forever(house.store.clone(), VISIT_CARE));
    let checkpoint_every = Duration::from_millis(ledger.checkpoint_ms);
    tasks.spawn(checkpoints::sign_forever(house.signer.clone(), checkpoint_every));
    tasks.spawn(activity::count_forever(house.store.clone()));
    tasks.spawn(audit::prune_forever(house.store.clone(), ledger.details_days, PRUNING));
    tasks.spawn(forget_expired_answers(house.store.clone()));
    tasks.spawn(look_after_members(house.store.clone()));
    tasks.spawn(reindex_contacts(house.store.clone(), house.messaging.contacts.clone()));
    tasks.spawn(certificates.clone().watch(CERTIFICATES));
    let certificates = certificates.clone();
    tasks.spawn(crate::signals::on_hangup(move || match certificates.reload() {
        Ok(()) => tracing::info!("tls.certificate_reloaded"),
        Err(error) => tracing::error!(error = %error, "tls.certificate_unusable"),
    }));
    tasks
}

/// Shreds the keys of removed members, indexes them anew after the turn of a month, forgets old sessions and spent challenges.
async fn look_after_members(store: Store) {
    loop {
        if let Err(error) = members_once(&store).await {
            tracing::error!(error = %error, "members.not_looked_after");
        }
        tokio::time::sleep(MEMBER_CARE).await;
    }
}

async fn members_once(store: &Store) -> Result<(), StoreError> {
    // Each is tried, whatever becomes of the others.
    let outcome = members::look_after(store).await;
    let outcome = outcome.and(sessions::forget_old(store).await).and(links::forget_old(store).await);
    outcome.and(passkeys::forget_spent_challenges(store).await).and(sso::forget_spent(store).await)
}

async fn forget_expired_answers(store: Store) {
    loop {
        match store.forget_expired_answers(EXPIRED).await {
            // There may be more.
            Ok(removed) if removed >= EXPIRED.into() => continue,
            Ok(_) => {}
            Err(error) => tracing::error!(error = %error, "idempotency.expiry_failed"),
        }
        tokio::time::sleep(EXPIRY).await;
    }
}

/// Indexes contacts anew after the turn of a month, lets old keys go, and has the next month's ready.
async fn reindex_contacts(store: Store, contacts: Contacts) {
    loop {
        for id in store.organisations().await.unwrap_or_default() {
            if let Err(error) = contacts_once(&store, &contacts, id).await {
                tracing::error!(error = %error, "contacts.reindex_failed");
            }
        }
        tokio::time::sleep(REINDEX).await;
    }
}

async fn contacts_once(store: &Store, contacts: &Contacts, id: OrgId) -> Result<(), ContactRefusal> {
    // Each is tried, whatever becomes of the others.
    let mut outcome = Ok(());
    for environment in [Environment::Test, Environment::Live] {
        let ctx = Ctx::system(Org { id, environment }, store.world().clone());
        outcome = outcome.and(reindexed(contacts, &ctx).await);
    }
    outcome.and(contacts.retire(id).await.map(drop))
}

async fn reindexed(contacts: &Contacts, ctx: &Ctx) -> Result<(), ContactRefusal> {
    while contacts.reindex(ctx, REINDEXED).await? > 0 {
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Does once what is done again and again beside requests: for whoever has time in their own hands.
pub(crate) async fn look_after(house: &House) -> anyhow::Result<()> {
    house.keys.uses().flush().await?;
    house.signer.round().await?;
    members_once(&house.store).await?;
    for id in house.store.organisations().await? {
        contacts_once(&house.store, &house.messaging.contacts, id).await?;
    }
    Ok(activity::count(&house.store).await?)
}

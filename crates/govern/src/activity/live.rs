//! `GET /app/{env}/live`: that something changed, and of what kind.
//!
//! Every change leaves a leaf, so whoever looks at how long the ledger is knows whether there is news; the newest leaves say of
//! what kind. Kinds are all that is told, and only those the listener may read: what is new is read by who hears of it, as anybody
//! else would.

use std::collections::BTreeSet;
use std::time::Duration;

use sealpost_access::permissions::*;
use sealpost_ledger::{Environment as Where, Leaf};
use sealpost_store::{Ctx, Environment, Store, StoreError};
use sealpost_web::{Call, Class, Endpoint, Permission, PermissionSet, Reply, get};
use tokio::sync::mpsc;

use crate::downloads::PROGRESS;

/// How often it is looked for news.
const LOOK: Duration = Duration::from_secs(1);
/// After how many looks without news a word is sent all the same, so that nobody in between takes the connection for dead.
const QUIET_LOOKS: u32 = 15;
/// Leaves looked at for kinds; if there are more, everything has changed.
const LEAVES: u32 = 256;
/// Events that may wait for a slow reader.
const WAITING: usize = 4;

/// The kind of files that somebody asked for.
const FILES: &str = "dow";
/// The kinds of things, by the prefix of their ids, and who hears of them.
const KINDS: [(&str, Permission); 21] = [
    ("msg", MESSAGES_READ),
    ("con", CONTACTS_READ),
    ("era", ERASURES_READ),
    (FILES, DOWNLOADS_READ),
    ("tpl", TEMPLATES_READ),
    ("evd", EVENTS_READ),
    ("rte", ROUTES_READ),
    ("wf", WORKFLOWS_READ),
    ("run", WORKFLOWS_READ),
    ("ep", ENDPOINTS_READ),
    ("dlv", ENDPOINTS_READ),
    ("key", KEYS_READ),
    ("mem", MEMBERS_READ),
    ("role", MEMBERS_READ),
    ("team", MEMBERS_READ),
    ("ses", SESSIONS_MANAGE),
    ("sec", SECRETS_MANAGE),
    ("sso", SSO_READ),
    ("sct", SCIM_MANAGE),
    ("org", NETWORKS_READ),
    ("led", LEDGER_READ),
];

/// What everybody who is signed in hears of: a banner on every page says it anyway.
const FOR_ALL: &str = "sgr";

pub(super) fn live(house: &Store) -> Endpoint {
    let house = house.clone();
    get("/app/{env}/live")
        .signed_in("it tells of what kind a change was, to those who may read that kind, and nothing else")
        .for_support()
        .class(Class::Read)
        .summary("Hear that something changed")
        .describe("Server-sent events: `change` with the kinds of what changed. Ends within a second of the session.")
        .answers_with(200, "text/event-stream")
        .to(move |call: Call| {
            let (sender, events) = mpsc::channel(WAITING);
            tokio::spawn(follow(house.clone(), call.ctx.clone(), call.caller.permissions, sender));
            std::future::ready(Ok(Reply::events(events)))
        })
}

type Events = mpsc::Sender<hyper::body::Bytes>;

async fn follow(house: Store, ctx: Ctx, permissions: PermissionSet, events: Events) {
    let Ok(mut seen) = size(&house, &ctx).await else { return };
    let mut progress = house.bus().subscribe(PROGRESS);
    let mut quiet = 0;
    // How long a browser waits before it comes back.
    let mut word = "retry: 2000\n\n".to_owned();
    while events.send(std::mem::take(&mut word).into()).await.is_ok() {
        while word.is_empty() {
            tokio::time::sleep(LOOK).await;
            let Ok(mut kinds) = news(&house, &ctx, permissions, &mut seen).await else { return };
            // How far a file is leaves no leaf: the bus tells of it.
            while let Ok(change) = progress.try_recv() {
                if change.org == ctx.org && permissions.contains(DOWNLOADS_READ) {
                    kinds.insert(FILES);
                }
            }
            quiet += 1;
            if !kinds.is_empty() {
                word = format!("event: change\ndata: {}\n\n", serde_json::json!({ "kinds": kinds }));
                quiet = 0;
            } else if quiet >= QUIET_LOOKS || events.is_closed() {
                word = ":\n\n".to_owned();
                quiet = 0;
            }
        }
    }
}

async fn size(house: &Store, ctx: &Ctx) -> Result<u64, StoreError> {
    Ok(house.ledger_head(ctx).await?.map_or(0, |(head, _)| head.frontier.size()))
}

/// The kinds of what changed since `seen`, which moves on.
async fn news(
    house: &Store,
    ctx: &Ctx,
    permissions: PermissionSet,
    seen: &mut u64,
) -> Result<BTreeSet<&'static str>, StoreError> {
    let size = size(house, ctx).await?;
    let (from, fresh) = (*seen, size.saturating_sub(*seen));
    *seen = size;
    let may_hear = |(kind, needs): &(&'static str, Permission)| permissions.contains(*needs).then_some(*kind);
    if fresh > u64::from(LEAVES) {
        return Ok(KINDS.iter().filter_map(may_hear).chain([FOR_ALL]).collect());
    }
    if fresh == 0 {
        return Ok(BTreeSet::new());
    }
    let rows = house.ledger_leaves(ctx, from, LEAVES).await?;
    let leaves: Vec<_> = rows.iter().filter_map(|row| Leaf::decode(&row.leaf).ok()).collect();
    // Whoever was let in is told of in both environments.
    let is_for_all = |leaf: &Leaf| leaf.target.as_ref().is_some_and(|target| target.kind.as_str() == FOR_ALL);
    let for_all = leaves.iter().any(is_for_all).then_some(FOR_ALL);
    let leaves = leaves.into_iter();
    let changed: BTreeSet<String> = leaves
        .filter(|leaf| concerns(ctx.org.environment, leaf.environment))
        .filter_map(|leaf| leaf.target.map(|target| target.kind.to_string()))
        .chain(["led".to_owned()])
        .collect();
    Ok(KINDS.iter().filter(|(kind, _)| changed.contains(*kind)).filter_map(may_hear).chain(for_all).collect())
}

/// Whether a leaf from there is news here. What concerns the organisation itself is news everywhere.
const fn concerns(here: Environment, from: Where) -> bool {
    match from {
        Where::Test => matches!(here, Environment::Test),
        Where::Live => matches!(here, Environment::Live),
        Where::None => true,
    }
}

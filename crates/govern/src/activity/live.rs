//! `GET /app/{env}/live`: that something changed, and of what kind.
//!
//! Every change leaves a leaf, so whoever looks at how long the ledger is knows whether there is news; the newest leaves say of
//! what kind. Kinds are all that is told, and only those the listener may read: what is new is read by who hears of it, as anybody
//! else would.
//!
//! Whoever begins to listen says as of when what they see is, and whoever comes back as of which word: nothing that happened in
//! between is passed over.

use std::collections::BTreeSet;
use std::time::Duration;

use schemars::JsonSchema;
use sealpost_access::permissions::*;
use sealpost_ledger::{Environment as Where, Leaf};
use sealpost_store::{Ctx, Environment, Store, StoreError, Time};
use sealpost_web::{Call, Class, Endpoint, Permission, PermissionSet, Reply, get};
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::downloads::PROGRESS;

/// How often it is looked for news.
const LOOK: Duration = Duration::from_secs(1);
/// After how many looks without news a word is sent all the same, so that nobody in between takes the connection for dead.
const QUIET_LOOKS: u32 = 15;
/// Leaves looked at for kinds; if there are more, everything has changed.
const LEAVES: u32 = 256;
/// How much earlier than what a listener saw a change may call itself that wasn't committed yet, or was by a node whose clock is
/// behind. A change that is told once too often costs a look.
const SLACK_MS: i64 = 1_000;
/// Events that may wait for a slow reader.
const WAITING: usize = 4;

/// The kind of files that somebody asked for.
const FILES: &str = "dow";
/// The kinds of things, by the prefix of their ids, and who hears of them.
const KINDS: [(&str, Permission); 22] = [
    ("msg", MESSAGES_READ),
    ("con", CONTACTS_READ),
    ("era", ERASURES_READ),
    (FILES, DOWNLOADS_READ),
    ("tpl", TEMPLATES_READ),
    ("evd", EVENTS_READ),
    ("chn", CHANNELS_READ),
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

/// That whoever was let in to help looked at something: no change of what they looked at, or looking would be news to who looks.
const LOOK_OF_HELPER: &str = "support.look";

/// As of when what the listener sees is.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Seen {
    /// `data-at` of the page: a moment of this server. From now on unless said otherwise.
    since: Option<Time>,
}

pub(super) fn live(house: &Store) -> Endpoint {
    let house = house.clone();
    get("/app/{env}/live")
        .signed_in("it tells of what kind a change was, to those who may read that kind, and nothing else")
        .for_support()
        .class(Class::Read)
        .summary("Hear that something changed")
        .describe(
            "Server-sent events: `change` with the kinds of what changed since `since`, and then as it changes. Whoever comes back says \
             `Last-Event-ID` (WHATWG HTML §9.2.4) and misses nothing. Ends within a second of the session.",
        )
        .queries::<Seen>()
        .answers_with(200, "text/event-stream")
        .to(move |call: Call<(), Seen>| {
            let (sender, events) = mpsc::channel(WAITING);
            let since = call.header("last-event-id").and_then(|id| id.parse().ok()).or(call.query.since);
            let listener = Listener {
                house: house.clone(),
                ctx: call.ctx.clone(),
                permissions: call.caller.permissions,
                helps: call.caller.support.is_some(),
            };
            tokio::spawn(listener.follow(since, sender));
            std::future::ready(Ok(Reply::events(events)))
        })
}

type Events = mpsc::Sender<hyper::body::Bytes>;

/// Whoever hears of changes.
struct Listener {
    house: Store,
    ctx: Ctx,
    permissions: PermissionSet,
    /// Whether it is somebody who was let in to help.
    helps: bool,
}

impl Listener {
    async fn follow(self, since: Option<Time>, events: Events) {
        let mut at = self.ctx.now();
        let Ok(mut seen) = self.size().await else { return };
        let mut progress = self.house.bus().subscribe(PROGRESS);
        let mut quiet = 0;
        let Ok(missed) = self.missed(since, seen).await else { return };
        // How long a browser waits before it comes back.
        let mut word = format!("retry: 2000\n\n{}", change(at, &missed));
        while events.send(std::mem::take(&mut word).into()).await.is_ok() {
            while word.is_empty() {
                tokio::time::sleep(LOOK).await;
                at = self.ctx.now();
                let Ok(mut kinds) = self.news(&mut seen).await else { return };
                // How far a file is leaves no leaf: the bus tells of it.
                while let Ok(change) = progress.try_recv() {
                    if change.org == self.ctx.org && self.permissions.contains(DOWNLOADS_READ) {
                        kinds.insert(FILES);
                    }
                }
                quiet += 1;
                word = change(at, &kinds);
                if !word.is_empty() {
                    quiet = 0;
                } else if quiet >= QUIET_LOOKS || events.is_closed() {
                    word = ":\n\n".to_owned();
                    quiet = 0;
                }
            }
        }
    }

    async fn size(&self) -> Result<u64, StoreError> {
        Ok(self.house.ledger_head(&self.ctx).await?.map_or(0, |(head, _)| head.frontier.size()))
    }

    /// The kinds of what changed since `seen`, which moves on.
    async fn news(&self, seen: &mut u64) -> Result<BTreeSet<&'static str>, StoreError> {
        let size = self.size().await?;
        let (from, fresh) = (*seen, size.saturating_sub(*seen));
        *seen = size;
        match fresh {
            0 => Ok(BTreeSet::new()),
            _ if fresh > u64::from(LEAVES) => Ok(self.all()),
            _ => Ok(self.kinds(&self.leaves(from).await?)),
        }
    }

    /// The kinds of what changed since then among the first `size` leaves.
    async fn missed(&self, since: Option<Time>, size: u64) -> Result<BTreeSet<&'static str>, StoreError> {
        let Some(since) = since.map(|since| since.plus_ms(-SLACK_MS).unix_ms()) else { return Ok(BTreeSet::new()) };
        let from = size.saturating_sub(LEAVES.into());
        let leaves = self.leaves(from).await?;
        let fresh: Vec<_> = leaves.iter().skip_while(|leaf| leaf.at_ms < since).cloned().collect();
        Ok(if from > 0 && fresh.len() == leaves.len() { self.all() } else { self.kinds(&fresh) })
    }

    async fn leaves(&self, from: u64) -> Result<Vec<Leaf>, StoreError> {
        let rows = self.house.ledger_leaves(&self.ctx, from, LEAVES).await?;
        Ok(rows.iter().filter_map(|row| Leaf::decode(&row.leaf).ok()).collect())
    }

    fn may_hear(&self, (kind, needs): &(&'static str, Permission)) -> Option<&'static str> {
        self.permissions.contains(*needs).then_some(*kind)
    }

    fn all(&self) -> BTreeSet<&'static str> {
        KINDS.iter().filter_map(|kind| self.may_hear(kind)).chain([FOR_ALL]).collect()
    }

    /// The kinds of what these leaves are about.
    fn kinds(&self, leaves: &[Leaf]) -> BTreeSet<&'static str> {
        let kind = |leaf: &Leaf| leaf.target.as_ref().map(|target| target.kind.to_string());
        let is_look = |leaf: &Leaf| leaf.action.to_string() == LOOK_OF_HELPER;
        // Whoever was let in is told of in both environments.
        let for_all = leaves.iter().any(|leaf| kind(leaf).is_some_and(|kind| kind == FOR_ALL)).then_some(FOR_ALL);
        let led = leaves.iter().any(|leaf| !(self.helps && is_look(leaf))).then(|| "led".to_owned());
        let changed: BTreeSet<String> = leaves
            .iter()
            .filter(|leaf| concerns(self.ctx.org.environment, leaf.environment) && !is_look(leaf))
            .filter_map(kind)
            .chain(led)
            .collect();
        KINDS
            .iter()
            .filter(|(kind, _)| changed.contains(*kind))
            .filter_map(|kind| self.may_hear(kind))
            .chain(for_all)
            .collect()
    }
}

/// The event that tells of these kinds as of then; nothing if there are none.
fn change(at: Time, kinds: &BTreeSet<&'static str>) -> String {
    match kinds.is_empty() {
        true => String::new(),
        false => format!("id: {at}\nevent: change\ndata: {}\n\n", serde_json::json!({ "kinds": kinds })),
    }
}

/// Whether a leaf from there is news here. What concerns the organisation itself is news everywhere.
const fn concerns(here: Environment, from: Where) -> bool {
    match from {
        Where::Test => matches!(here, Environment::Test),
        Where::Live => matches!(here, Environment::Live),
        Where::None => true,
    }
}

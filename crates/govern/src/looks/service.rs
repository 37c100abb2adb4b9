//! Taking a look.

use sealpost_access::masking::{self, DailyReveals};
use sealpost_access::notices::{self, Notice, NoticeKind};
use sealpost_access::roles;
use sealpost_seal::Purpose;
use sealpost_seal::viewer::{RevealGrant, Viewer};
use sealpost_store::failpoint::{self, Point};
use sealpost_store::{Actor, ActorKind, ApiKeyId, Ctx, Leaf, OrgKeys, Store, StoreError, Tx};
use sealpost_web::{Failure, Refusal};
use serde_json::{Map, Value, json};

use super::rules::{self, BURST, WINDOW_MS};
use super::store;
use crate::masking::codes::REVEAL_BUDGET_EXHAUSTED;
use crate::reason::Reason;

/// What somebody wants to look at.
#[derive(Clone)]
pub struct Look {
    /// The ledger's word for it: `message.reveal`.
    pub action: &'static str,
    /// The kind of object, as its ids begin.
    pub kind: &'static str,
    /// Which object.
    pub id: [u8; 16],
    /// What else the ledger keeps, beside the reason.
    pub details: Map<String, Value>,
}

/// Why somebody does not get to look.
#[derive(Debug, thiserror::Error)]
pub enum LookRefused {
    /// The caller has looked as often today as its organisation lets anybody.
    #[error("no looks are left for today")]
    Exhausted {
        /// How often that is.
        budget: DailyReveals,
        /// Seconds until there are looks again.
        wait: u32,
    },
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LookRefused> for Failure {
    fn from(refused: LookRefused) -> Self {
        match refused {
            LookRefused::Exhausted { budget, wait } => {
                Refusal::of(&REVEAL_BUDGET_EXHAUSTED).member("reveals_per_day", budget.count()).retry_after(wait).into()
            }
            LookRefused::Store(error) => error.into(),
        }
    }
}

/// Takes a look for a reason: once this answers, the look is in the ledger, and its viewer may be shown what it is about. A look
/// that is refused is in the ledger, too.
pub async fn look(house: &Store, ctx: &Ctx, look: Look, reason: &Reason) -> Result<Viewer, LookRefused> {
    let keys = house.keys().organisation(ctx.org.id).await?;
    let Look { action, kind, id, mut details } = look;
    details.insert("reason".into(), reason.text().expose(Purpose::Seal).as_str().into());
    let sealed = keys.seal_audit(ctx, Value::Object(details).to_string().as_bytes());
    let leaf = Leaf::of(action).on(kind, id).with(sealed);
    let refused = house
        .write::<_, StoreError>(ctx, move |tx| {
            let budget = budget(tx, &keys)?;
            if !store::count(tx, rules::day_of(tx.ctx().now()), budget.count())? {
                return Ok(tx.record(leaf.denied(REVEAL_BUDGET_EXHAUSTED.code), Some(budget)));
            }
            note_burst(tx, &keys)?;
            Ok(tx.record(leaf, None))
        })
        .await?;
    match refused {
        Some(budget) => Err(LookRefused::Exhausted { budget, wait: rules::seconds_to_midnight(ctx.now()) }),
        None => {
            failpoint::pass(Point::Looking);
            Ok(ctx.viewer.lifted(RevealGrant::after_leaf(ctx.request.bytes())))
        }
    }
}

/// How many looks whoever acts has in a day: as many as the organisation lets anybody, and no more than their role says.
fn budget(tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<DailyReveals, StoreError> {
    let anybody = masking::standing(tx, keys)?.policy.reveals;
    Ok(roles::reveals(tx)?.map_or(anybody, |role| role.min(anybody)))
}

/// Part of the API: `docs/api.md` lists it.
const BURST_OF_REVEALS: NoticeKind = NoticeKind::new("reveal.burst");

fn burst_of(actor: Actor) -> Notice {
    let notice = Notice::of(BURST_OF_REVEALS).with("within_seconds", WINDOW_MS / 1000);
    match actor.kind {
        ActorKind::Key => notice.with("key_id", ApiKeyId::from_bytes(actor.id)),
        _ => notice,
    }
}

/// Leaves `reveal.burst`, and tells endpoints, if this look is one too many in a short time.
fn note_burst(tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<(), StoreError> {
    let ctx = tx.ctx();
    let (mut lately, warned_at) = store::lately(tx)?;
    lately.looked(ctx.now());
    let is_burst = lately.is_burst(warned_at, ctx.now());
    store::remember(tx, &lately, if is_burst { Some(ctx.now()) } else { warned_at })?;
    if is_burst {
        tracing::warn!(request = %ctx.request, "reveal.burst");
        let details = json!({ "more_than": BURST, "within_seconds": WINDOW_MS / 1000 });
        tx.note(Leaf::of("reveal.burst").with(keys.seal_audit(ctx, details.to_string().as_bytes())));
        notices::raise(tx, burst_of(ctx.actor))?;
    }
    Ok(())
}

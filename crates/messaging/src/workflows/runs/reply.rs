//! A run hears a reply, and goes on with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealpost_seal::rng;
use sealpost_store::{Claim, ContactId, Ctx, Leaf, StoreError, Tx, WorkflowId, WorkflowRunId};
use serde_json::json;

use super::jobs::{At, Onward, Runner, Written};
use super::service::wake;
use super::store;
use super::volatile::{Held, Memory};
use crate::contacts;
use crate::workflows::definition::Definition;
use crate::workflows::model::{Replied, Run, RunState};
use crate::workflows::rules::{self, Became};
use crate::workflows::{Workflows, replies, store as workflows};

/// The most replies that a run keeps: the oldest stay, as the first is the one that counts.
const MOST: usize = 32;
/// The most runs of one contact that are looked at, the oldest first.
const AT_ONCE: u32 = 200;
/// How what a run calls a reply begins: no signal may be called so.
const NAME: &str = "@reply/";

/// A run with what it is told.
pub(in crate::workflows) struct Hearing {
    /// Which.
    pub(in crate::workflows) run: WorkflowRunId,
    definition: Arc<Definition>,
    name: String,
    text: Text,
}

/// The text, sealed for a run.
enum Text {
    /// To be written.
    Stored(Vec<u8>),
    /// To be remembered here, where what the run knows is.
    Here(Arc<Held>, Vec<u8>),
    /// No node looks at it, or what the run knows is in another process's memory.
    NotKept,
}

/// What a run makes of a reply.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::workflows) enum Heard {
    /// It goes on with it, now or when it comes to its wait.
    GoesOn,
    /// It waits, and was told enough before.
    HasEnough,
    /// It doesn't wait any more.
    DoesNotWait,
}

impl Workflows {
    /// The runs for this person that wait for a reply or will before they send anything, each with the text sealed for it.
    pub(in crate::workflows) async fn listening(
        &self,
        ctx: &Ctx,
        contact: ContactId,
        text: &str,
    ) -> Result<Vec<Hearing>, StoreError> {
        let found = self.store().read::<_, StoreError>(ctx, move |tx| listening(tx, contact)).await?;
        let mut all = Vec::with_capacity(found.len());
        for (run, definition) in found {
            let name = format!("{NAME}{:032x}", u128::from_be_bytes(rng::array(ctx.rng())));
            let text = match definition.asks_for_replies() {
                true => self.sealed_for(ctx, &run, &name, text).await?,
                false => Text::NotKept,
            };
            all.push(Hearing { run: run.id, definition, name, text });
        }
        Ok(all)
    }

    async fn sealed_for(&self, ctx: &Ctx, run: &Run, name: &str, text: &str) -> Result<Text, StoreError> {
        Ok(match self.memory_of(ctx, run).await? {
            Memory::Stored => match self.key_of(ctx, run).await? {
                Some(key) => Text::Stored(key.seal_reply(ctx, run.id, name, text)),
                None => Text::NotKept,
            },
            Memory::Here(held) => match self.key_with(ctx, run, held.key()).await? {
                Some(key) => Text::Here(held, key.seal_reply(ctx, run.id, name, text)),
                None => Text::NotKept,
            },
            Memory::Elsewhere | Memory::Lost => Text::NotKept,
        })
    }
}

/// Runs under way for whoever this is that would hear a reply, in the order in which they are locked.
fn listening(tx: &mut Tx<'_>, contact: ContactId) -> Result<Vec<(Run, Arc<Definition>)>, StoreError> {
    let mut ids = Vec::new();
    for one in contacts::one_person(tx, contact)? {
        ids.append(&mut store::under_way_of(tx, one, AT_ONCE)?);
    }
    ids.sort_unstable();
    ids.truncate(AT_ONCE as usize);
    let mut versions: BTreeMap<(WorkflowId, u32), Arc<Definition>> = BTreeMap::new();
    let mut all = Vec::new();
    for id in ids {
        let Some(run) = store::find(tx, id)? else { continue };
        let of = (run.workflow, run.version);
        let definition = match versions.get(&of) {
            Some(known) => known.clone(),
            None => {
                let version = workflows::version(tx, run.workflow, run.version)?;
                let found = Arc::new(version.ok_or(StoreError::Missing("workflow_version"))?.definition);
                versions.insert(of, found.clone());
                found
            }
        };
        if definition.hears_reply_at(&run.node) {
            all.push((run, definition));
        }
    }
    Ok(all)
}

/// Tells a run of a reply, if it waits for one still. It is locked before it is looked at: whoever lets it rest sees the reply, or is
/// seen resting.
pub(in crate::workflows) fn hear(tx: &mut Tx<'_>, hearing: Hearing) -> Result<Heard, StoreError> {
    let Hearing { run: id, definition, name, text } = hearing;
    let Some(RunState::Running | RunState::Waiting) = store::lock(tx, id)? else { return Ok(Heard::DoesNotWait) };
    let Some(run) = store::find(tx, id)?.filter(|run| definition.hears_reply_at(&run.node)) else {
        return Ok(Heard::DoesNotWait);
    };
    if replies::count(tx, id)? >= MOST {
        return Ok(Heard::HasEnough);
    }
    let sealed = match &text {
        Text::Stored(sealed) => Some(sealed.as_slice()),
        Text::Here(..) | Text::NotKept => None,
    };
    replies::hear(tx, id, &name, sealed)?;
    if let Text::Here(held, sealed) = text {
        held.hear(name, sealed);
    }
    // What rests elsewhere comes to its wait in its own time.
    let waits = definition.node(&run.node).is_some_and(|node| node.waits_for_reply());
    if waits && run.state == RunState::Waiting {
        wake(tx, id)?;
    }
    tx.note(Leaf::of("workflow_run.signal").on(WorkflowRunId::PREFIX, id.bytes()).because("reply"));
    Ok(Heard::GoesOn)
}

impl At {
    /// The reply that satisfies a wait now.
    pub(super) fn reply(&self) -> Option<&Replied> {
        rules::answering(self.run.created_at, self.steps.values(), &self.replies)
    }
}

impl Runner {
    /// A wait is satisfied by a reply: what it says is an answer from now on if a node looks at it, and the reply is gone.
    pub(super) async fn replied(
        &self,
        ctx: &Ctx,
        claim: &Claim,
        at: &At,
        (became, reply): (&Became<'_>, &Replied),
    ) -> Result<Onward, StoreError> {
        let answers = match at.definition.asks_for_answer_of(&at.run.node) {
            true => Some(self.with_reply(ctx, at, reply)?),
            false => None,
        };
        let spent = Some(reply.name.clone());
        self.write(ctx, claim, at, Written { answers, spent, ..Written::of(became, 0) }).await
    }

    /// All answers there are with this one, sealed. A text that only another process had is left out.
    fn with_reply(&self, ctx: &Ctx, at: &At, reply: &Replied) -> Result<Vec<u8>, StoreError> {
        let sealed = reply.sealed.clone().or_else(|| at.held.as_ref().and_then(|held| held.reply(&reply.name)));
        let text = sealed.map(|sealed| at.key.open_reply(ctx.org, at.run.id, &reply.name, &sealed)).transpose()?;
        let body = match text {
            Some(text) => json!({ "text": text }),
            None => json!({}),
        };
        let mut answers = at.answers();
        answers.insert(at.run.node.clone(), json!({ "body": body }));
        at.key.seal(ctx, at.run.id, at.run.contact, "answers", &answers).map_err(|_| StoreError::Missing("answers"))
    }
}

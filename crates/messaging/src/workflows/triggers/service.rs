//! What can be done with triggers.

use sealpost_access::secrets::{self, SecretUse};
use sealpost_store::{Change, Ctx, Leaf, Recorded, StoreError, Tx, WorkflowId, WorkflowTriggerId};
use sealpost_web::{Failure, Refusal, not_found};

use super::model::{NewTrigger, Source, Trigger, Webhook};
use super::{rules, store};
use crate::events;
use crate::workflows::codes::TRIGGER_INVALID;
use crate::workflows::definition::Wrong;
use crate::workflows::{CHANGED, Workflows, store as workflows};

/// The most triggers of a workflow.
const MOST: usize = 20;

/// What begins runs, with what people call the secret it is believed by.
pub(in crate::workflows) struct Known {
    /// What does.
    pub(in crate::workflows) trigger: Trigger,
    /// The name of a webhook's secret.
    pub(in crate::workflows) secret: Option<String>,
}

impl Workflows {
    /// Everything that begins runs of this workflow.
    pub(in crate::workflows) async fn triggers(&self, ctx: &Ctx, id: WorkflowId) -> Result<Vec<Trigger>, Failure> {
        self.store().read(ctx, move |tx| of_workflow(tx, id)).await
    }

    /// The same, as people know it.
    pub(in crate::workflows) async fn known_triggers(&self, ctx: &Ctx, id: WorkflowId) -> Result<Vec<Known>, Failure> {
        let known = move |tx: &mut Tx<'_>| {
            let mut all = Vec::new();
            for trigger in of_workflow(tx, id)? {
                let secret = match &trigger.source {
                    Source::Webhook(webhook) => secrets::name_of(tx, webhook.secret)?,
                    Source::Event(_) | Source::Reply => None,
                };
                all.push(Known { trigger, secret: secret.map(|name| name.as_str().to_owned()) });
            }
            Ok(all)
        };
        self.store().read(ctx, known).await
    }

    /// The trigger of this id.
    pub(in crate::workflows) async fn find_trigger(
        &self,
        ctx: &Ctx,
        id: WorkflowTriggerId,
    ) -> Result<Trigger, Failure> {
        let found = self.store().peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        found.ok_or_else(|| not_found().into())
    }
}

/// Makes a trigger of a workflow; it begins runs from now on, if a version is in force.
pub(in crate::workflows) fn create(
    tx: &mut Tx<'_>,
    workflow: WorkflowId,
    new: NewTrigger,
) -> Result<Recorded<Trigger>, Failure> {
    workflows::find(tx, workflow)?.ok_or_else(not_found)?;
    let mut wrong = rules::wrong(&new);
    if store::of_workflow(tx, workflow)?.len() >= MOST {
        wrong.push(Wrong { place: String::new(), code: "too_many" });
    }
    if !wrong.is_empty() {
        let refusal = Refusal::of(&TRIGGER_INVALID);
        return Err(wrong.into_iter().fold(refusal, |refusal, wrong| refusal.at(wrong.place, wrong.code)).into());
    }
    let trigger = Trigger {
        id: WorkflowTriggerId::new(&tx.ctx().world),
        workflow,
        source: held(tx, new.source)?,
        data: new.data,
        created_at: tx.ctx().now(),
    };
    store::insert(tx, &trigger)?;
    changed(tx, workflow);
    Ok(tx.record(Leaf::of("workflow.add_trigger").on(WorkflowId::PREFIX, workflow.bytes()), trigger))
}

/// Takes a trigger away. What it began goes on.
pub(in crate::workflows) fn remove(tx: &mut Tx<'_>, id: WorkflowTriggerId) -> Result<Recorded<()>, Failure> {
    let trigger = store::find(tx, id)?.ok_or_else(not_found)?;
    store::delete(tx, id)?;
    changed(tx, trigger.workflow);
    Ok(tx.record(Leaf::of("workflow.remove_trigger").on(WorkflowId::PREFIX, trigger.workflow.bytes()), ()))
}

/// Everything that begins runs of one workflow.
fn of_workflow(tx: &mut Tx<'_>, workflow: WorkflowId) -> Result<Vec<Trigger>, Failure> {
    workflows::find(tx, workflow)?.ok_or_else(not_found)?;
    Ok(store::of_workflow(tx, workflow)?)
}

/// What it is believed by is there, and held until this is done.
fn held(tx: &mut Tx<'_>, source: Source<secrets::SecretRef>) -> Result<Source, Failure> {
    let unfit = |place: &'static str, code| Failure::from(Refusal::of(&TRIGGER_INVALID).at(place, code));
    Ok(match source {
        Source::Event(event) => {
            if !events::is_there(tx, &event)? {
                return Err(unfit("/event", "unknown"));
            }
            Source::Event(event)
        }
        Source::Webhook(Webhook { check, secret, to, id }) => {
            let found = secrets::refer(tx, &secret)?;
            let secret = found.ok_or_else(|| unfit("/webhook/secret/secret", "secret_unknown"))?;
            Source::Webhook(Webhook { check, secret, to, id })
        }
        Source::Reply => Source::Reply,
    })
}

fn changed(tx: &mut Tx<'_>, workflow: WorkflowId) {
    tx.publish(Change::new(CHANGED, tx.ctx().org, workflow.bytes()));
}

/// The stored secrets that webhooks are believed by.
pub(in crate::workflows) fn secret_uses_of(tx: &mut Tx<'_>) -> Result<Vec<SecretUse>, StoreError> {
    let mut uses = Vec::new();
    for trigger in store::with_secret(tx)? {
        let Source::Webhook(webhook) = &trigger.source else { continue };
        let name = workflows::find(tx, trigger.workflow)?.map(|workflow| workflow.name);
        uses.push(SecretUse {
            secret: webhook.secret,
            kind: "workflow",
            id: trigger.workflow.to_string(),
            name: name.unwrap_or_default(),
            page: Some(format!("/workflows/{}", trigger.workflow)),
            last_used_at: None,
        });
    }
    Ok(uses)
}

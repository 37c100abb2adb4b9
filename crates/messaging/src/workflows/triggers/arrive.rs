//! A webhook comes in: whose link, who signed, for whom, and one run of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use sealpost_access::secrets::{self, STORED};
use sealpost_seal::Key;
use sealpost_seal::signature::SigningSecret;
use sealpost_store::{Ctx, Recorded, Store, StoreError, Tx, WorkflowRunId, WorkflowTriggerId};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Failure, Refusal, not_found};
use serde_json::Value;

use super::model::{Source, Trigger, Webhook};
use super::rules::{self, Unreadable};
use super::store;
use crate::contacts::Recipient;
use crate::link::Link;
use crate::messages::codes::CONTACT_RACED;
use crate::storage::Mode;
use crate::workflows::codes::{TRIGGER_NOT_BELIEVED, TRIGGER_UNREADABLE, WORKFLOW_UNKNOWN};
use crate::workflows::runs::{Prepared, Wanted, begin};
use crate::workflows::{Workflows, store as workflows};

/// How often a run whose new contact somebody else was faster to make is prepared again.
const RACES: usize = 4;
/// What stands in the leaf of such a run.
const BECAUSE: &str = "webhook";

/// Makes and reads the links that webhooks go to.
#[derive(Clone)]
pub(in crate::workflows) struct Links {
    key: Arc<Key>,
    base: Arc<str>,
}

impl Links {
    /// Links under `public_url`, authenticated by this installation.
    pub(in crate::workflows) fn new(store: &Store, public_url: &str) -> Self {
        let key = store.keys().pepper().derive("workflow_trigger", &[]);
        Self { key: key.into(), base: public_url.trim_end_matches('/').into() }
    }

    /// The link of a trigger.
    pub(in crate::workflows) fn of(&self, ctx: &Ctx, trigger: WorkflowTriggerId) -> String {
        format!("{}/hooks/{}", self.base, Link { org: ctx.org, id: trigger.bytes() }.seal(&self.key))
    }

    /// What a link leads to, if it is one.
    pub(in crate::workflows) fn open(&self, token: &str) -> Option<Link> {
        Link::open(&self.key, token)
    }
}

/// What came in, before anybody is believed.
pub(in crate::workflows) struct Received<'r> {
    /// What stands in the headers that any check looks at.
    pub(in crate::workflows) headers: BTreeMap<&'static str, &'r str>,
    /// The bytes.
    pub(in crate::workflows) body: &'r [u8],
}

/// A webhook with what it is believed by.
struct Opened {
    trigger: Trigger,
    webhook: Webhook,
    secrets: Vec<SigningSecret>,
}

/// Why nothing begins now.
enum Not {
    /// It came before.
    Again,
    /// For this reason.
    Failed(Failure),
}

impl From<StoreError> for Not {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Failure> for Not {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl Workflows {
    /// Begins the run that what came in by this link is for; answers the one it began if it came before.
    pub(in crate::workflows) async fn receive(
        &self,
        ctx: &Ctx,
        id: WorkflowTriggerId,
        received: Received<'_>,
    ) -> Result<WorkflowRunId, Failure> {
        let Opened { trigger, webhook, secrets } = self.open_trigger(ctx, id).await?;
        let names = rules::headers_of(webhook.check);
        let headers: Vec<(&str, &str)> =
            names.into_iter().filter_map(|name| Some((name, *received.headers.get(name)?))).collect();
        let signed = (&headers[..], received.body);
        if !rules::is_believed(webhook.check, &secrets, signed, ctx.now().unix_seconds()) {
            // Of whatever was wrong the same is said, and nothing of what came is kept.
            tracing::info!(trigger = %id, "workflow.webhook_not_believed");
            return Err(Refusal::of(&TRIGGER_NOT_BELIEVED).into());
        }
        let body: Value =
            serde_json::from_slice(received.body).map_err(|_| Refusal::of(&BODY_INVALID).at("", "not_json"))?;
        let known = rules::known(body);
        let what = rules::arrival(webhook.check, webhook.id.as_ref(), &known, signed).map_err(unreadable)?;
        let keys = self.store().keys().organisation(ctx.org.id).await?;
        let mac = keys.purpose("token").mac(&[b"workflow_arrival", &trigger.id.bytes(), &what]);
        for _ in 0..RACES {
            if let Some(run) = self.store().peek(ctx, move |tx| store::arrived(tx, id, mac)).await? {
                return Ok(run);
            }
            let prepared = self.prepare_from(ctx, &trigger, &webhook, &known).await?;
            match self.store().write(ctx, move |tx| arrive(tx, id, mac, prepared)).await {
                Ok(run) => return Ok(run),
                Err(Not::Again) => {}
                Err(Not::Failed(Failure::Refused(refusal))) if refusal.code().code == CONTACT_RACED.code => {}
                Err(Not::Failed(failure)) => return Err(failure),
            }
        }
        Err(Refusal::of(&CONTACT_RACED).retry_after(1).into())
    }

    async fn open_trigger(&self, ctx: &Ctx, id: WorkflowTriggerId) -> Result<Opened, Failure> {
        let keys = self.store().keys().organisation(ctx.org.id).await?;
        let found = self.store().read::<_, StoreError>(ctx, move |tx| {
            let Some(trigger) = store::find(tx, id)? else { return Ok(None) };
            let Source::Webhook(webhook) = trigger.source.clone() else { return Ok(None) };
            let versions = secrets::usable(tx, &keys, webhook.secret, STORED)?;
            Ok(Some((trigger, webhook, versions)))
        });
        let (trigger, webhook, versions) = found.await?.ok_or_else(not_found)?;
        // A version that can't sign believes nobody.
        let read = versions.iter().filter_map(|one| SigningSecret::import(one.value.expose(), one.encoding).ok());
        Ok(Opened { trigger, webhook, secrets: read.collect() })
    }

    async fn prepare_from(
        &self,
        ctx: &Ctx,
        trigger: &Trigger,
        webhook: &Webhook,
        known: &Value,
    ) -> Result<Prepared, Failure> {
        let workflow = trigger.workflow;
        let in_force = self.store().peek::<_, StoreError>(ctx, move |tx| {
            let found = workflows::find(tx, workflow)?;
            found.map(|workflow| workflows::in_force(tx, &workflow)).transpose()
        });
        let what = in_force.await?.flatten().ok_or_else(|| Refusal::of(&WORKFLOW_UNKNOWN))?;
        let to = rules::recipient(&webhook.to, known).map_err(unreadable)?;
        let unfit = |_| unreadable(Unreadable { place: "/to", code: "recipient_invalid" });
        let to: Recipient = serde_json::from_value(to).map_err(unfit)?;
        let data = rules::mapped(&trigger.data, known);
        let wanted = Wanted { what: &what, data: &data, at_most: Mode::Keep, because: Some(BECAUSE) };
        self.on.starter.prepare(ctx, &to, wanted).await
    }
}

/// The one commit: that it came, and what it began.
fn arrive(
    tx: &mut Tx<'_>,
    id: WorkflowTriggerId,
    mac: [u8; 32],
    prepared: Prepared,
) -> Result<Recorded<WorkflowRunId>, Not> {
    // Taken away since it was believed.
    if store::find(tx, id)?.is_none() {
        return Err(Not::Failed(not_found().into()));
    }
    if !store::arrive(tx, id, mac, prepared.id())? {
        return Err(Not::Again);
    }
    Ok(begin(tx, prepared)?.map(|begun| begun.id))
}

fn unreadable(why: Unreadable) -> Failure {
    Refusal::of(&TRIGGER_UNREADABLE).at(why.place, why.code).into()
}

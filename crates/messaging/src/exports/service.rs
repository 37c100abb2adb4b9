//! Use cases of exports.

use std::time::Duration;

use bytes::Bytes;
use sealpost_govern::Reason;
use sealpost_govern::approvals::{self, Approval, Module};
use sealpost_govern::audit::TypedId;
use sealpost_govern::looks::{self, Look};
use sealpost_seal::viewer::{Field, Viewer};
use sealpost_store::failpoint::{self, Point};
use sealpost_store::{ApprovalId, ContactId, Ctx, MessageId, Store, StoreError, Tx, WorkflowRunId};
use sealpost_web::{Failure, Fault};
use serde_json::{Map, json};
use tokio::sync::mpsc;

use super::approval::{APPROVABLE, wanted};
use super::collect::{Broken, Order, Outlet, collect};
use super::json::Json;
use super::model::{About, Form, Further, Person, Writer};
use super::pdf::Pdf;
use super::rules::{self, Takes};
use crate::contacts::{Contact, Contacts, Merged};
use crate::messages::Messages;
use crate::suppressions;
use crate::workflows::Workflows;

/// The act of an export, in the ledger.
const ACTION: &str = "contact.export";
/// The acts that are looks at somebody.
pub(super) const LOOKS: &[&str] = &["contact.reveal", "message.reveal", "workflow_run.reveal", ACTION];
/// Stretches that may wait for a slow reader.
const WAITING: usize = 2;
/// How long a reader may take for a stretch: whoever takes longer hangs, and an export that nobody reads is over.
const PATIENCE: Duration = Duration::from_secs(60);
/// The version of the document.
const VERSION: u32 = 1;

/// What somebody wants to export.
pub(super) struct Wish {
    pub(super) contact: ContactId,
    pub(super) form: Form,
    pub(super) reason: Reason,
    /// What others have agreed to, where that is needed.
    pub(super) approval: Option<ApprovalId>,
}

/// What comes of it.
pub(super) enum Begun {
    /// It is being written.
    Reads(mpsc::Receiver<Bytes>),
    /// Others have to agree first.
    Waits(Box<Approval>),
}

/// The exports of all organisations; cheap to clone.
#[derive(Clone)]
pub struct Exports {
    pub(super) store: Store,
    contacts: Contacts,
    pub(super) messages: Messages,
    pub(super) workflows: Workflows,
}

impl Exports {
    /// On the features they build on.
    pub fn new(store: Store, contacts: Contacts, messages: Messages, workflows: Workflows) -> Self {
        Self { store, contacts, messages, workflows }
    }

    /// Whether there is a contact of this id to export.
    pub(super) async fn expect(&self, ctx: &Ctx, contact: ContactId) -> Result<(), Failure> {
        self.lead(ctx, contact).await.map(drop)
    }

    /// The contact that stands for the person.
    async fn lead(&self, ctx: &Ctx, contact: ContactId) -> Result<ContactId, Failure> {
        let lead = self.contacts.lead(ctx, contact).await?;
        self.contacts.subject(ctx, lead).await?;
        Ok(lead)
    }

    /// Everything held about a person, as it is written, or what waits for others first. The leaf is durable before anything of it is
    /// opened.
    pub(super) async fn begin(&self, ctx: &Ctx, wish: Wish) -> Result<Begun, Failure> {
        let Wish { contact, form, reason, approval } = wish;
        // Whoever asks for what is not there leaves no leaf about it.
        let contact = self.lead(ctx, contact).await?;
        let needed =
            self.store.peek::<_, StoreError>(ctx, |tx| approvals::is_needed(tx, Module::ContactExport)).await?;
        let reason = match (rules::takes(form, needed), approval) {
            (Takes::Reason, _) => reason,
            (Takes::Approval, None) => return self.ask(ctx, contact, form, reason).await,
            (Takes::Approval, Some(id)) => {
                self.spend(ctx, contact, form, id).await?;
                reason
            }
        };
        let details = Map::from_iter([("form".to_owned(), json!(form))]);
        let wanted = Look { action: ACTION, kind: ContactId::PREFIX, id: contact.bytes(), details };
        let viewer = looks::look(&self.store, ctx, wanted, &reason).await?;
        failpoint::pass(Point::Exporting);
        let order = self.order(ctx, contact, viewer).await?;
        let (to, receiver) = mpsc::channel(WAITING);
        let writer: Box<dyn Writer> = match form {
            Form::Json => Box::<Json>::default(),
            Form::Pdf => Box::new(Pdf::new().map_err(Fault::new)?),
        };
        let exports = self.clone();
        tokio::spawn(async move {
            match collect(&exports, order, Outlet { writer, to, patience: PATIENCE }).await {
                Ok(counts) => tracing::info!(messages = counts.messages, "contact.exported"),
                Err(Broken::Unread) => tracing::info!("contact.export_unread"),
                // Whoever reads it finds no end.
                Err(error) => tracing::error!(error = %error, "contact.export_broken"),
            }
        });
        Ok(Begun::Reads(receiver))
    }

    /// Asks others to agree.
    async fn ask(&self, ctx: &Ctx, contact: ContactId, form: Form, reason: Reason) -> Result<Begun, Failure> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let ask = move |tx: &mut Tx<'_>| {
            approvals::ask(tx, &keys, &APPROVABLE, Some(contact.bytes()), wanted(form), Some(&reason))
        };
        let approval = self.store.write::<_, Failure>(ctx, ask).await?;
        Ok(Begun::Waits(Box::new(approval)))
    }

    /// Uses up what others have agreed to. Whoever fails after that asks again: better than twice what was granted once.
    async fn spend(&self, ctx: &Ctx, contact: ContactId, form: Form, id: ApprovalId) -> Result<(), Failure> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let spend = move |tx: &mut Tx<'_>| approvals::spend(tx, &keys, &APPROVABLE, id, contact.bytes(), &wanted(form));
        self.store.write::<_, Failure>(ctx, spend).await
    }

    pub(super) async fn order(&self, ctx: &Ctx, contact: ContactId, viewer: Viewer) -> Result<Order, Failure> {
        let found = self.contacts.find(ctx, contact).await?;
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let addresses = suppressions::of_contact(&keys, ctx.org.environment, &found);
        let about = About {
            version: VERSION,
            contact_id: contact,
            organisation_id: ctx.org.id,
            environment: ctx.org.environment.as_str(),
            exported_at: ctx.now(),
            request_id: ctx.request,
        };
        let everybody = std::iter::once(contact).chain(found.merged.iter().map(|merged| merged.id)).collect();
        let person = person(&viewer, found);
        Ok(Order { ctx: ctx.clone(), contact, everybody, viewer, about, person, addresses })
    }

    /// Whether this is the person, or a message to or a run for them.
    pub(super) async fn is_at(&self, ctx: &Ctx, target: &TypedId, person: &[ContactId]) -> Result<bool, StoreError> {
        match &*target.kind {
            ContactId::PREFIX => Ok(person.contains(&ContactId::from_bytes(target.id))),
            MessageId::PREFIX => {
                let to = self.messages.recipient_of(ctx, MessageId::from_bytes(target.id)).await?;
                Ok(to.is_some_and(|to| person.contains(&to)))
            }
            WorkflowRunId::PREFIX => {
                let of = self.workflows.contact_of(ctx, WorkflowRunId::from_bytes(target.id)).await?;
                Ok(of.is_some_and(|of| person.contains(&of)))
            }
            _ => Ok(false),
        }
    }
}

fn further(viewer: &Viewer, merged: &Merged) -> Further {
    let fields = &merged.fields;
    Further {
        contact_id: merged.id,
        merged_at: merged.merged_at,
        phone: fields.phone.as_ref().map(|value| viewer.text(value, Field::Phone)),
        email: fields.email.as_ref().map(|value| viewer.text(value, Field::Email)),
        external_id: fields.external_id.as_ref().map(|value| viewer.text(value, Field::Other)),
    }
}

fn person(viewer: &Viewer, contact: Contact) -> Person {
    let fields = &contact.fields;
    Person {
        name: fields.name.as_ref().map(|value| viewer.text(value, Field::Name)),
        phone: fields.phone.as_ref().map(|value| viewer.text(value, Field::Phone)),
        email: fields.email.as_ref().map(|value| viewer.text(value, Field::Email)),
        external_id: fields.external_id.as_ref().map(|value| viewer.text(value, Field::Other)),
        merged: contact.merged.iter().map(|merged| further(viewer, merged)).collect(),
        locale: contact.locale,
        created_at: contact.created_at,
        updated_at: contact.updated_at,
    }
}

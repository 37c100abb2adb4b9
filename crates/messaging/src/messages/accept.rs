//! Everything before the 202.

use std::borrow::Cow;
use std::sync::Arc;

use schemars::JsonSchema;
use sealpost_seal::normal::{Email, Phone};
use sealpost_seal::{Key, Personal, Purpose, pan};
use sealpost_store::{ContactId, Ctx, Leaf, MessageId, NewJob, Recorded, SlotId, Store, StoreError, Time, Tx};
use sealpost_web::{Failure, Fault, IdempotencyKey, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::dispatch;
use super::follow::{By, Fired, Follow, Followers};
use super::model::{Content, Message, Payload, State};
use super::sealing::MessageKey;
use super::volatile::{MESSAGES, Room, Vault};
use super::witness::Witness;
use super::{JOB, codes, rules, store};
use crate::channels::ChannelKind;
use crate::contacts::{self, ContactRefusal, Contacts, Identifier, NewContact, Recipient};
use crate::endpoints::Endpoints;
use crate::events::{Class, EventSpec, Events};
use crate::routes::Routes;
use crate::storage::{Gone, Mode, Policies};
use crate::suppressions;
use crate::templates::{RenderError, Rendered, TemplateRefusal, Templates};

/// What templates call the person by.
const CONTACT: &str = "contact";
/// The most endpoints a message may name (parity E01).
const MOST_CALLBACKS: usize = 3;
/// How often a message whose new contact somebody else was faster to make is prepared again.
pub(super) const RACES: usize = 4;

/// A message to be sent.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMessage {
    /// The event to fire.
    #[schemars(length(min = 1, max = 64))]
    pub(super) event: String,
    /// Who it is for.
    pub(super) to: Recipient,
    /// What fills the template.
    #[serde(default)]
    #[schemars(with = "Map<String, Value>")]
    pub(super) data: Map<String, Value>,
    /// Endpoints to tell of this message, by name: at most three. All that hear of it if empty.
    #[serde(default)]
    #[schemars(length(max = 3))]
    pub(super) callbacks: Vec<String>,
    /// Not to be sent after this.
    pub(super) send_before: Option<Time>,
    /// Makes a retry safe; the `Idempotency-Key` header means the same.
    #[expect(dead_code, reason = "web finds it in the body; here it is only declared")]
    idempotency_key: Option<IdempotencyKey>,
}

/// An accepted message.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AcceptedView {
    /// Its id.
    pub(crate) id: MessageId,
    /// `queued`.
    state: State,
    /// `test` or `live`.
    environment: &'static str,
    /// `durable`: it is on disk, and a crash neither loses nor duplicates it. `volatile`: by policy its content is in memory only; if
    /// the process dies before it is sent, it fails with `payload_lost`.
    durability: &'static str,
    /// When it was accepted.
    pub(crate) created_at: Time,
}

/// What accepting needs; cheap to clone.
#[derive(Clone)]
pub struct Accepting {
    /// Keys, and where everything ends up.
    pub store: Store,
    /// Who messages are for.
    pub contacts: Contacts,
    /// What can be fired.
    pub events: Events,
    /// Along which ways.
    pub routes: Routes,
    /// What is said.
    pub templates: Templates,
    /// Who hears of it.
    pub endpoints: Endpoints,
    /// How long what is stored.
    pub policies: Arc<Policies>,
    /// Where what may never be written is.
    pub vault: Vault,
    /// What begins when an event is fired.
    pub(crate) follow: Arc<dyn Follow>,
}

/// A message ready for its transaction: decided on as far as possible without one, sealed. No clear value is in it.
pub(super) struct Prepared {
    message: Message,
    key: MessageKey,
    fresh: Option<Box<NewContact>>,
    suppression: [u8; 16],
    witness: Witness,
    kept: store::Kept,
    /// Where its content will be, if it may not be written.
    room: Option<Room>,
    /// What begins with it.
    followers: Followers,
}

impl Prepared {
    /// In the transaction that accepts it: nobody may have suppressed the address. Asked together with other messages'.
    pub(super) fn guard(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        suppressions::guard(tx, self.message.channel, self.suppression)?;
        match self.fresh {
            Some(_) => Ok(()),
            None => contacts::guard(tx, self.message.contact),
        }
    }

    /// The same for one of many in a transaction, which goes on without it.
    pub(super) fn check(&self, tx: &mut Tx<'_>) -> Result<(), NotAccepted> {
        if suppressions::is_suppressed(tx, self.message.channel, self.suppression)? {
            return Err(suppressed().into());
        }
        match self.fresh.is_none() && contacts::is_erased(tx, self.message.contact)? {
            true => Err(NotAccepted::Raced),
            false => Ok(()),
        }
    }
}

fn suppressed() -> Refusal {
    Refusal::of(&codes::RECIPIENT_SUPPRESSED).at("/to", "suppressed")
}

/// Why a prepared message was not accepted.
pub(crate) enum NotAccepted {
    /// For this reason.
    Refused(Failure),
    /// Somebody else has made the contact meanwhile: prepare again.
    Raced,
}

impl NotAccepted {
    /// The failure it is to whoever can't prepare again.
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Refused(failure) => failure,
            Self::Raced => Refusal::of(&codes::CONTACT_RACED).into(),
        }
    }
}

impl From<StoreError> for NotAccepted {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Guarded(suppressions::GUARD) => suppressed().into(),
            // Erased since they were found: whoever has their addresses from now on is somebody new.
            StoreError::Guarded(contacts::ERASED) => Self::Raced,
            error => Self::Refused(error.into()),
        }
    }
}

impl From<Failure> for NotAccepted {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl From<Refusal> for NotAccepted {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal.into())
    }
}

impl Accepting {
    /// Resolves, renders, checks and seals.
    pub(super) async fn prepare(&self, ctx: &Ctx, new: &NewMessage, by: By) -> Result<Prepared, Failure> {
        let event = self
            .events
            .by_name(ctx, &new.event)
            .await?
            .ok_or_else(|| Refusal::of(&codes::EVENT_UNKNOWN).at("/event", "unknown"))?;
        if new.send_before.is_some_and(|end| end <= ctx.now()) {
            return Err(Refusal::of(&codes::TOO_LATE).at("/send_before", "in_the_past").into());
        }
        self.check_callbacks(ctx, &new.callbacks).await?;
        check_card_numbers(&new.data)?;
        let resolved = self.contacts.resolve(ctx, &new.to).await.map_err(unresolved)?;
        let address = self.address(ctx, &event, new, &resolved).await?;
        let data = self.filled(ctx, &event, new, &resolved, &address).await?;
        let rendered =
            self.templates.render(ctx, event.template, event.template_version, &data).await.map_err(unrendered)?;
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let suppression = suppressions::value_of(&keys, ctx.org.environment, event.channel, &address.compared);
        let mode = self.policies.of(ctx.org.id).await?.rule(ctx.org.environment, event.class).mode;
        let followers = match by {
            By::Request => {
                let fired = Fired { event: &new.event, subject: &resolved.subject, data: &new.data, storage: mode };
                self.follow.prepare(ctx, fired).await?
            }
            By::Follower => Followers::new(),
        };
        let (slot, slot_key) = self.slot(ctx, mode).await?;
        let key = MessageKey::new(&resolved.subject.key, &slot_key, slot);
        let content = content(rendered);
        let witness = Witness::new(ctx, &content, &address.compared);
        let said = (data.into_owned(), content);
        let message = sealed(ctx, new, &event, (resolved.subject.id, slot, mode), &key, &address, said)?;
        let message = match event.route {
            // Which of its channels, its route says when it is sent.
            Some(route) => {
                let unknown = || Refusal::of(&codes::EVENT_UNKNOWN).at("/event", "unknown");
                let route = self.routes.in_force(ctx, route).await?.ok_or_else(unknown)?;
                Message { route: Some(route), sender: None, ..message }
            }
            None => message,
        };
        let room = match mode {
            Mode::Never => Some(self.room(ctx, &message)?),
            Mode::Keep | Mode::UntilDelivered => None,
        };
        let kept = store::Kept {
            opening: witness.seal(ctx, &resolved.subject, message.id),
            digest: witness.digest(),
            unsubscribes: (event.class == Class::Marketing).then_some(suppression),
        };
        Ok(Prepared { message, key, fresh: resolved.fresh, suppression, witness, kept, room, followers })
    }

    /// What fills the template: what the request brings, and `contact` if the template asks for it and the request doesn't. Only
    /// what one calls the person by, and only where the message goes to an address of theirs: whoever may write anywhere must not
    /// have somebody else's name sent there.
    async fn filled<'d>(
        &self,
        ctx: &Ctx,
        event: &EventSpec,
        new: &'d NewMessage,
        resolved: &contacts::Resolved,
        address: &Reachable,
    ) -> Result<Cow<'d, Map<String, Value>>, Failure> {
        let compiled =
            self.templates.compiled(ctx, event.template, event.template_version).await.map_err(unrendered)?;
        let asks = compiled.variables().any(|name| name == CONTACT);
        if !asks || new.data.contains_key(CONTACT) {
            return Ok(Cow::Borrowed(&new.data));
        }
        let contact = match (&new.to, resolved.fresh.is_some()) {
            (Recipient::Person(details), true) => called(details.called()),
            _ => {
                let known = self.contacts.find(ctx, resolved.subject.id).await.map_err(unresolved)?;
                let identifier = match event.channel {
                    ChannelKind::Email => Identifier::Email,
                    ChannelKind::Sms => Identifier::Phone,
                };
                if !known.is_reached_at(identifier, &address.compared) {
                    return Err(Refusal::of(&codes::ADDRESS_NOT_OF_CONTACT).at("/to", "not_of_the_contact").into());
                }
                called(known.called())
            }
        };
        let mut data = new.data.clone();
        data.insert(CONTACT.to_owned(), contact);
        Ok(Cow::Owned(data))
    }

    /// A slot of the key store for what will be written; for what will not, a key that is nowhere else.
    async fn slot(&self, ctx: &Ctx, mode: Mode) -> Result<(SlotId, Arc<Key>), StoreError> {
        match mode {
            Mode::Never => Ok((SlotId::new(&ctx.world), Arc::new(Key::generate(ctx.rng())))),
            Mode::Keep | Mode::UntilDelivered => {
                let slot = self.store.keys().mint(ctx.org.id).await?;
                Ok((slot.id, slot.key))
            }
        }
    }

    fn room(&self, ctx: &Ctx, message: &Message) -> Result<Room, Failure> {
        let bytes = message.recipient.len() + message.payload.as_ref().map_or(0, Vec::len);
        let full = || Refusal::of(&codes::VOLATILE_MEMORY_FULL).retry_after(1);
        self.vault.reserve(ctx.org.id, bytes).ok_or_else(full).map_err(Failure::from)
    }

    async fn check_callbacks(&self, ctx: &Ctx, names: &[String]) -> Result<(), Failure> {
        if names.is_empty() {
            return Ok(());
        }
        if names.len() > MOST_CALLBACKS || !self.endpoints.are_known(ctx, names).await? {
            return Err(Refusal::of(&codes::CALLBACK_INVALID).at("/callbacks", "unknown").into());
        }
        Ok(())
    }
}

fn called((name, locale): (Option<&str>, Option<&str>)) -> Value {
    crate::templates::contact(name, locale)
}

/// An address to write to: as it is delivered to, and as it is compared.
pub(super) struct Reachable {
    delivery: Personal<String>,
    compared: zeroize::Zeroizing<String>,
}

impl Accepting {
    /// The recipient's address for the event's channel: from the request, or from the contact.
    async fn address(
        &self,
        ctx: &Ctx,
        event: &EventSpec,
        new: &NewMessage,
        resolved: &contacts::Resolved,
    ) -> Result<Reachable, Failure> {
        let given = match event.channel {
            ChannelKind::Email => new.to.email().map(Reachable::email),
            ChannelKind::Sms => new.to.phone().map(Reachable::phone),
        };
        if let Some(given) = given {
            return Ok(given);
        }
        let missing = || Refusal::of(&codes::ADDRESS_MISSING).at("/to", "address_missing");
        if resolved.fresh.is_some() {
            return Err(missing().into());
        }
        let identifier = match event.channel {
            ChannelKind::Email => Identifier::Email,
            ChannelKind::Sms => Identifier::Phone,
        };
        let known =
            self.contacts.address(ctx, &resolved.subject, identifier).await.map_err(unresolved)?.ok_or_else(missing)?;
        Reachable::read(event.channel, &known).ok_or_else(|| Fault::new("a stored address is not one").into())
    }
}

fn sealed(
    ctx: &Ctx,
    new: &NewMessage,
    event: &EventSpec,
    (contact, slot, storage): (ContactId, SlotId, Mode),
    key: &MessageKey,
    address: &Reachable,
    (data, content): (Map<String, Value>, Content),
) -> Result<Message, Failure> {
    let (id, now) = (MessageId::new(&ctx.world), ctx.now());
    let payload = Payload { data, content };
    let payload = zeroize::Zeroizing::new(serde_json::to_vec(&payload).map_err(Fault::new)?);
    let recipient = address.delivery.expose(Purpose::Seal).as_bytes();
    let decision = rules::allow(event.class.as_str(), ctx.org.environment);
    Ok(Message {
        id,
        contact,
        event: event.id,
        event_version: event.version,
        template: event.template,
        template_version: event.template_version,
        channel: event.channel,
        sender: event.channel_id,
        route: None,
        class: event.class.as_str().to_owned(),
        state: State::Queued,
        reason: None,
        slot,
        recipient: key.seal(ctx, id, contact, "recipient", recipient),
        payload: Some(key.seal(ctx, id, contact, "payload", &payload)),
        storage,
        gone: (storage == Mode::Never).then_some(Gone::Never),
        decision: serde_json::to_string(&decision).map_err(Fault::new)?,
        callbacks: new.callbacks.clone(),
        attempts: 0,
        send_before: new.send_before,
        created_at: now,
        updated_at: now,
    })
}

impl Reachable {
    fn email(email: &Email) -> Self {
        Self {
            delivery: Personal::new(email.delivery_form().expose(Purpose::Seal).clone()),
            compared: email.index_form(),
        }
    }

    fn phone(phone: &Phone) -> Self {
        Self {
            delivery: Personal::new(phone.delivery_form().expose(Purpose::Seal).clone()),
            compared: phone.index_form(),
        }
    }

    fn read(kind: ChannelKind, text: &Personal<String>) -> Option<Self> {
        let text = text.expose(Purpose::Index);
        match kind {
            ChannelKind::Email => Email::parse(text).ok().as_ref().map(Self::email),
            ChannelKind::Sms => Phone::parse(text).ok().as_ref().map(Self::phone),
        }
    }
}

/// An address in the form in which addresses are compared.
pub(super) fn compared(kind: ChannelKind, address: &Personal<String>) -> Option<zeroize::Zeroizing<String>> {
    Reachable::read(kind, address).map(|reachable| reachable.compared)
}

fn content(rendered: Rendered) -> Content {
    let clear = |text: &Personal<String>| text.expose(Purpose::Seal).clone();
    Content {
        subject: rendered.subject.as_ref().map(clear),
        text: clear(&rendered.text),
        html: rendered.html.as_ref().map(clear),
    }
}

/// What is wrong with the recipient, told at `/to`.
pub(crate) fn unresolved(refusal: ContactRefusal) -> Failure {
    unresolved_at(refusal, "/to")
}

/// The same where it stands at another place.
pub(crate) fn unresolved_at(refusal: ContactRefusal, place: &str) -> Failure {
    match refusal {
        ContactRefusal::NotFound => {
            Refusal::of(&codes::RECIPIENT_UNKNOWN).at(format!("{place}/contact_id"), "unknown").into()
        }
        ContactRefusal::Exists { .. } | ContactRefusal::Ambiguous => {
            Refusal::of(&codes::RECIPIENT_AMBIGUOUS).at(place, "ambiguous").into()
        }
        ContactRefusal::Unaddressed => Refusal::of(&codes::ADDRESS_MISSING).at(place, "address_missing").into(),
        ContactRefusal::CardNumber { field } => {
            Refusal::of(&codes::CARD_NUMBER).at(format!("{place}/{field}"), "card_number").into()
        }
        ContactRefusal::Store(error) => error.into(),
    }
}

/// What is wrong with the data, told with names of the template and never with the data.
fn unrendered(refusal: TemplateRefusal) -> Failure {
    let invalid = || Refusal::of(&codes::TEMPLATE_DATA_INVALID);
    match refusal {
        TemplateRefusal::Render(RenderError::Undefined { missing, .. }) => missing
            .iter()
            .fold(invalid(), |refusal, name| refusal.at(format!("/data/{name}"), "variable_missing"))
            .into(),
        TemplateRefusal::CardNumber => Refusal::of(&codes::CARD_NUMBER).at("/data", "card_number").into(),
        TemplateRefusal::Store(error) => error.into(),
        other => invalid().at("/data", "not_renderable").detail(other.to_string()).into(),
    }
}

/// Card numbers are refused wherever in the data they stand, also spread over neighbouring values.
pub(crate) fn check_card_numbers(data: &Map<String, Value>) -> Result<(), Refusal> {
    let mut texts = Vec::new();
    data.values().for_each(|value| collect(value, &mut texts));
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    if pan::contains_across(&texts) { Err(Refusal::of(&codes::CARD_NUMBER).at("/data", "card_number")) } else { Ok(()) }
}

fn collect<'v>(value: &'v Value, texts: &mut Vec<Cow<'v, str>>) {
    match value {
        Value::String(text) => texts.push(text.as_str().into()),
        Value::Number(number) => texts.push(number.to_string().into()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(map) => map.values().for_each(|value| collect(value, texts)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The one commit. Whether the address is suppressed is decided in it too, by [`Prepared::guard`] or [`Prepared::check`].
pub(super) fn accept(tx: &mut Tx<'_>, prepared: Prepared) -> Result<Recorded<AcceptedView>, NotAccepted> {
    let Prepared { message, key, fresh, witness, kept, room, followers, .. } = prepared;
    if let Some(fresh) = fresh
        && !contacts::insert_if_absent(tx, &fresh)?
    {
        return Err(NotAccepted::Raced);
    }
    store::insert(tx, &message, &kept)?;
    for follower in followers {
        follower.begin(tx)?;
    }
    let id = message.id;
    let view = AcceptedView {
        id,
        state: message.state,
        environment: tx.ctx().org.environment.as_str(),
        durability: if room.is_some() { "volatile" } else { "durable" },
        created_at: message.created_at,
    };
    let accepted = Arc::new(dispatch::Accepted { message, key: Arc::new(key), witness: Arc::new(witness) });
    if let Some(room) = room {
        room.take(tx, &MESSAGES, id.bytes(), accepted.clone())?;
    }
    tx.enqueue(NewJob { hint: Some(accepted), ..NewJob::now(JOB, id.bytes()) })?;
    Ok(tx.record(Leaf::of("message.accept").on(MessageId::PREFIX, id.bytes()), view))
}

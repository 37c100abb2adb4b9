//! What can be done with channels.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sealpost_access::secrets::{self, Kept, SecretUse};
use sealpost_seal::SecretText;
use sealpost_store::{Change as Told, ChannelId, Ctx, Org, OrgKeys, Recorded, Store, StoreError, Time, Tx};
use sealpost_web::Failure;

use super::credentials::{self, DKIM, NewPassword, PASSWORD, ReadyDkim, newest};
use super::dkim::{self, PrivateKey};
use super::kind::ChannelKind;
use super::model::{Channel, ChannelRefusal, Created, EmailChanges, EmailChannel, EmailSettings, NewChannel, NewEmail};
use super::policy::{self, Policy};
use super::{CHANGED, rules, store};
use crate::label::Label;
use crate::patch::Change;
use crate::recent::{Recent, anything_of, organisation};
use crate::versions::{Expected, Promoted};

/// Channels kept ready.
const READY: u64 = 1000;
/// Uses of a channel are written no more often than this.
const USED_EVERY_MS: i64 = 60_000;

/// The channels of all organisations; cheap to clone, to be made once.
#[derive(Clone)]
pub struct Channels {
    store: Store,
    ready: Arc<Recent<(Org, ChannelId), Arc<EmailChannel>>>,
    used: Arc<Mutex<HashMap<(Org, ChannelId), Time>>>,
}

/// A channel that was checked, ready to be made.
pub struct Create {
    keys: Arc<OrgKeys>,
    name: Label,
    email: EmailSettings,
    password: Option<NewPassword>,
    dkim: Option<ReadyDkim>,
}

/// A change that was checked as far as can be without the channel, ready to be made.
pub struct Update {
    keys: Arc<OrgKeys>,
    id: ChannelId,
    changes: EmailChanges,
    password: Option<NewPassword>,
    dkim: Change<ReadyDkim>,
    may_move_secrets: bool,
    expected: Expected,
}

impl Create {
    /// Makes the channel and its secrets, and asks others before it sends, where that takes an approval.
    pub fn create(self, tx: &mut Tx<'_>) -> Result<Recorded<Created>, Failure> {
        let Self { keys, name, mut email, password, dkim } = self;
        email.password = password.map(|new| new.keep(tx, &keys)).transpose()?;
        email.dkim = dkim.map(|ready| ready.keep(tx, &keys)).transpose()?;
        let (id, now) = (ChannelId::new(&tx.ctx().world), tx.ctx().now());
        let mut channel = Channel {
            id,
            name: name.as_str().to_owned(),
            email,
            version: 1,
            is_admitted: true,
            created_at: now,
            updated_at: now,
            last_used_at: None,
        };
        if !store::insert(tx, ChannelKind::Email, &channel)? {
            return Err(ChannelRefusal::NameTaken.into());
        }
        tx.publish(Told::new(CHANGED, tx.ctx().org, id.bytes()));
        let (asked, leaf) = policy::begin(tx, &keys, &mut channel)?;
        match asked {
            None => Ok(tx.record(leaf, Created { channel, waits: None })),
            Some(asked) => {
                tx.note(leaf);
                Ok(asked.map(|approval| Created { channel, waits: Some(Box::new(approval)) }))
            }
        }
    }
}

impl Update {
    /// Changes the channel as it stands now, and its secrets; or asks others, where that leads elsewhere or protects less than before. One
    /// that waits to be agreed to is changed, and asked for anew.
    pub fn apply(self, tx: &mut Tx<'_>) -> Result<Recorded<Promoted<Channel>>, Failure> {
        let Self { keys, id, changes, password, dkim, may_move_secrets, expected } = self;
        let mut channel = store::find(tx, id)?.ok_or(ChannelRefusal::NotFound)?;
        policy::expect(&channel, &expected)?;
        let before = Policy::of(&channel);
        let keeps_stored = before.email.password.is_some_and(|kept| kept.stored().is_some())
            && password.is_none()
            && changes.password.is_keep();
        if keeps_stored && !may_move_secrets && changes.lead_elsewhere(&before.email) {
            return Err(ChannelRefusal::WouldMoveSecret.into());
        }
        let clears_password = matches!(changes.password, Change::Clear);
        let (standing, signed) = (before.email.password, before.email.dkim.clone());
        let mut email = changes.apply(before.email.clone());
        let has_password = password.is_some() || (standing.is_some() && !clears_password);
        rules::check(&email, has_password)?;
        let is_held = policy::is_held(tx, &channel)?;
        if !is_held {
            let (after, carries) =
                credentials::planned(tx, &keys, email.clone(), (password.as_ref(), clears_password), &dkim)?;
            let after = Policy { channel_id: id, email: after };
            if let Some(asked) = policy::gate(tx, &keys, &before, after, carries, None)? {
                return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
            }
        }
        email.password = credentials::keep_password(tx, &keys, standing, password, clears_password)?;
        email.dkim = match dkim {
            Change::Keep => signed,
            Change::Clear => credentials::replace(tx, signed, None)?,
            Change::Set(ready) => {
                let kept = ready.keep(tx, &keys)?;
                credentials::replace(tx, signed, Some(kept))?
            }
        };
        channel.email = email;
        channel.updated_at = tx.ctx().now();
        store::update(tx, &channel)?;
        tx.publish(Told::new(CHANGED, tx.ctx().org, id.bytes()));
        let leaf = policy::keep(tx, &keys, &mut channel, &before, None)?;
        if !is_held {
            return Ok(tx.record(leaf, Promoted::InForce(channel)));
        }
        let asked = policy::ask_again(tx, &keys, &channel)?;
        tx.note(leaf);
        Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))))
    }

    /// Which channel.
    pub fn channel(&self) -> ChannelId {
        self.id
    }

    /// Whoever asks may manage secrets: a stored one may be presented to another relay.
    pub fn may_move_secrets(self, may: bool) -> Self {
        Self { may_move_secrets: may, ..self }
    }

    /// Whoever asks believes that this is in force.
    pub fn expecting(self, expected: Expected) -> Self {
        Self { expected, ..self }
    }
}

impl EmailChanges {
    /// Whether the password would be presented to another relay, or in another way.
    fn lead_elsewhere(&self, before: &EmailSettings) -> bool {
        self.host.as_ref().is_some_and(|host| *host != before.host)
            || self.port.is_some_and(|port| port != before.port)
            || self.security.is_some_and(|security| security != before.security)
    }

    /// The settings after the change, credentials apart.
    fn apply(self, before: EmailSettings) -> EmailSettings {
        EmailSettings {
            host: self.host.unwrap_or(before.host),
            port: self.port.unwrap_or(before.port),
            security: self.security.unwrap_or(before.security),
            username: self.username.apply(before.username),
            password: before.password,
            from_address: self.from_address.unwrap_or(before.from_address),
            from_name: self.from_name.apply(before.from_name),
            reply_to: self.reply_to.apply(before.reply_to),
            helo: self.helo.unwrap_or(before.helo),
            dkim: before.dkim,
            unsubscribe_base: self.unsubscribe_base.apply(before.unsubscribe_base),
        }
    }
}

impl Channels {
    /// Channels in `store`. Needs a running tokio runtime, on which it hears of changes.
    pub fn new(store: Store) -> Self {
        let ready = Recent::new(READY);
        // Another version of a stored secret changes whatever refers to it.
        for topic in [CHANGED, secrets::CHANGED] {
            ready.listen(store.bus(), topic, organisation);
        }
        Self { store, ready, used: Arc::default() }
    }

    /// Where they are.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Checks a new channel and makes its keys; [`Create::create`] makes it, inside a transaction.
    pub async fn prepare(&self, ctx: &Ctx, new: NewChannel) -> Result<Create, ChannelRefusal> {
        let NewEmail { host, port, security, username, password, .. } = new.email;
        let NewEmail { from_address, from_name, reply_to, helo, dkim, unsubscribe_base, .. } = new.email;
        let password = password.map(NewPassword::of).transpose()?;
        let email = EmailSettings {
            host,
            port,
            security,
            username,
            password: None,
            from_address,
            from_name,
            reply_to,
            helo,
            dkim: None,
            unsubscribe_base,
        };
        rules::check(&email, password.is_some())?;
        let dkim = credentials::ready(ctx, dkim).await?;
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        Ok(Create { keys, name: new.name, email, password, dkim })
    }

    /// Makes a channel.
    pub async fn create(&self, ctx: &Ctx, new: NewChannel) -> Result<Channel, Failure> {
        let create = self.prepare(ctx, new).await?;
        Ok(self.store.write(ctx, move |tx| create.create(tx)).await?.channel)
    }

    /// Makes a change's keys; [`Update::apply`] checks and makes it, inside a transaction.
    pub async fn prepare_update(
        &self,
        ctx: &Ctx,
        id: ChannelId,
        mut changes: EmailChanges,
    ) -> Result<Update, ChannelRefusal> {
        // Before anything costly is done for a channel that isn't there.
        self.find(ctx, id).await?;
        let password = match std::mem::take(&mut changes.password) {
            Change::Set(password) => Some(NewPassword::of(password)?),
            Change::Clear => {
                changes.password = Change::Clear;
                None
            }
            Change::Keep => None,
        };
        let dkim = match std::mem::take(&mut changes.dkim) {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(new) => credentials::ready(ctx, Some(new)).await?.map_or(Change::Keep, Change::Set),
        };
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        Ok(Update { keys, id, changes, password, dkim, may_move_secrets: false, expected: Expected::default() })
    }

    /// Changes a channel.
    pub async fn update(&self, ctx: &Ctx, id: ChannelId, changes: EmailChanges) -> Result<Promoted<Channel>, Failure> {
        let update = self.prepare_update(ctx, id, changes).await?;
        let became = self.store.write(ctx, move |tx| update.apply(tx)).await?;
        self.changed(ctx);
        Ok(became)
    }

    /// Forgets a channel that has just been changed; the bus tells everybody else.
    pub(super) fn changed(&self, ctx: &Ctx) {
        self.ready.changed(anything_of(ctx.org));
    }

    /// Takes note that a channel sends now: its credentials are used.
    pub(crate) async fn used(&self, ctx: &Ctx, id: ChannelId) {
        let now = ctx.now();
        {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            let last = used.entry((ctx.org, id)).or_default();
            if now.since(*last) < USED_EVERY_MS {
                return;
            }
            *last = now;
        }
        if let Err(error) = self.store.maintain::<_, StoreError>(ctx, move |tx| store::used(tx, id)).await {
            tracing::warn!(channel = %id, error = %error, "channel.use_not_noted");
        }
    }

    /// A channel, without its credentials.
    pub async fn find(&self, ctx: &Ctx, id: ChannelId) -> Result<Channel, ChannelRefusal> {
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        found.ok_or(ChannelRefusal::NotFound)
    }

    /// Up to `limit` channels older than `before`, newest first.
    pub async fn list(&self, ctx: &Ctx, before: Option<ChannelId>, limit: u32) -> Result<Vec<Channel>, ChannelRefusal> {
        let before = before.unwrap_or(ChannelId::from_bytes([0xff; 16]));
        Ok(self.store.read::<_, StoreError>(ctx, move |tx| store::before(tx, before, limit)).await?)
    }

    /// What sends e-mail where nothing else is said: the oldest channel that others have agreed to.
    pub async fn first(&self, ctx: &Ctx) -> Result<Option<ChannelId>, StoreError> {
        self.store.peek(ctx, |tx| store::first(tx, ChannelKind::Email)).await
    }

    /// An e-mail channel ready for use, its credentials opened. Refused while others have yet to agree to it.
    pub async fn email(&self, ctx: &Ctx, id: ChannelId) -> Result<Arc<EmailChannel>, ChannelRefusal> {
        let key = (ctx.org, id);
        if let Some(ready) = self.ready.get(&key) {
            return Ok(ready);
        }
        let since = self.ready.since();
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let open = move |tx: &mut Tx<'_>| {
            let channel = store::find(tx, id)?.ok_or(ChannelRefusal::NotFound)?;
            if policy::is_held(tx, &channel)? {
                return Err(ChannelRefusal::Unapproved);
            }
            let settings = &channel.email;
            let password = settings.password.map(|kept| newest(tx, &keys, kept, PASSWORD)).transpose()?;
            let dkim = settings.dkim.as_ref().map(|dkim| newest(tx, &keys, Kept::Own(dkim.key), DKIM)).transpose()?;
            Ok((ready_channel(id, settings, password.as_ref(), dkim.as_ref())?, channel.is_admitted))
        };
        let (ready, is_admitted) = self.store.peek(ctx, open).await?;
        let ready = Arc::new(ready);
        // One that is used because nobody has to agree at present may be held again in a moment.
        if is_admitted {
            self.ready.put(key, ready.clone(), anything_of(ctx.org), since);
        }
        Ok(ready)
    }
}

/// Which secrets the channels of this environment send with.
pub(crate) fn secret_uses(tx: &mut Tx<'_>) -> Result<Vec<SecretUse>, StoreError> {
    let mut uses = Vec::new();
    for channel in store::before(tx, ChannelId::from_bytes([0xff; 16]), u32::MAX)? {
        let password = channel.email.password.map(Kept::id);
        let secrets = password.into_iter().chain(channel.email.dkim.as_ref().map(|dkim| dkim.key));
        uses.extend(secrets.map(|secret| SecretUse {
            secret,
            kind: "channel",
            id: channel.id.to_string(),
            name: channel.name.clone(),
            page: Some(format!("/channels/{}", channel.id)),
            last_used_at: channel.last_used_at,
        }));
    }
    Ok(uses)
}

fn ready_channel(
    id: ChannelId,
    settings: &EmailSettings,
    password: Option<&SecretText>,
    key: Option<&SecretText>,
) -> Result<EmailChannel, ChannelRefusal> {
    let from = rules::from(settings)?;
    let dkim = match (&settings.dkim, key) {
        (Some(place), Some(key)) => {
            let key = PrivateKey::from_secret(key).ok_or(StoreError::Unopenable)?;
            vec![dkim::placed(dkim::place(&place.domain, &place.selector)?, key)]
        }
        (Some(_) | None, _) => Vec::new(),
    };
    Ok(EmailChannel {
        id,
        relay: Arc::new(rules::relay(settings, password)?),
        domain: from.address.domain().to_owned(),
        from,
        reply_to: rules::reply_to(settings)?,
        dkim,
        unsubscribe_base: settings.unsubscribe_base.clone(),
    })
}

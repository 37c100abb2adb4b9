//! What can be done with templates.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use moka::sync::Cache;
use sealpost_seal::{Personal, Purpose};
use sealpost_store::{Ctx, Leaf, Org, OrgKeys, Recorded, Store, StoreError, TemplateId, Tx};
use serde_json::{Map, Value};

use super::compiled::{Compiled, Rendered};
use super::difference::{Difference, difference};
use super::model::{Content, NewTemplate, Template, TemplateRefusal, TemplateVersion};
use super::{crossing, promotion, store};
use crate::channels::ChannelKind;
use crate::versions::{Expected, Promoted, Published};

/// Compiled versions kept; each takes a few times its source.
const COMPILED: u64 = 1000;

/// The templates of all organisations; cheap to clone, to be made once.
#[derive(Clone)]
pub struct Templates {
    store: Store,
    /// Versions never change, whichever is in force, so nothing here ever has to be forgotten.
    compiled: Cache<(Org, TemplateId, u32), Arc<Compiled>>,
}

/// What a message says, with masks where the data would be.
pub(crate) struct Outline {
    /// The subject; e-mail only.
    pub(crate) subject: Option<String>,
    /// The text.
    pub(crate) text: String,
}

/// A content that was checked and compiles, ready to become a version.
pub struct Publish<T> {
    what: T,
    content: String,
}

/// Checks a new template; [`Publish::create`] makes it, inside a transaction.
pub fn prepare(new: NewTemplate) -> Result<Publish<NewTemplate>, TemplateRefusal> {
    let content = checked(new.channel, &new.content)?;
    Ok(Publish { what: new, content })
}

/// Fills in a content that is no version yet; refuses a result with a card number in it.
pub(super) fn try_out(
    channel: ChannelKind,
    content: &Content,
    data: &Map<String, Value>,
) -> Result<Rendered, TemplateRefusal> {
    let rendered = Compiled::new(channel, content)?.render(data)?;
    if rendered.has_card_number() { Err(TemplateRefusal::CardNumber) } else { Ok(rendered) }
}

/// The `contact` of a template: what is known of the name and the language. What isn't is missing, as in any data.
pub(crate) fn contact(name: Option<&str>, locale: Option<&str>) -> Value {
    let known = [("name", name), ("locale", locale)].into_iter();
    Value::Object(known.filter_map(|(key, value)| Some((key.to_owned(), value?.into()))).collect())
}

fn checked(channel: ChannelKind, content: &Content) -> Result<String, TemplateRefusal> {
    Compiled::new(channel, content)?;
    serde_json::to_string(content).map_err(|_| StoreError::Column("content".into()).into())
}

/// What becomes of a new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum New {
    /// It is in force at once, or asked for where that takes an approval.
    InForce,
    /// Somebody puts it into force later.
    Draft,
}

impl New {
    /// As requests say it; in force, unless they say otherwise.
    pub(crate) fn of(in_force: Option<bool>) -> Self {
        if in_force.unwrap_or(true) { Self::InForce } else { Self::Draft }
    }
}

impl<T> Publish<T> {
    /// What it says, as it is stored.
    pub(super) fn stored(&self) -> &str {
        &self.content
    }
}

impl Publish<NewTemplate> {
    /// Makes the template with its first version.
    pub fn create(
        self,
        tx: &mut Tx<'_>,
        keys: &OrgKeys,
        becomes: New,
    ) -> Result<Recorded<(Template, Published<TemplateVersion>)>, TemplateRefusal> {
        let (id, now) = (TemplateId::new(&tx.ctx().world), tx.ctx().now());
        let template = promotion::insert(tx, id, &self.what, self.stored())?;
        let leaf = Leaf::of("template.create").on(TemplateId::PREFIX, id.bytes());
        let version = TemplateVersion { version: 1, content: self.what.content, created_at: now, released_at: None };
        promotion::settle(tx, keys, (template, version), becomes, leaf)
    }
}

impl Publish<(TemplateId, Content)> {
    /// Adds the version.
    pub fn publish(
        self,
        tx: &mut Tx<'_>,
        keys: &OrgKeys,
        becomes: New,
    ) -> Result<Recorded<(Template, Published<TemplateVersion>)>, TemplateRefusal> {
        let (id, now) = (self.what.0, tx.ctx().now());
        let template = promotion::add(tx, id, self.stored())?;
        let leaf = Leaf::of("template.publish").on(TemplateId::PREFIX, id.bytes());
        let version =
            TemplateVersion { version: template.version, content: self.what.1, created_at: now, released_at: None };
        promotion::settle(tx, keys, (template, version), becomes, leaf)
    }
}

impl Templates {
    /// Templates in `store`.
    pub fn new(store: Store) -> Self {
        Self { store, compiled: Cache::new(COMPILED) }
    }

    /// Where they are.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Makes a template.
    pub async fn create(&self, ctx: &Ctx, new: NewTemplate) -> Result<(Template, TemplateVersion), TemplateRefusal> {
        let (publish, keys) = (prepare(new)?, self.store.keys().organisation(ctx.org.id).await?);
        let create = move |tx: &mut Tx<'_>| publish.create(tx, &keys, New::InForce);
        let (template, published) = self.store.write(ctx, create).await?;
        Ok((template, published.version))
    }

    /// Checks a new version of a template; [`Publish::publish`] adds it, inside a transaction.
    pub async fn prepare_version(
        &self,
        ctx: &Ctx,
        id: TemplateId,
        content: Content,
    ) -> Result<Publish<(TemplateId, Content)>, TemplateRefusal> {
        let template = self.find(ctx, id).await?;
        let text = checked(template.channel, &content)?;
        Ok(Publish { what: (id, content), content: text })
    }

    /// Adds a version to a template.
    pub async fn publish(
        &self,
        ctx: &Ctx,
        id: TemplateId,
        content: Content,
    ) -> Result<TemplateVersion, TemplateRefusal> {
        let publish = self.prepare_version(ctx, id, content).await?;
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        let publish = move |tx: &mut Tx<'_>| publish.publish(tx, &keys, New::InForce);
        let (_, published) = self.store.write(ctx, publish).await?;
        Ok(published.version)
    }

    /// Puts a version into force, or asks for that.
    pub async fn promote(
        &self,
        ctx: &Ctx,
        id: TemplateId,
        version: u32,
        expected: Expected,
    ) -> Result<Promoted<Template>, TemplateRefusal> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        self.store.write(ctx, move |tx| promotion::promote(tx, &keys, id, version, &expected)).await
    }

    /// Takes a version (the one in force, if none is named) from test to live, or asks for that.
    pub async fn go_live(
        &self,
        ctx: &Ctx,
        id: TemplateId,
        version: Option<u32>,
    ) -> Result<Promoted<Template>, TemplateRefusal> {
        let keys = self.store.keys().organisation(ctx.org.id).await?;
        self.store.write(ctx, move |tx| crossing::go_live(tx, &keys, id, version)).await
    }

    /// What differs between two versions: the one in force and the newest, unless others are named.
    pub(crate) async fn difference(
        &self,
        ctx: &Ctx,
        id: TemplateId,
        from: Option<u32>,
        to: Option<u32>,
    ) -> Result<Difference, TemplateRefusal> {
        let template = self.find(ctx, id).await?;
        let to = self.version(ctx, id, to.unwrap_or(template.version)).await?;
        // Where nothing is in force, what is new differs from itself in nothing.
        let from = self.version(ctx, id, from.or(template.in_force).unwrap_or(to.version)).await?;
        Ok(difference(&template, &from, &to))
    }

    /// The template of the same name in the other environment, with the content in force there.
    pub(crate) async fn elsewhere(
        &self,
        ctx: &Ctx,
        template: &Template,
    ) -> Result<Option<(Template, Option<TemplateVersion>)>, StoreError> {
        let name = template.name.clone();
        let look = move |tx: &mut Tx<'_>| {
            tx.in_environment(crossing::other(tx.ctx().org.environment), |tx| promotion::in_force(tx, &name))
        };
        self.store.read(ctx, look).await
    }

    /// A template.
    pub async fn find(&self, ctx: &Ctx, id: TemplateId) -> Result<Template, TemplateRefusal> {
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| store::find(tx, id)).await?;
        found.ok_or(TemplateRefusal::NotFound)
    }

    /// A version of a template.
    pub async fn version(&self, ctx: &Ctx, id: TemplateId, version: u32) -> Result<TemplateVersion, TemplateRefusal> {
        let found = self.store.peek::<_, StoreError>(ctx, move |tx| store::version(tx, id, version)).await?;
        found.ok_or(TemplateRefusal::NotFound)
    }

    /// What templates are called, of those that are there.
    pub(crate) async fn names(
        &self,
        ctx: &Ctx,
        ids: BTreeSet<TemplateId>,
    ) -> Result<BTreeMap<TemplateId, String>, StoreError> {
        let names = move |tx: &mut Tx<'_>| {
            let mut names = BTreeMap::new();
            for id in ids {
                names.extend(store::find(tx, id)?.map(|template| (id, template.name)));
            }
            Ok(names)
        };
        self.store.read(ctx, names).await
    }

    /// A version filled in with data that is masked already: what comes out holds no more than went in. Nothing where masks don't
    /// fit into the template.
    pub(crate) async fn outline(
        &self,
        ctx: &Ctx,
        id: TemplateId,
        version: u32,
        masked: &Map<String, Value>,
    ) -> Option<Outline> {
        let rendered = self.compiled(ctx, id, version).await.ok()?.render(masked).ok()?;
        let clear = |part: &Personal<String>| part.expose(Purpose::Render).clone();
        Some(Outline { subject: rendered.subject.as_ref().map(clear), text: clear(&rendered.text) })
    }

    /// All versions of a template, newest first.
    pub async fn versions(&self, ctx: &Ctx, id: TemplateId) -> Result<Vec<TemplateVersion>, TemplateRefusal> {
        let versions = self.store.read::<_, StoreError>(ctx, move |tx| store::versions(tx, id)).await?;
        if versions.is_empty() { Err(TemplateRefusal::NotFound) } else { Ok(versions) }
    }

    /// Up to `limit` templates older than `before`, newest first.
    pub async fn list(
        &self,
        ctx: &Ctx,
        before: Option<TemplateId>,
        limit: u32,
    ) -> Result<Vec<Template>, TemplateRefusal> {
        let before = before.unwrap_or(TemplateId::from_bytes([0xff; 16]));
        Ok(self.store.read::<_, StoreError>(ctx, move |tx| store::before(tx, before, limit)).await?)
    }

    /// A version, ready to be filled in.
    pub async fn compiled(&self, ctx: &Ctx, id: TemplateId, version: u32) -> Result<Arc<Compiled>, TemplateRefusal> {
        let key = (ctx.org, id, version);
        if let Some(compiled) = self.compiled.get(&key) {
            return Ok(compiled);
        }
        let found = self
            .store
            .peek::<_, StoreError>(ctx, move |tx| Ok(store::find(tx, id)?.zip(store::version(tx, id, version)?)))
            .await?;
        let (template, version) = found.ok_or(TemplateRefusal::NotFound)?;
        let compiled = Arc::new(Compiled::new(template.channel, &version.content)?);
        self.compiled.insert(key, compiled.clone());
        Ok(compiled)
    }

    /// Fills a version in; refuses a result with a card number in it.
    pub async fn render(
        &self,
        ctx: &Ctx,
        id: TemplateId,
        version: u32,
        data: &Map<String, Value>,
    ) -> Result<Rendered, TemplateRefusal> {
        let rendered = self.compiled(ctx, id, version).await?.render(data)?;
        if rendered.has_card_number() { Err(TemplateRefusal::CardNumber) } else { Ok(rendered) }
    }
}

//! Which version of a template is in force.

use sealpost_govern::approvals::{self, Module};
use sealpost_store::{Change, Leaf, OrgKeys, Recorded, StoreError, TemplateId, Tx};
use serde_json::json;

use super::approval::{self, Act};
use super::model::{NewTemplate, Template, TemplateRefusal, TemplateVersion};
use super::service::New;
use super::{CHANGED, store};
use crate::versions::{ContentDigest, Expected, Promoted, Published, Takes, may_promote, takes};

/// A template and one of its versions.
pub(crate) fn whole(
    tx: &mut Tx<'_>,
    id: TemplateId,
    version: u32,
) -> Result<(Template, TemplateVersion), TemplateRefusal> {
    let found = store::find(tx, id)?.zip(store::version(tx, id, version)?);
    found.ok_or(TemplateRefusal::NotFound)
}

/// A template, and the version meant by who names it: the pinned one, or the one in force.
pub(crate) fn meant(
    tx: &mut Tx<'_>,
    id: TemplateId,
    pinned: Option<u32>,
) -> Result<(Template, TemplateVersion), TemplateRefusal> {
    let template = store::find(tx, id)?.ok_or(TemplateRefusal::NotFound)?;
    let version = pinned.or(template.in_force).ok_or(TemplateRefusal::NotFound)?;
    let version = store::version(tx, id, version)?.ok_or(TemplateRefusal::NotFound)?;
    Ok((template, version))
}

/// What a template is called, and the digest of a version somebody is pinned to.
pub(crate) fn called(
    tx: &mut Tx<'_>,
    id: TemplateId,
    pinned: Option<u32>,
) -> Result<(String, Option<ContentDigest>), StoreError> {
    let template = store::find(tx, id)?.ok_or(StoreError::Missing("template"))?;
    let digest = match pinned {
        Some(version) => {
            let version = store::version(tx, id, version)?.ok_or(StoreError::Missing("template version"))?;
            Some(version.content.digest(template.channel))
        }
        None => None,
    };
    Ok((template.name, digest))
}

/// Whether this version was ever in force.
pub(crate) fn was_in_force(tx: &mut Tx<'_>, id: TemplateId, version: u32) -> Result<bool, StoreError> {
    Ok(store::version(tx, id, version)?.is_some_and(|version| version.released_at.is_some()))
}

/// The template of this name, with the version in force.
pub(crate) fn in_force(tx: &mut Tx<'_>, name: &str) -> Result<Option<(Template, Option<TemplateVersion>)>, StoreError> {
    let Some(template) = store::named(tx, name)? else { return Ok(None) };
    let version = match template.in_force {
        Some(version) => store::version(tx, template.id, version)?,
        None => None,
    };
    Ok(Some((template, version)))
}

/// The newest version with this content that was in force.
pub(crate) fn of_digest(
    tx: &mut Tx<'_>,
    template: &Template,
    digest: ContentDigest,
) -> Result<Option<u32>, StoreError> {
    let versions = store::versions(tx, template.id)?;
    let same = |one: &&TemplateVersion| one.released_at.is_some() && one.content.digest(template.channel) == digest;
    Ok(versions.iter().find(same).map(|one| one.version))
}

/// Puts a version into force, or asks for that.
pub(super) fn promote(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: TemplateId,
    version: u32,
    expected: &Expected,
) -> Result<Recorded<Promoted<Template>>, TemplateRefusal> {
    let (template, version) = whole(tx, id, version)?;
    may_promote(&template.standing(), version.version, expected)?;
    if takes_approval(tx, &version)? {
        let asked = approval::ask(tx, keys, Act::Promote, id, version.version)?;
        return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
    }
    let leaf = leaf(tx, keys, "template.promote", &template, &version);
    let template = put_into_force(tx, template, version.version)?;
    Ok(tx.record(leaf, Promoted::InForce(template)))
}

/// What becomes of a version that was just added: in force, asked for, or a draft. The leaf is of what was done to add it.
pub(super) fn settle(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    (template, mut version): (Template, TemplateVersion),
    becomes: New,
    leaf: Leaf,
) -> Result<Recorded<(Template, Published<TemplateVersion>)>, TemplateRefusal> {
    tx.publish(Change::new(CHANGED, tx.ctx().org, template.id.bytes()));
    if becomes == New::Draft {
        return Ok(tx.record(leaf, (template, Published { version, waits: None })));
    }
    if takes_approval(tx, &version)? {
        tx.note(leaf);
        let asked = approval::ask(tx, keys, Act::Promote, template.id, version.version)?;
        return Ok(asked.map(|approval| (template, Published { version, waits: Some(Box::new(approval)) })));
    }
    let template = put_into_force(tx, template, version.version)?;
    version.released_at = Some(tx.ctx().now());
    Ok(tx.record(leaf, (template, Published { version, waits: None })))
}

fn takes_approval(tx: &mut Tx<'_>, version: &TemplateVersion) -> Result<bool, StoreError> {
    let needed = approvals::is_needed(tx, Module::Template)?;
    Ok(takes(tx.ctx().org.environment, needed, version.released_at.is_some()) == Takes::Approval)
}

/// A new template with its first version, which isn't in force.
pub(super) fn insert(
    tx: &mut Tx<'_>,
    id: TemplateId,
    new: &NewTemplate,
    content: &str,
) -> Result<Template, TemplateRefusal> {
    let now = tx.ctx().now();
    if !store::insert(tx, id, new, now)? {
        return Err(TemplateRefusal::NameTaken);
    }
    store::insert_version(tx, id, 1, content, now)?;
    let name = new.name.as_str().to_owned();
    Ok(Template { id, name, channel: new.channel, version: 1, in_force: None, promotions: 0, created_at: now })
}

/// The next version, which isn't in force.
pub(super) fn add(tx: &mut Tx<'_>, id: TemplateId, content: &str) -> Result<Template, TemplateRefusal> {
    let now = tx.ctx().now();
    let version = store::advance(tx, id)?.ok_or(TemplateRefusal::NotFound)?;
    store::insert_version(tx, id, version, content, now)?;
    store::find(tx, id)?.ok_or(TemplateRefusal::NotFound)
}

/// Puts a version into force from where it stood when `template` was read: of many who try one does.
pub(super) fn put_into_force(tx: &mut Tx<'_>, template: Template, version: u32) -> Result<Template, TemplateRefusal> {
    if !store::put_into_force(tx, &template, version)? {
        return Err(StoreError::Superseded.into());
    }
    store::release(tx, template.id, version, tx.ctx().now())?;
    tx.publish(Change::new(CHANGED, tx.ctx().org, template.id.bytes()));
    Ok(Template { in_force: Some(version), promotions: template.promotions + 1, ..template })
}

/// What was put into force in place of what.
pub(super) fn leaf(
    tx: &Tx<'_>,
    keys: &OrgKeys,
    action: &'static str,
    template: &Template,
    version: &TemplateVersion,
) -> Leaf {
    let details = json!({
        "from": template.in_force,
        "to": version.version,
        "digest": version.content.digest(template.channel),
    });
    let leaf = Leaf::of(action).on(TemplateId::PREFIX, template.id.bytes());
    let leaf = if version.released_at.is_some() { leaf.because("rollback") } else { leaf };
    leaf.with(keys.seal_audit(tx.ctx(), details.to_string().as_bytes()))
}

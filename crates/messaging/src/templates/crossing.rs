//! From test to live: in one transaction, by name, with the exact bytes.

use sealpost_govern::approvals::{self, Module};
use sealpost_store::{Environment, OrgKeys, Recorded, StoreError, TemplateId, Tx};

use super::approval::{self, Act};
use super::model::{NewTemplate, Template, TemplateRefusal, TemplateVersion};
use super::{promotion, store};
use crate::label::Label;
use crate::versions::{Promoted, VersionRefusal, authors, may_cross, wrote_elsewhere};

/// The other environment.
pub(super) const fn other(environment: Environment) -> Environment {
    match environment {
        Environment::Test => Environment::Live,
        Environment::Live => Environment::Test,
    }
}

/// Takes a version from test to live, or asks for that; the one in force, if none is named.
pub(super) fn go_live(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: TemplateId,
    version: Option<u32>,
) -> Result<Recorded<Promoted<Template>>, TemplateRefusal> {
    let ctx = tx.ctx();
    let template = store::find(tx, id)?.ok_or(TemplateRefusal::NotFound)?;
    may_cross(ctx.actor, ctx.org.environment)?;
    let version = version.or(template.in_force).ok_or(TemplateRefusal::NotFound)?;
    let (template, version) = promotion::whole(tx, id, version)?;
    if let Some((live, Some(standing))) =
        tx.in_environment(Environment::Live, |tx| promotion::in_force(tx, &template.name))?
    {
        is_same_kind(&template, &live)?;
        if standing.content == version.content {
            return Err(VersionRefusal::InForce.into());
        }
    }
    if approvals::is_needed(tx, Module::Template)? {
        let asked = approval::ask(tx, keys, Act::GoLive, id, version.version)?;
        return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
    }
    Ok(bring(tx, keys, &template, &version, Brought::InForce)?.map(|(live, _)| Promoted::InForce(live)))
}

/// What is brought to live is what the name means there, or is refused.
pub(super) fn is_same_kind(template: &Template, live: &Template) -> Result<(), VersionRefusal> {
    if template.channel == live.channel { Ok(()) } else { Err(VersionRefusal::Different) }
}

/// What becomes of what was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brought {
    /// It is in force.
    InForce,
    /// An event names this very version; it is in force only if nothing was.
    Named,
}

/// Puts exactly what this version in test says into live, under the template's name, as written by whoever wrote it there. Answers the
/// template in live, and the number of its version.
pub(crate) fn bring(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    template: &Template,
    version: &TemplateVersion,
    becomes: Brought,
) -> Result<Recorded<(Template, u32)>, TemplateRefusal> {
    let content = &version.content;
    let authors = tx.in_environment(Environment::Test, |tx| authors(tx, template.id.bytes()))?;
    let author = authors.get(&version.version).copied();
    let stored = serde_json::to_string(content).map_err(|_| StoreError::Column("content".into()))?;
    tx.in_environment(Environment::Live, |tx| {
        let now = tx.ctx().now();
        let live = match store::named(tx, &template.name)? {
            Some(live) => {
                is_same_kind(template, &live)?;
                promotion::add(tx, live.id, &stored)?
            }
            None => {
                let name = Label::parse(&template.name).map_err(|_| StoreError::Column("name".into()))?;
                let new = NewTemplate { name, channel: template.channel, content: content.clone() };
                promotion::insert(tx, TemplateId::new(&tx.ctx().world), &new, &stored)?
            }
        };
        let number = live.version;
        wrote_elsewhere(tx, live.id.bytes(), number, author)?;
        let version = TemplateVersion { version: number, content: content.clone(), created_at: now, released_at: None };
        let leaf = promotion::leaf(tx, keys, "template.go_live", &live, &version);
        let live = match becomes {
            Brought::Named if live.in_force.is_some() => {
                store::release(tx, live.id, number, now)?;
                live
            }
            Brought::Named | Brought::InForce => promotion::put_into_force(tx, live, number)?,
        };
        Ok(tx.record(leaf, (live, number)))
    })
}

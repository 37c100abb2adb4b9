//! From test to live: in one transaction, by name, with the template it names.

use sealpost_govern::approvals::{self, Module, Tied};
use sealpost_store::{ChannelId, Environment, EventId, OrgKeys, Recorded, RouteId, StoreError, Tx};

use super::approval::{self, Act};
use super::face::{self, Face};
use super::model::{Event, EventRefusal, EventVersion, NewVersion};
use super::{promotion, service, store};
use crate::templates::{self, Brought, Template, TemplateVersion};
use crate::versions::{Author, Promoted, VersionRefusal, authors, hands, may_cross, wrote_elsewhere};

/// What would go live of a version in test.
pub(super) struct Plan {
    pub(super) face: Face,
    /// The event in live, if there is one, and what is in force there.
    pub(super) live: Option<(Event, Option<(u32, Face)>)>,
    /// The template in live, if there is one.
    pub(super) template: Option<Template>,
    /// What its template has to say in live and doesn't: with the template in test, the version there, and what is in force in live.
    pub(super) brings: Option<Brings>,
    /// The version of the template in live it is pinned to, if that is there already.
    pinned: Option<u32>,
    channel: Option<ChannelId>,
    route: Option<RouteId>,
    /// Who wrote the version in test.
    author: Option<Author>,
}

/// A template's version that goes along.
pub(super) struct Brings {
    pub(super) from: Template,
    pub(super) version: TemplateVersion,
    pub(super) before: Option<TemplateVersion>,
}

impl Plan {
    /// What a decision about it is about: how often was decided about the event, and about its template.
    pub(super) fn version(&self) -> u64 {
        let event = self.live.as_ref().map_or(0, |(event, _)| event.promotions);
        let template = self.template.as_ref().map_or(0, |template| template.promotions);
        // Both fit below the sign of what is stored, for two thousand million decisions each.
        u64::from(template & 0x7fff_ffff) << 32 | u64::from(event)
    }

    fn changes_nothing(&self) -> bool {
        let standing = self.live.as_ref().and_then(|(_, standing)| standing.as_ref());
        self.brings.is_none() && standing.is_some_and(|(_, face)| *face == self.face)
    }
}

/// Looks at what would go live. In the environment of whoever asks or votes.
pub(super) fn plan(tx: &mut Tx<'_>, id: EventId, version: u32) -> Result<Plan, EventRefusal> {
    let (event, version, face, from, says, author) = tx.in_environment(Environment::Test, |tx| {
        let (event, version) = promotion::whole(tx, id, version)?;
        let face = face::of(tx, &version)?;
        let (from, says) =
            templates::meant(tx, version.template, version.template_version).map_err(EventRefusal::Template)?;
        let author = authors(tx, id.bytes())?.get(&version.version).copied();
        Ok::<_, EventRefusal>((event, version, face, from, says, author))
    })?;
    tx.in_environment(Environment::Live, |tx| {
        let live = promotion::in_force(tx, &event.name)?;
        let there = templates::in_force(tx, &from.name)?;
        if there.as_ref().is_some_and(|(template, _)| template.channel != from.channel) {
            return Err(VersionRefusal::Different.into());
        }
        let channel = match &face.channel {
            Some(name) => {
                let id = store::channel_named(tx, name, from.channel)?;
                Some(id.ok_or(EventRefusal::ChannelUnsuitable)?)
            }
            None => None,
        };
        let route = match &face.route {
            Some(name) => {
                let id = store::route_named(tx, name, from.channel)?;
                Some(id.ok_or(EventRefusal::RouteUnsuitable)?)
            }
            None => None,
        };
        let (template, before) = there.map_or((None, None), |(template, before)| (Some(template), before));
        let pinned = match (&template, version.template_version) {
            (Some(template), Some(_)) => templates::of_digest(tx, template, says.content.digest(from.channel))?,
            _ => None,
        };
        let there_already = match version.template_version {
            Some(_) => pinned.is_some(),
            None => before.as_ref().is_some_and(|before| before.content == says.content),
        };
        let brings = (!there_already).then_some(Brings { from, version: says, before });
        Ok(Plan { face, live, template, brings, pinned, channel, route, author })
    })
}

/// Takes a version from test to live, or asks for that; the one in force, if none is named.
pub(super) fn go_live(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    id: EventId,
    version: Option<u32>,
) -> Result<Recorded<Promoted<Event>>, EventRefusal> {
    let ctx = tx.ctx();
    let event = store::find(tx, id)?.ok_or(EventRefusal::NotFound)?;
    may_cross(ctx.actor, ctx.org.environment)?;
    let version = version.or(event.in_force).ok_or(EventRefusal::NotFound)?;
    let plan = plan(tx, id, version)?;
    if plan.changes_nothing() {
        return Err(VersionRefusal::InForce.into());
    }
    may_bring(tx, &plan)?;
    if approvals::is_needed(tx, Module::Event)? {
        let asked = approval::ask(tx, keys, Act::GoLive, id, version)?;
        return Ok(asked.map(|approval| Promoted::Waits(Box::new(approval))));
    }
    Ok(carry_out(tx, keys, &event.name, plan)?.map(Promoted::InForce))
}

/// What takes an approval as a template doesn't go along with an event, whoever agreed to that.
pub(super) fn may_bring(tx: &mut Tx<'_>, plan: &Plan) -> Result<(), EventRefusal> {
    if plan.brings.is_some() && approvals::is_needed(tx, Module::Template)? {
        return Err(VersionRefusal::TemplateFirst.into());
    }
    Ok(())
}

/// Does it: brings the template, if live doesn't say that yet, then adds the version and puts it into force.
pub(super) fn carry_out(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    name: &str,
    plan: Plan,
) -> Result<Recorded<Event>, EventRefusal> {
    let is_pinned = plan.face.pinned.is_some();
    let (template, brought) = match (&plan.brings, &plan.template) {
        (Some(Brings { from, version, .. }), _) => {
            let becomes = if is_pinned { Brought::Named } else { Brought::InForce };
            let brought = templates::bring(tx, keys, from, version, becomes).map_err(EventRefusal::Template)?;
            let (live, number) = brought.value();
            (live.id, Some(*number))
        }
        (None, Some(live)) => (live.id, plan.pinned),
        (None, None) => return Err(EventRefusal::TemplateUnknown),
    };
    let new = NewVersion {
        class: plan.face.class,
        template,
        template_version: brought.filter(|_| is_pinned),
        channel: plan.channel,
        route: plan.route,
    };
    tx.in_environment(Environment::Live, |tx| add(tx, keys, name, new, plan.author))
}

/// Who had a hand in what would go live of a version in test: in the version, and in the template that goes along.
pub(super) fn hands_in(tx: &mut Tx<'_>, id: EventId, version: u32, plan: &Plan) -> Result<Vec<Tied>, StoreError> {
    let there = plan.live.as_ref().and_then(|(_, standing)| standing.as_ref()).map(|(_, face)| face);
    let mut all = tx.in_environment(Environment::Test, |tx| {
        let mut versions = Vec::new();
        for one in store::versions(tx, id)? {
            let is_there = there == Some(&face::of(tx, &one)?);
            versions.push((one.version, is_there));
        }
        Ok::<_, StoreError>(hands(versions, version, &authors(tx, id.bytes())?))
    })?;
    if let Some(Brings { from, version, before }) = &plan.brings {
        let live = before.as_ref().map(|one| &one.content);
        all.extend(templates::hands_in_test(tx, from, version.version, live)?);
    }
    Ok(all)
}

fn add(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    name: &str,
    new: NewVersion,
    author: Option<Author>,
) -> Result<Recorded<Event>, EventRefusal> {
    let event = match store::named(tx, name)? {
        Some(event) => {
            let number = store::advance(tx, event.id)?.ok_or(EventRefusal::NotFound)?;
            Event { version: number, ..event }
        }
        None => promotion::insert(tx, name)?,
    };
    let version: EventVersion = service::keep_version(tx, event.id, event.version, new)?;
    wrote_elsewhere(tx, event.id.bytes(), version.version, author)?;
    let leaf = promotion::leaf(tx, keys, "event.go_live", &event, &version)?;
    let event = promotion::put_into_force(tx, event, version.version)?;
    Ok(tx.record(leaf, event))
}

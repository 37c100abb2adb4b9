//! Templates as something that takes an approval in live: a version that was never in force there, from there or from test. What others
//! agree to is the content itself.

use sealpost_govern::Reason;
use sealpost_govern::approvals::{self, Apply, Approvable, Approval, Line, Module, Prepared, Tied};
use sealpost_govern::security::typed;
use sealpost_store::{Environment, OrgKeys, Recorded, StoreError, TemplateId, Tx};
use sealpost_web::{Failure, Fault, not_found};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::compiled::Rendered;
use super::crossing::{self, Brought};
use super::difference::clear;
use super::model::{Content, Part, Template, TemplateRefusal, TemplateVersion};
use super::{promotion, sample, store};
use crate::channels::{self, ChannelKind};
use crate::versions::{approval_lines, authors, hands};

/// Templates in live.
pub const APPROVABLE: Approvable = Approvable {
    module: Module::Template,
    says: "A template says something it never said in live. To go back to what was in force takes nobody else.",
    wide: true,
    of: Some(TemplateId::PREFIX),
    prepare,
    apply: Apply::Here(apply),
};

/// What is wanted of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Act {
    /// To be in force, in live.
    Promote,
    /// To go from test to live.
    GoLive,
}

/// What is wanted, with the very content it is about.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    act: Act,
    template_id: TemplateId,
    version: u32,
    #[serde(default)]
    content: Option<Content>,
}

/// Asks others to agree.
pub(super) fn ask(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    act: Act,
    template_id: TemplateId,
    version: u32,
) -> Result<Recorded<Approval>, TemplateRefusal> {
    let wanted = Wanted { act, template_id, version, content: None };
    let wanted = serde_json::to_value(wanted).map_err(|_| StoreError::Column("wanted".into()))?;
    approvals::ask(tx, keys, &APPROVABLE, Some(template_id.bytes()), wanted, None).map_err(TemplateRefusal::Unasked)
}

/// What is wanted, as it stands where it comes from: versions never change, so it reads the same whenever it is read.
fn found(tx: &mut Tx<'_>, wanted: &Wanted) -> Result<(Template, TemplateVersion), TemplateRefusal> {
    let from = match wanted.act {
        Act::Promote => Environment::Live,
        Act::GoLive => Environment::Test,
    };
    tx.in_environment(from, |tx| promotion::whole(tx, wanted.template_id, wanted.version))
}

fn prepare(tx: &mut Tx<'_>, _: &OrgKeys, target: Option<[u8; 16]>, value: Value) -> Result<Prepared, Failure> {
    let wanted: Wanted = typed(value)?;
    if target != Some(wanted.template_id.bytes()) {
        return Err(not_found().into());
    }
    let (template, version) = found(tx, &wanted)?;
    let live = tx.in_environment(Environment::Live, |tx| promotion::in_force(tx, &template.name))?;
    if let Some((live, _)) = &live {
        crossing::is_same_kind(&template, live)?;
    }
    let (promotions, before) = match live {
        Some((live, before)) => (live.promotions, before),
        None => (0, None),
    };
    let mut lines = vec![
        Line::new("Template", before.as_ref().map(|_| template.name.clone()), template.name.clone()),
        Line::new(
            "Channel",
            before.as_ref().map(|_| channels::words(template.channel).to_owned()),
            channels::words(template.channel).to_owned(),
        ),
    ];
    let was = before.as_ref().map(|one| &one.content);
    lines.extend(content_lines(template.channel, was, &version.content));
    let tied = match wanted.act {
        Act::Promote => {
            let hands = |tx: &mut Tx<'_>| hands_in(tx, &template, version.version, |one| one.released_at.is_some());
            tx.in_environment(Environment::Live, hands)?
        }
        Act::GoLive => hands_in_test(tx, &template, version.version, was)?,
    };
    let wanted = Wanted { content: Some(version.content), ..wanted };
    Ok(Prepared { wanted: serde_json::to_value(wanted).map_err(Fault::new)?, lines, version: promotions.into(), tied })
}

/// Who had a hand in a version in test, since what is in force in live.
pub(crate) fn hands_in_test(
    tx: &mut Tx<'_>,
    template: &Template,
    version: u32,
    live: Option<&Content>,
) -> Result<Vec<Tied>, StoreError> {
    let hands = |tx: &mut Tx<'_>| hands_in(tx, template, version, |one| live == Some(&one.content));
    tx.in_environment(Environment::Test, hands)
}

fn hands_in(
    tx: &mut Tx<'_>,
    template: &Template,
    version: u32,
    is_there: impl Fn(&TemplateVersion) -> bool,
) -> Result<Vec<Tied>, StoreError> {
    let (versions, authors) = (store::versions(tx, template.id)?, authors(tx, template.id.bytes())?);
    Ok(hands(versions.iter().map(|one| (one.version, is_there(one))), version, &authors))
}

/// What the parts say, byte for byte, and what sample data makes of them.
pub(crate) fn content_lines(channel: ChannelKind, before: Option<&Content>, after: &Content) -> Vec<Line> {
    let part = |content: &Content, part| content.part(part).map(str::to_owned);
    let source = Part::ALL.map(|one| (one.title().to_owned(), before.and_then(|it| part(it, one)), part(after, one)));
    let filled = |content: &Content| sample::filled(channel, content);
    let (was, is) = (before.and_then(filled), filled(after));
    let shown = Part::ALL.map(|one| {
        let of = |all: &Option<Rendered>| all.as_ref().and_then(|all| clear(all, one));
        (format!("{}, with sample data", one.title()), of(&was), of(&is))
    });
    approval_lines(source.into_iter().chain(shown))
}

fn apply(tx: &mut Tx<'_>, keys: &OrgKeys, value: Value, _: Option<&Reason>) -> Result<(), Failure> {
    let wanted: Wanted = typed(value)?;
    let (template, version) = found(tx, &wanted)?;
    // What was agreed to is in the request; what it was read from never changes. Where they differ, somebody changed a row by another way.
    if wanted.content.as_ref() != Some(&version.content) {
        return Err(StoreError::Unopenable.into());
    }
    match wanted.act {
        Act::GoLive => drop(crossing::bring(tx, keys, &template, &version, Brought::InForce)?),
        Act::Promote => tx.in_environment(Environment::Live, |tx| {
            let leaf = promotion::leaf(tx, keys, "template.promote", &template, &version);
            let there = store::find(tx, template.id)?.ok_or(TemplateRefusal::NotFound)?;
            promotion::put_into_force(tx, there, version.version)?;
            tx.note(leaf);
            Ok::<_, TemplateRefusal>(())
        })?,
    }
    Ok(())
}

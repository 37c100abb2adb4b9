//! What differs between two versions of a template.

use sealpost_seal::{Personal, Purpose};

use super::compiled::Rendered;
use super::model::{Part, Template, TemplateVersion};
use super::sample;
use crate::versions::{ContentDigest, DiffLine, lines};

/// What differs.
pub(crate) struct Difference {
    pub(crate) from: (u32, ContentDigest),
    pub(crate) to: (u32, ContentDigest),
    pub(crate) parts: Vec<PartDifference>,
}

/// What differs in a part that either has.
pub(crate) struct PartDifference {
    pub(crate) part: Part,
    pub(crate) same: bool,
    pub(crate) source: Vec<DiffLine>,
    /// The same with sample data.
    pub(crate) rendered: Option<Vec<DiffLine>>,
}

/// What leads from one version to another.
pub(super) fn difference(template: &Template, from: &TemplateVersion, to: &TemplateVersion) -> Difference {
    let filled = |version: &TemplateVersion| sample::filled(template.channel, &version.content);
    let (was, is) = (filled(from), filled(to));
    let parts = Part::ALL.into_iter().filter_map(|part| {
        let (before, after) = (from.content.part(part), to.content.part(part));
        before.or(after)?;
        let rendered = was.as_ref().zip(is.as_ref());
        Some(PartDifference {
            part,
            same: before == after,
            source: lines(before.unwrap_or_default(), after.unwrap_or_default()),
            rendered: rendered.map(|(was, is)| lines(&shown(was, part), &shown(is, part))),
        })
    });
    let digest = |version: &TemplateVersion| (version.version, version.content.digest(template.channel));
    Difference { from: digest(from), to: digest(to), parts: parts.collect() }
}

/// A part as sample data fills it: nobody's data.
pub(super) fn clear(rendered: &Rendered, part: Part) -> Option<String> {
    let open = |text: &Personal<String>| text.expose(Purpose::Render).clone();
    match part {
        Part::Subject => rendered.subject.as_ref().map(open),
        Part::Text => Some(open(&rendered.text)),
        Part::Html => rendered.html.as_ref().map(open),
    }
}

fn shown(rendered: &Rendered, part: Part) -> String {
    clear(rendered, part).unwrap_or_default()
}

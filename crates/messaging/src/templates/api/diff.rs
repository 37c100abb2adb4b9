//! `GET /v1/templates/{id}/diff`

use schemars::JsonSchema;
use sealpost_access::permissions::TEMPLATES_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};
use serde::Serialize;

use crate::templates::{Difference, PartDifference, Templates};
use crate::versions::{ContentDigest, DiffLine, DiffQuery};

/// What differs between two versions of a template.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TemplateDiff")]
struct View {
    /// The version before.
    from: u32,
    /// The version after.
    to: u32,
    /// The digest of the one before.
    from_digest: ContentDigest,
    /// The digest of the one after.
    to_digest: ContentDigest,
    /// What either has, part by part.
    parts: Vec<PartView>,
}

/// A part.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TemplatePartDiff")]
struct PartView {
    /// `subject`, `text` or `html`.
    part: &'static str,
    /// Whether the same stands in both.
    same: bool,
    /// Its lines, with what ends them.
    source: Vec<DiffLine>,
    /// The same filled with sample data, where each value is the name of what is looked up; nothing where that doesn't fit.
    rendered: Option<Vec<DiffLine>>,
}

impl From<Difference> for View {
    fn from(difference: Difference) -> Self {
        let Difference { from, to, parts } = difference;
        let view =
            |PartDifference { part, same, source, rendered }| PartView { part: part.as_str(), same, source, rendered };
        Self {
            from: from.0,
            to: to.0,
            from_digest: from.1,
            to_digest: to.1,
            parts: parts.into_iter().map(view).collect(),
        }
    }
}

pub(super) fn diff(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    get("/v1/templates/{id}/diff")
        .needs(TEMPLATES_READ)
        .class(Class::Read)
        .summary("Compare two versions of a template")
        .describe("The one in force with the newest, unless you say otherwise. Line by line, and once more filled with sample data.")
        .queries::<DiffQuery>()
        .answers::<View>(200)
        .to(move |call: Call<(), DiffQuery>| handle(templates.clone(), call))
}

async fn handle(templates: Templates, call: Call<(), DiffQuery>) -> Result<Reply, Failure> {
    let DiffQuery { from, to } = call.query;
    let difference = templates.difference(&call.ctx, call.id("id")?, from, to).await?;
    Ok(Reply::ok(&View::from(difference))?)
}

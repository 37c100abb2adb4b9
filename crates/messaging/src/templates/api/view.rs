//! How templates are shown.

use schemars::JsonSchema;
use sealpost_govern::audit::TypedId;
use sealpost_store::{Environment, TemplateId, Time};
use serde::Serialize;

use crate::channels::ChannelKind;
use crate::templates::model::{Content, Template, TemplateVersion};
use crate::versions::{Author, Authors, ContentDigest};

/// A template.
#[derive(Serialize, JsonSchema)]
pub(super) struct TemplateView {
    /// Its id.
    id: TemplateId,
    /// `test` or `live`.
    environment: &'static str,
    /// What it is called.
    name: String,
    /// What it is for.
    channel: ChannelKind,
    /// Its newest version.
    version: u32,
    /// The version in force: what messages say. Nothing, until others have agreed to the first.
    in_force: Option<u32>,
    /// When it was made.
    created_at: Time,
}

/// A version of a template.
#[derive(Serialize, JsonSchema)]
pub(super) struct VersionView {
    /// Its number, from 1.
    version: u32,
    /// What it says.
    content: Content,
    /// SHA-256 of what it says. The same content has the same digest in both environments.
    digest: ContentDigest,
    /// Whether it is the version in force.
    in_force: bool,
    /// Since when it has been in force for the first time; nothing, if it never was.
    released_at: Option<Time>,
    /// When it was made.
    created_at: Time,
    /// Who wrote it: a member, or a key. Nothing of versions from before this was kept.
    written_by: Option<TypedId>,
}

/// A template with one or all of its versions.
#[derive(Serialize, JsonSchema)]
pub(super) struct FullView {
    #[serde(flatten)]
    template: TemplateView,
    /// Versions, newest first.
    versions: Vec<VersionView>,
}

impl TemplateView {
    pub(super) fn of(environment: Environment, template: &Template) -> Self {
        Self {
            id: template.id,
            environment: environment.as_str(),
            name: template.name.clone(),
            channel: template.channel,
            version: template.version,
            in_force: template.in_force,
            created_at: template.created_at,
        }
    }
}

impl VersionView {
    pub(super) fn of(template: &Template, version: &TemplateVersion, authors: &Authors) -> Self {
        Self {
            version: version.version,
            content: version.content.clone(),
            digest: version.content.digest(template.channel),
            in_force: template.in_force == Some(version.version),
            released_at: version.released_at,
            created_at: version.created_at,
            written_by: authors.get(&version.version).and_then(Author::named),
        }
    }
}

impl FullView {
    pub(super) fn of(
        environment: Environment,
        template: &Template,
        versions: &[TemplateVersion],
        authors: &Authors,
    ) -> Self {
        let view = |version| VersionView::of(template, version, authors);
        Self { template: TemplateView::of(environment, template), versions: versions.iter().map(view).collect() }
    }
}

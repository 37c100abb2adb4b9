//! How templates are shown.

use schemars::JsonSchema;
use sealpost_store::{Ctx, TemplateId, Time};
use serde::Serialize;

use crate::channels::ChannelKind;
use crate::templates::model::{Content, Template, TemplateVersion};

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
    /// When it was made.
    created_at: Time,
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
    pub(super) fn of(ctx: &Ctx, template: &Template) -> Self {
        Self {
            id: template.id,
            environment: ctx.org.environment.as_str(),
            name: template.name.clone(),
            channel: template.channel,
            version: template.version,
            created_at: template.created_at,
        }
    }
}

impl VersionView {
    pub(super) fn of(version: &TemplateVersion) -> Self {
        Self { version: version.version, content: version.content.clone(), created_at: version.created_at }
    }
}

impl FullView {
    pub(super) fn of(ctx: &Ctx, template: &Template, versions: &[TemplateVersion]) -> Self {
        Self { template: TemplateView::of(ctx, template), versions: versions.iter().map(VersionView::of).collect() }
    }
}

//! What a version of an event is without its ids: names, and the digest of a template's version it is pinned to. It says the same in both
//! environments.

use sealpost_govern::approvals::Line;
use sealpost_store::{StoreError, Tx};

use super::model::{Class, EventVersion};
use super::store;
use crate::versions::{ContentDigest, Fields, approval_lines};

/// A version of an event, by names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    pub(crate) class: Class,
    /// What the template is called.
    pub(crate) template: String,
    /// What its pinned version says; always what is in force, if it is pinned to none.
    pub(crate) pinned: Option<ContentDigest>,
    /// What the channel is called, if that is said.
    pub(crate) channel: Option<String>,
    /// What the route is called, if that is said.
    pub(crate) route: Option<String>,
}

/// What differs between two versions.
pub(crate) struct Difference {
    pub(crate) from: (u32, ContentDigest),
    pub(crate) to: (u32, ContentDigest),
    pub(crate) fields: Vec<Line>,
}

/// The face of a version of this environment.
pub(super) fn of(tx: &mut Tx<'_>, version: &EventVersion) -> Result<Face, StoreError> {
    // Whoever adds a field to a version decides here whether it is part of what it is.
    let EventVersion { version: _, class, template, template_version, channel, route, created_at: _, released_at: _ } =
        version;
    let (name, pinned) = crate::templates::called(tx, *template, *template_version)?;
    let channel = match channel {
        Some(id) => Some(store::channel_name(tx, *id)?.ok_or(StoreError::Missing("channel"))?),
        None => None,
    };
    let route = match route {
        Some(id) => Some(store::route_name(tx, *id)?.ok_or(StoreError::Missing("route"))?),
        None => None,
    };
    Ok(Face { class: *class, template: name, pinned, channel, route })
}

impl Face {
    /// What says whether the same stands elsewhere.
    pub(crate) fn digest(&self) -> ContentDigest {
        let Self { class, template, pinned, channel, route } = self;
        let pinned = pinned.map(|digest| digest.to_string());
        Fields::of("event")
            .with("class", Some(class.as_str()))
            .with("template", Some(template))
            .with("pinned", pinned.as_deref())
            .with("channel", channel.as_deref())
            .with("route", route.as_deref())
            .digest()
    }

    /// What it says, field by field.
    pub(crate) fn fields(&self) -> [(&'static str, Option<String>); 4] {
        let Self { class, template, pinned, channel, route } = self;
        let pinned = pinned.map_or_else(
            || "always the one in force".to_owned(),
            |digest| format!("pinned to the one with digest {digest}"),
        );
        let through = match (route, channel) {
            (Some(route), _) => format!("the route {route}"),
            (None, Some(channel)) => channel.clone(),
            (None, None) => "the first channel for the template’s kind".to_owned(),
        };
        [
            ("Class", Some(class.as_str().to_owned())),
            ("Template", Some(template.clone())),
            ("Version of the template", Some(pinned)),
            ("Goes through", Some(through)),
        ]
    }

    /// What changes from one to the other.
    pub(crate) fn lines(before: Option<&Self>, after: &Self) -> Vec<Line> {
        let was = before.map(Self::fields);
        let before = |at: usize| was.as_ref().and_then(|all| all.get(at)?.1.clone());
        approval_lines(after.fields().into_iter().enumerate().map(|(at, (what, is))| (what.to_owned(), before(at), is)))
    }
}

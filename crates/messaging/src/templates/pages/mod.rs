//! The dashboard's pages of templates: an editor that shows, while one writes, what the data would make of it.

mod edit;
mod list;
mod preview;
#[cfg(test)]
mod samples;
mod versions;

use sealpost_access::permissions::TEMPLATES_READ;
use sealpost_store::TemplateId;
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Templates;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Build,
    place: 0,
    title: "Templates",
    path: "/templates",
    icon: Icon::Template,
    key: 't',
    needs: Some(TEMPLATES_READ),
    only: None,
    ids: &[(TemplateId::PREFIX, "/templates")],
};

pub(super) fn routes(templates: &Templates) -> Vec<Endpoint> {
    vec![
        list::list(templates),
        edit::ask_new(),
        edit::create(templates),
        preview::preview(),
        edit::show(templates),
        edit::publish(templates),
    ]
    .into_iter()
    .chain(versions::routes(templates))
    .collect()
}

//! The dashboard's pages of workflows and their runs.

mod act;
mod edit;
mod graph;
mod list;
mod promote;
mod reveal;
mod run;
#[cfg(test)]
mod samples;
mod show;
mod triggers;
mod words;

use sealpost_access::permissions::WORKFLOWS_READ;
use sealpost_store::{WorkflowId, WorkflowRunId};
use sealpost_web::Endpoint;
use sealpost_web::shell::{Group, Icon, Nav};

use super::Workflows;

/// Where they are found.
pub const NAV: Nav = Nav {
    group: Group::Build,
    place: 2,
    title: "Workflows",
    path: "/workflows",
    icon: Icon::Flow,
    key: 'z',
    needs: Some(WORKFLOWS_READ),
    only: None,
    ids: &[(WorkflowId::PREFIX, "/workflows"), (WorkflowRunId::PREFIX, "/workflow-runs")],
};

pub(super) fn routes(workflows: &Workflows) -> Vec<Endpoint> {
    let pages = vec![
        list::list(workflows),
        edit::ask_new(),
        edit::create(workflows),
        show::show(workflows),
        edit::ask(workflows),
        edit::draft(workflows),
        promote::ask(workflows),
        promote::promote(workflows),
        run::runs(workflows),
        run::show(workflows),
        act::ask_cancel(workflows),
        act::cancel(workflows),
        act::ask_retry(workflows),
        act::retry(workflows),
        reveal::ask(workflows),
        reveal::reveal(workflows),
    ];
    pages.into_iter().chain(triggers::routes(workflows)).collect()
}

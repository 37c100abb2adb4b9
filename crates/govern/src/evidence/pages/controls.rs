//! `GET /app/{env}/evidence`

use askama::Template;
use sealpost_access::permissions::EVIDENCE_READ;
use sealpost_store::Environment;
use sealpost_web::shell::Icon;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use crate::evidence::{Control, Evidence};

/// Controls, by framework.
#[derive(Template)]
#[template(path = "evidence/pages/controls.html")]
pub(super) struct ControlsPage {
    pub(super) record: String,
    /// Where a pack is made: a pack holds the ledger of both environments, so it leaves by the live one.
    pub(super) export: Option<String>,
    pub(super) csrf: String,
    pub(super) frameworks: Vec<(String, Vec<Control>)>,
}

pub(super) fn controls(evidence: &Evidence) -> Endpoint {
    let evidence = evidence.clone();
    get("/app/{env}/evidence")
        .needs(EVIDENCE_READ)
        .page()
        .class(Class::Read)
        .summary("Controls, with what proves them")
        .to(move |call: Call| handle(evidence.clone(), call))
}

async fn handle(evidence: Evidence, call: Call) -> Result<Reply, Failure> {
    let is_live = call.ctx.org.environment == Environment::Live;
    let page = ControlsPage {
        record: call.at("/evidence/record"),
        export: is_live.then(|| call.at("/evidence/export")),
        csrf: call.csrf_token().to_owned(),
        frameworks: by_framework(evidence.controls(&call.ctx).await?),
    };
    call.show("Evidence", &page)
}

/// The controls of each framework, in the order of the map.
pub(super) fn by_framework(controls: Vec<Control>) -> Vec<(String, Vec<Control>)> {
    let mut all: Vec<(String, Vec<Control>)> = Vec::new();
    for control in controls {
        match all.iter_mut().find(|(framework, _)| *framework == control.framework) {
            Some((_, of)) => of.push(control),
            None => all.push((control.framework.clone(), vec![control])),
        }
    }
    all
}

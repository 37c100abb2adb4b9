//! `GET /app/{env}/evidence/record`

use askama::Template;
use sealpost_access::permissions::EVIDENCE_READ;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::When;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use crate::evidence::{Evidence, Record};

/// The record of processing; printed it is a document.
#[derive(Template)]
#[template(path = "evidence/pages/record.html")]
pub(super) struct RecordPage {
    pub(super) list: String,
    pub(super) at: When,
    pub(super) record: Record,
}

pub(super) fn record(evidence: &Evidence) -> Endpoint {
    let evidence = evidence.clone();
    get("/app/{env}/evidence/record")
        .needs(EVIDENCE_READ)
        .page()
        .class(Class::Read)
        .summary("The record of processing, to read and to print")
        .to(move |call: Call| handle(evidence.clone(), call))
}

async fn handle(evidence: Evidence, call: Call) -> Result<Reply, Failure> {
    let record = evidence.record(&call.ctx).await?;
    let page = RecordPage { list: call.at("/evidence"), at: When::new(record.at, call.ctx.now()), record };
    call.show("Record of processing", &page)
}

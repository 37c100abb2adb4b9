//! `GET` and `POST /app/{env}/audit/verify`

use askama::Template;
use sealpost_access::permissions::LEDGER_READ;
use sealpost_ledger::{Finding, Report};
use sealpost_web::shell::figure::Rosette;
use sealpost_web::shell::parts::grouped;
use sealpost_web::shell::{Ask, Icon, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use crate::audit::api::Api;
use crate::audit::codes::LEDGER_TOO_LONG;

/// What reading everything again came to.
#[derive(Template)]
#[template(path = "audit/pages/verified.html")]
pub(super) struct VerifiedPage {
    pub(super) list: String,
    pub(super) outcome: Outcome,
}

/// Whether it is proven.
pub(super) enum Outcome {
    /// Every leaf is as it was recorded.
    Proven { seal: Rosette, leaves: String, checkpoints: String, pruned: String, root: String },
    /// The first thing that is wrong, and the first leaf that can't be relied on.
    Broken { says: String, seq: u64, href: String },
}

pub(super) fn ask() -> Endpoint {
    get("/app/{env}/audit/verify")
        .needs(LEDGER_READ)
        .page()
        .class(Class::Read)
        .summary("Ask whether to verify the ledger")
        .to(|call: Call| {
            let question = Ask::new(
                &call,
                "Verify the ledger?",
                "Every entry is read and hashed again, and every signed checkpoint compared with what that comes to. A million entries take some seconds.",
                "/audit",
            );
            std::future::ready(question.submit("Verify").show(&call))
        })
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/audit/verify")
        .needs(LEDGER_READ)
        .session()
        .class(Class::Whole)
        .acts("ledger.verify")
        .summary("Verify the whole ledger where it is")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(200, "text/html")
        .refuses(&[&LEDGER_TOO_LONG])
        .to(move |call| verify(api.clone(), call))
}

async fn verify(api: Api, call: Call<Yes>) -> Result<Reply, Failure> {
    let outcome = outcome(api.verify(&call.ctx).await?, |path| call.at(path));
    call.show("Ledger verified", &VerifiedPage { list: call.at("/audit"), outcome })
}

pub(super) fn outcome(verified: Result<Report, Finding>, at: impl Fn(&str) -> String) -> Outcome {
    match verified {
        Ok(report) => Outcome::Proven {
            seal: Rosette::new(*report.root.as_bytes(), "the root of the ledger"),
            leaves: grouped(report.leaves),
            checkpoints: grouped(report.checkpoints),
            pruned: grouped(report.pruned_contents),
            root: report.root.to_hex(),
        },
        Err(finding) => Outcome::Broken {
            says: finding.kind.to_string(),
            seq: finding.seq,
            href: at(&format!("/audit/{}", finding.seq)),
        },
    }
}

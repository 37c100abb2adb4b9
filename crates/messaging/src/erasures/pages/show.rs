//! `GET /app/{env}/erasures/{id}`

use askama::Template;
use sealpost_access::permissions::ERASURES_READ;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::{Ident, When};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use crate::erasures::{Erasures, Ground};

/// One erasure, with its certificate.
#[derive(Template)]
#[template(path = "erasures/pages/show.html")]
pub(super) struct ShowPage {
    pub(super) list: String,
    pub(super) id: Ident,
    pub(super) contact: String,
    pub(super) counts: Vec<(&'static str, u64)>,
    pub(super) begun: When,
    pub(super) done: Option<When>,
    pub(super) until: Option<When>,
    pub(super) reapplied: bool,
    pub(super) reason: Option<&'static str>,
    pub(super) final_at: Option<When>,
    pub(super) certificate: Option<String>,
}

pub(super) fn show(erasures: &Erasures) -> Endpoint {
    let erasures = erasures.clone();
    get("/app/{env}/erasures/{id}")
        .needs(ERASURES_READ)
        .page()
        .class(Class::Read)
        .summary("An erasure and its certificate")
        .to(move |call: Call| handle(erasures.clone(), call))
}

async fn handle(erasures: Erasures, call: Call) -> Result<Reply, Failure> {
    let erasure = erasures.find(&call.ctx, call.id("id")?).await?;
    let when = |at| When::new(at, call.ctx.now());
    let page = ShowPage {
        list: call.at("/erasures"),
        id: Ident::new(erasure.id),
        contact: erasure.contact.to_string(),
        counts: vec![
            ("Values", erasure.fields),
            ("Index rows", erasure.indexes),
            ("Messages taken back", erasure.cancelled),
            ("Messages emptied", erasure.messages),
            ("Suppressions kept", erasure.suppressions),
        ],
        begun: when(erasure.begun_at),
        done: erasure.done_at.map(when),
        until: erasure.kept_until.map(when),
        reapplied: erasure.reapplied,
        reason: erasure.ground.map(Ground::says),
        final_at: erasure.final_at.map(when),
        certificate: erasures.certificate(&call.ctx, &erasure).await?,
    };
    call.show("Erasure", &page)
}

//! `GET /app/{env}/templates/{id}/diff`, `GET` and `POST /app/{env}/templates/{id}/versions/{version}/promote`, `…/go-live`

use sealpost_access::permissions::{TEMPLATES_READ, TEMPLATES_WRITE};
use sealpost_store::{TemplateId, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use crate::templates::codes::TEMPLATE_EXISTS;
use crate::templates::{Template, Templates, crossing, promotion};
use crate::versions::{
    DiffPage, DiffPart, DiffQuery, Expected, GO_LIVE_REFUSES, GoLiveForm, PROMOTE_REFUSES, PromoteForm, Promoted,
    ask_go_live, ask_promote,
};

pub(super) fn routes(templates: &Templates) -> Vec<Endpoint> {
    vec![diff(templates), to_promote(templates), promote(templates), to_go_live(templates), go_live(templates)]
}

fn diff(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    get("/app/{env}/templates/{id}/diff")
        .needs(TEMPLATES_READ)
        .page()
        .class(Class::Read)
        .summary("Compare two versions of a template")
        .queries::<DiffQuery>()
        .to(move |call: Call<(), DiffQuery>| compare(templates.clone(), call))
}

async fn compare(templates: Templates, call: Call<(), DiffQuery>) -> Result<Reply, Failure> {
    let template = templates.find(&call.ctx, call.id("id")?).await?;
    let difference = templates.difference(&call.ctx, template.id, call.query.from, call.query.to).await?;
    let page = call.at(&format!("/templates/{}", template.id));
    let (from, to) = (difference.from.0, difference.to.0);
    let may_promote = call.caller.permissions.contains(TEMPLATES_WRITE) && template.in_force != Some(to);
    let part = |one: crate::templates::PartDifference| DiffPart {
        title: one.part.title().to_owned(),
        same: one.same,
        lines: one.source,
        rendered: one.rendered,
    };
    let content = DiffPage {
        of: template.name,
        from,
        to,
        promote: may_promote.then(|| ("Put into force…", format!("{page}/versions/{to}/promote"))),
        parts: difference.parts.into_iter().map(part).collect(),
        back: page,
    };
    call.show("What differs", &content)
}

fn to_promote(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    get("/app/{env}/templates/{id}/versions/{version}/promote")
        .needs(TEMPLATES_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to put a version into force")
        .to(move |call: Call| {
            let templates = templates.clone();
            async move {
                let template = templates.find(&call.ctx, call.id("id")?).await?;
                let version = templates.version(&call.ctx, template.id, call.id("version")?).await?;
                ask_promote(&call, &template.standing(), version.version, &path(&template)).show(&call)
            }
        })
}

fn path(template: &Template) -> String {
    format!("/templates/{}", template.id)
}

fn promote(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    post("/app/{env}/templates/{id}/versions/{version}/promote")
        .needs(TEMPLATES_WRITE)
        .session()
        .class(Class::Write)
        .acts("template.promote")
        .done("In force")
        .summary("Put a version of a template into force")
        .takes_form::<PromoteForm>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&PROMOTE_REFUSES)
        .to(move |call: Call<PromoteForm>| handle_promote(templates.clone(), call))
}

async fn handle_promote(templates: Templates, call: Call<PromoteForm>) -> Result<Reply, Failure> {
    let (id, version): (TemplateId, u32) = (call.id("id")?, call.id("version")?);
    let keys = templates.store().keys().organisation(call.ctx.org.id).await?;
    let expected = Expected { tags: None, in_force: call.body.expected_version };
    let (done, approvals) = (call.done(&format!("/templates/{id}")), call.at("/approvals"));
    let promote = move |tx: &mut Tx<'_>| {
        Ok(promotion::promote(tx, &keys, id, version, &expected)?.map(|promoted| settled(promoted, done, &approvals)))
    };
    match call.write(templates.store(), promote).await {
        Ok(reply) => Ok(reply),
        Err(failure) => {
            let template = templates.find(&call.ctx, id).await?;
            ask_promote(&call, &template.standing(), version, &path(&template)).again(&call, failure)
        }
    }
}

/// Leads to what was put into force, or to what waits.
fn settled(promoted: Promoted<Template>, done: Reply, approvals: &str) -> Reply {
    match promoted {
        Promoted::InForce(_) => done,
        Promoted::Waits(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
    }
}

fn to_go_live(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    get("/app/{env}/templates/{id}/go-live")
        .needs(TEMPLATES_WRITE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to take a template to live")
        .queries::<GoLiveForm>()
        .to(move |call: Call<(), GoLiveForm>| {
            let templates = templates.clone();
            async move {
                let template = templates.find(&call.ctx, call.id("id")?).await?;
                ask_go_live(&call, &template.name, call.query.version, SAYS, &path(&template)).show(&call)
            }
        })
}

const SAYS: &str = "in live the template of this name gets a version with exactly these bytes, in force from the next message on. Where \
                    templates take an approval, others see it first.";

fn go_live(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    post("/app/{env}/templates/{id}/go-live")
        .needs(TEMPLATES_WRITE)
        .session()
        .class(Class::Write)
        .acts("template.go_live")
        .done("Live")
        .summary("Take a template from test to live")
        .takes_form::<GoLiveForm>()
        .example(json!({ "version": 1 }))
        .answers_with(303, "")
        .refuses(&GO_LIVE_REFUSES)
        .refuses(&[&TEMPLATE_EXISTS])
        .to(move |call: Call<GoLiveForm>| handle_go_live(templates.clone(), call))
}

async fn handle_go_live(templates: Templates, call: Call<GoLiveForm>) -> Result<Reply, Failure> {
    let (id, version): (TemplateId, _) = (call.id("id")?, call.body.version);
    let keys = templates.store().keys().organisation(call.ctx.org.id).await?;
    let (done, approvals) = (call.done(&format!("/templates/{id}")), call.at("/approvals"));
    let go = move |tx: &mut Tx<'_>| {
        Ok(crossing::go_live(tx, &keys, id, version)?.map(|promoted| settled(promoted, done, &approvals)))
    };
    match call.write(templates.store(), go).await {
        Ok(reply) => Ok(reply),
        Err(failure) => {
            let template = templates.find(&call.ctx, id).await?;
            ask_go_live(&call, &template.name, version, SAYS, &path(&template)).again(&call, failure)
        }
    }
}

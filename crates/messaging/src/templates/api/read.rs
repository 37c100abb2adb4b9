//! `GET /v1/templates`, `GET /v1/templates/{id}`, `GET /v1/templates/{id}/versions/{version}`

use sealpost_access::permissions::TEMPLATES_READ;
use sealpost_store::TemplateId;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, PageQuery, Reply, get};

use super::view::{FullView, TemplateView, VersionView};
use crate::cursor;
use crate::templates::Templates;
use crate::versions::authors_of;

pub(super) fn list(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    get("/v1/templates")
        .needs(TEMPLATES_READ)
        .class(Class::Read)
        .summary("List templates, newest first")
        .queries::<PageQuery>()
        .answers::<Page<TemplateView>>(200)
        .to(move |call: Call<(), PageQuery>| page(templates.clone(), call))
}

async fn page(templates: Templates, call: Call<(), PageQuery>) -> Result<Reply, Failure> {
    let listing = call.listing(templates.store().keys(), &(), call.query.limit)?;
    let before = cursor::behind(&listing, call.query.cursor.as_deref(), TemplateId::from_bytes)?;
    let rows = templates.list(&call.ctx, before, listing.fetch()).await?;
    let page =
        listing.page(rows, |row| row.id.bytes().to_vec(), |row| TemplateView::of(call.ctx.org.environment, &row));
    Ok(Reply::ok(&page)?)
}

pub(super) fn show(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    get("/v1/templates/{id}")
        .needs(TEMPLATES_READ)
        .class(Class::Read)
        .summary("Read a template with all its versions")
        .describe("Its `ETag` is another as soon as there is a new version, or another one is in force.")
        .answers::<FullView>(200)
        .to(move |call: Call| one(templates.clone(), call))
}

async fn one(templates: Templates, call: Call) -> Result<Reply, Failure> {
    let id = call.id("id")?;
    let template = templates.find(&call.ctx, id).await?;
    let versions = templates.versions(&call.ctx, id).await?;
    let authors = authors_of(templates.store(), &call.ctx, template.id.bytes()).await?;
    let view = FullView::of(call.ctx.org.environment, &template, &versions, &authors);
    Ok(Reply::ok(&view)?.version(&template.standing().tag()))
}

pub(super) fn version(templates: &Templates) -> Endpoint {
    let templates = templates.clone();
    get("/v1/templates/{id}/versions/{version}")
        .needs(TEMPLATES_READ)
        .class(Class::Read)
        .summary("Read one version of a template")
        .answers::<VersionView>(200)
        .to(move |call: Call| one_version(templates.clone(), call))
}

async fn one_version(templates: Templates, call: Call) -> Result<Reply, Failure> {
    let template = templates.find(&call.ctx, call.id("id")?).await?;
    let version = templates.version(&call.ctx, template.id, call.id("version")?).await?;
    let authors = authors_of(templates.store(), &call.ctx, template.id.bytes()).await?;
    Ok(Reply::ok(&VersionView::of(&template, &version, &authors))?)
}

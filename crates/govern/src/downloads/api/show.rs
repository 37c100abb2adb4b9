//! `GET /v1/downloads/{id}`

use sealpost_access::permissions::DOWNLOADS_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::view::Details;
use crate::downloads::service::Downloads;

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/v1/downloads/{id}")
        .needs(DOWNLOADS_READ)
        .class(Class::Read)
        .summary("Read what was asked for, and how far it is")
        .answers::<Details>(200)
        .to(move |call: Call| show(downloads.clone(), call))
}

async fn show(downloads: Downloads, call: Call) -> Result<Reply, Failure> {
    let download = downloads.find(&call.ctx, call.id("id")?).await?;
    let wanted = downloads.wanted(&call.ctx, &download).await?;
    Ok(Reply::ok(&Details::of(&download, call.ctx.org.environment, wanted))?)
}

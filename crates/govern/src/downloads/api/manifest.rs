//! `GET /v1/downloads/{id}/manifest`

use sealpost_access::permissions::DOWNLOADS_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, get};

use crate::downloads::codes::DOWNLOAD_NOT_READY;
use crate::downloads::manifest;
use crate::downloads::service::Downloads;

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/v1/downloads/{id}/manifest")
        .needs(DOWNLOADS_READ)
        .class(Class::Read)
        .summary("Read what a file is, signed")
        .describe(
            "A signed note: its SHA-256, how long it is, its columns and rows, who asked and what others agreed to. It stays when the file \
             is destroyed.",
        )
        .answers_with(200, "text/plain; charset=utf-8")
        .refuses(&[&DOWNLOAD_NOT_READY])
        .to(move |call: Call| show(downloads.clone(), call))
}

async fn show(downloads: Downloads, call: Call) -> Result<Reply, Failure> {
    let download = downloads.find(&call.ctx, call.id("id")?).await?;
    let note = manifest::sign(&downloads.house, &call.ctx, &download)?;
    Ok(Reply::text(note.ok_or_else(|| Refusal::of(&DOWNLOAD_NOT_READY))?))
}

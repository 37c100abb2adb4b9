//! `POST /v1/downloads/{id}/cancel`

use sealpost_access::permissions::DOWNLOADS_REQUEST;
use sealpost_store::DownloadId;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};

use super::view::View;
use crate::downloads::codes::DOWNLOAD_OVER;
use crate::downloads::service::{self, Downloads};

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    post("/v1/downloads/{id}/cancel")
        .needs(DOWNLOADS_REQUEST)
        .class(Class::Write)
        .acts("download.cancel")
        .summary("Take back what you asked for")
        .describe("Whatever is written of it is destroyed. It stays counted.")
        .answers::<View>(200)
        .refuses(&[&DOWNLOAD_OVER])
        .to(move |call: Call| handle(downloads.clone(), call))
}

async fn handle(downloads: Downloads, call: Call) -> Result<Reply, Failure> {
    let (id, environment): (DownloadId, _) = (call.id("id")?, call.ctx.org.environment);
    call.write(&downloads.house, move |tx| {
        let cancelled = service::cancel(tx, id)?;
        let reply = Reply::ok(&View::of(cancelled.value(), environment))?;
        Ok(cancelled.map(|_| reply))
    })
    .await
}

//! `POST /v1/downloads/preview`

use sealpost_access::permissions::DOWNLOADS_REQUEST;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde_json::json;

use super::body::Body;
use super::view::Preview;
use crate::downloads::codes::{DOWNLOAD_SOURCE_REFUSED, DOWNLOAD_TOO_LONG};
use crate::downloads::service::Downloads;

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    post("/v1/downloads/preview")
        .needs(DOWNLOADS_REQUEST)
        .class(Class::Search)
        .changes_nothing("it says what a file would come to, and nobody is asked for it")
        .summary("Say what a file would come to")
        .describe("How many rows at most, the first of them as you would get them and as others see them who decide, and what it takes.")
        .takes::<Body>()
        .answers::<Preview>(200)
        .refuses(&[&DOWNLOAD_SOURCE_REFUSED, &DOWNLOAD_TOO_LONG])
        .example(json!({ "source": "contacts", "columns": ["id", "phone"] }))
        .to(move |call: Call<Body>| handle(downloads.clone(), call))
}

async fn handle(downloads: Downloads, call: Call<Body>) -> Result<Reply, Failure> {
    let (call, body) = call.take_body();
    let may = call.caller.permissions.without(call.caller.barred);
    let prospect = downloads.look(&call.ctx, may, body.into()).await?;
    Ok(Reply::ok(&Preview::from(prospect))?)
}

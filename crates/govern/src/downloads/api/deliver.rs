//! `POST /v1/downloads/{id}/deliver`

use hyper::body::Bytes;
use sealpost_access::permissions::DOWNLOADS_REQUEST;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use tokio::sync::mpsc;

use crate::downloads::codes::{DOWNLOAD_NOT_READY, DOWNLOAD_OUTLIVED, DOWNLOAD_RIGHTS_CHANGED};
use crate::downloads::model::{Download, Format};
use crate::downloads::service::Downloads;

pub(super) fn route(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    post("/v1/downloads/{id}/deliver")
        .needs(DOWNLOADS_REQUEST)
        .step_up()
        .class(Class::Whole)
        .acts("download.deliver")
        .summary("Fetch a file, once")
        .describe(
            "For whoever asked for it, by the same key or signed in as the same member. That it leaves is in the ledger before its first \
             byte. However it goes, it can't be fetched again: it is destroyed. What you may and see is looked at once more; if that isn't \
             what it was when the file was written, the answer is 403, on record, and you ask again.",
        )
        .answers_with(200, Format::Csv.media_type())
        .also_answers(200, Format::Jsonl.media_type())
        .lets_out("a file that was asked for with a reason, agreed to where that is needed, once, within the quota of the day")
        .refuses(&[&DOWNLOAD_NOT_READY, &DOWNLOAD_RIGHTS_CHANGED, &DOWNLOAD_OUTLIVED])
        .to(move |call: Call| {
            let downloads = downloads.clone();
            async move {
                let (download, bytes) = downloads.deliver(&call.ctx, call.id("id")?).await?;
                Ok::<_, Failure>(file(&download, bytes))
            }
        })
}

/// The file, called by what it holds and by its id alone.
pub(in crate::downloads) fn file(of: &Download, bytes: mpsc::Receiver<Bytes>) -> Reply {
    Reply::stream(of.format.media_type(), bytes).download(&format!("{}-{}.{}", of.source, of.id, of.format.word()))
}

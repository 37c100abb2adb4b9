//! `GET` and `POST /app/{env}/downloads/{id}/deliver` and `…/cancel`

use sealpost_access::permissions::DOWNLOADS_REQUEST;
use sealpost_store::{DownloadId, Tx};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde_json::json;

use crate::downloads::api::{HELD_BY, NOT_HANDED_OVER, fetching, file};
use crate::downloads::codes::DOWNLOAD_OVER;
use crate::downloads::model::Format;
use crate::downloads::rules::Wanted;
use crate::downloads::service::{self, Downloads};

pub(super) fn routes(downloads: &Downloads) -> Vec<Endpoint> {
    vec![ask_deliver(downloads), deliver(downloads), ask_cancel(downloads), cancel(downloads)]
}

/// Whether there is a file of this id that this member asked for.
async fn expect(downloads: &Downloads, call: &Call) -> Result<DownloadId, Failure> {
    let id: DownloadId = call.id("id")?;
    downloads.house.read::<_, Failure>(&call.ctx, move |tx: &mut Tx<'_>| service::own(tx, id).map(drop)).await?;
    Ok(id)
}

fn ask_deliver(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/app/{env}/downloads/{id}/deliver")
        .needs(DOWNLOADS_REQUEST)
        .page()
        .class(Class::Read)
        .summary("Ask whether to fetch a file")
        .to(move |call: Call| {
            let downloads = downloads.clone();
            async move { to_deliver(&call, expect(&downloads, &call).await?).show(&call) }
        })
}

fn deliver(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    post("/app/{env}/downloads/{id}/deliver")
        .needs(DOWNLOADS_REQUEST)
        .session()
        .step_up()
        .class(Class::Whole)
        .acts("download.deliver")
        .summary("Fetch a file, once")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(200, Format::Csv.media_type())
        .also_answers(200, Format::Jsonl.media_type())
        .also_answers(200, Format::Pdf.media_type())
        .lets_out(HELD_BY)
        .refuses(&NOT_HANDED_OVER)
        .to(move |call: Call<Yes>| {
            let downloads = downloads.clone();
            async move {
                let id = call.id("id")?;
                match downloads.deliver(&call.ctx, id, fetching(&call), Wanted::default()).await {
                    Ok(handed) => Ok(file(handed)),
                    Err(failure) => to_deliver(&call, id).again(&call, failure),
                }
            }
        })
}

fn to_deliver<B, Q>(call: &Call<B, Q>, id: DownloadId) -> Ask {
    let says = "It leaves once, and is destroyed here. That you took it is in the ledger before it does. If the transfer breaks, fetch it again in this \
                session: five times at most, within half an hour.";
    Ask::new(call, "Fetch the file?", says, &format!("/downloads/{id}")).sensitive().hands_out().submit("Fetch")
}

fn ask_cancel(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    get("/app/{env}/downloads/{id}/cancel")
        .needs(DOWNLOADS_REQUEST)
        .page()
        .class(Class::Read)
        .summary("Ask whether to take back what one asked for")
        .to(move |call: Call| {
            let downloads = downloads.clone();
            async move { to_cancel(&call, expect(&downloads, &call).await?).show(&call) }
        })
}

fn cancel(downloads: &Downloads) -> Endpoint {
    let downloads = downloads.clone();
    post("/app/{env}/downloads/{id}/cancel")
        .needs(DOWNLOADS_REQUEST)
        .session()
        .class(Class::Write)
        .acts("download.cancel")
        .done("Taken back")
        .summary("Take back what you asked for")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&DOWNLOAD_OVER])
        .to(move |call: Call<Yes>| {
            let downloads = downloads.clone();
            async move {
                let id: DownloadId = call.id("id")?;
                let done = call.done(&format!("/downloads/{id}"));
                let cancelled =
                    call.write(&downloads.house, move |tx| Ok(service::cancel(tx, id)?.map(|_| done))).await;
                cancelled.or_else(|failure: Failure| -> Result<Reply, Failure> {
                    to_cancel(&call, id).again(&call, failure)
                })
            }
        })
}

fn to_cancel<B, Q>(call: &Call<B, Q>, id: DownloadId) -> Ask {
    let says = "Whatever is written of it is destroyed, and nobody has to decide about it any more.";
    Ask::new(call, "Take it back?", says, &format!("/downloads/{id}")).submit("Take back")
}

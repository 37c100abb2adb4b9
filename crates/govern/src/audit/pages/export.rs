//! `POST /app/{env}/audit/export`

use sealpost_access::permissions::LEDGER_READ;
use sealpost_web::shell::Yes;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde_json::json;

use crate::audit::api::{Api, LINES};
use crate::audit::codes::EXPORT_LIVE_ONLY;
use crate::audit::export::stream;
use crate::downloads::codes::DOWNLOAD_QUOTA_EXHAUSTED;

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/audit/export")
        .needs(LEDGER_READ)
        .session()
        .class(Class::Whole)
        .acts("ledger.export")
        .summary("Save the whole ledger as a file")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(200, LINES)
        .lets_out("the whole ledger, details sealed, within the quota of the day")
        .refuses(&[&EXPORT_LIVE_ONLY, &DOWNLOAD_QUOTA_EXHAUSTED])
        .to(move |call| export(api.clone(), call))
}

async fn export(api: Api, call: Call<Yes>) -> Result<Reply, Failure> {
    let lines = stream(&api.house, &call.ctx).await?;
    Ok(Reply::stream(LINES, lines).download("ledger.jsonl"))
}

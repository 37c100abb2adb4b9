//! `GET` and `POST /app/{env}/support/{id}/end`

use sealpost_access::permissions::SUPPORT_MANAGE;
use sealpost_store::{StoreError, SupportGrantId, Tx};
use sealpost_web::shell::{Ask, Yes};
use sealpost_web::{Call, Class, Endpoint, Failure, get, not_found, post};
use serde_json::json;

use crate::support::api::Api;
use crate::support::codes::SUPPORT_OVER;
use crate::support::model::Ended;
use crate::support::{service, store};

pub(super) fn form(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/app/{env}/support/{id}/end")
        .needs(SUPPORT_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to end support access")
        .to(move |call: Call| {
            let api = api.clone();
            async move { question(&call, expect(&api, &call).await?).show(&call) }
        })
}

pub(super) fn end(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/app/{env}/support/{id}/end")
        .needs(SUPPORT_MANAGE)
        .session()
        .class(Class::Write)
        .acts("support.end")
        .done("Ended")
        .summary("End support access now")
        .takes_form::<Yes>()
        .example(json!({}))
        .answers_with(303, "")
        .refuses(&[&SUPPORT_OVER])
        .to(move |call: Call<Yes>| {
            let api = api.clone();
            async move {
                let id: SupportGrantId = call.id("id")?;
                let done = call.done(&format!("/support/{id}"));
                let act = move |tx: &mut Tx<'_>| Ok(service::end(tx, id, Ended::Stopped)?.map(|()| done));
                let ended = call.write(&api.house, act).await;
                ended.or_else(|failure| question(&call, id).again(&call, failure))
            }
        })
}

/// Whether there is a grant of this id to ask about.
pub(super) async fn expect<B, Q>(api: &Api, call: &Call<B, Q>) -> Result<SupportGrantId, Failure> {
    let id: SupportGrantId = call.id("id")?;
    let found = api.house.peek::<_, StoreError>(&call.ctx, move |tx| store::find(tx, id)).await?;
    found.map(|_| id).ok_or_else(|| not_found().into())
}

fn question<B, Q>(call: &Call<B, Q>, id: SupportGrantId) -> Ask {
    let says = "They are out with their next click, and what they have open goes dark within a second.";
    Ask::new(call, "End it now?", says, &format!("/support/{id}")).danger().submit("End now")
}

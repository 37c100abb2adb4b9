//! `POST /v1/settings/networks/preview`

use sealpost_store::Store;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde_json::json;

use super::body::Asked;
use crate::networks::preview::{self, Preview};
use crate::permissions::NETWORKS_MANAGE;

pub(super) fn route(house: &Store) -> Endpoint {
    let house = house.clone();
    post("/v1/settings/networks/preview")
        .needs(NETWORKS_MANAGE)
        .session()
        .class(Class::Search)
        .changes_nothing("a preview: the lists are not kept")
        .summary("See whom lists of networks would shut out")
        .describe(
            "As far as that can be told: of sessions and keys no address is kept, only a keyed name of the /24 or /48 they were seen \
             in. Sessions are judged by where they began, keys by where they were used last.",
        )
        .takes::<Asked>()
        .example(json!({ "dashboard": ["192.0.2.0/24"], "admin": [], "keys": ["198.51.100.0/24"] }))
        .answers::<Preview>(200)
        .to(move |call: Call<Asked>| handle(house.clone(), call))
}

async fn handle(house: Store, call: Call<Asked>) -> Result<Reply, Failure> {
    let preview =
        preview::of(&house, &call.ctx, call.caller.permissions, call.peer(), &call.body.clone().into()).await?;
    Ok(Reply::ok(&preview)?)
}

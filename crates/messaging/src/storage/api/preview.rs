//! `POST /v1/settings/storage/preview`

use sealpost_access::permissions::STORAGE_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Refusal, Reply, post};
use serde_json::json;

use super::body::{Asked, HorizonView};
use crate::storage::codes::STORAGE_TEST_LOOSER;
use crate::storage::rules::Looser;
use crate::storage::{Storage, rules};

pub(super) fn route(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    post("/v1/settings/storage/preview")
        .needs(STORAGE_READ)
        .class(Class::Whole)
        .changes_nothing("a dry run: it counts what would be let go")
        .summary("Count what a change would let go, and when")
        .describe("Of this environment, for each class: what is stored, what would go at once, and what in which month to come.")
        .takes::<Asked>()
        .answers::<HorizonView>(200)
        .refuses(&[&STORAGE_TEST_LOOSER])
        .example(json!({ "live": { "otp": { "days": 30 } } }))
        .to(move |call: Call<Asked>| handle(storage.clone(), call))
}

async fn handle(storage: Storage, call: Call<Asked>) -> Result<Reply, Failure> {
    let standing = storage.standing(&call.ctx).await?;
    let policy = rules::changed(&standing.policy, &call.body.into()).map_err(|Looser(class)| {
        Refusal::of(&STORAGE_TEST_LOOSER).at(format!("/test/{}", class.as_str()), "stores_more_than_live")
    })?;
    let environment = call.ctx.org.environment;
    let classes = storage.horizon(&call.ctx, policy.of(environment)).await?;
    let view =
        HorizonView { environment: environment.as_str(), classes: classes.into_iter().map(Into::into).collect() };
    Ok(Reply::ok(&view)?)
}

//! `GET /v1/settings/networks`

use sealpost_store::Store;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::body::{self, StandingView};
use crate::networks::service;
use crate::permissions::NETWORKS_READ;

pub(super) fn route(house: &Store) -> Endpoint {
    let house = house.clone();
    get("/v1/settings/networks")
        .needs(NETWORKS_READ)
        .class(Class::Read)
        .summary("Read from where whom is admitted")
        .answers::<StandingView>(200)
        .to(move |call: Call| handle(house.clone(), call))
}

async fn handle(house: Store, call: Call) -> Result<Reply, Failure> {
    let standing = house.peek(&call.ctx, service::standing).await?;
    Ok(body::answer(&standing, call.ctx.now())?)
}

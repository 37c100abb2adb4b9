//! `GET /v1/settings/encryption`

use sealpost_store::Store;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::view::EncryptionView;
use crate::encryption::service;
use crate::permissions::LEDGER_READ;

pub(super) fn route(house: &Store) -> Endpoint {
    let house = house.clone();
    get("/v1/settings/encryption")
        .needs(LEDGER_READ)
        .class(Class::Read)
        .summary("Read how the organisation's encryption stands")
        .answers::<EncryptionView>(200)
        .to(move |call: Call| handle(house.clone(), call))
}

async fn handle(house: Store, call: Call) -> Result<Reply, Failure> {
    Ok(Reply::ok(&EncryptionView::from(&service::standing(&house, &call.ctx).await?))?)
}

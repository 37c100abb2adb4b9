//! `GET /v1/settings/storage`

use sealpost_access::permissions::STORAGE_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::body::PolicyView;
use crate::storage::Storage;

pub(super) fn route(storage: &Storage) -> Endpoint {
    let storage = storage.clone();
    get("/v1/settings/storage")
        .needs(STORAGE_READ)
        .class(Class::Read)
        .summary("Read how long what is stored")
        .answers::<PolicyView>(200)
        .to(move |call: Call| handle(storage.clone(), call))
}

async fn handle(storage: Storage, call: Call) -> Result<Reply, Failure> {
    let (standing, purges) = (storage.standing(&call.ctx).await?, storage.purges(&call.ctx).await?);
    Ok(Reply::ok(&PolicyView::of(&standing, &purges))?)
}

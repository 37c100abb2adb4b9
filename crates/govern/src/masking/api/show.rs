//! `GET /v1/masking`

use sealpost_access::masking;
use sealpost_access::permissions::MASKING_READ;
use sealpost_store::Store;
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get};

use super::body::PolicyView;

pub(super) fn show(store: &Store) -> Endpoint {
    let store = store.clone();
    get("/v1/masking")
        .needs(MASKING_READ)
        .class(Class::Read)
        .summary("Read what is masked")
        .answers::<PolicyView>(200)
        .to(move |call: Call| handle(store.clone(), call))
}

async fn handle(store: Store, call: Call) -> Result<Reply, Failure> {
    let keys = store.keys().organisation(call.ctx.org.id).await?;
    let standing = store.peek(&call.ctx, move |tx| masking::standing(tx, &keys)).await?;
    Ok(Reply::ok(&PolicyView::from(&standing))?)
}

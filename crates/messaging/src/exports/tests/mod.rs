//! What exports promise, through the service and the API, on both engines.

mod house;
mod memory;
mod pdf;

use bytes::Bytes;
use sealpost_govern::Reason;
use sealpost_store::{ContactId, Ctx};
use sealpost_web::Failure;
use tokio::sync::mpsc;

use super::model::Form;
use super::service::{Begun, Exports, Wish};

impl Exports {
    /// An export that takes nobody else.
    async fn read(
        &self,
        ctx: &Ctx,
        contact: ContactId,
        form: Form,
        reason: &Reason,
    ) -> Result<mpsc::Receiver<Bytes>, Failure> {
        let reason = Reason::parse(reason.text().expose(sealpost_seal::Purpose::Guard).clone()).unwrap();
        match self.begin(ctx, Wish { contact, form, reason, approval: None }).await? {
            Begun::Reads(bytes) => Ok(bytes),
            Begun::Waits(_) => panic!("nobody has said that this takes an approval"),
        }
    }
}

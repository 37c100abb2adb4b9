//! Sends one message by e-mail.

use sealpost_egress::smtp::Outcome;
use sealpost_store::Ctx;

use super::model::Message;
use super::sealing::Shared;
use crate::contacts::Contacts;

/// WIP
#[derive(Clone)]
pub struct EmailSender;
pub(super) struct Ready;
impl EmailSender {
    pub(super) async fn prepare(&self, _: &Ctx, _: &Message, _: Option<Shared>, _: &Contacts) -> Result<Ready, &'static str> {
        Err("wip")
    }
    pub(super) async fn send(&self, _: &Ctx, _: Ready) -> Outcome {
        Outcome::Unknown
    }
}

//! `GET /u/{token}`, `POST /u/{token}`

use bytes::Bytes;
use sealpost_store::{Actor, Ctx, MessageId};
use sealpost_web::{Call, Endpoint, Failure, Feature, Reply, get, not_found, post};

use super::Unsubscribe;
use crate::messages::Messages;

const PAGE: &str = include_str!("page.html");
const DONE: &str = include_str!("done.html");

/// What unsubscribing adds to the API.
pub fn feature(unsubscribe: &Unsubscribe, messages: &Messages) -> Feature {
    Feature {
        name: "unsubscribe",
        about: "Where the one-click unsubscribe links of e-mails lead.",
        routes: vec![ask(unsubscribe), done(unsubscribe, messages)],
        codes: &[],
    }
}

fn ask(unsubscribe: &Unsubscribe) -> Endpoint {
    let unsubscribe = unsubscribe.clone();
    get("/u/{token}")
        .open_to_all("a person who wants no more mail has no credential; the token is theirs")
        .summary("Ask whether to unsubscribe")
        .describe("Changes nothing: mail scanners follow links.")
        .answers_with(200, "text/html; charset=utf-8")
        .to(move |call: Call| {
            let unsubscribe = unsubscribe.clone();
            async move {
                unsubscribe.open(call.param("token")).ok_or_else(not_found)?;
                Ok(Reply::html(PAGE))
            }
        })
}

fn done(unsubscribe: &Unsubscribe, messages: &Messages) -> Endpoint {
    let (unsubscribe, messages) = (unsubscribe.clone(), messages.clone());
    post("/u/{token}")
        .open_to_all("a person who wants no more mail has no credential; the token is theirs")
        .acts("suppression.create")
        .summary("Unsubscribe with one click (RFC 8058)")
        .takes_bytes(&["application/x-www-form-urlencoded", "multipart/form-data"])
        .answers_with(200, "text/html; charset=utf-8")
        .to(move |call: Call<Bytes>| handle(unsubscribe.clone(), messages.clone(), call))
}

async fn handle(unsubscribe: Unsubscribe, messages: Messages, call: Call<Bytes>) -> Result<Reply, Failure> {
    let link = unsubscribe.open(call.param("token")).ok_or_else(not_found)?;
    let ctx = Ctx { org: link.org, actor: Actor::ANONYMOUS, ..call.ctx };
    messages.unsubscribe(&ctx, MessageId::from_bytes(link.id)).await?;
    Ok(Reply::html(DONE))
}

//! What pages hear while they are open.

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::json;

use crate::api::Ask;
use crate::canary::{Needles, Personal};
use crate::house::{House, Member};

crate::on_both_engines! {
    whoever_listens_hears_of_what_kind_a_change_is_and_of_nobody
    whoever_is_not_believed_any_more_hears_nothing_more
}

async fn listen(house: &House, member: &Member) -> Incoming {
    house.api.listen(Ask::get("/app/test/live").member(member)).await
}

/// What is said until `enough` is; all of it if the stream ends before.
async fn until(stream: &mut Incoming, enough: impl Fn(&str) -> bool) -> String {
    let mut said = String::new();
    while !enough(&said) {
        let next = tokio::time::timeout(std::time::Duration::from_secs(60), stream.frame());
        let Some(Ok(frame)) = next.await.expect("a stream that lives says so") else { break };
        said.push_str(&String::from_utf8_lossy(frame.data_ref().map_or(&[][..], |data| data)));
    }
    said
}

async fn whoever_listens_hears_of_what_kind_a_change_is_and_of_nobody(house: House) {
    let (owner, viewer) = (house.owner().await, house.member("viewer").await);
    let (mut owners, mut viewers) = (listen(&house, &owner).await, listen(&house, &viewer).await);
    let needles = Needles::new();
    Personal::plant(&house).await;
    let heard = until(&mut owners, |said| said.contains("\"msg\"") && said.contains("\"key\"")).await;
    assert!(heard.contains("event: change") && needles.found_in(heard.as_bytes()).is_empty(), "{heard}");
    let heard = until(&mut viewers, |said| said.contains("\"msg\"")).await;
    assert!(!heard.contains("\"ses\"") && needles.found_in(heard.as_bytes()).is_empty(), "{heard}");
}

async fn whoever_is_not_believed_any_more_hears_nothing_more(house: House) {
    let (owner, other) = (house.owner().await, house.member("viewer").await);
    let session = house.api.must(Ask::get("/v1/session").member(&other)).await["id"].clone();
    let mut stream = listen(&house, &other).await;
    let revoked = format!("/v1/sessions/{}/revoke", session.as_str().unwrap());
    house.api.must(Ask::new("post", revoked).member(&owner)).await;
    let rest = until(&mut stream, |_| false).await;
    let made = house.post("/v1/contacts", &json!({ "email": "sam@example.com" })).await;
    assert!(made["id"].is_string() && !rest.contains("\"con\""), "{rest}");
}

//! What pages hear while they are open.

use http_body_util::BodyExt;
use hyper::body::Incoming;
use serde_json::json;

use crate::api::Ask;
use crate::canary::{Needles, Personal};
use crate::house::{House, Member, text};

crate::on_both_engines! {
    whoever_listens_hears_of_what_kind_a_change_is_and_of_nobody
    what_happened_before_one_listens_is_told_to_who_saw_less
    whoever_is_not_believed_any_more_hears_nothing_more
    an_open_stream_ends_with_its_session_its_role_its_member_and_its_address
    a_hundred_streams_end_with_their_sessions
    whoever_is_shut_out_from_where_they_are_may_still_leave
}

async fn listen(house: &House, member: &Member) -> Incoming {
    house.api.listen(Ask::get("/app/test/live").member(member)).await
}

/// What is said until `enough` is; all of it if the stream ends before.
pub(crate) async fn until(stream: &mut Incoming, enough: impl Fn(&str) -> bool) -> String {
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

async fn what_happened_before_one_listens_is_told_to_who_saw_less(house: House) {
    let owner = house.owner().await;
    let page = house.api.ask(Ask::get("/app/test/contacts").page().member(&owner)).await.text();
    let (_, at) = page.split_once("data-at=\"").expect("a page says as of when it is");
    let at = at.split('"').next().unwrap();
    house.post("/v1/contacts", &json!({ "email": "sam@example.com" })).await;
    let hears = |kind: &'static str| move |said: &str| said.contains(kind);
    let since = Ask::get(format!("/app/test/live?since={at}")).member(&owner);
    let heard = until(&mut house.api.listen(since.clone()).await, hears("\"con\"")).await;
    let (_, id) = heard.split_once("id: ").expect("an event has an id");
    let told = id.split('\n').next().unwrap().parse::<sealpost_store::Time>().expect("it is a moment");
    // Whoever comes back has heard of it; what is said first is what they missed.
    let first = async |ask: Ask| until(&mut house.api.listen(ask).await, hears("retry: ")).await;
    let back = first(since.header("last-event-id", &told.plus_ms(60_000).to_string())).await;
    assert!(!back.contains("change"), "{back}");
    let anew = first(Ask::get("/app/test/live").member(&owner)).await;
    assert!(!anew.contains("change"), "{anew}");
    let refused = house.api.ask(Ask::get("/app/test/live?since=soon").member(&owner)).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
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

/// The stream ends; nothing is said about when, which is measured where machines are quiet (`cargo xtask bench`).
async fn ends(stream: &mut Incoming, why: &str) {
    let end = tokio::time::timeout(std::time::Duration::from_secs(120), until(stream, |_| false));
    end.await.unwrap_or_else(|_| panic!("a stream goes on although {why}"));
}

async fn an_open_stream_ends_with_its_session_its_role_its_member_and_its_address(house: House) {
    let owner = house.owner().await;
    let mut goes_on = listen(&house, &owner).await;
    let act = |ask: Ask| house.api.must(ask.member(&owner));
    for (why, role) in [
        ("its session was revoked", "viewer"),
        ("its role is another", "agent"),
        ("its member is suspended", "auditor"),
    ] {
        let member = house.member(role).await;
        let own = house.api.must(Ask::get("/v1/session").member(&member)).await;
        let mut stream = listen(&house, &member).await;
        let (session, id) = (text(&own, "id"), text(&own, "member_id"));
        act(match role {
            "viewer" => Ask::new("post", format!("/v1/sessions/{session}/revoke")),
            "agent" => Ask::new("put", format!("/v1/members/{id}/role")).json(&json!({ "role": "viewer" })),
            _ => Ask::new("post", format!("/v1/members/{id}/suspend")),
        })
        .await;
        ends(&mut stream, why).await;
    }
    let elsewhere = house.another_client().calling_from("127.0.0.2".parse().unwrap());
    let member = house.member("developer").await;
    let mut stream = elsewhere.listen(Ask::get("/app/test/live").member(&member)).await;
    let lists = json!({ "dashboard": ["127.0.0.1/32"], "admin": [], "keys": [] });
    act(Ask::new("put", "/v1/settings/networks").json(&lists)).await;
    ends(&mut stream, "its address is shut out").await;
    // Whoever is still believed goes on hearing.
    house.post("/v1/contacts", &json!({ "email": "sam@example.com" })).await;
    assert!(until(&mut goes_on, |said| said.contains("\"con\"")).await.contains("\"con\""));
}

async fn a_hundred_streams_end_with_their_sessions(house: House) {
    let owner = house.owner().await;
    let mut all = Vec::new();
    for number in 0..100 {
        let invitation = json!({ "email": format!("person{number}@example.com"), "role": "viewer" });
        let invited = house.api.must(Ask::post("/v1/invitations", &invitation).member(&owner)).await;
        let link = text(&invited, "link");
        let path = link.find("/sign-in/").map(|at| &link[at..]).unwrap();
        let (member, _) = house.follow(path).await;
        let session = text(&house.api.must(Ask::get("/v1/session").member(&member)).await, "id");
        all.push((session, listen(&house, &member).await));
    }
    for (session, stream) in &mut all {
        house.api.must(Ask::new("post", format!("/v1/sessions/{session}/revoke")).member(&owner)).await;
        ends(stream, "its session was revoked").await;
    }
}

async fn whoever_is_shut_out_from_where_they_are_may_still_leave(house: House) {
    let (owner, member) = (house.owner().await, house.member("viewer").await);
    let elsewhere = house.another_client().calling_from("127.0.0.2".parse().unwrap());
    let lists = json!({ "dashboard": ["127.0.0.1/32"], "admin": [], "keys": [] });
    house.api.must(Ask::new("put", "/v1/settings/networks").json(&lists).member(&owner)).await;
    let page = elsewhere.ask(Ask::get("/app/test").page().member(&member)).await;
    assert_eq!((page.status, &*page.code()), (403, "network_not_admitted"));
    // The page that says so has the one button that works.
    let form = json!({ "_csrf": page.csrf() });
    let leave = |ask: Ask| ask.of_own_page().header("cookie", &member.cookie);
    let forged = elsewhere.ask(leave(Ask::new("post", "/sign-out")).form(&json!({ "_csrf": "forged" }))).await;
    assert_eq!((forged.status, &*forged.code()), (403, "csrf_token_invalid"));
    let left = elsewhere.ask(leave(Ask::new("post", "/sign-out")).form(&form)).await;
    assert_eq!((left.status, left.header("location")), (303, "/sign-in"));
    let again = house.api.ask(Ask::get("/v1/session").member(&member)).await;
    assert_eq!((again.status, &*again.code()), (401, "session_ended"));
}

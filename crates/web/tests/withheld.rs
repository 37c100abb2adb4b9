//! Routes that leak on purpose: what a masked viewer may not see does not leave, in whatever form.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod house;

use std::sync::{Arc, Mutex};

use house::{House, THINGS_READ, THINGS_WRITE, house_of, request};
use http::HeaderValue;
use http::header::CONTENT_DISPOSITION;
use sealpost_seal::Personal;
use sealpost_seal::viewer::{Field, RevealGrant};
use sealpost_store::{Ctx, Leaf, Store};
use sealpost_web::*;
use serde_json::json;
use tokio::sync::mpsc;

const PHONE: &str = "+4791234567";
const EMAIL: &str = "ada@example.org";

fn personal(value: &str) -> Personal<String> {
    Personal::new(value.to_owned())
}

/// Opens somebody's number and address, and shows them as they should be.
fn shown(ctx: &Ctx) -> (String, String) {
    let see = |value, field| ctx.viewer.text(&personal(value), field).display().to_owned();
    (see(PHONE, Field::Phone), see(EMAIL, Field::Email))
}

fn leaky(store: &Store) -> Feature {
    let store = store.clone();
    Feature {
        name: "leaks",
        about: "Leaks, for tests.",
        codes: house::codes::ALL,
        routes: vec![
            get("/v1/leaks/{how}")
                .needs(THINGS_READ)
                .class(Class::Read)
                .summary("Leak")
                .answers_with(200, "text/plain")
                .lets_out("a file among the forms")
                .to(|call: Call| async move { leak(&call) }),
            post("/v1/leaks")
                .needs(THINGS_WRITE)
                .class(Class::Write)
                .acts("thing.make")
                .summary("Leak once, and again")
                .answers_with(200, "text/plain")
                .to(move |call: Call| {
                    let store = store.clone();
                    async move {
                        let ctx = call.masked_ctx();
                        call.write(&store, move |tx| {
                            shown(&ctx);
                            Ok(tx.record(Leaf::of("thing.make"), Reply::text(format!("made for {PHONE}"))))
                        })
                        .await
                    }
                }),
            get("/app/{env}/leaks")
                .needs(THINGS_READ)
                .session()
                .class(Class::Read)
                .summary("Leak bit by bit")
                .answers_with(200, "text/event-stream")
                .to(|call: Call| async move {
                    let (events, taken) = mpsc::channel(8);
                    let viewer = call.ctx.viewer.clone();
                    tokio::spawn(async move {
                        for event in
                            ["data: 91234567\n\n", "data: hello\n\n", "data: 912", "34567\n\n", "data: gone\n\n"]
                        {
                            let _ = events.send(event.into()).await;
                            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                            viewer.text(&personal(PHONE), Field::Phone);
                        }
                    });
                    Ok(Reply::events(taken))
                }),
        ],
    }
}

fn leak(call: &Call) -> Result<Reply, Failure> {
    let (phone, email) = match call.param("how") {
        "opened" => {
            call.ctx.viewer.opened(&personal(PHONE), Field::Phone);
            return Ok(Reply::text(PHONE));
        }
        "nothing" => return Ok(Reply::text(format!("nobody was opened, so {PHONE} is not known here"))),
        "revealed" => {
            call.ctx.viewer.opened(&personal(PHONE), Field::Phone);
            let clear = call.ctx.viewer.lifted(RevealGrant::after_leaf([1; 16]));
            return Ok(Reply::text(clear.text(&personal(PHONE), Field::Phone).display().to_owned()));
        }
        _ => shown(&call.ctx),
    };
    Ok(match call.param("how") {
        "masked" => Reply::ok(&json!({ "phone": phone, "email": email, "count": 12, "at": "2026-11-30T09:12:34Z" }))?,
        "json" => Reply::ok(&json!({ "phone": phone, "note": format!("was {PHONE}") }))?,
        "number" => Reply::ok(&json!({ "phone": 4_791_234_567_u64 }))?,
        "email" => Reply::ok(&json!({ "note": "ADA@Example.ORG" }))?,
        "html" => Reply::html("<a href=\"tel:0047&#45;912&nbsp;34&nbsp;567\">call</a>"),
        "attribute" => Reply::html("<i data-to=\"ada&#64;example.org\"></i>"),
        "csv" => Reply::bytes("text/csv", format!("id,phone\r\n1,{}\r\n", "912 34 567")),
        "vcard" => Reply::bytes("text/vcard", "BEGIN:VCARD\r\nTEL:+47912\r\n 34567\r\nEND:VCARD\r\n"),
        "file" => Reply::text("x")
            .header(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"ada@example.org.pdf\"")),
        "redirect" => Reply::see_other("/app/test/contacts?q=%2B4791234567"),
        "problem" => return Err(Refusal::of(&house::codes::NAME_TAKEN).detail(format!("{PHONE} has it")).into()),
        other => Reply::text(format!("{other}: nothing of the kind")),
    })
}

async fn leaking() -> House {
    house_of(WebConfig::default(), |store| vec![leaky(store)]).await
}

#[tokio::test]
async fn whatever_form_a_leak_has_it_does_not_leave() {
    let house = leaking().await;
    let forms =
        ["json", "number", "email", "html", "attribute", "csv", "vcard", "file", "redirect", "problem", "opened"];
    for (at, how) in forms.into_iter().enumerate() {
        let answer = house.get("reader", &format!("/v1/leaks/{how}")).await;
        assert_eq!((answer.status, &*answer.code()), (500, "response_withheld"), "{how}");
        let text = String::from_utf8(answer.body).unwrap();
        assert!(!text.contains("4567") && !text.to_lowercase().contains("ada@"), "{how}: {text}");
        for value in answer.headers.values() {
            assert!(!value.to_str().unwrap().contains("ada@") && !value.to_str().unwrap().contains("4567"), "{how}");
        }
        assert_eq!(house.leaves_with("response.withhold").await, at + 1, "{how}");
    }
    let mut metrics = String::new();
    house.registry.app().metrics().write(&mut metrics);
    assert!(metrics.contains(&format!("sealpost_http_withheld_responses_total {}", forms.len())), "{metrics}");
}

#[tokio::test]
async fn what_is_masked_or_shown_by_right_leaves_as_it_is() {
    let house = leaking().await;
    for how in ["masked", "nothing", "revealed", "anything"] {
        let answer = house.get("reader", &format!("/v1/leaks/{how}")).await;
        assert_eq!(answer.status, 200, "{how}");
    }
    assert_eq!(house.leaves_with("response.withhold").await, 0);
}

#[tokio::test]
async fn an_answer_that_was_withheld_is_not_kept_for_whoever_asks_again() {
    let house = leaking().await;
    for _ in 0..2 {
        let answer = house.post("writer", "/v1/leaks", &[("idempotency-key", "one")], "").await;
        assert_eq!((answer.status, &*answer.code()), (500, "response_withheld"));
        assert!(!String::from_utf8(answer.body).unwrap().contains("4567"));
    }
    assert_eq!(house.leaves_with("thing.make").await, 1, "it was done, once");
}

#[tokio::test]
async fn a_stream_ends_where_it_would_leak_even_in_two_pieces() {
    let house = leaking().await;
    let cookie = [("cookie", "__Host-sealpost_session=member"), ("sec-fetch-site", "same-origin")];
    let answer = house.send(request("GET", "/app/test/leaks", &cookie, "")).await;
    let text = String::from_utf8(answer.body).unwrap();
    assert_eq!(
        text, "data: 91234567\n\ndata: hello\n\ndata: 912",
        "before it was opened nobody knows that it is anybody's"
    );
    for _ in 0..100 {
        if house.leaves_with("response.withhold").await == 1 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nothing is on record");
}

#[derive(Default)]
struct Bell(Mutex<Vec<&'static str>>);

impl Alarm for Bell {
    fn withheld<'a>(&'a self, _: &'a Ctx, route: &'static str) -> BoxFuture<'a, ()> {
        self.0.lock().unwrap().push(route);
        Box::pin(std::future::ready(()))
    }
}

#[tokio::test]
async fn whoever_is_to_hear_of_it_does() {
    let bell = Arc::new(Bell::default());
    let config = WebConfig { alarm: Some(bell.clone()), ..WebConfig::default() };
    let house = house_of(config, |store| vec![leaky(store)]).await;
    house.get("reader", "/v1/leaks/json").await;
    house.get("reader", "/v1/leaks/masked").await;
    assert_eq!(*bell.0.lock().unwrap(), ["/v1/leaks/{how}"]);
}

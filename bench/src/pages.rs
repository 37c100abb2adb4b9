//! How long the pages of the dashboard take: one browser, over one connection, from the request to the last byte of the answer.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::histogram::Histogram;
use crate::visitor::{self, between};
use crate::wire::{Target, Wire, request};

/// How often each is asked for.
const TIMES: usize = 200;

/// What is looked at, after `/app/test`. The last is the page of the newest message.
const PAGES: [&str; 13] = [
    "",
    "/messages",
    "/messages?standing=not_delivered",
    "/outbox",
    "/contacts",
    "/templates",
    "/events",
    "/endpoints",
    "/keys",
    "/audit",
    "/people",
    "/roles",
    MESSAGE,
];
const MESSAGE: &str = "/messages/{id}";

/// Measures as the owner whom this link signs in.
pub(crate) async fn measure(target: &Target, link: &str) -> Result<Value> {
    let mut wire = target.connect().await?;
    let owner = visitor::sign_in(&mut wire, link).await?;
    let headers = format!("accept: text/html\r\ncookie: {}\r\n", owner.cookie);
    let list = wire.exchange(&request("GET", "/app/test/messages", &headers, "")).await?;
    let newest =
        between(std::str::from_utf8(list.body)?, "/app/test/messages/msg_", "\"").context("no message")?.to_owned();
    let mut pages = Vec::new();
    let sign_in = latencies(&mut wire, "/sign-in", "accept: text/html\r\n").await?;
    pages.push(
        json!({ "page": "/sign-in", "p50_ms": sign_in.percentile_ms(0.5), "p99_ms": sign_in.percentile_ms(0.99) }),
    );
    for page in PAGES {
        let path =
            format!("/app/test{}", if page == MESSAGE { format!("/messages/msg_{newest}") } else { page.to_owned() });
        let taken = latencies(&mut wire, &path, &headers).await?;
        pages.push(json!({
            "page": format!("/app/test{page}"),
            "p50_ms": taken.percentile_ms(0.5),
            "p99_ms": taken.percentile_ms(0.99),
        }));
    }
    Ok(json!({ "times": TIMES, "pages": pages }))
}

async fn latencies(wire: &mut Wire, path: &str, headers: &str) -> Result<Histogram> {
    let asked = request("GET", path, headers, "");
    let mut taken = Histogram::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        let status = wire.exchange(&asked).await?.status;
        taken.record(begun.elapsed());
        if status != 200 {
            bail!("{path} was answered {status}");
        }
    }
    Ok(taken)
}

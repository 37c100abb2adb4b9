//! How long the pages of the dashboard take: one browser, over one connection, from the request to the last byte of the answer.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::histogram::Histogram;
use crate::wire::{Target, Wire, request};

/// How often each is asked for.
const TIMES: usize = 200;

/// What is looked at, after `/app/test`. The last is the page of the newest message.
const PAGES: [&str; 13] = [
    "",
    "/messages",
    "/messages?state=failed",
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
    let cookie = sign_in(&mut wire, link).await?;
    let headers = format!("accept: text/html\r\ncookie: {cookie}\r\n");
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

/// Opens the link and presses its button, as a browser does: the cookie of the session.
async fn sign_in(wire: &mut Wire, link: &str) -> Result<String> {
    let path_at = link.find("/sign-in/").context("a link that leads elsewhere")?;
    let (origin, path) = link.split_at(path_at);
    let page = wire.exchange(&request("GET", path, "accept: text/html\r\n", "")).await?;
    let visit = cookie(page.head, "__Host-sealpost_visit").context("no cookie for the visit")?;
    let token = between(std::str::from_utf8(page.body)?, "name=\"_csrf\" value=\"", "\"").context("no button")?;
    let body = format!("_csrf={token}");
    let form = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\norigin: {origin}\r\nsec-fetch-site: same-origin\r\ncookie: {visit}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = wire.exchange(form.as_bytes()).await?;
    if answer.status != 303 {
        bail!("the link was answered {}", answer.status);
    }
    cookie(answer.head, "__Host-sealpost_session").context("no session")
}

/// A cookie that is set, as it is sent back.
fn cookie(head: &str, name: &str) -> Option<String> {
    let value = between(head, &format!("{name}="), ";")?;
    Some(format!("{name}={value}"))
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split(after).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_sent_back_without_its_attributes() {
        let head =
            "HTTP/1.1 303 See Other\r\nset-cookie: __Host-a=; Max-Age=0\r\nset-cookie: __Host-b=sess_1; Path=/\r\n";
        assert_eq!(cookie(head, "__Host-b").as_deref(), Some("__Host-b=sess_1"));
        assert_eq!(cookie(head, "__Host-c"), None);
    }
}

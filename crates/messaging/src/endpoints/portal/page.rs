//! `GET /portal/{token}` and its style: what whoever has a link sees.

use askama::Template;
use http::HeaderValue;
use http::header::REFERRER_POLICY;
use sealpost_store::{Store, Time};
use sealpost_web::{Call, Endpoint as Route, Failure, Fault, Reply, get};

use super::service::{self, Seen};
use crate::deliveries::State;

const HTML: &str = "text/html; charset=utf-8";
const STYLE: &str = include_str!("assets/portal.css");
/// The page has no script and no form, stands in no frame, and loads its own style alone.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

pub(in crate::endpoints) fn routes(house: &Store) -> Vec<Route> {
    vec![show(house), style()]
}

/// The page behind a link.
#[derive(Template)]
#[template(path = "endpoints/portal/assets/page.html")]
struct Page {
    name: String,
    until: String,
    rows: Vec<Row>,
}

/// The page behind what is no link, or none any more.
#[derive(Template)]
#[template(path = "endpoints/portal/assets/none.html")]
struct Nothing;

struct Row {
    state: &'static str,
    class: &'static str,
    event: String,
    event_id: String,
    attempts: u32,
    last: Option<String>,
    next: Option<String>,
    since: String,
}

impl From<Seen> for Page {
    fn from(seen: Seen) -> Self {
        let rows = seen.deliveries.into_iter().map(|(delivery, last)| {
            let (state, class) = match delivery.state {
                State::Delivered => ("Delivered", "ok"),
                State::Queued => ("Waiting", "wait"),
                State::Dead => ("Not delivered", "bad"),
            };
            Row {
                state,
                class,
                event: delivery.kind,
                event_id: delivery.notice.to_string(),
                attempts: delivery.attempts,
                last: last.map(|last| said(&last.outcome, last.status, last.latency_ms)),
                next: delivery.next_at.filter(|next| *next > seen.now).map(second),
                since: second(delivery.created_at),
            }
        });
        Self { name: seen.name, until: second(seen.until), rows: rows.collect() }
    }
}

fn said(outcome: &str, status: Option<u16>, latency_ms: Option<u32>) -> String {
    let mut says = outcome.replace('_', " ");
    if let Some(status) = status {
        says.push_str(&format!(" · HTTP {status}"));
    }
    if let Some(latency) = latency_ms {
        says.push_str(&format!(" · {latency} ms"));
    }
    says
}

/// A moment to the second: `2026-01-15 09:30:12`, UTC.
fn second(at: Time) -> String {
    let text = at.to_string();
    text.get(..19).unwrap_or(&text).replace('T', " ")
}

fn show(house: &Store) -> Route {
    let house = house.clone();
    get("/portal/{token}")
        .open_to_all("whoever is given a link has no account here; the link is theirs")
        .acts("endpoint.deliveries_seen")
        .summary("See the deliveries of the endpoint that a link is for")
        .describe(
            "The first opening in every hour leaves a leaf. A link that never was, is over or was taken back is answered alike, with 404.",
        )
        .answers_with(200, HTML)
        .also_answers(404, HTML)
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let seen = service::open(&house, call.param("token"), call.ctx.request).await?;
                let reply = match seen {
                    Some(seen) => page(&Page::from(seen), 200)?,
                    None => page(&Nothing, 404)?,
                };
                Ok::<_, Failure>(reply)
            }
        })
}

fn page(content: &impl Template, status: u16) -> Result<Reply, Fault> {
    let page = Reply::page(content.render().map_err(Fault::new)?, POLICY).with_status(status);
    Ok(page.header(REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
}

fn style() -> Route {
    get("/portal/portal.css")
        .open_to_all("a style sheet holds no data")
        .summary("The style of the page behind a link to deliveries")
        .answers_with(200, "text/css")
        .to(|_: Call| async { Ok(Reply::bytes("text/css", STYLE.as_bytes())) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(event: &str, next: Option<&str>) -> Row {
        Row {
            state: "Waiting",
            class: "wait",
            event: event.into(),
            event_id: "evt_01kf3b2y5xfh0r4c9v7t8m6e1s".into(),
            attempts: 2,
            last: Some(said("refused", Some(503), Some(41))),
            next: next.map(str::to_owned),
            since: second(Time::from_unix_ms(1_768_469_400_000)),
        }
    }

    #[test]
    fn what_is_shown_is_text_and_runs_nothing() {
        let page = Page {
            name: "<script>x</script>".into(),
            until: "2026-01-15 10:30:00".into(),
            rows: vec![row("message.delivered", None), row("\"><img src=x>", Some("2026-01-15 09:40:00"))],
        };
        let text = page.render().unwrap();
        assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("<form"), "{text}");
        assert!(text.contains("refused · HTTP 503 · 41 ms") && text.contains("2026-01-15 09:30:00"));
    }

    #[test]
    fn what_is_no_link_says_nothing_of_why() {
        let text = Nothing.render().unwrap();
        assert!(!text.contains("revoked") && text.contains("opens nothing"), "{text}");
    }
}

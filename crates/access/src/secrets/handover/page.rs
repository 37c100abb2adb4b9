//! `GET /handover`, `POST /handover`, and the script: where whoever has a link sees what is behind it, once.

use askama::Template;
use http::HeaderValue;
use http::header::REFERRER_POLICY;
use schemars::JsonSchema;
use sealpost_seal::SecretText;
use sealpost_store::Time;
use sealpost_web::{Call, Endpoint, Failure, Fault, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::service::{self, Alarm, Opened};
use crate::mail;
use crate::secrets::api::Api;
use crate::secrets::codes::HANDOVER_SPENT;

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = include_str!("assets/handover.js");
/// What these pages may load, and where their form may lead: here.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

pub(in crate::secrets) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![ask(), show(api), script()]
}

/// The page before and after the button.
#[derive(Template)]
#[template(path = "secrets/handover/assets/page.html")]
struct Page<'a> {
    title: &'a str,
    csrf: &'a str,
    shows: Shows<'a>,
}

enum Shows<'a> {
    Button,
    Value(&'a str),
    Before(String),
    Gone,
}

impl Page<'_> {
    fn reply(&self) -> Result<Reply, Fault> {
        Ok(Reply::page(self.render().map_err(Fault::new)?, POLICY))
    }
}

/// The form: what stands behind the `#` of the link.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "HandOverForm")]
struct Form {
    /// The token of the link.
    #[schemars(with = "String", length(max = 256))]
    token: SecretText,
}

fn ask() -> Endpoint {
    get("/handover")
        .open_to_all("whoever is handed a secret has no account here; the link is theirs")
        .summary("Ask whether to open a hand-over")
        .describe("Changes nothing, and knows nothing of the link: its token stands behind the `#`, which browsers keep to themselves.")
        .answers_with(200, HTML)
        .to(|call: Call| async move {
            let page = Page { title: "A secret for you", csrf: call.csrf_token(), shows: Shows::Button };
            Ok(call.keep_visit(page.reply()?))
        })
}

fn show(api: &Api) -> Endpoint {
    let api = api.clone();
    post("/handover")
        .open_to_all("whoever is handed a secret has no account here; the link is theirs")
        .own_page()
        .acts("secret.handed_over")
        .summary("Open a hand-over")
        .describe(
            "Shows its value and destroys what was kept of it, both or neither. A second opening is told to the owners. What \
             never was, is over or was taken back is all the same.",
        )
        .takes_form::<Form>()
        .example(json!({ "token": "hand_nobody" }))
        .answers_with(200, HTML)
        .refuses(&[&HANDOVER_SPENT])
        .to(move |call: Call<Form>| {
            let api = api.clone();
            async move {
                let (opened, alarm) = service::open(&api.house, call.body.token.expose(), call.ctx.request).await?;
                if let Some(Alarm(ctx)) = alarm {
                    let page = format!("/app/{}/secrets/handovers", ctx.org.environment.as_str());
                    let letter = mail::opened_again(&format!("{}{page}", api.post.public_url()));
                    api.post.tell_owners(&api.house, &ctx, letter);
                }
                match opened {
                    Opened::Value(value) => answer("Yours, this once", 200, Shows::Value(value.expose())),
                    Opened::Before(at) => answer("This was opened before", 410, Shows::Before(minute(at))),
                    Opened::Gone => answer("This link opens nothing", 410, Shows::Gone),
                }
            }
        })
}

/// What is shown now leads nowhere and tells nobody where it was.
fn answer(title: &str, status: u16, shows: Shows<'_>) -> Result<Reply, Failure> {
    let page = Page { title, csrf: "", shows }.reply()?;
    Ok(page.with_status(status).header(REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
}

/// A moment to the minute: `2026-01-15 09:30 UTC`.
fn minute(at: Time) -> String {
    let text = at.to_string();
    let minute = text.get(..16).unwrap_or(&text);
    format!("{} UTC", minute.replace('T', " "))
}

fn script() -> Endpoint {
    get("/handover/handover.js")
        .open_to_all("a script holds no data")
        .summary("The script of the page of hand-overs: only it sees what stands behind the `#`")
        .answers_with(200, "text/javascript")
        .to(|_: Call| async { Ok(Reply::bytes("text/javascript", SCRIPT.as_bytes())) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(shows: Shows<'_>) -> String {
        Page { title: "A title", csrf: "token", shows }.render().unwrap()
    }

    #[test]
    fn a_value_is_text_whatever_is_in_it() {
        let page = text(Shows::Value("<script>alert(1)</script>&\""));
        assert!(!page.contains("<script>alert") && page.contains("alert(1)"), "{page}");
    }

    #[test]
    fn only_the_page_that_asks_has_a_form_and_only_the_one_that_shows_a_value() {
        assert!(text(Shows::Button).contains("<form"));
        for other in [Shows::Before("2026-01-15 09:30 UTC".into()), Shows::Gone] {
            let page = text(other);
            assert!(!page.contains("<form") && !page.contains("<output"), "{page}");
        }
        assert!(text(Shows::Value("v")).contains("<output"));
        assert_eq!(minute(Time::from_unix_ms(1_768_469_400_000)), "2026-01-15 09:30 UTC");
    }
}

//! The same for people: two pages that work without script, in the dark, and on a phone.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use hyper::body::Bytes;
use sealpost_seal::key::sha256;
use serde_json::Value;

use super::fields;
use crate::problem::Code;
use crate::reply::Reply;
use crate::route::{Callers, RouteInfo};

/// What every request has in common.
const HOW_TO_ASK: &str = "<p>A key goes into <code>Authorization: Bearer …</code> or <code>X-API-Key</code>; bodies are \
    <code>application/json</code>, with no field that isn't known. Every error is a <a href=\"/docs/errors\">problem with a stable \
    code</a>, every answer says what is left of the rate limit, and a repeated <code>Idempotency-Key</code> does nothing twice.</p>\
    <pre tabindex=\"0\">curl -H \"Authorization: Bearer $SEALPOST_KEY\" https://…/v1/messages</pre>";

const STYLE: &str = include_str!("pages.css");

/// A page and the one style sheet its policy allows.
pub(super) struct Rendered {
    page: Bytes,
    policy: HeaderValue,
}

impl Rendered {
    fn new(title: &str, main: &str) -> Self {
        let page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <meta name=\"color-scheme\" content=\"light dark\"><title>{title}</title><style>{STYLE}</style></head>\
             <body><a class=\"skip\" href=\"#main\">Skip to content</a><header><strong>Sealpost</strong>\
             <nav aria-label=\"Documentation\"><a href=\"/docs\">Operations</a><a href=\"/docs/errors\">Errors</a>\
             <a href=\"/v1/openapi.json\">OpenAPI</a></nav></header><main id=\"main\">{main}</main></body></html>\n"
        );
        let hash = STANDARD.encode(sha256(&[STYLE.as_bytes()]));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        // Base64 and literals: always a valid field value.
        let policy = HeaderValue::try_from(policy).unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'"));
        Self { page: page.into(), policy }
    }

    pub(super) fn reply(&self) -> Reply {
        Reply::html(self.page.clone()).header(CONTENT_SECURITY_POLICY, self.policy.clone())
    }
}

/// A page of documentation that a feature made: `main` is HTML.
pub(super) fn page(title: &str, main: &str) -> Reply {
    Rendered::new(title, main).reply()
}

/// Every operation.
pub(super) fn operations(
    routes: &[&RouteInfo],
    features: &[(&'static str, &'static str)],
    openapi: &Value,
    version: &str,
) -> Rendered {
    let mut main = format!(
        "<h1>API reference</h1><p>Version {}. Every operation, as the running server knows it.</p>{HOW_TO_ASK}",
        escape(version)
    );
    main.push_str("<nav class=\"contents\" aria-label=\"Operations\">");
    for (feature, _) in features {
        let _ = write!(main, "<div><h2><a href=\"#{0}\">{0}</a></h2><ul>", escape(feature));
        for route in routes.iter().filter(|route| route.feature == *feature) {
            let _ =
                write!(main, "<li><a href=\"#{}\">{}</a></li>", escape(&route.operation_id()), escape(route.summary));
        }
        main.push_str("</ul></div>");
    }
    main.push_str("</nav>");
    for (feature, about) in features {
        let _ = write!(main, "<section id=\"{0}\"><h2>{0}</h2><p>{1}</p>", escape(feature), escape(about));
        for route in routes.iter().filter(|route| route.feature == *feature) {
            operation(&mut main, route, openapi);
        }
        main.push_str("</section>");
    }
    main.push_str("<section id=\"schemas\"><h2>Schemas</h2>");
    if let Some(schemas) = openapi["components"]["schemas"].as_object() {
        for (name, schema) in schemas {
            let _ = write!(
                main,
                "<details id=\"schema-{0}\"><summary>{0}</summary>{1}<details><summary>JSON Schema</summary>{2}</details></details>",
                escape(name),
                fields::of(schema, openapi),
                block(&pretty(schema))
            );
        }
    }
    main.push_str("</section>");
    Rendered::new("Sealpost API reference", &main)
}

fn operation(out: &mut String, route: &RouteInfo, openapi: &Value) {
    let method = route.method.as_str();
    let described = &openapi["paths"][route.path][method.to_ascii_lowercase()];
    let _ = write!(
        out,
        "<article id=\"{}\"><h3>{}</h3><p class=\"line\"><span class=\"method {method}\">{method}</span> <code>{}</code></p>",
        escape(&route.operation_id()),
        escape(route.summary),
        escape(route.path)
    );
    for paragraph in described["description"].as_str().unwrap_or_default().split("\n\n") {
        let _ = write!(out, "<p>{}</p>", code_spans(paragraph));
    }
    let keys = match route.callers {
        _ if route.is_open() => "no credential",
        Callers::AnyKey => "any key, or a session",
        Callers::SecretKey => "a secret key, or a session",
        Callers::Session => "a session",
        Callers::Directory => "a directory’s token",
    };
    let class = route.class.map_or("by network", |class| class.name());
    let _ = write!(out, "<p class=\"meta\">Credential: {keys} · Rate limit: {class} · Success: {}</p>", route.status);
    parameters(out, described);
    if let Some(example) = &route.example {
        let _ = write!(out, "<h4>Example body</h4>{}", block(&pretty(example)));
    }
    for (title, schema) in [
        ("Body", &described["requestBody"]["content"]["application/json"]["schema"]),
        ("Answer", &described["responses"][route.status.to_string()]["content"]["application/json"]["schema"]),
    ] {
        if !schema.is_null() {
            let _ = write!(out, "<details><summary>{title}</summary>{}</details>", fields::of(schema, openapi));
        }
    }
    out.push_str("<details><summary>Errors</summary><ul>");
    if let Some(responses) = described["responses"].as_object() {
        for (status, response) in responses {
            let names =
                &response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"];
            for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
                let _ = write!(
                    out,
                    "<li>{0} <a href=\"/docs/errors#{1}\"><code>{1}</code></a></li>",
                    escape(status),
                    escape(name)
                );
            }
        }
    }
    out.push_str("</ul></details></article>");
}

fn parameters(out: &mut String, described: &Value) {
    let Some(parameters) = described["parameters"].as_array().filter(|all| !all.is_empty()) else { return };
    out.push_str("<h4>Parameters</h4><dl>");
    for parameter in parameters {
        let text = |key: &str| escape(parameter[key].as_str().unwrap_or_default());
        let required = if parameter["required"] == true { ", required" } else { "" };
        let _ = write!(
            out,
            "<dt><code>{}</code> <span class=\"meta\">{}{required}</span></dt>{}",
            text("name"),
            text("in"),
            meaning(parameter)
        );
    }
    out.push_str("</dl>");
}

/// Every code.
pub(super) fn errors(codes: &[&'static Code]) -> Rendered {
    let mut main = String::from(
        "<h1>Errors</h1><p>Every error is an <code>application/problem+json</code> document (RFC 9457). Decide by its \
         <code>code</code>: codes are stable, titles are for people. <code>errors</code> names the fields that are wrong; no error \
         ever repeats what was sent.</p>",
    );
    for group in codes.chunk_by(|one, other| one.status == other.status) {
        let _ = write!(main, "<h2>{}</h2><dl>", group[0].status);
        for code in group {
            let _ = write!(
                main,
                "<dt id=\"{0}\"><a href=\"#{0}\"><code>{0}</code></a></dt><dd>{1}</dd>",
                escape(code.code),
                escape(&sentence(code.title))
            );
        }
        main.push_str("</dl>");
    }
    Rendered::new("Sealpost errors", &main)
}

/// A title as a sentence.
fn sentence(title: &str) -> String {
    if title.ends_with(['.', '?', '!']) { title.to_owned() } else { format!("{title}.") }
}

/// What a field or parameter is for; nothing, if that isn't said: no term stands without.
pub(super) fn meaning(of: &Value) -> String {
    format!("<dd>{}</dd>", code_spans(of["description"].as_str().unwrap_or_default()))
}

/// Text that may be wider than the page: it scrolls, by keyboard too.
fn block(text: &str) -> String {
    format!("<pre tabindex=\"0\">{text}</pre>")
}

fn pretty(value: &Value) -> String {
    escape(&serde_json::to_string_pretty(value).unwrap_or_default())
}

pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Escapes, and sets what stands between backquotes as code.
fn code_spans(text: &str) -> String {
    let mut out = String::new();
    for (at, part) in text.split('`').enumerate() {
        let part = escape(part);
        let _ = if at % 2 == 1 { write!(out, "<code>{part}</code>") } else { write!(out, "{part}") };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_not_become_markup() {
        assert_eq!(code_spans("a <b> `c & \"d\"`"), "a &lt;b&gt; <code>c &amp; &quot;d&quot;</code>");
    }

    #[test]
    fn a_title_ends_as_a_sentence_does() {
        assert_eq!([sentence("Gone"), sentence("Was it copied?")], ["Gone.", "Was it copied?"]);
    }

    #[test]
    fn the_policy_allows_the_one_style_sheet_and_nothing_else() {
        let reply = errors(crate::problem::ALL).reply();
        let policy = reply.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; style-src 'sha256-") && policy.contains("frame-ancestors 'none'")
        );
        let page = std::str::from_utf8(&reply.body).unwrap();
        assert!(page.contains("id=\"not_found\"") && !page.contains("<script") && !page.contains("style=\""));
        assert!(page.contains(&format!("<style>{STYLE}</style>")));
    }
}

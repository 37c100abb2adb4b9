//! A member's browser, as far as it takes one: links, cookies, tokens.

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::wire::{Wire, request};

/// Somebody who is signed in.
pub(crate) struct Member {
    pub(crate) cookie: String,
    pub(crate) session: String,
    csrf: String,
    origin: String,
}

impl Member {
    /// What their browser sends along from one of our pages.
    pub(crate) fn headers(&self) -> String {
        let Self { cookie, csrf, origin, .. } = self;
        format!("cookie: {cookie}\r\nx-csrf-token: {csrf}\r\norigin: {origin}\r\nsec-fetch-site: same-origin\r\n")
    }
}

/// Opens the link and presses its button, as a browser does.
pub(crate) async fn sign_in(wire: &mut Wire, link: &str) -> Result<Member> {
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
    let cookie = cookie(answer.head, "__Host-sealpost_session").context("no session")?;
    let own = wire.exchange(&request("GET", "/v1/session", &format!("cookie: {cookie}\r\n"), "")).await?;
    let own: Value = serde_json::from_slice(own.body)?;
    let text = |name: &str| own[name].as_str().map(str::to_owned).context("a session that says nothing of itself");
    Ok(Member { session: text("id")?, csrf: text("csrf_token")?, origin: origin.to_owned(), cookie })
}

/// Invites somebody as this owner, and signs them in.
pub(crate) async fn invite(wire: &mut Wire, owner: &Member, number: u64) -> Result<Member> {
    let body = json!({ "email": format!("member{number:04}@example.com"), "role": "viewer" }).to_string();
    let answer = wire.exchange(&request("POST", "/v1/invitations", &owner.headers(), &body)).await?;
    if !(200..300).contains(&answer.status) {
        bail!("the invitation was answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    let invited: Value = serde_json::from_slice(answer.body)?;
    let link = invited["link"].as_str().context("an invitation without its link")?.to_owned();
    sign_in(wire, &link).await
}

/// A cookie that is set, as it is sent back.
fn cookie(head: &str, name: &str) -> Option<String> {
    let value = between(head, &format!("{name}="), ";")?;
    Some(format!("{name}={value}"))
}

pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
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

//! Turning a code into tokens (RFC 6749 §4.1.3, RFC 7636 §4.5).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use sealpost_egress::client::Method;
use sealpost_seal::SecretText;
use sealpost_seal::jws::object;
use serde_json::Value;

use super::discovery::{Document, Showing};
use super::provider::Asking;
use super::reason::Reason;

/// The longest token of either kind.
const MAX_TOKEN: usize = 48 * 1024;

/// What a code is redeemed for.
pub(super) struct Tokens {
    pub(super) id: String,
    pub(super) access: Option<SecretText>,
}

/// What is redeemed, and by whom.
pub(super) struct Redeeming<'a> {
    pub(super) client_id: &'a str,
    pub(super) secret: Option<&'a SecretText>,
    pub(super) code: &'a str,
    pub(super) verifier: &'a str,
    pub(super) redirect_uri: &'a str,
}

/// Redeems a code.
pub(super) async fn redeem(
    asking: Asking<'_>,
    document: &Document,
    redeeming: &Redeeming<'_>,
) -> Result<Tokens, Reason> {
    let (headers, body) = request(document.showing, redeeming)?;
    let answer = asking.send(Method::Post, &document.token, headers, body.into_bytes()).await?;
    let said = object(&answer.body).ok_or(Reason::AnswerUnusable)?;
    let text = |name: &str| said.get(name).and_then(Value::as_str).filter(|text| (1..=MAX_TOKEN).contains(&text.len()));
    match answer.status {
        200 => {
            let bearer = text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer"));
            let id = text("id_token").filter(|_| bearer).ok_or(Reason::AnswerUnusable)?.to_owned();
            Ok(Tokens { id, access: text("access_token").map(|token| SecretText::new(token.to_owned())) })
        }
        401 => Err(Reason::ClientRefused),
        400 if matches!(text("error"), Some("invalid_client" | "unauthorized_client")) => Err(Reason::ClientRefused),
        400 => Err(Reason::CodeRefused),
        _ => Err(Reason::AnswerUnusable),
    }
}

fn request(showing: Showing, redeeming: &Redeeming<'_>) -> Result<(Vec<(HeaderName, HeaderValue)>, String), Reason> {
    let Redeeming { client_id, secret, code, verifier, redirect_uri } = redeeming;
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
    ];
    let mut headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))];
    match (secret, showing) {
        (Some(secret), Showing::Basic) => {
            let pair = format!("{}:{}", encode(client_id), encode(secret.expose()));
            let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(pair)))
                .map_err(|_| Reason::SecretUnopenable)?;
            value.set_sensitive(true);
            headers.push((AUTHORIZATION, value));
        }
        (Some(secret), Showing::Post) => fields.extend([("client_id", *client_id), ("client_secret", secret.expose())]),
        (None, _) => fields.push(("client_id", client_id)),
    }
    Ok((headers, form(&fields)))
}

/// Names and values as a form or a query has them.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    pairs.join("&")
}

/// Everything but the unreserved characters of RFC 3986 §2.3 in percent: right in a query, in a form, and in RFC 6749 §2.3.1.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(showing: Showing, secret: Option<&str>) -> (Option<String>, String) {
        let secret = secret.map(|secret| SecretText::new(secret.to_owned()));
        let redeeming = Redeeming {
            client_id: "a:b",
            secret: secret.as_ref(),
            code: "c&d=e",
            verifier: "v",
            redirect_uri: "https://here.example/back",
        };
        let (headers, body) = request(showing, &redeeming).unwrap();
        let shown = headers.iter().find(|(name, _)| name == AUTHORIZATION);
        (shown.map(|(_, value)| value.to_str().unwrap().to_owned()), body)
    }

    #[test]
    fn a_secret_is_shown_in_one_place_and_nothing_of_it_changes_the_request() {
        let common = "grant_type=authorization_code&code=c%26d%3De&redirect_uri=https%3A%2F%2Fhere.example%2Fback&code_verifier=v";
        let (header, body) = made(Showing::Basic, Some("p%:ß"));
        assert_eq!(body, common);
        assert_eq!(header.unwrap(), format!("Basic {}", STANDARD.encode("a%3Ab:p%25%3A%C3%9F")));
        let (header, body) = made(Showing::Post, Some("p&client_id=x"));
        assert_eq!((header, body), (None, format!("{common}&client_id=a%3Ab&client_secret=p%26client_id%3Dx")));
        for showing in [Showing::Basic, Showing::Post] {
            assert_eq!(made(showing, None), (None, format!("{common}&client_id=a%3Ab")));
        }
    }
}

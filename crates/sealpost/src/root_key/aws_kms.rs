//! AWS KMS: `Encrypt` and `Decrypt` of its API (AWS KMS API Reference, JSON 1.1), signed as [`sealpost_seal::sigv4`] says.
//!
//! The root key is made here and sealed there, so `GenerateDataKey` isn't asked for: one right less that the credentials need.

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use sealpost_egress::Tenant;
use sealpost_egress::client::{Answer, Client, Method, Outbound};
use sealpost_egress::target::Target;
use sealpost_egress::tls::MinTls;
use sealpost_seal::sigv4::{self, Credentials, Request, Scope};
use sealpost_store::{Clock as _, Time, World};
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::credentials;
use super::provider::{ProviderError, read};
use super::sealed::Binding;
use crate::config::{AwsKmsConfig, Environment};

const SERVICE: &str = "AWS KMS";
const MEDIA_TYPE: &str = "application/x-amz-json-1.1";

pub(super) struct AwsKms {
    client: Client,
    target: Target,
    region: String,
    key: String,
    credentials: Credentials,
}

impl AwsKms {
    pub(super) fn new(settings: &AwsKmsConfig, client: Client, environment: &Environment) -> Result<Self> {
        let url = match &settings.endpoint {
            Some(endpoint) => endpoint.clone(),
            None => format!("https://kms.{}.amazonaws.com", settings.region),
        };
        let target = Target::parse(&url, client.network().policy()).context("keys.aws_kms.endpoint")?;
        anyhow::ensure!(target.path() == "/" && target.query().is_none(), "keys.aws_kms.endpoint has a path");
        Ok(Self {
            credentials: credentials::find(settings, environment)?,
            client,
            target,
            region: settings.region.clone(),
            key: settings.key.clone(),
        })
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) async fn seal(&self, clear: &[u8], binding: &Binding) -> Result<Vec<u8>, ProviderError> {
        let clear = Zeroizing::new(STANDARD.encode(clear));
        let body = json!({ "KeyId": self.key, "Plaintext": &*clear, "EncryptionContext": context(binding) });
        let answer = self.ask("Encrypt", &body).await?;
        read(answer, |body| STANDARD.decode(serde_json::from_slice::<Encrypted>(body).ok()?.sealed).ok())
            .ok_or_else(|| ProviderError::refused(SERVICE, "it answers what is no ciphertext"))
    }

    pub(super) async fn open(&self, sealed: &[u8], binding: &Binding) -> Result<Zeroizing<Vec<u8>>, ProviderError> {
        // Named, so that nobody's other key opens a file that was put there.
        let body = json!({ "KeyId": self.key, "CiphertextBlob": STANDARD.encode(sealed),
            "EncryptionContext": context(binding) });
        let answer = self.ask("Decrypt", &body).await?;
        read(answer, |body| {
            let text = Zeroizing::new(serde_json::from_slice::<Decrypted>(body).ok()?.clear);
            STANDARD.decode(&*text).ok().map(Zeroizing::new)
        })
        .ok_or_else(|| ProviderError::refused(SERVICE, "it answers what is no plaintext"))
    }

    async fn ask(&self, operation: &'static str, body: &Value) -> Result<Answer, ProviderError> {
        let body = body.to_string().into_bytes();
        let headers = self.headers(&format!("TrentService.{operation}"), &body, World::real().clock.now())?;
        let mut outbound = Outbound::new(Tenant::INSTALLATION, Method::Post, &self.target, body.into());
        outbound.min_tls = MinTls::V1_2;
        outbound.headers = headers;
        match self.client.send(outbound).await {
            Ok(answer) if answer.status == 200 => Ok(answer),
            Ok(answer) => Err(refusal(answer.status, &answer.body)),
            Err(error) => Err(ProviderError::unanswered(SERVICE, &error)),
        }
    }

    fn headers(
        &self,
        operation: &str,
        body: &[u8],
        now: Time,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, ProviderError> {
        let origin = self.target.origin();
        let host = origin.split_once("://").map_or("", |(_, host)| host);
        let at = basic(now);
        let mut signed =
            vec![("content-type", MEDIA_TYPE), ("host", host), ("x-amz-date", &*at), ("x-amz-target", operation)];
        if let Some(token) = &self.credentials.session_token {
            signed.push(("x-amz-security-token", token.expose()));
        }
        let scope = Scope { at: &at, region: &self.region, service: "kms" };
        let request = Request { method: "POST", path: "/", query: "", headers: &signed, body };
        let authorization = sigv4::authorization(&self.credentials, &scope, &request);
        let value = |text: &str| {
            let mut value = HeaderValue::try_from(text).map_err(|_| {
                ProviderError::refused(SERVICE, "the credentials have characters that no header carries")
            })?;
            value.set_sensitive(true);
            Ok(value)
        };
        let mut headers =
            vec![(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)), (AUTHORIZATION, value(&authorization)?)];
        for (name, text) in signed.iter().filter(|(name, _)| name.starts_with("x-amz-")) {
            let name = HeaderName::try_from(*name).map_err(|_| ProviderError::refused(SERVICE, "no header"))?;
            headers.push((name, value(text)?));
        }
        Ok(headers)
    }
}

#[derive(Deserialize)]
struct Encrypted {
    #[serde(rename = "CiphertextBlob")]
    sealed: String,
}

#[derive(Deserialize)]
struct Decrypted {
    #[serde(rename = "Plaintext")]
    clear: String,
}

/// Stands in AWS's own log beside each call, and may stand in the key's policy.
fn context(binding: &Binding) -> Value {
    json!({ "sealpost:installation": binding.installation, "sealpost:root-key": binding.root_key })
}

/// `20150830T123600Z`
fn basic(now: Time) -> String {
    let text = Time::from_unix_ms(now.unix_seconds().saturating_mul(1000)).to_string();
    text.replace(".000Z", "Z").replace(['-', ':'], "")
}

/// What an answer other than 200 means: "Common Errors" and the errors of `Decrypt` in the API Reference.
fn refusal(status: u16, body: &[u8]) -> ProviderError {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    // May be qualified: `com.amazonaws.kms#DisabledException`.
    let code = said["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default();
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    let what = match code.as_str() {
        "NotFoundException" => "there is no such key",
        "DisabledException" => "the key is disabled",
        "KMSInvalidStateException" => "the key is to be deleted, or otherwise not in use",
        "InvalidKeyUsageException" => "the key is not for encryption",
        "InvalidCiphertextException" | "IncorrectKeyException" => "this key does not open what is sealed",
        "AccessDeniedException" => "these credentials may not use the key",
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "SignatureDoesNotMatch" => "the credentials are not accepted",
        "ThrottlingException"
        | "KMSInternalException"
        | "DependencyTimeoutException"
        | "KeyUnavailableException"
        | "RequestLimitExceeded"
        | "LimitExceededException" => {
            return ProviderError::away(SERVICE, format!("it can't answer now ({code})"));
        }
        _ if status == 429 || status >= 500 => {
            return ProviderError::away(SERVICE, format!("it can't answer now ({status})"));
        }
        // What stands before KMS may not speak as it does.
        _ if matches!(status, 401 | 403) => "the credentials are not accepted, or may not use the key",
        _ => "it refuses",
    };
    let code = if code.is_empty() { status.to_string() } else { code };
    ProviderError::refused(SERVICE, format!("{what} ({code})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_signatures_want_it() {
        assert_eq!(basic("2015-08-30T12:36:00.987Z".parse().unwrap()), "20150830T123600Z");
    }

    #[test]
    fn what_may_pass_is_tried_again_and_nothing_else() {
        let said = |status, code: &str| {
            let error = refusal(status, json!({ "__type": code, "message": "arn:aws:kms:x" }).to_string().as_bytes());
            assert!(!error.to_string().contains("arn"), "{error}");
            (error.may_pass(), error.to_string())
        };
        assert!(said(400, "ThrottlingException").0);
        assert!(said(500, "x").0);
        assert_eq!(
            said(400, "com.amazonaws.kms#DisabledException"),
            (false, "AWS KMS: the key is disabled (DisabledException)".into())
        );
        assert_eq!(said(400, "Some\nThing"), (false, "AWS KMS: it refuses (SomeThing)".into()));
        assert!(!refusal(403, b"<html>").may_pass());
    }
}

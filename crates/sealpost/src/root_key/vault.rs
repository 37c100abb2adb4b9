//! The transit engine of HashiCorp Vault and OpenBao: `encrypt` and `decrypt` of its HTTP API, with associated data
//! ("Transit secrets engine (API)", Vault API documentation).

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use sealpost_egress::Tenant;
use sealpost_egress::client::{Answer, Client, Method, Outbound};
use sealpost_egress::target::Target;
use sealpost_egress::tls::MinTls;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::provider::{ProviderError, read};
use super::sealed::Binding;
use crate::config::{Environment, SecretSource, VaultConfig};

const SERVICE: &str = "Vault";
const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");

pub(super) struct Vault {
    client: Client,
    encrypt: Target,
    decrypt: Target,
    key: String,
    token: SecretSource,
    namespace: Option<HeaderValue>,
    environment: Environment,
}

#[derive(Deserialize)]
struct Said<T> {
    data: T,
}

#[derive(Deserialize)]
struct Encrypted {
    ciphertext: String,
}

#[derive(Deserialize)]
struct Decrypted {
    plaintext: String,
}

impl Vault {
    pub(super) fn new(settings: &VaultConfig, client: Client, environment: &Environment) -> Result<Self> {
        let plain =
            |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
        let (mount, key) = (settings.mount.trim_matches('/'), &settings.key);
        anyhow::ensure!(
            plain(mount) && plain(key) && !key.contains('/'),
            "keys.vault: mount and key are letters, digits, - and _"
        );
        let base = settings.address.trim_end_matches('/');
        let target = |operation: &str| {
            let url = format!("{base}/v1/{mount}/{operation}/{key}");
            Target::parse(&url, client.network().policy()).context("keys.vault.address")
        };
        let namespace = settings.namespace.as_deref().map(HeaderValue::try_from).transpose();
        Ok(Self {
            encrypt: target("encrypt")?,
            decrypt: target("decrypt")?,
            key: settings.key.clone(),
            token: settings.token.clone(),
            namespace: namespace.context("keys.vault.namespace is no header's value")?,
            environment: environment.clone(),
            client,
        })
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    pub(super) async fn seal(&self, clear: &[u8], binding: &Binding) -> Result<Vec<u8>, ProviderError> {
        let clear = Zeroizing::new(STANDARD.encode(clear));
        let body = json!({ "plaintext": &*clear, "associated_data": associated(binding) });
        let answer = self.ask(&self.encrypt, &body).await?;
        read(answer, |body| Some(serde_json::from_slice::<Said<Encrypted>>(body).ok()?.data.ciphertext.into_bytes()))
            .ok_or_else(|| ProviderError::refused(SERVICE, "it answers what is no ciphertext"))
    }

    pub(super) async fn open(&self, sealed: &[u8], binding: &Binding) -> Result<Zeroizing<Vec<u8>>, ProviderError> {
        let body = json!({ "ciphertext": String::from_utf8_lossy(sealed), "associated_data": associated(binding) });
        let answer = self.ask(&self.decrypt, &body).await?;
        read(answer, |body| {
            let text = Zeroizing::new(serde_json::from_slice::<Said<Decrypted>>(body).ok()?.data.plaintext);
            STANDARD.decode(&*text).ok().map(Zeroizing::new)
        })
        .ok_or_else(|| ProviderError::refused(SERVICE, "it answers what is no plaintext"))
    }

    async fn ask(&self, target: &Target, body: &Value) -> Result<Answer, ProviderError> {
        let mut outbound =
            Outbound::new(Tenant::INSTALLATION, Method::Post, target, body.to_string().into_bytes().into());
        outbound.min_tls = MinTls::V1_2;
        outbound.headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
        // Read for each call: an agent may have renewed it since.
        let token = self.token.read(&self.environment);
        let token = token.map_err(|error| ProviderError::refused(SERVICE, format!("keys.vault.token: {error}")))?;
        let mut token = HeaderValue::try_from(token.expose().trim())
            .map_err(|_| ProviderError::refused(SERVICE, "keys.vault.token is no header's value"))?;
        token.set_sensitive(true);
        outbound.headers.push((TOKEN, token));
        outbound.headers.extend(self.namespace.clone().map(|namespace| (NAMESPACE, namespace)));
        match self.client.send(outbound).await {
            Ok(answer) if answer.status == 200 => Ok(answer),
            Ok(answer) => Err(refusal(answer.status)),
            Err(error) => Err(ProviderError::unanswered(SERVICE, &error)),
        }
    }
}

/// What the ciphertext opens with and nothing else.
fn associated(binding: &Binding) -> String {
    STANDARD.encode(format!("sealpost root key\n{}\n{}\n", binding.installation, binding.root_key))
}

/// What an answer other than 200 means ("HTTP status codes", Vault API documentation).
fn refusal(status: u16) -> ProviderError {
    let what = match status {
        400 => "this key does not open what is sealed, or is not for it",
        403 => "the token may not use the key",
        404 => "there is no such key, or no transit engine at this mount",
        429 | 472 | 473 | 500.. => return ProviderError::away(SERVICE, format!("it can't answer now ({status})")),
        _ => "it refuses",
    };
    ProviderError::refused(SERVICE, format!("{what} ({status})"))
}

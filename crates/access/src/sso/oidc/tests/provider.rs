//! An OpenID provider in this process, over real TLS: honest until it is told how to lie.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::resolve::FixedResolver;
use sealpost_egress::tls::Trust;
use sealpost_seal::jws::Algorithm;
use sealpost_seal::jws::testing::Signer;
use sealpost_seal::key::sha256;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The name it is called by.
pub(super) const HOST: &str = "id.test";
/// What it calls us.
pub(super) const CLIENT: &str = "sealpost:client";
/// Our secret there.
pub(super) const SECRET: &str = "s3cret & more";
/// The name of its key.
pub(super) const KEY: &str = "k1";

/// What it answers with.
#[derive(Clone)]
pub(super) struct Raw {
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) more: String,
    pub(super) body: Vec<u8>,
    pub(super) after: Duration,
}

impl Raw {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        let kind = "application/json";
        Self { status, kind, more: String::new(), body: body.to_string().into_bytes(), after: Duration::ZERO }
    }
}

/// An answer to a code, before it is signed and sent.
pub(super) struct Telling {
    pub(super) header: Value,
    pub(super) claims: Value,
    /// What is signed instead of the claims.
    pub(super) payload: Option<String>,
    /// What signs; the honest key otherwise.
    pub(super) signer: Option<Signer>,
    pub(super) access_token: Option<String>,
    /// The whole token, already signed.
    pub(super) token: Option<String>,
    /// The whole answer.
    pub(super) raw: Option<Raw>,
}

/// How it lies.
pub(super) type Lie = Box<dyn Fn(&Provider, &mut Telling) + Send>;

/// What a code stands for.
struct Grant {
    asked: HashMap<String, String>,
    now: i64,
    used: bool,
}

#[derive(Default)]
struct Script {
    /// What it answers at a path, instead of the truth.
    fixed: HashMap<String, Raw>,
    grants: HashMap<String, Grant>,
    lie: Option<Lie>,
    userinfo: Option<Value>,
    /// How often a path was asked for.
    asked: HashMap<String, usize>,
    /// Who asked for tokens, as they said it.
    shown: Vec<String>,
    codes: usize,
    keys: Vec<Value>,
    /// The subject it tells of.
    subject: String,
}

/// The provider.
pub(super) struct Provider {
    pub(super) port: u16,
    pub(super) signer: Signer,
    authority: CertificateDer<'static>,
    script: Mutex<Script>,
}

impl Provider {
    pub(super) async fn start() -> Arc<Self> {
        Self::signing(Algorithm::Es256).await
    }

    pub(super) async fn signing(algorithm: Algorithm) -> Arc<Self> {
        let (authority, config) = pki();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let signer = Signer::generate(algorithm);
        let script = Script { keys: vec![signer.jwk(KEY)], subject: "ada-at-id".into(), ..Script::default() };
        let port = listener.local_addr().unwrap().port();
        let provider = Arc::new(Self { port, signer, authority, script: script.into() });
        let served = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, served) = (TlsAcceptor::from(config.clone()), served.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut unread = Vec::new();
                    while let Some((head, body)) = request(&mut stream, &mut unread).await {
                        let answer = served.answer(&head, &body);
                        tokio::time::sleep(answer.after).await;
                        let Raw { status, kind, more, body, .. } = answer;
                        let head = format!(
                            "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n{more}\r\n",
                            body.len()
                        );
                        if stream.write_all(&[head.as_bytes(), &body].concat()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        provider
    }

    /// What asks it: its authority is trusted, loopback permitted.
    pub(super) fn client(&self) -> Client {
        let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let names = FixedResolver::new().with(HOST, [local]);
        let network = Network::new(Policy::strict().with_loopback().with_any_port(), names);
        Client::new(network, &Trust::new([self.authority.clone()]).unwrap()).unwrap()
    }

    /// One of the issuers it is.
    pub(super) fn issuer(&self, path: &str) -> String {
        format!("https://{HOST}:{}/{path}", self.port)
    }

    /// What an issuer says about itself.
    pub(super) fn document(&self, path: &str) -> Value {
        let issuer = self.issuer(path);
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize?from=here"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/keys"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "response_types_supported": ["code", "id_token"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "id_token_signing_alg_values_supported": ["RS256", "PS256", "ES256", "EdDSA", "HS256", "none"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "scopes_supported": ["openid", "email", "groups"],
        })
    }

    pub(super) fn say(&self, path: &str, raw: Raw) {
        self.script.lock().unwrap().fixed.insert(path.to_owned(), raw);
    }

    pub(super) fn lie(&self, lie: Option<Lie>) {
        self.script.lock().unwrap().lie = lie;
    }

    pub(super) fn tell_more(&self, userinfo: Value) {
        self.script.lock().unwrap().userinfo = Some(userinfo);
    }

    pub(super) fn know_as(&self, subject: &str) {
        self.script.lock().unwrap().subject = subject.to_owned();
    }

    pub(super) fn publish(&self, keys: Vec<Value>) {
        self.script.lock().unwrap().keys = keys;
    }

    pub(super) fn asked(&self, path: &str) -> usize {
        self.script.lock().unwrap().asked.get(path).copied().unwrap_or_default()
    }

    /// How the last code was redeemed: header and body.
    pub(super) fn shown(&self) -> String {
        self.script.lock().unwrap().shown.last().cloned().unwrap_or_default()
    }

    /// Somebody says who they are, and goes back with this code.
    pub(super) fn grant(&self, asked: HashMap<String, String>, now: i64) -> String {
        let mut script = self.script.lock().unwrap();
        script.codes += 1;
        let code = format!("code-{}", script.codes);
        script.grants.insert(code.clone(), Grant { asked, now, used: false });
        code
    }

    fn answer(&self, head: &str, body: &str) -> Raw {
        let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut script = self.script.lock().unwrap();
        *script.asked.entry(target.clone()).or_default() += 1;
        if let Some(raw) = script.fixed.get(&target) {
            return raw.clone();
        }
        let (path, what) = match target.strip_suffix("/.well-known/openid-configuration") {
            Some(path) => (path, "document"),
            None => target.rsplit_once('/').unwrap_or_default(),
        };
        let issuer_path = path.trim_start_matches('/');
        match what {
            "document" => Raw::json(200, &self.document(issuer_path)),
            "keys" => Raw::json(200, &json!({ "keys": script.keys })),
            "userinfo" => match &script.userinfo {
                Some(told) if head.to_ascii_lowercase().contains("authorization: bearer at-") => Raw::json(200, told),
                _ => Raw::json(401, &json!({})),
            },
            "token" => self.redeem(&mut script, issuer_path, head, body),
            _ => Raw::json(404, &json!({})),
        }
    }

    fn redeem(&self, script: &mut Script, path: &str, head: &str, body: &str) -> Raw {
        script.shown.push(format!("{head}\n\n{body}"));
        let refuse =
            |error: &str| Raw::json(400, &json!({ "error": error, "error_description": "SECRET-OF-PROVIDER" }));
        let fields = fields(body);
        let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
        let Some(grant) = script.grants.get_mut(field("code")).filter(|grant| !grant.used) else {
            return refuse("invalid_grant");
        };
        grant.used = true;
        let challenge = URL_SAFE_NO_PAD.encode(sha256(&[field("code_verifier").as_bytes()]));
        let right = grant.asked.get("code_challenge") == Some(&challenge)
            && grant.asked.get("redirect_uri").map(String::as_str) == Some(field("redirect_uri"))
            && field("grant_type") == "authorization_code";
        if !right {
            return refuse("invalid_grant");
        }
        let access_token = format!("at-{}", field("code"));
        let mut telling = Telling {
            header: json!({ "alg": self.signer_name(), "kid": KEY, "typ": "JWT" }),
            claims: json!({
                "iss": self.issuer(path),
                "sub": script.subject,
                "aud": CLIENT,
                "exp": grant.now + 300,
                "iat": grant.now,
                "nonce": grant.asked.get("nonce"),
                "at_hash": self.algorithm().half_hash(&access_token),
                "email": "ada@clinic.example",
                "email_verified": true,
                "name": "Ada Example",
            }),
            payload: None,
            signer: None,
            access_token: Some(access_token),
            token: None,
            raw: None,
        };
        if let Some(lie) = &script.lie {
            lie(self, &mut telling);
        }
        if let Some(raw) = telling.raw {
            return raw;
        }
        let payload = telling.payload.unwrap_or_else(|| telling.claims.to_string());
        let signer = telling.signer.as_ref().unwrap_or(&self.signer);
        let token = telling.token.unwrap_or_else(|| signer.sign(&telling.header.to_string(), &payload));
        Raw::json(200, &json!({ "token_type": "Bearer", "access_token": telling.access_token, "id_token": token }))
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        self.signer.algorithm()
    }

    fn signer_name(&self) -> &'static str {
        self.algorithm().name()
    }
}

/// The pairs of a form or a query.
pub(super) fn fields(text: &str) -> HashMap<String, String> {
    let decode = |text: &str| {
        let mut out = Vec::new();
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'%' => {
                    let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                    out.push(u8::from_str_radix(&hex, 16).unwrap());
                }
                b'+' => out.push(b' '),
                byte => out.push(byte),
            }
        }
        String::from_utf8(out).unwrap()
    };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decode(name), decode(value))).collect()
}

async fn request(stream: &mut (impl AsyncReadExt + Unpin), unread: &mut Vec<u8>) -> Option<(String, String)> {
    loop {
        let end = unread.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&unread[..end]).into_owned();
            let length = head.to_ascii_lowercase();
            let length = length.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if unread.len() >= end + 4 + length {
                let whole: Vec<u8> = unread.drain(..end + 4 + length).collect();
                return Some((head, String::from_utf8_lossy(&whole[end + 4..]).into_owned()));
            }
        }
        if stream.read_buf(unread).await.ok()? == 0 {
            return None;
        }
    }
}

fn pki() -> (CertificateDer<'static>, Arc<ServerConfig>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap().der().clone();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![HOST.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    (authority, Arc::new(config))
}

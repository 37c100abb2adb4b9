//! What the profile makes of documents: reads questions, one JSON object a line, and answers each with one, for referees.
//!
//! ```text
//! cargo run -p sealpost-saml --example judge -- folder < questions.jsonl
//! ```
//!
//! Files are named relative to the folder. A question is `{"ask": "response", "file": …}` with whatever departs from
//! `settings.json` of the folder: `entity_id`, `acs_url`, `metadata` (the identity provider's), `now_ms`, `request`,
//! `response_signed`, `authn_context`, `decryption_keys` and `signing_key` (PKCS #8), `spent` (IDs of assertions used before).
//! The others are `form`, `metadata`, `service_provider`, `redirect`, `post`, `canonical`, and `memory`: what all of this took.
//!
//! It prints claims in clear: give it fictional people.
#![allow(clippy::print_stdout, reason = "a command answers its caller")]

use std::error::Error;
use std::io::{BufRead, stdin};
use std::path::{Path, PathBuf};

use sealpost_saml::{
    Answers, AuthnRequest, Certificate, DecryptionKey, Expectations, IdentityProvider, RequestId, ServiceProvider,
    SigningKey, Unspent, verify, verify_form,
};
use serde_json::{Value, json};

type Answer = Result<Value, Box<dyn Error>>;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("a folder is wanted")?);
    let settings: Value = serde_json::from_slice(&std::fs::read(folder.join("settings.json"))?)?;
    for line in stdin().lock().lines() {
        let mut asked = settings.clone();
        if let (Value::Object(known), Value::Object(new)) = (&mut asked, serde_json::from_str(&line?)?) {
            known.extend(new);
        }
        println!("{}", Question { folder: &folder, asked }.answer()?);
    }
    Ok(())
}

struct Question<'a> {
    folder: &'a Path,
    asked: Value,
}

impl Question<'_> {
    fn answer(&self) -> Answer {
        match self.text("ask")? {
            "response" => self.response(false),
            "form" => self.response(true),
            "metadata" => Ok(self.metadata_read()),
            "service_provider" => self.service_provider_written(),
            "redirect" | "post" => self.request_written(),
            "canonical" => self.canonical(),
            "memory" => memory(),
            other => Err(format!("what is {other}?").into()),
        }
    }

    fn response(&self, form: bool) -> Answer {
        let (us, idp) = (self.service_provider()?, self.identity_provider()?);
        let request = self.asked["request"].as_str().map(|id| RequestId::parse(id).ok_or("no ID")).transpose()?;
        let context: Vec<&str> = self.texts("authn_context");
        let document = self.file("file")?;
        let expected = Expectations {
            now_ms: self.asked["now_ms"].as_i64().ok_or("now_ms")?,
            service_provider: &us,
            identity_provider: &idp,
            answers: request.as_ref().map_or(Answers::Nothing, Answers::Request),
            response_signed: self.asked["response_signed"].as_bool().unwrap_or_default(),
            assertion_encrypted: self.asked["assertion_encrypted"].as_bool().unwrap_or_default(),
            authn_context: &context,
            authenticated_since_ms: self.asked["authenticated_since_ms"].as_i64(),
        };
        let verdict =
            if form { verify_form(std::str::from_utf8(&document)?, &expected) } else { verify(&document, &expected) };
        Ok(match verdict.and_then(|unspent| self.spent(unspent)) {
            Ok(claims) => claims,
            Err(refused) => json!({ "verdict": "refused", "code": refused.code() }),
        })
    }

    fn spent(&self, unspent: Unspent) -> Result<Value, sealpost_saml::Rejected> {
        let first_use = !self.texts("spent").contains(&unspent.assertion_id());
        let accepted = unspent.spend(first_use)?;
        let attributes = accepted.attributes();
        let values = |name: &str| attributes.all(name).map(|value| Value::from(value.expose())).collect::<Vec<_>>();
        let all: serde_json::Map<_, _> = attributes.names().map(|name| (name.into(), values(name).into())).collect();
        Ok(json!({
            "verdict": "accepted",
            "issuer": accepted.issuer(),
            "name_id": accepted.name_id().value().expose(),
            "format": accepted.name_id().format(),
            "attributes": all,
            "session_index": accepted.session_index().map(|index| index.expose()),
            "assertion_id": accepted.assertion_id(),
            "not_on_or_after_ms": accepted.not_on_or_after_ms(),
            "authn_context": accepted.authn_context(),
            "authn_instant_ms": accepted.authn_instant_ms(),
        }))
    }

    fn metadata_read(&self) -> Value {
        match self.file("file").map(|bytes| IdentityProvider::from_metadata(&bytes)) {
            Ok(Ok(idp)) => json!({
                "verdict": "accepted",
                "entity_id": idp.entity_id(),
                "certificates": idp.certificates().len(),
                "redirect": idp.redirect_url(),
                "post": idp.post_url(),
                "valid_until_ms": idp.valid_until_ms(),
            }),
            Ok(Err(flaw)) => json!({ "verdict": "refused", "code": flaw.code() }),
            Err(error) => json!({ "verdict": "unread", "code": error.to_string() }),
        }
    }

    fn service_provider_written(&self) -> Answer {
        let certificate =
            |name| -> Result<Certificate, Box<dyn Error>> { Ok(Certificate::from_der(&self.file(name)?)?) };
        let (signing, encryption) = (certificate("signing_certificate")?, certificate("encryption_certificate")?);
        Ok(json!({ "xml": self.service_provider()?.metadata(&[signing], &[encryption]) }))
    }

    fn request_written(&self) -> Answer {
        let (us, idp) = (self.service_provider()?, self.identity_provider()?);
        let key = SigningKey::from_pkcs8(&self.file("signing_key")?)?;
        let id = RequestId::parse(self.text("request")?).ok_or("no ID")?;
        let request = AuthnRequest {
            id: &id,
            issued_ms: self.asked["now_ms"].as_i64().ok_or("now_ms")?,
            force_authn: self.asked["force_authn"].as_bool().unwrap_or_default(),
            authn_context: &self.texts("authn_context"),
            name_id_format: self.asked["name_id_format"].as_str(),
        };
        let state = self.asked["relay_state"].as_str();
        if self.text("ask")? == "redirect" {
            return Ok(json!({ "url": request.redirect(&us, &idp, &key, state)? }));
        }
        let form = request.post(&us, &idp, &key, state)?;
        Ok(json!({ "action": form.action, "saml_request": form.saml_request, "relay_state": form.relay_state }))
    }

    /// The canonical form of one element of a document, found by its place among all.
    fn canonical(&self) -> Answer {
        let nth = self.asked["nth"].as_u64().unwrap_or_default() as usize;
        let form = sealpost_saml::__judging::canonical(&self.file("file")?, nth, &self.texts("inclusive"));
        Ok(match form {
            Ok(form) => json!({ "verdict": "accepted", "form": form }),
            Err(flaw) => json!({ "verdict": "refused", "code": flaw.code() }),
        })
    }

    fn service_provider(&self) -> Result<ServiceProvider, Box<dyn Error>> {
        let keys = self.texts("decryption_keys").into_iter().map(|name| std::fs::read(self.folder.join(name)));
        let keys = keys.map(|der| Ok::<_, Box<dyn Error>>(DecryptionKey::from_pkcs8(&der?)?));
        Ok(ServiceProvider {
            entity_id: self.text("entity_id")?.to_owned(),
            acs_url: self.text("acs_url")?.to_owned(),
            decryption_keys: keys.collect::<Result<_, _>>()?,
        })
    }

    fn identity_provider(&self) -> Result<IdentityProvider, Box<dyn Error>> {
        Ok(IdentityProvider::from_metadata(&self.file("metadata")?)?)
    }

    fn text(&self, name: &str) -> Result<&str, Box<dyn Error>> {
        self.asked[name].as_str().ok_or_else(|| name.to_owned().into())
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        self.asked[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn file(&self, name: &str) -> Result<Vec<u8>, Box<dyn Error>> {
        Ok(std::fs::read(self.folder.join(self.text(name)?))?)
    }
}

/// The most memory this process ever had, in KiB (Linux).
fn memory() -> Answer {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).and_then(|rest| rest.split_whitespace().next());
    Ok(json!({ "peak": peak.ok_or("no VmHWM")?.parse::<u64>()? }))
}

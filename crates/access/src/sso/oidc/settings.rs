//! What a connection keeps of its provider.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealpost_egress::guard::Policy;
use sealpost_seal::key::sha256;
use sealpost_seal::{Place, Rng, SecretText};
use sealpost_store::{OrgId, OrgKeys, StoreError};
use sealpost_web::Refusal;
use sealpost_web::problem::BODY_INVALID;
use serde::{Deserialize, Serialize};

use super::discovery::secure;
use crate::sso::rules::own_domain;

/// The label of the organisation's key that seals clients' secrets.
const LABEL: &str = "sso-secret";
/// The longest secret.
const MAX_SECRET: usize = 2048;
/// The most domains.
const MAX_DOMAINS: usize = 20;
/// The longest time since somebody proved who they are, in minutes: 30 days.
const MAX_AGE: u32 = 43_200;

/// Which provider it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Preset {
    /// Google.
    Google,
    /// One tenant at Microsoft Entra ID.
    Microsoft {
        /// Its id.
        tenant: String,
    },
    /// Any provider.
    Any {
        /// What it calls itself, exactly.
        issuer: String,
    },
}

impl Preset {
    /// Its word.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft { .. } => "microsoft",
            Self::Any { .. } => "any",
        }
    }
}

/// Everything but what every connection has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    pub(super) preset: Preset,
    /// What the provider calls us.
    pub(super) client_id: String,
    /// The client's secret, sealed for this issuer and client; nothing for a public client.
    pub(super) secret: Option<String>,
    /// Whose addresses come in. What that proves depends on the preset.
    pub(super) domains: Vec<String>,
    /// The claim that names somebody's groups.
    pub(super) groups_claim: Option<String>,
    /// How long ago somebody may have proved to the provider who they are, in minutes.
    pub(super) max_age_minutes: Option<u32>,
}

impl Settings {
    /// Reads what is stored.
    pub(super) fn stored(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(|_| StoreError::Column("settings".into()))
    }

    /// As it is stored.
    pub(super) fn to_text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// What the provider calls itself.
    pub(super) fn issuer(&self) -> Cow<'_, str> {
        match &self.preset {
            Preset::Google => "https://accounts.google.com".into(),
            Preset::Microsoft { tenant } => format!("https://login.microsoftonline.com/{tenant}/v2.0").into(),
            Preset::Any { issuer } => issuer.into(),
        }
    }

    /// Whether a domain is one of those that are named.
    pub(super) fn has_domain(&self, domain: &str) -> bool {
        self.domains.iter().any(|one| one.eq_ignore_ascii_case(domain))
    }

    /// Keeps a secret, for this issuer and client alone.
    pub(super) fn keep(&mut self, org: OrgId, keys: &OrgKeys, secret: &SecretText, rng: &dyn Rng) {
        let row = self.row();
        let sealed = keys.seal(LABEL, &place(org, &row), secret.expose().as_bytes(), rng);
        self.secret = Some(URL_SAFE_NO_PAD.encode(sealed));
    }

    /// The secret. It doesn't open for another issuer or client than it was entered for: whoever changes a row in the database has it
    /// sent nowhere else.
    pub(super) fn secret(&self, org: OrgId, keys: &OrgKeys) -> Result<Option<SecretText>, StoreError> {
        let Some(sealed) = self.secret.as_deref() else { return Ok(None) };
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| StoreError::Unopenable)?;
        let clear = keys.open(LABEL, &place(org, &self.row()), &sealed)?;
        let text = std::str::from_utf8(&clear).map_err(|_| StoreError::Unopenable)?;
        Ok(Some(SecretText::new(text.to_owned())))
    }

    /// Whether its secret is under an older version of the organisation's key.
    pub(super) fn is_outdated(&self, keys: &OrgKeys) -> Result<bool, StoreError> {
        let Some(sealed) = self.secret.as_deref() else { return Ok(false) };
        let sealed = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| StoreError::Unopenable)?;
        Ok(keys.is_outdated(&sealed))
    }

    fn row(&self) -> [u8; 32] {
        let issuer = self.issuer();
        sha256(&[&(issuer.len() as u32).to_be_bytes(), issuer.as_bytes(), self.client_id.as_bytes()])
    }
}

fn place(org: OrgId, row: &[u8; 32]) -> Place<'_> {
    Place { org: org.bytes(), environment: None, table: "sso_connection", column: "settings.secret", row, owner: None }
}

/// Settings as somebody writes them: what is absent stays or is nothing, and so is what is empty.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) preset: Option<String>,
    pub(super) tenant: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) client_id: Option<String>,
    pub(super) client_secret: Option<SecretText>,
    pub(super) domains: Option<Vec<String>>,
    pub(super) groups_claim: Option<String>,
    pub(super) max_age_minutes: Option<u32>,
}

impl Draft {
    /// What settings say, to be changed.
    pub(super) fn of(settings: &Settings) -> Self {
        let (tenant, issuer) = match &settings.preset {
            Preset::Google => (None, None),
            Preset::Microsoft { tenant } => (Some(tenant.clone()), None),
            Preset::Any { issuer } => (None, Some(issuer.clone())),
        };
        Self {
            preset: Some(settings.preset.word().to_owned()),
            tenant,
            issuer,
            client_id: Some(settings.client_id.clone()),
            client_secret: None,
            domains: Some(settings.domains.clone()),
            groups_claim: settings.groups_claim.clone(),
            max_age_minutes: settings.max_age_minutes,
        }
    }

    /// This, and of `standing` whatever this doesn't say.
    pub(super) fn over(self, standing: &Settings) -> Self {
        let before = Self::of(standing);
        Self {
            preset: self.preset.or(before.preset),
            tenant: self.tenant.or(before.tenant),
            issuer: self.issuer.or(before.issuer),
            client_id: self.client_id.or(before.client_id),
            client_secret: self.client_secret,
            domains: self.domains.or(before.domains),
            groups_claim: self.groups_claim.or(before.groups_claim),
            max_age_minutes: self.max_age_minutes.or(before.max_age_minutes),
        }
    }

    /// Settings, if they can be any: everything but the secret, which stays that of `standing` if the issuer and the client do.
    pub(super) fn read(&self, standing: Option<&Settings>, policy: &Policy) -> Result<Settings, Refusal> {
        let wrong = |at: &'static str, code: &'static str| Refusal::of(&BODY_INVALID).at(at, code);
        let given =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let preset = match given(&self.preset).as_deref() {
            None => return Err(wrong("/preset", "field_missing")),
            Some("google") => Preset::Google,
            Some("microsoft") => {
                let tenant = given(&self.tenant).ok_or(wrong("/tenant", "field_missing"))?.to_ascii_lowercase();
                Preset::Microsoft {
                    tenant: Some(tenant).filter(|id| is_tenant(id)).ok_or(wrong("/tenant", "not_a_tenant_id"))?,
                }
            }
            Some("any") => {
                let issuer = given(&self.issuer).ok_or(wrong("/issuer", "field_missing"))?;
                let good = secure(&issuer, policy).is_some_and(|target| target.query().is_none());
                Preset::Any { issuer: Some(issuer).filter(|_| good).ok_or(wrong("/issuer", "issuer_unsuitable"))? }
            }
            Some(_) => return Err(wrong("/preset", "preset_unknown")),
        };
        let client_id = given(&self.client_id).ok_or(wrong("/client_id", "field_missing"))?;
        if client_id.len() > 255 || !client_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(wrong("/client_id", "client_id_unsuitable"));
        }
        let named = self.domains.iter().flatten().map(|text| {
            own_domain(text)
                .map_err(|code| wrong("/domains", if code == "domain_invalid" { "not_a_domain" } else { code }))
        });
        let mut domains = named.collect::<Result<Vec<_>, _>>()?;
        domains.sort();
        domains.dedup();
        if domains.len() > MAX_DOMAINS {
            return Err(wrong("/domains", "too_many"));
        }
        let groups_claim = given(&self.groups_claim);
        if groups_claim
            .as_ref()
            .is_some_and(|name| name.len() > 128 || !name.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(wrong("/groups_claim", "claim_unsuitable"));
        }
        let max_age_minutes = self.max_age_minutes.filter(|minutes| *minutes > 0);
        if max_age_minutes.is_some_and(|minutes| minutes > MAX_AGE) {
            return Err(wrong("/max_age_minutes", "out_of_range"));
        }
        if self.client_secret.as_ref().is_some_and(|secret| secret.expose().len() > MAX_SECRET) {
            return Err(wrong("/client_secret", "too_long"));
        }
        let mut settings = Settings { preset, client_id, secret: None, domains, groups_claim, max_age_minutes };
        let kept = standing.filter(|_| self.client_secret.is_none()).and_then(|standing| standing.secret.clone());
        if kept.is_some() && standing.is_some_and(|standing| standing.row() != settings.row()) {
            return Err(wrong("/client_secret", "secret_needed_anew"));
        }
        settings.secret = kept;
        Ok(settings)
    }

    /// The secret that is to be kept, if one was written.
    pub(super) fn secret(&self) -> Option<&SecretText> {
        self.client_secret.as_ref().filter(|secret| !secret.expose().is_empty())
    }
}

/// A tenant's id: a GUID. Names and `common` are no tenant.
fn is_tenant(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

//! How an endpoint is encrypted for, as one value in one form: what stands in a row, what revisions keep and what others agree to. Secrets
//! are named, never said.

use sealpost_seal::payload::{KeyForm, Method, PublicKey};
use sealpost_store::{SecretId, StoreError, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::{Fields, Member};
use super::model::{Encryption, Keys, Scope, Shape, StoredKey};
use super::store::wrong;

/// How an endpoint is encrypted for, as it is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::endpoints) struct Written {
    pub(super) method: String,
    /// None: the whole body.
    pub(super) fields: Vec<String>,
    pub(super) shape: String,
    pub(super) member: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<SecretId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<u32>,
    pub(super) form: String,
    /// The receiver's own key, a JWK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) public_key: Option<Value>,
}

impl Written {
    /// It, written down.
    pub(super) fn of(encryption: &Encryption) -> Self {
        let (version, form, public_key) = match &encryption.keys {
            Keys::Shared(key) => (key.version, key.form, None),
            Keys::Recipient { public, .. } => (None, KeyForm::Text, Some(public.to_jwk())),
        };
        Self {
            method: encryption.method.name().to_owned(),
            fields: encryption.scope.fields(),
            shape: encryption.scope.shape().word().to_owned(),
            member: encryption.member.as_str().to_owned(),
            secret: encryption.keys.secret(),
            version,
            form: form.name().to_owned(),
            public_key,
        }
    }

    /// What was written down.
    pub(super) fn read(self, updated_at: Time) -> Result<Encryption, StoreError> {
        let scope = match self.fields.is_empty() {
            true => Scope::Body(Shape::read(&self.shape).ok_or_else(|| wrong("shape"))?),
            false => Scope::Fields(Fields::parse(&self.fields).map_err(|_| wrong("fields"))?),
        };
        let keys = match (self.secret, self.public_key) {
            (Some(secret), None) => Keys::Shared(StoredKey {
                secret,
                version: self.version,
                form: KeyForm::named(&self.form).ok_or_else(|| wrong("form"))?,
            }),
            (None, None) => return Err(wrong("secret")),
            (answers, Some(jwk)) => {
                let public = jwk.as_object().and_then(|jwk| PublicKey::read(jwk).ok());
                Keys::Recipient { public: public.ok_or_else(|| wrong("public_key"))?, answers }
            }
        };
        Ok(Encryption {
            method: Method::named(&self.method).ok_or_else(|| wrong("method"))?,
            scope,
            member: Member::parse(&self.member).ok_or_else(|| wrong("member"))?,
            keys,
            updated_at,
        })
    }

    /// The stored secret that is named here.
    pub(in crate::endpoints) const fn secret(&self) -> Option<SecretId> {
        self.secret
    }

    /// Whether it is by the same method, under the same keys.
    pub(in crate::endpoints) fn has_same_keys(&self, other: &Self) -> bool {
        let keys = |one: &Self| (one.method.clone(), one.secret, one.version, one.form.clone(), one.public_key.clone());
        keys(self) == keys(other)
    }

    /// Whether whatever the other encrypts is encrypted here.
    pub(in crate::endpoints) fn hides_all_of(&self, other: &Self) -> bool {
        let has = |field: &String| self.fields.contains(field);
        self.fields.is_empty() || (!other.fields.is_empty() && other.fields.iter().all(has))
    }

    /// It, for people.
    pub(in crate::endpoints) fn said(&self) -> String {
        let what = if self.fields.is_empty() { "the whole body".to_owned() } else { self.fields.join(" ") };
        let secret = self.secret.map(|secret| format!(", under {secret}")).unwrap_or_default();
        let version = self.version.map(|version| format!(" version {version}")).unwrap_or_default();
        let key = self.public_key.as_ref().map(|key| format!(", to {key}")).unwrap_or_default();
        format!("{what}, by {}{secret}{version}{key}", self.method)
    }
}

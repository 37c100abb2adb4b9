//! Keys at hand: encrypts what leaves, and opens what is answered.

use bytes::Bytes;
use sealpost_access::secrets::SecretVersion;
use sealpost_egress::client::Answer;
use sealpost_seal::Rng;
use sealpost_seal::payload::{
    self, About, BadKey, DecryptionKey, EncryptionKey, Method, NotEncryptable, Opened, PrivateKey, SharedKey,
    Undecryptable,
};
use sealpost_store::{SecretId, Time};

use super::model::{Encryption, Keys, Scope, Shape, StoredKey};
use super::rules;

const JSON: &str = "application/json";

/// What is done to a body before it is signed.
pub(in crate::endpoints) enum Sealing {
    /// Nothing.
    Clear,
    /// It is encrypted.
    Encrypted(Box<Sealer>),
    /// It is to be encrypted and can't be: nothing leaves.
    Broken,
}

/// An endpoint's encryption with its keys.
pub(in crate::endpoints) struct Sealer {
    encryption: Encryption,
    key: EncryptionKey,
    answers: Vec<DecryptionKey>,
}

/// A body as it leaves.
pub(in crate::endpoints) struct Sealed {
    /// The bytes.
    pub(in crate::endpoints) body: Bytes,
    /// What they are.
    pub(in crate::endpoints) media_type: &'static str,
    /// By what they were encrypted, and the key's name; nothing if they weren't.
    pub(in crate::endpoints) by: Option<(Method, String)>,
    /// How many fields are encrypted, where single ones are.
    pub(in crate::endpoints) fields: u32,
    /// How many are to be and aren't there.
    pub(in crate::endpoints) skipped: u32,
}

/// What an answer was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::endpoints) enum Answered {
    /// Empty.
    Nothing,
    /// Encrypted as it should be.
    Decrypted,
    /// Anything else.
    Undecryptable,
}

impl Answered {
    /// The code it is shown as.
    pub(in crate::endpoints) const fn code(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Decrypted => "decrypted",
            Self::Undecryptable => Undecryptable.code(),
        }
    }
}

impl Sealing {
    /// A body as it leaves, now.
    pub(in crate::endpoints) fn apply(
        &self,
        id: &str,
        at: Time,
        body: &Bytes,
        rng: &dyn Rng,
    ) -> Result<Sealed, NotEncryptable> {
        match self {
            Self::Clear => Ok(Sealed { body: body.clone(), media_type: JSON, by: None, fields: 0, skipped: 0 }),
            Self::Encrypted(sealer) => sealer.apply(id, at, body, rng),
            Self::Broken => Err(NotEncryptable),
        }
    }

    /// What an answer says, if answers are encrypted.
    pub(in crate::endpoints) fn open(&self, answer: &Answer) -> Option<Result<Opened, Undecryptable>> {
        match self {
            Self::Encrypted(sealer) => Some(sealer.open(answer)),
            Self::Clear | Self::Broken => None,
        }
    }

    /// Whether answers have to be encrypted: whoever only has our ciphertext can't encrypt one, and no answer is sealed in the old way.
    pub(in crate::endpoints) fn expects_answers(&self) -> bool {
        match self {
            Self::Encrypted(sealer) => sealer.encryption.expects_answers(),
            Self::Clear | Self::Broken => false,
        }
    }

    /// What an answer was, if answers are encrypted.
    pub(in crate::endpoints) fn answered(&self, answer: &Answer) -> Option<Answered> {
        let opened = self.open(answer)?;
        Some(match opened {
            _ if answer.body.is_empty() => Answered::Nothing,
            Ok(_) => Answered::Decrypted,
            Err(Undecryptable) => Answered::Undecryptable,
        })
    }
}

impl Sealer {
    /// With these usable versions of its secret, newest first.
    pub(super) fn new(encryption: Encryption, versions: &[SecretVersion]) -> Result<Self, BadKey> {
        let (key, answers) = match &encryption.keys {
            Keys::Shared(stored) => shared(encryption.method, stored, versions)?,
            Keys::Recipient { public, .. } => {
                let read = |version: &SecretVersion| PrivateKey::read(version.value.expose());
                // The newest has to be right; an older one that isn't only opens nothing.
                versions.first().map(read).transpose()?;
                let answers = versions.iter().filter_map(|version| read(version).ok()).map(DecryptionKey::Private);
                (EncryptionKey::Public(public.clone()), answers.collect())
            }
        };
        Ok(Self { encryption, key, answers })
    }

    /// What the receiver knows the key by that encrypts now.
    pub(super) fn key_id(&self) -> &str {
        self.key.id()
    }

    fn apply(&self, id: &str, at: Time, body: &Bytes, rng: &dyn Rng) -> Result<Sealed, NotEncryptable> {
        let method = self.encryption.method;
        let seal = |field: Option<&str>, clear: &[u8]| {
            payload::encrypt(method, &self.key, &About { id, at: at.unix_seconds(), field }, clear, rng)
        };
        let by = Some((method, self.key_id().to_owned()));
        let whole = |body, media_type| Sealed { body, media_type, by: by.clone(), fields: 0, skipped: 0 };
        Ok(match &self.encryption.scope {
            Scope::Body(Shape::Text) => whole(seal(None, body)?.into(), method.media_type()),
            Scope::Body(Shape::Json) => whole(rules::wrapped(&self.encryption.member, seal(None, body)?), JSON),
            Scope::Fields(fields) => {
                let partly = rules::partly(body, fields, |field, clear| seal(Some(field), clear))?;
                Sealed { body: partly.body, media_type: JSON, by, fields: partly.fields, skipped: partly.skipped }
            }
        })
    }

    fn open(&self, answer: &Answer) -> Result<Opened, Undecryptable> {
        if answer.truncated {
            return Err(Undecryptable);
        }
        let member = self.encryption.member.as_str();
        payload::decrypt(self.encryption.method, &self.answers, member, &answer.body)
    }
}

/// The key that encrypts, and those that open answers.
fn shared(
    method: Method,
    stored: &StoredKey,
    versions: &[SecretVersion],
) -> Result<(EncryptionKey, Vec<DecryptionKey>), BadKey> {
    let read = |version: &SecretVersion| {
        let id = key_id(stored.secret, version.number);
        SharedKey::read(method, id, version.value.expose(), stored.form)
    };
    let chosen = versions.iter().find(|version| stored.version.is_none_or(|number| version.number == number));
    let key = read(chosen.ok_or(BadKey::Kind)?)?;
    // A version of another length opens nothing, and is no reason to refuse the others.
    let answers = versions.iter().filter_map(|version| read(version).ok()).map(DecryptionKey::Shared);
    Ok((EncryptionKey::Shared(key), answers.collect()))
}

/// What receivers know a version of a secret by.
pub(super) fn key_id(secret: SecretId, version: u32) -> String {
    format!("{secret}:{version}")
}

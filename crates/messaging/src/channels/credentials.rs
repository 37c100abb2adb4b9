//! Passwords and signing keys on their way into the secrets.

use sealpost_access::secrets::{self, Credential, Kept, NewSecret, Origin, Overlap, Purpose, SecretRef};
use sealpost_seal::SecretText;
use sealpost_seal::rng::Rng;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::{Ctx, OrgKeys, SecretId, StoreError, Tx};

use super::dkim::{self, DkimKind, NewDkim, PrivateKey};
use super::model::{ChannelRefusal, DkimSettings, EmailSettings};
use super::rules;
use crate::patch::Change;

/// What the password of a relay is kept for.
pub(super) const PASSWORD: Purpose = Purpose::new("smtp.password");
/// What a signing key is kept for.
pub(super) const DKIM: Purpose = Purpose::new("dkim.key");

/// A password on its way into the settings.
pub(super) enum NewPassword {
    /// A value, to be kept in a secret of the channel's own.
    Own(NewSecret),
    /// One that is stored.
    Stored(SecretRef),
}

/// A signing key on its way into the secrets.
pub(super) struct ReadyDkim {
    domain: String,
    selector: String,
    algorithm: DkimKind,
    public: String,
    key: NewSecret,
}

impl NewPassword {
    pub(super) fn of(given: Credential) -> Result<Self, ChannelRefusal> {
        Ok(match given {
            Credential::Value(value) => Self::Own(password_secret(value)?),
            Credential::Stored(wanted) => Self::Stored(wanted),
        })
    }

    pub(super) fn keep(self, tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<Kept, ChannelRefusal> {
        match self {
            Self::Own(new) => Ok(Kept::Own(secrets::create(tx, keys, PASSWORD, new)?)),
            Self::Stored(wanted) => stored_password(tx, keys, &wanted),
        }
    }
}

/// The stored secret that is meant, if a relay can be told it.
fn stored_password(tx: &mut Tx<'_>, keys: &OrgKeys, wanted: &SecretRef) -> Result<Kept, ChannelRefusal> {
    let stored = secrets::refer(tx, wanted)?.ok_or(ChannelRefusal::NoSuchSecret)?;
    let kept = Kept::Stored { stored };
    rules::presentable(&newest(tx, keys, kept, PASSWORD)?)?;
    Ok(kept)
}

/// The settings as they would be, and whether a password or key comes along that is no part of them.
pub(super) fn planned(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    mut email: EmailSettings,
    (password, clears_password): (Option<&NewPassword>, bool),
    dkim: &Change<ReadyDkim>,
) -> Result<(EmailSettings, bool), ChannelRefusal> {
    email.password = match password {
        Some(NewPassword::Stored(wanted)) => Some(stored_password(tx, keys, wanted)?),
        None if clears_password => None,
        Some(NewPassword::Own(_)) | None => email.password,
    };
    email.dkim = match dkim {
        Change::Keep => email.dkim,
        Change::Clear => None,
        Change::Set(ready) => Some(ready.planned()),
    };
    Ok((email, matches!(password, Some(NewPassword::Own(_))) || dkim.set().is_some()))
}

pub(super) fn keep_password(
    tx: &mut Tx<'_>,
    keys: &OrgKeys,
    standing: Option<Kept>,
    new: Option<NewPassword>,
    clear: bool,
) -> Result<Option<Kept>, ChannelRefusal> {
    match (standing, new) {
        (Some(Kept::Own(id)), Some(NewPassword::Own(new))) => {
            secrets::rotate(tx, keys, id, PASSWORD, new, Overlap::NONE)?;
            Ok(standing)
        }
        (standing, Some(new)) => {
            let kept = new.keep(tx, keys)?;
            standing.map(|old| old.let_go(tx)).transpose()?;
            Ok(Some(kept))
        }
        (Some(old), None) if clear => {
            old.let_go(tx)?;
            Ok(None)
        }
        (standing, None) => Ok(standing),
    }
}

/// The new signature in the place of the old one, whose key goes.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    old: Option<DkimSettings>,
    new: Option<DkimSettings>,
) -> Result<Option<DkimSettings>, StoreError> {
    if let Some(old) = old {
        secrets::remove(tx, old.key)?;
    }
    Ok(new)
}

impl ReadyDkim {
    /// The signature as it would be, with its key nowhere yet.
    fn planned(&self) -> DkimSettings {
        let Self { domain, selector, algorithm, public, .. } = self;
        DkimSettings {
            domain: domain.clone(),
            selector: selector.clone(),
            algorithm: *algorithm,
            public: public.clone(),
            key: SecretId::from_bytes([0; 16]),
        }
    }

    pub(super) fn keep(self, tx: &mut Tx<'_>, keys: &OrgKeys) -> Result<DkimSettings, StoreError> {
        let Self { domain, selector, algorithm, public, key } = self;
        let key = secrets::create(tx, keys, DKIM, key)?;
        Ok(DkimSettings { domain, selector, algorithm, public, key })
    }
}

pub(super) fn newest(tx: &mut Tx<'_>, keys: &OrgKeys, kept: Kept, own: Purpose) -> Result<SecretText, StoreError> {
    let versions = kept.usable(tx, keys, own)?;
    versions.into_iter().next().map(|newest| newest.value).ok_or(StoreError::Missing("secret"))
}

fn password_secret(password: SecretText) -> Result<NewSecret, ChannelRefusal> {
    NewSecret::new(password, KeyEncoding::Text, Origin::Imported)
        .map_err(|_| ChannelRefusal::Setting { field: "password", code: "text_unsuitable" })
}

/// Makes or reads a signing key, away from the threads that serve requests.
pub(super) async fn ready(ctx: &Ctx, new: Option<NewDkim>) -> Result<Option<ReadyDkim>, ChannelRefusal> {
    let Some(new) = new else { return Ok(None) };
    let rng = ctx.world.rng.clone();
    let made = tokio::task::spawn_blocking(move || ready_key(new, &*rng)).await;
    made.map_err(|_| StoreError::Panicked)?.map(Some)
}

fn ready_key(new: NewDkim, rng: &dyn Rng) -> Result<ReadyDkim, ChannelRefusal> {
    const NOT_A_KEY: ChannelRefusal = ChannelRefusal::Setting { field: "dkim/private_key", code: "not_a_key" };
    let NewDkim { domain, selector, algorithm, private_key } = new;
    // First: making a key is costly, and in vain if it has no place.
    let place = dkim::place(&domain, &selector)?;
    let (key, origin) = match &private_key {
        Some(pem) => (PrivateKey::from_pem(pem).ok_or(NOT_A_KEY)?, Origin::Imported),
        None => (PrivateKey::generate(algorithm.unwrap_or(DkimKind::Rsa), rng), Origin::Generated),
    };
    if algorithm.is_some_and(|wanted| wanted != key.kind()) {
        return Err(ChannelRefusal::Setting { field: "dkim/algorithm", code: "not_of_the_key" });
    }
    let (algorithm, public, secret) = (key.kind(), key.public(), key.to_secret());
    let placed = dkim::placed(place, key);
    let key = NewSecret::new(secret, KeyEncoding::Base64, origin).map_err(|_| NOT_A_KEY)?;
    Ok(ReadyDkim {
        domain: placed.domain().to_owned(),
        selector: selector.to_ascii_lowercase(),
        algorithm,
        public,
        key,
    })
}

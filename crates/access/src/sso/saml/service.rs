//! Setting a connection up and changing it. What takes time (keys, fetching) is done before anything is written.

use schemars::JsonSchema;
use sealpost_saml::KeyKind;
use sealpost_store::{Ctx, OrgKeys, SsoConnectionId, StoreError};
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::{Failure, Refusal, not_found};
use serde::{Deserialize, Serialize};

use super::keys::{self, KeptKey, Role};
use super::metadata::{self, Brought};
use super::settings::{Asks, Encryption, Settings};
use crate::sso::codes::SAML_NOTHING_ANNOUNCED;
use crate::sso::model::Kind;
use crate::sso::{Connection, Sso};

/// What our requests are signed with. Not every provider knows the newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SamlSigning")]
pub(super) enum Signing {
    /// RSA of 3072 bits, with SHA-256.
    #[default]
    Rsa,
    /// ECDSA on P-256, with SHA-256.
    P256,
}

impl From<Signing> for KeyKind {
    fn from(signing: Signing) -> Self {
        match signing {
            Signing::Rsa => Self::Rsa,
            Signing::P256 => Self::P256,
        }
    }
}

/// One thing to do about a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "SamlAct")]
pub(super) enum Act {
    /// Look again at where the provider's metadata was fetched from.
    RefreshMetadata,
    /// Make a signing key and announce it in our metadata, without using it yet.
    AnnounceSigningKey,
    /// Sign with the key that was announced.
    UseAnnouncedKey,
    /// Make a decryption key; the one before opens for a week longer.
    RenewDecryptionKey,
}

/// What a connection is to be.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    pub(super) brought: Option<Brought>,
    pub(super) asks: Option<Asks>,
    pub(super) act: Option<Act>,
    pub(super) signing: Signing,
}

/// What a new connection keeps.
pub(super) async fn begin(sso: &Sso, ctx: &Ctx, wanted: Wanted) -> Result<Settings, Failure> {
    let organisation = sso.house.keys().organisation(ctx.org.id).await?;
    let mut settings = Settings::default();
    bring(sso, ctx, &mut settings, &wanted).await?;
    let signing = KeptKey::make(ctx, &organisation, Role::Signing, wanted.signing.into()).await?;
    settings.keys.push(signing);
    settle(ctx, &organisation, &mut settings).await?;
    Ok(settings)
}

/// What a connection keeps from now on.
pub(super) async fn change(sso: &Sso, ctx: &Ctx, mut settings: Settings, wanted: Wanted) -> Result<Settings, Failure> {
    let organisation = sso.house.keys().organisation(ctx.org.id).await?;
    bring(sso, ctx, &mut settings, &wanted).await?;
    match wanted.act {
        None => {}
        Some(Act::RefreshMetadata) => metadata::refresh(sso, ctx, &mut settings).await,
        Some(Act::AnnounceSigningKey) => {
            let next = KeptKey::make(ctx, &organisation, Role::NextSigning, wanted.signing.into()).await?;
            keys::announce(&mut settings.keys, next);
        }
        Some(Act::UseAnnouncedKey) if keys::switch(&mut settings.keys) => {}
        Some(Act::UseAnnouncedKey) => return Err(Refusal::of(&SAML_NOTHING_ANNOUNCED).into()),
        Some(Act::RenewDecryptionKey) => keys::retire(&mut settings.keys, ctx.now()),
    }
    settle(ctx, &organisation, &mut settings).await?;
    Ok(settings)
}

async fn bring(sso: &Sso, ctx: &Ctx, settings: &mut Settings, wanted: &Wanted) -> Result<(), Failure> {
    if let Some(asks) = wanted.asks.clone() {
        settings.asks = asks.checked()?;
    }
    if let Some(brought) = wanted.brought.clone() {
        settings.provider = Some(metadata::bring(sso, ctx.org.id, ctx.now(), brought).await?);
    }
    Ok(())
}

/// There is a key to encrypt to exactly where assertions may be encrypted.
async fn settle(ctx: &Ctx, organisation: &OrgKeys, settings: &mut Settings) -> Result<(), Failure> {
    match (settings.asks.encryption, keys::has_decryption(&settings.keys)) {
        (Encryption::None, true) => keys::retire(&mut settings.keys, ctx.now()),
        (Encryption::Accepted | Encryption::Required, false) => {
            let newer = KeptKey::make(ctx, organisation, Role::Decryption, KeyKind::Rsa).await?;
            keys::replace(&mut settings.keys, newer, ctx.now());
        }
        _ => {}
    }
    Ok(())
}

/// The connection that somebody decides about, if it is as they know it.
pub(super) async fn find(sso: &Sso, ctx: &Ctx, id: SsoConnectionId, known: Option<u32>) -> Result<Connection, Failure> {
    let found = sso.house.peek::<_, StoreError>(ctx, move |tx| crate::sso::service::find(tx, id)).await?;
    let found = found.filter(|one| one.kind == Kind::Saml).ok_or_else(not_found)?;
    if known.is_some_and(|known| known != found.version) {
        return Err(Refusal::of(&CHANGED_MEANWHILE).into());
    }
    Ok(found)
}

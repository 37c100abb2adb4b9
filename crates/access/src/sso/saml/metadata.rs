//! An identity provider's metadata: read when somebody brings it, fetched from where they say, and looked at again once a day.

use std::time::Duration;

use sealpost_egress::Tenant;
use sealpost_egress::client::{Client, Method, Outbound};
use sealpost_egress::target::Target;
use sealpost_egress::tls::MinTls;
use sealpost_saml::IdentityProvider;
use sealpost_store::{Ctx, Org, OrgId, Time, Tx};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Failure, Refusal};

use super::settings::{Provider, Settings, Source};
use crate::sso::codes::{SAML_METADATA_REFUSED, SSO_UNAVAILABLE};
use crate::sso::{Connection, Sso, set_settings};

/// How long metadata that was fetched is believed before somebody looks again. Signing in then waits for it, for a moment.
const DAY_MS: i64 = 86_400_000;
/// Most bytes that are fetched: those of a tenant of Entra ID have 70 KiB.
const MOST: usize = 512 * 1024;
/// How long an administrator waits for it.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a member who signs in does.
const BRIEFLY: Duration = Duration::from_secs(4);

/// Where metadata comes from.
#[derive(Clone)]
pub(super) enum Brought {
    /// Here it is.
    Text(String),
    /// There it is.
    Url(String),
}

/// The provider that somebody brings.
pub(super) async fn bring(sso: &Sso, org: OrgId, now: Time, brought: Brought) -> Result<Provider, Failure> {
    match brought {
        Brought::Text(text) => {
            Ok(Provider::new(&read(text.as_bytes(), now).map_err(|code| refused("/metadata", code))?, None))
        }
        Brought::Url(url) => {
            let target = Target::entered(&url, sso.client.network().policy());
            let target = target.map_err(|error| Refusal::of(&BODY_INVALID).at("/metadata_url", error.code()))?;
            let provider = match fetch(&sso.client, org, &target, PATIENCE).await {
                Ok(bytes) => read(&bytes, now).map_err(|code| refused("/metadata_url", code))?,
                Err(code) => return Err(Refusal::of(&SSO_UNAVAILABLE).at("/metadata_url", code).into()),
            };
            Ok(Provider::new(&provider, Some(Source { url, looked_at: now, trouble: None })))
        }
    }
}

/// The connection, with its provider's metadata looked at again if that is due. Whatever is wrong with what is there now, it stays
/// as it was.
pub(super) async fn fresh(sso: &Sso, org: Org, connection: &Connection) -> Result<Option<Connection>, Failure> {
    let ctx = Ctx::system(org, sso.house.world().clone());
    let mut settings = Settings::of(connection)?;
    let due = |source: &Source| ctx.now().since(source.looked_at) >= DAY_MS;
    if !settings.provider.as_ref().and_then(|one| one.source.as_ref()).is_some_and(due) {
        return Ok(None);
    }
    look_again(sso, &ctx, &mut settings, BRIEFLY).await;
    let (id, version, text) = (connection.id, connection.version, settings.to_text()?);
    let keys = sso.house.keys().organisation(org.id).await?;
    let act = move |tx: &mut Tx<'_>| set_settings(tx, &keys, id, Some(version), (None, text));
    match sso.house.write(&ctx, act).await {
        Ok(changed) => Ok(Some(changed)),
        // Somebody else was faster.
        Err(Failure::Refused(_)) => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Looks again at where the metadata was fetched from, if it was, and keeps what is there, or why not.
pub(super) async fn look_again(sso: &Sso, ctx: &Ctx, settings: &mut Settings, patience: Duration) {
    let Some(provider) = &mut settings.provider else { return };
    let Some(source) = &mut provider.source else { return };
    source.looked_at = ctx.now();
    match anew(sso, ctx, source, &provider.metadata, patience).await {
        Ok(metadata) => {
            source.trouble = None;
            provider.metadata = metadata;
        }
        Err(code) => source.trouble = Some(code.to_owned()),
    }
}

/// The same for an administrator who asked for it.
pub(super) async fn refresh(sso: &Sso, ctx: &Ctx, settings: &mut Settings) {
    look_again(sso, ctx, settings, PATIENCE).await;
}

/// What is there now. It has to be of the same provider: members are known by its name.
async fn anew(sso: &Sso, ctx: &Ctx, source: &Source, before: &str, patience: Duration) -> Result<String, &'static str> {
    let target = Target::parse(&source.url, sso.client.network().policy()).map_err(|error| error.code())?;
    let bytes = fetch(&sso.client, ctx.org.id, &target, patience).await?;
    let provider = read(&bytes, ctx.now())?;
    let same = IdentityProvider::from_metadata(before.as_bytes())
        .is_ok_and(|before| before.entity_id() == provider.entity_id());
    if same { Ok(provider.to_metadata()) } else { Err("metadata_of_another_provider") }
}

async fn fetch(client: &Client, org: OrgId, target: &Target, patience: Duration) -> Result<Vec<u8>, &'static str> {
    let outbound = Outbound {
        deadline: patience,
        min_tls: MinTls::V1_2,
        most: MOST,
        ..Outbound::new(Tenant::new(org.bytes()), Method::Get, target, Default::default())
    };
    let answer = client.send(outbound).await.map_err(|_| "metadata_unreachable")?;
    match answer.status {
        200 if answer.truncated => Err("metadata_too_large"),
        200 => Ok(answer.body.to_vec()),
        _ => Err("metadata_not_there"),
    }
}

/// The provider of metadata that is good now; the code of what is wrong with it.
fn read(bytes: &[u8], now: Time) -> Result<IdentityProvider, &'static str> {
    // A mark of the byte order says nothing in UTF-8; AD FS writes one.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let provider = IdentityProvider::from_metadata(bytes).map_err(|flaw| flaw.code())?;
    let expired = provider.valid_until_ms().is_some_and(|end| end <= now.unix_ms());
    if expired { Err("metadata_expired") } else { Ok(provider) }
}

fn refused(at: &'static str, code: &'static str) -> Refusal {
    let refusal = Refusal::of(&SAML_METADATA_REFUSED).at(at, code);
    if code == "metadata_private_key" {
        return refusal.detail(
            "It holds a private key, which is out now: nothing was kept of it, and its owner has to replace it.",
        );
    }
    refusal
}

//! Where the root key comes from: a file or a variable that holds it, or one that holds it sealed, and a key service that opens it.
//!
//! ```text
//! keys.root ─ 64 hexadecimal digits ──────────────────────────────────────► the root key, in memory
//!           └ {"by":"aws_kms","sealed":"…"} ── keys.aws_kms opens it ─────► the same, on record (`root_key.open`)
//! ```
//!
//! What is sealed says by whom; where that is and how it is spoken to is in the configuration, never in the file. Nothing of the
//! service is needed once a server has started.

mod aws_kms;
mod credentials;
mod provider;
mod sealed;
mod vault;

use std::time::Duration;

use anyhow::{Context, Result};
use sealpost_seal::RootKey;
use sealpost_seal::key::Custody;
use zeroize::Zeroizing;

use crate::config::{Config, Environment, SecretSource};
use crate::house;

pub(crate) use provider::{NotConfigured, ProviderError};
pub(crate) use sealed::{NotASealedRoot, NotForHere};

use provider::Provider;
use sealed::SealedRoot;

/// The first wait before another try; each is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// There is no root key to open anything with.
#[derive(Debug, thiserror::Error)]
#[error("keys.root is not set: it names where the root key is")]
pub(crate) struct NoRootKey;

/// The root key that the configuration names, opened by whoever keeps it.
pub(crate) async fn open(config: &Config, environment: &Environment) -> Result<RootKey> {
    let source = config.keys.root.as_ref().ok_or(NoRootKey)?;
    read(source, config, environment).await.context("keys.root")
}

/// The root key in this place.
pub(crate) async fn read(source: &SecretSource, config: &Config, environment: &Environment) -> Result<RootKey> {
    let text = source.read(environment)?;
    let Some(sealed) = SealedRoot::parse(text.expose())? else { return Ok(RootKey::parse(text.expose())?) };
    sealed.expect_installation(&house::origin(config))?;
    let provider = Provider::new(sealed.by, config, environment)?;
    let patience = Duration::from_secs(config.keys.patience_seconds);
    opened(&provider, &sealed, patience).await
}

/// Who keeps the root key in this place, without asking them.
pub(crate) fn custody(source: &SecretSource, environment: &Environment) -> Result<Custody> {
    let text = source.read(environment)?;
    Ok(SealedRoot::parse(text.expose())?.map_or(Custody::Clear, |sealed| sealed.by))
}

/// The text for a root key file under this custody. Of a service it is asked for once more what it has just sealed.
pub(crate) async fn text(
    root: &RootKey,
    custody: Custody,
    config: &Config,
    environment: &Environment,
) -> Result<Zeroizing<String>> {
    if custody == Custody::Clear {
        return Ok(root.to_file_text());
    }
    let provider = Provider::new(custody, config, environment)?;
    let binding = sealed::Binding { installation: house::origin(config), root_key: sealed::named(root) };
    let sealed = SealedRoot {
        by: custody,
        key: provider.key().to_owned(),
        sealed: provider.seal(root.to_file_text().as_bytes(), &binding).await?,
        binding,
    };
    let again = opened(&provider, &sealed, Duration::ZERO).await?;
    anyhow::ensure!(again.id() == root.id(), "{custody:?} opened something else than it sealed");
    Ok(Zeroizing::new(sealed.text()))
}

/// Asks until there is an answer, at least once and for as long as `patience`.
async fn opened(provider: &Provider, sealed: &SealedRoot, patience: Duration) -> Result<RootKey> {
    let mut last = provider.open(sealed).await;
    let trying = async {
        let mut wait = FIRST_WAIT;
        while let Err(error) = &last
            && error.may_pass()
        {
            tracing::warn!(error = %error, "root_key.not_opened");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
            last = provider.open(sealed).await;
        }
    };
    // What was last said counts, whether time ran out while waiting or while asking.
    let _ = tokio::time::timeout(patience, trying).await;
    let clear = last?;
    let text = std::str::from_utf8(&clear).unwrap_or_default();
    let root = RootKey::parse(text)?.kept_by(sealed.by);
    anyhow::ensure!(sealed::named(&root) == sealed.binding.root_key, "it was opened and is another key than it says");
    Ok(root)
}

/// Asks the service that keeps the root key whether it opens it, once; nothing where nobody keeps it.
pub(crate) async fn reach(
    source: &SecretSource,
    config: &Config,
    environment: &Environment,
) -> Result<Option<Custody>> {
    match custody(source, environment)? {
        Custody::Clear => Ok(None),
        custody => {
            let mut hasty = config.clone();
            hasty.keys.patience_seconds = 0;
            read(source, &hasty, environment).await.map(|_| Some(custody))
        }
    }
}

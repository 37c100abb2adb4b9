//! A key service, whichever it is.

use anyhow::Result;
use sealpost_egress::client::{Answer, Client, SendError};
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_seal::key::Custody;
use zeroize::{Zeroize as _, Zeroizing};

use super::aws_kms::AwsKms;
use super::sealed::{Binding, SealedRoot};
use super::vault::Vault;
use crate::config::{Config, Environment};
use crate::house;

/// A key service that is configured.
pub(super) enum Provider {
    AwsKms(Box<AwsKms>),
    Vault(Box<Vault>),
}

/// The service did not do it. Names the service and what it said by its code; never what was sent or came back.
#[derive(Debug, thiserror::Error)]
#[error("{service}: {what}")]
pub(crate) struct ProviderError {
    service: &'static str,
    what: String,
    may_pass: bool,
}

/// The service that keeps it is not described.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0} is to keep the root key, and {1} is not set")]
pub(crate) struct NotConfigured(&'static str, &'static str);

impl ProviderError {
    /// The answer is no, and will be.
    pub(super) fn refused(service: &'static str, what: impl Into<String>) -> Self {
        Self { service, what: what.into(), may_pass: false }
    }

    /// It can't be asked right now.
    pub(super) fn away(service: &'static str, what: impl Into<String>) -> Self {
        Self { service, what: what.into(), may_pass: true }
    }

    /// A call that had no answer.
    pub(super) fn unanswered(service: &'static str, error: &SendError) -> Self {
        use sealpost_egress::client::SendErrorKind as Kind;
        match error.kind() {
            Kind::AddressRefused => Self::refused(
                service,
                "its address is not public: if that is right, name its block in keys.allow, such as [\"10.20.0.7/32\"]",
            ),
            Kind::RequestRefused | Kind::ResponseTooLarge => Self::refused(service, error.code()),
            _ => Self::away(service, format!("can't be reached: {error}")),
        }
    }

    /// Whether another try may help.
    pub(crate) fn may_pass(&self) -> bool {
        self.may_pass
    }
}

impl Provider {
    /// The service of this custody, as the configuration says.
    pub(super) fn new(custody: Custody, config: &Config, environment: &Environment) -> Result<Self> {
        let keys = &config.keys;
        match custody {
            Custody::AwsKms => {
                let settings = keys.aws_kms.as_ref().ok_or(NotConfigured("AWS KMS", "keys.aws_kms"))?;
                Ok(Self::AwsKms(Box::new(AwsKms::new(settings, client(config)?, environment)?)))
            }
            Custody::Vault => {
                let settings = keys.vault.as_ref().ok_or(NotConfigured("Vault", "keys.vault"))?;
                Ok(Self::Vault(Box::new(Vault::new(settings, client(config)?, environment)?)))
            }
            Custody::Clear => anyhow::bail!("nobody keeps a root key in clear"),
        }
    }

    /// The name of the key that seals.
    pub(super) fn key(&self) -> &str {
        match self {
            Self::AwsKms(kms) => kms.key(),
            Self::Vault(vault) => vault.key(),
        }
    }

    /// Seals this for that.
    pub(super) async fn seal(&self, clear: &[u8], binding: &Binding) -> Result<Vec<u8>, ProviderError> {
        match self {
            Self::AwsKms(kms) => kms.seal(clear, binding).await,
            Self::Vault(vault) => vault.seal(clear, binding).await,
        }
    }

    /// Opens what it has sealed.
    pub(super) async fn open(&self, sealed: &SealedRoot) -> Result<Zeroizing<Vec<u8>>, ProviderError> {
        match self {
            Self::AwsKms(kms) => kms.open(&sealed.sealed, &sealed.binding).await,
            Self::Vault(vault) => vault.open(&sealed.sealed, &sealed.binding).await,
        }
    }
}

/// What the operator wrote down may be called on any port, and on this host. An address inside takes `keys.allow`, which opens it
/// for this and for nothing that an organisation configures.
fn client(config: &Config) -> Result<Client> {
    Ok(Client::new(Network::system(policy(config)), &house::trust_of(config)?)?)
}

fn policy(config: &Config) -> Policy {
    let policy = Policy::strict().with_any_port().with_loopback();
    config.keys.allow.iter().fold(policy, |policy, block| policy.with_allowed(block.cidr()))
}

/// What was answered, read by `read`; the bytes that came are overwritten.
pub(super) fn read<T>(answer: Answer, read: impl FnOnce(&[u8]) -> Option<T>) -> Option<T> {
    let body = answer.body;
    let found = read(&body);
    if let Ok(mut body) = body.try_into_mut() {
        body[..].zeroize();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_inside_is_opened_for_the_key_service_alone() {
        let inside = "10.20.0.7".parse().unwrap();
        let mut config = Config::default();
        assert!(policy(&config).permit_address(inside).is_err());
        config.egress.allow.push("10.20.0.7/32".to_owned().try_into().unwrap());
        assert!(policy(&config).permit_address(inside).is_err(), "what organisations may call is something else");
        config.egress.allow.clear();
        config.keys.allow.push("10.20.0.0/16".to_owned().try_into().unwrap());
        assert!(policy(&config).permit_address(inside).is_ok());
        assert!(house::opened(Policy::strict(), &config.egress).permit_address(inside).is_err());
        // Where credentials of the machine are handed out, whatever is allowed.
        config.keys.allow.push("169.254.0.0/16".to_owned().try_into().unwrap());
        assert!(policy(&config).permit_address("169.254.169.254".parse().unwrap()).is_err());
    }

    #[test]
    fn a_service_that_is_not_configured_is_named() {
        for (custody, section) in [(Custody::AwsKms, "keys.aws_kms"), (Custody::Vault, "keys.vault")] {
            let refused = Provider::new(custody, &Config::default(), &Environment::default()).err().unwrap();
            assert!(refused.to_string().contains(section), "{refused}");
        }
    }
}

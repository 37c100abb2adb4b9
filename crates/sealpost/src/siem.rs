//! The streams of the audit ledger that are configured.

use anyhow::{Context, Result};
use sealpost_egress::client::Client;
use sealpost_egress::guard::Policy;
use sealpost_egress::network::Network;
use sealpost_egress::syslog::Syslog;
use sealpost_egress::target::Target;
use sealpost_egress::tls::Trust;
use sealpost_govern::siem::{Sink, Stream};
use sealpost_seal::signature::{KeyEncoding, SigningSecret};
use sealpost_store::Store;

use crate::config::{Config, Environment};
use crate::house::opened;

/// The streams, to be run.
pub(crate) fn streams(store: &Store, config: &Config, environment: &Environment, trust: &Trust) -> Result<Vec<Stream>> {
    let sinks = sinks(config, environment, trust)?;
    Ok(sinks.into_iter().map(|sink| Stream::new(store.clone(), sink)).collect())
}

/// The sinks that are configured.
pub(crate) fn sinks(config: &Config, environment: &Environment, trust: &Trust) -> Result<Vec<Sink>> {
    let mut sinks = Vec::new();
    if let Some(syslog) = &config.siem.syslog {
        let collector = Syslog::new(network(config), trust, syslog.collector.collector())?;
        let host = config.server.public_url.authority();
        let hostname = host.rsplit_once(':').map_or(host, |(name, _)| name).to_owned();
        sinks.push(Sink::Syslog { collector, hostname });
    }
    if let Some(webhook) = &config.siem.webhook {
        let network = network(config);
        let target = Target::parse(&webhook.url, network.policy()).context("siem.webhook.url")?;
        let secret = webhook.secret.read(environment).context("siem.webhook.secret")?;
        let secret =
            SigningSecret::import(secret.expose().trim(), KeyEncoding::Base64).context("siem.webhook.secret")?;
        sinks.push(Sink::Webhook { client: Client::new(network, trust)?, target, secret: Box::new(secret) });
    }
    Ok(sinks)
}

/// What the operator wrote down may be called on any port, and on this host. Other addresses inside are opened by
/// `egress.allow`, like everybody's.
fn network(config: &Config) -> Network {
    Network::system(opened(Policy::strict().with_any_port().with_loopback(), &config.egress))
}

//! `[siem]`

use sealpost_egress::syslog::Collector;
use serde::{Deserialize, Serialize};

use super::SecretSource;

/// Where the audit ledger is streamed to, beside being kept. Either, both or neither.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SiemConfig {
    /// A syslog collector.
    pub(crate) syslog: Option<SyslogConfig>,
    /// A webhook.
    pub(crate) webhook: Option<WebhookConfig>,
}

/// A syslog collector: RFC 5424 over TLS (RFC 5425).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SyslogConfig {
    /// `tls://host` (port 6514 unless said otherwise), or `tcp://127.0.0.1:601` for one on this host.
    pub(crate) collector: CollectorUrl,
}

/// A webhook of this installation's own, signed as Standard Webhooks.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookConfig {
    /// Where it is: `https://`, or `http://` on loopback.
    pub(crate) url: String,
    /// What it is signed with: base64, with `whsec_` before it or not.
    pub(crate) secret: SecretSource,
}

/// A collector's address that has been read.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct CollectorUrl {
    text: String,
    collector: Collector,
}

impl CollectorUrl {
    /// The collector.
    pub(crate) fn collector(&self) -> Collector {
        self.collector.clone()
    }
}

impl TryFrom<String> for CollectorUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match Collector::parse(&text) {
            Ok(collector) => Ok(Self { text, collector }),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl From<CollectorUrl> for String {
    fn from(url: CollectorUrl) -> Self {
        url.text
    }
}

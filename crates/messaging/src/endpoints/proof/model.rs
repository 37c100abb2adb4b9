//! What a proof is.

use sealpost_seal::Key;
use sealpost_store::{EndpointId, Org, Time};

use super::rules::LASTS_MS;

/// How an endpoint proves itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::endpoints) enum Way {
    /// It answers a signed ping.
    #[default]
    Ping,
    /// Its host says so in DNS.
    Dns,
    /// It serves a text under its host.
    WellKnown,
}

impl Way {
    pub(in crate::endpoints) const ALL: [Self; 3] = [Self::Ping, Self::Dns, Self::WellKnown];

    /// The word it is stored and sent as.
    pub(in crate::endpoints) const fn word(self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::Dns => "dns",
            Self::WellKnown => "well_known",
        }
    }

    /// The way of this word.
    pub(in crate::endpoints) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.word() == word)
    }
}

/// How far an endpoint is with proving itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::endpoints) struct Proof {
    /// In which way.
    pub(in crate::endpoints) way: Way,
    /// What makes its token unlike any other, in hexadecimal digits. A changed URL gets another.
    pub(super) nonce: String,
    /// When it did last.
    pub(in crate::endpoints) proved_at: Option<Time>,
    /// When it was last asked to, by itself.
    pub(super) tried_at: Option<Time>,
    /// When the organisation was told that it doesn't any more.
    pub(super) warned_at: Option<Time>,
}

/// What stands in DNS and under the well-known path before the token.
const STEM: &str = "sealpost-verify=";
/// Bytes of a token: as many as nobody guesses.
const TOKEN: usize = 20;

impl Proof {
    /// Until when what was proved is good.
    pub(in crate::endpoints) fn expires_at(&self) -> Option<Time> {
        self.proved_at.map(|at| at.plus_ms(LASTS_MS))
    }

    /// Whether whoever looks after it needs to see what to publish: it isn't proved, or it was asked in vain.
    pub(super) fn is_wanted(&self) -> bool {
        self.proved_at.is_none() || self.warned_at.is_some()
    }

    /// What the host has to say: nobody makes it without this installation's key, and none is good for two.
    pub(super) fn text(&self, pepper: &Key, org: Org, endpoint: EndpointId) -> String {
        let (way, environment) = (self.way.word().as_bytes(), org.environment.as_str().as_bytes());
        let parts = [
            b"endpoint-proof:",
            &org.id.bytes()[..],
            &endpoint.bytes(),
            environment,
            b":",
            way,
            b":",
            self.nonce.as_bytes(),
        ];
        let token = pepper.mac(&parts);
        let token: String = token.iter().take(TOKEN).map(|byte| format!("{byte:02x}")).collect();
        format!("{STEM}{token}")
    }
}

/// The name of the record that speaks for a host.
pub(super) fn record_name(host: &str) -> String {
    format!("_sealpost.{host}")
}

/// Where the text stands under a host.
pub(super) const WELL_KNOWN: &str = "/.well-known/sealpost-verify";

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_store::{Environment, OrgId};
    use std::collections::BTreeSet;

    #[test]
    fn every_endpoint_way_and_url_has_a_text_of_its_own() {
        let (pepper, other) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
        let proof =
            |way, nonce: &str| Proof { way, nonce: nonce.into(), proved_at: None, tried_at: None, warned_at: None };
        let org = |id, environment| Org { id: OrgId::from_bytes([id; 16]), environment };
        let endpoint = |id| EndpointId::from_bytes([id; 16]);
        let mut texts = BTreeSet::new();
        let mut count = 0;
        for key in [&pepper, &other] {
            for org in [org(1, Environment::Test), org(1, Environment::Live), org(2, Environment::Live)] {
                for id in [1, 2] {
                    for way in Way::ALL {
                        for nonce in ["00", "01"] {
                            texts.insert(proof(way, nonce).text(key, org, endpoint(id)));
                            count += 1;
                        }
                    }
                }
            }
        }
        assert_eq!(texts.len(), count);
        assert!(texts.iter().all(|text| text.len() == STEM.len() + 2 * TOKEN));
    }

    #[test]
    fn ways_survive_the_database() {
        for way in Way::ALL {
            assert_eq!(Way::read(way.word()), Some(way));
        }
        assert_eq!(Way::read("letter"), None);
    }
}

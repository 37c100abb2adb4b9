//! What an endpoint is.

use std::sync::Arc;

use sealpost_access::secrets::Kept;
use sealpost_egress::client::Answer;
use sealpost_egress::target::Target;
use sealpost_seal::payload::{Opened, Undecryptable};
use sealpost_seal::signature::{Custom, WebhookKey, profiles};
use sealpost_store::{EndpointId, SecretId, Time};
use zeroize::Zeroizing;

use super::encryption::Sealing;
use super::signing::{self, Signers};
use super::transport::{Applied, Schedule};

/// Whether an endpoint may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has not yet answered a signed ping.
    Pending,
    /// Verified.
    Active,
    /// Most calls fail: only probes go through.
    Failing {
        /// Since when.
        since: Time,
    },
    /// Not called any more until somebody verifies it again.
    Disabled {
        /// Since when.
        since: Time,
        /// `failing`, `gone` (it answered 410) or `manual`.
        reason: &'static str,
    },
}

impl State {
    /// The word it is stored and shown as.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Failing { .. } => "failing",
            Self::Disabled { .. } => "disabled",
        }
    }

    /// What stands beside the word in the database: `since` and, after a space, the reason.
    pub fn detail(&self) -> String {
        match self {
            Self::Pending | Self::Active => String::new(),
            Self::Failing { since } => since.unix_ms().to_string(),
            Self::Disabled { since, reason } => format!("{} {reason}", since.unix_ms()),
        }
    }

    /// The state that [`State::word`] and [`State::detail`] tell of.
    pub fn read(word: &str, detail: &str) -> Option<Self> {
        let (since, reason) = detail.split_once(' ').unwrap_or((detail, ""));
        let since = || since.parse().ok().map(Time::from_unix_ms);
        Some(match word {
            "pending" => Self::Pending,
            "active" => Self::Active,
            "failing" => Self::Failing { since: since()? },
            "disabled" => Self::Disabled {
                since: since()?,
                reason: ["failing", "gone", "manual"].into_iter().find(|known| *known == reason)?,
            },
            _ => return None,
        })
    }
}

/// An endpoint as it is stored.
#[derive(Clone)]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// Its name: what messages call it by.
    pub name: String,
    /// Where it is.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Which events it hears of.
    pub events: Filter,
    /// How deliveries are signed.
    pub profiles: Profiles,
    /// Whether it hears of messages that name no endpoint.
    pub is_default: bool,
    /// The profile of its own, if it has one.
    pub custom: Option<Arc<Custom>>,
    /// Whether it may be called.
    pub state: State,
    /// Where the shared signing secret is.
    pub secret: Kept,
    /// The Ed25519 signing key.
    pub signing: SecretId,
    /// The number of its policy.
    pub version: u32,
    /// Whether others have agreed to it, where they have to.
    pub is_admitted: bool,
    /// When it was made.
    pub created_at: Time,
    /// When it was last changed.
    pub updated_at: Time,
}

/// Which events an endpoint hears of: exact names, `message.*`, or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Vec<String>);

/// The pattern is not the name of an event, `something.*`, or `*`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an event name, `name.*` or `*`")]
pub struct BadPattern;

impl Filter {
    /// At most this many patterns.
    pub const MOST: usize = 32;

    /// The filter with these patterns; none means all events.
    pub fn new(patterns: Vec<String>) -> Result<Self, BadPattern> {
        let fits = |p: &String| {
            let stem = p.strip_suffix(".*").unwrap_or(p);
            p == "*"
                || (!stem.is_empty()
                    && stem.len() <= 64
                    && stem
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')))
        };
        if patterns.len() > Self::MOST || !patterns.iter().all(fits) {
            return Err(BadPattern);
        }
        Ok(Self(if patterns.is_empty() { vec!["*".into()] } else { patterns }))
    }

    /// Whether an event of this name passes.
    pub fn hears(&self, event: &str) -> bool {
        self.0.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(stem) => event.starts_with(stem),
            None => pattern == event,
        })
    }

    /// The patterns.
    pub fn patterns(&self) -> &[String] {
        &self.0
    }
}

/// As much of an endpoint as it takes to know whether it is told of something.
pub(super) struct Hearer {
    pub(super) id: EndpointId,
    pub(super) events: Filter,
    pub(super) is_default: bool,
}

/// The signature profiles of an endpoint, by name: `standard` first where it rides along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profiles(Vec<&'static str>);

/// No signature profile of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no signature profile of this name")]
pub(super) struct UnknownProfile;

impl Profiles {
    /// These, as they are.
    pub(super) fn of(names: Vec<&'static str>) -> Self {
        Self(names)
    }

    /// The profiles of these names.
    pub(super) fn read(names: &[String]) -> Result<Self, UnknownProfile> {
        names.iter().map(|name| signing::known(name).ok_or(UnknownProfile)).collect::<Result<_, _>>().map(Self)
    }

    /// Their names.
    pub fn names(&self) -> &[&'static str] {
        &self.0
    }
}

impl Endpoint {
    /// Profiles in which a receiver can't tell a delivery from its repetition: their time isn't signed.
    pub(super) fn replayable(&self) -> Vec<&'static str> {
        let is_replayable = |name: &&&'static str| match profiles::by_name(name) {
            Some(profile) => !profile.is_replay_safe(),
            None => self.custom.as_ref().is_some_and(|custom| **name == signing::CUSTOM && custom.replayable()),
        };
        self.profiles.names().iter().filter(is_replayable).copied().collect()
    }

    /// Whether there is a profile in which a receiver can tell repetitions.
    pub(super) fn is_replay_protected(&self) -> bool {
        self.replayable().len() < self.profiles.names().len()
    }
}

/// An endpoint ready to be called: parsed, with its keys at hand.
pub struct Ready {
    /// As stored.
    pub endpoint: Endpoint,
    /// Where.
    pub target: Target,
    /// By what it signs, profile by profile.
    pub(super) signers: Signers,
    /// The Ed25519 key.
    pub key: Arc<WebhookKey>,
    /// What is special about calling it.
    pub(super) transport: Arc<Applied>,
    /// What is done to a body before it is signed.
    pub(super) sealing: Arc<Sealing>,
}

impl Ready {
    /// When it is tried again, if not by the standard schedule.
    pub(crate) fn schedule(&self) -> Option<&Schedule> {
        self.transport.retries.as_ref()
    }

    /// What an answer says, if the endpoint is encrypted for: for whoever lets an answer decide something. Of every failure the same is
    /// said, and what follows from it must be nothing that whoever answered can tell from a right answer.
    pub fn open(&self, answer: &Answer) -> Option<Result<Opened, Undecryptable>> {
        self.sealing.open(answer)
    }

    /// What an answer says, in clear: opened where the endpoint can encrypt what it answers, and then nothing else is believed; as it
    /// stands where it can't. An empty one says nothing either way.
    pub(crate) fn said(&self, answer: &Answer) -> Result<Zeroizing<Vec<u8>>, Undecryptable> {
        if answer.body.is_empty() || !self.sealing.expects_answers() {
            return Ok(Zeroizing::new(answer.body.to_vec()));
        }
        match self.open(answer) {
            Some(opened) => opened.map(|opened| Zeroizing::new(opened.expose().to_vec())),
            None => Err(Undecryptable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_survive_the_database() {
        let since = Time::from_unix_ms(1_768_469_400_000);
        for state in
            [State::Pending, State::Active, State::Failing { since }, State::Disabled { since, reason: "gone" }]
        {
            assert_eq!(State::read(state.word(), &state.detail()), Some(state));
        }
        assert_eq!(State::read("disabled", ""), None);
        assert_eq!(State::read("disabled", "1 because"), None);
    }

    #[test]
    fn a_filter_hears_what_it_names() {
        let filter = Filter::new(vec!["message.*".into(), "contact.erased".into()]).unwrap();
        assert!(filter.hears("message.delivered") && filter.hears("contact.erased"));
        assert!(!filter.hears("contact.created") && !filter.hears("messages.x") && !filter.hears("messagedelivered"));
        assert!(Filter::new(vec![]).unwrap().hears("anything"));
        assert!(
            Filter::new(vec!["m*".into()]).is_err()
                && Filter::new(vec![".*".into()]).is_err()
                && Filter::new(vec!["A".into()]).is_err()
        );
    }
}

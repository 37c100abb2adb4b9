//! What answers say about limits: the `X-RateLimit-*` fields people's clients read, and the IETF ones
//! (draft-ietf-httpapi-ratelimit-headers-10 §3, §4).

use http::{HeaderMap, HeaderName, HeaderValue};

use super::config::{Class, LimitsConfig, Quota};
use super::{Allowance, Scope, seconds};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The headers that never change, made once.
pub(crate) struct Policies {
    known: Vec<HeaderValue>,
    peer: HeaderValue,
}

impl Policies {
    pub(super) fn new(config: &LimitsConfig) -> Self {
        let known = Class::ALL.map(|class| {
            let (own, all) = (config.caller.of(class), config.organisation.of(class));
            value(&format!(
                "{}, {}",
                policy(name(Scope::Caller, class), own),
                policy(name(Scope::Organisation, class), all)
            ))
        });
        Self { known: known.into(), peer: value(&policy(name(Scope::Peer, Class::Open), config.peer)) }
    }

    /// Adds the fields for one answer.
    pub(crate) fn write(&self, allowance: &Allowance, headers: &mut HeaderMap) {
        let reset = seconds(allowance.standing.full_in_us);
        let remaining = allowance.standing.remaining;
        headers.insert(LIMIT, allowance.quota.count().into());
        headers.insert(REMAINING, remaining.into());
        headers.insert(RESET, reset.into());
        let policy = if allowance.scope == Scope::Peer { &self.peer } else { &self.known[allowance.class as usize] };
        headers.insert(POLICY, policy.clone());
        headers.insert(
            RATE_LIMIT,
            value(&format!("\"{}\";r={remaining};t={reset}", name(allowance.scope, allowance.class))),
        );
    }
}

fn policy(name: &str, quota: Quota) -> String {
    format!("\"{name}\";q={};w={}", quota.count(), quota.seconds())
}

const fn name(scope: Scope, class: Class) -> &'static str {
    match scope {
        Scope::Caller => class.name(),
        Scope::Peer => "network",
        Scope::Organisation => match class {
            Class::Send => "send-organisation",
            Class::Batch => "batch-organisation",
            Class::Read | Class::Open => "read-organisation",
            Class::Search => "search-organisation",
            Class::Partial => "partial-organisation",
            Class::Write => "write-organisation",
            Class::Reveal => "reveal-organisation",
            Class::Whole => "whole-organisation",
            Class::Provision => "provision-organisation",
        },
    }
}

fn value(text: &str) -> HeaderValue {
    // Names and numbers: always a valid field value.
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

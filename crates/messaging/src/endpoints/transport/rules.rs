//! What may be set for one endpoint, and when it may be called.

use sealpost_egress::client::OWN_HEADERS;
use sealpost_egress::tls::MinTls;
use sealpost_seal::signature::{Profile, profiles};

/// Waits between attempts, in seconds: the first attempt is made at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule(Vec<u32>);

/// A schedule has at most 20 waits of a second to a day, five days together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at most 20 waits of 1 to 86400 seconds, five days together")]
pub(crate) struct BadSchedule;

impl Schedule {
    /// At most so many waits.
    pub(super) const MOST: usize = 20;
    /// The longest wait, in seconds.
    pub(super) const LONGEST: u32 = 86_400;
    /// All together: as long as a failing endpoint is kept before it is disabled.
    const TOGETHER: u32 = 5 * 86_400;

    /// These waits. None at all is one attempt and no other.
    pub(super) fn new(waits: Vec<u32>) -> Result<Self, BadSchedule> {
        let fits = waits.len() <= Self::MOST
            && waits.iter().all(|wait| (1..=Self::LONGEST).contains(wait))
            && waits.iter().sum::<u32>() <= Self::TOGETHER;
        if fits { Ok(Self(waits)) } else { Err(BadSchedule) }
    }

    /// In seconds.
    pub(super) fn waits(&self) -> &[u32] {
        &self.0
    }

    /// How long after attempt number `attempt` (from 1) the next one is made, in milliseconds; nothing if it was the last.
    pub(crate) fn after(&self, attempt: u32) -> Option<i64> {
        let at = usize::try_from(attempt).ok()?.checked_sub(1)?;
        self.0.get(at).map(|wait| i64::from(*wait) * 1000)
    }

    /// How many attempts there are.
    pub(crate) fn attempts(&self) -> usize {
        self.0.len() + 1
    }
}

/// Calls a second, 1 to 1000.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::endpoints) struct Rate(u16);

/// A rate is 1 to 1000 calls a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("1 to 1000 calls a second")]
pub(in crate::endpoints) struct BadRate;

impl Rate {
    /// So many calls a second.
    pub(in crate::endpoints) const fn new(calls: u32) -> Result<Self, BadRate> {
        if calls == 0 || calls > 1000 { Err(BadRate) } else { Ok(Self(calls as u16)) }
    }

    /// Calls a second.
    pub(in crate::endpoints) const fn calls(self) -> u16 {
        self.0
    }
}

/// The name of a further header, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::endpoints) struct HeaderName(http::HeaderName);

/// Why a header can't be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadHeader {
    /// Not a name (RFC 9110 §5.1), or longer than 64 characters.
    #[error("not a header name")]
    Name,
    /// It frames the message, steers the connection, signs, or says what the body is: Sealpost's own business.
    #[error("this header is set by Sealpost")]
    Reserved,
    /// Not 1 to 1024 visible characters and blanks.
    #[error("not a header value")]
    Value,
    /// It carries a credential and has to be a stored secret.
    #[error("this header takes a stored secret")]
    SecretOnly,
}

/// Headers that steer the connection (RFC 9110 §7.6.1, RFC 9112 §9.6) besides those the client refuses itself, or say what the body is.
const RESERVED: [&str; 12] = [
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "content-type",
    "content-encoding",
    "content-digest",
    "digest",
    "user-agent",
    "signature",
    "signature-input",
    "date",
    "via",
];
/// Beginnings of names that are ours, or those of signatures.
const RESERVED_STEMS: [&str; 4] = ["sealpost-", "webhook-", "svix-", "x-sealpost-"];
/// What in a name says that its value is a credential.
const SECRET_WORDS: [&str; 6] = ["api-key", "apikey", "token", "secret", "password", "credential"];

impl HeaderName {
    /// The name, if it may be set.
    pub(super) fn parse(text: &str) -> Result<Self, BadHeader> {
        if text.is_empty() || text.len() > 64 {
            return Err(BadHeader::Name);
        }
        let name = http::HeaderName::try_from(text).map_err(|_| BadHeader::Name)?;
        let word = name.as_str();
        let signs = || {
            let headers = |one: &Profile<'static>| {
                std::iter::once(one.header).chain(one.companions.iter().map(|(name, _)| *name))
            };
            profiles::ALL.into_iter().flat_map(headers).any(|header| header.eq_ignore_ascii_case(word))
        };
        let reserved = OWN_HEADERS.contains(&name)
            || RESERVED.contains(&word)
            || RESERVED_STEMS.iter().any(|stem| word.starts_with(stem))
            || signs();
        if reserved { Err(BadHeader::Reserved) } else { Ok(Self(name)) }
    }

    /// Whether its value is a credential, which is kept as a secret or not at all.
    pub(super) fn is_secret(&self) -> bool {
        let word = self.0.as_str();
        matches!(word, "authorization" | "cookie") || SECRET_WORDS.iter().any(|part| word.contains(part))
    }

    /// Its text.
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(super) fn to_http(&self) -> http::HeaderName {
        self.0.clone()
    }
}

/// What stands in a header: visible ASCII with blanks between, which no receiver reads in two ways (RFC 9110 §5.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::endpoints) struct HeaderText(String);

impl HeaderText {
    /// The longest value.
    const LONGEST: usize = 1024;
    /// The longest one that holds a secret: access tokens are long.
    const LONGEST_SECRET: usize = 4096;

    /// A whole value.
    pub(super) fn value(text: &str) -> Result<Self, BadHeader> {
        let fits = is_header_text(text, Self::LONGEST) && text.trim() == text && !text.is_empty();
        if fits { Ok(Self(text.to_owned())) } else { Err(BadHeader::Value) }
    }

    /// What stands before a secret: at most 64 characters, may be empty or end with a blank.
    pub(super) fn prefix(text: &str) -> Result<Self, BadHeader> {
        let fits = is_header_text(text, 64) && text.trim_start() == text;
        if fits { Ok(Self(text.to_owned())) } else { Err(BadHeader::Value) }
    }

    /// Whether this, a prefix and a secret together, is a value.
    pub(super) fn fits(text: &str) -> bool {
        is_header_text(text, Self::LONGEST_SECRET) && text.trim() == text && !text.is_empty()
    }

    /// Its text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_header_text(text: &str, longest: usize) -> bool {
    text.len() <= longest && text.bytes().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// Whether an endpoint's server may speak this version: an older one than is asked of all has to be acknowledged. The one place that
/// decides it: what else it takes (an approval) belongs here.
pub(super) fn may_speak(min: MinTls, acknowledged: bool) -> bool {
    min == MinTls::V1_3 || acknowledged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_schedule_has_an_end_and_bounds() {
        let schedule = Schedule::new(vec![5, 60]).unwrap();
        assert_eq!(schedule.attempts(), 3);
        let waits: Vec<_> = (0..5).map(|attempt| schedule.after(attempt)).collect();
        assert_eq!(waits, [None, Some(5_000), Some(60_000), None, None]);
        assert_eq!(Schedule::new(vec![]).unwrap().attempts(), 1);
        for bad in [vec![0], vec![86_401], vec![86_400; 6], vec![1; 21], vec![u32::MAX; 20]] {
            assert_eq!(Schedule::new(bad), Err(BadSchedule));
        }
        assert!(Schedule::new(vec![86_400; 5]).is_ok() && Schedule::new(vec![1; 20]).is_ok());
    }

    #[test]
    fn what_frames_steers_or_signs_is_not_set_by_others() {
        for reserved in [
            "Host",
            "connection",
            "Content-Length",
            "Transfer-Encoding",
            "TE",
            "trailer",
            "Upgrade",
            "Expect",
            "proxy-authorization",
            "Keep-Alive",
            "Content-Type",
            "webhook-signature",
            "Webhook-Other",
            "svix-id",
            "X-Fyno-Hmac-Signature",
            "x-fanfare-timestamp",
            "X-Safravo-Event",
            "stripe-signature",
            "Signature-Input",
            "Sealpost-Attempt",
            "User-Agent",
        ] {
            assert_eq!(HeaderName::parse(reserved), Err(BadHeader::Reserved), "{reserved}");
        }
        for bad in ["", "a b", "a:b", "ä", "a\r\nb", "a\0", &"a".repeat(65)] {
            assert_eq!(HeaderName::parse(bad), Err(BadHeader::Name), "{bad}");
        }
        assert_eq!(HeaderName::parse("X-Tenant").unwrap().as_str(), "x-tenant");
    }

    #[test]
    fn what_names_a_credential_takes_a_secret() {
        for secret in ["Authorization", "cookie", "X-API-Key", "x-auth-token", "X-Shared-Secret", "apikey"] {
            assert!(HeaderName::parse(secret).unwrap().is_secret(), "{secret}");
        }
        assert!(!HeaderName::parse("X-Tenant").unwrap().is_secret());
    }

    #[test]
    fn an_old_version_has_to_be_acknowledged() {
        assert!(may_speak(MinTls::V1_3, false) && may_speak(MinTls::V1_2, true) && !may_speak(MinTls::V1_2, false));
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_can_be_sent_and_breaks_no_line(name: String, value: String, prefix: String) {
            if let Ok(name) = HeaderName::parse(&name) {
                prop_assert!(name.as_str().bytes().all(|byte| byte.is_ascii_graphic() && byte != b':'));
            }
            for text in [HeaderText::value(&value), HeaderText::prefix(&prefix)].into_iter().flatten() {
                prop_assert!(http::HeaderValue::from_str(text.as_str()).is_ok());
                prop_assert!(!text.as_str().contains(['\r', '\n', '\0']));
            }
        }

        #[test]
        fn no_list_of_waits_is_longer_than_is_allowed(waits in proptest::collection::vec(any::<u32>(), 0..40)) {
            if let Ok(schedule) = Schedule::new(waits) {
                prop_assert!(schedule.attempts() <= 21);
                let together: i64 = (1..=21).filter_map(|attempt| schedule.after(attempt)).sum();
                prop_assert!(together <= 5 * 86_400_000);
            }
        }
    }
}

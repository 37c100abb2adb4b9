//! The token in an unsubscribe link.
//!
//! It names the message it was sent with and is authenticated by the installation, so that nothing has to be stored for it and
//! nobody can make one: `base64url(organisation ‖ environment ‖ message ‖ HMAC-SHA256(…)[..16])`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealpost_seal::Key;
use sealpost_store::{Environment, MessageId, Org, OrgId};

const CLEAR: usize = 16 + 1 + 16;
const TAG: usize = 16;

/// Which message a link belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) org: Org,
    pub(super) message: MessageId,
}

impl Link {
    pub(super) fn seal(self, key: &Key) -> String {
        let mut bytes = Vec::with_capacity(CLEAR + TAG);
        bytes.extend_from_slice(&self.org.id.bytes());
        bytes.push(match self.org.environment {
            Environment::Test => 0,
            Environment::Live => 1,
        });
        bytes.extend_from_slice(&self.message.bytes());
        let tag = key.mac(&[&bytes]);
        bytes.extend_from_slice(&tag[..TAG]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(super) fn open(key: &Key, token: &str) -> Option<Self> {
        if token.len() > 128 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (clear, tag) = bytes.split_at_checked(CLEAR)?;
        let expected = key.mac(&[clear]);
        let differs = expected[..TAG].iter().zip(tag).fold(0, |all, (one, other)| all | (one ^ other));
        if tag.len() != TAG || differs != 0 {
            return None;
        }
        let environment = match clear.get(16)? {
            0 => Environment::Test,
            1 => Environment::Live,
            _ => return None,
        };
        let org = Org { id: OrgId::from_bytes(clear.get(..16)?.try_into().ok()?), environment };
        Some(Self { org, message: MessageId::from_bytes(clear.get(17..)?.try_into().ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link() -> Link {
        Link {
            org: Org { id: OrgId::from_bytes([1; 16]), environment: Environment::Live },
            message: MessageId::from_bytes([2; 16]),
        }
    }

    #[test]
    fn a_link_leads_back_to_its_message_and_only_under_its_key() {
        let (key, other) = (Key::from_bytes([1; 32]), Key::from_bytes([2; 32]));
        let token = link().seal(&key);
        assert_eq!(Link::open(&key, &token), Some(link()));
        assert_eq!(Link::open(&other, &token), None);
    }

    proptest! {
        #[test]
        fn a_changed_token_leads_nowhere(at in 0_usize..66, to in "[A-Za-z0-9_-]") {
            let key = Key::from_bytes([1; 32]);
            let token = link().seal(&key);
            let mut changed = token.clone();
            changed.replace_range(at..=at, &to);
            if changed != token {
                prop_assert_eq!(Link::open(&key, &changed), None);
            }
        }

        #[test]
        fn no_text_makes_the_reader_panic(text: String) {
            let _ = Link::open(&Key::from_bytes([1; 32]), &text);
        }
    }
}

//! The token in a link that works without a session.
//!
//! It names what it belongs to and is authenticated by the installation, so that nothing has to be stored for it and nobody can make
//! one: `base64url(organisation ‖ environment ‖ id ‖ HMAC-SHA256(…)[..16])`. Each kind of link has a key of its own.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealpost_seal::Key;
use sealpost_store::{Environment, Org, OrgId};

const CLEAR: usize = 16 + 1 + 16;
const TAG: usize = 16;

/// What a link belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) org: Org,
    pub(crate) id: [u8; 16],
}

impl Link {
    pub(crate) fn seal(self, key: &Key) -> String {
        let mut bytes = Vec::with_capacity(CLEAR + TAG);
        bytes.extend_from_slice(&self.org.id.bytes());
        bytes.push(match self.org.environment {
            Environment::Test => 0,
            Environment::Live => 1,
        });
        bytes.extend_from_slice(&self.id);
        let tag = key.mac(&[&bytes]);
        bytes.extend_from_slice(&tag[..TAG]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn open(key: &Key, token: &str) -> Option<Self> {
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
        Some(Self { org, id: clear.get(17..)?.try_into().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn link() -> Link {
        Link { org: Org { id: OrgId::from_bytes([1; 16]), environment: Environment::Live }, id: [2; 16] }
    }

    #[test]
    fn a_link_leads_back_to_what_it_belongs_to_and_only_under_its_key() {
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

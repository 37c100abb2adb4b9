//! What a browser carries between leaving for a service and coming back.
//!
//! `unix seconds (6) ‖ random (16) ‖ HMAC(connection ‖ visitor ‖ seconds ‖ random)[..16]`, so that nothing has to be stored for those who
//! never come back: nobody without the key makes one, and nobody but the same visitor uses it. What is secret of it is derived anew.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealpost_seal::token::mac_eq;
use sealpost_seal::{Key, Rng};
use sealpost_store::{Keys, SsoConnectionId, Time};

/// How long somebody may take at the service.
const GOOD_FOR_MS: i64 = 10 * 60_000;
const SECONDS: usize = 6;
const RANDOM: usize = 16;
const TAG: usize = 16;

/// A sign-in that has begun.
pub(crate) struct Pending {
    /// Belongs to this sign-in alone.
    key: Key,
    begun_at: Time,
    state: String,
}

impl Pending {
    /// A sign-in by this connection that `visit`, a text only this visitor has, begins now.
    pub(crate) fn begin(keys: &Keys, connection: SsoConnectionId, visit: &str, now: Time, rng: &dyn Rng) -> Self {
        let mut clear = [0; SECONDS + RANDOM];
        let seconds = u64::try_from(now.unix_ms() / 1000).unwrap_or_default().to_be_bytes();
        clear[..SECONDS].copy_from_slice(&seconds[8 - SECONDS..]);
        rng.fill(&mut clear[SECONDS..]);
        Self::of(keys, connection, visit, clear)
    }

    /// The sign-in that a service sends back as `state`, if this visitor began it by this connection not too long ago. Nobody is no
    /// visitor: what isn't tied to a browser is resumed in none.
    pub(crate) fn resume(
        keys: &Keys,
        connection: SsoConnectionId,
        visit: &str,
        state: &str,
        now: Time,
    ) -> Option<Self> {
        if visit.is_empty() {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(state).ok().filter(|bytes| bytes.len() == SECONDS + RANDOM + TAG)?;
        let mut clear = [0; SECONDS + RANDOM];
        clear.copy_from_slice(bytes.get(..SECONDS + RANDOM)?);
        let pending = Self::of(keys, connection, visit, clear);
        let age = now.since(pending.begun_at);
        let [expected, presented] = [pending.state.as_str(), state].map(digest);
        (mac_eq(&expected, &presented) && (0..GOOD_FOR_MS).contains(&age)).then_some(pending)
    }

    fn of(keys: &Keys, connection: SsoConnectionId, visit: &str, clear: [u8; SECONDS + RANDOM]) -> Self {
        let root = keys.pepper().derive("sso-pending", &[]);
        let length = (visit.len() as u32).to_be_bytes();
        let key = Key::from_bytes(root.mac(&[&connection.bytes(), &length, visit.as_bytes(), &clear]));
        let seconds = clear[..SECONDS].iter().fold(0_i64, |all, byte| all << 8 | i64::from(*byte));
        let mut bytes = clear.to_vec();
        bytes.extend_from_slice(&key.mac(&[b"state"])[..TAG]);
        Self { key, begun_at: Time::from_unix_ms(seconds * 1000), state: URL_SAFE_NO_PAD.encode(bytes) }
    }

    /// What goes to the service and comes back: 51 characters of base64url.
    pub(crate) fn state(&self) -> &str {
        &self.state
    }

    /// When it began, to the second.
    pub(crate) fn begun_at(&self) -> Time {
        self.begun_at
    }

    /// A secret of this sign-in alone, the same when the visitor leaves and when they come back.
    pub(crate) fn derive(&self, label: &'static str) -> [u8; 32] {
        self.key.mac(&[b"derive:", label.as_bytes()])
    }
}

/// Both texts brought to one length, so that they can be compared in constant time.
fn digest(text: &str) -> [u8; 32] {
    Key::from_bytes([0; 32]).mac(&[text.as_bytes()])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sealpost_seal::SystemRng;
    use sealpost_store::testing::TestStore;

    use super::*;

    const NOW: Time = Time::from_unix_ms(1_768_469_400_000);

    async fn keys() -> Keys {
        TestStore::sqlite().await.store.keys().clone()
    }

    #[tokio::test]
    async fn a_sign_in_is_resumed_by_who_began_it_where_and_within_ten_minutes() {
        let (keys, here, there) =
            (keys().await, SsoConnectionId::from_bytes([1; 16]), SsoConnectionId::from_bytes([2; 16]));
        let begun = Pending::begin(&keys, here, "ada", NOW, &SystemRng);
        let resume = |connection, visit, state: &str, now| Pending::resume(&keys, connection, visit, state, now);
        let again = resume(here, "ada", begun.state(), NOW.plus_ms(GOOD_FOR_MS - 1)).unwrap();
        assert_eq!((again.derive("nonce"), again.begun_at()), (begun.derive("nonce"), NOW));
        assert_ne!(begun.derive("nonce"), begun.derive("verifier"));
        assert!(begun.state().len() <= 64);
        let unbound = Pending::begin(&keys, here, "", NOW, &SystemRng);
        for refused in [
            resume(here, "", unbound.state(), NOW),
            resume(there, "ada", begun.state(), NOW),
            resume(here, "eve", begun.state(), NOW),
            resume(here, "ada", begun.state(), NOW.plus_ms(GOOD_FOR_MS)),
            resume(here, "ada", begun.state(), NOW.plus_ms(-1000)),
            resume(here, "ada", "", NOW),
        ] {
            assert!(refused.is_none());
        }
    }

    #[tokio::test]
    async fn no_text_makes_the_reader_panic_and_one_wrong_letter_is_nobodys() {
        let (keys, here) = (keys().await, SsoConnectionId::from_bytes([1; 16]));
        let begun = Pending::begin(&keys, here, "ada", NOW, &SystemRng);
        proptest!(|(text: String, at in 0_usize..51, to in "[A-Za-z0-9_-]")| {
            prop_assert!(Pending::resume(&keys, here, "ada", &text, NOW).is_none());
            let mut changed = begun.state().to_owned();
            changed.replace_range(at..=at, &to);
            let same = changed == begun.state();
            prop_assert_eq!(Pending::resume(&keys, here, "ada", &changed, NOW).is_some(), same);
        });
    }
}

//! Our own keys of a connection: one signs requests, others open what was encrypted to us.
//!
//! They are sealed under the organisation's key and kept with the connection, so that they go when it goes; each is bound to its
//! certificate. A new signing key is announced in our metadata before it is used; an old decryption key opens for a week longer.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sealpost_saml::{Certificate, DecryptionKey, KeyKind, Lifetime, MadeKey, SigningKey};
use sealpost_seal::rng::array;
use sealpost_seal::{Place, Rng};
use sealpost_store::{Ctx, OrgId, OrgKeys, StoreError, Time};
use sealpost_web::{Failure, Fault};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The label of the organisation's key that seals them.
const LABEL: &str = "saml_key";
/// Whose key it is, says its certificate.
const NAME: &str = "Sealpost";
const DAY_MS: i64 = 86_400_000;
/// What certificates say: ten years. Nobody relies on it; some providers warn of ends.
const LIFETIME_MS: i64 = 3653 * DAY_MS;
/// How long a decryption key opens after a newer one is announced.
const OVERLAP_MS: i64 = 7 * DAY_MS;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// It signs requests.
    Signing,
    /// It will: it is announced, and the provider has to be told.
    NextSigning,
    /// It opens what is encrypted.
    Decryption,
}

/// A key as it is kept.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct KeptKey {
    pub(super) role: Role,
    /// The private key, sealed; in base64.
    sealed: String,
    /// Its certificate, in base64.
    certificate: String,
    /// Since when there is a newer one, and until when it is good all the same.
    until: Option<Time>,
}

impl fmt::Debug for KeptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeptKey({:?})", self.role)
    }
}

impl KeptKey {
    /// Makes a key. It takes a moment of a processor, so it is done aside.
    pub(super) async fn make(ctx: &Ctx, keys: &OrgKeys, role: Role, kind: KeyKind) -> Result<Self, Failure> {
        let (serial, now) = (array::<16>(ctx.rng()), ctx.now());
        let lifetime = Lifetime { from_ms: now.unix_ms() - DAY_MS, until_ms: now.unix_ms() + LIFETIME_MS };
        let making = tokio::task::spawn_blocking(move || MadeKey::new(kind, NAME, serial, lifetime));
        let made = making.await.map_err(Fault::new)?.map_err(Fault::new)?;
        let row = made.certificate().fingerprint();
        let sealed = keys.seal(LABEL, &place(ctx.org.id, &row), made.pkcs8(), ctx.rng());
        Ok(Self {
            role,
            sealed: STANDARD.encode(sealed),
            certificate: STANDARD.encode(made.certificate().der()),
            until: None,
        })
    }

    /// Its certificate.
    pub(super) fn certificate(&self) -> Result<Certificate, Failure> {
        let der = STANDARD.decode(&self.certificate).map_err(Fault::new)?;
        Ok(Certificate::from_der(&der).map_err(Fault::new)?)
    }

    fn open(&self, org: OrgId, keys: &OrgKeys) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let sealed = STANDARD.decode(&self.sealed).map_err(Fault::new)?;
        let row = self.certificate()?.fingerprint();
        Ok(keys.open(LABEL, &place(org, &row), &sealed)?)
    }

    /// Seals it anew if it is under an older version of the organisation's key; answers whether it was.
    pub(super) fn reseal(&mut self, org: OrgId, keys: &OrgKeys, rng: &dyn Rng) -> Result<bool, StoreError> {
        let sealed = STANDARD.decode(&self.sealed).map_err(|_| StoreError::Unopenable)?;
        if !keys.is_outdated(&sealed) {
            return Ok(false);
        }
        let row = self.certificate().map_err(|_| StoreError::Unopenable)?.fingerprint();
        let clear = keys.open(LABEL, &place(org, &row), &sealed)?;
        self.sealed = STANDARD.encode(keys.seal(LABEL, &place(org, &row), &clear, rng));
        Ok(true)
    }

    fn is_good(&self, now: Time) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

fn place(org: OrgId, row: &[u8]) -> Place<'_> {
    Place { org: org.bytes(), environment: None, table: "sso_connection", column: "settings", row, owner: None }
}

/// The key that signs requests.
pub(super) fn signing(all: &[KeptKey], org: OrgId, keys: &OrgKeys) -> Result<SigningKey, Failure> {
    let kept = all.iter().find(|key| key.role == Role::Signing).ok_or_else(|| Fault::new("no signing key"))?;
    Ok(SigningKey::from_pkcs8(&kept.open(org, keys)?).map_err(Fault::new)?)
}

/// The keys that open what was encrypted to us, the newest first.
pub(super) fn decryption(
    all: &[KeptKey],
    org: OrgId,
    keys: &OrgKeys,
    now: Time,
) -> Result<Vec<DecryptionKey>, Failure> {
    let good = all.iter().filter(|key| key.role == Role::Decryption && key.is_good(now));
    good.map(|key| Ok(DecryptionKey::from_pkcs8(&key.open(org, keys)?).map_err(Fault::new)?)).collect()
}

/// What our metadata announces: certificates to verify with, the one in use first, and one to encrypt to.
pub(super) fn announced(all: &[KeptKey]) -> Result<(Vec<Certificate>, Vec<Certificate>), Failure> {
    let of = |role| all.iter().filter(move |key| key.role == role).map(KeptKey::certificate);
    let signing = of(Role::Signing).chain(of(Role::NextSigning)).collect::<Result<_, _>>()?;
    let encryption = all.iter().filter(|key| key.role == Role::Decryption && key.until.is_none());
    Ok((signing, encryption.map(KeptKey::certificate).collect::<Result<_, _>>()?))
}

/// The certificates of all keys, as one text.
pub(super) fn named(all: &[KeptKey]) -> Option<String> {
    let names: Vec<&str> = all.iter().map(|key| key.certificate.as_str()).collect();
    (!names.is_empty()).then(|| names.join(" "))
}

/// Announces a signing key that will be used once the provider knows it; an earlier one that wasn't used yet is given up.
pub(super) fn announce(all: &mut Vec<KeptKey>, next: KeptKey) {
    all.retain(|key| key.role != Role::NextSigning);
    all.push(next);
}

/// Signs with what was announced from now on; false if nothing was.
pub(super) fn switch(all: &mut Vec<KeptKey>) -> bool {
    let announced = all.iter().any(|key| key.role == Role::NextSigning);
    if announced {
        all.retain(|key| key.role != Role::Signing);
        all.iter_mut().filter(|key| key.role == Role::NextSigning).for_each(|key| key.role = Role::Signing);
    }
    announced
}

/// Has what is sent from now on encrypted to this key. Older ones open for a week longer, and are forgotten after it.
pub(super) fn replace(all: &mut Vec<KeptKey>, newer: KeptKey, now: Time) {
    retire(all, now);
    all.insert(0, newer);
}

/// Ends the decryption keys there are in a week, and forgets those that have ended.
pub(super) fn retire(all: &mut Vec<KeptKey>, now: Time) {
    all.retain(|key| key.is_good(now));
    for key in all.iter_mut().filter(|key| key.role == Role::Decryption) {
        key.until = Some(key.until.unwrap_or_else(|| now.plus_ms(OVERLAP_MS)));
    }
}

/// Whether there is a key to encrypt to.
pub(super) fn has_decryption(all: &[KeptKey]) -> bool {
    all.iter().any(|key| key.role == Role::Decryption && key.until.is_none())
}

#[cfg(test)]
mod tests {
    use sealpost_store::testing::TestStore;

    use super::*;

    #[tokio::test]
    async fn a_key_opens_for_its_organisation_and_belongs_to_its_certificate() {
        let house = TestStore::sqlite().await;
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let keys = house.store.keys().organisation(ours.org.id).await.unwrap();
        let made = [
            KeptKey::make(&ours, &keys, Role::Signing, KeyKind::P256).await.unwrap(),
            KeptKey::make(&ours, &keys, Role::Decryption, KeyKind::Rsa).await.unwrap(),
        ];
        assert!(signing(&made, ours.org.id, &keys).is_ok());
        assert_eq!(decryption(&made, ours.org.id, &keys, ours.now()).unwrap().len(), 1);
        assert_eq!(format!("{made:?}"), "[KeptKey(Signing), KeptKey(Decryption)]");
        let other_keys = house.store.keys().organisation(theirs.org.id).await.unwrap();
        assert!(signing(&made, theirs.org.id, &other_keys).is_err() && signing(&made, theirs.org.id, &keys).is_err());
        let mut swapped = made[0].clone();
        swapped.certificate = made[1].certificate.clone();
        assert!(signing(&[swapped], ours.org.id, &keys).is_err());
    }

    #[tokio::test]
    async fn keys_change_hands_without_a_gap() {
        let house = TestStore::sqlite().await;
        let ctx = house.organisation().await;
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let make = |role, kind| KeptKey::make(&ctx, &keys, role, kind);
        let (signing, next, third) = (
            make(Role::Signing, KeyKind::P256).await.unwrap(),
            make(Role::NextSigning, KeyKind::P256).await.unwrap(),
            make(Role::NextSigning, KeyKind::P256).await.unwrap(),
        );
        let names = |all: &[KeptKey]| -> Vec<String> { all.iter().map(|key| key.certificate.clone()).collect() };
        let mut all = vec![signing.clone()];
        assert!(!switch(&mut all));
        announce(&mut all, third);
        announce(&mut all, next.clone());
        assert_eq!(names(&all), names(&[signing, next.clone()]));
        assert_eq!(announced(&all).unwrap().0.len(), 2);
        assert!(switch(&mut all));
        assert_eq!(names(&all), names(&[next]));
        let now = ctx.now();
        let (old, new) =
            (make(Role::Decryption, KeyKind::Rsa).await.unwrap(), make(Role::Decryption, KeyKind::Rsa).await.unwrap());
        replace(&mut all, old, now);
        replace(&mut all, new.clone(), now);
        assert_eq!(announced(&all).unwrap().1[0].der(), new.certificate().unwrap().der());
        let opening = |now| decryption(&all, ctx.org.id, &keys, now).unwrap().len();
        assert_eq!((opening(now.plus_ms(OVERLAP_MS - 1)), opening(now.plus_ms(OVERLAP_MS))), (2, 1));
        retire(&mut all, now.plus_ms(OVERLAP_MS));
        assert_eq!((all.len(), has_decryption(&all)), (2, false));
    }

    #[tokio::test]
    async fn a_key_survives_the_turn_of_the_organisation_s_key() {
        let house = TestStore::sqlite().await;
        let ctx = house.organisation().await;
        let org = ctx.org.id;
        let keys = house.store.keys().organisation(org).await.unwrap();
        let mut kept = [KeptKey::make(&ctx, &keys, Role::Signing, KeyKind::P256).await.unwrap()];
        assert!(!kept[0].reseal(org, &keys, ctx.rng()).unwrap());
        house.store.keys().turn(org, 2).await.unwrap();
        house.clock.advance_ms(40_000);
        let both = house.store.keys().organisation(org).await.unwrap();
        assert!(kept[0].reseal(org, &both, ctx.rng()).unwrap() && !kept[0].reseal(org, &both, ctx.rng()).unwrap());
        assert!(signing(&kept, org, &both).is_ok() && signing(&kept, org, &keys).is_err());
    }
}

//! What tests of other features need of encryption.

use sealpost_access::secrets::{self, NewSecret, Origin, SecretRef};
use sealpost_seal::payload::{About, EncryptionKey, KeyForm, Method, SharedKey, encrypt};
use sealpost_seal::signature::KeyEncoding;
use sealpost_seal::{SecretText, SystemRng};
use sealpost_store::{Ctx, EndpointId, Leaf, Store, StoreError, Tx};
use sealpost_web::Failure;

use super::fields::Member;
use super::model::{Scope, Shape};
use super::sealer::key_id;
use super::service::{self, Wanted, WantedKeys};
use crate::versions::Expected;

const KEY: &str = "0001020304050607080910111213141516171819202122232425262728293031";

/// The endpoint is encrypted for from now on; what it answers is made by what comes back.
pub(crate) async fn encrypts(house: &Store, ctx: &Ctx, endpoint: EndpointId) -> impl Fn(&str) -> String + use<> {
    let method = Method::Aes256Gcm;
    let keys = house.keys().organisation(ctx.org.id).await.unwrap();
    let new = NewSecret::new(SecretText::new(KEY.into()), KeyEncoding::Text, Origin::Imported).unwrap();
    let (ours, make) = (keys.clone(), keys);
    let made = house.write::<_, StoreError>(ctx, move |tx: &mut Tx<'_>| {
        let id = secrets::create(tx, &make, secrets::STORED, new)?;
        Ok(tx.record(Leaf::of("secret.create"), id))
    });
    let secret = made.await.unwrap();
    let held = WantedKeys::Shared { secret: SecretRef::Id(secret), version: None, form: KeyForm::Hex };
    let wanted = Wanted { method, scope: Scope::Body(Shape::Text), member: Member::default(), keys: held };
    let set = house.write::<_, Failure>(ctx, move |tx: &mut Tx<'_>| {
        Ok(service::set(tx, &ours, endpoint, wanted, &Expected::default())?.map(drop))
    });
    set.await.unwrap_or_else(|_| panic!("it is encrypted for"));
    let id = key_id(secret, 1);
    move |clear| {
        let key = SharedKey::read(method, id.clone(), KEY, KeyForm::Hex).unwrap();
        let about = About { id: "answer", at: 0, field: None };
        encrypt(method, &EncryptionKey::Shared(key), &about, clear.as_bytes(), &SystemRng).unwrap()
    }
}

//! What signing promises, on both engines: judged by what a receiver would see.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sealpost_access::secrets::{self, Kept, Overlap};
use sealpost_egress::guard::Policy;
use sealpost_egress::target::Target;
use sealpost_seal::SecretText;
use sealpost_seal::signature::{
    Custom, CustomSpec, Encoding, KeyEncoding, Profile, SigningSecret, VerifyingKey, WebhookKey, profiles, verify,
};
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, EndpointId, Leaf, StoreError, Tx, both_engines};
use sealpost_web::Failure;

use super::model::{Change, Entry, Signer, Usable};
use super::{Explained, explain, headers, rotation, service, store};
use crate::endpoints::call::Telling;
use crate::endpoints::codes;
use crate::endpoints::encryption::Sealing;
use crate::endpoints::model::{Filter, Ready};
use crate::endpoints::service::{self as endpoints, Changes, Created, GivenSecret, Name, NewEndpoint};
use crate::endpoints::testing;

/// An old secret of a receiver's, too short to be a good one.
const OLD: &str = "fyno-shared-secret";

async fn made(house: &TestStore, ctx: &Ctx, signing: Change, secret: Option<GivenSecret>) -> Result<Created, Failure> {
    let new = NewEndpoint {
        name: Name::parse("billing").unwrap(),
        url: "https://hooks.example.com/billing".into(),
        description: String::new(),
        events: Filter::new(vec![]).unwrap(),
        signing,
        secret,
    };
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    house.store.write(ctx, move |tx| endpoints::create(tx, &keys, new)).await
}

async fn changed(house: &TestStore, ctx: &Ctx, id: EndpointId, change: Change) -> Result<usize, Failure> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let change = move |tx: &mut Tx<'_>| {
        let mut endpoint = endpoints::find(tx, id)?;
        let made = service::change(tx, &keys, &mut endpoint, change)?;
        Ok::<_, Failure>(tx.record(Leaf::of("endpoint.update"), made.len()))
    };
    house.store.write(ctx, change).await
}

async fn rotation_of(
    house: &TestStore,
    ctx: &Ctx,
    id: EndpointId,
    profile: Option<&'static str>,
) -> Result<SecretText, Failure> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    house.store.write(ctx, move |tx| Ok(rotation::begin(tx, &keys, id, profile)?.map(|shown| shown.secret))).await
}

async fn finished(house: &TestStore, ctx: &Ctx, id: EndpointId, seconds: u32) -> Result<(), Failure> {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let overlap = Overlap::seconds(seconds).unwrap();
    house.store.write(ctx, move |tx| Ok(rotation::finish(tx, &keys, id, overlap)?.map(drop))).await
}

/// As if the receiver had answered its ping.
async fn proven(house: &TestStore, ctx: &Ctx, id: EndpointId) {
    let prove = move |tx: &mut Tx<'_>| {
        let rotation = store::rotation(tx, id)?.unwrap();
        assert!(store::prove(tx, id, rotation.secret, tx.ctx().now())?);
        Ok::<_, StoreError>(tx.record(Leaf::of("endpoint.try_rotation"), ()))
    };
    house.store.write(ctx, prove).await.unwrap();
}

/// What goes out now; by the new secret alone, as a try does, if that is asked for.
async fn sent(house: &TestStore, ctx: &Ctx, id: EndpointId, by_the_new_one: bool) -> Vec<(String, String)> {
    let ready = at_hand(house, ctx, id, by_the_new_one).await;
    headers(&ready, &telling(ctx)).unwrap()
}

async fn at_hand(house: &TestStore, ctx: &Ctx, id: EndpointId, by_the_new_one: bool) -> Ready {
    let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
    let load = move |tx: &mut Tx<'_>| {
        let endpoint = crate::endpoints::store::find(tx, id)?.unwrap();
        let signers = service::ready(tx, &keys, &endpoint)?;
        Ok::<_, StoreError>((endpoint, signers))
    };
    let (endpoint, signers) = house.store.read(ctx, load).await.unwrap();
    let signers = match by_the_new_one {
        true => signers.iter().map(Signer::by_the_new_one).collect(),
        false => signers,
    };
    let target = Target::parse(&endpoint.url, &Policy::strict()).unwrap();
    let key = Arc::new(WebhookKey::generate(ctx.rng()));
    Ready { endpoint, target, signers, key, transport: Arc::default(), sealing: Arc::new(Sealing::Clear) }
}

fn telling(ctx: &Ctx) -> Telling<'static> {
    let body = Bytes::from_static(br#"{"type":"message.delivered"}"#);
    Telling {
        id: "evt_1",
        kind: "message.delivered",
        body,
        media_type: crate::endpoints::call::JSON,
        attempt: 1,
        at: ctx.now(),
        deadline: Duration::from_secs(1),
    }
}

/// Whether a receiver with this secret believes what was sent.
fn believes(sent: &[(String, String)], ctx: &Ctx, profile: &Profile<'_>, text: &str, encoding: KeyEncoding) -> bool {
    let secret = SigningSecret::import(text, encoding).unwrap();
    let headers: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (&**name, &**value)).collect();
    let keys = [VerifyingKey::Secret(&secret)];
    verify(profile, &keys, &headers, &telling(ctx).body, ctx.now().unix_seconds(), 300).is_ok()
}

fn refused_as(outcome: Result<impl Sized, Failure>, code: &'static sealpost_web::problem::Code) -> bool {
    matches!(outcome, Err(Failure::Refused(refusal)) if refusal.code() == code)
}

fn with_secret(name: &'static str, text: &str) -> Change {
    let secret = Some(GivenSecret::Value(SecretText::new(text.into()), KeyEncoding::Text));
    Change { entries: Some(vec![Entry { name, definition: None, secret }]), standard: None }
}

fn own_format(signed: &str, separator: Option<char>) -> Change {
    let spec = CustomSpec {
        header: "X-Acme-Signature".into(),
        value: "{signatures}".into(),
        signed: signed.into(),
        encoding: Encoding::Hex,
        prefix: "v0=".into(),
        separator,
        companions: [("X-Acme-Time".to_owned(), "{timestamp}".to_owned())].into(),
    };
    let definition = Some(Custom::compile(spec).unwrap());
    Change { entries: Some(vec![Entry { name: "custom", definition, secret: None }]), standard: None }
}

both_engines! {
    async fn standard_rides_along_and_formats_whose_text_is_the_key_get_a_secret_of_their_own(house: TestStore) {
        let ctx = house.organisation().await;
        let created = made(&house, &ctx, Change::to(&["fyno", "svix", "safravo", "rfc9421"]), None).await.unwrap();
        assert_eq!(created.endpoint.profiles.names(), ["standard", "fyno", "svix", "safravo", "rfc9421"]);
        let made: Vec<&str> = created.profile_secrets.iter().map(|shown| shown.profile).collect();
        assert_eq!(made, ["fyno", "safravo"]);
        let sent = sent(&house, &ctx, created.endpoint.id, false).await;
        let shared = created.secret.as_ref().unwrap().expose();
        for profile in [&profiles::STANDARD, &profiles::SVIX] {
            assert!(believes(&sent, &ctx, profile, shared, KeyEncoding::Base64), "{}", profile.name);
        }
        for (shown, profile) in created.profile_secrets.iter().zip([&profiles::FYNO, &profiles::SAFRAVO]) {
            assert!(believes(&sent, &ctx, profile, shown.secret.expose(), KeyEncoding::Text), "{}", profile.name);
            assert!(!believes(&sent, &ctx, profile, shared, KeyEncoding::Base64), "{}", profile.name);
        }
        assert!(sent.iter().any(|(name, _)| name == "Signature-Input"));
        assert!(created.profile_secrets[1].secret.expose().starts_with("whsec_"));
    }

    async fn a_secret_that_is_brought_along_signs_in_its_profile_alone_and_as_it_is_read(house: TestStore) {
        let ctx = house.organisation().await;
        let created = made(&house, &ctx, with_secret("fyno", OLD), None).await.unwrap();
        assert!(created.profile_secrets.is_empty());
        let sent = sent(&house, &ctx, created.endpoint.id, false).await;
        assert!(believes(&sent, &ctx, &profiles::FYNO, OLD, KeyEncoding::Text));
        let shared = created.secret.as_ref().unwrap().expose();
        assert!(believes(&sent, &ctx, &profiles::STANDARD, shared, KeyEncoding::Base64));
        let id = created.endpoint.id;
        let how = service::how(&house.store, &ctx, id).await.unwrap();
        let fyno: &Usable = &how.signers[1].secrets[0];
        assert!(fyno.secret.is_weak() && fyno.secret.encoding() == KeyEncoding::Text && fyno.fingerprint.is_some());
    }

    async fn what_is_brought_along_for_the_endpoint_signs_in_every_profile(house: TestStore) {
        let ctx = house.organisation().await;
        let given = GivenSecret::Value(SecretText::new(OLD.into()), KeyEncoding::Text);
        let created = made(&house, &ctx, Change::to(&["fyno"]), Some(given)).await.unwrap();
        assert!(created.profile_secrets.is_empty() && created.secret.is_none());
        let sent = sent(&house, &ctx, created.endpoint.id, false).await;
        assert!(believes(&sent, &ctx, &profiles::FYNO, OLD, KeyEncoding::Text));
    }

    async fn an_imported_secret_takes_the_place_of_the_one_before(house: TestStore) {
        let ctx = house.organisation().await;
        let created = made(&house, &ctx, Change::to(&["fyno"]), None).await.unwrap();
        let (id, before) = (created.endpoint.id, created.profile_secrets[0].secret.expose().to_owned());
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let import = move |tx: &mut Tx<'_>| {
            service::import(tx, &keys, id, Some("fyno"), SecretText::new(OLD.into()), KeyEncoding::Text)
        };
        house.store.write(&ctx, import).await.unwrap();
        let sent = sent(&house, &ctx, id, false).await;
        assert!(believes(&sent, &ctx, &profiles::FYNO, OLD, KeyEncoding::Text));
        assert!(!believes(&sent, &ctx, &profiles::FYNO, &before, KeyEncoding::Text));
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let elsewhere = move |tx: &mut Tx<'_>| {
            service::import(tx, &keys, id, Some("safravo"), SecretText::new(OLD.into()), KeyEncoding::Text)
        };
        assert!(refused_as(house.store.write(&ctx, elsewhere).await, &codes::ENDPOINT_INVALID));
    }

    async fn a_rotation_by_steps_flips_a_format_with_one_slot_only_when_it_is_proven(house: TestStore) {
        let ctx = house.organisation().await;
        // One secret for both: the overlap is kept where there is room, and not promised where there is none.
        let given = GivenSecret::Value(SecretText::new(OLD.into()), KeyEncoding::Text);
        let created = made(&house, &ctx, Change::to(&["fyno"]), Some(given)).await.unwrap();
        let id = created.endpoint.id;
        let new = rotation_of(&house, &ctx, id, None).await.unwrap();
        let new = new.expose();
        let fyno = |sent: &[(String, String)], text, encoding| believes(sent, &ctx, &profiles::FYNO, text, encoding);
        let standard = |sent: &[(String, String)], text, encoding| believes(sent, &ctx, &profiles::STANDARD, text, encoding);
        let waiting = sent(&house, &ctx, id, false).await;
        assert!(fyno(&waiting, OLD, KeyEncoding::Text) && !fyno(&waiting, new, KeyEncoding::Base64));
        assert!(standard(&waiting, OLD, KeyEncoding::Text) && standard(&waiting, new, KeyEncoding::Base64));
        let tried = sent(&house, &ctx, id, true).await;
        assert!(fyno(&tried, new, KeyEncoding::Base64) && !fyno(&tried, OLD, KeyEncoding::Text));
        assert!(!standard(&tried, OLD, KeyEncoding::Text), "a try proves nothing if the old one would do");

        assert!(refused_as(finished(&house, &ctx, id, 60).await, &codes::ROTATION_UNPROVEN));
        assert!(refused_as(rotation_of(&house, &ctx, id, None).await, &codes::ROTATION_UNDER_WAY));
        proven(&house, &ctx, id).await;
        let elsewhere = Changes { url: Some("https://hooks.example.com/other".into()), ..Changes::default() };
        testing::change(&house.store, &ctx, id, elsewhere).await.unwrap();
        assert!(refused_as(finished(&house, &ctx, id, 60).await, &codes::ROTATION_UNPROVEN), "another receiver proved it");
        proven(&house, &ctx, id).await;
        finished(&house, &ctx, id, 60).await.unwrap();
        let after = sent(&house, &ctx, id, false).await;
        assert!(fyno(&after, new, KeyEncoding::Base64) && !fyno(&after, OLD, KeyEncoding::Text));
        assert!(standard(&after, OLD, KeyEncoding::Text) && standard(&after, new, KeyEncoding::Base64));
        house.clock.advance_ms(60_000);
        let later = sent(&house, &ctx, id, false).await;
        assert!(!believes(&later, &ctx, &profiles::STANDARD, OLD, KeyEncoding::Text));
        assert!(refused_as(finished(&house, &ctx, id, 60).await, &codes::ROTATION_MISSING));
    }

    async fn a_rotation_of_one_profile_touches_no_other_and_can_be_taken_back(house: TestStore) {
        let ctx = house.organisation().await;
        let created = made(&house, &ctx, Change::to(&["fyno", "fanfare"]), None).await.unwrap();
        let (id, before) = (created.endpoint.id, created.profile_secrets[0].secret.expose().to_owned());
        let kept = house.store.read(&ctx, secrets::list).await.unwrap().len();
        let new = rotation_of(&house, &ctx, id, Some("fyno")).await.unwrap();
        let tried = sent(&house, &ctx, id, true).await;
        assert!(believes(&tried, &ctx, &profiles::FYNO, new.expose(), KeyEncoding::Text));
        let other = created.profile_secrets[1].secret.expose();
        assert!(believes(&tried, &ctx, &profiles::FANFARE, other, KeyEncoding::Text));
        assert_eq!(house.store.read(&ctx, secrets::list).await.unwrap().len(), kept + 1);
        let uses = house.store.read(&ctx, endpoints::secret_uses).await.unwrap();
        assert_eq!(uses.len(), kept + 1, "every secret that is kept says by what it is used");
        house.store.write(&ctx, move |tx| rotation::cancel(tx, id)).await.unwrap();
        assert_eq!(house.store.read(&ctx, secrets::list).await.unwrap().len(), kept, "the new one is destroyed");
        let sent = sent(&house, &ctx, id, false).await;
        assert!(believes(&sent, &ctx, &profiles::FYNO, &before, KeyEncoding::Text));
    }

    async fn an_overlap_is_refused_where_there_is_no_room_for_one(house: TestStore) {
        let ctx = house.organisation().await;
        let given = GivenSecret::Value(SecretText::new(OLD.into()), KeyEncoding::Text);
        let created = made(&house, &ctx, Change::to(&["fyno"]), Some(given)).await.unwrap();
        let id = created.endpoint.id;
        let rotate = async |seconds| {
            let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
            let overlap = Overlap::seconds(seconds).unwrap();
            house.store.write(&ctx, move |tx| endpoints::rotate_secret(tx, &keys, id, overlap)).await
        };
        assert!(refused_as(rotate(60).await, &codes::ROTATION_GUIDED));
        assert!(rotate(0).await.is_ok(), "whoever lost it can end it at once");
        changed(&house, &ctx, id, with_secret("fyno", OLD)).await.unwrap();
        assert!(rotate(60).await.is_ok(), "it signs by another secret now");
    }

    async fn a_format_of_ones_own_is_kept_signs_and_says_whether_it_can_be_replayed(house: TestStore) {
        let ctx = house.organisation().await;
        let created = made(&house, &ctx, own_format("{timestamp}.{body}", Some(',')), None).await.unwrap();
        let id = created.endpoint.id;
        let found = house.store.read::<_, StoreError>(&ctx, move |tx| crate::endpoints::store::find(tx, id)).await.unwrap().unwrap();
        let custom = found.custom.clone().unwrap();
        assert!(found.replayable().is_empty() && found.is_replay_protected());
        let text = created.profile_secrets[0].secret.expose();
        let headers = sent(&house, &ctx, id, false).await;
        assert!(custom.with(|profile| believes(&headers, &ctx, profile, text, KeyEncoding::Text)));
        assert_eq!(changed(&house, &ctx, id, own_format("{body}", None)).await.unwrap(), 0, "the secret stays");
        let found = house.store.read::<_, StoreError>(&ctx, move |tx| crate::endpoints::store::find(tx, id)).await.unwrap().unwrap();
        assert_eq!(found.replayable(), ["custom"]);
        let alone = Change { entries: None, standard: Some(false) };
        changed(&house, &ctx, id, alone).await.unwrap();
        let found = house.store.read::<_, StoreError>(&ctx, move |tx| crate::endpoints::store::find(tx, id)).await.unwrap().unwrap();
        assert_eq!((found.profiles.names(), found.is_replay_protected()), (&["custom"][..], false));
        let nothing = Change { entries: Some(vec![]), standard: None };
        assert!(refused_as(changed(&house, &ctx, id, nothing).await, &codes::ENDPOINT_INVALID), "nothing leaves unsigned");
        let without = Change { entries: Some(vec![Entry::named("custom")]), standard: None };
        let other = house.organisation().await;
        assert!(refused_as(made(&house, &other, without, None).await, &codes::ENDPOINT_INVALID));
    }

    async fn what_a_profile_signed_by_goes_with_it_and_with_the_endpoint(house: TestStore) {
        let ctx = house.organisation().await;
        let created = made(&house, &ctx, Change::to(&["fyno", "safravo"]), None).await.unwrap();
        let id = created.endpoint.id;
        rotation_of(&house, &ctx, id, Some("fyno")).await.unwrap();
        let count = async || house.store.read(&ctx, secrets::list).await.unwrap().len();
        assert_eq!(count().await, 5);
        assert_eq!(changed(&house, &ctx, id, Change::to(&["safravo"])).await.unwrap(), 0);
        assert_eq!(count().await, 3, "with the profile goes its secret, and the one on its way");
        assert_eq!(changed(&house, &ctx, id, Change::to(&["safravo", "github-like"])).await.unwrap(), 1);
        house.store.write(&ctx, move |tx| endpoints::remove(tx, id)).await.unwrap();
        assert_eq!(count().await, 0);
        assert!(house.store.read(&ctx, store::all).await.unwrap().is_empty());
    }

    async fn every_signature_is_explained_and_no_explanation_holds_a_secret(house: TestStore) {
        let ctx = house.organisation().await;
        let created = made(&house, &ctx, Change::to(&["fyno", "stripe-like", "rfc9421"]), None).await.unwrap();
        let id = created.endpoint.id;
        rotation_of(&house, &ctx, id, None).await.unwrap();
        let ready = at_hand(&house, &ctx, id, false).await;
        let (sent, explained) = (headers(&ready, &telling(&ctx)).unwrap(), explain(&ready, &telling(&ctx)).unwrap());
        let of = |name| explained.iter().filter(move |one| one.profile == name).collect::<Vec<&Explained>>();
        assert_eq!((of("standard").len(), of("fyno").len(), of("rfc9421").len()), (3, 1, 1), "two secrets and a key");
        for one in &explained {
            let (_, value) = sent.iter().find(|(name, _)| *name == one.header).unwrap();
            assert!(value.contains(&one.signature), "{}: {value}", one.profile);
            assert!(!one.signed.is_empty() && !one.key.is_empty());
            let all = format!("{}{}{}", one.shell, one.signature, String::from_utf8_lossy(&one.signed));
            for signer in &ready.signers {
                assert!(signer.secrets.iter().all(|usable| !all.contains(usable.secret.expose())));
            }
        }
    }

    async fn a_stored_secret_signs_in_a_profile_and_stays_when_that_goes(house: TestStore) {
        let ctx = house.organisation().await;
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let value = SecretText::new(OLD.into());
        let new = secrets::NewSecret::new(value, KeyEncoding::Text, secrets::Origin::Imported).unwrap();
        let keep = move |tx: &mut Tx<'_>| {
            let id = secrets::create(tx, &keys, secrets::STORED, new)?;
            Ok::<_, StoreError>(tx.record(Leaf::of("secret.create"), id))
        };
        let stored = house.store.write(&ctx, keep).await.unwrap();
        let secret = Some(GivenSecret::Stored(secrets::SecretRef::Id(stored)));
        let change = Change { entries: Some(vec![Entry { name: "fyno", definition: None, secret }]), standard: None };
        let id = made(&house, &ctx, change, None).await.unwrap().endpoint.id;
        let headers = sent(&house, &ctx, id, false).await;
        assert!(believes(&headers, &ctx, &profiles::FYNO, OLD, KeyEncoding::Text));
        assert!(refused_as(rotation_of(&house, &ctx, id, Some("fyno")).await, &codes::SECRET_STORED));
        let uses = house.store.read(&ctx, endpoints::secret_uses).await.unwrap();
        assert!(uses.iter().any(|one| one.secret == stored && one.name == "billing"));
        changed(&house, &ctx, id, Change::to(&[])).await.unwrap();
        let left = house.store.read(&ctx, secrets::list).await.unwrap();
        assert!(left.iter().any(|one| one.id == stored) && Kept::Own(stored).stored().is_none());
    }
}

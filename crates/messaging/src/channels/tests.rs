//! What channels promise, through the service, on both engines.

use sealpost_access::secrets::{self, Credential, Kept, NewSecret, Origin, Overlap, SecretRef};
use sealpost_seal::SecretText;
use sealpost_seal::signature::KeyEncoding;
use sealpost_store::testing::TestStore;
use sealpost_store::{Ctx, Leaf, SecretId, StoreError, Tx, both_engines};

use sealpost_web::problem::{PERMISSION_MISSING, Place};
use sealpost_web::{Code, Failure, Refusal, not_found};

use super::codes::{CHANNEL_EXISTS, CHANNEL_INVALID};
use super::*;
use crate::label::Label;
use crate::patch::Change;
use crate::versions::Promoted;

const PASSWORD: &str = "marker-wombat-password";

fn dkim(selector: &str) -> NewDkim {
    NewDkim {
        domain: "mail.example.com".into(),
        selector: selector.into(),
        algorithm: Some(DkimKind::Ed25519),
        private_key: None,
    }
}

fn email() -> NewEmail {
    NewEmail {
        host: "smtp.example.com".into(),
        port: 465,
        security: Protection::ImplicitTls,
        username: Some("mailer".into()),
        password: Some(Credential::Value(SecretText::new(PASSWORD.into()))),
        from_address: "news@mail.example.com".into(),
        from_name: Some("Example".into()),
        reply_to: Some("help@example.com".into()),
        helo: "mail.example.com".into(),
        dkim: Some(dkim("s1")),
        unsubscribe_base: Some("https://example.com/u".into()),
    }
}

fn new(email: NewEmail) -> NewChannel {
    NewChannel { name: Label::parse("mail").unwrap(), email }
}

/// What became of a change that nobody has to agree to.
fn at_once(became: Result<Promoted<Channel>, Failure>) -> Channel {
    match became.unwrap() {
        Promoted::InForce(channel) => channel,
        Promoted::Waits(_) => panic!("nobody has said that this takes an approval"),
    }
}

fn refused<T>(outcome: Result<T, Failure>, code: &Code) -> Refusal {
    match outcome {
        Err(Failure::Refused(refusal)) if refusal.code() == code => refusal,
        _ => panic!("not {}", code.code),
    }
}

/// The place of the first thing that was wrong.
fn place(refusal: &Refusal) -> String {
    match &refusal.errors()[0].place {
        Place::Pointer(place) => place.clone(),
        other => panic!("{other:?}"),
    }
}

fn hex(id: SecretId) -> String {
    id.bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn imported(value: &str) -> NewSecret {
    NewSecret::new(SecretText::new(value.into()), KeyEncoding::Text, Origin::Imported).unwrap()
}

/// A secret as somebody stores it, called `stored-` and the end of its id.
async fn store_secret(house: &TestStore, ctx: &Ctx, value: &str) -> SecretId {
    let (keys, new) = (house.store.keys().organisation(ctx.org.id).await.unwrap(), imported(value));
    let make = move |tx: &mut Tx<'_>| {
        let id = secrets::create(tx, &keys, secrets::STORED, new)?;
        Ok::<_, StoreError>(tx.record(Leaf::of("secret.create"), id))
    };
    house.store.write(ctx, make).await.unwrap()
}

async fn rotate_secret(house: &TestStore, ctx: &Ctx, id: SecretId, value: &str) {
    let (keys, new) = (house.store.keys().organisation(ctx.org.id).await.unwrap(), imported(value));
    let rotate = move |tx: &mut Tx<'_>| {
        secrets::rotate(tx, &keys, id, secrets::STORED, new, Overlap::NONE)?;
        Ok::<_, StoreError>(tx.record(Leaf::of("secret.rotate"), ()))
    };
    house.store.write(ctx, rotate).await.unwrap();
}

both_engines! {
    async fn a_channel_is_ready_to_send_and_shows_what_to_publish(house: TestStore) {
        let ctx = house.organisation().await;
        let channels = Channels::new(house.store.clone());
        let made = channels.create(&ctx, new(email())).await.unwrap();
        let published = made.email.dkim.as_ref().unwrap();
        assert_eq!(published.record_name(), "s1._domainkey.mail.example.com");
        assert!(published.record_value().starts_with("v=DKIM1; k=ed25519; p="));
        let ready = channels.email(&ctx, made.id).await.unwrap();
        assert_eq!((ready.dkim.len(), ready.domain.as_str()), (1, "mail.example.com"));
        assert!(format!("{:?}", ready.relay).contains("authenticates: true"));
        assert_eq!(ready.from.address.as_path(), "news@mail.example.com");
    }

    async fn a_change_is_in_force_at_once_and_credentials_follow_it(house: TestStore) {
        let ctx = house.organisation().await;
        let channels = Channels::new(house.store.clone());
        let made = channels.create(&ctx, new(email())).await.unwrap();
        channels.email(&ctx, made.id).await.unwrap();
        let changes = EmailChanges {
            username: Change::Clear,
            password: Change::Clear,
            dkim: Change::Set(dkim("s2")),
            reply_to: Change::Clear,
            ..EmailChanges::default()
        };
        let updated = at_once(channels.update(&ctx, made.id, changes).await);
        assert!(updated.email.password.is_none() && updated.email.reply_to.is_none());
        assert_eq!(updated.email.dkim.as_ref().unwrap().selector, "s2");
        assert_ne!(updated.email.dkim.unwrap().public, made.email.dkim.as_ref().unwrap().public);
        let ready = channels.email(&ctx, made.id).await.unwrap();
        assert!(format!("{:?}", ready.relay).contains("authenticates: false"));
        let secrets = house.store.read(&ctx, sealpost_access::secrets::list).await.unwrap();
        assert_eq!(secrets.len(), 1, "the old password and the old key are gone");
    }

    async fn a_new_password_replaces_the_old_one(house: TestStore) {
        let ctx = house.organisation().await;
        let channels = Channels::new(house.store.clone());
        let made = channels.create(&ctx, new(email())).await.unwrap();
        let before = channels.email(&ctx, made.id).await.unwrap();
        let changes = EmailChanges { password: Change::Set(Credential::Value(SecretText::new("another".into()))), ..EmailChanges::default() };
        let updated = at_once(channels.update(&ctx, made.id, changes).await);
        assert_eq!(updated.email.password, made.email.password, "the secret stays, with a new version");
        assert!(channels.email(&ctx, made.id).await.unwrap().relay != before.relay);
    }

    async fn settings_that_can_not_work_are_refused_by_name(house: TestStore) {
        let ctx = house.organisation().await;
        let channels = Channels::new(house.store.clone());
        for (wrong, field) in [
            (NewEmail { host: "not a host".into(), ..email() }, "host"),
            (NewEmail { port: 0, ..email() }, "port"),
            (NewEmail { helo: "no host".into(), ..email() }, "helo"),
            (NewEmail { from_address: "a@b@c".into(), ..email() }, "from_address"),
            (NewEmail { from_name: Some("a\r\nBcc: x".into()), ..email() }, "from_name"),
            (NewEmail { reply_to: Some("nobody".into()), ..email() }, "reply_to"),
            (NewEmail { username: None, ..email() }, "username"),
            (NewEmail { password: None, ..email() }, "password"),
            (NewEmail { unsubscribe_base: Some("http://example.com".into()), ..email() }, "unsubscribe_base"),
            (NewEmail { dkim: Some(NewDkim { domain: "x".into(), ..dkim("s1") }), ..email() }, "dkim/domain"),
            (NewEmail { dkim: Some(dkim("a b")), ..email() }, "dkim/selector"),
        ] {
            let refusal = refused(channels.create(&ctx, new(wrong)).await, &CHANNEL_INVALID);
            assert_eq!(place(&refusal), format!("/email/{field}"));
        }
        let made = channels.create(&ctx, new(email())).await.unwrap();
        let alone = channels.update(&ctx, made.id, EmailChanges { password: Change::Clear, ..EmailChanges::default() }).await;
        assert_eq!(place(&refused(alone, &CHANNEL_INVALID)), "/email/password");
        refused(channels.create(&ctx, new(email())).await, &CHANNEL_EXISTS);
    }

    async fn a_foreign_channel_does_not_exist_here(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let channels = Channels::new(house.store.clone());
        let made = channels.create(&ours, new(email())).await.unwrap();
        channels.email(&ours, made.id).await.unwrap();
        assert!(matches!(channels.find(&theirs, made.id).await, Err(ChannelRefusal::NotFound)));
        assert!(matches!(channels.email(&theirs, made.id).await, Err(ChannelRefusal::NotFound)));
        refused(channels.update(&theirs, made.id, EmailChanges::default()).await, not_found().code());
        assert!(channels.list(&theirs, None, 10).await.unwrap().is_empty());
    }

    async fn a_password_may_be_a_stored_secret_whose_newest_version_is_presented(house: TestStore) {
        let ctx = house.organisation().await;
        let channels = Channels::new(house.store.clone());
        let stored = store_secret(&house, &ctx, "first").await;
        let by_id = Credential::Stored(SecretRef::Id(stored));
        let made = channels.create(&ctx, new(NewEmail { password: Some(by_id), ..email() })).await.unwrap();
        assert_eq!(made.email.password, Some(Kept::Stored { stored }));
        let uses = house.store.read(&ctx, secret_uses).await.unwrap();
        assert!(uses.iter().any(|one| one.secret == stored && one.name == "mail"));
        let before = channels.email(&ctx, made.id).await.unwrap();
        rotate_secret(&house, &ctx, stored, "second").await;
        // The bus is quick, and another part of the process.
        for _ in 0..500 {
            if channels.email(&ctx, made.id).await.unwrap().relay != before.relay {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(channels.email(&ctx, made.id).await.unwrap().relay != before.relay, "the new version is presented");
        let own = EmailChanges { password: Change::Set(Credential::Value(SecretText::new("own".into()))), ..EmailChanges::default() };
        let changed = at_once(channels.update(&ctx, made.id, own).await);
        assert!(matches!(changed.email.password, Some(Kept::Own(_))));
        let keys = house.store.keys().organisation(ctx.org.id).await.unwrap();
        let kept = house.store.read(&ctx, move |tx| secrets::usable(tx, &keys, stored, secrets::STORED)).await.unwrap();
        assert_eq!(kept.len(), 1, "what was stored by hand stays");
    }

    async fn only_whoever_may_manage_secrets_has_a_stored_one_presented_elsewhere(house: TestStore) {
        let ctx = house.organisation().await;
        let channels = Channels::new(house.store.clone());
        let stored = store_secret(&house, &ctx, "first").await;
        let named = SecretRef::parse(&format!("stored-{}", &hex(stored)[20..])).unwrap();
        let password = Some(Credential::Stored(named));
        let made = channels.create(&ctx, new(NewEmail { password, ..email() })).await.unwrap();
        let elsewhere = || EmailChanges { host: Some("evil.example.com".into()), ..EmailChanges::default() };
        refused(channels.update(&ctx, made.id, elsewhere()).await, &PERMISSION_MISSING);
        let harmless = EmailChanges { from_name: Change::Set("Other".into()), ..EmailChanges::default() };
        at_once(channels.update(&ctx, made.id, harmless).await);
        let update = channels.prepare_update(&ctx, made.id, elsewhere()).await.unwrap().may_move_secrets(true);
        let moved = at_once(house.store.write(&ctx, move |tx| update.apply(tx)).await);
        assert_eq!(moved.email.host, "evil.example.com");
    }

    async fn what_is_not_stored_here_can_not_be_named(house: TestStore) {
        let (ours, theirs) = (house.organisation().await, house.organisation().await);
        let channels = Channels::new(house.store.clone());
        let stored = store_secret(&house, &theirs, "first").await;
        let own = channels.create(&ours, new(email())).await.unwrap().email.password.unwrap().id();
        let nobody = SecretRef::parse("nobody").unwrap();
        for wanted in [SecretRef::Id(stored), SecretRef::Id(own), nobody] {
            let name = Label::parse("other").unwrap();
            let password = Some(Credential::Stored(wanted));
            let named = channels.create(&ours, NewChannel { name, email: NewEmail { password, ..email() } }).await;
            assert_eq!(place(&refused(named, &CHANNEL_INVALID)), "/email/password/secret");
        }
    }

    async fn a_channel_says_when_it_was_used_last_and_not_every_time(house: TestStore) {
        let ctx = house.organisation().await;
        let channels = Channels::new(house.store.clone());
        let made = channels.create(&ctx, new(email())).await.unwrap();
        let last = || async { channels.find(&ctx, made.id).await.unwrap().last_used_at };
        assert_eq!(last().await, None);
        let first = ctx.now();
        channels.used(&ctx, made.id).await;
        house.clock.advance_ms(30_000);
        channels.used(&ctx, made.id).await;
        assert_eq!(last().await, Some(first));
        house.clock.advance_ms(30_000);
        channels.used(&ctx, made.id).await;
        assert_eq!(last().await, Some(ctx.now()));
        let uses = house.store.read(&ctx, secret_uses).await.unwrap();
        assert!(uses.iter().all(|one| one.last_used_at == Some(ctx.now())));
    }

    async fn no_leaf_no_channel_and_no_secret(house: TestStore) {
        let ctx = house.organisation().await;
        let channels = Channels::new(house.store.clone());
        house.break_ledger(true);
        assert!(channels.create(&ctx, new(email())).await.is_err());
        house.break_ledger(false);
        assert!(channels.list(&ctx, None, 10).await.unwrap().is_empty());
        assert!(house.store.read(&ctx, sealpost_access::secrets::list).await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_credential_is_in_the_settings_or_in_any_file() {
    let house = TestStore::sqlite().await;
    let ctx = house.organisation().await;
    let channels = Channels::new(house.store.clone());
    let made = channels.create(&ctx, new(email())).await.unwrap();
    let settings = serde_json::to_string(&made.email).unwrap();
    assert!(!settings.contains("wombat"));
    for entry in std::fs::read_dir(house.folder.as_ref().unwrap().path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()));
    }
}

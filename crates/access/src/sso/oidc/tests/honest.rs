//! What works with a provider that does as it should.

use sealpost_seal::SecretText;
use sealpost_seal::jws::Algorithm;
use sealpost_seal::key::sha256;
use sealpost_store::{StoreError, both_engines};
use serde_json::json;

use super::provider::{CLIENT, Lie, Provider, Raw};
use super::{Browser, House};
use crate::sso::oidc::facts;
use crate::sso::oidc::settings::Draft;

/// The value of this field in what was sent to redeem a code.
fn sent(shown: &str, name: &str) -> Option<String> {
    let (_, body) = shown.split_once("\n\n").unwrap();
    super::fields(body).remove(name)
}

both_engines! {
    async fn whoever_is_invited_signs_in_by_every_algorithm(test: TestStore) {
        for algorithm in Algorithm::ALL {
            let house = House::with(&test, Provider::signing(algorithm).await).await;
            let connection = house.ready().await;
            for _ in 0..2 {
                let got = house.come(&connection, None).await;
                assert_eq!((got.status, got.location.as_str()), (303, "/app"), "{algorithm:?} {}", got.text);
                assert!(got.session.is_some());
            }
            assert_eq!(house.refusal(connection.id).await, None);
            // Asked once, and remembered.
            assert_eq!(house.provider.asked("/a/.well-known/openid-configuration"), 1);
            assert_eq!(house.provider.asked("/a/keys"), 1);
        }
    }

    async fn a_visitor_leaves_with_what_the_flow_takes(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.connection(Draft {
            groups_claim: Some("groups".into()),
            max_age_minutes: Some(60),
            ..house.draft("a")
        }).await;
        let (mut one, mut other) = (Browser::default(), Browser::default());
        let asked = house.leave(&mut one, &connection).await.unwrap();
        let back = format!("https://localhost/sign-in/oidc/{}/callback", connection.id);
        for (name, value) in [
            ("from", "here"),
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("redirect_uri", &back),
            ("scope", "openid email profile groups"),
            ("code_challenge_method", "S256"),
            ("max_age", "3600"),
        ] {
            assert_eq!(asked[name], value, "{name}");
        }
        let again = house.leave(&mut other, &connection).await.unwrap();
        for name in ["state", "nonce", "code_challenge"] {
            assert!(asked[name].len() >= 43 && asked[name] != again[name], "{name}");
        }
        assert!(!asked.contains_key("client_secret"));
        assert!(facts(&connection, "https://localhost").contains(&("Redirect URI", back)));
    }

    async fn a_clients_secret_is_known_by_its_age_and_its_last_use_and_not_by_its_value(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        let told = || house.store.read::<_, StoreError>(&house.ctx, crate::sso::credentials);
        let made = told().await.unwrap();
        let [one] = made.as_slice() else { panic!("{made:?}") };
        assert_eq!((one.connection, one.what, one.last_used_at), (connection.id, "oidc_client_secret", None));
        assert!(!format!("{made:?}").contains("s3cret"));
        house.clock.advance_ms(3_600_000);
        house.change(connection.id, Draft { domains: Some(vec!["clinic.example".into()]), ..Draft::default() }).await.unwrap();
        assert_eq!(told().await.unwrap()[0].since, one.since, "another domain is no other secret");
        let other = Draft { client_secret: Some(SecretText::new("another one".into())), ..Draft::default() };
        let changed = house.change(connection.id, other).await.unwrap();
        assert_eq!(told().await.unwrap()[0].since, changed.updated_at);
        let public = Draft { client_secret: None, ..house.draft("a") };
        let public = house.connection(Draft { client_id: Some("nobody".into()), ..public }).await;
        assert!(told().await.unwrap().iter().all(|one| one.connection != public.id), "a public client has none");
    }

    async fn whoever_comes_by_a_connection_uses_its_secret(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        assert!(house.come(&connection, None).await.session.is_some());
        let told = house.store.read::<_, StoreError>(&house.ctx, crate::sso::credentials).await.unwrap();
        assert!(told[0].last_used_at.is_some_and(|at| house.ctx.now().since(at) < 60_000));
    }

    async fn the_secret_is_shown_as_the_provider_takes_it_and_to_nobody_else(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        assert!(house.come(&connection, None).await.session.is_some());
        let shown = house.provider.shown();
        assert!(shown.contains("Basic c2VhbHBvc3QlM0FjbGllbnQ6czNjcmV0JTIwJTI2JTIwbW9yZQ=="), "{shown}");
        assert_eq!((sent(&shown, "client_secret"), sent(&shown, "client_id")), (None, None));
        let verifier = sent(&shown, "code_verifier").unwrap();
        assert!(verifier.len() == 43 && sha256(&[verifier.as_bytes()]) != [0; 32]);

        let mut document = house.provider.document("post");
        document["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt", "client_secret_post"]);
        house.provider.say("/post/.well-known/openid-configuration", Raw::json(200, &document));
        let refused = house.change(connection.id, Draft { issuer: house.draft("post").issuer, ..Draft::default() }).await;
        assert_eq!(refused.unwrap_err(), "secret_needed_anew", "a secret goes to whom it was entered for");
        let connection = house.change(connection.id, house.draft("post")).await.unwrap();
        assert!(house.come(&connection, None).await.session.is_some());
        assert_eq!(sent(&house.provider.shown(), "client_secret").as_deref(), Some("s3cret & more"));
        assert!(!house.provider.shown().to_ascii_lowercase().contains("authorization:"));

        let public = Draft { client_secret: Some(SecretText::new(String::new())), ..Draft::default() };
        let connection = house.change(connection.id, public).await.unwrap();
        house.come(&connection, None).await;
        let shown = house.provider.shown();
        assert_eq!((sent(&shown, "client_secret"), sent(&shown, "client_id").as_deref()), (None, Some(CLIENT)));
        assert!(!shown.contains("s3cret") && !connection.settings.contains("s3cret"));
    }

    async fn a_key_that_is_new_at_the_provider_is_asked_for_once_a_minute(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        assert!(house.come(&connection, None).await.session.is_some());
        let asked = || house.provider.asked("/a/keys");
        let with = |id: &'static str| {
            let lie: Lie = Box::new(move |_, telling| telling.header["kid"] = id.into());
            Some(lie)
        };
        // Within the minute of the first look, nobody is asked, whatever a token names.
        for _ in 0..3 {
            assert_eq!(house.come(&connection, with("k2")).await.code(), "token_key_unknown");
        }
        assert_eq!(asked(), 1);
        house.clock.advance_ms(60_000);
        house.provider.publish(vec![house.provider.signer.jwk("k2")]);
        assert!(house.come(&connection, with("k2")).await.session.is_some());
        assert_eq!(asked(), 2);
        for _ in 0..3 {
            assert_eq!(house.come(&connection, with("k3")).await.code(), "token_key_unknown");
        }
        assert_eq!(asked(), 2);
    }

    async fn what_is_known_is_asked_for_again_each_hour_and_kept_while_the_provider_is_away(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        assert!(house.come(&connection, None).await.session.is_some());
        let path = "/a/.well-known/openid-configuration";
        house.clock.advance_ms(3_600_000);
        assert!(house.come(&connection, None).await.session.is_some());
        assert_eq!(house.provider.asked(path), 2);
        // What it answers wrongly counts; and isn't asked for anew by everybody who comes meanwhile.
        house.provider.say(path, Raw::json(503, &json!({})));
        house.clock.advance_ms(3_600_000);
        for _ in 0..3 {
            assert_eq!(house.come(&connection, None).await.code(), "provider_answer_unusable");
        }
        assert_eq!(house.provider.asked(path), 3);
        house.provider.say(path, Raw::json(200, &house.provider.document("a")));
        house.clock.advance_ms(5_000);
        assert!(house.come(&connection, None).await.session.is_some());
    }

    async fn an_address_that_is_not_in_the_token_is_asked_for(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        let bare = || -> Option<Lie> {
            Some(Box::new(|_, telling| {
                telling.claims.as_object_mut().unwrap().remove("email");
                telling.claims.as_object_mut().unwrap().remove("email_verified");
            }))
        };
        let about = |subject: &str, verified| json!({ "sub": subject, "email": "ada@clinic.example", "email_verified": verified });
        house.provider.tell_more(about("somebody-else", true));
        assert_eq!(house.come(&connection, bare()).await.code(), "userinfo_subject_mismatch");
        house.provider.tell_more(about("ada-at-id", false));
        assert_eq!(house.come(&connection, bare()).await.code(), "email_missing");
        house.provider.tell_more(about("ada-at-id", true));
        assert!(house.come(&connection, bare()).await.session.is_some());
        let asked = house.provider.asked("/a/userinfo");
        assert!(house.come(&connection, None).await.session.is_some());
        assert_eq!(house.provider.asked("/a/userinfo"), asked, "asked only if needed");
    }

    async fn nobody_comes_in_whom_nobody_invited(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.connection(house.draft("a")).await;
        let got = house.come(&connection, None).await;
        assert_eq!((got.status, got.code().as_str(), got.session.as_deref()), (403, "member_unknown", None));
        assert_eq!(house.refusal(connection.id).await.as_deref(), Some("member_unknown"));
        house.invited("ada@clinic.example").await;
        assert!(house.come(&connection, None).await.session.is_some());
        // Somebody else with her address at the provider is not her: she is known by her subject.
        house.provider.know_as("eve-at-id");
        let twin: Lie = Box::new(|_, telling| telling.claims["email"] = "eve@clinic.example".into());
        assert_eq!(house.come(&connection, Some(twin)).await.code(), "member_unknown");
    }
}

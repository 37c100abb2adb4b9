//! What a provider, or whoever sits between it and a visitor, tells that isn't so: each refused by its code, none accepted.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sealpost_seal::jws::Algorithm;
use sealpost_seal::jws::testing::{Signer, maced, unsigned};
use sealpost_store::both_engines;
use serde_json::{Value, json};

use super::provider::{CLIENT, KEY, Lie, Provider, Raw, SECRET, Telling};
use super::{Browser, House};
use crate::sso::oidc::settings::Draft;

type Twist = fn(&Provider, &mut Telling);

fn set(telling: &mut Telling, name: &str, value: impl Into<Value>) {
    telling.claims[name] = value.into();
}

fn drop_claim(telling: &mut Telling, name: &str) {
    telling.claims.as_object_mut().unwrap().remove(name);
}

fn shift(telling: &mut Telling, name: &str, seconds: i64) {
    let at = telling.claims["iat"].as_i64().unwrap() + seconds;
    set(telling, name, at);
}

/// What the honest key has signed of the claims, with this instead of one of its parts.
fn signed(provider: &Provider, telling: &Telling) -> String {
    provider.signer.sign(&telling.header.to_string(), &telling.claims.to_string())
}

const TWISTS: &[(&str, &str, Twist)] = &[
    ("another issuer", "issuer_mismatch", |p, t| set(t, "iss", p.issuer("b"))),
    ("an issuer with a slash more", "issuer_mismatch", |p, t| set(t, "iss", format!("{}/", p.issuer("a")))),
    ("an issuer in capitals", "issuer_mismatch", |p, t| set(t, "iss", p.issuer("a").to_uppercase())),
    ("no issuer", "issuer_mismatch", |_, t| drop_claim(t, "iss")),
    ("two issuers", "claims_malformed", |p, t| set(t, "iss", json!([p.issuer("a")]))),
    ("another audience", "audience_mismatch", |_, t| set(t, "aud", "somebody")),
    ("no audience", "audience_mismatch", |_, t| drop_claim(t, "aud")),
    ("an empty audience", "audience_mismatch", |_, t| set(t, "aud", json!([]))),
    ("an audience of others", "audience_mismatch", |_, t| set(t, "aud", json!(["x", "y"]))),
    ("an audience that is an object", "audience_mismatch", |_, t| set(t, "aud", json!({ CLIENT: true }))),
    ("several audiences, given to nobody", "authorized_party_mismatch", |_, t| set(t, "aud", json!([CLIENT, "other"]))),
    ("several audiences, given to another", "authorized_party_mismatch", |_, t| {
        set(t, "aud", json!([CLIENT, "other"]));
        set(t, "azp", "other");
    }),
    ("one audience, given to another", "authorized_party_mismatch", |_, t| set(t, "azp", "other")),
    ("another nonce", "nonce_mismatch", |_, t| set(t, "nonce", "x")),
    ("no nonce", "nonce_mismatch", |_, t| drop_claim(t, "nonce")),
    ("an empty nonce", "nonce_mismatch", |_, t| set(t, "nonce", "")),
    ("a nonce that is nothing", "claims_malformed", |_, t| set(t, "nonce", Value::Null)),
    ("expired", "token_expired", |_, t| shift(t, "exp", -61)),
    ("never expires", "claims_malformed", |_, t| drop_claim(t, "exp")),
    ("expires in a text", "claims_malformed", |_, t| set(t, "exp", "99999999999")),
    ("expires beyond all numbers", "claims_malformed", |_, t| set(t, "exp", 1e300)),
    ("from the future", "token_from_the_future", |_, t| shift(t, "iat", 120)),
    ("from before anybody asked", "token_too_old", |_, t| shift(t, "iat", -600)),
    ("from no time", "claims_malformed", |_, t| drop_claim(t, "iat")),
    ("not yet", "token_not_yet_valid", |_, t| shift(t, "nbf", 120)),
    ("another access token", "access_token_mismatch", |_, t| t.access_token = Some("at-other".into())),
    ("no access token to the hash", "access_token_mismatch", |_, t| t.access_token = None),
    ("a wrong hash", "access_token_mismatch", |_, t| set(t, "at_hash", "AAAA")),
    ("a hash of another algorithm", "access_token_mismatch", |_, t| {
        let token = t.access_token.clone().unwrap();
        set(t, "at_hash", Algorithm::EdDsa.half_hash(&token));
    }),
    ("no subject", "subject_malformed", |_, t| drop_claim(t, "sub")),
    ("an empty subject", "subject_malformed", |_, t| set(t, "sub", "")),
    ("a long subject", "subject_malformed", |_, t| set(t, "sub", "s".repeat(256))),
    ("a subject with a line break", "subject_malformed", |_, t| set(t, "sub", "a\nb")),
    ("a subject that is a number", "claims_malformed", |_, t| set(t, "sub", 7)),
    ("an address that isn't verified", "email_missing", |_, t| set(t, "email_verified", false)),
    ("an address of which nothing is said", "email_missing", |_, t| drop_claim(t, "email_verified")),
    ("an address verified in a text", "email_missing", |_, t| set(t, "email_verified", "true")),
    ("an address that is none", "email_missing", |_, t| set(t, "email", "ada")),
    ("two addresses", "claims_malformed", |_, t| set(t, "email", json!(["ada@clinic.example", "x@y.example"]))),
    ("an access token as identity", "token_kind_wrong", |_, t| t.header["typ"] = "at+jwt".into()),
    ("a logout token as identity", "token_kind_wrong", |_, t| t.header["typ"] = "logout+jwt".into()),
    ("unsigned", "token_algorithm_refused", |_, t| {
        t.token = Some(format!("{}.", unsigned(r#"{"alg":"none"}"#, &t.claims.to_string())));
    }),
    ("unsigned under the key's name", "token_algorithm_refused", |p, t| {
        let signature = signed(p, t).rsplit('.').next().unwrap().to_owned();
        let header = json!({ "alg": "None", "kid": KEY }).to_string();
        t.token = Some(format!("{}.{signature}", unsigned(&header, &t.claims.to_string())));
    }),
    ("a MAC under the public key", "token_algorithm_refused", |p, t| {
        let header = json!({ "alg": "HS256", "kid": KEY }).to_string();
        t.token = Some(maced(&header, &t.claims.to_string(), p.signer.jwk(KEY).to_string().as_bytes()));
    }),
    ("a MAC under our secret", "token_algorithm_refused", |_, t| {
        let header = json!({ "alg": "HS256", "kid": KEY }).to_string();
        t.token = Some(maced(&header, &t.claims.to_string(), SECRET.as_bytes()));
    }),
    ("another key under the same name", "token_signature_wrong", |_, t| {
        t.signer = Some(Signer::generate(Algorithm::Es256))
    }),
    ("a key nobody published", "token_key_unknown", |_, t| {
        t.signer = Some(Signer::generate(Algorithm::Es256));
        t.header["kid"] = "mine".into();
    }),
    ("a key of another kind under the same name", "token_algorithm_refused", |_, t| {
        t.signer = Some(Signer::generate(Algorithm::EdDsa));
        t.header["alg"] = "EdDSA".into();
    }),
    ("a key from elsewhere", "token_header_refused", |_, t| t.header["jku"] = "https://evil.example/keys".into()),
    ("a key brought along", "token_header_refused", |_, t| {
        let signer = Signer::generate(Algorithm::Es256);
        t.header["jwk"] = signer.jwk("mine");
        t.signer = Some(signer);
    }),
    ("a chain from elsewhere", "token_header_refused", |_, t| t.header["x5u"] = "https://evil.example/c".into()),
    ("a chain brought along", "token_header_refused", |_, t| t.header["x5c"] = json!(["AAAA"])),
    ("something critical", "token_header_refused", |_, t| t.header["crit"] = json!(["exp"])),
    ("not in base64", "token_header_refused", |_, t| t.header["b64"] = false.into()),
    ("encrypted", "token_header_refused", |_, t| t.header["enc"] = "A256GCM".into()),
    ("two subjects", "claims_malformed", |_, t| {
        let twice = t.claims.to_string().replacen('{', r#"{"sub":"eve-at-id","#, 1);
        t.payload = Some(twice);
    }),
    ("two issuers, one after the other", "claims_malformed", |p, t| {
        let twice = t.claims.to_string().replacen('{', &format!(r#"{{"\u0069ss":"{}","#, p.issuer("b")), 1);
        t.payload = Some(twice);
    }),
    ("no object", "claims_malformed", |_, t| t.payload = Some("[]".into())),
    ("no JSON", "claims_malformed", |_, t| t.payload = Some("sub=ada".into())),
    ("other claims behind the signature", "token_signature_wrong", |p, t| {
        let honest = signed(p, t);
        let parts: Vec<&str> = honest.split('.').collect();
        t.claims["email"] = "eve@clinic.example".into();
        let other = URL_SAFE_NO_PAD.encode(t.claims.to_string());
        t.token = Some(format!("{}.{other}.{}", parts[0], parts[2]));
    }),
    ("no signature", "token_signature_wrong", |p, t| {
        let honest = signed(p, t);
        t.token = Some(format!("{}.", honest.rsplit_once('.').unwrap().0));
    }),
    ("padded", "token_malformed", |p, t| t.token = Some(format!("{}==", signed(p, t)))),
    ("in four parts", "token_malformed", |p, t| t.token = Some(format!("{}.x", signed(p, t)))),
    ("in five parts", "token_malformed", |_, t| t.token = Some("e30.a.b.c.d".into())),
    ("longer than any token", "token_too_large", |_, t| set(t, "x", "x".repeat(30_000))),
    ("no identity", "provider_answer_unusable", |_, t| {
        t.raw = Some(Raw::json(200, &json!({ "token_type": "Bearer", "access_token": "at" })));
    }),
    ("no bearer", "provider_answer_unusable", |p, t| {
        t.raw = Some(Raw::json(200, &json!({ "token_type": "mac", "id_token": signed(p, t) })));
    }),
    ("two identities", "provider_answer_unusable", |p, t| {
        let token = signed(p, t);
        let twice = format!(r#"{{"token_type":"Bearer","id_token":"x","id_token":"{token}"}}"#);
        t.raw = Some(Raw { body: twice.into_bytes(), ..Raw::json(200, &Value::Null) });
    }),
    ("a page instead of tokens", "provider_answer_unusable", |_, t| {
        t.raw = Some(Raw { kind: "text/html", body: b"<html>".to_vec(), ..Raw::json(200, &Value::Null) });
    }),
    ("tokens as a text", "provider_answer_unusable", |p, t| {
        let answer = json!({ "token_type": "Bearer", "id_token": signed(p, t) });
        t.raw = Some(Raw { kind: "text/plain", ..Raw::json(200, &answer) });
    }),
    ("compressed", "provider_answer_unusable", |p, t| {
        let answer = json!({ "token_type": "Bearer", "id_token": signed(p, t) });
        t.raw = Some(Raw { more: "content-encoding: gzip\r\n".into(), ..Raw::json(200, &answer) });
    }),
    ("a redirect to elsewhere", "provider_answer_unusable", |p, t| {
        let more = format!("location: {}/token\r\n", p.issuer("elsewhere"));
        t.raw = Some(Raw { more, ..Raw::json(307, &json!({})) });
    }),
    ("more than anybody reads", "provider_answer_too_large", |_, t| {
        t.raw = Some(Raw::json(200, &json!({ "token_type": "Bearer", "id_token": "x".repeat(100_000) })));
    }),
    ("an outage", "provider_answer_unusable", |_, t| t.raw = Some(Raw::json(500, &json!({})))),
    ("a client nobody knows", "client_refused", |_, t| {
        t.raw = Some(Raw::json(401, &json!({ "error": "invalid_client" })))
    }),
    ("a client nobody knows, said otherwise", "client_refused", |_, t| {
        t.raw = Some(Raw::json(400, &json!({ "error": "invalid_client" })));
    }),
    ("a code nobody gave", "code_refused", |_, t| t.raw = Some(Raw::json(400, &json!({ "error": "invalid_grant" })))),
];

both_engines! {
    async fn nothing_that_is_not_so_is_believed(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        // Whoever is not linked yet: an address that isn't verified must not do it.
        let mut accepted = Vec::new();
        for (what, code, twist) in TWISTS {
            let got = house.come(&connection, Some(Box::new(twist))).await;
            if got.session.is_some() || got.code() != *code {
                accepted.push((*what, got.status, got.code()));
            }
            assert_eq!(house.refusal(connection.id).await.as_deref(), Some(*code), "{what}");
            assert!(!got.text.contains("SECRET-OF-PROVIDER") && !got.text.contains("ada@"), "{what}: {}", got.text);
        }
        assert!(accepted.is_empty(), "{accepted:?}");
        assert_eq!(house.provider.asked("/elsewhere/token"), 0);
        assert!(house.come(&connection, None).await.session.is_some(), "and the truth still is");
        assert!(TWISTS.len() >= 70);
    }

    async fn what_may_differ_does_not_keep_anybody_out(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        let twists: &[Twist] = &[
            |_, t| set(t, "aud", json!([CLIENT])),
            |_, t| {
                set(t, "aud", json!(["other", CLIENT]));
                set(t, "azp", CLIENT);
            },
            |_, t| shift(t, "exp", -59),
            |_, t| shift(t, "iat", 59),
            |_, t| drop_claim(t, "at_hash"),
            |_, t| set(t, "nbf", 1.5),
            |_, t| set(t, "name", "x\u{7}".repeat(300)),
            |_, t| { t.header.as_object_mut().unwrap().remove("typ"); },
            |_, t| { t.header.as_object_mut().unwrap().remove("kid"); },
            |_, t| t.header["x5t"] = "AAAA".into(),
        ];
        for (at, twist) in twists.iter().enumerate() {
            let got = house.come(&connection, Some(Box::new(twist))).await;
            assert!(got.session.is_some(), "{at}: {}", got.text);
        }
    }

    async fn an_answer_counts_once_in_the_browser_that_left_for_it_and_for_ten_minutes(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        let other = house.connection(house.draft("b")).await;
        let (mut ada, mut eve) = (Browser::default(), Browser::default());
        let asked = house.leave(&mut ada, &connection).await.unwrap();
        house.leave(&mut eve, &connection).await.unwrap();
        let elsewhere = house.leave(&mut ada, &other).await.unwrap();
        let code = house.grant(&asked);
        let query = format!("state={}&code={code}", asked["state"]);
        // Another browser, or none that is known; another connection; no state, another's, a changed one.
        for (at, got) in [
            house.back(&eve, &connection, &query).await,
            house.back(&Browser::default(), &connection, &query).await,
            house.back(&ada, &other, &query).await,
            house.back(&ada, &connection, &format!("code={code}")).await,
            house.back(&ada, &connection, &format!("state=&code={code}")).await,
            house.back(&ada, &connection, &format!("state={}&code={code}", elsewhere["state"])).await,
            house.back(&ada, &connection, &format!("state={}A&code={code}", asked["state"])).await,
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!((got.status, got.code().as_str(), got.session), (403, "state_unknown", None), "{at}");
        }
        assert_eq!(house.refusal(connection.id).await, None, "anybody can make that up");
        assert_eq!(house.provider.shown(), "", "and nobody's code is spent by it");
        assert_eq!(house.back(&ada, &connection, &format!("{query}&state=x")).await.code(), "field_duplicate");
        assert!(house.back(&ada, &connection, &query).await.session.is_some());
        // The provider keeps codes single-use; and so do we, were it not to.
        assert_eq!(house.back(&ada, &connection, &query).await.code(), "code_refused");
        let again = format!("state={}&code={}", asked["state"], house.grant(&asked));
        let got = house.back(&ada, &connection, &again).await;
        assert_eq!((got.code().as_str(), got.session), ("replayed", None));
        // Ten minutes, and not longer.
        let asked = house.leave(&mut ada, &connection).await.unwrap();
        house.clock.advance_ms(600_000);
        let late = format!("state={}&code={}", asked["state"], house.grant(&asked));
        assert_eq!(house.back(&ada, &connection, &late).await.code(), "state_unknown");
    }

    async fn of_many_who_come_with_one_answer_one_comes_in(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        let mut ada = Browser::default();
        let asked = house.leave(&mut ada, &connection).await.unwrap();
        let queries: Vec<String> =
            (0..6).map(|_| format!("state={}&code={}", asked["state"], house.grant(&asked))).collect();
        let all = futures_util::future::join_all(queries.iter().map(|query| house.back(&ada, &connection, query))).await;
        assert_eq!(all.iter().filter(|got| got.session.is_some()).count(), 1);
        assert!(all.iter().filter(|got| got.session.is_none()).all(|got| got.code() == "replayed"));
    }

    async fn an_answer_of_another_provider_is_not_taken_for_this_ones(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        let mut document = house.provider.document("strict");
        document["authorization_response_iss_parameter_supported"] = json!(true);
        house.provider.say("/strict/.well-known/openid-configuration", Raw::json(200, &document));
        let strict = house.connection(house.draft("strict")).await;
        let come = async |connection, query: &str| {
            let mut ada = Browser::default();
            let asked = house.leave(&mut ada, connection).await.unwrap();
            let code = house.grant(&asked);
            let query = query.replace("{state}", &asked["state"]).replace("{code}", &code);
            house.back(&ada, connection, &query).await
        };
        let (ours, theirs) = (house.provider.issuer("strict"), house.provider.issuer("b"));
        for (connection, query, code) in [
            (&connection, format!("state={{state}}&code={{code}}&iss={theirs}"), "response_issuer_mismatch"),
            (&strict, format!("state={{state}}&code={{code}}&iss={theirs}"), "response_issuer_mismatch"),
            (&strict, "state={state}&code={code}&iss=".into(), "response_issuer_mismatch"),
            (&strict, "state={state}&code={code}".into(), "response_issuer_missing"),
            (&connection, "state={state}".into(), "response_malformed"),
            (&connection, "state={state}&code=".into(), "response_malformed"),
            (&connection, "state={state}&code=a%00b".into(), "response_malformed"),
            (&connection, format!("state={{state}}&code={}", "c".repeat(3073)), "response_malformed"),
            (&connection, "state={state}&code={code}&error=access_denied".into(), "response_malformed"),
            (&connection, "state={state}&error=access_denied&error_description=SECRET".into(), "denied_at_provider"),
            (&connection, "state={state}&error=server_error".into(), "provider_error"),
            (&connection, "state={state}&code=another".into(), "code_refused"),
        ] {
            let got = come(connection, &query).await;
            assert_eq!((got.status, got.code().as_str(), got.session), (403, code, None), "{query}");
            assert!(!got.text.contains("SECRET"));
        }
        let got = come(&strict, &format!("state={{state}}&code={{code}}&iss={ours}&session_state=x&authuser=0")).await;
        assert!(got.session.is_some(), "{}", got.text);
    }

    async fn a_code_that_was_stolen_is_worth_nothing_without_its_verifier(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        let (mut ada, mut eve) = (Browser::default(), Browser::default());
        let asked = house.leave(&mut ada, &connection).await.unwrap();
        let hers = house.leave(&mut eve, &connection).await.unwrap();
        let stolen = house.grant(&asked);
        let got = house.back(&eve, &connection, &format!("state={}&code={stolen}", hers["state"])).await;
        assert_eq!((got.code().as_str(), got.session), ("code_refused", None));
    }

    async fn a_provider_that_takes_its_time_is_not_waited_for(test: TestStore) {
        let house = House::new(&test).await;
        let slow = Raw { after: Duration::from_secs(60), ..Raw::json(200, &house.provider.document("slow")) };
        house.provider.say("/slow/.well-known/openid-configuration", slow);
        let connection = house.connection(house.draft("slow")).await;
        let within = |seconds| tokio::time::timeout(Duration::from_secs(seconds), house.come(&connection, None));
        let got = within(20).await.unwrap();
        assert_eq!((got.status, got.code().as_str()), (502, "provider_too_slow"));
        // And whoever comes next isn't kept waiting at all.
        assert_eq!(within(3).await.unwrap().code(), "provider_too_slow");
    }

    async fn whoever_proved_themselves_too_long_ago_comes_back(test: TestStore) {
        let house = House::new(&test).await;
        house.invited("ada@clinic.example").await;
        let connection = house.connection(Draft { max_age_minutes: Some(10), ..house.draft("a") }).await;
        let since = |seconds: i64| -> Option<Lie> {
            Some(Box::new(move |_, telling| shift(telling, "auth_time", -seconds)))
        };
        for (lie, code) in [
            (None, "authenticated_too_long_ago"),
            (since(661), "authenticated_too_long_ago"),
            (since(-120), "authenticated_too_long_ago"),
        ] {
            assert_eq!(house.come(&connection, lie).await.code(), code);
        }
        assert!(house.come(&connection, since(600)).await.session.is_some());
    }
}

//! What a provider says about itself that can't be used: refused before a visitor leaves, and nothing is called that must not be.

use sealpost_egress::guard::Policy;
use sealpost_seal::jws::Algorithm;
use sealpost_store::both_engines;
use serde_json::{Value, json};

use super::House;
use super::provider::{Provider, Raw};
use crate::sso::oidc::discovery::{self, Showing};
use crate::sso::oidc::reason::Reason;
use crate::sso::oidc::settings::Draft;

type Change = fn(&Provider, &mut Value);

const CHANGES: &[(&str, &str, Change)] = &[
    ("another issuer", "discovery_issuer_mismatch", |p, d| d["issuer"] = p.issuer("b").into()),
    ("an issuer with a slash more", "discovery_issuer_mismatch", |_, d| {
        d["issuer"] = format!("{}/", d["issuer"].as_str().unwrap()).into();
    }),
    ("no issuer", "discovery_issuer_mismatch", |_, d| d["issuer"] = Value::Null),
    ("tokens in the clear", "discovery_unusable", |p, d| {
        d["token_endpoint"] = format!("http://127.0.0.1:{}/t", p.port).into()
    }),
    ("keys in the clear", "discovery_unusable", |p, d| d["jwks_uri"] = format!("http://localhost:{}/k", p.port).into()),
    ("visitors in the clear", "discovery_unusable", |_, d| d["authorization_endpoint"] = "http://id.test/a".into()),
    ("visitors to a script", "discovery_unusable", |_, d| d["authorization_endpoint"] = "javascript:alert(1)".into()),
    ("tokens inside the network", "discovery_unusable", |_, d| d["token_endpoint"] = "https://10.0.0.1/t".into()),
    ("keys at the cloud's door", "discovery_unusable", |_, d| d["jwks_uri"] = "https://169.254.169.254/k".into()),
    ("keys as data", "discovery_unusable", |_, d| d["jwks_uri"] = "data:application/json,{}".into()),
    ("keys in a file", "discovery_unusable", |_, d| d["jwks_uri"] = "file:///etc/passwd".into()),
    ("a password along", "discovery_unusable", |_, d| d["token_endpoint"] = "https://u:p@id.test/t".into()),
    ("no keys", "discovery_unusable", |_, d| {
        d.as_object_mut().unwrap().remove("jwks_uri");
    }),
    ("more about people in the clear", "discovery_unusable", |_, d| d["userinfo_endpoint"] = "http://id.test/u".into()),
    ("no codes", "discovery_unusable", |_, d| d["response_types_supported"] = json!(["id_token"])),
    ("plain challenges", "discovery_unusable", |_, d| d["code_challenge_methods_supported"] = json!(["plain"])),
    ("no answers in the query", "discovery_unusable", |_, d| d["response_modes_supported"] = json!(["form_post"])),
    ("nothing but MACs", "discovery_unusable", |_, d| {
        d["id_token_signing_alg_values_supported"] = json!(["HS256", "none"])
    }),
    ("algorithms that are a text", "discovery_unusable", |_, d| {
        d["id_token_signing_alg_values_supported"] = "RS256".into()
    }),
    ("secrets shown otherwise", "discovery_unusable", |_, d| {
        d["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt"]);
    }),
];

both_engines! {
    async fn a_document_that_can_not_be_used_leads_nobody_anywhere(test: TestStore) {
        let house = House::new(&test).await;
        let connection = house.ready().await;
        for (at, (what, code, change)) in CHANGES.iter().enumerate() {
            let path = format!("d{at}");
            let mut document = house.provider.document(&path);
            change(&house.provider, &mut document);
            house.provider.say(&format!("/{path}/.well-known/openid-configuration"), Raw::json(200, &document));
            let connection = house.change(connection.id, house.draft(&path)).await.unwrap();
            let got = house.come(&connection, None).await;
            assert_eq!((got.status, got.code().as_str()), (502, *code), "{what}");
            assert_eq!(house.refusal(connection.id).await.as_deref(), Some(*code), "{what}");
            assert_eq!(house.provider.asked(&format!("/{path}/keys")), 0, "{what}");
        }
        let path = |path: &str| format!("/{path}/.well-known/openid-configuration");
        let honest = |at: &str| Raw::json(200, &house.provider.document(at));
        let twice = house.provider.document("e1").to_string().replacen('{', r#"{"jwks_uri":"https://id.test/other","#, 1);
        for (at, raw, code) in [
            ("e1", Raw { body: twice.into_bytes(), ..honest("e1") }, "provider_answer_unusable"),
            ("e2", Raw { kind: "text/html", ..honest("e2") }, "provider_answer_unusable"),
            ("e3", Raw { status: 404, ..honest("e3") }, "provider_answer_unusable"),
            ("e4", Raw { status: 302, more: "location: https://10.0.0.1/\r\n".into(), ..honest("e4") }, "provider_answer_unusable"),
            ("e5", Raw { body: vec![b' '; 70_000], ..honest("e5") }, "provider_answer_too_large"),
            ("e6", Raw { more: format!("x: {}\r\n", "y".repeat(20_000)), ..honest("e6") }, "provider_answer_too_large"),
            ("e7", Raw { body: b"{".to_vec(), ..honest("e7") }, "provider_answer_unusable"),
        ] {
            house.provider.say(&path(at), raw);
            let connection = house.change(connection.id, house.draft(at)).await.unwrap();
            let got = house.come(&connection, None).await;
            assert_eq!((got.status, got.code().as_str()), (502, code), "{at}");
        }
        for (at, keys) in [
            ("f1", json!({ "keys": "k" })),
            ("f2", json!([])),
            ("f3", json!({ "keys": vec![house.provider.signer.jwk("k"); 65] })),
        ] {
            house.provider.say(&format!("/{at}/keys"), Raw::json(200, &keys));
            let connection = house.change(connection.id, house.draft(at)).await.unwrap();
            assert_eq!(house.come(&connection, None).await.code(), "keys_malformed", "{at}");
        }
        // A certificate of another name.
        let named = house.provider.issuer("g").replace("id.test", "localhost");
        let connection = house.change(connection.id, Draft { issuer: Some(named), ..house.draft("g") }).await.unwrap();
        let got = house.come(&connection, None).await;
        assert!(["provider_tls_failed", "provider_unreachable"].contains(&got.code().as_str()), "{}", got.code());
    }
}

fn read(document: &Value) -> Result<discovery::Document, Reason> {
    discovery::read(document.to_string().as_bytes(), "https://id.example", &Policy::strict())
}

fn least() -> Value {
    json!({
        "issuer": "https://id.example",
        "authorization_endpoint": "https://id.example/a",
        "token_endpoint": "https://token.id.example/t",
        "jwks_uri": "https://keys.example/k",
    })
}

#[test]
fn what_a_provider_does_not_say_is_not_held_against_it() {
    let document = read(&least()).unwrap();
    assert_eq!((document.algorithms.len(), document.showing, document.says_issuer), (4, Showing::Basic, false));
    assert!(document.userinfo.is_none() && !document.has_groups);
    let mut said = least();
    said["id_token_signing_alg_values_supported"] = json!(["HS256", "Ed25519", "RS256", "RS512"]);
    assert_eq!(read(&said).unwrap().algorithms, [Algorithm::EdDsa, Algorithm::Rs256]);
}

#[test]
fn a_document_is_looked_for_below_its_issuer() {
    let at = |issuer| discovery::location(issuer, &Policy::strict()).map(|target| target.target_uri());
    let below = "https://id.example/t/.well-known/openid-configuration";
    assert_eq!(at("https://id.example/t").as_deref(), Ok(below));
    assert_eq!(at("https://id.example/t/").as_deref(), Ok(below));
    for bad in ["http://id.example", "https://127.0.0.1", "https://localhost", "id.example", ""] {
        assert_eq!(at(bad), Err(Reason::DiscoveryUnusable), "{bad}");
    }
}

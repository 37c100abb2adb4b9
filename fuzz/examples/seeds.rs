//! Writes `seeds/`: for each target inputs that are right, so that the fuzzer begins where decoding goes deep.
//! `cargo run --example seeds`, then commit what changed.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use sealpost_fuzz::saml;
use sealpost_fuzz::{JWK_SET, KEY, NOW, PLACE, PRIVATE_JWKS, PUBLIC, SECRET, TOKENS, shared_key};
use sealpost_ledger::{
    Action, Actor, Environment as LedgerEnvironment, Frontier, Leaf, LeafResult, Reason, Target, TargetKind,
    VerifierKey, content_hash, export, leaf_hash,
};
use sealpost_seal::jws;
use sealpost_seal::payload::{self, About, EncryptionKey, Method, PublicKey};
use sealpost_seal::signature::profiles::STANDARD;
use sealpost_seal::signature::{KeyEncoding, Outgoing, SigningKey, SigningSecret, WebhookKey, sign};
use sealpost_seal::token::{KeyKind, PlainKey, Token, TokenKind};
use sealpost_seal::{Environment, Key, KeyId, Rng, RootKey, envelope};
use sealpost_store::{MessageId, Org, OrgId};
use sealpost_web::Listing;

/// The same bytes every time, so that a seed changes only when its format does.
struct Fixed;

impl Rng for Fixed {
    fn fill(&self, out: &mut [u8]) {
        (0_u8..).zip(out).for_each(|(n, byte)| *byte = n.wrapping_mul(37).wrapping_add(11));
    }
}

fn main() {
    let (key, id) = (Key::from_bytes(KEY), KeyId([5; 8]));
    write("envelope", "plain", envelope::seal(&key, id, &PLACE, b"ann@example.com", &Fixed));
    write("envelope", "committed", envelope::seal_committed(&key, id, &PLACE, b"+12025550123", &Fixed));
    write("envelope", "key", envelope::wrap(&key, id, &PLACE, &Key::from_bytes([6; 32]), &Fixed));

    write("saml_metadata", "pysaml2", saml::METADATA);
    for (name, response) in saml::RESPONSES {
        write("saml_xml", name, response);
        write("saml_response", name, response);
    }

    for (name, filter, path, body) in [
        (
            "okta",
            r#"userName eq "ann@example.com""#,
            "active",
            r#"{"Operations":[{"op":"replace","value":{"active":false}}]}"#,
        ),
        (
            "entra",
            r#"emails[type eq "work" and not (value co "home")] or externalId pr"#,
            r#"emails[type eq "work"].value"#,
            r#"{"Operations":[{"op":"Add","path":"phoneNumbers[type eq \"work\"].value","value":"1"},{"op":"Replace","path":"active","value":"False"}]}"#,
        ),
        (
            "group",
            r#"displayName sw "Front" and meta.created gt "2026-01-01T00:00:00Z""#,
            r#"members[value eq "mem_01h455vb4pex5vsknk084sn02q"]"#,
            r#"{"displayName":"Front desk","externalId":"8aa1","members":[{"value":"mem_01h455vb4pex5vsknk084sn02q"}]}"#,
        ),
        (
            "user",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department ne null",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value",
            r#"{"userName":"ann","name":{"givenName":"Ann"},"emails":[{"value":"ann@example.com","primary":"True"}],"active":"True"}"#,
        ),
    ] {
        write("scim", name, format!("{filter}\n{path}\n{body}"));
    }

    write("token", "secret", PlainKey::generate(KeyKind::Secret, Environment::Test, &Fixed).expose());
    write("token", "publishable", PlainKey::generate(KeyKind::Publishable, Environment::Live, &Fixed).expose());
    write("token", "unsubscribe", Token::generate(TokenKind::UNSUBSCRIBE, &Fixed).expose());

    let verifier = VerifierKey::new("sealpost.example", PUBLIC).unwrap();
    let leaves: Vec<Vec<u8>> = (0..3).map(|seq| leaf(seq).encode()).collect();
    write("leaf", "full", &leaves[0]);
    write("leaf", "bare", Leaf { target: None, reason: None, ..leaf(1) }.encode());
    let mut frontier = Frontier::new();
    let mut lines = Vec::new();
    for leaf in &leaves {
        let hash = leaf_hash(leaf);
        let _ = frontier.push(hash);
        lines.push(export::leaf_line(leaf, &hash, Some(b"sealed")));
    }
    write("frontier", "empty", Frontier::new().to_bytes());
    write("frontier", "three", frontier.to_bytes());
    let note = format!(
        "sealpost.example/ledger\n3\n{}\n\n\u{2014} sealpost.example {}\n",
        frontier.root().to_base64(),
        "A".repeat(96)
    );
    write("checkpoint", "note", &note);
    write("checkpoint", "key", verifier.to_string());
    lines.push(export::checkpoint_line(&note));
    write("export", "behind_a_header", lines.join("\n"));
    write(
        "export",
        "whole",
        format!("{}\n{}", export::header_line("sealpost.example/ledger", &verifier), lines.join("\n")),
    );

    let secret = SigningSecret::import(SECRET, KeyEncoding::Base64).unwrap();
    let body = br#"{"type":"message.sent"}"#;
    let outgoing = Outgoing::new("msg_1", NOW, "message.sent", body).unwrap();
    let headers = sign(&STANDARD, &[SigningKey::Secret(&secret)], &outgoing).unwrap();
    let value = |name: &str| {
        headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    };
    let head = [value("webhook-id"), value("webhook-timestamp"), value("webhook-signature")].join("\n");
    write("signature", "right", [head.as_bytes(), b"\n", body].concat());
    write("webhook_key", "private", &*WebhookKey::generate(&Fixed).to_text());
    write("webhook_key", "public", WebhookKey::generate(&Fixed).public().to_text());
    write("webhook_key", "secret", SECRET);
    write("template", "stripe", "t={timestamp},v1={signature}");
    write("template", "body", "{id}.{timestamp}.{body}");
    let acme = r#"{"header":"X-Acme-Signature","value":"t={timestamp},{signatures}","signed":"v0:{timestamp}:{body}","encoding":"hex","prefix":"v0=","separator":";","companions":{"X-Acme-Event":"{event}"}}"#;
    write("custom_profile", "acme", format!("{acme}\n{{\"type\":\"message.sent\"}}"));
    write("custom_profile", "body", "{\"header\":\"X-Shop-Hmac\",\"signed\":\"{body}\",\"encoding\":\"base64\"}\n{}");

    for (name, text) in [
        ("plain", "ann@example.com"),
        ("tagged", "Ann.O'Neil+news@Sub.Example.COM"),
        ("idn", "ann@b\u{fc}cher.example"),
    ] {
        write("email", name, text);
    }
    for (name, text) in
        [("e164", "+12025550123"), ("written", "+49 (0)30 / 555-0100"), ("digits", "\u{ff0b}\u{ff11}2025550123")]
    {
        write("phone", name, text);
    }
    for (name, text) in [
        ("visa", "4242 4242 4242 4242"),
        ("within", "order 12, card 5555-5555-5555-4444 please"),
        ("split", "4242\n424242424242"),
    ] {
        write("pan", name, text);
    }
    for (name, url) in [
        ("plain", "https://hooks.example.com/in?x=1"),
        ("loopback", "https://127.1/"),
        ("hex", "https://0x7f000001/"),
        ("userinfo", "https://a@b.example:443/%2e%2e/"),
        ("six", "https://[::ffff:7f00:1]/"),
        ("idn", "https://b\u{fc}cher.example/"),
    ] {
        write("target", name, url);
    }
    for (name, text) in [
        ("one", "192.0.2.1"),
        ("chain", "203.0.113.9, [2001:db8::1]:443, 10.0.0.2"),
        ("element", r#"for="[2001:db8:cafe::17]:4711";proto=https;by=10.0.0.2, for=192.0.2.60"#),
        ("swallow", r#"for=9.9.9.9;x=", for="192.0.2.1""#),
        ("hidden", "for=_SEVKISEK, for=unknown"),
    ] {
        write("forwarded", name, text);
    }
    for (name, token) in ["rs256", "es256", "eddsa"].into_iter().zip(TOKENS) {
        write("jws", name, token);
    }
    write("jws", "keys", JWK_SET);

    let about = About { id: "evt_1", at: NOW, field: Some("/code") };
    let seal = |method, key: &EncryptionKey| payload::encrypt(method, key, &about, b"{\"ok\":true}", &Fixed).unwrap();
    for method in Method::ALL {
        if let Some(length) = method.key_len() {
            let text = seal(method, &EncryptionKey::Shared(shared_key(method, length, 7)));
            write("payload_envelope", method.name(), &text);
            write(
                "payload_envelope",
                &format!("{}_object", method.name()),
                serde_json::json!({ "encrypted": text }).to_string(),
            );
        }
    }
    for (name, jwk) in ["x25519", "p256"].into_iter().zip(PRIVATE_JWKS) {
        let mut public = jws::object(jwk.as_bytes()).unwrap();
        write("payload_envelope", &format!("{name}_private"), jwk);
        public.remove("d");
        write("payload_envelope", &format!("{name}_public"), serde_json::Value::Object(public.clone()).to_string());
        let key = EncryptionKey::Public(PublicKey::read(&public).unwrap());
        write("payload_envelope", &format!("jwe-ecdh-es_{name}"), seal(Method::JweEcdhEs, &key));
    }
    write("id", "message", MessageId::from_bytes([0x9a; 16]).to_string());
    let org = Org { id: OrgId::from_bytes([1; 16]), environment: Environment::Test };
    let page =
        Listing::new(&key, org, "messages", b"", Some(1)).map(|list| list.page(vec![1, 2], |_| vec![3; 16], |row| row));
    write("cursor", "next", page.ok().and_then(|page| page.next_cursor).unwrap());
    for (name, text) in [
        ("message", r#"{"event":"otp.login","to":{"phone":"+15550100123"},"data":{"code":"417233"}}"#),
        ("escapes", r#"["\u0061\n\/","\ud83d\ude00",""]"#),
        ("numbers", "[0,-0,1.0,10e-1,9007199254740991,-1.5E+3]"),
        ("repeated", r#"{"a":1,"\u0061":2}"#),
        ("unsafe", "[9007199254740992]"),
        ("lone", r#"["\ud800"]"#),
        ("nested", r#"[[[[{"a":[{}]}]]]]"#),
    ] {
        write("json", name, text);
    }
    let levels = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    write("json", "deepest", levels(64));
    write("json", "too_deep", levels(65));
    write("root_key", "file", &*RootKey::generate(&Fixed).to_file_text());
}

fn leaf(seq: u64) -> Leaf {
    Leaf {
        org: [7; 16],
        seq,
        at_ms: 1_763_791_708_123,
        actor: Actor { kind: 1, id: [2; 16] },
        action: Action::from_static("endpoint.create"),
        target: Some(Target { kind: TargetKind::from_static("endpoint"), id: [3; 16] }),
        result: LeafResult::Denied,
        reason: Some(Reason::from_static("consent_missing")),
        request: [4; 16],
        environment: LedgerEnvironment::Live,
        content: content_hash(b"sealed"),
    }
}

fn write(target: &str, name: &str, seed: impl AsRef<[u8]>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), seed).unwrap();
}

//! A sealed value opens where it was sealed, and nowhere else: every value there is, moved to the place of every other.

use std::collections::{BTreeMap, BTreeSet};

use sealpost_seal::RootKey;
use sealpost_seal::envelope;
use serde_json::json;

use crate::api::Ask;
use crate::attacker::{Loot, SEALED, sealed_in};
use crate::canary::Personal;
use crate::house::{House, text};

/// Columns of bytes that hold nothing sealed: keyed hashes, ids, public keys, names of keys, the ledger's own hashes, and what endpoints
/// are told, in which there is nothing personal.
const NOT_SEALED: [(&str, &str); 49] = [
    ("api_key", "last_used_network"),
    ("api_key", "mac"),
    ("api_key_network", "network"),
    ("approval", "digest"),
    ("approval_vote", "digest"),
    ("contact_alike", "value"),
    ("contact_index", "value"),
    ("contact_last4", "bucket"),
    ("credential", "mac"),
    ("delivery", "body"),
    ("download", "digest"),
    ("download", "sha256"),
    ("handover", "mac"),
    ("idempotency", "fingerprint"),
    ("idempotency", "mac"),
    ("ledger_head", "frontier"),
    ("ledger_leaf", "hash"),
    ("ledger_leaf", "leaf"),
    ("ledger_node", "hash"),
    ("member_identity", "connection"),
    ("member_identity", "subject"),
    ("member_index", "value"),
    ("member_session", "mac"),
    ("member_session", "network"),
    ("message", "commitment"),
    ("message", "digest"),
    ("message", "unsubscribes"),
    ("passkey", "credential_id"),
    ("passkey", "public_key"),
    ("portal_link", "mac"),
    ("recovery_code", "mac"),
    ("reveal_use", "actor"),
    ("reveal_use", "lately"),
    ("revision", "digest"),
    ("root_key", "key_id"),
    ("scim_token", "mac"),
    ("scim_user", "external"),
    ("scim_user", "user_name"),
    ("secret", "fingerprint"),
    ("secret_change", "actor"),
    ("secret_change", "network"),
    ("sign_in_link", "mac"),
    ("spent_challenge", "challenge"),
    ("sso_spent", "what"),
    ("support_grant", "link_mac"),
    ("support_grant", "session_mac"),
    ("suppression", "value"),
    ("workflow_arrival", "mac"),
    ("workflow_reply", "mac"),
];
/// Sealed values in a column of text.
const IN_TEXT: [(&str, &str); 1] = [("sso_connection", "settings")];

/// Columns of bytes that are no ids, as the migrations make them.
fn columns_of_bytes() -> BTreeSet<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../store/migrations/data/postgres");
    let mut all = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let mut table = String::new();
        for line in std::fs::read_to_string(entry.unwrap().path()).unwrap().lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            match words[..] {
                ["create", "table", name, ..] => table = name.trim_end_matches('(').to_owned(),
                ["alter", "table", name, "add", "column", column, kind, ..] if kind.starts_with("bytea") => {
                    all.insert((name.to_owned(), column.to_owned()));
                }
                [column, kind, ..] if kind.starts_with("bytea") && line.starts_with("    ") => {
                    all.insert((table.clone(), column.to_owned()));
                }
                _ => {}
            }
        }
    }
    all
}

#[test]
fn every_column_of_bytes_is_known_to_be_sealed_or_not() {
    let known: BTreeSet<(String, String)> = SEALED
        .iter()
        .map(|column| (column.table, column.column))
        .filter(|column| !IN_TEXT.contains(column))
        .chain(NOT_SEALED)
        .map(|(table, column)| (table.to_owned(), column.to_owned()))
        .collect();
    let there = columns_of_bytes();
    assert!(there.len() > 30, "this test looks in the wrong place");
    let unknown: Vec<_> = there.difference(&known).collect();
    assert!(
        unknown.is_empty(),
        "say in `attacker::SEALED` how these are sealed, or in `NOT_SEALED` that they aren't: {unknown:?}"
    );
    let gone: Vec<_> = known.difference(&there).collect();
    assert!(gone.is_empty(), "these columns are not there any more: {gone:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sealed_value_opens_in_its_own_place_and_in_no_other() {
    let house = House::sqlite().await;
    furnish(&house).await;
    let root = RootKey::parse(&std::fs::read_to_string(house.folder().join("root.key")).unwrap()).unwrap();
    let loot = Loot::of(&house.folder().join("keys.db"), &root);
    let found = sealed_in(&house.folder().join("data.db"));
    let mut per_column = BTreeMap::<_, usize>::new();
    let mut opened = Vec::new();
    for value in &found {
        let name = (value.column.table, value.column.column);
        let key = loot.key_for(value);
        assert!(key.is_some(), "{name:?} does not open where it stands: whoever knows better teaches `attacker`");
        *per_column.entry(name).or_default() += 1;
        // A few of each are as good as all.
        if per_column[&name] <= 6 {
            opened.push((value, key.unwrap()));
        }
    }
    let without: Vec<_> = SEALED
        .iter()
        .map(|column| (column.table, column.column))
        .filter(|name| !per_column.contains_key(name))
        .collect();
    assert!(without.is_empty(), "nothing stands in these columns: {without:?}");
    let mut pairs = 0;
    for (at, (value, key)) in opened.iter().enumerate() {
        for (other_at, (other, _)) in opened.iter().enumerate() {
            let opens = envelope::open(key, &other.place(), &value.bytes).is_ok();
            // Two leaves of one request share a place: the leaf that holds the hash of its content tells them apart.
            let same = at == other_at || value.place() == other.place();
            assert_eq!(opens, same, "{:?} at {:?}", value.place(), other.place());
            pairs += 1;
        }
    }
    assert!(pairs > 1_000, "{pairs} pairs prove nothing");
}

/// Something in every column.
async fn furnish(house: &House) {
    Personal::plant(house).await;
    let rule = json!({ "name": "Numbers", "pattern": "\\d{6,}" });
    let more = json!({ "mode": "patterns", "rules": [rule, { "name": "Tickets", "pattern": "T-[0-9]+" }] });
    let rules = json!({ "mode": "patterns", "rules": [rule], "test": more, "reason": "a test" });
    house.api.must(Ask::new("put", "/v1/masking").json(&rules).key(&house.keys.live)).await;
    for key in [&house.keys.ours, &house.keys.live, &house.keys.foreign] {
        for number in 0..2 {
            let contact = json!({ "name": "Sam", "email": format!("sam{number}@example.com"),
                "phone": format!("+1202555010{number}"), "external_id": format!("sam-{number}") });
            let ask = Ask::post("/v1/contacts", &contact).key(key).header("idempotency-key", &format!("sam-{number}"));
            house.api.must(ask).await;
        }
    }
    // A reply that comes before its run has arrived at the wait for it.
    let nodes = json!({
        "first": { "type": "delay", "seconds": 3_600, "next": "reply" },
        "reply": { "type": "wait", "for": "reply", "timeout_seconds": 3_600, "next": "look", "otherwise": "end" },
        "look": { "type": "condition", "if": { "field": "/answers/reply/body/text", "equals": "yes" }, "then": "end", "else": "end" },
        "end": { "type": "end" },
    });
    house.workflow("replied", &nodes).await;
    let sam = json!({ "email": "sam0@example.com" });
    house.post("/v1/workflow-runs", &json!({ "workflow": "replied", "to": sam })).await;
    for text in ["yes", "no"] {
        house.post("/v1/replies", &json!({ "from": sam, "text": text })).await;
    }
    let order = json!({ "source": "contacts", "columns": ["id", "locale"], "reason": "a test" });
    let asked = text(&house.post("/v1/downloads", &order).await, "id");
    house.download_in(&asked, "ready").await;
    let secret = text(&house.post("/v1/secrets", &json!({ "name": "handed-over" })).await, "id");
    house.post(format!("/v1/secrets/{secret}/handover"), &json!({ "overlap_seconds": 0 })).await;
    let sam = text(&house.post("/v1/contacts", &json!({ "email": "held@example.com" })).await, "id");
    let hold = json!({ "contact_id": sam, "reason": "a test" });
    house.as_owner(Ask::post("/v1/settings/storage/holds", &hold)).await;
    let taking = json!({ "modules": { "masking": { "approvals": 1 } } });
    house.as_owner(Ask::new("put", "/v1/settings/approvals").json(&taking)).await;
    let asker = house.member("super_admin").await;
    let weaker = json!({ "mode": "off", "reason": "a test" });
    let asked = house
        .api
        .must(Ask::new("put", "/v1/masking").json(&weaker).header("sealpost-environment", "live").member(&asker))
        .await;
    let no = json!({ "digest": asked["digest"], "comment": "not now" });
    house.as_owner(Ask::post(format!("/v1/approvals/{}/reject", text(&asked, "approval_id")), &no)).await;
    let help = json!({ "email": "sam@help.example", "reason": "a test" });
    let asked = house.api.must(Ask::post("/v1/support-grants", &help).member(&asker)).await;
    let yes = json!({ "digest": asked["digest"], "comment": "go ahead" });
    house.as_owner(Ask::post(format!("/v1/approvals/{}/approve", text(&asked, "approval_id")), &yes)).await;
    house.invited("colleague@example.com", "viewer").await;
    let user = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "kim@example.org",
        "name": { "formatted": "Kim Example" }, "emails": [{ "value": "kim@example.org", "primary": true }] });
    house.api.must(Ask::post("/scim/v2/Users", &user).key(&house.keys.directory)).await;
    let document = house.api.must(Ask::get("/v1/openapi.json")).await;
    let path = "/v1/sso/connections/saml";
    let content = &document["paths"][path]["post"]["requestBody"]["content"];
    let connection = house.as_owner(Ask::post(path, &content["application/json"]["example"])).await;
    assert!(!text(&connection, "id").is_empty());
}

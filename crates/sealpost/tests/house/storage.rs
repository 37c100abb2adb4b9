//! What is not stored, and what proves that it was sent.

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, program, text};

crate::on_both_engines! {
    what_is_not_stored_says_by_which_rule_and_is_proven_by_its_receipt
}

const NUMBER: &str = "+12025550143";

/// Switches both off, and sends one of each.
async fn what_is_not_stored_says_by_which_rule_and_is_proven_by_its_receipt(house: House) {
    let rules = json!({ "live": { "otp": { "mode": "never" }, "transactional": { "mode": "until_delivered" } } });
    let decided = house.as_owner(Ask::new("patch", "/v1/settings/storage").json(&rules)).await;
    assert_eq!((&decided["test"]["otp"]["mode"], &decided["version"]), (&json!("never"), &json!(1)));
    let content = json!({ "text": "{{ code }} is your code." });
    for (class, durability, rule) in
        [("otp", "volatile", "payload_storage.never"), ("transactional", "durable", "payload_storage.until_delivered")]
    {
        house.event(class, "sms", class, &content).await;
        let message = json!({ "event": class, "to": { "phone": NUMBER }, "data": { "code": "417233" } });
        let accepted = house.post("/v1/messages", &message).await;
        assert_eq!(accepted["durability"], durability);
        let id = text(&accepted, "id");
        let shown = house.message_in(&id, "delivered").await;
        for part in ["data", "to"] {
            assert_eq!((&shown[part]["stored"], &shown[part]["rule"]), (&json!(false), &json!(rule)), "{shown}");
        }
        let reason = json!({ "reason": "a test" });
        let revealed = house.ask(Ask::post(format!("/v1/messages/{id}/reveal"), &reason)).await;
        assert_eq!((revealed.status, &*revealed.code()), (409, "payload_not_stored"));
        let owner = house.owner().await;
        let page = house.api.ask(Ask::get(format!("/app/test/messages/{id}")).page().member(&owner)).await;
        assert!(page.text().contains(rule) && page.text().contains("not stored by policy"), "{}", page.text());
        prove(&house, &id).await;
    }
}

/// Gets the receipt once a checkpoint covers it, and has the program itself check it.
async fn prove(house: &House, id: &str) {
    let mut receipt = Value::Null;
    for _ in 0..600 {
        receipt = house.get(format!("/v1/messages/{id}/receipt")).await;
        if text(&receipt, "receipt").contains("\"checkpoint\"") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let file = |name: &str, content: &str| {
        let path = house.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let note = file("receipt.txt", &text(&receipt, "receipt"));
    let key = text(&receipt, "verifier_key");
    for (copy, to, holds) in [
        ("417233 is your code.", NUMBER, true),
        ("417234 is your code.", NUMBER, false),
        ("417233 is your code.", "+12025550144", false),
    ] {
        let copy = file("copy.json", &json!({ "text": copy }).to_string());
        let output = tokio::process::Command::new(program())
            .args(["--json", "receipt", "verify"])
            .arg(&note)
            .args(["--key", &key, "--recipient", to, "--content"])
            .arg(&copy)
            .output()
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(if holds { 0 } else { 3 }), "{said}");
        if holds {
            let said: Value = serde_json::from_str(&said).unwrap();
            assert!(
                said["checkpoint"].is_u64() && said["content"] == true && said["statement"]["message"] == *id,
                "{said}"
            );
        }
    }
}

//! The security settings at first, and after somebody has decided something.

use sealpost_store::RequestId;
use sealpost_web::shell::testing::{NOW, keep};
use serde_json::{Value, json};

use super::show::page;
use crate::audit::{Act, ActorWord, Entry, ResultWord, TypedId};
use crate::security::service::Seen;
use crate::security::switch::{Standing, SwitchState, Switches};

fn seen(decided: bool) -> Vec<Seen> {
    let state = |name: &str| SwitchState {
        standing: match name {
            "masking" if decided => Standing::Partly,
            "masking" | "secure_endpoints" | "ledger" => Standing::On,
            "approvals" => Standing::Off,
            _ => Standing::Unavailable,
        },
        settings: Value::Null,
        facts: match name {
            "masking" => vec![
                ("Live", "Of payloads only what rules match: One-time code".into()),
                ("Test", "Everything personal is hidden".into()),
                ("Looks a day", "200".into()),
            ],
            "ledger" => vec![("Details are kept", "90 days".into())],
            _ => vec![],
        },
        changed_at: (decided && matches!(name, "masking" | "ledger")).then(|| NOW.plus_ms(-86_400_000)),
    };
    let entry = |name: &str| Entry {
        seq: 4711,
        leaf_hash: "ab".repeat(32),
        damaged: false,
        act: Some(Act {
            at: NOW.plus_ms(-86_400_000),
            actor_kind: ActorWord::Member,
            actor: (name == "masking").then(|| TypedId { kind: "mem".into(), id: [9; 16] }),
            action: "masking.change".into(),
            target: None,
            result: ResultWord::Ok,
            reason: None,
            request_id: RequestId::from_bytes([1; 16]),
            environment: None,
            details: Some(json!({ "reason": "Agents need order numbers, change 118" })),
            pruned: false,
        }),
    };
    let seen = |switch: &crate::security::Switch| {
        let state = state(switch.name);
        Seen { switch: *switch, last: state.changed_at.map(|_| entry(switch.name)), state }
    };
    Switches::standard().iter().map(seen).collect()
}

#[test]
fn switches_say_how_they_stand_who_decided_so_and_why() {
    let at = |path: &str| format!("/app/test{path}");
    let of = |id: &str| id.starts_with("mem").then(|| at(&format!("/people/{id}")));
    keep("security", "Security", "/security", &page(&seen(false), (true, true), NOW, at, of));
    keep("security-decided", "Security", "/security", &page(&seen(true), (true, true), NOW, at, of));
    keep("security-read", "Security", "/security", &page(&seen(true), (false, false), NOW, at, of));
}

//! The pages of signing: several profiles with a rotation under way, one alone, and what was detected.

use sealpost_web::shell::parts::When;
use sealpost_web::shell::testing::{NOW, keep};

use super::detected::{DetectedPage, Fits, Hit};
use super::show::{Acts, Own, Row, Secret, SigningPage, Turning};

fn secret(own: bool, weak: bool) -> Secret {
    Secret {
        key_encoding: if own { "text" } else { "base64" },
        fingerprint: "5f0c1a22".into(),
        own,
        origin: if weak { "imported" } else { "made here" },
        version: 3,
        signing: if own { 1 } else { 2 },
        weak,
        rotate_by: weak.then(|| When::new(NOW, NOW)),
    }
}

#[test]
fn signing_is_shown_while_a_secret_turns_and_to_who_may_only_read() {
    let row = |profile, header: &str, replay_protected, one_slot, secret| Row {
        profile,
        header: header.into(),
        replay_protected,
        one_slot,
        secret,
    };
    let page = |rows, rotation, acts, own| SigningPage {
        back: "/x".into(),
        name: "billing".into(),
        replay_protected: true,
        rows,
        public_key: "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=".into(),
        jwk_x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".into(),
        key_id: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".into(),
        own,
        rotation,
        acts,
    };
    let at = |act: &str| format!("/app/test/endpoints/x/{act}");
    let acts = Acts {
        rotate: at("rotation"),
        import: at("import-secret"),
        custom: at("custom"),
        detect: "/app/test/endpoints/detect".into(),
        try_it: at("rotation/try"),
        finish: at("rotation/finish"),
        cancel: at("rotation/cancel"),
    };
    let rows = vec![
        row("standard", "webhook-signature", true, false, Some(secret(false, false))),
        row("safravo", "X-Safravo-Signature", false, true, Some(secret(true, true))),
        row("custom", "X-Acme-Signature", true, true, Some(secret(true, false))),
        row("rfc9421", "Signature", true, false, None),
    ];
    let own = Own {
        header: "X-Acme-Signature".into(),
        value: "t={timestamp},v0={signatures}".into(),
        signed: "v0:{timestamp}:{body}".into(),
        written: "in hexadecimal",
        companions: vec![("X-Acme-Event".into(), "{event}".into())],
    };
    let turning = Turning { of: "safravo", begun: When::new(NOW, NOW), proven: Some(When::new(NOW, NOW)) };
    keep("signing-turning", "Signing", "/endpoints/{id}/signing", &page(rows, Some(turning), Some(acts), Some(own)));
    let alone = vec![row("standard", "webhook-signature", true, false, Some(secret(false, false)))];
    keep("signing", "Signing", "/endpoints/{id}/signing", &page(alone, None, None, None));
}

#[test]
fn what_was_detected_is_shown_and_that_nothing_was() {
    let looked = |verifies| {
        let fits = |profile, header| Fits { profile, parts: [header, true, header, header && verifies] };
        vec![fits("standard", false), fits("github-like", true)]
    };
    let hit = Hit {
        profile: "github-like",
        encoding: "hex",
        key_encoding: "text",
        replay_protected: false,
        configuration: "{\n  \"profile\": \"github-like\"\n}".into(),
    };
    let page = |found: Vec<Hit>, looked| DetectedPage { back: "/x".into(), found, looked };
    keep("detected", "How it was signed", "/endpoints/detect", &page(vec![hit], looked(true)));
    keep("detected-nothing", "How it was signed", "/endpoints/detect", &page(vec![], looked(false)));
}

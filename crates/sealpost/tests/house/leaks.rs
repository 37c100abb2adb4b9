//! `sealpost doctor leaks`, as somebody runs it beside a server: it finds nothing where nothing is, and what lies there if something does.

use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tokio::process::Command;

use crate::api::Ask;
use crate::house::{House, URLS, program, temporary};

crate::on_both_engines! {
    doctor_finds_no_leak_in_a_server_and_cleans_up_after_itself
}

const WORD: &str = "wombat2026";

async fn doctor(house: &House, key: &str) -> Output {
    let file = house.folder().join("doctor.key");
    std::fs::write(&file, key).unwrap();
    let mut command = Command::new(program());
    command.arg("--config").arg(house.folder().join("sealpost.toml")).args(["--json", "doctor", "leaks"]);
    command.args(["--mark", WORD, "--url", &format!("https://localhost:{}", house.address.port())]);
    command.arg("--pid").arg(house.process().to_string());
    command.arg("--key-file").arg(file).arg("--ca").arg(house.authority());
    command.env("TMPDIR", temporary(house.folder()));
    command.envs(URLS.into_iter().zip(house.urls.iter().flatten()));
    command.stdin(Stdio::null()).kill_on_drop(true);
    command.output().await.unwrap()
}

fn said(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)))
}

fn leaks(said: &Value) -> Vec<String> {
    let looks = said["looks"].as_array().unwrap().iter();
    looks.flat_map(|look| look["leaks"].as_array().unwrap()).map(|leak| leak.as_str().unwrap().to_owned()).collect()
}

async fn doctor_finds_no_leak_in_a_server_and_cleans_up_after_itself(house: House) {
    let output = doctor(&house, &house.keys.ours).await;
    let clean = said(&output);
    assert_eq!(
        (output.status.code(), &clean["ok"], &clean["mark"]),
        (Some(0), &json!(true), &json!(WORD)),
        "{clean:#}"
    );
    let looked = |place: &str| {
        let looks = clean["looks"].as_array().unwrap();
        looks.iter().find(|look| look["place"] == place).unwrap()["looked_at"].as_u64().unwrap()
    };
    for after in ["", ", after the erasure"] {
        assert!(looked(&format!("answers to a masked key{after}")) > 100, "{clean:#}");
        assert!(looked(&format!("files of the data folder{after}")) > 3, "{clean:#}");
        assert!(looked(&format!("process of the server{after}")) > 0, "{clean:#}");
        assert!(looked(&format!("pages shown to a visitor{after}")) > 100, "{clean:#}");
    }
    assert!(looked("changes told to a visitor") > 0, "{clean:#}");
    // Who looked was let in on record, and is gone.
    for (act, reason) in
        [("member.create", Value::Null), ("session.create", json!("visit")), ("member.remove", Value::Null)]
    {
        let leaves = house.get(format!("/v1/ledger/entries?action={act}")).await;
        let newest = &leaves["data"][0];
        assert_eq!((&newest["actor_kind"], &newest["reason"]), (&json!("operator"), &reason), "{act}: {leaves}");
    }
    let members = house.as_owner(Ask::get("/v1/members?limit=250")).await;
    let visitors = |members: &Value| members["data"].as_array().unwrap().len();
    let before = visitors(&members);
    // Whoever it planted is gone, and so are its secret and its key.
    let found = house.post("/v1/contacts/search", &json!({ "external_id": format!("qzx{WORD}ext") })).await;
    assert_eq!(found["data"], json!([]), "{found}");
    assert_eq!(house.get("/v1/secrets?q=doctor").await["data"], json!([]));
    let keys = house.get("/v1/keys?limit=250").await;
    let own = keys["data"].as_array().unwrap().iter().find(|key| key["name"] == "doctor leaks").unwrap();
    assert!(own["revoked_at"].is_string(), "{own}");

    // And so that it can fail: what an earlier program might have left behind.
    std::fs::write(house.folder().join("debug.log"), format!("sent to QZX{}name", WORD.to_uppercase())).unwrap();
    let output = doctor(&house, &house.keys.ours).await;
    let found = said(&output);
    assert_eq!((output.status.code(), &found["ok"]), (Some(3), &json!(false)), "{found:#}");
    let leaks = leaks(&found);
    assert!(leaks.len() == 2 && leaks.iter().all(|leak| leak.contains("debug.log: name, plain")), "{leaks:?}");
    std::fs::remove_file(house.folder().join("debug.log")).unwrap();
    // And what a page shows that takes a session.
    let named = json!({ "name": format!("qzx{WORD}name"), "channel": "sms", "content": { "text": "{{ code }}" } });
    house.post("/v1/templates", &named).await;
    let output = doctor(&house, &house.keys.ours).await;
    let found = said(&output);
    let shown =
        found["looks"].as_array().unwrap().iter().find(|look| look["place"] == "pages shown to a visitor").unwrap();
    let on_a_page = |leak: &Value| leak.as_str().unwrap().starts_with("/app/{env}/templates answers 200: name, plain");
    assert!(shown["leaks"].as_array().unwrap().iter().any(on_a_page), "{found:#}");
    let after = house.as_owner(Ask::get("/v1/members?limit=250")).await;
    assert_eq!(visitors(&after), before, "whoever looked is gone: {after}");

    // Real people's data is none of its business.
    let output = doctor(&house, &house.keys.live).await;
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("live environment"), "{output:?}");
    let live = house.api.must(Ask::get("/v1/contacts").key(&house.keys.live)).await;
    assert_eq!(live["data"], json!([]));
}

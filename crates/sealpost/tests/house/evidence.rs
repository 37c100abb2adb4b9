//! The evidence as a running server gives it, and as the program checks it without one.

use std::process::Command;

use serde_json::Value;

use crate::api::Ask;
use crate::house::{House, program, text};

crate::on_both_engines! {
    every_reading_of_a_control_is_read_by_a_running_server
    a_pack_that_the_server_made_verifies_without_it_and_a_changed_one_does_not
}

async fn every_reading_of_a_control_is_read_by_a_running_server(house: House) {
    let map = house.get("/v1/evidence/controls").await;
    let rows = map["controls"].as_array().unwrap();
    let readings: Vec<&Value> = rows.iter().flat_map(|row| row["proof"]["readings"].as_array().unwrap()).collect();
    assert!(readings.len() > 30, "{map}");
    let unread: Vec<_> = readings.iter().filter(|reading| reading["says"] == "nobody can read this here").collect();
    assert!(unread.is_empty(), "{unread:?}");
    let record = house.get("/v1/evidence/processing-record").await;
    let kinds: Vec<_> = record["recipients"].as_array().unwrap().iter().map(|one| text(one, "kind")).collect();
    assert!(
        kinds.iter().any(|kind| kind == "telemetry"),
        "the collector that is configured is in the record: {kinds:?}"
    );
}

async fn a_pack_that_the_server_made_verifies_without_it_and_a_changed_one_does_not(house: House) {
    let refused = house.ask(Ask::new("post", "/v1/evidence")).await;
    assert_eq!((refused.status, &*refused.code()), (403, "export_live_only"));
    let pack = house.api.ask(Ask::new("post", "/v1/evidence").key(&house.keys.live)).await;
    // A pack has a checkpoint signed, so there is one now.
    let key = text(&house.get("/v1/ledger/checkpoint").await, "verifier_key");
    assert_eq!(pack.header("content-disposition"), "attachment; filename=\"evidence.zip\"");
    let ledger = house.api.ask(Ask::get("/v1/ledger/export").key(&house.keys.live)).await;
    assert!(ledger.body.ends_with(b"\n") && ledger.text().contains("checkpoint"), "programs get the ledger, too");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pack.zip");
    let verify = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let mut command = Command::new(program());
        command.args(["evidence", "verify", "--json", "--key", &key]).arg(&file).current_dir(folder.path());
        command.output().unwrap()
    };
    let good = verify(&pack.body);
    assert!(good.status.success(), "{}", String::from_utf8_lossy(&good.stderr));
    let said: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!((&said["verified"], &said["manifest"]["environment"]), (&Value::Bool(true), &"live".into()));
    let mut changed = pack.body.to_vec();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    assert_eq!(verify(&changed).status.code(), Some(3));
}

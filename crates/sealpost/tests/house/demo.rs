//! `sealpost demo`, as somebody sees it who has just built it.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

use crate::house::program;

fn demo(folder: &Path, json: bool) -> Command {
    let mut command = Command::new(program());
    command.current_dir(folder).args(json.then_some("--json")).args(["demo", "--once", "--port", "0", "--data", "."]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

#[tokio::test]
async fn it_tells_of_one_report_from_its_queue_to_its_arrival_and_of_a_port_that_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let first = told(folder.path()).await;
    let reports = |told: &Value| -> Vec<String> {
        let steps = told["timeline"].as_array().unwrap().iter();
        let reports = steps.filter(|step| step["kind"].as_str().unwrap().starts_with("report_"));
        reports.map(|step| step["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(reports(&first), ["report_delivered"], "{first}");
    assert!(first["port_taken"].is_null(), "{first}");
    let remembered = std::fs::read_to_string(folder.path().join("ward-system.key")).unwrap();
    let port: u16 = remembered.lines().next().unwrap().parse().unwrap();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let again = told(folder.path()).await;
    assert_eq!((&again["port_taken"], reports(&again)), (&Value::from(port), vec!["report_delivered".to_owned()]));
    let output = demo(folder.path(), false).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(&format!("ATTENTION port {port} is taken")), "{said}");
}

async fn told(folder: &Path) -> Value {
    let output = demo(folder, true).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Two weeks take a moment; nobody waits for them in front of an empty screen.
#[tokio::test]
async fn it_says_what_it_is_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let mut started = demo(folder.path(), false).spawn().unwrap();
    let mut lines = BufReader::new(started.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).await.unwrap();
    let made = folder.path().join("data.db").exists();
    assert!(first.contains("nothing leaves this machine") && !made, "{first}");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).await.unwrap();
    assert!(started.wait().await.unwrap().success(), "{rest}");
    let seeded = rest.find("seeded").unwrap();
    assert!(seeded < rest.find("dashboard").unwrap() && rest.contains("/sign-in/link_"), "{rest}");
}

#[tokio::test]
async fn a_second_start_adds_nothing_and_signs_in_by_another_link() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (told(folder.path()).await, told(folder.path()).await);
    let leaves = |told: &Value| told["proof"]["size"].as_u64().unwrap();
    assert!(leaves(&first) > 500, "{first}");
    assert!(leaves(&second) - leaves(&first) < 60, "{} leaves, then {}", leaves(&first), leaves(&second));
    assert_ne!(first["sign_in"], second["sign_in"]);
}

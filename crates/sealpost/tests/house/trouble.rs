//! What stops a start is said with what to do about it, and nothing is made on the way.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;
use tokio::process::Command;

use crate::house::{House, program, text};

async fn run(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.current_dir(folder).arg("--json").args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command.env("SEALPOST_SERVER__BIND", "127.0.0.1:0").env("SEALPOST_SERVER__ADMIN", "127.0.0.1:0");
    command.envs(environment.iter().copied());
    let output = tokio::time::timeout(std::time::Duration::from_secs(60), command.output()).await;
    output.expect("it serves, although something is wrong").unwrap()
}

/// What `serve` ends with, and the advice it gives.
async fn trouble(folder: &Path, environment: &[(&str, &str)]) -> (Option<i32>, String, String) {
    let output = run(folder, environment, &["serve"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = said.lines().last().unwrap_or_default();
    let error: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{said}"));
    (output.status.code(), text(&error["error"], "what"), text(&error["error"], "fix"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_stops_a_start_is_said_with_what_to_do() {
    let house = House::sqlite_saying("warn").await;
    let folder = house.folder();
    std::fs::write(folder.join("other.key"), format!("{:064x}\n", 7)).unwrap();
    std::fs::write(folder.join("torn.key"), "abc").unwrap();
    let config = ("SEALPOST_STORAGE__FOLDER", "elsewhere");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let _holder = TcpListener::bind(taken).unwrap();
    let taken = taken.to_string();
    let url = "postgres://sealpost@127.0.0.1:1/sealpost?sslmode=disable";
    let nowhere = [
        ("SEALPOST_STORAGE__POSTGRES__DATA__ENV", "TROUBLE_DATA"),
        ("SEALPOST_STORAGE__POSTGRES__KEYS__ENV", "TROUBLE_KEYS"),
        ("TROUBLE_DATA", url),
        ("TROUBLE_KEYS", url),
    ];
    for (environment, code, what, fix) in [
        (&[][..], 1, "another Sealpost uses this data folder", "another folder"),
        (&[("SEALPOST_SERVER__BIND", taken.as_str())], 1, "can't listen on", "another port"),
        (&[config, ("SEALPOST_KEYS__ROOT__FILE", "none.key")], 5, "none.key can't be read", "is there"),
        (&[config, ("SEALPOST_KEYS__ROOT__FILE", "torn.key")], 5, "64 hexadecimal digits", "recovery kit"),
        (
            &[config, ("SEALPOST_TLS__CERTIFICATE", "none.pem"), ("SEALPOST_TLS__KEY", "none.pem")],
            5,
            "none.pem",
            "tls.key",
        ),
        (&nowhere, 4, "can't be reached", "storage.postgres"),
    ] {
        let (exit, said, advice) = trouble(folder, environment).await;
        assert!(said.contains(what) && advice.contains(fix), "{environment:?}: {said} / {advice}");
        assert_eq!(exit, Some(code), "{environment:?}: {said}");
        assert_eq!(said.matches("(os error").count().max(1), 1, "said twice: {said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_root_key_and_lost_keys_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), &[], &["demo", "--once", "--port", "0", "--data", "."]).await;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::write(folder.path().join("other.key"), format!("{:064x}\n", 7)).unwrap();
    let (exit, said, advice) = trouble(folder.path(), &[("SEALPOST_KEYS__ROOT__FILE", "other.key")]).await;
    assert_eq!(exit, Some(5), "{said}");
    assert!(said.contains("root key is not the one") && advice.contains("recovery kit"), "{said} / {advice}");
    for name in ["keys.db", "keys.db-wal", "keys.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(name));
    }
    let (exit, said, advice) = trouble(folder.path(), &[]).await;
    assert_eq!(exit, Some(1), "{said}");
    assert!(said.contains("key store is empty") && advice.contains("from its backup"), "{said} / {advice}");
}

#[tokio::test]
async fn doctor_and_a_server_without_a_root_key_make_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(folder.path(), &[], &["doctor"]).await;
    assert_eq!(said.status.code(), Some(3));
    let (exit, _, fix) = trouble(folder.path(), &[]).await;
    assert_eq!((exit, fix.contains("sealpost init")), (Some(5), true), "{fix}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "whoever looks leaves nothing behind");
}

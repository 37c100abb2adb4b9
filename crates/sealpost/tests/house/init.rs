//! `sealpost init`: from nothing to a server that answers, on both engines.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use sealpost_store::testing::postgres_databases;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::api::{Api, Ask};
use crate::house::text;

/// A host that nothing is installed on yet.
struct Host(tempfile::TempDir);

impl Host {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("sealpost-init-").tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The files that hold the URLs of these databases.
    fn url_files(&self, urls: &[String; 2]) -> [PathBuf; 2] {
        ["data.url", "keys.url"].map(|name| self.path(name)).map(|path| {
            let which = usize::from(path.ends_with("keys.url"));
            std::fs::write(&path, format!("{}\n", urls[which])).unwrap();
            path
        })
    }

    fn init(&self, dir: &str, urls: Option<&[String; 2]>) -> Command {
        let mut command = sealpost();
        command.args(["--json", "init", "--organisation", "Lakeside Clinic", "--host", "localhost:7700"]);
        command.args(["--bind", "127.0.0.1:0"]).arg("--dir").arg(self.path(dir)).arg("--data").arg(self.path("data"));
        if let Some(urls) = urls {
            let [data, keys] = self.url_files(urls);
            command.arg("--data-url").arg(data).arg("--keys-url").arg(keys);
        }
        command
    }

    /// What init came to with these databases, and that it wrote nothing.
    async fn refused(&self, urls: &[String; 2]) -> (Option<i32>, String) {
        let output = self.init("refused", Some(urls)).output().await.unwrap();
        assert!(!self.path("refused").exists(), "refused, and still something was written");
        let said: Value = serde_json::from_slice(&output.stderr).unwrap();
        (output.status.code(), text(&said["error"], "what"))
    }
}

fn sealpost() -> Command {
    let mut command = Command::new(crate::house::program());
    command.env("SEALPOST_SERVER__ADMIN", "127.0.0.1:0").stdin(Stdio::null()).kill_on_drop(true);
    command
}

fn result(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn an_installation_is_made_and_answers(urls: Option<[String; 2]>) {
    let host = Host::new();
    let made = result(&host.init("etc", urls.as_ref()).output().await.unwrap());
    let config = host.path("etc/sealpost.toml");
    let groups = text(&made["recovery_kit"], "groups");
    assert_eq!(groups.split_whitespace().count(), 16);
    assert!(text(&made, "verifier_key").starts_with("localhost:7700/ledger+"));
    for url in urls.iter().flatten() {
        assert!(!made.to_string().contains(url) && !std::fs::read_to_string(&config).unwrap().contains(url));
    }

    let create = ["--json", "keys", "create", "--local", "--name", "first", "--scope", "all", "--environment", "test"];
    let key = result(&sealpost().arg("--config").arg(&config).args(create).output().await.unwrap());
    let mut serve =
        sealpost().arg("--config").arg(&config).args(["--json", "serve"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(serve.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await.expect("not ready in time");
    let ready: Value = serde_json::from_str(&line.unwrap().unwrap()).unwrap();
    let api = Api::new(&host.path("data/tls/ca.pem"), text(&ready, "address").parse().unwrap());
    let keys = api.must(Ask::get("/v1/keys").key(&text(&key, "key"))).await;
    assert_eq!(keys["data"][0]["id"], key["id"]);
    serve.kill().await.unwrap();

    the_kit_brings_it_back(&host, urls.as_ref(), &groups, &made).await;
}

/// A new configuration for the same data, with the root key from paper.
async fn the_kit_brings_it_back(host: &Host, urls: Option<&[String; 2]>, groups: &str, made: &Value) {
    let kit = host.path("kit");
    std::fs::write(&kit, groups).unwrap();
    let without = host.init("again", urls).output().await.unwrap();
    assert_eq!(without.status.code(), Some(3), "{}", String::from_utf8_lossy(&without.stderr));
    assert!(!host.path("again").exists());
    let again = result(&host.init("again", urls).arg("--root-from").arg(kit).output().await.unwrap());
    for what in ["organisation", "verifier_key", "recovery_kit"] {
        assert_eq!(again[what], made[what], "{what}");
    }
}

mod an_installation_is_made_and_answers {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_sqlite() {
        super::an_installation_is_made_and_answers(None).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn on_postgres() {
        if let Some(urls) = super::postgres_databases().await {
            super::an_installation_is_made_and_answers(Some(urls)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_written_is_shown_and_not_written() {
    let host = Host::new();
    let urls = ["postgres://sealpost@db.example.com/a".to_owned(), "postgres://sealpost@db.example.com/b".to_owned()];
    let shown = result(&host.init("etc", Some(&urls)).arg("--print").output().await.unwrap());
    assert!(text(&shown, "config").contains("[storage.postgres]") && !shown.to_string().contains("db.example.com"));
    assert!(!host.path("etc").exists() && !host.path("data").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_that_can_not_be_used_are_refused_before_anything_is_written() {
    let Some(urls) = postgres_databases().await else { return };
    let host = Host::new();
    let nowhere = "postgres://sealpost@127.0.0.1:1/sealpost?sslmode=disable".to_owned();
    let (exit, why) = host.refused(&[nowhere, urls[1].clone()]).await;
    assert_eq!(exit, Some(4), "{why}");
    assert!(why.contains("can't be reached"), "{why}");

    let (exit, why) = host.refused(&[urls[0].clone(), urls[0].clone()]).await;
    assert_eq!((exit, why.contains("a PostgreSQL database each")), (Some(3), true), "{why}");

    crate::databases::connect(&urls[1]).await.batch_execute("create table invoice (id bigint)").await.unwrap();
    let (exit, why) = host.refused(&urls).await;
    assert_eq!((exit, why.contains("not Sealpost's")), (Some(3), true), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_no_fence_holds_is_refused() {
    let Some(urls) = postgres_databases().await else { return };
    let powerful = urls.map(|url| url.replacen("://sealpost@", "://postgres@", 1));
    if tokio_postgres::connect(&powerful[0], tokio_postgres::NoTls).await.is_err() {
        eprintln!("SKIPPED, LOUDLY: the PostgreSQL server of these tests lets no superuser in");
        return;
    }
    let (exit, why) = Host::new().refused(&powerful).await;
    assert_eq!((exit, why.contains("superuser or bypasses row-level security")), (Some(3), true), "{why}");
}

//! A data folder, its configuration, and an organisation with what it needs to send: made once, lived in through many kills.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use sealpost_access::api_keys::{self, KeyName, Lifetime, NewKey};
use sealpost_access::organisations::{self, OrganisationName};
use sealpost_access::permissions::EVERYTHING;
use sealpost_seal::RootKey;
use sealpost_seal::rng::SystemRng;
use sealpost_seal::signature::SigningSecret;
use sealpost_seal::token::KeyKind;
use sealpost_store::testing::{cramped_databases, postgres_databases};
use sealpost_store::{Database, Environment, Org, Store, StoreConfig, World};
use serde_json::{Value, json};

use crate::api::Api;
use crate::receiver::Receiver;
use crate::server::{Server, sealpost};

const ORIGIN: &str = "crash.example/ledger";

/// One installation. Its folder is kept, and named, if the test fails.
pub(crate) struct Installation {
    folder: tempfile::TempDir,
    /// What the program gets in its environment: where PostgreSQL is.
    pub(crate) environment: Vec<(String, String)>,
    postgres: Option<[String; 2]>,
    root: String,
}

/// What clients and receivers need.
pub(crate) struct Seeded {
    pub(crate) api: Api,
    pub(crate) receiver: Receiver,
}

impl Installation {
    pub(crate) fn sqlite() -> Self {
        Self::new(None)
    }

    /// Nothing if there is no server to test with.
    pub(crate) async fn postgres() -> Option<Self> {
        Some(Self::new(Some(postgres_databases().await?)))
    }

    /// On databases that lie on a small disk, and a folder on it; nothing where there is none.
    pub(crate) async fn cramped() -> Option<(Self, PathBuf)> {
        let (urls, disk) = cramped_databases().await?;
        Some((Self::new(Some(urls)), disk))
    }

    fn new(postgres: Option<[String; 2]>) -> Self {
        let folder = tempfile::Builder::new().prefix("sealpost-crash-").tempdir().unwrap();
        let root = RootKey::generate(&SystemRng).to_file_text().to_string();
        std::fs::write(folder.path().join("root.key"), &root).unwrap();
        let quotas = ["send", "batch", "read", "search", "partial", "write", "reveal", "whole", "provision"]
            .map(|class| format!("{class} = {{ count = 1000000, seconds = 60 }}"))
            .join("\n");
        let databases = match &postgres {
            Some(_) => "[storage.postgres]\ndata = { env = \"CRASH_DATA\" }\nkeys = { env = \"CRASH_KEYS\" }\n",
            None => "",
        };
        let config = format!(
            "[server]\nbind = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n\
             [storage]\nfolder = \".\"\n{databases}\
             [keys]\nroot = {{ file = \"root.key\" }}\n\
             [ledger]\norigin = \"{ORIGIN}\"\ncheckpoint_ms = 100\nwitness = \"witness\"\n\
             [egress]\nloopback = true\nauthorities = [\"tls/ca.pem\"]\n\
             [log]\nfilter = \"warn\"\n\
             [limits]\npeer = {{ count = 1000000, seconds = 60 }}\n\
             [limits.caller]\n{quotas}\n[limits.organisation]\n{quotas}\n"
        );
        std::fs::write(folder.path().join("sealpost.toml"), config).unwrap();
        std::fs::create_dir(folder.path().join("witness")).unwrap();
        // The program and the receiver are trusted by the same authority.
        let now = World::real().clock.now();
        sealpost_web::tls::local_authority(&folder.path().join("tls"), now).unwrap();
        let urls = postgres.iter().flatten().cloned();
        let environment = ["CRASH_DATA".to_owned(), "CRASH_KEYS".to_owned()].into_iter().zip(urls).collect();
        Self { folder, environment, postgres, root }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the folder for whoever looks into a failure, and says where it is.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    /// Makes the organisation and its key in the store, the rest through the API.
    pub(crate) async fn seed(&self) -> Seeded {
        let key = self.issue_key(Environment::Test).await;
        let tls = self.folder().join("tls");
        let secret = SigningSecret::generate(&SystemRng);
        let text = secret.expose().to_owned();
        let receiver = Receiver::start(&tls, secret).await;
        let api = Api::new(&tls.join("ca.pem"), &key);

        let server = Server::start_safely(self.folder(), &self.environment).await;
        let mut connection = api.connect(server.address).await.unwrap();
        let template = json!({ "name": "crash", "channel": "sms", "content": { "text": "{{ code }} is your code." } });
        let template = connection.make("/v1/templates", &template).await;
        let event = json!({ "name": "crash.test", "class": "otp", "template_id": template["id"] });
        connection.make("/v1/events", &event).await;
        let endpoint = json!({
            "name": "crash",
            "url": format!("https://localhost:{}/hooks", receiver.address.port()),
            "events": ["message.*"],
            "secret": { "value": text, "encoding": "base64" },
        });
        let endpoint = connection.make("/v1/endpoints", &endpoint).await;
        let id = endpoint["id"].as_str().unwrap();
        let tried = connection.make(&format!("/v1/endpoints/{id}/verify"), &Value::Null).await;
        assert_eq!(tried["succeeded"], true, "{tried}");
        drop(connection);
        server.stop(self.folder()).await;
        Seeded { api, receiver }
    }

    /// The same for mail: a live key, a channel through each relay, a route over them if there are several, an event of each class that
    /// is treated differently.
    pub(crate) async fn seed_mail(&self, relays: &[SocketAddr]) -> Api {
        let key = self.issue_key(Environment::Live).await;
        let api = Api::new(&self.folder().join("tls/ca.pem"), &key);
        let server = Server::start_safely(self.folder(), &self.environment).await;
        let mut connection = api.connect(server.address).await.unwrap();
        let mut steps = Vec::new();
        for relay in relays {
            let email = json!({
                "host": "127.0.0.1", "port": relay.port(), "security": "plain_loopback",
                "from_address": "crash@mail.example.com", "helo": "mail.example.com",
            });
            let name = format!("crash-{}", steps.len());
            let channel = connection.make("/v1/channels", &json!({ "name": name, "email": email })).await;
            steps.push(json!({ "channel_id": channel["id"] }));
        }
        let through = match &steps[..] {
            [only] => ("channel_id", only["channel_id"].clone()),
            _ => {
                let route = json!({ "name": "crash", "strategy": "fail_over", "on_unknown": "next", "steps": steps });
                ("route_id", connection.make("/v1/routes", &route).await["id"].clone())
            }
        };
        for class in ["otp", "transactional"] {
            let content = json!({ "subject": "Crash", "text": "{{ code }} is your number." });
            let template = json!({ "name": class, "channel": "email", "content": content });
            let template = connection.make("/v1/templates", &template).await;
            let mut event = json!({ "name": format!("crash.{class}"), "class": class, "template_id": template["id"] });
            event[through.0] = through.1.clone();
            connection.make("/v1/events", &event).await;
        }
        drop(connection);
        server.stop(self.folder()).await;
        api
    }

    /// As if a day had passed: leases of the dead have run out, what waits for another try is due. The server must have ended.
    pub(crate) async fn let_a_day_pass(&self) {
        const LATER: &str = "update outbox set due_at = due_at - 86400000, leased_until = due_at - 86400000";
        match &self.postgres {
            None => {
                let data = rusqlite::Connection::open(self.folder().join("data.db")).unwrap();
                data.execute(LATER, []).unwrap();
            }
            Some([data, _]) => {
                let (client, connection) = tokio_postgres::connect(data, tokio_postgres::NoTls).await.unwrap();
                let connection = tokio::spawn(connection);
                client.batch_execute(&format!("set app.system = 'on'; {LATER}")).await.unwrap();
                drop(client);
                connection.await.unwrap().unwrap();
            }
        }
    }

    /// From now on this holds for everybody. The server must have ended.
    pub(crate) async fn decide_storage(&self, rules: &str) {
        let decide = format!(
            "insert into storage_policy (org, version, rules, created_at) select org, 1, '{rules}', 0 from organisation"
        );
        match &self.postgres {
            None => {
                let data = rusqlite::Connection::open(self.folder().join("data.db")).unwrap();
                data.execute(&decide, []).unwrap();
            }
            Some([data, _]) => {
                let (client, connection) = tokio_postgres::connect(data, tokio_postgres::NoTls).await.unwrap();
                let connection = tokio::spawn(connection);
                client.batch_execute(&format!("set app.system = 'on'; {decide}")).await.unwrap();
                drop(client);
                connection.await.unwrap().unwrap();
            }
        }
    }

    /// Of how many messages that came to their end anything sealed is left, and of how many the key.
    pub(crate) async fn payloads_left(&self) -> (i64, i64) {
        const SEALED: &str = "select count(*) from message where state not in ('queued', 'sending') \
                              and (length(recipient) > 0 or payload is not null)";
        match &self.postgres {
            None => {
                let data = rusqlite::Connection::open(self.folder().join("data.db")).unwrap();
                let keys = self.folder().join("keys.db");
                data.execute("attach ? as keys", [keys.to_str().unwrap()]).unwrap();
                let count = |sql: &str| data.query_row(sql, [], |row| row.get(0)).unwrap();
                let keys = "select count(*) from message join keys.slot on slot.id = message.slot \
                            where state not in ('queued', 'sending')";
                (count(SEALED), count(keys))
            }
            Some([data, keys]) => {
                let slots = "select slot from message where state not in ('queued', 'sending')";
                let (data, one) = tokio_postgres::connect(data, tokio_postgres::NoTls).await.unwrap();
                let (keys, other) = tokio_postgres::connect(keys, tokio_postgres::NoTls).await.unwrap();
                let connections = [tokio::spawn(one), tokio::spawn(other)];
                for client in [&data, &keys] {
                    client.batch_execute("set app.system = 'on'").await.unwrap();
                }
                let sealed: i64 = data.query_one(SEALED, &[]).await.unwrap().get(0);
                let rows = data.query(&format!("select slot::text from ({slots}) as s"), &[]).await.unwrap();
                let slots: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
                let left = "select count(*) from slot where id::text = any($1)";
                let left: i64 = keys.query_one(left, &[&slots]).await.unwrap().get(0);
                drop((data, keys));
                for connection in connections {
                    connection.await.unwrap().unwrap();
                }
                (sealed, left)
            }
        }
    }

    /// The store, opened in this process: the server must have ended.
    pub(crate) async fn open(&self) -> Store {
        self.open_under(&self.root).await
    }

    /// The same under another root key.
    pub(crate) async fn open_under(&self, root: &str) -> Store {
        let database = match &self.postgres {
            None => Database::Sqlite { folder: self.folder().to_owned() },
            Some([data, keys]) => Database::Postgres {
                data: data.clone(),
                keys: keys.clone(),
                writers: 1,
                roots: rustls::RootCertStore::empty().into(),
            },
        };
        let root = RootKey::parse(root).unwrap();
        let config = StoreConfig { database, root, world: World::real(), origin: ORIGIN.into() };
        Store::open(config).await.unwrap()
    }

    async fn issue_key(&self, environment: Environment) -> String {
        let store = self.open().await;
        let id = organisations::create(&store, OrganisationName::parse("Crash Test").unwrap()).await.unwrap();
        let ctx = organisations::operator(&store, Org { id, environment });
        let new = NewKey {
            name: KeyName::parse("Crash").unwrap(),
            kind: KeyKind::Secret,
            scopes: EVERYTHING,
            mask: Default::default(),
            lifetime: Lifetime::default(),
            cidrs: Default::default(),
        };
        let issued = api_keys::create_first(&store, &ctx, new).await.unwrap_or_else(|_| panic!("the key is refused"));
        issued.plain.expose().to_owned()
    }

    /// Exports the ledger and verifies it as an auditor would, with the program's own commands; answers how many leaves it
    /// has. The server must have ended.
    pub(crate) async fn verify_ledger(&self, environment: &str) -> Result<u64, String> {
        let export = self.folder().join("ledger.jsonl");
        let export = export.to_str().unwrap();
        let key = self.run(&["ledger", "key", "--local"]).await?;
        self.run(&["ledger", "export", "--environment", environment, "--to", export]).await?;
        let key = key["verifier_key"].as_str().unwrap();
        let verified = self.run(&["ledger", "verify", export, "--key", key]).await?;
        if verified["verified"] == true { Ok(verified["leaves"].as_u64().unwrap()) } else { Err(verified.to_string()) }
    }

    /// A command that is to die at this point.
    pub(crate) async fn run_doomed(&self, point: &str, arguments: &[&str]) -> Result<Value, String> {
        let mut environment = self.environment.clone();
        environment.push(("SEALPOST_CRASH_AT".into(), format!("{point}:1")));
        self.run_in(&environment, arguments).await
    }

    /// One of the program's own commands.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<Value, String> {
        self.run_in(&self.environment, arguments).await
    }

    async fn run_in(&self, environment: &[(String, String)], arguments: &[&str]) -> Result<Value, String> {
        let output = sealpost(self.folder(), environment).args(arguments).output().await.unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            return Err(format!("{arguments:?}: {out}{err}"));
        }
        serde_json::from_str(&out).map_err(|_| format!("{arguments:?}: {out}"))
    }
}

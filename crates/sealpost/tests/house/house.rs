//! The program, running: a data folder of its own, two organisations, a receiver beside it. Ends when it is dropped.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sealpost_access::api_keys::{self, KeyMask, KeyName, Lifetime, NewKey};
use sealpost_access::links;
use sealpost_access::members;
use sealpost_access::organisations::{self, OrganisationName};
use sealpost_access::permissions::EVERYTHING;
use sealpost_access::roles::{RoleRef, Standard};
use sealpost_access::scim;
use sealpost_seal::RootKey;
use sealpost_seal::rng::SystemRng;
use sealpost_seal::token::KeyKind;
use sealpost_store::testing::postgres_databases;
use sealpost_store::{Clock, Ctx, Database, Environment, MemberId, Org, OrgId, Store, StoreConfig, Time, World};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::api::{Answer, Api, Ask};
use crate::names::Names;
use crate::receiver::Receiver;
use crate::surface::Route;

const ORIGIN: &str = "house.example/ledger";
/// What the variables are called in which the program finds its databases.
pub(crate) const URLS: [&str; 2] = ["HOUSE_DATA", "HOUSE_KEYS"];
/// What the ledger's batches are signed with.
const SIEM_SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
/// What the program logs, so that the log can be searched for what must not be in it.
const EVERYTHING_IT_KNOWS: &str = "trace";
/// Before a busy machine is a broken one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// Longer ago than a key lives.
const LONG_AGO_MS: i64 = 200 * 86_400_000;

/// A running server and everything around it.
pub(crate) struct House {
    /// A client of the server.
    pub(crate) api: Api,
    /// Where the server listens.
    pub(crate) address: SocketAddr,
    /// Where it tells whoever watches its numbers.
    pub(crate) admin: SocketAddr,
    /// A customer's endpoint that trusts the same authority.
    pub(crate) receiver: Receiver,
    /// Who watches: traces, metrics and the ledger are sent here.
    pub(crate) collector: Receiver,
    /// Who is asked for records of domains.
    pub(crate) names: Names,
    /// The keys that were there before the server.
    pub(crate) keys: Keys,
    links: Links,
    /// Our owner, signed in not long ago.
    standing: tokio::sync::Mutex<Option<(Member, Instant)>>,
    /// The URLs of its databases, on PostgreSQL.
    pub(crate) urls: Option<[String; 2]>,
    folder: tempfile::TempDir,
    process: Child,
}

/// Keys made on the host. All may do everything their place allows.
pub(crate) struct Keys {
    /// Ours, in the test environment.
    pub(crate) ours: String,
    /// The same, but it sees as much of phone numbers as a key may.
    pub(crate) seeing: String,
    /// Ours, in the live environment.
    pub(crate) live: String,
    /// Of another organisation, in the test environment.
    pub(crate) foreign: String,
    /// Ours, but its time is over.
    pub(crate) expired: String,
    /// Of the directory that provisions our members.
    pub(crate) directory: String,
    /// The same of another organisation.
    pub(crate) foreign_directory: String,
}

/// One-time links of members: of each role of ours, and of another organisation's owner.
struct Links(Mutex<BTreeMap<&'static str, Vec<String>>>);

/// So many for each that no test runs out.
const LINKS: usize = 12;
const OWNERS_LINKS: usize = 60;
/// What the other organisation's owner is called among ours.
const FOREIGN: &str = "another organisation's owner";
/// How long a session is taken to be freshly proved: less than the five minutes it is.
pub(crate) const FRESH: Duration = Duration::from_secs(180);

/// A signed-in member's browser: what it sends along, [`Ask::member`].
#[derive(Clone, Debug)]
pub(crate) struct Member {
    /// The session's cookie.
    pub(crate) cookie: String,
    /// What a form or script of our pages sends.
    pub(crate) csrf: String,
}

struct At(Time);

impl Clock for At {
    fn now(&self) -> Time {
        self.0
    }
}

impl House {
    pub(crate) async fn sqlite() -> Self {
        Self::open(None, EVERYTHING_IT_KNOWS).await
    }

    /// The same for those who don't look into its log: saying everything takes longer than doing it.
    pub(crate) async fn sqlite_saying(filter: &str) -> Self {
        Self::open(None, filter).await
    }

    /// Nothing if there is no server to test with.
    pub(crate) async fn postgres() -> Option<Self> {
        Some(Self::open(Some(postgres_databases().await?), EVERYTHING_IT_KNOWS).await)
    }

    async fn open(urls: Option<[String; 2]>, filter: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("sealpost-house-").tempdir().unwrap();
        let root = RootKey::generate(&SystemRng).to_file_text().to_string();
        std::fs::write(folder.path().join("root.key"), &root).unwrap();
        std::fs::write(folder.path().join("siem.secret"), SIEM_SECRET).unwrap();
        let receiver = Receiver::start(&folder.path().join("tls")).await;
        let collector = Receiver::start(&folder.path().join("tls")).await;
        let names = Names::start().await;
        let text = configuration(urls.is_some(), collector.address.port(), names.address);
        std::fs::write(folder.path().join("sealpost.toml"), text).unwrap();
        let (keys, links) = issue_keys(folder.path(), &root, urls.as_ref()).await;
        let (process, address, admin) = start(folder.path(), urls.as_ref(), filter).await;
        let api = Api::new(&folder.path().join("tls/ca.pem"), address);
        Self {
            api,
            address,
            admin,
            receiver,
            collector,
            names,
            keys,
            links,
            standing: Default::default(),
            urls,
            folder,
            process,
        }
    }

    /// A client with a connection of its own.
    pub(crate) fn another_client(&self) -> Api {
        Api::new(&self.authority(), self.address)
    }

    /// Ends the program at once; answers what it leaves.
    pub(crate) async fn die(self) -> tempfile::TempDir {
        let Self { folder, mut process, .. } = self;
        process.kill().await.unwrap();
        folder
    }

    /// Has the program end as somebody tells it to; answers how it ended.
    pub(crate) async fn end(mut self, tell: impl FnOnce()) -> std::process::ExitStatus {
        tell();
        tokio::time::timeout(PATIENCE, self.process.wait()).await.expect("it goes on").unwrap()
    }

    /// Has the program end calmly, and goes on with what it leaves.
    pub(crate) async fn stop(&mut self) {
        let told = std::process::Command::new("kill").arg(self.process().to_string()).status().unwrap();
        assert!(told.success());
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await.expect("it goes on").unwrap();
        assert!(ended.success(), "{ended:?}: {}", self.log());
    }

    /// The number of the program's process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id().unwrap()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a client has to trust.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder().join("tls/ca.pem")
    }

    /// Everything the program has said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(log(self.folder())).unwrap_or_default()
    }

    /// Asks with our full key for what has to work.
    pub(crate) async fn get(&self, path: impl Into<String>) -> Value {
        self.api.must(Ask::get(path).key(&self.keys.ours)).await
    }

    /// Asks with our full key for what has to work.
    pub(crate) async fn post(&self, path: impl Into<String>, body: &Value) -> Value {
        self.api.must(Ask::post(path, body).key(&self.keys.ours)).await
    }

    /// The same without a body.
    pub(crate) async fn post_nothing(&self, path: impl Into<String>) -> Value {
        self.api.must(Ask::new("post", path).key(&self.keys.ours)).await
    }

    /// The request as ours who may make it: our owner, our directory, or our full key.
    pub(crate) async fn ours(&self, route: &Route, ask: Ask) -> Ask {
        match (route.session, route.directory) {
            (true, _) => ask.member(&self.standing_owner().await),
            (_, true) => ask.key(&self.keys.directory),
            _ => ask.key(&self.keys.ours),
        }
    }

    /// Asks with our full key, whatever comes of it.
    pub(crate) async fn ask(&self, ask: Ask) -> Answer {
        self.api.ask(ask.key(&self.keys.ours)).await
    }

    /// A new secret key of ours that may do exactly this: its id and text.
    pub(crate) async fn key_with(&self, scopes: &[&str]) -> (String, String) {
        let body = json!({ "name": "Generated", "kind": "secret", "scopes": scopes });
        let made = self.post("/v1/keys", &body).await;
        (text(&made, "id"), text(&made, "key"))
    }

    /// Our owner, signed in anew.
    pub(crate) async fn owner(&self) -> Member {
        self.member("owner").await
    }

    /// Our owner, signed in not long ago: what is sensitive takes no further proof.
    pub(crate) async fn standing_owner(&self) -> Member {
        let mut standing = self.standing.lock().await;
        if let Some((member, _)) = standing.as_ref().filter(|(_, since)| since.elapsed() < FRESH) {
            return member.clone();
        }
        let member = self.owner().await;
        *standing = Some((member.clone(), Instant::now()));
        member
    }

    /// The owner of another organisation, signed in anew.
    pub(crate) async fn foreign_owner(&self) -> Member {
        self.member(FOREIGN).await
    }

    /// Asks as our owner for what has to work.
    pub(crate) async fn as_owner(&self, ask: Ask) -> Value {
        self.api.must(ask.member(&self.standing_owner().await)).await
    }

    /// Our member of this role of ours, signed in anew: through the page behind a link, as a browser would.
    pub(crate) async fn member(&self, role: &str) -> Member {
        let (member, next) = self.follow(&self.link(role)).await;
        assert_eq!(next, "/app");
        member
    }

    /// Whoever a link signs in, and where they are led.
    pub(crate) async fn follow(&self, link: &str) -> (Member, String) {
        let pressed = self.api.ask(self.press(link).await).await;
        assert_eq!(pressed.status, 303, "{}", pressed.text());
        let mut member = Member { cookie: pressed.cookie("__Host-sealpost_session"), csrf: String::new() };
        member.csrf = text(&self.api.must(Ask::get("/v1/session").member(&member)).await, "csrf_token");
        (member, pressed.header("location").to_owned())
    }

    /// What the button on the page behind a link sends.
    pub(crate) async fn press(&self, link: &str) -> Ask {
        let page = self.api.ask(Ask::get(link)).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let (visit, csrf) = (page.cookie("__Host-sealpost_visit"), page.csrf());
        Ask::new("post", link).of_own_page().header("cookie", &visit).form(&json!({ "_csrf": csrf }))
    }

    /// What the button on the page of hand-overs sends: what stands behind the `#` of the link, which the server never saw before.
    pub(crate) async fn opening(&self, link: &str) -> Ask {
        let (_, token) = link.split_once('#').unwrap();
        let page = self.api.ask(Ask::get("/handover").page()).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let (visit, csrf) = (page.cookie("__Host-sealpost_visit"), page.csrf());
        let form = json!({ "_csrf": csrf, "token": token });
        Ask::new("post", "/handover").page().of_own_page().header("cookie", &visit).form(&form)
    }

    /// The path of an unused one-time link of our member of this role.
    pub(crate) fn link(&self, role: &str) -> String {
        let mut links = self.links.0.lock().unwrap();
        let left = links.get_mut(role).unwrap_or_else(|| panic!("no role of ours is called {role}"));
        left.pop().expect("more links: raise LINKS")
    }

    /// The same, and it sees so much of phone numbers.
    pub(crate) async fn key_seeing(&self, scopes: &[&str], mask_profile: &str) -> String {
        let body = json!({ "name": "Seeing", "kind": "secret", "scopes": scopes, "mask_profile": mask_profile });
        let made = self.api.must(Ask::post("/v1/keys", &body).key(&self.keys.seeing)).await;
        text(&made, "key")
    }

    /// Waits until a file of ours in the test environment stands so.
    pub(crate) async fn download_in(&self, id: &str, state: &str) -> Value {
        let since = Instant::now();
        loop {
            let download = self.get(format!("/v1/downloads/{id}")).await;
            if download["state"] == state {
                return download;
            }
            assert!(since.elapsed() < PATIENCE, "{download}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// A verified endpoint at our receiver that hears of messages: its id and secret.
    pub(crate) async fn endpoint(&self, name: &str) -> (String, String) {
        self.endpoint_for(name, &["message.*"]).await
    }

    /// A verified endpoint at our receiver that hears of these events: its id and secret.
    pub(crate) async fn endpoint_for(&self, name: &str, events: &[&str]) -> (String, String) {
        let body = json!({ "name": name, "url": self.receiver.url(), "events": events });
        let made = self.post("/v1/endpoints", &body).await;
        let id = text(&made, "id");
        let tried = self.post_nothing(format!("/v1/endpoints/{id}/verify")).await;
        assert_eq!(tried["succeeded"], true, "{tried}");
        (id, text(&made, "secret"))
    }

    /// An event with a template of its own: its id and the template's.
    pub(crate) async fn event(&self, name: &str, channel: &str, class: &str, content: &Value) -> (String, String) {
        let template = json!({ "name": name, "channel": channel, "content": content });
        let template = text(&self.post("/v1/templates", &template).await, "id");
        let event = json!({ "name": name, "class": class, "template_id": template });
        (text(&self.post("/v1/events", &event).await, "id"), template)
    }

    /// A channel for e-mail that nothing is sent through: its id.
    pub(crate) async fn channel(&self, name: &str) -> String {
        let email = json!({ "host": "127.0.0.1", "port": 2525, "security": "plain_loopback",
            "from_address": "news@mail.example.com", "helo": "mail.example.com" });
        text(&self.post("/v1/channels", &json!({ "name": name, "email": email })).await, "id")
    }

    /// A workflow of these nodes, beginning with `first`, in force: its id.
    pub(crate) async fn workflow(&self, name: &str, nodes: &Value) -> String {
        let definition = json!({ "class": "transactional", "start": "first", "nodes": nodes });
        let made = self.post("/v1/workflows", &json!({ "name": name, "definition": definition })).await;
        let id = text(&made, "id");
        self.post(format!("/v1/workflows/{id}/promote"), &json!({ "version": 1, "expected": 0 })).await;
        id
    }

    /// A workflow that asks the endpoint of this name what it is given, looks at the answer and waits; and a run of it for whom this
    /// message is for, with its data, that waits.
    pub(crate) async fn asking_run(&self, name: &str, message: &Value) -> (String, String) {
        let nodes = json!({
            "first": { "type": "call", "endpoint": name, "data": { "code": { "field": "/data/code" } }, "next": "look" },
            "look": { "type": "condition", "if": { "field": "/answers/first/status", "greater": 0 }, "then": "rest", "else": "end" },
            "rest": { "type": "wait", "for": { "signal": "confirmed" }, "timeout_seconds": 86_400, "next": "end", "otherwise": "end" },
            "end": { "type": "end" },
        });
        let workflow = self.workflow(name, &nodes).await;
        let run = json!({ "workflow": name, "to": message["to"], "data": message["data"] });
        let run = text(&self.post("/v1/workflow-runs", &run).await, "id");
        self.run_in(&run, "waiting").await;
        (workflow, run)
    }

    /// The run, once it is in this state.
    pub(crate) async fn run_in(&self, id: &str, state: &str) -> Value {
        for _ in 0..6_000 {
            let run = self.get(format!("/v1/workflow-runs/{id}")).await;
            if run["state"] == state {
                return run;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{id} does not come to {state}: {}", self.get(format!("/v1/workflow-runs/{id}")).await)
    }

    /// The message, once it is in this state.
    pub(crate) async fn message_in(&self, id: &str, state: &str) -> Value {
        for _ in 0..6_000 {
            let message = self.get(format!("/v1/messages/{id}")).await;
            if message["state"] == state {
                return message;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{id} does not come to {state}: {}", self.get(format!("/v1/messages/{id}/timeline")).await)
    }
}

/// A field that has to be there.
pub(crate) fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {value}")).to_owned()
}

fn configuration(postgres: bool, collector: u16, names: SocketAddr) -> String {
    let quotas = ["send", "batch", "read", "search", "partial", "write", "reveal", "whole", "provision"]
        .map(|class| format!("{class} = {{ count = 1000000, seconds = 1 }}"))
        .join("\n");
    let databases = match postgres {
        true => format!("[storage.postgres]\ndata = {{ env = \"{}\" }}\nkeys = {{ env = \"{}\" }}\n", URLS[0], URLS[1]),
        false => String::new(),
    };
    format!(
        "[server]\nbind = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n\
         [storage]\nfolder = \".\"\n{databases}\
         [keys]\nroot = {{ file = \"root.key\" }}\n\
         [ledger]\norigin = \"{ORIGIN}\"\ncheckpoint_ms = 100\n\
         [siem.webhook]\nurl = \"https://localhost:{collector}/siem\"\nsecret = {{ file = \"siem.secret\" }}\n\
         [telemetry]\nendpoint = \"https://localhost:{collector}/otlp\"\nmetrics_seconds = 1\n\
         [egress]\nloopback = true\nauthorities = [\"tls/ca.pem\"]\nname_servers = [\"{names}\"]\n\
         [doors]\nfyno = {{ open = true, hosts = [\"fyno.example.com\"] }}\nsafravo = {{ open = true, hosts = [\"safravo.example.com\"] }}\n\
         [limits]\npeer = {{ count = 1000000, seconds = 1 }}\n\
         [limits.caller]\n{quotas}\n[limits.organisation]\n{quotas}\n"
    )
}

async fn issue_keys(folder: &Path, root: &str, urls: Option<&[String; 2]>) -> (Keys, Links) {
    let now = World::real().clock.now();
    let long_ago = World { clock: Arc::new(At(now.plus_ms(-LONG_AGO_MS))), rng: Arc::new(SystemRng) };
    let store = open(folder, root, urls, long_ago).await;
    let ours = organisations::create(&store, OrganisationName::parse("Ours").unwrap()).await.unwrap();
    let expired = issue(&store, ours, Environment::Test, KeyMask::Full).await;
    drop(store);
    let store = open(folder, root, urls, World::real()).await;
    let others = organisations::create(&store, OrganisationName::parse("Others").unwrap()).await.unwrap();
    let keys = Keys {
        ours: issue(&store, ours, Environment::Test, KeyMask::Full).await,
        seeing: issue(&store, ours, Environment::Test, KeyMask::First3Last4).await,
        live: issue(&store, ours, Environment::Live, KeyMask::Full).await,
        foreign: issue(&store, others, Environment::Test, KeyMask::Full).await,
        expired,
        directory: directory(&store, ours).await,
        foreign_directory: directory(&store, others).await,
    };
    (keys, links(&store, ours, others).await)
}

/// The token of an organisation's directory, which may what its owner may.
async fn directory(store: &Store, id: OrgId) -> String {
    let ctx = organisations::operator(store, Org { id, environment: Environment::Live });
    let (keys, name) = (store.keys().clone(), scim::TokenName::parse("House").unwrap());
    let made = store.write(&ctx, move |tx| scim::create(tx, &keys, &name)).await;
    made.unwrap_or_else(|_| panic!("the token is refused")).plain.expose().to_owned()
}

/// A member of each role of ours, with links as the operator makes them.
async fn links(store: &Store, id: OrgId, others: OrgId) -> Links {
    let ctx = organisations::operator(store, Org { id, environment: Environment::Live });
    let mut all = BTreeMap::new();
    let foreign = organisations::operator(store, Org { id: others, environment: Environment::Live });
    let owner = members::owner(store, &foreign).await.unwrap();
    all.insert(FOREIGN, links_of(store, &foreign, owner, LINKS).await);
    for standard in Standard::ALL {
        let member = match standard {
            Standard::Owner => members::owner(store, &ctx).await.unwrap(),
            other => store.write(&ctx, move |tx| members::create(tx, RoleRef::Standard(other))).await.unwrap(),
        };
        let count = if standard == Standard::Owner { OWNERS_LINKS } else { LINKS };
        all.insert(standard.word(), links_of(store, &ctx, member, count).await);
    }
    Links(Mutex::new(all))
}

async fn links_of(store: &Store, ctx: &Ctx, member: MemberId, count: usize) -> Vec<String> {
    let mut links = Vec::new();
    for _ in 0..count {
        let keys = store.keys().clone();
        let made = store.write(ctx, move |tx| links::create(tx, &keys, member, links::Purpose::Operator)).await;
        links.push(made.unwrap().url(""));
    }
    links
}

/// Opens the store before the program does. A folder that was just closed may be held for a moment longer.
async fn open(folder: &Path, root: &str, urls: Option<&[String; 2]>, world: World) -> Store {
    for _ in 0..500 {
        let database = match urls {
            None => Database::Sqlite { folder: folder.to_owned() },
            Some([data, keys]) => Database::Postgres {
                data: data.clone(),
                keys: keys.clone(),
                writers: 1,
                roots: rustls::RootCertStore::empty().into(),
            },
        };
        let root = RootKey::parse(root).unwrap();
        let config = StoreConfig { database, root, world: world.clone(), origin: ORIGIN.into() };
        match Store::open(config).await {
            Ok(store) => return store,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    panic!("the store can't be opened")
}

async fn issue(store: &Store, id: OrgId, environment: Environment, mask: KeyMask) -> String {
    let ctx = organisations::operator(store, Org { id, environment });
    let new = NewKey {
        name: KeyName::parse("House").unwrap(),
        kind: KeyKind::Secret,
        scopes: EVERYTHING,
        mask,
        lifetime: Lifetime::default(),
        cidrs: Default::default(),
    };
    let issued = api_keys::create_first(store, &ctx, new).await.unwrap_or_else(|_| panic!("the key is refused"));
    issued.plain.expose().to_owned()
}

/// Where the program puts temporary files, if it makes any.
pub(crate) fn temporary(folder: &Path) -> PathBuf {
    folder.join("tmp")
}

/// The process, and where it listens: for clients, and for whoever watches.
async fn start(folder: &Path, urls: Option<&[String; 2]>, filter: &str) -> (Child, SocketAddr, SocketAddr) {
    std::fs::create_dir_all(temporary(folder)).unwrap();
    for _ in 0..100 {
        let log = std::fs::File::options().create(true).append(true).open(log(folder)).unwrap();
        let mut command = Command::new(program());
        command.arg("--config").arg(folder.join("sealpost.toml")).args(["--json", "serve"]);
        command.envs(URLS.into_iter().zip(urls.into_iter().flatten())).env("SEALPOST_LOG", filter);
        command.env("TMPDIR", temporary(folder));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("not ready in time").unwrap();
        match line {
            Some(line) => {
                let said: Value = serde_json::from_str(&line).unwrap();
                let [public, admin] = ["address", "admin"].map(|name| said[name].as_str().unwrap().parse().unwrap());
                return (child, public, admin);
            }
            // The folder was still held by the store that issued the keys.
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!("it does not start: {}", std::fs::read_to_string(log(folder)).unwrap_or_default())
}

/// The program as it ships, where the gate has built that: it does the same in a fraction of the time. Else as tests build it.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("SEALPOST_BIN").map_or_else(|| env!("CARGO_BIN_EXE_sealpost").into(), PathBuf::from)
}

fn log(folder: &Path) -> PathBuf {
    folder.join("server.log")
}

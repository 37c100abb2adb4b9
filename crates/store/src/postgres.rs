//! PostgreSQL: a thread per connection, statements pipelined where nobody needs their answer.

mod database;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::runtime::Runtime;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{AsyncMessage, Client, Config, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::bus::{Bus, Change};
use crate::ctx::{Ctx, Org};
use crate::db::Db;
use crate::error::StoreError;
use crate::ids::OrgId;
use crate::lane::{BATCH, CommitFailure, Lane, Session, drive};
use crate::ledger::Appender;
use crate::migrate::Migration;
use crate::row::{Row, Source};
use crate::sql::{Scoping, Sql};
use crate::tx::Engine;
use crate::value::Value;

pub(crate) use database::standing;

const READERS: usize = 2;
const RECONNECT: Duration = Duration::from_millis(250);
/// The channel that carries changes between nodes.
const CHANNEL: &str = "sealpost";

/// How to reach the server.
#[derive(Clone)]
pub(crate) struct Server {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Server {
    /// From a `postgres://` URL. TLS as its `sslmode` says, certificates checked against the public roots and `roots`.
    pub(crate) fn new(url: &str, roots: &rustls::RootCertStore) -> Result<Self, StoreError> {
        let mut config: Config =
            url.parse().map_err(|_| StoreError::Unsuitable("the PostgreSQL URL can't be read".into()))?;
        config
            .application_name("sealpost")
            .connect_timeout(Duration::from_secs(5))
            .keepalives_idle(Duration::from_secs(30));
        let mut trusted = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        trusted.extend(roots.roots.iter().cloned());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|_| StoreError::Unsuitable("TLS can't be set up".into()))?
            .with_root_certificates(trusted)
            .with_no_client_auth();
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }

    async fn connect(&self) -> Result<Client, StoreError> {
        let (client, connection) = self.config.connect(self.tls.clone()).await.map_err(not_connected)?;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(error = %error, "postgres.connection_lost");
            }
        });
        // Statements are few, prepared and always of the same shape: planning each anew costs more than running it.
        client.batch_execute("set plan_cache_mode = force_generic_plan; set jit = off").await?;
        Ok(client)
    }
}

/// Migrates the database and opens its lanes.
pub(crate) async fn open(
    server: Server,
    writers: usize,
    appender: impl Fn() -> Appender,
    bus: Bus,
    node: [u8; 8],
    migrations: &[Migration],
) -> Result<Db, StoreError> {
    database::migrate(&mut server.connect().await?, migrations).await?;
    let (write, jobs) = Lane::new();
    for _ in 0..writers.max(1) {
        spawn("postgres-writer", server.clone(), node, jobs.clone(), appender(), bus.clone(), BATCH)?;
    }
    let (read, jobs) = Lane::new();
    for _ in 0..READERS {
        spawn("postgres-reader", server.clone(), node, jobs.clone(), Appender::none(), Bus::default(), 1)?;
    }
    Ok(Db { write, read, peeks: None })
}

fn spawn(
    name: &str,
    server: Server,
    node: [u8; 8],
    jobs: crossbeam_channel::Receiver<crate::lane::Job>,
    appender: Appender,
    bus: Bus,
    most: usize,
) -> Result<(), StoreError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let session =
        PgSession { runtime, server, node, client: None, statements: HashMap::new(), pending: Vec::new(), scope: None };
    std::thread::Builder::new().name(name.to_owned()).spawn(move || drive(session, &jobs, appender, &bus, most))?;
    Ok(())
}

/// Without a connection: a refusal of the server's is its answer, anything else means that there is none.
fn not_connected(error: tokio_postgres::Error) -> StoreError {
    if error.as_db_error().is_some() { StoreError::from(error) } else { StoreError::Unreachable(error) }
}

/// Hears what other nodes changed, until the process ends. While the connection is down nothing is heard; callers that
/// cache grants bound their age for that case.
pub(crate) fn listen(server: Server, node: [u8; 8], bus: Bus) {
    tokio::spawn(async move {
        loop {
            if let Err(error) = listen_once(&server, node, &bus).await {
                tracing::warn!(error = %error, "postgres.listen_lost");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    });
}

async fn listen_once(server: &Server, node: [u8; 8], bus: &Bus) -> Result<(), StoreError> {
    let (client, mut connection) = server.config.connect(server.tls.clone()).await?;
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let pump = tokio::spawn(async move {
        while let Some(message) = std::future::poll_fn(|cx| connection.poll_message(cx)).await {
            match message {
                Ok(AsyncMessage::Notification(note)) if sender.send(note.payload().to_owned()).is_err() => {
                    break;
                }
                Ok(_) => {}
                Err(_) => break,
            }
        }
    });
    client.batch_execute(&format!("listen {CHANNEL}")).await?;
    while let Some(payload) = heard.recv().await {
        if let Some(change) = parse(&payload, node, bus) {
            bus.publish(change);
        }
    }
    pump.abort();
    Ok(())
}

fn payload(change: &Change, node: [u8; 8]) -> String {
    format!(
        "{}|{}|{}|{}|{}",
        hex(&node),
        change.topic,
        hex(&change.org.id.bytes()),
        change.org.environment.as_str(),
        hex(&change.id)
    )
}

fn parse(payload: &str, node: [u8; 8], bus: &Bus) -> Option<Change> {
    let mut parts = payload.split('|');
    let from: [u8; 8] = unhex(parts.next()?)?;
    let topic = bus.topic(parts.next()?)?;
    let org = Org { id: OrgId::from_bytes(unhex(parts.next()?)?), environment: parts.next()?.parse().ok()? };
    let id = unhex(parts.next()?)?;
    (from != node).then(|| Change::new(topic, org, id))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(out)
}

struct PgSession {
    runtime: Runtime,
    server: Server,
    node: [u8; 8],
    client: Option<Client>,
    statements: HashMap<usize, Statement>,
    pending: Vec<Pending>,
    /// What `app.org` is set to in this transaction.
    scope: Option<OrgId>,
}

/// What has been asked for and not yet sent.
enum Pending {
    Script(String),
    Statement(Statement, Vec<Owned>),
}

impl PgSession {
    fn client(&self) -> Result<&Client, StoreError> {
        self.client.as_ref().ok_or(StoreError::Stopped)
    }

    fn script(&mut self, text: impl Into<String>) {
        self.pending.push(Pending::Script(text.into()));
    }

    /// Sends everything that waits, in order and in one go, and hears whether all of it went well.
    fn send(&mut self) -> Result<(), StoreError> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        let client = self.client()?;
        let answers = self.runtime.block_on(join_all(pending.iter().map(|one| async move {
            match one {
                Pending::Script(text) => client.batch_execute(text).await,
                Pending::Statement(statement, values) => {
                    let params: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
                    client.execute(statement, &params).await.map(drop)
                }
            }
        })));
        answers.into_iter().collect::<Result<(), _>>().map_err(StoreError::from)
    }

    fn prepared(&mut self, sql: Sql) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.get(&sql.key()) {
            return Ok(statement.clone());
        }
        // Preparing is a round trip: what waits goes first, so that its failure isn't taken for ours.
        self.send()?;
        let statement = self.runtime.block_on(self.client()?.prepare(sql.postgres))?;
        self.statements.insert(sql.key(), statement.clone());
        Ok(statement)
    }

    /// Statements about the installation see all organisations, for their own length.
    fn bracket(&mut self, sql: Sql, on: bool) {
        if sql.scoping == Scoping::Installation {
            self.script(if on { "set local app.system = 'on'" } else { "set local app.system = 'off'" });
        }
    }
}

impl Engine for PgSession {
    fn execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let statement = self.prepared(sql)?;
        self.bracket(sql, true);
        self.send()?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|v| v as _).collect();
        let count = self.runtime.block_on(self.client()?.execute(&statement, &params))?;
        self.bracket(sql, false);
        Ok(count)
    }

    fn put(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<(), StoreError> {
        let statement = self.prepared(sql)?;
        self.bracket(sql, true);
        self.pending.push(Pending::Statement(statement, params.iter().map(Owned::from).collect()));
        self.bracket(sql, false);
        Ok(())
    }

    fn query(
        &mut self,
        sql: Sql,
        params: &[Value<'_>],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let statement = self.prepared(sql)?;
        self.bracket(sql, true);
        self.send()?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|v| v as _).collect();
        let rows = self.runtime.block_on(self.client()?.query(&statement, &params))?;
        self.bracket(sql, false);
        for row in &rows {
            each(&Row(Source::Postgres(row)))?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        self.send()
    }
}

impl Session for PgSession {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.pending.clear();
        self.scope = None;
        if self.client.as_ref().is_none_or(Client::is_closed) && !self.recover() {
            return Err(StoreError::Stopped);
        }
        self.script("begin");
        Ok(())
    }

    fn open_job(&mut self, ctx: &Ctx) -> Result<(), StoreError> {
        self.script("savepoint job");
        if self.scope != Some(ctx.org.id) {
            self.script(format!("set local app.org = '{}'", uuid(ctx.org.id)));
            self.scope = Some(ctx.org.id);
        }
        Ok(())
    }

    fn close_job(&mut self, keep: bool) -> Result<(), StoreError> {
        if keep {
            self.script("release job");
            return Ok(());
        }
        self.pending.clear();
        // Rolling back to the savepoint also takes back the scope set inside it.
        self.scope = None;
        self.script("rollback to job");
        self.script("release job");
        self.send()
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), CommitFailure> {
        for change in changes.iter().filter(|change| change.travels) {
            self.script(format!("select pg_notify('{CHANNEL}', '{}')", payload(change, self.node)));
        }
        // If something before it failed, the server answers this commit by rolling back; `send` reports that failure.
        self.script("commit");
        self.send().map_err(|error| {
            tracing::error!(error = %error, "postgres.commit_failed");
            if self.client.as_ref().is_none_or(Client::is_closed) {
                CommitFailure::Unknown
            } else {
                CommitFailure::RolledBack
            }
        })
    }

    fn rollback(&mut self) {
        self.pending.clear();
        self.scope = None;
        self.script("rollback");
        if let Err(error) = self.send() {
            tracing::warn!(error = %error, "postgres.rollback_failed");
        }
    }

    fn recover(&mut self) -> bool {
        self.pending.clear();
        self.scope = None;
        if self.client.as_ref().is_some_and(|client| !client.is_closed()) {
            return true;
        }
        self.statements.clear();
        match self.runtime.block_on(self.server.connect()) {
            Ok(client) => {
                self.client = Some(client);
                true
            }
            Err(error) => {
                tracing::warn!(error = %error, "postgres.connect_failed");
                self.client = None;
                self.runtime.block_on(tokio::time::sleep(RECONNECT));
                false
            }
        }
    }
}

fn uuid(org: OrgId) -> uuid::Uuid {
    uuid::Uuid::from_bytes(org.bytes())
}

/// A parameter that waits to be sent.
enum Owned {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    Id([u8; 16]),
}

impl From<&Value<'_>> for Owned {
    fn from(value: &Value<'_>) -> Self {
        match *value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(b),
            Value::Int(n) => Self::Int(n),
            Value::Text(t) => Self::Text(t.to_owned()),
            Value::Bytes(b) => Self::Bytes(b.to_vec()),
            Value::Id(b) => Self::Id(b),
        }
    }
}

impl Owned {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(n) => Value::Int(*n),
            Self::Text(t) => Value::Text(t),
            Self::Bytes(b) => Value::Bytes(b),
            Self::Id(b) => Value::Id(*b),
        }
    }
}

impl std::fmt::Debug for Owned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(…)")
    }
}

type BoxError = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Owned {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        self.value().to_sql(ty, out)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Bool(b) if *ty == Type::BOOL => return b.to_sql(ty, out),
            Value::Bool(b) => return Value::Int(i64::from(*b)).to_sql(ty, out),
            Value::Int(n) => match *ty {
                Type::INT8 => out.extend_from_slice(&n.to_be_bytes()),
                Type::INT4 => out.extend_from_slice(&i32::try_from(*n)?.to_be_bytes()),
                Type::INT2 => out.extend_from_slice(&i16::try_from(*n)?.to_be_bytes()),
                _ => return Err("an integer stands where the column holds something else".into()),
            },
            Value::Text(t) => out.extend_from_slice(t.as_bytes()),
            Value::Bytes(b) => out.extend_from_slice(b),
            Value::Id(b) => out.extend_from_slice(b),
        }
        Ok(IsNull::No)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

/// Values hold personal data as ciphertext only, and still: nothing of them is printed.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Value(…)")
    }
}

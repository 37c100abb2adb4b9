//! A connection that runs transactions.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::future::{join, join_all};
use tokio::runtime::Runtime;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::bulk::{self, Group};
use super::notify;
use super::server::Server;
use crate::bus::Change;
use crate::ctx::Org;
use crate::error::StoreError;
use crate::ids::OrgId;
use crate::lane::{CommitFailure, Session};
use crate::row::{Row, Source};
use crate::sql::{Scoping, Sql};
use crate::value::Value;
use crate::work::Op;

/// How long to wait before a lost connection is tried again.
const RECONNECT: Duration = Duration::from_millis(250);

pub(super) struct PgSession {
    runtime: Runtime,
    server: Server,
    node: [u8; 8],
    client: Option<Client>,
    /// Prepared statements, by their text's address and whether they take many rows.
    statements: HashMap<(usize, bool), Statement>,
    /// What has been asked for and not yet sent: scripts whose answer nobody needs alone.
    scripts: Vec<String>,
    /// What `app.org` is set to in this transaction.
    scope: Option<OrgId>,
}

impl PgSession {
    pub(super) fn new(server: Server, node: [u8; 8]) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, server, node, client: None, statements: HashMap::new(), scripts: Vec::new(), scope: None })
    }

    fn client(&self) -> Result<&Client, StoreError> {
        self.client.as_ref().ok_or(StoreError::Stopped)
    }

    fn script(&mut self, text: impl Into<String>) {
        self.scripts.push(text.into());
    }

    /// Sends the scripts that wait and hears whether they went well.
    fn send(&mut self) -> Result<(), StoreError> {
        if self.scripts.is_empty() {
            return Ok(());
        }
        let text = std::mem::take(&mut self.scripts).join(";");
        Ok(self.runtime.block_on(self.client()?.batch_execute(&text))?)
    }

    fn prepared(&mut self, sql: Sql) -> Result<Statement, StoreError> {
        self.prepare(sql, false, || Some(sql.postgres.to_owned()))?.ok_or(StoreError::Stopped)
    }

    /// The same statement for many rows, if it can be one.
    fn prepared_in_bulk(&mut self, sql: Sql) -> Result<Option<Statement>, StoreError> {
        let one = self.prepared(sql)?;
        let text = if sql.writes() { bulk::text } else { bulk::question };
        self.prepare(sql, true, || text(sql, one.params()))
    }

    fn prepare(
        &mut self,
        sql: Sql,
        many: bool,
        text: impl FnOnce() -> Option<String>,
    ) -> Result<Option<Statement>, StoreError> {
        if let Some(statement) = self.statements.get(&(sql.key(), many)) {
            return Ok(Some(statement.clone()));
        }
        let Some(text) = text() else { return Ok(None) };
        // Preparing is a round trip: what waits goes first, so that its failure isn't taken for ours.
        self.send()?;
        let statement = self.runtime.block_on(self.client()?.prepare(&text))?;
        self.statements.insert((sql.key(), many), statement.clone());
        Ok(Some(statement))
    }

    /// Statements about the installation see all organisations, for their own length.
    fn bracket(&mut self, sql: Sql, on: bool) {
        if sql.scoping == Scoping::Installation {
            self.script(if on { "set local app.system = 'on'" } else { "set local app.system = 'off'" });
        }
    }

    /// Runs one group; the number of rows it changed.
    async fn run(client: &Client, statement: &Statement, group: &Group<'_>) -> Result<u64, tokio_postgres::Error> {
        if let [op] = group.ops[..] {
            let values: Vec<_> = op.params.values().collect();
            let params: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
            return client.execute(statement, &params).await;
        }
        let (shared, columns) = group.columns();
        let shared = shared.iter().map(|value| value as &(dyn ToSql + Sync));
        let params: Vec<_> = shared.chain(columns.iter().map(|column| column as _)).collect();
        client.execute(statement, &params).await
    }
}

impl Session for PgSession {
    const ERRORS_ARE_FATAL: bool = true;

    fn begin(&mut self) -> Result<(), StoreError> {
        self.scripts.clear();
        self.scope = None;
        if self.client.as_ref().is_none_or(Client::is_closed) && !self.recover() {
            return Err(StoreError::Stopped);
        }
        self.script("begin");
        Ok(())
    }

    fn scope(&mut self, org: Org) -> Result<(), StoreError> {
        if self.scope != Some(org.id) {
            self.script(format!("set local app.org = '{}'", uuid::Uuid::from_bytes(org.id.bytes())));
            self.scope = Some(org.id);
        }
        Ok(())
    }

    fn savepoint(&mut self) -> Result<(), StoreError> {
        self.script("savepoint job");
        Ok(())
    }

    fn release(&mut self) -> Result<(), StoreError> {
        self.script("release job");
        Ok(())
    }

    fn undo(&mut self) -> Result<(), StoreError> {
        self.scripts.clear();
        // Rolling back to the savepoint also takes back the scope set inside it.
        self.scope = None;
        self.script("rollback to job; release job");
        self.send()
    }

    fn is_lost(&self) -> bool {
        false
    }

    fn execute(&mut self, sql: Sql, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let statement = self.prepared(sql)?;
        self.bracket(sql, true);
        self.send()?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|v| v as _).collect();
        let count = self.runtime.block_on(self.client()?.execute(&statement, &params))?;
        self.bracket(sql, false);
        Ok(count)
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

    fn bulk(&mut self, ops: &[Op]) -> Result<bool, StoreError> {
        let mut runs = Vec::new();
        for group in bulk::groups(ops) {
            let many = if group.ops.len() > 1 { self.prepared_in_bulk(group.sql)? } else { None };
            match many {
                Some(statement) => runs.push((statement, group)),
                None => {
                    let statement = self.prepared(group.sql)?;
                    runs.extend(group.apart().map(|alone| (statement.clone(), alone)));
                }
            }
        }
        for chunk in runs.chunk_by(|(_, a), (_, b)| a.org.id == b.org.id && !a.is_about_all() && !b.is_about_all()) {
            let Some((_, first)) = chunk.first() else { continue };
            self.scope(first.org)?;
            self.bracket(first.sql, true);
            let scripts = std::mem::take(&mut self.scripts).join(";");
            let client = self.client()?;
            // All of them are on their way before the first answer arrives.
            let runs = join_all(chunk.iter().map(|(statement, group)| Self::run(client, statement, group)));
            let scripts = async { if scripts.is_empty() { Ok(()) } else { client.batch_execute(&scripts).await } };
            let (scripts, answers) = self.runtime.block_on(join(scripts, runs));
            scripts?;
            let mut as_expected = true;
            for (answer, (_, group)) in answers.into_iter().zip(chunk) {
                as_expected &= answer? == group.ops.len() as u64 || !group.exact;
            }
            if !as_expected {
                return Ok(false);
            }
            self.bracket(first.sql, false);
        }
        Ok(true)
    }

    fn ask(&mut self, questions: &[Op]) -> Result<Vec<bool>, StoreError> {
        let mut found = vec![false; questions.len()];
        let mut from = 0;
        for chunk in questions.chunk_by(|a, b| a.org == b.org && a.sql.key() == b.sql.key()) {
            let Some(first) = chunk.first() else { continue };
            let statement = self.prepared_in_bulk(first.sql)?.ok_or(StoreError::Missing("a question"))?;
            self.scope(first.org)?;
            self.send()?;
            let group = Group::all(first, chunk);
            let (_, columns) = group.columns();
            let params: Vec<_> = columns.iter().map(|column| column as &(dyn ToSql + Sync)).collect();
            for row in self.runtime.block_on(self.client()?.query(&statement, &params))? {
                let number = usize::try_from(row.try_get::<_, i64>(0)?).unwrap_or_default();
                if let Some(found) = found.get_mut(from + number.saturating_sub(1)) {
                    *found = true;
                }
            }
            from += chunk.len();
        }
        Ok(found)
    }

    fn commit(&mut self, changes: &[Change]) -> Result<(), CommitFailure> {
        for change in changes.iter().filter(|change| change.travels) {
            self.script(notify::telling(change, self.node));
        }
        // If something before it failed, the server answers this commit by rolling back; `send` reports that failure.
        self.script("commit");
        self.send().map_err(|error| {
            tracing::error!(error = %error, "postgres.commit_failed");
            if self.client.as_ref().is_none_or(Client::is_closed) {
                return CommitFailure::Unknown;
            }
            // Scripts end at their first failure: the transaction may still be open.
            self.rollback();
            CommitFailure::RolledBack(error)
        })
    }

    fn rollback(&mut self) {
        self.scripts.clear();
        self.scope = None;
        self.script("rollback");
        if let Err(error) = self.send() {
            tracing::warn!(error = %error, "postgres.rollback_failed");
        }
    }

    fn recover(&mut self) -> bool {
        self.scripts.clear();
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

//! Whether a database will do, what is in it, and its schema.

use tokio_postgres::Client;

use super::Server;
use crate::error::StoreError;
use crate::failpoint::{self, Point};
use crate::migrate::Migration;
use crate::store::Standing;

/// An arbitrary number that only migrations of Sealpost lock.
const MIGRATION_LOCK: i64 = 0x5ea1_9057;
/// Tables by which the data and the keys of a Sealpost are known.
const OURS: [&str; 2] = ["ledger_leaf", "named_key"];
const MIXED_UP: &str = "the data and the keys need a PostgreSQL database each, and not the other's";

/// Brings the schema up to date, one node at a time.
pub(super) async fn migrate(client: &mut Client, migrations: &[Migration]) -> Result<(), StoreError> {
    fit(client).await?;
    client.execute("select pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await?;
    client
        .batch_execute("create table if not exists migration (number bigint primary key, name text not null)")
        .await?;
    for migration in migrations {
        let tx = client.transaction().await?;
        let done = tx.query_opt("select name from migration where number = $1", &[&migration.number]).await?;
        if let Some(name) = done {
            if name.try_get::<_, &str>(0)? != migration.name {
                return Err(StoreError::Unsuitable(MIXED_UP.into()));
            }
        } else {
            tx.batch_execute(migration.postgres).await?;
            tx.execute("insert into migration (number, name) values ($1, $2)", &[&migration.number, &migration.name])
                .await?;
            failpoint::pass(Point::Migration);
        }
        tx.commit().await?;
    }
    client.execute("select pg_advisory_unlock($1)", &[&MIGRATION_LOCK]).await?;
    Ok(())
}

/// Whether the role and the server are such that the fence between organisations holds.
async fn fit(client: &Client) -> Result<(), StoreError> {
    let role =
        client.query_one("select rolsuper or rolbypassrls from pg_roles where rolname = current_user", &[]).await?;
    if role.try_get::<_, bool>(0)? {
        return Err(StoreError::Unsuitable(
            "the PostgreSQL role is a superuser or bypasses row-level security: give Sealpost a role of its own".into(),
        ));
    }
    let version: i32 = client.query_one("select current_setting('server_version_num')::int", &[]).await?.try_get(0)?;
    if version < 140_000 {
        return Err(StoreError::Unsuitable("PostgreSQL 14 or newer is needed".into()));
    }
    Ok(())
}

/// What two databases hold, before anything is made in them. `Err` as for [`super::open`], and if they are one and the same.
pub(crate) async fn standing(data: &Server, keys: &Server) -> Result<Standing, StoreError> {
    let (data, keys) = (data.connect().await?, keys.connect().await?);
    fit(&data).await?;
    fit(&keys).await?;
    if identity(&data).await? == identity(&keys).await? {
        return Err(StoreError::Unsuitable(MIXED_UP.into()));
    }
    Ok(content(&data).await?.max(content(&keys).await?))
}

/// The same for connections to one database, and for no others.
async fn identity(client: &Client) -> Result<(u32, String), StoreError> {
    let query = "select oid, pg_postmaster_start_time()::text from pg_database where datname = current_database()";
    let row = client.query_one(query, &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

async fn content(client: &Client) -> Result<Standing, StoreError> {
    let query = "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
                 where n.nspname = current_schema() and c.relkind in ('r', 'p', 'v', 'm', 'f')";
    let tables =
        client.query(query, &[]).await?.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
    Ok(match &tables[..] {
        [] => Standing::Empty,
        some if some.iter().any(|table| table == "migration")
            && some.iter().any(|table| OURS.contains(&table.as_str())) =>
        {
            Standing::Sealpost
        }
        _ => Standing::Foreign,
    })
}

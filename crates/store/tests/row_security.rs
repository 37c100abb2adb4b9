//! PostgreSQL's row-level security, with raw SQL as the role that Sealpost runs as: the fence that stands when a statement
//! forgets to ask for its organisation.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use sealpost_store::testing::TestStore;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

const OURS: &str = "aaaaaaaa-0000-7000-8000-000000000000";
const THEIRS: &str = "bbbbbbbb-0000-7000-8000-000000000000";

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_another_organisation_are_not_there() {
    let Some(house) = TestStore::postgres().await else { return };
    for database in support::postgres(&house).await {
        let tables = tables(&database).await;
        assert!(tables.len() >= 2, "this test looks in the wrong place");
        for (table, _) in &tables {
            for org in [OURS, THEIRS] {
                scope(&database, Some(org)).await;
                database.batch_execute(&insert(&database, table, org).await).await.unwrap();
            }
        }
        for (table, partitions) in &tables {
            for name in std::iter::once(table).chain(partitions) {
                for scoped in [Some(OURS), None] {
                    scope(&database, scoped).await;
                    sees_only(&database, name, scoped).await;
                    can_not_touch_theirs(&database, name).await;
                }
            }
            scope(&database, Some(THEIRS)).await;
            let theirs = count(&database, table, THEIRS).await;
            assert_eq!(theirs, 1, "{table}: the row of the other organisation suffered");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_can_not_be_put_or_moved_into_another_organisation() {
    let Some(house) = TestStore::postgres().await else { return };
    for database in support::postgres(&house).await {
        for (table, _) in tables(&database).await {
            for scoped in [Some(OURS), None] {
                scope(&database, scoped).await;
                let foreign = insert(&database, &table, THEIRS).await;
                refused(&database, &table, &foreign).await;
            }
            scope(&database, Some(OURS)).await;
            database.batch_execute(&insert(&database, &table, OURS).await).await.unwrap();
            refused(&database, &table, &format!("update {table} set org = '{THEIRS}' where org = '{OURS}'")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_can_not_lift_the_fence_and_every_table_has_one() {
    let Some(house) = TestStore::postgres().await else { return };
    for database in support::postgres(&house).await {
        let role = database
            .query_one("select rolsuper or rolbypassrls from pg_roles where rolname = current_user", &[])
            .await
            .unwrap();
        assert!(!role.get::<_, bool>(0), "a superuser sees everything: this proves nothing");
        let bare = database
            .query(
                "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
                 and relname <> 'migration' and not (relrowsecurity and relforcerowsecurity)",
                &[],
            )
            .await
            .unwrap();
        let bare: Vec<String> = bare.iter().map(|row| row.get(0)).collect();
        assert!(bare.is_empty(), "no forced row-level security on {bare:?}");
    }
}

async fn sees_only(database: &Client, table: &str, scoped: Option<&str>) {
    let query = format!("select distinct org::text from {table}");
    let seen: Vec<String> = database.query(&query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert!(seen.iter().all(|org| Some(org.as_str()) == scoped), "{table}: scoped to {scoped:?}, saw {seen:?}");
}

async fn can_not_touch_theirs(database: &Client, table: &str) {
    for statement in [
        format!("update {table} set org = org where org = '{THEIRS}'"),
        format!("delete from {table} where org = '{THEIRS}'"),
        format!("select 1 from {table} where org = '{THEIRS}' for update"),
    ] {
        assert_eq!(database.execute(&statement, &[]).await.unwrap(), 0, "{statement}");
    }
}

async fn refused(database: &Client, table: &str, statement: &str) {
    let error = database.batch_execute(statement).await.expect_err(statement);
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{table}: {error}");
}

async fn count(database: &Client, table: &str, org: &str) -> i64 {
    let query = format!("select count(*) from {table} where org = '{org}'");
    database.query_one(&query, &[]).await.unwrap().get(0)
}

async fn scope(database: &Client, org: Option<&str>) {
    let set = org.map_or("reset app.org".to_owned(), |org| format!("set app.org = '{org}'"));
    database.batch_execute(&set).await.unwrap();
}

/// The tables with an `org` column, each with its partitions: those can be named directly too.
async fn tables(database: &Client) -> Vec<(String, Vec<String>)> {
    let query = "select c.relname::text,
                        array(select i.inhrelid::regclass::text from pg_inherits i where i.inhparent = c.oid)
                 from pg_class c join pg_attribute a on a.attrelid = c.oid
                 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                   and a.attname = 'org' order by c.relname";
    database.query(query, &[]).await.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
}

/// An insert that fills every column that must have a value.
async fn insert(database: &Client, table: &str, org: &str) -> String {
    let query = format!(
        "select attname::text, format_type(atttypid, atttypmod) from pg_attribute
         where attrelid = '{table}'::regclass and attnum > 0 and attnotnull and not attisdropped"
    );
    let columns = database.query(&query, &[]).await.unwrap();
    let values = columns.iter().map(|row| match (row.get(0), row.get(1)) {
        ("org", _) => format!("'{org}'"),
        (_, "uuid") => "gen_random_uuid()".to_owned(),
        (_, "bigint") => "1".to_owned(),
        (_, "bytea") => "gen_random_uuid()::text::bytea".to_owned(),
        (_, "text") => "'x'".to_owned(),
        (column, other) => panic!("{table}.{column}: no example of a {other}"),
    });
    let names: Vec<String> = columns.iter().map(|row| row.get(0)).collect();
    let values: Vec<String> = values.collect();
    format!("insert into {table} ({}) values ({})", names.join(", "), values.join(", "))
}

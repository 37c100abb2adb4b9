//! One schema, two engines: what a migration makes on SQLite it makes on PostgreSQL.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use sealpost_store::testing::TestStore;

/// A table, in words both engines share.
#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Name to type and whether it may be null.
    columns: BTreeMap<String, (String, bool)>,
    primary_key: Vec<String>,
    unique: BTreeSet<Vec<String>>,
}

type Schema = BTreeMap<String, Table>;

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_have_the_same_tables_columns_keys_and_unique_indexes() {
    let Some(on_postgres) = TestStore::postgres().await else { return };
    let on_sqlite = TestStore::sqlite().await;
    let names = ["data", "keys"].into_iter();
    let lite = support::sqlite(&on_sqlite);
    for ((name, lite), postgres) in names.zip(&lite).zip(&support::postgres(&on_postgres).await) {
        let (lite, postgres) = (sqlite_schema(lite), postgres_schema(postgres).await);
        assert!(lite.len() > 2, "{name}: this test looks in the wrong place");
        let tables: Vec<_> = lite.keys().collect();
        assert_eq!(tables, postgres.keys().collect::<Vec<_>>(), "{name}: the tables differ");
        for (table, on_sqlite) in &lite {
            assert_eq!(on_sqlite, &postgres[table], "{name}.{table}: left SQLite, right PostgreSQL");
        }
    }
}

fn sqlite_schema(database: &rusqlite::Connection) -> Schema {
    let rows = |sql: &str| -> Vec<Vec<rusqlite::types::Value>> {
        let mut statement = database.prepare(sql).unwrap();
        let width = statement.column_count();
        let rows = statement.query_map([], |row| (0..width).map(|at| row.get(at)).collect()).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let text = |value: &rusqlite::types::Value| match value {
        rusqlite::types::Value::Text(text) => text.clone(),
        other => panic!("{other:?} is no text"),
    };
    let number = |value: &rusqlite::types::Value| match value {
        rusqlite::types::Value::Integer(number) => *number,
        other => panic!("{other:?} is no number"),
    };
    let mut schema = Schema::new();
    for name in rows("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'") {
        let name = text(&name[0]);
        let mut table = Table::default();
        let mut key = BTreeMap::new();
        for column in rows(&format!("select name, type, \"notnull\", pk from pragma_table_xinfo('{name}')")) {
            let (column, kind, not_null, at) =
                (text(&column[0]), text(&column[1]), number(&column[2]), number(&column[3]));
            // `integer primary key` is the rowid, which can't be null whatever it says.
            let nullable = not_null == 0 && at == 0;
            table.columns.insert(column.clone(), (kind.to_lowercase(), nullable));
            if at > 0 {
                key.insert(at, column);
            }
        }
        table.primary_key = key.into_values().collect();
        for index in rows(&format!("select name from pragma_index_list('{name}') where \"unique\" and origin <> 'pk'"))
        {
            let columns = format!("select name from pragma_index_info('{}') order by seqno", text(&index[0]));
            table.unique.insert(rows(&columns).iter().map(|row| text(&row[0])).collect());
        }
        schema.insert(name, table);
    }
    schema
}

async fn postgres_schema(database: &tokio_postgres::Client) -> Schema {
    let columns = database
        .query(
            "select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), not a.attnotnull
             from pg_class c join pg_attribute a on a.attrelid = c.oid
             where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
               and a.attnum > 0 and not a.attisdropped",
            &[],
        )
        .await
        .unwrap();
    let mut schema = Schema::new();
    for row in columns {
        let (table, column, kind, nullable): (String, String, String, bool) =
            (row.get(0), row.get(1), row.get(2), row.get(3));
        schema.entry(table).or_default().columns.insert(column, (as_sqlite(&kind).to_owned(), nullable));
    }
    let keys = database
        .query(
            "select c.relname::text, i.indisprimary,
                    array(select a.attname::text from unnest(i.indkey) with ordinality k (number, at)
                          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.number order by k.at)
             from pg_index i join pg_class c on c.oid = i.indrelid
             where c.relnamespace = 'public'::regnamespace and not c.relispartition and i.indisunique",
            &[],
        )
        .await
        .unwrap();
    for row in keys {
        let (table, primary, columns): (String, bool, Vec<String>) = (row.get(0), row.get(1), row.get(2));
        let table = schema.get_mut(&table).unwrap();
        if primary {
            table.primary_key = columns;
        } else {
            table.unique.insert(columns);
        }
    }
    schema
}

/// Ids are 16 bytes; PostgreSQL has a type for that.
fn as_sqlite(kind: &str) -> &str {
    match kind {
        "bigint" => "integer",
        "uuid" | "bytea" => "blob",
        other => other,
    }
}

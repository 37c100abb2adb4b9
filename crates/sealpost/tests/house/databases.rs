//! The databases from outside, past the program.

use crate::house::House;

impl House {
    /// Every byte that lies on the disk, or every row as text, with the name of where it lies.
    pub(crate) async fn stored(&self) -> Vec<(String, Vec<u8>)> {
        match &self.urls {
            None => ["data.db", "data.db-wal", "keys.db", "keys.db-wal"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), std::fs::read(self.folder().join(name)).ok()?)))
                .collect(),
            Some(urls) => {
                let mut all = Vec::new();
                for url in urls {
                    all.extend(rows(url).await);
                }
                all
            }
        }
    }

    /// From now on no leaf can be written, or it can again: a trigger in the database, set by somebody else.
    pub(crate) async fn break_ledger(&self, broken: bool) {
        match &self.urls {
            None => {
                let connection = rusqlite::Connection::open(self.folder().join("data.db")).unwrap();
                connection.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
                connection
                    .execute_batch(match broken {
                        true => {
                            "create trigger house_breaks before insert on ledger_leaf
                             begin select raise(abort, 'broken by the test'); end"
                        }
                        false => "drop trigger house_breaks",
                    })
                    .unwrap();
            }
            Some([data, _]) => {
                let client = connect(data).await;
                let statement = match broken {
                    true => {
                        "create function house_breaks() returns trigger language plpgsql as
                         $$ begin raise exception 'broken by the test'; end $$;
                         create trigger house_breaks before insert on ledger_leaf
                         for each row execute function house_breaks()"
                    }
                    false => "drop trigger house_breaks on ledger_leaf; drop function house_breaks()",
                };
                client.batch_execute(statement).await.unwrap();
            }
        }
    }
}

pub(crate) async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Every row of every table as PostgreSQL writes it: `bytea` as hexadecimal, and once more as the bytes themselves.
async fn rows(url: &str) -> Vec<(String, Vec<u8>)> {
    let client = connect(url).await;
    let tables = "select tablename::text from pg_tables where schemaname = 'public'";
    let mut all = Vec::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        let mut text = Vec::new();
        for row in client.query(&format!("select t::text from \"{table}\" t"), &[]).await.unwrap() {
            let row: String = row.get(0);
            text.extend_from_slice(row.as_bytes());
            for part in row.split("\\x").skip(1) {
                let digits: Vec<u32> = part.chars().map_while(|digit| digit.to_digit(16)).collect();
                text.push(b'\n');
                text.extend(digits.chunks_exact(2).map(|pair| (pair[0] * 16 + pair[1]) as u8));
            }
            text.push(b'\n');
        }
        all.push((table, text));
    }
    assert!(all.iter().any(|(_, text)| !text.is_empty()), "whoever reads nothing finds nothing");
    all
}

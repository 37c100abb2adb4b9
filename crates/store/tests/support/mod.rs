//! Raw connections to the databases of a store, behind its back.
#![allow(dead_code, reason = "every test file uses a part")]

use sealpost_store::testing::TestStore;

/// `data.db` and `keys.db`.
pub(crate) fn sqlite(house: &TestStore) -> [rusqlite::Connection; 2] {
    let folder = house.folder.as_ref().unwrap().path();
    ["data.db", "keys.db"].map(|name| rusqlite::Connection::open(folder.join(name)).unwrap())
}

/// The databases `data` and `keys`, as the role that Sealpost runs as.
pub(crate) async fn postgres(house: &TestStore) -> [tokio_postgres::Client; 2] {
    let [data, keys] = house.urls.as_ref().unwrap();
    [connect(data).await, connect(keys).await]
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

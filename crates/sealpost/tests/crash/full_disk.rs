//! A disk that is full, and then isn't any more.
//!
//! The limit is one of the process (`RLIMIT_FSIZE`): it needs no privilege and fills up nobody else's disk. What SQLite sees is
//! a write that fails, as on a disk without room.

use std::sync::Arc;

use crate::customer::{CODES, Customer, until};
use crate::installation::Installation;
use crate::life::{Tally, judge};
use crate::server::{PATIENCE, Server};

/// Messages sent before, during and after.
const EACH: usize = 40;

/// Fills the disk up under a server, makes room, and answers what was wrong.
pub(crate) async fn live_through(house: &Installation, tally: &mut Tally) -> Vec<String> {
    let seeded = house.seed().await;
    let customer = Arc::new(Customer::new(house.folder().join("customer"), CODES));
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let mut wrong = Vec::new();
    for refused in customer.send(&seeded.api, server.address, EACH).await {
        wrong.push(format!("refused while there was room: {refused:?}"));
    }

    // Not one byte may be added to the log that every commit goes to.
    server.limit_files(Some(std::fs::metadata(house.folder().join("data.db-wal")).unwrap().len()));
    let refused = customer.send(&seeded.api, server.address, EACH).await;
    if refused.len() != EACH {
        wrong.push(format!("{} messages went where there was no room", EACH - refused.len()));
    }
    for answer in refused {
        let kind = answer.headers["content-type"].as_bytes();
        let told =
            answer.status == 503 && kind == b"application/problem+json" && answer.code() == "storage_unavailable";
        if !told || !answer.headers.contains_key("retry-after") {
            wrong.push(format!("refused otherwise: {answer:?}"));
        }
    }
    let readiness = server.readiness().await;
    if !readiness.starts_with("HTTP/1.1 503 ") || !readiness.contains("\"storage\":false") {
        wrong.push(format!("ready without room: {readiness}"));
    }
    // What is there is still shown; what was promised is still there.
    let mut connection = seeded.api.connect(server.address).await.unwrap();
    for promise in customer.promises() {
        let answer = connection.get(&format!("/v1/messages/{}", promise.id)).await.unwrap();
        customer.expect_alive(&promise, &answer);
    }

    server.limit_files(None);
    if !until(PATIENCE, || async { server.readiness().await.starts_with("HTTP/1.1 200 ") }).await {
        wrong.push(format!("not ready again: {}", server.readiness().await));
    }
    for refused in customer.send(&seeded.api, server.address, EACH).await {
        wrong.push(format!("refused though there is room again: {refused:?}"));
    }
    drop(connection);
    server.stop(house.folder()).await;
    wrong.extend(judge(house, &seeded, &customer, tally).await);
    wrong
}

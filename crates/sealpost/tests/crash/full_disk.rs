//! A disk that is full, and then isn't any more.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use crate::api::Answer;
use crate::customer::{CODES, Customer, until};
use crate::installation::Installation;
use crate::life::{Tally, judge};
use crate::server::{PATIENCE, Server};

/// Messages sent before, during and after.
const EACH: usize = 40;
/// How often so many are sent until all are refused: pages of tables, and a log that begins anew, have room for some when the disk
/// has none.
const ROUNDS: usize = 200;

/// What is filled up.
pub(crate) enum Disk {
    /// A limit of the process (`RLIMIT_FSIZE`): it needs no privilege and fills up nobody else's disk. What SQLite sees is a
    /// write that fails, as on a disk without room.
    OfTheProcess,
    /// A disk of its own under the tables of PostgreSQL, and the file that takes the room: `ENOSPC`, SQLSTATE 53100.
    Mounted { ballast: PathBuf },
}

impl Disk {
    fn fill(&self, server: &Server) {
        match self {
            // No byte may be written: a log that begins anew would find room where it has been before.
            Self::OfTheProcess => server.limit_files(Some(0)),
            Self::Mounted { ballast } => {
                let mut ballast = std::fs::File::create(ballast).unwrap();
                while ballast.write_all(&[0; 4096]).is_ok() {}
            }
        }
    }

    fn make_room(&self, server: &Server) {
        match self {
            Self::OfTheProcess => server.limit_files(None),
            Self::Mounted { ballast } => std::fs::remove_file(ballast).unwrap(),
        }
    }
}

/// Fills the disk up under a server, makes room, and answers what was wrong.
pub(crate) async fn live_through(house: &Installation, disk: &Disk, tally: &mut Tally) -> Vec<String> {
    let seeded = house.seed().await;
    let customer = Arc::new(Customer::new(house.folder().join("customer"), CODES));
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let mut wrong = Vec::new();
    for refused in customer.send(&seeded.api, server.address, EACH).await {
        wrong.push(format!("refused while there was room: {refused:?}"));
    }

    disk.fill(&server);
    let mut refused = customer.send(&seeded.api, server.address, EACH).await;
    for _ in 0..ROUNDS {
        let before = refused.len();
        refused.extend(customer.send(&seeded.api, server.address, EACH).await);
        if refused.len() - before == EACH {
            break;
        }
    }
    if refused.len() < EACH {
        wrong.push(format!("only {} messages were refused", refused.len()));
    }
    wrong.extend(
        refused.iter().filter(|answer| !says_so(answer)).map(|answer| format!("refused otherwise: {answer:?}")),
    );
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

    disk.make_room(&server);
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

/// 503, a stable code, and when to come back.
fn says_so(answer: &Answer) -> bool {
    let is_problem = answer.headers["content-type"].as_bytes() == b"application/problem+json";
    let is_told = answer.status == 503 && is_problem && answer.code() == "storage_unavailable";
    is_told && answer.headers.contains_key("retry-after")
}

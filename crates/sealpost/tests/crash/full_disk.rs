//! A disk that is full, and then isn't any more.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use crate::api::{Answer, Connection};
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

    let mut connection = seeded.api.connect(server.address).await.unwrap();
    let delicate = Delicate::make(&mut connection).await;
    drop(connection);

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
    // On PostgreSQL the key store may be the first that has no room left for what a message needs.
    let is_missed = ["storage", "keys"].iter().any(|check| readiness.contains(&format!("\"{check}\":false")));
    if !readiness.starts_with("HTTP/1.1 503 ") || !is_missed {
        wrong.push(format!("ready without room: {readiness}"));
    }
    // What is there is still shown; what was promised is still there.
    let mut connection = seeded.api.connect(server.address).await.unwrap();
    for promise in customer.promises() {
        let answer = connection.get(&format!("/v1/messages/{}", promise.id)).await.unwrap();
        customer.expect_alive(&promise, &answer);
    }
    // What gives something away is on record first, or isn't done.
    wrong.extend(delicate.try_all(&mut connection, "full", says_so).await);

    disk.make_room(&server);
    if !until(PATIENCE, || async { server.readiness().await.starts_with("HTTP/1.1 200 ") }).await {
        wrong.push(format!("not ready again: {}", server.readiness().await));
    }
    for refused in customer.send(&seeded.api, server.address, EACH).await {
        wrong.push(format!("refused though there is room again: {refused:?}"));
    }
    let is_done = |answer: &Answer| (200..300).contains(&answer.status);
    wrong.extend(delicate.try_all(&mut connection, "room", is_done).await);
    wrong.extend(delicate.expect_once(&mut connection).await);
    drop(connection);
    server.stop(house.folder()).await;
    wrong.extend(judge(house, &seeded, &customer, tally).await);
    wrong
}

/// What gives something away: an export of somebody, and a new value of a secret for somebody.
struct Delicate {
    export: String,
    secret: String,
}

impl Delicate {
    async fn make(connection: &mut Connection) -> Self {
        let contact = json!({ "phone": "+12025550111", "name": "Marker Dhole" });
        let contact = connection.make("/v1/contacts", &contact).await;
        let secret = connection.make("/v1/secrets", &json!({ "name": "full-disk", "value": "a value" })).await;
        Self {
            export: format!("/v1/contacts/{}/export", contact["id"].as_str().unwrap()),
            secret: format!("/v1/secrets/{}", secret["id"].as_str().unwrap()),
        }
    }

    /// Asks for each; answers which were not answered as expected.
    async fn try_all(
        &self,
        connection: &mut Connection,
        when: &str,
        expected: impl Fn(&Answer) -> bool,
    ) -> Vec<String> {
        let (export, handover) = (json!({ "reason": "asked what is held" }), json!({ "overlap_seconds": 0 }));
        let mut wrong = Vec::new();
        for (what, path, body) in
            [("export", self.export.clone(), export), ("handover", format!("{}/handover", self.secret), handover)]
        {
            let answer = connection.post(&path, &format!("{what}-{when}"), body.to_string().as_bytes()).await.unwrap();
            if !expected(&answer) {
                wrong.push(format!("{path} while {when}: {answer:?}"));
            }
        }
        wrong
    }

    /// What was refused left nothing: one export on record, one version more.
    async fn expect_once(&self, connection: &mut Connection) -> Vec<String> {
        let entries = connection.get("/v1/ledger/entries?action=contact.export").await.unwrap().json();
        let done = entries["data"].as_array().unwrap().iter().filter(|entry| entry["result"] == "ok").count();
        let version = connection.get(&self.secret).await.unwrap().json()["version"].clone();
        match (done, version.as_u64()) {
            (1, Some(2)) => Vec::new(),
            other => vec![format!("refused and done all the same: exports and versions {other:?}")],
        }
    }
}

/// 503, a stable code, and when to come back.
fn says_so(answer: &Answer) -> bool {
    let is_problem = answer.headers["content-type"].as_bytes() == b"application/problem+json";
    let is_told = answer.status == 503 && is_problem && answer.code() == "storage_unavailable";
    is_told && answer.headers.contains_key("retry-after")
}

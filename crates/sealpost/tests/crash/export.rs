//! An export dies between its leaf and its first byte.

use serde_json::json;

use crate::installation::Installation;
use crate::server::{Fuse, PATIENCE, Server, Started};

/// Orders an export of a server that dies once that is on record, and looks for what is left of it.
pub(crate) async fn die_on_record(house: &Installation) {
    let seeded = house.seed().await;
    let fuse = Fuse { point: "exporting", pass: 1 };
    let Started::Ready(server) = Server::start(house.folder(), &house.environment, Some(&fuse)).await else {
        panic!("it died before it served");
    };
    let mut connection = seeded.api.connect(server.address).await.unwrap();
    let contact = connection.make("/v1/contacts", &json!({ "phone": "+12025550111", "name": "Marker Dhole" })).await;
    let path = format!("/v1/contacts/{}/export", contact["id"].as_str().unwrap());
    let order = json!({ "reason": "asked what is held" }).to_string();
    assert!(connection.post(&path, "export", order.as_bytes()).await.is_err(), "not a byte of an answer");
    assert!(server.await_death(house.folder(), PATIENCE).await, "it did not come to the point");

    let server = Server::start_safely(house.folder(), &house.environment).await;
    let mut connection = seeded.api.connect(server.address).await.unwrap();
    let entries = connection.get("/v1/ledger/entries?action=contact.export").await.unwrap().json();
    let left: Vec<_> = entries["data"].as_array().unwrap().iter().map(|entry| entry["result"].clone()).collect();
    assert_eq!(left, ["ok"], "that it was ordered is on record although nobody got anything");
    // Ordered again, it comes, and tells of both.
    let again = connection.post(&path, "again", order.as_bytes()).await.unwrap();
    assert_eq!(again.json()["complete"]["looks"], 2);
    server.stop(house.folder()).await;
}

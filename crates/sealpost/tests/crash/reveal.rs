//! A look dies between its leaf and the first clear byte.

use serde_json::json;

use crate::installation::Installation;
use crate::server::{Fuse, PATIENCE, Server, Started};

/// Looks at a message and at a contact of servers that die once that is on record, and at what is left of it.
pub(crate) async fn die_on_record(house: &Installation) {
    let seeded = house.seed().await;
    let server = Server::start_safely(house.folder(), &house.environment).await;
    let mut connection = seeded.api.connect(server.address).await.unwrap();
    let contact = connection.make("/v1/contacts", &json!({ "phone": "+12025550112" })).await["id"].clone();
    let message = json!({ "event": "crash.test", "to": { "contact_id": contact }, "data": { "code": "135791" } });
    let message = connection.make("/v1/messages", &message).await["id"].clone();
    drop(connection);
    server.stop(house.folder()).await;

    let (contact, message) = (contact.as_str().unwrap(), message.as_str().unwrap());
    for (action, path, order) in [
        ("message.reveal", format!("/v1/messages/{message}/reveal"), json!({ "reason": "a call" })),
        (
            "contact.reveal",
            format!("/v1/contacts/{contact}/reveal"),
            json!({ "fields": ["phone"], "reason": "a call" }),
        ),
    ] {
        let order = order.to_string();
        let fuse = Fuse { point: "looking", pass: 1 };
        let Started::Ready(server) = Server::start(house.folder(), &house.environment, Some(&fuse)).await else {
            panic!("it died before it served");
        };
        let mut connection = seeded.api.connect(server.address).await.unwrap();
        assert!(connection.post(&path, "look", order.as_bytes()).await.is_err(), "{action}: not a byte of an answer");
        assert!(server.await_death(house.folder(), PATIENCE).await, "{action}: it did not come to the point");

        let server = Server::start_safely(house.folder(), &house.environment).await;
        let mut connection = seeded.api.connect(server.address).await.unwrap();
        let entries = connection.get(&format!("/v1/ledger/entries?action={action}")).await.unwrap().json();
        let left: Vec<_> = entries["data"].as_array().unwrap().iter().map(|entry| entry["result"].clone()).collect();
        assert_eq!(left, ["ok"], "{action}: it is on record although nobody saw anything");
        let again = connection.post(&path, "again", order.as_bytes()).await.unwrap();
        assert_eq!(again.status, 200, "{action}: {}", again.json());
        drop(connection);
        server.stop(house.folder()).await;
    }
}

//! What an organisation hears of besides its messages.

use serde_json::json;

use crate::api::Ask;
use crate::house::House;

crate::on_both_engines! {
    whoever_asked_for_it_hears_that_a_key_has_leaked
}

async fn whoever_asked_for_it_hears_that_a_key_has_leaked(house: House) {
    house.endpoint_for("security", &["api_key.*"]).await;
    house.endpoint_for("reports", &["message.*"]).await;
    let (id, key) = house.key_with(&["keys:read"]).await;
    let answer = house.api.ask(Ask::post("/v1/keys/report-leak", &json!({ "key": key }))).await;
    assert_eq!(answer.status, 202, "{}", answer.text());

    let heard = house.receiver.notice("api_key.leak_reported", "key_id", &id).await;
    assert_eq!(heard.event()["data"], json!({ "key_id": id }));
    let told = house.receiver.heard().iter().filter(|heard| heard.event()["type"] == "api_key.leak_reported").count();
    assert_eq!(told, 1, "only who hears of keys");
    assert!(!String::from_utf8_lossy(&heard.body).contains(&key[8..]), "and never the key");
}

//! Every act is in the ledger, or isn't done.

use serde_json::{Value, json};

use crate::api::Ask;
use crate::house::{House, text};
use crate::objects::Objects;
use crate::surface::{Route, Surface};

crate::on_both_engines! {
    every_mutating_or_revealing_route_leaves_exactly_the_leaf_it_declares
    without_its_leaf_no_mutating_or_revealing_route_does_anything
}

/// What needs a token from an e-mail, or sends one after it has answered, and what a service has to vouch for: proven where those are,
/// in `xtask/referees`, and in `access`.
fn is_out_of_reach(route: &Route) -> bool {
    let by_a_service = route.path.starts_with("/sign-in/") && route.path.contains("{connection}");
    route.path.contains("{token}") || route.path == "/sign-in/email" || by_a_service
}

/// What comes along with an act and has a leaf of its own: credentials that are stored or destroyed, the contact a message
/// makes on its way, the contact another is merged into, the successor of a rotated key, the template an event takes to live, the runs
/// an event begins.
fn is_consequence(action: &str) -> bool {
    action.starts_with("secret.")
        || matches!(
            action,
            "contact.create" | "contact.merge_received" | "key.create" | "template.go_live" | "workflow_run.begin"
        )
}

/// What goes on with a rotation of an endpoint's secret that has begun.
fn is_step_of_rotation(route: &Route) -> bool {
    let begins = route.method == "post" && route.path.ends_with("/rotation");
    route.path.contains("/endpoints/{id}/rotation") && !begins
}

/// What is done in the live environment only.
fn is_for_both_environments(route: &Route) -> bool {
    (route.method == "put" && route.path == "/v1/masking")
        || ["/v1/ledger/export", "/v1/evidence"].contains(&&*route.path)
}

/// The request the route's example shows, with the key that may make it succeed.
async fn succeeding(house: &House, surface: &Surface, objects: &Objects, route: &Route) -> Ask {
    let ends_in = |end: &str| route.path.ends_with(end);
    if ends_in("/messages/{id}/cancel") {
        // In the test environment a message has left before anybody can take it back.
        let waiting = house.waiting_message().await;
        let ask = objects.on(house, route, &waiting).await;
        return match route.session {
            true => ask.in_live().member(&house.standing_owner().await),
            false => ask.key(&house.keys.live),
        };
    }
    if is_step_of_rotation(route) {
        // It has to have begun, and be proven before it is finished.
        let endpoint = objects.fresh(house, surface, route).await;
        house.post(format!("/v1/endpoints/{endpoint}/rotation"), &json!({})).await;
        if ends_in("finish") {
            house.post_nothing(format!("/v1/endpoints/{endpoint}/rotation/try")).await;
        }
        return house.ours(route, objects.on(house, route, &endpoint).await).await;
    }
    let ask = objects.example(house, surface, route).await;
    if route.path == "/v1/contacts/match" {
        return ask.key(&house.keys.seeing);
    }
    if is_for_both_environments(route) {
        return ask.key(&house.keys.live);
    }
    match &*route.path {
        "/app/{env}/audit/export" | "/app/{env}/evidence/export" => ask.in_live().member(&house.standing_owner().await),
        "/handover" => objects.opening(house).await,
        "/sign-in/{link}" => house.press(&house.link("owner")).await,
        "/sign-in/passkey" => {
            let mut device = house.passkey(&house.standing_owner().await).await.1;
            house.signing_in(&mut device).await
        }
        "/sign-in/recovery" => house.recovering(&house.standing_owner().await).await,
        "/v1/me/passkeys" => house.new_passkey(&house.standing_owner().await).await.0,
        "/v1/me/proof" => {
            let owner = house.standing_owner().await;
            let mut device = house.passkey(&owner).await.1;
            house.proving(&owner, &mut device).await
        }
        // What is confirmed or taken back has to wait for it.
        path if path.contains("/networks/") && (ends_in("/confirm") || ends_in("/revert")) => {
            let lists = json!({ "dashboard": ["127.0.0.0/8"], "admin": [], "keys": [] });
            house.as_owner(Ask::new("put", "/v1/settings/networks").json(&lists)).await;
            ask.member(&house.standing_owner().await)
        }
        // What is kept is not purged.
        path if path.contains("/storage/purge") => {
            let rules = json!({ "live": { "marketing": { "mode": "until_delivered" } } });
            house.as_owner(Ask::new("patch", "/v1/settings/storage").json(&rules)).await;
            ask.member(&house.standing_owner().await)
        }
        // Nobody made our keys whom others could be told from.
        "/v1/approvals" => ask.member(&objects.asker(house).await),
        // Whoever asked changes it and takes it back; somebody else decides.
        path if path.contains("/approvals/{id}") && (route.method == "put" || ends_in("/cancel")) => {
            ask.member(&objects.asker(house).await)
        }
        path if path.contains("/approvals/{id}") => ask.member(&house.standing_owner().await),
        "/support/{link}" => {
            let grant = objects.granted(house, &json!({})).await;
            house.press(&objects.support_link(house, &grant).await).await
        }
        path if path.ends_with("/support/session/leave") => {
            let grant = objects.granted(house, &json!({})).await;
            ask.member(&objects.helper(house, &grant).await)
        }
        // Whoever leaves is gone.
        "/sign-out" => ask.member(&house.owner().await),
        _ if route.is_open() => ask,
        _ => house.ours(route, ask).await,
    }
}

async fn every_mutating_or_revealing_route_leaves_exactly_the_leaf_it_declares(house: House) {
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let (mut wrong, mut acts) = (Vec::new(), 0);
    for route in surface.routes.iter().filter(|route| (route.mutates || route.reveals) && !is_out_of_reach(route)) {
        let ask = succeeding(&house, &surface, &objects, route).await;
        let answer = house.api.ask(ask).await;
        if !(200..300).contains(&answer.status) && answer.status != 303 {
            wrong.push(format!("{}: its example is refused: {} {}", route.name(), answer.status, answer.text()));
            continue;
        }
        let request = answer.header("x-request-id");
        // Our live key sees the whole ledger.
        let entries = house.api.must(Ask::get("/v1/ledger/entries?limit=250").key(&house.keys.live)).await;
        let left: Vec<(String, String)> = entries["data"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["request_id"] == *request)
            .map(|entry| (text(entry, "action"), text(entry, "result")))
            .collect();
        let declared = route.action.clone().unwrap_or_default();
        let (own, others): (Vec<_>, Vec<_>) = left.iter().partition(|(action, _)| *action == declared);
        let one = matches!(&own[..], [(_, result)] if result == "ok");
        let granted = |action: &str| {
            (route.path.contains("/approvals/{id}") && action == "masking.change")
                || (route.path.contains("/revisions/{id}") && action == "storage.change")
        };
        if !one || others.iter().any(|(action, _)| !is_consequence(action) && !granted(action)) {
            wrong.push(format!("{} declares {declared} and leaves {left:?}", route.name()));
        }
        acts += 1;
    }
    assert!(acts > 20, "{acts} acts prove nothing");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn without_its_leaf_no_mutating_or_revealing_route_does_anything(house: House) {
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let mut asks = Vec::new();
    for route in surface.routes.iter().filter(|route| (route.mutates || route.reveals) && !is_out_of_reach(route)) {
        asks.push((route, succeeding(&house, &surface, &objects, route).await));
    }
    let before = lists(&house, &surface).await;
    house.break_ledger(true).await;
    let mut wrong = Vec::new();
    for (route, ask) in &asks {
        let answer = house.api.ask(ask.clone()).await;
        if answer.status < 500 {
            wrong.push(format!("{}: {} {}", route.name(), answer.status, answer.text()));
        }
    }
    let during = lists(&house, &surface).await;
    house.break_ledger(false).await;
    for ((path, before), (_, during)) in before.iter().zip(&during) {
        if before != during {
            wrong.push(format!("{path} changed from {before} to {during}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (route, ask) in asks {
        let answer = house.api.ask(ask).await;
        assert!(answer.status < 500, "{} stays broken: {}", route.name(), answer.text());
    }
}

/// Every list there is, as it is now, in both environments.
async fn lists(house: &House, surface: &Surface) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for route in &surface.routes {
        let is_list =
            route.method == "get" && !route.path.contains('{') && route.queries.iter().any(|one| one == "limit");
        if !is_list || route.path.starts_with("/v1/ledger") || route.session {
            continue;
        }
        for key in [&house.keys.ours, &house.keys.live] {
            let mut list = house.api.must(Ask::get(format!("{}?limit=250", route.path)).key(key)).await["data"].take();
            // What the keys were used for isn't anybody's doing; neither is a message that waits for its next try.
            for one in list.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
                for restless in ["last_used_at", "uses", "attempts", "updated_at", "state", "last_used_network"] {
                    one.remove(restless);
                }
            }
            all.push((route.path.clone(), list));
        }
    }
    assert!(all.len() > 10, "{} lists", all.len());
    all
}

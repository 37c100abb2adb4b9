//! Every route × every kind of credential × every scope × every tenant.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::{Answer, Ask};
use crate::house::{House, text};
use crate::objects::{Objects, absent};
use crate::surface::{Route, Surface};

crate::on_both_engines! {
    every_route_refuses_whoever_has_no_good_credential
    every_route_needs_exactly_the_scope_it_declares
    every_object_of_somebody_else_is_as_absent_as_none
}

/// What every answer carries, whatever it says.
const EVERYWHERE: [&str; 6] = [
    "x-request-id",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "ratelimit",
    "ratelimit-policy",
];

/// What is wrong with this answer of this route, if anything.
fn wrong(route: &Route, answer: &Answer) -> Vec<String> {
    let mut wrong: Vec<String> =
        EVERYWHERE.iter().filter(|name| answer.header(name).is_empty()).map(|name| format!("no {name}")).collect();
    if answer.header("cache-control") != "no-store" {
        wrong.push(format!("cache-control: {}", answer.header("cache-control")));
    }
    if answer.header("x-content-type-options") != "nosniff" {
        wrong.push("no nosniff".into());
    }
    if !route.documents(answer.status, &answer.code()) {
        wrong.push(format!("{} {} is not documented", answer.status, answer.code()));
    }
    if answer.status >= 500 {
        wrong.push(answer.text());
    }
    wrong
}

/// Collects what does not hold, so that one run tells of all of it.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn look(&mut self, route: &Route, who: &str, answer: &Answer, holds: bool) {
        let mut all = wrong(route, answer);
        if !holds {
            all.push(format!("answered {} {}", answer.status, answer.code()));
        }
        self.0.extend(all.into_iter().map(|what| format!("{} for {who}: {what}", route.name())));
    }

    fn none(self) {
        assert!(self.0.is_empty(), "{} findings:\n{}", self.0.len(), self.0.join("\n"));
    }
}

/// Scoped keys, each made once.
struct Ring<'h> {
    house: &'h House,
    made: BTreeMap<String, String>,
}

impl Ring<'_> {
    async fn with(&mut self, scopes: &[&str]) -> String {
        let name = scopes.join(" ");
        if !self.made.contains_key(&name) {
            let key = self.house.key_with(scopes).await.1;
            self.made.insert(name.clone(), key);
        }
        self.made[&name].clone()
    }
}

async fn every_route_refuses_whoever_has_no_good_credential(house: House) {
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let publishable = json!({ "name": "Page", "kind": "publishable" });
    let publishable = text(&house.post("/v1/keys", &publishable).await, "key");
    let (id, revoked) = house.key_with(&["keys:read"]).await;
    house.post_nothing(format!("/v1/keys/{id}/revoke")).await;
    // One character of the secret part changed, and its checksum with it, is beyond anybody without the code: a key of another
    // installation is well-formed and unknown here.
    let unknown = House::sqlite().await.keys.ours.clone();
    let mut broken = house.keys.ours.clone();
    let last = if broken.pop() == Some('0') { '1' } else { '0' };
    broken.push(last);
    let mut findings = Findings::default();
    for route in &surface.routes {
        let ask = objects.example(&house, &surface, route).await;
        if route.permission.is_none() {
            let answer = house.api.ask(ask).await;
            findings.look(route, "everybody", &answer, !matches!(answer.status, 401 | 403));
            continue;
        }
        for (who, ask, status, code) in [
            ("nobody", ask.clone(), 401, "credential_missing"),
            ("another scheme", ask.clone().header("authorization", "Basic YTpi"), 401, "credential_invalid"),
            ("a broken key", ask.clone().key(&broken), 401, "key_malformed"),
            ("an unknown key", ask.clone().key(&unknown), 401, "key_unknown"),
            ("a revoked key", ask.clone().key(&revoked), 401, "key_revoked"),
            ("an expired key", ask.clone().key(&house.keys.expired), 401, "key_expired"),
            (
                "two keys",
                ask.clone().key(&house.keys.ours).header("x-api-key", &house.keys.ours),
                400,
                "credential_ambiguous",
            ),
        ] {
            let answer = house.api.ask(ask).await;
            findings.look(route, who, &answer, (answer.status, &*answer.code()) == (status, code));
        }
        let answer = house.api.ask(ask.header("x-publishable-key", &publishable)).await;
        let code = if route.any_key { "permission_missing" } else { "secret_key_required" };
        findings.look(route, "a publishable key", &answer, (answer.status, &*answer.code()) == (403, code));
        let answer = house.ask(Ask::new("trace", route.path_for("none"))).await;
        let refused = answer.status == 405 && answer.header("allow").to_lowercase().contains(&route.method);
        if !refused {
            findings.0.push(format!("trace {}: {} allow {}", route.path, answer.status, answer.header("allow")));
        }
    }
    findings.none();
}

async fn every_route_needs_exactly_the_scope_it_declares(house: House) {
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let mut ring = Ring { house: &house, made: BTreeMap::new() };
    let mut findings = Findings::default();
    for route in &surface.routes {
        let Some(permission) = &route.permission else { continue };
        let without = ring.with(&surface.without(permission)).await;
        let only = ring.with(&[permission]).await;
        let ask = objects.example(&house, &surface, route).await;
        let answer = house.api.ask(ask.clone().key(&without)).await;
        let refused = (answer.status, &*answer.code()) == (403, "permission_missing");
        let named = answer.json()["required_permission"] == **permission;
        findings.look(route, "all scopes but the one", &answer, refused && named);
        let answer = house.api.ask(ask.key(&only)).await;
        // A key that may make keys may give them no more than it has; a test key decides nothing for the live environment; a key
        // that sees no digits doesn't search by them.
        let own_reasons = ["scopes_exceeded", "live_key_required", "mask_profile_hides_digits"];
        let admitted = !matches!(answer.status, 401 | 403) || own_reasons.contains(&&*answer.code());
        findings.look(route, "the one scope", &answer, admitted);
    }
    findings.none();
}

async fn every_object_of_somebody_else_is_as_absent_as_none(house: House) {
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let mut findings = Findings::default();
    let mut looked = 0;
    for route in surface.routes.iter().filter(|route| route.has_object()) {
        let id = objects.fresh(&house, &surface, route.collection()).await;
        for (who, key) in [("another organisation", &house.keys.foreign), ("our other environment", &house.keys.live)] {
            let theirs = objects.on(&house, route, &id).await;
            let nobodys = objects.on(&house, route, &absent(&id)).await;
            let theirs = house.api.ask(theirs.key(key)).await;
            let nobodys = house.api.ask(nobodys.key(key)).await;
            findings.look(route, who, &theirs, theirs.status == 404);
            if theirs.without_request_id() != nobodys.without_request_id() || names(&theirs) != names(&nobodys) {
                findings.0.push(format!(
                    "{} for {who}: {} differs from {}",
                    route.name(),
                    theirs.text(),
                    nobodys.text()
                ));
            }
            looked += 1;
        }
        let ours = objects.on(&house, route, &id).await;
        let ours = house.ask(ours).await;
        findings.look(route, "us", &ours, ours.status != 404);
    }
    for route in surface.routes.iter().filter(|route| route.method == "get" && !route.has_object()) {
        let Some(_) = &route.permission else { continue };
        let path = route.path.clone();
        let list: Value = house.api.ask(Ask::get(path).key(&house.keys.foreign)).await.json();
        let Some(data) = list["data"].as_array() else { continue };
        let strangers = data.iter().filter(|one| one["environment"] == "live").count();
        if strangers > 0 || (data.len() > 1 && !route.path.contains("ledger") && !route.path.contains("keys")) {
            findings.0.push(format!("{} shows another organisation {} objects", route.name(), data.len()));
        }
    }
    assert!(looked > 20, "{looked}");
    findings.none();
}

/// The headers there are.
fn names(answer: &Answer) -> Vec<String> {
    answer.headers.keys().map(|name| name.as_str().to_owned()).collect()
}

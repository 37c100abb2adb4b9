//! Every route × every kind of credential × every scope × every tenant.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::{Answer, Ask};
use crate::house::{House, Member, text};
use crate::objects::{Objects, absent};
use crate::surface::{Route, Surface};

crate::on_both_engines! {
    every_route_refuses_whoever_has_no_good_credential
    every_route_needs_exactly_the_scope_it_declares
    every_route_is_open_to_exactly_the_roles_that_hold_its_permission
    no_other_site_speaks_for_a_member
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

    fn none(self, house: &House) {
        if self.0.is_empty() {
            return;
        }
        let log = house.log();
        let faults = log.lines().filter(|line| line.contains("ERROR")).collect::<Vec<_>>().join("\n");
        panic!("{} findings:\n{}\n{faults}", self.0.len(), self.0.join("\n"));
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
    let (owner, left) = (house.owner().await, house.owner().await);
    assert_eq!(house.api.ask(Ask::new("post", "/sign-out").member(&left)).await.status, 303);
    let mut broken = house.keys.ours.clone();
    let last = if broken.pop() == Some('0') { '1' } else { '0' };
    broken.push(last);
    let mut findings = Findings::default();
    for route in &surface.routes {
        let ask = objects.example(&house, &surface, route).await;
        if route.is_open() {
            let answer = house.api.ask(ask.clone()).await;
            let refused = (answer.status, &*answer.code()) == (403, "cross_site_refused");
            let ours_alone = route.own_page || route.own_origin;
            findings.look(route, "everybody", &answer, refused == ours_alone && answer.status != 401);
            if route.own_page {
                let answer = house.api.ask(ask.of_own_page()).await;
                let refused = (answer.status, &*answer.code()) == (403, "csrf_token_invalid");
                findings.look(route, "a page without a token", &answer, refused);
            }
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
            (
                "a key and a session",
                ask.clone().key(&house.keys.ours).header("cookie", &owner.cookie),
                400,
                "credential_ambiguous",
            ),
            ("no session", ask.clone().header("cookie", "__Host-sealpost_session=sess_nobody"), 401, "session_unknown"),
            ("a session that was left", ask.clone().member(&left), 401, "session_ended"),
        ] {
            let answer = house.api.ask(ask).await;
            let as_said = match status {
                // Whoever looks for a page is shown the way.
                401 if route.page && route.method == "get" => {
                    answer.status == 303 && answer.header("location").starts_with("/sign-in")
                }
                _ => (answer.status, &*answer.code()) == (status, code),
            };
            findings.look(route, who, &answer, as_said);
        }
        if route.directory {
            for (who, ask) in
                [("a secret key", ask.clone().key(&house.keys.ours)), ("a member", ask.clone().member(&owner))]
            {
                let answer = house.api.ask(ask).await;
                let refused = (answer.status, &*answer.code()) == (403, "directory_token_required");
                findings.look(route, who, &answer, refused);
            }
        } else {
            let answer = house.api.ask(ask.clone().key(&house.keys.directory)).await;
            let code = if route.session { "session_required" } else { "secret_key_required" };
            findings.look(route, "a directory", &answer, (answer.status, &*answer.code()) == (403, code));
        }
        if route.session {
            let answer = house.ask(ask.clone()).await;
            findings.look(
                route,
                "a secret key",
                &answer,
                (answer.status, &*answer.code()) == (403, "session_required"),
            );
        }
        let answer = house.api.ask(ask.header("x-publishable-key", &publishable)).await;
        let code = match (route.any_key, route.session) {
            _ if route.directory => "directory_token_required",
            (true, _) => "permission_missing",
            (false, false) => "secret_key_required",
            (false, true) => "session_required",
        };
        findings.look(route, "a publishable key", &answer, (answer.status, &*answer.code()) == (403, code));
        let answer = house.ask(Ask::new("trace", route.path_for("none"))).await;
        let refused = answer.status == 405 && answer.header("allow").to_lowercase().contains(&route.method);
        if !refused {
            findings.0.push(format!("trace {}: {} allow {}", route.path, answer.status, answer.header("allow")));
        }
    }
    findings.none(&house);
}

async fn every_route_needs_exactly_the_scope_it_declares(house: House) {
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let mut ring = Ring { house: &house, made: BTreeMap::new() };
    let mut findings = Findings::default();
    for route in &surface.routes {
        let Some(permission) = route.permission.as_ref().filter(|_| !route.session) else { continue };
        let without = ring.with(&surface.without(permission)).await;
        let only = ring.with(&[permission]).await;
        let ask = objects.example(&house, &surface, route).await;
        let answer = house.api.ask(ask.clone().key(&without)).await;
        let refused = (answer.status, &*answer.code()) == (403, "permission_missing");
        let named = answer.required_permission() == *permission;
        findings.look(route, "all scopes but the one", &answer, refused && named);
        let answer = house.api.ask(ask.key(&only)).await;
        // A key that may make keys may give them no more than it has; a test key decides nothing for the live environment; a key
        // that sees no digits doesn't search by them.
        // The ledger holds both environments.
        // Rows are of something that has a permission of its own.
        let own_reasons = [
            "scopes_exceeded",
            "live_key_required",
            "mask_profile_hides_digits",
            "export_live_only",
            "download_source_refused",
        ];
        let admitted = !matches!(answer.status, 401 | 403) || own_reasons.contains(&&*answer.code());
        findings.look(route, "the one scope", &answer, admitted);
    }
    findings.none(&house);
}

/// What a member may be refused for although their role holds the permission.
const OWN_REASONS: [&str; 11] = [
    "export_live_only",
    "scopes_exceeded",
    "live_key_required",
    "step_up_required",
    "role_exceeds",
    "owners_only",
    "outranked",
    "oneself",
    "own_role",
    "passkey_refused",
    "recovery_code_refused",
];

async fn every_route_is_open_to_exactly_the_roles_that_hold_its_permission(house: House) {
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let mut findings = Findings::default();
    let (mut admitted, mut refused) = (0, 0);
    for role in ["owner", "super_admin", "admin", "developer", "agent", "auditor", "viewer"] {
        let member = house.member(role).await;
        let own = house.api.must(Ask::get("/v1/session").member(&member)).await;
        let holds = |permission: &str| own["permissions"].as_array().unwrap().iter().any(|one| one == permission);
        for route in surface.routes.iter().filter(|route| !route.is_open()) {
            // Whoever leaves is gone.
            let leaving = route.path == "/sign-out";
            let member = if leaving { house.member(role).await } else { member.clone() };
            let answer = house.api.ask(objects.example(&house, &surface, route).await.member(&member)).await;
            if route.directory {
                let refused = (answer.status, &*answer.code()) == (403, "directory_token_required");
                findings.look(route, role, &answer, refused);
            } else if route.permission.as_deref().is_none_or(holds) {
                // What its example says may take another permission, which the route then has to say.
                let further = answer.required_permission();
                let takes_more =
                    !further.is_empty() && !holds(&further) && route.says.contains(&format!("`{further}`"));
                let own_reason = OWN_REASONS.contains(&&*answer.code()) || takes_more;
                findings.look(route, role, &answer, !matches!(answer.status, 401 | 403) || own_reason);
                admitted += 1;
            } else {
                let named = answer.required_permission() == route.permission.clone().unwrap_or_default();
                let code = (answer.status, &*answer.code()) == (403, "permission_missing");
                findings.look(route, role, &answer, code && named);
                refused += 1;
            }
        }
    }
    assert!(admitted > 100 && refused > 100, "{admitted} and {refused} prove nothing");
    findings.none(&house);
}

async fn no_other_site_speaks_for_a_member(house: House) {
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let (owner, other) = (house.owner().await, house.owner().await);
    let mut findings = Findings::default();
    // Members aren't heard where directories are.
    for route in surface.routes.iter().filter(|route| !route.is_open() && !route.directory) {
        let ask = objects.example(&house, &surface, route).await.header("cookie", &owner.cookie);
        let sites: &[(&str, &[(&str, &str)])] = match route.method == "get" {
            true => &[
                (
                    "another site's picture",
                    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
                ),
                (
                    "a sibling's script",
                    &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
                ),
                (
                    "another site's frame",
                    &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
                ),
            ],
            false => &[
                ("a browser that doesn't say", &[]),
                ("another site", &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]),
                ("a sibling", &[("sec-fetch-site", "same-site"), ("origin", "https://evil.localhost")]),
                ("a liar", &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")]),
                ("a sandboxed frame", &[("sec-fetch-site", "same-origin"), ("origin", "null")]),
            ],
        };
        for (who, headers) in sites {
            // Even one that has come by the token.
            let ask = headers.iter().fold(ask.clone(), |ask, (name, value)| ask.header(name, value));
            let answer = house.api.ask(ask.header("x-csrf-token", &owner.csrf)).await;
            findings.look(route, who, &answer, (answer.status, &*answer.code()) == (403, "cross_site_refused"));
        }
        if route.method != "get" {
            for (who, token) in [("a page without a token", ""), ("a page of another session", &other.csrf)] {
                let ask = ask.clone().of_own_page().header("x-csrf-token", token);
                let answer = house.api.ask(ask).await;
                findings.look(route, who, &answer, (answer.status, &*answer.code()) == (403, "csrf_token_invalid"));
            }
        }
    }
    findings.none(&house);
}

async fn every_object_of_somebody_else_is_as_absent_as_none(house: House) {
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let mut findings = Findings::default();
    let (foreign, other) = (house.foreign_owner().await, house.member("super_admin").await);
    let mut looked = 0;
    for route in surface.routes.iter().filter(|route| route.has_object()) {
        if route.is_open() {
            continue;
        }
        let id = objects.fresh(&house, &surface, route).await;
        for (who, by) in strangers(&house, route, &foreign, &other) {
            let theirs = by(objects.on(&house, route, &id).await);
            let nobodys = by(objects.on(&house, route, &absent(&id)).await);
            let theirs = house.api.ask(theirs).await;
            let nobodys = house.api.ask(nobodys).await;
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
        let ours = house.api.ask(house.ours(route, ours).await).await;
        findings.look(route, "us", &ours, ours.status != 404);
    }
    for route in surface.routes.iter().filter(|route| route.method == "get" && !route.has_object()) {
        let Some(_) = route.permission.as_ref().filter(|_| !route.session) else { continue };
        let path = route.path.clone();
        let list: Value = house.api.ask(Ask::get(path).key(&house.keys.foreign)).await.json();
        let Some(data) = list["data"].as_array() else { continue };
        let strangers = data.iter().filter(|one| one["environment"] == "live").count();
        // Everybody has our roles.
        let shared = ["ledger", "keys", "roles"].iter().any(|one| route.path.contains(one));
        if strangers > 0 || (data.len() > 1 && !shared) {
            findings.0.push(format!("{} shows another organisation {} objects", route.name(), data.len()));
        }
    }
    assert!(looked > 20, "{looked}");
    findings.none(&house);
}

type By = Box<dyn Fn(Ask) -> Ask>;

/// Who must not see an object that this route is about.
fn strangers(house: &House, route: &Route, foreign: &Member, other: &Member) -> Vec<(&'static str, By)> {
    let key = |key: &str| -> By {
        let key = key.to_owned();
        Box::new(move |ask| ask.key(&key))
    };
    let member = |member: &Member| -> By {
        let member = member.clone();
        Box::new(move |ask| ask.member(&member))
    };
    if route.collection().starts_with("/v1/me/") {
        return vec![("another organisation", member(foreign)), ("another member", member(other))];
    }
    if route.session {
        return vec![("another organisation", member(foreign))];
    }
    if route.directory {
        return vec![("another organisation’s directory", key(&house.keys.foreign_directory))];
    }
    let mut all = vec![("another organisation", key(&house.keys.foreign))];
    // Members and what they have belong to both environments.
    let of_both = [
        "/v1/approvals",
        "/v1/revisions",
        "/v1/members",
        "/v1/teams",
        "/v1/roles",
        "/v1/sso/connections",
        "/v1/support-grants",
    ];
    if !of_both.contains(&route.collection()) {
        all.push(("our other environment", key(&house.keys.live)));
    }
    all
}

/// The headers there are.
fn names(answer: &Answer) -> Vec<String> {
    answer.headers.keys().map(|name| name.as_str().to_owned()).collect()
}

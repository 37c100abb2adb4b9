//! Whoever was let in to help, from outside: as one more kind of caller of every route there is.

use serde_json::json;

use crate::api::Ask;
use crate::canary::{Needles, Personal};
use crate::house::{House, Member, program, text};
use crate::live::until;
use crate::objects::{Objects, absent};
use crate::surface::Surface;

crate::on_both_engines! {
    whoever_is_let_in_reaches_what_was_granted_and_changes_nothing
    whoever_is_let_in_reads_nothing_personal_on_any_page
    only_the_objects_of_the_grant_are_there
    whoever_is_let_in_is_led_only_where_they_reach
    everybody_sees_that_somebody_is_in_and_whoever_ends_it_ends_it_at_once
}

/// What a grant is for unless somebody says otherwise.
const DEFAULT: [&str; 10] = [
    "messages:read",
    "contacts:read",
    "templates:read",
    "events:read",
    "channels:read",
    "endpoints:read",
    "outbox:read",
    "suppressions:read",
    "masking:read",
    "storage:read",
];

/// What may be done with any grant: to see what it is, to leave, and what is about one's browser alone.
fn is_theirs(path: &str) -> bool {
    ["/support/session", "/support/session/leave", "/appearance", "/live"].iter().any(|end| path.ends_with(end))
        || path == "/app"
}

async fn whoever_is_let_in_reaches_what_was_granted_and_changes_nothing(house: House) {
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let grant = objects.granted(&house, &json!({})).await;
    let helper = objects.helper(&house, &grant).await;
    let (mut wrong, mut reached, mut refused) = (Vec::new(), 0, 0);
    for route in surface.routes.iter().filter(|route| !route.is_open() && !is_theirs(&route.path)) {
        let answer = house.api.ask(objects.example(&house, &surface, route).await.member(&helper)).await;
        let granted = route.permission.as_deref().is_some_and(|needs| DEFAULT.contains(&needs));
        let is_refused = matches!(
            (answer.status, &*answer.code()),
            (403, "permission_missing" | "support_out_of_reach" | "directory_token_required" | "step_up_required")
                | (404, "not_found")
        );
        if !route.documents(answer.status, &answer.code()) || answer.status >= 500 {
            wrong.push(format!("{}: {} {} is not documented", route.name(), answer.status, answer.code()));
        }
        if !is_refused && (!granted || route.mutates || route.reveals) {
            wrong.push(format!("{} answers {} {}", route.name(), answer.status, answer.text()));
        }
        // What they were let in for is there; only what leaves with everything isn't.
        if granted && route.method == "get" && is_refused && !route.path.ends_with("/export") {
            wrong.push(format!("{} is refused: {} {}", route.name(), answer.status, answer.code()));
        }
        reached += usize::from(answer.status == 200);
        refused += usize::from(is_refused);
    }
    assert!(reached > 20 && refused > 100, "{reached} and {refused} prove nothing");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    // Each of them is on record as theirs, and counted.
    let mine = format!("/v1/ledger/entries?actor={grant}&limit=250");
    let entries = house.api.must(Ask::get(mine).key(&house.keys.live)).await;
    let entries = entries["data"].as_array().unwrap();
    let count = |action: &str| entries.iter().filter(|entry| entry["action"] == action).count();
    assert!(entries.iter().all(|entry| entry["actor_kind"] == "support"));
    assert!(
        count("support.look") > 20 && count("access.deny") > 50,
        "{} {}",
        count("support.look"),
        count("access.deny")
    );
}

async fn whoever_is_let_in_reads_nothing_personal_on_any_page(house: House) {
    let (surface, needles) = (Surface::read(&house).await, Needles::new());
    let objects = Objects::furnish(&house).await;
    let personal = Personal::plant(&house).await;
    let wide = json!({
        "permissions": DEFAULT.iter().chain(&["contacts:write", "keys:read", "erasures:read"]).collect::<Vec<_>>(),
        "show_last4": true,
    });
    let (mut leaks, mut answers) = (Vec::new(), 0);
    for wanted in [json!({}), wide] {
        let helper = objects.helper(&house, &objects.granted(&house, &wanted).await).await;
        for route in surface.routes.iter().filter(|route| route.method == "get" && !route.path.ends_with("/live")) {
            let ask = route.ask(route.path_for(&personal.of(route))).member(&helper);
            let answer = house.api.ask(ask).await;
            answers += usize::from(answer.status == 200);
            let found = needles.found_in(&answer.everything());
            leaks.extend(found.into_iter().map(|form| format!("{}: {form}", route.name())));
        }
    }
    assert!(answers > 60, "only {answers} were shown anything");
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

async fn only_the_objects_of_the_grant_are_there(house: House) {
    let objects = Objects::furnish(&house).await;
    let one = house.post("/v1/contacts", &json!({ "email": "one@example.com" })).await;
    let two = house.post("/v1/contacts", &json!({ "email": "two@example.com" })).await;
    let (ours, other) = (text(&one, "id"), text(&two, "id"));
    let grant = objects.granted(&house, &json!({ "objects": [ours] })).await;
    let helper = objects.helper(&house, &grant).await;
    let look = |path: String| house.api.ask(Ask::get(path).member(&helper));
    assert_eq!(look(format!("/v1/contacts/{ours}")).await.status, 200);
    assert_eq!(look(format!("/app/test/contacts/{ours}")).await.status, 200);
    let theirs = look(format!("/v1/contacts/{other}")).await;
    let nobodys = look(format!("/v1/contacts/{}", absent(&other))).await;
    assert_eq!(theirs.status, 404);
    assert_eq!(theirs.without_request_id(), nobodys.without_request_id(), "as absent as one that isn't there");
    for path in ["/v1/contacts", "/v1/messages", "/app/test/contacts"] {
        assert_eq!(look(path.to_owned()).await.status, 404, "{path}");
    }
    // The other environment is not there either.
    let live = house.api.ask(Ask::get(format!("/app/test/contacts/{ours}")).in_live().member(&helper)).await;
    assert_eq!(live.status, 404);
    let tried = format!("/v1/ledger/entries?actor={grant}&action=access.deny");
    let tried = house.api.must(Ask::get(tried).key(&house.keys.live)).await;
    assert!(tried["data"].as_array().unwrap().len() >= 5, "what was tried is on record: {tried}");
}

async fn whoever_is_let_in_is_led_only_where_they_reach(house: House) {
    let objects = Objects::furnish(&house).await;
    let contact = text(&house.post("/v1/contacts", &json!({ "email": "one@example.com" })).await, "id");
    for (wanted, to_lists) in [(json!({}), true), (json!({ "objects": [contact] }), false)] {
        let helper = objects.helper(&house, &objects.granted(&house, &wanted).await).await;
        let look = |path: &str| house.api.ask(Ask::get(path).page().member(&helper));
        let start = look("/app").await;
        assert_eq!((start.status, start.header("location")), (303, "/app/test/support/session"));
        let page = look("/app/test/support/session").await.text();
        let links: Vec<_> = page.split(" href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let links: Vec<_> = links.into_iter().filter(|link| link.starts_with("/app")).collect();
        assert_eq!(links.contains(&"/app/test/messages"), to_lists, "{links:?}");
        assert_eq!(links.contains(&&*format!("/app/test/contacts/{contact}")), !to_lists, "{links:?}");
        for link in links {
            assert_eq!(look(link).await.status, 200, "{link} with {wanted}");
        }
    }
}

async fn everybody_sees_that_somebody_is_in_and_whoever_ends_it_ends_it_at_once(house: House) {
    let objects = Objects::furnish(&house).await;
    house.endpoint_for("officers", &["support.*"]).await;
    let (viewer, owner) = (house.member("viewer").await, house.standing_owner().await);
    let page = |member: Member| house.api.ask(Ask::get("/app/test/messages").page().member(&member));
    assert!(!page(viewer.clone()).await.text().contains("data-banner"));
    let mut hears = house.api.listen(Ask::get("/app/test/live").member(&viewer)).await;
    let grant = objects.granted(&house, &json!({ "reason": "Deliveries fail since Monday" })).await;
    until(&mut hears, |said| said.contains("\"sgr\"")).await;
    let told = page(viewer.clone()).await.text();
    assert!(told.contains("sam@help.example") && told.contains("Deliveries fail since Monday"), "{told}");
    assert!(!told.contains(&format!("/support/{grant}/end")), "a viewer ends nothing");
    assert!(page(owner.clone()).await.text().contains(&format!("/support/{grant}/end")));
    house.receiver.notice("support.granted", "support_grant_id", &grant).await;

    let helper = objects.helper(&house, &grant).await;
    assert!(page(helper.clone()).await.text().contains("You are let in to help"));
    let mut stream = house.api.listen(Ask::get("/app/test/live").member(&helper)).await;
    // Looking is no news to who looks, or an open page would ask for itself for ever; what somebody else does is.
    let contact = text(&house.post("/v1/contacts", &json!({ "phone": "+12025550142" })).await, "id");
    until(&mut stream, |said| said.contains("\"con\"")).await;
    assert_eq!(house.api.ask(Ask::get(format!("/v1/contacts/{contact}")).member(&helper)).await.status, 200);
    let message = json!({ "event": "otp.login", "to": { "phone": "+12025550142" }, "data": { "code": "774411" } });
    house.post("/v1/messages", &message).await;
    let heard = until(&mut stream, |said| said.contains("\"msg\"")).await;
    let looks = house.as_owner(Ask::get(format!("/v1/ledger/entries?actor={grant}&action=support.look"))).await;
    assert!(!looks["data"].as_array().unwrap().is_empty(), "{looks}");
    assert!(!heard.contains("\"con\""), "{heard}");
    house.as_owner(Ask::new("post", format!("/v1/support-grants/{grant}/end"))).await;
    let next = house.api.ask(Ask::get("/v1/messages").member(&helper)).await;
    assert_eq!((next.status, &*next.code()), (401, "support_session_ended"));
    // The stream comes to its end; how soon is measured where machines are quiet.
    until(&mut stream, |_| false).await;
    assert!(!page(viewer).await.text().contains("data-banner"));
    let heard = house.receiver.notice("support.ended", "support_grant_id", &grant).await;
    assert_eq!(heard.event()["data"]["ended_by"], "stopped");
    let shown = house.as_owner(Ask::get(format!("/v1/support-grants/{grant}"))).await;
    let acts = shown["summary"]["acts"].as_array().unwrap();
    assert!(acts.iter().any(|one| one["action"] == "support.look" && one["reason"] == "messages"), "{shown}");
    assert!(acts.iter().any(|one| one["action"] == "access.deny" && one["refused"] == true), "{shown}");
}

/// Runs the program beside a house that has stopped.
fn run(house: &House, args: &[&str]) -> (Option<i32>, String) {
    let mut command = std::process::Command::new(program());
    command.current_dir(house.folder()).env_remove("SEALPOST_CONFIG").args(["--json"]).args(args);
    let output = command.output().unwrap();
    (output.status.code(), [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_host_makes_no_way_in_without_being_let_in_or_breaking_the_glass() {
    let mut house = House::sqlite().await;
    house.owner().await;
    house.stop().await;
    let create = ["keys", "create", "--local", "--organisation", "Ours", "--name", "n", "--scope", "all"];
    let link = ["members", "link", "--organisation", "Ours"];
    for args in [&link[..], &create[..]] {
        let (code, said) = run(&house, args);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains("nobody has let the host in") && said.contains("--break-glass"), "{said}");
        let alone = run(&house, &[args, &["--break-glass"]].concat());
        assert_eq!(alone.0, Some(2), "why has to be said: {}", alone.1);
        let (code, said) = run(&house, &[args, &["--break-glass", "--reason", "all owners left"]].concat());
        assert_eq!(code, Some(0), "{said}");
    }
    // Letters are a server's: until one runs, that owners don't know is said.
    let (_, said) = run(&house, &["doctor"]);
    assert!(said.contains("broken 2 times without owners having been written to"), "{said}");
    let export = house.folder().join("ledger.jsonl");
    let (code, said) = run(&house, &["ledger", "export", "--organisation", "Ours", "--to", export.to_str().unwrap()]);
    assert_eq!(code, Some(0), "what is sealed in it stays so: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_for_whoever_helps_holds_nothing_personal() {
    let house = House::sqlite().await;
    let needles = Needles::new();
    Personal::plant(&house).await;
    std::fs::write(house.folder().join("server.log"), house.log()).unwrap();
    std::fs::write(house.folder().join("metrics.txt"), house.numbers().await).unwrap();
    let asks = run(&house, &["support", "bundle", "--to", "bundle"]);
    assert_eq!(asks.0, Some(2), "nobody looked at it: {}", asks.1);
    let args = ["support", "bundle", "--to", "bundle", "--log", "server.log", "--metrics", "metrics.txt", "--yes"];
    let (code, said) = run(&house, &args);
    assert_eq!(code, Some(0), "{said}");
    let folder = house.folder().join("bundle");
    let mut read = std::collections::BTreeMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        assert!(needles.found_in(&bytes).is_empty(), "{}", path.display());
        read.insert(path.file_name().unwrap().to_str().unwrap().to_owned(), String::from_utf8(bytes).unwrap());
    }
    assert!(read["log.txt"].contains("server.ready") && read["metrics.txt"].contains("sealpost_http"), "{read:?}");
    assert!(read["doctor.txt"].contains("ok    clock") && read["migrations.txt"].contains("28 0028_support"));
    let secret = std::fs::read_to_string(house.folder().join("siem.secret")).unwrap();
    assert!(read.values().all(|text| !text.contains(secret.trim())));
    // The list is signed, and names every other file.
    let key = text(&serde_json::from_str(&said).unwrap(), "verifier_key").parse().unwrap();
    let list = sealpost_ledger::checkpoint::open_text(&read["manifest.note"], &key).unwrap();
    assert!(list.starts_with("sealpost support bundle v1\n"));
    assert!(read.keys().filter(|name| *name != "manifest.note").all(|name| list.contains(&format!("  {name}\n"))));
    assert!(run(&house, &args).1.contains("never overwrites"));
}

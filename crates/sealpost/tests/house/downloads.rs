//! Files of many rows, from outside: nobody gets one who wasn't meant to, and nothing leaves as a file that doesn't say so.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api::{Answer, Ask};
use crate::canary::{Needles, Personal};
use crate::house::{House, Member, PATIENCE, text};
use crate::surface::Surface;

crate::on_both_engines! {
    a_file_of_people_waits_for_somebody_else_and_leaves_once_for_whoever_asked
    what_is_hidden_from_whoever_asks_is_hidden_in_their_file
    deliveries_and_their_attempts_are_what_their_lists_show
    a_key_goes_on_where_the_line_broke_and_a_browser_is_led_nowhere
    whatever_answers_with_a_file_says_so_and_the_documentation_lists_it
}

fn order(columns: &[&str], format: &str) -> Ask {
    let body = json!({ "source": "contacts", "columns": columns, "format": format, "reason": "ticket 4512" });
    Ask::post("/v1/downloads", &body)
}

fn deliver(id: &str) -> Ask {
    Ask::new("post", format!("/v1/downloads/{id}/deliver"))
}

async fn asked_by(house: &House, member: &Member, columns: &[&str]) -> Value {
    house.api.must(order(columns, "csv").member(member)).await
}

async fn agree(house: &House, by: &Member, asked: &Value) {
    let path = format!("/v1/approvals/{}", text(asked, "approval_id"));
    let shown = house.get(path.clone()).await;
    let vote = json!({ "digest": shown["digest"], "comment": "looks right" });
    house.api.must(Ask::post(format!("{path}/approve"), &vote).member(by)).await;
}

async fn a_file_of_people_waits_for_somebody_else_and_leaves_once_for_whoever_asked(house: House) {
    let personal = json!({ "phone": "+12025550143", "name": "=cmd|' /C calc'!A0", "locale": "en" });
    house.post("/v1/contacts", &personal).await;
    // A key that nobody can be told from asks for nothing that others have to agree to.
    let answer = house.ask(order(&["id", "phone"], "csv")).await;
    assert_eq!((answer.status, &*answer.code()), (409, "approval_person_unknown"));
    let [asker, other] = [house.member("super_admin").await, house.standing_owner().await];
    let preview = json!({ "source": "contacts", "columns": ["id", "phone", "name"] });
    let preview = house.api.must(Ask::post("/v1/downloads/preview", &preview).member(&asker)).await;
    assert_eq!((&preview["takes_approval"], &preview["rows_at_most"]), (&json!("personal"), &json!(1)));
    assert_eq!(preview["sample"][0]["phone"], json!({ "masked": true, "display": "xxxxx" }));
    // As they would get it: as the list shows it to them.
    let listed = house.api.must(Ask::get("/v1/contacts?limit=1").member(&asker)).await;
    assert_eq!(preview["rows"][0]["phone"], listed["data"][0]["phone"]);

    let asked = asked_by(&house, &asker, &["id", "phone", "name"]).await;
    let id = text(&asked, "id");
    assert_eq!(asked["state"], "waiting");
    let shown = house.get(format!("/v1/approvals/{}", text(&asked, "approval_id"))).await;
    let lines: Vec<_> = shown["changes"].as_array().unwrap().iter().map(|line| text(line, "what")).collect();
    assert!(["Which", "At most", "Columns", "Of them personal"].iter().all(|what| lines.iter().any(|one| one == what)));
    assert!(!shown.to_string().contains("0143"), "{shown}");
    let early = house.api.ask(deliver(&id).member(&asker)).await;
    assert_eq!((early.status, &*early.code()), (409, "download_not_ready"));
    agree(&house, &other, &asked).await;
    house.download_in(&id, "ready").await;

    let nobody: Vec<_> =
        [other.clone(), house.foreign_owner().await].into_iter().map(|one| deliver(&id).member(&one)).collect();
    for ask in nobody.into_iter().chain([deliver(&id).key(&house.keys.ours), deliver(&id).key(&house.keys.foreign)]) {
        assert_eq!(house.api.ask(ask).await.status, 404);
    }
    let all: Vec<_> = (0..50)
        .map(|_| {
            let (api, ask) = (house.another_client(), deliver(&id).member(&asker));
            tokio::spawn(async move { api.ask(ask).await })
        })
        .collect();
    let mut files: Vec<Answer> = Vec::new();
    for one in all {
        let answer = one.await.unwrap();
        match answer.status {
            200 => files.push(answer),
            status => assert!(matches!(status, 409 | 429), "{status}: {}", answer.text()),
        }
    }
    assert_eq!(files.len(), 1, "of fifty at once one gets it");
    let file = &files[0];
    assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"contacts-{id}.csv\""));
    let said = file.text();
    let rows: Vec<_> = said.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(rows.len(), 2, "{said}");
    assert!(rows[1].contains("43") && rows[1].contains(&id) && !rows[1].contains("cmd|"), "{said}");
    house.download_in(&id, "delivered").await;
    let note = house.ask(Ask::get(format!("/v1/downloads/{id}/manifest"))).await;
    assert!(note.text().starts_with("sealpost download v1\n"), "{}", note.text());
}

async fn what_is_hidden_from_whoever_asks_is_hidden_in_their_file(house: House) {
    let personal = Personal::plant(&house).await;
    let rules = json!({ "always": false, "personal": false, "above_rows": null, "keep_hours": 1, "files_per_day": 50,
        "rows_per_day": 1_000_000, "reason": "a test" });
    house.as_owner(Ask::new("put", "/v1/settings/downloads").json(&rules)).await;
    let fields = json!({ "fields": ["phone"], "reason": "ticket 4511" });
    house.post(format!("/v1/contacts/{}/reveal", personal.contact), &fields).await;
    let needles = Needles::new();
    // Of pages nothing is found before somebody unpacks them: their cells are those of a table.
    let all = [
        ("contacts", "csv"),
        ("contacts", "jsonl"),
        ("messages", "csv"),
        ("messages", "jsonl"),
        ("looks", "csv"),
        ("audit", "jsonl"),
    ];
    for (source, format) in all {
        let body = json!({ "source": source, "format": format, "reason": "ticket 4512" });
        let id = text(&house.post("/v1/downloads", &body).await, "id");
        house.download_in(&id, "ready").await;
        let file = house.ask(deliver(&id)).await;
        assert_eq!(file.status, 200, "{}", file.text());
        let head = usize::from(format == "csv");
        assert!(file.text().lines().count() > head, "{source} as {format} has no rows");
        // Of the ledger, reasons are what their readers are shown in its list, too.
        let found: Vec<_> = needles.found_in(&file.everything()).into_iter().map(str::to_owned).collect();
        let others: Vec<_> = found.iter().filter(|form| !form.starts_with("reason of a reveal")).collect();
        assert!(others.is_empty(), "{source} as {format}: {others:?}");
    }
}

async fn deliveries_and_their_attempts_are_what_their_lists_show(house: House) {
    let (endpoint, _) = house.endpoint("counted").await;
    let content = json!({ "text": "Your code is {{ code }}." });
    house.event("file.code", "sms", "otp", &content).await;
    let message = json!({ "event": "file.code", "to": { "phone": "+12025550143" }, "data": { "code": "417233" } });
    let message = text(&house.post("/v1/messages", &message).await, "id");
    house.receiver.report("message.delivered", &message).await;
    let listed = format!("/v1/deliveries?endpoint_id={endpoint}&event=message.delivered&state=delivered");
    let since = Instant::now();
    let delivery = loop {
        let found = house.get(listed.clone()).await;
        if let Some(one) = found["data"].get(0) {
            break one.clone();
        }
        assert!(since.elapsed() < PATIENCE, "{found}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let filter = json!({ "endpoint_id": endpoint, "event": "message.delivered", "state": "delivered" });
    for (source, member, wanted) in [("deliveries", "id", &delivery), ("attempts", "delivery_id", &Value::Null)] {
        let body = json!({ "source": source, "filter": filter, "format": "jsonl", "reason": "ticket 4512" });
        let id = text(&house.post("/v1/downloads", &body).await, "id");
        house.download_in(&id, "ready").await;
        let file = house.ask(deliver(&id)).await.text();
        let mut row: Value = serde_json::from_str(file.lines().next().expect("a row")).expect("JSON");
        assert_eq!((file.lines().count(), &row[member]), (1, &delivery["id"]), "{file}");
        assert!(text(&row, "watermark").starts_with(&id));
        row.as_object_mut().expect("a row").remove("watermark");
        assert!(wanted.is_null() || row == *wanted, "{row}");
        assert!(wanted.is_object() || row["outcome"] == "delivered", "{row}");
    }
}

async fn a_key_goes_on_where_the_line_broke_and_a_browser_is_led_nowhere(house: House) {
    house.post("/v1/contacts", &json!({ "phone": "+12025550143", "locale": "en" })).await;
    let body = json!({ "source": "contacts", "columns": ["id", "locale"], "reason": "ticket 4512" });
    let id = text(&house.post("/v1/downloads", &body).await, "id");
    house.download_in(&id, "ready").await;
    let path = format!("/v1/downloads/{id}/deliver");
    let owner = house.standing_owner().await;
    assert_eq!(house.api.ask(Ask::get(path.clone()).member(&owner)).await.status, 409);
    let get = |range: String| Ask::get(path.clone()).key(&house.keys.ours).header("range", &range);
    let first = house.api.ask(get("bytes=0-9".into())).await;
    let length = first.header("content-range").split_once('/').map(|(_, length)| length.to_owned()).unwrap();
    assert_eq!(
        (first.status, first.header("content-range")),
        (206, &*format!("bytes 0-9/{length}")),
        "{}",
        first.text()
    );
    assert_eq!((first.header("content-length"), first.header("accept-ranges")), ("10", "bytes"));
    // What was handed over is let go of right after it.
    let let_go = async || {
        let since = Instant::now();
        while house.get(format!("/v1/downloads/{id}")).await["fetch"]["held_until"] != Value::Null {
            assert!(since.elapsed() < PATIENCE, "it is still held");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let_go().await;
    let beyond = house.api.ask(get(format!("bytes={length}-"))).await;
    assert_eq!((beyond.status, &*beyond.code()), (416, "download_range_refused"));
    let_go().await;
    let rest = house.api.ask(get("bytes=10-".into()).header("if-range", first.header("etag"))).await;
    assert_eq!(rest.status, 206, "{}", rest.text());
    let whole = format!("{}{}", first.text(), rest.text());
    assert!(whole.starts_with("\u{feff}id,locale,watermark\r\ncon_") && whole.len().to_string() == length, "{whole}");
    assert_eq!(format!("\"{}\"", text(&house.download_in(&id, "delivered").await, "sha256")), first.header("etag"));
    assert_eq!(house.api.ask(get("bytes=0-".into())).await.code(), "download_not_ready");
}

/// Media types of what is saved rather than read.
const FILES: [&str; 7] = [
    "text/csv",
    "application/jsonl",
    "application/x-ndjson",
    "application/pdf",
    "application/zip",
    "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
];

async fn whatever_answers_with_a_file_says_so_and_the_documentation_lists_it(house: House) {
    let surface = Surface::read(&house).await;
    let documentation = include_str!("../../../../docs/downloads.md");
    let (mut unsaid, mut unlisted, mut exits) = (Vec::new(), Vec::new(), BTreeSet::new());
    for route in &surface.routes {
        let is_file = route.media_types.iter().any(|one| FILES.contains(&one.split(';').next().unwrap_or_default()));
        if is_file && route.lets_out.is_none() {
            unsaid.push(route.name());
        }
        if route.lets_out.is_some() {
            exits.insert(route.path.clone());
            if !documentation.contains(&format!("`{}`", route.path)) {
                unlisted.push(route.name());
            }
        }
    }
    assert!(unsaid.is_empty(), "these answer with a file and don't say what holds it: {unsaid:?}");
    assert!(unlisted.is_empty(), "`docs/downloads.md` doesn't list {unlisted:?}");
    assert!(exits.len() >= 8, "{exits:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whose_rights_are_taken_between_the_approval_and_the_download_gets_nothing() {
    let house = House::sqlite().await;
    house.post("/v1/contacts", &json!({ "phone": "+12025550143" })).await;
    let (asker, owner) = (house.member("super_admin").await, house.standing_owner().await);
    let asked = asked_by(&house, &asker, &["id", "phone"]).await;
    let id = text(&asked, "id");
    agree(&house, &owner, &asked).await;
    house.download_in(&id, "ready").await;
    let masking = json!({ "mode": "off", "reason": "somebody decides otherwise" });
    house
        .api
        .must(Ask::new("put", "/v1/masking").json(&masking).header("sealpost-environment", "live").member(&owner))
        .await;
    let answer = house.api.ask(deliver(&id).member(&asker)).await;
    assert_eq!((answer.status, &*answer.code()), (403, "download_rights_changed"), "{}", answer.text());
    let entries =
        house.api.must(Ask::get("/v1/ledger/entries?limit=50&action=download.deliver").key(&house.keys.live)).await;
    assert_eq!(entries["data"][0]["result"], "denied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_with_whoever_is_erased_before_the_erasure_is_answered() {
    let house = House::sqlite().await;
    let contact = text(&house.post("/v1/contacts", &json!({ "phone": "+12025550143" })).await, "id");
    let asker = house.member("super_admin").await;
    let asked = asked_by(&house, &asker, &["id", "phone"]).await;
    let id = text(&asked, "id");
    agree(&house, &house.standing_owner().await, &asked).await;
    house.download_in(&id, "ready").await;
    house.api.must(Ask::new("delete", format!("/v1/contacts/{contact}?reason=asked")).key(&house.keys.ours)).await;
    let ended = house.get(format!("/v1/downloads/{id}")).await;
    assert_eq!(
        (&ended["state"], &ended["why"], &ended["filter"]),
        (&json!("expired"), &json!("outlived"), &Value::Null)
    );
    let answer = house.api.ask(deliver(&id).member(&asker)).await;
    assert_eq!((answer.status, &*answer.code()), (409, "download_not_ready"));
}

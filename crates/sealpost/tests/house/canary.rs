//! Marks in every personal field, and a search for them wherever they must not come out.

use std::path::{Path, PathBuf};

use sealpost_access::roles::Standard;
use serde_json::{Value, json};

use crate::api::{Answer, Ask};
use crate::house::{House, Member, temporary, text};
use crate::live::until;
use crate::surface::{Route, Surface};

#[path = "../../src/needles.rs"]
pub(crate) mod needles;

crate::on_both_engines! {
    what_is_personal_leaves_the_house_only_by_a_reveal
    what_a_rule_matches_leaves_the_house_only_by_a_reveal
    where_nothing_is_masked_only_whoever_may_reveal_sees
    no_role_reads_what_is_personal_without_a_reveal
}

/// Text that stands nowhere else, for each personal field. Letters and digits of one case only: no normal form changes it.
const MARKS: [(&str, &str); 11] = [
    ("name", "qzxnamecanary"),
    ("email", "qzxmailcanary"),
    ("phone", "12025557391"),
    ("external id", "qzxexternalcanary"),
    ("text in data", "qzxdatacanary"),
    ("number in data", "739158204467"),
    ("reason of a reveal", "qzxreasoncanary"),
    ("password of a relay", "qzxpasswordcanary"),
    ("name of a new recipient", "qzxrecipientcanary"),
    ("value of a secret", "qzxsecretcanary"),
    ("older value of a secret", "qzxoldersecretcanary"),
];

/// What a caller who sees the last four digits of the number sees of it.
const LAST4: (&str, &str) = ("7391", "•••••7391");

/// Every form of every mark that is looked for, and parts of those that are numbers.
pub(crate) struct Needles(needles::Needles);

impl Needles {
    pub(crate) fn new() -> Self {
        Self(needles::Needles::of(MARKS))
    }

    /// Looks for this as well.
    fn also(&mut self, field: &str, mark: &str) {
        self.0.also(field, mark);
    }

    pub(crate) fn found_in(&self, hay: &[u8]) -> Vec<&str> {
        let mut forms = self.0.found_in(hay);
        forms.extend(numbers_in(hay).filter_map(part_of_a_mark));
        forms
    }
}

/// The runs of digits in `hay`, whole.
fn numbers_in(hay: &[u8]) -> impl Iterator<Item = &[u8]> {
    hay.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty())
}

/// Which mark that is a number `digits` is a part of: one long enough not to stand anywhere by chance, and not from the beginning,
/// which examples share. Whole numbers only: among the clocks and hashes of a sweep, any seven digits stand within some longer one.
fn part_of_a_mark<'a>(digits: &[u8]) -> Option<&'a str> {
    let parts = [(MARKS[2].1, "phone, a part"), (MARKS[5].1, "number in data, a part")];
    let is_part = |mark: &str| (7..mark.len()).contains(&digits.len()) && needles::is_in(&mark.as_bytes()[1..], digits);
    parts.into_iter().find(|(mark, _)| is_part(mark)).map(|(_, form)| form)
}

#[test]
fn a_mark_is_found_in_every_form() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    let needles = Needles::new();
    let mark = MARKS[0].1;
    for before in ["", "a", "ab", "abc"] {
        let text = format!("{before}{mark}!");
        for hay in [text.clone(), STANDARD.encode(&text), URL_SAFE.encode(&text), text.to_uppercase()] {
            assert!(!needles.found_in(hay.as_bytes()).is_empty(), "{hay}");
        }
    }
    assert!(needles.found_in(b"nothing of it").is_empty());
    for (hay, found) in [("+••••5557391", "phone, a part"), ("\"9158204\"", "number in data, a part")] {
        assert_eq!(needles.found_in(hay.as_bytes()), [found]);
    }
    for clock in ["1795820255573910000", "0.00455573912"] {
        assert!(needles.found_in(clock.as_bytes()).is_empty(), "{clock}");
    }
}

/// Every permission but those that show people in clear.
fn unseeing(surface: &Surface) -> Vec<&str> {
    let all = surface.without("data:reveal");
    all.into_iter().filter(|one| *one != "contacts:export").collect()
}

/// What there is to be found out about.
pub(crate) struct Personal {
    pub(crate) contact: String,
    twin: String,
    message: String,
    others: Vec<(&'static str, String)>,
}

impl Personal {
    pub(crate) async fn plant(house: &House) -> Self {
        let content = json!({ "text": "{{ code }} {{ number }}" });
        let (event, template) = house.event("canary", "sms", "otp", &content).await;
        let (endpoint, _) = house.endpoint("canary").await;
        let channel = json!({ "name": "mail", "email": {
            "host": "smtp.example.com", "port": 465, "security": "implicit_tls", "username": "mailer",
            "password": MARKS[7].1, "from_address": "news@mail.example.com", "helo": "mail.example.com" } });
        let channel = text(&house.post("/v1/channels", &channel).await, "id");
        let secret = json!({ "name": "canary", "value": MARKS[10].1 });
        let secret = text(&house.post("/v1/secrets", &secret).await, "id");
        let newer = json!({ "value": MARKS[9].1, "overlap_seconds": 3_600 });
        house.post(format!("/v1/secrets/{secret}/versions"), &newer).await;
        let contact = json!({ "name": MARKS[0].1, "email": format!("{}@example.com", MARKS[1].1),
            "phone": format!("+{}", MARKS[2].1), "external_id": MARKS[3].1 });
        let contact = text(&house.post("/v1/contacts", &contact).await, "id");
        // The same person under another spelling of their address.
        let twin = json!({ "name": MARKS[0].1, "email": format!("{}+old@example.com", MARKS[1].1),
            "phone": "+12025550188" });
        let twin = text(&house.post("/v1/contacts", &twin).await, "id");
        let duplicate = text(&house.get("/v1/contacts/duplicates").await["data"][0], "id");
        let message = text(&house.post("/v1/messages", &Self::message("canary")).await, "id");
        house.receiver.report("message.delivered", &message).await;
        // Nobody has any of these, so all of it is in the request that fails.
        let failing = Self::message("never.defined");
        assert_eq!(house.ask(Ask::post("/v1/messages", &failing)).await.code(), "event_unknown");
        let mut card = Self::message("canary");
        card["data"]["code"] = json!(format!("4111 1111 1111 1111 {}", MARKS[4].1));
        assert_eq!(house.ask(Ask::post("/v1/messages", &card)).await.status, 422);
        let suppression = json!({ "channel": "email", "email": format!("{}@example.com", MARKS[1].1) });
        let suppression = text(&house.post("/v1/suppressions", &suppression).await, "id");
        let deliveries = house.get(format!("/v1/endpoints/{endpoint}/deliveries")).await;
        let delivery = text(&deliveries["data"][0], "id");
        let key = house.key_with(&["keys:read"]).await.0;
        let (workflow, run) = house.asking_run("canary", &Self::message("canary")).await;
        let others = vec![
            ("/v1/templates", template),
            ("/v1/events", event),
            ("/v1/endpoints", endpoint),
            ("/v1/channels", channel),
            ("/v1/secrets", secret),
            ("/v1/suppressions", suppression),
            ("/v1/deliveries", delivery),
            ("/v1/keys", key),
            ("/v1/contacts/duplicates", duplicate),
            ("/v1/workflows", workflow),
            ("/v1/workflow-runs", run),
        ];
        Self { contact, twin, message, others }
    }

    /// The contact.
    pub(crate) fn contact(&self) -> &str {
        &self.contact
    }

    /// Another contact who is the same person, and isn't merged yet.
    pub(crate) fn twin(&self) -> &str {
        &self.twin
    }

    /// A message to them.
    pub(crate) fn message_id(&self) -> &str {
        &self.message
    }

    pub(crate) fn message(event: &str) -> Value {
        json!({ "event": event,
            "to": { "phone": format!("+{}", MARKS[2].1), "external_id": MARKS[3].1, "name": MARKS[8].1 },
            "data": { "code": MARKS[4].1, "number": MARKS[5].1.parse::<u64>().unwrap() } })
    }

    pub(crate) fn of(&self, route: &Route) -> String {
        match route.collection() {
            "/v1/contacts" => self.contact.clone(),
            "/v1/messages" => self.message.clone(),
            other => {
                let known = self.others.iter().find(|(collection, _)| *collection == other);
                known.map(|(_, id)| id.clone()).unwrap_or_default()
            }
        }
    }
}

async fn what_is_personal_leaves_the_house_only_by_a_reveal(house: House) {
    sweep(house, json!({ "mode": "default" })).await;
}

async fn what_a_rule_matches_leaves_the_house_only_by_a_reveal(house: House) {
    let rules =
        json!([{ "name": "Canaries", "pattern": "qzx[a-z]+canary" }, { "name": "Numbers", "pattern": "\\d{6,}" }]);
    sweep(house, json!({ "mode": "patterns", "rules": rules, "reason": "a test" })).await;
}

async fn where_nothing_is_masked_only_whoever_may_reveal_sees(house: House) {
    let personal = Personal::plant(&house).await;
    let (surface, needles) = (Surface::read(&house).await, Needles::new());
    let masked = house.key_with(&unseeing(&surface)).await.1;
    let off = json!({ "mode": "off", "reason": "a test" });
    let paths = [format!("/v1/messages/{}", personal.message), format!("/v1/contacts/{}", personal.contact)];
    for (policy, seen) in [(off, true), (json!({ "mode": "default" }), false)] {
        house.api.must(Ask::new("put", "/v1/masking").json(&policy).key(&house.keys.live)).await;
        for path in paths.iter().map(String::as_str).chain(["/v1/messages", "/v1/contacts", "/v1/outbox"]) {
            let ours = house.get(path).await.to_string();
            assert_eq!(!needles.found_in(ours.as_bytes()).is_empty(), seen, "{path} under {policy}: {ours}");
            let theirs = house.api.ask(Ask::get(path).key(&masked)).await;
            assert!(needles.found_in(&theirs.everything()).is_empty(), "{path} under {policy}: {}", theirs.text());
        }
    }
}

/// Every role reads every page and every answer there is to read, as it is meant. Which differ in what they may is proven elsewhere.
async fn no_role_reads_what_is_personal_without_a_reveal(house: House) {
    let (surface, needles) = (Surface::read(&house).await, Needles::new());
    let personal = Personal::plant(&house).await;
    let rules =
        json!([{ "name": "Canaries", "pattern": "qzx[a-z]+canary" }, { "name": "Numbers", "pattern": "\\d{6,}" }]);
    let (mut leaks, mut answers) = (Vec::new(), 0);
    for policy in [json!({ "mode": "default" }), json!({ "mode": "patterns", "rules": rules, "reason": "a test" })] {
        house.api.must(Ask::new("put", "/v1/masking").json(&policy).key(&house.keys.live)).await;
        for role in Standard::ALL.map(Standard::word) {
            let member = house.member(role).await;
            for route in surface.routes.iter().filter(|route| route.method == "get" && !route.path.ends_with("/live")) {
                let ask = route.ask(route.path_for(&personal.of(route))).member(&member);
                let answer = house.api.ask(ask).await;
                answers += usize::from(answer.status == 200);
                let found = needles.found_in(&answer.everything());
                leaks.extend(
                    found.into_iter().map(|form| format!("{} to a member of role {role}: {form}", route.name())),
                );
            }
        }
    }
    assert!(answers > 300, "only {answers} were shown anything");
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

/// Who asks.
enum Who<'a> {
    Key(&'a str),
    Member(&'a Member),
    Nobody,
}

/// What an answer shows of hidden values beyond four digits of each.
fn beyond_four_digits(value: &Value) -> Vec<String> {
    match value {
        Value::Object(map) if map.get("masked") == Some(&Value::Bool(true)) => {
            let display = text(value, "display");
            let digits = display.chars().filter(char::is_ascii_digit).count();
            (digits > 4).then_some(display).into_iter().collect()
        }
        Value::Object(map) => map.values().flat_map(beyond_four_digits).collect(),
        Value::Array(values) => values.iter().flat_map(beyond_four_digits).collect(),
        _ => Vec::new(),
    }
}

/// Hands a secret over; what the link has and what it shows is looked for from then on, and was shown this once.
async fn hand_over(house: &House, needles: &mut Needles) {
    let secret = text(&house.post("/v1/secrets", &json!({ "name": "handed-canary" })).await, "id");
    let made = house.post(format!("/v1/secrets/{secret}/handover"), &json!({ "overlap_seconds": 0 })).await;
    let link = text(&made, "link");
    let page = house.api.ask(house.opening(&link).await).await.text();
    let (_, value) = page.split_once("<output><code>").unwrap_or_else(|| panic!("no value in {page}"));
    needles.also("value that was handed over", value.split('<').next().unwrap());
    needles.also("token of a hand-over", link.split_once('#').unwrap().1);
}

/// Asks every route everything under a masking policy, and looks for the marks wherever they must not come out.
async fn sweep(mut house: House, policy: Value) {
    house.api.must(Ask::new("put", "/v1/masking").json(&policy).key(&house.keys.live)).await;
    let (surface, mut needles) = (Surface::read(&house).await, Needles::new());
    let mut told = Vec::new();
    for role in ["owner", "viewer"] {
        let member = house.member(role).await;
        told.push((role, house.api.listen(Ask::get("/app/test/live").member(&member)).await));
    }
    let personal = Personal::plant(&house).await;
    hand_over(&house, &mut needles).await;
    let needles = needles;
    let masked = house.key_with(&unseeing(&surface)).await.1;
    let viewer = house.member("viewer").await;
    let sees_last4 = house.key_seeing(&unseeing(&surface), "last4").await;
    let mut leaks = Vec::new();
    let answers = std::cell::Cell::new(0);
    let mut look = |what: String, answer: Answer| {
        answers.set(answers.get() + 1);
        let found = needles.found_in(&answer.everything());
        leaks.extend(found.into_iter().map(|form| format!("{what} answers {}: {form}", answer.status)));
        let beyond = beyond_four_digits(&serde_json::from_slice(&answer.body).unwrap_or_default());
        leaks.extend(beyond.into_iter().map(|display| format!("{what} shows {display}")));
    };
    // Whoever is gone can't be looked for.
    let is_kept = |route: &&Route| route.method != "delete" && route.path != "/v1/contacts/{id}/erase";
    for route in surface.routes.iter().filter(is_kept) {
        for (who, key) in [
            ("masked", Who::Key(&masked)),
            ("who sees last digits", Who::Key(&sees_last4)),
            ("our other environment", Who::Key(&house.keys.live)),
            ("another organisation", Who::Key(&house.keys.foreign)),
            ("our directory", Who::Key(&house.keys.directory)),
            ("a signed-in viewer", Who::Member(&viewer)),
            ("nobody", Who::Nobody),
        ] {
            // A directory is given back what it says; whatever it only reads holds none of this.
            if matches!(key, Who::Key(key) if key == house.keys.directory) && route.method != "get" {
                continue;
            }
            // Whoever leaves sees nothing more.
            if matches!(key, Who::Member(_)) && route.path == "/sign-out" {
                continue;
            }
            for (how, ask) in requests(route, &personal, &policy) {
                let ask = match key {
                    Who::Key(key) => ask.key(key),
                    Who::Member(member) => ask.member(member),
                    Who::Nobody => ask,
                };
                look(format!("{} to {who}, {how}", route.name()), house.api.ask(ask).await);
            }
        }
    }
    assert!(answers.get() > 500, "{answers:?}");

    // And so that this test can fail:
    let found =
        house.api.must(Ask::post("/v1/contacts/match", &json!({ "phone_last4": LAST4.0 })).key(&sees_last4)).await;
    let contact = &found["data"].as_array().unwrap().iter().find(|one| one["id"] == *personal.contact).unwrap();
    assert_eq!((&contact["phone"]["display"], &contact["email"]["display"]), (&json!(LAST4.1), &json!("xxxxx")));
    let message = house.api.must(Ask::get(format!("/v1/messages/{}", personal.message)).key(&sees_last4)).await;
    assert_eq!(message["to"]["display"], LAST4.1);
    assert!(!beyond_four_digits(&json!([{ "phone": { "masked": true, "display": "•••••57391" } }])).is_empty());
    let reason = json!({ "reason": MARKS[6].1 });
    let revealed = house.post(format!("/v1/messages/{}/reveal", personal.message), &reason).await;
    assert!(!needles.found_in(revealed.to_string().as_bytes()).is_empty(), "{revealed}");
    for form in ["json", "pdf"] {
        let order = json!({ "form": form, "reason": MARKS[6].1 });
        let path = format!("/v1/contacts/{}/export", personal.contact);
        let exported = house.ask(Ask::post(path, &order)).await;
        assert_eq!(exported.status, 200, "{}", exported.text());
        // A PDF is compressed; what is in it others read, in `messaging::exports`.
        let found = needles.found_in(&exported.everything());
        assert_eq!(found.len() >= 5, form == "json", "{form}: {found:?}");
    }
    let fields = json!({ "fields": ["phone", "email", "name", "external_id"], "reason": MARKS[6].1 });
    let revealed = house.post(format!("/v1/contacts/{}/reveal", personal.contact), &fields).await;
    assert!(needles.found_in(revealed.to_string().as_bytes()).len() >= 3, "{revealed}");
    for (who, key) in
        [("masked", &masked), ("who sees last digits", &sees_last4), ("another organisation", &house.keys.foreign)]
    {
        for path in ["/v1/ledger/entries?limit=250", "/v1/messages", "/v1/contacts", "/v1/outbox"] {
            let answer = house.api.ask(Ask::get(path).key(key)).await;
            if who != "another organisation" && path.starts_with("/v1/ledger") {
                // Reasons are written for whoever reads our ledger later, and for nobody else.
                let found = needles.found_in(&answer.everything());
                assert_eq!(found, ["reason of a reveal, plain"], "{}", answer.text());
                continue;
            }
            look(format!("{path} to {who}, after the reveal"), answer);
        }
    }

    for (role, stream) in &mut told {
        let said = until(stream, |said| said.contains("\"msg\"") && said.contains("\"con\"")).await;
        assert!(said.contains("event: change"), "{role} heard nothing: {said}");
        leaks.extend(needles.found_in(said.as_bytes()).into_iter().map(|form| format!("told to {role}: {form}")));
    }
    drop(told);
    let log = house.log();
    assert!(log.contains("server.ready"), "a silent log proves nothing: {log}");
    for form in needles.found_in(log.as_bytes()) {
        let line = log.lines().find(|line| !needles.found_in(line.as_bytes()).is_empty()).unwrap_or_default();
        leaks.push(format!("the log: {form}: {line}"));
    }
    for (place, bytes) in house.stored().await {
        leaks.extend(
            needles.found_in(&bytes).into_iter().map(|form| format!("{place} ({} bytes): {form}", bytes.len())),
        );
    }
    for entry in std::fs::read_dir(temporary(house.folder())).unwrap() {
        leaks.push(format!("a temporary file: {}", entry.unwrap().path().display()));
    }
    let numbers = house.numbers().await;
    assert!(numbers.contains("sealpost_http_request"), "{numbers}");
    leaks.extend(needles.found_in(numbers.as_bytes()).into_iter().map(|form| format!("the page of numbers: {form}")));
    let heard = house.receiver.heard();
    // A call carries what its workflow says, to an endpoint on the list: that is what it is for.
    let (calls, reports): (Vec<_>, Vec<_>) = heard.into_iter().partition(|heard| heard.tells("workflow.call"));
    assert!(!calls.is_empty(), "no workflow has called anybody");
    for heard in reports {
        leaks.extend(needles.found_in(&heard.body).into_iter().map(|form| format!("a report: {form}")));
    }
    let watched = house
        .collected("traces, metrics and leaves", || {
            let watched: Vec<_> = house.collector.heard().into_iter().map(|heard| heard.body).collect();
            let seen = |mark: &str| watched.iter().any(|body| String::from_utf8_lossy(body).contains(mark));
            ["resourceSpans", "resourceMetrics", "message.reveal"].into_iter().all(seen).then_some(watched)
        })
        .await;
    for body in &watched {
        leaks.extend(needles.found_in(body).into_iter().map(|form| format!("whoever watches: {form}")));
    }
    // And what it leaves when it has ended.
    house.stop().await;
    let left = files(house.folder());
    assert!(left.iter().any(|path| path.ends_with("root.key")), "{left:?}");
    for path in left {
        let found = std::fs::read(&path).unwrap();
        leaks.extend(needles.found_in(&found).into_iter().map(|form| format!("left in {}: {form}", path.display())));
    }
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Good and bad requests to a route, about what is personal.
fn requests(route: &Route, personal: &Personal, policy: &Value) -> Vec<(&'static str, Ask)> {
    let path = route.path_for(&personal.of(route));
    let all = MARKS.map(|(_, mark)| mark).join(" ");
    let encoded = MARKS.map(|(_, mark)| mark).join("+");
    let ask = || route.ask(path.clone());
    let mut requests = vec![("an unknown parameter", route.ask(format!("{path}?surprise={encoded}")))];
    for query in &route.queries {
        requests.push(("a wrong parameter", route.ask(format!("{path}?{query}={encoded}"))));
    }
    if route.has_object() {
        requests.push(("a wrong id", route.ask(route.path_for(MARKS[3].1))));
    }
    let Some(example) = &route.example else {
        requests.push(("as documented", ask()));
        requests.push(("an unexpected body", ask().json(&json!(all))));
        return requests;
    };
    let personal = match &*route.path {
        "/v1/messages" => Personal::message("canary"),
        "/v1/messages/batch" => {
            json!({ "messages": [Personal::message("canary"), Personal::message("never.defined")] })
        }
        "/app/{env}/contacts/find" | "/app/{env}/find" => json!({ "q": format!("+{}", MARKS[2].1) }),
        "/v1/contacts/search" => json!({ "phone": format!("+{}", MARKS[2].1) }),
        "/v1/contacts/match" => json!({ "phone_last4": LAST4.0 }),
        "/v1/contacts" => json!({ "name": MARKS[0].1, "phone": format!("+{}", MARKS[2].1) }),
        "/v1/masking" => policy.clone(),
        "/v1/masking/preview" => json!({ "mode": "default", "sample": Personal::message("canary") }),
        "/v1/suppressions/check" => json!({ "channel": "email", "email": format!("{}@example.com", MARKS[1].1) }),
        _ => example.clone(),
    };
    let send = |body: &Value| if route.form { ask().form(body) } else { ask().json(body) };
    requests.push(("about them", send(&personal)));
    let mut surprising = example.clone();
    surprising["surprise"] = json!(all);
    requests.push(("an unknown field", send(&surprising)));
    requests.push(("only text", ask().json(&json!(all))));
    requests.push(("cut off", ask().bytes("application/json", format!("{{\"name\": \"{all}"))));
    requests.push(("another media type", ask().bytes("text/plain", all.clone())));
    // A sample may be of any type, and whoever sends one sees of it what the rules sent with it leave.
    // A field of a form is text whatever is in it, and members see what they are called.
    let is_free = |name: &str| route.form || (route.path == "/v1/masking/preview" && name == "sample");
    for name in example.as_object().into_iter().flatten().map(|(name, _)| name).filter(|name| !is_free(name)) {
        let mut wrong = example.clone();
        wrong[name] = json!([{ "a": all }]);
        requests.push(("a field of another type", send(&wrong)));
    }
    requests
}

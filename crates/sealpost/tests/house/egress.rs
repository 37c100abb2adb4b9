//! Whoever names a host can't turn the server inward: every feature that takes one, asked through its own door.
//!
//! Names lead where a lying name server says. The packets themselves are counted by the referee `egress.py`.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::api::Ask;
use crate::house::{House, text};

/// What such a name leads to: one private answer, one beside a public one, a cloud's metadata, an IPv4 address in disguise.
const INWARD: [(&str, &[&str]); 4] = [
    ("private", &["10.1.2.3"]),
    ("mixed", &["45.1.2.3", "192.168.1.1"]),
    ("metadata", &["169.254.169.254"]),
    ("disguised", &["64:ff9b::10.1.2.3"]),
];

/// Fields of requests that name a host and are called, each with the test below that calls it.
const CALLED: [(&str, &str); 4] = [
    ("url", "an endpoint: endpoints_are_judged"),
    ("host", "a mail relay: relays_are_judged"),
    ("issuer", "an OpenID provider: providers_are_judged"),
    ("metadata_url", "a SAML provider's metadata: providers_are_judged"),
];

/// Fields that look like it, and why nobody is called there.
const NEVER_CALLED: [(&str, &str); 6] = [
    ("allowlist_url", "Fyno's word for names of endpoints"),
    ("domain", "a domain is asked of name servers, for TXT records; DKIM's stands in signatures"),
    ("domains", "compared with addresses of people"),
    ("media_url", "Safravo's word for a text that fills a template"),
    ("unsubscribe_base", "stands in messages, for mail programs to call"),
    ("webhook", "how what others send is read: they call us"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_names_a_host_can_not_turn_the_server_inward() {
    let house = House::sqlite_saying("warn").await;
    for (label, addresses) in INWARD {
        let addresses: Vec<_> = addresses.iter().map(|text| text.parse().unwrap()).collect();
        house.names.lead(&host(label), &addresses);
    }
    endpoints_are_judged(&house).await;
    relays_are_judged(&house).await;
    providers_are_judged(&house).await;
}

fn host(label: &str) -> String {
    format!("{label}.inward.example.com")
}

async fn endpoints_are_judged(house: &House) {
    for (label, _) in INWARD {
        let body = json!({ "name": label, "url": format!("https://{}/in", host(label)), "events": ["message.*"] });
        let endpoint = text(&house.post("/v1/endpoints", &body).await, "id");
        let tried = house.post_nothing(format!("/v1/endpoints/{endpoint}/verify")).await;
        assert_eq!((&tried["succeeded"], &tried["outcome"]), (&json!(false), &json!("address_refused")), "{label}");
    }
    let refused = json!({ "name": "literal", "url": "https://169.254.169.254/", "events": ["message.*"] });
    let refused = house.ask(Ask::post("/v1/endpoints", &refused)).await;
    assert_eq!(refused.status, 422, "{}", refused.text());
}

async fn relays_are_judged(house: &House) {
    let live = |path: &str, body: Value| house.api.must(Ask::post(path, &body).key(&house.keys.live));
    let template =
        json!({ "name": "inward", "channel": "email", "content": { "subject": "Visit", "text": "{{ day }}" } });
    let template = text(&live("/v1/templates", template).await, "id");
    for (label, _) in INWARD {
        let relay = json!({ "host": host(label), "port": 465, "security": "implicit_tls",
            "from_address": "news@mail.example.com", "helo": "mail.example.com" });
        let channel = text(&live("/v1/channels", json!({ "name": label, "email": relay })).await, "id");
        let event = json!({ "name": format!("inward.{label}"), "class": "transactional", "template_id": template,
            "channel_id": channel });
        live("/v1/events", event).await;
        let message = json!({ "event": format!("inward.{label}"), "to": { "email": "ada@example.com" },
            "data": { "day": "Monday" } });
        let id = text(&live("/v1/messages", message).await, "id");
        assert_eq!(house.first_reason(&id).await, "address_refused", "{label}");
    }
}

async fn providers_are_judged(house: &House) {
    for (label, _) in INWARD {
        let provider = json!({ "name": label, "preset": "any", "issuer": format!("https://{}", host(label)),
            "client_id": "sealpost", "client_secret": "example secret" });
        let made = house.as_owner(Ask::post("/v1/sso/connections/oidc", &provider)).await;
        let answer = house.api.ask(Ask::get(format!("/sign-in/with/{}", text(&made, "id")))).await;
        assert_ne!(answer.status, 303, "{label}: a visitor is sent there");
        assert!(answer.text().contains("provider_address_refused"), "{label}: {}", answer.text());

        let provider =
            json!({ "name": format!("{label}-saml"), "metadata_url": format!("https://{}/metadata", host(label)) });
        let owner = house.standing_owner().await;
        let answer = house.api.ask(Ask::post("/v1/sso/connections/saml", &provider).member(&owner)).await;
        assert_eq!((answer.status, &*answer.code()), (502, "sso_unavailable"), "{label}: {}", answer.text());
    }
}

impl House {
    /// Why the first attempt to send a live message came to nothing.
    async fn first_reason(&self, id: &str) -> String {
        let timeline = || Ask::get(format!("/v1/messages/{id}/timeline")).key(&self.keys.live);
        for _ in 0..6_000 {
            let steps = self.api.must(timeline()).await;
            let mut tried = steps["steps"].as_array().unwrap().iter().filter(|step| step["attempt"] != 0);
            let tried = tried.find_map(|step| step["detail"].as_str());
            if let Some(reason) = tried {
                return reason.to_owned();
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("it is not tried")
    }
}

/// A field of a new feature that names a host fails this test until somebody has said what becomes of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_field_that_names_a_host_is_known_here() {
    let house = House::sqlite_saying("warn").await;
    let document = house.api.must(Ask::get("/v1/openapi.json")).await;
    let mut found = BTreeSet::new();
    for operation in document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        let content = operation["requestBody"]["content"].as_object();
        for media in content.into_iter().flat_map(|content| content.values()) {
            fields(&media["schema"], &document, &mut BTreeSet::new(), &mut found);
        }
    }
    let named: BTreeSet<&str> = found.iter().map(String::as_str).filter(|name| names_a_host(name)).collect();
    let known: BTreeSet<&str> = CALLED.iter().chain(&NEVER_CALLED).map(|(name, _)| *name).collect();
    assert_eq!(named, known, "{found:?}");
}

fn names_a_host(field: &str) -> bool {
    let words =
        ["url", "urls", "uri", "host", "hosts", "issuer", "server", "domain", "domains", "base", "website", "webhook"];
    field.split('_').any(|part| words.contains(&part))
}

/// Names of all properties of a schema, however deep.
fn fields(schema: &Value, document: &Value, seen: &mut BTreeSet<String>, found: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        if seen.insert(name.to_owned()) {
            fields(document.pointer(name.trim_start_matches('#')).unwrap(), document, seen, found);
        }
        return;
    }
    match schema {
        Value::Object(all) => {
            if let Some(properties) = all.get("properties").and_then(Value::as_object) {
                found.extend(properties.keys().cloned());
            }
            all.values().for_each(|part| fields(part, document, seen, found));
        }
        Value::Array(all) => all.iter().for_each(|part| fields(part, document, seen, found)),
        _ => {}
    }
}

/// What the configuration names is judged, too: only loopback and what `egress.allow` opens is nearer than the public.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_configuration_names_is_judged_too() {
    for (check, table) in [
        ("SIEM", "[siem.syslog]\ncollector = \"tls://10.1.2.3\"\n"),
        ("SIEM", "[siem.syslog]\ncollector = \"tls://169.254.169.254:443\"\n"),
        ("SIEM", "[siem.webhook]\nurl = \"https://10.1.2.3/\"\nsecret = { file = \"siem.secret\" }\n"),
        ("telemetry", "[telemetry]\nendpoint = \"https://[::ffff:10.1.2.3]:4318\"\n"),
        ("telemetry", "[telemetry]\nendpoint = \"https://192.168.1.1:4318\"\n"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("siem.secret"), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
            .unwrap();
        std::fs::write(folder.path().join("sealpost.toml"), table).unwrap();
        let mut doctor = Command::new(crate::house::program());
        let doctor = doctor.args(["--json", "doctor"]).current_dir(folder.path()).stdin(Stdio::null());
        let said: Value = serde_json::from_slice(&doctor.output().await.unwrap().stdout).unwrap();
        let found = said["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == check).unwrap();
        assert_eq!(found["verdict"], "bad", "{table}: {found}");
    }
}

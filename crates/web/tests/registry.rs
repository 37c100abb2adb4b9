//! What the registry demands of routes, and what it tells about them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod house;

use house::{House, NewThing, THINGS_READ, THINGS_WRITE, house, house_of, house_with, registry_of, request};
use sealpost_web::*;
use serde_json::{Value, json};

fn feature(routes: Vec<Endpoint>) -> Vec<Feature> {
    vec![Feature { name: "things", about: "Things.", routes, codes: &[] }]
}

async fn nothing<B, Q>(_: Call<B, Q>) -> Result<Reply, Failure> {
    Ok(Reply::empty())
}

async fn refused(routes: Vec<Endpoint>) -> String {
    registry_of(feature(routes)).await.err().expect("the registry must refuse this").to_string()
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only its schema is looked at")]
struct Outer {
    inner: Lenient,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[allow(dead_code, reason = "only its schema is looked at")]
struct Lenient {
    name: String,
}

#[tokio::test]
async fn an_incomplete_route_stops_the_start_with_a_sentence() {
    let ok = || post("/v1/a").needs(THINGS_WRITE).class(Class::Write).acts("a.make").summary("Make");
    for (route, sentence) in [
        (post("/v1/a").needs(THINGS_WRITE).acts("a.make").summary("Make").to(nothing::<(), ()>), "`.class(…)`"),
        (ok().summary("").to(nothing), "`.summary(…)`"),
        (ok().acts("Make It").to(nothing), "audit action"),
        (ok().changes_nothing("").to(nothing), "why it changes nothing"),
        (get("/v1/a").open_to_all("").summary("A").to(nothing), "why everybody may call"),
        (get("/v1/a").needs(THINGS_WRITE).class(Class::Open).summary("A").to(nothing), "class `Open`"),
        (get("/v1/a").needs(THINGS_WRITE).class(Class::Reveal).reveals().summary("A").to(nothing), "leaves a leaf"),
        (get("v1/a").needs(THINGS_WRITE).class(Class::Read).summary("A").to(nothing), "slash"),
        (ok().takes::<NewThing>().to(nothing), "`.example(…)`"),
        (ok().takes::<NewThing>().example(json!({ "nam": 1 })).to(nothing), "its example is refused"),
        (ok().takes::<Outer>().example(json!({ "inner": { "name": "" } })).to(nothing), "deny_unknown_fields"),
        (ok().refuses(&[&house::codes::NAME_TAKEN]).to(nothing), "does not list"),
        (ok().answers_with(200, "text/csv; charset=utf-8").to(nothing), "`.lets_out("),
        (ok().also_answers(200, "application/pdf").to(nothing), "`.lets_out("),
    ] {
        let error = refused(vec![route]).await;
        assert!(error.contains(sentence), "{error}");
    }
    let error = refused(vec![ok().to(nothing), ok().to(nothing)]).await;
    assert_eq!(error, "POST /v1/a: another route has this method and path, or a path like it");
}

#[tokio::test]
async fn a_file_of_a_route_that_does_not_say_so_does_not_leave() {
    let house = house_of(WebConfig::default(), |_| {
        let route = |path| get(path).needs(THINGS_READ).class(Class::Read).summary("Rows");
        let file = |_: Call| async { Ok(Reply::text("rows").download("rows.txt")) };
        feature(vec![route("/v1/unsaid").to(file), route("/v1/said").lets_out("rows of a test").to(file)])
    })
    .await;
    let unsaid = house.get("reader", "/v1/unsaid").await;
    assert_eq!((unsaid.status, &*unsaid.code()), (500, "internal"));
    assert!(!String::from_utf8(unsaid.body).unwrap().contains("rows"));
    let said = house.get("reader", "/v1/said").await;
    assert_eq!((said.status, &*said.body), (200, &b"rows"[..]));
    assert_eq!(document(&house)["paths"]["/v1/said"]["get"]["x-sealpost"]["lets_out"], "rows of a test");
}

fn document(house: &House) -> Value {
    serde_json::from_slice(&house.registry.openapi()).unwrap()
}

#[tokio::test]
async fn the_openapi_document_has_every_route_with_every_refusal() {
    let house = house().await;
    let document = document(&house);
    assert_eq!(document["openapi"], "3.1.0");
    for route in house.registry.routes() {
        let operation = &document["paths"][route.path][route.method.as_str().to_ascii_lowercase()];
        assert_eq!(operation["operationId"], route.operation_id());
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.contains_key(&route.status.to_string()));
        for status in ["400", "414", "429", "431", "500", "503"] {
            assert!(responses.contains_key(status), "{} {status}", route.path);
        }
        assert_eq!(responses.contains_key("401"), route.permission().is_some());
        // Whoever was let in to help finds nothing outside of their grant, on whatever takes a credential.
        let may_be_absent = !route.path_params.is_empty() || route.permission().is_some();
        assert_eq!(responses.contains_key("404"), may_be_absent, "{}", route.path);
        assert_eq!(responses.contains_key("422"), route.mutates());
    }
    let refusal = |operation: &Value, status: &str| {
        let name = operation["responses"][status]["$ref"].as_str().unwrap();
        document.pointer(name.trim_start_matches('#')).unwrap().clone()
    };
    let make = &document["paths"]["/v1/things"]["post"];
    assert_eq!(make["requestBody"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/NewThing");
    assert_eq!(make["responses"]["201"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Thing");
    assert_eq!(
        refusal(make, "409")["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"]["enum"],
        json!(["changed_meanwhile", "idempotency_in_flight", "name_taken"])
    );
    let names: Vec<_> =
        make["parameters"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Idempotency-Key"]);
    let list = &document["paths"]["/v1/things"]["get"];
    assert_eq!(list["parameters"][0]["schema"]["type"], "integer");
    assert!(refusal(list, "400")["description"].as_str().unwrap().contains("cursor_invalid"));
    let page = &list["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(page, "#/components/schemas/PageOfThing");
}

#[tokio::test]
async fn every_reference_in_the_openapi_document_leads_somewhere() {
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(map) => {
                found.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| references(value, found)),
            _ => {}
        }
    }
    let house = house().await;
    let (document, mut found) = (document(&house), Vec::new());
    references(&document, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn document_and_pages_are_served_without_a_credential() {
    let security_txt = SecurityTxt {
        contact: vec!["mailto:security@example.org".into()],
        expires: "2027-01-01T00:00:00Z".into(),
        policy: None,
    };
    let house = house_with(WebConfig { security_txt: Some(security_txt), ..WebConfig::default() }).await;
    let get = |path: &'static str| house.send(request("GET", path, &[], ""));
    assert_eq!(get("/v1/openapi.json").await.body, house.registry.openapi());
    let (docs, errors) = (get("/docs").await, get("/docs/errors").await);
    for page in [&docs, &errors] {
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    }
    let (docs, errors) = (String::from_utf8(docs.body).unwrap(), String::from_utf8(errors.body).unwrap());
    for route in house.registry.routes() {
        assert!(docs.contains(&format!("<article id=\"{}\">", route.operation_id())));
    }
    for code in house.registry.codes() {
        assert!(errors.contains(&format!("<dt id=\"{}\">", code.code)));
    }
    let text = get("/.well-known/security.txt").await;
    assert!(text.header("content-type").starts_with("text/plain") && text.body.starts_with(b"Contact: mailto:"));
}

#[tokio::test]
async fn routes_are_told_with_what_generated_tests_need() {
    let house = house().await;
    let find = |method: &str, path: &str| {
        house.registry.routes().iter().find(|route| route.method == method && route.path == path).unwrap()
    };
    let make = find("POST", "/v1/things");
    assert_eq!((make.permission(), make.action(), make.mutates()), (Some(THINGS_WRITE), Some("thing.make"), true));
    assert_eq!(make.example, Some(json!({ "name": "kettle" })));
    assert!(make.admits(CredentialClass::Secret) && !make.admits(CredentialClass::Publishable));
    let show = find("GET", "/v1/things/{id}");
    assert_eq!((show.path_params.as_slice(), show.mutates(), show.feature), (["id"].as_slice(), false, "things"));
    assert!(show.admits(CredentialClass::Publishable));
}

//! The big list of naughty strings, through every text field of every example.

use serde_json::Value;

use crate::api::Ask;
use crate::house::House;
use crate::objects::Objects;
use crate::surface::Surface;

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/naughty-strings/blns.json");

/// Every field gets one string in so many, each field others: all strings pass, each through some field; all through all
/// would take hours, because every one is a whole request.
const SHARE: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_in_any_field_breaks_a_route_or_is_repeated_in_an_error() {
    let Ok(list) = std::fs::read(LIST) else {
        assert!(std::env::var("CI").is_err(), "{LIST} is not there");
        eprintln!("SKIPPED, LOUDLY: {LIST} is not there");
        return;
    };
    let strings: Vec<String> = serde_json::from_slice(&list).unwrap();
    assert!(strings.len() > 400);
    let house = House::sqlite().await;
    let surface = Surface::read(&house).await;
    let objects = Objects::furnish(&house).await;
    let (mut wrong, mut fields) = (Vec::new(), 0);
    for route in &surface.routes {
        let Some(example) = &route.example else { continue };
        let id = match route.has_object() {
            true => objects.fresh(&house, &surface, route.collection()).await,
            false => String::new(),
        };
        let body = objects.body(&house, route).await;
        for pointer in text_fields(example) {
            fields += 1;
            for naughty in strings.iter().skip(fields % SHARE).step_by(SHARE) {
                let mut body = body.clone();
                let Some(field) = body.pointer_mut(&pointer) else { continue };
                *field = Value::String(naughty.clone());
                let answer = house.ask(Ask::new(&route.method, route.path_for(&id)).json(&body)).await;
                if answer.status >= 500 {
                    wrong.push(format!("{} {pointer} {naughty:?}: {} {}", route.name(), answer.status, answer.text()));
                }
                if answer.status >= 400 && is_telling(naughty) && answer.text().contains(naughty.as_str()) {
                    wrong.push(format!("{} {pointer} repeats {naughty:?}: {}", route.name(), answer.text()));
                }
            }
        }
    }
    assert!(fields >= SHARE, "{fields} fields: not every string has passed");
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong.join("\n"));
}

/// Whether an error can't hold this by chance: `null`, `1` and `id` may stand in any.
fn is_telling(text: &str) -> bool {
    text.len() > 12 || (text.len() > 3 && text.chars().any(|c| !c.is_ascii_alphanumeric()))
}

fn text_fields(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::String(_) => return vec![String::new()],
        Value::Object(map) => {
            map.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(values) => values.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect(),
        _ => return Vec::new(),
    };
    let below = |(name, value): (String, &Value)| {
        text_fields(value).into_iter().map(move |rest| format!("/{name}{rest}")).collect::<Vec<_>>()
    };
    children.into_iter().flat_map(below).collect()
}

//! The big list of naughty strings, through every text field of every example.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::api::{Api, Ask};
use crate::house::{House, Member};
use crate::objects::Objects;
use crate::surface::{Route, Surface};

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/naughty-strings/blns.json");

/// Clients that ask at once: commits are shared, and every string through every field is some ten thousands of requests.
const CLIENTS: usize = 16;

/// One string in one field.
struct Try {
    route: Route,
    path: String,
    body: Arc<Value>,
    pointer: String,
    naughty: Arc<str>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_in_any_field_breaks_a_route_or_is_repeated_in_an_error() {
    let Ok(list) = std::fs::read(LIST) else {
        assert!(std::env::var("CI").is_err(), "{LIST} is not there");
        eprintln!("SKIPPED, LOUDLY: {LIST} is not there");
        return;
    };
    let strings: Vec<Arc<str>> = serde_json::from_slice(&list).unwrap();
    assert!(strings.len() > 400);
    let house = House::sqlite().await;
    let tries = tries(&house, &strings).await;
    assert!(tries.len() > 20 * strings.len(), "{} tries: not every field was found", tries.len());
    let tries = Arc::new(Mutex::new(tries));
    let owner = house.owner().await;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (api, key, tries) = (house.another_client(), house.keys.ours.clone(), tries.clone());
            let owner = owner.clone();
            tokio::spawn(async move {
                let mut wrong = Vec::new();
                loop {
                    let Some(one) = tries.lock().unwrap().pop() else { return wrong };
                    wrong.extend(one.ask(&api, &key, &owner).await);
                }
            })
        })
        .collect();
    let mut wrong = Vec::new();
    for client in clients {
        wrong.extend(client.await.unwrap());
    }
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong[..wrong.len().min(100)].join("\n"));
}

/// Every string in every text field of every route.
async fn tries(house: &House, strings: &[Arc<str>]) -> Vec<Try> {
    let surface = Surface::read(house).await;
    let objects = Objects::furnish(house).await;
    let mut all = Vec::new();
    // Taken from the end: what members alone may do comes first, while the owner is freshly proved.
    let (keys, sessions): (Vec<_>, Vec<_>) = surface.routes.iter().partition(|route| !route.session);
    for route in keys.into_iter().chain(sessions) {
        let Some(example) = &route.example else { continue };
        let id = match route.has_object() {
            true => objects.fresh(house, &surface, route).await,
            false => String::new(),
        };
        let (path, body) = (route.path_for(&id), Arc::new(objects.body(house, route).await));
        for pointer in text_fields(example).into_iter().filter(|pointer| body.pointer(pointer).is_some()) {
            all.extend(strings.iter().map(|naughty| Try {
                route: route.clone(),
                path: path.clone(),
                body: body.clone(),
                pointer: pointer.clone(),
                naughty: naughty.clone(),
            }));
        }
    }
    all
}

impl Try {
    async fn ask(self, api: &Api, key: &str, owner: &Member) -> Option<String> {
        let Self { route, path, body, pointer, naughty } = self;
        let mut body = Value::clone(&body);
        *body.pointer_mut(&pointer)? = Value::String(naughty.to_string());
        let ask = Ask::new(&route.method, path);
        let ask = if route.form { ask.form(&body) } else { ask.json(&body) };
        let answer = api.ask(if route.session { ask.member(owner) } else { ask.key(key) }).await;
        if answer.status >= 500 {
            return Some(format!("{} {pointer} {naughty:?}: {} {}", route.name(), answer.status, answer.text()));
        }
        let repeats = answer.status >= 400 && is_telling(&naughty) && answer.text().contains(&*naughty);
        repeats.then(|| format!("{} {pointer} repeats {naughty:?}: {}", route.name(), answer.text()))
    }
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

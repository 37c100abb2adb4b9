//! The big list of naughty strings, through every text field of every example.

use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::api::{Answer, Api};
use crate::house::{House, Member};
use crate::objects::Objects;
use crate::surface::{Route, Surface};

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors/naughty-strings/blns.json");

/// Clients that ask at once: commits are shared.
const CLIENTS: usize = 16;

/// How far apart in the list the strings are that two fields of one body hold: any number that has nothing in common with the
/// length of the list, so that neighbours in the list don't always meet.
const APART: usize = 101;

/// One body with a naughty string in each of its text fields.
struct Try {
    route: Arc<Route>,
    path: String,
    body: Arc<Value>,
    naughty: Vec<(String, Arc<str>)>,
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
    let house = House::sqlite_saying("warn").await;
    let tries = tries(&house, &strings).await;
    let all: usize = tries.iter().map(|one| one.naughty.len()).sum();
    assert!(all > 20 * strings.len(), "{all} strings in fields: not every field was found");
    let tries = Arc::new(Mutex::new(tries));
    let owner = house.owner().await;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (api, key, tries) = (house.another_client(), house.keys.ours.clone(), tries.clone());
            let (owner, directory) = (owner.clone(), house.keys.directory.clone());
            tokio::spawn(async move {
                let (mut wrong, mut judged) = (Vec::new(), 0);
                loop {
                    let Some(one) = tries.lock().unwrap().pop() else { return (wrong, judged) };
                    judged += one.ask(&api, [&key, &directory], &owner, &mut wrong).await;
                }
            })
        })
        .collect();
    let (mut wrong, mut judged) = (Vec::new(), 0);
    for client in clients {
        let (more, count) = client.await.unwrap();
        wrong.extend(more);
        judged += count;
    }
    assert!(wrong.is_empty(), "{} findings:\n{}", wrong.len(), wrong[..wrong.len().min(100)].join("\n"));
    assert_eq!(judged, all, "every string in every field was taken or refused");
}

/// Every string in every text field of every route: a body for each string, in which every field has another.
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
        let (path, body) = (route.path_for(&id), Arc::new(in_haste(objects.body(house, route).await)));
        let fields: Vec<String> =
            text_fields(example).into_iter().filter(|pointer| body.pointer(pointer).is_some()).collect();
        let route = Arc::new(route.clone());
        all.extend((0..strings.len()).filter(|_| !fields.is_empty()).map(|first| {
            Try {
                route: route.clone(),
                path: path.clone(),
                body: body.clone(),
                naughty: fields
                    .iter()
                    .enumerate()
                    .map(|(at, field)| (field.clone(), strings[(first + at * APART) % strings.len()].clone()))
                    .collect(),
            }
        }));
    }
    all
}

/// The same body without what takes long and has no text: an RSA key, half a thousand times.
fn in_haste(mut body: Value) -> Value {
    if let Some(Value::Object(dkim)) = body.pointer_mut("/email/dkim") {
        dkim.insert("algorithm".into(), "ed25519".into());
    }
    body
}

impl Try {
    /// Asks until each string was taken, or refused by the name of its field or alone; answers how many were. A field whose
    /// string was refused holds what the example has from then on, so that the others get their turn.
    async fn ask(mut self, api: &Api, [key, directory]: [&str; 2], owner: &Member, wrong: &mut Vec<String>) -> usize {
        let mut judged = 0;
        while !self.naughty.is_empty() {
            let answer = self.ask_with(&self.naughty, api, [key, directory], owner, wrong).await;
            let refused = match answer.status {
                200..400 => return judged + self.naughty.len(),
                _ => self.naughty.iter().position(|(field, _)| answer.names(field)),
            };
            match refused {
                Some(at) => drop(self.naughty.swap_remove(at)),
                None => {
                    for one in &self.naughty {
                        self.ask_with(std::slice::from_ref(one), api, [key, directory], owner, wrong).await;
                    }
                    return judged + self.naughty.len();
                }
            }
            judged += 1;
        }
        judged
    }

    async fn ask_with(
        &self,
        naughty: &[(String, Arc<str>)],
        api: &Api,
        [key, directory]: [&str; 2],
        owner: &Member,
        wrong: &mut Vec<String>,
    ) -> Answer {
        let mut body = Value::clone(&self.body);
        for (field, text) in naughty {
            *body.pointer_mut(field).unwrap() = Value::String(text.to_string());
        }
        let ask = self.route.ask(self.path.clone());
        let ask = if self.route.form { ask.form(&body) } else { ask.json(&body) };
        let ask = match (self.route.session, self.route.directory) {
            (true, _) => ask.member(owner),
            (_, true) => ask.key(directory),
            _ => ask.key(key),
        };
        let answer = api.ask(ask).await;
        if answer.status >= 500 {
            wrong.push(format!("{} {naughty:?}: {} {}", self.route.name(), answer.status, answer.text()));
        } else if answer.status >= 400 {
            let said = answer.text();
            // A form shows again what was typed into it; as text.
            let breaks = |text: &str| !answer.is_page() || text.contains(['<', '>', '"', '\'', '&']);
            let repeated =
                naughty.iter().filter(|(_, text)| is_telling(text) && breaks(text) && said.contains(&**text));
            wrong.extend(
                repeated.map(|(field, text)| format!("{} {field} repeats {text:?}: {said}", self.route.name())),
            );
        }
        answer
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

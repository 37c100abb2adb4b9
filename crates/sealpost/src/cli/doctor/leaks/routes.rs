//! Every route that reads, as the server lists them, asked about what was planted.

use std::time::Duration;

use serde_json::Value;

use super::Look;
use super::marks::Marks;
use super::plant::Planted;
use crate::api::Api;
use crate::cli::{Outcome, Stop};
use crate::needles::Needles;

/// How often somebody tries again who asked too often, and how long they wait.
const PATIENCE: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

const EVENT: &[u8] = b"event: change";
/// How the page is called on which changes are told.
const LIVE: &str = "/live";

/// What the server says about itself.
pub(super) struct Routes {
    routes: Vec<Route>,
    permissions: Vec<String>,
}

/// A route that reads.
struct Route {
    path: String,
    is_page: bool,
    queries: Vec<String>,
}

impl Routes {
    pub(super) async fn read(api: &Api) -> Outcome<Self> {
        let document = api.get("/v1/openapi.json").await?;
        let names = document["components"]["schemas"]["Permissions"]["items"]["enum"].as_array();
        let permissions = names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        let all = |part: &str| document[part].as_object().cloned().unwrap_or_default();
        let routes: Vec<Route> = [("paths", false), ("x-sealpost-pages", true)]
            .into_iter()
            .flat_map(|(part, is_page)| all(part).into_iter().map(move |(path, methods)| (path, methods, is_page)))
            .filter(|(_, methods, _)| methods["get"].is_object())
            .map(|(path, methods, is_page)| {
                let parameters = methods["get"]["parameters"].as_array().cloned().unwrap_or_default();
                let queries = parameters.iter().filter(|one| one["in"] == "query");
                let queries = queries.filter_map(|one| one["name"].as_str()).map(str::to_owned).collect();
                Route { path, is_page, queries }
            })
            .collect();
        if routes.len() < 10 {
            return Err(Stop::failed("the server lists next to no routes: looking at them would prove nothing"));
        }
        Ok(Self { routes, permissions })
    }

    /// Everything that may be allowed.
    pub(super) fn permissions(&self) -> impl Iterator<Item = &str> {
        self.permissions.iter().map(String::as_str)
    }

    /// Asks all of them, as they are meant and with marks where none belong.
    pub(super) async fn ask(
        &self,
        place: &str,
        api: &Api,
        with_key: bool,
        planted: &Planted,
        marks: &Marks,
        needles: &Needles,
    ) -> Outcome<Look> {
        let (mut look, mut unknown) = (Look::at(place), 0);
        for route in self.routes.iter().filter(|route| !route.has_no_end()) {
            let Some(path) = route.filled(planted) else {
                unknown += 1;
                continue;
            };
            let wrong = std::iter::once("surprise").chain(route.queries.iter().map(String::as_str));
            let wrong = wrong.map(|query| format!("{path}?{query}={}", marks.all()));
            for path in std::iter::once(path.clone()).chain(wrong) {
                let (status, answer) = patiently(api, &path, with_key, route.is_page).await?;
                // What was sent is not repeated here either.
                let what = format!("{} answers {status}", route.path);
                look.found(needles, &what, &answer);
            }
        }
        look.note = (unknown > 0).then(|| format!("{unknown} routes are about objects that were not planted"));
        Ok(look)
    }
}

/// Listens to what is told of changes, for so long.
pub(super) async fn listen(place: &str, api: &Api, time: Duration, needles: &Needles) -> Outcome<Look> {
    let mut look = Look::at(place);
    let (status, heard) = api.listen(&format!("/app/test{LIVE}"), time).await?;
    look.found(needles, &format!("events, {status}"), &heard);
    let events = heard.windows(EVENT.len()).filter(|window| *window == EVENT).count();
    look.note = Some(format!("{events} changes were told"));
    look.looked_at = events;
    Ok(look)
}

async fn patiently(api: &Api, path: &str, with_key: bool, is_page: bool) -> Outcome<(u16, Vec<u8>)> {
    for _ in 0..PATIENCE {
        let answer = api.look(path, with_key, is_page).await?;
        if answer.0 != 429 {
            return Ok(answer);
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(Stop::failed("the server goes on saying that it is asked too often"))
}

impl Route {
    /// Whether it goes on telling, so that it is listened to instead.
    fn has_no_end(&self) -> bool {
        self.path.ends_with(LIVE)
    }

    /// Its path with what was planted, if it is about such an object or about none.
    fn filled(&self, planted: &Planted) -> Option<String> {
        let path = self.path.replace("{env}", "test").replace("{version}", "1").replace("{seq}", "0");
        let Some((before, _)) = path.split_once("/{") else { return Some(path) };
        let collection = match before.strip_prefix("/app/test") {
            Some(page) => format!("/v1{page}"),
            None => before.to_owned(),
        };
        let path = path.replace("{id}", planted.object(&collection)?);
        (!path.contains('{')).then_some(path)
    }
}

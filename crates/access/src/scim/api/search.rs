//! `POST …/.search`: the same as a list, for filters that are not to stand in URLs (RFC 7644 §3.4.3).

use sealpost_store::{StoreError, Tx};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, post};
use serde_json::{Value, json};

use super::Api;
use super::answer::{DIALECT, SCIM, TAKEN, list};
use super::query::Query;
use crate::scim::codes::*;
use crate::scim::group;
use crate::scim::users::Window;

const WHY: &str = "a directory looks for whom it knows";

/// What is looked through.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Among {
    Users,
    Groups,
    Both,
}

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![
        search(api, "/scim/v2/Users/.search", "Search users", Among::Users),
        search(api, "/scim/v2/Groups/.search", "Search groups", Among::Groups),
        search(api, "/scim/v2/.search", "Search users and groups", Among::Both),
    ]
}

fn search(api: &Api, path: &'static str, summary: &'static str, among: Among) -> Endpoint {
    let api = api.clone();
    post(path)
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .changes_nothing("it only reads")
        .summary(summary)
        .takes_open(TAKEN)
        .example(json!({
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
            "filter": "displayName sw \"front\"",
            "startIndex": 1,
            "count": 10,
        }))
        .answers_with(200, SCIM)
        .refuses(&[&SCIM_FILTER_INVALID, &SCIM_PATH_INVALID, &SCIM_SYNTAX_INVALID, &SCIM_TOO_MANY])
        .to(move |call: Call<Value>| {
            let api = api.clone();
            async move { answer(&api, &call, among).await }
        })
}

async fn answer(api: &Api, call: &Call<Value>, among: Among) -> Result<Reply, Failure> {
    let query = Query::of_body(&call.body)?;
    let (window, shown) = (query.window(), query.shown()?);
    let (mut total, mut found) = (0, Vec::new());
    if among != Among::Groups {
        (total, found) = api.desk(&call.ctx).await?.list(&call.ctx, query.filter()?, window).await?;
    }
    if among != Among::Users {
        let (view, filter) = (api.view(&call.ctx).await?, query.filter()?);
        let read = move |tx: &mut Tx<'_>| group::all(tx, &view);
        let mut groups = api.members.house().read::<_, StoreError>(&call.ctx, read).await?;
        if let Some(filter) = filter {
            groups.retain(|group| filter.admits(group));
        }
        // Groups come after all users.
        let rest = Window {
            skip: window.skip.saturating_sub(u32::try_from(total).unwrap_or(u32::MAX)),
            take: window.take.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX)),
        };
        total += groups.len();
        found.extend(rest.of(groups));
    }
    Ok(list(total, window.skip, found, &shown)?)
}

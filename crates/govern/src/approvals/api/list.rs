//! `GET /v1/approvals`

use schemars::JsonSchema;
use sealpost_access::api_keys::person;
use sealpost_access::permissions::APPROVALS_READ;
use sealpost_web::{Call, Class, Endpoint, Failure, Page, Reply, get};
use serde::{Deserialize, Serialize};

use super::view::Summary;
use super::{Api, behind};
use crate::approvals::model::Module;
use crate::approvals::service::{self, Narrowed};
use crate::approvals::store::Which;

/// Which requests.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ApprovalsQuery")]
struct Query {
    /// Which of them; all, unless said otherwise.
    tab: Option<Tab>,
    /// Of which module; of all, unless said otherwise.
    module: Option<Module>,
    /// In which these words stand: in an id, the digest, what would change, why, or what was said. The newest thousand are looked through.
    q: Option<String>,
    /// Where to go on.
    cursor: Option<String>,
    /// How many at most.
    limit: Option<u16>,
}

/// A part of the requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ApprovalsTab")]
enum Tab {
    /// Those that wait for somebody else's vote than whoever asked: yours.
    Waiting,
    /// What you asked for.
    Mine,
    /// What has come to its end.
    History,
}

pub(super) fn route(api: &Api) -> Endpoint {
    let api = api.clone();
    get("/v1/approvals")
        .needs(APPROVALS_READ)
        .class(Class::Search)
        .summary("List what waits for an approval, and what was decided")
        .describe("Newest first. What belongs to the organisation itself is in both environments.")
        .queries::<Query>()
        .answers::<Page<Summary>>(200)
        .to(move |call: Call<(), Query>| list(api.clone(), call))
}

async fn list(api: Api, call: Call<(), Query>) -> Result<Reply, Failure> {
    let tab = call.query.tab;
    let narrowed = Narrowed::by(call.query.module, call.query.q.as_deref())?;
    let listing = call.listing(api.house.keys(), &(tab, &narrowed), call.query.limit)?;
    let (before, fetch, now) = (behind(&listing, call.query.cursor.as_deref())?, listing.fetch(), call.ctx.now());
    let keys = api.house.keys().organisation(call.ctx.org.id).await?;
    let rows = api
        .house
        .read::<_, Failure>(&call.ctx, move |tx| {
            let which = match (tab, person(tx)?) {
                (None, _) => Which::All,
                (Some(Tab::History), _) => Which::History,
                (Some(Tab::Waiting), Some(member)) => Which::WaitingFor(member),
                (Some(Tab::Mine), Some(member)) => Which::Of(member),
                // Nobody knows whose these would be.
                (Some(Tab::Waiting | Tab::Mine), None) => return Ok(Vec::new()),
            };
            Ok(service::list(tx, &keys, which, &narrowed, (before, fetch))?)
        })
        .await?;
    let rows = rows.into_iter().map(|one| Ok((api.all.find(one.module)?, one))).collect::<Result<Vec<_>, Failure>>()?;
    let page = listing.page(rows, |(_, one)| one.id.bytes().to_vec(), |(of, one)| Summary::of(&one, of, now));
    Ok(Reply::ok(&page)?)
}

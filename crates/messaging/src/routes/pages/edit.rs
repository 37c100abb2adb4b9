//! `GET` and `POST /app/{env}/routes/new`, `GET` and `POST /app/{env}/routes/{id}/publish`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use sealpost_access::permissions::{CHANNELS_READ, ROUTES_WRITE};
use sealpost_govern::approvals::codes::APPROVAL_PERSON_UNKNOWN;
use sealpost_store::{ChannelId, RouteId};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind, Tone};
use sealpost_web::{Call, Class as Limit, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::words;
use crate::channels::Channels;
use crate::label::Label;
use crate::routes::codes::{ROUTE_CHANNEL_UNSUITABLE, ROUTE_EXISTS, ROUTE_INVALID, ROUTE_MOVED};
use crate::routes::{NewRoute, OnUnknown, Plan, RouteVersion, Routes, Strategy, service};
use crate::versions::Published;

/// Channels to choose from.
const CHANNELS: u32 = 250;

type Names = BTreeMap<ChannelId, String>;

/// What a route says; the name of a new one.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RouteForm")]
struct Form {
    name: Option<String>,
    strategy: Option<Strategy>,
    on_unknown: Option<OnUnknown>,
    /// A line for each step: a channel's name, `share` and a number, `within` and seconds.
    steps: Option<String>,
    /// `draft`: the new version waits to be promoted.
    use_it: Option<UseIt>,
}

/// Whether a new version is used at once.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum UseIt {
    Now,
    Draft,
}

impl Form {
    fn plan(&self, names: &Names) -> Result<Plan, Refusal> {
        Ok(Plan {
            strategy: self.strategy.ok_or_else(|| Refusal::of(&BODY_INVALID).at("/strategy", "field_missing"))?,
            on_unknown: self.on_unknown.unwrap_or_default(),
            steps: words::read(self.steps.as_deref().unwrap_or_default(), names)?,
        })
    }
}

pub(super) fn ask_new(channels: &Channels) -> Endpoint {
    let channels = channels.clone();
    get("/app/{env}/routes/new").needs(ROUTES_WRITE).page().class(Limit::Read).summary("Ask what a new route says").to(
        move |call: Call| {
            let channels = channels.clone();
            async move {
                let names = names(&channels, &call).await?;
                question(&call, &Form::default(), None, &names).show(&call)
            }
        },
    )
}

pub(super) fn create(routes: &Routes, channels: &Channels) -> Endpoint {
    let (routes, channels) = (routes.clone(), channels.clone());
    post("/app/{env}/routes/new")
        .needs(ROUTES_WRITE)
        .session()
        .class(Limit::Write)
        .acts("route.create")
        .done("Route made")
        .summary("Make a route with its first version")
        .takes_form::<Form>()
        .example(
            json!({ "name": "codes", "strategy": "fail_over", "steps": "chn_01kf3b2y5xfh0r4c9v7t8m6e1s within 20" }),
        )
        .answers_with(303, "")
        .refuses(&[&ROUTE_EXISTS, &ROUTE_INVALID, &ROUTE_CHANNEL_UNSUITABLE, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call: Call<Form>| handle_create(routes.clone(), channels.clone(), call))
}

async fn handle_create(routes: Routes, channels: Channels, call: Call<Form>) -> Result<Reply, Failure> {
    let names = names(&channels, &call).await?;
    let made = async {
        let name = Label::parse(call.body.name.as_deref().unwrap_or_default());
        let name = name.map_err(|_| Refusal::of(&BODY_INVALID).at("/name", "label_invalid"))?;
        let new = NewRoute { name, plan: call.body.plan(&names)? };
        let (done, approvals) = (call.done("/routes"), call.at("/approvals"));
        let keys = routes.store().keys().organisation(call.ctx.org.id).await?;
        call.write(routes.store(), move |tx| {
            let created = service::create(tx, &keys, new)?;
            Ok(created.map(|(route, made)| settled(&made, done.leads_to(&route.id.to_string()), &approvals)))
        })
        .await
    };
    settle(made.await, &routes, &names, &call, None)
}

pub(super) fn ask(routes: &Routes, channels: &Channels) -> Endpoint {
    let (routes, channels) = (routes.clone(), channels.clone());
    get("/app/{env}/routes/{id}/publish")
        .needs(ROUTES_WRITE)
        .page()
        .class(Limit::Read)
        .summary("Ask what a route says from now on")
        .to(move |call: Call| {
            let (routes, channels) = (routes.clone(), channels.clone());
            async move {
                let id: RouteId = call.id("id")?;
                let versions = routes.versions(&call.ctx, id).await?;
                let names = names(&channels, &call).await?;
                let newest = versions.first().map_or_else(Form::default, |version| Form {
                    name: None,
                    strategy: Some(version.plan.strategy),
                    on_unknown: Some(version.plan.on_unknown),
                    steps: Some(words::written(&version.plan.steps, &names)),
                    use_it: None,
                });
                question(&call, &newest, Some(id), &names).show(&call)
            }
        })
}

pub(super) fn publish(routes: &Routes, channels: &Channels) -> Endpoint {
    let (routes, channels) = (routes.clone(), channels.clone());
    post("/app/{env}/routes/{id}/publish")
        .needs(ROUTES_WRITE)
        .session()
        .class(Limit::Write)
        .acts("route.publish")
        .done("Version published")
        .summary("Add a version to a route")
        .takes_form::<Form>()
        .example(json!({ "strategy": "fail_over", "steps": "chn_01kf3b2y5xfh0r4c9v7t8m6e1s", "use_it": "now" }))
        .answers_with(303, "")
        .refuses(&[&ROUTE_INVALID, &ROUTE_CHANNEL_UNSUITABLE, &ROUTE_MOVED, &APPROVAL_PERSON_UNKNOWN])
        .to(move |call: Call<Form>| handle_publish(routes.clone(), channels.clone(), call))
}

async fn handle_publish(routes: Routes, channels: Channels, call: Call<Form>) -> Result<Reply, Failure> {
    let id: RouteId = call.id("id")?;
    let names = names(&channels, &call).await?;
    let made = async {
        let (plan, in_force) = (call.body.plan(&names)?, !matches!(call.body.use_it, Some(UseIt::Draft)));
        let (done, approvals) = (call.done(&format!("/routes/{id}")), call.at("/approvals"));
        let keys = routes.store().keys().organisation(call.ctx.org.id).await?;
        call.write(routes.store(), move |tx| {
            let published = service::publish(tx, &keys, id, plan, in_force)?;
            Ok(published.map(|(_, made)| settled(&made, done, &approvals)))
        })
        .await
    };
    settle(made.await, &routes, &names, &call, Some(id))
}

/// Leads to what was made, or to what waits.
fn settled(made: &Published<RouteVersion>, done: Reply, approvals: &str) -> Reply {
    match &made.waits {
        None => done,
        Some(approval) => Reply::see_other(&format!("{approvals}/{}", approval.id)),
    }
}

/// What became of it; asks again where another answer could mend it.
fn settle(
    made: Result<Reply, Failure>,
    routes: &Routes,
    names: &Names,
    call: &Call<Form>,
    id: Option<RouteId>,
) -> Result<Reply, Failure> {
    routes.changed(&call.ctx);
    match made {
        Ok(reply) => Ok(reply),
        Err(failure) => question(call, &call.body, id, names).again(call, failure),
    }
}

/// What channels are called; whoever may not read those knows their ids.
pub(super) async fn names<B, Q>(channels: &Channels, call: &Call<B, Q>) -> Result<Names, Failure> {
    if !call.caller.permissions.contains(CHANNELS_READ) {
        return Ok(Names::new());
    }
    let all = channels.list(&call.ctx, None, CHANNELS).await?;
    Ok(all.into_iter().map(|channel| (channel.id, channel.name)).collect())
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form, id: Option<RouteId>, names: &Names) -> Ask {
    let strategies = Strategy::ALL.map(|strategy| Choice::new(strategy.as_str(), words::strategy(strategy)));
    let unknown = [OnUnknown::Same, OnUnknown::Next].map(|one| Choice::new(one.as_str(), words::on_unknown(one)));
    let ask = match id {
        None => Ask::new(call, "New route", "An event goes along it instead of through one channel.", "/routes").field(
            Field::new("name", "Name")
                .value(form.name.clone().unwrap_or_default())
                .placeholder("codes")
                .hint("a–z, 0–9, dot, dash, underscore")
                .required(),
        ),
        Some(id) => {
            Ask::new(call, "New version", "Messages that are under way stay on theirs.", &format!("/routes/{id}"))
        }
    };
    let ask = match names.is_empty() {
        true => ask.note(Tone::Warn, "A route needs a channel for each step, and you see none."),
        false => {
            let names: Vec<_> = names.values().map(String::as_str).collect();
            ask.note(Tone::Idle, format!("Channels: {}", names.join(", ")))
        }
    };
    let ask = ask
        .field(
            Field::new("strategy", "Steps are tried")
                .kind(Kind::Choice(strategies.into()))
                .value(form.strategy.map_or("fail_over", Strategy::as_str)),
        )
        .field(
            Field::new("steps", "Steps")
                .kind(Kind::Lines(5, true))
                .value(form.steps.clone().unwrap_or_default())
                .placeholder("relay-a within 20")
                .hint("One a line: a channel; then, as you like, share and a number, within and seconds.")
                .required(),
        )
        .field(
            Field::new("on_unknown", "If nobody knows whether a code was sent")
                .kind(Kind::Choice(unknown.into()))
                .value(form.on_unknown.unwrap_or_default().as_str())
                .hint("Anything else than a code is never sent again then."),
        );
    let uses = [
        Choice::new("now", "From the next message on"),
        Choice::new("draft", "Not yet: it waits to be put into force"),
    ];
    match id {
        None => ask.submit("Make the route"),
        Some(_) => {
            let chosen = if matches!(form.use_it, Some(UseIt::Draft)) { "draft" } else { "now" };
            ask.field(Field::new("use_it", "It is used").kind(Kind::Choice(uses.into())).value(chosen))
                .submit("Publish")
        }
    }
}

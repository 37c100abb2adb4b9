//! `GET /app/{env}/networks/edit`, `POST /app/{env}/networks/preview`, `POST /app/{env}/networks/edit`: what the lists shall say, whom
//! that shuts out, and then the change.

use schemars::JsonSchema;
use sealpost_store::Store;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::Field;
use sealpost_web::{Call, Cidrs, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::shut_out::{self, ShutOut};
use crate::networks::codes::OWN_ADDRESS_EXCLUDED;
use crate::networks::{Gate, Known, Lists, Outcome, Standing, service};
use crate::permissions::NETWORKS_MANAGE;

/// The lists that shall hold: networks with spaces, commas or line breaks between; anywhere if left empty.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NetworksForm")]
struct Form {
    dashboard: Option<String>,
    admin: Option<String>,
    keys: Option<String>,
    /// The version this is decided on.
    version: Option<u32>,
    /// The lists of which it was shown whom they shut out.
    seen: Option<String>,
}

impl Form {
    fn of(standing: &Standing, lists: &Lists) -> Self {
        Self {
            dashboard: Some(lists.dashboard.to_text()),
            admin: Some(lists.admin.to_text()),
            keys: Some(lists.keys.to_text()),
            version: Some(standing.version),
            seen: None,
        }
    }

    fn read(&self) -> Result<Lists, Refusal> {
        Ok(Lists {
            dashboard: Cidrs::from_field(self.dashboard.as_deref(), "/dashboard")?,
            admin: Cidrs::from_field(self.admin.as_deref(), "/admin")?,
            keys: Cidrs::from_field(self.keys.as_deref(), "/keys")?,
        })
    }

    /// Whether it was shown whom other lists shut out than these.
    fn has_seen_others(&self, lists: &Lists) -> bool {
        self.seen.as_ref().is_some_and(|seen| *seen != in_a_line(lists))
    }
}

/// What is shown and what is sent afterwards are the same if this is.
fn in_a_line(lists: &Lists) -> String {
    [&lists.dashboard, &lists.admin, &lists.keys].map(Cidrs::to_text).join(";")
}

pub(super) fn ask(house: &Store) -> Endpoint {
    let house = house.clone();
    get("/app/{env}/networks/edit")
        .needs(NETWORKS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask from where whom shall be admitted")
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let standing = house.peek(&call.ctx, service::standing).await?;
                question(&call, &Form::of(&standing, standing.in_force(call.ctx.now()))).show(&call)
            }
        })
}

pub(super) fn preview(house: &Store) -> Endpoint {
    let house = house.clone();
    post("/app/{env}/networks/preview")
        .needs(NETWORKS_MANAGE)
        .session()
        .class(Class::Search)
        .changes_nothing("a preview: the lists are not kept")
        .summary("See whom lists of networks would shut out, before they are put into force")
        .takes_form::<Form>()
        .example(json!({ "dashboard": "192.0.2.0/24", "keys": "198.51.100.0/24" }))
        .answers_with(200, "text/html")
        .to(move |call: Call<Form>| {
            let house = house.clone();
            async move {
                match call.body.read() {
                    Ok(lists) => look(&house, &call, &lists).await,
                    Err(refusal) => question(&call, &call.body).again(&call, refusal.into()),
                }
            }
        })
}

pub(super) fn route(house: &Store, gate: Gate) -> Endpoint {
    let house = house.clone();
    post("/app/{env}/networks/edit")
        .needs(NETWORKS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("networks.change")
        .done("Changed for ten minutes: confirm it to let it stay")
        .summary("Change from where whom is admitted")
        .describe(
            "Shows instead whom the lists shut out, if that was shown of others. Leads to what waits, where lists that let more in take an \
             approval.",
        )
        .takes_form::<Form>()
        .example(json!({ "dashboard": "192.0.2.0/24 127.0.0.0/8", "admin": "127.0.0.0/8" }))
        .answers_with(303, "")
        .also_answers(200, "text/html")
        .refuses(&[&CHANGED_MEANWHILE, &OWN_ADDRESS_EXCLUDED])
        .to(move |call| handle(house.clone(), gate, call))
}

async fn handle(house: Store, gate: Gate, call: Call<Form>) -> Result<Reply, Failure> {
    let changed = async {
        let (lists, peer) = (call.body.read()?, call.peer());
        let known = Known { version: call.body.version, tags: None };
        if call.body.has_seen_others(&lists) {
            return look(&house, &call, &lists).await;
        }
        let keys = house.keys().organisation(call.ctx.org.id).await?;
        let (done, approvals) = (call.done("/networks"), call.at("/approvals"));
        call.write(&house, move |tx| {
            Ok(service::decide_from(tx, &keys, gate, lists, (peer, &known))?.map(|outcome| match outcome {
                Outcome::InForce(_) => done,
                Outcome::Waits(asked) => Reply::see_other(&format!("{approvals}/{}", asked.approval)),
            }))
        })
        .await
    };
    match changed.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

/// Shows whom the lists would shut out, and asks whether to put them into force.
async fn look(house: &Store, call: &Call<Form>, lists: &Lists) -> Result<Reply, Failure> {
    let shut_out = shut_out::of(house, call, lists).await?;
    deciding(call, lists, &shut_out).show(call)
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let says = "Next you see whom these lists would shut out. Nothing changes before.";
    fields(Ask::new(call, "From where whom is admitted", says, "/networks"), form)
        .answered_at(call, "/networks/preview")
        .submit("See whom it shuts out")
}

fn deciding(call: &Call<Form>, lists: &Lists, shut_out: &ShutOut) -> Ask {
    let says =
        "In force within a second, for both environments. Unless it is confirmed within ten minutes, it undoes itself.";
    fields(Ask::new(call, "Whom these lists shut out", says, "/networks"), &call.body)
        .hidden("seen", in_a_line(lists))
        .showing(shut_out)
        .answered_at(call, "/networks/edit")
        .sensitive()
        .submit("Put into force")
        .or(call, "Look again", "/networks/preview")
}

fn fields(ask: Ask, form: &Form) -> Ask {
    let field = |name, label, given: &Option<String>, hint| {
        Field::new(name, label).value(given.clone().unwrap_or_default()).placeholder("192.0.2.0/24").hint(hint)
    };
    let ask = ask
        .field(field(
            "dashboard",
            "Members",
            &form.dashboard,
            "Networks with spaces between. Left empty, from anywhere.",
        ))
        .field(field("admin", "Administrators", &form.admin, "What members do as administrators, on top of that."))
        .field(field("keys", "Keys", &form.keys, "On top of each key’s own networks."));
    match form.version {
        Some(version) => ask.hidden("version", version.to_string()),
        None => ask,
    }
}

//! `GET` and `POST /app/{env}/networks/edit`

use schemars::JsonSchema;
use sealpost_store::Store;
use sealpost_web::problem::{BODY_INVALID, CHANGED_MEANWHILE};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::Field;
use sealpost_web::{Call, Cidrs, Class, Endpoint, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::networks::codes::OWN_ADDRESS_EXCLUDED;
use crate::networks::{Lists, Standing, service};
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
}

impl Form {
    fn of(standing: &Standing, lists: &Lists) -> Self {
        Self {
            dashboard: Some(lists.dashboard.to_text()),
            admin: Some(lists.admin.to_text()),
            keys: Some(lists.keys.to_text()),
            version: Some(standing.version),
        }
    }

    fn read(&self) -> Result<Lists, Refusal> {
        Ok(Lists {
            dashboard: list(self.dashboard.as_deref(), "/dashboard")?,
            admin: list(self.admin.as_deref(), "/admin")?,
            keys: list(self.keys.as_deref(), "/keys")?,
        })
    }
}

fn list(text: Option<&str>, at: &'static str) -> Result<Cidrs, Refusal> {
    let wrong = |code: &'static str| Refusal::of(&BODY_INVALID).at(at, code);
    let networks = text.unwrap_or_default().split([' ', ',', '\n']).map(str::trim).filter(|one| !one.is_empty());
    let networks = networks.map(str::parse).collect::<Result<Vec<_>, _>>().map_err(|_| wrong("not_cidr"))?;
    Cidrs::new(networks).map_err(|_| wrong("too_many"))
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

pub(super) fn route(house: &Store) -> Endpoint {
    let house = house.clone();
    post("/app/{env}/networks/edit")
        .needs(NETWORKS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("networks.change")
        .done("Changed for ten minutes: confirm it to let it stay")
        .summary("Change from where whom is admitted")
        .takes_form::<Form>()
        .example(json!({ "dashboard": "192.0.2.0/24 127.0.0.0/8", "admin": "127.0.0.0/8" }))
        .answers_with(303, "")
        .refuses(&[&CHANGED_MEANWHILE, &OWN_ADDRESS_EXCLUDED])
        .to(move |call| handle(house.clone(), call))
}

async fn handle(house: Store, call: Call<Form>) -> Result<Reply, Failure> {
    let changed = async {
        let (lists, version, peer) = (call.body.read()?, call.body.version, call.peer());
        let (keys, done) = (house.keys().organisation(call.ctx.org.id).await?, call.done("/networks"));
        call.write(&house, move |tx| Ok(service::change(tx, &keys, lists, peer, version)?.map(|_| done))).await
    };
    match changed.await {
        Ok(reply) => Ok(reply),
        Err(failure) => question(&call, &call.body).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, form: &Form) -> Ask {
    let says =
        "In force within a second, for both environments. Unless it is confirmed within ten minutes, it undoes itself.";
    let field = |name, label, given: &Option<String>, hint| {
        Field::new(name, label).value(given.clone().unwrap_or_default()).placeholder("192.0.2.0/24").hint(hint)
    };
    let ask = Ask::new(call, "From where whom is admitted", says, "/networks")
        .sensitive()
        .field(field(
            "dashboard",
            "Members",
            &form.dashboard,
            "Networks with spaces between. Left empty, from anywhere.",
        ))
        .field(field("admin", "Administrators", &form.admin, "What members do as administrators, on top of that."))
        .field(field("keys", "Keys", &form.keys, "On top of each key’s own networks."))
        .submit("Change");
    match form.version {
        Some(version) => ask.hidden("version", version.to_string()),
        None => ask,
    }
}

//! `GET` and `POST /app/{env}/encryption/rotate`

use schemars::JsonSchema;
use sealpost_store::Store;
use sealpost_web::problem::CHANGED_MEANWHILE;
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use crate::encryption::codes::ENCRYPTION_TURNING;
use crate::encryption::service;
use crate::permissions::SECRETS_MANAGE;

/// Whether the keys of the blind indexes turn with it.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EncryptionTurnForm")]
struct Form {
    /// `too`, or left out.
    indexes: Option<Indexes>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "EncryptionTurnIndexes")]
enum Indexes {
    Too,
    Stay,
}

pub(super) fn ask(house: &Store) -> Endpoint {
    let house = house.clone();
    get("/app/{env}/encryption/rotate")
        .needs(SECRETS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask whether to turn the organisation's key")
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let standing = service::standing(&house, &call.ctx).await?;
                question(&call, standing.version).show(&call)
            }
        })
}

pub(super) fn route(house: &Store) -> Endpoint {
    let house = house.clone();
    post("/app/{env}/encryption/rotate")
        .needs(SECRETS_MANAGE)
        .session()
        .step_up()
        .class(Class::Write)
        .acts("encryption.rotate")
        .done("The key turns")
        .summary("Turn the organisation's key to a new version")
        .takes_form::<Form>()
        .example(json!({ "indexes": "stay" }))
        .answers_with(303, "")
        .refuses(&[&CHANGED_MEANWHILE, &ENCRYPTION_TURNING])
        .to(move |call: Call<Form>| handle(house.clone(), call))
}

async fn handle(house: Store, call: Call<Form>) -> Result<Reply, Failure> {
    let keys = house.keys().organisation(call.ctx.org.id).await?;
    let (version, done) = (service::next_version(&house, &call.ctx).await?, call.done("/encryption"));
    let with_indexes = call.body.indexes == Some(Indexes::Too);
    let begun = call
        .write(&house, move |tx| {
            let begun = service::begin(tx, &keys, version)?;
            if with_indexes {
                service::note_index_turn(tx);
            }
            Ok(begun.map(|()| done))
        })
        .await;
    match begun {
        Ok(reply) => {
            if with_indexes {
                house.keys().turn_indexes(call.ctx.org.id).await?;
            }
            Ok(reply)
        }
        Err(failure) => question(&call, version.saturating_sub(1)).again(&call, failure),
    }
}

fn question<B, Q>(call: &Call<B, Q>, version: u32) -> Ask {
    let says = "A new version is made, and what is wrapped or sealed under this one is done anew, beside everything else. It is destroyed \
                when nothing is left under it, after three days at the earliest.";
    let choices = vec![Choice::new("stay", "They turn with the month"), Choice::new("too", "They turn now, too")];
    let indexes = Field::new("indexes", "Keys of the blind indexes").kind(Kind::Choice(choices)).value("stay");
    Ask::new(call, format!("Turn the key from version {version}?"), says, "/encryption")
        .field(indexes)
        .sensitive()
        .submit("Turn the key")
}

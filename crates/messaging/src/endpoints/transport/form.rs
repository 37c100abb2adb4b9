//! `GET` and `POST /app/{env}/endpoints/{id}/transport`

use schemars::JsonSchema;
use sealpost_access::permissions::ENDPOINTS_MANAGE;
use sealpost_access::secrets::{SecretRef, may_refer};
use sealpost_egress::tls::MinTls;
use sealpost_store::{EndpointId, Store, Tx};
use sealpost_web::shell::Ask;
use sealpost_web::shell::parts::{Choice, Field, Kind};
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Refusal, Reply, get, post};
use serde::Deserialize;
use serde_json::json;

use super::api::{Leaves, Version};
use super::body::BodyForm;
use super::line;
use super::model::{OwnAuthorities, Transport};
use super::service::{self, Wanted};
use super::store;
use crate::endpoints::Endpoints;
use crate::endpoints::codes::TRANSPORT_INVALID;
use crate::endpoints::policy::{self, POLICY_REFUSES};
use crate::versions::Expected;

/// How an endpoint is to be called.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TransportForm")]
struct Form {
    /// `standard`, `none`, or waits in seconds with spaces between.
    retries: Option<String>,
    rate_per_second: Option<u32>,
    #[serde(default)]
    min_tls: Version,
    /// `known` if TLS 1.2 is spoken knowingly.
    acknowledge_tls_1_2: Option<String>,
    #[serde(default)]
    body: Leaves,
    /// A header a line.
    headers: Option<String>,
    /// The chain of our certificate.
    chain: Option<String>,
    /// The stored secret that is its key.
    key: Option<String>,
    /// Certificates of its authorities.
    authorities: Option<String>,
    /// `besides` or `only`.
    authorities_are: Option<String>,
}

impl Form {
    fn of(transport: &Transport) -> Self {
        let certificate = transport.certificate.as_ref();
        Self {
            retries: transport.retries.as_ref().map(|own| match own.waits() {
                [] => "none".to_owned(),
                waits => waits.iter().map(u32::to_string).collect::<Vec<_>>().join(" "),
            }),
            rate_per_second: transport.rate.map(|rate| rate.calls().into()),
            min_tls: match transport.min_tls {
                MinTls::V1_2 => Version::Older,
                MinTls::V1_3 => Version::Newer,
            },
            acknowledge_tls_1_2: (transport.min_tls == MinTls::V1_2).then(|| "known".to_owned()),
            body: transport.body.into(),
            headers: Some(line::write(&transport.headers)),
            chain: certificate.map(|one| one.chain.clone()),
            key: certificate.map(|one| one.key.to_string()),
            authorities: transport.authorities.as_ref().map(|own| own.pem.clone()),
            authorities_are: transport.authorities.as_ref().filter(|own| own.only).map(|_| "only".to_owned()),
        }
    }

    fn wanted(&self) -> Result<Wanted, Refusal> {
        let text = |field: &Option<String>| field.clone().filter(|text| !text.trim().is_empty());
        let wrong = |place, code| Refusal::of(&TRANSPORT_INVALID).at(place, code);
        let retries = match text(&self.retries).as_deref().map(str::trim) {
            None | Some("standard") => None,
            Some("none") => Some(Vec::new()),
            Some(waits) => {
                let waits = waits.split([' ', ',']).filter(|wait| !wait.is_empty()).map(str::parse);
                Some(waits.collect::<Result<_, _>>().map_err(|_| wrong("/retries", "schedule_invalid"))?)
            }
        };
        let headers = line::read(&text(&self.headers).unwrap_or_default())
            .map_err(|at| wrong("/headers", "header_invalid").member("line", at + 1))?;
        let certificate = match (text(&self.chain), text(&self.key)) {
            (None, None) => None,
            (Some(chain), Some(key)) => {
                let key = SecretRef::parse(key.trim()).ok_or_else(|| wrong("/key", "name_invalid"))?;
                Some((chain, key))
            }
            (Some(_), None) => return Err(wrong("/key", "field_missing")),
            (None, Some(_)) => return Err(wrong("/chain", "field_missing")),
        };
        let only = self.authorities_are.as_deref() == Some("only");
        Wanted::default()
            .retried(retries)?
            .at_most(self.rate_per_second)?
            .speaking(self.min_tls.into(), self.acknowledge_tls_1_2.as_deref() == Some("known"))?
            .written(self.body.into())
            .with_headers(headers)?
            .shown_as(certificate)?
            .believing(text(&self.authorities).map(|pem| OwnAuthorities { pem, only }))
    }
}

pub(super) fn ask(house: &Store) -> Route {
    let house = house.clone();
    get("/app/{env}/endpoints/{id}/transport")
        .needs(ENDPOINTS_MANAGE)
        .page()
        .class(Class::Read)
        .summary("Ask how an endpoint is to be called")
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let found = house.read::<_, Failure>(&call.ctx, move |tx| {
                    crate::endpoints::find(tx, id)?;
                    Ok(service::find(tx, id)?)
                });
                question(&call, id, &Form::of(&found.await?)).show(&call)
            }
        })
}

pub(super) fn change(house: &Store, endpoints: &Endpoints) -> Route {
    let (house, endpoints) = (house.clone(), endpoints.clone());
    post("/app/{env}/endpoints/{id}/transport")
        .needs(ENDPOINTS_MANAGE)
        .session()
        .class(Class::Write)
        .acts("endpoint.change_transport")
        .done("It is called so from now on")
        .summary("Say how an endpoint is called")
        .takes_form::<Form>()
        .example(json!({ "retries": "5 60 600 3600", "rate_per_second": "20", "min_tls": "1.3", "headers": "X-Tenant: clinic" }))
        .answers_with(303, "")
        .refuses(&[&TRANSPORT_INVALID])
        .refuses(&POLICY_REFUSES)
        .to(move |call: Call<Form>| {
            let (house, endpoints) = (house.clone(), endpoints.clone());
            async move {
                let id: EndpointId = call.id("id")?;
                match put(&house, &endpoints, &call, id).await {
                    Ok(reply) => Ok(reply),
                    Err(failure) => question(&call, id, &call.body).again(&call, failure),
                }
            }
        })
}

async fn put(house: &Store, endpoints: &Endpoints, call: &Call<Form>, id: EndpointId) -> Result<Reply, Failure> {
    let wanted = call.body.wanted()?;
    if wanted.refers() {
        may_refer(&call.caller)?;
    }
    let (keys, client) = (house.keys().organisation(call.ctx.org.id).await?, endpoints.client.clone());
    let (done, approvals) = (call.done(&format!("/endpoints/{id}")), call.at("/approvals"));
    let change = move |tx: &mut Tx<'_>| {
        let put = service::put(tx, &keys, &client, id, wanted, &Expected::default())?;
        Ok(put.map(|put| policy::settled(&put, done, &approvals)))
    };
    call.write(house, change).await
}

fn question<B, Q>(call: &Call<B, Q>, id: EndpointId, form: &Form) -> Ask {
    let of = |value: &Option<String>| value.clone().unwrap_or_default();
    let version = match form.min_tls {
        Version::Older => MinTls::V1_2,
        Version::Newer => MinTls::V1_3,
    };
    let choices =
        |all: [(&'static str, &'static str); 2]| Kind::Choice(all.map(|(value, says)| Choice::new(value, says)).into());
    let says = "What is left empty is as for every endpoint.";
    Ask::new(call, "How is this endpoint called?", says, &format!("/endpoints/{id}"))
        .field(
            Field::new("retries", "Waits between attempts, in seconds")
                .value(of(&form.retries))
                .placeholder("standard")
                .hint("5 60 600: three further attempts. None: one attempt and no other."),
        )
        .field(
            Field::new("rate_per_second", "Calls a second at most")
                .kind(Kind::Typed("number"))
                .value(form.rate_per_second.map(|rate| rate.to_string()).unwrap_or_default())
                .hint("1 to 1000. What comes faster waits its turn."),
        )
        .field(
            Field::new("body", "Bodies leave")
                .kind(choices([("json", "as JSON"), ("form", "as a form, for a receiver that reads nothing else")]))
                .value(BodyForm::from(form.body).word()),
        )
        .field(
            Field::new("headers", "Further headers")
                .kind(Kind::Lines(3, true))
                .value(of(&form.headers))
                .placeholder("Authorization: Bearer {secret:shop-token}")
                .hint("One a line. Credentials only by the name of a stored secret."),
        )
        .field(
            Field::new("chain", "Our certificate and its chain")
                .kind(Kind::Lines(3, true))
                .value(of(&form.chain))
                .hint("PEM, for a receiver that wants one."),
        )
        .field(Field::new("key", "Its key").value(of(&form.key)).hint("The name of the stored secret that is the key."))
        .field(
            Field::new("authorities", "Authorities of its own")
                .kind(Kind::Lines(3, true))
                .value(of(&form.authorities))
                .hint("PEM, where its certificate is not from a public authority."),
        )
        .field(
            Field::new("authorities_are", "They are believed")
                .kind(choices([("besides", "besides the public ones"), ("only", "instead of the public ones")]))
                .value(of(&form.authorities_are)),
        )
        .field(
            Field::new("min_tls", "TLS")
                .kind(choices([("1.3", "1.3, nothing older"), ("1.2", "1.2 or newer")]))
                .value(store::word(version)),
        )
        .field(
            Field::new("acknowledge_tls_1_2", "TLS 1.2 is")
                .kind(choices([("", "not wanted"), ("known", "wanted: this receiver can’t do better")]))
                .value(of(&form.acknowledge_tls_1_2)),
        )
        .submit("Call it so")
}

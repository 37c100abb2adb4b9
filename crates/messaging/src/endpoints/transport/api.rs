//! `GET` and `PUT /v1/endpoints/{id}/transport`

use schemars::JsonSchema;
use sealpost_access::permissions::{ENDPOINTS_MANAGE, ENDPOINTS_READ};
use sealpost_access::secrets::{SecretRef, may_refer};
use sealpost_egress::tls::{Certificates, MinTls};
use sealpost_govern::approvals;
use sealpost_store::{EndpointId, SecretId, Store, Time};
use sealpost_web::problem::BODY_INVALID;
use sealpost_web::{Call, Class, Endpoint as Route, Failure, Refusal, Reply, get, put};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::body::BodyForm;
use super::model::{OwnAuthorities, Transport, Value};
use super::service::{self, GivenHeader, Wanted};
use super::store;
use crate::deliveries::RETRIES;
use crate::endpoints::Endpoints;
use crate::endpoints::codes::TRANSPORT_INVALID;
use crate::endpoints::policy::{self, POLICY_REFUSES};
use crate::versions::Promoted;

pub(in crate::endpoints) fn routes(house: &Store, endpoints: &Endpoints) -> Vec<Route> {
    vec![show(house), replace(house, endpoints)]
}

/// A version of TLS.
#[derive(Clone, Copy, Default, Deserialize, JsonSchema)]
#[schemars(rename = "TlsVersion")]
pub(super) enum Version {
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    Older,
    /// TLS 1.3.
    #[default]
    #[serde(rename = "1.3")]
    Newer,
}

impl From<Version> for MinTls {
    fn from(version: Version) -> Self {
        match version {
            Version::Older => Self::V1_2,
            Version::Newer => Self::V1_3,
        }
    }
}

/// As what bodies leave.
#[derive(Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "BodyForm")]
pub(super) enum Leaves {
    /// As JSON.
    #[default]
    Json,
    /// As `application/x-www-form-urlencoded`.
    Form,
}

impl From<Leaves> for BodyForm {
    fn from(leaves: Leaves) -> Self {
        match leaves {
            Leaves::Json => Self::Json,
            Leaves::Form => Self::Form,
        }
    }
}

impl From<BodyForm> for Leaves {
    fn from(body: BodyForm) -> Self {
        match body {
            BodyForm::Json => Self::Json,
            BodyForm::Form => Self::Form,
        }
    }
}

/// How an endpoint is to be called. Absent is as all are called.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TransportBody")]
struct Body {
    /// Waits between attempts, in seconds: at most 20 of 1 to 86400, five days together. None is one attempt; absent is the standard schedule.
    #[schemars(length(max = 20))]
    retries: Option<Vec<u32>>,
    /// Calls a second at most, 1 to 1000. What comes faster waits its turn.
    #[schemars(range(min = 1, max = 1000))]
    rate_per_second: Option<u32>,
    /// The oldest version of TLS its server may speak.
    #[serde(default)]
    min_tls: Version,
    /// That TLS 1.2 is spoken knowingly; nothing less will do for `min_tls` of `1.2`.
    #[serde(default)]
    acknowledge_tls_1_2: bool,
    /// As what bodies leave: as JSON, or as a form for receivers that read nothing else.
    #[serde(default)]
    body: Leaves,
    /// Further headers, at most 16.
    #[serde(default)]
    #[schemars(length(max = 16))]
    headers: Vec<HeaderBody>,
    /// Who we are, to a server that wants a certificate.
    client_certificate: Option<CertificateBody>,
    /// Authorities of its own.
    authorities: Option<AuthoritiesBody>,
}

/// A further header: a text, or a stored secret.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TransportHeaderBody")]
struct HeaderBody {
    /// Its name: none that frames, steers or signs.
    #[schemars(length(min = 1, max = 64))]
    name: String,
    /// Its value; not for `Authorization` and others that carry a credential.
    #[schemars(length(max = 1024))]
    value: Option<String>,
    /// Instead: the stored secret that is its value. Takes `secrets:manage`.
    secret: Option<SecretRef>,
    /// What stands before the secret: `Bearer `.
    #[schemars(length(max = 64))]
    prefix: Option<String>,
}

/// A client's certificate.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ClientCertificateBody")]
struct CertificateBody {
    /// The chain in PEM form, ours first.
    #[schemars(length(max = 65_536))]
    chain: String,
    /// The stored secret that is its key, in PEM form. Takes `secrets:manage`.
    key: SecretRef,
}

/// Authorities of a receiver's own.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AuthoritiesBody")]
struct AuthoritiesBody {
    /// Their certificates in PEM form.
    #[schemars(length(max = 65_536))]
    pem: String,
    /// Whether no public authority is believed any more.
    #[serde(default)]
    only: bool,
}

/// How an endpoint is called.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Transport")]
struct View {
    /// Waits between attempts, in seconds, its own or those of the standard schedule.
    retries: Vec<u32>,
    /// Whether the waits are its own.
    own_retries: bool,
    /// Calls a second at most.
    rate_per_second: Option<u16>,
    /// The oldest version of TLS its server may speak.
    min_tls: &'static str,
    /// As what bodies leave.
    body: Leaves,
    /// Further headers.
    headers: Vec<HeaderView>,
    /// Who we are, to a server that wants a certificate.
    client_certificate: Option<CertificateView>,
    /// Authorities of its own.
    authorities: Option<AuthoritiesView>,
    /// When this was last changed.
    updated_at: Option<Time>,
}

/// A further header.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TransportHeader")]
struct HeaderView {
    /// Its name.
    name: String,
    /// Its value, if it is no secret.
    value: Option<String>,
    /// Which stored secret its value is.
    secret_id: Option<SecretId>,
    /// What stands before the secret.
    prefix: Option<String>,
}

/// A client's certificate.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ClientCertificate")]
struct CertificateView {
    /// The chain in PEM form.
    chain: String,
    /// SHA-256 of its first certificate.
    fingerprint: Option<String>,
    /// Which stored secret is its key.
    key_secret_id: SecretId,
}

/// Authorities of a receiver's own.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Authorities")]
struct AuthoritiesView {
    /// Their certificates in PEM form.
    pem: String,
    /// Whether no public authority is believed.
    only: bool,
}

impl From<&Transport> for View {
    fn from(transport: &Transport) -> Self {
        let own = transport.retries.as_ref();
        let standard = || RETRIES.iter().skip(1).filter_map(|wait| u32::try_from(wait / 1000).ok()).collect();
        Self {
            retries: own.map_or_else(standard, |own| own.waits().to_vec()),
            own_retries: own.is_some(),
            rate_per_second: transport.rate.map(|rate| rate.calls()),
            min_tls: store::word(transport.min_tls),
            body: transport.body.into(),
            headers: transport
                .headers
                .iter()
                .map(|header| {
                    let (value, secret_id, prefix) = match &header.value {
                        Value::Text(text) => (Some(text.as_str().to_owned()), None, None),
                        Value::Stored { prefix, secret } => (None, Some(*secret), Some(prefix.as_str().to_owned())),
                    };
                    HeaderView { name: header.name.as_str().to_owned(), value, secret_id, prefix }
                })
                .collect(),
            client_certificate: transport.certificate.as_ref().map(|one| CertificateView {
                chain: one.chain.clone(),
                fingerprint: fingerprint(&one.chain),
                key_secret_id: one.key,
            }),
            authorities: transport
                .authorities
                .as_ref()
                .map(|own| AuthoritiesView { pem: own.pem.clone(), only: own.only }),
            updated_at: transport.updated_at,
        }
    }
}

/// SHA-256 of the first certificate, as people compare them.
pub(super) fn fingerprint(pem: &str) -> Option<String> {
    Certificates::parse(pem).ok().map(|all| all.fingerprint().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn show(house: &Store) -> Route {
    let house = house.clone();
    get("/v1/endpoints/{id}/transport")
        .needs(ENDPOINTS_READ)
        .class(Class::Read)
        .summary("Read how an endpoint is called")
        .answers::<View>(200)
        .to(move |call: Call| {
            let house = house.clone();
            async move {
                let id: EndpointId = call.id("id")?;
                let found = house.read::<_, Failure>(&call.ctx, move |tx| {
                    crate::endpoints::find(tx, id)?;
                    Ok(service::find(tx, id)?)
                });
                Ok(Reply::ok(&View::from(&found.await?))?)
            }
        })
}

fn replace(house: &Store, endpoints: &Endpoints) -> Route {
    let (house, endpoints) = (house.clone(), endpoints.clone());
    put("/v1/endpoints/{id}/transport")
        .needs(ENDPOINTS_MANAGE)
        .class(Class::Write)
        .acts("endpoint.change_transport")
        .summary("Say how an endpoint is called")
        .describe(
            "Replaces all of it: what is absent is as for every endpoint. The key of a certificate and every header that carries a \
             credential are stored secrets, by name; none of them can be removed while it is used here. In live, where endpoints take an \
             approval, an older TLS version and further authorities wait for one: then the answer is `202` with what waits.",
        )
        .takes::<Body>()
        .answers::<View>(200)
        .also_answers(202, "application/json")
        .refuses(&[&TRANSPORT_INVALID])
        .refuses(&POLICY_REFUSES)
        .example(json!({
            "retries": [5, 60, 600, 3600],
            "rate_per_second": 20,
            "headers": [{ "name": "X-Tenant", "value": "clinic" }],
        }))
        .to(move |call: Call<Body>| handle(house.clone(), endpoints.clone(), call))
}

async fn handle(house: Store, endpoints: Endpoints, mut call: Call<Body>) -> Result<Reply, Failure> {
    let id: EndpointId = call.id("id")?;
    let wanted = wanted(&mut call.body)?;
    if wanted.refers() {
        may_refer(&call.caller)?;
    }
    let (keys, client) = (house.keys().organisation(call.ctx.org.id).await?, endpoints.client.clone());
    let expected = policy::expected(&call, None);
    call.write(&house, move |tx| {
        let changed = service::put(tx, &keys, &client, id, wanted, &expected)?;
        let reply = match changed.value() {
            Promoted::Waits(approval) => approvals::accepted(approval)?,
            Promoted::InForce(transport) => Reply::ok(&View::from(transport))?,
        };
        Ok(changed.map(|_| reply))
    })
    .await
}

fn wanted(body: &mut Body) -> Result<Wanted, Refusal> {
    let headers = std::mem::take(&mut body.headers);
    let headers = headers.into_iter().enumerate().map(|(at, one)| given(at, one)).collect::<Result<_, _>>()?;
    Wanted::default()
        .retried(body.retries.take())?
        .at_most(body.rate_per_second)?
        .speaking(body.min_tls.into(), body.acknowledge_tls_1_2)?
        .written(body.body.into())
        .with_headers(headers)?
        .shown_as(body.client_certificate.take().map(|one| (one.chain, one.key)))?
        .believing(body.authorities.take().map(|own| OwnAuthorities { pem: own.pem, only: own.only }))
}

fn given(at: usize, one: HeaderBody) -> Result<GivenHeader, Refusal> {
    let wrong = |field: &str, code| Refusal::of(&BODY_INVALID).at(format!("/headers/{at}/{field}"), code);
    match one {
        HeaderBody { name, value: Some(value), secret: None, prefix: None } => {
            Ok(GivenHeader { name, value, secret: None })
        }
        HeaderBody { name, value: None, secret: Some(secret), prefix } => {
            Ok(GivenHeader { name, value: prefix.unwrap_or_default(), secret: Some(secret) })
        }
        HeaderBody { value: Some(_), .. } => Err(wrong("value", "field_unexpected")),
        HeaderBody { .. } => Err(wrong("value", "field_missing")),
    }
}

//! What a directory can ask about this API itself (RFC 7644 §4).

use sealpost_web::{Call, Class, Endpoint, Failure, Reply, get, not_found};
use serde_json::{Value, json};

use super::answer::{DIALECT, SCIM, document};
use super::{Api, query, schemas};
use crate::scim::wire::Object;

const WHY: &str = "a directory learns what it can ask";
const CONFIG: &str = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

pub(super) fn routes(api: &Api) -> Vec<Endpoint> {
    vec![
        shows("/scim/v2/ServiceProviderConfig", "Show what this API can do", api, |api, _| Some(config(api))),
        shows("/scim/v2/ResourceTypes", "List the kinds of resources", api, |api, _| {
            Some(list(schemas::resource_types(&api.url)))
        }),
        shows("/scim/v2/ResourceTypes/{name}", "Show a kind of resource", api, |api, name| {
            named(schemas::resource_types(&api.url), name)
        }),
        shows("/scim/v2/Schemas", "List the schemas", api, |api, _| Some(list(schemas::all(&api.url)))),
        shows("/scim/v2/Schemas/{name}", "Show a schema", api, |api, name| named(schemas::all(&api.url), name)),
    ]
}

fn shows(path: &'static str, summary: &'static str, api: &Api, what: fn(&Api, &str) -> Option<Value>) -> Endpoint {
    let api = api.clone();
    get(path)
        .for_directories(WHY)
        .speaks(&DIALECT)
        .class(Class::Provision)
        .summary(summary)
        .queries::<query::Query>()
        .answers_with(200, SCIM)
        .to(move |call: Call<(), query::Query>| std::future::ready(answer(what(&api, call.param("name")))))
}

fn answer(found: Option<Value>) -> Result<Reply, Failure> {
    Ok(document(200, &found.ok_or_else(not_found)?)?)
}

fn list(all: Vec<Value>) -> Value {
    json!({ "schemas": [LIST], "totalResults": all.len(), "startIndex": 1, "itemsPerPage": all.len(), "Resources": all })
}

fn named(all: Vec<Value>, name: &str) -> Option<Value> {
    let is =
        |one: &Value| one.as_object().and_then(|one: &Object| one.get("id")?.as_str()).is_some_and(|id| id == name);
    all.into_iter().find(is)
}

fn config(api: &Api) -> Value {
    json!({
        "schemas": [CONFIG],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": query::MOST },
        "changePassword": { "supported": false },
        "sort": { "supported": false },
        "etag": { "supported": true },
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Bearer token",
            "description": "A token made for this directory alone.",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
            "primary": true,
        }],
        "meta": { "resourceType": "ServiceProviderConfig", "location": format!("{}/scim/v2/ServiceProviderConfig", api.url) },
    })
}

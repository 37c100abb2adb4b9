//! The OpenAPI 3.1 document.

use serde_json::{Map, Value, json};

use super::responses::{Responses, headers};
use super::schemas::{Schemas, lenient_object, rename};
use crate::body::{FORM, Takes};
use crate::permission::Permission;
use crate::problem::*;
use crate::route::{Access, Callers, Endpoint, RouteInfo, Trace, is_for_browsers};

pub(super) fn openapi<'e>(
    endpoints: &[&'e Endpoint],
    features: &[(&'static str, &'static str)],
    authentication: &[&'static Code],
    version: &str,
) -> Result<Value, (&'e RouteInfo, String)> {
    let (mut schemas, mut shared) = (Schemas::new(), Responses::default());
    let (mut paths, mut pages) = (Map::new(), Map::new());
    let mut answers = Vec::new();
    for endpoint in endpoints {
        let info = &endpoint.info;
        let (operation, answer) =
            operation(endpoint, authentication, &mut schemas, &mut shared).map_err(|problem| (info, problem))?;
        let method = info.method.as_str().to_ascii_lowercase();
        answers.push((info, method.clone(), answer));
        let into = if is_for_browsers(info.path) { &mut pages } else { &mut paths };
        let path = into.entry(info.path).or_insert_with(|| json!({}));
        path[method] = operation;
    }
    let (mut components, renamed) = schemas.finish();
    for (info, method, answer) in answers {
        let Some(mut answer) = answer.filter(|_| paths.contains_key(info.path)) else { continue };
        rename(&mut answer, &renamed);
        paths[info.path][method]["responses"][info.status.to_string()]["content"][info.media_type] =
            json!({ "schema": answer });
    }
    components.insert("Problem".into(), problem_schema());
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sealpost",
            "version": version,
            "description": "Errors are RFC 9457 problem details with a stable `code`; /docs/errors lists them all.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{ "url": "/" }],
        "tags": features.iter().map(|(name, about)| json!({ "name": name, "description": about })).collect::<Vec<_>>(),
        "paths": paths,
        // Of the same form as `paths`: what is for browsers, and for the tests that are generated from this.
        "x-sealpost-pages": pages,
        "components": {
            "schemas": components,
            "responses": shared.finish(),
            "headers": headers(),
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "description": "An API key." },
                "api_key": { "type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key." },
                "session": { "type": "apiKey", "in": "cookie", "name": "__Host-sealpost_session", "description":
                    "A signed-in member. Unsafe requests come from a page of this server and carry its token in `X-CSRF-Token` or the field `_csrf`; \
                     `Sealpost-Environment: test|live` says which environment is meant." },
                "directory": { "type": "http", "scheme": "bearer", "description": "The token of a directory that provisions members." },
                "publishable_key": { "type": "apiKey", "in": "header", "name": "X-Publishable-Key", "description": "A publishable key." },
            },
        },
    }))
}

fn operation(
    endpoint: &Endpoint,
    authentication: &[&'static Code],
    schemas: &mut Schemas,
    shared: &mut Responses,
) -> Result<(Value, Option<Value>), String> {
    let info = &endpoint.info;
    let query = endpoint.schemas.query.map(|of| schemas.incoming(of));
    let mut operation = json!({
        "operationId": info.operation_id(),
        "tags": [info.feature],
        "summary": info.summary,
        "description": description(info),
        "security": security(info),
        "parameters": parameters(info, query.as_ref()),
        "x-sealpost": declared(info),
    });
    match info.takes {
        Takes::Nothing => {}
        Takes::Json | Takes::Form => {
            let of = endpoint.schemas.body.ok_or("its body has no schema")?;
            if let Some(at) = lenient_object(of) {
                return Err(format!(
                    "its body would accept unknown fields (schema {at}): add `#[serde(deny_unknown_fields)]`"
                ));
            }
            let mut media = json!({ "schema": schemas.incoming(of) });
            if let Some(example) = &info.example {
                media["example"] = example.clone();
            }
            let media_type = if info.takes == Takes::Form { FORM } else { "application/json" };
            operation["requestBody"] = json!({ "required": true, "content": { media_type: media } });
        }
        Takes::OpenJson(media_types) => {
            let media = json!({ "schema": { "type": "object" }, "example": info.example.clone() });
            let content: Map<_, _> =
                media_types.iter().map(|media_type| ((*media_type).into(), media.clone())).collect();
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
        Takes::Bytes(media_types) => {
            let content: Map<_, _> = media_types.iter().map(|media_type| ((*media_type).into(), json!({}))).collect();
            operation["requestBody"] = json!({ "required": true, "content": content });
        }
    }
    let has_cursor = query.as_ref().is_some_and(|query| query["properties"].get("cursor").is_some());
    operation["responses"] = shared.of(info, &codes(info, authentication, has_cursor));
    let answer = endpoint.schemas.answer.map(|of| schemas.outgoing(of));
    Ok((operation, answer))
}

fn description(info: &RouteInfo) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !info.description.is_empty() {
        parts.push(info.description.into());
    }
    parts.push(match info.access {
        Access::Needs(permission) => format!("Needs the permission `{}`.", permission.name()),
        Access::SignedIn(reason) => format!("Every signed-in member may: {reason}."),
        Access::Directories(reason) => format!("Directories alone may, with a token of their own: {reason}."),
        Access::OpenToAll(reason) => format!("Open to all: {reason}."),
    });
    match info.trace {
        Trace::Acts(action) => parts.push(format!("Recorded in the ledger as `{action}`.")),
        Trace::ChangesNothing(reason) => parts.push(format!("Changes nothing: {reason}.")),
        Trace::Reads => {}
    }
    parts.join("\n\n")
}

fn security(info: &RouteInfo) -> Value {
    match info.callers {
        _ if info.is_open() => json!([]),
        Callers::SecretKey => json!([{ "bearer": [] }, { "api_key": [] }, { "session": [] }]),
        Callers::AnyKey => json!([{ "bearer": [] }, { "api_key": [] }, { "publishable_key": [] }, { "session": [] }]),
        Callers::Session => json!([{ "session": [] }]),
        Callers::Directory => json!([{ "directory": [] }]),
    }
}

/// What the route declares about itself and OpenAPI has no word for: tests and clients are generated from it.
fn declared(info: &RouteInfo) -> Value {
    let credential = match info.callers {
        _ if info.is_open() => "none",
        Callers::SecretKey => "secret",
        Callers::AnyKey => "any",
        Callers::Session => "session",
        Callers::Directory => "directory",
    };
    json!({
        "permission": info.permission().map(Permission::name),
        "credential": credential,
        "action": info.action(),
        "mutates": info.mutates(),
        "reveals": info.reveals,
        "page": info.page,
        "own_page": info.own_page,
        "own_origin": info.own_origin.is_some(),
        "steps_up": info.steps_up,
        "lets_out": info.lets_out,
    })
}

/// Whether an idempotency key means anything to it.
pub(super) fn takes_key(info: &RouteInfo) -> bool {
    info.mutates() && info.permission().is_some()
}

fn parameters(info: &RouteInfo, query: Option<&Value>) -> Vec<Value> {
    let mut all: Vec<Value> = (info.path_params.iter())
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    if let Some(Value::Object(properties)) = query.map(|query| &query["properties"]) {
        let required = query.and_then(|query| query["required"].as_array());
        for (name, schema) in properties {
            let required = required.is_some_and(|required| required.iter().any(|one| one == name));
            let mut schema = schema.clone();
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            without_null(&mut schema);
            let mut parameter = json!({ "name": name, "in": "query", "required": required, "schema": schema });
            if schema["type"] == "array" {
                parameter["style"] = "form".into();
                parameter["explode"] = false.into();
            }
            if let Some(description) = description {
                parameter["description"] = description;
            }
            all.push(parameter);
        }
    }
    if takes_key(info) {
        all.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Makes a retry safe: the same key and request are done once and answered alike for 72 hours.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        }));
    }
    all
}

/// A parameter is there or it isn't: it can't be null.
fn without_null(schema: &mut Value) {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = types.as_slice() {
            schema["type"] = one.clone();
        }
    }
    for any in ["anyOf", "oneOf"] {
        if let Some(Value::Array(variants)) = schema.get_mut(any) {
            variants.retain(|one| one["type"] != "null");
            if let [one] = variants.as_slice() {
                *schema = one.clone();
            }
        }
    }
}

/// Every code this route may answer with.
pub(super) fn codes(info: &RouteInfo, authentication: &[&'static Code], has_cursor: bool) -> Vec<&'static Code> {
    let mut all: Vec<&'static Code> = vec![
        &CREDENTIAL_IN_URL,
        &HOST_INVALID,
        &FORWARDED_INVALID,
        &QUERY_INVALID,
        &URL_TOO_LONG,
        &RATE_LIMITED,
        &HEADERS_TOO_LARGE,
        &INTERNAL,
        &STORAGE_UNAVAILABLE,
        &OVERLOADED,
    ];
    if !info.is_open() {
        all.extend([&CREDENTIAL_AMBIGUOUS, &CREDENTIAL_MISSING, &CREDENTIAL_INVALID, &NETWORK_NOT_ADMITTED]);
        all.extend([&CROSS_SITE_REFUSED, &ENVIRONMENT_INVALID, &RESPONSE_WITHHELD]);
        // Directories bring a token of their own; whoever was let in to help finds nothing outside of their grant.
        if info.callers != Callers::Directory {
            all.extend([&SUPPORT_OUT_OF_REACH, &NOT_FOUND]);
        }
        all.extend(authentication);
        all.extend(info.permission().iter().flat_map(|_| [&PERMISSION_MISSING, &PASSKEY_REQUIRED]));
        match info.callers {
            // Any key is one too few for a directory.
            Callers::AnyKey | Callers::SecretKey => all.push(&SECRET_KEY_REQUIRED),
            Callers::Session => all.push(&SESSION_REQUIRED),
            Callers::Directory => all.push(&DIRECTORY_TOKEN_REQUIRED),
        }
        if info.is_unsafe() {
            all.extend([&CSRF_TOKEN_INVALID, &PREVIEW_READ_ONLY]);
        }
        if info.page {
            all.extend([&PERMISSION_MISSING, &PREVIEW_READ_ONLY, &NOT_FOUND]);
        }
        if info.steps_up || info.mutates() || info.reveals {
            all.push(&STEP_UP_REQUIRED);
        }
    }
    if info.own_origin.is_some() {
        all.extend([&CROSS_SITE_REFUSED, &CREDENTIAL_AMBIGUOUS]);
    }
    if info.own_page {
        all.extend([&CROSS_SITE_REFUSED, &CSRF_TOKEN_INVALID, &CREDENTIAL_AMBIGUOUS]);
    }
    if !info.path_params.is_empty() {
        all.push(&NOT_FOUND);
    }
    if has_cursor {
        all.push(&CURSOR_INVALID);
    }
    match info.takes {
        Takes::Nothing => all.push(&BODY_UNEXPECTED),
        Takes::Json | Takes::OpenJson(_) => all.extend([&JSON_INVALID, &BODY_INVALID, &NUMBER_UNSAFE]),
        Takes::Form => all.push(&BODY_INVALID),
        Takes::Bytes(_) => {}
    }
    if info.takes != Takes::Nothing {
        all.extend([&BODY_INCOMPLETE, &REQUEST_TIMEOUT, &BODY_TOO_LARGE, &MEDIA_TYPE_UNSUPPORTED]);
    }
    if takes_key(info) {
        all.extend([
            &CHANGED_MEANWHILE,
            &IDEMPOTENCY_KEY_INVALID,
            &IDEMPOTENCY_IN_FLIGHT,
            &IDEMPOTENCY_MISMATCH,
            &IDEMPOTENCY_KEY_CONFLICT,
        ]);
    }
    all.extend(&info.codes);
    all.sort_by_key(|code| (code.status, code.code));
    all.dedup();
    all
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457 problem details.",
        "required": ["type", "title", "status", "code", "request_id"],
        "properties": {
            "type": { "type": "string", "format": "uri-reference" },
            "title": { "type": "string" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "code": { "type": "string", "pattern": "^[a-z0-9_]+$", "description": "Stable; decide by this." },
            "detail": { "type": "string" },
            "request_id": { "type": "string" },
            "errors": { "type": "array", "items": {
                "type": "object",
                "required": ["code"],
                "properties": {
                    "pointer": { "type": "string", "description": "RFC 6901 pointer into the body." },
                    "parameter": { "type": "string", "description": "A query parameter." },
                    "header": { "type": "string", "description": "A header." },
                    "code": { "type": "string" },
                },
            } },
        },
    })
}

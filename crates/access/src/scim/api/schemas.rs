//! The schemas (RFC 7643 §4, §8.7), as far as they mean something here or are given back as they came.

use serde_json::{Value, json};

use crate::scim::wire::{ENTERPRISE, GROUP, USER};

const SCHEMA: &str = "urn:ietf:params:scim:schemas:core:2.0:Schema";
const RESOURCE_TYPE: &str = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";

pub(super) fn resource_types(url: &str) -> Vec<Value> {
    let kind = |name: &str, schema: &str, extensions: Value| {
        json!({
            "schemas": [RESOURCE_TYPE],
            "id": name,
            "name": name,
            "endpoint": format!("/{name}s"),
            "schema": schema,
            "schemaExtensions": extensions,
            "meta": { "resourceType": "ResourceType", "location": format!("{url}/scim/v2/ResourceTypes/{name}") },
        })
    };
    vec![kind("User", USER, json!([{ "schema": ENTERPRISE, "required": false }])), kind("Group", GROUP, json!([]))]
}

pub(super) fn all(url: &str) -> Vec<Value> {
    let schema = |id: &str, name: &str, says: &str, attributes: Vec<Value>| {
        json!({
            "schemas": [SCHEMA],
            "id": id,
            "name": name,
            "description": says,
            "attributes": attributes,
            "meta": { "resourceType": "Schema", "location": format!("{url}/scim/v2/Schemas/{id}") },
        })
    };
    vec![
        schema(USER, "User", "A member", user()),
        schema(GROUP, "Group", "A team", group()),
        schema(ENTERPRISE, "EnterpriseUser", "What members are who are somebody's staff", enterprise()),
    ]
}

/// A text that anybody may change.
fn text(name: &str) -> Value {
    json!({
        "name": name, "type": "string", "multiValued": false, "description": name, "required": false, "caseExact": false,
        "mutability": "readWrite", "returned": "default", "uniqueness": "none",
    })
}

/// The same with something that is otherwise.
fn with(mut attribute: Value, others: Value) -> Value {
    if let (Value::Object(attribute), Value::Object(others)) = (&mut attribute, others) {
        attribute.extend(others);
    }
    attribute
}

fn complex(name: &str, many: bool, parts: Vec<Value>) -> Value {
    json!({
        "name": name, "type": "complex", "multiValued": many, "description": name, "required": false,
        "mutability": "readWrite", "returned": "default", "subAttributes": parts,
    })
}

fn flag(name: &str) -> Value {
    json!({
        "name": name, "type": "boolean", "multiValued": false, "description": name, "required": false,
        "mutability": "readWrite", "returned": "default",
    })
}

fn reference(name: &str, to: &[&str]) -> Value {
    with(text(name), json!({ "type": "reference", "referenceTypes": to, "caseExact": true }))
}

fn texts(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| text(name)).collect()
}

/// A list of values of which one may be the first.
fn many(name: &str, value: Value) -> Value {
    complex(name, true, vec![value, text("display"), text("type"), flag("primary")])
}

fn user() -> Vec<Value> {
    let read_only = json!({ "mutability": "readOnly" });
    let group = vec![
        with(text("value"), read_only.clone()),
        with(reference("$ref", &["Group"]), read_only.clone()),
        with(text("display"), read_only.clone()),
        with(text("type"), read_only.clone()),
    ];
    let parts = ["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"];
    let address = ["formatted", "streetAddress", "locality", "region", "postalCode", "country", "type"];
    let mut address = texts(&address);
    address.push(flag("primary"));
    let mut all = vec![
        with(text("userName"), json!({ "required": true, "uniqueness": "server" })),
        with(text("externalId"), json!({ "caseExact": true })),
        complex("name", false, texts(&parts)),
        reference("profileUrl", &["external"]),
        // A user is one or the other: it can be changed, and not taken away.
        with(flag("active"), json!({ "required": true })),
        many("emails", text("value")),
        many("phoneNumbers", text("value")),
        complex("addresses", true, address),
        with(complex("groups", true, group), read_only),
    ];
    all.extend(texts(&["displayName", "nickName", "title", "userType", "preferredLanguage", "locale", "timezone"]));
    all
}

fn group() -> Vec<Value> {
    let immutable = json!({ "mutability": "immutable" });
    let kind = with(text("type"), json!({ "mutability": "immutable", "canonicalValues": ["User"] }));
    let member = vec![with(text("value"), immutable.clone()), with(reference("$ref", &["User"]), immutable), kind];
    vec![
        with(text("displayName"), json!({ "required": true, "uniqueness": "server" })),
        with(text("externalId"), json!({ "caseExact": true })),
        complex("members", true, member),
    ]
}

fn enterprise() -> Vec<Value> {
    let display = with(text("displayName"), json!({ "mutability": "readOnly" }));
    let mut all = texts(&["employeeNumber", "costCenter", "organization", "division", "department"]);
    all.push(complex("manager", false, vec![text("value"), reference("$ref", &["User"]), display]));
    all
}

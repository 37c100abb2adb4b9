//! A schema as a list of fields, for people: name, type, whether it has to be there, what it means.

use std::fmt::Write as _;

use serde_json::Value;

use super::pages::{escape, meaning};

const SCHEMAS: &str = "#/components/schemas/";

/// The fields of a schema, or its type where it has none.
pub(super) fn of(schema: &Value, openapi: &Value) -> String {
    let schema = resolved(schema, openapi);
    let Some(properties) = schema["properties"].as_object().filter(|properties| !properties.is_empty()) else {
        let meaning = meaning(schema);
        return format!("<dl><dt>{}</dt>{meaning}</dl>", kind(schema));
    };
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut out = String::from("<dl>");
    for (name, field) in properties {
        let needed = if required.iter().any(|one| one == name) { ", required" } else { "" };
        let _ = write!(
            out,
            "<dt><code>{}</code> <span class=\"meta\">{}{needed}</span></dt>{}",
            escape(name),
            kind(field),
            meaning(field)
        );
    }
    out.push_str("</dl>");
    out
}

fn resolved<'v>(schema: &'v Value, openapi: &'v Value) -> &'v Value {
    match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(SCHEMAS)) {
        Some(name) => &openapi["components"]["schemas"][name],
        None => schema,
    }
}

/// What a value may be, in a few words; what has a name is linked.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix(SCHEMAS)) {
        return format!("<a href=\"#schema-{0}\">{0}</a>", escape(name));
    }
    for alternatives in ["anyOf", "oneOf", "allOf"] {
        if let Some(all) = schema[alternatives].as_array() {
            return joined(all.iter().map(kind));
        }
    }
    if let Some(value) = schema.get("const") {
        return format!("<code>{}</code>", escape(&value.to_string()));
    }
    if let Some(values) = schema["enum"].as_array() {
        return joined(values.iter().map(|value| format!("<code>{}</code>", escape(&value.to_string()))));
    }
    match &schema["type"] {
        Value::String(one) if one == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(one) => escape(one),
        Value::Array(several) => joined(several.iter().filter_map(Value::as_str).map(escape)),
        _ => "anything".to_owned(),
    }
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<Vec<_>>().join(" or ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_is_shown_by_its_fields_and_linked_inside_them() {
        let schemas = json!({ "components": { "schemas": {
            "Message": {
                "type": "object", "required": ["to"],
                "properties": {
                    "to": { "$ref": "#/components/schemas/Recipient", "description": "Who gets `it`." },
                    "tags": { "type": ["array", "null"] },
                    "state": { "enum": ["queued", "<sent>"] },
                    "maybe": { "anyOf": [{ "type": "string" }, { "type": "null" }] },
                },
            },
        } } });
        let shown = of(&json!({ "$ref": "#/components/schemas/Message" }), &schemas);
        for part in [
            "<code>to</code> <span class=\"meta\"><a href=\"#schema-Recipient\">Recipient</a>, required</span></dt><dd>Who gets <code>it</code>.</dd>",
            "array or null",
            "<code>&quot;&lt;sent&gt;&quot;</code>",
            "string or null",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }

    #[test]
    fn what_has_no_fields_is_shown_by_its_type() {
        let list = json!({ "type": "array", "items": { "type": "string" }, "description": "Names." });
        assert_eq!(of(&list, &json!({})), "<dl><dt>list of string</dt><dd>Names.</dd></dl>");
    }
}

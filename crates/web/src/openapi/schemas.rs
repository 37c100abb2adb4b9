//! JSON Schemas of what goes in and what comes out, in one `components/schemas`.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::route::SchemaOf;

/// Collects schemas while routes are described. What goes in and what comes out of the same type may differ (defaults,
/// skipped fields), so each has a generator of its own.
pub(super) struct Schemas {
    incoming: SchemaGenerator,
    outgoing: SchemaGenerator,
}

const PATH: &str = "/components/schemas";

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = PATH.into();
                settings.meta_schema = None;
            })
        };
        Self {
            incoming: settings().for_deserialize().into_generator(),
            outgoing: settings().for_serialize().into_generator(),
        }
    }

    pub(super) fn incoming(&mut self, of: SchemaOf) -> Value {
        of(&mut self.incoming).to_value()
    }

    pub(super) fn outgoing(&mut self, of: SchemaOf) -> Value {
        of(&mut self.outgoing).to_value()
    }

    /// All definitions. Where one name means different things in and out, the outgoing one is called `…Out`: the names to
    /// change in what [`Schemas::outgoing`] gave are the second part.
    pub(super) fn finish(mut self) -> (Map<String, Value>, Vec<String>) {
        let mut all = self.incoming.take_definitions(true);
        let outgoing = self.outgoing.take_definitions(true);
        let mut renamed: Vec<String> = Vec::new();
        // A definition that refers to a renamed one differs, too.
        loop {
            let found = outgoing.iter().find(|(name, schema)| {
                !renamed.contains(name)
                    && all.get(*name).is_some_and(|incoming| incoming != *schema || refers_to(schema, &renamed))
            });
            match found {
                Some((name, _)) => renamed.push(name.clone()),
                None => break,
            }
        }
        for (name, mut schema) in outgoing {
            rename(&mut schema, &renamed);
            let name = if renamed.contains(&name) { format!("{name}Out") } else { name };
            all.insert(name, schema);
        }
        all.sort_keys();
        (all, renamed)
    }
}

/// Points references to outgoing definitions at their new names.
pub(super) fn rename(schema: &mut Value, names: &[String]) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref")
                && names.iter().any(|name| {
                    reference.strip_prefix('#').and_then(|rest| rest.strip_prefix(PATH)?.strip_prefix('/'))
                        == Some(name)
                })
            {
                reference.push_str("Out");
            }
            map.values_mut().for_each(|value| rename(value, names));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, names)),
        _ => {}
    }
}

fn refers_to(schema: &Value, names: &[String]) -> bool {
    match schema {
        Value::Object(map) => {
            let here = map.get("$ref").and_then(Value::as_str);
            here.is_some_and(|reference| names.iter().any(|name| reference.rsplit('/').next() == Some(name)))
                || map.values().any(|value| refers_to(value, names))
        }
        Value::Array(values) => values.iter().any(|value| refers_to(value, names)),
        _ => false,
    }
}

/// The pointer of the first object in a body's schema that would accept unknown fields, if there is one.
pub(super) fn lenient_object(of: SchemaOf) -> Option<String> {
    let mut generator = SchemaSettings::draft2020_12().for_deserialize().into_generator();
    let root = of(&mut generator).to_value();
    let definitions = Value::Object(generator.take_definitions(false));
    find_lenient(&root, "").or_else(|| find_lenient(&definitions, ""))
}

fn find_lenient(schema: &Value, at: &str) -> Option<String> {
    match schema {
        Value::Object(map) => {
            let closed = [map.get("additionalProperties"), map.get("unevaluatedProperties")]
                .contains(&Some(&Value::Bool(false)));
            if map.get("properties").is_some_and(|properties| properties.is_object())
                && map.get("type").is_some()
                && !closed
            {
                return Some(at.to_owned());
            }
            map.iter().find_map(|(name, value)| find_lenient(value, &format!("{at}/{name}")))
        }
        Value::Array(values) => {
            values.iter().enumerate().find_map(|(index, value)| find_lenient(value, &format!("{at}/{index}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only its schema is looked at")]
    struct Strict {
        inner: Option<Inner>,
        free: serde_json::Map<String, Value>,
    }

    #[derive(Deserialize, Serialize, JsonSchema)]
    struct Inner {
        #[serde(default)]
        number: u8,
    }

    #[test]
    fn a_body_that_would_accept_unknown_fields_deep_inside_is_found() {
        assert_eq!(lenient_object(|generator| generator.subschema_for::<Strict>()).as_deref(), Some("/Inner"));
    }

    #[test]
    fn a_type_that_differs_in_and_out_has_two_names() {
        let mut schemas = Schemas::new();
        schemas.incoming(|generator| generator.subschema_for::<Strict>());
        let mut out = schemas.outgoing(|generator| generator.subschema_for::<Inner>());
        let (all, renamed) = schemas.finish();
        rename(&mut out, &renamed);
        assert_eq!(out["$ref"], "#/components/schemas/InnerOut");
        assert!(all["Inner"].get("required").is_none());
        assert_eq!(all["InnerOut"]["required"][0], "number");
    }
}

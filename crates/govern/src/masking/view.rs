//! Structured values as a viewer may see them.

use sealpost_seal::viewer::{Field, Viewer};
use sealpost_seal::{Personal, View};
use serde_json::Value;

/// The same structure with every text, number and truth value in it as the viewer may see it. Keys are kept, and what is shown
/// whole keeps its type.
pub fn structure(viewer: &Viewer, value: Value) -> Value {
    match value {
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, structure(viewer, value))).collect(),
        Value::Array(items) => items.into_iter().map(|item| structure(viewer, item)).collect(),
        Value::Null => Value::Null,
        Value::String(text) => leaf(viewer.text(&Personal::new(text), Field::Payload)),
        other => {
            let view = viewer.text(&Personal::new(other.to_string()), Field::Payload);
            if view.is_masked() { leaf(view) } else { other }
        }
    }
}

fn leaf(view: View) -> Value {
    serde_json::to_value(view).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sealpost_seal::viewer::RevealGrant;
    use serde_json::json;

    #[test]
    fn keys_stay_and_values_do_not() {
        let value = json!({ "name": "Ada", "orders": [{ "total": 12.5, "paid": true, "note": null }] });
        let mask = json!({ "masked": true, "display": "xxxxx" });
        assert_eq!(
            structure(&Viewer::masked(), value.clone()),
            json!({ "name": mask, "orders": [{ "total": mask, "paid": mask, "note": null }] })
        );
        let clear = Viewer::clear(RevealGrant::after_leaf([1; 16]));
        assert_eq!(structure(&clear, value.clone()), value, "what is shown keeps its type");
    }
}

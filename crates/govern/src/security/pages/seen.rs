//! What rules would leave of sample data, as one types.

use askama::Template;
use sealpost_access::masking::{self, Masking};
use sealpost_seal::Personal;
use sealpost_seal::viewer::{Field, MaskProfile};
use sealpost_web::PermissionSet;
use sealpost_web::shell::Icon;
use sealpost_web::shell::parts::Masked;
use serde_json::Value;

/// Somebody who doesn't exist, as the demo has them.
pub(super) const SAMPLE: &str = "{\n  \"name\": \"Ada Example\",\n  \"phone\": \"+15550100124\",\n  \"iban\": \"NO93 8601 1117 947\",\n  \"text\": \"417-233 is your code. Call +15550100124.\",\n  \"total\": 129.5\n}";

/// Values shown at most: enough for a sample, and for nobody who sends a book.
const MOST: usize = 100;

/// What is seen of the sample.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"{% match self %}{% when Seen::Values(values) %}<dl class="kv">{% for (path, value) in values %}<dt class="mono">{{ path }}</dt><dd>{{ value }}</dd>{% endfor %}</dl><p class="soft">As somebody sees it who may not reveal. Nothing of it is kept.</p>{% when Seen::Wrong(says) %}<p class="note bad">{{ Icon::Alert }}<span>{{ says }}</span></p>{% endmatch %}"#
)]
pub(super) enum Seen {
    /// Where each value is, and what is shown of it.
    Values(Vec<(String, Masked)>),
    /// Why there is nothing to show.
    Wrong(String),
}

impl askama::filters::HtmlSafe for Seen {}

impl Seen {
    /// What masking leaves of a sample: an object in JSON, or a text.
    pub(super) fn of(masking: &Masking, sample: &str) -> Self {
        let viewer = masking::viewer(masking, PermissionSet::EMPTY, MaskProfile::Full);
        let value = serde_json::from_str(sample).unwrap_or_else(|_| Value::String(sample.to_owned()));
        let mut leaves = Vec::new();
        flatten(String::new(), value, &mut leaves);
        let shown =
            leaves.into_iter().map(|(path, text)| (path, viewer.text(&Personal::new(text), Field::Payload).into()));
        Self::Values(shown.collect())
    }
}

fn flatten(path: String, value: Value, out: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        _ if out.len() >= MOST => {}
        Value::Object(map) => map.into_iter().for_each(|(name, value)| flatten(below(&name), value, out)),
        Value::Array(items) => {
            items.into_iter().enumerate().for_each(|(at, item)| flatten(below(&at.to_string()), item, out));
        }
        Value::String(text) => out.push((if path.is_empty() { "text".to_owned() } else { path }, text)),
        other => out.push((if path.is_empty() { "value".to_owned() } else { path }, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(masking: &Masking, sample: &str) -> String {
        Seen::of(masking, sample).to_string()
    }

    #[test]
    fn a_sample_is_shown_as_a_reader_would_see_it() {
        let rules = serde_json::json!([{ "name": "Code", "pattern": r"\d{3}-\d{3}" }]);
        let rules = Masking::Patterns(serde_json::from_value::<masking::Rules>(rules).unwrap().into());
        let shown = seen(&rules, SAMPLE);
        assert!(shown.contains("Ada Example") && shown.contains("xxxxx") && !shown.contains("417-233"), "{shown}");
        assert!(!seen(&Masking::Default, SAMPLE).contains("Ada Example"));
        assert!(seen(&rules, "<b> 417-233").contains("&#60;b&#62;"));
        assert!(seen(&rules, "{\"a\":[1,{\"b\":null}]}").contains("a.1.b"));
    }
}
